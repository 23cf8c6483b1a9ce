//! The stages strung together.

use tenfold_brief::Format;
use tenfold_catalog::Catalog;
use tenfold_design::{Proposal, propose, propose_at};
use tenfold_estimate::{Estimate, Outcome, estimate};
use tenfold_units::{Interval, Ledger, Seed, Text, Unit};

use crate::plan::{Change, Plan, Redesign, Trial, Verdict};
use crate::review::tried;
use crate::trial::HitRatios;
use crate::{
    agreement, availability, bounds, first_look, rounds, sensitivity, settings, verdict, weakness,
};

/// How a plan is made.
pub struct PlanOptions<'a> {
    /// The seed that repeats every simulated figure.
    pub seed: Seed,
    /// Events that all simulated runs together may take.
    pub budget: u64,
    /// Called with what is being done and the share of the simulations that is done, 0 to 1, from
    /// any thread.
    pub progress: &'a (dyn Fn(&str, f64) + Sync),
    /// Called with the design and a first look at average and peak, by few events and before
    /// anything else is tried; nobody is where absent.
    pub first_look: Option<&'a (dyn Fn(&Plan) + Sync)>,
}

impl core::fmt::Debug for PlanOptions<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("PlanOptions")
            .field("seed", &self.seed)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

/// Reads a brief and estimates its load. Never fails: what is wrong is in the outcome and in the
/// diagnostics, beside everything that could be had.
#[must_use]
pub fn read(source: &[u8], format: Format, catalog: &Catalog) -> Estimate {
    let parsed = tenfold_brief::parse_bytes(source, format);
    let mut estimate = estimate(&parsed.brief, catalog);
    estimate.include(&parsed.diagnostics);
    estimate
}

/// Returns the plan of an understood brief: its design, tried.
///
/// # Panics
/// Panics when the estimate's outcome is an error or asks for input: there is nothing to design.
#[must_use]
pub fn plan(estimate: Estimate, catalog: &Catalog, options: &PlanOptions<'_>) -> Plan {
    assert!(
        matches!(estimate.outcome, Outcome::Ok | Outcome::Infeasible),
        "nothing can be designed from this brief"
    );
    let mut estimate = estimate;
    let mut round = 1;
    let (proposal, trials, verdicts) = loop {
        (options.progress)("design", 0.0);
        let mut proposal = propose(&estimate, catalog);
        (options.progress)("caches", 0.0);
        let hits = HitRatios::new(&proposal.design, &mut proposal.ledger, options.seed);
        if let (1, Some(show)) = (round, options.first_look) {
            show(&first_look::take(&estimate, &proposal, catalog, &hits, options));
        }
        let (design, ledger) = (&proposal.design, &mut proposal.ledger);
        let trials = tried(design, ledger, catalog, &hits, options, 1.0, &|_| true);
        availability::add(design, ledger, catalog, &trials);
        weakness::gives_out(design, ledger);
        let verdicts = verdict::judge(design, ledger, catalog, &hits, &trials);
        let room = rounds::more_room(design, ledger, &trials, &verdicts);
        if room.is_empty() || round == rounds::ROUNDS {
            break (proposal, trials, verdicts);
        }
        rounds::ask(&mut estimate.ledger, &room, options.seed);
        round += 1;
    };
    let mut plan = whole(estimate.clone(), proposal, trials, verdicts, options.seed);
    let (design, ledger) = (&plan.design, &mut plan.ledger);
    settings::record(design, ledger);
    plan.findings.extend(agreement::find(design, ledger));
    bounds::add(&estimate, design, ledger);
    plan.sensitivities = sensitivity::find(design, ledger);
    plan.weaknesses = weakness::find(design, ledger, &plan.trials, &plan.verdicts);
    (options.progress)("redesign", 1.0);
    let again = |factor| redesign(&estimate, catalog, design, &plan.choices, factor, &mut *ledger);
    plan.redesigns = [10.0, 100.0].map(again).into();
    plan
}

/// A plan of what was proposed and tried; nothing is concluded from it yet.
pub(crate) fn whole(
    mut estimate: Estimate,
    proposal: Proposal,
    trials: Vec<Trial>,
    verdicts: Vec<Verdict>,
    seed: Seed,
) -> Plan {
    estimate.ledger = Ledger::default();
    Plan {
        schema: "tenfold/plan/1".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        seed,
        catalogue: Catalog::date().to_owned(),
        diagnostics: std::mem::take(&mut estimate.diagnostics),
        ledger: proposal.ledger,
        estimate,
        design: proposal.design,
        choices: proposal.choices,
        answers: proposal.answers,
        cost: proposal.cost,
        findings: proposal.findings,
        trials,
        verdicts,
        sensitivities: Vec::new(),
        weaknesses: Vec::new(),
        redesigns: Vec::new(),
    }
}

/// The design of `factor` times the load, and what changes.
fn redesign(
    estimate: &Estimate,
    catalog: &Catalog,
    today: &tenfold_design::Design,
    choices: &[tenfold_design::Choice],
    factor: f64,
    ledger: &mut Ledger,
) -> Redesign {
    let id = format!("{factor}x");
    let then = propose_at(estimate, catalog, factor);
    let mut copy = |figure: &str| {
        let own = format!("at{id}.{figure}");
        let there = &then.ledger[figure];
        let label = format!("{}, designed anew for {id}", there.label);
        let formula = format!("{figure} of the proposal at {id} the load");
        let interval: Interval = there.interval;
        ledger.computed(&own, &label, there.unit, interval, &formula, &[]);
        own
    };
    let cost = copy(&then.cost.total);
    let components: Vec<(String, String)> =
        then.cost.components.iter().map(|(name, figure)| (name.clone(), copy(figure))).collect();
    for (name, component) in &then.design.components {
        let label = format!("{name}: instances, designed anew for {id}");
        let count = Interval::exact(f64::from(then.design.instances(component)));
        let figure = format!("at{id}.instances.{name}");
        let formula = format!("instances of the proposal at {id} the load");
        ledger.computed(&figure, &label, Unit::Count, count, &formula, &[]);
    }
    let words = |design: &tenfold_design::Design, name: &str, count: &str| {
        design.components.get(name).map(|component| {
            let runs = &component.runs;
            match &runs.instance {
                Some(instance) => format!("{} on {{{count}}} × {instance}", runs.technology),
                None => runs.technology.clone(),
            }
        })
    };
    let mut names: Vec<&String> = today.components.keys().collect();
    names.extend(then.design.components.keys().filter(|n| !today.components.contains_key(*n)));
    let changes = names
        .into_iter()
        .map(|name| Change {
            component: name.clone(),
            now: words(today, name, &format!("design.components.{name}.instances")),
            then: words(&then.design, name, &format!("at{id}.instances.{name}")),
        })
        .filter(|change| differs(&change.component, today, &then.design))
        .collect();
    let changed = choices
        .iter()
        .filter_map(|choice| {
            let other = then.choices.iter().find(|other| other.id == choice.id)?;
            let differs = other.chosen != choice.chosen;
            differs.then(|| (choice.id.clone(), choice.chosen.clone(), other.chosen.clone()))
        })
        .collect();
    let mut notes = bounds::key_space(ledger, factor);
    notes.extend(connections(&then.ledger, ledger, &id));
    Redesign { id, changes, choices: changed, cost, components, notes }
}

/// Returns whether a component runs on something else, or on another number of it.
fn differs(name: &str, today: &tenfold_design::Design, then: &tenfold_design::Design) -> bool {
    let runs = |design: &tenfold_design::Design| {
        let component = design.components.get(name)?;
        let runs = &component.runs;
        Some((runs.technology.clone(), runs.instance.clone(), design.instances(component)))
    };
    runs(today) != runs(then)
}

/// The connections that callers open to each store and cache, against what a node takes.
fn connections(then: &Ledger, ledger: &mut Ledger, id: &str) -> Vec<Text> {
    let mut notes = Vec::new();
    for (figure, there) in then.iter() {
        let Some(name) = figure.strip_prefix("connections.") else { continue };
        let own = format!("at{id}.{figure}");
        let formula = format!("{figure} of the proposal at {id} the load");
        ledger.computed(&own, &there.label, there.unit, there.interval, &formula, &[]);
        notes.push(Text::new(
            format!("Connections: callers at their most open {{{own}}} to {name}."),
            format!("연결: 호출자가 최대일 때 {name}에 여는 연결은 {{{own}}}개다."),
        ));
    }
    notes
}
