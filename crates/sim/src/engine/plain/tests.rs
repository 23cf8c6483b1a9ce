//! What the figures count, and the shape of what is printed.

use tenfold_units::Seed;

use crate::{Model, Outcome, simulate};

fn run(stations: &str, arrivals: &str, routing: &str, budget: u64) -> Outcome {
    let text =
        format!("model: test\nstations: {stations}\narrivals: {arrivals}\nrouting: {routing}\n");
    simulate(&Model::from_yaml(&text).unwrap(), Seed(1), budget)
}

/// Runs one station called `s` with a Poisson stream `a`.
fn one(station: &str, rate: &str, budget: u64) -> Outcome {
    let arrivals = format!("{{a: {{to: s, poisson: {{rate: {rate}}}}}}}");
    run(&format!("{{s: {{{station}}}}}"), &arrivals, "{}", budget)
}

#[track_caller]
fn near(value: f64, expected: f64, share: f64) {
    assert!((value / expected - 1.0).abs() <= share, "{value}, not {expected}");
}

#[test]
fn deterministic_customers_are_counted_one_by_one() {
    // Arrivals every second, a service of 1.5 s, one server with one waiting place: a third of the
    // arrivals finds it full, and the server never rests.
    let outcome = run(
        "{s: {servers: 1, service_time: {deterministic: 1.5s}, queue: {length: 1}}}",
        "{a: {to: s, renewal: {interarrival: {deterministic: 1s}}}}",
        "{}",
        3_000,
    );
    let station = &outcome.stations["s"];
    near(station.utilization.unwrap().value, 1.0, 0.002);
    near(station.throughput_rps.value, 1.0 / 1.5, 0.002);
    near(station.dropped_ratio.value, 1.0 / 3.0, 0.01);
    assert_eq!(outcome.events, 3_000);
    // Three arrivals and two ends of service every 3 s.
    near(outcome.simulated_seconds, 1_800.0, 0.002);
}

#[test]
fn patience_ends_when_service_begins() {
    // A service of 10 s, arrivals every 4 s, patience 5 s: a customer who comes while the server is
    // busy for more than 5 s leaves, and nobody leaves during service.
    let outcome = run(
        "{s: {servers: 1, service_time: {deterministic: 10s}, patience: {deterministic: 5s}}}",
        "{a: {to: s, renewal: {interarrival: {deterministic: 4s}}}}",
        "{}",
        9_000,
    );
    let station = &outcome.stations["s"];
    near(station.throughput_rps.value, 0.1, 0.01);
    near(station.abandoned_ratio.value, 0.6, 0.01);
    assert!(!outcome.unstable);
    near(outcome.arrivals["a"].dropped_ratio.value, 0.6, 0.01);
    let wait = station.wait_time_seconds.unwrap();
    assert!(wait.p999.value <= 5.0, "{}", wait.p999.value);
}

#[test]
fn nobody_waits_under_processor_sharing() {
    let station = "servers: 2, service_time: {gamma: {mean: 1s, cv: 2}}, discipline: processor-sharing, queue: {length: 3}";
    let outcome = one(station, "2.4/s", 1_000_000);
    let station = &outcome.stations["s"];
    assert_eq!(station.wait_time_seconds.unwrap().mean.value, 0.0);
    assert_eq!(station.queue_length.unwrap().value, 0.0);
    // Insensitive: as M/M/2/5 at a = 2.4.
    near(station.dropped_ratio.value, 0.264_1, 0.02);
    near(station.in_flight.unwrap().value, 3.188, 0.02);
}

#[test]
fn interrupted_services_go_on_where_they_stopped() {
    // Last come, first served with preemption: the mean does not depend on the service time's shape.
    let station =
        "servers: 1, service_time: {deterministic: 1s}, discipline: lifo, preemptive: true";
    let outcome = one(station, "0.8/s", 1_000_000);
    near(outcome.stations["s"].response_time_seconds.unwrap().mean.value, 5.0, 0.06);
    near(outcome.stations["s"].utilization.unwrap().value, 0.8, 0.01);
}

#[test]
fn the_urgent_do_not_see_the_others_where_they_interrupt() {
    let arrivals = "{u: {to: s, poisson: {rate: 0.4/s}, priority: 1}, b: {to: s, poisson: {rate: 0.4/s}, priority: 2}}";
    let station = |more: &str| {
        format!(
            "{{s: {{servers: 1, service_time: {{exponential: {{mean: 1s}}}}, discipline: priority{more}}}}}"
        )
    };
    let mean =
        |outcome: &Outcome, name: &str| outcome.arrivals[name].latency_seconds.unwrap().mean.value;
    let outcome = run(&station(", preemptive: true"), arrivals, "{}", 2_000_000);
    near(mean(&outcome, "u"), 1.0 / 0.6, 0.02);
    near(mean(&outcome, "b"), 1.0 / (0.6 * 0.2), 0.06);
    let outcome = run(&station(""), arrivals, "{}", 2_000_000);
    near(mean(&outcome, "u"), 1.0 + 0.8 / 0.6, 0.02);
    near(mean(&outcome, "b"), 1.0 + 0.8 / (0.6 * 0.2), 0.06);
}

#[test]
fn the_own_service_time_of_a_stream_holds_at_its_first_station() {
    let outcome = run(
        "{s: {servers: infinite, service_time: {deterministic: 1s}}, t: {servers: infinite, service_time: {deterministic: 2s}}}",
        "{a: {to: s, poisson: {rate: 1/s}, service_time: {deterministic: 5s}}, b: {to: s, poisson: {rate: 1/s}}}",
        "{s: {t: 1}}",
        50_000,
    );
    near(outcome.arrivals["a"].latency_seconds.unwrap().mean.value, 7.0, 1e-9);
    near(outcome.arrivals["b"].latency_seconds.unwrap().mean.value, 3.0, 1e-9);
    assert!(outcome.stations["s"].utilization.is_none());
}

#[test]
fn closed_customers_think_between_visits_and_are_never_unstable() {
    let outcome = run(
        "{s: {servers: 1, service_time: {deterministic: 1s}}}",
        "{a: {to: s, closed: {population: 3, think_time: {deterministic: 7s}}}}",
        "{}",
        6_000,
    );
    // All three come together every 8 to 10 s, and in the end one after the other.
    near(outcome.stations["s"].throughput_rps.value, 0.375, 0.01);
    let outcome = run(
        "{s: {servers: 1, service_time: {deterministic: 1s}}}",
        "{a: {to: s, closed: {population: 100, think_time: {deterministic: 7s}}}}",
        "{}",
        60_000,
    );
    assert!(!outcome.unstable);
    near(outcome.stations["s"].utilization.unwrap().value, 1.0, 1e-3);
    // The response-time law: N ÷ X - Z.
    near(outcome.arrivals["a"].latency_seconds.unwrap().mean.value, 93.0, 0.02);
}

#[test]
fn an_unstable_station_has_growth_and_no_percentiles() {
    let outcome = run(
        "{slow: {servers: 1, service_time: {exponential: {mean: 1s}}}, next: {servers: 1, service_time: {exponential: {mean: 0.5s}}}}",
        "{a: {to: slow, poisson: {rate: 1.5/s}}}",
        "{slow: {next: 1}}",
        500_000,
    );
    let json: serde_json::Value = serde_json::to_value(&outcome).unwrap();
    let slow = &json["stations"]["slow"];
    assert_eq!(slow["unstable"], true);
    assert!(slow["response_time_seconds"].is_null() && slow["wait_time_seconds"].is_null());
    near(slow["queue_growth_per_second"].as_f64().unwrap(), 0.5, 0.02);
    near(slow["goodput_rps"]["value"].as_f64().unwrap(), 1.0, 0.01);
    assert!(json["arrivals"]["a"]["latency_seconds"].is_null());
    let next = &json["stations"]["next"];
    assert!(next.get("unstable").is_none());
    near(next["response_time_seconds"]["mean"]["value"].as_f64().unwrap(), 1.0, 0.03);
}

#[test]
fn an_infinite_variance_gets_no_interval() {
    let heavy = "servers: 1, service_time: {pareto: {mean: 1s, shape: 2.5}}";
    let outcome = one(heavy, "0.5/s", 1_000_000);
    let station = &outcome.stations["s"];
    let wait = station.wait_time_seconds.unwrap();
    assert!(wait.mean.value > 0.5 && wait.mean.interval().is_none());
    assert!(station.queue_length.unwrap().interval().is_none());
    assert!(station.throughput_rps.interval().is_some());
    let bounded = one(&format!("{heavy}, queue: {{length: 5}}"), "0.5/s", 1_000_000);
    assert!(bounded.stations["s"].wait_time_seconds.unwrap().mean.interval().is_some());
}

#[test]
fn the_outcome_has_the_fields_of_the_contract() {
    let outcome = one("servers: 2, service_time: {exponential: {mean: 1s}}", "1/s", 20_000);
    let json: serde_json::Value = serde_json::to_value(&outcome).unwrap();
    assert_eq!(json["schema"], "tenfold/outcome/1");
    assert_eq!((json["seed"].as_u64(), json["events"].as_u64()), (Some(1), Some(20_000)));
    let station = json["stations"]["s"].as_object().unwrap();
    let names: Vec<&str> = station.keys().map(String::as_str).collect();
    let contract = [
        "utilization",
        "wait_time_seconds",
        "response_time_seconds",
        "queue_length",
        "in_flight",
        "throughput_rps",
        "dropped_ratio",
        "abandoned_ratio",
    ];
    assert!(contract.iter().all(|name| names.contains(name)), "{names:?}");
    for percentile in ["mean", "p50", "p90", "p95", "p99", "p999"] {
        let estimate = &json["arrivals"]["a"]["latency_seconds"][percentile];
        assert!(estimate["value"].is_f64() && estimate.get("low").is_some(), "{estimate}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    let text = "
model: bytes
stations: {s: {servers: 3, service_time: {lognormal: {mean: 1s, cv: 2}}, discipline: srpt}}
arrivals: {a: {to: s, poisson: {rate: 2/s}}}
";
    let model = Model::from_yaml(text).unwrap();
    let json = |seed| serde_json::to_string(&simulate(&model, Seed(seed), 20_000)).unwrap();
    assert_eq!(json(1), json(1));
    assert_ne!(json(1), json(2));
}

#[test]
fn problems_are_told_all_at_once_with_their_places() {
    let text = "
model: wrong
stations:
  s: {servers: 1, service_time: {exponential: {mean: 1s}}, preemptive: true}
arrivals: {a: {to: t, poisson: {rate: 0/s}}}
routing:
  s: {s: 0.4, exit: 0.5}
";
    let error = Model::from_yaml(text).unwrap_err();
    let places: Vec<(u64, u64)> = error.diagnostics.iter().map(|d| (d.line, d.column)).collect();
    assert_eq!(places, [(4, 60), (5, 16), (5, 33), (7, 3)], "{error}");
    let error = Model::from_yaml("model: x\nstations: {s: {server: 1}}\n").unwrap_err();
    assert_eq!((error.diagnostics[0].line, error.diagnostics[0].column), (2, 16), "{error}");
    let stuck = "
model: stuck
stations: {s: {servers: 1, service_time: {deterministic: 1s}}}
arrivals: {a: {to: s, poisson: {rate: 0.1/s}}}
routing: {s: {s: 1}}
";
    assert!(Model::from_yaml(stuck).unwrap_err().to_string().contains("never leave"));
}

#[test]
fn a_value_of_another_form_is_told_with_its_field_and_what_would_help() {
    let problem = |station: &str, arrivals: &str, routing: &str| {
        let text = format!(
            "model: x\nstations: {{s: {{{station}}}}}\narrivals: {{a: {{to: s, {arrivals}}}}}\nrouting: {routing}\n"
        );
        Model::from_yaml(&text).unwrap_err().to_string()
    };
    let good = "servers: 1, service_time: {deterministic: 1s}";
    let poisson = "poisson: {rate: 1/s}";
    let cases = [
        (
            problem("servers: 1, service_time: 1s", poisson, "{}"),
            "stations.s.service_time",
            "{mean: 1s}",
        ),
        (problem(&format!("{good}, queue: 5"), poisson, "{}"), "stations.s.queue", "{length: 10}"),
        (
            problem(&format!("{good}, queue: {{length: -1}}"), poisson, "{}"),
            "queue.length",
            "0 is no waiting",
        ),
        (
            problem("servers: 1, service_time: {exponential: 1s}", poisson, "{}"),
            "service_time.exponential",
            "{mean: 1s}",
        ),
        (problem(good, "poisson: 1/s", "{}"), "arrivals.a.poisson", "{rate: 1.5/s}"),
        (
            problem(good, "closed: {population: 5}", "{}"),
            "arrivals.a.closed: missing",
            "{exponential: {mean: 1s}}",
        ),
        (problem(good, poisson, "{s: t}"), "routing.s", "exit: 0.2"),
        (
            problem(&format!("{good}, servers: 2"), poisson, "{}"),
            "",
            "`servers` stands here for the second time",
        ),
    ];
    for (told, place, help) in cases {
        assert!(told.contains(place) && told.contains(help), "{told}");
    }
    assert!(Model::from_yaml(" \n").unwrap_err().to_string().contains("the text is empty"));
}

/// Customers of a trace come at its times, and the run ends with the last of them.
#[test]
fn a_trace_is_played_once() {
    for trace in ["times: [100s, 101s, 104s]", "gaps: [0s, 1s, 3s]"] {
        let outcome = run(
            "{s: {servers: 1, service_time: {deterministic: 2s}}}",
            &format!("{{a: {{to: s, trace: {{{trace}}}, batch: {{deterministic: 1}}}}}}"),
            "{}",
            1_000,
        );
        assert_eq!((outcome.events, outcome.simulated_seconds, outcome.unstable), (6, 6.0, false));
        let station = &outcome.stations["s"];
        near(station.wait_time_seconds.unwrap().mean.value, 1.0 / 3.0, 1e-9);
        near(station.utilization.unwrap().value, 1.0, 1e-9);
    }
}

#[test]
fn traces_are_read_from_the_files_that_a_model_names() {
    let text = "
model: recorded
stations: {s: {servers: 1, service_time: {deterministic: 2s}}}
arrivals: {a: {to: s, trace: {times_from: {file: day.csv, column: at}}}}
";
    let read = |content: &'static str| {
        Model::from_yaml_with(text, &mut |name| {
            assert_eq!(name, "day.csv");
            Ok(content.to_owned())
        })
    };
    let outcome = simulate(&read("id,at\n1,5\n2,6\n").unwrap(), Seed(1), 1_000);
    assert_eq!((outcome.events, outcome.simulated_seconds), (4, 4.0));
    let error = read("id,at\n1,5\n2,soon\n").unwrap_err().to_string();
    assert!(error.contains("4:") && error.contains("day.csv:3: `soon`"), "{error}");
    let error = read("id,at\n1,5\n2,4\n").unwrap_err().to_string();
    assert!(error.contains("arrival 2 comes before arrival 1"), "{error}");
    let error = Model::from_yaml(text).unwrap_err().to_string();
    assert!(error.contains("day.csv: files cannot be read here"), "{error}");
}

#[test]
fn impossible_phases_traces_and_batches_are_told() {
    let problem = |arrivals: &str| {
        let text = format!(
            "{{model: x, stations: {{s: {{servers: 1, service_time: {{deterministic: 1s}}}}}}, arrivals: {{a: {{to: s, {arrivals}}}}}}}"
        );
        Model::from_yaml(&text).unwrap_err().to_string()
    };
    let phases = |b: &str| {
        format!("markov_modulated: {{a: {{rate: 1/s, mean_stay: 1s}}, b: {{rate: 0/s, {b}}}}}")
    };
    let cases = [
        (problem(&phases("mean_stay: 0s")), "mean_stay: the mean stay is 0"),
        (problem(&phases("mean_stay: 1s, next: {b: 1}")), "cannot be reached"),
        (problem(&phases("mean_stay: 1s, next: {c: 1}")), "the phases are a, b"),
        (problem(&phases("mean_stay: 1s, next: {a: 0.5}")), "sum to 0.5"),
        (problem("markov_modulated: {a: {rate: 0/s, mean_stay: 1s}}"), "nobody arrives"),
        (problem("trace: {}"), "one of `gaps`"),
        (problem("trace: {gaps: [1s], times: [1s]}"), "one of `gaps`"),
        (problem("trace: {gaps: [0s, 0s], repeat: true}"), "takes no time"),
        (problem("trace: {times: [2s, 1s]}"), "arrival 2 comes before"),
        (problem("trace: {gaps: 1s}"), "for example `[1s, 0.2s, 3s]`"),
        (problem("poisson: {rate: 1/s}, batch: {deterministic: 0}"), "1 to 1000000"),
        (problem("poisson: {rate: 1/s}, batch: {geometric: {mean: 0.5}}"), "1 to 1000000"),
        (problem("poisson: {rate: 1/s}, batch: {empirical: [[1, 0]]}"), "one is above 0"),
        (problem("poisson: {rate: 1/s}, trace: {gaps: [1s]}"), "more than one"),
    ];
    for (told, expected) in cases {
        assert!(told.contains(expected), "{told}, not {expected}");
    }
}

/// Customer n is the same one with and without events: the figures differ by who is still there at
/// the end, and time averages by the last batch.
#[test]
fn the_recursion_and_the_event_loop_see_the_same_customers() {
    let models = [
        "stations: {s: {servers: 1, service_time: {gamma: {mean: 1s, cv: 0.7}}}}
arrivals: {a: {to: s, poisson: {rate: 0.7/s}, service_time: {exponential: {mean: 0.9s}}}}",
        "stations:
  s: {servers: 1, service_time: {exponential: {mean: 1s}}}
  t: {servers: 1, service_time: {lognormal: {mean: 0.8s, cv: 1.5}}}
  u: {servers: 1, service_time: {uniform: {low: 1s, high: 2s}}}
  v: {servers: 1, service_time: {exponential: {mean: 3s}}}
arrivals: {a: {to: s, renewal: {interarrival: {erlang: {mean: 1.5s, stages: 2}}}}}
routing: {s: {t: 0.6, u: 0.3, exit: 0.1}, u: {v: 0.5, exit: 0.5}}",
        "stations: {s: {servers: 1, service_time: {exponential: {mean: 1s}}}}
arrivals: {a: {to: s, markov_modulated: {calm: {rate: 0.4/s, mean_stay: 9s}, busy: {rate: 1.5/s, mean_stay: 2s}}}}",
        "stations: {s: {servers: 1, service_time: {exponential: {mean: 1s}}}}
arrivals: {a: {to: s, trace: {times: [0s, 1s, 3.5s, 4s], repeat: true}}}",
    ];
    for text in models {
        let model = Model::from_yaml(&format!("model: test\n{text}\n")).unwrap();
        let without = super::recursion::run(&model, Seed(3), 3_000_000).expect("it is exact");
        let with = super::run_events(&model, Seed(3), 3_000_000);
        near(without.events as f64, with.events as f64, 1e-4);
        near(without.simulated_seconds, with.simulated_seconds, 1e-4);
        for (name, one) in &with.stations {
            let other = &without.stations[name];
            near(other.utilization.unwrap().value, one.utilization.unwrap().value, 1e-3);
            near(other.queue_length.unwrap().value, one.queue_length.unwrap().value, 5e-3);
            near(other.in_flight.unwrap().value, one.in_flight.unwrap().value, 5e-3);
            near(other.throughput_rps.value, one.throughput_rps.value, 1e-3);
            let (other, one) =
                (other.response_time_seconds.unwrap(), one.response_time_seconds.unwrap());
            near(other.mean.value, one.mean.value, 1e-4);
            near(other.p50.value, one.p50.value, 1e-4);
            near(other.p99.value, one.p99.value, 1e-3);
        }
        for (other, one) in without.arrivals.values().zip(with.arrivals.values()) {
            near(other.throughput_rps.value, one.throughput_rps.value, 1e-3);
            let (other, one) = (other.latency_seconds.unwrap(), one.latency_seconds.unwrap());
            near(other.mean.value, one.mean.value, 1e-4);
            near(other.p95.value, one.p95.value, 1e-3);
        }
    }
}

/// Whatever lets somebody overtake, leave or come back needs events.
#[test]
fn the_recursion_is_taken_only_where_nobody_can_overtake() {
    let station = "servers: 1, service_time: {exponential: {mean: 1s}}";
    let text = |s: &str, arrivals: &str, routing: &str| {
        format!(
            "{{model: test, stations: {{s: {{{s}}}, t: {{{station}}}}}, arrivals: {{{arrivals}}}, routing: {routing}}}"
        )
    };
    let poisson = "a: {to: s, poisson: {rate: 0.5/s}}";
    let tandem = "{s: {t: 1}}";
    let is_taken = |text: String| {
        let model = Model::from_yaml(&text).unwrap();
        super::recursion::run(&model, Seed(1), 1_000).is_some()
    };
    assert!(is_taken(text(station, poisson, tandem)));
    assert!(is_taken(text(station, poisson, "{s: {t: 0.5, exit: 0.5}}")));
    for other in ["queue: {length: 9}", "patience: {exponential: {mean: 9s}}", "discipline: lifo"] {
        assert!(!is_taken(text(&format!("{station}, {other}"), poisson, tandem)), "{other}");
    }
    let two = "servers: 2, service_time: {exponential: {mean: 1s}}";
    assert!(!is_taken(text(two, poisson, tandem)));
    assert!(!is_taken(text(station, poisson, "{s: {t: 1}, t: {s: 0.1, exit: 0.9}}")), "a loop");
    assert!(!is_taken(text(station, poisson, "{}")), "a station that nobody visits");
    let merged = "a: {to: s, poisson: {rate: 0.2/s}}, b: {to: t, poisson: {rate: 0.2/s}}";
    assert!(!is_taken(text(station, merged, tandem)), "two streams");
    for other in ["batch: {deterministic: 2}, poisson: {rate: 0.2/s}", "trace: {gaps: [1s, 2s]}"] {
        assert!(!is_taken(text(station, &format!("a: {{to: s, {other}}}"), tandem)), "{other}");
    }
    let closed = "a: {to: s, closed: {population: 3, think_time: {exponential: {mean: 1s}}}}";
    assert!(!is_taken(text(station, closed, tandem)), "closed");
    let unstable = "a: {to: s, poisson: {rate: 1.2/s}}";
    assert!(!is_taken(text(station, unstable, tandem)), "unstable");
}

/// A service that ends as the next customer comes: nobody is dropped, and nobody waits.
#[test]
fn a_service_that_ends_frees_its_place_for_who_comes_at_the_same_instant() {
    let outcome = run(
        "{s: {servers: 1, service_time: {deterministic: 1s}, queue: {length: 0}}}",
        "{a: {to: s, renewal: {interarrival: {deterministic: 1s}}}}",
        "{}",
        3_000,
    );
    let station = &outcome.stations["s"];
    assert_eq!(station.dropped_ratio.value, 0.0);
    near(station.utilization.unwrap().value, 1.0, 0.002);
    assert_eq!(station.response_time_seconds.unwrap().p999.value, 1.0);
}

/// Nobody waits for a share of a server, so patience does not bound a shared station.
#[test]
fn patience_does_not_stabilize_processor_sharing() {
    let shared = "servers: 1, service_time: {exponential: {mean: 1s}}, \
                  discipline: processor-sharing, patience: {exponential: {mean: 1s}}";
    assert!(one(shared, "1.5/s", 2_000).stations["s"].unstable);
    assert!(!one(shared, "0.5/s", 2_000).stations["s"].unstable);
}
