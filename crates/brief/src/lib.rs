//! Reads a brief: text to what was written, with the place of every amount and all diagnostics at
//! once.
//!
//! [`parse`] (or [`parse_bytes`] for what came from a file) never fails: it returns what it could
//! read as a [`Brief`] and a [`Diagnostic`] for everything else. Each amount of the text is in
//! exactly one [`Demand`], [`Choice`] or [`Constraint`], or listed in
//! [`Brief::not_understood`].
//!
//! Knows nothing of catalogues, prices and components, and computes no load. Text in a brief is
//! data: nothing in it is executed or obeyed.

mod amount;
mod blocks;
mod brief;
mod checks;
mod codes;
mod demand;
mod diagnostic;
mod fragment;
mod grammar;
mod headings;
mod lexer;
mod lexicon;
pub mod limits;
mod marks;
mod metric;
mod reader;
mod span;
mod yaml;

pub use amount::{Amount, Currency, Dimension, Per, TimeUnit};
pub use brief::{
    Brief, Choice, Constraint, ConstraintKind, Contract, Feature, Item, NotUnderstood, Section,
    SectionKind, Story, Title,
};
pub use codes::{CODES, Code, CodeEntry};
pub use demand::{
    Access, Action, Bound, Condition, ConditionKind, Demand, NounPhrase, Of, Statistic,
};
pub use diagnostic::{Diagnostic, Severity};
pub use metric::{METRICS, Metric, MetricEntry};
pub use span::Span;
pub use yaml::{YamlBrief, YamlItem, YamlItems, YamlScalar};

/// How a brief is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Markdown as people write it, or plain text.
    Markdown,
    /// A YAML mapping.
    Yaml,
}

impl Format {
    /// Returns the format that a file name tells: YAML for `.yaml` and `.yml`, else Markdown.
    #[must_use]
    pub fn of_file_name(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        if lower.ends_with(".yaml") || lower.ends_with(".yml") {
            Self::Yaml
        } else {
            Self::Markdown
        }
    }
}

/// What [`parse`] returns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// What was read.
    pub brief: Brief,
    /// Everything there is to say about it, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a brief.
///
/// Never fails: what cannot be read is a [`Diagnostic`], and stands in
/// [`Brief::not_understood`].
///
/// ```
/// use tenfold_brief::{Format, parse};
///
/// let parsed = parse("# Links\n- 100M URLs/day\n- < 100ms latency\n", Format::Markdown);
/// let links = &parsed.brief.demands[0];
/// assert_eq!(links.amount.mid, 1e8);
/// assert_eq!(links.subject().unwrap().head(), "url");
/// assert_eq!(links.per_seconds(), Some(86_400.0));
/// assert_eq!((links.span.line, links.span.column), (2, 3));
/// ```
#[must_use]
pub fn parse(source: &str, format: Format) -> Parsed {
    let (text, mut found) = limits::apply(source);
    let (brief, diagnostics) = match format {
        Format::Markdown => reader::markdown(&text),
        Format::Yaml => reader::yaml(&text),
    };
    found.extend(diagnostics);
    Parsed { brief, diagnostics: limits::listed(found) }
}

/// Reads a brief from the bytes of a file: refuses what is no UTF-8 text.
#[must_use]
pub fn parse_bytes(bytes: &[u8], format: Format) -> Parsed {
    match limits::text_of(bytes) {
        Ok(text) => parse(text, format),
        Err(diagnostic) => Parsed { brief: Brief::default(), diagnostics: vec![*diagnostic] },
    }
}
