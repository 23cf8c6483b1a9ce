//! The calls that a flow makes, and what each of them may take of the operation's time.

use crate::draft::Draft;
use crate::types::{Action, Component, Kind, Step};

/// Share of an operation's time that is left to systems of others, where it waits for one.
const OUTSIDE: f64 = 0.65;

/// One call that a flow makes: who asks whom, and what for.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) from: String,
    pub(super) to: String,
    /// The latency that the operation promises, seconds.
    pub(super) promised: f64,
    /// Share of the operation's time that this call may take, 0 to 1.
    pub(super) share: f64,
    /// Components that wait already: each leaves a tenth of its time to the next.
    pub(super) depth: u32,
    pub(super) what: What,
    /// How many of the calls after it happen inside it.
    inside: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Visit,
    /// A call after whose answer the caller goes on.
    Call,
    Lookup,
    Read {
        behind_cache: bool,
    },
    Write,
    Emit {
        awaited: bool,
    },
}

/// Returns the calls of a flow that promises an answer within this time, s.
pub(super) fn of(flow: &[Step], promised: f64) -> Vec<Call> {
    let mut walk = Walk { promised, calls: Vec::new() };
    walk.steps(flow, &Asking { caller: String::new(), depth: 0, missed: false });
    walk.calls
}

/// Who asks.
#[derive(Clone)]
struct Asking {
    caller: String,
    depth: u32,
    /// Behind a cache that did not have it.
    missed: bool,
}

struct Walk {
    promised: f64,
    calls: Vec<Call>,
}

impl Walk {
    fn add(&mut self, asking: &Asking, to: &str, what: What) {
        if !asking.caller.is_empty() {
            let (from, to) = (asking.caller.clone(), to.to_owned());
            let (promised, depth) = (self.promised, asking.depth);
            self.calls.push(Call { from, to, promised, share: 1.0, depth, what, inside: 0 });
        }
    }

    fn steps(&mut self, steps: &[Step], asking: &Asking) {
        let mut asking = asking.clone();
        for step in steps {
            match step {
                Step::Visit(component) => {
                    self.add(&asking, component, What::Visit);
                    asking.depth += u32::from(!asking.caller.is_empty());
                    asking.caller.clone_from(component);
                }
                Step::Action(Action::Consume(source)) => asking.caller.clone_from(&source.at),
                Step::Action(action) => self.action(action, &asking),
            }
        }
    }

    fn action(&mut self, action: &Action, asking: &Asking) {
        match action {
            Action::Lookup(lookup) => {
                self.add(asking, &lookup.cache, What::Lookup);
                self.steps(&lookup.on_miss, &Asking { missed: true, ..asking.clone() });
            }
            Action::Read(access) => {
                self.add(asking, &access.at, What::Read { behind_cache: asking.missed });
            }
            Action::Write(access) => self.add(asking, &access.at, What::Write),
            Action::Fill(target) | Action::Invalidate(target) => {
                self.add(asking, &target.at, What::Lookup);
            }
            Action::Emit(emit) => {
                self.add(asking, &emit.to, What::Emit { awaited: emit.awaited });
            }
            Action::Call(called) => {
                self.add(asking, &called.to, What::Call);
                let at = self.calls.len();
                let (caller, depth) = (called.to.clone(), asking.depth + 1);
                self.steps(&called.steps, &Asking { caller, depth, missed: asking.missed });
                let inside = self.calls.len() - at;
                if let Some(call) = at.checked_sub(1).and_then(|at| self.calls.get_mut(at)) {
                    call.inside = inside;
                }
            }
            Action::Parallel(branches) => {
                branches.iter().for_each(|branch| self.steps(branch, asking));
            }
            Action::Sometimes(some) => self.steps(&some.steps, asking),
            Action::Repeat(repeat) => self.steps(&repeat.steps, asking),
            Action::Consume(_) => {}
        }
    }
}

/// Divides the time of an operation over the calls that wait for one another: half of it evenly, half
/// by how long the stores take; systems of others come first.
pub(super) fn divide(draft: &Draft<'_>, calls: &mut [Call]) {
    let outside = |call: &Call| draft.components[&call.to].kind == Kind::External;
    let waits = |call: &Call| matches!(call.what, What::Read { .. } | What::Write);
    let takes = |call: &Call| service(&draft.components[&call.to], call.what);
    let strangers = calls.iter().filter(|call| outside(call)).count() as f64;
    let stored: Vec<&Call> = calls.iter().filter(|call| waits(call)).collect();
    let (count, sum) = (stored.len() as f64, stored.iter().map(|call| takes(call)).sum::<f64>());
    let left = if strangers > 0.0 { 1.0 - OUTSIDE } else { 1.0 };
    let share = |call: &Call| match (count > 0.0, sum > 0.0) {
        _ if outside(call) => OUTSIDE / strangers,
        (false, _) => left,
        (true, true) if waits(call) => left * (0.5 / count + 0.5 * takes(call) / sum),
        (true, _) => left / count,
    };
    let own: Vec<f64> = calls.iter().map(share).collect();
    // A link has one time-out: its calls in a flow get the same, and in sum what they had.
    let mut shares: Vec<f64> = calls
        .iter()
        .map(|call| {
            let alike = calls.iter().zip(&own).filter(|(other, _)| {
                waits(other) == waits(call) && (&other.from, &other.to) == (&call.from, &call.to)
            });
            let (number, total) = alike.fold((0.0, 0.0), |(n, sum), (_, own)| (n + 1.0, sum + own));
            total / f64::max(number, 1.0)
        })
        .collect();
    // Whoever is called has the time of those that it waits for.
    for index in (0..calls.len()).filter(|index| calls[*index].what == What::Call) {
        let inside = index + 1..index + 1 + calls[index].inside;
        if !inside.is_empty() {
            let leaves = inside.filter(|at| waits(&calls[*at]) || outside(&calls[*at]));
            shares[index] = leaves.map(|at| shares[at]).sum();
        }
    }
    for (call, share) in calls.iter_mut().zip(shares) {
        call.share = share;
    }
}

/// Mean time that the callee takes for a call, with its wait for disks and copies, s.
pub(super) fn service(callee: &Component, what: What) -> f64 {
    let Some(station) = &callee.station else { return 0.0 };
    let class = if what == What::Write { "write" } else { "read" };
    let times = &station.service_time;
    let time = times.get(class).or_else(|| times.get("any"));
    let one = time.map_or(0.0, |time| (time.mean + time.io.unwrap_or_default()).as_secs_f64());
    // The slowest of several copies: of exponential times the harmonic sum.
    let asked = callee.replication.as_ref().map_or(1, |replication| replication.read_quorum.max(1));
    let asked = if what == What::Write { 1 } else { asked };
    (1..=asked).map(|copy| one / f64::from(copy)).sum()
}
