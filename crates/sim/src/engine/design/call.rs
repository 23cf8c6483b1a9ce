//! The caller's side: attempts, answers, time-outs, retries.

use std::collections::btree_map::Entry;
use std::time::Duration;

use tenfold_patterns::{
    BalancerOutcome, CircuitBreakerDecision, CircuitBreakerOutcome, ConcurrencyOutcome, RetryCause,
    RetryDecision, RetryFailure,
};

use super::super::list::{List, NONE};
use super::frame::{Answer, Asked, Cause, Kind};
use super::program::{CallOp, Op, Purpose};
use super::{Design, Event, instant};
use crate::planted::{self, Bug};

impl Design<'_> {
    /// The call at which `index` stands.
    fn call_of(&self, index: u32) -> CallOp {
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

    /// Returns whether `index` waits for the answer to another call for the same key.
    fn joins_flight(&mut self, index: u32, call: CallOp) -> bool {
        let Some(flights) = &mut self.parts.wires[call.link as usize].flights else { return false };
        let frame = &self.frames.all[index as usize];
        let Asked::Known(key) = frame.key else { return false };
        if call.write || planted::is(Bug::FlightNotShared) {
            return false;
        }
        match flights.entry((frame.place, key.id(), call.access)) {
            Entry::Vacant(entry) => {
                entry.insert(index);
                false
            }
            Entry::Occupied(entry) => {
                let leader = *entry.get();
                let mut followers = self.frames.get(leader).followers;
                followers.push_back(&mut self.frames.all, index);
                self.frames.at(leader).followers = followers;
                true
            }
        }
    }

    /// A call is over: those that share its answer go on too.
    fn land(&mut self, index: u32, call: CallOp, answer: Answer, at: u32) {
        if let Some(flights) = &mut self.parts.wires[call.link as usize].flights {
            let frame = &mut self.frames.all[index as usize];
            let mut followers = std::mem::replace(&mut frame.followers, List::EMPTY);
            if let Asked::Known(key) = frame.key
                && !call.write
            {
                flights.remove(&(frame.place, key.id(), call.access));
            }
            while let Some(follower) = followers.pop_front(&mut self.frames.all) {
                self.frames.at(follower).answer = answer;
                self.proceed(follower, at);
            }
        }
        self.frames.at(index).answer = answer;
        self.proceed(index, at);
    }

    /// Makes one attempt.
    pub(super) fn attempt(&mut self, index: u32, call: CallOp) {
        let now = self.now;
        let (place, key) = (self.frames.get(index).place, self.frames.get(index).key);
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
            && !admission.admit(instant(now)).is_admitted()
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
            && !planted::is(Bug::CancelIgnored)
        {
            self.leave_queue(child);
        }
        let waited_for_pool = !self.frames.get(index).pooled;
        let cause = if waited_for_pool { Cause::Pool } else { Cause::Timeout };
        self.attempt_failed(index, call, cause);
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
                    Op::End
                    | Op::Fail
                    | Op::Spawn { .. }
                    | Op::Fork { .. }
                    | Op::Each { .. }
                    | Op::Choice { .. } => self.fail(index, cause),
                }
            }
            Answer::Done | Answer::Miss => {
                frame.needed -= 1;
                frame.answer = answer;
                if frame.needed > 0 {
                    return self.next_record(index);
                }
                match self.program.ops[at as usize] {
                    Op::Call(call) => self.attempt_succeeded(index, call, answer),
                    Op::Fork { next, .. } | Op::Each { next, .. } => self.proceed(index, next),
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
                return self.land(index, call, Answer::Failed(Cause::Shed), call.error);
            }
        }
        let at = if answer == Answer::Miss { call.miss } else { call.next };
        self.land(index, call, answer, at);
    }

    /// Gives back what the attempt held: its place in the pool, the breaker's permit, the balancer's
    /// count.
    fn settle(&mut self, index: u32, call: CallOp, failed: Option<Cause>) {
        let now = instant(self.now);
        let frame = self.frames.at(index);
        let latency = Duration::from_secs_f64((self.now - frame.sent).max(0.0));
        let (pooled, permit) = (std::mem::take(&mut frame.pooled), frame.permit.take());
        let concurrency = frame.concurrency.take();
        let backends = [frame.backend.take(), frame.hedge.take()];
        let (place, key) = (frame.place, frame.key);
        let pool = self.parts.wires[call.link as usize].pool;
        let caller = self.parts.caller(call.link, place);
        let own = key.shard(caller.in_use.len() as u32) as usize;
        caller.in_use[own] -= u32::from(pooled);
        if let (Some(limit), Some(permit)) = (&mut caller.concurrency, concurrency) {
            limit.release(permit, concurrency_outcome(failed), latency);
        }
        // Whoever timed out meanwhile waits no longer.
        while let Some((frame, generation)) =
            caller.waiting[own].front().copied().filter(|_| caller.in_use[own] < pool)
        {
            caller.waiting[own].pop_front();
            if self.frames.all[frame as usize].generation == generation
                && !planted::is(Bug::PoolPlaceLost)
            {
                self.immediate.push_back(Event::Retry { frame, generation });
                break;
            }
        }
        if let Some((shard, permit)) = permit
            && let Some(breaker) = caller.breakers.get_mut(shard as usize)
        {
            let outcome = match failed {
                Some(_) if !planted::is(Bug::BreakerSeesSuccess) => CircuitBreakerOutcome::Failure,
                _ => CircuitBreakerOutcome::Success,
            };
            breaker.record(now, permit, outcome, latency);
        }
        for (backend, is_local) in backends.into_iter().flatten() {
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
        self.land(index, call, Answer::Failed(cause), call.error);
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
        if let Some(budget) = &mut caller.budget
            && !planted::is(Bug::RetryBudgetIgnored)
        {
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

/// What a concurrency limit learns from an attempt: a time-out or a shed call speaks of load, any
/// other failure of nothing.
fn concurrency_outcome(failed: Option<Cause>) -> ConcurrencyOutcome {
    match failed {
        None => ConcurrencyOutcome::Success,
        Some(Cause::Timeout | Cause::Shed) if !planted::is(Bug::LimitSeesNoDrops) => {
            ConcurrencyOutcome::Dropped
        }
        Some(_) => ConcurrencyOutcome::Ignored,
    }
}
