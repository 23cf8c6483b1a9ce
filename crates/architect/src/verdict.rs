//! Each objective judged by what was simulated, beside the closed form.

use tenfold_catalog::Catalog;
use tenfold_design::{Design, Objective};
use tenfold_estimate::{Bound, OperationKind, Sli};
use tenfold_units::{Interval, Ledger, Text, Unit};

use crate::HitRatios;
use crate::analytic::{Analytic, STATED_ERROR_RATIO};
use crate::plan::{PhaseOperation, Trial, Verdict, VerdictKind};

/// Judges every objective of a design; new figures go into the ledger.
pub(crate) fn judge(
    design: &Design,
    ledger: &mut Ledger,
    catalog: &Catalog,
    hits: &HitRatios,
    trials: &[Trial],
) -> Vec<Verdict> {
    let objectives = design.objectives.iter();
    objectives
        .map(|objective| {
            let limit = format!("objective.{}", objective.id);
            if !ledger.contains(&limit) {
                let unit =
                    if objective.sli.patience().is_some() { Unit::Seconds } else { Unit::Ratio };
                let provenance =
                    tenfold_units::Provenance::Edited { line: 0, text: objective.id.clone() };
                let value = Interval::exact(objective.limit.value);
                ledger.insert(&limit, &objective.id, unit, value, provenance);
            }
            match objective.sli {
                Sli::AvailabilityRatio => availability(design, objective, ledger, trials, limit),
                Sli::ErrorRatio => errors(design, objective, ledger, trials, limit),
                Sli::LatencyP50
                | Sli::LatencyP90
                | Sli::LatencyP95
                | Sli::LatencyP99
                | Sli::LatencyP999
                | Sli::LatencyMean => {
                    latency(design, objective, ledger, catalog, hits, trials, limit)
                }
                Sli::ThroughputRps
                | Sli::StalenessSeconds
                | Sli::RebufferRatio
                | Sli::DurabilityRatio => unjudged(objective, limit),
            }
        })
        .collect()
}

/// Returns whether an objective binds an operation; one that binds all binds what clients wait for.
pub(crate) fn binds(design: &Design, objective: &Objective, operation: &str) -> bool {
    if objective.of != "all" {
        return objective.of == operation;
    }
    design.workload.get(operation).is_some_and(|o| o.kind != OperationKind::Job)
}

fn latency(
    design: &Design,
    objective: &Objective,
    ledger: &mut Ledger,
    catalog: &Catalog,
    hits: &HitRatios,
    trials: &[Trial],
    limit: String,
) -> Verdict {
    let worst = bound_by(design, objective, trials)
        .filter_map(|seen| Some((seen, percentile(seen, objective.sli)?.clone())))
        .max_by(|a, b| ledger.value(&a.1).total_cmp(&ledger.value(&b.1)));
    let Some((seen, simulated)) = worst else { return unjudged(objective, limit) };
    let forms = Analytic::new(design, ledger, catalog, hits, objective.limit.value);
    let closed = match objective.sli.quantile() {
        Some(quantile) => forms.percentile(&seen.operation, quantile),
        None => forms.mean(&seen.operation),
    };
    let analytic = closed.map(|value| {
        let id = format!("analytic.{}.latency_{}_seconds", seen.operation, name(objective.sli));
        ledger.computed(
            &id,
            &format!("{}: latency {} by closed forms", seen.operation, name(objective.sli)),
            Unit::Seconds,
            Interval::exact(value),
            "sum over the path of round trip, wait in M/M/c and lognormal service",
            &[],
        );
        id
    });
    let interval = ledger[simulated.as_str()].interval;
    let within = seen.within.get(&objective.id).map(String::as_str);
    let within = within.map(|id| (id, ledger[id].interval));
    let (verdict, reason) = decide(&interval, objective, closed, within);
    Verdict {
        objective: objective.id.clone(),
        operation: Some(seen.operation.clone()),
        limit,
        analytic,
        simulated: Some(simulated),
        verdict,
        reason,
    }
}

/// What an objective binds, as it was seen under the load that the objective names.
fn bound_by<'a>(
    design: &'a Design,
    objective: &'a Objective,
    trials: &'a [Trial],
) -> impl Iterator<Item = &'a PhaseOperation> {
    let load = match objective.during {
        tenfold_design::Load::Average => "average",
        tenfold_design::Load::Peak => "peak",
    };
    trials
        .iter()
        .filter(move |trial| trial.id == load)
        .flat_map(|trial| &trial.phases)
        .flat_map(|phase| &phase.operations)
        .filter(|seen| binds(design, objective, &seen.operation))
}

/// Met or missed only where the whole interval lies on one side, and the closed form agrees.
fn decide(
    interval: &Interval,
    objective: &Objective,
    closed: Option<f64>,
    within: Option<(&str, Interval)>,
) -> (VerdictKind, Option<Text>) {
    // Too few requests for an interval of the percentile may be enough to count those in time.
    if interval.is_exact()
        && let Some((id, share)) = within
        && let Some(quantile) = objective.sli.quantile()
    {
        if share.low >= quantile {
            return (VerdictKind::Met, None);
        }
        if share.high < quantile {
            let reason = Text::new(
                format!("only {{{id}}} of the requests were answered in time, errors not counted"),
                format!("제시간에 오류 없이 응답한 요청이 {{{id}}}뿐이다"),
            );
            return (VerdictKind::Missed, Some(reason));
        }
    }
    if interval.is_exact() {
        let reason = Text::new(
            "too few requests for an interval; a larger budget of events decides it",
            "신뢰 구간을 만들기에 요청 수가 부족하다. event budget을 늘리면 판정할 수 있다",
        );
        return (VerdictKind::Undecided, Some(reason));
    }
    if let Some(closed) = closed {
        // Four standard errors are twice the half-width of a 95 % interval.
        let far = 2.0 * (interval.high - interval.low) / 1.96 + STATED_ERROR_RATIO * closed;
        if (interval.mid - closed).abs() > far.max(1e-3) {
            let reason = Text::new(
                "formula and simulation differ by more than their errors",
                "수식과 시뮬레이션의 차이가 오차 범위를 넘는다",
            );
            return (VerdictKind::Undecided, Some(reason));
        }
    }
    beside(interval, objective)
}

/// On which side of the limit an interval lies.
fn beside(interval: &Interval, objective: &Objective) -> (VerdictKind, Option<Text>) {
    let limit = objective.limit.value;
    let kind = match objective.bound {
        Bound::Below | Bound::AtMost if interval.high <= limit => VerdictKind::Met,
        Bound::Below | Bound::AtMost if interval.low > limit => VerdictKind::Missed,
        Bound::AtLeast if interval.low >= limit => VerdictKind::Met,
        Bound::AtLeast if interval.high < limit => VerdictKind::Missed,
        Bound::Below | Bound::AtMost | Bound::AtLeast => VerdictKind::Undecided,
    };
    let reason = (kind == VerdictKind::Undecided)
        .then(|| Text::new("the interval crosses the limit", "신뢰 구간이 한계를 가로지른다"));
    (kind, reason)
}

/// The share of requests that fail under the load, of the operation with the most.
fn errors(
    design: &Design,
    objective: &Objective,
    ledger: &mut Ledger,
    trials: &[Trial],
    limit: String,
) -> Verdict {
    let worst = bound_by(design, objective, trials)
        .min_by(|a, b| ledger.value(&a.availability).total_cmp(&ledger.value(&b.availability)));
    let Some(seen) = worst else { return unjudged(objective, limit) };
    let id = format!("error_ratio.{}", objective.id);
    let label = format!("{}: requests that fail or come too late", seen.operation);
    ledger.derive(&id, &label, Unit::Ratio, &format!("1 - {}", seen.availability));
    let (verdict, reason) = beside(&ledger[id.as_str()].interval, objective);
    Verdict {
        objective: objective.id.clone(),
        operation: Some(seen.operation.clone()),
        limit,
        analytic: None,
        simulated: Some(id),
        verdict,
        reason,
    }
}

/// Availability of a year: what failures cost, times what the region itself promises. The figure is
/// made by [`crate::availability`].
fn availability(
    design: &Design,
    objective: &Objective,
    ledger: &Ledger,
    trials: &[Trial],
    limit: String,
) -> Verdict {
    let failing = bound_by(design, objective, trials)
        .find(|seen| ledger[seen.availability.as_str()].interval.high < objective.limit.value);
    if let Some(seen) = failing {
        let id = seen.availability.clone();
        let reason = Text::new(
            "so many are good under this load with nothing lost",
            "아무것도 고장 나지 않은 상태에서 이 부하의 정상 응답 비율이다",
        );
        return Verdict {
            objective: objective.id.clone(),
            operation: Some(seen.operation.clone()),
            limit,
            analytic: None,
            simulated: Some(id),
            verdict: VerdictKind::Missed,
            reason: Some(reason),
        };
    }
    let operation = if objective.of == "all" { "all" } else { objective.of.as_str() };
    let id = format!("availability_year.{operation}");
    let Some(figure) = ledger.get(&id) else { return unjudged(objective, limit) };
    let interval = figure.interval;
    let met = |value: f64| value >= objective.limit.value;
    let (verdict, reason) = match (met(interval.mid), met(interval.low), met(interval.high)) {
        (true, true, _) => (VerdictKind::Met, None),
        (_, _, false) => (VerdictKind::Missed, None),
        _ => {
            let reason = Text::new(
                "it depends on how often parts fail, which is assumed",
                "부품의 장애 빈도 가정에 따라 달라진다",
            );
            (VerdictKind::Undecided, Some(reason))
        }
    };
    Verdict {
        objective: objective.id.clone(),
        operation: (objective.of != "all").then(|| objective.of.clone()),
        limit,
        analytic: None,
        simulated: Some(id),
        verdict,
        reason,
    }
}

fn unjudged(objective: &Objective, limit: String) -> Verdict {
    Verdict {
        objective: objective.id.clone(),
        operation: (objective.of != "all").then(|| objective.of.clone()),
        limit,
        analytic: None,
        simulated: None,
        verdict: VerdictKind::Undecided,
        reason: Some(Text::new(
            "nothing that was simulated measures it",
            "이 지표를 측정하는 시뮬레이션이 없다",
        )),
    }
}

fn percentile(seen: &PhaseOperation, sli: Sli) -> Option<&String> {
    match sli {
        Sli::LatencyP50 => seen.p50.as_ref(),
        Sli::LatencyP90 => seen.p90.as_ref(),
        Sli::LatencyP95 => seen.p95.as_ref(),
        Sli::LatencyP99 => seen.p99.as_ref(),
        Sli::LatencyP999 => seen.p999.as_ref(),
        Sli::LatencyMean => seen.mean.as_ref(),
        Sli::AvailabilityRatio
        | Sli::ErrorRatio
        | Sli::ThroughputRps
        | Sli::StalenessSeconds
        | Sli::RebufferRatio
        | Sli::DurabilityRatio => None,
    }
}

fn name(sli: Sli) -> &'static str {
    match sli {
        Sli::LatencyP50 => "p50",
        Sli::LatencyP90 => "p90",
        Sli::LatencyP95 => "p95",
        Sli::LatencyP99 => "p99",
        Sli::LatencyP999 => "p999",
        Sli::LatencyMean
        | Sli::AvailabilityRatio
        | Sli::ErrorRatio
        | Sli::ThroughputRps
        | Sli::StalenessSeconds
        | Sli::RebufferRatio
        | Sli::DurabilityRatio => "mean",
    }
}
