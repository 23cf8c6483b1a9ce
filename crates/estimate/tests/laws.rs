//! Laws that a template breaks at once: meaning depends on neither words, order, language, format
//! nor units, and more people never need less.

use tenfold_brief::{Format, parse};
use tenfold_catalog::Catalog;
use tenfold_estimate::{Estimate, estimate};
use tenfold_units::Seed;

fn run(text: &str, format: Format) -> Estimate {
    let parsed = parse(text, format);
    let mut estimate = estimate(&parsed.brief, &Catalog::builtin());
    estimate.include(&parsed.diagnostics);
    estimate
}

/// The figures that do not carry a noun of the brief in their id.
const COMMON: &[&str] = &[
    "dau",
    "mau",
    "concurrent_users",
    "write_qps_avg",
    "write_qps_peak",
    "read_qps_avg",
    "read_qps_peak",
    "push_qps_avg",
    "request_qps_avg",
    "request_qps_peak",
    "bandwidth_in_bps",
    "bandwidth_out_bps",
    "bandwidth_in_peak_bps",
    "bandwidth_out_peak_bps",
    "storage_per_day_bytes",
    "storage_per_month_bytes",
    "storage_1y_bytes",
    "storage_3y_bytes",
    "storage_5y_bytes",
    "storage_1y_replicated_bytes",
    "storage_5y_replicated_bytes",
    "storage_5y_growth_bytes",
    "read_write_ratio",
    "peak_factor",
    "fan_out",
    "downtime_per_year_s",
];

/// Asserts that two estimates hold the same common figures, at least `least` of them.
fn same(a: &Estimate, b: &Estimate, least: usize) {
    let mut shared = 0;
    for id in COMMON {
        match (a.ledger.get(id), b.ledger.get(id)) {
            (Some(a), Some(b)) => {
                let (a, b) = (a.mid(), b.mid());
                assert!((a - b).abs() <= 1e-9 * a.abs(), "{id}: {a} and {b}");
                shared += 1;
            }
            (None, None) => {}
            (a, b) => panic!("{id} stands in one only: {:?} {:?}", a.is_some(), b.is_some()),
        }
    }
    assert!(shared >= least, "only {shared} figures in common");
    assert_eq!(a.outcome, b.outcome);
}

const SHORTENER: &[&str] = &[
    "100M links/day",
    "read:write 100:1",
    "500 bytes per link",
    "300 bytes per request",
    "response size 600 B",
    "peak 3x",
    "links are kept for 5 years",
    "3 copies",
    "availability 99.95%",
];

fn brief(title: &str, bullets: &[String]) -> String {
    let bullets: Vec<String> = bullets.iter().map(|bullet| format!("- {bullet}\n")).collect();
    format!("# {title}\n\n## Requirements\n{}", bullets.concat())
}

fn shortener() -> Vec<String> {
    SHORTENER.iter().map(|bullet| (*bullet).to_owned()).collect()
}

#[test]
fn nonsense_words_give_the_same_figures() {
    let plain = run(&brief("Link shortener", &shortener()), Format::Markdown);
    assert_eq!(plain.archetype.name, "url-shortener");
    let words: Vec<String> = shortener().iter().map(|b| b.replace("link", "gnarf")).collect();
    let nonsense = run(&brief("Blorp wumbler", &words), Format::Markdown);
    assert_eq!(nonsense.archetype.name, "generic");
    same(&plain, &nonsense, 16);
}

#[test]
fn the_order_of_bullets_does_not_matter() {
    let sorted = run(&brief("Link shortener", &shortener()), Format::Markdown);
    let mut stream = Seed(7).stream("shuffle");
    for _ in 0..10 {
        let mut bullets = shortener();
        for i in (1..bullets.len()).rev() {
            let j = stream.below(i as u64 + 1) as usize;
            bullets.swap(i, j);
        }
        same(&sorted, &run(&brief("Link shortener", &bullets), Format::Markdown), 16);
    }
}

#[test]
fn a_day_and_thirty_days_are_the_same_rate() {
    let month: Vec<String> =
        shortener().iter().map(|b| b.replace("100M links/day", "3B links per 30 days")).collect();
    let day = run(&brief("Link shortener", &shortener()), Format::Markdown);
    same(&day, &run(&brief("Link shortener", &month), Format::Markdown), 16);
}

#[test]
fn english_and_korean_are_the_same() {
    let english = "# Service\n- 10M daily active users\n- 10 requests per user and day\n- peak 3x\n\
                   - availability 99.9%\n- 90% reads\n";
    let korean = "# 서비스\n- 일간 활성 사용자 1천만 명\n- 사용자당 하루 10회 요청\n- 피크 3배\n\
                  - 가용성 99.9%\n- 읽기 90%\n";
    same(&run(english, Format::Markdown), &run(korean, Format::Markdown), 10);
}

#[test]
fn markdown_and_yaml_are_the_same() {
    let bullets: Vec<String> = shortener().iter().map(|b| format!("  - \"{b}\"\n")).collect();
    let yaml = format!("name: Link shortener\nrequirements:\n{}", bullets.concat());
    let markdown = run(&brief("Link shortener", &shortener()), Format::Markdown);
    same(&markdown, &run(&yaml, Format::Yaml), 16);
}

/// Titles that lead to each archetype.
const TITLES: &[&str] = &[
    "URL shortener",
    "Chat",
    "Video streaming",
    "Online shop",
    "Social feed",
    "File storage",
    "Push notification service",
    "Hotel booking",
    "Payment system",
    "Web search engine",
    "Something else",
];

/// Asserts that no figure of `more` lies below that of `less`.
fn nothing_falls(less: &Estimate, more: &Estimate, what: &str) {
    assert!(!less.operations.is_empty(), "{what}: {:?}", less.outcome);
    // How long codes last is the one figure that more use makes smaller.
    for (id, figure) in less.ledger.iter().filter(|(id, _)| !id.starts_with("key_space_")) {
        let other = more.ledger.value(id);
        assert!(other >= figure.mid() * (1.0 - 1e-12), "{what}: {id} falls to {other}");
    }
}

#[test]
fn more_people_never_need_less() {
    let text = |title: &str, count: f64| {
        format!(
            "# {title}\n- {count}M daily active users\n- 10 requests per user and day\n\
             - 90% reads\n- p99 < 300 ms\n"
        )
    };
    for title in TITLES {
        let one = run(&text(title, 1.0), Format::Markdown);
        let two = run(&text(title, 2.0), Format::Markdown);
        nothing_falls(&one, &two, title);
        let load = |e: &Estimate| e.ledger.value("read_qps_avg");
        assert!(load(&two) > 1.99 * load(&one), "{title}");
    }
}

#[test]
fn more_people_never_need_less_where_the_rest_is_assumed() {
    let text = |title: &str, count: f64| {
        format!("# {title}\n- {count}M daily active users\n- p99 < 300 ms\n")
    };
    // Of links and of anything, people alone do not say how many.
    for title in &TITLES[1..TITLES.len() - 1] {
        let one = run(&text(title, 1.0), Format::Markdown);
        let two = run(&text(title, 2.0), Format::Markdown);
        nothing_falls(&one, &two, title);
    }
}

#[test]
fn every_population_of_the_briefs_may_double() {
    let mut doubled = 0;
    for (name, text) in briefs() {
        let format = Format::of_file_name(&name);
        let parsed = parse(&text, format);
        let one = estimate(&parsed.brief, &Catalog::builtin());
        if one.outcome != tenfold_estimate::Outcome::Ok {
            continue;
        }
        for population in &one.populations {
            let mut brief = parsed.brief.clone();
            let counts = |demand: &&mut tenfold_brief::Demand| {
                let tenfold_estimate::Origin::Stated { line, column, .. } = &population.origin
                else {
                    return false;
                };
                (demand.span.line, demand.span.column) == (*line, *column)
                    && demand.amount.dimension == tenfold_brief::Dimension::Count
                    && demand.per.is_empty()
            };
            let Some(demand) = brief.demands.iter_mut().find(counts) else { continue };
            for value in [&mut demand.amount.low, &mut demand.amount.mid, &mut demand.amount.high] {
                *value *= 2.0;
            }
            let two = estimate(&brief, &Catalog::builtin());
            // Two counts of the same people, of which one was doubled, contradict each other.
            if two.outcome != tenfold_estimate::Outcome::Ok {
                continue;
            }
            doubled += 1;
            for end in ["qps_avg", "qps_peak", "storage_1y_bytes", "bandwidth_out_bps"] {
                for (id, figure) in one.ledger.iter().filter(|(id, _)| id.ends_with(end)) {
                    let other = two.ledger.get(id).map_or(0.0, |figure| figure.mid());
                    let least = figure.mid() * (1.0 - 1e-9);
                    assert!(other >= least, "{name}: {id} falls with twice {}", population.name);
                }
            }
        }
    }
    assert!(doubled >= 40, "only {doubled} populations");
}

/// Returns every brief of the suite with its file name.
fn briefs() -> Vec<(String, String)> {
    let folder = format!("{}/../../suite/estimate", env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the suite is there")
        .map(|entry| entry.expect("an entry can be read").path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|end| end != "expected"));
    files.sort();
    let named = |path: &std::path::PathBuf| {
        let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).expect("a brief can be read"))
    };
    files.iter().map(named).collect()
}

#[test]
fn a_tenth_of_the_load_is_a_tenth_of_the_system() {
    let whole = shortener();
    let tenth: Vec<String> =
        whole.iter().map(|b| b.replace("100M links/day", "10M links/day")).collect();
    let one = run(&brief("Link shortener", &whole), Format::Markdown);
    let small = run(&brief("Link shortener", &tenth), Format::Markdown);
    for id in ["write_qps_peak", "read_qps_peak", "storage_5y_bytes", "bandwidth_out_peak_bps"] {
        let ratio = small.ledger.value(id) / one.ledger.value(id);
        assert!((ratio - 0.1).abs() < 1e-9, "{id}: {ratio}");
    }
    for id in ["peak_factor", "read_write_ratio", "availability_ratio"] {
        assert!((small.ledger.value(id) - one.ledger.value(id)).abs() < 1e-12, "{id}");
    }
}

#[test]
fn nonsense_words_and_order_do_not_change_what_each_does() {
    let text = |thing: &str, other: &str, shuffled: bool| {
        let mut bullets = [
            "2M daily active users".to_owned(),
            format!("4 {thing}s written per user and day"),
            format!("{other}s viewed 50 times per user and day"),
            format!("2 KB per {thing}"),
            format!("{thing}s are kept for 3 years"),
            "peak 4x".to_owned(),
            "70 KB response".to_owned(),
        ];
        if shuffled {
            bullets.reverse();
        }
        run(&brief("Service", &bullets), Format::Markdown)
    };
    let plain = text("note", "page", false);
    same(&plain, &text("frob", "blarg", false), 12);
    same(&plain, &text("frob", "blarg", true), 12);
    let (writes, reads) = (2e6 * 4.0 / 86_400.0, 2e6 * 50.0 / 86_400.0);
    assert!((plain.ledger.value("write_qps_avg") / writes - 1.0).abs() < 1e-9);
    assert!((plain.ledger.value("read_qps_avg") / reads - 1.0).abs() < 1e-9);
}

#[test]
fn every_starter_brief_is_understood() {
    for name in tenfold_estimate::archetype_names() {
        let text = tenfold_estimate::starter_brief(name).unwrap();
        let estimate = run(&text, Format::Markdown);
        assert_eq!(estimate.archetype.name, name, "{text}");
        assert_eq!(estimate.outcome, tenfold_estimate::Outcome::Ok, "{text}");
        assert!(estimate.not_understood.is_empty(), "{name}: {:?}", estimate.not_understood);
        assert!(!estimate.operations.is_empty() && !estimate.datasets.is_empty(), "{name}");
    }
}

#[test]
fn without_analytics_there_is_no_click_log() {
    let with = run("# URL Shortener\n- 100M URLs/day\n- Analytics\n", Format::Markdown);
    let without = run("# URL Shortener\n- 100M URLs/day\n", Format::Markdown);
    let log = |e: &Estimate| e.datasets.iter().any(|d| d.name == "click");
    assert!(log(&with) && !log(&without));
}

#[test]
fn every_figure_that_is_named_stands_in_the_ledger() {
    for case in ["chat", "shop", "url-shortener", "video-streaming", "classic"] {
        let path = format!("{}/../../suite/estimate/{case}.md", env!("CARGO_MANIFEST_DIR"));
        let estimate = run(&std::fs::read_to_string(path).unwrap(), Format::Markdown);
        let mut named: Vec<&String> = Vec::new();
        for o in &estimate.operations {
            named.extend([&o.qps_avg, &o.qps_peak, &o.request_bytes, &o.response_bytes]);
            named.extend(&o.fan_out);
            named.extend(&o.window.active_ratio);
        }
        for d in &estimate.datasets {
            named.extend([&d.item_bytes, &d.copies, &d.storage_1y, &d.items_1y]);
            named.extend([&d.durability.rpo, &d.durability.rto]);
            named.extend(d.new_items_per_second.iter().chain(&d.stock_bytes).chain(&d.retention));
            named.extend(d.popularity.iter().map(|p| &p.active_keys));
        }
        named.extend(estimate.objectives.iter().map(|o| &o.limit));
        named.extend(estimate.populations.iter().map(|p| &p.figure));
        named.extend(estimate.assumptions.iter().map(|a| &a.figure));
        for id in named {
            assert!(estimate.ledger.contains(id), "{case}: {id}");
        }
        let datasets: Vec<&str> = estimate.datasets.iter().map(|d| d.name.as_str()).collect();
        for operation in &estimate.operations {
            for touch in &operation.touches {
                assert!(datasets.contains(&touch.dataset.as_str()), "{case}: {}", touch.dataset);
            }
        }
        let text = serde_json::to_string(&estimate).unwrap();
        let back: Estimate = serde_json::from_str(&text).unwrap();
        assert_eq!(back.ledger.len(), estimate.ledger.len());
        // Floats may come back one bit off; everything else comes back as it was.
        assert!(Estimate { ledger: estimate.ledger.clone(), ..back } == estimate, "{case}");
    }
}
