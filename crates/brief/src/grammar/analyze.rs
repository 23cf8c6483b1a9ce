//! One territory to one demand (two where an interval implies an operation of its own).

use super::amount::{Beside, Converted, convert};
use super::infer::{check_dimension, infer_metric, unit_of_metric};
use super::subjects::Place;
use super::{Context, Found, Territory, link, noun, shared};
use crate::lexicon::english::PEOPLE;
use crate::lexicon::units::UnitKind;
use crate::marks::{Mark, MarkKind};
use crate::{
    Access, Action, Amount, Bound, Condition, ConditionKind, Demand, Dimension, Metric, Per,
    Statistic, TimeUnit,
};

const DATA: &[&str] = &["ram", "memory", "storage", "disk", "data", "ssd"];

/// Adds the demand of a territory.
pub(super) fn territory(
    marks: &[Mark],
    label: &[Mark],
    territory: &Territory,
    context: &Context<'_>,
    found: &mut Found,
) {
    let at = territory.amount;
    let own = Sides {
        before: &marks[territory.marks.start..at],
        after: &marks[at + 1..territory.marks.end],
        label,
        text: context.text,
    };
    let Some(quantity) = marks[at].quantity() else { return };
    let mut metric = own.metric(quantity);
    let converted = {
        let beside = own.beside(quantity, metric);
        convert(quantity, &marks[at].range, &beside, context, found)
    };
    let Converted { amount, per: unit_per, noun: unit_noun, nines } = converted;
    if nines {
        metric = metric.or(Some(Metric::Availability));
    }
    let amount = unit_of_metric(amount, metric, found, &marks[at].range);
    metric = own.fitting(metric, amount.dimension);
    let mut draft = own.draft(amount, metric, context);
    draft.per.extend(unit_per);
    if quantity.at_least && draft.bound == Bound::Exactly {
        draft.bound = Bound::AtLeast;
    }
    let share = draft.amount.dimension == Dimension::Ratio;
    let right = noun::after(own.after, share, &|mark| own.is_chosen(mark, metric));
    let hangul = own
        .before
        .iter()
        .any(|mark| context.text[mark.range.clone()].contains(crate::lexer::is_hangul));
    let verbs = !metric.is_some_and(shared::is_objective_metric) && !hangul;
    let left = noun::before(own.before, verbs, &|mark| own.is_chosen(mark, metric));
    let place = Place {
        territory,
        right: &right,
        left: &left,
        own: &own,
        unit_noun,
        increase: quantity.increase,
        ratio: quantity.ratio,
    };
    place.subjects(&mut draft);
    sent_to_each(&mut draft, own.after);
    infer_metric(&mut draft, &place);
    link::attach(&mut draft, &place, context, found);
    link::rate_of_a_flow(&mut draft, context, &found.demands);
    check_dimension(&draft, &place, context, found);
    place.push(draft, context, found);
}

/// `20 updates per second to each player`: what is sent to each is no request of theirs.
fn sent_to_each(draft: &mut Demand, after: &[Mark]) {
    let to_each = after
        .windows(2)
        .any(|pair| pair[0].is_function("to") && matches!(pair[1].kind, MarkKind::PerEach { .. }));
    if to_each && draft.amount.dimension == Dimension::Count && draft.metric.is_none() {
        let verb = draft.action.take().map_or_else(|| "send".to_owned(), |action| action.verb);
        draft.action = Some(Action { verb, access: Some(Access::Push) });
    }
}

/// The marks on both sides of an amount.
pub(super) struct Sides<'a> {
    pub(super) before: &'a [Mark],
    pub(super) after: &'a [Mark],
    pub(super) label: &'a [Mark],
    pub(super) text: &'a str,
}

impl Sides<'_> {
    pub(super) fn all(&self) -> impl Iterator<Item = &Mark> {
        self.before.iter().rev().chain(self.after).chain(self.label)
    }

    /// Returns the property that the marks name, or suggest for this kind of quantity.
    pub(super) fn metric(&self, quantity: &crate::lexer::Quantity) -> Option<Metric> {
        let time = quantity.time().is_some();
        let named = self.all().find_map(|mark| match mark.kind {
            // "budget pacing within 10 s" is no budget.
            MarkKind::Metric { metric, strong: true, .. }
                if time && !metric.allows(Dimension::Time) && self.is_adjective(mark) =>
            {
                None
            }
            MarkKind::Metric { metric, strong: true, .. } => Some(metric),
            _ => None,
        });
        // "p99" alone means latency; the word "median" may be said of anything.
        let percentile = self.all().any(|mark| {
            matches!(mark.kind, MarkKind::Statistic(Statistic::Percentile(_)))
                && !self.text[mark.range.clone()].eq_ignore_ascii_case("median")
        });
        let time = quantity.time().is_some() || (quantity.unit.is_none() && !quantity.scaled);
        match named {
            Some(metric) => Some(metric),
            None if percentile && time => Some(Metric::Latency),
            None => None,
        }
    }

    /// Returns whether a noun stands right after a mark.
    fn is_adjective(&self, mark: &Mark) -> bool {
        let after = |marks: &[Mark]| {
            let at = marks.iter().position(|own| own == mark)?;
            marks.get(at + 1).map(|next| matches!(next.kind, MarkKind::Word { .. }))
        };
        let nearest = after(self.before).or_else(|| after(self.after));
        nearest.or_else(|| after(self.label)).unwrap_or(false)
    }

    /// Returns the named property, or the hint that fits the dimension.
    fn fitting(&self, named: Option<Metric>, dimension: Dimension) -> Option<Metric> {
        if let Some(metric) = named {
            return Some(metric);
        }
        let hints = self.before.iter().rev().chain(self.after).chain(self.label);
        hints
            .filter_map(|mark| match &mark.kind {
                MarkKind::Metric { metric, strong: false, words } => Some((*metric, words)),
                _ => None,
            })
            .find(|(metric, words)| {
                metric.allows(dimension) && !is_part_of_noun(*metric, words, dimension)
            })
            .map(|(metric, _)| metric)
    }

    /// Whether a mark is the property itself and no noun.
    pub(super) fn is_chosen(&self, mark: &Mark, chosen: Option<Metric>) -> bool {
        match &mark.kind {
            MarkKind::Metric { strong: true, .. } => true,
            MarkKind::Metric { words, .. } if words == &["start"] => false,
            MarkKind::Metric { metric, .. } => {
                Some(*metric) == chosen && !matches!(metric, Metric::Memory | Metric::Concurrency)
            }
            _ => false,
        }
    }

    pub(super) fn per_time(&self) -> bool {
        self.all().any(|mark| matches!(mark.kind, MarkKind::PerTime { .. }))
    }

    /// `daily users swipe 100 times`
    fn follows_verb(&self) -> bool {
        let last = self.before.last().map(|mark| &mark.kind);
        let named = self.before.len() > 1;
        matches!(last, Some(MarkKind::Word { raw, .. }) if named
            && crate::lexicon::verb(raw).is_some_and(|verb| verb.is_base && verb.access.is_some()))
    }

    fn per_each(&self) -> bool {
        self.all().any(|mark| matches!(mark.kind, MarkKind::PerEach { .. }))
    }

    pub(super) fn beside(
        &self,
        quantity: &crate::lexer::Quantity,
        metric: Option<Metric>,
    ) -> Beside {
        let next = self.after.first().and_then(Mark::noun_words);
        let people = |marks: &[Mark]| {
            marks
                .iter()
                .filter_map(Mark::noun_words)
                .flatten()
                .any(|word| PEOPLE.contains(&word.as_str()))
        };
        let expects = |dimension| metric.is_some_and(|metric: Metric| metric.allows(dimension));
        let times = quantity.kind() == Some(UnitKind::Times);
        Beside {
            noun_follows: next.is_some(),
            counts: people(self.before)
                || people(self.label)
                || metric == Some(Metric::Concurrency),
            time: expects(Dimension::Time) || self.hints_time(),
            per_time: self.per_time(),
            per_second: self.all().any(|mark| {
                matches!(
                    mark.kind,
                    MarkKind::PerTime { unit: TimeUnit::Second | TimeUnit::Subsecond, .. }
                )
            }),
            of_one: self.before.last().is_some_and(|m| m.is_function("a") || m.is_function("an")),
            of_data: next.into_iter().flatten().any(|word| DATA.contains(&word.as_str())),
            frequency: times
                && (self.per_time() || self.per_each() || self.follows_verb())
                && metric != Some(Metric::PeakFactor)
                && !self
                    .all()
                    .any(|mark| matches!(mark.kind, MarkKind::Condition(ConditionKind::Peak))),
        }
    }

    fn hints_time(&self) -> bool {
        self.all().any(|mark| matches!(mark.kind, MarkKind::Metric { metric, .. } if metric.allows(Dimension::Time)))
    }

    /// Returns the demand with everything but its nouns.
    pub(super) fn draft(
        &self,
        amount: Amount,
        metric: Option<Metric>,
        context: &Context<'_>,
    ) -> Demand {
        let mut demand = Demand {
            span: amount.span,
            text: String::new(),
            item: context.item,
            subjects: Vec::new(),
            actor: None,
            action: None,
            metric,
            statistic: None,
            bound: Bound::Exactly,
            amount,
            per: Vec::new(),
            of: None,
            conditions: Vec::new(),
        };
        for mark in self.label.iter().chain(self.before) {
            take_property(&mut demand, mark, context, true);
        }
        for mark in self.after {
            take_property(&mut demand, mark, context, false);
        }
        demand
    }
}

/// A hint that is rather the thing itself: 3 copies, 2 GB memory, 1M concurrent users.
fn is_part_of_noun(metric: Metric, words: &[String], dimension: Dimension) -> bool {
    metric == Metric::Growth && dimension == Dimension::Bytes && words != ["growing"]
}

/// Takes bound, statistic, denominator and condition of a mark.
pub(super) fn take_property(demand: &mut Demand, mark: &Mark, context: &Context<'_>, before: bool) {
    let span = (context.place)(mark.range.clone());
    match &mark.kind {
        MarkKind::Bound(bound) if before || demand.bound == Bound::Exactly => demand.bound = *bound,
        MarkKind::Statistic(statistic) => {
            let percentile = matches!(demand.statistic, Some(Statistic::Percentile(_)));
            if before || (demand.statistic.is_none() && !percentile) {
                demand.statistic = Some(*statistic);
            }
        }
        MarkKind::PerTime { seconds, unit, interval } => {
            let per = Per::Time { seconds: *seconds, unit: *unit, interval: *interval, span };
            if demand.per_seconds().is_none() {
                demand.per.push(per);
            }
        }
        MarkKind::PerEach { words } => {
            let noun = noun::noun_phrase(words.clone());
            demand.per.push(Per::Each { noun, demand: None, span });
        }
        MarkKind::Condition(kind) => demand.conditions.push(Condition { kind: kind.clone(), span }),
        _ => {}
    }
}

pub(super) fn trimmed(text: &str, range: core::ops::Range<usize>) -> core::ops::Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    let start = start + (part.trim().len() - part.trim().trim_start_matches([':', ',', ' ']).len());
    let end = range.start + part.trim_end_matches([',', ';', '.', ' ', '\n']).len();
    start..end.max(start)
}
