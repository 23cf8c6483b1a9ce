//! What a run of a design writes down, in memory that does not depend on the number of requests.

mod view;

use indexmap::IndexMap;
use tenfold_units::Instant;

use self::view::View;

use super::super::ticks::Ticks;
use super::frame::Cause;
use super::parts::Parts;
use crate::stats::{Estimate, Histogram, RatioTally, Tally, Throughput, TimeAverage};
use crate::{
    ComponentOutcome, ComponentWindow, Failures, Model, OperationOutcome, OperationWindow,
    Scenario, Window,
};

/// Everything that is written down.
#[derive(Debug)]
pub(super) struct Record {
    ticks: Ticks,
    /// Whether the run is no steady state: then no run can give an interval of its own.
    transient: bool,
    /// The end of the warm-up.
    since: Instant,
    operations: Vec<OperationRecord>,
    parts: Vec<PartRecord>,
    window: Option<f64>,
    window_start: f64,
    series: Vec<Window>,
}

#[derive(Debug)]
struct OperationRecord {
    name: String,
    good_within: f64,
    requests: u64,
    good_count: u64,
    latency: Tally,
    answers: Throughput,
    goods: Throughput,
    good: RatioTally,
    failures: Failures,
    /// Of the window.
    now: OperationWindow,
}

#[derive(Debug)]
struct PartRecord {
    name: String,
    /// Servers of one replica, if there are not infinitely many.
    servers: Option<f64>,
    replicas: f64,
    /// Whether nothing bounds the queue.
    unbounded: bool,
    /// Server-seconds that arrived, and requests that waited when the measured part began.
    offered: f64,
    waited_before: f64,
    busy: TimeAverage,
    available: TimeAverage,
    waiting: TimeAverage,
    wait: Tally,
    completions: Throughput,
    calls: u64,
    attempts: u64,
    served: u64,
    zombies: u64,
    lost_calls: u64,
    lost_answers: u64,
    /// Whether its replicas come and go.
    is_scaled: bool,
    failures: Failures,
    hits: RatioTally,
    hit_count: u64,
    /// Since the window began: areas under busy, available and waiting, and counts.
    window: PartWindow,
}

#[derive(Clone, Copy, Debug, Default)]
struct PartWindow {
    since: f64,
    busy: f64,
    available: f64,
    waiting: f64,
    failed: u64,
    hits: u64,
    lookups: u64,
}

impl PartRecord {
    /// Accounts for the window's areas up to `now`.
    fn account(&mut self, now: f64) {
        let span = now - self.window.since;
        self.window.since = now;
        self.window.busy += self.busy.level() * span;
        self.window.available += self.available.level() * span;
        self.window.waiting += self.waiting.level() * span;
    }
}

fn count(failures: &mut Failures, cause: Cause, times: u64) {
    *match cause {
        Cause::Timeout => &mut failures.timeout,
        Cause::Refused => &mut failures.refused,
        Cause::Shed => &mut failures.shed,
        Cause::Pool => &mut failures.pool,
        Cause::Breaker => &mut failures.breaker,
        Cause::Limited => &mut failures.limited,
        Cause::Error => &mut failures.error,
        Cause::Unavailable => &mut failures.unavailable,
    } += times;
}

impl Record {
    pub(super) fn new(model: &Model, scenario: &Scenario, parts: &Parts<'_>, ticks: Ticks) -> Self {
        let transient = !(scenario.faults.is_empty() && scenario.profile.is_empty());
        let window = scenario.window.map(|window| window.as_secs_f64());
        let start = Instant::ZERO;
        let operations = model
            .operations
            .iter()
            .map(|(name, operation)| OperationRecord {
                name: name.clone(),
                good_within: operation.good_within.map_or(f64::INFINITY, |span| span.as_secs_f64()),
                requests: 0,
                good_count: 0,
                latency: Tally::default(),
                answers: Throughput::new(start),
                goods: Throughput::new(start),
                good: RatioTally::default(),
                failures: Failures::default(),
                now: OperationWindow::default(),
            })
            .collect();
        let parts = parts
            .parts
            .iter()
            .map(|part| PartRecord {
                name: part.name.clone(),
                servers: (part.servers != u32::MAX).then_some(f64::from(part.servers)),
                replicas: f64::from(part.count),
                unbounded: part.queue.length.is_none()
                    && part.queue.wait.is_none()
                    && part.queue.controlled_delay.is_none(),
                offered: 0.0,
                waited_before: 0.0,
                busy: TimeAverage::new(start),
                available: TimeAverage::new(start),
                waiting: TimeAverage::new(start),
                wait: Tally::default(),
                completions: Throughput::new(start),
                calls: 0,
                attempts: 0,
                served: 0,
                zombies: 0,
                lost_calls: 0,
                lost_answers: 0,
                is_scaled: model.components[&part.name].autoscaler.is_some(),
                failures: Failures::default(),
                hits: RatioTally::default(),
                hit_count: 0,
                window: PartWindow::default(),
            })
            .collect();
        Self {
            ticks,
            transient,
            since: Instant::ZERO,
            operations,
            parts,
            window,
            window_start: 0.0,
            series: Vec::new(),
        }
    }

    pub(super) fn request(&mut self, operation: u32, records: u32) {
        let operation = &mut self.operations[operation as usize];
        operation.requests += u64::from(records);
        operation.now.requests += u64::from(records);
    }

    /// A request is over, after `latency`; `cause` says why it failed.
    pub(super) fn over(
        &mut self,
        operation: u32,
        now: f64,
        latency: f64,
        cause: Option<Cause>,
        records: u32,
    ) {
        let at = self.ticks.at(now);
        let operation = &mut self.operations[operation as usize];
        let good = cause.is_none() && latency <= operation.good_within;
        let ended = u64::from(records);
        match cause {
            None => {
                operation.latency.record(latency);
                operation.now.latencies.record(latency);
            }
            Some(cause) => {
                count(&mut operation.failures, cause, ended);
                count(&mut operation.now.failures, cause, ended);
            }
        }
        for _ in 0..records {
            operation.answers.record(at);
            operation.good.record(good);
            if good {
                operation.goods.record(at);
            }
        }
        operation.good_count += if good { ended } else { 0 };
        *(if good { &mut operation.now.good } else { &mut operation.now.bad }) += ended;
    }

    pub(super) fn call(&mut self, part: u32) {
        self.parts[part as usize].calls += 1;
    }

    pub(super) fn attempt(&mut self, part: u32) {
        self.parts[part as usize].attempts += 1;
    }

    pub(super) fn call_failed(&mut self, part: u32, cause: Cause) {
        let part = &mut self.parts[part as usize];
        count(&mut part.failures, cause, 1);
        part.window.failed += 1;
    }

    /// A call did not get to the component.
    pub(super) fn call_lost(&mut self, part: u32) {
        self.parts[part as usize].lost_calls += 1;
    }

    /// An answer of the component did not get to its caller.
    pub(super) fn answer_lost(&mut self, part: u32) {
        self.parts[part as usize].lost_answers += 1;
    }

    /// Work arrives that takes so many server-seconds on average.
    pub(super) fn offered(&mut self, part: u32, seconds: f64) {
        self.parts[part as usize].offered += seconds;
    }

    pub(super) fn waiting(&mut self, part: u32, now: f64, change: f64) {
        let at = self.ticks.at(now);
        let part = &mut self.parts[part as usize];
        part.account(now);
        part.waiting.add(at, change);
    }

    pub(super) fn began(&mut self, part: u32, now: f64, waited: f64) {
        let at = self.ticks.at(now);
        let part = &mut self.parts[part as usize];
        part.account(now);
        part.busy.add(at, 1.0);
        part.wait.record(waited);
    }

    pub(super) fn served(&mut self, part: u32, now: f64, zombie: bool) {
        let at = self.ticks.at(now);
        let part = &mut self.parts[part as usize];
        part.account(now);
        part.busy.add(at, -1.0);
        part.completions.record(at);
        part.served += 1;
        part.zombies += u64::from(zombie);
    }

    pub(super) fn looked_up(&mut self, part: u32, hit: bool) {
        let part = &mut self.parts[part as usize];
        part.hits.record(hit);
        part.hit_count += u64::from(hit);
        part.window.lookups += 1;
        part.window.hits += u64::from(hit);
    }

    /// Sets how many servers of a component live and how many of them work.
    pub(super) fn servers(&mut self, part: u32, now: f64, available: f64, busy: f64) {
        let at = self.ticks.at(now);
        let part = &mut self.parts[part as usize];
        part.account(now);
        part.available.set(at, available);
        part.busy.set(at, busy);
    }

    /// The warm-up is over: forgets everything but the levels and the series.
    pub(super) fn reset(&mut self, now: f64) {
        let at = self.ticks.at(now);
        self.since = at;
        for operation in &mut self.operations {
            operation.requests = 0;
            operation.good_count = 0;
            operation.latency.reset();
            operation.answers.reset(at);
            operation.goods.reset(at);
            operation.good.reset();
            operation.failures = Failures::default();
        }
        for part in &mut self.parts {
            part.offered = 0.0;
            part.waited_before = part.waiting.level();
            part.busy.reset(at);
            part.available.reset(at);
            part.waiting.reset(at);
            part.wait.reset();
            part.completions.reset(at);
            (part.calls, part.attempts, part.served, part.zombies) = (0, 0, 0, 0);
            (part.lost_calls, part.lost_answers) = (0, 0);
            part.failures = Failures::default();
            part.hits.reset();
            part.hit_count = 0;
        }
    }

    /// Ends a window of the series.
    pub(super) fn end_window(&mut self, now: f64) {
        let span = now - self.window_start;
        if self.window.is_none() || span <= 0.0 {
            return;
        }
        let operations = self
            .operations
            .iter_mut()
            .map(|operation| {
                let mut window = std::mem::take(&mut operation.now);
                window.latency_seconds_p99 =
                    (window.latencies.count() > 0).then(|| window.latencies.percentile(0.99));
                (operation.name.clone(), window)
            })
            .collect();
        let components = self
            .parts
            .iter_mut()
            .map(|part| {
                part.account(now);
                let window = std::mem::take(&mut part.window);
                part.window.since = now;
                let ratio = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
                let figures = ComponentWindow {
                    utilization: part.servers.and_then(|_| ratio(window.busy, window.available)),
                    queue_length: window.waiting / span,
                    failed: window.failed,
                    hit_ratio: ratio(window.hits as f64, window.lookups as f64),
                    replicas: part
                        .servers
                        .filter(|_| part.is_scaled)
                        .map(|servers| window.available / span / servers),
                };
                (part.name.clone(), figures)
            })
            .collect();
        self.series.push(Window { start_seconds: self.window_start, operations, components });
        self.window_start = now;
    }

    pub(super) fn take_series(&mut self) -> Vec<Window> {
        std::mem::take(&mut self.series)
    }

    pub(super) fn operations(&mut self, now: f64) -> IndexMap<String, OperationOutcome> {
        let view = self.view();
        let at = self.ticks.at(now);
        self.operations
            .iter_mut()
            .map(|operation| {
                operation.answers.advance(at);
                operation.goods.advance(at);
                let outcome = OperationOutcome {
                    requests: operation.requests,
                    good: operation.good_count,
                    latency_seconds: view.samples(&operation.latency),
                    throughput_rps: view.rate(&operation.answers, at),
                    goodput_rps: view.rate(&operation.goods, at),
                    availability_ratio: view.ratio(&operation.good, operation.good_count),
                    failures: operation.failures,
                    unstable: false,
                    latencies: view.all(&operation.latency),
                };
                (operation.name.clone(), outcome)
            })
            .collect()
    }

    fn view(&self) -> View {
        View { ticks: self.ticks, transient: self.transient, since: self.since }
    }

    /// Returns the figures of all components; the caller adds what only the replicas know.
    pub(super) fn components(&mut self, now: f64) -> IndexMap<String, ComponentOutcome> {
        let (at, view) = (self.ticks.at(now), self.view());
        self.parts.iter_mut().map(|part| (part.name.clone(), part.outcome(at, view))).collect()
    }
}

impl PartRecord {
    fn outcome(&mut self, at: Instant, view: View) -> ComponentOutcome {
        self.busy.advance(at);
        self.available.advance(at);
        self.waiting.advance(at);
        self.completions.advance(at);
        let share =
            |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        let available = self.available.average();
        let work = self.servers.and(view.level(&self.busy));
        let waiting = view.level(&self.waiting);
        let scaled = self.servers.filter(|_| self.is_scaled && available > 0.0);
        let replicas = scaled.map_or(self.replicas, |servers| available / servers);
        let seconds = view.seconds(at);
        let growth = (self.waiting.level() - self.waited_before) / seconds;
        let load = self.offered / (available * seconds);
        let unstable = self.unbounded && self.servers.is_some() && load >= 1.0 && growth > 0.0;
        ComponentOutcome {
            utilization: work
                .filter(|_| available > 0.0)
                .map(|work| work.scaled(1.0 / available).clamped(0.0, 1.0)),
            queue_length: waiting
                .map_or(Estimate::without_interval(0.0), |w| w.scaled(1.0 / replicas)),
            wait_time_seconds: if unstable { None } else { view.samples(&self.wait) },
            unstable,
            queue_growth_per_second: unstable.then_some(growth),
            throughput_rps: view.rate(&self.completions, at),
            attempts_per_call: share(self.attempts, self.calls),
            zombie_ratio: share(self.zombies, self.served),
            lost_calls: self.lost_calls,
            lost_answers: self.lost_answers,
            failures: self.failures,
            hit_ratio: view.ratio(&self.hits, self.hit_count),
            backlog: None,
            zone_utilization: IndexMap::new(),
            hottest_utilization: None,
            replica_seconds: None,
            waits: if unstable { Histogram::default() } else { view.all(&self.wait) },
        }
    }
}
