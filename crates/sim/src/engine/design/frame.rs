//! Frames: a request, a branch of it, or an attempt at a callee, each going through its program.

use tenfold_patterns::{CircuitBreakerPermit, ConcurrencyPermit, RetryCall, RetryWithdrawal};

use super::super::list::{Linked, Links, List, NONE};
use super::program::{Place, Purpose};
use crate::keys::Key;

/// Why something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Timeout,
    Refused,
    Shed,
    Pool,
    Breaker,
    Limited,
    Error,
    Unavailable,
}

/// What a callee answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Done,
    Miss,
    Failed(Cause),
}

/// The key that a request asks for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    /// A key of a population.
    Known(Key),
    /// A key that nobody else asks for, by its hash.
    Own(u64),
}

impl Asked {
    /// Returns its shard among `shards`.
    pub(super) fn shard(self, shards: u32) -> u32 {
        match self {
            Self::Known(key) => key.shard(shards),
            Self::Own(hash) => ((u128::from(hash) * u128::from(shards)) >> 64) as u32,
        }
    }
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Not in use.
    Free,
    /// A request, at its client.
    Root,
    /// A flow that nobody waits for.
    Detached,
    /// A branch, where its parent is.
    Branch,
    /// An attempt on its way to a replica.
    Sent,
    /// An attempt in the queue of a replica.
    Waiting,
    /// An attempt in service.
    Serving,
    /// An attempt after its service, going through its steps.
    Served,
}

/// One frame.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    pub(super) purpose: Purpose,
    pub(super) operation: u32,
    pub(super) at: Place,
    /// The replica that it is at; clients come after all replicas, one for each zone.
    pub(super) place: u32,
    /// Who waits for it, and the generation in which it does; `NONE` if nobody.
    pub(super) parent: u32,
    pub(super) parent_generation: u32,
    /// Grows whenever answers, time-outs and retries that are under way no longer hold.
    pub(super) generation: u32,
    /// Answers that it still needs, and those that may still come.
    pub(super) needed: u32,
    pub(super) awaited: u32,
    /// The child of a call to one replica, and its epoch.
    pub(super) child: (u32, u32),
    pub(super) answer: Answer,
    pub(super) retry: Option<RetryCall>,
    pub(super) withdrawal: Option<RetryWithdrawal>,
    /// The caller's breaker that let the attempt under way pass, and its permit.
    pub(super) permit: Option<(u32, CircuitBreakerPermit)>,
    /// What the caller's concurrency limit granted to the attempt under way.
    pub(super) concurrency: Option<ConcurrencyPermit>,
    /// The backend of the attempt under way, and whether the local balancer chose it.
    pub(super) backend: Option<(u32, bool)>,
    /// The same of its hedge.
    pub(super) hedge: Option<(u32, bool)>,
    /// Whether the attempt under way holds a place in the pool.
    pub(super) pooled: bool,
    /// When the attempt under way was sent.
    pub(super) sent: f64,
    /// As an attempt: by which link it came, and how it is served.
    pub(super) link: u32,
    pub(super) access: u32,
    /// Whether no other copy was asked at the same time.
    pub(super) is_alone: bool,
    /// Grows whenever a scheduled end of service no longer holds.
    pub(super) epoch: u32,
    pub(super) since: f64,
    pub(super) remaining: f64,
    pub(super) born: f64,
    pub(super) key: Asked,
    /// Records of a batch; 1 for a request.
    pub(super) records: u32,
    /// Calls at the same place that share the answer to this one's.
    pub(super) followers: List,
    pub(super) links: Links,
}

impl Linked for Frame {
    fn links(&mut self) -> &mut Links {
        &mut self.links
    }
}

/// All frames, in an arena that is as large as the most that were in use together.
#[derive(Debug, Default)]
pub(super) struct Frames {
    pub(super) all: Vec<Frame>,
    free: Vec<u32>,
}

impl Frames {
    /// Returns a new frame of this kind that nobody waits for.
    pub(super) fn add(
        &mut self,
        kind: Kind,
        operation: u32,
        place: u32,
        at: Place,
        born: f64,
        key: Asked,
    ) -> u32 {
        let mut frame = Frame {
            kind,
            purpose: Purpose::Work,
            operation,
            at,
            place,
            parent: NONE,
            parent_generation: 0,
            generation: 0,
            needed: 0,
            awaited: 0,
            child: (NONE, 0),
            answer: Answer::Done,
            retry: None,
            withdrawal: None,
            permit: None,
            concurrency: None,
            backend: None,
            hedge: None,
            pooled: false,
            sent: 0.0,
            link: 0,
            access: 0,
            is_alone: true,
            epoch: 0,
            since: 0.0,
            remaining: 0.0,
            born,
            key,
            records: 1,
            followers: List::EMPTY,
            links: Links::NEW,
        };
        match self.free.pop() {
            Some(index) => {
                let old = &mut self.all[index as usize];
                // Late answers and events of the frame that was here before must not hold.
                frame.generation = old.generation.wrapping_add(1);
                frame.epoch = old.epoch.wrapping_add(1);
                *old = frame;
                index
            }
            None => {
                self.all.push(frame);
                u32::try_from(self.all.len() - 1).expect("fewer frames than memory")
            }
        }
    }

    pub(super) fn release(&mut self, index: u32) {
        let frame = &mut self.all[index as usize];
        debug_assert!(frame.kind != Kind::Free, "a frame is released once");
        frame.kind = Kind::Free;
        frame.generation = frame.generation.wrapping_add(1);
        frame.epoch = frame.epoch.wrapping_add(1);
        self.free.push(index);
    }

    pub(super) fn get(&self, index: u32) -> &Frame {
        &self.all[index as usize]
    }

    pub(super) fn at(&mut self, index: u32) -> &mut Frame {
        &mut self.all[index as usize]
    }

    /// Returns whether somebody still waits for this frame.
    pub(super) fn is_awaited(&self, index: u32) -> bool {
        let frame = self.get(index);
        frame.parent != NONE && self.get(frame.parent).generation == frame.parent_generation
    }
}
