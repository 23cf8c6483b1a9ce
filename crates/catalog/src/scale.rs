//! From the units of the sources to base units.

use tenfold_units::Unit;

use crate::price::Per;

/// How a stated value becomes a value in base units: times `multiply`, then divided by `divide`
/// (a division by 1000 is exact where a multiplication by 0.001 is not).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) unit: Option<Unit>,
    pub(crate) per: Option<Per>,
    multiply: f64,
    divide: f64,
}

impl Scale {
    pub(crate) fn apply(&self, stated: f64) -> f64 {
        stated * self.multiply / self.divide
    }
}

const DAY: f64 = 86_400.0;
const LOAD_MONTH: f64 = 30.0 * DAY;
const YEAR: f64 = 365.0 * DAY;
const KIB: f64 = 1_024.0;
const MIB: f64 = KIB * KIB;
const GIB: f64 = KIB * MIB;

/// Returns the scale of a unit as the sources write it, or `None` for an unknown one.
///
/// `ratio` is left to the caller: whether it is a share or a factor depends on the fact.
pub(crate) fn scale(unit: &str) -> Option<Scale> {
    quantity(unit)
        .map(|(unit, multiply, divide)| Scale { unit: Some(unit), per: None, multiply, divide })
        .or_else(|| {
            price(unit).map(|(currency, per, multiply, divide)| Scale {
                unit: currency,
                per: Some(per),
                multiply,
                divide,
            })
        })
}

fn quantity(unit: &str) -> Option<(Unit, f64, f64)> {
    Some(match unit {
        "ns" => (Unit::Seconds, 1.0, 1e9),
        "us" | "us/km" => (Unit::Seconds, 1.0, 1e6),
        "ms" => (Unit::Seconds, 1.0, 1e3),
        "s" | "s/year" => (Unit::Seconds, 1.0, 1.0),
        "min" => (Unit::Seconds, 60.0, 1.0),
        "days" => (Unit::Seconds, DAY, 1.0),
        "B" | "bytes" | "bytes/vector" => (Unit::Bytes, 1.0, 1.0),
        "KB" => (Unit::Bytes, 1e3, 1.0),
        "MB" | "MB/conn" => (Unit::Bytes, 1e6, 1.0),
        "KiB" => (Unit::Bytes, KIB, 1.0),
        "GiB" => (Unit::Bytes, GIB, 1.0),
        "KiB/s/core" => (Unit::BytesPerSecond, KIB, 1.0),
        "MB/s" => (Unit::BytesPerSecond, 1e6, 1.0),
        "MiB/s" => (Unit::BytesPerSecond, MIB, 1.0),
        "GiB/s" => (Unit::BytesPerSecond, GIB, 1.0),
        "GB/h/LCU" | "GB/h/NLCU" => (Unit::BytesPerSecond, 1e9, 3_600.0),
        "kbps" => (Unit::BitsPerSecond, 1e3, 1.0),
        "Mbps" => (Unit::BitsPerSecond, 1e6, 1.0),
        "1/min" => (Unit::PerSecond, 1.0, 60.0),
        "1/day" => (Unit::PerSecond, 1.0, DAY),
        "1/month" => (Unit::PerSecond, 1.0, LOAD_MONTH),
        "1/year" => (Unit::PerSecond, 1.0, YEAR),
        "1/s" | "1/s/LCU" | "1/s/NLCU" | "1/s/core" | "IOPS" | "IOPS/GiB" | "RCU/s" | "WCU/s"
        | "conn/s" | "docs/s/vCPU" | "fps" | "fps/vCPU" | "iter/s/vCPU" | "msg/s" | "ops/s"
        | "ops/s/box" | "ops/s/core" | "ops/s/node" | "qps/vCPU" | "rec/s" | "req/s"
        | "req/s/box" | "rows/s/core" | "rows/s/node" | "tps" | "tps/vCPU" => {
            (Unit::PerSecond, 1.0, 1.0)
        }
        "fraction" | "per group-year" => (Unit::Ratio, 1.0, 1.0),
        "x" => (Unit::Factor, 1.0, 1.0),
        // Hours watched in a day are people who watch at once, on average.
        "h/day" => (Unit::Count, 1.0, 24.0),
        "h/min" => (Unit::Count, 60.0, 1.0),
        "RTT" | "alpha" | "bool" | "connections" | "connections/LCU" | "connections/NLCU"
        | "count" | "flows/NLCU" | "nodes" | "partitions" | "shards/GiB" | "statements"
        | "vCPU" => (Unit::Count, 1.0, 1.0),
        _ => return None,
    })
}

fn price(unit: &str) -> Option<(Option<Unit>, Per, f64, f64)> {
    let (currency, bought) = unit.split_once('/')?;
    let (per, divide) = match bought {
        "hour" | "vCPU-hour" | "ACU-hour" | "CU-hour" | "LCU-hour" | "NLCU-hour" | "RCU-hour"
        | "WCU-hour" => (Per::Hour, 1.0),
        "month" | "TU-month" | "alarm-month" | "disk-month" | "key-month" | "metric-month"
        | "node-month" | "secret-month" => (Per::Month, 1.0),
        "GB" => (Per::Gigabyte, 1.0),
        "GiB" => (Per::Gigabyte, GIB / 1e9),
        "TB" => (Per::Gigabyte, 1e3),
        "TiB" => (Per::Gigabyte, KIB * GIB / 1e9),
        "GB-month" => (Per::GigabyteMonth, 1.0),
        "GiB-month" => (Per::GigabyteMonth, GIB / 1e9),
        "GB-hour" => (Per::GigabyteHour, 1.0),
        "GB-s" => (Per::GigabyteSecond, 1.0),
        "path" => (Per::Each, 1.0),
        "1k requests" => (Per::Each, 1e3),
        "10k ops" | "10k req" | "10k requests" => (Per::Each, 1e4),
        "1M" | "1M requests" | "1M RRU" | "1M WRU" => (Per::Each, 1e6),
        "IOPS-month" => (Per::IopsMonth, 1.0),
        "MBps-month" => (Per::MegabytePerSecondMonth, 1.0),
        _ => return None,
    };
    let unit = match (currency, per) {
        ("USD", Per::Month) => Some(Unit::UsdPerMonth),
        ("USD", _) => Some(Unit::UsdEach),
        ("EUR", _) => None,
        _ => return None,
    };
    Some((unit, per, 1.0, divide))
}

/// Returns the scale of the unit `ratio`: a share where it cannot pass 1, otherwise a factor.
pub(crate) fn ratio_scale(category: &str, high: f64) -> Scale {
    let factor = high > 1.0 || matches!(category, "peak" | "region_multiplier");
    let unit = if factor { Unit::Factor } else { Unit::Ratio };
    Scale { unit: Some(unit), per: None, multiply: 1.0, divide: 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_become_base_units() {
        let cases = [
            ("ms", 0.25, 0.000_25, Unit::Seconds),
            ("KiB", 4.0, 4_096.0, Unit::Bytes),
            ("Mbps", 4.0, 4e6, Unit::BitsPerSecond),
            ("1/day", 86_400.0, 1.0, Unit::PerSecond),
            ("USD/10k req", 0.0075, 7.5e-7, Unit::UsdEach),
            ("USD/GiB-month", 1.073_741_824, 1.0, Unit::UsdEach),
            ("USD/TU-month", 21.9, 21.9, Unit::UsdPerMonth),
            ("h/day", 48.0, 2.0, Unit::Count),
        ];
        for (text, stated, value, unit) in cases {
            let scale = scale(text).unwrap();
            assert_eq!((scale.apply(stated), scale.unit), (value, Some(unit)), "{text}");
        }
        assert_eq!(scale("EUR/month").unwrap().unit, None);
        assert_eq!(scale("furlong"), None);
        assert_eq!(scale("GBP/month"), None);
    }

    #[test]
    fn a_ratio_is_a_share_unless_it_can_pass_one() {
        assert_eq!(ratio_scale("cdn", 0.99).unit, Some(Unit::Ratio));
        assert_eq!(ratio_scale("shortener", 100.0).unit, Some(Unit::Factor));
        assert_eq!(ratio_scale("region_multiplier", 0.7148).unit, Some(Unit::Factor));
    }
}
