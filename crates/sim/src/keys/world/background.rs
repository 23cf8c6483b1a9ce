//! The traffic that nobody presents, at the level of keys: without queues and as fast as it can be.

use core::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use tenfold_patterns::CachePolicy;
use tenfold_units::math;
use tenfold_units::random::Stream;

use super::super::alias::Alias;
use super::super::table::{Key, Keys};
use super::Lookup;
use super::pool::Pool;
use super::shape::Shape;

/// Returns the accesses that a key gets at the most in the time in which the cache is replaced
/// once. A key that is asked for more often would be in the cache anyhow: of 12 e^-12 of such keys
/// are not. The other policies also judge keys within a tenth or less of that time.
fn enough(policy: CachePolicy) -> f64 {
    match policy {
        CachePolicy::Lru => 12.0,
        CachePolicy::S3Fifo | CachePolicy::TinyLfu => 40.0,
    }
}

/// The background's schedule.
#[derive(Clone, Debug)]
pub(super) struct Background {
    clock: f64,
    /// When the cache was last emptied, or its traffic changed.
    restarted: f64,
    /// Highest access rate of a key in each term of its interest; what is above is left out.
    cap: f64,
    next_cap: f64,
    /// Where the weight put in was last counted from.
    counted_from: f64,
    /// The accesses of representatives, over strata × terms.
    cells: Vec<Cell>,
    accesses: Alias,
    next_access: f64,
    /// First accesses at the full rate of keys that are above the cap and not in the cache.
    returns: BinaryHeap<Reverse<Return>>,
    births: BinaryHeap<Reverse<Birth>>,
    /// Whether the schedule has to be made anew.
    stale: bool,
}

/// The accesses of one term of one stratum.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    /// So many of the youngest cohorts may be at the cap.
    capped_cohorts: f64,
    /// Probability that an access goes to one of those.
    capped_ratio: f64,
    /// Access rate of a key of age 0 without a cap.
    peak: f64,
}

#[derive(Clone, Copy, Debug)]
struct Return {
    time: f64,
    key: Key,
}

#[derive(Clone, Copy, Debug)]
struct Birth {
    time: f64,
    stratum: u32,
    group: u64,
    key: Key,
}

macro_rules! ordered_by_time {
    ($name:ident, $tie:expr) => {
        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                let tie: fn(&Self) -> u64 = $tie;
                self.time.total_cmp(&other.time).then_with(|| tie(self).cmp(&tie(other)))
            }
        }
        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.cmp(other) == Ordering::Equal
            }
        }
        impl Eq for $name {}
    };
}

ordered_by_time!(Return, |event| event.key.id());
ordered_by_time!(Birth, |event| event.key.id());

impl Background {
    pub(super) fn starting_at(start: f64) -> Self {
        Self {
            clock: start,
            restarted: start,
            cap: f64::INFINITY,
            next_cap: f64::INFINITY,
            counted_from: start,
            cells: Vec::new(),
            accesses: Alias::new(&[]),
            next_access: f64::INFINITY,
            returns: BinaryHeap::new(),
            births: BinaryHeap::new(),
            stale: true,
        }
    }

    /// Begins anew without a cap: the cache was emptied, or its traffic changed.
    pub(super) fn restart(&mut self) {
        self.restarted = self.clock;
        self.cap = f64::INFINITY;
        self.counted_from = self.clock;
        self.returns.clear();
        self.stale = true;
    }

    /// Makes the schedule anew for other shares of the same traffic: what is hot stays so.
    pub(super) fn rescale(&mut self) {
        self.stale = true;
    }

    /// Plans the first access of a key after `from`, at its full rate, where the cap would delay
    /// it.
    pub(super) fn expect_return(
        &mut self,
        keys: &Keys,
        shape: &Shape,
        key: Key,
        from: f64,
        stream: &mut Stream,
    ) {
        let ratio = shape.background_ratio;
        let mut time = from;
        let mut above = ratio * shape.rate_above(keys, key, time, self.cap / ratio);
        while above > 0.0 {
            time += stream.exponential() / above;
            // Interest only falls: thin the accesses at the higher rate.
            let now = ratio * shape.rate_above(keys, key, time, self.cap / ratio);
            if stream.uniform() * above < now {
                self.returns.push(Reverse(Return { time, key }));
                return;
            }
            above = now;
        }
    }

    fn rebuild(&mut self, keys: &Keys, shape: &Shape, stream: &mut Stream) {
        let terms = keys.life.as_ref().map_or(1, |life| life.terms.len());
        self.cells.clear();
        self.births.clear();
        let mut weights = Vec::with_capacity(keys.strata.len() * terms);
        for stratum in 0..keys.strata.len() {
            let groups = shape.groups(stratum, false) as f64;
            let mut above = false;
            for term in 0..terms {
                let peak = shape.background_ratio * shape.peak_rate(keys, stratum, term);
                let (cell, rate) = self.cell(keys, term, peak);
                above |= peak > self.cap;
                self.cells.push(cell);
                weights.push(groups * rate);
            }
            if above && keys.life.is_some() {
                self.expect_first_birth(keys, shape, stratum);
            }
        }
        self.accesses = Alias::new(&weights);
        self.stale = false;
        self.plan_access(stream);
    }

    /// Returns a cell and an upper bound of the access rate of all keys of one place in it.
    fn cell(&self, keys: &Keys, term: usize, peak: f64) -> (Cell, f64) {
        let Some(life) = &keys.life else {
            return (Cell { peak, ..Cell::default() }, peak.min(self.cap));
        };
        let fade = life.terms[term].decay * life.cohort;
        let capped_cohorts =
            if peak > self.cap { (math::ln(peak / self.cap) / fade).ceil() } else { 0.0 };
        let capped = if capped_cohorts > 0.0 { self.cap * capped_cohorts } else { 0.0 };
        let rest = peak * math::exp(-fade * capped_cohorts) / -math::exp_m1(-fade);
        let rate = capped + rest;
        let capped_ratio = if rate > 0.0 { capped / rate } else { 0.0 };
        (Cell { capped_cohorts, capped_ratio, peak }, rate)
    }

    fn plan_access(&mut self, stream: &mut Stream) {
        let total = self.accesses.total();
        self.next_access =
            if total > 0.0 { self.clock + stream.exponential() / total } else { f64::INFINITY };
    }

    /// Returns the representative that the access at the clock is for; `None`: for a key that is
    /// not asked for so often any more.
    fn draw(&self, keys: &Keys, shape: &Shape, stream: &mut Stream) -> Option<Key> {
        let index = self.accesses.draw(stream);
        let terms = keys.life.as_ref().map_or(1, |life| life.terms.len());
        let stratum = index / terms;
        let groups = shape.groups(stratum, false);
        let group = stream.below(groups);
        let young = shape.middle(keys, stratum as u32, group, false, 0);
        let Some(life) = &keys.life else { return Some(young) };
        let (cohort, age) = keys.youngest(stratum, young.offset, self.clock, life);
        let (cell, decay) = (self.cells[index], life.terms[index % terms].decay);
        let (older, accepted) = if stream.chance(cell.capped_ratio) {
            let older = stream.below(cell.capped_cohorts as u64);
            let age = age + older as f64 * life.cohort;
            (older as i64, cell.peak * math::exp(-decay * age) / self.cap)
        } else {
            let older = (stream.exponential() / (decay * life.cohort)) as i64;
            (cell.capped_cohorts as i64 + older, math::exp(-decay * age))
        };
        if !stream.chance(accepted) {
            return None;
        }
        let key = keys.key(stratum as u32, young.offset, cohort - older);
        if !shape.is_old(keys, key, self.clock) {
            return Some(key);
        }
        // The same key rate for fewer representatives.
        let place = stream.below(groups);
        let few = shape.groups(stratum, true);
        (place < few)
            .then(|| shape.middle(keys, stratum as u32, place, true, cohort - older))
            .filter(|key| shape.is_old(keys, *key, self.clock))
    }

    fn expect_first_birth(&mut self, keys: &Keys, shape: &Shape, stratum: usize) {
        let life = keys.life.as_ref().expect("only living keys are born");
        let groups = shape.groups(stratum, false);
        let count = keys.strata[stratum].count as f64;
        // Births go through the offsets in order: find where the cohort is now.
        let (_, since) = keys.youngest(stratum, 0, self.clock, life);
        let place = since / life.cohort;
        let mut group = ((place * groups as f64) as u64).min(groups - 1);
        let middle = shape.middle(keys, stratum as u32, group, false, 0);
        if middle.offset as f64 / count <= place {
            group = (group + 1) % groups;
        }
        self.expect_birth(keys, shape, stratum as u32, group, 0.0);
    }

    /// Plans the next birth in a group, at least `gap` cohorts from now.
    fn expect_birth(&mut self, keys: &Keys, shape: &Shape, stratum: u32, group: u64, gap: f64) {
        let life = keys.life.as_ref().expect("only living keys are born");
        let offset = shape.middle(keys, stratum, group, false, 0).offset;
        let soonest = self.clock + gap * life.cohort;
        let (cohort, _) = keys.youngest(stratum as usize, offset, soonest, life);
        let key = keys.key(stratum, offset, cohort + 1);
        self.births.push(Reverse(Birth { time: keys.birth(key, life), stratum, group, key }));
    }

    /// When the time since the restart has doubled: lowers the cap, never below what the policy's
    /// turnover asks for.
    fn lower_cap(&mut self, enough: f64, turnover: f64) {
        let cap = enough / (self.clock - self.restarted).min(turnover);
        self.next_cap = self.restarted + 2.0 * (self.clock - self.restarted);
        if (cap - self.cap).abs() > 0.1 * cap {
            self.cap = cap;
            self.stale = true;
        }
    }
}

impl Pool {
    /// Runs the background up to `until`, in seconds.
    pub(super) fn run_until(&mut self, keys: &Keys, shape: &Shape, until: f64) {
        if shape.background_ratio <= 0.0 {
            self.background.clock = until.max(self.background.clock);
            return;
        }
        loop {
            if self.background.stale {
                if self.background.cap.is_infinite() {
                    let first = enough(self.policy()) / shape.hottest_rate(keys);
                    self.background.next_cap = self.background.restarted + first;
                }
                self.background.rebuild(keys, shape, &mut self.stream);
            }
            let schedule = &self.background;
            let returns = schedule.returns.peek().map_or(f64::INFINITY, |event| event.0.time);
            let births = schedule.births.peek().map_or(f64::INFINITY, |event| event.0.time);
            let next = schedule.next_access.min(schedule.next_cap).min(returns).min(births);
            if next > until {
                break;
            }
            self.background.clock = next.max(self.background.clock);
            if next == self.background.next_access {
                let key = self.background.draw(keys, shape, &mut self.stream);
                self.background.plan_access(&mut self.stream);
                if let Some(key) = key {
                    self.access(keys, shape, key);
                }
            } else if next == returns {
                let Reverse(event) = self.background.returns.pop().expect("it was there");
                self.access(keys, shape, event.key);
            } else if next == births {
                let Reverse(birth) = self.background.births.pop().expect("it was there");
                let groups = shape.groups(birth.stratum as usize, false);
                let group = (birth.group + 1) % groups;
                // Groups are born evenly; a quarter of the way is past the rounding of this birth.
                let gap = 0.25 / groups as f64;
                self.background.expect_birth(keys, shape, birth.stratum, group, gap);
                let (from, stream) = (birth.time, &mut self.stream);
                self.background.expect_return(keys, shape, birth.key, from, stream);
            } else {
                let turnover = self.turnover();
                self.background.lower_cap(enough(self.policy()), turnover);
            }
        }
        self.background.clock = until.max(self.background.clock);
    }

    /// An access of a representative at the clock, filled at once where the store answers.
    fn access(&mut self, keys: &Keys, shape: &Shape, key: Key) {
        let time = self.background.clock;
        if key.old != shape.is_old(keys, key, time) {
            return;
        }
        if self.lookup(time, key, true) == Lookup::Hit {
            return;
        }
        if shape.fill_ratio >= 1.0 || self.stream.chance(shape.fill_ratio) {
            self.fill(keys, shape, time, key);
        } else {
            self.background.expect_return(keys, shape, key, time, &mut self.stream);
        }
    }

    /// Returns the seconds in which the cache is replaced once, at the pace since the last call;
    /// without end while it is not full.
    fn turnover(&mut self) -> f64 {
        let span = self.background.clock - self.background.counted_from;
        let inserted = core::mem::take(&mut self.inserted);
        self.background.counted_from = self.background.clock;
        if self.fullness() < 0.9 || inserted <= 0.0 {
            return f64::INFINITY;
        }
        self.capacity() * span / inserted
    }
}
