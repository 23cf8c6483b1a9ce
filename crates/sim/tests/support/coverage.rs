//! How often the printed 95 % intervals hold the true value, over many seeds.

use tenfold_sim::stats::Estimate;
use tenfold_sim::{Model, Outcome, simulate};
use tenfold_units::{Seed, math};

/// A figure whose true value is known.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) truth: f64,
    pub(crate) of: fn(&Outcome) -> Estimate,
}

/// What many seeds said about a figure at one length of run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Coverage {
    pub(crate) seeds: u32,
    pub(crate) printed: u32,
    pub(crate) held: u32,
    pub(crate) above: u32,
    pub(crate) half_width: f64,
}

impl Coverage {
    pub(crate) fn printed_ratio(&self) -> f64 {
        f64::from(self.printed) / f64::from(self.seeds)
    }

    pub(crate) fn held_ratio(&self) -> f64 {
        f64::from(self.held) / f64::from(self.printed)
    }

    /// Mean half width ÷ truth of the printed intervals.
    pub(crate) fn mean_half_width(&self) -> f64 {
        self.half_width / f64::from(self.printed)
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.printed += other.printed;
        self.held += other.held;
        self.above += other.above;
        self.half_width += other.half_width;
    }

    pub(crate) fn add(&mut self, estimate: &Estimate, truth: f64) {
        self.seeds += 1;
        if let Some((low, high)) = estimate.interval() {
            self.printed += 1;
            self.held += u32::from(low <= truth && truth <= high);
            self.above += u32::from(high < truth);
            self.half_width += (high - low) / 2.0 / truth;
        }
    }
}

/// A queue with known figures.
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) model: Model,
    pub(crate) figures: Vec<Figure>,
}

fn queue(name: &str, station: &str, rate: f64, figures: Vec<Figure>) -> Subject {
    let yaml = format!(
        "{{model: coverage, stations: {{desk: {{{station}}}}}, \
         arrivals: {{visitors: {{to: desk, poisson: {{rate: {rate}/s}}}}}}}}"
    );
    let model = Model::from_yaml(&yaml).expect("the model is valid");
    Subject { name: name.to_owned(), model, figures }
}

/// Returns queues whose figures are harder to estimate than those of [`m_m_1`]: service times that
/// vary much (Pollaczek and Khinchine's mean), and uncorrelated but skewed times.
pub(crate) fn harder() -> Vec<Subject> {
    let pollaczek = |load: f64, squared_cv: f64| {
        let wait = load * (1.0 + squared_cv) / 2.0 / (1.0 - load);
        vec![
            Figure { name: "mean", truth: 1.0 + wait, of: |o| desk(o).mean },
            Figure {
                name: "queue length",
                truth: load * wait,
                of: |o| o.stations["desk"].queue_length.expect("it is stable"),
            },
        ]
    };
    // A lognormal with mean 1 and cv 2: its percentiles are exp(μ + σ z).
    let deviation = math::ln(5.0).sqrt();
    let percentile = |z: f64| math::exp(deviation * z - deviation * deviation / 2.0);
    vec![
        queue(
            "M/H2/1, cv 3, at 0.5",
            "servers: 1, service_time: {hyperexponential: {mean: 1s, cv: 3}}",
            0.5,
            pollaczek(0.5, 9.0),
        ),
        queue(
            "M/G/1, lognormal, cv 2, at 0.7",
            "servers: 1, service_time: {lognormal: {mean: 1s, cv: 2}}",
            0.7,
            pollaczek(0.7, 4.0),
        ),
        queue(
            "M/G/infinity, lognormal, cv 2",
            "servers: infinite, service_time: {lognormal: {mean: 1s, cv: 2}}",
            2.0,
            vec![
                Figure { name: "mean", truth: 1.0, of: |o| desk(o).mean },
                Figure { name: "p50", truth: percentile(0.0), of: |o| desk(o).p50 },
                Figure { name: "p99", truth: percentile(2.326_347_874), of: |o| desk(o).p99 },
                Figure { name: "p99.9", truth: percentile(3.090_232_306), of: |o| desk(o).p999 },
            ],
        ),
    ]
}

/// Returns the M/M/1 queue with a mean service of 1 s at `utilization`, from empty: the response time
/// is exponential with mean 1 ÷ (1 − ρ) (Kleinrock, *Queueing Systems* 1, 1975, section 3.2).
pub(crate) fn m_m_1(utilization: f64) -> Subject {
    let mean = 1.0 / (1.0 - utilization);
    let percentile = |p: f64| -math::ln(1.0 - p) * mean;
    let figures = vec![
        Figure { name: "mean", truth: mean, of: |o| desk(o).mean },
        Figure { name: "p50", truth: percentile(0.5), of: |o| desk(o).p50 },
        Figure { name: "p90", truth: percentile(0.9), of: |o| desk(o).p90 },
        Figure { name: "p95", truth: percentile(0.95), of: |o| desk(o).p95 },
        Figure { name: "p99", truth: percentile(0.99), of: |o| desk(o).p99 },
        Figure { name: "p99.9", truth: percentile(0.999), of: |o| desk(o).p999 },
        Figure {
            name: "utilization",
            truth: utilization,
            of: |o| o.stations["desk"].utilization.expect("a server"),
        },
        Figure {
            name: "queue length",
            truth: utilization * utilization * mean,
            of: |o| o.stations["desk"].queue_length.expect("it is stable"),
        },
        Figure {
            name: "in-flight",
            truth: utilization * mean,
            of: |o| o.stations["desk"].in_flight.expect("it is stable"),
        },
        Figure {
            name: "throughput",
            truth: utilization,
            of: |o| o.stations["desk"].throughput_rps,
        },
    ];
    let station = "servers: 1, service_time: {exponential: {mean: 1s}}";
    queue(&format!("M/M/1 at {utilization}"), station, utilization, figures)
}

fn desk(outcome: &Outcome) -> tenfold_sim::stats::DistributionEstimate {
    outcome.stations["desk"].response_time_seconds.expect("somebody was served")
}

/// Runs a queue with `seeds` for `budget` events each, on as many threads as there are cores, and
/// returns the coverage of each figure.
pub(crate) fn measure(
    subject: &Subject,
    seeds: core::ops::Range<u64>,
    budget: u64,
) -> Vec<Coverage> {
    let Subject { model, figures, .. } = subject;
    spread(seeds, figures.len(), |seed, coverage| {
        let outcome = simulate(model, Seed(seed), budget);
        for (coverage, figure) in coverage.iter_mut().zip(figures) {
            coverage.add(&(figure.of)(&outcome), figure.truth);
        }
    })
}

/// Lets `judge` add what each seed says of so many figures, on as many threads as there are cores.
pub(crate) fn spread(
    seeds: core::ops::Range<u64>,
    figures: usize,
    judge: impl Fn(u64, &mut [Coverage]) + Sync,
) -> Vec<Coverage> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let judge = &judge;
    let parts: Vec<Vec<Coverage>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|part| {
                let seeds = seeds.clone();
                scope.spawn(move || {
                    let mut coverage = vec![Coverage::default(); figures];
                    let own = seeds.filter(|seed| seed % threads == part);
                    own.for_each(|seed| judge(seed, &mut coverage));
                    coverage
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("no panic")).collect()
    });
    let mut total = vec![Coverage::default(); figures];
    for part in parts {
        total.iter_mut().zip(&part).for_each(|(total, part)| total.merge(part));
    }
    total
}
