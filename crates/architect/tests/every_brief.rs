//! Every brief of `suite/design`, and the one that each kind of system starts from, goes the whole
//! way: what is designed can be lowered, simulated and judged.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use tenfold_architect::{Catalog, PlanOptions, archetypes, new_brief, plan, read};
use tenfold_brief::Format;
use tenfold_units::Seed;

/// Events for all simulations of one brief: enough to run each of them, not to judge.
const EVENTS: u64 = 100_000;

fn briefs() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../suite/design");
    let entries = std::fs::read_dir(folder).expect("the suite is there");
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("an entry can be read").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "md"));
    paths.sort();
    let cases = paths.into_iter().map(|path| {
        let bytes = std::fs::read(&path).expect("a case can be read");
        (path.display().to_string(), bytes)
    });
    let started = archetypes().map(|name| {
        let brief = new_brief(name).expect("each kind has a brief to start from");
        (format!("a new {name}"), brief.into_bytes())
    });
    cases.chain(started).collect()
}

#[test]
fn every_brief_is_planned_to_the_end() {
    let catalog = Catalog::builtin();
    let briefs = briefs();
    assert!(briefs.len() > 40, "only {} briefs", briefs.len());
    briefs.par_iter().for_each(|(name, bytes)| {
        let progress = |_: &str, _: f64| {};
        let (seed, budget) = (Seed(1), EVENTS);
        let options = PlanOptions { seed, budget, progress: &progress, first_look: None };
        let estimate = read(bytes, Format::Markdown, &catalog);
        let plan = plan(estimate, &catalog, &options);
        assert!(!plan.trials.is_empty(), "{name}: nothing was tried");
        assert!(!plan.verdicts.is_empty(), "{name}: nothing was judged");
    });
}
