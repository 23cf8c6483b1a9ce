use tenfold_catalog::Catalog;

use crate::propose::{Proposal, at};
use crate::testing::{brief, shortener};

/// Returns what is proposed for the shop of the examples, with one line changed.
fn shop(from: &str, to: &str) -> Proposal {
    let text = include_str!("../../../../examples/shop.md");
    assert!(text.contains(from), "`{from}` is not in the brief");
    at(&brief(&text.replacen(from, to, 1)), &Catalog::builtin(), 1.0, false)
}

fn chosen<'a>(proposal: &'a Proposal, id: &str) -> Option<&'a str> {
    let choice = proposal.choices.iter().find(|choice| choice.id == id)?;
    Some(&choice.chosen)
}

#[test]
fn a_rush_splits_the_row_that_it_asks_for() {
    let rush = shop("100k buyers", "100k buyers");
    assert_eq!(chosen(&rush, "hot-row"), Some("sub-counters"));
    let ledger = &rush.ledger;
    let each = ledger.value("row_rate_per_second") * ledger.value("fact.sizing.cpu_target");
    let parts = ledger.value("hotrow.parts");
    assert!(ledger.value("flash_attempts_per_second") <= parts * each);
    assert!(ledger.value("flash_attempts_per_second") > (parts - 1.0) * each);
}

#[test]
fn one_row_is_enough_for_a_few_buyers() {
    let calm = shop("100k buyers", "3k buyers");
    assert_eq!(chosen(&calm, "hot-row"), Some("one-row"));
}

#[test]
fn money_and_stock_change_in_a_saga_and_links_do_not() {
    let proposal = shop("100k buyers", "100k buyers");
    assert_eq!(chosen(&proposal, "steps.order"), Some("saga"));
    let serial = proposal.ledger.value("steps.serial");
    // Four parts at 99.95 %.
    assert!((serial - 0.998_001_5).abs() < 1e-6, "{serial}");
    let links = shortener();
    assert!(links.choices.iter().all(|choice| !choice.id.starts_with("steps.")));
    assert_eq!(chosen(&links, "hot-row"), None);
}

#[test]
fn a_pinned_log_is_kept_and_judged() {
    let proposal = shop("100k buyers", "100k buyers");
    let choice = proposal.choices.iter().find(|choice| choice.id == "async.order_event");
    let choice = choice.expect("order events are worked off");
    assert_eq!(choice.chosen, "kafka");
    let pin = choice.pin.as_ref().expect("the brief names Kafka");
    assert!(!pin.holds, "a table would carry them");
    let without = shop("- Kafka between the services\n", "");
    assert_eq!(chosen(&without, "async.order_event"), Some("table-as-queue"));
}
