//! The property that an amount is a value of, where the words do not name it, and whether it fits.

use super::amount::hundredth;
use super::subjects::Place;
use super::{Context, Cut, Found};
use crate::codes::{UNIT_LEFT_OUT, WRONG_DIMENSION};
use crate::lexer::Remark;
use crate::lexicon::Verb;
use crate::lexicon::english::PEOPLE;
use crate::marks::MarkKind;
use crate::{
    Access, Amount, Bound, ConditionKind, Demand, Dimension, Metric, NounPhrase, Of, Statistic,
};

/// Supplies the property that an amount without one most likely is a value of.
pub(super) fn infer_metric(draft: &mut Demand, place: &Place<'_>) {
    if draft.metric == Some(Metric::Memory) && draft.per_each().is_some() {
        // "3 KB each, held in memory"
        draft.metric = Some(Metric::Size);
    }
    let counted = draft.amount.dimension == Dimension::Count && draft.metric.is_none();
    if counted && draft.subject().is_some_and(|noun| noun.words == ["byte"]) {
        // "Bytes per line: 300"
        draft.amount.dimension = Dimension::Bytes;
        draft.subjects.clear();
    }
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
        Dimension::Factor if place.ratio && peak.is_none() && plain => ratio_of(draft, place),
        Dimension::Factor | Dimension::Count if plain && as_often_as(draft, place) => {
            reads_for_each_write(draft, acts_in_order(&sentence(place)));
        }
        Dimension::Factor if draft.metric == Some(Metric::ReadWriteRatio) => invert(draft, place),
        Dimension::Factor if plain && (peak.is_some() || head.is_empty() || !per_time) => {
            draft.metric = Some(Metric::PeakFactor);
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
            let across = draft.conditions.iter().any(|c| is_direction(&c.kind));
            if across && per_time && draft.subjects.is_empty() && draft.per_each().is_none() {
                // "40 TB/day egress"
                draft.metric = Some(Metric::Bandwidth);
                return;
            }
            let stream = amount.dimension == Dimension::Bits && per_time || of_its_length(place);
            draft.metric = Some(if stream { Metric::Bitrate } else { Metric::Size });
        }
        Dimension::Ratio
            if plain
                && peak.is_some()
                && (of_a_day(draft) || hourly(place) || in_the_hour(draft, place)) =>
        {
            peak_hour(draft);
        }
        // "주문의 45%가 18~20시에": of what comes in a day.
        Dimension::Ratio if plain && crowded(draft) && of_what_comes(draft, place) => {
            peak_hour(draft);
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

const fn is_direction(kind: &ConditionKind) -> bool {
    matches!(kind, ConditionKind::Up | ConditionKind::Down)
}

/// `50 MB per minute of video`: the minute is one of what is sent.
fn of_its_length(place: &Place<'_>) -> bool {
    place
        .own
        .after
        .windows(2)
        .any(|pair| matches!(pair[0].kind, MarkKind::PerTime { .. }) && pair[1].is_function("of"))
}

/// A ratio is that of reads to writes only where both, or reads, are named: `reads 100:1`,
/// `upload:view 1:200`, `look-to-book 100:1`; `likes to comments 10:1` is not.
fn ratio_of(draft: &mut Demand, place: &Place<'_>) {
    let text = sentence(place);
    let acts = acts_in_order(&text);
    if text.contains("read") || text.contains("읽기") || acts.iter().all(Option::is_some) {
        reads_for_each_write(draft, acts);
        invert(draft, place);
    }
}

/// Makes the amount a ratio of reads to writes, of those named where they are other words.
fn reads_for_each_write(draft: &mut Demand, acts: [Option<(usize, Verb)>; 2]) {
    draft.amount.dimension = Dimension::Factor;
    draft.metric = Some(Metric::ReadWriteRatio);
    draft.subjects.clear();
    if let [Some((_, write)), Some((_, read))] = acts
        && (read.base, write.base) != ("read", "write")
    {
        let noun = |verb: Verb| super::noun::noun_phrase(vec![verb.base.to_owned()]);
        draft.subjects = vec![noun(read), noun(write)];
    }
    draft.actor = None;
    draft.action = None;
}

/// `results are read 50 times as often as votes are cast`
fn as_often_as(draft: &Demand, place: &Place<'_>) -> bool {
    let text = sentence(place);
    let Some((_, second)) = text.split_once("as often as") else { return false };
    let read = draft.action.as_ref().is_some_and(|action| action.access == Some(Access::Read));
    read && acts_in_order(second)[0].is_some()
}

/// Returns the text of the territory with its label, in lower case.
fn sentence(place: &Place<'_>) -> String {
    let range = place.range();
    let start = place.own.label.first().map_or(range.start, |mark| mark.range.start);
    place.own.text[start.min(range.start)..range.end].to_lowercase()
}

/// Returns the first word for writing and the first for reading, each with its place.
fn acts_in_order(text: &str) -> [Option<(usize, Verb)>; 2] {
    let mut first = [None, None];
    for (at, word) in text.split(|c: char| !c.is_alphabetic()).enumerate() {
        let plain = word.strip_suffix('s').unwrap_or(word);
        let verb = crate::lexicon::verb(word).or_else(|| crate::lexicon::verb(plain));
        let Some(verb) = verb else { continue };
        let slot = match verb.access {
            Some(Access::Write) => 0,
            Some(Access::Read) => 1,
            Some(Access::Push) | None => continue,
        };
        first[slot] = first[slot].or(Some((at, verb)));
    }
    first
}

/// `10:1 write to read` is 0.1 reads for each write.
fn invert(draft: &mut Demand, place: &Place<'_>) {
    let [Some((write, _)), Some((read, _))] = acts_in_order(&sentence(place)) else { return };
    if write < read && place.ratio && draft.amount.low > 0.0 {
        let Amount { low, mid, high, .. } = draft.amount;
        (draft.amount.low, draft.amount.mid, draft.amount.high) =
            (high.recip(), mid.recip(), low.recip());
    }
}

/// `10 % of them in the busiest hour`
fn hourly(place: &Place<'_>) -> bool {
    let those = place.own.before.iter().chain(place.own.after).any(|m| m.kind == MarkKind::Those);
    those && place.own.text[place.range()].contains("hour")
}

/// `rush hour share 18 %`: of the day.
fn in_the_hour(draft: &Demand, place: &Place<'_>) -> bool {
    let text = place.own.text.to_lowercase();
    let share = ["share", "carries", "비중"].iter().any(|word| text.contains(word));
    draft.of.is_none() && share && (text.contains("hour") || text.contains("시간"))
}

fn of_a_day(draft: &Demand) -> bool {
    let noun = match &draft.of {
        Some(Of::Noun { noun, .. }) => noun,
        Some(Of::Demand { .. }) | None => return false,
    };
    let daily = noun.has("daily") || draft.per_seconds() == Some(86_400.0);
    noun.has("day") || daily && ["traffic", "load", "volume", "request"].contains(&noun.head())
}

/// `the peak hour carries 20 % of the day`: the hour is 24 times that share of the mean.
fn peak_hour(draft: &mut Demand) {
    draft.metric = Some(Metric::PeakFactor);
    draft.of = None;
    draft.per.clear();
    draft.subjects.clear();
    draft.amount.dimension = Dimension::Factor;
    // "11:30-13:30 carries 40 % of the day": of two hours.
    let hours = draft.conditions.iter().find_map(|condition| match condition.kind {
        ConditionKind::Hours { from, to, .. } if to > from => Some(to - from),
        ConditionKind::Hours { from, to, .. } => Some(to - from + 24.0),
        _ => None,
    });
    for value in [&mut draft.amount.low, &mut draft.amount.mid, &mut draft.amount.high] {
        *value *= 24.0 / hours.unwrap_or(1.0);
    }
    draft.conditions.retain(|condition| condition.kind != ConditionKind::Peak);
}

/// Returns whether a share is one of what comes: `40 % of orders`, `half of them`, `하루 주문의 40%`.
fn of_what_comes(draft: &Demand, place: &Place<'_>) -> bool {
    let those = place.own.before.iter().chain(place.own.after).any(|m| m.kind == MarkKind::Those);
    let daily = draft.per_seconds() == Some(86_400.0) && !draft.subjects.is_empty();
    let people = matches!(&draft.of, Some(Of::Noun { noun, .. }) if PEOPLE.contains(&noun.head()));
    (draft.of.is_some() || those || daily) && !people
}

/// Returns whether a share of a day falls into fewer hours than that share of it.
fn crowded(draft: &Demand) -> bool {
    draft.conditions.iter().any(|condition| match condition.kind {
        ConditionKind::Hours { from, to, .. } => {
            let hours = if to > from { to - from } else { to - from + 24.0 };
            draft.amount.mid * 24.0 > hours * 1.2
        }
        _ => false,
    })
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

fn infer_time(draft: &mut Demand, place: &Place<'_>) -> Option<Metric> {
    if draft.per_seconds().is_some() || place.territory.cut == Cut::Of {
        return Some(Metric::Length);
    }
    // "raw events for 30 days"
    let kept = place.own.before.last().is_some_and(|mark| mark.is_function("for"));
    if kept && draft.subject().is_some() && draft.amount.mid >= 86_400.0 {
        return Some(Metric::Retention);
    }
    if let Some(noun) = draft.per_each().filter(|noun| !noun.is_empty()).cloned()
        && draft.subjects.is_empty()
        && draft.amount.mid < 86_400.0
    {
        draft.subjects.push(noun);
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
    let named = draft.subject().is_some() && draft.amount.mid <= 3_600.0;
    if below && (named || draft.amount.mid <= 60.0) {
        return Some(Metric::Latency);
    }
    // "3M participants per day, 45 minutes each": each of them, in the same time.
    let each = draft.per_each().is_some_and(NounPhrase::is_empty);
    if each && draft.per_seconds().is_none() && draft.amount.mid < 86_400.0 {
        return Some(Metric::Length);
    }
    // "400,000 rides per day, 12 minutes on average"
    let average = draft.statistic == Some(Statistic::Average) && draft.subject().is_none();
    let after = matches!(place.territory.cut, Cut::Comma | Cut::And);
    // "4 people per call, 25 minutes long"
    let first = place.own.after.first().map(|mark| &mark.kind);
    let long = |mark: &MarkKind| match mark {
        MarkKind::Word { raw, .. } | MarkKind::Function(raw) => raw == "long",
        _ => false,
    };
    if first.is_some_and(long) {
        draft.subjects.clear();
        return Some(Metric::Length);
    }
    let long = draft.subject().is_some() && draft.amount.mid < 86_400.0;
    if long || average && after { Some(Metric::Length) } else { None }
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
    let bare = amount.dimension == Dimension::Count
        && (amount.text.ends_with(|c: char| c.is_ascii_digit()) || amount.text == "zero");
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
