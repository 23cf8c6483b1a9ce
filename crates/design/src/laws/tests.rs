use tenfold_catalog::Catalog;

use crate::propose::{at, review};
use crate::testing::{brief, proposal, shortener};
use crate::types::{Design, Finding, Severity};

/// Applies a change to a design's text and returns what the laws say.
fn after(text: &str, from: &str, to: &str) -> Vec<Finding> {
    assert!(text.contains(from), "`{from}` is not in the file");
    let changed = text.replacen(from, to, 1);
    let loaded = Design::from_yaml(&changed).unwrap_or_else(|errors| panic!("{errors:?}"));
    review(&loaded, &Catalog::builtin()).unwrap_or_else(|errors| panic!("{errors:?}")).findings
}

fn broken(findings: &[Finding], law: &str) -> bool {
    findings.iter().any(|f| f.law == law && f.severity == Severity::Broken)
}

#[test]
fn proposed_designs_break_no_law() {
    for proposal in [shortener(), proposal("- 100k URLs/day\n- Analytics")] {
        let broken: Vec<_> =
            proposal.findings.iter().filter(|f| f.severity == Severity::Broken).collect();
        assert!(broken.is_empty(), "{broken:#?}");
    }
}

#[test]
fn a_read_file_gets_the_findings_of_the_proposal() {
    let proposal = shortener();
    let loaded = Design::from_yaml(&proposal.design.to_yaml()).unwrap();
    let review = review(&loaded, &Catalog::builtin()).unwrap();
    assert_eq!(review.findings.len(), proposal.findings.iter().filter(|f| f.law != "pin").count());
    let total = |ledger: &tenfold_units::Ledger| ledger["cost_usd_per_month"].interval;
    assert_eq!(total(&review.ledger).mid, total(&proposal.ledger).mid);
}

#[test]
fn each_change_for_the_worse_is_found() {
    let text = shortener().design.to_yaml();
    let cases = [
        ("zones", "zones: [a, b, c]", "zones: [a]"),
        ("capacity", "capacity: 12884901888", "capacity: 6442450944"),
        ("bounded-queues", "queue: {length: 1024, wait: 20ms, shed: newest}", "queue: null"),
        ("quorum", "absent_read_quorum: 2", "absent_read_quorum: 1"),
        ("own-writes", "invalidation: immutable", "invalidation: none"),
        ("recovery", "backup_every: 1d, ", ""),
        ("topics", "partitions: 15", "partitions: 3"),
        ("cold-cache", "staleness: 30s", "staleness: 0s"),
        ("availability", "0.999", "0.99999"),
        ("disk", "instance: i7ie.large", "instance: i8g.large"),
    ];
    for (law, from, to) in cases {
        let text = if law == "own-writes" {
            text.replace("immutable: true", "immutable: false")
        } else {
            text.clone()
        };
        let findings = after(&text, from, to);
        assert!(broken(&findings, law), "{law}: {findings:#?}");
    }
}

#[test]
fn a_retry_at_a_second_layer_is_found() {
    let text = shortener().design.to_yaml();
    let retry = "edge -> redirect: {balance: p2c, timeout: 90ms, retry: {options: \
                 {max_attempts: 3, base: 5ms, cap: 10ms, jitter: full}}}";
    let findings = after(&text, "edge -> redirect: {balance: p2c, timeout: 90ms}", retry);
    assert!(broken(&findings, "retry-layers"), "{findings:#?}");
    assert!(findings.iter().all(|f| f.path.is_none() || f.line.is_some()), "{findings:#?}");
}

#[test]
fn time_outs_that_outlast_their_caller_are_found() {
    let text = shortener().design.to_yaml();
    let findings = after(
        &text,
        "edge -> redirect: {balance: p2c, timeout: 90ms}",
        "edge -> redirect: {balance: p2c, timeout: 20ms}",
    );
    assert!(broken(&findings, "timeouts"), "{findings:#?}");
    let findings = after(
        &text,
        "edge -> redirect: {balance: p2c, timeout: 90ms}",
        "edge -> redirect: {balance: p2c, timeout: 300ms}",
    );
    assert!(broken(&findings, "timeouts"), "{findings:#?}");
}

#[test]
fn queues_that_outlast_who_waits_are_found() {
    let text = shortener().design.to_yaml();
    let findings = after(&text, "wait: 8.5ms", "wait: 40ms");
    assert!(broken(&findings, "bounded-queues"), "{findings:#?}");
}

#[test]
fn pools_beyond_the_store_and_reads_of_any_copy_are_found() {
    let text = proposal("- 100k URLs/day").design.to_yaml();
    let findings = after(&text, "pool: 32", "pool: 3200");
    assert!(broken(&findings, "pools"), "{findings:#?}");
    let read = "read: {at: link-store, data: link, key: link}";
    let findings = after(&text, read, "read: {at: link-store, data: link, key: link, from: any}");
    assert!(broken(&findings, "own-writes"), "{findings:#?}");
    let findings = after(&text, "unique: code}", "unique: code, from: any}");
    assert!(broken(&findings, "unique-on-primary"), "{findings:#?}");
    let findings = after(&text, "data: link, key: link}", "data: lonk, key: link}");
    assert!(broken(&findings, "store-per-dataset"), "{findings:#?}");
}

#[test]
fn pages_of_rows_from_one_copy_are_found() {
    let text = include_str!("../../../../examples/chat.md");
    let chat = at(&brief(text), &Catalog::builtin(), 1.0, false);
    assert!(chat.findings.iter().all(|f| f.law != "quorum"), "{:#?}", chat.findings);
    let text = chat.design.to_yaml();
    let store = text.find("  message-store:").expect("messages have a store of their own");
    let from = &text[store..];
    let quorum = from.find("read_quorum: 2").expect("a page of messages asks two copies");
    let changed =
        format!("{}{}", &text[..store], from.replacen("read_quorum: 2", "read_quorum: 1", 1));
    assert!(quorum > 0 && changed != text);
    let loaded = Design::from_yaml(&changed).unwrap_or_else(|errors| panic!("{errors:?}"));
    let findings =
        review(&loaded, &Catalog::builtin()).unwrap_or_else(|errors| panic!("{errors:?}")).findings;
    assert!(broken(&findings, "quorum"), "{findings:#?}");
}
