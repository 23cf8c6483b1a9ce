//! Load shedding that many callers share.

use core::time::Duration;

use tenfold_patterns::{
    InvalidOptions, PriorityShed, PriorityShedOptions, WaitShed, WaitShedOptions,
};
use tenfold_units::Instant;

use crate::sync::{Arc, Mutex, lock};

/// The machines of load shedding behind locks that are held for one step; clones are the same.
#[derive(Clone, Debug)]
pub struct SharedShed {
    wait: Option<Arc<Mutex<WaitShed>>>,
    priority: Option<Arc<Mutex<PriorityShed>>>,
}

impl SharedShed {
    /// Returns shedding by time in the queue, by priority, or by both.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(
        wait: Option<WaitShedOptions>,
        priority: Option<PriorityShedOptions>,
    ) -> Result<Self, InvalidOptions> {
        let wait = wait.map(WaitShed::new).transpose()?;
        let priority = priority.map(PriorityShed::new).transpose()?;
        let wait = wait.map(|machine| Arc::new(Mutex::new(machine)));
        Ok(Self { wait, priority: priority.map(|machine| Arc::new(Mutex::new(machine))) })
    }

    /// Counts a request that arrives, and returns whether it is admitted.
    #[must_use]
    pub fn admit(&self, now: Instant, priority: u8) -> bool {
        self.priority
            .as_ref()
            .is_none_or(|machine| lock(machine).admit(now, priority).is_admitted())
    }

    /// Counts a request that leaves the queue, and returns whether to refuse it now.
    #[must_use]
    pub fn leaves_queue(&self, now: Instant, waited: Duration) -> bool {
        if let Some(machine) = &self.priority {
            lock(machine).waited(waited);
        }
        self.wait.as_ref().is_some_and(|machine| !lock(machine).decide(now, waited).is_admitted())
    }

    /// Returns the lowest priority still admitted.
    #[must_use]
    pub fn level(&self) -> u8 {
        self.priority.as_ref().map_or(127, |machine| lock(machine).level())
    }
}
