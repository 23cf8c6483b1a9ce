//! A quantity and what stands beside it to an amount in base units.

use core::ops::Range;

use super::{Context, Found};
use crate::codes::{
    BITS_OR_BYTES, BYTE_OR_BILLION, DECIMAL_OR_BINARY, MINUTES_OR_MILLIONS, RANGE_REVERSED,
    WIDE_RANGE,
};
use crate::lexer::{Quantity, Remark};
use crate::lexicon::units::UnitKind;
use crate::{Amount, Dimension, Per, TimeUnit};

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
    /// It is the size of one thing: `a 400 B position`.
    pub(super) of_one: bool,
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
    let kind = quantity.kind();
    let (dimension, factor) = dimension(quantity, beside, &text, &mut remark);
    let (mut low, mut high) = match kind {
        Some(UnitKind::Percent) => (hundredth(quantity.low), hundredth(quantity.high)),
        Some(UnitKind::Nines) => (share_of_nines(quantity.low), share_of_nines(quantity.high)),
        _ => (quantity.low * factor, quantity.high * factor),
    };
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
    let currency = match kind {
        Some(UnitKind::Money(currency, _)) => Some(currency),
        _ => None,
    };
    let noun = match kind {
        Some(
            UnitKind::CounterNoun(name) | UnitKind::PerSecond(name) | UnitKind::PerMinute(name),
        ) => Some(name),
        _ => None,
    };
    let amount = Amount { low, mid, high, dimension, currency, implied: false, span, text };
    let unit = time_of_unit(kind);
    let per = unit.map(|unit| Per::Time { seconds: unit.seconds(), unit, interval: false, span });
    Converted { amount, per, noun, nines: kind == Some(UnitKind::Nines) }
}

/// Returns the time that a unit divides by: the second of rps and Mbps, the minute of rpm.
fn time_of_unit(kind: Option<UnitKind>) -> Option<TimeUnit> {
    match kind? {
        UnitKind::BitRate(_) | UnitKind::ByteRate(_) | UnitKind::PerSecond(_) => {
            Some(TimeUnit::Second)
        }
        UnitKind::PerMinute(_) => Some(TimeUnit::Minute),
        _ => None,
    }
}

type Remarker<'a> = dyn FnMut(crate::CodeEntry, String, &str) + 'a;

/// Returns dimension and factor to the base unit.
fn dimension(
    quantity: &Quantity,
    beside: &Beside,
    text: &str,
    remark: &mut Remarker<'_>,
) -> (Dimension, f64) {
    let Some(kind) = quantity.kind() else {
        if quantity.ratio {
            return (Dimension::Factor, 1.0);
        }
        if beside.of_data && quantity.scaled && text.ends_with(['G', 'T', 'M']) {
            remark(BITS_OR_BYTES, format!("`{text}` was read as bytes"), "write GB, MB or TB");
            return (Dimension::Bytes, 1.0);
        }
        return (Dimension::Count, 1.0);
    };
    match kind {
        UnitKind::Counter
        | UnitKind::CounterNoun(_)
        | UnitKind::ClockHour(_)
        | UnitKind::PerSecond(_)
        | UnitKind::PerMinute(_) => (Dimension::Count, 1.0),
        UnitKind::Time(_, factor) => (Dimension::Time, factor),
        UnitKind::MinuteOrMillion => minute_or_million(beside, text, remark),
        UnitKind::Bytes(factor) if quantity.billion => {
            billion_or_byte(quantity, factor, beside, text, remark)
        }
        UnitKind::Bytes(factor) => {
            if [1e12, 1e15, 1e18].contains(&factor) {
                let message = format!("`{text}` was read in powers of ten");
                remark(DECIMAL_OR_BINARY, message, "write TiB for powers of two (10 % more)");
            }
            (Dimension::Bytes, factor)
        }
        UnitKind::LowerBytes(factor) => bits_or_bytes(factor, beside, text, remark),
        UnitKind::Bits(factor) => {
            let spelled = text.to_lowercase().contains("bit") || text.contains('비');
            if !beside.per_time && !spelled {
                let message = format!("`{text}` was read as bits");
                remark(BITS_OR_BYTES, message, "write a capital B for bytes");
            }
            (Dimension::Bits, factor)
        }
        UnitKind::BitRate(factor) => (Dimension::Bits, factor),
        UnitKind::ByteRate(factor) => (Dimension::Bytes, factor),
        UnitKind::Percent | UnitKind::Nines => (Dimension::Ratio, 1.0),
        UnitKind::Money(_, factor) => (Dimension::Money, factor),
        UnitKind::Times if beside.frequency => (Dimension::Count, 1.0),
        UnitKind::Times => (Dimension::Factor, 1.0),
        UnitKind::Length(factor) => (Dimension::Length, factor),
    }
}

/// `10 gb` is data, `10 gb/s` a rate of bits.
fn bits_or_bytes(
    factor: f64,
    beside: &Beside,
    text: &str,
    remark: &mut Remarker<'_>,
) -> (Dimension, f64) {
    let (dimension, read, help) = if beside.per_time {
        (Dimension::Bits, "bits", "write B for bytes")
    } else {
        (Dimension::Bytes, "bytes", "write GB for bytes, Gb for bits")
    };
    remark(BITS_OR_BYTES, format!("`{text}` was read as {read}"), help);
    (dimension, factor)
}

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
    let billion = (beside.noun_follows || beside.counts || slow) && !beside.of_one;
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
