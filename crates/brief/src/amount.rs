use serde::{Deserialize, Serialize};

use crate::{NounPhrase, Span};

/// What an amount measures. The values of an [`Amount`] are in the base unit named here.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Dimension {
    /// Things that are counted; base unit 1.
    Count,
    /// A span of time; base unit second.
    Time,
    /// Data; base unit byte.
    Bytes,
    /// Data; base unit bit.
    Bits,
    /// A share written in percent; base unit 1 (50 % is 0.5).
    Ratio,
    /// A factor: `3x` is 3, `100:1` is 100; base unit 1.
    Factor,
    /// Money; base unit one of [`Amount::currency`].
    Money,
    /// A length on Earth; base unit meter.
    Length,
}

impl Dimension {
    /// Returns the word for it in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "a count",
            Self::Time => "a time",
            Self::Bytes => "an amount of data",
            Self::Bits => "an amount of bits",
            Self::Ratio => "a share in %",
            Self::Factor => "a factor",
            Self::Money => "an amount of money",
            Self::Length => "a length",
        }
    }
}

/// A currency that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// US dollar.
    Usd,
    /// Euro.
    Eur,
    /// Pound sterling.
    Gbp,
    /// Yen.
    Jpy,
    /// Won.
    Krw,
}

/// An amount as it was written, in base units.
///
/// `low <= mid <= high`. A single number has all three equal; of a range the ends are `low` and
/// `high` and `mid` is their arithmetic mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Amount {
    /// Lower end in the base unit of `dimension`.
    pub low: f64,
    /// The value to work with, in the base unit of `dimension`.
    pub mid: f64,
    /// Upper end in the base unit of `dimension`.
    pub high: f64,
    /// What it measures.
    pub dimension: Dimension,
    /// The currency of money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Whether no number stands there: `every 45 s`, `daily`, `each user has a profile` say *one*.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub implied: bool,
    /// Where it stands, from the first digit (or currency sign) to the end of the unit.
    pub span: Span,
    /// The words that were read.
    pub text: String,
}

/// One denominator of a [`Demand`](crate::Demand): the amount counts for each of these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Per {
    /// `/s`, `per day`, `every 45 s`, `per 30 days`, `하루`: a span of time.
    Time {
        /// Its length in seconds; a month is 30 days, a year 365.
        seconds: f64,
        /// The unit that was written, for money per month (a price month is 730 h).
        unit: TimeUnit,
        /// Whether it was written as an interval (`every 45 s`), not as a rate (`per minute`).
        interval: bool,
        /// Where it stands.
        span: Span,
    },
    /// `per user`, `each`, `사용자당`: one of those.
    Each {
        /// The noun; empty where only `each` was written and nothing to refer to was found.
        noun: NounPhrase,
        /// The demand of the same brief that counts those, where one is evident from the sentence
        /// (`2M drivers, 3 trips per driver`; `5 % of those post twice a day`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        demand: Option<usize>,
        /// Where it stands.
        span: Span,
    },
}

/// A unit of time as written.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum TimeUnit {
    /// Anything below a second.
    Subsecond,
    /// Second.
    Second,
    /// Minute.
    Minute,
    /// Hour.
    Hour,
    /// Day of 86,400 s.
    Day,
    /// Week.
    Week,
    /// Load month of 30 days.
    Month,
    /// Year of 365 days.
    Year,
}

impl TimeUnit {
    /// Returns its length in seconds (a millisecond for [`TimeUnit::Subsecond`]).
    #[must_use]
    pub const fn seconds(self) -> f64 {
        match self {
            Self::Subsecond => 1e-3,
            Self::Second => 1.0,
            Self::Minute => 60.0,
            Self::Hour => 3_600.0,
            Self::Day => 86_400.0,
            Self::Week => 604_800.0,
            Self::Month => 2_592_000.0,
            Self::Year => 31_536_000.0,
        }
    }
}
