//! Flows as programs: every operation says where to go on.

use super::super::list::NONE;
use super::parts::Parts;
use crate::{Call, Join, Lookup, Sampler, SizeDistribution, Step};

/// Where a frame stands in the program.
pub(super) type Place = u32;

/// The flow is over, with success.
pub(super) const END: Place = 0;
/// The flow is over, with the failure of its last step.
pub(super) const FAIL: Place = 1;

/// What a callee does once it has served a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Goes on with its own steps.
    Work,
    /// Looks the key up in its cache.
    Lookup,
    /// Puts the key into its cache.
    Fill,
    /// Appends a record to its topic.
    Record,
}

/// A call, as the program holds it.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallOp {
    pub(super) link: u32,
    /// Index of the access kind at the callee.
    pub(super) access: u32,
    pub(super) write: bool,
    pub(super) purpose: Purpose,
    /// Sizes of the bodies in the table of sizes; `NONE` without bodies.
    pub(super) sizes: u32,
    /// What the callee does after its service.
    pub(super) body: Place,
    /// After an answer; for a look-up after a hit.
    pub(super) next: Place,
    /// After a miss.
    pub(super) miss: Place,
    /// After a failure.
    pub(super) error: Place,
}

/// An operation of a program.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    End,
    Fail,
    Call(CallOp),
    /// Starts a flow of its own that nobody waits for.
    Spawn {
        start: Place,
        next: Place,
    },
    /// Starts `count` branches, from `first` in the table of branches on.
    Fork {
        first: u32,
        count: u32,
        needed: u32,
        next: Place,
    },
    /// Starts a branch for each record of a batch, `at_once` of them at a time.
    Each {
        start: Place,
        at_once: u32,
        next: Place,
    },
    /// Goes to one of `count` ways, from `first` in the table of ways on.
    Choice {
        first: u32,
        count: u32,
    },
}

/// The flows of all operations.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) ops: Vec<Op>,
    pub(super) branches: Vec<Place>,
    /// Cumulated probability and place.
    pub(super) ways: Vec<(f64, Place)>,
    /// Bytes of a call's body and of its answer's.
    pub(super) sizes: Vec<[Option<Sampler>; 2]>,
}

impl Program {
    pub(super) fn new() -> Self {
        let ops = vec![Op::End, Op::Fail];
        Self { ops, branches: Vec::new(), ways: Vec::new(), sizes: Vec::new() }
    }

    /// Adds the sizes of the bodies of a call and of its answer; returns where they stand.
    fn bodies(&mut self, sizes: [Option<&SizeDistribution>; 2]) -> u32 {
        if sizes == [None, None] {
            return NONE;
        }
        // At a byte per second seconds are bytes.
        self.sizes.push(sizes.map(|size| size.map(|size| size.transfer_time(1.0).sampler())));
        u32::try_from(self.sizes.len() - 1).expect("a flow of limited size")
    }

    fn push(&mut self, op: Op) -> Place {
        self.ops.push(op);
        u32::try_from(self.ops.len() - 1).expect("a flow of limited size")
    }

    /// Appends `steps`, made by `caller` (`None`: the client), that go on at `next`; returns their
    /// beginning.
    pub(super) fn flow(
        &mut self,
        parts: &mut Parts<'_>,
        steps: &[Step],
        caller: Option<u32>,
        next: Place,
    ) -> Place {
        steps.iter().rev().fold(next, |next, step| self.step(parts, step, caller, next))
    }

    fn step(
        &mut self,
        parts: &mut Parts<'_>,
        step: &Step,
        caller: Option<u32>,
        next: Place,
    ) -> Place {
        match step {
            Step::Call(call) => self.call(parts, call, caller, next),
            Step::Lookup(lookup) => self.lookup(parts, lookup, caller, next),
            Step::Fill(cache) => self.spawn(parts, cache, caller, Purpose::Fill, next),
            Step::Emit(topic) => self.spawn(parts, topic, caller, Purpose::Record, next),
            Step::Append(topic) => {
                let op = self.record(parts, topic, caller, Purpose::Record, next);
                self.push(op)
            }
            Step::Each(each) => {
                let start = self.flow(parts, &each.steps, caller, END);
                self.push(Op::Each { start, at_once: each.at_once.unwrap_or(u32::MAX), next })
            }
            Step::Parallel(parallel) => {
                let starts: Vec<Place> = parallel
                    .branches
                    .iter()
                    .map(|branch| self.flow(parts, branch, caller, END))
                    .collect();
                let count = u32::try_from(starts.len()).expect("a flow of limited size");
                let first = u32::try_from(self.branches.len()).expect("a flow of limited size");
                self.branches.extend(starts);
                let needed = match parallel.join {
                    Join::All => count,
                    Join::Any => 1,
                    Join::Quorum(needed) => needed.min(count),
                };
                self.push(Op::Fork { first, count, needed, next })
            }
            Step::Choice(alternatives) => {
                let mut sum = 0.0;
                let ways: Vec<(f64, Place)> = alternatives
                    .iter()
                    .map(|alternative| {
                        sum += alternative.probability;
                        (sum, self.flow(parts, &alternative.steps, caller, next))
                    })
                    .collect();
                let first = u32::try_from(self.ways.len()).expect("a flow of limited size");
                let count = u32::try_from(ways.len()).expect("a flow of limited size");
                self.ways.extend(ways);
                self.push(Op::Choice { first, count })
            }
        }
    }

    fn call(
        &mut self,
        parts: &mut Parts<'_>,
        call: &Call,
        caller: Option<u32>,
        next: Place,
    ) -> Place {
        let callee = parts.component(&call.to);
        let body = self.flow(parts, &call.steps, Some(callee), END);
        let error = match &call.on_error {
            Some(steps) => self.flow(parts, steps, caller, next),
            None => FAIL,
        };
        let link = parts.written_link(caller, callee);
        let request = call.request_size.as_ref().or(link.request_size.as_ref());
        let answer = call.answer_size.as_ref().or(link.answer_size.as_ref());
        let op = CallOp {
            link: parts.link(caller, callee),
            access: parts.access(callee, &call.access),
            write: call.access == "write" || call.access.starts_with("write-"),
            purpose: Purpose::Work,
            sizes: self.bodies([request, answer]),
            body,
            next,
            miss: next,
            error,
        };
        self.push(Op::Call(op))
    }

    fn lookup(
        &mut self,
        parts: &mut Parts<'_>,
        lookup: &Lookup,
        caller: Option<u32>,
        next: Place,
    ) -> Place {
        let callee = parts.component(&lookup.cache);
        let hit = self.flow(parts, &lookup.on_hit, caller, next);
        let miss = self.flow(parts, &lookup.on_miss, caller, next);
        let error = match &lookup.on_error {
            Some(steps) => self.flow(parts, steps, caller, next),
            None => FAIL,
        };
        let link = parts.written_link(caller, callee);
        let op = CallOp {
            link: parts.link(caller, callee),
            access: parts.access(callee, "read"),
            write: false,
            purpose: Purpose::Lookup,
            sizes: self.bodies([link.request_size.as_ref(), link.answer_size.as_ref()]),
            body: END,
            next: hit,
            miss,
            error,
        };
        self.push(Op::Call(op))
    }

    fn spawn(
        &mut self,
        parts: &mut Parts<'_>,
        to: &str,
        caller: Option<u32>,
        purpose: Purpose,
        next: Place,
    ) -> Place {
        let op = self.record(parts, to, caller, purpose, END);
        let start = self.push(op);
        self.push(Op::Spawn { start, next })
    }

    /// The call that hands a record, or what a cache is to hold, to `to`.
    fn record(
        &mut self,
        parts: &mut Parts<'_>,
        to: &str,
        caller: Option<u32>,
        purpose: Purpose,
        next: Place,
    ) -> Op {
        let callee = parts.component(to);
        let link = parts.written_link(caller, callee);
        // What is put into a cache is as large as what is read from it.
        let sizes = match purpose {
            Purpose::Fill => [link.answer_size.as_ref(), None],
            Purpose::Work | Purpose::Lookup | Purpose::Record => {
                [link.request_size.as_ref(), link.answer_size.as_ref()]
            }
        };
        Op::Call(CallOp {
            sizes: self.bodies(sizes),
            link: parts.link(caller, callee),
            access: parts.access(callee, "write"),
            write: true,
            purpose,
            body: END,
            next,
            miss: next,
            error: FAIL,
        })
    }
}
