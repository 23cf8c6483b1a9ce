//! From outcomes of runs to figures of a trial.

use indexmap::IndexMap;
use tenfold_catalog::Catalog;
use tenfold_design::{Design, Kind, active_instances};
use tenfold_sim::stats::{Estimate, Histogram, replications};
use tenfold_sim::{Failures, OperationOutcome, OperationWindow, Outcome};
use tenfold_units::{Interval, Ledger, Provenance, Seed, Unit};

use super::HitRatios;
use super::schedule::{Experiment, Parts, WINDOWS};
use crate::lower::is_background;
use crate::plan::{
    Fault, KillWhat, Phase, PhaseComponent, PhaseName, PhaseOperation, TimePoint, Trial, TrialKind,
};

/// Writes the figures of one trial.
struct Writer<'a> {
    ledger: &'a mut Ledger,
    trial: &'a str,
    seed: Seed,
}

impl Writer<'_> {
    /// Adds a simulated figure and returns its id.
    fn simulated(&mut self, path: &str, label: &str, unit: Unit, estimate: &Estimate) -> String {
        let id = format!("sim.{}.{path}", self.trial);
        let interval = Interval::confidence(estimate.value, estimate.interval());
        let scenario = self.trial.to_owned();
        let provenance = Provenance::Simulated { scenario, seed: self.seed.0 };
        self.ledger.insert(&id, &format!("{label}, {}", self.trial), unit, interval, provenance);
        id
    }
}

/// Returns what the runs of an experiment showed; figures go into the ledger.
pub(super) fn trial(
    design: &Design,
    ledger: &mut Ledger,
    catalog: &Catalog,
    hits: &HitRatios,
    experiment: &Experiment,
    outcomes: &[&Outcome],
    seed: Seed,
) -> Trial {
    let mut trial = Trial {
        id: experiment.id.clone(),
        kind: experiment.kind.clone(),
        runs: outcomes.len() as u32,
        events: outcomes.iter().map(|outcome| outcome.events).sum(),
        approximations: experiment.lowered.approximations.clone(),
        phases: Vec::new(),
        timeline: timeline(outcomes),
        breaks: Vec::new(),
        budget_minutes: IndexMap::new(),
        mitigations: Vec::new(),
    };
    let cells = experiment.lowered.cell.cells;
    if cells > 1.0 {
        let id = format!("sim.{}.cells", experiment.id);
        let words = "chosen so that the runs fit the budget of events";
        let label = "cells that the load and the instances are divided into";
        ledger.computed(&id, label, Unit::Count, Interval::exact(cells), words, &[]);
    }
    match &experiment.kind {
        TrialKind::Load(factor) => {
            load_factor(design, ledger, &experiment.id, factor);
            let mut writer = Writer { ledger, trial: &experiment.id, seed };
            trial.phases.push(steady(&mut writer, design, experiment, outcomes[0]));
        }
        TrialKind::Kill(fault) => {
            lasting(design, ledger, catalog, hits, experiment, fault);
            let mut writer = Writer { ledger, trial: &experiment.id, seed };
            for name in [PhaseName::Onset, PhaseName::Degraded, PhaseName::Recovery] {
                trial.phases.push(phase(&mut writer, experiment, outcomes, name));
            }
        }
    }
    trial
}

/// The factor of a load trial over the average of the first operation.
fn load_factor(design: &Design, ledger: &mut Ledger, id: &str, factor: &str) {
    if ledger.contains(factor) {
        return;
    }
    let first = design.workload.values().next();
    let times = id.strip_suffix('x').and_then(|n| n.parse::<f64>().ok()).unwrap_or(1.0);
    let label = format!("load of the trial {id}, as a factor of the average");
    match first {
        Some(operation) if id != "average" => {
            let (peak, average) = (&operation.peak.0, &operation.rate.0);
            let formula = format!("({peak}) / ({average}) * {times}");
            ledger.derive(factor, &label, Unit::Factor, &formula);
        }
        Some(_) | None => {
            ledger.derive(factor, &label, Unit::Factor, "1");
        }
    }
}

fn steady(
    writer: &mut Writer<'_>,
    design: &Design,
    experiment: &Experiment,
    outcome: &Outcome,
) -> Phase {
    let cells = experiment.lowered.cell.cells;
    let mut operations = Vec::new();
    for (name, seen) in visible(outcome) {
        let path = |metric: &str| format!("{name}.{metric}");
        let cells = cells / experiment.sampled.get(name).copied().unwrap_or(1.0);
        let arriving = seen.requests as f64 / outcome.simulated_seconds * cells;
        // A run that did not settle has no percentile that means anything.
        let latency = seen.latency_seconds.as_ref().filter(|_| !outcome.unstable);
        let percentile = |writer: &mut Writer<'_>, metric: &str, estimate: Option<&Estimate>| {
            estimate.filter(|estimate| estimate.value.is_finite()).map(|estimate| {
                let label = format!("{name}: latency {metric}");
                let id = path(&format!("latency_{metric}_seconds"));
                writer.simulated(&id, &label, Unit::Seconds, estimate)
            })
        };
        // With no answer at all, none was good.
        let none = Estimate { value: 0.0, low: None, high: None };
        let good = seen.availability_ratio.as_ref().unwrap_or(&none);
        let late = late_answers(experiment, outcome, name);
        let failures = failures(writer, name, "", &seen.failures, late, good);
        operations.push(PhaseOperation {
            operation: name.clone(),
            arriving: writer.simulated(
                &path("arriving_rps"),
                &format!("{name}: requests arriving"),
                Unit::PerSecondSimulated,
                &Estimate { value: arriving, low: None, high: None },
            ),
            goodput: writer.simulated(
                &path("goodput_rps"),
                &format!("{name}: goodput"),
                Unit::PerSecondSimulated,
                &seen.goodput_rps.scaled(cells),
            ),
            availability: writer.simulated(
                &path("availability_ratio"),
                &format!("{name}: good answers"),
                Unit::Ratio,
                good,
            ),
            within: within_limits(writer, design, experiment, outcome, name),
            mean: percentile(writer, "mean", latency.map(|l| &l.mean)),
            p50: percentile(writer, "p50", latency.map(|l| &l.p50)),
            p90: percentile(writer, "p90", latency.map(|l| &l.p90)),
            p95: percentile(writer, "p95", latency.map(|l| &l.p95)),
            p99: percentile(writer, "p99", latency.map(|l| &l.p99)),
            p999: percentile(writer, "p999", latency.map(|l| &l.p999)),
            failures,
        });
    }
    let components = outcome
        .components
        .iter()
        .map(|(name, seen)| PhaseComponent {
            component: name.clone(),
            utilization: seen.utilization.as_ref().map(|estimate| {
                // Standbys are alive and idle; the simulation averages over them too.
                let serving = share_that_serves(design, name);
                let estimate = &estimate.scaled(1.0 / serving).clamped(0.0, 1.0);
                let label = format!("{name}: utilization");
                writer.simulated(&format!("{name}.utilization"), &label, Unit::Ratio, estimate)
            }),
            hit_ratio: seen.hit_ratio.as_ref().map(|estimate| {
                let label = format!("{name}: hit ratio");
                writer.simulated(&format!("{name}.hit_ratio"), &label, Unit::Ratio, estimate)
            }),
        })
        .collect();
    Phase { name: PhaseName::Steady, lasts: None, simulated: None, operations, components }
}

/// Instances of a component that take requests, of all of them.
fn share_that_serves(design: &Design, name: &str) -> f64 {
    let component = &design.components[name];
    if component.kind == Kind::Topic {
        return 1.0; // Every broker leads some partitions.
    }
    let all = design.instances(component).max(1);
    f64::from(active_instances(design, component)) / f64::from(all)
}

/// Counts who was answered within each limit that binds the operation; the windows of the run are the
/// batches of the interval.
fn within_limits(
    writer: &mut Writer<'_>,
    design: &Design,
    experiment: &Experiment,
    outcome: &Outcome,
    operation: &str,
) -> IndexMap<String, String> {
    let warm_up = experiment.scenario.warm_up.as_secs_f64();
    let windows: Vec<&OperationWindow> = outcome
        .series
        .iter()
        .filter(|window| window.start_seconds >= warm_up - 1e-9)
        .filter_map(|window| window.operations.get(operation))
        .collect();
    let mut found = IndexMap::new();
    let objectives = design.objectives.iter().filter(|objective| {
        objective.sli.quantile().is_some() && crate::verdict::binds(design, objective, operation)
    });
    for objective in objectives {
        let seen = |window: &&OperationWindow| {
            let answers = window.latencies.count();
            let late = window.latencies.share_above(objective.limit.value) * answers as f64;
            let failed = window.failures.total();
            Seen {
                requests: answers + failed,
                bad: failed + late.round() as u64,
                ..Seen::default()
            }
        };
        let batches: Vec<Seen> = windows.iter().map(seen).filter(|s| s.requests > 0).collect();
        let ratios: Vec<f64> =
            batches.iter().map(|s| 1.0 - s.bad as f64 / s.requests as f64).collect();
        if let Some(ratio) = ratio_of(&ratios, &batches) {
            let id = format!("{operation}.within.{}", objective.id);
            let label = format!("{operation}: answered within the limit of {}", objective.id);
            let figure = writer.simulated(&id, &label, Unit::Ratio, &ratio);
            found.insert(objective.id.clone(), figure);
        }
    }
    found
}

/// Wilson's 95 % interval (Wilson 1927) of a share of so many independent requests.
fn wilson(share: f64, requests: f64) -> (f64, f64) {
    let z2 = 1.96 * 1.96;
    let center = (share + z2 / (2.0 * requests)) / (1.0 + z2 / requests);
    let variance = share * (1.0 - share) / requests + z2 / (4.0 * requests * requests);
    let spread = (z2 * variance).sqrt() / (1.0 + z2 / requests);
    ((center - spread).max(0.0).min(share), (center + spread).min(1.0).max(share))
}

/// The operations of users, without what stands for the rest of the system.
fn visible(outcome: &Outcome) -> impl Iterator<Item = (&String, &OperationOutcome)> {
    outcome.operations.iter().filter(|(name, _)| !is_background(name))
}

/// Answers without error after the warm-up that came later than anybody waits for.
fn late_answers(experiment: &Experiment, outcome: &Outcome, operation: &str) -> u64 {
    let warm_up = experiment.scenario.warm_up.as_secs_f64();
    within(outcome, operation, warm_up, f64::INFINITY).late()
}

/// The share of the requests that failed or were answered too late, by cause, largest first: what is
/// not good is divided among the causes as they were counted.
fn failures(
    writer: &mut Writer<'_>,
    operation: &str,
    phase: &str,
    failures: &Failures,
    late: u64,
    good: &Estimate,
) -> Vec<(String, String)> {
    let all = (failures.total() + late) as f64;
    let bad = 1.0 - good.value;
    let mut causes = [
        ("too late", late),
        ("time-out", failures.timeout),
        ("refused", failures.refused),
        ("shed", failures.shed),
        ("pool exhausted", failures.pool),
        ("breaker open", failures.breaker),
        ("rate limit", failures.limited),
        ("error", failures.error),
        ("too few copies", failures.unavailable),
    ];
    causes.sort_by_key(|cause| core::cmp::Reverse(cause.1));
    causes
        .into_iter()
        .filter(|(_, count)| *count > 0 && bad > 0.0)
        .map(|(cause, count)| {
            let value = bad * count as f64 / all;
            let path = format!("{phase}{operation}.failed.{}", cause.replace(' ', "-"));
            let label = format!("{operation}: failed by {cause}");
            let estimate = Estimate { value, low: None, high: None };
            (cause.to_owned(), writer.simulated(&path, &label, Unit::Ratio, &estimate))
        })
        .collect()
}

/// The times that the phases last in the real system, which the run shortens.
fn lasting(
    design: &Design,
    ledger: &mut Ledger,
    catalog: &Catalog,
    hits: &HitRatios,
    experiment: &Experiment,
    fault: &Fault,
) {
    let id = |phase: &str| format!("sim.{}.{phase}.lasts_seconds", experiment.id);
    let onset = super::schedule::noticed_after(design, fault);
    let reason = format!("health checks or failover of {}", fault.target);
    ledger.computed(
        &id("onset"),
        &format!("time until traffic goes around it, {}", experiment.id),
        Unit::Seconds,
        Interval::exact(onset),
        &reason,
        &[],
    );
    let replaced = catalog.known_fact("mttr.vm_replace");
    replaced.insert_into(ledger, "fact.mttr.vm_replace", "time to replace an instance");
    let label = format!("time until it is replaced, {}", experiment.id);
    match fault.what {
        KillWhat::Instance | KillWhat::Component => {
            ledger.derive(&id("degraded"), &label, Unit::Seconds, "fact.mttr.vm_replace");
        }
        KillWhat::Zone => {
            crate::unavailability::zone_outage(ledger);
            ledger.derive(&id("degraded"), &label, Unit::Seconds, "assumed.zone_outage_seconds");
        }
    }
    let refills = fault.what == KillWhat::Component && !experiment.keeps_contents;
    let hit: Vec<&str> = match fault.what {
        KillWhat::Zone => design.components.keys().map(String::as_str).collect(),
        KillWhat::Instance | KillWhat::Component => vec![fault.target.as_str()],
    };
    let cold = hit.iter().find(|name| refills && hits.refill(name).is_some());
    let formula = match cold {
        Some(cache) => format!("warm.{cache}.refill_seconds"),
        None => id("onset"),
    };
    let label = format!("time until all is as before, {}", experiment.id);
    ledger.derive(&id("recovery"), &label, Unit::Seconds, &formula);
}

/// The windows of a phase together, in one run.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// Requests that arrived.
    requests: u64,
    /// Answers that failed or came too late.
    bad: u64,
    latencies: Histogram,
    failures: Failures,
}

impl Seen {
    /// Answers without error that came too late.
    fn late(&self) -> u64 {
        self.bad.saturating_sub(self.failures.total())
    }
}

fn phase(
    writer: &mut Writer<'_>,
    experiment: &Experiment,
    outcomes: &[&Outcome],
    name: PhaseName,
) -> Phase {
    let word = match name {
        PhaseName::Steady => "steady",
        PhaseName::Onset => "onset",
        PhaseName::Degraded => "degraded",
        PhaseName::Recovery => "recovery",
    };
    let (from, to) = span(experiment, &name);
    let mut operations = Vec::new();
    let names: Vec<String> = visible(outcomes[0]).map(|(name, _)| name.clone()).collect();
    for operation in names {
        let seen = |outcome: &&Outcome| {
            let mut seen = within(outcome, &operation, from, to);
            if name == PhaseName::Onset && !experiment.parts.is_cut_short() {
                // Those who still wait for a connection have no answer yet, and are not counted.
                seen.requests = seen.latencies.count() + seen.failures.total();
            } else if name == PhaseName::Onset {
                // Who came while the loss was unnoticed may fail a time-out later.
                let late = within(outcome, &operation, to, to + experiment.parts.settling);
                seen.bad += late.bad;
                seen.failures.add(&late.failures);
            }
            seen
        };
        let runs: Vec<Seen> = outcomes.iter().map(seen).collect();
        operations.extend(phase_operation(writer, experiment, outcomes, &operation, word, &runs));
    }
    let lasts = Some(format!("sim.{}.{word}.lasts_seconds", experiment.id));
    let components = phase_components(writer, outcomes, word, from, to);
    Phase { name, lasts, simulated: Some((from, to)), operations, components }
}

/// The seconds of the simulated run in which a phase is seen.
fn span(experiment: &Experiment, name: &PhaseName) -> (f64, f64) {
    let Parts { part, patience, .. } = experiment.parts;
    let noticed = experiment.dies + experiment.detection;
    match name {
        PhaseName::Steady | PhaseName::Onset if experiment.parts.is_cut_short() => {
            (experiment.dies, noticed.max(experiment.dies + part / WINDOWS))
        }
        // Until the first who came have used up all their attempts, fewer fail than later; the last
        // window may reach into the time after it was noticed.
        PhaseName::Steady | PhaseName::Onset => {
            let from = experiment.dies + patience.min(experiment.detection / 2.0);
            (from, (noticed - part / WINDOWS).max(from + part / WINDOWS))
        }
        // First what was under way and queued is worked off.
        PhaseName::Degraded => (experiment.returns - 2.0 * part, experiment.returns),
        PhaseName::Recovery => {
            let noticed = experiment.returns + experiment.detection + part / WINDOWS;
            (noticed, noticed + 2.0 * part)
        }
    }
}

fn within(outcome: &Outcome, operation: &str, from: f64, to: f64) -> Seen {
    let mut seen = Seen::default();
    let slack = 1e-9;
    for window in &outcome.series {
        if window.start_seconds < from - slack || window.start_seconds >= to - slack {
            continue;
        }
        if let Some(values) = window.operations.get(operation) {
            seen.requests += values.requests;
            seen.bad += values.bad;
            seen.latencies.merge(&values.latencies);
            seen.failures.add(&values.failures);
        }
    }
    seen
}

fn phase_operation(
    writer: &mut Writer<'_>,
    experiment: &Experiment,
    outcomes: &[&Outcome],
    operation: &str,
    word: &str,
    runs: &[Seen],
) -> Option<PhaseOperation> {
    // One instance of many: the other cells do not notice.
    let diluted = |ratio: f64| 1.0 - (1.0 - ratio) / experiment.dilution;
    let ratios: Vec<f64> = runs
        .iter()
        .filter(|seen| seen.requests > 0)
        .map(|seen| diluted((1.0 - seen.bad as f64 / seen.requests as f64).max(0.0)))
        .collect();
    let availability = ratio_of(&ratios, runs)?;
    let sampled = experiment.sampled.get(operation).copied().unwrap_or(1.0);
    let cells = experiment.lowered.cell.cells / sampled;
    let requests: u64 = outcomes.iter().map(|o| o.operations[operation].requests).sum();
    let seconds: f64 = outcomes.iter().map(|o| o.simulated_seconds).sum();
    let arriving = requests as f64 / seconds * cells;
    let path = |metric: &str| format!("{word}.{operation}.{metric}");
    let label = |what: &str| format!("{operation}: {what}, {word}");
    let whole = Estimate { value: arriving, low: None, high: None };
    let mut failed = Failures::default();
    runs.iter().for_each(|seen| failed.add(&seen.failures));
    let late = runs.iter().map(Seen::late).sum();
    Some(PhaseOperation {
        operation: operation.to_owned(),
        arriving: writer.simulated(
            &path("arriving_rps"),
            &label("requests arriving"),
            Unit::PerSecondSimulated,
            &whole,
        ),
        goodput: writer.simulated(
            &path("goodput_rps"),
            &label("goodput"),
            Unit::PerSecondSimulated,
            &availability.scaled(arriving),
        ),
        availability: writer.simulated(
            &path("availability_ratio"),
            &label("good answers"),
            Unit::Ratio,
            &availability,
        ),
        within: IndexMap::new(),
        mean: None,
        p50: None,
        p90: None,
        p95: None,
        p999: None,
        p99: percentile(runs, 0.99).map(|estimate| {
            writer.simulated(
                &path("latency_p99_seconds"),
                &label("latency p99"),
                Unit::Seconds,
                &estimate,
            )
        }),
        failures: failures(writer, operation, &format!("{word}."), &failed, late, &availability),
    })
}

/// The share of good answers with its t-interval; where no run saw a bad one (or a good one), the
/// end that such runs cannot know is Wilson's for as many independent requests.
fn ratio_of(ratios: &[f64], runs: &[Seen]) -> Option<Estimate> {
    let estimate = replications::mean(ratios)?.clamped(0.0, 1.0);
    let Some((low, high)) = estimate.interval() else { return Some(estimate) };
    if low < high {
        return Some(estimate);
    }
    let requests: u64 = runs.iter().map(|seen| seen.requests).sum();
    let (low, high) = wilson(estimate.value, requests as f64);
    Some(Estimate::between(estimate.value, low, high))
}

/// The answers beyond a percentile that one run needs for an estimate of its own.
const BEYOND: f64 = 5.0;

/// The percentile of a phase: with its t-interval where each run has enough answers for one of its
/// own, else that of all answers together, else none.
fn percentile(runs: &[Seen], quantile: f64) -> Option<Estimate> {
    let enough = |latencies: &Histogram| latencies.count() as f64 * (1.0 - quantile) >= BEYOND;
    if runs.iter().all(|seen| enough(&seen.latencies)) {
        let each: Vec<f64> = runs.iter().map(|seen| seen.latencies.percentile(quantile)).collect();
        return replications::mean(&each);
    }
    let mut all = Histogram::default();
    runs.iter().for_each(|seen| all.merge(&seen.latencies));
    enough(&all).then(|| Estimate { value: all.percentile(quantile), low: None, high: None })
}

fn phase_components(
    writer: &mut Writer<'_>,
    outcomes: &[&Outcome],
    word: &str,
    from: f64,
    to: f64,
) -> Vec<PhaseComponent> {
    let mut components = Vec::new();
    for name in outcomes[0].components.keys() {
        let mut busy = Vec::new();
        for outcome in outcomes {
            let values: Vec<f64> = outcome
                .series
                .iter()
                .filter(|w| w.start_seconds >= from - 1e-9 && w.start_seconds < to - 1e-9)
                .filter_map(|w| w.components.get(name)?.utilization)
                .collect();
            if !values.is_empty() {
                busy.push(values.iter().sum::<f64>() / values.len() as f64);
            }
        }
        let utilization = replications::mean(&busy).map(|estimate| {
            let label = format!("{name}: utilization, {word}");
            writer.simulated(&format!("{word}.{name}.utilization"), &label, Unit::Ratio, &estimate)
        });
        components.push(PhaseComponent { component: name.clone(), utilization, hit_ratio: None });
    }
    components
}

/// Good answers and p99 per window, over all runs.
fn timeline(outcomes: &[&Outcome]) -> Vec<TimePoint> {
    let mut points = Vec::new();
    for (index, window) in outcomes[0].series.iter().enumerate() {
        let mut point = TimePoint {
            seconds: window.start_seconds,
            good_ratio: IndexMap::new(),
            p99_seconds: IndexMap::new(),
        };
        for operation in window.operations.keys().filter(|name| !is_background(name)) {
            let (mut good, mut all, mut p99, mut count) = (0, 0, 0.0, 0.0);
            for outcome in outcomes {
                let seen = outcome.series.get(index).and_then(|w| w.operations.get(operation));
                let Some(values) = seen else { continue };
                good += values.good;
                all += values.good + values.bad;
                if let Some(latency) = values.latency_seconds_p99 {
                    p99 += latency;
                    count += 1.0;
                }
            }
            if all > 0 {
                point.good_ratio.insert(operation.clone(), good as f64 / all as f64);
            }
            if count > 0.0 {
                point.p99_seconds.insert(operation.clone(), p99 / count);
            }
        }
        points.push(point);
    }
    points
}
