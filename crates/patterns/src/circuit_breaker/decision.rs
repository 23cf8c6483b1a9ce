//! What the breaker answers and is told.

use core::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(doc)]
use super::CircuitBreaker;
use crate::event::{Event, Events};

/// Closed passes, open refuses, half-open probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CircuitBreakerState {
    /// Calls pass.
    Closed,
    /// Calls are refused.
    Open,
    /// A few calls pass as probes.
    HalfOpen,
}

impl CircuitBreakerState {
    /// Returns the state as a label value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
        }
    }
}

/// A change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitBreakerTransition {
    /// The state that it left.
    pub from: CircuitBreakerState,
    /// The state that it entered.
    pub to: CircuitBreakerState,
}

impl Events for Option<CircuitBreakerTransition> {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        if let Some(change) = self {
            sink(Event::StateChanged { from: change.from.name(), to: change.to.name() });
        }
    }
}

/// The right to make one call; give it back with [`CircuitBreaker::record`] or
/// [`CircuitBreaker::release`].
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a permit that is not given back keeps a probe's place"]
pub struct CircuitBreakerPermit {
    pub(super) generation: u64,
}

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CircuitBreakerOutcome {
    /// As it should.
    Success,
    /// It failed or timed out.
    Failure,
    /// It says nothing of the callee's health (client error, cancelled): as
    /// [`CircuitBreaker::release`].
    Ignored,
}

/// Whether a call may be made.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum CircuitBreakerDecision {
    /// It may.
    Admitted {
        /// To be given back.
        permit: CircuitBreakerPermit,
        /// Open to half-open, if this call is the first probe.
        changed: Option<CircuitBreakerTransition>,
    },
    /// It may not.
    Refused {
        /// The time until the next probe may be made; zero if probes are under way.
        retry_after: Duration,
        /// Half-open to open, if the probes were found lost.
        changed: Option<CircuitBreakerTransition>,
    },
}

impl Events for CircuitBreakerDecision {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        match self {
            Self::Admitted { changed, .. } => {
                changed.events(sink);
                sink(Event::Admitted);
            }
            Self::Refused { changed, .. } => {
                changed.events(sink);
                sink(Event::Refused { reason: "open" });
            }
        }
    }
}

/// What the breaker looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CircuitBreakerMetrics {
    /// Calls in the window (half-open, and open after it: the probes).
    pub calls: u32,
    /// Failures among them.
    pub failed: u32,
    /// Slow ones among them.
    pub slow: u32,
    /// Refused since the window was last emptied.
    pub refused: u64,
    /// Share of failures; `None` below the minimum of calls.
    pub failure_ratio: Option<f64>,
    /// Share of slow calls; `None` below the minimum of calls.
    pub slow_ratio: Option<f64>,
}
