//! The way of a message: delay, transfer, loss, and ways that are cut.

use tenfold_units::Seed;
use tenfold_units::random::Stream;

use super::super::list::NONE;
use super::frame::{Answer, Cause};
use super::program::Op;
use super::{Design, Event, instant};
use crate::planted::{self, Bug};
use crate::{Lost, Model, NetworkPartition, Sampler};

/// The network.
#[derive(Debug)]
pub(super) struct Network {
    same_zone: Way,
    cross_zone: Way,
    delays: Stream,
    sizes: Stream,
    losses: Stream,
    /// Whether anything may be lost at all.
    is_lossy: bool,
    cuts: Vec<Cut>,
}

#[derive(Debug)]
struct Way {
    delay: Option<Sampler>,
    loss_ratio: f64,
    /// Bytes per second that a message gets.
    bandwidth: f64,
}

/// A network partition that holds.
#[derive(Debug)]
struct Cut {
    fault: u32,
    /// By place, whether it is of the target, and of the other side.
    near: Vec<bool>,
    far: Vec<bool>,
    lost: Lost,
    share: f64,
}

impl Cut {
    /// Returns whether messages from one place to another are lost, or some of them.
    fn is_between(&self, from: u32, to: u32) -> bool {
        let (from, to) = (from as usize, to as usize);
        let (outgoing, incoming) = match self.lost {
            Lost::Both => (true, true),
            Lost::Outgoing => (true, planted::is(Bug::OneWayCutsBoth)),
            Lost::Incoming => (planted::is(Bug::OneWayCutsBoth), true),
        };
        (outgoing && self.near[from] && self.far[to])
            || (incoming && self.far[from] && self.near[to])
    }

    /// Returns whether nothing gets through one way or the other.
    fn divides(&self, a: u32, b: u32) -> bool {
        self.share >= 1.0 && (self.is_between(a, b) || self.is_between(b, a))
    }
}

impl Network {
    pub(super) fn new(model: &Model, seed: Seed) -> Self {
        let network = model.network.as_ref();
        let loss = network.and_then(|network| network.loss_ratio);
        let bandwidth = network.and_then(|network| network.bandwidth);
        let way = |delay: Option<Sampler>, loss: Option<f64>, bandwidth: Option<f64>| Way {
            delay,
            loss_ratio: loss.unwrap_or(0.0),
            bandwidth: bandwidth.unwrap_or(f64::INFINITY),
        };
        let same_zone = way(
            network.map(|network| network.same_zone.sampler()),
            loss.map(|loss| loss.same_zone),
            bandwidth.and_then(|bandwidth| bandwidth.same_zone),
        );
        let cross_zone = way(
            network.map(|network| network.cross_zone.sampler()),
            loss.map(|loss| loss.cross_zone),
            bandwidth.and_then(|bandwidth| bandwidth.cross_zone),
        );
        Self {
            is_lossy: same_zone.loss_ratio > 0.0 || cross_zone.loss_ratio > 0.0,
            same_zone,
            cross_zone,
            delays: seed.stream("network"),
            sizes: seed.stream("network/sizes"),
            losses: seed.stream("network/losses"),
            cuts: Vec::new(),
        }
    }

    /// Returns whether a message is lost.
    #[cold]
    fn loses(&mut self, near: bool, from: u32, to: u32) -> bool {
        if planted::is(Bug::LossIgnored) {
            return false;
        }
        let way = if near { &self.same_zone } else { &self.cross_zone };
        let by_chance = way.loss_ratio > 0.0 && self.losses.chance(way.loss_ratio);
        let losses = &mut self.losses;
        by_chance
            || self.cuts.iter().any(|cut| {
                cut.is_between(from, to) && (cut.share >= 1.0 || losses.chance(cut.share))
            })
    }

    fn divides(&self, a: u32, b: u32) -> bool {
        self.cuts.iter().any(|cut| cut.divides(a, b))
    }
}

impl Design<'_> {
    /// Returns how long a message with a body of so many bytes is under way from one place to another;
    /// `None` where it is lost.
    #[inline]
    pub(super) fn carry(&mut self, from: u32, to: u32, bytes: f64) -> Option<f64> {
        if from == to {
            return Some(0.0);
        }
        let near = self.parts.zone(from) == self.parts.zone(to);
        let network = &mut self.network;
        let way = if near { &network.same_zone } else { &network.cross_zone };
        let mut delay = way.delay.as_ref().map_or(0.0, |delay| delay.draw(&mut network.delays));
        if bytes > 0.0 && !planted::is(Bug::BodiesWeighNothing) {
            delay += bytes / way.bandwidth + self.send_body(from, bytes);
        }
        let lost = self.network.is_lossy && self.network.loses(near, from, to);
        (!lost).then_some(delay)
    }

    /// Puts a body on the line of its sender; returns how long it takes until it is sent.
    #[cold]
    fn send_body(&mut self, from: u32, bytes: f64) -> f64 {
        let Some(replica) = self.parts.replicas.get_mut(from as usize) else { return 0.0 };
        let bandwidth = self.parts.parts[replica.part as usize].bandwidth;
        if bandwidth == f64::INFINITY {
            return 0.0;
        }
        replica.line_free_at = replica.line_free_at.max(self.now) + bytes / bandwidth;
        replica.line_free_at - self.now
    }

    /// Draws the bytes of a body: of a call (0) or of its answer (1).
    #[cold]
    pub(super) fn body(&mut self, sizes: u32, which: usize) -> f64 {
        let size = &self.program.sizes[sizes as usize][which];
        size.as_ref().map_or(0.0, |size| size.draw(&mut self.network.sizes))
    }

    /// Draws the bytes of an answer to `parent`, which waits for it.
    #[inline]
    pub(super) fn answer_body(&mut self, parent: u32, answer: Answer) -> f64 {
        if self.program.sizes.is_empty() || answer != Answer::Done {
            return 0.0;
        }
        match self.program.ops[self.frames.get(parent).at as usize] {
            Op::Call(call) if call.sizes != NONE => self.body(call.sizes, 1),
            // The answer of a branch to the flow that it is of.
            Op::Call(_)
            | Op::End
            | Op::Fail
            | Op::Spawn { .. }
            | Op::Fork { .. }
            | Op::Each { .. }
            | Op::Choice { .. } => 0.0,
        }
    }

    /// A call does not get to its callee.
    #[cold]
    pub(super) fn call_lost(&mut self, index: u32) {
        let place = self.frames.get(index).place;
        self.record.call_lost(self.parts.replicas[place as usize].part);
        self.give_up_unless_timed(index);
        self.frames.release(index);
    }

    /// An answer does not get to its caller.
    #[cold]
    pub(super) fn answer_lost(&mut self, index: u32) {
        let place = self.frames.get(index).place;
        self.record.answer_lost(self.parts.replicas[place as usize].part);
        self.give_up_unless_timed(index);
    }

    /// Nobody would ever end a call without time-out whose message was lost: only what is handed over
    /// without being waited for has none, and that fails at once.
    fn give_up_unless_timed(&mut self, index: u32) {
        let frame = self.frames.get(index);
        if self.parts.wires[frame.link as usize].timeout.is_none() {
            let (frame, generation) = (frame.parent, frame.parent_generation);
            let answer = Answer::Failed(Cause::Timeout);
            self.post(0.0, Event::Answer { frame, generation, answer });
        }
    }

    /// A network partition begins, or is over.
    pub(super) fn partition(&mut self, fault: u32, partition: &NetworkPartition, begins: bool) {
        let count = self.parts.places();
        let hit = &self.faults[fault as usize].places;
        let near: Vec<bool> = (0..count).map(|place| hit.binary_search(&place).is_ok()).collect();
        let far = match &partition.from {
            Some(from) => (0..count).map(|place| self.parts.matches(from, place)).collect(),
            None => near.iter().map(|near| !near).collect(),
        };
        if begins {
            let (lost, share) = (partition.lost, partition.share);
            self.network.cuts.push(Cut { fault, near, far, lost, share });
            self.network.is_lossy = true;
        } else {
            self.network.cuts.retain(|cut| cut.fault != fault);
        }
        for part in 0..self.parts.parts.len() as u32 {
            if begins {
                self.isolate(part);
            }
            let detection = self.parts.parts[part as usize].detection;
            self.post(detection, Event::Reached { part });
        }
    }

    /// Replicas that are cut off from most of their component are as good as dead to the others.
    fn isolate(&mut self, part: u32) {
        for replica in self.parts.replicas_of(part) {
            let is_isolated = self.is_isolated(replica, part);
            let since = &mut self.parts.replicas[replica as usize].isolated_since;
            *since = since.or(is_isolated.then_some(self.now));
        }
    }

    fn is_isolated(&self, replica: u32, part: u32) -> bool {
        let all = self.parts.replicas_of(part);
        let reached = all.clone().filter(|other| !self.network.divides(replica, *other)).count();
        2 * reached < all.len()
    }

    /// Callers learn which replicas of a component are within their reach.
    pub(super) fn reached(&mut self, part: u32) {
        for replica in self.parts.replicas_of(part) {
            if !self.is_isolated(replica, part) {
                self.parts.replicas[replica as usize].isolated_since = None;
            }
        }
        for link in 0..self.parts.wires.len() {
            if self.parts.wires[link].callee != part {
                continue;
            }
            for place in self.parts.places_of(&self.parts.wires[link]) {
                for replica in self.parts.replicas_of(part) {
                    let pair = (place, replica);
                    let was_blind = self.parts.blind.contains(&pair);
                    if self.network.divides(place, replica) == was_blind {
                        continue;
                    }
                    if was_blind {
                        self.parts.blind.remove(&pair);
                    } else {
                        self.parts.blind.insert(pair);
                    }
                    self.parts.tell_balancer(link as u32, place, replica, instant(self.now));
                }
            }
        }
    }
}
