//! What arithmetic says about a brief: contradictions, physics, and whether there is a load at all.
//!
//! Codes from 100 on belong to this crate: `E1xx` below 150 stop the work, from 150 on make it
//! infeasible.

use tenfold_brief::{ConstraintKind, Currency, Severity, Span};
use tenfold_units::Ledger;

use crate::assemble::constraints::dollars;
use crate::draft::Draft;
use crate::{Bound, Sli};

/// People on Earth, 2026, rounded up.
const MANKIND: f64 = 8.3e9;
/// Light in fibre over half the circumference of the Earth and back, s: 2 x 5 us/km x 17,000 km,
/// from a region to its farthest large city.
const FARTHEST_RTT_SECONDS: f64 = 0.170;
/// A round trip inside one zone, s: no answer at the edge is faster than the store behind it.
const ZONE_RTT_SECONDS: f64 = 0.000_1;

/// So many of a kind make rates of their own.
const MANY: f64 = 1_000.0;
/// A system of so many does anything that is worth a line more often, 1/s: once an hour.
const RARE: f64 = 1.0 / 3_600.0;

/// Adds every diagnostic that needs arithmetic.
pub(crate) fn check(draft: &mut Draft<'_>) {
    conflicts(draft);
    negative_rates(draft);
    mankind(draft);
    physics(draft);
    words_as_numbers(draft);
    currencies(draft);
    load(draft);
    tiny_rates(draft);
    unfilled(draft);
    unused(draft);
}

/// Returns the span of the demand that stands at a place.
fn span_at(draft: &Draft<'_>, line: u32, column: u32) -> Span {
    let demands = draft.brief.demands.iter().map(|demand| demand.span);
    demands.into_iter().find(|span| span.line == line && span.column == column).unwrap_or(Span {
        start: 0,
        end: 0,
        line,
        column,
    })
}

fn conflicts(draft: &mut Draft<'_>) {
    for conflict in draft.network.conflicts() {
        let (line, column, stated) = conflict.stated;
        let span = span_at(draft, line, column);
        let places: Vec<String> = conflict
            .lines
            .iter()
            .zip(&conflict.texts)
            .map(|(line, text)| format!("line {line} (\"{text}\")"))
            .collect();
        let message = format!(
            "{} is {stated} here, but {} gives {}",
            conflict.label,
            places.join(" with "),
            conflict.other
        );
        let read = text_at(draft, span);
        let help = "keep one of them, or say what each of them counts".to_owned();
        draft.say((Severity::Error, "E101"), span, &read, message, help);
    }
}

fn text_at(draft: &Draft<'_>, span: Span) -> String {
    let demand = draft.brief.demands.iter().find(|demand| demand.span == span);
    demand.map_or_else(String::new, |demand| demand.text.clone())
}

fn negative_rates(draft: &mut Draft<'_>) {
    let names: Vec<String> = draft.operations.keys().cloned().collect();
    for name in names {
        let id = format!("op.{name}.qps_avg");
        let mut ledger = Ledger::default();
        if !draft.network.emit(&id, &mut ledger) || ledger.value(&id) >= -1e-9 {
            continue;
        }
        let stated = draft
            .network
            .leaves(&id)
            .iter()
            .find_map(|leaf| draft.figure_of.iter().position(|f| f.as_deref() == Some(leaf)));
        let span = stated.map_or_else(Span::default, |index| draft.brief.demands[index].span);
        let read = text_at(draft, span);
        let message = "the parts of a total are more than the total".to_owned();
        let help = "raise the total or lower the parts".to_owned();
        draft.say((Severity::Error, "E102"), span, &read, message, help);
    }
}

fn mankind(draft: &mut Draft<'_>) {
    for id in ["users", "mau", "dau", "concurrent_users"] {
        let Some(index) = draft.figure_of.iter().position(|f| f.as_deref() == Some(id)) else {
            continue;
        };
        let demand = &draft.brief.demands[index];
        let (span, read, count) = (demand.span, demand.text.clone(), demand.amount.mid);
        let people = demand.subject().is_some_and(crate::words::is_people);
        if !people || demand.amount.dimension != tenfold_brief::Dimension::Count {
            continue;
        }
        if count > MANKIND {
            let message = "more people than there are (8.3e9)".to_owned();
            let help = "state fewer people, or count devices".to_owned();
            draft.say((Severity::Error, "E150"), span, &read, message, help);
        } else if count * 10.0 > MANKIND {
            let message = "ten times these users are more people than there are (8.3e9): \
                           growth beyond that is use per person"
                .to_owned();
            let help = "read 10x and 100x as more use by each person";
            draft.read_as("R110", index, &message, help, Some(id));
        }
    }
}

fn physics(draft: &mut Draft<'_>) {
    for promise in draft.promises.clone() {
        let demand = &draft.brief.demands[promise.index];
        let (span, read, limit) = (demand.span, demand.text.clone(), demand.amount.mid);
        if promise.sli == Sli::AvailabilityRatio
            && promise.bound == Bound::AtLeast
            && limit >= 1.0
            && demand.amount.dimension == tenfold_brief::Dimension::Ratio
        {
            let message = "nothing is available always: every part fails at times".to_owned();
            let help = "state a share below 100 %, for example 99.99 %".to_owned();
            draft.say((Severity::Error, "E151"), span, &read, message, help);
        }
        let latency = promise.sli.quantile().is_some() || promise.sli == Sli::LatencyMean;
        if !latency {
            continue;
        }
        if limit < ZONE_RTT_SECONDS {
            let message = "less than one round trip inside a zone takes (0.1 ms)".to_owned();
            let help = "state what a client can see, for example 10 ms".to_owned();
            draft.say((Severity::Error, "E152"), span, &read, message, help);
        } else if limit < FARTHEST_RTT_SECONDS && far_from_one_region(draft, promise.at_client) {
            let message = format!(
                "light in fibre takes {:.0} ms from one region to the other side of the Earth and \
                 back (2 x 5 us/km x 17,000 km)",
                FARTHEST_RTT_SECONDS * 1e3
            );
            let help = "serve from several regions, measure at the edge, or allow more".to_owned();
            draft.say((Severity::Error, "E153"), span, &read, message, help);
        }
    }
}

/// Returns whether clients all over the world are promised something by one region.
fn far_from_one_region(draft: &Draft<'_>, at_client: bool) -> bool {
    let one = draft.brief.constraints.iter().any(|constraint| {
        matches!(&constraint.kind, ConstraintKind::Regions { amount, .. } if amount.mid == 1.0)
    });
    at_client && one && draft.features.has("global")
}

/// Says how words that stand for a number were read.
fn words_as_numbers(draft: &mut Draft<'_>) {
    let brief = draft.brief;
    for feature in &brief.features {
        for keyword in &feature.keywords {
            let (read_as, help) = match keyword.as_str() {
                "real-time" => real_time(draft),
                "global" => (
                    "read as users on all continents: round trips of up to 300 ms to one region, \
                     so that what is near them counts"
                        .to_owned(),
                    "name the regions or countries for a smaller world",
                ),
                "4k" => (
                    "read as a rung of 2160p at 11.6 to 16.8 Mb/s beside the smaller ones; the \
                     mean bit rate over all viewers stays an assumption"
                        .to_owned(),
                    "state the share of viewers in 4K or the mean bit rate",
                ),
                _ => continue,
            };
            let (line, column) = (feature.span.line, feature.span.column);
            draft.readings.push(crate::Reading {
                line,
                column,
                text: feature.text.clone(),
                read_as: read_as.clone(),
                help: help.to_owned(),
                figure: None,
            });
            let (reading, text) = ((Severity::Reading, "R105"), feature.text.clone());
            draft.say(reading, feature.span, &text, read_as, help.to_owned());
        }
    }
}

/// Says at which rate a budget was converted.
fn currencies(draft: &mut Draft<'_>) {
    for constraint in &draft.brief.constraints {
        let ConstraintKind::Budget { amount, .. } = &constraint.kind else { continue };
        let Some(currency) = amount.currency.filter(|c| *c != Currency::Usd) else { continue };
        let rate = 1.0 / dollars(Some(currency));
        let message = format!("read as US dollars at {rate:.4} {currency:?} for one (from memory)");
        let help = "write the budget in $ for another rate".to_owned();
        draft.say((Severity::Reading, "R106"), constraint.span, &constraint.text, message, help);
    }
}

fn real_time(draft: &Draft<'_>) -> (String, &'static str) {
    let push = draft.operations.iter().find(|(_, o)| o.spec.kind == crate::OperationKind::Push);
    let (what, seconds) = match push {
        Some((_, operation)) => {
            (operation.spec.label.to_lowercase(), operation.spec.p99_seconds.unwrap_or(0.5))
        }
        None => ("an answer".to_owned(), 0.5),
    };
    let read_as = format!("read as p99 of at most {:.0} ms for \"{what}\"", seconds * 1e3);
    (read_as, "state the latency: \"messages are delivered within 200 ms\"")
}

fn load(draft: &mut Draft<'_>) {
    let any = draft.operations.keys().any(|name| {
        let leaves = draft.network.leaves(&format!("op.{name}.qps_avg"));
        leaves.iter().any(|leaf| leaf != "peak_factor" && draft.network.is_stated(leaf))
    });
    if any {
        return;
    }
    let span = draft.brief.title.as_ref().map_or_else(Span::default, |title| title.span);
    let read = draft.brief.title.as_ref().map_or_else(String::new, |title| title.text.clone());
    let message = "no load can be derived: nothing says how many, how often".to_owned();
    let help = "add for example \"10M daily active users, 10 requests per user and day\" or \
                \"500 requests/s\""
        .to_owned();
    draft.say((Severity::Warning, "W101"), span, &read, message, help);
}

/// Says which rates were read as those of the whole system though many stand beside them and each of
/// the many hardly ever has a turn: more likely they are meant of each.
fn tiny_rates(draft: &mut Draft<'_>) {
    let demands = &draft.brief.demands;
    let mut found = Vec::new();
    for (index, demand) in demands.iter().enumerate() {
        let Some(seconds) = demand.per_seconds().filter(|_| demand.per.len() == 1) else {
            continue;
        };
        let rate = demand.amount.mid / seconds;
        let of_all = demand.actor.is_none()
            && draft.figure_of[index].as_ref().is_some_and(|id| id.starts_with("op."));
        let many = demands.iter().find(|other| {
            other.item == demand.item
                && other.per.is_empty()
                && other.span.start < demand.span.start
                && other.amount.mid >= MANY
        });
        if let Some(many) = many.filter(|_| of_all && rate > 0.0 && rate < RARE) {
            found.push((demand.span, demand.text.clone(), many.amount.text.clone()));
        }
    }
    for (span, read, many) in found {
        let message = format!("read as the rate of the whole system, beside {many} of them");
        let help = "if it is the rate of each, say so: \"2 trips per rider and day\"".to_owned();
        draft.say((Severity::Warning, "W106"), span, &read, message, help);
    }
}

/// Says which stated properties of data size nothing, because nothing says how many items there are.
fn unfilled(draft: &mut Draft<'_>) {
    let used: std::collections::BTreeSet<String> = draft
        .operations
        .keys()
        .flat_map(|name| [format!("op.{name}.request_bytes"), format!("op.{name}.response_bytes")])
        .flat_map(|id| draft.network.leaves(&id))
        .collect();
    for index in 0..draft.used.len() {
        let Some(figure) = draft.figure_of[index].clone().filter(|id| !used.contains(id)) else {
            continue;
        };
        let Some(name) = figure.strip_prefix("data.").and_then(|rest| rest.split('.').next())
        else {
            continue;
        };
        let filled = draft.network.is_known(&format!("data.{name}.storage_1y_bytes"));
        if filled || figure.ends_with("item_max_bytes") {
            continue;
        }
        let demand = &draft.brief.demands[index];
        let (span, read) = (demand.span, demand.text.clone());
        let label = draft.datasets.get(name).map_or(name, |d| d.spec.label.as_str()).to_owned();
        let message = format!("nothing says how many `{label}` there are: this sizes nothing");
        let help = format!("state how many `{label}` are added per day, or there are");
        draft.say((Severity::Warning, "W105"), span, &read, message, help);
    }
}

/// Says which amounts were read and used for nothing.
fn unused(draft: &mut Draft<'_>) {
    for index in 0..draft.used.len() {
        if draft.used[index] {
            continue;
        }
        let demand = &draft.brief.demands[index];
        let (span, read) = (demand.span, demand.text.clone());
        if draft.diagnostics.iter().any(|d| d.code.as_str() == "W104" && d.span == span) {
            continue;
        }
        let message = "this amount was read, but no figure follows from it".to_owned();
        let help = "say what it counts and for whom: \"N … per user and day\", \"N B each\"";
        draft.say((Severity::Warning, "W103"), span, &read, message, help.to_owned());
    }
}
