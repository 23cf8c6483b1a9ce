//! A quantity and what stands beside it to an amount in base units.

use core::ops::Range;

use super::{Context, Found};
use crate::codes::{
    BITS_OR_BYTES, BYTE_OR_BILLION, DECIMAL_OR_BINARY, MINUTES_OR_MILLIONS, RANGE_REVERSED,
    WIDE_RANGE,
};
use crate::lexer::{Quantity, Remark};
use crate::lexicon::units::UnitKind;
use crate::{Amount, Currency, Dimension, Per, TimeUnit};

/// What the words around say about a quantity.
pub(super) struct Beside {
    /// A word with content follows directly.
    pub(super) noun_follows: bool,
    /// A count is expected: people, or a property that is counted.
    pub(super) counts: bool,
    /// A time is expected.
    pub(super) time: bool,
    /// A denominator of time stands there.
    pub(super) per_time: bool,
    /// It is a second.
    pub(super) per_second: bool,
    /// The noun is memory, storage or data.
    pub(super) of_data: bool,
    /// Neither a noun nor a count before: `reads 10x`.
    pub(super) frequency: bool,
}

/// An amount, and what its unit brought with it.
pub(super) struct Converted {
    pub(super) amount: Amount,
    pub(super) per: Option<Per>,
    /// The noun in the unit: *request* of rps.
    pub(super) noun: Option<&'static str>,
    /// Nines of availability.
    pub(super) nines: bool,
}

/// Converts a quantity.
pub(super) fn convert(
    quantity: &Quantity,
    range: &Range<usize>,
    beside: &Beside,
    context: &Context<'_>,
    found: &mut Found,
) -> Converted {
    let text = context.text[range.clone()].to_owned();
    let mut remark = |code, message: String, help: &str| {
        found.remarks.push(Remark { code, range: range.clone(), message, help: help.to_owned() });
    };
    let span = (context.place)(range.clone());
    let per_second = |seconds: f64, unit| Some(Per::Time { seconds, unit, interval: false, span });
    let (mut per, mut noun, mut currency) = (None, None, None::<Currency>);
    let kind = quantity.kind();
    let (dimension, factor) = match kind {
        None if quantity.ratio => (Dimension::Factor, 1.0),
        None if beside.of_data && quantity.scaled && text.ends_with(['G', 'T', 'M']) => {
            remark(BITS_OR_BYTES, format!("`{text}` was read as bytes"), "write GB, MB or TB");
            (Dimension::Bytes, 1.0)
        }
        None | Some(UnitKind::Counter | UnitKind::CounterNoun(_) | UnitKind::ClockHour(_)) => {
            if let Some(UnitKind::CounterNoun(name)) = kind {
                noun = Some(name);
            }
            (Dimension::Count, 1.0)
        }
        Some(UnitKind::Time(_, factor)) => (Dimension::Time, factor),
        Some(UnitKind::MinuteOrMillion) => minute_or_million(beside, &text, &mut remark),
        Some(UnitKind::Bytes(factor)) if quantity.billion => {
            billion_or_byte(quantity, factor, beside, &text, &mut remark)
        }
        Some(UnitKind::Bytes(factor)) => {
            if [1e12, 1e15, 1e18].contains(&factor) {
                let message = format!("`{text}` was read in powers of ten");
                remark(DECIMAL_OR_BINARY, message, "write TiB for powers of two (10 % more)");
            }
            (Dimension::Bytes, factor)
        }
        Some(UnitKind::LowerBytes(factor)) => {
            let (read, other) = if beside.per_time {
                ("bits", "B for bytes")
            } else {
                ("bytes", "b with a capital before it for bits")
            };
            remark(
                BITS_OR_BYTES,
                format!("`{text}` was read as {read}"),
                &format!("write {other}"),
            );
            (if beside.per_time { Dimension::Bits } else { Dimension::Bytes }, factor)
        }
        Some(UnitKind::Bits(factor)) => {
            if !beside.per_time && !text.to_lowercase().contains("bit") && !text.contains('비') {
                remark(
                    BITS_OR_BYTES,
                    format!("`{text}` was read as bits"),
                    "write a capital B for bytes",
                );
            }
            (Dimension::Bits, factor)
        }
        Some(UnitKind::BitRate(factor)) => {
            per = per_second(1.0, TimeUnit::Second);
            (Dimension::Bits, factor)
        }
        Some(UnitKind::ByteRate(factor)) => {
            per = per_second(1.0, TimeUnit::Second);
            (Dimension::Bytes, factor)
        }
        Some(UnitKind::Percent) => (Dimension::Ratio, 0.01),
        Some(UnitKind::Money(own, factor)) => {
            currency = Some(own);
            (Dimension::Money, factor)
        }
        Some(UnitKind::Times) if beside.frequency => (Dimension::Count, 1.0),
        Some(UnitKind::Times) => (Dimension::Factor, 1.0),
        Some(UnitKind::PerSecond(name)) => {
            (per, noun) = (per_second(1.0, TimeUnit::Second), Some(name));
            (Dimension::Count, 1.0)
        }
        Some(UnitKind::PerMinute(name)) => {
            (per, noun) = (per_second(60.0, TimeUnit::Minute), Some(name));
            (Dimension::Count, 1.0)
        }
        Some(UnitKind::Length(factor)) => (Dimension::Length, factor),
        Some(UnitKind::Nines) => (Dimension::Ratio, 1.0),
    };
    let nines = kind == Some(UnitKind::Nines);
    let (mut low, mut high) = (quantity.low * factor, quantity.high * factor);
    if kind == Some(UnitKind::Percent) {
        (low, high) = (hundredth(quantity.low), hundredth(quantity.high));
    }
    if nines {
        (low, high) = (share_of_nines(low), share_of_nines(high));
    }
    if low > high {
        let message = format!("`{text}` ends below its start");
        remark(RANGE_REVERSED, message, "write the smaller end first");
        core::mem::swap(&mut low, &mut high);
    }
    if high > 10.0 * low && low > 0.0 {
        let message = format!("the middle of `{text}` is worked with");
        remark(WIDE_RANGE, message, "give a narrower range or the expected value");
    }
    let mid = low + (high - low) / 2.0;
    let amount = Amount { low, mid, high, dimension, currency, implied: false, span, text };
    Converted { amount, per, noun, nines }
}

type Remarker<'a> = dyn FnMut(crate::CodeEntry, String, &str) + 'a;

fn minute_or_million(beside: &Beside, text: &str, remark: &mut Remarker<'_>) -> (Dimension, f64) {
    let million = !beside.time && (beside.noun_follows || beside.counts || beside.per_time);
    let read = if million { "million" } else { "minutes" };
    let message = format!("`{text}` was read as {read}");
    remark(MINUTES_OR_MILLIONS, message, "write \"min\" for minutes and \"M\" for million");
    if million { (Dimension::Count, 1e6) } else { (Dimension::Time, 60.0) }
}

fn billion_or_byte(
    quantity: &Quantity,
    factor: f64,
    beside: &Beside,
    text: &str,
    remark: &mut Remarker<'_>,
) -> (Dimension, f64) {
    let adjacent = quantity.unit.is_some_and(|unit| unit.adjacent);
    let slow = beside.per_time && !beside.per_second;
    let billion = beside.noun_follows || beside.counts || slow;
    if billion != ((beside.noun_follows || slow) && adjacent) {
        let read = if billion { "billion" } else { "bytes" };
        let message = format!("`{text}` was read as {read}");
        remark(BYTE_OR_BILLION, message, "write \"bytes\" or \"billion\"");
    }
    if billion { (Dimension::Count, 1e9) } else { (Dimension::Bytes, factor) }
}

/// Three nines are 0.999. Decimal text keeps the value exact.
fn share_of_nines(count: f64) -> f64 {
    let digits = "9".repeat(count.clamp(1.0, 12.0) as usize);
    format!("0.{digits}").parse().unwrap_or(0.999)
}

/// 99.9 % is 0.999, not 0.9990000000000001: the point is moved in the decimal text.
pub(super) fn hundredth(value: f64) -> f64 {
    format!("{value}e-2").parse().unwrap_or(value / 100.0)
}
