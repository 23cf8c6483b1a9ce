//! How requests went, and what backends are taken for because of it.

use crate::event::{Event, Events};

/// How a request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BalancerOutcome {
    /// Answered; a client error (4xx) too.
    Success,
    /// Failed or timed out through the backend's fault.
    Failure,
    /// Says nothing of the backend: cancelled, or an idle connection that it had closed.
    Ignored,
}

/// What a backend is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackendState {
    /// It takes requests.
    Up,
    /// An active health check says that it is down.
    Down,
    /// It is an outlier, until its time is over.
    Ejected,
    /// `max_fails` requests failed: it gets one probe each `fail_timeout`, until one succeeds.
    Failing,
    /// It was removed; requests in flight may still finish.
    Removed,
}

impl BackendState {
    /// Returns the state as a label value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Ejected => "ejected",
            Self::Failing => "failing",
            Self::Removed => "removed",
        }
    }
}

/// A backend changed state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalancerTransition {
    /// Which one.
    pub backend: usize,
    /// The state that it left.
    pub from: BackendState,
    /// The state that it entered.
    pub to: BackendState,
}

impl Events for BalancerTransition {
    fn events(&self, sink: &mut impl FnMut(Event)) {
        sink(Event::StateChanged { from: self.from.name(), to: self.to.name() });
    }
}
