//! Where `now` comes from: tokio's clock, or one that a test moves by hand.

#[cfg(test)]
mod tests;

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::{Arc, LazyLock, Mutex};

use tenfold_units::Instant;

use crate::sync::lock;

/// A source of time.
///
/// All layers of one stack need the same clock: a [`Deadline`](tenfold_patterns::Deadline) that one
/// hands to another is an instant since that clock's origin.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Returns the time since the clock's origin; it never runs back.
    fn now(&self) -> Instant;

    /// Returns a future that is done once [`Clock::now`] has reached `at`.
    fn sleep_until(&self, at: Instant) -> Sleep;
}

/// A clock shared by the layers of a stack.
pub type SharedClock = Arc<dyn Clock>;

/// A wait made by [`Clock::sleep_until`].
pub struct Sleep(Pin<Box<dyn Future<Output = ()> + Send + Sync>>);

impl Sleep {
    /// Returns the wait that is over when `future` is.
    pub fn new(future: impl Future<Output = ()> + Send + Sync + 'static) -> Self {
        Self(Box::pin(future))
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sleep")
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}

/// tokio's clock, the default of every layer; it obeys `tokio::time::pause`.
///
/// All values share one origin, a day before the first use in the process, so that layers made
/// apart agree, also with a runtime whose clock was paused before that first use.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioClock;

static ORIGIN: LazyLock<std::time::Instant> = LazyLock::new(|| {
    let first = std::time::Instant::now();
    first.checked_sub(Duration::from_secs(86_400)).unwrap_or(first)
});

impl TokioClock {
    /// Returns the clock as layers hold it.
    #[must_use]
    pub fn shared() -> SharedClock {
        Arc::new(Self)
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Instant {
        let origin = tokio::time::Instant::from_std(*ORIGIN);
        Instant::ZERO + tokio::time::Instant::now().saturating_duration_since(origin)
    }

    fn sleep_until(&self, at: Instant) -> Sleep {
        let origin = tokio::time::Instant::from_std(*ORIGIN);
        match origin.checked_add(at.saturating_since(Instant::ZERO)) {
            Some(at) => Sleep::new(tokio::time::sleep_until(at)),
            None => Sleep::new(core::future::pending()),
        }
    }
}

/// A clock from the processor's cycle counter, where it has a steady one (feature `quanta`): reading
/// it costs about half of what the system's clock does.
///
/// It sleeps on tokio's timer. It does not obey `tokio::time::pause`, and shares no origin with
/// [`TokioClock`]: use one or the other for all layers of a stack.
#[cfg(feature = "quanta")]
#[derive(Clone, Debug)]
pub struct QuantaClock {
    clock: quanta::Clock,
    /// The counter at the origin.
    origin: u64,
}

#[cfg(feature = "quanta")]
impl QuantaClock {
    /// Returns the clock; the first one of a process measures the counter for some milliseconds.
    #[must_use]
    pub fn new() -> Self {
        let clock = quanta::Clock::new();
        let origin = clock.raw();
        Self { clock, origin }
    }

    /// Returns the clock as layers hold it.
    #[must_use]
    pub fn shared() -> SharedClock {
        Arc::new(Self::new())
    }
}

#[cfg(feature = "quanta")]
impl Default for QuantaClock {
    fn default() -> Self {
        Self::new()
    }
}

/// Between its origin and the first reading that it hands out, so that instants before "now" exist.
#[cfg(feature = "quanta")]
const HEAD_START: u64 = 86_400 * 1_000_000_000;

#[cfg(feature = "quanta")]
impl Clock for QuantaClock {
    fn now(&self) -> Instant {
        let nanos = self.clock.delta_as_nanos(self.origin, self.clock.raw());
        Instant::from_nanos(HEAD_START.saturating_add(nanos))
    }

    fn sleep_until(&self, at: Instant) -> Sleep {
        let clock = self.clone();
        Sleep::new(async move {
            // The timer counts milliseconds of another clock: look again before saying that it is time.
            loop {
                let left = at.saturating_since(clock.now());
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left).await;
            }
        })
    }
}

/// A clock that stands still until it is told to move; clones are the same clock.
///
/// ```
/// use core::time::Duration;
/// use tenfold_patterns_tower::{Clock, ManualClock};
/// let clock = ManualClock::new();
/// let start = clock.now();
/// clock.advance(Duration::from_secs(1));
/// assert_eq!(clock.now().saturating_since(start), Duration::from_secs(1));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<Mutex<Manual>>);

#[derive(Debug, Default)]
struct Manual {
    now: Instant,
    sleepers: Vec<(Instant, Waker)>,
}

impl ManualClock {
    /// Returns a clock at its origin.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the clock as layers hold it.
    #[must_use]
    pub fn shared(&self) -> SharedClock {
        Arc::new(self.clone())
    }

    /// Moves the clock on and wakes who waited for it.
    pub fn advance(&self, span: Duration) {
        let mut manual = lock(&self.0);
        manual.now += span;
        let now = manual.now;
        let all = core::mem::take(&mut manual.sleepers);
        let (due, waiting) = all.into_iter().partition(|(at, _)| *at <= now);
        manual.sleepers = waiting;
        drop(manual);
        let due: Vec<(Instant, Waker)> = due;
        for (_, waker) in due {
            waker.wake();
        }
    }

    /// Returns how many futures wait for the clock.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        lock(&self.0).sleepers.len()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        lock(&self.0).now
    }

    fn sleep_until(&self, at: Instant) -> Sleep {
        let shared = Arc::clone(&self.0);
        Sleep::new(core::future::poll_fn(move |cx| {
            let mut manual = lock(&shared);
            if manual.now >= at {
                return Poll::Ready(());
            }
            let known =
                |(other, waker): &(Instant, Waker)| *other == at && waker.will_wake(cx.waker());
            if !manual.sleepers.iter().any(known) {
                manual.sleepers.push((at, cx.waker().clone()));
            }
            Poll::Pending
        }))
    }
}
