//! A store for each dataset, and the caches in front: the smallest that fits, then the cheapest.

mod cache;
mod words;

use tenfold_estimate::{Access, Dataset, Operation, OperationKind, Shape, Sli};

use crate::Bottleneck;
use crate::demand::{self, Demand};
use crate::draft::{Draft, StorePlan, Technology};
use crate::sizing::{Sized, cassandra, dynamodb, postgres};

pub(crate) use cache::keys;
pub(crate) use words::plural;

/// All technologies, simplest to operate first.
const ALL: [Technology; 4] = [
    Technology::Postgresql,
    Technology::PostgresqlSharded,
    Technology::Cassandra,
    Technology::Dynamodb,
];

/// Sizes a technology for a demand.
pub(crate) fn size(draft: &mut Draft<'_>, technology: Technology, demand: &Demand) -> Sized {
    let zones = draft.zones().max(3);
    match technology {
        Technology::Postgresql => postgres::size(&mut draft.book, demand, false),
        Technology::PostgresqlSharded => postgres::size(&mut draft.book, demand, true),
        Technology::Cassandra => cassandra::size(&mut draft.book, demand, zones),
        Technology::Dynamodb => dynamodb::size(&mut draft.book, demand),
    }
}

/// Decides the stores of all tabular datasets.
pub(crate) fn decide(draft: &mut Draft<'_>) {
    let estimate = draft.estimate;
    let in_rows = |d: &Dataset| Draft::is_tabular(d) || draft.tables.contains(&d.name);
    let tabular: Vec<&Dataset> =
        estimate.datasets.iter().filter(|d| in_rows(d) && !is_stream(draft, d)).collect();
    let mut demands: Vec<Demand> =
        tabular.iter().map(|d| demand::of(&mut draft.book, estimate, d)).collect();
    // A small log is one more table, where there is a database for it.
    let logs = estimate.datasets.iter().filter(|d| is_stream(draft, d));
    let logs: Vec<&Dataset> = logs.collect();
    demands.extend(logs.iter().filter_map(|log| super::asynchronous::as_table(draft, log)));
    let is_log = |demand: &Demand| logs.iter().any(|log| log.name == demand.name);
    let (mut together, mut apart) = split(draft, &demands);
    apart.retain(|demand| !is_log(demand));
    if together.iter().all(is_log) {
        together.clear();
    }
    if !together.is_empty() {
        shared(draft, &together, &demands);
    }
    for demand in &apart {
        own(draft, demand);
    }
}

/// Returns whether a dataset is a log that a job works off: it belongs to the asynchronous path.
pub(crate) fn is_stream(draft: &Draft<'_>, dataset: &Dataset) -> bool {
    let worked_off = |operation: &Operation| {
        let reads = |access| matches!(access, Access::RangeRead | Access::PointRead);
        operation.kind == OperationKind::Job
            && operation.touches.iter().any(|t| t.dataset == dataset.name && reads(t.access))
    };
    dataset.shape == Shape::Log && draft.estimate.operations.iter().any(worked_off)
}

/// Returns the datasets that one PostgreSQL carries together, and those that do not fit with them:
/// the one with the largest share of the binding resource goes first.
fn split(draft: &Draft<'_>, demands: &[Demand]) -> (Vec<Demand>, Vec<Demand>) {
    let mut together = demands.to_vec();
    let mut apart = Vec::new();
    while !together.is_empty() {
        let mut book = draft.book.clone();
        let group = Demand::sum(&mut book, "trial", &together);
        let Some((resource, _, _)) = postgres::size(&mut book, &group, false).refused else {
            break;
        };
        let need = |demand: &Demand| {
            let mut book = draft.book.clone();
            postgres::size(&mut book, demand, false);
            let what = if resource == Bottleneck::DiskSpace {
                "bytes"
            } else if resource == Bottleneck::DiskIops {
                "iops"
            } else if resource == Bottleneck::WriteRate {
                "writes"
            } else {
                "vcpus"
            };
            book.value(&format!("option.{}.postgresql.{what}", demand.name))
        };
        let mut worst = 0;
        for index in 1..together.len() {
            if need(&together[index]) > need(&together[worst]) {
                worst = index;
            }
        }
        apart.push(together.remove(worst));
    }
    (together, apart)
}

/// One PostgreSQL for all of these.
fn shared(draft: &mut Draft<'_>, together: &[Demand], all: &[Demand]) {
    let alone = together.len() == 1;
    let name = if alone { together[0].name.clone() } else { "db".to_owned() };
    let component =
        if alone { format!("{}-store", name.replace('_', "-")) } else { "db".to_owned() };
    let plain = Demand::sum(&mut draft.book, &name, together);
    let mut demand = plain;
    for part in together {
        if let Some(cached) = cache::pinned_in_process(draft, part) {
            // A cache in the process makes answers faster; the store is sized without it.
            draft.caches.push(cached);
        }
    }
    demand.cached = false;
    let sized = size(draft, Technology::Postgresql, &demand);
    let managed = managed(draft, &component, &sized);
    let others = others(draft, &demand);
    let choice = words::shared(draft, &component, &demand, &sized, &others, all.len());
    draft.choices.push(choice);
    draft.stores.push(StorePlan {
        component,
        technology: Technology::Postgresql,
        sized,
        datasets: together.iter().map(|part| part.name.clone()).collect(),
        demand,
        managed,
    });
}

/// Sizes the technologies that were not taken, to say why.
fn others(draft: &mut Draft<'_>, demand: &Demand) -> Vec<(Technology, Sized)> {
    [Technology::Cassandra, Technology::Dynamodb]
        .into_iter()
        .map(|technology| (technology, size(draft, technology, demand)))
        .collect()
}

/// Decides whether the provider runs the database: machines and people against the higher price.
fn managed(draft: &mut Draft<'_>, component: &str, sized: &Sized) -> bool {
    let class = sized.instance.clone();
    let fact = format!("aws.rds.db.{class}");
    if draft.place.provider != "aws" || draft.book.catalog.fact(&fact).is_none() {
        return false;
    }
    let hourly = draft.book.fact(&fact);
    let price = draft.book.price(&class);
    let (own, rented) = (draft.book.assume("ops.technology"), draft.book.assume("ops.managed"));
    let count = sized.instances;
    let id = |what: &str| format!("run.{component}.{what}");
    let book = &mut draft.book;
    let unit = tenfold_units::Unit::UsdPerMonth;
    let formula = format!("{count} * 730 * {price} + {own}");
    book.derive(&id("self"), "run by the team: machines and people", unit, &formula);
    let formula = format!("{count} * 730 * {hourly} + {rented}");
    book.derive(&id("managed"), "run by the provider", unit, &formula);
    let cheaper = book.value(&id("managed")) < book.value(&id("self"));
    let promised = promise(draft);
    let managed = cheaper && promised;
    let choice = words::managed(component, &id("self"), &id("managed"), (managed, promised));
    draft.choices.push(choice);
    managed
}

/// Returns whether the managed database, the balancer and the region together promise what the
/// strictest objective asks.
fn promise(draft: &mut Draft<'_>) -> bool {
    let asked = draft
        .estimate
        .objectives
        .iter()
        .filter(|objective| objective.sli == Sli::AvailabilityRatio)
        .map(|objective| draft.book.value(&objective.limit))
        .fold(0.0, f64::max);
    let facts = ["sla.aws.rds.multiaz", "sla.aws.elb", "sla.aws.ec2.multiaz"];
    let [store, balancer, region] = facts.map(|fact| draft.book.fact(fact));
    let label = "promises of a managed database, its balancer and its region";
    let formula = format!("{store} * {balancer} * {region}");
    let id = "run.promise";
    draft.book.derive(id, label, tenfold_units::Unit::Ratio, &formula) >= asked
}

/// A store of its own for a dataset that one PostgreSQL does not carry.
fn own(draft: &mut Draft<'_>, plain: &Demand) {
    let pinned = pinned_technology(draft, &plain.name);
    let cached = cache::best(draft, plain, pinned);
    let demand = match &cached {
        Some(plan) => {
            let hit = format!("cache.{}.hit_ratio", plan.dataset);
            plain.behind_cache(&mut draft.book, &hit)
        }
        None => plain.clone(),
    };
    let mut sized: Vec<(Technology, Sized)> =
        ALL.iter().map(|technology| (*technology, size(draft, *technology, &demand))).collect();
    let cheapest = cheapest(draft, &sized);
    let chosen = pinned.unwrap_or(cheapest);
    let choice = words::own(draft, plain, &demand, &sized, (chosen, cheapest));
    draft.choices.push(choice);
    let index = sized.iter().position(|(t, _)| *t == chosen).expect("all were sized");
    let (technology, sized) = sized.swap_remove(index);
    let component = format!("{}-store", plain.name.replace('_', "-"));
    let managed = match technology {
        Technology::Dynamodb => true,
        Technology::Postgresql | Technology::PostgresqlSharded => {
            managed(draft, &component, &sized)
        }
        Technology::Cassandra => false,
    };
    if let Some(plan) = cached {
        draft.caches.push(plan);
    }
    let datasets = vec![plain.name.clone()];
    let plan = StorePlan { component, technology, sized, datasets, demand, managed };
    draft.stores.push(plan);
}

/// Returns the technology that fits and costs least; a technology that already runs here is not
/// paid twice for its operation.
fn cheapest(draft: &mut Draft<'_>, sized: &[(Technology, Sized)]) -> Technology {
    let mut best = (f64::INFINITY, Technology::Dynamodb);
    for (technology, size) in sized {
        if size.refused.is_some() {
            continue;
        }
        let known = draft.stores.iter().any(|plan| plan.technology == *technology);
        let operation = if *technology == Technology::Dynamodb {
            draft.book.assume("ops.managed")
        } else {
            draft.book.assume("ops.technology")
        };
        let saved = if known { draft.book.value(&operation) } else { 0.0 };
        let cost = draft.book.value(&size.cost) - saved;
        if cost < best.0 {
            best = (cost, *technology);
        }
    }
    best.1
}

/// Returns the technology that the brief pins for a dataset.
fn pinned_technology(draft: &Draft<'_>, dataset: &str) -> Option<Technology> {
    let pins = [
        ("postgresql", Technology::PostgresqlSharded),
        ("cassandra", Technology::Cassandra),
        ("dynamodb", Technology::Dynamodb),
    ];
    pins.into_iter()
        .find(|(keyword, _)| draft.pin(&[keyword], dataset).is_some())
        .map(|(_, technology)| technology)
}

/// Returns the pin on a technology.
fn pin_of<'a>(
    draft: &Draft<'a>,
    technology: Technology,
    dataset: &str,
) -> Option<&'a tenfold_estimate::Pin> {
    let keyword = match technology {
        Technology::Postgresql | Technology::PostgresqlSharded => "postgresql",
        Technology::Cassandra => "cassandra",
        Technology::Dynamodb => "dynamodb",
    };
    draft.pin(&[keyword], dataset)
}
