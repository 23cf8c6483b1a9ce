//! What becomes of an attempt: its answer or failure, what it gives back, whether it is made again.

use std::time::Duration;

use tenfold_patterns::{
    BalancerOutcome, CircuitBreakerOutcome, ConcurrencyOutcome, RetryCause, RetryDecision,
    RetryFailure,
};

use super::frame::{Answer, Cause};
use super::program::{CallOp, Op, Purpose};
use super::{Design, Event, instant};
use crate::planted::{self, Bug};

impl Design<'_> {
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
    pub(super) fn attempt_failed(&mut self, index: u32, call: CallOp, cause: Cause) {
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
