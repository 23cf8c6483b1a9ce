//! A replica: servers, a queue, and what is wrong with it.

use super::super::list::List;

/// Whether a replica is meant to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    On,
    /// Asked for, and not there yet.
    Starting,
    /// Gets no new calls, and is gone soon.
    Draining,
    Off,
}

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
    pub(super) phase: Phase,
    /// Faults that have killed it and are not over.
    pub(super) deaths: u32,
    /// Not there since then: dead, or not meant to run.
    pub(super) dead_since: Option<f64>,
    /// Whether calls to it while dead are not answered at all.
    pub(super) silent: bool,
    /// Whether callers take it for alive.
    pub(super) seen_alive: bool,
    /// Cut off from most of its component since then.
    pub(super) isolated_since: Option<f64>,
    /// Grows with every death and return, so that late detections are void.
    pub(super) life: u32,
    /// What pauses it: faults, and the collection of garbage.
    pub(super) pauses: u32,
    /// Whether it is collecting garbage.
    pub(super) collects: bool,
    /// Whether it is being replaced by another version.
    pub(super) restarts: bool,
    /// The roll-out, as a fault, whose version it runs.
    pub(super) version: Option<u32>,
    /// Whether it has started a short while ago.
    pub(super) is_fresh: bool,
    /// Factor on service times.
    pub(super) slow: f64,
    /// Share of answers that are errors.
    pub(super) errors: f64,
    /// Whether writes fail.
    pub(super) disk_full: bool,
    /// When the last body will have been sent.
    pub(super) line_free_at: f64,
    /// Server-seconds worked, up to `counted`.
    pub(super) worked: f64,
    pub(super) counted: f64,
    /// Those that the autoscaler has seen, at that time.
    pub(super) seen_worked: f64,
    pub(super) seen_at: f64,
}

impl Replica {
    pub(super) fn new(part: u32, zone: u32, phase: Phase) -> Self {
        let is_on = phase == Phase::On;
        Self {
            part,
            zone,
            busy: 0,
            waiting: 0,
            queue: List::EMPTY,
            empty_at: 0.0,
            phase,
            deaths: 0,
            dead_since: (!is_on).then_some(0.0),
            silent: false,
            seen_alive: is_on,
            isolated_since: None,
            life: 0,
            pauses: 0,
            collects: false,
            restarts: false,
            version: None,
            is_fresh: false,
            slow: 1.0,
            errors: 0.0,
            disk_full: false,
            line_free_at: 0.0,
            worked: 0.0,
            counted: 0.0,
            seen_worked: 0.0,
            seen_at: 0.0,
        }
    }

    pub(super) fn is_alive(&self) -> bool {
        self.dead_since.is_none()
    }

    /// Returns whether callers should call it.
    pub(super) fn takes_calls(&self) -> bool {
        self.is_alive() && self.phase == Phase::On && !self.restarts
    }

    /// Accounts for the work up to `now`; call it before `busy` changes.
    pub(super) fn account(&mut self, now: f64) {
        self.worked += f64::from(self.busy) * (now - self.counted);
        self.counted = now;
    }

    /// Forgets the work so far, up to `now`.
    pub(super) fn forget_work(&mut self, now: f64) {
        self.account(now);
        self.seen_worked -= self.worked;
        self.worked = 0.0;
    }
}
