//! Queues with known answers.

#![expect(clippy::unwrap_used, reason = "a case without an answer is a bug of the test")]

use tenfold_queueing::{
    Class, ClosedStation, Distribution, ErlangA, Gim1, JacksonNetwork, JacksonStation, Md1, Mg1,
    MgInfinity, Mm1, Mmc, MmcK, Preemption, closed_network, erlang_b, priorities,
    srpt_mean_response,
};

use super::case::Case;

/// Events of a case whose figures settle quickly.
const SHORT: u64 = 400_000;
/// Events of a case with long waits or a rare figure.
const LONG: u64 = 1_600_000;

/// Returns every case.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend([0.3, 0.5, 0.7, 0.8].map(m_m_1));
    cases.extend(
        [("us", 1e-6), ("ms", 1e-3), ("h", 3_600.0)].map(|(unit, size)| scaled(unit, size)),
    );
    cases.extend([(2, 1.4), (4, 3.2), (8, 6.0), (20, 17.0)].map(|(c, load)| m_m_c(c, load)));
    cases.extend([0.3, 0.6, 0.8].map(m_d_1));
    cases.extend(m_g_1());
    cases.extend(
        [(1, 4, 0.9), (3, 5, 3.5), (5, 0, 4.0), (2, 10, 1.5)]
            .map(|(c, places, load)| m_m_c_k(c, places, load)),
    );
    cases.extend(erlang_loss());
    cases.extend(delay());
    cases.extend(
        [(1, 0.9, 2.0), (5, 6.0, 1.0), (10, 9.0, 0.5)]
            .map(|(c, load, patience)| erlang_a(c, load, patience)),
    );
    cases.extend(g_m_1());
    cases.extend(processor_sharing());
    cases.extend([(2, 1.2), (6, 4.5)].map(|(c, load)| shared_servers(c, load)));
    cases.extend(
        [(1, 3, 0.8), (3, 4, 3.0)].map(|(c, places, load)| bounded_sharing(c, places, load)),
    );
    cases.extend([lifo(), preemptive_lifo()]);
    cases.extend([nonpreemptive_priorities(), preemptive_priorities(), own_service_times()]);
    cases.extend(srpt());
    cases.extend([machine_repair(1, 6), machine_repair(3, 12), closed_tandem(), closed_sharing()]);
    cases.extend([jackson(), feedback(), tandem()]);
    cases
}

pub(crate) fn m_m_1(utilization: f64) -> Case {
    let queue = Mm1::new(utilization, 1.0).unwrap();
    let budget = if utilization > 0.7 { 2 * LONG } else { LONG };
    Case::queue(
        &format!("M/M/1 at {utilization}"),
        budget,
        "servers: 1, service_time: {exponential: {mean: 1s}}",
        &format!("poisson: {{rate: {utilization}/s}}"),
    )
    .expect_all(&[
        ("utilization", utilization),
        ("throughput_rps", utilization),
        ("wait_time_seconds/mean", queue.mean_wait()),
        ("wait_time_seconds/p90", queue.wait_percentile(0.9)),
        ("response_time_seconds/mean", queue.mean_response()),
        ("response_time_seconds/p50", queue.response_percentile(0.5)),
        ("response_time_seconds/p95", queue.response_percentile(0.95)),
        ("response_time_seconds/p99", queue.response_percentile(0.99)),
        ("queue_length", queue.mean_queue_length()),
        ("in_flight", queue.mean_in_flight()),
    ])
    .expect("arrivals/a/latency_seconds/mean", queue.mean_response())
    .expect("arrivals/a/throughput_rps", utilization)
}

/// The same queue in another unit of time: every time is multiplied, no ratio changes.
pub(crate) fn scaled(unit: &str, size: f64) -> Case {
    let queue = Mm1::new(0.6 / size, size).unwrap();
    Case::queue(
        &format!("M/M/1 in {unit}"),
        LONG,
        &format!("servers: 1, service_time: {{exponential: {{mean: 1{unit}}}}}"),
        &format!("poisson: {{rate: {}/s}}", 0.6 / size),
    )
    .expect_all(&[
        ("utilization", 0.6),
        ("throughput_rps", 0.6 / size),
        ("wait_time_seconds/mean", queue.mean_wait()),
        ("response_time_seconds/p50", queue.response_percentile(0.5)),
        ("response_time_seconds/p99", queue.response_percentile(0.99)),
        ("in_flight", queue.mean_in_flight()),
    ])
}

pub(crate) fn m_m_c(servers: u32, load: f64) -> Case {
    let queue = Mmc::new(load, 1.0, servers).unwrap();
    Case::queue(
        &format!("M/M/{servers} with {load} erlangs"),
        LONG,
        &format!("servers: {servers}, service_time: {{exponential: {{mean: 1s}}}}"),
        &format!("poisson: {{rate: {load}/s}}"),
    )
    .expect_all(&[
        ("utilization", queue.utilization()),
        ("wait_time_seconds/mean", queue.mean_wait()),
        ("wait_time_seconds/p95", queue.wait_percentile(0.95)),
        ("response_time_seconds/mean", queue.mean_response()),
        ("response_time_seconds/p50", queue.response_percentile(0.5)),
        ("response_time_seconds/p99", queue.response_percentile(0.99)),
        ("queue_length", queue.mean_queue_length()),
        ("in_flight", queue.mean_in_flight()),
    ])
}

pub(crate) fn m_d_1(utilization: f64) -> Case {
    let queue = Md1::new(utilization, 1.0).unwrap();
    Case::queue(
        &format!("M/D/1 at {utilization}"),
        LONG,
        "servers: 1, service_time: {deterministic: 1s}",
        &format!("poisson: {{rate: {utilization}/s}}"),
    )
    .expect_all(&[
        ("utilization", utilization),
        ("wait_time_seconds/mean", queue.mean_wait()),
        ("wait_time_seconds/p90", queue.wait_percentile(0.9)),
        ("wait_time_seconds/p99", queue.wait_percentile(0.99)),
        ("response_time_seconds/mean", queue.mean_response()),
        ("response_time_seconds/p50", queue.response_percentile(0.5)),
        ("response_time_seconds/p95", queue.response_percentile(0.95)),
    ])
}

/// Service times: as a model writes them, and as the closed forms take them.
fn service_times() -> Vec<(&'static str, Distribution)> {
    vec![
        ("erlang: {mean: 1s, stages: 4}", Distribution::Erlang { mean: 1.0, stages: 4 }),
        ("erlang: {mean: 1s, stages: 20}", Distribution::Erlang { mean: 1.0, stages: 20 }),
        (
            "hyperexponential: {mean: 1s, cv: 2}",
            Distribution::Hyperexponential { mean: 1.0, cv: 2.0 },
        ),
        ("lognormal: {mean: 1s, cv: 1.2}", Distribution::Lognormal { mean: 1.0, cv: 1.2 }),
        ("gamma: {mean: 1s, cv: 0.5}", Distribution::Gamma { mean: 1.0, cv: 0.5 }),
        ("gamma: {mean: 1s, cv: 1.5}", Distribution::Gamma { mean: 1.0, cv: 1.5 }),
        ("weibull: {mean: 1s, shape: 0.8}", Distribution::Weibull { mean: 1.0, shape: 0.8 }),
        ("weibull: {mean: 1s, shape: 2}", Distribution::Weibull { mean: 1.0, shape: 2.0 }),
        ("uniform: {low: 0.5s, high: 1.5s}", Distribution::Uniform { low: 0.5, high: 1.5 }),
        (
            "empirical: [[0.5s, 3], [1s, 2], [3s, 1]]",
            Distribution::Empirical { values: vec![(0.5, 3.0), (1.0, 2.0), (3.0, 1.0)] },
        ),
    ]
}

pub(crate) fn m_g_1() -> Vec<Case> {
    service_times()
        .into_iter()
        .map(|(text, service)| {
            let rate = 0.6;
            let queue = Mg1::new(rate, &service).unwrap();
            Case::queue(
                &format!("M/G/1, {text}"),
                2 * LONG,
                &format!("servers: 1, service_time: {{{text}}}"),
                &format!("poisson: {{rate: {rate}/s}}"),
            )
            .expect_all(&[
                ("utilization", queue.utilization()),
                ("wait_time_seconds/mean", queue.mean_wait()),
                ("response_time_seconds/mean", queue.mean_response()),
                ("queue_length", queue.mean_queue_length()),
                ("in_flight", queue.mean_in_flight()),
            ])
        })
        .collect()
}

pub(crate) fn m_m_c_k(servers: u32, places: u32, load: f64) -> Case {
    let queue = MmcK::new(load, 1.0, servers, places).unwrap();
    let case = Case::queue(
        &format!("M/M/{servers} with {places} places and {load} erlangs"),
        LONG,
        &format!(
            "servers: {servers}, service_time: {{exponential: {{mean: 1s}}}}, \
             queue: {{length: {places}}}"
        ),
        &format!("poisson: {{rate: {load}/s}}"),
    )
    .expect_all(&[
        ("dropped_ratio", queue.blocking()),
        ("throughput_rps", queue.throughput()),
        ("utilization", queue.utilization()),
        ("response_time_seconds/mean", queue.mean_response()),
        ("in_flight", queue.mean_in_flight()),
    ])
    .expect("arrivals/a/dropped_ratio", queue.blocking());
    if places == 0 {
        return case;
    }
    case.expect_all(&[
        ("wait_time_seconds/mean", queue.mean_wait()),
        ("wait_time_seconds/p95", queue.wait_percentile(0.95)),
        ("queue_length", queue.mean_queue_length()),
    ])
}

/// Erlang's loss formula holds for every service time (Sevastyanov 1957).
pub(crate) fn erlang_loss() -> Vec<Case> {
    [("deterministic: 1s", 4, 3.0), ("lognormal: {mean: 1s, cv: 1.5}", 6, 4.0)]
        .into_iter()
        .map(|(text, servers, load)| {
            let lost = erlang_b(servers, load).unwrap();
            Case::queue(
                &format!("M/G/{servers}/{servers}, {text}"),
                LONG,
                &format!("servers: {servers}, service_time: {{{text}}}, queue: {{length: 0}}"),
                &format!("poisson: {{rate: {load}/s}}"),
            )
            .expect_all(&[
                ("dropped_ratio", lost),
                ("in_flight", load * (1.0 - lost)),
                ("response_time_seconds/mean", 1.0),
            ])
        })
        .collect()
}

/// M/G/∞, and what a processor-sharing station of one server makes of the same load.
pub(crate) fn delay() -> Vec<Case> {
    ["gamma: {mean: 2s, cv: 1.5}", "uniform: {low: 1s, high: 3s}"]
        .into_iter()
        .map(|text| {
            let station = MgInfinity::new(3.0, 2.0).unwrap();
            Case::queue(
                &format!("M/G/infinity, {text}"),
                SHORT,
                &format!("servers: infinite, service_time: {{{text}}}"),
                "poisson: {rate: 3/s}",
            )
            .expect_all(&[
                ("in_flight", station.mean_in_flight()),
                ("response_time_seconds/mean", 2.0),
            ])
        })
        .collect()
}

pub(crate) fn erlang_a(servers: u32, load: f64, patience: f64) -> Case {
    let queue = ErlangA::new(load, 1.0, servers, patience).unwrap();
    Case::queue(
        &format!("M/M/{servers}+M with {load} erlangs and patience {patience}"),
        LONG,
        &format!(
            "servers: {servers}, service_time: {{exponential: {{mean: 1s}}}}, \
             patience: {{exponential: {{mean: {patience}s}}}}"
        ),
        &format!("poisson: {{rate: {load}/s}}"),
    )
    .expect_all(&[
        ("abandoned_ratio", queue.abandonment()),
        ("utilization", queue.utilization()),
        ("queue_length", queue.mean_queue_length()),
        ("wait_time_seconds/mean", queue.mean_wait_of_served()),
        ("throughput_rps", load * (1.0 - queue.abandonment())),
    ])
    .expect("arrivals/a/dropped_ratio", queue.abandonment())
}

pub(crate) fn g_m_1() -> Vec<Case> {
    [
        ("erlang: {mean: 1s, stages: 3}", Distribution::Erlang { mean: 1.0, stages: 3 }),
        ("deterministic: 1s", Distribution::Deterministic { value: 1.0 }),
        (
            "hyperexponential: {mean: 1s, cv: 2}",
            Distribution::Hyperexponential { mean: 1.0, cv: 2.0 },
        ),
        ("uniform: {low: 0.2s, high: 1.8s}", Distribution::Uniform { low: 0.2, high: 1.8 }),
        ("gamma: {mean: 1s, cv: 1.4}", Distribution::Gamma { mean: 1.0, cv: 1.4 }),
    ]
    .into_iter()
    .map(|(text, interarrival)| {
        let queue = Gim1::new(&interarrival, 0.7).unwrap();
        Case::queue(
            &format!("GI/M/1, {text}"),
            2 * LONG,
            "servers: 1, service_time: {exponential: {mean: 0.7s}}",
            &format!("renewal: {{interarrival: {{{text}}}}}"),
        )
        .expect_all(&[
            ("utilization", 0.7),
            ("wait_time_seconds/mean", queue.mean_wait()),
            ("response_time_seconds/mean", queue.mean_response()),
            ("response_time_seconds/p50", queue.response_percentile(0.5)),
            ("response_time_seconds/p99", queue.response_percentile(0.99)),
        ])
    })
    .collect()
}

/// The mean response under processor sharing needs only the mean service time.
pub(crate) fn processor_sharing() -> Vec<Case> {
    ["exponential: {mean: 1s}", "deterministic: 1s", "lognormal: {mean: 1s, cv: 1.5}"]
        .into_iter()
        .map(|text| {
            let rate = 0.6;
            let queue = Mg1::new(rate, &Distribution::Exponential { mean: 1.0 }).unwrap();
            let response = queue.processor_sharing_mean_response();
            Case::queue(
                &format!("M/G/1 processor sharing, {text}"),
                LONG,
                &format!("servers: 1, service_time: {{{text}}}, discipline: processor-sharing"),
                &format!("poisson: {{rate: {rate}/s}}"),
            )
            .expect_all(&[
                ("utilization", rate),
                ("response_time_seconds/mean", response),
                ("in_flight", rate * response),
                ("wait_time_seconds/mean", 0.0),
            ])
        })
        .collect()
}

/// With exponential service the number at a station does not depend on who is served: c shared
/// servers hold as many as M/M/c.
pub(crate) fn shared_servers(servers: u32, load: f64) -> Case {
    let queue = Mmc::new(load, 1.0, servers).unwrap();
    Case::queue(
        &format!("M/M/{servers} processor sharing"),
        LONG,
        &format!(
            "servers: {servers}, service_time: {{exponential: {{mean: 1s}}}}, \
             discipline: processor-sharing"
        ),
        &format!("poisson: {{rate: {load}/s}}"),
    )
    .expect_all(&[
        ("in_flight", queue.mean_in_flight()),
        ("response_time_seconds/mean", queue.mean_response()),
        ("utilization", queue.utilization()),
    ])
}

/// A bounded processor-sharing station holds servers + places.
pub(crate) fn bounded_sharing(servers: u32, places: u32, load: f64) -> Case {
    let queue = MmcK::new(load, 1.0, servers, places).unwrap();
    Case::queue(
        &format!("M/M/{servers} processor sharing with {places} places"),
        LONG,
        &format!(
            "servers: {servers}, service_time: {{exponential: {{mean: 1s}}}}, \
             discipline: processor-sharing, queue: {{length: {places}}}"
        ),
        &format!("poisson: {{rate: {load}/s}}"),
    )
    .expect_all(&[
        ("dropped_ratio", queue.blocking()),
        ("in_flight", queue.mean_in_flight()),
        ("response_time_seconds/mean", queue.mean_response()),
    ])
}

/// Last come, first served without interruption has the mean wait of first come, first served; its
/// second moment is that ÷ (1 − ρ) (Kingman 1962), so that its tail tells the two apart.
pub(crate) fn lifo() -> Case {
    let queue = Mm1::new(0.6, 1.0).unwrap();
    Case::queue(
        "M/M/1 last come, first served",
        LONG,
        "servers: 1, service_time: {exponential: {mean: 1s}}, discipline: lifo",
        "poisson: {rate: 0.6/s}",
    )
    .expect_all(&[
        ("wait_time_seconds/mean", queue.mean_wait()),
        ("queue_length", queue.mean_queue_length()),
    ])
}

/// Every visit is a busy period: the mean is E S ÷ (1 − ρ), whatever the distribution.
pub(crate) fn preemptive_lifo() -> Case {
    Case::queue(
        "M/G/1 preemptive last come, first served",
        2 * LONG,
        "servers: 1, service_time: {erlang: {mean: 1s, stages: 2}}, discipline: lifo, preemptive: true",
        "poisson: {rate: 0.6/s}",
    )
    .expect_all(&[
        ("response_time_seconds/mean", 1.0 / (1.0 - 0.6)),
        ("wait_time_seconds/mean", 1.0 / (1.0 - 0.6) - 1.0),
        ("utilization", 0.6),
    ])
}

fn two_classes(name: &str, preemption: Preemption, services: [(&str, Distribution); 2]) -> Case {
    let [(first_text, first), (second_text, second)] = services;
    let means = [&first, &second].map(|service| service.moments().unwrap().mean);
    let classes =
        [Class { arrival_rate: 0.3, service: first }, Class { arrival_rate: 0.4, service: second }];
    let waits = priorities(&classes, preemption).unwrap();
    let preemptive = preemption == Preemption::Resume;
    Case::new(
        name,
        2 * LONG,
        &format!(
            "stations:
  s: {{servers: 1, service_time: {{{first_text}}}, discipline: priority, preemptive: {preemptive}}}
arrivals:
  urgent: {{to: s, poisson: {{rate: 0.3/s}}, priority: 1}}
  other: {{to: s, poisson: {{rate: 0.4/s}}, priority: 2, service_time: {{{second_text}}}}}
"
        ),
    )
    .expect("arrivals/urgent/latency_seconds/mean", waits[0].unwrap() + means[0])
    .expect("arrivals/other/latency_seconds/mean", waits[1].unwrap() + means[1])
    .expect("stations/s/utilization", 0.3 * means[0] + 0.4 * means[1])
}

pub(crate) fn nonpreemptive_priorities() -> Case {
    let exponential = || ("exponential: {mean: 1s}", Distribution::Exponential { mean: 1.0 });
    two_classes("non-preemptive priorities", Preemption::None, [exponential(), exponential()])
}

pub(crate) fn preemptive_priorities() -> Case {
    let erlang =
        || ("erlang: {mean: 1s, stages: 2}", Distribution::Erlang { mean: 1.0, stages: 2 });
    two_classes("preemptive priorities", Preemption::Resume, [erlang(), erlang()])
}

pub(crate) fn own_service_times() -> Case {
    let fast = ("deterministic: 0.5s", Distribution::Deterministic { value: 0.5 });
    let slow = ("gamma: {mean: 1.2s, cv: 0.8}", Distribution::Gamma { mean: 1.2, cv: 0.8 });
    two_classes("priorities with own service times", Preemption::None, [fast, slow])
}

pub(crate) fn srpt() -> Vec<Case> {
    [
        ("exponential: {mean: 1s}", Distribution::Exponential { mean: 1.0 }),
        ("uniform: {low: 0s, high: 2s}", Distribution::Uniform { low: 0.0, high: 2.0 }),
        ("weibull: {mean: 1s, shape: 0.9}", Distribution::Weibull { mean: 1.0, shape: 0.9 }),
    ]
    .into_iter()
    .map(|(text, service)| {
        let response = srpt_mean_response(0.7, &service).unwrap();
        Case::queue(
            &format!("M/G/1 shortest remaining time, {text}"),
            LONG,
            &format!("servers: 1, service_time: {{{text}}}, discipline: srpt"),
            "poisson: {rate: 0.7/s}",
        )
        .expect_all(&[
            ("utilization", 0.7),
            ("response_time_seconds/mean", response),
            ("in_flight", 0.7 * response),
        ])
    })
    .collect()
}

/// Customers who think, then queue: the machine-repair model.
pub(crate) fn machine_repair(servers: u32, population: u32) -> Case {
    let stations = [
        ClosedStation { servers: None, mean_service: 5.0, visits: 1.0 },
        ClosedStation { servers: Some(servers), mean_service: 1.0, visits: 1.0 },
    ];
    let network = closed_network(&stations, population).unwrap();
    Case::queue(
        &format!("{population} machines, {servers} repairers"),
        LONG,
        &format!("servers: {servers}, service_time: {{exponential: {{mean: 1s}}}}"),
        &format!("closed: {{population: {population}, think_time: {{exponential: {{mean: 5s}}}}}}"),
    )
    .expect_all(&[
        ("throughput_rps", network.throughput),
        ("in_flight", network.in_flight[1]),
        ("response_time_seconds/mean", network.response[1]),
        ("utilization", network.utilization[1].unwrap()),
    ])
    .expect("arrivals/a/throughput_rps", network.throughput)
}

pub(crate) fn closed_tandem() -> Case {
    let stations = [
        ClosedStation { servers: None, mean_service: 4.0, visits: 1.0 },
        ClosedStation { servers: Some(2), mean_service: 0.8, visits: 1.0 },
        ClosedStation { servers: Some(1), mean_service: 0.5, visits: 0.7 },
    ];
    let network = closed_network(&stations, 10).unwrap();
    Case::new(
        "a closed tandem",
        LONG,
        "stations:
  front: {servers: 2, service_time: {exponential: {mean: 0.8s}}}
  back: {servers: 1, service_time: {exponential: {mean: 0.5s}}}
arrivals:
  users: {to: front, closed: {population: 10, think_time: {deterministic: 4s}}}
routing:
  front: {back: 0.7, exit: 0.3}
",
    )
    .expect("arrivals/users/throughput_rps", network.throughput)
    .expect("stations/front/in_flight", network.in_flight[1])
    .expect("stations/back/in_flight", network.in_flight[2])
    .expect("stations/back/response_time_seconds/mean", network.response[2])
    .expect("arrivals/users/latency_seconds/mean", network.response[1] + 0.7 * network.response[2])
}

/// A processor-sharing station keeps the product form for every service time (BCMP 1975).
pub(crate) fn closed_sharing() -> Case {
    let stations = [
        ClosedStation { servers: None, mean_service: 3.0, visits: 1.0 },
        ClosedStation { servers: Some(1), mean_service: 1.0, visits: 1.0 },
    ];
    let network = closed_network(&stations, 5).unwrap();
    Case::queue(
        "a closed processor-sharing station",
        LONG,
        "servers: 1, service_time: {erlang: {mean: 1s, stages: 3}}, discipline: processor-sharing",
        "closed: {population: 5, think_time: {uniform: {low: 1s, high: 5s}}}",
    )
    .expect_all(&[
        ("throughput_rps", network.throughput),
        ("in_flight", network.in_flight[1]),
        ("response_time_seconds/mean", network.response[1]),
    ])
}

pub(crate) fn jackson() -> Case {
    let station = |servers, mean_service, external_rate, routing: [f64; 3]| JacksonStation {
        servers: Some(servers),
        mean_service,
        external_rate,
        routing: routing.to_vec(),
    };
    let network = JacksonNetwork::new(&[
        station(1, 0.5, 1.0, [0.0, 0.6, 0.3]),
        station(2, 1.0, 0.4, [0.2, 0.0, 0.0]),
        station(1, 1.2, 0.0, [0.0, 0.5, 0.0]),
    ])
    .unwrap();
    let mut case = Case::new(
        "a Jackson network",
        4 * LONG,
        "stations:
  s0: {servers: 1, service_time: {exponential: {mean: 0.5s}}}
  s1: {servers: 2, service_time: {exponential: {mean: 1s}}}
  s2: {servers: 1, service_time: {exponential: {mean: 1.2s}}}
arrivals:
  a: {to: s0, poisson: {rate: 1/s}}
  b: {to: s1, poisson: {rate: 0.4/s}}
routing:
  s0: {s1: 0.6, s2: 0.3, exit: 0.1}
  s1: {s0: 0.2, exit: 0.8}
  s2: {s1: 0.5, exit: 0.5}
",
    );
    for (index, queue) in network.stations().iter().enumerate() {
        let queue = queue.as_ref().unwrap();
        let at = |place: &str| format!("stations/s{index}/{place}");
        case = case
            .expect(&at("throughput_rps"), network.arrival_rates()[index])
            .expect(&at("utilization"), queue.utilization())
            .expect(&at("in_flight"), queue.mean_in_flight())
            .expect(&at("response_time_seconds/mean"), queue.mean_response());
    }
    case
}

pub(crate) fn feedback() -> Case {
    let queue = Mm1::new(0.4 / 0.5, 0.75).unwrap();
    Case::new(
        "feedback",
        2 * LONG,
        "stations:
  s: {servers: 1, service_time: {exponential: {mean: 0.75s}}}
arrivals:
  a: {to: s, poisson: {rate: 0.4/s}}
routing:
  s: {s: 0.5, exit: 0.5}
",
    )
    .expect("stations/s/throughput_rps", 0.8)
    .expect("stations/s/in_flight", queue.mean_in_flight())
    .expect("arrivals/a/latency_seconds/mean", queue.mean_in_flight() / 0.4)
}

/// The stays in a tandem of M/M/1 queues are independent (Reich 1957): the sum of two equal ones is
/// an Erlang of two stages, whose median is 1.67835 of a stage's mean.
pub(crate) fn tandem() -> Case {
    Case::new(
        "a tandem",
        2 * LONG,
        "stations:
  front: {servers: 1, service_time: {exponential: {mean: 1s}}}
  back: {servers: 1, service_time: {exponential: {mean: 1s}}}
arrivals:
  a: {to: front, poisson: {rate: 0.5/s}}
routing:
  front: {back: 1}
",
    )
    .expect("arrivals/a/latency_seconds/mean", 4.0)
    .expect("arrivals/a/latency_seconds/p50", 2.0 * 1.678_346_99)
    .expect("stations/back/response_time_seconds/p99", -2.0 * tenfold_units::math::ln(0.01))
}
