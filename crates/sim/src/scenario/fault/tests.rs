use crate::{Model, Scenario};

const MODEL: &str = "
model: parts
zones: [a, b]
components:
  web: {replicas: {a: 2}, servers: 4, service_time: {any: {exponential: {mean: 1ms}}}}
  store: {replicas: {b: 1}, servers: 4, service_time: {any: {exponential: {mean: 1ms}}}}
links: {client -> web: {timeout: 1s}}
operations: {op: {load: {open: {rate: 1/s}}, flow: [{call: {to: web, steps: [{call: {to: store}}]}}]}}
";

/// Returns what is said about a scenario with this field.
fn problems(field: &str) -> Vec<String> {
    let model = Model::from_yaml(MODEL).unwrap();
    let scenario = Scenario::from_yaml(&format!("{{scenario: test, horizon: 1s, {field}}}"));
    match scenario.and_then(|scenario| scenario.validate(&model)) {
        Ok(()) => Vec::new(),
        Err(error) => error.diagnostics.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn impossible_faults_say_what_would_help() {
    for (fault, message) in [
        ("target: {component: wob}, effect: pause", "`wob` is not a component"),
        ("target: {zone: c}, effect: pause", "`c` is not a zone"),
        ("target: {component: web, replica: 2}, effect: pause", "they are 0 to 1"),
        ("target: {component: web, zone: b}, effect: pause", "`web` has no replica in `b`"),
        ("target: {component: client}, effect: {kill: {}}", "cannot happen to a client"),
        ("effect: {slow: 0}", "give a factor above 0"),
        ("effect: {errors: 1.5}", "from 0 to 1"),
        ("effect: {roll-out: {restart: 0s}}", "`restart` above 0s"),
        ("effect: {roll-out: {restart: 1s, max_unavailable: 0}}", "1 or more"),
        ("effect: {hot-key: {operation: ap, share: 0.5}}", "`ap` is not an operation"),
        ("target: {zone: a}, effect: {hot-key: {operation: op, share: 0.5}}", "leave `target`"),
        ("effect: {network-partition: {share: 0}}", "a `share` above 0"),
        (
            "target: {zone: a}, effect: {network-partition: {from: {zone: c}}}",
            "network-partition.from: `c` is not a zone",
        ),
        (
            "target: {zone: a}, effect: {network-partition: {from: {zone: b}}}",
            "`web` waits for answers of `store` over the cut, and has no time-out; \
             give the link `web -> store` a `timeout`",
        ),
    ] {
        let found = problems(&format!("faults: [{{at: 0s, {fault}}}]"));
        assert!(found.iter().any(|it| it.contains(message)), "{fault}: {found:?}");
        assert!(found.iter().all(|it| it.starts_with("faults.0.")), "{fault}: {found:?}");
    }
}

#[test]
fn only_who_waits_over_the_cut_needs_a_timeout() {
    let cut = |target| {
        problems(&format!("faults: [{{at: 0s, {target}, effect: {{network-partition: {{}}}}}}]"))
    };
    assert_eq!(cut("target: {component: client}"), Vec::<String>::new());
    assert_eq!(cut("target: {component: web}").len(), 1);
}

#[test]
fn impossible_random_faults_say_what_would_help() {
    for (fault, message) in [
        ("mtbf: 0s, mttr: 1s, effect: pause", "`mtbf` is 0"),
        ("mtbf: 1s, mttr: 0s, effect: pause", "`mttr` is 0"),
        ("mtbf: 1s, mttr: 1s, effect: {roll-out: {restart: 1s}}", "put it under `faults`"),
        ("mtbf: 1s, mttr: 1s, effect: {slow: -1}", "give a factor above 0"),
    ] {
        let found = problems(&format!("random_faults: [{{{fault}}}]"));
        assert!(found.iter().any(|it| it.contains(message)), "{fault}: {found:?}");
    }
}

#[test]
fn every_effect_is_read_and_written_alike() {
    for effect in [
        "{kill: {silent: true}}",
        "{slow: 2.5}",
        "pause",
        "flush-cache",
        "{network-partition: {from: {zone: b}, lost: incoming, share: 0.5}}",
        "{clock-step: {back: 1h}}",
        "disk-full",
        "{roll-out: {max_unavailable: 2, restart: 10s, errors: 0.5, slow: 2}}",
        "{hot-key: {operation: op, share: 0.5}}",
    ] {
        let text =
            format!("{{scenario: test, horizon: 1s, faults: [{{at: 1s, effect: {effect}}}]}}");
        let scenario = Scenario::from_yaml(&text).unwrap_or_else(|error| panic!("{error}"));
        let written = serde_json::to_string(&scenario).unwrap();
        assert_eq!(serde_json::from_str::<Scenario>(&written).unwrap(), scenario);
    }
}
