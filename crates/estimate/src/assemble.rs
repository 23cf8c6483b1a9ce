//! From the solved network to the estimate.

pub(crate) mod constraints;
mod functional;
mod objective;

use std::collections::BTreeSet;

use tenfold_brief::{Diagnostic, Severity};
use tenfold_units::Ledger;

use crate::draft::Draft;
use crate::network::Definition;
use crate::rules::YEARS;
use crate::{
    Assumption, Column, Dataset, Durability, Estimate, NotUnderstood, Operation, OperationKind,
    Origin, Outcome, OutsideCall, Popularity, Population, Recognition, Tier, Touch, Window,
};

/// Figures that are listed whenever they are known.
const METRICS: &[&str] = &[
    "write_qps_avg",
    "write_qps_peak",
    "read_qps_avg",
    "read_qps_peak",
    "push_qps_avg",
    "push_qps_peak",
    "bandwidth_in_bps",
    "bandwidth_out_bps",
    "bandwidth_in_peak_bps",
    "bandwidth_out_peak_bps",
    "storage_per_day_bytes",
    "storage_per_month_bytes",
];
/// Figures that are listed when the brief states what gives them.
const METRICS_IF_STATED: &[&str] = &[
    "users",
    "mau",
    "dau",
    "concurrent_users",
    "concurrent_users_avg",
    "request_qps_avg",
    "request_qps_peak",
    "memory_total_bytes",
    "peak_factor",
    "read_write_ratio",
    "fan_out",
];

/// Returns the estimate that a solved draft holds.
pub(crate) fn assemble(mut draft: Draft<'_>, archetype: Recognition) -> Estimate {
    let mut ledger = Ledger::default();
    keep_what_is_known(&mut draft);
    constraints::residency(&mut draft);
    objective::declare(&mut draft);
    let operations = operations(&draft, &mut ledger);
    let datasets = datasets(&draft, &mut ledger);
    let objectives = objective::objectives(&draft, &mut ledger);
    metrics(&draft, &mut ledger);
    let populations = populations(&draft, &mut ledger);
    let constraints = constraints::constraints(&draft, &mut ledger);
    let pins = constraints::pins(&draft);
    let features = functional::features(&draft);
    let functional = functional::functional(&draft, &operations);
    let api = functional::api(&draft, &operations);
    let assumptions = assumptions(&draft, &ledger);
    let outcome = outcome(&draft.diagnostics);
    let mut estimate = Estimate {
        name: name(&draft),
        archetype,
        outcome,
        ledger,
        populations,
        operations,
        datasets,
        objectives,
        constraints,
        pins,
        features,
        functional,
        api,
        assumptions,
        readings: core::mem::take(&mut draft.readings),
        diagnostics: core::mem::take(&mut draft.diagnostics),
        not_understood: not_understood(&draft),
    };
    estimate.include(&[]);
    estimate
}

/// Returns the title, or the first heading where none is one.
fn name(draft: &Draft<'_>) -> String {
    let title = draft.brief.title.as_ref().map(|title| title.text.clone());
    let heading = || draft.brief.sections.first().map(|section| section.title.clone());
    title.or_else(heading).unwrap_or_default()
}

impl Estimate {
    /// Adds diagnostics of the parser, puts all in the order of the text, and lets errors among
    /// them decide the outcome.
    pub fn include(&mut self, diagnostics: &[Diagnostic]) {
        for diagnostic in diagnostics {
            if !self.diagnostics.contains(diagnostic) {
                self.diagnostics.push(diagnostic.clone());
            }
        }
        // The parser names the same contradiction with the words of the brief.
        let named: Vec<u32> = self
            .diagnostics
            .iter()
            .filter(|d| d.code.as_str() == "E004")
            .map(|d| d.span.line)
            .collect();
        self.diagnostics.retain(|d| d.code.as_str() != "E101" || !named.contains(&d.span.line));
        self.diagnostics.sort_by(|a, b| {
            (a.span.line, a.span.column, a.severity as u8, a.code.as_str()).cmp(&(
                b.span.line,
                b.span.column,
                b.severity as u8,
                b.code.as_str(),
            ))
        });
        // Where nothing could be read, the lack of a load is no second fault.
        if self.diagnostics.iter().any(|d| matches!(d.code.as_str(), "E007" | "E008" | "E011")) {
            self.diagnostics.retain(|d| d.code.as_str() != "W101");
        }
        self.outcome = outcome(&self.diagnostics);
    }
}

/// Returns the gravest of what the diagnostics say.
fn outcome(diagnostics: &[Diagnostic]) -> Outcome {
    let one = |d: &Diagnostic| match (d.severity, d.code.as_str()) {
        (Severity::Error, "E150" | "E151" | "E152" | "E153" | "E154" | "E155") => {
            Outcome::Infeasible
        }
        (Severity::Error, _) => Outcome::Error,
        (_, "W101") => Outcome::NeedsInput,
        (Severity::Warning | Severity::Reading, _) => Outcome::Ok,
    };
    diagnostics.iter().map(one).max().unwrap_or(Outcome::Ok)
}

/// Drops datasets of which nothing gives the size, and what touches them.
fn keep_what_is_known(draft: &mut Draft<'_>) {
    let network = &draft.network;
    draft.datasets.retain(|name, _| network.is_known(&format!("data.{name}.storage_1y_bytes")));
    let datasets: BTreeSet<String> = draft.datasets.keys().cloned().collect();
    draft.operations.retain(|name, _| network.is_known(&format!("op.{name}.qps_avg")));
    for operation in draft.operations.values_mut() {
        operation.spec.touches.retain(|touch| datasets.contains(&touch.dataset));
    }
}

fn operations(draft: &Draft<'_>, ledger: &mut Ledger) -> Vec<Operation> {
    let mut operations = Vec::with_capacity(draft.operations.len());
    for (name, operation) in &draft.operations {
        let spec = &operation.spec;
        let known = spec.calls.iter().filter(|call| draft.network.emit(&call.seconds, ledger));
        let calls: Vec<OutsideCall> = known
            .map(|call| OutsideCall {
                system: call.system.clone(),
                seconds: call.seconds.clone(),
                after: call.after.clone(),
                optional: call.optional,
            })
            .collect();
        let mut id = |end: &str| {
            let id = format!("op.{name}.{end}");
            draft.network.emit(&id, ledger);
            id
        };
        let touches = spec.touches.iter().map(|touch| Touch {
            dataset: touch.dataset.clone(),
            access: touch.access,
            timing: touch.timing,
            times: touch.times,
            optional: touch.optional,
        });
        let window = match &operation.window {
            Some(label) => {
                let ratio = id("active_ratio");
                id("daily_mean_qps");
                Window { active_ratio: Some(ratio), label: label.clone() }
            }
            None => Window::all_day(),
        };
        operations.push(Operation {
            name: name.clone(),
            label: spec.label.clone(),
            actor: spec.actor.clone(),
            kind: spec.kind,
            in_totals: spec.in_totals,
            qps_avg: id("qps_avg"),
            qps_peak: id("qps_peak"),
            request_bytes: id("request_bytes"),
            response_bytes: id("response_bytes"),
            fan_out: spec.fan_out.clone(),
            consistency: spec.consistency,
            touches: touches.collect(),
            calls,
            window,
            story: functional::story_text(
                &spec.actor,
                &functional::goal(operation),
                spec.so_that.as_deref(),
            ),
            idempotency: spec.idempotency.clone(),
            origin: operation.origin.clone(),
        });
    }
    for operation in &mut operations {
        if let Some(fan_out) = &operation.fan_out
            && !draft.network.emit(fan_out, ledger)
        {
            operation.fan_out = None;
        }
    }
    operations
}

fn datasets(draft: &Draft<'_>, ledger: &mut Ledger) -> Vec<Dataset> {
    let mut datasets = Vec::with_capacity(draft.datasets.len());
    for (name, dataset) in &draft.datasets {
        let spec = &dataset.spec;
        let mut known = |end: &str| {
            let id = format!("data.{name}.{end}");
            draft.network.emit(&id, ledger).then_some(id)
        };
        for end in ["storage_per_day_bytes", "storage_per_month_bytes"] {
            known(end);
        }
        for years in YEARS {
            for end in ["bytes", "replicated_bytes", "growth_bytes"] {
                known(&format!("storage_{years}y_{end}"));
            }
            known(&format!("items_{years}y"));
        }
        let popularity = spec.popularity.as_ref().and_then(|_| {
            Some(Popularity {
                active_keys: known("active_keys")?,
                zipf_exponent: known("zipf_exponent")?,
                new_keys_per_second: known("new_items_per_second"),
                half_life: known("half_life_seconds"),
                ageless_ratio: known("ageless_ratio"),
            })
        });
        let tiers = dataset.tiers.iter().filter_map(|(tier, until)| {
            let bytes = known(&format!("{tier}_bytes"))?;
            Some(Tier { name: tier.clone(), until: until.clone(), bytes })
        });
        let tiers: Vec<Tier> = tiers.collect();
        let always = |id: Option<String>, end: &str| {
            id.unwrap_or_else(|| panic!("data.{name}.{end} is known for every dataset"))
        };
        let growth = known("growth_ratio")
            .or_else(|| draft.network.is_stated("growth_ratio").then(|| "growth_ratio".to_owned()));
        datasets.push(Dataset {
            name: name.clone(),
            label: spec.label.clone(),
            shape: spec.shape,
            key: spec.key.clone(),
            partition_columns: spec.partition_columns,
            columns: spec.columns.iter().map(|column| self::column(column)).collect(),
            in_totals: spec.in_totals,
            item_bytes: always(known("item_bytes"), "item_bytes"),
            new_items_per_second: known("new_items_per_second"),
            stock_bytes: known("stock_bytes"),
            retention: known("retention_seconds"),
            copies: always(known("copies"), "copies"),
            growth,
            storage_1y: format!("data.{name}.storage_1y_bytes"),
            items_1y: format!("data.{name}.items_1y"),
            tiers,
            consistency: spec.consistency,
            durability: Durability {
                rpo: always(known("rpo_seconds"), "rpo_seconds"),
                rto: always(known("rto_seconds"), "rto_seconds"),
            },
            residency: dataset.residency.clone(),
            popularity,
            unique: spec.unique.clone(),
            personal: spec.personal,
            critical: spec.critical,
            origin: dataset.origin.clone(),
        });
    }
    datasets
}

fn column(text: &str) -> Column {
    let (name, kind) = text.split_once(' ').unwrap_or((text, "text"));
    Column { name: name.to_owned(), kind: kind.to_owned() }
}

fn metrics(draft: &Draft<'_>, ledger: &mut Ledger) {
    let network = &draft.network;
    for id in METRICS {
        network.emit(id, ledger);
    }
    for years in YEARS {
        for end in ["bytes", "replicated_bytes", "growth_bytes"] {
            network.emit(&format!("storage_{years}y_{end}"), ledger);
        }
        network.emit(&format!("objects_{years}y"), ledger);
    }
    for id in METRICS_IF_STATED {
        if network.rests_on_statements(id) {
            network.emit(id, ledger);
        }
    }
    if !draft.operations.is_empty() {
        network.emit("peak_factor", ledger);
    }
    let kinds = [OperationKind::Read, OperationKind::Write];
    if kinds.iter().all(|kind| draft.operations.values().any(|o| o.spec.kind == *kind)) {
        network.emit("read_write_ratio", ledger);
    }
    for id in draft.reported.iter().chain(draft.figure_of.iter().flatten()) {
        network.emit(id, ledger);
    }
}

fn populations(draft: &Draft<'_>, ledger: &mut Ledger) -> Vec<Population> {
    let mut populations = Vec::new();
    for population in &draft.populations {
        if draft.network.emit(&population.figure, ledger) {
            populations.push(Population {
                name: population.noun.to_string(),
                figure: population.figure.clone(),
                parent: population.parent.clone(),
                origin: population.origin.clone(),
            });
        }
    }
    for (id, name) in [
        ("mau", "monthly active user"),
        ("dau", "daily active user"),
        ("concurrent_users", "concurrent user"),
    ] {
        if ledger.contains(id) && populations.iter().all(|p| p.figure != id) {
            let reason = "derived from the population that the brief states".to_owned();
            populations.push(Population {
                name: name.to_owned(),
                figure: id.to_owned(),
                parent: None,
                origin: Origin::Proposed { reason },
            });
        }
    }
    populations
}

fn assumptions(draft: &Draft<'_>, ledger: &Ledger) -> Vec<Assumption> {
    let mut assumptions = Vec::new();
    for (id, figure) in ledger.iter() {
        let Some(Definition::Assumed { source, quality, why, .. }) = draft.network.definition(id)
        else {
            continue;
        };
        assumptions.push(Assumption {
            figure: id.to_owned(),
            fills: figure.label.clone(),
            why: why.clone(),
            source: source.clone(),
            quality: *quality,
        });
    }
    assumptions
}

fn not_understood(draft: &Draft<'_>) -> Vec<NotUnderstood> {
    let mut all: Vec<NotUnderstood> = draft
        .brief
        .not_understood
        .iter()
        .map(|part| NotUnderstood {
            line: part.span.line,
            column: part.span.column,
            text: part.text.clone(),
            why: part.why.clone(),
        })
        .collect();
    for (index, demand) in draft.brief.demands.iter().enumerate() {
        if !draft.used[index] {
            all.push(NotUnderstood {
                line: demand.span.line,
                column: demand.span.column,
                text: demand.text.clone(),
                why: "no figure follows from it".to_owned(),
            });
        }
    }
    all.sort_by_key(|part| (part.line, part.column));
    all
}
