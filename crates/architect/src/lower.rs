//! From a design to a model of the simulator: the only way.
//!
//! A design of many equal instances is simulated as one *cell*: a share of the load on the same
//! share of the instances. Where a component has too few instances for that, it stays whole and
//! gets the rest of its load as background calls, so that each instance carries what it carries in
//! the design.

mod cell;
mod flow;
mod part;

use indexmap::IndexMap;
use tenfold_catalog::Catalog;
use tenfold_design::{Action, Design, Formula, Load, Step};
use tenfold_sim::{self as sim, Distribution, Model};
use tenfold_units::{Expression, Ledger, Text, math};

pub use cell::{Cell, Part};
pub(crate) use cell::{is_background, zones_are_alike};
pub(crate) use flow::{calls, is_in_process, rounds, write_class};
pub(crate) use part::{cache_options, population, real_detection, records};

use crate::plan::Approximation;

/// What is lowered: a load and the size of the cell.
#[derive(Clone, Debug, PartialEq)]
pub struct LowerOptions {
    /// Which of the design's two loads.
    pub load: Load,
    /// Factor on that load.
    pub factor: f64,
    /// The design is about this many times as large as the cell; 1: all of it.
    pub cells: f64,
    /// A component of which the cell keeps at least so many instances (to kill one of them).
    pub keep: Option<(String, u32)>,
    /// Instances stand in the cell with fewer servers also where services are long: waits come out too
    /// long, which is on the safe side where only good and bad answers are counted.
    pub coarse: bool,
    /// Factor on times of detection and failover, which are long and uneventful: all of them are
    /// shortened alike.
    pub detection_scale: f64,
}

/// A model and what it stands for.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The model.
    pub model: Model,
    /// The cell: which share of each component it holds.
    pub cell: Cell,
    /// What is simplified.
    pub approximations: Vec<Approximation>,
}

/// Returns the model of a design under a load.
///
/// `ledger` holds the design's inputs under their names; `hit_ratio` returns that of a cache, from
/// its keys: it decides only how many calls of the rest of the system stand for what the cell leaves
/// out.
///
/// # Panics
/// Panics when a formula of the design names an unknown input; reading a design checks that.
#[must_use]
pub fn lower(
    design: &Design,
    ledger: &Ledger,
    catalog: &Catalog,
    hit_ratio: &dyn Fn(&str) -> f64,
    options: &LowerOptions,
) -> Lowered {
    let rates = rates(design, ledger, options);
    let cell = Cell::new(design, options);
    let mut model = Model {
        model: design.name.clone(),
        zones: design.place.zones.clone(),
        network: Some(network(catalog)),
        ..Model::default()
    };
    for (name, keys) in &design.keys {
        model.keys.insert(name.clone(), part::population(keys, ledger));
    }
    for (name, component) in &design.components {
        let keys = keys_of(design, name);
        part::add(&cell, options, name, component, keys, ledger, &mut model);
    }
    for (id, link) in &design.links {
        let lowered = part::link(design, link, id, &cell, options);
        model.links.insert(id.to_string(), lowered);
    }
    let ways = flow::Ways { design, ledger, hit_ratio };
    for (name, steps) in &design.flows {
        let operation = flow::operation(&ways, &cell, name, steps, &rates);
        if let Some(operation) = operation {
            model.operations.insert(name.clone(), operation);
        }
    }
    let calls = flow::calls(design, ledger, &rates, hit_ratio);
    cell.add_background(&calls, &mut model);
    let approximations = approximations(design, ledger, &cell);
    Lowered { model, cell, approximations }
}

/// Requests per second of each operation in the whole system.
pub(crate) fn rates(
    design: &Design,
    ledger: &Ledger,
    options: &LowerOptions,
) -> IndexMap<String, f64> {
    design
        .workload
        .iter()
        .map(|(name, operation)| {
            let rate = match options.load {
                Load::Average => &operation.rate,
                Load::Peak => &operation.peak,
            };
            (name.clone(), evaluate(rate, ledger) * options.factor)
        })
        .collect()
}

/// Returns the value of a formula over the figures of a ledger.
///
/// # Panics
/// Panics when it names a figure that does not stand there.
#[must_use]
pub fn evaluate(formula: &Formula, ledger: &Ledger) -> f64 {
    Expression::parse(&formula.0)
        .and_then(|expression| {
            expression.evaluate(&mut |id| ledger.get(id).map(tenfold_units::Figure::mid))
        })
        .unwrap_or_else(|error| panic!("formula `{}`: {error}", formula.0))
}

/// Half a round trip each way, lognormal with the quantiles of the catalogue.
fn network(catalog: &Catalog) -> sim::Network {
    let one_way = |fact: &tenfold_catalog::Fact| {
        let interval = fact.interval();
        // A lognormal's 10 % and 90 % quantiles lie 2 × 1.2816 standard deviations of ln apart.
        let sigma = math::ln(interval.high / interval.low) / 2.563_1;
        let cv = math::exp_m1(sigma * sigma).sqrt();
        let mean = core::time::Duration::from_secs_f64(interval.mid / 2.0);
        Distribution::Lognormal { mean, cv }
    };
    sim::Network {
        same_zone: one_way(catalog.rtt_same_zone()),
        cross_zone: one_way(catalog.rtt_cross_zone()),
        loss_ratio: None,
        bandwidth: None,
    }
}

fn approximations(design: &Design, ledger: &Ledger, cell: &Cell) -> Vec<Approximation> {
    let mut found = Vec::new();
    let most = flow::REPEATS_MAX;
    for (name, steps) in &design.flows {
        if longest_repeat(steps, ledger) > most {
            found.push(Approximation {
                exact: false,
                text: Text::new(
                    format!(
                        "{name} repeats its calls more than {most} times; {most} of them were \
                         simulated, so that the load on what it calls is too low."
                    ),
                    format!(
                        "{name}의 반복 호출이 {most}번을 넘어 {most}번까지만 시뮬레이션했다. 호출 \
                         대상의 부하가 실제보다 낮게 나온다."
                    ),
                ),
            });
        }
    }
    if cell.cells > 1.0 {
        found.push(Approximation {
            exact: false,
            text: Text::new(
                "A cell was simulated: a share of the load on the same share of the instances. \
                 This is exact for independent shards; for balanced instances it leaves out that \
                 a large pool evens out load better, so latencies are on the safe side.",
                "전체를 같은 cell로 나누어 그중 하나를 시뮬레이션했다. 부하와 instance를 같은 비율로 \
                 줄인 것이다. 독립적인 shard에는 정확하고, load balancing되는 instance에는 큰 pool의 \
                 평준화 효과가 빠지므로 latency가 안전한 쪽(높은 쪽)으로 나온다.",
            ),
        });
    }
    found
}

/// The most repetitions of a step within a flow.
fn longest_repeat(steps: &[Step], ledger: &Ledger) -> f64 {
    let of = |steps: &[Step]| longest_repeat(steps, ledger);
    let repeats = steps.iter().map(|step| match step {
        Step::Action(Action::Repeat(repeat)) => {
            evaluate(&repeat.times, ledger).max(of(&repeat.steps))
        }
        Step::Action(Action::Lookup(lookup)) => of(&lookup.on_miss).max(of(&lookup.on_error)),
        Step::Action(Action::Sometimes(some)) => of(&some.steps),
        Step::Action(Action::Call(called)) => of(&called.steps),
        Step::Action(Action::Parallel(branches)) => {
            branches.iter().map(|branch| of(branch)).fold(0.0, f64::max)
        }
        Step::Visit(_) | Step::Action(_) => 0.0,
    });
    repeats.fold(0.0, f64::max)
}

/// Returns the key space of the first look-up in a cache.
pub(crate) fn keys_of<'a>(design: &'a Design, cache: &str) -> Option<&'a String> {
    fn find<'a>(steps: &'a [Step], cache: &str) -> Option<&'a String> {
        steps.iter().find_map(|step| match step {
            Step::Action(Action::Lookup(lookup)) if lookup.cache == cache => Some(&lookup.key),
            Step::Action(Action::Lookup(lookup)) => find(&lookup.on_miss, cache),
            Step::Action(Action::Sometimes(some)) => find(&some.steps, cache),
            Step::Action(Action::Call(called)) => find(&called.steps, cache),
            Step::Action(Action::Repeat(repeat)) => find(&repeat.steps, cache),
            Step::Action(Action::Parallel(branches)) => {
                branches.iter().find_map(|branch| find(branch, cache))
            }
            Step::Visit(_)
            | Step::Action(
                Action::Read(_)
                | Action::Write(_)
                | Action::Fill(_)
                | Action::Invalidate(_)
                | Action::Emit(_)
                | Action::Consume(_),
            ) => None,
        })
    }
    design.flows.values().find_map(|steps| find(steps, cache))
}

/// Returns whether a flow starts with records of a topic.
pub(crate) fn consumes(steps: &[Step]) -> Option<&str> {
    match steps.first() {
        Some(Step::Action(Action::Consume(target))) => Some(&target.at),
        Some(Step::Visit(_) | Step::Action(_)) | None => None,
    }
}
