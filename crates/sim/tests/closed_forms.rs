//! The simulator against the closed forms: every figure within 4 standard errors.

#[path = "support/arrivals.rs"]
mod arrivals;
#[path = "support/case.rs"]
#[expect(dead_code, reason = "coverage is for the audit")]
mod case;
#[path = "support/cases.rs"]
mod cases;
#[path = "support/chains.rs"]
mod chains;
#[path = "support/designs.rs"]
mod designs;

#[test]
fn plain_queues_are_within_four_standard_errors() {
    check(&cases::all(), 60, 300);
}

#[test]
fn chains_are_within_four_standard_errors() {
    check(&chains::all(), 18, 75);
}

#[test]
fn arrivals_are_within_four_standard_errors() {
    check(&arrivals::all(), 15, 75);
}

#[test]
fn designs_are_within_four_standard_errors() {
    check(&designs::all(), 12, 22);
}

/// Runs `cases` on every core and asserts that all their figures are right, and that they are many.
fn check(cases: &[case::Case], min_cases: usize, min_figures: usize) {
    let figures: usize = cases.iter().map(case::Case::figures).sum();
    assert!(cases.len() >= min_cases && figures >= min_figures, "{} {figures}", cases.len());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let failures: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|part| {
                scope.spawn(move || {
                    let mine = cases.iter().skip(part).step_by(threads);
                    mine.flat_map(case::Case::failures).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    assert!(failures.is_empty(), "{} of {figures}:\n{}", failures.len(), failures.join("\n"));
}
