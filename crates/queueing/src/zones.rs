use std::collections::BTreeMap;

use crate::availability::TwoState;
use crate::error::{Error, require};
use crate::markov::{STATES_MAX, stationary};

/// Replicas spread evenly over zones that are lost as a whole.
///
/// A replica breaks and is repaired, a zone is lost and comes back, all after exponential times.
/// `crews` repair one replica each, and any broken replica within their reach is as likely to be
/// the next one. While its zone is lost a replica neither breaks nor is repaired.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ZonedReplicas {
    /// Zones, at least 1.
    pub zones: u32,
    /// Replicas in each zone, at least 1.
    pub replicas_per_zone: u32,
    /// One replica, with its repair once a crew has come.
    pub replica: TwoState,
    /// One zone.
    pub zone: TwoState,
    /// Crews that repair replicas, at least 1.
    pub crews: u32,
}

/// What a zone is: whether it is lost, and how many of its replicas are broken.
type ZoneState = (bool, u32);

impl ZonedReplicas {
    /// Returns the share of time that 0, 1, … replicas are up, each to nearly full relative
    /// precision: the stationary probabilities of the chain, in which zones in the same state are
    /// not told apart, which is exact.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] unless there are a zone, a replica and a crew, all means are above 0
    /// and finite, and the chain has at most 1,000 states.
    pub fn up(&self) -> Result<Vec<f64>, Error> {
        let some = self.zones >= 1 && self.replicas_per_zone >= 1 && self.crews >= 1;
        require(some, "zones, replicas per zone and crews: at least 1")?;
        let means = [self.replica, self.zone].map(|part| [part.mean_up, part.mean_down]);
        let fit = means.iter().flatten().all(|mean| mean.is_finite() && *mean > 0.0);
        require(fit, "means of replicas and zones: finite, above 0")?;
        let small =
            self.zones as usize <= STATES_MAX && self.replicas_per_zone as usize <= STATES_MAX;
        require(small, STATES)?;
        let (states, jumps) = self.chain()?;
        let probabilities = stationary(states.len(), &jumps)?;
        let mut up = vec![0.0; (self.zones * self.replicas_per_zone) as usize + 1];
        for (state, probability) in states.iter().zip(probabilities) {
            let here = |zone: &ZoneState| if zone.0 { 0 } else { self.replicas_per_zone - zone.1 };
            up[state.iter().map(here).sum::<u32>() as usize] += probability;
        }
        Ok(up)
    }

    /// Returns the share of time that fewer than `needed` replicas are up, without cancellation.
    ///
    /// # Errors
    /// As [`ZonedReplicas::up`]; also when more are needed than there are.
    pub fn unavailability(&self, needed: u32) -> Result<f64, Error> {
        let up = self.up()?;
        require((needed as usize) < up.len(), "needed: at most all replicas")?;
        Ok(up[..needed as usize].iter().sum())
    }

    /// Finds all states from the one in which all is well, and the jumps between them.
    #[expect(clippy::type_complexity, reason = "states and jumps, as the solver takes them")]
    fn chain(&self) -> Result<(Vec<Vec<ZoneState>>, Vec<(usize, usize, f64)>), Error> {
        let mut states = vec![vec![(false, 0); self.zones as usize]];
        let mut numbers = BTreeMap::from([(states[0].clone(), 0)]);
        let mut jumps = Vec::new();
        let mut from = 0;
        while from < states.len() {
            for (to, rate) in self.next(&states[from]) {
                let number = *numbers.entry(to).or_insert_with_key(|state| {
                    states.push(state.clone());
                    states.len() - 1
                });
                require(states.len() <= STATES_MAX, STATES)?;
                jumps.push((from, number, rate));
            }
            from += 1;
        }
        Ok((states, jumps))
    }

    /// The states after the next change of any zone, and its rate; zones stay sorted.
    fn next(&self, state: &[ZoneState]) -> Vec<(Vec<ZoneState>, f64)> {
        let within_reach: u32 = state.iter().filter(|zone| !zone.0).map(|zone| zone.1).sum();
        let repairs = f64::from(self.crews.min(within_reach)) / self.replica.mean_down;
        let mut jumps = Vec::new();
        for (place, &(lost, broken)) in state.iter().enumerate() {
            let mut jump = |zone: ZoneState, rate: f64| {
                let mut to = state.to_vec();
                to[place] = zone;
                to.sort_unstable();
                jumps.push((to, rate));
            };
            if lost {
                jump((false, broken), 1.0 / self.zone.mean_down);
                continue;
            }
            jump((true, broken), 1.0 / self.zone.mean_up);
            if broken < self.replicas_per_zone {
                let working = f64::from(self.replicas_per_zone - broken);
                jump((false, broken + 1), working / self.replica.mean_up);
            }
            if broken > 0 {
                let share = f64::from(broken) / f64::from(within_reach);
                jump((false, broken - 1), repairs * share);
            }
        }
        jumps
    }
}

const STATES: &str = "zones and replicas: few enough for a chain of 1,000 states";
