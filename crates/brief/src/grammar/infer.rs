//! The property that an amount is a value of, where the words do not name it, and whether it fits.

use super::amount::hundredth;
use super::subjects::Place;
use super::{Context, Cut, Found};
use crate::codes::{UNIT_LEFT_OUT, WRONG_DIMENSION};
use crate::lexer::Remark;
use crate::marks::MarkKind;
use crate::{Amount, Bound, ConditionKind, Demand, Dimension, Metric, NounPhrase};

/// Supplies the property that an amount without one most likely is a value of.
pub(super) fn infer_metric(draft: &mut Demand, place: &Place<'_>) {
    let amount = &draft.amount;
    let head = draft.subject().map_or("", NounPhrase::head);
    let peak = draft.conditions.iter().position(|condition| condition.kind == ConditionKind::Peak);
    let per_time = draft.per_seconds().is_some();
    let plain = draft.metric.is_none();
    match amount.dimension {
        Dimension::Factor
            if plain && draft.action.as_ref().is_some_and(|action| action.verb == "store") =>
        {
            draft.metric = Some(Metric::Copies);
        }
        Dimension::Factor if plain && (peak.is_some() || head.is_empty() || !per_time) => {
            let ratio = place.own.text.contains(':')
                && draft.subject().is_some_and(|noun| noun.has("read"));
            draft.metric = Some(if ratio { Metric::ReadWriteRatio } else { Metric::PeakFactor });
            draft.statistic = None;
            draft.conditions.retain(|condition| condition.kind != ConditionKind::Peak);
        }
        Dimension::Factor if draft.metric == Some(Metric::PeakFactor) => {
            draft.statistic = None;
            draft.conditions.retain(|condition| condition.kind != ConditionKind::Peak);
        }
        Dimension::Count if draft.metric == Some(Metric::PeakFactor) => {
            if !per_time && amount.mid <= 1_000.0 {
                draft.amount.dimension = Dimension::Factor;
            } else {
                draft.metric = None;
            }
        }
        Dimension::Count if draft.metric == Some(Metric::ReadWriteRatio) => {
            draft.amount.dimension = Dimension::Factor;
        }
        Dimension::Bytes | Dimension::Bits if plain => {
            let stream = amount.dimension == Dimension::Bits && per_time;
            draft.metric = Some(if stream { Metric::Bitrate } else { Metric::Size });
        }
        Dimension::Ratio if plain => draft.metric = infer_share(draft, place),
        Dimension::Time if plain => draft.metric = infer_time(draft, place),
        Dimension::Length if plain => draft.metric = Some(Metric::Distance),
        Dimension::Money if plain => draft.metric = Some(Metric::Price),
        _ => {}
    }
    if matches!(draft.metric, Some(Metric::ReadShare | Metric::WriteShare)) {
        draft.subjects.retain(|noun| noun.words.len() > 1);
    }
}

fn infer_share(draft: &Demand, place: &Place<'_>) -> Option<Metric> {
    let whole = draft.of.is_some()
        || place.own.before.iter().chain(place.own.after).any(|mark| mark.kind == MarkKind::Those);
    let head = draft.subject().map_or("", NounPhrase::head);
    if place.increase || (!whole && yearly(draft)) {
        return Some(Metric::Growth);
    }
    if whole {
        return None;
    }
    match head {
        "read" => Some(Metric::ReadShare),
        "write" => Some(Metric::WriteShare),
        _ if draft.amount.mid >= 0.9 && draft.amount.mid < 1.0 && place.right.verb.is_none() => {
            Some(Metric::Availability)
        }
        _ => None,
    }
}

fn yearly(draft: &Demand) -> bool {
    draft.per_seconds().is_some_and(|seconds| seconds >= 7.0 * 86_400.0)
}

fn infer_time(draft: &Demand, place: &Place<'_>) -> Option<Metric> {
    if draft.per_seconds().is_some() || place.territory.cut == Cut::Of {
        return Some(Metric::Length);
    }
    let tier = draft
        .conditions
        .iter()
        .any(|condition| matches!(condition.kind, ConditionKind::Tier { .. }));
    if tier {
        return Some(Metric::Retention);
    }
    let below = matches!(draft.bound, Bound::LessThan | Bound::AtMost);
    if below && draft.amount.mid <= 60.0 {
        return Some(Metric::Latency);
    }
    let long = draft.subject().is_some() && draft.amount.mid < 86_400.0;
    if long { Some(Metric::Length) } else { None }
}

/// Says so when the named property cannot have this dimension.
pub(super) fn check_dimension(
    draft: &Demand,
    place: &Place<'_>,
    context: &Context<'_>,
    found: &mut Found,
) {
    let Some(metric) = draft.metric else { return };
    let dimension = draft.amount.dimension;
    if metric.allows(dimension) {
        return;
    }
    let range = place.territory.range.clone();
    let allowed: Vec<_> = metric.entry().dimensions.iter().map(|d| d.name()).collect();
    let message = format!(
        "{} is {}, but `{}` is {}",
        metric.name().replace('-', " "),
        allowed.join(" or "),
        &context.text[range.clone()],
        rate_name(draft),
    );
    let help = format!("write {}", example(metric));
    found.remarks.push(Remark { code: WRONG_DIMENSION, range, message, help });
}

fn rate_name(draft: &Demand) -> &'static str {
    match (draft.amount.dimension, draft.per_seconds()) {
        (Dimension::Count, Some(_)) => "a rate",
        (dimension, _) => dimension.name(),
    }
}

fn example(metric: Metric) -> &'static str {
    match metric {
        Metric::Latency => "\"p99 < 200 ms\"",
        Metric::Availability | Metric::Durability => "\"99.9 %\"",
        Metric::Retention => "\"retention 90 days\"",
        Metric::RecoveryPoint | Metric::RecoveryTime => "\"RTO 5 minutes\"",
        Metric::Downtime => "\"downtime 5 minutes a month\"",
        Metric::PeakFactor => "\"peak 3x\"",
        Metric::ReadWriteRatio => "\"reads to writes 100:1\"",
        Metric::Budget | Metric::Price => "\"$5k/month\"",
        Metric::Growth => "\"growth 20 % a year\"",
        Metric::HitRatio | Metric::ErrorRatio | Metric::ReadShare | Metric::WriteShare => {
            "a share in %"
        }
        _ => "an amount of that kind",
    }
}

/// Supplies the unit that a property has where a bare number stands: `RPO 0`, `p99 < 200`,
/// `availability 99.9`.
pub(super) fn unit_of_metric(
    mut amount: Amount,
    metric: Option<Metric>,
    found: &mut Found,
    range: &core::ops::Range<usize>,
) -> Amount {
    let bare =
        amount.dimension == Dimension::Count && amount.text.ends_with(|c: char| c.is_ascii_digit());
    let Some(metric) = metric.filter(|metric| bare && !metric.allows(Dimension::Count)) else {
        return amount;
    };
    let (dimension, factor, unit) = if metric.allows(Dimension::Time) && amount.high == 0.0 {
        amount.dimension = Dimension::Time;
        return amount;
    } else if metric == Metric::Latency && (1.0..=60_000.0).contains(&amount.mid) {
        (Dimension::Time, 1e-3, "ms")
    } else if metric.allows(Dimension::Ratio) && amount.high <= 1.0 {
        (Dimension::Ratio, 1.0, "a share")
    } else if metric.allows(Dimension::Ratio) && amount.high <= 100.0 {
        amount.low = hundredth(amount.low);
        amount.mid = hundredth(amount.mid);
        amount.high = hundredth(amount.high);
        (Dimension::Ratio, 1.0, "%")
    } else if metric == Metric::Budget {
        amount.currency = Some(crate::Currency::Usd);
        (Dimension::Money, 1.0, "US dollars")
    } else {
        return amount;
    };
    let message = format!("`{}` was read in {unit}", amount.text);
    let help = "write the unit".to_owned();
    found.remarks.push(Remark { code: UNIT_LEFT_OUT, range: range.clone(), message, help });
    amount.dimension = dimension;
    amount.low *= factor;
    amount.mid *= factor;
    amount.high *= factor;
    amount
}
