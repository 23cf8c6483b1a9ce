use super::*;

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn a_burst_is_not_overload() {
    let mut shed = WaitShed::new(WaitShedOptions::facebook()).unwrap();
    for i in 0..1_000 {
        // Once in 100 ms the queue is short.
        let wait = if i % 90 == 0 { ms(1) } else { ms(200) };
        assert!(shed.decide(at(i), wait).is_admitted(), "{i}");
    }
}

#[test]
fn a_standing_queue_is_overload_and_ends() {
    let mut shed = WaitShed::new(WaitShedOptions::facebook()).unwrap();
    let shed_at: Vec<u64> =
        (0..300).filter(|i| !shed.decide(at(*i), ms(50)).is_admitted()).collect();
    assert_eq!((shed_at[0], shed_at.len()), (100, 200), "from the end of the first interval");
    assert!(shed.is_overloaded());
    assert!(shed.decide(at(300), ms(10)).is_admitted(), "twice the target is still served");
    assert!(!shed.decide(at(301), ms(11)).is_admitted());
    assert!(shed.decide(at(302), ms(0)).is_admitted());
    assert!(shed.decide(at(400), ms(50)).is_admitted(), "the shortest wait was none");
    assert!(!shed.is_overloaded());
}

#[test]
fn silence_is_calm() {
    let mut shed = WaitShed::new(WaitShedOptions::facebook()).unwrap();
    assert!(shed.decide(at(0), ms(50)).is_admitted());
    assert!(
        !shed.decide(at(10_000), ms(50)).is_admitted(),
        "the last interval that was seen had a queue"
    );
    assert!(shed.decide(at(10_001), ms(0)).is_admitted());
    assert!(shed.decide(at(20_000), ms(50)).is_admitted());
}

/// Requests of all priorities for `windows` windows, each with a wait that depends on the share
/// admitted; returns the share admitted in the last.
fn run(shed: &mut PriorityShed, windows: u64, wait: impl Fn(f64) -> Duration) -> f64 {
    let mut share = 1.0;
    let start = shed.window_ends.map_or(0, |end| end.as_nanos() / 1_000_000);
    for window in 0..windows {
        let mut admitted = 0;
        for i in 0..1_280_u64 {
            let now = at(start + window * 1_000 + i * 1_000 / 1_280);
            if shed.admit(now, (i * 37 % 128) as u8).is_admitted() {
                admitted += 1;
                shed.waited(wait(share));
            }
        }
        share = f64::from(admitted) / 1_280.0;
    }
    share
}

#[test]
fn the_level_settles_where_load_fits_and_spares_the_important() {
    let mut shed = PriorityShed::new(PriorityShedOptions::dagor()).unwrap();
    // The server bears 60 % of what comes.
    let wait = |share: f64| if share > 0.6 { ms(50) } else { ms(1) };
    let share = run(&mut shed, 40, wait);
    assert!((0.5..=0.66).contains(&share), "{share}");
    assert!(shed.admit(at(60_000_000), 0).is_admitted(), "the most important always passes");
    assert!((60..=85).contains(&shed.level()), "{}", shed.level());
    let share = run(&mut shed, 100, |_| ms(1));
    assert_eq!((share, shed.level()), (1.0, 127), "all are admitted again when it is calm");
}

#[test]
fn the_most_important_is_never_shed() {
    let mut shed = PriorityShed::new(PriorityShedOptions::dagor()).unwrap();
    run(&mut shed, 200, |_| ms(1_000));
    assert_eq!(shed.level(), 0);
    assert!(shed.admit(at(500_000), 0).is_admitted());
    assert!(!shed.admit(at(500_000), 200).is_admitted());
}

#[test]
fn options_are_checked_and_replaced() {
    let bad = WaitShedOptions { target: ms(0), interval: ms(0) };
    assert_eq!(WaitShed::new(bad).unwrap_err().problems().len(), 2);
    let bad = PriorityShedOptions { decrease: 0.0, ..PriorityShedOptions::dagor() };
    assert!(PriorityShed::new(bad).is_err());
    let mut shed = PriorityShed::new(PriorityShedOptions::dagor()).unwrap();
    run(&mut shed, 20, |_| ms(1_000));
    let level = shed.level();
    shed.set_options(PriorityShedOptions { target: ms(5), ..PriorityShedOptions::dagor() })
        .unwrap();
    assert_eq!(shed.level(), level);
    let text = serde_saphyr::to_string(&PriorityShedOptions::dagor()).unwrap();
    let back: PriorityShedOptions = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(back, PriorityShedOptions::dagor());
}
