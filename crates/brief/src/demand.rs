use serde::{Deserialize, Serialize};

use crate::{Amount, Metric, Per, Span};

/// One amount of the brief with everything the sentence says about it, not yet interpreted.
///
/// A sentence with several amounts gives several demands, linked by [`Demand::of`] and
/// [`Per::Each`]. The links point at other demands by their index in
/// [`Brief::demands`](crate::Brief::demands), always at an earlier one.
///
/// | text | demand |
/// |---|---|
/// | `100M URLs/day` | amount 1e8, subject *url*, per 86,400 s |
/// | `10M daily active users` | amount 1e7, subject *daily active user* |
/// | `10 requests per user and day` | amount 10, subject *request*, per each *user*, per day |
/// | `peak 3x` | metric peak-factor, amount 3 (factor) |
/// | `2.5% of daily users place an order` | amount 0.025 (ratio), of *daily user*, action *place*, subject *order* |
/// | `…, 3 items on average` | amount 3, subject *item*, statistic average, of the demand before |
/// | `10M MAU, 30 % daily` | amount 0.3 (ratio), subject *daily active user*, of the demand before |
/// | `5 % of those post twice a day` | 0.05 (ratio), of the one before; then 2, subject *post*, per each of these, per day |
/// | `each driver sends its location every 4 s` | amount 1 (implied), subject *location*, actor *driver*, per each *driver*, per 4 s |
/// | `10 % of messages carry a 200 KB photo` | 0.1 (ratio) of *message*, subject *photo*; then size 2e5 B, subject *photo*, of it |
/// | `Catalogue reads p95 < 200 ms` | metric latency, statistic p95, less than 0.2 s, subject *catalogue read* |
/// | `Orders are kept for 7 years, 2 KB each` | retention 7 y, subject *order*; then size 2e3 B, subject *order*, per each *order* |
/// | `500 TB today, +20 % a year` | size 5e14 B, condition today; then growth 0.2 per year, of the one before |
/// | `100k buyers in the first minute` | amount 1e5, subject *buyer*, condition within 60 s (first) |
/// | `1 KB up and 10 KB down per request` | size 1e3 B, condition up, per each *request*; size 1e4 B, condition down, the same |
/// | `200 bytes every 30 s` | amount 1 (implied) per 30 s; then size 200 B, of it |
/// | `30 % of users post daily` | 0.3 (ratio) of *user*; then 1 (implied), subject *post*, per each of these, per day |
/// | `peak 18-22 h KST` | amount 1 (implied), no denominator, conditions peak and hours: only a window |
/// | `one shard takes 20k writes/s` | metric capacity, subject *write*, actor *shard* |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Demand {
    /// The part of the sentence that speaks of this amount.
    pub span: Span,
    /// The words of that part.
    pub text: String,
    /// Index of the item that it stands in ([`Brief::items`](crate::Brief::items)).
    pub item: usize,
    /// What is counted or measured; empty where the sentence names nothing. More than one for
    /// `RPO 0 for orders and payments`.
    pub subjects: Vec<NounPhrase>,
    /// Who does it: `each driver sends …`, `users upload …`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<NounPhrase>,
    /// What is done: `upload`, `place`, `watch`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// The property that the amount is a value of, where it is not a plain count of the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<Metric>,
    /// Mean, maximum, percentile …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistic: Option<Statistic>,
    /// How the amount bounds the property.
    pub bound: Bound,
    /// The amount in base units.
    pub amount: Amount,
    /// Denominators, in the order written.
    pub per: Vec<Per>,
    /// What the amount is a share or a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Of>,
    /// When or where it holds.
    pub conditions: Vec<Condition>,
}

impl Demand {
    /// Returns the first subject.
    #[must_use]
    pub fn subject(&self) -> Option<&NounPhrase> {
        self.subjects.first()
    }

    /// Returns the denominator of time in seconds: 86,400 for `/day`.
    #[must_use]
    pub fn per_seconds(&self) -> Option<f64> {
        self.per.iter().find_map(|per| match per {
            Per::Time { seconds, .. } => Some(*seconds),
            Per::Each { .. } => None,
        })
    }

    /// Returns the noun of the first denominator that is not a time: *user* for `per user and day`.
    #[must_use]
    pub fn per_each(&self) -> Option<&NounPhrase> {
        self.per.iter().find_map(|per| match per {
            Per::Each { noun, .. } => Some(noun),
            Per::Time { .. } => None,
        })
    }

    /// Returns whether a condition holds for it.
    #[must_use]
    pub fn at_peak(&self) -> bool {
        self.conditions.iter().any(|condition| matches!(condition.kind, ConditionKind::Peak))
    }
}

impl Demand {
    /// Returns the places of its numerals: the amount and those in denominators and conditions.
    pub fn numerals(&self) -> impl Iterator<Item = Span> + '_ {
        let amount = (!self.amount.implied).then_some(self.amount.span);
        let per = self.per.iter().map(|per| match per {
            Per::Time { span, .. } | Per::Each { span, .. } => *span,
        });
        amount.into_iter().chain(per).chain(self.conditions.iter().map(|condition| condition.span))
    }

    /// Returns the demands that it points at.
    pub fn links(&self) -> impl Iterator<Item = usize> + '_ {
        let of = self.of.as_ref().and_then(Of::demand);
        let per = self.per.iter().filter_map(|per| match per {
            Per::Each { demand, .. } => *demand,
            Per::Time { .. } => None,
        });
        of.into_iter().chain(per)
    }

    /// Replaces every link by what `new` returns; a link to nothing is dropped.
    pub(crate) fn relink(&mut self, new: impl Fn(usize) -> Option<usize>) {
        self.of = match self.of.take() {
            Some(Of::Demand { demand }) => new(demand).map(|demand| Of::Demand { demand }),
            Some(Of::Noun { noun, demand }) => {
                Some(Of::Noun { noun, demand: demand.and_then(&new) })
            }
            None => None,
        };
        for per in &mut self.per {
            if let Per::Each { demand, .. } = per {
                *demand = demand.and_then(&new);
            }
        }
    }

    /// Returns it with no links.
    pub(crate) fn without_links(mut self) -> Self {
        self.relink(|_| None);
        self
    }
}

/// A noun phrase in normal form: lower-case English words, the last one singular.
///
/// Korean nouns of the lexicon are their English words (*월간 활성 사용자* is *monthly active
/// user*); other words stay as written, without particles.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
pub struct NounPhrase {
    /// The words; the last one is the head.
    pub words: Vec<String>,
    /// Whether it stands for all that is not named elsewhere: `everything else`, `나머지`.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub rest: bool,
}

impl NounPhrase {
    /// Returns the last word: *user* of *daily active user*; empty for an empty phrase.
    #[must_use]
    pub fn head(&self) -> &str {
        self.words.last().map_or("", String::as_str)
    }

    /// Returns whether `word` is one of the words.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|own| own == word)
    }

    /// Returns whether it names nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && !self.rest
    }
}

impl core::fmt::Display for NounPhrase {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.rest && self.words.is_empty() {
            return f.write_str("everything else");
        }
        f.write_str(&self.words.join(" "))
    }
}

/// Something that is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Action {
    /// The verb, base form: *upload*.
    pub verb: String,
    /// What it does to data, where the lexicon knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
}

/// What an operation does to data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Only looks: read, view, watch, search, click, download.
    Read,
    /// Adds or changes: create, upload, post, order, pay, report.
    Write,
    /// Is sent to somebody without their asking: notify, deliver, push, broadcast.
    Push,
}

/// Which statistic of a distribution the amount is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// Mean.
    Average,
    /// Largest.
    Maximum,
    /// Smallest.
    Minimum,
    /// A percentile as a share: p99 is 0.99, the median 0.5.
    Percentile(f64),
}

/// How an amount bounds the property.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// No word of bound: the value is this.
    #[default]
    Exactly,
    /// `~`, `about`, `약`.
    About,
    /// `<`, `under`, `below`, `미만`.
    LessThan,
    /// `<=`, `at most`, `up to`, `within`, `이하`.
    AtMost,
    /// `>`, `more than`, `over`, `초과`.
    MoreThan,
    /// `>=`, `at least`, `이상`.
    AtLeast,
}

/// What an amount is a share or a part of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Of {
    /// Those named: `of daily users`.
    Noun {
        /// The phrase.
        noun: NounPhrase,
        /// An earlier demand that counts those, where one with the same words exists.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        demand: Option<usize>,
    },
    /// What an earlier demand speaks of: `of those`, `30 % daily`, or the plain continuation of a
    /// sentence (`…, 3 items on average`).
    Demand {
        /// Its index.
        demand: usize,
    },
}

impl Of {
    /// Returns the index of the demand that it points at.
    #[must_use]
    pub const fn demand(&self) -> Option<usize> {
        match self {
            Self::Noun { demand, .. } => *demand,
            Self::Demand { demand } => Some(*demand),
        }
    }
}

/// When or where a demand holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Condition {
    /// What it says.
    #[serde(flatten)]
    pub kind: ConditionKind,
    /// Where it stands.
    pub span: Span,
}

/// What a [`Condition`] says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "condition", rename_all = "kebab-case")]
pub enum ConditionKind {
    /// `at peak`, `peak`, `피크`.
    Peak,
    /// `today`, `currently`, `현재`: the state now.
    Today,
    /// `after 5 years`, `in year 3`: the state then.
    After {
        /// From now, in seconds.
        seconds: f64,
    },
    /// `in the first minute`, `within 1 minute of the start`, `1분 안에`: all of it in this time.
    Within {
        /// Length in seconds.
        seconds: f64,
        /// Whether it is the first such span of an event.
        first: bool,
    },
    /// `for 4 h`: it lasts this long.
    For {
        /// Length in seconds.
        seconds: f64,
    },
    /// `18-22 h KST`, `9am to 6pm`: a part of the day.
    Hours {
        /// Hour of the day, 0 to 24.
        from: f64,
        /// Hour of the day, 0 to 24; below `from` when it passes midnight.
        to: f64,
        /// The time zone that was written: `KST`, `UTC`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
    },
    /// `on weekdays`, `평일`.
    Weekdays,
    /// `on weekends`, `주말`.
    Weekends,
    /// `hot`, `cold`, `warm`, `archive`: a tier of storage.
    Tier {
        /// Its name.
        name: String,
    },
    /// `up`, `uploaded`, `in`: from the client.
    Up,
    /// `down`, `out`: to the client.
    Down,
    /// `while driving`, `during a flash sale`: a state in words.
    During {
        /// The words in normal form.
        words: Vec<String>,
    },
}
