//! Where an attempt goes: by balance, or by key to the copies of a shard.

use std::time::Duration;

use super::super::list::NONE;
use super::program::CallOp;
use super::{Design, instant};
use crate::Consistency;
use crate::planted::{self, Bug};

/// The most copies that one call visits.
const MAX_COPIES: usize = 16;

/// Replicas that one attempt goes to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Targets {
    pub(super) replicas: [u32; MAX_COPIES],
    pub(super) count: usize,
    /// Answers that are waited for.
    pub(super) needed: u32,
}

impl Design<'_> {
    /// Chooses the replicas of an attempt.
    pub(super) fn targets(&mut self, index: u32, call: CallOp, callee: u32) -> Targets {
        if self.parts.parts[callee as usize].data.is_some() {
            return self.copies(index, call, callee);
        }
        let mut targets = Targets { replicas: [NONE; MAX_COPIES], count: 0, needed: 1 };
        if let Some((replica, backend)) = self.balance(index, call.link, None) {
            targets.replicas[0] = replica;
            targets.count = 1;
            self.frames.at(index).backend = Some(backend);
        }
        targets
    }

    /// Lets the caller's balancer choose a replica, not `tried`; returns it, its number at the
    /// balancer, and whether that is the one over the caller's own zone.
    pub(super) fn balance(
        &mut self,
        index: u32,
        link: u32,
        tried: Option<u32>,
    ) -> Option<(u32, (u32, bool))> {
        let (place, now) = (self.frames.get(index).place, instant(self.now));
        let wire = &mut self.parts.wires[link as usize];
        let first = self.parts.parts[wire.callee as usize].first;
        let caller = &mut self.parts.callers[(wire.callers + place - wire.caller_first) as usize];
        let tried = tried.map(|replica| replica - first);
        if let Some(local) = &mut caller.local {
            let own = tried.and_then(|tried| tried.checked_sub(local.first));
            let not = own.map(|number| number as usize);
            let stream = &mut wire.stream;
            if let Some(backend) = local.balancer.pick_untried(now, b"", not.as_slice(), stream) {
                local.balancer.started(now, backend);
                return Some((first + local.first + backend as u32, (backend as u32, true)));
            }
        }
        let balancer = caller.balancer.as_mut()?;
        let not = tried.map(|tried| tried as usize);
        let backend = balancer.pick_untried(now, b"", not.as_slice(), &mut wire.stream)?;
        balancer.started(now, backend);
        Some((first + backend as u32, (backend as u32, false)))
    }

    /// The copies of the key's shard that an attempt goes to.
    fn copies(&mut self, index: u32, call: CallOp, callee: u32) -> Targets {
        let frame = self.frames.get(index);
        let place = frame.place;
        let zone = self.parts.zone(place);
        let part = &self.parts.parts[callee as usize];
        let placement = part.data.as_ref().expect("the callee is found by key");
        let copies = placement.copies(frame.key.shard(placement.data.shards));
        let level = if call.write { placement.data.write } else { placement.data.read };
        let mut targets = Targets { replicas: [NONE; MAX_COPIES], count: 0, needed: 1 };
        let mut add = |replica: u32| {
            if targets.count < MAX_COPIES {
                targets.replicas[targets.count] = replica;
                targets.count += 1;
            }
        };
        let seen_alive = |replica: &&u32| self.parts.is_seen(place, **replica);
        let majority = placement.data.copies / 2 + 1;
        if level == Consistency::Primary {
            // Once its death is known nobody waits for a time-out.
            Some(self.primary(copies, placement.data.failover))
                .filter(|replica| seen_alive(&replica))
                .into_iter()
                .for_each(&mut add);
        } else if call.write {
            copies.iter().filter(seen_alive).for_each(|replica| add(*replica));
        } else {
            let alive: Vec<u32> = copies.iter().filter(seen_alive).copied().collect();
            let wanted = match level {
                Consistency::Quorum => majority as usize,
                Consistency::All => copies.len(),
                Consistency::Primary | Consistency::One | Consistency::LocalOne => 1,
            };
            let near = alive.iter().position(|replica| {
                level != Consistency::One && self.parts.replicas[*replica as usize].zone == zone
            });
            // The nearest first, the others in turn from a copy drawn at random.
            let stream = &mut self.parts.wires[call.link as usize].stream;
            let start = match (near, alive.len()) {
                (Some(near), _) => near,
                (None, 0) => 0,
                (None, count) => stream.below(count as u64) as usize,
            };
            for step in 0..wanted.min(alive.len()) {
                add(alive[(start + step) % alive.len()]);
            }
        }
        targets.needed = match level {
            Consistency::Quorum if planted::is(Bug::QuorumOfOne) => 1,
            Consistency::Quorum => majority,
            Consistency::All => placement.data.copies,
            Consistency::Primary | Consistency::One | Consistency::LocalOne => 1,
        };
        targets
    }

    /// The copy that is the primary now: a secondary once the failover is over, and until callers
    /// know that the first one is back. One that is cut off from most others is as good as dead.
    fn primary(&self, copies: &[u32], failover: Option<Duration>) -> u32 {
        let first = &self.parts.replicas[copies[0] as usize];
        let promoted = match (first.dead_since.or(first.isolated_since), failover) {
            (_, None) => false,
            (Some(since), Some(failover)) => self.now >= since + failover.as_secs_f64(),
            (None, Some(_)) => !first.seen_alive,
        };
        let secondary = copies[1..].iter().find(|replica| {
            let replica = &self.parts.replicas[**replica as usize];
            replica.is_alive() && replica.isolated_since.is_none()
        });
        if promoted { secondary.copied().unwrap_or(copies[0]) } else { copies[0] }
    }
}
