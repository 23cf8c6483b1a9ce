//! The rows, by area.

mod balancers;
mod breakers;
mod caches;
mod layers;
mod limiters;
mod retries;
mod rings;

use core::future::Future;
use core::hint::black_box;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::sync::Arc;

use tenfold_patterns_tower::{Clock, SharedClock, Sleep, TokioClock};
use tenfold_units::Instant;
use tower::Service;

use crate::table::Row;

/// Every row, in the order of the page.
pub(crate) fn all() -> Vec<Row> {
    let areas = [
        limiters::rows(),
        breakers::rows(),
        caches::rows(),
        rings::rows(),
        balancers::rows(),
        retries::rows(),
        layers::rows(),
    ];
    areas.into_iter().flatten().collect()
}

/// The time, where it is given.
const NOW: Instant = Instant::from_nanos(1 << 40);

/// The time, where the clock is read: the one that all layers read.
fn now() -> Instant {
    TokioClock.now()
}

/// A clock that stands still, for layers that are given the time.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Instant {
        NOW
    }

    fn sleep_until(&self, _at: Instant) -> Sleep {
        Sleep::new(core::future::pending())
    }
}

fn still() -> SharedClock {
    Arc::new(Still)
}

/// Scatters numbers over 64 bits.
fn scatter(i: u64) -> u64 {
    let mixed = (i ^ i >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 29
}

/// Asks a service whether it is ready, calls it, and takes the answer, which is there at once.
fn call<S: Service<u64>>(service: &mut S, request: u64) {
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(())) = service.poll_ready(&mut context) else {
        panic!("the service is always ready")
    };
    let mut answer = pin!(service.call(request));
    match answer.as_mut().poll(&mut context) {
        Poll::Ready(answer) => drop(black_box(answer)),
        Poll::Pending => panic!("the service answers at once"),
    }
}
