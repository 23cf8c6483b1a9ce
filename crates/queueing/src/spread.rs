use crate::availability::{TwoState, k_of_n};
use crate::error::{Error, require};
use crate::numeric::binomial;

/// Replicas spread evenly over zones that are lost as a whole, each repaired at once when it breaks.
///
/// As [`crate::ZonedReplicas`] with a crew for every replica, where replicas and zones are
/// independent of each other: their states have product form, so that any number of them is exact,
/// whatever the distributions of lives and repairs. Several groups in the same zones are independent
/// given which zones are lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpreadReplicas {
    /// Zones that there are, at least 1.
    pub zones: u32,
    /// Zones that hold replicas, 1 to `zones`.
    pub used: u32,
    /// Replicas in each of these, at least 1.
    pub replicas_per_zone: u32,
    /// One replica with its repair.
    pub replica: TwoState,
    /// One zone.
    pub zone: TwoState,
}

impl SpreadReplicas {
    /// Returns this spread.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless it has a replica, a zone for it, and at most 10,000 of each.
    pub fn checked(self) -> Result<Self, Error> {
        let fit = |count: u32| (1..=10_000).contains(&count);
        require(
            fit(self.zones) && fit(self.used) && self.used <= self.zones,
            "zones: 1 to 10,000; used: at most all zones",
        )?;
        require(fit(self.replicas_per_zone), "replicas per zone: 1 to 10,000")?;
        Ok(self)
    }

    /// Returns the share of time in which `lost` zones are lost.
    #[must_use]
    pub fn lost(&self, lost: u32) -> f64 {
        if lost > self.zones { 0.0 } else { binomial(self.zones, lost, self.zone.unavailability()) }
    }

    /// Returns the share of time in which fewer than `needed` replicas are up, while `lost` zones
    /// are lost, any of them as likely: hypergeometric for the zones that hold replicas, binomial for
    /// the replicas there, each from its small end.
    #[must_use]
    pub fn unavailability_given(&self, needed: u32, lost: u32) -> f64 {
        let hit = |hit: u32| {
            let spared = lost.checked_sub(hit).filter(|spared| *spared <= self.zones - self.used);
            spared.map_or(0.0, |spared| {
                choose(self.used, hit) * choose(self.zones - self.used, spared)
                    / choose(self.zones, lost)
            })
        };
        let given = |hit: u32| {
            let left = (self.used - hit) * self.replicas_per_zone;
            match left.checked_sub(needed) {
                Some(spare) => {
                    k_of_n(spare + 1, left, self.replica.unavailability()).unwrap_or(0.0)
                }
                None => 1.0,
            }
        };
        (0..=self.used.min(lost)).map(|count| hit(count) * given(count)).sum::<f64>().min(1.0)
    }

    /// Returns the share of time in which fewer than `needed` replicas are up, without cancellation.
    #[must_use]
    pub fn unavailability(&self, needed: u32) -> f64 {
        let given = |lost: u32| self.lost(lost) * self.unavailability_given(needed, lost);
        (0..=self.zones).map(given).sum()
    }
}

/// The binomial coefficient "n over k".
fn choose(n: u32, k: u32) -> f64 {
    (0..k).map(|i| f64::from(n - i) / f64::from(i + 1)).product()
}
