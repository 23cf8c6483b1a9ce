//! The caller's side: attempts, answers, time-outs, retries.

use std::time::Duration;

use tenfold_patterns::{
    BalancerOutcome, CircuitBreakerDecision, CircuitBreakerOutcome, RetryCause, RetryDecision,
    RetryFailure,
};

use super::super::list::NONE;
use super::frame::{Answer, Cause, Kind};
use super::program::{CallOp, Op, Purpose};
use super::{Design, Event, instant};
use crate::Consistency;
use crate::planted::{self, Bug};

/// The most copies that one call visits.
const MAX_COPIES: usize = 16;

/// Replicas that one attempt goes to.
#[derive(Clone, Copy, Debug)]
struct Targets {
    replicas: [u32; MAX_COPIES],
    count: usize,
    /// Answers that are waited for.
    needed: u32,
}

impl Design<'_> {
    /// The call at which `index` stands.
    fn call_of(&self, index: u32) -> CallOp {
        match self.program.ops[self.frames.get(index).at as usize] {
            Op::Call(call) => call,
            Op::End | Op::Fail | Op::Spawn { .. } | Op::Fork { .. } | Op::Choice { .. } => {
                unreachable!("a frame with a call under way stands at it")
            }
        }
    }

    /// Begins the call at which `index` stands.
    pub(super) fn begin_call(&mut self, index: u32, call: CallOp) {
        let now = instant(self.now);
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
        let place = self.frames.get(index).place;
        let callee = self.parts.wires[call.link as usize].callee;
        self.record.attempt(callee);
        let pool = self.parts.wires[call.link as usize].pool;
        let caller = self.parts.caller(call.link, place);
        if caller.in_use >= pool && !planted::is(Bug::PoolUnbounded) {
            return self.attempt_failed(index, call, Cause::Pool);
        }
        if let Some(breaker) = &mut caller.breaker {
            match breaker.try_acquire(instant(now)) {
                CircuitBreakerDecision::Admitted { permit, .. } => {
                    self.frames.at(index).permit = Some(permit);
                }
                CircuitBreakerDecision::Refused { .. } => {
                    return self.attempt_failed(index, call, Cause::Breaker);
                }
            }
        }
        self.parts.caller(call.link, place).in_use += 1;
        let targets = self.targets(index, call, callee);
        let frame = self.frames.at(index);
        frame.pooled = true;
        frame.sent = now;
        frame.generation = frame.generation.wrapping_add(1);
        frame.needed = targets.needed;
        frame.awaited = targets.count as u32;
        if targets.count == 0 || (targets.count as u32) < targets.needed {
            let cause = if targets.count == 0 { Cause::Refused } else { Cause::Unavailable };
            return self.attempt_failed(index, call, cause);
        }
        for target in &targets.replicas[..targets.count] {
            self.send(index, call, *target, targets.count == 1);
        }
        self.arm_timeout(index, call.link);
    }

    fn send(&mut self, index: u32, call: CallOp, target: u32, is_alone: bool) {
        let frame = self.frames.get(index);
        let (generation, place, records) = (frame.generation, frame.place, frame.records);
        let (operation, born, key) = (frame.operation, frame.born, frame.key);
        let child = self.frames.add(Kind::Sent, operation, target, call.body, born, key);
        let delay = self.delay(place, target);
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
        self.post(delay, Event::Arrive { frame: child, epoch });
    }

    /// Chooses the replicas of an attempt.
    fn targets(&mut self, index: u32, call: CallOp, callee: u32) -> Targets {
        if self.parts.parts[callee as usize].data.is_some() {
            return self.copies(index, call, callee);
        }
        let mut targets = Targets { replicas: [NONE; MAX_COPIES], count: 0, needed: 1 };
        let first = self.parts.parts[callee as usize].first;
        let (place, now) = (self.frames.get(index).place, instant(self.now));
        let wire = &mut self.parts.wires[call.link as usize];
        let caller = &mut self.parts.callers[(wire.callers + place - wire.caller_first) as usize];
        let own = caller.local.as_mut().and_then(|local| {
            let backend = local.balancer.pick(now, b"", &mut wire.stream)?;
            local.balancer.started(now, backend);
            Some((backend as u32, local.first + backend as u32))
        });
        let (backend, is_local) = match own {
            Some((backend, replica)) => {
                targets.replicas[0] = first + replica;
                (backend, true)
            }
            None => {
                let balancer = caller.balancer.as_mut().expect("the callee is balanced");
                let Some(backend) = balancer.pick(now, b"", &mut wire.stream) else {
                    return targets;
                };
                balancer.started(now, backend);
                targets.replicas[0] = first + backend as u32;
                (backend as u32, false)
            }
        };
        targets.count = 1;
        self.frames.at(index).backend = Some((backend, is_local));
        targets
    }

    /// The copies of the key's shard that an attempt goes to.
    fn copies(&mut self, index: u32, call: CallOp, callee: u32) -> Targets {
        let frame = self.frames.get(index);
        let zone = self.parts.zone(frame.place);
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
        let seen_alive = |replica: &&u32| self.parts.replicas[**replica as usize].seen_alive;
        let majority = placement.data.copies / 2 + 1;
        if level == Consistency::Primary {
            add(self.primary(copies, placement.data.failover));
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

    /// The copy that is the primary now: a secondary once the failover is over.
    fn primary(&self, copies: &[u32], failover: Option<Duration>) -> u32 {
        let first = copies[0];
        let dead = self.parts.replicas[first as usize].dead_since;
        let promoted = dead
            .zip(failover)
            .is_some_and(|(since, failover)| self.now >= since + failover.as_secs_f64());
        let secondary =
            copies.iter().find(|replica| self.parts.replicas[**replica as usize].is_alive());
        if promoted { secondary.copied().unwrap_or(first) } else { first }
    }

    fn arm_timeout(&mut self, index: u32, link: u32) {
        let wire = &mut self.parts.wires[link as usize];
        let Some(timeout) = wire.timeout else { return };
        if planted::is(Bug::TimeoutIgnored) {
            return;
        }
        let end = self.now + timeout;
        wire.timeouts.push_back((end, index, self.frames.get(index).generation));
        if !wire.timeouts_scheduled {
            wire.timeouts_scheduled = true;
            self.agenda.push(end, Event::Timeouts { link });
        }
    }

    /// The first time-out of a link is due; those of calls that were answered are void.
    pub(super) fn timeouts(&mut self, link: u32) {
        while let Some((end, index, generation)) =
            self.parts.wires[link as usize].timeouts.front().copied()
        {
            let holds = self.frames.get(index).generation == generation;
            if holds && end > self.now {
                self.agenda.push(end, Event::Timeouts { link });
                return;
            }
            self.parts.wires[link as usize].timeouts.pop_front();
            if holds {
                self.timed_out(index);
            }
        }
        self.parts.wires[link as usize].timeouts_scheduled = false;
    }

    fn timed_out(&mut self, index: u32) {
        let call = self.call_of(index);
        let (child, epoch) = self.frames.get(index).child;
        if self.parts.wires[call.link as usize].cancel
            && child != NONE
            && self.frames.get(child).epoch == epoch
            && self.frames.get(child).kind == Kind::Waiting
        {
            self.leave_queue(child);
        }
        self.attempt_failed(index, call, Cause::Timeout);
    }

    /// An answer for `index`, if it still waits in that generation.
    pub(super) fn answered(&mut self, index: u32, generation: u32, answer: Answer) {
        if self.frames.get(index).generation != generation {
            return;
        }
        let at = self.frames.get(index).at;
        let frame = self.frames.at(index);
        frame.awaited -= 1;
        match answer {
            Answer::Failed(cause) => {
                if frame.awaited >= frame.needed {
                    return;
                }
                match self.program.ops[at as usize] {
                    Op::Call(call) => self.attempt_failed(index, call, cause),
                    Op::End | Op::Fail | Op::Spawn { .. } | Op::Fork { .. } | Op::Choice { .. } => {
                        self.fail(index, cause);
                    }
                }
            }
            Answer::Done | Answer::Miss => {
                frame.needed -= 1;
                frame.answer = answer;
                if frame.needed > 0 {
                    return;
                }
                match self.program.ops[at as usize] {
                    Op::Call(call) => self.attempt_succeeded(index, call, answer),
                    Op::Fork { next, .. } => self.proceed(index, next),
                    Op::End | Op::Fail | Op::Spawn { .. } | Op::Choice { .. } => {
                        unreachable!("a frame waits at a call or a fork")
                    }
                }
            }
        }
    }

    /// Goes on at another place; what was under way no longer holds.
    pub(super) fn proceed(&mut self, index: u32, at: u32) {
        let frame = self.frames.at(index);
        frame.generation = frame.generation.wrapping_add(1);
        frame.at = at;
        self.ready.push_back(index);
    }

    /// A step failed that nobody catches.
    fn fail(&mut self, index: u32, cause: Cause) {
        self.frames.at(index).answer = Answer::Failed(cause);
        self.proceed(index, super::program::FAIL);
    }

    fn attempt_succeeded(&mut self, index: u32, call: CallOp, answer: Answer) {
        self.settle(index, call, None);
        let place = self.frames.get(index).place;
        let withdrawal = self.frames.at(index).withdrawal.take();
        if let Some(budget) = &mut self.parts.caller(call.link, place).budget {
            budget.success(withdrawal);
        }
        if call.purpose == Purpose::Record {
            let callee = self.parts.wires[call.link as usize].callee;
            if !self.append(callee) {
                self.record.call_failed(callee, Cause::Shed);
            }
        }
        self.proceed(index, if answer == Answer::Miss { call.miss } else { call.next });
    }

    /// Gives back what the attempt held: its place in the pool, the breaker's permit, the balancer's
    /// count.
    fn settle(&mut self, index: u32, call: CallOp, failed: Option<Cause>) {
        let now = instant(self.now);
        let frame = self.frames.at(index);
        let latency = Duration::from_secs_f64((self.now - frame.sent).max(0.0));
        let (pooled, permit) = (std::mem::take(&mut frame.pooled), frame.permit.take());
        let (backend, place) = (frame.backend.take(), frame.place);
        let caller = self.parts.caller(call.link, place);
        caller.in_use -= u32::from(pooled);
        if let (Some(breaker), Some(permit)) = (&mut caller.breaker, permit) {
            let outcome = match failed {
                None => CircuitBreakerOutcome::Success,
                Some(_) => CircuitBreakerOutcome::Failure,
            };
            breaker.record(now, permit, outcome, latency);
        }
        if let Some((backend, is_local)) = backend {
            let outcome = match failed {
                None => BalancerOutcome::Success,
                Some(_) => BalancerOutcome::Failure,
            };
            let balancer = match &mut caller.local {
                Some(local) if is_local => Some(&mut local.balancer),
                _ => caller.balancer.as_mut(),
            };
            if let Some(balancer) = balancer {
                balancer.finished(now, backend as usize, outcome, latency);
            }
        }
    }

    /// An attempt failed: it is made again after a while, or the call has failed.
    fn attempt_failed(&mut self, index: u32, call: CallOp, cause: Cause) {
        self.settle(index, call, Some(cause));
        let frame = self.frames.at(index);
        frame.generation = frame.generation.wrapping_add(1);
        if let Some(wait) = self.retry_after(index, call, cause) {
            let generation = self.frames.get(index).generation;
            let event = Event::Retry { frame: index, generation };
            self.agenda.push(self.now + wait, event);
            return;
        }
        let callee = self.parts.wires[call.link as usize].callee;
        self.record.call_failed(callee, cause);
        self.frames.at(index).answer = Answer::Failed(cause);
        self.proceed(index, call.error);
    }

    /// Returns how long to wait before the next attempt, if there is one.
    fn retry_after(&mut self, index: u32, call: CallOp, cause: Cause) -> Option<f64> {
        let now = instant(self.now);
        let wire = &mut self.parts.wires[call.link as usize];
        let retry = wire.retry?;
        let frame = self.frames.at(index);
        let failure = match cause {
            Cause::Shed | Cause::Limited => RetryFailure::Throttled,
            Cause::Timeout
            | Cause::Refused
            | Cause::Pool
            | Cause::Breaker
            | Cause::Error
            | Cause::Unavailable => RetryFailure::Transient,
        };
        let mut state = frame.retry?;
        let place = frame.place;
        let decision = retry.decide(now, &mut state, failure, &mut wire.stream);
        if !planted::is(Bug::RetryNotCounted) {
            frame.retry = Some(state);
        }
        let caller = self.parts.caller(call.link, place);
        if let Some(budget) = &mut caller.budget {
            budget.failure();
        }
        let RetryDecision::After(wait) = decision else { return None };
        if let Some(budget) = &mut caller.budget {
            let throttled = failure == RetryFailure::Throttled;
            let cause = if throttled { RetryCause::Throttled } else { RetryCause::Failure };
            let withdrawal = budget.withdraw(now, cause)?;
            self.frames.at(index).withdrawal = Some(withdrawal);
        }
        Some(wait.as_secs_f64())
    }

    /// The wait before an attempt is over.
    pub(super) fn retry(&mut self, index: u32, generation: u32) {
        if self.frames.get(index).generation == generation {
            let call = self.call_of(index);
            self.attempt(index, call);
        }
    }
}
