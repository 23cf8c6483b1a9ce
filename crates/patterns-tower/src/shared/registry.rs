//! Counts and latencies that many callers add to.

use core::fmt::Write as _;
use core::time::Duration;
use std::borrow::Cow;
use std::collections::BTreeMap;

use tenfold_patterns::Event;

use crate::sync::{Arc, Mutex, lock};

/// Series of one name at most; what comes beyond counts as `overflow`.
pub(crate) const MAX_SERIES: usize = 2_000;

/// Upper edges of the latency buckets in seconds: those of OpenTelemetry's HTTP conventions.
const EDGES: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// Counts behind a lock that is held for one of them; clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedRegistry(Arc<Mutex<Registry>>);

#[derive(Debug, Default)]
struct Registry {
    calls: BTreeMap<Labels, Series>,
    events: BTreeMap<(&'static str, &'static str, String), u64>,
    in_flight: u64,
}

/// Method, route and status of a call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Labels {
    pub(crate) method: &'static str,
    pub(crate) route: Cow<'static, str>,
    pub(crate) status: Cow<'static, str>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Series {
    buckets: [u64; EDGES.len()],
    count: u64,
    sum: Duration,
}

impl SharedRegistry {
    /// Counts what a machine of the layer `pattern` did.
    pub(crate) fn note(&self, pattern: &'static str, event: Event) {
        let (event, reason) = match event {
            Event::Admitted => ("admitted", String::new()),
            Event::Refused { reason } => ("refused", reason.to_owned()),
            Event::StateChanged { from, to } => ("state-changed", format!("{from}-to-{to}")),
        };
        *lock(&self.0).events.entry((pattern, event, reason)).or_default() += 1;
    }

    /// Counts a call that begins.
    pub(crate) fn begin(&self) {
        lock(&self.0).in_flight += 1;
    }

    /// Counts a call that ended, and how long it took.
    pub(crate) fn end(&self, labels: Labels, took: Duration) {
        let mut registry = lock(&self.0);
        registry.in_flight -= 1;
        let full = registry.calls.len() >= MAX_SERIES && !registry.calls.contains_key(&labels);
        let route = if full { Cow::Borrowed("overflow") } else { labels.route };
        let series = registry.calls.entry(Labels { route, ..labels }).or_default();
        series.count += 1;
        series.sum += took;
        let seconds = took.as_secs_f64();
        for (edge, count) in EDGES.iter().zip(&mut series.buckets) {
            *count += u64::from(seconds <= *edge);
        }
    }

    /// Returns all of it in the Prometheus text format, with names that begin with `prefix`.
    pub(crate) fn render(&self, prefix: &str) -> String {
        let registry = lock(&self.0);
        let mut text = String::new();
        let name = format!("{prefix}_request_duration_seconds");
        let _ = writeln!(text, "# TYPE {name} histogram");
        for (labels, series) in &registry.calls {
            let labels = labels.render();
            for (edge, count) in EDGES.iter().zip(series.buckets) {
                let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{edge}\"}} {count}");
            }
            let _ = writeln!(text, "{name}_bucket{{{labels},le=\"+Inf\"}} {}", series.count);
            let _ = writeln!(text, "{name}_sum{{{labels}}} {}", series.sum.as_secs_f64());
            let _ = writeln!(text, "{name}_count{{{labels}}} {}", series.count);
        }
        let name = format!("{prefix}_active_requests");
        let _ = writeln!(text, "# TYPE {name} gauge\n{name} {}", registry.in_flight);
        let _ = writeln!(text, "# TYPE pattern_events_total counter");
        for ((pattern, event, reason), count) in &registry.events {
            let labels = format!("pattern=\"{pattern}\",event=\"{event}\",reason=\"{reason}\"");
            let _ = writeln!(text, "pattern_events_total{{{labels}}} {count}");
        }
        text
    }
}

impl Labels {
    fn render(&self) -> String {
        let escape =
            |text: &str| text.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n");
        format!(
            "http_request_method=\"{}\",http_route=\"{}\",http_response_status_code=\"{}\"",
            self.method,
            escape(&self.route),
            escape(&self.status)
        )
    }
}
