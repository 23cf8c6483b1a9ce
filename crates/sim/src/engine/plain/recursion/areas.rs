//! One server, and what it does over time, without events.

use crate::stats::batches::{MAX_BATCHES, join_neighbors, sum};
use crate::stats::steady::{Areas, Spread, time_average};
use crate::stats::{Estimate, Tail};

/// Batches that a run of the expected length has.
const BATCHES: f64 = 3_000.0;
/// Units of time in a batch.
const UNITS: f64 = 1e9;
/// One gap of so many is looked into for the square of the number of customers.
const SAMPLED: u32 = 16;
/// Steps of the golden ratio fill an interval evenly.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// The time of a run in at most [`MAX_BATCHES`] batches of equal length, which doubles when needed.
#[derive(Clone, Debug)]
struct Grid {
    width: f64,
    per_second: f64,
}

impl Grid {
    fn new(seconds: f64) -> Self {
        Self { width: seconds / BATCHES, per_second: BATCHES / seconds }
    }

    fn batch(&self, time: f64) -> usize {
        (time * self.per_second) as usize
    }

    /// Makes room for everything up to `time`.
    fn cover(&mut self, time: f64, series: &mut [&mut Vec<f64>]) {
        while self.batch(time) >= MAX_BATCHES {
            self.width *= 2.0;
            self.per_second /= 2.0;
            for batches in series.iter_mut() {
                batches.resize(MAX_BATCHES, 0.0);
                join_neighbors(batches);
            }
        }
        let count = self.batch(time) + 1;
        for batches in series.iter_mut().filter(|batches| batches.len() < count) {
            batches.resize(count, 0.0);
        }
    }

    /// Adds 1 at each of `times`, in order and covered.
    fn count(&self, times: &[f64], batches: &mut [f64]) {
        let mut rest = times;
        while let Some(first) = rest.first() {
            let batch = self.batch(*first);
            // A block rarely spans more than a few batches.
            let inside = rest.partition_point(|time| self.batch(*time) == batch);
            batches[batch] += inside as f64;
            rest = &rest[inside..];
        }
    }

    /// Adds the spans from `time - length` to `time`, covered.
    fn spans(&self, ends: impl Iterator<Item = (f64, f64)>, batches: &mut [f64]) {
        for (length, end) in ends {
            let last = self.batch(end);
            let mut batch = self.batch(end - length);
            let mut from = end - length;
            while batch < last {
                let edge = (batch + 1) as f64 * self.width;
                batches[batch] += (edge - from).max(0.0);
                from = edge;
                batch += 1;
            }
            batches[last] += (end - from).max(0.0);
        }
    }

    /// The batches that nothing can change after `now`.
    fn closed<'a>(&self, batches: &'a [f64], now: f64) -> &'a [f64] {
        &batches[..self.batch(now)]
    }

    fn estimate(&self, batches: &[f64], spread: Spread, tail: Tail) -> Option<Estimate> {
        // Levels are judged in a unit of time that is far shorter than what they depend on, as the
        // event loop's nanoseconds are.
        let unit = match spread {
            Spread::Level(_) => self.width / UNITS,
            Spread::Events(_) => 1.0,
        };
        let batches: Vec<f64> = batches.iter().map(|area| area / unit).collect();
        let width = self.width / unit;
        time_average(Areas { batches: &batches, width, open: 0.0, open_length: 0.0 }, spread, tail)
    }
}

/// One server and its queue.
#[derive(Clone, Debug)]
pub(super) struct Server {
    grid: Grid,
    busy: Vec<f64>,
    waiting: Vec<f64>,
    done: Vec<f64>,
    /// When it has done everything that came.
    free: f64,
    /// The latest arrival.
    latest: f64,
    /// When those who were there at the latest arrival leave, in order.
    leaving: Vec<f64>,
    squares: Squares,
}

/// What a server did, on average over time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimates {
    pub(super) busy: Option<Estimate>,
    pub(super) waiting: Option<Estimate>,
    pub(super) in_flight: Option<Estimate>,
    pub(super) throughput: Estimate,
}

impl Server {
    /// Returns an idle server for a run of about that length.
    pub(super) fn new(seconds: f64) -> Self {
        Self {
            grid: Grid::new(seconds),
            busy: Vec::new(),
            waiting: Vec::new(),
            done: Vec::new(),
            free: 0.0,
            latest: 0.0,
            leaving: Vec::new(),
            squares: Squares::default(),
        }
    }

    /// Serves those who come at `times` for `service` each; writes how long they wait and stay, and
    /// into `times` when they leave.
    pub(super) fn serve(
        &mut self,
        times: &mut [f64],
        service: &[f64],
        wait: &mut [f64],
        response: &mut [f64],
    ) {
        let (Some(first), Some(latest)) = (times.first().copied(), times.last().copied()) else {
            return;
        };
        let before = self.latest;
        let mut gaps = self.squares.gaps(before, times);
        let mut free = self.free;
        let row = times.iter_mut().zip(service).zip(wait.iter_mut().zip(response.iter_mut()));
        for ((time, service), (wait, response)) in row {
            let arrived = *time;
            let begun = if free > arrived { free } else { arrived };
            free = begun + service;
            *wait = begun - arrived;
            *response = free - arrived;
            *time = free;
        }
        self.free = free;
        self.squares.look(&mut gaps, &self.leaving, times);
        self.add(first, times, service, wait);
        self.latest = latest;
        let gone = self.leaving.partition_point(|end| *end <= latest);
        self.leaving.drain(..gone);
        let gone = times.partition_point(|end| *end <= latest);
        self.leaving.extend_from_slice(&times[gone..]);
    }

    /// Adds what a block of customers contributes to each batch.
    fn add(&mut self, first: f64, ends: &[f64], service: &[f64], wait: &[f64]) {
        let last = ends.last().copied().expect("a block has a customer");
        let series = &mut [&mut self.busy, &mut self.waiting, &mut self.done];
        self.grid.cover(last, series);
        let batch = self.grid.batch(first);
        if self.grid.batch(last) == batch {
            self.busy[batch] += sum(service);
            self.waiting[batch] += sum(wait);
            self.done[batch] += ends.len() as f64;
            return;
        }
        let served = service.iter().copied().zip(ends.iter().copied());
        self.grid.spans(served, &mut self.busy);
        let waited = wait.iter().zip(service).zip(ends);
        let waited = waited.map(|((wait, service), end)| (*wait, end - service));
        self.grid.spans(waited.filter(|(wait, _)| *wait > 0.0), &mut self.waiting);
        self.grid.count(ends, &mut self.done);
    }

    /// Returns its averages over all batches that were over at `now`.
    pub(super) fn estimates(mut self, now: f64, work: Tail, delay: Tail) -> Estimates {
        // Where nobody came for long there are no batches yet.
        self.grid.cover(now, &mut [&mut self.busy, &mut self.waiting, &mut self.done]);
        let grid = &self.grid;
        let [busy, waiting, done] =
            [&self.busy, &self.waiting, &self.done].map(|series| grid.closed(series, now));
        let in_flight: Vec<f64> = busy.iter().zip(waiting).map(|(b, w)| b + w).collect();
        // The level of one server is 0 or 1: its square is itself.
        let share = sum(busy) / (busy.len() as f64 * grid.width);
        let (all, queue) = self.squares.means();
        let throughput = grid.estimate(done, Spread::Events(1.0), Tail::Light);
        Estimates {
            busy: grid.estimate(busy, Spread::Level(share), work),
            waiting: grid.estimate(waiting, Spread::Level(queue), delay),
            in_flight: grid.estimate(&in_flight, Spread::Level(all), delay),
            throughput: throughput.unwrap_or(Estimate::without_interval(0.0)),
        }
    }
}

/// The mean squares, over time, of the number of customers and of those who wait: from a point in
/// every [`SAMPLED`]th gap between arrivals, weighed by the length of the gap.
#[derive(Clone, Debug, Default)]
struct Squares {
    gaps: u32,
    point: f64,
    weight: f64,
    all: f64,
    queue: f64,
}

/// A point to look at: how many of the block have come before it, the point, its weight.
type Look = (usize, f64, f64);

impl Squares {
    /// Picks points in the gaps before each of `times`, the first gap since `before`.
    fn gaps(&mut self, before: f64, times: &[f64]) -> Vec<Look> {
        let mut looks = Vec::with_capacity(times.len() / SAMPLED as usize + 1);
        let mut index = ((SAMPLED - self.gaps) % SAMPLED) as usize;
        while index < times.len() {
            let from = if index == 0 { before } else { times[index - 1] };
            let gap = times[index] - from;
            self.point = (self.point + GOLDEN).fract();
            looks.push((index, from + self.point * gap, gap));
            index += SAMPLED as usize;
        }
        self.gaps = (self.gaps + (times.len() % SAMPLED as usize) as u32) % SAMPLED;
        looks
    }

    /// Counts who is there at each point: of those from before, and of the block, by their `ends`.
    fn look(&mut self, looks: &mut Vec<Look>, leaving: &[f64], ends: &[f64]) {
        for (come, point, weight) in looks.drain(..) {
            let there = |ends: &[f64]| ends.len() - ends.partition_point(|end| *end <= point);
            let count = (there(leaving) + there(&ends[..come])) as f64;
            let queue = (count - 1.0).max(0.0);
            self.weight += weight;
            self.all += weight * count * count;
            self.queue += weight * queue * queue;
        }
    }

    fn means(&self) -> (f64, f64) {
        (self.all / self.weight, self.queue / self.weight)
    }
}

/// Those who leave the stations for good.
#[derive(Clone, Debug)]
pub(super) struct Exits {
    grid: Grid,
    counts: Vec<f64>,
}

impl Exits {
    /// Returns a count for a run of about that length.
    pub(super) fn new(seconds: f64) -> Self {
        Self { grid: Grid::new(seconds), counts: Vec::new() }
    }

    /// Adds exits at `times`, in any order.
    pub(super) fn add(&mut self, times: &[f64]) {
        let (first, last) = times
            .iter()
            .fold((f64::INFINITY, 0.0_f64), |(a, b), time| (a.min(*time), b.max(*time)));
        self.grid.cover(last, &mut [&mut self.counts]);
        if self.grid.batch(first) == self.grid.batch(last) {
            self.counts[self.grid.batch(last)] += times.len() as f64;
            return;
        }
        for time in times {
            self.counts[self.grid.batch(*time)] += 1.0;
        }
    }

    /// Returns the exits per second over all batches that were over at `now`.
    pub(super) fn estimate(mut self, now: f64) -> Estimate {
        self.grid.cover(now, &mut [&mut self.counts]);
        let counts = self.grid.closed(&self.counts, now);
        let estimate = self.grid.estimate(counts, Spread::Events(1.0), Tail::Light);
        estimate.unwrap_or(Estimate::without_interval(0.0))
    }
}
