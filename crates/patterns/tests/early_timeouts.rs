//! The law of every node: a time-out that comes early changes nothing, whatever happened before.

use core::fmt::Debug;
use core::time::Duration;

use tenfold_patterns::*;
use tenfold_units::random::Stream;
use tenfold_units::{Instant, Seed};

/// What the law needs of a node.
trait Node: Debug {
    /// One random thing that a shell may do; a new time is returned.
    fn act(&mut self, now: Instant, stream: &mut Stream);
    fn timeout(&mut self, now: Instant);
    fn due(&self) -> Option<Instant>;
}

/// Runs random scripts and rings early wherever there is a deadline ahead. Returns how often.
fn rings(name: &str, new: impl Fn() -> Box<dyn Node>) {
    let mut early = 0;
    for seed in 0..200 {
        let mut stream = Seed(seed).stream(name);
        let mut node = new();
        let mut now = Instant::ZERO;
        for _ in 0..60 {
            now += Duration::from_millis(stream.below(80));
            node.act(now, &mut stream);
            node.timeout(now);
            let Some(due) = node.due().filter(|due| *due > now) else { continue };
            let before = format!("{node:?}");
            for at in [now, now + due.saturating_since(now) / 2, due - Duration::from_nanos(1)] {
                node.timeout(at);
            }
            assert_eq!(format!("{node:?}"), before, "{name}, seed {seed}, at {now:?}");
            early += 1;
        }
    }
    assert!(early > 200, "{name}: only {early} deadlines were ahead");
}

#[derive(Debug)]
struct WriteBehindNode(WriteBehind<u64, u64>, Vec<u64>, Vec<u64>);

impl Node for WriteBehindNode {
    fn act(&mut self, now: Instant, stream: &mut Stream) {
        let Self(node, logging, flying) = self;
        match stream.below(4) {
            0 | 1 => _ = node.handle_write(now, stream.below(5), 0),
            2 => logging.drain(..).for_each(|sequence| node.handle_logged(now, sequence)),
            _ => {
                let good = stream.chance(0.5);
                flying.drain(..).for_each(|flush| node.handle_flushed(now, flush, good));
            }
        }
        while let Some(output) = node.poll_output() {
            match output {
                WriteBehindOutput::Log(entry) => logging.push(entry.sequence),
                WriteBehindOutput::Flush { flush, .. } => flying.push(flush),
                WriteBehindOutput::Acknowledge { .. } | WriteBehindOutput::Forget { .. } => {}
            }
        }
    }

    fn timeout(&mut self, now: Instant) {
        self.0.handle_timeout(now);
    }

    fn due(&self) -> Option<Instant> {
        self.0.poll_timeout().map(|due| due.0)
    }
}

#[derive(Debug)]
struct OutboxNode(Outbox<u64>, Vec<u64>, bool, u64);

impl Node for OutboxNode {
    fn act(&mut self, now: Instant, stream: &mut Stream) {
        let Self(relay, sending, claiming, row) = self;
        while let Some(output) = relay.poll_output() {
            match output {
                OutboxOutput::Claim { .. } => *claiming = true,
                OutboxOutput::Publish { row } => sending.push(row),
                OutboxOutput::MarkSent { .. } => {}
            }
        }
        if core::mem::take(claiming) {
            let rows = stream.below(3);
            relay.handle_claimed(now, (0..rows).map(|i| (*row + i, i)).collect());
            *row += rows;
        }
        let good = stream.chance(0.5);
        sending.drain(..).for_each(|row| relay.handle_published(now, row, good));
    }

    fn timeout(&mut self, now: Instant) {
        self.0.handle_timeout(now);
    }

    fn due(&self) -> Option<Instant> {
        self.0.poll_timeout().map(|due| due.0)
    }
}

#[derive(Debug)]
struct SagaNode(Saga, Option<u32>);

impl Node for SagaNode {
    fn act(&mut self, now: Instant, stream: &mut Stream) {
        let Self(saga, asked) = self;
        if let Some(step) = asked.take() {
            let result = match stream.below(4) {
                0 => SagaResult::Done,
                1 => return,
                _ => SagaResult::Failed,
            };
            saga.handle_result(now, step, result);
        }
        while let Some(output) = saga.poll_output() {
            match output {
                SagaOutput::Run { step, .. } | SagaOutput::Compensate { step, .. } => {
                    *asked = Some(step);
                }
                SagaOutput::Record { .. } => {}
            }
        }
    }

    fn timeout(&mut self, now: Instant) {
        self.0.handle_timeout(now);
    }

    fn due(&self) -> Option<Instant> {
        self.0.poll_timeout().map(|due| due.0)
    }
}

#[derive(Debug)]
struct HealthNode(Health, Vec<usize>);

impl Node for HealthNode {
    fn act(&mut self, now: Instant, stream: &mut Stream) {
        let Self(health, running) = self;
        while let Some(check) = health.poll_check(now) {
            running.push(check);
        }
        if stream.chance(0.5) {
            let good = stream.chance(0.5);
            running.drain(..).for_each(|check| health.handle_check(now, check, good));
        }
    }

    fn timeout(&mut self, now: Instant) {
        self.0.handle_timeout(now);
    }

    fn due(&self) -> Option<Instant> {
        self.0.poll_timeout().map(|due| due.0)
    }
}

#[test]
fn write_behind() {
    let options = WriteBehindOptions { max_pending: 6, batch: 3, ..WriteBehindOptions::tenfold() };
    let new = || WriteBehind::new(options).unwrap();
    rings("write-behind", || Box::new(WriteBehindNode(new(), vec![], vec![])));
}

#[test]
fn outbox() {
    let new = || Outbox::new(OutboxOptions::tenfold()).unwrap();
    rings("outbox", || Box::new(OutboxNode(new(), vec![], false, 0)));
}

#[test]
fn saga() {
    let steps = ["a", "b", "c", "d"].map(SagaStep::named).to_vec();
    rings("saga", || {
        let mut saga = Saga::new(SagaOptions::tenfold(steps.clone(), 2)).unwrap();
        saga.start(Instant::ZERO);
        Box::new(SagaNode(saga, None))
    });
}

#[test]
fn health() {
    let checks = ["a", "b"].map(CheckOptions::named).to_vec();
    let new = || Health::new(HealthOptions::kubernetes(checks.clone())).unwrap();
    rings("health", || Box::new(HealthNode(new(), vec![])));
}
