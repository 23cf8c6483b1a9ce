//! Rates as text: `1.5/s`, `90/min`. As a serde module they are read to and written from an `f64`
//! per second.

use serde::{Deserialize, Deserializer, Serializer};

const UNITS: [(&str, f64); 7] = [
    ("s", 1.0),
    ("ms", 1e-3),
    ("us", 1e-6),
    ("min", 60.0),
    ("h", 3_600.0),
    ("d", 86_400.0),
    ("day", 86_400.0),
];

/// Returns the rate per second that `text` names: a number, `/`, and one of `us ms s min h d`.
///
/// # Errors
/// Says what was read and what would help.
///
/// ```
/// assert_eq!(tenfold_sim::rate::parse("90/min"), Ok(1.5));
/// assert!(tenfold_sim::rate::parse("90").unwrap_err().contains("`90/s`"));
/// ```
pub fn parse(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let Some((number, unit)) = text.split_once('/') else {
        return Err(format!("`{text}` has no unit of time: write for example `{text}/s`"));
    };
    let value: f64 = number
        .trim()
        .replace('_', "")
        .parse()
        .map_err(|_| format!("`{text}` is not a rate: write for example `1.5/s`"))?;
    let unit = unit.trim();
    let seconds = UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .ok_or_else(|| format!("unknown unit `{unit}` in `{text}`: use /s, /ms, /min, /h or /d"))?
        .1;
    if !value.is_finite() || value < 0.0 {
        return Err(format!("`{text}` is not a rate: it must be 0 or more"));
    }
    Ok(value / seconds)
}

/// Writes a rate per second as text.
///
/// # Errors
/// Returns the serializer's.
pub fn serialize<S: Serializer>(rate: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("{rate}/s"))
}

/// Reads a rate as [`parse`] does.
///
/// # Errors
/// Returns the message of [`parse`].
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}
