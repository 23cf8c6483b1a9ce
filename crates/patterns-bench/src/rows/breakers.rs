//! Circuit breakers.

use core::hint::black_box;
use core::time::Duration;

use failsafe::CircuitBreaker as _;
use failsafe::{backoff, failure_policy};
use tenfold_patterns::{
    CircuitBreaker, CircuitBreakerDecision, CircuitBreakerOptions, CircuitBreakerOutcome,
    CircuitBreakerWindow,
};
use tenfold_patterns_tower::SharedCircuitBreaker;
use tenfold_units::{Instant, Seed};

use super::{NOW, now};
use crate::harness::{alone, shared};
use crate::table::{Contender, Row, ours, peer};

const HOUR: Duration = Duration::from_secs(3_600);
const CALLS: CircuitBreakerOptions =
    CircuitBreakerOptions { slow: None, open_wait: HOUR, ..CircuitBreakerOptions::resilience4j() };
const IN_A_ROW: CircuitBreakerOptions =
    CircuitBreakerOptions { open_wait: HOUR, ..CircuitBreakerOptions::gobreaker() };
const TIME: CircuitBreakerOptions = CircuitBreakerOptions {
    window: CircuitBreakerWindow::Time { span: Duration::from_secs(30), slices: 5 },
    ..CALLS
};

pub(super) fn rows() -> Vec<Row> {
    let why = "Ours counts failures and slow calls, and gives each call a permit of its generation, so \
               that results from before a change of state count for nothing after it; recloser and \
               failsafe let them count. The figure of two threads is a lock's: counting a call and \
               looking at the state are one step, so that it opens with the very call that \
               reaches the threshold.";
    vec![
        Row {
            name: "circuit breaker, the last 100 calls",
            work: "A call that may be made, and its success recorded; the ratio of the last 100.",
            contenders: [passes(CALLS), vec![recloser(false)]].into_iter().flatten().collect(),
            why,
        },
        Row {
            name: "circuit breaker, the last 30 seconds",
            work: "As above; the ratio of the last 30 s, in five slices.",
            contenders: [passes(TIME), vec![failsafe_over_time()]].into_iter().flatten().collect(),
            why,
        },
        Row {
            name: "circuit breaker, failures in a row",
            work: "As above; opens after six failures in a row.",
            contenders: [passes(IN_A_ROW), vec![failsafe(false)]].into_iter().flatten().collect(),
            why,
        },
        Row {
            name: "circuit breaker, refused",
            work: "A call that an open breaker refuses.",
            contenders: refused(),
            why,
        },
    ]
}

fn machine(options: CircuitBreakerOptions) -> CircuitBreaker {
    CircuitBreaker::new(options, Seed(1).stream("bench")).expect("the options are in range")
}

fn shell(options: CircuitBreakerOptions) -> SharedCircuitBreaker {
    SharedCircuitBreaker::new(options, Seed(1)).expect("the options are in range")
}

fn pass(breaker: &mut CircuitBreaker, now: Instant) {
    let CircuitBreakerDecision::Admitted { permit, .. } = breaker.try_acquire(now) else {
        panic!("it is closed")
    };
    let success = CircuitBreakerOutcome::Success;
    black_box(breaker.record(now, permit, success, Duration::ZERO));
}

fn pass_shared(breaker: &SharedCircuitBreaker, now: Instant) {
    let (permit, _) = breaker.try_acquire(now).expect("it is closed");
    black_box(permit.record(now, CircuitBreakerOutcome::Success));
}

fn passes(options: CircuitBreakerOptions) -> Vec<Contender> {
    let (mut given, mut read) = (machine(options), machine(options));
    let (a, b) = (shell(options), shell(options));
    vec![
        ours(
            "`CircuitBreaker`",
            Some(alone(move |_| pass(&mut given, NOW))),
            Some(alone(move |_| pass(&mut read, now()))),
        ),
        ours(
            "`SharedCircuitBreaker`",
            Some(shared(move |_| pass_shared(&a, NOW))),
            Some(shared(move |_| pass_shared(&b, now()))),
        ),
    ]
}

fn recloser(open: bool) -> Contender {
    let breaker = recloser::Recloser::custom().error_rate(0.5).closed_len(100).open_wait(HOUR);
    let breaker = breaker.build();
    let name = "recloser 1.4.0";
    if open {
        for _ in 0..1_000 {
            let _ = breaker.call(|| Err::<(), ()>(()));
        }
        return peer(name, None, Some(shared(move |_| breaker.call(|| Ok::<_, ()>(())))));
    }
    // Closed, it does not read the clock.
    peer(name, Some(shared(move |_| breaker.call(|| Ok::<_, ()>(())))), None)
}

fn failsafe(open: bool) -> Contender {
    let policy = failure_policy::consecutive_failures(6, backoff::constant(HOUR));
    let breaker = failsafe::Config::new().failure_policy(policy).build();
    let name = "failsafe 1.3.0";
    if open {
        for _ in 0..10 {
            let _ = breaker.call(|| Err::<(), ()>(()));
        }
        return peer(name, None, Some(shared(move |_| breaker.call(|| Ok::<_, ()>(())))));
    }
    peer(name, Some(shared(move |_| breaker.call(|| Ok::<_, ()>(())))), None)
}

fn failsafe_over_time() -> Contender {
    let span = Duration::from_secs(30);
    let policy =
        failure_policy::success_rate_over_time_window(0.5, 100, span, backoff::constant(HOUR));
    let breaker = failsafe::Config::new().failure_policy(policy).build();
    let job = shared(move |_| breaker.call(|| Ok::<_, ()>(())));
    peer("failsafe 1.3.0", None, Some(job))
}

fn refused() -> Vec<Contender> {
    let (mut given, mut read) = (machine(IN_A_ROW), machine(IN_A_ROW));
    for (breaker, now) in [(&mut given, NOW), (&mut read, now())] {
        for _ in 0..6 {
            let CircuitBreakerDecision::Admitted { permit, .. } = breaker.try_acquire(now) else {
                panic!("it is closed")
            };
            breaker.record(now, permit, CircuitBreakerOutcome::Failure, Duration::ZERO);
        }
    }
    let (a, b) = (shell(IN_A_ROW), shell(IN_A_ROW));
    for (breaker, now) in [(&a, NOW), (&b, now())] {
        for _ in 0..6 {
            let (permit, _) = breaker.try_acquire(now).expect("it is closed");
            permit.record(now, CircuitBreakerOutcome::Failure);
        }
    }
    vec![
        ours(
            "`CircuitBreaker`",
            Some(alone(move |_| given.try_acquire(NOW))),
            Some(alone(move |_| read.try_acquire(now()))),
        ),
        ours(
            "`SharedCircuitBreaker`",
            Some(shared(move |_| a.try_acquire(NOW))),
            Some(shared(move |_| b.try_acquire(now()))),
        ),
        recloser(true),
        failsafe(true),
    ]
}
