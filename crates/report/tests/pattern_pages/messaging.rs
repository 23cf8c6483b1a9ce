//! Messages, events and what follows from them.

use std::collections::BTreeSet;
use std::time::Duration;

use tenfold_patterns::{
    DeadLetter, DeadLetterDecision, DeadLetterOptions, EventStore, ExpectedVersion, Health,
    HealthOptions, Lifecycle, MessageFailure, Outbox, OutboxOptions, OutboxOutput, Saga,
    SagaOptions, SagaOutput, SagaResult, SagaState, SagaStep, StreamWindow, StreamWindowDecision,
    StreamWindowOptions, WindowKind,
};
use tenfold_report::svg::Svg;
use tenfold_units::{Instant, Unit};

use crate::draw::{Lines, Points, SEED, at, bars, ms};

/// Messages of ten minutes in which the database is away for two.
pub(crate) fn outage_of_two_minutes() -> Svg {
    let policy = DeadLetter::new(DeadLetterOptions::tenfold()).unwrap();
    let down = |now: Instant| (at(200_000)..at(320_000)).contains(&now);
    let (mut at_once, mut by_topics) = ([0.0; 2], [0.0; 2]);
    for i in 0..600 {
        let came = at(i * 1_000);
        // Three attempts within microseconds all meet the same outage.
        at_once[usize::from(down(came))] += 1.0;
        let (mut now, mut attempt) = (came, 1);
        let lost = loop {
            if !down(now) {
                break false;
            }
            match policy.decide(now, "orders", attempt, MessageFailure::Transient) {
                DeadLetterDecision::Retry { not_before, .. } => now = not_before,
                DeadLetterDecision::DeadLetter { .. } => break true,
            }
            attempt += 1;
        };
        by_topics[usize::from(lost)] += 1.0;
    }
    bars(
        "A message a second for ten minutes; the database is away for two of them",
        Unit::Count,
        &[
            ("handled, 3 attempts at once", at_once[0]),
            ("handled, retry topics of 1 s, 30 s, 5 min", by_topics[0]),
            ("dead letters, 3 attempts at once", at_once[1]),
            ("dead letters, retry topics", by_topics[1]),
        ],
    )
}

/// 10,000 changes whose process dies after one in a hundred.
pub(crate) fn dual_writes() -> Svg {
    let mut stream = SEED.stream("crash");
    let dies = [0; 10_000].map(|_: u8| stream.chance(0.01));
    // The textbook: commit the change, then publish; a crash between them loses the event.
    let published = dies.iter().filter(|dies| !**dies).count();
    // The relay: the crash comes between the broker and the mark, so the event goes out again.
    let (mut events, mut new): (Vec<u64>, BTreeSet<u64>) = (Vec::new(), (0..10_000).collect());
    let options = OutboxOptions { max_in_flight: 10, ..OutboxOptions::tenfold() };
    let (mut died, mut claimed) = (BTreeSet::new(), BTreeSet::new());
    let mut relay = Outbox::new(options).unwrap();
    let mut now = Instant::ZERO;
    while !new.is_empty() {
        now += ms(100);
        relay.handle_timeout(now);
        while let Some(output) = relay.poll_output() {
            match output {
                OutboxOutput::Claim { rows } => {
                    let free = new.difference(&claimed).take(rows as usize);
                    let rows: Vec<(u64, u64)> = free.map(|row| (*row, *row)).collect();
                    claimed.extend(rows.iter().map(|row| row.0));
                    relay.handle_claimed(now, rows);
                }
                OutboxOutput::Publish { row } => {
                    events.push(row);
                    if dies[row as usize] && died.insert(row) {
                        // Another relay claims anew what was not marked.
                        relay = Outbox::new(options).unwrap();
                        claimed.clear();
                        break;
                    }
                    relay.handle_published(now, row, true);
                }
                OutboxOutput::MarkSent { row } => assert!(new.remove(&row)),
            }
        }
    }
    let distinct: BTreeSet<&u64> = events.iter().collect();
    bars(
        "10,000 changes, and a crash at one in a hundred of them",
        Unit::Count,
        &[
            ("events lost: commit, then publish", (10_000 - published) as f64),
            ("events lost: outbox", (10_000 - distinct.len()) as f64),
            ("events twice: outbox", (events.len() - distinct.len()) as f64),
        ],
    )
}

/// How 10,000 orders end whose steps fail.
pub(crate) fn orders_left_half_done() -> Svg {
    let names = ["reserve stock", "charge card", "book courier", "confirm"];
    let options = SagaOptions::tenfold(names.map(SagaStep::named).to_vec(), 2);
    let mut stream = SEED.stream("steps");
    let (mut half, mut ends) = (0.0, [0.0; 3]);
    for _ in 0..10_000 {
        // Without a saga: the first failure ends it, and what was done stays.
        let done = (0..4).take_while(|_| !stream.chance(0.03)).count();
        half += f64::from(u8::from((1..4).contains(&done)));
        let mut saga = Saga::new(options.clone()).unwrap();
        let mut now = Instant::ZERO;
        saga.start(now);
        loop {
            let Some(output) = saga.poll_output() else {
                let Some((due, _)) = saga.poll_timeout() else { break };
                now = due;
                saga.handle_timeout(now);
                continue;
            };
            if let SagaOutput::Run { step, .. } | SagaOutput::Compensate { step, .. } = output {
                let result = match (stream.chance(0.03), stream.chance(0.5)) {
                    (false, _) => SagaResult::Done,
                    (true, true) => SagaResult::Refused,
                    (true, false) => SagaResult::Failed,
                };
                saga.handle_result(now, step, result);
            }
        }
        let end = match saga.state() {
            SagaState::Done => 0,
            SagaState::Undone => 1,
            SagaState::Stuck { .. }
            | SagaState::Running { .. }
            | SagaState::Compensating { .. } => 2,
        };
        ends[end] += 1.0;
    }
    bars(
        "10,000 orders of four steps, each of which fails with 3 %",
        Unit::Count,
        &[
            ("left half done, without a saga", half),
            ("done, with a saga", ends[0]),
            ("undone, with a saga", ends[1]),
            ("neither, with a saga", ends[2]),
        ],
    )
}

/// Deposits that overwrite each other.
pub(crate) fn lost_updates() -> Svg {
    let run = |checked: bool| -> Points {
        (1..=8_u64)
            .map(|writers| {
                let mut store: EventStore<i64> = EventStore::new();
                let mut stream = SEED.stream("writers");
                let mut register = 0;
                // Each writer reads, thinks, and writes what it read plus one.
                let mut read: Vec<Option<(u64, i64)>> = vec![None; writers as usize];
                let mut told = 0;
                while told < 2_000 {
                    let writer = stream.below(writers) as usize;
                    match read[writer].take() {
                        None => read[writer] = Some((store.version("account"), register)),
                        Some((version, value)) if checked => {
                            let expected = ExpectedVersion::Exact(version);
                            let done = store.append("account", expected, vec![1]).is_ok();
                            register += i64::from(done);
                            told += u32::from(done);
                            let _ = value;
                        }
                        Some((_, value)) => {
                            register = value + 1;
                            told += 1;
                        }
                    }
                }
                (writers as f64, 1.0 - register as f64 / 2_000.0)
            })
            .collect()
    };
    Lines::new(
        "Writers who read an account, add 1 and write it back: deposits that are lost",
        ("writers at the same time", Unit::Count),
        ("share of acknowledged deposits that are lost", Unit::Ratio),
    )
    .line("last write wins", run(false))
    .line("append with the expected version", run(true))
    .draw()
}

/// Events that come too late for their window.
pub(crate) fn late_events() -> Svg {
    let run = |mean: f64| -> Points {
        (0..=12)
            .map(|i| {
                let lateness = Duration::from_secs(i * 5);
                let kind = WindowKind::Tumbling { size: Duration::from_secs(10) };
                let options = StreamWindowOptions {
                    allowed_lateness: lateness,
                    ..StreamWindowOptions::kafka(kind)
                };
                let mut sums = StreamWindow::new(options).unwrap();
                let mut stream = SEED.stream("delays");
                let mut events: Vec<(u64, u64)> = (0..20_000)
                    .map(|i| (i * 10 + (stream.exponential() * mean * 1_000.0) as u64, i * 10))
                    .collect();
                events.sort_unstable();
                let mut late = 0.0;
                for (_, happened) in &events {
                    let decision = sums.handle_event(at(*happened), (), 1);
                    late += f64::from(u8::from(decision == StreamWindowDecision::Late));
                    while sums.poll_output().is_some() {}
                }
                (lateness.as_secs_f64(), late / events.len() as f64)
            })
            .collect()
    };
    Lines::new(
        "Windows of 10 s over events that arrive with an exponential delay",
        ("allowed_lateness", Unit::Seconds),
        ("share of events that are dropped", Unit::Ratio),
    )
    .line("mean delay 2 s", run(2.0))
    .line("mean delay 5 s", run(5.0))
    .line("mean delay 15 s", run(15.0))
    .draw()
}

/// Requests that fail while ten replicas are replaced one after the other.
pub(crate) fn rolling_restart() -> Svg {
    // The balancer asks `/ready` every 2 s; a request takes 300 ms; 100 requests a second a replica.
    let failed = |settle: u64, drain: u64| {
        let options =
            HealthOptions { settle: ms(settle), drain: ms(drain.max(settle)), checks: Vec::new() };
        let mut lost = 0.0;
        for replica in 0..10_u64 {
            let mut health = Health::new(options.clone()).unwrap();
            let mut running: Vec<u64> = Vec::new();
            let term = 10_000 + replica * 137;
            let mut sends = true;
            for now in 0..60_000_u64 {
                if now == term {
                    health.shut_down(at(now));
                }
                if now % 2_000 == 0 {
                    sends = health.is_ready(at(now));
                }
                running.retain(|end| {
                    *end > now || {
                        health.end();
                        false
                    }
                });
                if health.lifecycle(at(now)) == Lifecycle::Stopped {
                    // What still runs is cut off, and what is sent until the next check fails.
                    lost += running.len() as f64;
                    let next = (now / 2_000 + 1) * 2_000;
                    lost += if sends { (next - now) as f64 / 10.0 } else { 0.0 };
                    break;
                }
                if sends && now % 10 == 0 {
                    if health.begin(at(now)) { running.push(now + 300) } else { lost += 1.0 }
                }
            }
        }
        lost
    };
    let settles: Points =
        (0..=10_u32).map(|i| (f64::from(i) * 0.5, failed(u64::from(i) * 500, 25_000))).collect();
    let at_once: Points =
        (0..=10_u32).map(|i| (f64::from(i) * 0.5, failed(u64::from(i) * 500, 0))).collect();
    Lines::new(
        "Ten replicas restart, each has 100 requests a second, checked every 2 s",
        ("settle", Unit::Seconds),
        ("requests that fail", Unit::Count),
    )
    .line("exits when settled", at_once)
    .line("drains for up to 25 s", settles)
    .draw()
}
