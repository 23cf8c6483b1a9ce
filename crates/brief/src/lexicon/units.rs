//! Units and scales as data.

use crate::{Currency, TimeUnit};

/// What a unit does to the number before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum UnitKind {
    /// A time of that many of these units.
    Time(TimeUnit, f64),
    /// Bytes.
    Bytes(f64),
    /// Bytes or bits by context, written without capitals (`10 gb`, `10 gb/s`).
    LowerBytes(f64),
    /// Bits; outside a rate bytes may have been meant (`10 Mb`).
    Bits(f64),
    /// Bits per second.
    BitRate(f64),
    /// Bytes per second.
    ByteRate(f64),
    /// Hundredths.
    Percent,
    /// Money.
    Money(Currency, f64),
    /// A factor, or a number of times when a time follows (`3 times a day`).
    Times,
    /// Events of this name per second (`rps`).
    PerSecond(&'static str),
    /// Events of this name per minute (`rpm`).
    PerMinute(&'static str),
    /// Meters.
    Length(f64),
    /// A Korean counter: it says that the number counts the noun beside it.
    Counter,
    /// A Korean counter that is itself the noun (가구: household).
    CounterNoun(&'static str),
    /// An hour of the day (18시, 6pm).
    ClockHour(f64),
    /// Nines of availability.
    Nines,
    /// `5m`: minutes or million, by context.
    MinuteOrMillion,
}

use TimeUnit::{Day, Hour, Minute, Month, Second, Subsecond, Week, Year};
use UnitKind::{
    BitRate, Bits, ByteRate, Bytes, ClockHour, Counter, CounterNoun, Length, LowerBytes,
    MinuteOrMillion, Money, Nines, PerMinute, PerSecond, Percent, Time, Times,
};

const KI: f64 = 1024.0;

/// Units whose spelling is compared with its capitals.
pub(crate) const EXACT: &[(&str, UnitKind)] = &[
    ("%", Percent),
    ("x", Times),
    ("X", Times),
    ("×", Times),
    ("B", Bytes(1.0)),
    ("b", LowerBytes(1.0)),
    ("kB", Bytes(1e3)),
    ("KB", Bytes(1e3)),
    ("Kb", Bits(1e3)),
    ("kb", LowerBytes(1e3)),
    ("MB", Bytes(1e6)),
    ("Mb", Bits(1e6)),
    ("mb", LowerBytes(1e6)),
    ("GB", Bytes(1e9)),
    ("Gb", Bits(1e9)),
    ("gb", LowerBytes(1e9)),
    ("TB", Bytes(1e12)),
    ("Tb", Bits(1e12)),
    ("tb", LowerBytes(1e12)),
    ("PB", Bytes(1e15)),
    ("Pb", Bits(1e15)),
    ("pb", LowerBytes(1e15)),
    ("EB", Bytes(1e18)),
    ("ZB", Bytes(1e21)),
    ("KiB", Bytes(KI)),
    ("MiB", Bytes(KI * KI)),
    ("GiB", Bytes(KI * KI * KI)),
    ("TiB", Bytes(KI * KI * KI * KI)),
    ("PiB", Bytes(KI * KI * KI * KI * KI)),
    ("EiB", Bytes(KI * KI * KI * KI * KI * KI)),
    ("Kbit", Bits(1e3)),
    ("Mbit", Bits(1e6)),
    ("Gbit", Bits(1e9)),
    ("Tbit", Bits(1e12)),
    ("kBps", ByteRate(1e3)),
    ("KBps", ByteRate(1e3)),
    ("MBps", ByteRate(1e6)),
    ("GBps", ByteRate(1e9)),
    ("TBps", ByteRate(1e12)),
    ("m", MinuteOrMillion),
];

/// Units whose spelling is compared without capitals.
pub(crate) const FOLDED: &[(&str, UnitKind)] = &[
    ("ns", Time(Subsecond, 1e-9)),
    ("us", Time(Subsecond, 1e-6)),
    ("µs", Time(Subsecond, 1e-6)),
    ("μs", Time(Subsecond, 1e-6)),
    ("ms", Time(Subsecond, 1e-3)),
    ("msec", Time(Subsecond, 1e-3)),
    ("msecs", Time(Subsecond, 1e-3)),
    ("millisecond", Time(Subsecond, 1e-3)),
    ("milliseconds", Time(Subsecond, 1e-3)),
    ("millis", Time(Subsecond, 1e-3)),
    ("microsecond", Time(Subsecond, 1e-6)),
    ("microseconds", Time(Subsecond, 1e-6)),
    ("s", Time(Second, 1.0)),
    ("sec", Time(Second, 1.0)),
    ("secs", Time(Second, 1.0)),
    ("second", Time(Second, 1.0)),
    ("seconds", Time(Second, 1.0)),
    ("min", Time(Minute, 60.0)),
    ("mins", Time(Minute, 60.0)),
    ("minute", Time(Minute, 60.0)),
    ("minutes", Time(Minute, 60.0)),
    ("h", Time(Hour, 3_600.0)),
    ("hr", Time(Hour, 3_600.0)),
    ("hrs", Time(Hour, 3_600.0)),
    ("hour", Time(Hour, 3_600.0)),
    ("hours", Time(Hour, 3_600.0)),
    ("d", Time(Day, 86_400.0)),
    ("day", Time(Day, 86_400.0)),
    ("days", Time(Day, 86_400.0)),
    ("wk", Time(Week, 604_800.0)),
    ("week", Time(Week, 604_800.0)),
    ("weeks", Time(Week, 604_800.0)),
    ("mo", Time(Month, 2_592_000.0)),
    ("month", Time(Month, 2_592_000.0)),
    ("months", Time(Month, 2_592_000.0)),
    ("quarter", Time(Month, 7_776_000.0)),
    ("quarters", Time(Month, 7_776_000.0)),
    ("y", Time(Year, 31_536_000.0)),
    ("yr", Time(Year, 31_536_000.0)),
    ("yrs", Time(Year, 31_536_000.0)),
    ("year", Time(Year, 31_536_000.0)),
    ("years", Time(Year, 31_536_000.0)),
    ("decade", Time(Year, 315_360_000.0)),
    ("decades", Time(Year, 315_360_000.0)),
    ("byte", Bytes(1.0)),
    ("bytes", Bytes(1.0)),
    ("kilobyte", Bytes(1e3)),
    ("kilobytes", Bytes(1e3)),
    ("megabyte", Bytes(1e6)),
    ("megabytes", Bytes(1e6)),
    ("gigabyte", Bytes(1e9)),
    ("gigabytes", Bytes(1e9)),
    ("gigs", Bytes(1e9)),
    ("terabyte", Bytes(1e12)),
    ("terabytes", Bytes(1e12)),
    ("petabyte", Bytes(1e15)),
    ("petabytes", Bytes(1e15)),
    ("exabyte", Bytes(1e18)),
    ("exabytes", Bytes(1e18)),
    ("bit", Bits(1.0)),
    ("bits", Bits(1.0)),
    ("kbit", Bits(1e3)),
    ("mbit", Bits(1e6)),
    ("gbit", Bits(1e9)),
    ("kilobits", Bits(1e3)),
    ("megabit", Bits(1e6)),
    ("megabits", Bits(1e6)),
    ("gigabit", Bits(1e9)),
    ("gigabits", Bits(1e9)),
    ("terabits", Bits(1e12)),
    ("bps", BitRate(1.0)),
    ("kbps", BitRate(1e3)),
    ("mbps", BitRate(1e6)),
    ("gbps", BitRate(1e9)),
    ("tbps", BitRate(1e12)),
    ("percent", Percent),
    ("pct", Percent),
    ("usd", Money(Currency::Usd, 1.0)),
    ("dollar", Money(Currency::Usd, 1.0)),
    ("dollars", Money(Currency::Usd, 1.0)),
    ("cent", Money(Currency::Usd, 0.01)),
    ("cents", Money(Currency::Usd, 0.01)),
    ("eur", Money(Currency::Eur, 1.0)),
    ("euro", Money(Currency::Eur, 1.0)),
    ("euros", Money(Currency::Eur, 1.0)),
    ("gbp", Money(Currency::Gbp, 1.0)),
    ("jpy", Money(Currency::Jpy, 1.0)),
    ("yen", Money(Currency::Jpy, 1.0)),
    ("krw", Money(Currency::Krw, 1.0)),
    ("won", Money(Currency::Krw, 1.0)),
    ("times", Times),
    ("fold", Times),
    ("rps", PerSecond("request")),
    ("qps", PerSecond("query")),
    ("tps", PerSecond("transaction")),
    ("wps", PerSecond("write")),
    ("eps", PerSecond("event")),
    ("iops", PerSecond("io")),
    ("fps", PerSecond("frame")),
    ("rpm", PerMinute("request")),
    ("km", Length(1e3)),
    ("kilometers", Length(1e3)),
    ("kilometres", Length(1e3)),
    ("mile", Length(1_609.344)),
    ("miles", Length(1_609.344)),
    ("meters", Length(1.0)),
    ("metres", Length(1.0)),
    ("am", ClockHour(0.0)),
    ("pm", ClockHour(12.0)),
    ("nines", Nines),
];

/// Korean units and counters; the longest prefix wins.
pub(crate) const KOREAN: &[(&str, UnitKind)] = &[
    ("나노초", Time(Subsecond, 1e-9)),
    ("마이크로초", Time(Subsecond, 1e-6)),
    ("밀리초", Time(Subsecond, 1e-3)),
    ("초", Time(Second, 1.0)),
    ("분", Time(Minute, 60.0)),
    ("시간", Time(Hour, 3_600.0)),
    ("일", Time(Day, 86_400.0)),
    ("주일", Time(Week, 604_800.0)),
    ("주", Time(Week, 604_800.0)),
    ("개월", Time(Month, 2_592_000.0)),
    ("달", Time(Month, 2_592_000.0)),
    ("년", Time(Year, 31_536_000.0)),
    ("바이트", Bytes(1.0)),
    ("킬로바이트", Bytes(1e3)),
    ("메가바이트", Bytes(1e6)),
    ("기가바이트", Bytes(1e9)),
    ("테라바이트", Bytes(1e12)),
    ("페타바이트", Bytes(1e15)),
    ("메가", Bytes(1e6)),
    ("기가", Bytes(1e9)),
    ("테라", Bytes(1e12)),
    ("페타", Bytes(1e15)),
    ("비트", Bits(1.0)),
    ("메가비트", Bits(1e6)),
    ("기가비트", Bits(1e9)),
    ("퍼센트", Percent),
    ("프로", Percent),
    ("원", Money(Currency::Krw, 1.0)),
    ("달러", Money(Currency::Usd, 1.0)),
    ("유로", Money(Currency::Eur, 1.0)),
    ("배", Times),
    ("시", ClockHour(0.0)),
    ("킬로미터", Length(1e3)),
    ("미터", Length(1.0)),
    ("명", Counter),
    ("인", Counter),
    ("건", Counter),
    ("개", Counter),
    ("회", Counter),
    ("번", Counter),
    ("대", Counter),
    ("곳", Counter),
    ("장", Counter),
    ("편", Counter),
    ("통", Counter),
    ("가지", Counter),
    ("종", Counter),
    ("벌", Counter),
    ("가구", CounterNoun("household")),
    ("세대", CounterNoun("household")),
    ("문항", CounterNoun("question")),
    ("문제", CounterNoun("question")),
    ("개국", CounterNoun("country")),
    ("글자", CounterNoun("character")),
    ("채널", CounterNoun("channel")),
    ("과목", CounterNoun("subject")),
];

/// Scales as letters, compared with capitals; `B` is byte or billion by context.
pub(crate) const LETTER_SCALES: &[(&str, f64)] =
    &[("k", 1e3), ("K", 1e3), ("M", 1e6), ("B", 1e9), ("G", 1e9), ("T", 1e12)];

/// Scales as words, compared without capitals.
pub(crate) const WORD_SCALES: &[(&str, f64)] = &[
    ("hundred", 1e2),
    ("thousand", 1e3),
    ("million", 1e6),
    ("millions", 1e6),
    ("mio", 1e6),
    ("mn", 1e6),
    ("mil", 1e6),
    ("billion", 1e9),
    ("billions", 1e9),
    ("bn", 1e9),
    ("trillion", 1e12),
    ("tn", 1e12),
    ("dozen", 12.0),
    ("lakh", 1e5),
    ("crore", 1e7),
];

/// Number words that stand alone.
pub(crate) const NUMBER_WORDS: &[(&str, f64)] = &[
    ("zero", 0.0),
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("eleven", 11.0),
    ("twelve", 12.0),
    ("fifteen", 15.0),
    ("twenty", 20.0),
    ("thirty", 30.0),
    ("forty", 40.0),
    ("fifty", 50.0),
    ("sixty", 60.0),
    ("seventy", 70.0),
    ("eighty", 80.0),
    ("ninety", 90.0),
];

/// Korean scale characters.
pub(crate) const KOREAN_SCALES: &[(char, f64)] =
    &[('십', 1e1), ('백', 1e2), ('천', 1e3), ('만', 1e4), ('억', 1e8), ('조', 1e12)];

/// Korean digits as they stand in written numbers.
pub(crate) const KOREAN_DIGITS: &[(char, f64)] = &[
    ('일', 1.0),
    ('이', 2.0),
    ('삼', 3.0),
    ('사', 4.0),
    ('오', 5.0),
    ('육', 6.0),
    ('칠', 7.0),
    ('팔', 8.0),
    ('구', 9.0),
];

/// Korean native numbers, read as such only before a counter.
pub(crate) const KOREAN_NATIVE: &[(&str, f64)] = &[
    ("한", 1.0),
    ("두", 2.0),
    ("세", 3.0),
    ("네", 4.0),
    ("다섯", 5.0),
    ("여섯", 6.0),
    ("일곱", 7.0),
    ("여덟", 8.0),
    ("아홉", 9.0),
    ("열", 10.0),
];

/// Signs of money before a number.
pub(crate) const CURRENCY_SIGNS: &[(char, Currency)] = &[
    ('$', Currency::Usd),
    ('€', Currency::Eur),
    ('£', Currency::Gbp),
    ('¥', Currency::Jpy),
    ('₩', Currency::Krw),
];
