//! Conditions and percentiles: `in the first minute`, `while driving`, `p99`.

use super::{MarkKind, Marker, time_unit};
use crate::lexer::{Kind, Quantity};
use crate::lexicon::{self, units::UnitKind};
use crate::{ConditionKind, Statistic, TimeUnit};

impl Marker<'_> {
    /// `under 2 s for 95 % of requests`: a percentile.
    pub(super) fn share_of_requests(&self) -> Option<(MarkKind, usize)> {
        if let Some(found) = self.share_before_time() {
            return Some(found);
        }
        let lead = matches!(self.word(0), "for" | "in");
        let share =
            self.quantity(1).filter(|quantity| quantity.kind() == Some(UnitKind::Percent))?;
        let timed = self
            .marks
            .iter()
            .any(|mark| mark.quantity().is_some_and(|quantity| quantity.time().is_some()));
        let of_the = self.word(2) == "of" && self.word(3) == "the";
        let of = self.word(2) == "of" && !of_the && !self.word(3).is_empty();
        if !lead || !timed || !(of || of_the) || share.low != share.high || share.low > 100.0 {
            return None;
        }
        let kind = MarkKind::Statistic(Statistic::Percentile(share.low / 100.0));
        Some((kind, if of { 4 } else { 5 }))
    }

    /// `99.9 % of requests < 200 ms`: a percentile, too.
    fn share_before_time(&self) -> Option<(MarkKind, usize)> {
        let share =
            self.quantity(0).filter(|quantity| quantity.kind() == Some(UnitKind::Percent))?;
        let high = share.low == share.high && (50.0..100.0).contains(&share.low);
        let of = self.word(1) == "of" && !self.word(2).is_empty();
        let bound = matches!(self.word(3), "<" | "<=" | "≤" | "under" | "below" | "within" | "in");
        let time = self.quantity(4).and_then(Quantity::time).is_some();
        let kind = MarkKind::Statistic(Statistic::Percentile(share.low / 100.0));
        (high && of && bound && time).then_some((kind, 3))
    }

    /// `in the first minute`, `while driving`, `after 5 years`, `30 days hot`.
    pub(super) fn condition(&self) -> Option<(MarkKind, usize)> {
        let mut skip = 0;
        while matches!(self.word(skip), "in" | "within" | "during" | "the") {
            skip += 1;
        }
        if self.word(skip) == "first" {
            let time = self.quantity(skip + 1).and_then(Quantity::time).map(|(seconds, _)| seconds);
            let seconds = time.or_else(|| time_unit(self.word(skip + 1)).map(TimeUnit::seconds));
            if let Some(seconds) = seconds {
                let kind = ConditionKind::Within { seconds, first: true };
                return Some((MarkKind::Condition(kind), skip + 2));
            }
        }
        let after =
            |offset| self.quantity(offset).and_then(Quantity::time).map(|(seconds, _)| seconds);
        if self.word(0) == "after"
            && let Some(seconds) = after(1)
        {
            return Some((MarkKind::Condition(ConditionKind::After { seconds }), 2));
        }
        if self.word(1) == "@after-post"
            && let Some(seconds) = after(0)
        {
            return Some((MarkKind::Condition(ConditionKind::After { seconds }), 2));
        }
        if let Some(kind) = self.direction() {
            return Some((MarkKind::Condition(kind), 1));
        }
        if let Some(found) = self.office_hours() {
            return Some(found);
        }
        if let Some(found) = self.length_of_day() {
            return Some(found);
        }
        if matches!(self.word(0), "while" | "during" | "when") {
            return self.during();
        }
        let tier = matches!(self.word(0), "hot" | "cold" | "warm" | "frozen");
        let beside_time =
            self.marks.last().is_some_and(|mark| {
                mark.quantity().is_some_and(|quantity| quantity.time().is_some())
            }) || matches!(self.word(1), "for" | ":") && after(2).is_some();
        if tier && beside_time {
            let name = self.word(0).to_owned();
            return Some((MarkKind::Condition(ConditionKind::Tier { name }), 1));
        }
        None
    }

    /// `1.2 KB in, 6 KB out per request`.
    fn direction(&self) -> Option<ConditionKind> {
        let kind = match self.word(0) {
            "in" => ConditionKind::Up,
            "out" => ConditionKind::Down,
            _ => return None,
        };
        let data = |quantity: &Quantity| matches!(quantity.kind(), Some(UnitKind::Bytes(_)));
        let after = self.marks.last().and_then(|mark| mark.quantity()).is_some_and(data);
        let ends = matches!(self.word(1), "" | "," | ";" | "." | "/" | "per" | "and" | "each");
        let amount = self.quantity(1).is_some();
        (after && ends && !amount).then_some(kind)
    }

    /// `in office hours`: 9 to 18 h, unless the item gives the hours itself.
    fn office_hours(&self) -> Option<(MarkKind, usize)> {
        let lead = usize::from(matches!(self.word(0), "in" | "during"));
        let adjective = matches!(self.word(lead), "office" | "business" | "working");
        let given = self.tokens.iter().any(|token| matches!(token.kind, Kind::Clock(..)));
        if !adjective || self.word(lead + 1) != "hour" || given {
            return None;
        }
        let hours = ConditionKind::Hours { from: 9.0, to: 18.0, zone: None };
        Some((MarkKind::Condition(hours), lead + 2))
    }

    /// `200 requests per working day (8 hours)`: hours of the day from nine on.
    fn length_of_day(&self) -> Option<(MarkKind, usize)> {
        let daily = self.marks.last().is_some_and(|mark| {
            matches!(mark.kind, MarkKind::PerTime { seconds: 86_400.0, interval: false, .. })
        });
        if !daily || !matches!(self.word(0), "(" | "of") {
            return None;
        }
        let (seconds, _) = self.quantity(1).and_then(Quantity::time)?;
        let hours = seconds / 3_600.0;
        if !(1.0..=15.0).contains(&hours) {
            return None;
        }
        let kind = ConditionKind::Hours { from: 9.0, to: 9.0 + hours, zone: None };
        let closes = usize::from(self.word(0) == "(" && self.word(2) == ")");
        Some((MarkKind::Condition(kind), 2 + closes))
    }

    pub(super) fn during(&self) -> Option<(MarkKind, usize)> {
        let mut words = Vec::new();
        let mut count = 1;
        for (index, token) in self.tokens.iter().enumerate().skip(self.at + 1) {
            let ends = matches!(token.kind, Kind::Symbol(_) | Kind::Amount(_) | Kind::Clock(..));
            if ends || ["all", "each", "every", "within", "under"].contains(&token.word()) {
                break;
            }
            if !lexicon::is_stop(token.word()) {
                words.push(self.normal[index].clone());
            }
            count += 1;
        }
        if words == ["peak"] || words == ["peak", "hour"] {
            return Some((MarkKind::Condition(ConditionKind::Peak), count));
        }
        let kind = ConditionKind::During { words };
        (count > 1).then_some((MarkKind::Condition(kind), count))
    }

    /// `p99`, `p99.9`, `p999`, `99th percentile`.
    pub(super) fn percentile(&self) -> Option<(MarkKind, usize)> {
        let word = self.word(0);
        let next_is_percentile = matches!(self.word(1), "percentile" | "pct");
        let digits = match word.strip_prefix('p') {
            Some(digits) => digits,
            None if next_is_percentile => word.trim_end_matches(|c: char| c.is_alphabetic()),
            None => return None,
        };
        if digits.is_empty() || !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let value: f64 = digits.parse().ok()?;
        let share = if value > 100.0 {
            // p999 is 99.9 %, p9999 is 99.99 %.
            let mut scale = 1.0;
            while value / scale >= 100.0 {
                scale *= 10.0;
            }
            value / scale / 100.0
        } else {
            value / 100.0
        };
        let kind = MarkKind::Statistic(Statistic::Percentile(share));
        Some((kind, 1 + usize::from(next_is_percentile)))
    }
}
