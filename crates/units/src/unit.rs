use serde::{Deserialize, Serialize};

use crate::math;

/// The unit of a figure. Values are stored in the base unit and printed by [`Unit::print`].
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Events per second.
    PerSecond,
    /// Events per second as the simulator saw them: at most three significant digits.
    PerSecondSimulated,
    /// Bytes.
    Bytes,
    /// Bytes per second.
    BytesPerSecond,
    /// Bits per second.
    BitsPerSecond,
    /// Seconds.
    Seconds,
    /// Things that are counted.
    Count,
    /// A share, 0 to 1, printed in percent.
    Ratio,
    /// A factor: 2 is printed `2x`.
    Factor,
    /// Busy servers.
    Erlangs,
    /// US dollars.
    Usd,
    /// US dollars per price month (730 h).
    UsdPerMonth,
    /// US dollars for each of what the figure's id names.
    UsdEach,
}

impl Unit {
    /// Returns the printed form of `value`: loads to the unit, everything else with at most three
    /// significant digits, availabilities with two digits of what is missing to 1.
    ///
    /// ```
    /// use tenfold_units::Unit;
    /// assert_eq!(Unit::PerSecond.print(115_740.74), "115,741/s");
    /// assert_eq!(Unit::Bytes.print(18.25e12), "18.3 TB");
    /// assert_eq!(Unit::Seconds.print(0.0091), "9.1 ms");
    /// assert_eq!(Unit::Ratio.print(0.9995), "99.95 %");
    /// assert_eq!(Unit::UsdPerMonth.print(48_510.0), "$48.5 k/month");
    /// ```
    #[must_use]
    pub fn print(self, value: f64) -> String {
        if value.is_nan() {
            return "unknown".to_owned();
        }
        if value < 0.0 {
            return format!("-{}", self.print(-value));
        }
        if value.is_infinite() {
            return "unbounded".to_owned();
        }
        match self {
            Self::PerSecond if value >= 9.995 => format!("{}/s", grouped(value)),
            Self::PerSecond => format!("{}/s", significant(value, 3)),
            Self::PerSecondSimulated => format!("{}/s", rounded_grouped(value)),
            Self::Bytes => scaled(value, 1_000.0, &["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB"]),
            Self::BytesPerSecond => {
                scaled(value, 1_000.0, &["B/s", "kB/s", "MB/s", "GB/s", "TB/s", "PB/s"])
            }
            Self::BitsPerSecond => {
                scaled(value, 1_000.0, &["b/s", "kb/s", "Mb/s", "Gb/s", "Tb/s", "Pb/s"])
            }
            Self::Seconds => seconds(value),
            Self::Count => count(value),
            Self::Ratio => ratio(value),
            Self::Factor => format!("{}x", factor(value)),
            Self::Erlangs => format!("{} erlangs", rounded_grouped(value)),
            Self::Usd => usd(value),
            Self::UsdPerMonth => format!("{}/month", usd(value)),
            Self::UsdEach => format!("${}", significant(value, 3)),
        }
    }
}

impl Unit {
    /// Returns the printed form of an end of a range: as [`Unit::print`], but loads too with at
    /// most three significant digits, because a range is never known to the unit.
    ///
    /// ```
    /// use tenfold_units::Unit;
    /// assert_eq!(Unit::PerSecond.print_end(317_987.0), "318,000/s");
    /// ```
    #[must_use]
    pub fn print_end(self, value: f64) -> String {
        match self {
            Self::PerSecond => Self::PerSecondSimulated.print(value),
            Self::Count if (1e3..1e9).contains(&value) => rounded_grouped(value),
            Self::PerSecondSimulated
            | Self::Bytes
            | Self::BytesPerSecond
            | Self::BitsPerSecond
            | Self::Seconds
            | Self::Count
            | Self::Ratio
            | Self::Factor
            | Self::Erlangs
            | Self::Usd
            | Self::UsdPerMonth
            | Self::UsdEach => self.print(value),
        }
    }
}

/// Rounds to `digits` significant digits and drops trailing zeros after the point.
fn significant(value: f64, digits: i32) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    // The exponent comes from the formatted number, so that 9.996 rounds to 10.0 and not to 10.00.
    let text = format!("{:.*e}", (digits - 1) as usize, half_up(value));
    let exponent: i32 =
        text.split('e').nth(1).and_then(|e| e.parse().ok()).expect("{:e} prints an exponent");
    let rounded: f64 = text.parse().expect("{:e} prints a number");
    if !(-6..=15).contains(&exponent) {
        return text;
    }
    let decimals = (digits - 1 - exponent).max(0) as usize;
    let text = format!("{rounded:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// Rounds to a whole number and groups by thousands.
fn grouped(value: f64) -> String {
    if value >= 1e15 {
        return format!("{value:.2e}");
    }
    let digits = format!("{:.0}", half_up(value));
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Three significant digits, grouped by thousands where it is large.
fn rounded_grouped(value: f64) -> String {
    if value < 1000.0 {
        return significant(value, 3);
    }
    let rounded: f64 = format!("{:.2e}", half_up(value)).parse().expect("{:e} prints a number");
    grouped(rounded)
}

/// Lets ties round up as people do (18.25 to 18.3): formatting rounds them to even.
fn half_up(value: f64) -> f64 {
    value * (1.0 + 1e-12)
}

fn scaled(value: f64, step: f64, names: &[&str]) -> String {
    let mut scaled = value;
    let mut index = 0;
    // 999.6 would print as 1000: step up where rounding does.
    while scaled >= 999.5 && index + 1 < names.len() {
        scaled /= step;
        index += 1;
    }
    format!("{} {}", rounded_grouped(scaled), names[index])
}

fn seconds(value: f64) -> String {
    const NAMES: [(&str, f64); 7] = [
        ("ns", 1e-9),
        ("us", 1e-6),
        ("ms", 1e-3),
        ("s", 1.0),
        ("min", 60.0),
        ("h", 3_600.0),
        ("days", 86_400.0),
    ];
    if value == 0.0 {
        return "0 s".to_owned();
    }
    if value >= 3.0 * 365.0 * 86_400.0 {
        return format!("{} years", rounded_grouped(value / (365.0 * 86_400.0)));
    }
    // Up to two of the next unit stay in the smaller one: 90 s, 100 min, 40 h.
    let index = NAMES
        .iter()
        .rposition(|(name, size)| {
            let from = if matches!(*name, "min" | "h" | "days") { 2.0 } else { 0.999_5 };
            value >= from * size
        })
        .unwrap_or(0);
    let (name, size) = NAMES[index];
    format!("{} {name}", rounded_grouped(value / size))
}

fn count(value: f64) -> String {
    if value >= 1e9 {
        significant_exponent(value)
    } else if value >= 1e6 {
        rounded_grouped(value)
    } else if value >= 100.0 || value.fract() == 0.0 {
        grouped(value)
    } else {
        significant(value, 3)
    }
}

/// `3.52e12`: three significant digits with a decimal exponent.
fn significant_exponent(value: f64) -> String {
    let text = format!("{:.2e}", half_up(value));
    let (mantissa, exponent) = text.split_once('e').expect("{:e} prints an exponent");
    let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
    format!("{mantissa}e{exponent}")
}

fn ratio(value: f64) -> String {
    let missing = 1.0 - value;
    if value > 0.99 && missing > 1e-12 {
        let decimals = (1.0 - math::log10(missing * 100.0)).ceil().clamp(1.0, 9.0) as usize;
        let text = format!("{:.decimals$}", value * 100.0);
        return format!("{} %", text.trim_end_matches('0').trim_end_matches('.'));
    }
    format!("{} %", significant(value * 100.0, 3))
}

fn factor(value: f64) -> String {
    if value >= 1000.0 { rounded_grouped(value) } else { significant(value, 3) }
}

fn usd(value: f64) -> String {
    const NAMES: [&str; 5] = ["", " k", " M", " B", " T"];
    let mut scaled = value;
    let mut index = 0;
    while scaled >= 999.5 && index + 1 < NAMES.len() {
        scaled /= 1_000.0;
        index += 1;
    }
    format!("${}{}", significant(scaled, 3), NAMES[index])
}

#[cfg(test)]
mod tests {
    use super::Unit;

    #[test]
    fn prints_as_people_write() {
        let cases = [
            (Unit::PerSecond, 1_157.407, "1,157/s"),
            (Unit::PerSecond, 2.894, "2.89/s"),
            (Unit::PerSecondSimulated, 115_740.74, "116,000/s"),
            (Unit::Bytes, 999.7e6, "1 GB"),
            (Unit::Bytes, 500.0, "500 B"),
            (Unit::BitsPerSecond, 62.5e12, "62.5 Tb/s"),
            (Unit::Seconds, 0.1, "100 ms"),
            (Unit::Seconds, 0.000_25, "250 us"),
            (Unit::Seconds, 90.0, "90 s"),
            (Unit::Seconds, 3_300.0, "55 min"),
            (Unit::Seconds, 568.0 * 86_400.0, "568 days"),
            (Unit::Seconds, 96.5 * 365.0 * 86_400.0, "96.5 years"),
            (Unit::Count, 3.521e12, "3.52e12"),
            (Unit::Count, 3.0, "3"),
            (Unit::Count, 333_333.33, "333,333"),
            (Unit::Count, 220_884_032.0, "221,000,000"),
            (Unit::Ratio, 0.691, "69.1 %"),
            (Unit::Ratio, 0.9995, "99.95 %"),
            (Unit::Ratio, 0.999_53, "99.953 %"),
            (Unit::Ratio, 1.0, "100 %"),
            (Unit::Factor, 2.0, "2x"),
            (Unit::UsdPerMonth, 4_500_000.0, "$4.5 M/month"),
            (Unit::UsdEach, 0.0000004, "$4.00e-7"),
        ];
        for (unit, value, expected) in cases {
            assert_eq!(unit.print(value), expected);
        }
    }
}
