//! `tenfold simulate --scenario --recovery`

use std::fmt::Write as _;

use tenfold_architect::Recovery;
use tenfold_sim::stats::Estimate;
use tenfold_sim::{Alert, Fate, OperationRecovery};
use tenfold_units::Unit;

/// The share of good answers that `--slo` names: `99.9%` or `0.999`.
pub(crate) fn objective(text: &str) -> Result<f64, String> {
    // The decimal point is moved before it is read: 99.9 ÷ 100 is not the float nearest to 0.999.
    let decimal = text
        .strip_suffix('%')
        .map_or_else(|| text.to_owned(), |number| format!("{}e-2", number.trim()));
    decimal
        .parse::<f64>()
        .ok()
        .filter(|ratio| (0.5..1.0).contains(ratio))
        .ok_or_else(|| "write a share of good answers from 50% to below 100%: 99.9%".to_owned())
}

/// Prints it for people.
pub(super) fn words(found: &Recovery) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}: trigger from {} to {} s, watched for {} s after it; {} runs each, {:.1} M events{}",
        found.scenario,
        found.trigger.begins_seconds,
        found.trigger.ends_seconds,
        found.watched_seconds,
        found.runs,
        found.events as f64 / 1e6,
        if found.cells > 1.0 { format!(", one cell of {:.0}", found.cells) } else { String::new() }
    );
    for (name, seen) in &found.operations {
        let ratio = |seen: Option<Estimate>| {
            seen.map_or_else(|| "no answer".to_owned(), |seen| Unit::Ratio.print(seen.value))
        };
        let _ = writeln!(
            out,
            "{name}: good {} before, {} during, {} at the end",
            ratio(Some(seen.before_ratio)),
            ratio(seen.during_ratio),
            ratio(seen.at_end_ratio)
        );
        let _ = writeln!(out, "  {:28} {}", "as it is", fate(seen, found.runs));
        if seen.fate != Fate::Recovers {
            for (remedy, operations) in &found.remedies {
                let told = operations.get(name);
                let told = told.map_or_else(|| "no answer".to_owned(), |one| fate(one, found.runs));
                let _ = writeln!(out, "  {remedy:28} {told}");
            }
        }
        for alert in found.alerts.get(name).into_iter().flatten() {
            let _ = writeln!(out, "  {}", page(alert, found));
        }
    }
    out
}

fn fate(seen: &OperationRecovery, runs: u64) -> String {
    let after = seen.back_after_seconds.map_or_else(String::new, |seen| within(&seen));
    match seen.fate {
        Fate::Recovers if seen.back_after_seconds.is_some_and(|seen| seen.value == 0.0) => {
            "well throughout the time after it".to_owned()
        }
        Fate::Recovers => format!("back after {after}"),
        Fate::Sometimes => format!("back in {} of {runs} runs, after {after}", seen.back_in),
        Fate::Draining => "not back yet, but queues become shorter: watch longer".to_owned(),
        Fate::Collapsed => "stays collapsed".to_owned(),
    }
}

fn page(alert: &Alert, found: &Recovery) -> String {
    let rule = alert.rule;
    let name = format!(
        "alert {}x over {} and {} at {}",
        rule.burn_rate,
        hours(rule.long_seconds),
        hours(rule.short_seconds),
        Unit::Ratio.print(found.objective_ratio)
    );
    if alert.before_the_trigger {
        return format!("{name}: fires without any trigger");
    }
    let Some(after) = alert.fires_after_seconds else { return format!("{name}: does not fire") };
    let some = if u64::from(alert.fires_in) < found.runs {
        format!(" in {} of {} runs", alert.fires_in, found.runs)
    } else {
        String::new()
    };
    let late = if alert.after_the_run { ", if it goes on as at the end of the run" } else { "" };
    format!("{name}: fires{some} {} after the trigger begins{late}", within(&after))
}

fn within(seen: &Estimate) -> String {
    let print = |seconds: f64| Unit::Seconds.print(seconds);
    match seen.interval() {
        Some((low, high)) if low < high => {
            format!("{} ({} to {})", print(seen.value), print(low), print(high))
        }
        _ => print(seen.value),
    }
}

fn hours(seconds: f64) -> String {
    if seconds >= 3_600.0 {
        format!("{} h", seconds / 3_600.0)
    } else {
        format!("{} min", seconds / 60.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_read_as_it_is_written() {
        assert_eq!(
            (objective("99.9%"), objective("0.995"), objective("99 %")),
            (Ok(0.999), Ok(0.995), Ok(0.99))
        );
        for wrong in ["100%", "1", "30%", "three nines", "NaN", ""] {
            assert!(objective(wrong).is_err(), "{wrong}");
        }
    }
}
