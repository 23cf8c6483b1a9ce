//! Spans of time as text: `200ms`, `1.5s`, `3d`.
//!
//! As a serde module (`#[serde(with = "tenfold_units::duration")]`) a [`Duration`] is written as
//! such a string and read from it; [`optional`] does the same for an `Option<Duration>`.

use core::time::Duration;

use serde::{Deserialize, Deserializer, Serializer};

/// Units, smallest first: suffix and nanoseconds.
const UNITS: [(&str, u128); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// Returns the span that `text` names: a number and one of `ns us ms s min h d` (`y` = 365 d is
/// read too), a space between them allowed.
///
/// # Errors
/// Says what was read and what would help when the text is not of this form, or is negative or
/// longer than 584 years.
///
/// ```
/// use core::time::Duration;
/// use tenfold_units::duration;
/// assert_eq!(duration::parse("200ms"), Ok(Duration::from_millis(200)));
/// assert!(duration::parse("5m").unwrap_err().contains("5min"));
/// ```
pub fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let split =
        text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).ok_or_else(|| {
            format!("`{text}` has no unit: write for example `{text}ms` or `{text}s`")
        })?;
    let (number, suffix) = (text[..split].replace('_', ""), text[split..].trim());
    let value: f64 = number
        .parse()
        .map_err(|_| format!("`{text}` is not a span of time: write for example `200ms`"))?;
    let nanos = match suffix {
        "µs" | "μs" => 1_000,
        "y" => 365 * 86_400_000_000_000,
        "m" => return Err(format!("`{text}` is ambiguous: write `{number}min` or `{number}ms`")),
        _ => {
            UNITS
                .iter()
                .find(|(name, _)| *name == suffix)
                .ok_or_else(|| {
                    format!("unknown unit `{suffix}` in `{text}`: use ns, us, ms, s, min, h or d")
                })?
                .1
        }
    };
    let too_long = || format!("`{text}` is longer than 584 years");
    // Decimals are exact, also where a float is not.
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
    if fraction.len() <= 18
        && let Ok(digits) = format!("0{whole}{fraction}").parse::<u128>()
        && let Some(scaled) = digits.checked_mul(nanos)
    {
        let unit = 10_u128.pow(fraction.len() as u32);
        let total = u64::try_from((scaled + unit / 2) / unit).map_err(|_| too_long())?;
        return Ok(Duration::from_nanos(total));
    }
    let total = value * nanos as f64;
    if total > u64::MAX as f64 {
        return Err(too_long());
    }
    Ok(Duration::from_nanos((total + 0.5) as u64))
}

/// Returns the shortest text that [`parse()`] reads back as exactly `span`.
#[must_use]
pub fn format(span: Duration) -> String {
    let nanos = span.as_nanos();
    if nanos == 0 {
        return "0s".to_owned();
    }
    let (name, size) = UNITS
        .iter()
        .rev()
        .find(|(_, size)| nanos.is_multiple_of(*size))
        .expect("1 ns divides every span");
    let whole = format!("{}{name}", nanos / size);
    // 1500ms reads better as 1.5s: take the largest unit that needs at most three decimals.
    let decimal = UNITS
        .iter()
        .rev()
        .find(|(_, size)| nanos >= *size && (nanos * 1_000).is_multiple_of(*size));
    match decimal {
        Some((name, size)) => {
            let text = format!("{}.{:03}", nanos / size, nanos % size * 1_000 / size);
            let text = format!("{}{name}", text.trim_end_matches('0').trim_end_matches('.'));
            if text.len() <= whole.len() { text } else { whole }
        }
        None => whole,
    }
}

/// Writes a span as [`format()`] does.
///
/// # Errors
/// Returns the serializer's.
pub fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format(*span))
}

/// Reads a span as [`parse`] does.
///
/// # Errors
/// Returns the message of [`parse`].
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// The same for an `Option<Duration>`: `null` or absent is `None`.
pub mod optional {
    use super::{Deserialize, Deserializer, Duration, Serializer, format, parse};

    /// Writes a span as text, or `null`.
    ///
    /// # Errors
    /// Returns the serializer's.
    pub fn serialize<S: Serializer>(
        span: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match span {
            Some(span) => serializer.serialize_some(&format(*span)),
            None => serializer.serialize_none(),
        }
    }

    /// Reads a span from text, or `None` from `null`.
    ///
    /// # Errors
    /// Returns the message of [`parse`].
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        Option::<String>::deserialize(deserializer)?
            .map(|text| parse(&text).map_err(serde::de::Error::custom))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in ["0s", "1ns", "200ms", "1.5s", "90s", "5min", "1.5h", "3d", "1.001s", "7.7us"] {
            assert_eq!(parse(&format(parse(text).unwrap())), parse(text), "{text}");
        }
        assert_eq!(format(Duration::from_millis(200)), "200ms");
        assert_eq!(format(Duration::from_millis(1500)), "1.5s");
        assert_eq!(format(Duration::from_secs(90)), "90s");
        assert_eq!(format(Duration::from_secs(86_400)), "1d");
    }

    #[test]
    fn refusals_say_what_would_help() {
        assert!(parse("5m").unwrap_err().contains("`5min` or `5ms`"));
        assert!(parse("200").unwrap_err().contains("`200ms`"));
        assert!(parse("3 parsecs").unwrap_err().contains("parsecs"));
        assert!(parse("-1s").is_err());
    }
}
