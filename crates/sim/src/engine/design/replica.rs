//! A replica: servers, a queue, and what is wrong with it.

use super::super::list::List;

/// A replica.
#[derive(Debug)]
pub(super) struct Replica {
    pub(super) part: u32,
    pub(super) zone: u32,
    pub(super) busy: u32,
    pub(super) waiting: u32,
    pub(super) queue: List,
    /// When the queue was last empty.
    pub(super) empty_at: f64,
    /// Dead since then.
    pub(super) dead_since: Option<f64>,
    /// Whether calls to it while dead are not answered at all.
    pub(super) silent: bool,
    /// Whether callers take it for alive.
    pub(super) seen_alive: bool,
    /// Grows with every death and return, so that late detections are void.
    pub(super) life: u32,
    /// Faults that pause it.
    pub(super) pauses: u32,
    /// Factor on service times.
    pub(super) slow: f64,
    /// Share of answers that are errors.
    pub(super) errors: f64,
    /// Server-seconds worked, up to `counted`.
    pub(super) worked: f64,
    pub(super) counted: f64,
}

impl Replica {
    pub(super) fn new(part: u32, zone: u32) -> Self {
        Self {
            part,
            zone,
            busy: 0,
            waiting: 0,
            queue: List::EMPTY,
            empty_at: 0.0,
            dead_since: None,
            silent: false,
            seen_alive: true,
            life: 0,
            pauses: 0,
            slow: 1.0,
            errors: 0.0,
            worked: 0.0,
            counted: 0.0,
        }
    }

    pub(super) fn is_alive(&self) -> bool {
        self.dead_since.is_none()
    }

    /// Accounts for the work up to `now`; call it before `busy` changes.
    pub(super) fn account(&mut self, now: f64) {
        self.worked += f64::from(self.busy) * (now - self.counted);
        self.counted = now;
    }
}
