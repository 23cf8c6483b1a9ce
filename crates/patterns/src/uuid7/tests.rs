use tenfold_units::Seed;

use super::*;
use crate::vectors::{each_file, list, number, text};

#[test]
fn reads_and_writes_rfc_9562() {
    each_file("ids", |_, file| {
        let cases = list(&file["uuidv7"]["cases"]);
        for case in cases {
            let id = Uuid::parse(text(&case[0])).unwrap();
            assert_eq!(id.unix_ms(), number(&case[1]));
            assert_eq!(id.to_string(), text(&case[0]));
            let made = Uuid7::new(Seed(1).stream("ids")).next_id(id.unix_ms());
            assert_eq!(made.to_string()[..15], text(&case[0])[..15], "time and version");
        }
        Some(cases.len())
    });
}

#[test]
fn ids_rise_even_when_the_clock_does_not() {
    let mut ids = Uuid7::new(Seed(1).stream("ids"));
    let mut last = ids.next_id(1_000_000);
    for i in 0..10_000_u64 {
        let id = ids.next_id(1_000_000 - i % 100);
        assert!(id > last);
        assert_eq!(Uuid::parse(&id.to_string()), Some(id));
        last = id;
    }
    assert!(last.unix_ms() <= 1_000_003, "borrowed little from the time");
    assert_eq!(ids.next_id(2_000_000).unix_ms(), 2_000_000);
}

#[test]
fn other_texts_are_refused() {
    for bad in [
        "",
        "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-18c4-dc0c0c07398f",
        "017f22e279b07cc398c4dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "017f22e2-79b0-7cc3-98c4-dc0c0c0739é",
        "017f22e2-79b0-7cc3-98c4-dc0c0c0739-f",
    ] {
        assert_eq!(Uuid::parse(bad), None, "{bad}");
    }
}
