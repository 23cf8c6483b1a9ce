//! Saga: a business transaction over several services, undone step by step if it cannot be done.
//!
//! ```text
//!   Running ── all steps done ─────────────────────────────► Done
//!      │ a step before the pivot is refused, or gives up
//!      ▼
//!   Compensating ── every step that may have happened undone, last first ──► Undone
//!      │ a compensation fails too often                  after the pivot: only forward,
//!      └────────────► Stuck (somebody has to look)  ◄─── a step that fails too often
//! ```
//!
//! **Use it** where one database transaction cannot span the steps. **Not** where it can.
//!
//! It is a node: `handle_…`, drain [`Saga::poll_output`], wait for [`Saga::poll_timeout`]; make each
//! [`SagaOutput::Record`] durable before doing what comes after it. Pitfalls that it avoids: a step
//! whose answer never came may have happened, so it is undone too; compensations are retried; after
//! the pivot step there is no way back, only retries; a crash goes on from the records.
//!
//! ```
//! use tenfold_patterns::{Saga, SagaOptions, SagaOutput, SagaResult, SagaStep};
//! use tenfold_units::Instant;
//! let steps = vec![SagaStep::named("reserve"), SagaStep::named("capture")];
//! let mut saga = Saga::new(SagaOptions::tenfold(steps, 1)).unwrap();
//! saga.start(Instant::ZERO);
//! assert!(matches!(saga.poll_output(), Some(SagaOutput::Record { .. })));
//! assert_eq!(saga.poll_output(), Some(SagaOutput::Run { step: 0, attempt: 1 }));
//! saga.handle_result(Instant::ZERO, 0, SagaResult::Refused);
//! ```
//!
//! Source: Garcia-Molina, Salem, "Sagas", SIGMOD 1987; pivot: Richardson, *Microservices Patterns*.

#[cfg(test)]
mod tests;

use core::time::Duration;
use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::Instant;

use crate::event::{Event, Events};
use crate::options::{Check, InvalidOptions};

/// One step; it and its compensation have to be idempotent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SagaStep {
    /// What it is called.
    pub name: String,
    /// How long an answer may take.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub timeout: Duration,
    /// How often it is tried before the pivot is passed; at least 1.
    pub max_attempts: u32,
}

impl SagaStep {
    /// Returns a step with 5 s and 3 attempts.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), timeout: Duration::from_secs(5), max_attempts: 3 }
    }
}

/// The steps, and where there is no way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SagaOptions {
    /// The steps, in order.
    pub steps: Vec<SagaStep>,
    /// The step after whose success the saga is carried through: steps up to it can be undone.
    pub pivot: u32,
    /// The wait between two attempts.
    #[serde(with = "tenfold_units::duration")]
    #[schemars(with = "String")]
    pub retry_after: Duration,
    /// Attempts at a compensation, or at a step after the pivot, before somebody has to look; at
    /// least 1.
    pub max_persistent_attempts: u32,
}

impl SagaOptions {
    /// Ours: 1 s between attempts, 100 attempts where there is no other way.
    #[must_use]
    pub const fn tenfold(steps: Vec<SagaStep>, pivot: u32) -> Self {
        let retry_after = Duration::from_secs(1);
        Self { steps, pivot, retry_after, max_persistent_attempts: 100 }
    }

    fn check(&self) -> Result<(), InvalidOptions> {
        let mut check = Check::default();
        check.that(!self.steps.is_empty(), "steps", "must be at least one");
        let pivot = (self.pivot as usize) < self.steps.len();
        check.that(pivot, "pivot", "must be the place of a step");
        let some = self.steps.iter().all(|step| step.max_attempts > 0);
        check.that(some, "max_attempts", "must be at least 1");
        let some = self.max_persistent_attempts > 0;
        check.that(some, "max_persistent_attempts", "must be at least 1");
        check.done()
    }
}

/// Where a saga is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SagaState {
    /// This step is to be done.
    Running {
        /// Its place.
        step: u32,
    },
    /// This step is to be undone.
    Compensating {
        /// Its place.
        step: u32,
    },
    /// All steps are done.
    Done,
    /// All steps that may have happened are undone.
    Undone,
    /// It cannot go on by itself.
    Stuck {
        /// The step that it is stuck at.
        step: u32,
    },
}

impl SagaState {
    /// Returns the state as a label value, without the step.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running { .. } => "running",
            Self::Compensating { .. } => "compensating",
            Self::Done => "done",
            Self::Undone => "undone",
            Self::Stuck { .. } => "stuck",
        }
    }
}

/// How an attempt went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SagaResult {
    /// It is done.
    Done,
    /// It was refused for good: out of stock, card declined. It did not happen.
    Refused,
    /// It failed in a way that may pass; it may have happened.
    Failed,
}

/// What the shell has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SagaOutput {
    /// Make the state `to` durable before doing what comes after this.
    Record {
        /// Where the saga was.
        from: SagaState,
        /// Where it is now.
        to: SagaState,
    },
    /// Do a step.
    Run {
        /// Which one.
        step: u32,
        /// The number of the attempt, from 1.
        attempt: u32,
    },
    /// Undo a step; that it never happened counts as done.
    Compensate {
        /// Which one.
        step: u32,
        /// The number of the attempt, from 1.
        attempt: u32,
    },
}

impl Events for SagaOutput {
    /// An attempt is no event; a change from one kind of state to another is.
    fn events(&self, sink: &mut impl FnMut(Event)) {
        if let Self::Record { from, to } = self
            && from.name() != to.name()
        {
            sink(Event::StateChanged { from: from.name(), to: to.name() });
        }
    }
}

/// One saga.
#[derive(Clone, Debug)]
pub struct Saga {
    options: SagaOptions,
    state: SagaState,
    attempt: u32,
    /// Whether an attempt is under way; otherwise the deadline is its start.
    under_way: bool,
    deadline: Option<Instant>,
    outputs: VecDeque<SagaOutput>,
}

impl Saga {
    /// Returns a saga that has not begun.
    ///
    /// # Errors
    /// There is no step, the pivot is not one, or a number of attempts is 0.
    pub fn new(options: SagaOptions) -> Result<Self, InvalidOptions> {
        options.check()?;
        let state = SagaState::Running { step: 0 };
        let outputs = VecDeque::new();
        Ok(Self { options, state, attempt: 0, under_way: false, deadline: None, outputs })
    }

    /// Begins with the first step.
    pub fn start(&mut self, now: Instant) {
        self.enter(now, SagaState::Running { step: 0 });
    }

    /// Goes on after a crash from the last state that was recorded. What was under way is done again:
    /// steps are idempotent.
    pub fn recover(&mut self, now: Instant, recorded: SagaState) {
        self.state = recorded;
        self.begin(now);
    }

    /// Takes note of how an attempt at `step`, or at its compensation, went. A late answer of another
    /// step is ignored.
    pub fn handle_result(&mut self, now: Instant, step: u32, result: SagaResult) {
        match self.state {
            SagaState::Running { step: current } if current == step && self.under_way => {
                match result {
                    SagaResult::Done => self.advance(now, step),
                    SagaResult::Refused if step <= self.options.pivot => {
                        // It did not happen; those before it did.
                        self.undo(now, step.checked_sub(1));
                    }
                    SagaResult::Refused | SagaResult::Failed => self.fail(now),
                }
            }
            SagaState::Compensating { step: current } if current == step && self.under_way => {
                match result {
                    SagaResult::Done => self.undo(now, step.checked_sub(1)),
                    SagaResult::Refused | SagaResult::Failed => self.fail(now),
                }
            }
            SagaState::Running { .. }
            | SagaState::Compensating { .. }
            | SagaState::Done
            | SagaState::Undone
            | SagaState::Stuck { .. } => {}
        }
    }

    /// Does what is due; before its time a no-op.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return;
        }
        if self.under_way { self.fail(now) } else { self.begin(now) }
    }

    /// Returns the next thing to do.
    pub fn poll_output(&mut self) -> Option<SagaOutput> {
        self.outputs.pop_front()
    }

    /// Returns when to call [`Saga::handle_timeout`], and why.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        let why = if self.under_way { "no answer came" } else { "try again" };
        self.deadline.map(|deadline| (deadline, why))
    }

    /// Returns where the saga is.
    #[must_use]
    pub const fn state(&self) -> SagaState {
        self.state
    }

    /// Takes new times and numbers of attempts; the attempt under way keeps its time-out. The steps
    /// and the pivot of a saga that has begun cannot change.
    ///
    /// # Errors
    /// Lists each option that is out of its range, and steps with other names; the old options stay.
    pub fn set_options(&mut self, options: SagaOptions) -> Result<(), InvalidOptions> {
        options.check()?;
        let mut check = Check::default();
        let names = |options: &SagaOptions| {
            options.steps.iter().map(|step| step.name.clone()).collect::<Vec<_>>()
        };
        check.that(names(&options) == names(&self.options), "steps", "must keep their names");
        check.that(options.pivot == self.options.pivot, "pivot", "must stay");
        check.done()?;
        self.options = options;
        Ok(())
    }

    fn enter(&mut self, now: Instant, state: SagaState) {
        let from = core::mem::replace(&mut self.state, state);
        self.attempt = 0;
        self.outputs.push_back(SagaOutput::Record { from, to: state });
        self.begin(now);
    }

    /// Begins an attempt, if the state has one.
    fn begin(&mut self, now: Instant) {
        let (step, output) = match self.state {
            SagaState::Running { step } => {
                (step, SagaOutput::Run { step, attempt: self.attempt + 1 })
            }
            SagaState::Compensating { step } => {
                (step, SagaOutput::Compensate { step, attempt: self.attempt + 1 })
            }
            SagaState::Done | SagaState::Undone | SagaState::Stuck { .. } => {
                (self.under_way, self.deadline) = (false, None);
                return;
            }
        };
        self.attempt += 1;
        self.under_way = true;
        self.deadline = Some(now + self.options.steps[step as usize].timeout);
        self.outputs.push_back(output);
    }

    fn advance(&mut self, now: Instant, step: u32) {
        let next = step + 1;
        let last = next as usize == self.options.steps.len();
        self.enter(now, if last { SagaState::Done } else { SagaState::Running { step: next } });
    }

    /// Undoes this step and those before it; none is left: the saga is undone.
    fn undo(&mut self, now: Instant, step: Option<u32>) {
        let state = step.map_or(SagaState::Undone, |step| SagaState::Compensating { step });
        self.enter(now, state);
    }

    /// An attempt failed, or its answer never came.
    fn fail(&mut self, now: Instant) {
        let persistent = self.options.max_persistent_attempts;
        let (step, most, can_undo) = match self.state {
            SagaState::Running { step } if step <= self.options.pivot => {
                (step, self.options.steps[step as usize].max_attempts, true)
            }
            SagaState::Running { step } | SagaState::Compensating { step } => {
                (step, persistent, false)
            }
            SagaState::Done | SagaState::Undone | SagaState::Stuck { .. } => return,
        };
        self.under_way = false;
        if self.attempt < most {
            self.deadline = Some(now + self.options.retry_after);
        } else if can_undo {
            // It may have happened, so it is undone as well.
            self.undo(now, Some(step));
        } else {
            self.enter(now, SagaState::Stuck { step });
        }
    }
}
