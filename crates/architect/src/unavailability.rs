//! How often too little of a design is up, exactly: k of n instances over zones that are lost as a
//! whole. No simulation: what fails once in years is not waited for.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenfold_catalog::Catalog;
use tenfold_design::{Component, Design, Loaded, ReplicationMode, review};
use tenfold_queueing::{SpreadReplicas, TwoState};
use tenfold_units::{Interval, Ledger, Provenance, Quality, Unit, math};

use crate::availability;

/// How often too little of a design is up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Unavailability {
    /// `tenfold/unavailability/1`.
    pub schema: String,
    /// Seconds from the repair of an instance to its next loss.
    pub instance_up_seconds: Ends,
    /// Seconds until an instance is replaced.
    pub instance_down_seconds: Ends,
    /// Seconds from the return of a zone to its next loss.
    pub zone_up_seconds: Ends,
    /// Seconds that the loss of a zone lasts.
    pub zone_down_seconds: Ends,
    /// Share of the time in which a major event of the region takes all away, where it is known.
    pub region_ratio: Option<f64>,
    /// Components with instances of their own.
    pub components: IndexMap<String, PartUnavailability>,
    /// Operations with all components that they need.
    pub operations: IndexMap<String, OperationUnavailability>,
    /// What it rests on.
    pub assumptions: Vec<String>,
}

/// A value with failures and their lengths at the middle of what is likely, all at their low and all
/// at their high ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ends {
    /// With few and short failures.
    pub low: f64,
    /// In the middle.
    pub mid: f64,
    /// With many and long failures.
    pub high: f64,
}

/// How often too little of a component is up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PartUnavailability {
    /// Share of the time in which one of its needs is not met, at most: their sum.
    pub unavailable_ratio: Ends,
    /// What it needs.
    pub needs: Vec<Need>,
}

/// So many of so many have to be up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Need {
    /// What for.
    pub what: String,
    /// Instances, or copies, that have to be up.
    pub needed: u32,
    /// Of so many.
    pub of: u32,
    /// Over so many zones.
    pub zones: u32,
    /// Share of the time in which fewer are.
    pub unavailable_ratio: Ends,
}

/// How often an operation lacks something that it needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OperationUnavailability {
    /// Share of the time in which a component that it needs is short of instances.
    pub unavailable_ratio: Ends,
    /// The components that are counted.
    pub components: Vec<String>,
    /// What else it rests on and is not counted: figures of the ledger, promises of a provider.
    pub not_counted: Vec<String>,
}

/// How often parts fail, and for how long.
#[derive(Clone, Copy, Debug)]
struct Failures {
    instance: TwoState,
    zone: TwoState,
}

/// Returns how often too little of a design is up.
///
/// # Errors
/// Says what in the file cannot be computed, with its place.
pub fn unavailability(
    loaded: &Loaded,
    catalog: &Catalog,
) -> Result<Unavailability, Vec<tenfold_design::Diagnostic>> {
    let design = &loaded.design;
    let mut ledger = review(loaded, catalog)?.ledger;
    availability::losses(&mut ledger, catalog);
    let replaced = catalog.known_fact("mttr.vm_replace");
    replaced.insert_into(&mut ledger, "fact.mttr.vm_replace", "time to replace an instance");
    zone_outage(&mut ledger);
    let failures = [End::Low, End::Mid, End::High].map(|end| end.failures(&ledger));
    let mut components = IndexMap::new();
    let mut needs = IndexMap::new();
    for (name, component) in &design.components {
        let own = needs_of(design, &ledger, name, component);
        if own.is_empty() {
            continue;
        }
        let each = own.iter().map(|need| Need {
            unavailable_ratio: ends(|end| need.spread(&failures[end]).unavailability(need.needed)),
            ..need.as_printed()
        });
        let each: Vec<Need> = each.collect();
        let sum = |of: fn(&Ends) -> f64| {
            each.iter().map(|need| of(&need.unavailable_ratio)).sum::<f64>().min(1.0)
        };
        let unavailable_ratio =
            Ends { low: sum(|e| e.low), mid: sum(|e| e.mid), high: sum(|e| e.high) };
        components.insert(name.clone(), PartUnavailability { unavailable_ratio, needs: each });
        needs.insert(name.clone(), own);
    }
    let mut operations = IndexMap::new();
    for name in design.flows.keys() {
        let (counted, not_counted) = path(&ledger, name, &needs);
        let own: Vec<&Required> = counted.iter().flat_map(|part| &needs[part]).collect();
        let unavailable_ratio = ends(|end| together(&own, design.zones(), &failures[end]));
        let operation =
            OperationUnavailability { unavailable_ratio, components: counted, not_counted };
        operations.insert(name.clone(), operation);
    }
    Ok(Unavailability {
        schema: "tenfold/unavailability/1".to_owned(),
        instance_up_seconds: ends(|end| failures[end].instance.mean_up),
        instance_down_seconds: ends(|end| failures[end].instance.mean_down),
        zone_up_seconds: ends(|end| failures[end].zone.mean_up),
        zone_down_seconds: ends(|end| failures[end].zone.mean_down),
        region_ratio: ledger.get("region.availability").map(|figure| 1.0 - figure.mid()),
        components,
        operations,
        assumptions: ASSUMPTIONS.map(str::to_owned).to_vec(),
    })
}

/// What the numbers rest on.
const ASSUMPTIONS: [&str; 6] = [
    "instances fail by themselves, zones as a whole, and each is repaired at once and without regard \
     to the others; lives and repairs may have any distribution (product form)",
    "a fleet is too small when fewer instances are up than its middle utilization at peak keeps \
     busy; it is counted as if it were always peak",
    "a replicated store is away for a key when fewer of its copies are up than its larger quorum, with \
     a primary than it waits for on a write; copies that do not divide evenly over the zones are left \
     out; the time of a failover comes on top (available.NAME of the plan)",
    "components share the zones: the loss of one hits all of them together and is counted once; two \
     needs of a component are added, which is too much where both fail together",
    "low and high have all rates and lengths of failures at their 10 % and 90 % quantiles",
    "bad deploys, configuration, software and overload are outside",
];

/// Makes the length of a zone's loss stand.
pub(crate) fn zone_outage(ledger: &mut Ledger) {
    let source = "a zone is back after an hour; large events took 1 to 8 h".to_owned();
    let provenance = Provenance::Assumed { source, quality: Quality::Recall };
    let hours = Interval::quantiles(900.0, 3_600.0, 28_800.0);
    let (id, label) = ("assumed.zone_outage_seconds", "length of a zone outage");
    ledger.insert(id, label, Unit::Seconds, hours, provenance);
}

/// Which end of what is likely.
#[derive(Clone, Copy)]
enum End {
    Low,
    Mid,
    High,
}

impl End {
    fn failures(self, ledger: &Ledger) -> Failures {
        let of = |id: &str| {
            let interval = &ledger[id].interval;
            match self {
                Self::Low => interval.low,
                Self::Mid => interval.mid,
                Self::High => interval.high,
            }
        };
        let part = |rate: &str, down: &str| {
            TwoState::new(1.0 / of(rate), of(down)).expect("rates and lengths are above 0")
        };
        Failures {
            instance: part("rate.instance_per_second", "fact.mttr.vm_replace"),
            zone: part("rate.zone_per_second", "assumed.zone_outage_seconds"),
        }
    }
}

fn ends(of: impl Fn(usize) -> f64) -> Ends {
    Ends { low: of(0), mid: of(1), high: of(2) }
}

/// A need as it is computed with.
#[derive(Clone, Debug)]
struct Required {
    what: &'static str,
    needed: u32,
    /// Zones of the design, those that hold it, and how many are in each.
    zones: u32,
    used: u32,
    per_zone: u32,
}

impl Required {
    fn spread(&self, failures: &Failures) -> SpreadReplicas {
        SpreadReplicas {
            zones: self.zones,
            used: self.used,
            replicas_per_zone: self.per_zone,
            replica: failures.instance,
            zone: failures.zone,
        }
        .checked()
        .expect("a design has zones and instances, at most 10,000 of each")
    }

    fn as_printed(&self) -> Need {
        Need {
            what: self.what.to_owned(),
            needed: self.needed,
            of: self.used * self.per_zone,
            zones: self.used,
            unavailable_ratio: Ends { low: 0.0, mid: 0.0, high: 0.0 },
        }
    }
}

/// What a component needs of its instances; nothing where a provider runs them.
fn needs_of(design: &Design, ledger: &Ledger, name: &str, component: &Component) -> Vec<Required> {
    let (all, zones) = (design.instances(component), design.zones());
    if component.runs.managed || all == 0 || zones == 0 {
        return Vec::new();
    }
    let mut needs = Vec::new();
    let spread = |what, needed: u32, count: u32| {
        // As evenly as their number allows; what remains is left out, which is never better than it is.
        let used = zones.min(count.max(1));
        let per_zone = (count / used).clamp(1, 10_000);
        Required { what, needed: needed.min(used * per_zone), zones, used, per_zone }
    };
    let ring = match &component.replication {
        Some(replication) => {
            let quorum = replication.mode == ReplicationMode::Quorum;
            let needed = match replication.mode {
                ReplicationMode::Quorum => replication.read_quorum.max(replication.write_quorum),
                ReplicationMode::PrimarySync => replication.write_quorum,
                ReplicationMode::PrimaryAsync => 1,
            };
            needs.push(spread("copies of a key", needed.max(1), replication.factor.max(1)));
            quorum
        }
        None if component.shards.is_some() => {
            needs.push(spread("the shard of a key", 1, 1));
            false
        }
        None => true,
    };
    if ring && let Some(busy) = ledger.get(&format!("utilization.{name}")) {
        let needed = (busy.mid() * f64::from(all)).ceil().clamp(1.0, f64::from(all));
        needs.push(spread("instances for the peak", needed as u32, all));
    } else if needs.is_empty() {
        needs.push(spread("instances", 1, all));
    }
    needs
}

/// The components that an operation needs, as the law of availability has them, and what else stands
/// in its product.
fn path(
    ledger: &Ledger,
    operation: &str,
    known: &IndexMap<String, Vec<Required>>,
) -> (Vec<String>, Vec<String>) {
    let Some(figure) = ledger.get(&format!("availability.{operation}")) else {
        return Default::default();
    };
    let Provenance::Derived { inputs, .. } = &figure.provenance else { return Default::default() };
    let (mut counted, mut others) = (Vec::new(), Vec::new());
    for input in inputs {
        match input.strip_prefix("available.").filter(|name| known.contains_key(*name)) {
            Some(name) => counted.push(name.to_owned()),
            None => others.push(input.clone()),
        }
    }
    (counted, others)
}

/// Share of the time in which one of the needs is not met: given which zones are lost components do
/// not depend on each other.
fn together(needs: &[&Required], zones: u32, failures: &Failures) -> f64 {
    let Some(first) = needs.first() else { return 0.0 };
    let given = |lost: u32| {
        let up: f64 = needs
            .iter()
            .map(|need| {
                let down = need.spread(failures).unavailability_given(need.needed, lost);
                math::ln_1p(-down.min(1.0))
            })
            .sum();
        -math::exp_m1(up)
    };
    (0..=zones).map(|lost| first.spread(failures).lost(lost) * given(lost)).sum()
}

#[cfg(test)]
mod tests;
