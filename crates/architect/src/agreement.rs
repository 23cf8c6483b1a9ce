//! What formula and simulation say of the same part: where they differ, one of them is wrong.

use tenfold_design::{Design, Finding, Severity};
use tenfold_units::{Ledger, Text};

/// How far the two may differ, as a share of the formula: chosen, not measured. Cells, retries and
/// requests that end early move a utilization a little.
const ALLOWED_RATIO: f64 = 0.2;

/// The least difference that counts: below it no size would change.
const ALLOWED_LEAST: f64 = 0.05;

/// A part that is as busy as this loses requests, so that fewer come to those behind it: the formulas
/// count what is sent.
const LOSING: f64 = 0.95;

/// Returns a finding for each part whose utilization at peak differs.
pub(crate) fn find(design: &Design, ledger: &Ledger) -> Vec<Finding> {
    let formula = |name: &String| ledger.get(&format!("utilization.{name}"));
    let parts = || design.components.keys();
    if parts().filter_map(formula).any(|utilization| utilization.mid() >= LOSING) {
        return Vec::new();
    }
    parts().filter_map(|name| disagrees(ledger, name)).collect()
}

fn disagrees(ledger: &Ledger, name: &str) -> Option<Finding> {
    let ids = [format!("utilization.{name}"), format!("sim.peak.{name}.utilization")];
    let [formula, simulated] = [ledger.get(&ids[0])?, ledger.get(&ids[1])?];
    let difference = (formula.mid() - simulated.mid()).abs();
    let spread = simulated.interval.high - simulated.interval.low;
    let allowed = (ALLOWED_RATIO * formula.mid()).max(ALLOWED_LEAST) + spread;
    if difference <= allowed {
        return None;
    }
    let [f, s] = &ids;
    Some(Finding {
        law: "model-disagrees".to_owned(),
        severity: Severity::Warning,
        about: vec![name.to_owned()],
        path: None,
        line: None,
        figures: ids.to_vec(),
        text: Text::new(
            format!(
                "By the formula {name} is {{{f}}} busy at peak, in the simulation {{{s}}}: trust \
                 neither until the difference is explained."
            ),
            format!(
                "peak에서 {name}의 utilization이 계산식으로는 {{{f}}}, simulation으로는 {{{s}}}이다. \
                 차이를 설명하기 전에는 어느 쪽도 믿지 말아야 한다."
            ),
        ),
    })
}
