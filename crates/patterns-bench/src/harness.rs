//! How long an operation takes, on a machine that others use too.
//!
//! The contenders of a row take turns of a few batches of about a millisecond, so that what the machine
//! does besides meets all of them alike. A batch in which the kernel took the core away is thrown
//! away, and so is one of two threads that did not run side by side. The figure is the lower quartile
//! of the batches that are left: what the work takes when it is left alone.

use std::fs;
use std::hint::{black_box, spin_loop};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Operations `from`, `from + 1`, … in a loop of their own.
pub(crate) enum Job {
    /// What one thread owns.
    Alone(Box<dyn FnMut(u64, u64)>),
    /// What threads share.
    Shared(Arc<dyn Fn(u64, u64) + Send + Sync>),
}

/// Work on something that one thread owns.
pub(crate) fn alone<T>(mut step: impl FnMut(u64) -> T + 'static) -> Job {
    Job::Alone(Box::new(move |from, times| {
        for i in from..from + times {
            drop(black_box(step(i)));
        }
    }))
}

/// Work on something that threads share.
pub(crate) fn shared<T>(step: impl Fn(u64) -> T + Send + Sync + 'static) -> Job {
    Job::Shared(Arc::new(move |from, times| {
        for i in from..from + times {
            drop(black_box(step(i)));
        }
    }))
}

/// Good batches that are wanted of each job.
const BATCHES: usize = 60;
/// Turns after which a figure is made of what there is.
const TURNS_MAX: usize = 60;
/// Batches of one job in a row.
const BATCHES_A_TURN: usize = 4;
const BATCH: Duration = Duration::from_millis(1);
/// Two threads are seldom left alone for longer on a busy machine.
const BATCH_OF_TWO: u64 = 4;
/// Good batches below which a figure is made of the others too, and says so.
const ENOUGH: usize = 8;

/// Nanoseconds an operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nanos {
    pub(crate) nanos: f64,
    /// Too few batches were good.
    pub(crate) rough: bool,
}

/// One thread, and two: the wall time of the pair by the operations of both.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figure {
    pub(crate) one: Option<Nanos>,
    pub(crate) two: Option<Nanos>,
}

/// What the batches of a job took, an operation.
#[derive(Clone, Debug, Default)]
struct Batches {
    good: Vec<f64>,
    others: Vec<f64>,
}

/// Measures jobs side by side; the place of a figure is that of its job.
pub(crate) fn measure(mut jobs: Vec<Option<Job>>) -> Vec<Figure> {
    let mut figures = vec![Figure::default(); jobs.len()];
    let times: Vec<u64> = jobs.iter_mut().map(|job| job.as_mut().map_or(0, calibrate)).collect();
    let mut from = 1 << 20;
    for threads in [1, 2] {
        let mut batches = vec![Batches::default(); jobs.len()];
        for _ in 0..TURNS_MAX {
            let mut wanted = false;
            for (i, job) in jobs.iter_mut().enumerate() {
                let Some(job) = job else { continue };
                let alone = matches!(job, Job::Alone(_));
                if batches[i].good.len() >= BATCHES || (threads == 2 && alone) {
                    continue;
                }
                wanted = true;
                let times = if threads == 1 { times[i] } else { times[i].div_ceil(BATCH_OF_TWO) };
                // The first brings back what the others have driven out of the processor's caches.
                for batch in 0..=BATCHES_A_TURN {
                    let (spent, good) =
                        if threads == 1 { one(job, from, times) } else { two(job, from, times) };
                    from += times * threads;
                    let nanos = spent.as_nanos() as f64 / (times * threads) as f64;
                    if batch > 0 {
                        if good { &mut batches[i].good } else { &mut batches[i].others }
                            .push(nanos);
                    }
                }
            }
            if !wanted {
                break;
            }
        }
        for (figure, batches) in figures.iter_mut().zip(batches) {
            let place = if threads == 1 { &mut figure.one } else { &mut figure.two };
            *place = batches.figure();
        }
    }
    figures
}

impl Batches {
    fn figure(mut self) -> Option<Nanos> {
        let rough = self.good.len() < ENOUGH;
        if rough {
            self.good.append(&mut self.others);
        }
        self.good.sort_by(f64::total_cmp);
        let nanos = self.good.get(self.good.len() / 4).copied()?;
        Some(Nanos { nanos, rough })
    }
}

/// Finds the number of operations that fills a batch, which also warms up.
fn calibrate(job: &mut Job) -> u64 {
    let mut times = 64;
    loop {
        let start = Instant::now();
        run(job, 0, times);
        let spent = start.elapsed();
        if spent >= BATCH / 2 {
            return (times as f64 * BATCH.as_secs_f64() / spent.as_secs_f64()) as u64 + 1;
        }
        times *= 2;
    }
}

fn run(job: &mut Job, from: u64, times: u64) {
    match job {
        Job::Alone(work) => work(from, times),
        Job::Shared(work) => work(from, times),
    }
}

/// One batch on this thread, and whether the kernel left it the core.
fn one(job: &mut Job, from: u64, times: u64) -> (Duration, bool) {
    let before = involuntary_switches();
    let start = Instant::now();
    run(job, from, times);
    let spent = start.elapsed();
    (spent, involuntary_switches() == before)
}

/// One batch on each of two threads at once, and whether both kept their cores and overlapped by
/// nine tenths.
fn two(job: &Job, from: u64, times: u64) -> (Duration, bool) {
    let Job::Shared(work) = job else { panic!("what one thread owns has no figure for two") };
    let arrived = AtomicU32::new(0);
    let part = |from: u64| {
        let before = involuntary_switches();
        arrived.fetch_add(1, Ordering::AcqRel);
        while arrived.load(Ordering::Acquire) < 2 {
            spin_loop();
        }
        let start = Instant::now();
        work(from, times);
        let end = Instant::now();
        (start, end, involuntary_switches() == before)
    };
    let (a, b) = std::thread::scope(|scope| {
        let other = scope.spawn(|| part(from + times));
        (part(from), other.join().expect("a batch does not panic"))
    });
    let (first, last) = (a.0.min(b.0), a.1.max(b.1));
    let both = a.1.min(b.1).saturating_duration_since(a.0.max(b.0));
    let whole = last - first;
    (whole, a.2 && b.2 && both.as_secs_f64() >= 0.9 * whole.as_secs_f64())
}

/// How often the kernel took the core from this thread; always 0 where it does not tell.
fn involuntary_switches() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("nonvoluntary_ctxt_switches:"));
    line.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}
