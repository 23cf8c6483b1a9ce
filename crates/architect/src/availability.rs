//! Availability over a year: how often each part fails, times what users then lost.

use tenfold_catalog::Catalog;
use tenfold_design::Design;
use tenfold_estimate::OperationKind;
use tenfold_units::{Ledger, Unit};

use crate::plan::{KillWhat, Trial, TrialKind};

/// Adds `availability_year.<operation>` for each operation and `availability_year.all`, the lowest of them.
///
/// Availability = 1 − Σ over losses of (times a year × bad seconds of one) ÷ a year, times the share of
/// a year in which the region is there, times the share of good answers under the average load with
/// nothing lost. Sums are exact while losses do not overlap, which a year with
/// minutes of them allows.
pub(crate) fn add(design: &Design, ledger: &mut Ledger, catalog: &Catalog, trials: &[Trial]) {
    facts(ledger, catalog);
    let known = ledger.contains("region.availability");
    let region = if known { "region.availability" } else { "1" };
    let mut all = Vec::new();
    let awaited = design.workload.iter().filter(|(_, o)| o.kind != OperationKind::Job);
    for (operation, _) in awaited {
        let mut terms = Vec::new();
        for trial in trials {
            let TrialKind::Kill(fault) = &trial.kind else { continue };
            let Some(bad) = trial.budget_minutes.get(operation) else { continue };
            match fault.what {
                KillWhat::Instance => {
                    let component = &design.components[fault.target.as_str()];
                    // The one that is killed serves: of a primary and its standby only the first does.
                    let instances = tenfold_design::active_instances(design, component);
                    terms.push(format!("{instances} * rate.instance_per_second * {bad}"));
                }
                KillWhat::Zone => terms.push(format!("rate.zone_per_second * {bad}")),
                // All instances at once is no independent hardware failure: it is shown, and a
                // deploy process keeps it from happening.
                KillWhat::Component => {}
            }
        }
        if terms.is_empty() {
            continue;
        }
        rates(ledger);
        let id = format!("availability_year.{operation}");
        let label = format!("{operation}: availability over a year");
        let steady = trials
            .iter()
            .filter(|trial| trial.id == "average")
            .flat_map(|trial| trial.phases.iter().flat_map(|phase| &phase.operations))
            .find(|seen| seen.operation == *operation)
            .map_or("1", |seen| seen.availability.as_str());
        let formula = format!("{region} * {steady} * (1 - ({}))", terms.join(" + "));
        ledger.derive(&id, &label, Unit::Ratio, &formula);
        all.push(id);
    }
    if !all.is_empty() {
        let formula = format!("min({})", all.join(", "));
        ledger.derive("availability_year.all", "availability over a year", Unit::Ratio, &formula);
    }
}

/// Makes the losses of instances and zones per second stand.
pub(crate) fn losses(ledger: &mut Ledger, catalog: &Catalog) {
    facts(ledger, catalog);
    rates(ledger);
}

fn facts(ledger: &mut Ledger, catalog: &Catalog) {
    let facts = [
        ("fact.rate.ec2.retire", "rate.ec2.retire", "losses of one instance a year"),
        ("fact.rate.az", "rate.az", "losses of one zone a year"),
    ];
    for (id, fact, label) in facts {
        catalog.known_fact(fact).insert_into(ledger, id, label);
    }
}

/// Losses per second from the facts, which are per second or per year as the catalogue stores them.
fn rates(ledger: &mut Ledger) {
    if ledger.contains("rate.instance_per_second") {
        return;
    }
    for (id, fact, label) in [
        ("rate.instance_per_second", "fact.rate.ec2.retire", "losses of one instance per second"),
        ("rate.zone_per_second", "fact.rate.az", "losses of one zone per second"),
    ] {
        let per_second = ledger[fact].unit == Unit::PerSecond;
        let formula = if per_second { fact.to_owned() } else { format!("{fact} / 31536000") };
        ledger.derive(id, label, Unit::PerSecond, &formula);
    }
}
