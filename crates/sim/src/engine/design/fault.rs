//! Faults: what breaks when, and its repair.

use tenfold_units::Seed;
use tenfold_units::random::Stream;

use super::parts::Parts;
use super::{Design, Event, instant};
use crate::planted::{self, Bug};
use crate::{ClockStep, Effect, FaultDomain, HotKey, Scenario, Target};

/// A fault that is going to happen.
#[derive(Debug)]
pub(super) struct Planned<'m> {
    pub(super) effect: &'m Effect,
    /// What it hits, in order: replicas; clients too where the network or a clock is meant.
    pub(super) places: Vec<u32>,
    pub(super) is_active: bool,
    when: When,
}

#[derive(Debug)]
enum When {
    /// From a second to another one, or to the end.
    Scheduled(f64, Option<f64>),
    /// Again and again, with these mean times up and down.
    Random { up: f64, down: f64, stream: Stream },
}

impl<'m> Planned<'m> {
    pub(super) fn all(scenario: &'m Scenario, parts: &Parts<'_>, seed: Seed) -> Vec<Self> {
        let mut all = Vec::new();
        for fault in &scenario.faults {
            let at = fault.at.as_secs_f64();
            let end = fault.lasts.map(|lasts| at + lasts.as_secs_f64());
            all.push(Self {
                effect: &fault.effect,
                places: parts.hit(&fault.target, &fault.effect),
                is_active: false,
                when: When::Scheduled(at, end),
            });
        }
        for (index, fault) in scenario.random_faults.iter().enumerate() {
            let domains = parts.domains(parts.hit(&fault.target, &fault.effect), fault.each);
            for (number, places) in domains.into_iter().enumerate() {
                let (up, down) = (fault.mtbf.as_secs_f64(), fault.mttr.as_secs_f64());
                let stream = seed.stream(&format!("fault/{index}/{number}"));
                let when = When::Random { up, down, stream };
                all.push(Self { effect: &fault.effect, places, is_active: false, when });
            }
        }
        all
    }

    /// Returns whether it holds, and holds this place.
    pub(super) fn holds(&self, place: u32) -> bool {
        self.is_active && self.places.binary_search(&place).is_ok()
    }
}

impl Parts<'_> {
    /// Returns the places that an effect on `target` hits, in order.
    fn hit(&self, target: &Target, effect: &Effect) -> Vec<u32> {
        let with_clients = matches!(effect, Effect::NetworkPartition(_) | Effect::ClockStep(_));
        let count = if with_clients { self.places() } else { self.replicas.len() as u32 };
        (0..count).filter(|place| self.matches(target, *place)).collect()
    }

    /// Splits places into those that fail together.
    fn domains(&self, places: Vec<u32>, each: FaultDomain) -> Vec<Vec<u32>> {
        match each {
            FaultDomain::Replica => places.into_iter().map(|place| vec![place]).collect(),
            FaultDomain::Zone => (0..self.places())
                .filter(|place| *place >= self.replicas.len() as u32)
                .map(|client| self.zone(client))
                .map(|zone| places.iter().copied().filter(|it| self.zone(*it) == zone).collect())
                .filter(|together: &Vec<u32>| !together.is_empty())
                .collect(),
            FaultDomain::All => vec![places],
        }
    }
}

impl Design<'_> {
    /// Schedules all faults and their repairs.
    pub(super) fn schedule_faults(&mut self) {
        for index in 0..self.faults.len() {
            let fault = index as u32;
            match &mut self.faults[index].when {
                When::Scheduled(at, end) => {
                    let (at, end) = (*at, *end);
                    if at == 0.0 {
                        self.fault(fault, true);
                    } else {
                        self.agenda.push(at, Event::Fault { fault, begins: true });
                    }
                    if let Some(end) = end {
                        self.agenda.push(end, Event::Fault { fault, begins: false });
                    }
                }
                When::Random { up, down, stream } => {
                    let is_down = stream.chance(*down / (*up + *down));
                    if is_down {
                        self.fault(fault, true);
                    } else {
                        self.schedule_next(fault);
                    }
                }
            }
        }
    }

    /// Schedules the next failure or repair of what fails at random.
    fn schedule_next(&mut self, fault: u32) {
        let planned = &mut self.faults[fault as usize];
        let begins = !planned.is_active;
        if let When::Random { up, down, stream } = &mut planned.when {
            let mean = if begins { *up } else { *down };
            let at = self.now + mean * stream.exponential();
            self.agenda.push(at, Event::Fault { fault, begins });
        }
    }

    /// Lets the caches live through the time that the scenario skips; what broke at the origin has
    /// been broken as long.
    pub(super) fn fast_forward(&mut self) {
        self.ahead = self.scenario.fast_forward.as_secs_f64();
        if self.ahead <= 0.0 {
            return;
        }
        for world in &mut self.worlds {
            world.skip_to(instant(self.ahead));
        }
        for place in 0..self.parts.replicas.len() as u32 {
            let replica = &mut self.parts.replicas[place as usize];
            let (life, part) = (replica.life, replica.part);
            if let Some(since) = &mut replica.dead_since {
                *since -= self.ahead;
                if self.parts.parts[part as usize].detection <= self.ahead {
                    self.detected(place, life);
                }
            }
        }
    }

    /// A fault begins or is repaired.
    pub(super) fn fault(&mut self, fault: u32, begins: bool) {
        let planned = &mut self.faults[fault as usize];
        planned.is_active = begins;
        let effect = planned.effect;
        let places = std::mem::take(&mut planned.places);
        match effect {
            Effect::Kill(kill) if begins => self.kill(&places, *kill),
            Effect::Kill(_) => places.iter().for_each(|place| self.revive(*place)),
            Effect::Pause => places.iter().for_each(|place| self.pause(*place, begins)),
            Effect::FlushCache if begins => self.flush(&places),
            Effect::ClockStep(step) => self.step_clocks(&places, *step, begins),
            Effect::HotKey(hot) => self.hot_key(hot, begins),
            Effect::Slow(_)
            | Effect::Errors(_)
            | Effect::DiskFull
            | Effect::FlushCache
            | Effect::NetworkPartition(_)
            | Effect::RollOut(_) => {}
        }
        self.faults[fault as usize].places = places;
        match effect {
            Effect::Slow(_) if !begins && planted::is(Bug::SlowForEver) => {}
            Effect::Slow(_) | Effect::Errors(_) | Effect::DiskFull => {
                for number in 0..self.faults[fault as usize].places.len() {
                    self.refresh_condition(self.faults[fault as usize].places[number]);
                }
            }
            Effect::NetworkPartition(partition) => self.partition(fault, partition, begins),
            Effect::RollOut(roll_out) => self.roll_out(fault, roll_out, begins),
            Effect::Kill(_)
            | Effect::Pause
            | Effect::FlushCache
            | Effect::ClockStep(_)
            | Effect::HotKey(_) => {}
        }
        self.schedule_next(fault);
    }

    /// Finds anew how slow a replica is and how it fails: by all faults that hold, its version, and
    /// whether it has just started.
    pub(super) fn refresh_condition(&mut self, place: u32) {
        let (mut slow, mut errors, mut disk_full) = (1.0, 0.0, false);
        let mut fail = |share: f64| errors += share - errors * share;
        for fault in self.faults.iter().filter(|fault| fault.holds(place)) {
            match fault.effect {
                Effect::Slow(factor) => slow *= factor,
                Effect::Errors(share) => fail(*share),
                Effect::DiskFull => disk_full = true,
                Effect::Kill(_)
                | Effect::Pause
                | Effect::FlushCache
                | Effect::NetworkPartition(_)
                | Effect::ClockStep(_)
                | Effect::RollOut(_)
                | Effect::HotKey(_) => {}
            }
        }
        let replica = &mut self.parts.replicas[place as usize];
        if let Some(version) = replica.version
            && let Effect::RollOut(roll_out) = self.faults[version as usize].effect
        {
            slow *= roll_out.slow;
            fail(roll_out.errors);
        }
        let start = self.parts.parts[replica.part as usize].slow_start;
        if let Some(start) = start.filter(|_| replica.is_fresh) {
            slow *= start.factor;
        }
        (replica.slow, replica.errors, replica.disk_full) = (slow, errors, disk_full);
    }

    /// By how much the clock at a place is ahead, in seconds.
    pub(super) fn clock_ahead(&self, place: u32) -> f64 {
        self.clocks.get(place as usize).copied().unwrap_or(0.0)
    }

    /// Clocks jump, or back.
    fn step_clocks(&mut self, places: &[u32], step: ClockStep, begins: bool) {
        if planted::is(Bug::ClockStepIgnored) {
            return;
        }
        let seconds = if begins { step.seconds() } else { -step.seconds() };
        self.clocks.resize(self.parts.places() as usize, 0.0);
        for place in places {
            self.clocks[*place as usize] += seconds;
        }
        let now = instant(self.now + self.ahead);
        for world in self.caches_at(places) {
            self.worlds[world].step_clock(now, seconds);
        }
    }

    /// Requests of an operation ask for one key, or no longer.
    fn hot_key(&mut self, hot: &HotKey, begins: bool) {
        let operation = self.model.operations.get_index_of(&hot.operation).expect("a valid model");
        let key = self.draw_key(operation as u32);
        self.sources[operation].set_hot(begins.then_some((hot.share, key)));
    }

    /// The caches of components of which one of these places is a replica.
    fn caches_at(&self, places: &[u32]) -> Vec<usize> {
        let caches = (0..self.parts.parts.len() as u32).filter_map(|part| {
            let own = self.parts.replicas_of(part);
            let hit = places.iter().any(|place| own.contains(place));
            self.parts.parts[part as usize].cache.filter(|_| hit).map(|cache| cache as usize)
        });
        caches.collect()
    }

    fn flush(&mut self, places: &[u32]) {
        if planted::is(Bug::FlushIgnored) {
            return;
        }
        let now = instant(self.now + self.ahead);
        for world in self.caches_at(places) {
            self.worlds[world].flush(now);
        }
    }
}
