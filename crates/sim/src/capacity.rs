//! The highest load that plain queues carry within their objectives.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_units::{Seed, duration};

use crate::stats::{DistributionEstimate, Estimate, Verdict};
use crate::{ArrivalsOutcome, Model, ModelError, Outcome, Servers, simulate};

/// The search looks at factors of the model's loads up to this one, and down to 1 ÷ it.
const FACTOR_MAX: f64 = 1_024.0;
/// The search ends when the two sides of a border are this close.
const CLOSE: f64 = 1.01;
/// The schema name that every capacity carries.
pub const CAPACITY_SCHEMA: &str = "tenfold/capacity/1";

/// A figure of a stream that an objective bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Figure {
    Mean,
    P50,
    P90,
    P95,
    P99,
    P999,
    Dropped,
}

const FIGURES: [(&str, Figure); 7] = [
    ("mean", Figure::Mean),
    ("p50", Figure::P50),
    ("p90", Figure::P90),
    ("p95", Figure::P95),
    ("p99", Figure::P99),
    ("p999", Figure::P999),
    ("dropped", Figure::Dropped),
];

/// An upper bound of a stream's latency or of the share that it loses: `p99=200ms`,
/// `jobs.mean=1.5s`, `dropped=1%`. Without a name it holds for every stream.
///
/// ```
/// use tenfold_sim::LoadObjective;
/// let objective: LoadObjective = "jobs.p99=200ms".parse().unwrap();
/// assert_eq!(objective.to_string(), "jobs.p99=200ms");
/// assert!("p42=1s".parse::<LoadObjective>().unwrap_err().contains("p999"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LoadObjective {
    text: String,
    stream: Option<String>,
    figure: Figure,
    /// Seconds, or a share.
    limit: f64,
}

impl FromStr for LoadObjective {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form =
            || format!("`{text}`: write for example `p99=200ms`, `jobs.mean=1s`, `dropped=1%`");
        let (what, limit) = text.split_once('=').ok_or_else(form)?;
        let (stream, name) = match what.trim().rsplit_once('.') {
            Some((stream, name)) => (Some(stream.to_owned()), name),
            None => (None, what.trim()),
        };
        let (_, figure) = FIGURES.iter().find(|(known, _)| *known == name).ok_or_else(|| {
            let known = FIGURES.map(|(known, _)| known).join(", ");
            format!("`{name}` is no figure of a stream: use one of {known}")
        })?;
        let limit = limit.trim();
        let limit = if *figure == Figure::Dropped {
            let (number, unit) = limit.strip_suffix('%').map_or((limit, 1.0), |n| (n, 0.01));
            let share = number.trim().parse::<f64>().map_err(|_| form())? * unit;
            if !(0.0..=1.0).contains(&share) {
                return Err(format!("`{limit}` is no share: write 0 % to 100 %"));
            }
            share
        } else {
            duration::parse(limit)?.as_secs_f64()
        };
        Ok(Self { text: text.trim().to_owned(), stream, figure: *figure, limit })
    }
}

impl fmt::Display for LoadObjective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl LoadObjective {
    /// Returns the verdict, and whether the values alone are within the limit.
    fn judge(&self, outcome: &Outcome) -> (Verdict, bool) {
        let streams = outcome.arrivals.iter();
        let mine = streams.filter(|(name, _)| self.stream.as_ref().is_none_or(|own| own == *name));
        let judged = mine.map(|(_, stream)| match self.figure_of(stream) {
            Some(estimate) => (estimate.at_most(self.limit), estimate.value <= self.limit),
            // What grows without bound has no latency.
            None if stream.unstable => (Verdict::Missed, false),
            None => (Verdict::Undecided, true),
        });
        all(judged)
    }

    fn figure_of(&self, stream: &ArrivalsOutcome) -> Option<Estimate> {
        let of =
            |pick: fn(&DistributionEstimate) -> Estimate| stream.latency_seconds.as_ref().map(pick);
        match self.figure {
            _ if stream.unstable => None,
            Figure::Mean => of(|d| d.mean),
            Figure::P50 => of(|d| d.p50),
            Figure::P90 => of(|d| d.p90),
            Figure::P95 => of(|d| d.p95),
            Figure::P99 => of(|d| d.p99),
            Figure::P999 => of(|d| d.p999),
            Figure::Dropped => Some(stream.dropped_ratio),
        }
    }
}

/// Returns what holds for all: met where each is, missed where one is.
fn all(judged: impl Iterator<Item = (Verdict, bool)>) -> (Verdict, bool) {
    judged.fold((Verdict::Met, true), |(verdict, within), (next, also)| {
        let verdict = match (verdict, next) {
            (Verdict::Missed, _) | (_, Verdict::Missed) => Verdict::Missed,
            (Verdict::Undecided, _) | (_, Verdict::Undecided) => Verdict::Undecided,
            (Verdict::Met, Verdict::Met) => Verdict::Met,
        };
        (verdict, within && also)
    })
}

/// How much load plain queues carry, as factors of what the open streams of the model bring.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Capacity {
    /// `tenfold/capacity/1`.
    pub schema: String,
    /// The seed of every run: all loads see the same customers.
    pub seed: u64,
    /// Runs that the search took.
    pub runs: u32,
    /// The highest factor found at which the whole interval of every objective is within its limit;
    /// `None`: there is none, or not enough data to say so.
    pub met_up_to: Option<f64>,
    /// The factor at which the values themselves pass a limit, to 1 %; `None`: they do not between
    /// 1 ÷ 1,024 and 1,024.
    pub about: Option<f64>,
    /// The lowest factor found at which an objective is missed with its whole interval; `None`:
    /// there is none up to 1,024.
    pub missed_from: Option<f64>,
    /// The objectives whose limits are passed just above `about`.
    pub missed: Vec<String>,
    /// Stations in the order in which they give out, with what tells it, just above `about`.
    pub gives_out: Vec<Strain>,
}

/// How hard a station's customers are hit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Strain {
    /// The station.
    pub station: String,
    /// Busy fraction of one server; `None` with infinite servers.
    pub utilization: Option<f64>,
    /// Customers there beyond those whom the servers work on, on average; `None` where their number
    /// grows without bound.
    pub delayed: Option<f64>,
    /// Customers dropped or gone unserved, per second.
    pub lost_rps: f64,
}

/// Searches for the highest load that `model` carries within `objectives`: by doubling, then by
/// bisection to 1 %. The open streams are sped up together, with the same customers at each load;
/// closed streams stay as they are.
///
/// # Errors
/// Says which objective names no stream, or that the model has no open stream.
///
/// # Panics
/// Panics when the model is not valid or is a design.
///
/// ```
/// let model = tenfold_sim::Model::from_yaml("
/// model: m-m-1
/// stations: {desk: {servers: 1, service_time: {exponential: {mean: 1s}}}}
/// arrivals: {visitors: {to: desk, poisson: {rate: 0.4/s}}}
/// ").expect("the model is valid");
/// // 1 ÷ (1 - ρ) = 5 at ρ = 0.8, twice the load.
/// let objectives = ["mean=5s".parse().unwrap()];
/// let found = tenfold_sim::capacity(&model, &objectives, tenfold_units::Seed(1), 400_000).unwrap();
/// let (met, about) = (found.met_up_to.unwrap(), found.about.unwrap());
/// assert!(met < 2.0 && (about - 2.0).abs() < 0.1, "{met} {about}");
/// ```
pub fn capacity(
    model: &Model,
    objectives: &[LoadObjective],
    seed: Seed,
    budget: u64,
) -> Result<Capacity, String> {
    if model.arrivals.values().all(|arrivals| arrivals.closed.is_some()) {
        return Err("all streams are closed: there is no load to raise".to_owned());
    }
    for objective in objectives {
        if let Some(stream) = objective.stream.as_ref().filter(|s| !model.arrivals.contains_key(*s))
        {
            let names: Vec<&str> = model.arrivals.keys().map(String::as_str).collect();
            return Err(format!(
                "`{objective}`: no stream `{stream}`; there are {}",
                names.join(", ")
            ));
        }
    }
    let mut runs = 0;
    let mut run = |factor: f64| {
        let model = at_load(model, factor).ok()?;
        runs += 1;
        Some(simulate(&model, seed, budget))
    };
    let borders = LoadBorders::search(|factor| match run(factor) {
        Some(outcome) => all(objectives.iter().map(|o| o.judge(&outcome))),
        // The gaps vanish.
        None => (Verdict::Missed, false),
    });
    let mut out = Capacity {
        schema: CAPACITY_SCHEMA.to_owned(),
        seed: seed.0,
        runs: 0,
        met_up_to: borders.met_up_to,
        about: borders.about.filter(|_| borders.above.is_some()),
        missed_from: borders.missed_from,
        missed: Vec::new(),
        gives_out: Vec::new(),
    };
    if let Some(outcome) = borders.above.and_then(&mut run) {
        let missed: Vec<&LoadObjective> =
            objectives.iter().filter(|objective| !objective.judge(&outcome).1).collect();
        let by_loss = missed.iter().all(|objective| objective.figure == Figure::Dropped);
        out.missed = missed.iter().map(ToString::to_string).collect();
        out.gives_out = strains(model, &outcome, by_loss);
    }
    out.runs = runs;
    Ok(out)
}

/// Returns plain queues whose open streams come `factor` times as fast, one customer after the other as
/// they were; phases and closed streams stay as they are.
///
/// # Errors
/// Says what becomes impossible: gaps that vanish.
pub fn at_load(model: &Model, factor: f64) -> Result<Model, ModelError> {
    let mut model = model.clone();
    model.arrivals.values_mut().for_each(|arrivals| arrivals.speed_up(factor));
    model.validate().map(|()| model)
}

/// What a search over loads found, as factors of the load; each is `None` where there is none between
/// 1 ÷ 1,024 and 1,024.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoadBorders {
    /// The highest load that is met.
    pub met_up_to: Option<f64>,
    /// The highest load at which the values are within their limits,
    pub about: Option<f64>,
    /// and the lowest one above it, within 1 %, at which they are not.
    pub above: Option<f64>,
    /// The lowest load that is missed.
    pub missed_from: Option<f64>,
}

impl LoadBorders {
    /// Searches by doubling, then by bisection to 1 %; `judge` says of a factor what the intervals
    /// show, and whether the values alone are within their limits. It is asked once for each factor.
    pub fn search(judge: impl FnMut(f64) -> (Verdict, bool)) -> Self {
        let mut search = Search { judge, judged: Vec::new() };
        let (met_up_to, _) = search.border(|(verdict, _)| verdict == Verdict::Met);
        let (about, above) = search.border(|(_, within)| within);
        let (_, missed_from) = search.border(|(verdict, _)| verdict != Verdict::Missed);
        Self { met_up_to, about, above, missed_from }
    }
}

struct Search<F> {
    judge: F,
    /// Factors that have been looked at.
    judged: Vec<(f64, (Verdict, bool))>,
}

impl<F: FnMut(f64) -> (Verdict, bool)> Search<F> {
    fn judge(&mut self, factor: f64) -> (Verdict, bool) {
        if let Some((_, known)) = self.judged.iter().find(|(known, _)| *known == factor) {
            return *known;
        }
        let judged = (self.judge)(factor);
        self.judged.push((factor, judged));
        judged
    }

    /// Returns the highest factor found that is `good` and the lowest one above it that is not.
    fn border(&mut self, good: impl Fn((Verdict, bool)) -> bool) -> (Option<f64>, Option<f64>) {
        let (mut low, mut high) = (1.0, 1.0);
        if good(self.judge(1.0)) {
            high = 2.0;
            while good(self.judge(high)) {
                if high >= FACTOR_MAX {
                    return (Some(high), None);
                }
                low = high;
                high *= 2.0;
            }
        } else {
            low = 0.5;
            while !good(self.judge(low)) {
                if low <= 1.0 / FACTOR_MAX {
                    return (None, Some(low));
                }
                high = low;
                low /= 2.0;
            }
        }
        while high / low > CLOSE {
            let middle = (low * high).sqrt();
            if good(self.judge(middle)) { low = middle } else { high = middle }
        }
        (Some(low), Some(high))
    }
}

/// Returns the stations, those that give out first in front: who grows without bound, then by the
/// customers lost (`by_loss`) or delayed, which is each customer's delay there times how many come.
fn strains(model: &Model, outcome: &Outcome, by_loss: bool) -> Vec<Strain> {
    let strain = |(name, seen): (&String, &crate::StationOutcome)| {
        let servers = match model.stations[name].servers {
            Servers::Finite(servers) => Some(f64::from(servers)),
            Servers::Infinite => None,
        };
        let utilization = seen.utilization.map(|utilization| utilization.value);
        let delayed = seen.in_flight.map(|in_flight| match (utilization, servers) {
            (Some(busy), Some(servers)) => (in_flight.value - busy * servers).max(0.0),
            _ => 0.0,
        });
        let lost = (seen.dropped_ratio.value + seen.abandoned_ratio.value).min(1.0);
        let lost_rps = seen.throughput_rps.value * lost / (1.0 - lost).max(1e-9);
        Strain { station: name.clone(), utilization, delayed, lost_rps }
    };
    let mut out: Vec<Strain> = outcome.stations.iter().map(strain).collect();
    let rank = |strain: &Strain| {
        let delayed = strain.delayed.unwrap_or(f64::INFINITY);
        if by_loss && delayed.is_finite() { strain.lost_rps } else { delayed }
    };
    out.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(stations: &str, rate: &str, routing: &str, objective: &str) -> Capacity {
        let text = format!(
            "{{model: x, stations: {stations}, arrivals: {{a: {{to: s, {rate}}}}}, routing: {routing}}}"
        );
        let model = Model::from_yaml(&text).unwrap();
        capacity(&model, &[objective.parse().unwrap()], Seed(1), 600_000).unwrap()
    }

    #[track_caller]
    fn between(found: &Capacity, answer: f64) {
        let (met, about) = (found.met_up_to.unwrap(), found.about.unwrap());
        let missed = found.missed_from.unwrap();
        assert!(met <= answer && answer <= missed, "{met} {missed}");
        assert!(met <= about && about <= missed && (about / answer - 1.0).abs() < 0.05, "{about}");
    }

    const ONE: &str = "{servers: 1, service_time: {exponential: {mean: 1s}}}";

    #[test]
    fn the_border_of_a_percentile_is_found_from_both_sides() {
        // The p99 of M/M/1 is ln 100 ÷ (1 - ρ): 15.35 s at ρ = 0.7.
        for (rate, factor) in [("0.1/s", 7.0), ("2.8/s", 0.25)] {
            let arrivals = format!("poisson: {{rate: {rate}}}");
            let found = find(&format!("{{s: {ONE}}}"), &arrivals, "{}", "a.p99=15350567286ns");
            between(&found, factor);
            assert_eq!(found.missed, ["a.p99=15350567286ns"]);
        }
    }

    #[test]
    fn the_border_of_a_loss_is_erlangs() {
        // Erlang B of 4 servers is 1 % at 0.8694 erlangs.
        let station =
            "{s: {servers: 4, service_time: {exponential: {mean: 1s}}, queue: {length: 0}}}";
        let found = find(station, "poisson: {rate: 0.2/s}", "{}", "dropped=1%");
        between(&found, 0.869_4 / 0.2);
        assert!(found.gives_out[0].lost_rps > 0.0);
    }

    #[test]
    fn the_station_that_gives_out_comes_first() {
        let stations = "{s: {servers: 4, service_time: {exponential: {mean: 1s}}}, t: {servers: 1, service_time: {exponential: {mean: 1s}}}}";
        let found = find(
            stations,
            "renewal: {interarrival: {gamma: {mean: 5s, cv: 1}}}",
            "{s: {t: 1}}",
            "mean=6s",
        );
        // 1 s in the front, hardly any wait, and 1 ÷ (1 - ρ) = 5 s behind.
        between(&found, 4.0);
        let order: Vec<&str> = found.gives_out.iter().map(|s| s.station.as_str()).collect();
        assert_eq!(order, ["t", "s"]);
    }

    #[test]
    fn what_cannot_be_searched_is_said() {
        let model = |arrivals: &str| {
            let text = format!(
                "{{model: x, stations: {{s: {ONE}}}, arrivals: {{a: {{to: s, {arrivals}}}}}}}"
            );
            Model::from_yaml(&text).unwrap()
        };
        let objective = |text: &str| [text.parse::<LoadObjective>().unwrap()];
        let closed = model("closed: {population: 3, think_time: {deterministic: 1s}}");
        let error = capacity(&closed, &objective("p99=1s"), Seed(1), 1_000).unwrap_err();
        assert!(error.contains("closed"), "{error}");
        let open = model("poisson: {rate: 1/s}");
        let error = capacity(&open, &objective("b.p99=1s"), Seed(1), 1_000).unwrap_err();
        assert!(error.contains("there are a"), "{error}");
        let never = capacity(&open, &objective("p99=1ms"), Seed(1), 20_000).unwrap();
        assert_eq!(never.met_up_to, None);
        for wrong in ["p99", "p99=1", "p98=1s", "dropped=120%", "dropped=few"] {
            assert!(wrong.parse::<LoadObjective>().is_err(), "{wrong}");
        }
    }
}
