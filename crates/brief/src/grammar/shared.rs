//! What people write once for several amounts of a sentence.

use super::{Context, Cut, Territory};
use crate::{ConditionKind, Demand, Dimension, Metric, Per};

/// Shares what people write once: the denominator of `1 KB up and 10 KB down per request`, the
/// property of `p99 < 200 ms for reads and 500 ms for writes`, the subject of `Checkout p50 < 100
/// ms, p99 < 800 ms`, the heading over an objective.
pub(super) fn share(demands: &mut [Demand], territories: &[Territory], context: &Context<'_>) {
    let simple = demands.len() == territories.len();
    for index in 1..demands.len() {
        let (left, right) = demands.split_at_mut(index);
        let (left, right) = (&mut left[index - 1], &mut right[0]);
        let cut = if simple { territories[index].cut } else { Cut::Flow };
        let same = left.amount.dimension == right.amount.dimension;
        let of_itself = right.per_each().is_some() && right.per_each() == left.subject();
        let open = left.per.is_empty() && !of_itself;
        if cut == Cut::And && same && open && left.metric == right.metric {
            left.per.clone_from(&right.per);
        }
        same_time(left, right, cut);
        same_one(left, right, cut, context);
        both_at_peak(left, right, cut);
        kept_on(left, right, cut);
        same_day(left, right, cut);
        // "1 KB in, 10 KB out per request".
        let direct = |demand: &Demand| {
            demand
                .conditions
                .iter()
                .any(|c| matches!(c.kind, ConditionKind::Up | ConditionKind::Down))
        };
        if cut == Cut::Comma && direct(left) && direct(right) && left.per.is_empty() {
            left.per.clone_from(&right.per);
        }
        // "1.5 Mbps up and 2.5 Mbps down per participant".
        let stream = right.metric == Some(Metric::Bitrate) && right.per_each().is_some();
        if left.metric == Some(Metric::Bandwidth) && stream && direct(left) && direct(right) {
            left.metric = Some(Metric::Bitrate);
        }
        // "1 KB up per request, 10 KB down".
        let sizes = left.metric == Some(Metric::Size) && right.metric == Some(Metric::Size);
        let of_requests = left.per_each().is_some_and(|noun| noun.head() == "request");
        if matches!(cut, Cut::And | Cut::Comma) && sizes && of_requests && right.per.is_empty() {
            right.per.clone_from(&left.per);
        }
        let near = matches!(cut, Cut::And | Cut::Comma | Cut::Flow);
        if near && same && is_objective(left) && !is_objective(right) && right.of.is_none() {
            right.metric = left.metric;
            right.statistic = right.statistic.or(left.statistic);
            if right.bound == crate::Bound::Exactly {
                right.bound = left.bound;
            }
        }
        if near && same && is_objective(left) && left.metric == right.metric {
            if right.subjects.is_empty() {
                right.subjects.clone_from(&left.subjects);
            } else if left.subjects.is_empty() && left.statistic != right.statistic {
                left.subjects.clone_from(&right.subjects);
            }
        }
    }
    last_time(demands);
    let Some(heading) = &context.heading else { return };
    for demand in demands.iter_mut().filter(|demand| is_objective(demand)) {
        if demand.subjects.is_empty() {
            demand.subjects.push(super::noun::noun_phrase(heading.clone()));
        }
    }
}

/// Those whose number is one for the whole system.
const EVERYBODY: &[&str] = &["user", "customer", "visitor", "member", "person", "people", "viewer"];

/// Rows `Web: Hosts 2,000, Lines per second per host 50` and `App: Hosts 5,000, …`: hosts of the web
/// and of the app.
pub(super) fn of_the_row(demands: &mut [Demand], label: &[String]) {
    if label.is_empty() {
        return;
    }
    let counted =
        |demand: &&Demand| demand.amount.dimension == Dimension::Count && demand.metric.is_none();
    let heads: Vec<String> = demands
        .iter()
        .filter(counted)
        .filter_map(Demand::subject)
        .filter(|noun| noun.words != label && !EVERYBODY.contains(&noun.head()))
        .map(|noun| noun.head().to_owned())
        .collect();
    let name = |noun: &mut crate::NounPhrase| {
        if heads.iter().any(|head| head == noun.head()) && !noun.words.starts_with(label) {
            noun.words.splice(0..0, label.iter().cloned());
        }
    };
    for demand in demands {
        demand.subjects.iter_mut().for_each(name);
        for per in &mut demand.per {
            if let Per::Each { noun, .. } = per {
                name(noun);
            }
        }
    }
}

/// `each sends 10 emails and receives 40 emails per day`: both in a day.
fn same_time(left: &mut Demand, right: &Demand, cut: Cut) {
    let acts = |demand: &Demand| demand.action.is_some() && demand.metric.is_none();
    let of_each =
        left.per.len() == 1 && left.per_each().is_some() && left.per_each() == right.per_each();
    let untimed = left.per_seconds().is_none() && left.conditions.is_empty();
    if cut == Cut::And && acts(left) && acts(right) && of_each && untimed {
        let time = right.per.iter().filter(|per| matches!(per, Per::Time { .. })).cloned();
        left.per.extend(time);
    }
}

/// `an active user opens 40 issues, edits 8 and comments 3 times a day`: the same one, in the same
/// time.
fn same_one(left: &Demand, right: &mut Demand, cut: Cut, context: &Context<'_>) {
    let acts = |demand: &Demand| {
        let counted = demand.amount.dimension == Dimension::Count && demand.metric.is_none();
        counted && demand.action.is_some() && demand.per_each().is_none()
    };
    let near = matches!(cut, Cut::Comma | Cut::And | Cut::Flow);
    let one = left.actor.as_ref().is_some_and(|actor| super::implied::of_article(actor, context));
    let small = right.amount.mid <= super::implied::EACH_UP_TO;
    if near && one && small && acts(left) && acts(right) && right.actor.is_none() {
        right.actor.clone_from(&left.actor);
    }
}

/// Gives those who are said to do several things the time that stands after the last of them.
fn last_time(demands: &mut [Demand]) {
    for index in (1..demands.len()).rev() {
        let (left, right) = demands.split_at_mut(index);
        let (left, right) = (&mut left[index - 1], &right[0]);
        let same = left.actor.is_some() && left.actor == right.actor && left.action.is_some();
        let counted = left.amount.dimension == Dimension::Count && left.metric.is_none();
        if same && counted && left.per.is_empty() && left.conditions.is_empty() {
            let time = |per: &&Per| matches!(per, Per::Time { interval: false, .. });
            left.per = right.per.iter().filter(time).cloned().collect();
        }
    }
}

/// `80k reads/s, 8k writes/s at peak`: both are.
fn both_at_peak(left: &mut Demand, right: &Demand, cut: Cut) {
    let rate = |demand: &Demand| {
        demand.amount.dimension == Dimension::Count
            && demand.per_seconds().is_some()
            && demand.statistic.is_none()
    };
    let other = !left.subjects.is_empty() && left.subjects != right.subjects;
    let near = matches!(cut, Cut::Comma | Cut::And);
    if near && rate(left) && rate(right) && other && left.conditions.is_empty() && right.at_peak() {
        left.conditions.clone_from(&right.conditions);
    }
}

/// `messages kept 1 year, photos 90 days`, `2.5 KB per transaction, 7 years`.
fn kept_on(left: &Demand, right: &mut Demand, cut: Cut) {
    let plain = right.metric.is_none_or(|metric| metric == Metric::Length);
    let long = right.amount.dimension == Dimension::Time && right.amount.mid >= 86_400.0;
    let data = left.metric == Some(Metric::Retention)
        || (left.metric == Some(Metric::Size) && right.subjects == left.subjects)
        || (left.metric == Some(Metric::Size) && right.subjects.is_empty());
    // "raw data for 14 days and hourly aggregates for 2 years"
    let timed = right.per.iter().any(|per| matches!(per, Per::Each { .. }));
    if matches!(cut, Cut::Comma | Cut::And) && plain && long && data && !timed {
        right.metric = Some(Metric::Retention);
        right.per.clear();
    }
}

/// `하루 조회 3천만 건, 예매 20만 건`: of the same day.
fn same_day(left: &Demand, right: &mut Demand, cut: Cut) {
    let counted = |demand: &Demand| {
        let text = &demand.amount.text;
        demand.metric.is_none() && (text.ends_with('건') || text.ends_with('회'))
    };
    let timed = left.per.iter().all(|per| !matches!(per, Per::Time { interval: true, .. }));
    let named = !right.subjects.is_empty() && right.subjects != left.subjects;
    let near = matches!(cut, Cut::Comma | Cut::And);
    if near && counted(left) && counted(right) && timed && named && right.per.is_empty() {
        right.per.clone_from(&left.per);
    }
}

fn is_objective(demand: &Demand) -> bool {
    demand.metric.is_some_and(is_objective_metric)
}

/// Returns whether a property is a promise to users and no load.
pub(super) const fn is_objective_metric(metric: Metric) -> bool {
    matches!(
        metric,
        Metric::Latency
            | Metric::Availability
            | Metric::Downtime
            | Metric::ErrorRatio
            | Metric::Durability
            | Metric::RecoveryPoint
            | Metric::RecoveryTime
            | Metric::Staleness
    )
}
