//! What two places of a brief say together, and what no value can be.

use crate::codes::{
    CONTRADICTION, CodeEntry, IMPOSSIBLE_VALUE, NO_AMOUNT, NOTHING_TO_GO_ON, PERCENTILES_DISORDERED,
};
use crate::reader::diagnostic;
use crate::{
    Bound, Brief, ConditionKind, ConstraintKind, Demand, Diagnostic, Dimension, Metric, Of, Per,
    Span, Statistic,
};

/// Adds the diagnostics of a whole brief.
pub(crate) fn run(brief: &Brief, out: &mut Vec<Diagnostic>) {
    let choices = brief.choices.iter().flat_map(|choice| &choice.amounts);
    for demand in brief.demands.iter().chain(choices) {
        possible(demand, out);
    }
    for (index, demand) in brief.demands.iter().enumerate() {
        let known = out.len();
        for earlier in &brief.demands[..index] {
            pair(earlier, demand, out);
            // The first place that it contradicts is enough.
            if out.len() > known {
                break;
            }
        }
    }
    budgets(brief, out);
    amounts(brief, out);
}

fn report(
    out: &mut Vec<Diagnostic>,
    code: CodeEntry,
    span: Span,
    read: &str,
    message: String,
    help: &str,
) {
    out.push(diagnostic(code, span, read.to_owned(), message, help));
}

/// Values that a property cannot have.
fn possible(demand: &Demand, out: &mut Vec<Diagnostic>) {
    let amount = &demand.amount;
    let growth = demand.metric == Some(Metric::Growth);
    let (message, help) = if amount.low < 0.0 && !growth {
        (format!("`{}` is below zero", amount.text), "write a value of zero or more")
    } else if amount.dimension == Dimension::Ratio && amount.high > 1.0 + 1e-9 && !growth {
        (format!("`{}` is more than the whole", amount.text), "a share is at most 100 %")
    } else if demand.metric == Some(Metric::Copies) && amount.low < 1.0 {
        (
            format!("`{}`: at least one copy is needed", amount.text),
            "write the number of all copies",
        )
    } else if demand.metric == Some(Metric::PeakFactor) && amount.high < 1.0 {
        (
            format!("`{}`: a peak is not below the average", amount.text),
            "write peak over average: \"3x\"",
        )
    } else {
        return;
    };
    report(out, IMPOSSIBLE_VALUE, amount.span, &amount.text, message, help);
}

/// Two demands that speak of the same thing.
fn pair(first: &Demand, second: &Demand, out: &mut Vec<Diagnostic>) {
    if !same_condition(first, second) || first.subjects != second.subjects {
        return;
    }
    if percentiles(first, second, out) || downtime(first, second, out) || shares(first, second, out)
    {
        return;
    }
    if first.metric != second.metric
        || first.statistic != second.statistic
        || !same_kind(first, second)
    {
        return;
    }
    if first.amount.implied || second.amount.implied || is_link(first) || is_link(second) {
        return;
    }
    let (a, b) = (base_value(first), base_value(second));
    let range = overlaps(first, second);
    if differ(second.metric, a, b) && !range && !rounds(first, second) {
        let name = subject_name(second);
        let message = format!(
            "{name} is `{}` here and `{}` in line {}",
            second.text, first.text, first.span.line
        );
        let help = "keep one of them, or say when each holds (average, peak, today)";
        report(out, CONTRADICTION, second.amount.span, &second.text, message, help);
    }
}

fn subject_name(demand: &Demand) -> String {
    match (demand.metric, demand.subject()) {
        (Some(metric), Some(noun)) => format!("{} of {noun}", metric.name().replace('-', " ")),
        (Some(metric), None) => metric.name().replace('-', " "),
        (None, Some(noun)) => noun.to_string(),
        (None, None) => "the load".to_owned(),
    }
}

fn is_link(demand: &Demand) -> bool {
    matches!(demand.of, Some(Of::Demand { .. }))
}

fn same_condition(first: &Demand, second: &Demand) -> bool {
    let kinds = |demand: &Demand| -> Vec<ConditionKind> {
        demand.conditions.iter().map(|condition| condition.kind.clone()).collect()
    };
    kinds(first) == kinds(second)
}

fn same_kind(first: &Demand, second: &Demand) -> bool {
    let nouns = |demand: &Demand| -> Vec<String> {
        demand
            .per
            .iter()
            .filter_map(|per| match per {
                Per::Each { noun, .. } => Some(noun.to_string()),
                Per::Time { .. } => None,
            })
            .collect()
    };
    let whole = |demand: &Demand| match &demand.of {
        Some(Of::Noun { noun, .. }) => noun.to_string(),
        _ => String::new(),
    };
    let named = first.metric.is_some() || !first.subjects.is_empty();
    let verb = |demand: &Demand| demand.action.as_ref().map(|action| action.verb.clone());
    named
        && first.amount.dimension == second.amount.dimension
        && first.amount.currency == second.amount.currency
        && first.per_seconds().is_some() == second.per_seconds().is_some()
        && nouns(first) == nouns(second)
        && whole(first) == whole(second)
        && first.actor == second.actor
        && (first.metric.is_some() || verb(first) == verb(second))
        // One property without a subject may be said of several nameless things.
        && (first.metric != Some(Metric::Size) || !first.subjects.is_empty())
        && (first.metric != Some(Metric::Length) || !first.subjects.is_empty())
}

/// Whether two values are not the same but for rounding; of an availability what is missing counts.
fn differ(metric: Option<Metric>, a: f64, b: f64) -> bool {
    let nearly_one = matches!(metric, Some(Metric::Availability | Metric::Durability));
    let (a, b) = if nearly_one { (1.0 - a, 1.0 - b) } else { (a, b) };
    (a - b).abs() > 0.005 * a.abs().max(b.abs())
}

/// Whether one of two rates in other units of time is the other in the digits that were written: `2M
/// a day` is `23 a second`.
fn rounds(first: &Demand, second: &Demand) -> bool {
    let same = first.per_seconds() == second.per_seconds();
    // Half of the last digit.
    let written = |demand: &Demand| {
        let digits = demand.amount.text.chars().filter(char::is_ascii_digit).count();
        let mut last = 1.0;
        while demand.amount.mid >= 10.0 * last {
            last *= 10.0;
        }
        for _ in 1..digits {
            last /= 10.0;
        }
        last / 2.0 / demand.per_seconds().unwrap_or(1.0)
    };
    let distance = (base_value(first) - base_value(second)).abs();
    let counts = first.amount.dimension == Dimension::Count;
    counts && !same && distance <= written(first).min(written(second))
}

/// Returns the middle value, as a rate where it is one.
fn base_value(demand: &Demand) -> f64 {
    demand.amount.mid / demand.per_seconds().unwrap_or(1.0)
}

/// Whether both can be true at once: "at least 5" and "at most 10".
fn overlaps(first: &Demand, second: &Demand) -> bool {
    let upper = |bound| matches!(bound, Bound::AtMost | Bound::LessThan);
    let lower = |bound| matches!(bound, Bound::AtLeast | Bound::MoreThan);
    let (a, b) = (base_value(first), base_value(second));
    (upper(first.bound) && lower(second.bound) && b <= a)
        || (lower(first.bound) && upper(second.bound) && a <= b)
}

/// A higher percentile below a lower one.
fn percentiles(first: &Demand, second: &Demand, out: &mut Vec<Diagnostic>) -> bool {
    if first.metric != Some(Metric::Latency) || second.metric != Some(Metric::Latency) {
        return false;
    }
    let (Some(Statistic::Percentile(a)), Some(Statistic::Percentile(b))) =
        (first.statistic, second.statistic)
    else {
        return false;
    };
    let (low, high) = if a < b { (first, second) } else { (second, first) };
    if a == b || high.amount.mid >= low.amount.mid {
        return a != b;
    }
    let message = format!("`{}` is below `{}`, which is a lower percentile", high.text, low.text);
    let help = "the higher percentile has the larger value: swap them or correct one";
    report(out, PERCENTILES_DISORDERED, second.amount.span, &second.text, message, help);
    true
}

/// An availability and a downtime that differ by more than a fifth.
fn downtime(first: &Demand, second: &Demand, out: &mut Vec<Diagnostic>) -> bool {
    let (available, down) = match (first.metric, second.metric) {
        (Some(Metric::Availability), Some(Metric::Downtime)) => (first, second),
        (Some(Metric::Downtime), Some(Metric::Availability)) => (second, first),
        _ => return false,
    };
    let Some(period) = down.per_seconds() else { return true };
    let allowed = (1.0 - available.amount.mid) * period;
    let stated = down.amount.mid;
    if (allowed - stated).abs() > 0.2 * allowed.max(stated) {
        let message = format!(
            "`{}` allows {} of downtime in that time, but `{}` says {}",
            available.text,
            tenfold_units::Unit::Seconds.print(allowed),
            down.text,
            tenfold_units::Unit::Seconds.print(stated),
        );
        report(
            out,
            CONTRADICTION,
            second.amount.span,
            &second.text,
            message,
            "keep one of the two",
        );
    }
    true
}

/// Shares of reads and writes, and their ratio.
fn shares(first: &Demand, second: &Demand, out: &mut Vec<Diagnostic>) -> bool {
    let read_share = |demand: &Demand| match demand.metric {
        Some(Metric::ReadShare) => Some(demand.amount.mid),
        Some(Metric::WriteShare) => Some(1.0 - demand.amount.mid),
        Some(Metric::ReadWriteRatio) => Some(demand.amount.mid / (1.0 + demand.amount.mid)),
        _ => None,
    };
    let (Some(a), Some(b)) = (read_share(first), read_share(second)) else { return false };
    if first.metric != second.metric && (a - b).abs() > 0.02 {
        let message = format!(
            "`{}` means {} reads, `{}` in line {} means {}",
            second.text,
            tenfold_units::Unit::Ratio.print(b),
            first.text,
            first.span.line,
            tenfold_units::Unit::Ratio.print(a),
        );
        report(
            out,
            CONTRADICTION,
            second.amount.span,
            &second.text,
            message,
            "keep one of the two",
        );
    }
    first.metric != second.metric
}

/// Two budgets for the same time.
fn budgets(brief: &Brief, out: &mut Vec<Diagnostic>) {
    let budgets: Vec<_> = brief
        .constraints
        .iter()
        .filter_map(|constraint| {
            let ConstraintKind::Budget { amount, per, .. } = &constraint.kind else { return None };
            Some((constraint, amount, seconds_of(per)))
        })
        .collect();
    for (index, (constraint, amount, per)) in budgets.iter().enumerate() {
        for (first, other, other_per) in &budgets[..index] {
            if per == other_per && amount.currency == other.currency && amount.mid != other.mid {
                let message = format!(
                    "the budget is `{}` here and `{}` in line {}",
                    constraint.text, first.text, first.span.line
                );
                report(
                    out,
                    CONTRADICTION,
                    amount.span,
                    &constraint.text,
                    message,
                    "keep one of the two",
                );
            }
        }
    }
}

fn seconds_of(per: &[Per]) -> Option<u64> {
    per.iter().find_map(|per| match per {
        Per::Time { seconds, .. } => Some(*seconds as u64),
        Per::Each { .. } => None,
    })
}

/// Nothing to go on at all, or no load.
fn amounts(brief: &Brief, out: &mut Vec<Diagnostic>) {
    let top = Span { start: 0, end: 0, line: 1, column: 1 };
    if brief.items.is_empty() {
        if out.iter().any(|diagnostic| diagnostic.severity == crate::Severity::Error) {
            return;
        }
        let message = "the brief says nothing that can be worked with".to_owned();
        let help = "write at least who uses it and how much: \"- 100k users, 20 requests per user and day\"";
        report(out, NOTHING_TO_GO_ON, top, "", message, help);
        return;
    }
    let load = brief.demands.iter().any(|demand| {
        matches!(demand.amount.dimension, Dimension::Count | Dimension::Bytes | Dimension::Bits)
    });
    if !load {
        let place = brief.title.as_ref().map_or(top, |title| title.span);
        let read = brief.title.as_ref().map_or("", |title| title.text.as_str());
        let message = "no amount says how much load there is".to_owned();
        let help = "write how many users, requests per day or bytes: \"100k users, 20 requests per user and day\"";
        report(out, NO_AMOUNT, place, read, message, help);
    }
}
