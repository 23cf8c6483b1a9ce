//! Quantities as people write them in a design file: `500 B`, `10/s`, `90d`, `0.9`.

use core::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use tenfold_units::{Unit, duration};

/// Suffixes of byte amounts and their sizes, largest first.
const BYTES: [(&str, f64); 11] = [
    ("EB", 1e18),
    ("PB", 1e15),
    ("TB", 1e12),
    ("GB", 1e9),
    ("MB", 1e6),
    ("kB", 1e3),
    ("TiB", 1_099_511_627_776.0),
    ("GiB", 1_073_741_824.0),
    ("MiB", 1_048_576.0),
    ("KiB", 1_024.0),
    ("B", 1.0),
];

/// Suffixes of bit rates and their sizes, largest first.
const BIT_RATES: [(&str, f64); 6] =
    [("Pb/s", 1e15), ("Tb/s", 1e12), ("Gb/s", 1e9), ("Mb/s", 1e6), ("kb/s", 1e3), ("b/s", 1.0)];

/// A number with its dimension, written with a unit: `1157.407/s`, `42.75 GB`, `30d`, `0.9`.
///
/// Reading what was written gives the same bits back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Amount {
    /// The value in the base unit of the dimension.
    pub value: f64,
    /// What the value measures.
    pub dimension: Dimension,
}

/// What an [`Amount`] measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// No unit: counts, ratios, factors, exponents.
    Number,
    /// Events per second.
    Rate,
    /// Bytes.
    Bytes,
    /// Bytes per second.
    ByteRate,
    /// Bits per second.
    BitRate,
    /// Seconds.
    Time,
    /// US dollars.
    Money,
}

impl Dimension {
    /// Returns the dimension of figures of this unit.
    #[must_use]
    pub const fn of(unit: Unit) -> Self {
        match unit {
            Unit::PerSecond | Unit::PerSecondSimulated => Self::Rate,
            Unit::Bytes => Self::Bytes,
            Unit::BytesPerSecond => Self::ByteRate,
            Unit::BitsPerSecond => Self::BitRate,
            Unit::Seconds => Self::Time,
            Unit::Usd | Unit::UsdPerMonth | Unit::UsdEach => Self::Money,
            Unit::Count | Unit::Ratio | Unit::Factor | Unit::Erlangs => Self::Number,
        }
    }

    /// Returns the unit in which a value of this dimension is printed when nothing else is known.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Number => Unit::Count,
            Self::Rate => Unit::PerSecond,
            Self::Bytes => Unit::Bytes,
            Self::ByteRate => Unit::BytesPerSecond,
            Self::BitRate => Unit::BitsPerSecond,
            Self::Time => Unit::Seconds,
            Self::Money => Unit::Usd,
        }
    }
}

impl Amount {
    /// Returns the amount of this value and dimension.
    #[must_use]
    pub const fn new(value: f64, dimension: Dimension) -> Self {
        Self { value, dimension }
    }

    /// Returns the amount that `text` writes.
    ///
    /// # Errors
    /// Says what was read and what would help.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let help = || {
            format!("`{text}` is not an amount: write for example `10/s`, `500 B`, `30d` or `0.9`")
        };
        if let Some(money) = text.strip_prefix('$') {
            let value = number(money).ok_or_else(help)?;
            return Ok(Self::new(value, Dimension::Money));
        }
        if let Some(value) = number(text) {
            return Ok(Self::new(value, Dimension::Number));
        }
        for (suffix, size) in BIT_RATES {
            if let Some(value) = text.strip_suffix(suffix).and_then(number) {
                return Ok(Self::new(value * size, Dimension::BitRate));
            }
        }
        let (amount, per_second) = match text.strip_suffix("/s") {
            Some(amount) => (amount.trim_end(), true),
            None => (text, false),
        };
        for (suffix, size) in BYTES {
            if let Some(value) = amount.strip_suffix(suffix).and_then(number) {
                let dimension = if per_second { Dimension::ByteRate } else { Dimension::Bytes };
                return Ok(Self::new(value * size, dimension));
            }
        }
        if per_second {
            let value = number(amount).ok_or_else(help)?;
            return Ok(Self::new(value, Dimension::Rate));
        }
        let span = duration::parse(text).map_err(|reason| format!("{}; {reason}", help()))?;
        Ok(Self::new(span.as_secs_f64(), Dimension::Time))
    }
}

/// Reads a finite, non-negative decimal number.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | '-' | '+' | '_');
    if text.is_empty()
        || !text.starts_with(|c: char| c.is_ascii_digit())
        || !text.chars().all(plain)
    {
        return None;
    }
    text.replace('_', "").parse().ok().filter(|v: &f64| v.is_finite() && *v >= 0.0)
}

/// Writes `value` in the largest unit that keeps it exact and short, else in the base unit.
fn scaled(value: f64, units: &[(&str, f64)], space: &str) -> String {
    let base = units.last().expect("every table ends with its base unit");
    for (suffix, size) in units.iter().filter(|(suffix, _)| !suffix.contains('i')) {
        let quotient = value / size;
        let text = format!("{quotient}");
        if quotient >= 1.0 && text.len() <= 8 && quotient * size == value {
            return format!("{text}{space}{suffix}");
        }
    }
    format!("{value}{space}{}", base.0)
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value;
        match self.dimension {
            Dimension::Number => write!(f, "{value}"),
            Dimension::Rate => write!(f, "{value}/s"),
            Dimension::Bytes => f.write_str(&scaled(value, &BYTES, " ")),
            Dimension::ByteRate => write!(f, "{}/s", scaled(value, &BYTES, " ")),
            Dimension::BitRate => f.write_str(&scaled(value, &BIT_RATES, " ")),
            Dimension::Money => write!(f, "${value}"),
            Dimension::Time => {
                let span = core::time::Duration::try_from_secs_f64(value).unwrap_or_default();
                let text = duration::format(span);
                let same = duration::parse(&text).is_ok_and(|back| back.as_secs_f64() == value);
                if same { f.write_str(&text) } else { write!(f, "{value}s") }
            }
        }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.dimension {
            Dimension::Number => serializer.serialize_f64(self.value),
            Dimension::Rate
            | Dimension::Bytes
            | Dimension::ByteRate
            | Dimension::BitRate
            | Dimension::Time
            | Dimension::Money => serializer.serialize_str(&self.to_string()),
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Scalar::deserialize(deserializer)?.0;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A number, or a number with its unit: 10/s, 500 B, 30d, 4 Mb/s, $20.",
            "type": ["number", "string"]
        })
    }
}

/// A number or a string, kept as text.
struct Scalar(String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or text")
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<Scalar, E> {
                Ok(Scalar(value.to_owned()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// A formula over the inputs of a design: an input's name, a number, or both joined by operators
/// (`op.create.qps_avg * 100`). The grammar is [`tenfold_units::Expression`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Formula(pub String);

impl Formula {
    /// Returns the formula that this text writes.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the formula of a plain number.
    #[must_use]
    pub fn number(value: f64) -> Self {
        Self(value.to_string())
    }
}

impl<'de> Deserialize<'de> for Formula {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Scalar::deserialize(deserializer)?.0;
        tenfold_units::Expression::parse(&text).map_err(de::Error::custom)?;
        Ok(Self(text))
    }
}

impl JsonSchema for Formula {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Formula".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A number, an input's name, or a formula over inputs in base units.",
            "type": ["number", "string"]
        })
    }
}

/// serde for [`tenfold_units::Bytes`] as text: `42.75 GB`.
pub mod bytes {
    use super::{Amount, Deserialize, Deserializer, Dimension, Serializer, de};
    use tenfold_units::Bytes;

    /// Writes an amount of data with its unit.
    ///
    /// # Errors
    /// Returns the serializer's.
    pub fn serialize<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        let amount = Amount::new(bytes.as_f64(), Dimension::Bytes);
        serializer.serialize_str(&amount.to_string())
    }

    /// Reads an amount of data with its unit.
    ///
    /// # Errors
    /// Says what was read where a byte unit is missing.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        let amount = Amount::deserialize(deserializer)?;
        if amount.dimension != Dimension::Bytes {
            let help = format!("`{amount}` is no amount of data: write for example `500 B`");
            return Err(de::Error::custom(help));
        }
        Ok(Bytes::new(amount.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back_keeps_every_bit() {
        let values = [1_157.407_407_407_407_3, 500.0, 18.25e12, 42.75e9, 0.1, 1.0 / 3.0, 1e15];
        let dimensions = [
            Dimension::Number,
            Dimension::Rate,
            Dimension::Bytes,
            Dimension::ByteRate,
            Dimension::BitRate,
            Dimension::Money,
        ];
        for dimension in dimensions {
            for value in values {
                let amount = Amount::new(value, dimension);
                assert_eq!(Amount::parse(&amount.to_string()), Ok(amount), "{amount}");
            }
        }
        for text in ["30d", "90s", "1.5s", "117ms"] {
            assert_eq!(Amount::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn writes_as_people_do() {
        assert_eq!(Amount::new(42.75e9, Dimension::Bytes).to_string(), "42.75 GB");
        assert_eq!(Amount::new(500.0, Dimension::Bytes).to_string(), "500 B");
        assert_eq!(Amount::new(4e6, Dimension::BitRate).to_string(), "4 Mb/s");
        assert_eq!(Amount::parse("64 GiB").unwrap().value, 68_719_476_736.0);
    }

    #[test]
    fn refuses_what_is_no_amount() {
        for text in ["", "fast", "-3/s", "10 req", "1e999", "5m"] {
            assert!(Amount::parse(text).is_err(), "{text}");
        }
    }
}
