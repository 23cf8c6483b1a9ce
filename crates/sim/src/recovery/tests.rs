use super::*;
use crate::{Caches, Model, keys::WarmOptions, simulate_scenario};
use tenfold_units::Seed;

fn scenario(text: &str) -> Scenario {
    Scenario::from_yaml(text).unwrap()
}

const SLOWED: &str = "{scenario: slowed, horizon: 80s, window: 1s, \
                      faults: [{at: 10s, for: 10s, target: {component: store}, effect: {slow: 3}}]}";

/// A store that gets 70 % of what it can do, behind callers who retry.
fn store(link: &str, queue: &str) -> Model {
    Model::from_yaml(&format!(
        "{{model: store, zones: [a], components: {{store: {{replicas: {{a: 1}}, servers: 1, \
         service_time: {{any: {{exponential: {{mean: 1ms}}}}}}{queue}}}}}, \
         links: {{client -> store: {{{link}}}}}, \
         operations: {{op: {{load: {{open: {{rate: 700/s}}}}, good_within: 2s, \
         flow: [{{call: {{to: store}}}}]}}}}}}"
    ))
    .unwrap()
}

const RETRIES: &str =
    "timeout: 500ms, retry: {max_attempts: 4, base: 10ms, cap: 100ms, jitter: full}";

fn runs(model: &Model, scenario: &Scenario) -> Vec<Outcome> {
    let caches = Caches::warm(model, 1.0, Seed(1), WarmOptions::USUAL);
    let run = |run| simulate_scenario(model, scenario, &caches, Seed(1).replication(run));
    (0..10).map(run).collect()
}

fn fate(model: &Model, scenario: &Scenario) -> OperationRecovery {
    let trigger = Trigger::of(scenario).unwrap();
    let mut judged = judge(&runs(model, scenario), trigger, 0.0);
    assert_eq!(judged.len(), 1);
    judged.remove(0).1
}

#[test]
fn the_trigger_is_what_happens_and_ends() {
    let slowed = Trigger::of(&scenario(SLOWED)).unwrap();
    assert_eq!((slowed.begins_seconds, slowed.ends_seconds), (10.0, 20.0));
    let step = Trigger::of(&scenario(
        "{scenario: s, horizon: 60s, window: 1s, profile: [{at: 5s, factor: 1}, {at: 6s, factor: 3}, \
         {at: 12s, factor: 3}, {at: 13s, factor: 1}, {at: 40s, factor: 1}]}",
    ));
    assert_eq!(step, Ok(Trigger { begins_seconds: 5.0, ends_seconds: 13.0 }));
    for (text, said) in [
        ("{scenario: s, horizon: 60s, window: 1s}", "nothing happens"),
        (&SLOWED.replace(" for: 10s,", ""), "never repaired"),
        (&SLOWED.replace("horizon: 80s", "horizon: 25s"), "ten windows after"),
        (&SLOWED.replace("at: 10s", "at: 1s"), "three windows"),
        (
            "{scenario: s, horizon: 60s, window: 1s, profile: [{at: 5s, factor: 1}, {at: 6s, factor: 3}]}",
            "not removed",
        ),
    ] {
        let error = Trigger::of(&scenario(text)).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn naive_retries_stay_collapsed_and_what_saves_them_is_found() {
    let (naive, slowed) = (store(RETRIES, ""), scenario(SLOWED));
    let found = fate(&naive, &slowed);
    assert_eq!((found.fate, found.back_in), (Fate::Collapsed, 0), "{found:?}");
    assert!(found.before_ratio.value > 0.99 && found.at_end_ratio.unwrap().value < 0.05);
    let saved: Vec<(&str, Fate)> = remedies(&naive)
        .iter()
        .map(|remedy| (remedy.name, fate(&remedy.model, &slowed).fate))
        .collect();
    let names: Vec<&str> = saved.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "without retries",
            "retry budget of 10 %",
            "bounded queues",
            "shedding by time in queue",
            "adaptive LIFO",
            "time-outs that cancel"
        ]
    );
    for (name, fate) in &saved[..4] {
        assert_eq!(*fate, Fate::Recovers, "{name}");
    }
}

/// Without time-outs the backlog of the trigger is worked off at a known pace: 10 s × (700 - 333) wait
/// at its end, and 300 a second more are served than arrive. Who arrives behind at most 2,000, so after
/// (3,667 - 2,000) ÷ 300 = 5.6 s, has a good answer 2 s later: 7.6 s, seen in windows of 1 s.
#[test]
fn a_backlog_without_retries_is_worked_off_at_its_pace() {
    let found = fate(&store("", ""), &scenario(SLOWED));
    assert_eq!(found.fate, Fate::Recovers);
    let (low, high) = found.back_after_seconds.unwrap().interval().unwrap();
    assert!(low > 7.3 && high < 8.8, "{low} {high}");
    // Too short to see it come back, and told from a collapse by its queue.
    let short = scenario(&SLOWED.replace("80s", "31s").replace("slow: 3", "slow: 30"));
    let found = fate(&store("", ""), &short);
    assert_eq!(found.fate, Fate::Draining, "{found:?}");
}

#[test]
fn what_was_never_upset_is_back_at_once() {
    let mild = scenario(&SLOWED.replace("slow: 3", "slow: 1.05"));
    let found = fate(&store(RETRIES, ""), &mild);
    assert_eq!(found.fate, Fate::Recovers);
    assert_eq!(found.back_after_seconds.unwrap().value, 0.0);
}

#[test]
fn alerts_fire_when_the_workbook_says() {
    let dead = "{scenario: dead, horizon: 200s, window: 1s, \
                faults: [{at: 20s, for: 100s, target: {component: store}, effect: {errors: 1}}]}";
    let dead = scenario(dead);
    let trigger = Trigger::of(&dead).unwrap();
    let runs = runs(&store("", ""), &dead);
    // All answers are bad: 14.4 × 0.1 % of an hour are 51.84 s, 6 × 0.1 % of six hours 129.6 s.
    let found = alerts(&runs, "op", 0.999, trigger, 0.0);
    let (low, high) = found[0].fires_after_seconds.unwrap().interval().unwrap();
    assert!(low > 51.0 && high < 53.5, "{low} {high}");
    assert_eq!(
        (found[0].fires_in, found[0].before_the_trigger, found[0].after_the_run),
        (10, false, false)
    );
    // The outage lasts 100 s: never 129.6 s.
    assert_eq!((found[1].fires_in, found[1].fires_after_seconds), (0, None));
    // A laxer objective is not paged for, a stricter one sooner.
    assert_eq!(alerts(&runs, "op", 0.99, trigger, 0.0)[0].fires_in, 0);
    let strict = alerts(&runs, "op", 0.9999, trigger, 0.0)[0].fires_after_seconds.unwrap().value;
    assert!((4.0..7.5).contains(&strict), "{strict}");
    // What stays collapsed goes on after the run.
    let stays = scenario(&SLOWED.replace("horizon: 80s", "horizon: 60s"));
    let trigger = Trigger::of(&stays).unwrap();
    let found = alerts(&super::tests::runs(&store(RETRIES, ""), &stays), "op", 0.999, trigger, 0.0);
    assert_eq!((found[1].fires_in, found[1].after_the_run), (10, true));
    let usual = alerts(&runs, "op", 0.999_999_9, trigger, 0.0);
    assert!(!usual[0].before_the_trigger);
}
