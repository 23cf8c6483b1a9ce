//! Retry topics and dead letters: a message that fails waits in topics of growing delay, then is put
//! aside with its story.
//!
//! ```text
//!   orders ──fails──► orders-retry-0 (1 s) ──► orders-retry-1 (30 s) ──► … ──► orders-dlt ─► alert
//!      └── permanent (cannot be parsed, invalid) ─────────────────────────────────▲
//!                                                  redrive, rate-limited ◄────────┘
//! ```
//!
//! **Use it** for messages that may be handled in any order. **Not** for streams whose order matters:
//! a message that waits is overtaken; stop the partition instead.
//!
//! The caller acknowledges a message only after the retry or dead-letter topic has the copy for good.
//!
//! Pitfalls that it avoids: permanent failures are not retried; there is always a delay; a message is
//! never dropped, whatever the options; headers do not grow with each round, as those of the last
//! failure replace those before; the error text is cut, and its details are up to the caller; one
//! alert per queue, not per message; redriving is limited in rate and in rounds.
//!
//! ```
//! use core::time::Duration;
//! use tenfold_patterns::{DeadLetter, DeadLetterDecision, DeadLetterOptions, MessageFailure};
//! use tenfold_units::Instant;
//! let policy = DeadLetter::new(DeadLetterOptions::tenfold()).unwrap();
//! let decision = policy.decide(Instant::ZERO, "orders", 1, MessageFailure::Transient);
//! let DeadLetterDecision::Retry { topic, not_before } = decision else { panic!("first failure") };
//! assert_eq!(topic, "orders-retry-0");
//! assert_eq!(not_before, Instant::ZERO + Duration::from_secs(1));
//! ```
//!
//! Sources: Uber, "Building Reliable Reprocessing and Dead Letter Queues with Apache Kafka", 2018;
//! header names of Spring Kafka and Kafka Connect.

pub mod headers;
#[cfg(test)]
mod tests;

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tenfold_units::{Instant, duration};

use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};
use crate::token_bucket::{TokenBucket, TokenBucketDecision, TokenBucketOptions};

/// How often a message is tried, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeadLetterOptions {
    /// The delay of each retry topic, in order; at most 20.
    #[serde(serialize_with = "write_delays", deserialize_with = "read_delays")]
    #[schemars(with = "Vec<String>")]
    pub delays: Vec<Duration>,
    /// Deliveries in all of a message that fails for an unknown reason: at least 1, and at most one
    /// more than there are delays.
    pub unknown_attempts: u32,
    /// What is added to a topic's name for its retry topics, before the number.
    pub retry_suffix: String,
    /// What is added to a topic's name for its dead-letter topic.
    pub dead_letter_suffix: String,
}

impl DeadLetterOptions {
    /// Ours: after 1 s, 30 s and 5 min; two tries when the reason is unknown; Spring's suffixes.
    #[must_use]
    pub fn tenfold() -> Self {
        Self {
            delays: [1, 30, 300].map(Duration::from_secs).to_vec(),
            unknown_attempts: 2,
            retry_suffix: "-retry".to_owned(),
            dead_letter_suffix: "-dlt".to_owned(),
        }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        check.that(self.delays.len() <= 20, "delays", "must be at most 20");
        let some = self.delays.iter().all(|delay| !delay.is_zero());
        check.that(some, "delays", "must be above 0s");
        let range = 1..=self.delays.len() as u32 + 1;
        let help = "must be from 1 to one more than there are delays";
        check.that(range.contains(&self.unknown_attempts), "unknown_attempts", help);
        let named = !self.retry_suffix.is_empty() && !self.dead_letter_suffix.is_empty();
        let apart = named && self.retry_suffix != self.dead_letter_suffix;
        check.that(apart, "dead_letter_suffix", "and `retry_suffix` must be given and differ");
        check.done()
    }
}

fn write_delays<S: Serializer>(delays: &[Duration], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(delays.iter().map(|delay| duration::format(*delay)))
}

fn read_delays<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Duration>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let read = |text: &String| duration::parse(text).map_err(serde::de::Error::custom);
    texts.iter().map(read).collect()
}

/// Why a message could not be handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageFailure {
    /// It never will be: it cannot be parsed, or is invalid.
    Permanent,
    /// It may be later: something that it needs is away.
    Transient,
    /// Nobody knows.
    Unknown,
}

/// Where a message goes that could not be handled.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum DeadLetterDecision {
    /// To a retry topic.
    Retry {
        /// Its name.
        topic: String,
        /// Before this it must not be handled.
        not_before: Instant,
    },
    /// To the dead-letter topic.
    DeadLetter {
        /// Its name.
        topic: String,
    },
}

impl Events for DeadLetterDecision {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(match self {
            Self::Retry { .. } => Event::Refused { reason: "retry" },
            Self::DeadLetter { .. } => Event::Refused { reason: "dead-letter" },
        });
    }
}

/// The policy of one consumer.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    options: DeadLetterOptions,
}

impl DeadLetter {
    /// Returns the policy.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(options: DeadLetterOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        Ok(Self { options })
    }

    /// Decides on a message of `topic` (its first one, not a retry topic) that failed on its
    /// `attempt`-th delivery, counted from 1.
    pub fn decide(
        &self,
        now: Instant,
        topic: &str,
        attempt: u32,
        failure: MessageFailure,
    ) -> DeadLetterDecision {
        let most = match failure {
            MessageFailure::Permanent => 0,
            MessageFailure::Transient => self.options.delays.len() as u32,
            MessageFailure::Unknown => self.options.unknown_attempts - 1,
        };
        let stage = attempt.max(1) - 1;
        match self.options.delays.get(stage as usize).filter(|_| stage < most) {
            Some(delay) => DeadLetterDecision::Retry {
                topic: format!("{topic}{}-{stage}", self.options.retry_suffix),
                not_before: now + *delay,
            },
            None => DeadLetterDecision::DeadLetter {
                topic: format!("{topic}{}", self.options.dead_letter_suffix),
            },
        }
    }

    /// Returns the topics that have to exist for `topic`: retry topics in order, then dead letters.
    pub fn topics(&self, topic: &str) -> impl Iterator<Item = String> {
        let retry = &self.options.retry_suffix;
        let stages = (0..self.options.delays.len()).map(move |i| format!("{topic}{retry}-{i}"));
        stages.chain([format!("{topic}{}", self.options.dead_letter_suffix)])
    }

    /// Takes new options; messages under way go on with the deliveries that they have had.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(&mut self, options: DeadLetterOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        self.options = options;
        Ok(())
    }

    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> &DeadLetterOptions {
        &self.options
    }
}

/// When somebody has to look at a queue of dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeadLetterAlertOptions {
    /// How long there must be messages before the alert.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub pending_for: Duration,
    /// The age of the oldest message that is an alert at once.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub max_age: Duration,
}

/// One alert per queue and spell, not one per message.
#[derive(Clone, Debug)]
pub struct DeadLetterAlert {
    options: DeadLetterAlertOptions,
    since: Option<Instant>,
    raised: bool,
}

/// What changed about an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadLetterAlertChange {
    /// Tell somebody.
    Raised,
    /// The queue is empty again.
    Resolved,
}

impl Events for DeadLetterAlertChange {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        let (from, to) = match self {
            Self::Raised => ("quiet", "raised"),
            Self::Resolved => ("raised", "quiet"),
        };
        sink(Event::StateChanged { from, to });
    }
}

impl DeadLetterAlert {
    /// Returns an alert that is quiet.
    #[must_use]
    pub const fn new(options: DeadLetterAlertOptions) -> Self {
        Self { options, since: None, raised: false }
    }

    /// Takes new options; an alert that was raised stays so until the queue is empty.
    pub const fn set_options(&mut self, options: DeadLetterAlertOptions) {
        self.options = options;
    }

    /// Looks at a queue: its depth and the age of its oldest message.
    pub fn observe(
        &mut self,
        now: Instant,
        depth: u64,
        oldest: Duration,
    ) -> Option<DeadLetterAlertChange> {
        if depth == 0 {
            self.since = None;
            let was = core::mem::take(&mut self.raised);
            return was.then_some(DeadLetterAlertChange::Resolved);
        }
        let since = *self.since.get_or_insert(now);
        let long = now.saturating_since(since) >= self.options.pending_for;
        if self.raised || !(long || oldest >= self.options.max_age) {
            return None;
        }
        self.raised = true;
        Some(DeadLetterAlertChange::Raised)
    }
}

/// What to do with a dead letter that is to be handled again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum RedriveDecision {
    /// Send it to its first topic, counting one more round.
    Send,
    /// Not yet.
    Wait(Duration),
    /// Never by itself: it came back too often; somebody has to look at it.
    Keep,
}

impl Events for RedriveDecision {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(match self {
            Self::Send => Event::Admitted,
            Self::Wait(_) => Event::Refused { reason: "rate" },
            Self::Keep => Event::Refused { reason: "rounds" },
        });
    }
}

/// Sends dead letters back, limited in rate and in rounds per message.
#[derive(Clone, Debug)]
pub struct Redrive {
    bucket: TokenBucket,
    max_rounds: u32,
}

impl Redrive {
    /// Returns a redrive at this rate that sends each message back at most `max_rounds` times.
    ///
    /// # Errors
    /// Lists each option of the rate that is out of its range.
    pub fn new(rate: TokenBucketOptions, max_rounds: u32) -> Result<Self, InvalidOptions> {
        Ok(Self { bucket: TokenBucket::new(rate)?, max_rounds })
    }

    /// Takes a new rate and limit; what was taken from the old rate is missing from the new one.
    ///
    /// # Errors
    /// Lists each option that is out of its range; the old options then stay.
    pub fn set_options(
        &mut self,
        now: Instant,
        rate: TokenBucketOptions,
        max_rounds: u32,
    ) -> Result<(), InvalidOptions> {
        self.bucket.set_options(now, rate)?;
        self.max_rounds = max_rounds;
        Ok(())
    }

    /// Decides on a message that was sent back `rounds` times already.
    pub fn decide(&mut self, now: Instant, rounds: u32) -> RedriveDecision {
        if rounds >= self.max_rounds {
            return RedriveDecision::Keep;
        }
        match self.bucket.admit(now) {
            TokenBucketDecision::Admitted { .. } => RedriveDecision::Send,
            TokenBucketDecision::Refused { retry_after } => RedriveDecision::Wait(retry_after),
            TokenBucketDecision::Impossible => unreachable!("a bucket holds at least one"),
        }
    }
}
