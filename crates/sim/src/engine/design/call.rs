//! The caller's side: attempts and their way to the callee.

use tenfold_patterns::CircuitBreakerDecision;

use super::super::list::NONE;
use super::frame::{Cause, Kind};
use super::program::{CallOp, Op};
use super::{Design, Event, instant};
use crate::planted::{self, Bug};

impl Design<'_> {
    /// The call at which `index` stands.
    pub(super) fn call_of(&self, index: u32) -> CallOp {
        match self.program.ops[self.frames.get(index).at as usize] {
            Op::Call(call) => call,
            Op::End
            | Op::Fail
            | Op::Spawn { .. }
            | Op::Fork { .. }
            | Op::Each { .. }
            | Op::Choice { .. } => {
                unreachable!("a frame with a call under way stands at it")
            }
        }
    }

    /// Begins the call at which `index` stands.
    pub(super) fn begin_call(&mut self, index: u32, call: CallOp) {
        let now = instant(self.now);
        if self.joins_flight(index, call) {
            return;
        }
        let place = self.frames.get(index).place;
        if let Some(budget) = &mut self.parts.caller(call.link, place).budget {
            budget.request(now);
        }
        let retry = self.parts.wires[call.link as usize].retry;
        self.frames.at(index).retry = retry.map(|retry| retry.start(now));
        self.record.call(self.parts.wires[call.link as usize].callee);
        self.attempt(index, call);
    }

    /// Makes one attempt.
    pub(super) fn attempt(&mut self, index: u32, call: CallOp) {
        let now = self.now;
        let (place, key) = (self.frames.get(index).place, self.frames.get(index).key);
        let ahead = self.clock_ahead(place);
        let callee = self.parts.wires[call.link as usize].callee;
        self.record.attempt(callee);
        let wire = &self.parts.wires[call.link as usize];
        let (pool, waits) = (wire.pool, wire.pool_waits);
        let caller = self.parts.caller(call.link, place);
        let own = key.shard(caller.in_use.len() as u32) as usize;
        if caller.in_use[own] >= pool && !planted::is(Bug::PoolUnbounded) {
            if waits {
                return self.wait_for_pool(index, call, own);
            }
            return self.attempt_failed(index, call, Cause::Pool);
        }
        if let Some(admission) = &mut caller.admission
            && !admission.admit(instant(now + ahead)).is_admitted()
        {
            return self.attempt_failed(index, call, Cause::Limited);
        }
        if let Some(limit) = &mut caller.concurrency {
            let Some(permit) = limit.try_acquire() else {
                return self.attempt_failed(index, call, Cause::Limited);
            };
            self.frames.at(index).concurrency = Some(permit);
        }
        // What is dead is a shard, and the others must not be shut out with it.
        let shard = key.shard(caller.breakers.len().max(1) as u32);
        if let Some(breaker) = caller.breakers.get_mut(shard as usize) {
            match breaker.try_acquire(instant(now)) {
                CircuitBreakerDecision::Admitted { permit, .. } => {
                    self.frames.at(index).permit = Some((shard, permit));
                }
                CircuitBreakerDecision::Refused { .. } => {
                    return self.attempt_failed(index, call, Cause::Breaker);
                }
            }
        }
        caller.in_use[own] += 1;
        let targets = self.targets(index, call, callee);
        let frame = self.frames.at(index);
        frame.pooled = true;
        frame.sent = now;
        frame.generation = frame.generation.wrapping_add(1);
        frame.needed = targets.needed;
        frame.awaited = targets.count as u32;
        if targets.count == 0 || (targets.count as u32) < targets.needed {
            let by_key = self.parts.parts[callee as usize].data.is_some();
            let cause = if by_key { Cause::Unavailable } else { Cause::Refused };
            return self.attempt_failed(index, call, cause);
        }
        for target in &targets.replicas[..targets.count] {
            self.send(index, call, *target, targets.count == 1);
        }
        self.arm_timeout(index, call.link);
        let by_balance = self.frames.get(index).backend.is_some();
        if let Some(after) = self.parts.wires[call.link as usize].hedge_after.filter(|_| by_balance)
        {
            let generation = self.frames.get(index).generation;
            self.agenda.push(self.now + after, Event::Hedge { frame: index, generation });
        }
    }

    /// Waits for a place in a full pool.
    fn wait_for_pool(&mut self, index: u32, call: CallOp, pool: usize) {
        let frame = self.frames.at(index);
        frame.generation = frame.generation.wrapping_add(1);
        let (place, generation) = (frame.place, frame.generation);
        self.parts.caller(call.link, place).waiting[pool].push_back((index, generation));
        self.arm_timeout(index, call.link);
    }

    /// An attempt has had no answer for long: another one goes to another replica.
    pub(super) fn hedge(&mut self, index: u32, generation: u32) {
        if self.frames.get(index).generation != generation || planted::is(Bug::HedgeNeverSent) {
            return;
        }
        let call = self.call_of(index);
        let callee = self.parts.wires[call.link as usize].callee;
        let tried = self.frames.get(index).backend.map(|(backend, is_local)| {
            let place = self.frames.get(index).place;
            let local = self.parts.caller(call.link, place).local.as_ref();
            let start = local.filter(|_| is_local).map_or(0, |local| local.first);
            self.parts.parts[callee as usize].first + start + backend
        });
        let Some((replica, backend)) = self.balance(index, call.link, tried) else { return };
        self.record.attempt(callee);
        let frame = self.frames.at(index);
        frame.hedge = Some(backend);
        frame.awaited += 1;
        self.send(index, call, replica, true);
    }

    fn send(&mut self, index: u32, call: CallOp, target: u32, is_alone: bool) {
        let frame = self.frames.get(index);
        let (generation, place, records) = (frame.generation, frame.place, frame.records);
        let (operation, born, key) = (frame.operation, frame.born, frame.key);
        let child = self.frames.add(Kind::Sent, operation, target, call.body, born, key);
        let bytes = if call.sizes == NONE { 0.0 } else { self.body(call.sizes, 0) };
        let delay = self.carry(place, target, bytes);
        let frame = self.frames.at(child);
        frame.parent = index;
        frame.parent_generation = generation;
        frame.purpose = call.purpose;
        frame.link = call.link;
        frame.access = call.access;
        frame.records = records;
        frame.is_alone = is_alone;
        let epoch = frame.epoch;
        self.frames.at(index).child = (child, epoch);
        match delay {
            Some(delay) => self.post(delay, Event::Arrive { frame: child, epoch }),
            None => self.call_lost(child),
        }
    }

    /// The wait before an attempt is over.
    pub(super) fn retry(&mut self, index: u32, generation: u32) {
        if self.frames.get(index).generation == generation {
            let call = self.call_of(index);
            self.attempt(index, call);
        }
    }
}
