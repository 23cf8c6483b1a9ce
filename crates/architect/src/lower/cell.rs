//! A share of a design that can be simulated for the whole.

use indexmap::IndexMap;
use tenfold_design::{Component, Design, HANDSHAKE};
use tenfold_sim::{self as sim, Model};

use super::LowerOptions;

/// Which share of each component is simulated.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The design is so many times as large as the cell's load.
    pub cells: f64,
    /// What the cell holds of each component.
    pub parts: IndexMap<String, Part>,
}

/// What a cell holds of a component.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Instances in each zone.
    pub replicas: IndexMap<String, u32>,
    /// Servers of each instance.
    pub servers: u32,
    /// Servers of the cell ÷ servers of the design.
    pub share: f64,
    /// Instances of the design ÷ instances of the cell.
    pub instances_ratio: f64,
    /// Factor on its service times: where even one server is more than the share, a slower server
    /// keeps the utilization and overstates the latency by at most 50 us, by 1 ms in a coarse cell.
    pub slower: f64,
}

/// An instance may stand in the cell with fewer servers only where a service takes no longer than
/// this, s: a queue before few slow servers is another queue.
const SERVICE_OF_FEWER: f64 = 300e-6;

/// The same where the cell may be coarse, s.
const SERVICE_OF_FEWER_COARSE: f64 = 1e-3;

/// The most that a slower server may add to the mean of one call, s.
const SLOWER_MAX: f64 = 50e-6;

/// The same where the cell may be coarse, s.
const SLOWER_MAX_COARSE: f64 = 1e-3;

/// Zones that hold at least so many instances each count as alike where one holds one more.
const NEARLY_EVEN: u32 = 4;

impl Cell {
    /// Returns the cell of a design that is about `options.cells` times as large.
    #[must_use]
    pub fn new(design: &Design, options: &LowerOptions) -> Self {
        let parts = design
            .components
            .iter()
            .map(|(name, component)| {
                let keep = match &options.keep {
                    Some((kept, count)) if kept == name => *count,
                    Some(_) | None => 0,
                };
                (name.clone(), part(design, component, options, keep))
            })
            .collect();
        Self { cells: options.cells, parts }
    }

    /// Adds, for each component of which the cell holds more than its share, the calls that the
    /// rest of the system would make to it, and the handshakes. `calls` are calls per second of the whole system by
    /// component and class of work.
    pub(super) fn add_background(
        &self,
        calls: &IndexMap<String, IndexMap<String, f64>>,
        model: &mut Model,
    ) {
        for (name, part) in &self.parts {
            let whole = if part.slower > 1.0 { 1.0 / self.cells } else { part.share };
            for (class, rate) in calls.get(name).into_iter().flatten() {
                // No flow of the cell makes a handshake.
                let extra = if class == HANDSHAKE { whole } else { whole - 1.0 / self.cells };
                if extra <= 1e-9 {
                    continue;
                }
                let flow = vec![sim::Step::Call(sim::Call::new(name, class))];
                let operation = sim::Operation {
                    load: sim::Load::Open(sim::Poisson { rate: rate * extra }),
                    zones: IndexMap::new(),
                    keys: None,
                    limit: None,
                    good_within: None,
                    flow,
                };
                model.operations.insert(background(name, class), operation);
            }
        }
    }
}

/// Returns the name of the operation that stands for the rest of the system.
fn background(component: &str, class: &str) -> String {
    format!("rest of {component} ({class})")
}

/// Returns whether an operation of a model stands for the rest of the system.
#[must_use]
pub(crate) fn is_background(operation: &str) -> bool {
    operation.starts_with("rest of ")
}

fn part(design: &Design, component: &Component, options: &LowerOptions, keep: u32) -> Part {
    let cells = options.cells;
    let whole = placement(design, component);
    let servers = component.station.as_ref().map_or(0, |station| station.servers);
    let all: u32 = whole.values().sum();
    let (least, most) = (whole.values().min(), whole.values().max());
    let (least, most) = (least.map_or(0, |n| *n), most.map_or(0, |n| *n));
    let even = least == most || most - least == 1 && least >= NEARLY_EVEN;
    if cells <= 1.0 || !even || all == 0 {
        let slower = slower(component, options, 1.0);
        return Part { replicas: whole, servers, share: 1.0, instances_ratio: 1.0, slower };
    }
    let zones = whole.len() as u32;
    let per_zone = f64::from(all) / f64::from(zones);
    let wanted = (per_zone / cells).ceil().max(f64::from(keep.div_ceil(zones)));
    let kept = (wanted as u32).clamp(1, least);
    let needed = per_zone * f64::from(servers) / (cells * f64::from(kept));
    // Fewer servers where even one instance is more than the share.
    let fewer = (needed.ceil() as u32).clamp(servers.min(1), servers);
    let longest = if options.coarse { SERVICE_OF_FEWER_COARSE } else { SERVICE_OF_FEWER };
    let servers_kept = if longest_service(component) > longest { servers } else { fewer };
    let share = if servers == 0 {
        1.0 / cells
    } else {
        f64::from(kept * servers_kept) / (per_zone * f64::from(servers))
    };
    let share = share.max(1.0 / cells);
    let slower = slower(component, options, share);
    Part {
        replicas: whole.into_keys().map(|zone| (zone, kept)).collect(),
        servers: servers_kept,
        share,
        instances_ratio: per_zone / f64::from(kept),
        slower,
    }
}

/// Returns the factor on the service times that makes up for a share above 1 ÷ `cells`, or 1 where
/// that would overstate latencies too much: then the rest of the load comes as background calls.
fn slower(component: &Component, options: &LowerOptions, share: f64) -> f64 {
    let factor = share * options.cells;
    let most = if options.coarse { SLOWER_MAX_COARSE } else { SLOWER_MAX };
    let added = longest_service(component) * (factor - 1.0);
    if factor > 1.0 && added <= most { factor } else { 1.0 }
}

/// Returns whether every zone holds the same: then one lost zone is like another.
#[must_use]
pub(crate) fn zones_are_alike(design: &Design) -> bool {
    design.components.values().all(|component| {
        let placed = placement(design, component);
        let first = placed.values().next();
        placed.len() == design.place.zones.len() && placed.values().all(|n| Some(n) == first)
    })
}

/// Returns the instances of a component in each zone; a managed service has one place per zone.
fn placement(design: &Design, component: &Component) -> IndexMap<String, u32> {
    let zones = &design.place.zones;
    if component.runs.instance.is_none() {
        return zones.iter().map(|zone| (zone.clone(), 1)).collect();
    }
    if let Some(per_zone) = component.runs.per_zone {
        return zones.iter().map(|zone| (zone.clone(), per_zone)).collect();
    }
    let named = component.replication.as_ref().map_or(&[][..], |r| r.zones.as_slice());
    let places = if named.is_empty() { zones.as_slice() } else { named };
    let mut placed: IndexMap<String, u32> = IndexMap::new();
    for index in 0..design.instances(component) {
        let zone = &places[index as usize % places.len()];
        *placed.entry(zone.clone()).or_insert(0) += 1;
    }
    placed
}

/// The longest mean service time of a component, s.
fn longest_service(component: &Component) -> f64 {
    component
        .station
        .iter()
        .flat_map(|station| station.service_time.values())
        .map(|time| time.mean.as_secs_f64())
        .fold(0.0, f64::max)
}
