//! When it happens: windows of the day, office hours.

use tenfold_brief::{ConditionKind, Demand};
use tenfold_units::Interval;

use crate::draft::Draft;

const DAY: f64 = 86_400.0;

/// Binds a demand that only says when: `peak 18-22 h`, `office hours: 9:00-18:00 on weekdays`.
pub(super) fn times_of_day(draft: &mut Draft<'_>, index: usize) -> bool {
    let brief = draft.brief;
    let demand = &brief.demands[index];
    if !says_when(demand) {
        return false;
    }
    let (Some(seconds), _) = active_seconds(demand) else { return false };
    let (id, label) = if demand.at_peak() {
        ("peak_window_seconds", "length of the daily peak")
    } else {
        ("active_window_seconds", "part of the day in which all of it happens")
    };
    draft.state_value(id, label, index, Interval::exact(seconds));
    draft.reported.push(id.to_owned());
    true
}

/// Says which hours were read where a brief only calls them office hours.
pub(super) fn office_hours(draft: &mut Draft<'_>) {
    let brief = draft.brief;
    for (index, demand) in brief.demands.iter().enumerate() {
        let hours = demand.conditions.iter().any(|c| {
            matches!(c.kind, ConditionKind::Hours { from, to, .. } if from == 9.0 && to == 18.0)
        });
        let text = demand.text.to_lowercase();
        let named = ["office hour", "business hour", "working hour"];
        let given = text.contains('9') || text.contains("nine");
        if hours && !given && named.iter().any(|name| text.contains(name)) {
            let help = "write the hours: \"8-17 h\"";
            draft.read_as("R109", index, "read as 9 to 18 h", help, None);
        }
    }
}

fn says_when(demand: &Demand) -> bool {
    let alone = demand.per.is_empty() && demand.of.is_none() && demand.action.is_none();
    let hours = |c: &tenfold_brief::Condition| matches!(c.kind, ConditionKind::Hours { .. });
    demand.amount.implied && alone && demand.conditions.iter().any(hours)
}

/// Returns the window of a demand, else the one that the brief states for everything.
pub(super) fn window_of(draft: &Draft<'_>, demand: &Demand) -> (Option<f64>, Option<String>) {
    let own = active_seconds(demand);
    let general = || {
        let mut all = draft.brief.demands.iter().filter(|other| says_when(other));
        all.find(|other| !other.at_peak()).map(active_seconds)
    };
    let daily = demand.per_seconds().is_some_and(|seconds| seconds >= DAY);
    let fits = daily && own.0.is_none() && own.1.is_none() && !demand.at_peak();
    if fits { general().unwrap_or(own) } else { own }
}

/// Returns the seconds of the day in which a demand happens, and the window in words.
pub(super) fn active_seconds(demand: &Demand) -> (Option<f64>, Option<String>) {
    let mut seconds = None;
    let mut label: Vec<String> = Vec::new();
    for condition in &demand.conditions {
        match &condition.kind {
            ConditionKind::Hours { from, to, zone } => {
                let hours = if to > from { to - from } else { to - from + 24.0 };
                seconds = Some(hours * 3_600.0);
                let zone = zone.as_deref().map_or_else(String::new, |zone| format!(" {zone}"));
                label.push(format!("{from}-{to} h{zone}"));
            }
            ConditionKind::Weekdays => label.push("weekdays".to_owned()),
            ConditionKind::Weekends => label.push("weekends".to_owned()),
            ConditionKind::Peak
            | ConditionKind::Today
            | ConditionKind::After { .. }
            | ConditionKind::Within { .. }
            | ConditionKind::For { .. }
            | ConditionKind::Tier { .. }
            | ConditionKind::Up
            | ConditionKind::Down
            | ConditionKind::During { .. } => {}
        }
    }
    (seconds, (!label.is_empty()).then(|| label.join(", ")))
}

pub(super) fn note_window(
    draft: &mut Draft<'_>,
    name: &str,
    active: Option<f64>,
    label: Option<String>,
) {
    let Some(label) = label else { return };
    let days = if label.contains("weekdays") {
        5.0 / 7.0
    } else if label.contains("weekends") {
        2.0 / 7.0
    } else {
        1.0
    };
    draft.operations[name].window = Some(label);
    let ratio = active.unwrap_or(DAY) / DAY * days;
    let id = format!("op.{name}.active_ratio");
    if !draft.network.contains(&id) {
        draft.assume(
            &id,
            &format!("{name}: share of the time in which it happens"),
            Interval::exact(ratio),
            "hours and days as stated",
        );
    }
}
