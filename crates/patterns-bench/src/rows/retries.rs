//! Backoff and retry budget.

use core::hint::black_box;
use core::time::Duration;
use std::cell::RefCell;

use backon::BackoffBuilder as _;
use tenfold_patterns::{
    Jitter, Retry, RetryBudget, RetryBudgetOptions, RetryCause, RetryFailure, RetryOptions,
};
use tenfold_patterns_tower::SharedRetryBudget;
use tenfold_units::{Instant, Seed};
use tower::retry::backoff::{Backoff as _, ExponentialBackoffMaker, MakeBackoff as _};
use tower::retry::budget::{Budget as _, TpsBudget};
use tower::util::rng::HasherRng;

use super::{NOW, now};
use crate::harness::{alone, shared};
use crate::table::{Row, ours, peer};

pub(super) fn rows() -> Vec<Row> {
    vec![backoff(), budget()]
}

const BASE: Duration = Duration::from_millis(100);
const CAP: Duration = Duration::from_secs(20);

fn backoff() -> Row {
    let options = RetryOptions {
        max_attempts: 5,
        base: BASE,
        cap: CAP,
        jitter: Jitter::Full,
        ..RetryOptions::aws_standard()
    };
    let retry = Retry::new(options).expect("the options are in range");
    let decide = move |now: Instant, stream: &mut tenfold_units::random::Stream| {
        let mut call = retry.start(now);
        for _ in 0..4 {
            let _ = black_box(retry.decide(now, &mut call, RetryFailure::Transient, stream));
        }
    };
    let other = decide;
    let (mut a, mut b) = (Seed(1).stream("retry"), Seed(1).stream("retry"));
    let builder = backon::ExponentialBuilder::default()
        .with_min_delay(BASE)
        .with_max_delay(CAP)
        .with_max_times(4)
        .with_jitter();
    let maker = ExponentialBackoffMaker::new(BASE, CAP, 0.5, HasherRng::default());
    let maker = RefCell::new(maker.expect("in range"));
    Row {
        name: "backoff, four waits of one call",
        work: "A new call, and what to wait after each of four failures: exponential, jittered.",
        contenders: vec![
            ours(
                "`Retry`",
                Some(alone(move |_| decide(NOW, &mut a))),
                Some(alone(move |_| other(now(), &mut b))),
            ),
            peer(
                "backon 1.6.0",
                Some(shared(move |_| {
                    for wait in builder.build() {
                        black_box(wait);
                    }
                })),
                None,
            ),
            peer(
                "tower 0.5.3, `ExponentialBackoff` (makes the timers too)",
                None,
                Some(alone(move |_| {
                    let mut backoff = maker.borrow_mut().make_backoff();
                    for _ in 0..4 {
                        drop(black_box(backoff.next_backoff()));
                    }
                })),
            ),
        ],
        why: "Ours decides on each failure: attempts, total time, what the server says of when to \
              come; backon yields the wait alone.",
    }
}

fn budget() -> Row {
    let options = RetryBudgetOptions::finagle();
    let machine = |now| RetryBudget::new(options, now).expect("in range");
    let shell = |now| SharedRetryBudget::new(options, now).expect("in range");
    let (mut given, mut read, a, b) = (machine(NOW), machine(now()), shell(NOW), shell(now()));
    let theirs = TpsBudget::new(Duration::from_secs(10), 10, 0.2);
    Row {
        name: "retry budget",
        work: "Four requests counted, and one retry asked for; 20 % of the last 10 s.",
        contenders: vec![
            ours(
                "`RetryBudget`",
                Some(alone(move |_| {
                    (0..4).for_each(|_| given.request(NOW));
                    given.withdraw(NOW, RetryCause::Failure)
                })),
                Some(alone(move |_| {
                    (0..4).for_each(|_| read.request(now()));
                    read.withdraw(now(), RetryCause::Failure)
                })),
            ),
            ours(
                "`SharedRetryBudget`",
                Some(shared(move |_| {
                    (0..4).for_each(|_| a.request(NOW));
                    drop(black_box(a.withdraw(NOW, RetryCause::Failure)));
                })),
                Some(shared(move |_| {
                    (0..4).for_each(|_| b.request(now()));
                    drop(black_box(b.withdraw(now(), RetryCause::Failure)));
                })),
            ),
            peer(
                "tower 0.5.3, `TpsBudget`",
                None,
                Some(shared(move |_| {
                    (0..4).for_each(|_| theirs.deposit());
                    theirs.withdraw()
                })),
            ),
        ],
        why: "Each of the five steps is one under a lock: the share is exact, and a retry that is \
              not sent goes back.",
    }
}
