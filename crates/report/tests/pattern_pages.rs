//! The pages of `docs/patterns`: their pictures are drawn by the machines themselves and by the
//! simulator, their tables of options come from the types. What is checked in has to be what is
//! drawn; `UPDATE=1 cargo test -p tenfold-report --test pattern_pages` draws anew.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "pattern_pages/balancing.rs"]
mod balancing;
#[path = "pattern_pages/caching.rs"]
mod caching;
#[path = "pattern_pages/draw.rs"]
mod draw;
#[path = "pattern_pages/limiting.rs"]
mod limiting;
#[path = "pattern_pages/messaging.rs"]
mod messaging;
#[path = "pattern_pages/naming.rs"]
mod naming;
#[path = "pattern_pages/options.rs"]
mod options;
#[path = "pattern_pages/placing.rs"]
mod placing;
#[path = "pattern_pages/protecting.rs"]
mod protecting;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tenfold_report::svg::Svg;

/// A page's name, and what draws its picture.
type Page = (&'static str, fn() -> Svg);

const PAGES: [Page; 32] = [
    ("adaptive-throttle", protecting::throttle_in_an_outage),
    ("balancer", balancing::one_slow_replica),
    ("bulkhead", protecting::bulkhead_around_a_hanging_callee),
    ("cache", caching::policies),
    ("circuit-breaker", protecting::breaker_in_a_brownout),
    ("concurrency-limit", protecting::limits_follow_capacity),
    ("dead-letter", messaging::outage_of_two_minutes),
    ("deadline", protecting::work_for_nobody),
    ("distributed-limit", limiting::limit_over_processes),
    ("event-store", messaging::lost_updates),
    ("geo-shards", placing::cities_without_region),
    ("hash-ring", placing::moved_without_cause),
    ("hash-slots", placing::slots_that_move),
    ("health", messaging::rolling_restart),
    ("hedge", protecting::hedged_tail),
    ("idempotency", protecting::repeated_effects),
    ("ids", naming::guessed_codes),
    ("keyed-limiter", limiting::noisy_caller),
    ("load-shed", protecting::goodput_under_overload),
    ("maglev-jump-rendezvous", placing::balance_of_placements),
    ("metric-labels", naming::series_by_path),
    ("outbox", messaging::dual_writes),
    ("outlier-ejection", balancing::one_bad_replica),
    ("range-shards", placing::hot_last_range),
    ("retry", protecting::jitter),
    ("retry-budget", protecting::retries_that_never_end),
    ("saga", messaging::orders_left_half_done),
    ("single-flight", caching::stampede),
    ("stream-window", messaging::late_events),
    ("token-bucket", limiting::bursts),
    ("window-limit", limiting::window_edges),
    ("write-behind", caching::coalesced_writes),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/patterns")
}

/// Compares a file with what it should be, or writes it.
fn check(path: &Path, expected: &str, stale: &mut Vec<String>) {
    if fs::read_to_string(path).is_ok_and(|text| text == expected) {
        return;
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, expected).unwrap();
    } else {
        stale.push(path.display().to_string());
    }
}

#[test]
fn pictures_are_up_to_date() {
    let mut stale = Vec::new();
    std::thread::scope(|scope| {
        let drawn = PAGES.map(|(page, draw)| (page, scope.spawn(draw)));
        for (page, picture) in drawn {
            let picture = picture.join().unwrap();
            assert_eq!(picture.collisions(), Vec::<String>::new(), "{page}");
            let path = folder().join("pictures").join(format!("{page}.svg"));
            check(&path, &(picture.finish() + "\n"), &mut stale);
        }
    });
    assert!(stale.is_empty(), "draw anew with UPDATE=1: {stale:?}");
}

#[test]
fn tables_of_options_are_up_to_date() {
    let mut stale = Vec::new();
    let mut tables = 0;
    for (page, _) in PAGES {
        let path = folder().join(format!("{page}.md"));
        let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("no page {page}"));
        let mut fresh = String::new();
        let mut rest = text.as_str();
        // <!-- options NAME --> … <!-- end -->
        while let Some((before, after)) = rest.split_once("<!-- options ") {
            let (name, after) = after.split_once(" -->").unwrap();
            let (_, after) = after.split_once("<!-- end -->").unwrap();
            let table = options::table(name);
            fresh += &format!("{before}<!-- options {name} -->\n\n{table}\n<!-- end -->");
            rest = after;
            tables += 1;
        }
        check(&path, &(fresh + rest), &mut stale);
    }
    assert!(stale.is_empty(), "write anew with UPDATE=1: {stale:?}");
    assert!(tables >= 25, "only {tables} tables of options");
}

#[test]
fn every_page_has_its_parts_and_every_file_its_page() {
    for (page, _) in PAGES {
        let text = fs::read_to_string(folder().join(format!("{page}.md"))).unwrap();
        for part in [
            "```mermaid\n",
            "\n**Use it",
            "\n**Not**",
            "\n## Without it\n",
            &format!("](pictures/{page}.svg)"),
            "\n## Pitfalls\n",
            "\n## Options\n",
            "\n## Example\n\n```rust\n",
        ] {
            assert!(text.contains(part), "{page}: no {part:?}");
        }
    }
    let files = fs::read_dir(folder()).unwrap().map(|it| it.unwrap().file_name());
    let files: BTreeSet<String> = files.map(|name| name.to_string_lossy().into_owned()).collect();
    let pages = PAGES.iter().map(|(page, _)| format!("{page}.md"));
    let known = pages.chain(["README.md".to_owned(), "pictures".to_owned()]).collect();
    assert_eq!(files, known);
    let compiled = include_str!("../src/pattern_pages.rs");
    let index = fs::read_to_string(folder().join("README.md")).unwrap();
    for (page, _) in PAGES {
        assert!(compiled.contains(&format!("docs/patterns/{page}.md")), "{page} is not compiled");
        assert!(index.contains(&format!("]({page}.md)")), "{page} is not in the index");
    }
}
