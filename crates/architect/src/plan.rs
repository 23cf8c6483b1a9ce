//! Everything that is known about a design, in one value.
//!
//! No number stands here that is printed: numbers are figures of the ledger, named by id.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use tenfold_brief::Diagnostic;
use tenfold_design::{Choice, CostSheet, Design, Finding, PinVerdict};
use tenfold_estimate::Estimate;
use tenfold_units::{Ledger, Seed, Text};

/// The id of a figure in the plan's ledger.
pub type FigureId = String;

/// A brief, its design, and what was seen when the design was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// `tenfold/plan/1`.
    pub schema: String,
    /// Version of the program that made it.
    pub version: String,
    /// The seed that repeats every simulated figure.
    pub seed: Seed,
    /// Date of the catalogue.
    pub catalogue: String,
    /// What was said about the brief.
    pub diagnostics: Vec<Diagnostic>,
    /// Every figure of every stage.
    pub ledger: Ledger,
    /// What the brief means. Its own ledger is empty: the figures stand above.
    pub estimate: Estimate,
    /// The design.
    pub design: Design,
    /// The choices with all their options.
    pub choices: Vec<Choice>,
    /// What the brief asks for by the name of a practice, judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<PinVerdict>,
    /// What it costs.
    pub cost: CostSheet,
    /// What laws, pins and sizes say against it.
    pub findings: Vec<Finding>,
    /// What was tried: loads first, then kills.
    pub trials: Vec<Trial>,
    /// Each objective judged.
    pub verdicts: Vec<Verdict>,
    /// The assumptions that matter most, first the one that breaks the design soonest.
    pub sensitivities: Vec<Sensitivity>,
    /// The three weakest points.
    pub weaknesses: Vec<Weakness>,
    /// The design made anew for more load.
    pub redesigns: Vec<Redesign>,
}

impl Plan {
    /// Returns whether a limit that the brief states cannot be met by any design: physics, the
    /// budget or a promise that was tried and missed.
    #[must_use]
    pub fn is_infeasible(&self) -> bool {
        self.estimate.outcome == tenfold_estimate::Outcome::Infeasible
            || !self.binding_limits().is_empty()
    }

    /// Returns the stated limits that this design, the cheapest that carries the load, does not keep:
    /// the budget, and objectives that were tried and missed.
    #[must_use]
    pub fn binding_limits(&self) -> Vec<Text> {
        let budget = self.findings.iter().filter(|finding| finding.law == "budget");
        let mut limits: Vec<Text> = budget.map(|finding| finding.text.clone()).collect();
        let stated = |verdict: &&Verdict| {
            let objective = self.estimate.objectives.iter().find(|o| o.id == verdict.objective);
            verdict.verdict == VerdictKind::Missed
                && objective.is_some_and(|o| o.origin.is_stated())
        };
        for verdict in self.verdicts.iter().filter(stated) {
            let Some(seen) = &verdict.simulated else { continue };
            let (id, limit) = (&verdict.objective, &verdict.limit);
            limits.push(Text {
                en: format!("`{id}` is {{{seen}}} where the brief asks for {{{limit}}}."),
                ko: format!("`{id}`: 요구서는 {{{limit}:을}} 요구하지만 {{{seen}:이다}}."),
            });
        }
        limits
    }
}

/// One scenario and what it showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// `average`, `peak`, `10x`, `100x`, `kill-instance-redirect`, `kill-component-clicks`,
    /// `kill-zone-a`.
    pub id: String,
    /// What was tried.
    pub kind: TrialKind,
    /// Runs that were made.
    pub runs: u32,
    /// Events over all runs.
    pub events: u64,
    /// What the simulated model leaves out or draws together, and whether that is exact.
    pub approximations: Vec<Approximation>,
    /// What was seen, in order of time.
    pub phases: Vec<Phase>,
    /// Good answers over time, for charts: one point per window of the simulated run.
    pub timeline: Vec<TimePoint>,
    /// Objectives that it breaks, by id, outside the time until failover.
    pub breaks: Vec<String>,
    /// Minutes of the error budget that one such event takes, for each operation: figure id.
    pub budget_minutes: IndexMap<String, FigureId>,
    /// What would help, tried by simulation where it says so.
    pub mitigations: Vec<Mitigation>,
}

/// What was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrialKind {
    /// A steady load; the figure is its factor of the average.
    Load(FigureId),
    /// Something dies at peak and comes back.
    Kill(Fault),
}

/// What dies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// An instance, a component or a zone.
    pub what: KillWhat,
    /// Its name.
    pub target: String,
}

/// The size of what dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KillWhat {
    /// One instance of a component.
    Instance,
    /// All instances of a component.
    Component,
    /// All instances in a zone.
    Zone,
}

/// Something that the simulated model simplifies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approximation {
    /// Whether the result is the same as without it.
    pub exact: bool,
    /// What it is.
    pub text: Text,
}

/// A part of a trial in which nothing changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// Which part.
    pub name: PhaseName,
    /// How long it lasts in the real system: figure id; absent for a steady load.
    pub lasts: Option<FigureId>,
    /// From when to when the simulated run stands for it, s since its start; absent for a steady load.
    pub simulated: Option<(f64, f64)>,
    /// What users saw.
    pub operations: Vec<PhaseOperation>,
    /// What the parts did.
    pub components: Vec<PhaseComponent>,
}

/// The parts of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PhaseName {
    /// A load that stays.
    Steady,
    /// Until the loss is noticed and traffic goes around it.
    Onset,
    /// Noticed, not yet replaced.
    Degraded,
    /// Replaced, caches still cold.
    Recovery,
}

/// An operation within a phase. Absent figures: not enough data, or the queue grows without bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseOperation {
    /// The operation.
    pub operation: String,
    /// Requests that arrive, of the whole system.
    pub arriving: FigureId,
    /// Good answers, of the whole system.
    pub goodput: FigureId,
    /// Good answers / requests; good is without error and in time.
    pub availability: FigureId,
    /// Requests answered without error within the limit of a latency objective, by objective: decides
    /// it where there are too few requests for an interval of the percentile itself.
    pub within: IndexMap<String, FigureId>,
    /// Mean latency.
    pub mean: Option<FigureId>,
    /// Median latency.
    pub p50: Option<FigureId>,
    /// 90th percentile of latency.
    pub p90: Option<FigureId>,
    /// 95th percentile of latency.
    pub p95: Option<FigureId>,
    /// 99th percentile of latency.
    pub p99: Option<FigureId>,
    /// 99.9th percentile of latency.
    pub p999: Option<FigureId>,
    /// Share of requests that failed, by cause, largest first.
    pub failures: Vec<(String, FigureId)>,
}

/// A component within a phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseComponent {
    /// The component.
    pub component: String,
    /// Busy share of its servers.
    pub utilization: Option<FigureId>,
    /// Hits / look-ups.
    pub hit_ratio: Option<FigureId>,
}

/// A window of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimePoint {
    /// Seconds since the start of the run.
    pub seconds: f64,
    /// Good answers / requests, by operation.
    pub good_ratio: IndexMap<String, f64>,
    /// 99th percentile of latency in seconds, by operation.
    pub p99_seconds: IndexMap<String, f64>,
}

/// Something that would make a failure milder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mitigation {
    /// What it is, and what the simulation of it showed.
    pub text: Text,
    /// Whether it was simulated.
    pub tried: bool,
}

/// An objective and whether it holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Id of the objective.
    pub objective: String,
    /// The operation that it binds; the worst one where it binds all.
    pub operation: Option<String>,
    /// The limit.
    pub limit: FigureId,
    /// What the closed form says, where one holds.
    pub analytic: Option<FigureId>,
    /// What the simulation saw, with its 95 % interval.
    pub simulated: Option<FigureId>,
    /// Whether it holds.
    pub verdict: VerdictKind,
    /// Why it is undecided, or which trial breaks it.
    pub reason: Option<Text>,
}

/// Whether an objective holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictKind {
    /// The whole interval lies on the good side.
    Met,
    /// The interval crosses the limit, there is not enough data, or formula and simulation differ.
    Undecided,
    /// The whole interval lies on the bad side.
    Missed,
}

/// An assumption that moves the design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sensitivity {
    /// The assumed figure.
    pub figure: FigureId,
    /// What it moves most, at its low and at its high end: figure id of what is moved.
    pub moves: FigureId,
    /// That figure at the low end of the assumption.
    pub at_low: FigureId,
    /// That figure at the high end of the assumption.
    pub at_high: FigureId,
    /// The value at which the design breaks; absent: it never does within a factor of 100.
    pub breaks_at: Option<FigureId>,
    /// What breaks there.
    pub broken: Option<Text>,
}

/// A weak point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weakness {
    /// `margin`, `unavailability`, `first-to-give-out`.
    pub kind: String,
    /// The sentence, with its figures.
    pub text: Text,
}

/// The design made anew for a multiple of the load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Redesign {
    /// `10x`, `100x`.
    pub id: String,
    /// What changes against the design of today, one row per component.
    pub changes: Vec<Change>,
    /// Choices that fall otherwise: choice id, option of today, option then.
    pub choices: Vec<(String, String, String)>,
    /// What it costs then.
    pub cost: FigureId,
    /// Cost per component then: component and figure id, dearest first.
    pub components: Vec<(String, FigureId)>,
    /// Physical or numeric limits that it meets on the way.
    pub notes: Vec<Text>,
}

/// What a component is today and in a redesign; an absent side: it does not exist there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The component.
    pub component: String,
    /// What and how many, today: a template that names the figure of how many.
    pub now: Option<String>,
    /// What and how many, then: a template.
    pub then: Option<String>,
}
