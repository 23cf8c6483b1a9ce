use tenfold_brief::{
    Access, Action, Amount, Bound, Brief, Condition, ConditionKind, Demand, Dimension, Feature,
    Item, Metric, NounPhrase, Of, Per, SectionKind, Span, TimeUnit, Title,
};
use tenfold_catalog::Catalog;

use crate::{Estimate, Outcome, estimate};

fn span(line: u32) -> Span {
    Span { start: 0, end: 0, line, column: 3 }
}

fn noun(text: &str) -> NounPhrase {
    NounPhrase { words: text.split_whitespace().map(str::to_owned).collect(), rest: false }
}

/// A demand: `value` of `dimension`, of `subject`.
fn demand(line: u32, value: f64, dimension: Dimension, subject: &str) -> Demand {
    let text = format!("{value} {subject}");
    let amount = Amount {
        low: value,
        mid: value,
        high: value,
        dimension,
        currency: None,
        implied: false,
        span: span(line),
        text: text.clone(),
    };
    let subjects = if subject.is_empty() { Vec::new() } else { vec![noun(subject)] };
    Demand {
        span: span(line),
        text,
        item: 0,
        subjects,
        actor: None,
        action: None,
        metric: None,
        statistic: None,
        bound: Bound::Exactly,
        amount,
        per: Vec::new(),
        of: None,
        conditions: Vec::new(),
    }
}

fn per(mut demand: Demand, seconds: f64) -> Demand {
    let span = demand.span;
    demand.per.push(Per::Time { seconds, unit: TimeUnit::Day, interval: false, span });
    demand
}

fn each(mut demand: Demand, who: &str) -> Demand {
    let span = demand.span;
    demand.per.push(Per::Each { noun: noun(who), demand: None, span });
    demand
}

fn of(mut demand: Demand, index: usize) -> Demand {
    demand.of = Some(Of::Demand { demand: index });
    demand
}

fn metric(mut demand: Demand, metric: Metric) -> Demand {
    demand.metric = Some(metric);
    demand
}

fn condition(mut demand: Demand, kind: ConditionKind) -> Demand {
    let span = demand.span;
    demand.conditions.push(Condition { kind, span });
    demand
}

fn brief(title: &str, features: &[&str], demands: Vec<Demand>) -> Brief {
    let words = title.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let items = demands.iter().map(|demand| Item {
        text: demand.text.clone(),
        section: None,
        kind: SectionKind::Requirements,
        understood: true,
        span: demand.span,
    });
    let features = features.iter().map(|text| Feature {
        text: (*text).to_owned(),
        keywords: Vec::new(),
        words: text.to_lowercase().split_whitespace().map(str::to_owned).collect(),
        negated: false,
        span: span(9),
        item: 0,
    });
    Brief {
        title: Some(Title { text: title.to_owned(), words, span: span(1) }),
        items: items.collect(),
        features: features.collect(),
        demands,
        ..Brief::default()
    }
}

fn run(brief: &Brief) -> Estimate {
    estimate(brief, &Catalog::builtin())
}

fn close(estimate: &Estimate, id: &str, expected: f64) {
    let value = estimate.ledger.get(id).unwrap_or_else(|| panic!("no figure `{id}`")).mid();
    assert!((value / expected - 1.0).abs() < 0.005, "{id} is {value}, not {expected}");
}

const DAY: f64 = 86_400.0;

#[test]
fn the_url_shortener() {
    let demands = vec![
        per(demand(4, 1e8, Dimension::Count, "url"), DAY),
        metric(demand(5, 0.1, Dimension::Time, ""), Metric::Latency),
    ];
    let estimate = run(&brief("URL Shortener", &["Custom aliases", "Analytics"], demands));
    assert_eq!(estimate.outcome, Outcome::Ok);
    assert_eq!(estimate.archetype.name, "url-shortener");
    close(&estimate, "write_qps_avg", 1_157.41);
    close(&estimate, "read_qps_avg", 63_657.4);
    close(&estimate, "read_qps_peak", 127_314.8);
    close(&estimate, "op.redirect.qps_avg", 63_657.4);
    close(&estimate, "storage_per_day_bytes", 50e9);
    close(&estimate, "storage_1y_bytes", 18.25e12);
    close(&estimate, "storage_5y_replicated_bytes", 273.75e12);
    close(&estimate, "key_length", 7.0);
    close(&estimate, "key_space_years", 96.48);
}

#[test]
fn the_classic() {
    let demands = vec![
        demand(3, 1e7, Dimension::Count, "daily active user"),
        each(per(demand(3, 10.0, Dimension::Count, "request"), DAY), "user"),
        metric(demand(4, 3.0, Dimension::Factor, ""), Metric::PeakFactor),
        each(metric(demand(5, 1e8, Dimension::Bytes, ""), Metric::Size), "user"),
        per(metric(demand(6, 0.2, Dimension::Ratio, ""), Metric::Growth), 365.0 * DAY),
        condition(
            each(metric(demand(7, 1e3, Dimension::Bytes, ""), Metric::Size), "request"),
            ConditionKind::Up,
        ),
        condition(
            each(metric(demand(7, 1e4, Dimension::Bytes, ""), Metric::Size), "request"),
            ConditionKind::Down,
        ),
    ];
    let estimate = run(&brief("Something", &[], demands));
    close(&estimate, "request_qps_avg", 1_157.41);
    close(&estimate, "request_qps_peak", 3_472.2);
    close(&estimate, "bandwidth_in_bps", 1.157e6 * 8.0);
    close(&estimate, "bandwidth_out_bps", 11.57e6 * 8.0);
    close(&estimate, "storage_1y_bytes", 1e15);
    close(&estimate, "storage_5y_growth_bytes", 2.488e15);
}

#[test]
fn shares_of_shares() {
    let mut daily = of(demand(3, 0.3, Dimension::Ratio, "daily active user"), 0);
    daily.of = Some(Of::Demand { demand: 0 });
    let mut posters = of(demand(3, 0.05, Dimension::Ratio, ""), 1);
    posters.action = Some(Action { verb: "post".into(), access: Some(Access::Write) });
    let mut posts = per(demand(3, 2.0, Dimension::Count, "post"), DAY);
    posts.per.push(Per::Each { noun: noun(""), demand: Some(2), span: span(3) });
    let demands = vec![demand(3, 1e7, Dimension::Count, "mau"), daily, posters, posts];
    let estimate = run(&brief("Something", &[], demands));
    close(&estimate, "dau", 3e6);
    close(&estimate, "op.post.qps_avg", 3e6 * 0.05 * 2.0 / DAY);
    close(&estimate, "write_qps_avg", 3e6 * 0.05 * 2.0 / DAY);
}

#[test]
fn every_archetype_file_can_be_read_and_names_what_exists() {
    let catalog = Catalog::builtin();
    for name in crate::archetype::names() {
        let archetype = crate::archetype::load(name);
        let facts = archetype
            .figures
            .values()
            .chain(archetype.operations.values().flat_map(|o| o.request.iter().chain(&o.response)));
        for fact in facts.filter_map(|spec| spec.fact.as_ref()) {
            assert!(catalog.fact(fact).is_some(), "{name}: fact `{fact}`");
        }
        for (operation, spec) in &archetype.operations {
            for touch in &spec.touches {
                assert!(archetype.datasets.contains_key(&touch.dataset), "{name}: {operation}");
            }
        }
    }
}
