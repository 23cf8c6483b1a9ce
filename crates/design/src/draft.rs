//! A design in the making: the estimate, the book of figures, and what was decided so far.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use tenfold_catalog::Catalog;
use tenfold_estimate::{Dataset, Estimate, Operation, OperationKind, Pin, Shape};
use tenfold_units::{Interval, Provenance, Quality, Text, Unit};

use crate::book::Book;
use crate::sizing::Sized;
use crate::sizing::service::Fleet;
use crate::{
    Bottleneck, Choice, ChoiceOption, Component, Excuse, Finding, Link, LinkId, PinVerdict, Place,
    Severity, Step,
};

/// Technology of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Technology {
    Postgresql,
    PostgresqlSharded,
    Cassandra,
    Dynamodb,
}

impl Technology {
    /// Returns the id of the option.
    pub(crate) const fn option(self) -> &'static str {
        match self {
            Self::Postgresql => "postgresql",
            Self::PostgresqlSharded => "postgresql-sharded",
            Self::Cassandra => "cassandra",
            Self::Dynamodb => "dynamodb",
        }
    }
}

/// A store that was decided on.
#[derive(Clone, Debug)]
pub(crate) struct StorePlan {
    pub(crate) component: String,
    pub(crate) technology: Technology,
    pub(crate) sized: Sized,
    pub(crate) datasets: Vec<String>,
    pub(crate) demand: crate::demand::Demand,
    /// The provider runs it (DynamoDB always).
    pub(crate) managed: bool,
}

/// A cache that was decided on.
#[derive(Clone, Debug)]
pub(crate) struct CachePlan {
    pub(crate) component: String,
    pub(crate) dataset: String,
    pub(crate) capacity: f64,
    pub(crate) entry: f64,
    /// Node type and shards; absent: in the process of the service.
    pub(crate) shared: Option<(String, u32)>,
}

/// A log of events that was decided on.
#[derive(Clone, Debug)]
pub(crate) struct LogPlan {
    pub(crate) component: String,
    pub(crate) dataset: String,
    /// Absent: a table of the store `component`.
    pub(crate) kafka: Option<Sized>,
    pub(crate) partitions: u32,
}

/// Machines for what takes minutes.
#[derive(Clone, Debug)]
pub(crate) struct FarmPlan {
    pub(crate) instance: String,
    pub(crate) per_zone: u32,
    /// The operation that they carry.
    pub(crate) job: String,
}

/// Nodes that hold connections.
#[derive(Clone, Debug)]
pub(crate) struct SessionPlan {
    pub(crate) instance: String,
    pub(crate) per_zone: u32,
    pub(crate) limit: u32,
    /// Bytes of one connection.
    pub(crate) memory: f64,
}

/// What was decided about the edge.
#[derive(Clone, Debug)]
pub(crate) struct EdgePlan {
    /// nginx behind a network load balancer; absent: the provider's application load balancer.
    pub(crate) nginx: Option<Fleet>,
}

/// A design in the making.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) estimate: &'a Estimate,
    pub(crate) book: Book<'a>,
    pub(crate) place: Place,
    pub(crate) choices: Vec<Choice>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) stores: Vec<StorePlan>,
    pub(crate) caches: Vec<CachePlan>,
    pub(crate) logs: Vec<LogPlan>,
    pub(crate) edge: Option<EdgePlan>,
    pub(crate) sessions: Option<SessionPlan>,
    /// State that may vanish and is nevertheless kept in tables.
    pub(crate) tables: Vec<String>,
    /// Machines that encode.
    pub(crate) farm: Option<FarmPlan>,
    /// The job that works out recommendations, and its machines.
    pub(crate) ranker: Option<(String, Fleet)>,
    /// Operations whose answers a CDN keeps.
    pub(crate) front: Vec<String>,
    /// How streams are delivered: `cdn` or `own-edge`.
    pub(crate) delivery: Option<String>,
    /// Component of each dataset that is no table: objects, memory.
    pub(crate) homes: BTreeMap<String, String>,
    /// Service of each operation.
    pub(crate) services: BTreeMap<String, String>,
    /// Service that a dataset belongs to, where the brief names services.
    pub(crate) owners: BTreeMap<String, String>,
    pub(crate) fleets: IndexMap<String, Fleet>,
    pub(crate) components: IndexMap<String, Component>,
    pub(crate) links: IndexMap<LinkId, Link>,
    pub(crate) flows: IndexMap<String, Vec<Step>>,
}

impl<'a> Draft<'a> {
    /// Returns an empty draft at `factor` times the estimate's load.
    pub(crate) fn new(
        estimate: &'a Estimate,
        catalog: &'a Catalog,
        factor: f64,
        exact: bool,
    ) -> Self {
        let mut book = Book::new(&estimate.ledger, catalog, exact);
        book.skills = estimate.constraints.skills.iter().map(|s| s.value.clone()).collect();
        let source = "the load of the brief; set it to try the design at another".to_owned();
        let provenance = Provenance::Assumed { source, quality: Quality::Derived };
        let interval = Interval::exact(factor);
        book.insert("load_factor", "load against the brief's", Unit::Factor, interval, provenance);
        Self::empty(estimate, book)
    }

    /// Returns a draft without any decision.
    pub(crate) fn empty(estimate: &'a Estimate, book: Book<'a>) -> Self {
        let place = Place {
            provider: "aws".to_owned(),
            region: "us-east-1".to_owned(),
            zones: ["a", "b", "c"].map(str::to_owned).to_vec(),
            further: Vec::new(),
        };
        Self {
            estimate,
            book,
            place,
            choices: Vec::new(),
            findings: Vec::new(),
            stores: Vec::new(),
            caches: Vec::new(),
            logs: Vec::new(),
            edge: None,
            sessions: None,
            tables: Vec::new(),
            farm: None,
            ranker: None,
            delivery: None,
            front: Vec::new(),
            homes: BTreeMap::new(),
            services: BTreeMap::new(),
            owners: BTreeMap::new(),
            fleets: IndexMap::new(),
            components: IndexMap::new(),
            links: IndexMap::new(),
            flows: IndexMap::new(),
        }
    }

    /// Returns the number of zones.
    pub(crate) fn zones(&self) -> u32 {
        self.place.zones.len() as u32
    }

    /// Returns the pin of one of these keywords, about this operation or dataset or about nothing
    /// in particular.
    pub(crate) fn pin(&self, keywords: &[&str], about: &str) -> Option<&'a Pin> {
        self.estimate.pins.iter().find(|pin| {
            keywords.contains(&pin.keyword.as_str())
                && !pin.negated
                && (pin.about.is_empty() || pin.about.iter().any(|name| name == about))
        })
    }

    /// Returns the pin that rules one of these keywords out.
    pub(crate) fn refusal(&self, keywords: &[&str]) -> Option<&'a Pin> {
        self.estimate
            .pins
            .iter()
            .find(|pin| pin.negated && keywords.contains(&pin.keyword.as_str()))
    }

    /// Returns the operations that clients wait for.
    pub(crate) fn requests(&self) -> impl Iterator<Item = &'a Operation> + use<'a> {
        self.estimate.operations.iter().filter(|operation| {
            matches!(
                operation.kind,
                OperationKind::Read | OperationKind::Write | OperationKind::Signal
            )
        })
    }

    /// Returns whether an operation comes over a connection that stays open: what changes something
    /// does, where there are such connections.
    pub(crate) fn is_held(&self, operation: &Operation) -> bool {
        self.sessions.is_some() && operation.kind != OperationKind::Read
    }

    /// Returns the dataset of this name.
    pub(crate) fn dataset(&self, name: &str) -> &'a Dataset {
        self.estimate.datasets.iter().find(|d| d.name == name).expect("named by the estimate")
    }

    /// Returns whether rows of this shape go into tables.
    pub(crate) fn is_tabular(dataset: &Dataset) -> bool {
        matches!(
            dataset.shape,
            Shape::Record
                | Shape::Log
                | Shape::TimeSeries
                | Shape::Counter
                | Shape::GeoIndex
                | Shape::SearchIndex
        )
    }

    /// Notes what a pin comes to.
    pub(crate) fn judged(&mut self, pin: &Pin, holds: bool, verdict: Text) -> PinVerdict {
        if !holds {
            self.findings.push(Finding {
                law: "pin".to_owned(),
                severity: Severity::Warning,
                about: vec![pin.text.clone()],
                path: None,
                line: None,
                figures: Text::figure_ids(&verdict.en).into_iter().map(str::to_owned).collect(),
                text: quoted(&pin.text, &verdict),
            });
        }
        PinVerdict { line: pin.line, column: pin.column, text: pin.text.clone(), holds, verdict }
    }
}

/// Returns what is said of some words of the brief, after these words.
pub(crate) fn quoted(words: &str, said: &Text) -> Text {
    t(format!("\"{words}\": {}", said.en), format!("\"{words}\": {}", said.ko))
}

/// Returns a text from its two wordings.
pub(crate) fn t(en: impl Into<String>, ko: impl Into<String>) -> Text {
    Text::new(en, ko)
}

/// Returns an option with its arguments.
pub(crate) fn option(
    id: &str,
    name: Text,
    advantages: Vec<Text>,
    disadvantages: Vec<Text>,
    cost: Option<String>,
) -> ChoiceOption {
    ChoiceOption { id: id.to_owned(), name, advantages, disadvantages, cost, excuse: None }
}

/// Returns an excuse.
pub(crate) fn excuse(bottleneck: Bottleneck, figures: &[&str], text: Text) -> Excuse {
    Excuse { bottleneck, figures: figures.iter().map(|id| (*id).to_owned()).collect(), text }
}
