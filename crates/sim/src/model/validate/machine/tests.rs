use crate::Model;

/// Returns what is said about a component with these fields, and a model with that one.
fn problems(component: &str, model: &str) -> String {
    let text = format!(
        "model: parts
zones: [a, b]
{model}
components:
  web: {{replicas: {{a: 2}}, servers: 4, service_time: {{any: {{exponential: {{mean: 1ms}}}}}}, {component}}}
operations: {{op: {{load: {{open: {{rate: 1/s}}}}, flow: [{{call: {{to: web}}}}]}}}}
"
    );
    Model::from_yaml(&text).map_or_else(|error| error.to_string(), |_| String::new())
}

#[test]
fn impossible_machines_say_what_would_help() {
    let scaler = |fields: &str| format!("autoscaler: {{provisioning: 60s, {fields}}}");
    for (component, message) in [
        ("slow_start: {factor: 0, for: 1s}".to_owned(), "a `factor` above 0"),
        (
            "garbage_collection: {interval: {deterministic: 0s}, pause: {deterministic: 1s}}"
                .to_owned(),
            "give `interval` a mean above 0",
        ),
        ("bandwidth: 0b/s".to_owned(), "above 0"),
        ("bandwidth: 1Gb".to_owned(), "write for example `1Gb/s`"),
        (scaler("target_utilization: 0, max_replicas: 9"), "above 0, up to 1"),
        (scaler("target_utilization: 0.6, max_replicas: 1"), "begins with 2 replicas"),
        (scaler("target_utilization: 0.6, max_replicas: 9, min_replicas: 0"), "from 1"),
        (scaler("target_utilization: 0.6, max_replicas: 9, interval: 0s"), "`interval` above 0s"),
        (scaler("target_utilization: 0.6, max_replicas: 9, tolerance: 1"), "below 1"),
    ] {
        let found = problems(&component, "");
        assert!(found.contains(message), "{component}: {found}");
        assert!(found.starts_with("5:"), "the line of the component: {found}");
    }
}

#[test]
fn what_is_found_by_key_is_not_scaled() {
    let data = "data: {shards: 2, copies: 1, read: one, write: one}";
    let scaler = "autoscaler: {provisioning: 60s, target_utilization: 0.6, max_replicas: 9}";
    assert!(
        problems(&format!("{data}, {scaler}"), "").contains("leave out `autoscaler` or `data`")
    );
    assert_eq!(problems(scaler, ""), "");
}

#[test]
fn who_may_wait_for_a_lost_message_needs_a_timeout() {
    let network = |loss: &str| {
        format!(
            "network: {{same_zone: {{deterministic: 1ms}}, cross_zone: {{deterministic: 1ms}}, \
             loss_ratio: {loss}}}"
        )
    };
    let found = problems("", &network("{cross_zone: 0.1}"));
    assert!(found.contains("give the link `client -> web` a `timeout`"), "{found}");
    let timed =
        format!("{}\nlinks: {{client -> web: {{timeout: 1s}}}}", network("{same_zone: 0.1}"));
    assert_eq!(problems("", &timed), "");
    let timed = timed.replace("0.1", "1.1");
    assert!(problems("", &timed).contains("1.1 is not a share"));
}
