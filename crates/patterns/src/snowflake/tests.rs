use super::*;
use crate::vectors::{each_file, list, number};

#[test]
fn layout_is_twitters() {
    each_file("ids", |_, file| {
        let cases = list(&file["snowflake_twitter"]["cases"]);
        for case in cases {
            let (id, unix_ms) = (number(&case["id"]), number(&case["unix_ms"]));
            let (machine, sequence) =
                (number(&case["machine"]) as u16, number(&case["sequence"]) as u16);
            let mut ids = Snowflake::new(SnowflakeOptions::twitter(machine)).unwrap();
            assert_eq!(ids.parts(id), SnowflakeParts { unix_ms, machine, sequence });
            for _ in 0..sequence {
                let _ = ids.next_id(unix_ms);
            }
            assert_eq!(ids.next_id(unix_ms), SnowflakeDecision::Id(id));
        }
        Some(cases.len())
    });
}

const START: u64 = 1_700_000_000_000;

fn ids() -> Snowflake {
    Snowflake::new(SnowflakeOptions::twitter(5)).unwrap()
}

#[test]
fn refuses_while_the_clock_is_behind() {
    let mut ids = ids();
    let SnowflakeDecision::Id(first) = ids.next_id(START) else { panic!("the clock is fine") };
    let behind = SnowflakeDecision::Behind(Duration::from_millis(5_000));
    assert_eq!(ids.next_id(START - 5_000), behind);
    let SnowflakeDecision::Id(next) = ids.next_id(START) else { panic!("caught up") };
    assert!(next > first);
}

#[test]
fn a_millisecond_holds_4096_and_ids_rise() {
    let mut ids = ids();
    let mut last = 0;
    for i in 0..4_096 {
        let SnowflakeDecision::Id(id) = ids.next_id(START) else { panic!("{i}") };
        assert!(id > last);
        last = id;
    }
    assert_eq!(ids.next_id(START), SnowflakeDecision::Exhausted);
    let SnowflakeDecision::Id(id) = ids.next_id(START + 1) else { panic!("a new millisecond") };
    assert!(id > last);
    assert_eq!(ids.parts(id).sequence, 0);
}

#[test]
fn ranges_are_checked() {
    assert!(Snowflake::new(SnowflakeOptions::twitter(1_024)).is_err());
    let (mut ids, epoch) = (ids(), SnowflakeOptions::twitter(0).epoch_unix_ms);
    assert_eq!(ids.next_id(epoch - 1), SnowflakeDecision::OutOfRange);
    assert_eq!(ids.next_id(epoch + (1 << 41)), SnowflakeDecision::OutOfRange);
    assert!(matches!(ids.next_id(epoch + (1 << 41) - 1), SnowflakeDecision::Id(_)));
}
