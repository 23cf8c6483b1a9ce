//! The simulator against the closed forms: every figure within 4 standard errors.

#[path = "support/case.rs"]
mod case;
#[path = "support/cases.rs"]
mod cases;

#[test]
fn every_figure_is_within_four_standard_errors() {
    let cases = cases::all();
    let figures: usize = cases.iter().map(case::Case::figures).sum();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let failures: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|part| {
                let cases = &cases;
                scope.spawn(move || {
                    let mine = cases.iter().skip(part).step_by(threads);
                    mine.flat_map(case::Case::failures).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    assert!(cases.len() >= 60 && figures >= 300, "{} cases, {figures} figures", cases.len());
    assert!(failures.is_empty(), "{} of {figures}:\n{}", failures.len(), failures.join("\n"));
}
