//! The estimate while it is being made: what the archetype offers, what the brief states, and the
//! network of figures that both feed.

use indexmap::IndexMap;
use tenfold_brief::{Amount, Brief, Code, Demand, Diagnostic, NounPhrase, Severity, Span};
use tenfold_catalog::Catalog;
use tenfold_units::{Interval, Quality, Unit};

use crate::archetype::{Archetype, DatasetSpec, FigureSpec, OperationSpec, ValueSpec};
use crate::bind::{Promise, generic_dataset};
use crate::network::{Definition, Network};
use crate::recognize::Features;
use crate::{OperationKind, Origin, Reading, Shape, words};

/// An operation on the way.
#[derive(Clone, Debug)]
pub(crate) struct OperationDraft {
    pub(crate) spec: OperationSpec,
    pub(crate) origin: Origin,
    /// What the brief calls it, beside the words of the archetype.
    pub(crate) nouns: Vec<NounPhrase>,
    /// The stated part of the day in which it happens, in words.
    pub(crate) window: Option<String>,
    /// Figures (share, bytes) of what some of its requests carry besides.
    pub(crate) attachments: Vec<(String, String)>,
    /// Whether the brief states a peak factor for it alone.
    pub(crate) own_peak_factor: bool,
}

/// A dataset on the way.
#[derive(Clone, Debug)]
pub(crate) struct DatasetDraft {
    pub(crate) spec: DatasetSpec,
    pub(crate) origin: Origin,
    pub(crate) residency: Option<String>,
    /// Tier names with the figure of their end.
    pub(crate) tiers: Vec<(String, String)>,
    /// Whether the brief states the bytes that stand today.
    pub(crate) stock_stated: bool,
}

/// A population on the way.
#[derive(Clone, Debug)]
pub(crate) struct PopulationDraft {
    pub(crate) figure: String,
    pub(crate) noun: NounPhrase,
    pub(crate) parent: Option<String>,
    pub(crate) origin: Origin,
}

/// Everything while the estimate is being made.
pub(crate) struct Draft<'a> {
    pub(crate) brief: &'a Brief,
    pub(crate) catalog: &'a Catalog,
    pub(crate) archetype: Archetype,
    pub(crate) features: Features,
    pub(crate) network: Network,
    pub(crate) operations: IndexMap<String, OperationDraft>,
    pub(crate) datasets: IndexMap<String, DatasetDraft>,
    pub(crate) populations: Vec<PopulationDraft>,
    pub(crate) promises: Vec<Promise>,
    pub(crate) readings: Vec<Reading>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Figure that each demand defines, for demands that refer to it.
    pub(crate) figure_of: Vec<Option<String>>,
    /// Tiers of all data that has none of its own.
    pub(crate) tiers: Vec<(String, String)>,
    /// Shares of an operation's requests that carry something more: demand, operation, figure.
    pub(crate) parts: Vec<(usize, String, String)>,
    /// Operations with the population of which each does it.
    pub(crate) paced: Vec<(String, String)>,
    /// Populations that come in one moment.
    pub(crate) bursts: Vec<String>,
    /// Demands that count what one answer of a read carries, with that read.
    pub(crate) carried: Vec<(usize, String)>,
    /// Demands from which something follows.
    pub(crate) used: Vec<bool>,
    /// Figures that are reported though no operation or dataset names them.
    pub(crate) reported: Vec<String>,
}

impl Draft<'_> {
    /// Adds a stated value: the demand's amount times `factor`.
    pub(crate) fn state(&mut self, id: &str, label: &str, index: usize, factor: f64) {
        let demand = &self.brief.demands[index];
        let interval = interval(&demand.amount).scaled(factor);
        self.state_value(id, label, index, interval);
    }

    /// Adds a stated value that was converted from a demand.
    pub(crate) fn state_value(&mut self, id: &str, label: &str, index: usize, interval: Interval) {
        let demand = &self.brief.demands[index];
        let (line, column) = (demand.span.line, demand.span.column);
        let text = demand.text.clone();
        self.network.declare(id, label, unit_of(id));
        self.network.define(id, Definition::Stated { interval, line, column, text });
        if self.figure_of[index].is_none() {
            self.figure_of[index] = Some(id.to_owned());
        }
        self.used[index] = true;
    }

    /// Adds a formula; the label serves where the figure is new.
    pub(crate) fn formula(&mut self, id: &str, label: &str, formula: &str) {
        self.network.formula(id, label, unit_of(id), formula);
    }

    /// Adds an assumption without a fact.
    pub(crate) fn assume(&mut self, id: &str, label: &str, value: Interval, why: &str) {
        let filling = (value, why, Quality::Recall, why);
        self.network.assume(id, label, unit_of(id), filling);
    }

    /// Adds what an archetype says about a figure.
    pub(crate) fn fill(&mut self, id: &str, label: &str, spec: &FigureSpec) {
        let unit = spec.unit.unwrap_or_else(|| unit_of(id));
        let label = spec.label.as_deref().unwrap_or(label);
        self.network.declare(id, label, unit);
        let why = spec.why.as_deref().unwrap_or("");
        if let Some(fact_id) = &spec.fact {
            let fact = self
                .catalog
                .fact(fact_id)
                .unwrap_or_else(|| panic!("archetype: no fact `{fact_id}` in the catalogue"));
            let interval = fact.interval().scaled(spec.times.unwrap_or(1.0));
            let source = format!("fact {fact_id}");
            self.network.assume(id, label, unit, (interval, &source, fact.quality, why));
        }
        if let Some(value) = spec.value {
            let interval = match value {
                ValueSpec::Exact(value) => Interval::exact(value),
                ValueSpec::Interval([low, mid, high]) => Interval::quantiles(low, mid, high),
            };
            self.network.assume(id, label, unit, (interval, why, Quality::Recall, why));
        }
        for formula in &spec.formulas {
            self.network.formula(id, label, unit, formula);
        }
        if spec.report {
            self.reported.push(id.to_owned());
        }
    }

    /// Adds a diagnostic.
    pub(crate) fn say(
        &mut self,
        (severity, code): (Severity, &'static str),
        span: Span,
        read: &str,
        message: String,
        help: String,
    ) {
        let read = read.to_owned();
        let code = Code::new(code);
        self.diagnostics.push(Diagnostic { severity, code, span, read, message, help });
    }

    /// Notes how an ambiguous demand was read.
    pub(crate) fn read_as(
        &mut self,
        code: &'static str,
        index: usize,
        read_as: &str,
        help: &str,
        figure: Option<&str>,
    ) {
        let demand = &self.brief.demands[index];
        let span = demand.span;
        let text = demand.text.clone();
        self.readings.push(Reading {
            line: span.line,
            column: span.column,
            text: text.clone(),
            read_as: read_as.to_owned(),
            help: help.to_owned(),
            figure: figure.map(str::to_owned),
        });
        let message = read_as.to_owned();
        self.say((Severity::Reading, code), span, &text, message, help.to_owned());
    }

    /// Returns where a demand stands, as an origin.
    pub(crate) fn origin(&self, index: usize) -> Origin {
        origin_of(&self.brief.demands[index])
    }

    /// Returns the operation that a phrase names, of a class where one is asked for.
    pub(crate) fn find_operation(
        &self,
        noun: &NounPhrase,
        kind: Option<OperationKind>,
    ) -> Option<String> {
        let mut best: Option<(usize, &String)> = None;
        for (name, operation) in &self.operations {
            if kind.is_some_and(|kind| kind != operation.spec.kind) {
                continue;
            }
            let own = operation.nouns.iter().map(|n| n.words.join(" "));
            let all: Vec<String> =
                operation.spec.words.iter().cloned().chain(own).chain([name.clone()]).collect();
            let fit = words::fit(noun, &all);
            if fit > 0 && best.is_none_or(|(most, _)| fit > most) {
                best = Some((fit, name));
            }
        }
        best.map(|(_, name)| name.clone())
    }

    /// Returns the dataset that a phrase names.
    pub(crate) fn find_dataset(&self, noun: &NounPhrase) -> Option<String> {
        // "300 bytes per line": of a log.
        let line = NounPhrase { words: ["log", "line"].map(str::to_owned).to_vec(), rest: false };
        let noun = if noun.words == ["line"] { &line } else { noun };
        let thing = words::thing(noun);
        let mut best: Option<(usize, &String)> = None;
        for (name, dataset) in &self.datasets {
            let all: Vec<String> = dataset
                .spec
                .words
                .iter()
                .cloned()
                .chain([name.replace('_', " "), name.clone()])
                .collect();
            let fit = words::fit(noun, &all).max(words::fit(&thing, &all));
            if fit > 0 && best.is_none_or(|(most, _)| fit > most) {
                best = Some((fit, name));
            }
        }
        best.map(|(_, name)| name.clone()).or_else(|| {
            // "scans are kept" of the only data that is called so: scan events.
            let own = thing.words.join(" ");
            let starts = |spec: &DatasetSpec| {
                spec.words
                    .iter()
                    .any(|word| word.strip_prefix(&own).is_some_and(|rest| rest.starts_with(' ')))
            };
            let mut all = self
                .datasets
                .iter()
                .filter(|(_, d)| !own.is_empty() && d.origin.is_stated() && starts(&d.spec));
            let (name, _) = all.next()?;
            all.next().is_none().then(|| name.clone())
        })
    }

    /// Returns the operation that a phrase refers to: by its name, or the only one whose name ends
    /// like it (*view* of *page view*).
    pub(crate) fn refer(&self, noun: &NounPhrase) -> Option<String> {
        self.find_operation(noun, None).or_else(|| {
            let own = noun.words.join(" ");
            let ends = |operation: &OperationDraft| {
                let nouns = operation.nouns.iter().map(|noun| noun.words.join(" "));
                let mut nouns = nouns.filter(|_| operation.origin.is_stated());
                nouns.any(|noun| noun.strip_suffix(&own).is_some_and(|rest| rest.ends_with(' ')))
            };
            let mut all = self.operations.iter().filter(|(_, o)| !own.is_empty() && ends(o));
            let (name, _) = all.next()?;
            all.next().is_none().then(|| name.clone())
        })
    }

    /// Returns the dataset of what a stated write adds, made where there is none yet.
    pub(crate) fn dataset_of_stated(&mut self, index: usize, noun: &NounPhrase) -> Option<String> {
        let thing = words::thing(noun);
        let adds = |o: &OperationDraft| {
            o.spec.kind == OperationKind::Write
                && o.origin.is_stated()
                && o.spec.touches.is_empty()
                && o.nouns.iter().any(|own| words::thing(own) == thing)
        };
        self.operations.values().find(|o| adds(o))?;
        let same = |d: &DatasetDraft| words::fit(&thing, &d.spec.words) >= 1_000;
        let own = self.datasets.iter().find(|(_, d)| same(d)).map(|(name, _)| name.clone());
        if own.is_some() {
            return own;
        }
        let name = words::snake(&thing, "data");
        let fresh = generic_dataset(&thing.to_string(), Shape::Record, self.origin(index));
        self.datasets.entry(name.clone()).or_insert(fresh);
        Some(name)
    }

    /// Returns the main operation of a class, or the only one.
    pub(crate) fn main_operation(&self, kind: OperationKind) -> Option<String> {
        let of_kind =
            || self.operations.iter().filter(move |(_, o)| o.spec.kind == kind && o.spec.in_totals);
        of_kind()
            .find(|(_, o)| o.spec.main)
            .or_else(|| of_kind().next().filter(|_| of_kind().count() == 1))
            .map(|(name, _)| name.clone())
    }
}

/// Returns the interval of an amount: a stated range is read as its 10 % and 90 % quantiles.
pub(crate) fn interval(amount: &Amount) -> Interval {
    Interval::quantiles(amount.low, amount.mid, amount.high)
}

/// Returns where a demand stands, as an origin.
pub(crate) fn origin_of(demand: &Demand) -> Origin {
    Origin::Stated { line: demand.span.line, column: demand.span.column, text: demand.text.clone() }
}

/// Returns the unit that the end of a figure id names.
pub(crate) fn unit_of(id: &str) -> Unit {
    const ENDS: &[(&str, Unit)] = &[
        ("read_write_ratio", Unit::Factor),
        ("peak_factor", Unit::Factor),
        ("_factor", Unit::Factor),
        ("fan_out", Unit::Factor),
        ("qps_avg", Unit::PerSecond),
        ("qps_peak", Unit::PerSecond),
        ("_per_second", Unit::PerSecond),
        ("daily_mean_qps", Unit::PerSecond),
        ("_bytes", Unit::Bytes),
        ("_bps", Unit::BitsPerSecond),
        ("_seconds", Unit::Seconds),
        ("downtime_per_year_s", Unit::Seconds),
        ("_ratio", Unit::Ratio),
        ("_usd_per_month", Unit::UsdPerMonth),
        ("_usd", Unit::Usd),
    ];
    ENDS.iter().find(|(end, _)| id.ends_with(end)).map_or(Unit::Count, |(_, unit)| *unit)
}
