//! The calls that count: the last so many, or those of the last so much time.

use tenfold_units::Instant;

use super::CircuitBreakerWindow;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    pub(super) calls: u32,
    pub(super) failed: u32,
    pub(super) slow: u32,
}

impl Totals {
    fn add(&mut self, failed: bool, slow: bool) {
        self.calls += 1;
        self.failed += u32::from(failed);
        self.slow += u32::from(slow);
    }

    fn subtract(&mut self, other: Self) {
        self.calls -= other.calls;
        self.failed -= other.failed;
        self.slow -= other.slow;
    }
}

#[derive(Clone, Debug)]
enum Memory {
    /// One byte a call: bit 0 failed, bit 1 slow.
    Calls { ring: Box<[u8]>, next: usize },
    /// Totals of each slice; `newest` is the number of the last one since the origin.
    Time { ring: Box<[Totals]>, newest: u64, nanos: u64 },
}

#[derive(Clone, Debug)]
pub(super) struct Window {
    totals: Totals,
    memory: Memory,
}

impl Window {
    pub(super) fn new(window: CircuitBreakerWindow) -> Self {
        let memory = match window {
            CircuitBreakerWindow::Calls(calls) => {
                Memory::Calls { ring: vec![0; calls as usize].into(), next: 0 }
            }
            CircuitBreakerWindow::Time { span, slices } => Memory::Time {
                ring: vec![Totals::default(); slices as usize].into(),
                newest: 0,
                nanos: u64::try_from(span.as_nanos() / u128::from(slices)).unwrap_or(u64::MAX),
            },
        };
        Self { totals: Totals::default(), memory }
    }

    pub(super) fn clear(&mut self) {
        self.totals = Totals::default();
        match &mut self.memory {
            Memory::Calls { next, .. } => *next = 0,
            Memory::Time { ring, .. } => ring.fill(Totals::default()),
        }
    }

    pub(super) fn record(&mut self, now: Instant, failed: bool, slow: bool) {
        self.forget(now);
        match &mut self.memory {
            Memory::Calls { ring, next } => {
                if self.totals.calls as usize == ring.len() {
                    let old = ring[*next];
                    let (failed, slow) = (u32::from(old & 1), u32::from(old >> 1));
                    self.totals.subtract(Totals { calls: 1, failed, slow });
                }
                ring[*next] = u8::from(failed) | u8::from(slow) << 1;
                *next = (*next + 1) % ring.len();
            }
            Memory::Time { ring, newest, .. } => {
                let len = ring.len() as u64;
                ring[(*newest % len) as usize].add(failed, slow);
            }
        }
        self.totals.add(failed, slow);
    }

    pub(super) fn totals(&mut self, now: Instant) -> Totals {
        self.forget(now);
        self.totals
    }

    /// Drops the slices that have left the window.
    fn forget(&mut self, now: Instant) {
        let Memory::Time { ring, newest, nanos } = &mut self.memory else { return };
        let current = now.as_nanos() / *nanos;
        let len = ring.len() as u64;
        for slice in (*newest + 1..=current).take(ring.len()) {
            // Of a long silence only the last `len` slices matter; any `len` in a row clear all.
            let old = core::mem::take(&mut ring[(slice % len) as usize]);
            self.totals.subtract(old);
        }
        *newest = current.max(*newest);
    }
}
