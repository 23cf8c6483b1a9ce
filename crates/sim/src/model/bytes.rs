//! Amounts of bytes and bytes per second as text: `4kB`, `1MiB`; `1Gb/s`, `100MB/s`.

use serde::{Deserialize, Deserializer, Serializer};

/// Units of bytes; a lower-case `b` is a bit.
const UNITS: [(&str, f64); 14] = [
    ("B", 1.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("KiB", 1_024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
    ("b", 0.125),
    ("kb", 125.0),
    ("Mb", 125e3),
    ("Gb", 125e6),
    ("Tb", 125e9),
];

/// Returns the bytes that `text` names.
///
/// # Errors
/// Says what was read and what would help.
pub(crate) fn parse(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let end = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let wrong = || format!("`{text}` is no number of bytes: write for example `4kB` or `1MiB`");
    let value: f64 = number.trim().replace('_', "").parse().map_err(|_| wrong())?;
    let factor = UNITS.iter().find(|(name, _)| *name == unit.trim()).ok_or_else(|| {
        format!(
            "unknown unit in `{text}`: use B, kB, MB, GB, KiB, MiB, GiB, or b, kb, Mb, Gb for bits"
        )
    })?;
    if value.is_finite() && value >= 0.0 { Ok(value * factor.1) } else { Err(wrong()) }
}

/// Returns the bytes per second that `text` names; above 0.
///
/// # Errors
/// Says what was read and what would help.
pub(crate) fn parse_rate(text: &str) -> Result<f64, String> {
    let Some(amount) = text.trim().strip_suffix("/s") else {
        return Err(format!("`{text}` is no bandwidth: write for example `1Gb/s` or `100MB/s`"));
    };
    let rate = parse(amount)?;
    if rate > 0.0 {
        Ok(rate)
    } else {
        Err(format!("`{text}` lets nothing through: write a bandwidth above 0, or leave it out"))
    }
}

/// An optional bandwidth as a serde module.
pub(crate) mod optional_rate {
    use super::{Deserialize, Deserializer, Serializer, parse_rate};

    /// Writes bytes per second as text.
    pub(crate) fn serialize<S: Serializer>(
        rate: &Option<f64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match rate {
            Some(rate) => serializer.serialize_str(&format!("{rate}B/s")),
            None => serializer.serialize_none(),
        }
    }

    /// Reads bytes per second from text.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<f64>, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_rate(&text).map(Some).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_bits_are_told_apart() {
        assert_eq!(parse("4kB"), Ok(4_000.0));
        assert_eq!(parse("1.5 MiB"), Ok(1_572_864.0));
        assert_eq!(parse_rate("1Gb/s"), Ok(125e6));
        assert_eq!(parse_rate("100MB/s"), Ok(100e6));
        assert!(parse("4k").unwrap_err().contains("unknown unit"));
        assert!(parse("-1B").is_err());
        assert!(parse_rate("1Gb").unwrap_err().contains("`1Gb/s`"));
        assert!(parse_rate("0B/s").unwrap_err().contains("above 0"));
    }
}
