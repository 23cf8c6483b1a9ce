//! Queues whose answers come from their Markov chain or from a property of it, solved here.

#![expect(clippy::unwrap_used, reason = "a case without an answer is a bug of the test")]

use tenfold_queueing::{ClosedStation, Distribution, ErlangA, Mg1, Mm1, Mmc, MmcK, closed_network};

use super::case::Case;

/// Events of a case.
const EVENTS: u64 = 1_600_000;

/// Returns every case.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = vec![
        bounded_tandem(),
        two_closed_classes(),
        closed_preemptive_lifo(),
        closed_feedback(),
        preemptive_classes_of_many_servers(),
        mixed_services(),
        preemptive_lifo_of_two_phases(),
        bounded_preemptive_lifo(),
        geometric_loop(),
        clockwork(),
    ];
    cases.extend([0.8, 1.3].map(deterministic_patience));
    cases.extend([(2, 3, 2.5, 1.5), (1, 6, 1.4, 3.0)].map(bounded_patience));
    cases.extend(["lifo", "priority"].map(patience_in_another_order));
    cases.extend([(1, 5, 3.0), (3, 2, 9.0)].map(overloaded));
    cases.extend(
        ["hyperexponential: {mean: 1s, cv: 3}", "pareto: {mean: 1s, shape: 2.5}"].map(shared),
    );
    cases
}

/// Returns the stationary probabilities of a chain with `count` states, whose transitions out of a
/// state `step` lists with their rates: power iteration of the uniformized chain.
pub(crate) fn stationary(count: usize, step: impl Fn(usize) -> Vec<(usize, f64)>) -> Vec<f64> {
    let steps: Vec<Vec<(usize, f64)>> = (0..count).map(step).collect();
    let out = |state: usize| steps[state].iter().map(|(_, rate)| rate).sum::<f64>();
    let fastest = 1.05 * (0..count).map(out).fold(0.0, f64::max);
    let mut now = vec![1.0 / count as f64; count];
    for _ in 0..200_000 {
        let mut next: Vec<f64> = (0..count).map(|i| now[i] * (1.0 - out(i) / fastest)).collect();
        for (state, ways) in steps.iter().enumerate() {
            for (to, rate) in ways {
                next[*to] += now[state] * rate / fastest;
            }
        }
        let change: f64 = next.iter().zip(&now).map(|(a, b)| (a - b).abs()).sum();
        now = next;
        if change < 1e-14 {
            break;
        }
    }
    now
}

/// Two bounded stations in a row: who finds the second one full is lost.
fn bounded_tandem() -> Case {
    const ROOM: [usize; 2] = [3, 2];
    let (rate, speed) = (0.9, [1.0, 0.8]);
    let state = |first: usize, second: usize| first * (ROOM[1] + 1) + second;
    let parts = |state: usize| (state / (ROOM[1] + 1), state % (ROOM[1] + 1));
    let chain = stationary((ROOM[0] + 1) * (ROOM[1] + 1), |from| {
        let (first, second) = parts(from);
        let mut ways = Vec::new();
        if first < ROOM[0] {
            ways.push((state(first + 1, second), rate));
        }
        if first > 0 {
            ways.push((state(first - 1, (second + 1).min(ROOM[1])), speed[0]));
        }
        if second > 0 {
            ways.push((state(first, second - 1), speed[1]));
        }
        ways
    });
    let mean = |f: &dyn Fn(usize, usize) -> f64| -> f64 {
        chain.iter().enumerate().map(|(i, p)| p * f(parts(i).0, parts(i).1)).sum()
    };
    let flag = |holds: bool| f64::from(u8::from(holds));
    let dropped = mean(&|first, _| flag(first == ROOM[0]));
    let passed = mean(&|first, _| speed[0] * flag(first > 0));
    let served = mean(&|_, second| speed[1] * flag(second > 0));
    Case::new(
        "a tandem of bounded stations",
        EVENTS,
        "stations:
  s: {servers: 1, service_time: {exponential: {mean: 1s}}, queue: {length: 2}}
  t: {servers: 1, service_time: {exponential: {mean: 1.25s}}, queue: {length: 1}}
arrivals:
  a: {to: s, poisson: {rate: 0.9/s}}
routing:
  s: {t: 1}
",
    )
    .expect("stations/s/dropped_ratio", dropped)
    .expect("stations/t/dropped_ratio", 1.0 - served / passed)
    .expect("stations/t/in_flight", mean(&|_, second| second as f64))
    .expect("stations/t/utilization", served / speed[1])
    .expect("arrivals/a/throughput_rps", served)
    .expect("arrivals/a/dropped_ratio", 1.0 - served / rate)
}

/// Two kinds of closed customers at a shared server: a chain of how many of each are there. The
/// product form makes the answer the same for every service time (BCMP 1975), here two of them.
fn two_closed_classes() -> Case {
    const POPULATION: [usize; 2] = [3, 4];
    let (think, service) = ([2.0, 5.0], [0.5, 1.5]);
    let parts = |state: usize| [state / (POPULATION[1] + 1), state % (POPULATION[1] + 1)];
    let index = |there: [usize; 2]| there[0] * (POPULATION[1] + 1) + there[1];
    let chain = stationary((POPULATION[0] + 1) * (POPULATION[1] + 1), |from| {
        let there = parts(from);
        let mut ways = Vec::new();
        for class in 0..2 {
            let mut next = there;
            if there[class] < POPULATION[class] {
                next[class] += 1;
                ways.push((index(next), (POPULATION[class] - there[class]) as f64 / think[class]));
            }
            if there[class] > 0 {
                next[class] = there[class] - 1;
                let share = there[class] as f64 / (there[0] + there[1]) as f64;
                ways.push((index(next), share / service[class]));
            }
        }
        ways
    });
    let there = |class: usize| -> f64 {
        chain.iter().enumerate().map(|(i, p)| p * parts(i)[class] as f64).sum()
    };
    let rate = |class: usize| (POPULATION[class] as f64 - there(class)) / think[class];
    Case::new(
        "two closed streams at a shared server",
        EVENTS,
        "stations:
  s: {servers: 1, service_time: {exponential: {mean: 0.5s}}, discipline: processor-sharing}
arrivals:
  a: {to: s, closed: {population: 3, think_time: {exponential: {mean: 2s}}}}
  b: {to: s, closed: {population: 4, think_time: {uniform: {low: 0s, high: 10s}}}, service_time: {erlang: {mean: 1.5s, stages: 2}}}
",
    )
    .expect("arrivals/a/throughput_rps", rate(0))
    .expect("arrivals/b/throughput_rps", rate(1))
    .expect("arrivals/a/latency_seconds/mean", there(0) / rate(0))
    .expect("arrivals/b/latency_seconds/mean", there(1) / rate(1))
    .expect("stations/s/in_flight", there(0) + there(1))
}

/// Preemptive last come, first served keeps the product form for every service time too.
fn closed_preemptive_lifo() -> Case {
    let stations = [
        ClosedStation { servers: None, mean_service: 3.0, visits: 1.0 },
        ClosedStation { servers: Some(1), mean_service: 1.0, visits: 1.0 },
    ];
    let network = closed_network(&stations, 4).unwrap();
    Case::queue(
        "a closed station, preemptive last come, first served",
        EVENTS,
        "servers: 1, service_time: {gamma: {mean: 1s, cv: 1.5}}, discipline: lifo, preemptive: true",
        "closed: {population: 4, think_time: {deterministic: 3s}}",
    )
    .expect_all(&[
        ("throughput_rps", network.throughput),
        ("in_flight", network.in_flight[1]),
        ("response_time_seconds/mean", network.response[1]),
    ])
}

/// A closed network with a loop and a station of infinite servers.
fn closed_feedback() -> Case {
    // The front is visited 1 / 0.6 times, the delay 0.4 / 0.6 times a cycle.
    let stations = [
        ClosedStation { servers: None, mean_service: 2.0, visits: 1.0 },
        ClosedStation { servers: Some(2), mean_service: 0.6, visits: 1.0 / 0.6 },
        ClosedStation { servers: None, mean_service: 1.5, visits: 0.4 / 0.6 },
    ];
    let network = closed_network(&stations, 8).unwrap();
    Case::new(
        "a closed network with a loop",
        EVENTS,
        "stations:
  front: {servers: 2, service_time: {exponential: {mean: 0.6s}}}
  delay: {servers: infinite, service_time: {uniform: {low: 1s, high: 2s}}}
arrivals:
  a: {to: front, closed: {population: 8, think_time: {exponential: {mean: 2s}}}}
routing:
  front: {delay: 0.4, exit: 0.6}
  delay: {front: 1}
",
    )
    .expect("arrivals/a/throughput_rps", network.throughput)
    .expect("stations/front/in_flight", network.in_flight[1])
    .expect("stations/delay/in_flight", network.in_flight[2])
    .expect("stations/front/throughput_rps", network.throughput / 0.6)
}

/// With preemption the first class does not see the second; with equal exponential services all
/// together are an M/M/c queue.
fn preemptive_classes_of_many_servers() -> Case {
    let first = Mmc::new(1.2, 1.0, 3).unwrap();
    let all = Mmc::new(2.2, 1.0, 3).unwrap();
    Case::new(
        "preemptive priorities at three servers",
        2 * EVENTS,
        "stations:
  s: {servers: 3, service_time: {exponential: {mean: 1s}}, discipline: priority, preemptive: true}
arrivals:
  urgent: {to: s, poisson: {rate: 1.2/s}, priority: -1}
  other: {to: s, poisson: {rate: 1/s}}
",
    )
    .expect("arrivals/urgent/latency_seconds/mean", first.mean_response())
    .expect("arrivals/urgent/latency_seconds/p95", first.response_percentile(0.95))
    .expect("stations/s/in_flight", all.mean_in_flight())
    .expect("arrivals/other/latency_seconds/mean", all.mean_in_flight() - first.mean_in_flight())
}

/// Two streams with services of their own are one M/G/1 queue of the mixture.
fn mixed_services() -> Case {
    let values = vec![(0.4, 3.0), (1.6, 1.0)];
    let queue = Mg1::new(0.8, &Distribution::Empirical { values }).unwrap();
    Case::new(
        "two streams with services of their own",
        2 * EVENTS,
        "stations:
  s: {servers: 1, service_time: {deterministic: 0.4s}}
arrivals:
  short: {to: s, poisson: {rate: 0.6/s}}
  long: {to: s, poisson: {rate: 0.2/s}, service_time: {deterministic: 1.6s}}
",
    )
    .expect("stations/s/wait_time_seconds/mean", queue.mean_wait())
    .expect("arrivals/short/latency_seconds/mean", queue.mean_wait() + 0.4)
    .expect("arrivals/long/latency_seconds/mean", queue.mean_wait() + 1.6)
    .expect("stations/s/utilization", 0.8 * 0.7)
}

/// Preemptive last come, first served: as many are there as in M/M/1, whatever the service time.
fn preemptive_lifo_of_two_phases() -> Case {
    let queue = Mm1::new(0.5, 1.0).unwrap();
    Case::queue(
        "M/H2/1 preemptive last come, first served",
        2 * EVENTS,
        "servers: 1, service_time: {hyperexponential: {mean: 1s, cv: 2}}, discipline: lifo, preemptive: true",
        "poisson: {rate: 0.5/s}",
    )
    .expect_all(&[("in_flight", queue.mean_in_flight()), ("utilization", 0.5)])
}

/// Who is served does not change how many exponential customers are there.
fn bounded_preemptive_lifo() -> Case {
    let queue = MmcK::new(1.8, 1.0, 2, 3).unwrap();
    Case::queue(
        "M/M/2 with 3 places, preemptive last come, first served",
        EVENTS,
        "servers: 2, service_time: {exponential: {mean: 1s}}, discipline: lifo, preemptive: true, queue: {length: 3}",
        "poisson: {rate: 1.8/s}",
    )
    .expect_all(&[
        ("dropped_ratio", queue.blocking()),
        ("in_flight", queue.mean_in_flight()),
        ("throughput_rps", queue.throughput()),
        ("response_time_seconds/mean", queue.mean_response()),
    ])
}

/// A self-loop at infinite servers: the number of visits is geometric, and a geometric sum of
/// exponentials is exponential.
fn geometric_loop() -> Case {
    let mean = 1.0 / 0.3;
    Case::new(
        "a loop at infinite servers",
        EVENTS,
        "stations:
  s: {servers: infinite, service_time: {exponential: {mean: 1s}}}
arrivals:
  a: {to: s, poisson: {rate: 2/s}}
routing:
  s: {s: 0.7, exit: 0.3}
",
    )
    .expect("arrivals/a/latency_seconds/mean", mean)
    .expect("arrivals/a/latency_seconds/p50", mean * core::f64::consts::LN_2)
    .expect("arrivals/a/latency_seconds/p99", mean * 4.605_170_186)
    .expect("stations/s/in_flight", 2.0 * mean)
}

/// Nothing is random: services end just as the next customer comes to the second station.
fn clockwork() -> Case {
    Case::new(
        "clockwork",
        400_000,
        "stations:
  s: {servers: 2, service_time: {deterministic: 1.5s}}
  t: {servers: 1, service_time: {deterministic: 0.75s}}
arrivals:
  a: {to: s, renewal: {interarrival: {deterministic: 1s}}}
routing:
  s: {t: 1}
",
    )
    .expect("stations/s/utilization", 0.75)
    .expect("stations/t/utilization", 0.75)
    .expect("arrivals/a/latency_seconds/mean", 2.25)
    .expect("arrivals/a/latency_seconds/p999", 2.25)
    .expect("arrivals/a/throughput_rps", 1.0)
}

/// M/M/1 with constant patience τ: the work found is λ P₀ e^(−(μ−λ)x) up to τ, and falls as e^(−μx)
/// beyond (Baccelli and Hébuterne, *On queues with impatient customers*, 1981).
fn deterministic_patience(rate: f64) -> Case {
    let patience = 2.0;
    let at_end = rate * tenfold_units::math::exp(-(1.0 - rate) * patience);
    let below = (rate - at_end) / (1.0 - rate);
    let empty = 1.0 / (1.0 + below + at_end);
    let lost = empty * at_end;
    Case::queue(
        &format!("M/M/1 at {rate} with a patience of 2 s"),
        EVENTS,
        "servers: 1, service_time: {exponential: {mean: 1s}}, patience: {deterministic: 2s}",
        &format!("poisson: {{rate: {rate}/s}}"),
    )
    .expect_all(&[
        ("abandoned_ratio", lost),
        ("utilization", 1.0 - empty),
        ("throughput_rps", rate * (1.0 - lost)),
    ])
}

/// A bounded queue of impatient customers is a birth-death chain.
fn bounded_patience((servers, places, load, patience): (u32, u32, f64, f64)) -> Case {
    let room = (servers + places) as usize;
    let leaving = |count: usize| {
        let count = count as f64;
        let busy = count.min(f64::from(servers));
        busy + (count - busy) / patience
    };
    let chain = stationary(room + 1, |count| {
        let mut ways = Vec::new();
        if count < room {
            ways.push((count + 1, load));
        }
        if count > 0 {
            ways.push((count - 1, leaving(count)));
        }
        ways
    });
    let mean = |f: &dyn Fn(f64) -> f64| -> f64 {
        chain.iter().enumerate().map(|(count, p)| p * f(count as f64)).sum()
    };
    let servers_f = f64::from(servers);
    let queue = mean(&|count| (count - servers_f).max(0.0));
    let dropped = chain[room];
    let abandoned = queue / patience / load;
    Case::queue(
        &format!("M/M/{servers} with {places} places, {load} erlangs and patience {patience}"),
        EVENTS,
        &format!(
            "servers: {servers}, service_time: {{exponential: {{mean: 1s}}}}, \
             queue: {{length: {places}}}, patience: {{exponential: {{mean: {patience}s}}}}"
        ),
        &format!("poisson: {{rate: {load}/s}}"),
    )
    .expect_all(&[
        ("dropped_ratio", dropped),
        ("abandoned_ratio", abandoned),
        ("queue_length", queue),
        ("utilization", mean(&|count| count.min(servers_f)) / servers_f),
    ])
    .expect("arrivals/a/dropped_ratio", dropped + abandoned)
}

/// The order of service does not change how many exponential customers are there, nor how many
/// lose patience.
fn patience_in_another_order(discipline: &str) -> Case {
    let queue = ErlangA::new(3.0, 1.0, 3, 2.0).unwrap();
    Case::queue(
        &format!("M/M/3+M, {discipline}"),
        EVENTS,
        &format!(
            "servers: 3, service_time: {{exponential: {{mean: 1s}}}}, \
             patience: {{exponential: {{mean: 2s}}}}, discipline: {discipline}"
        ),
        "poisson: {rate: 3/s}",
    )
    .expect_all(&[
        ("abandoned_ratio", queue.abandonment()),
        ("queue_length", queue.mean_queue_length()),
        ("utilization", queue.utilization()),
    ])
}

/// Far more comes than can be served, and the bound keeps the station stable.
fn overloaded((servers, places, load): (u32, u32, f64)) -> Case {
    let queue = MmcK::new(load, 1.0, servers, places).unwrap();
    Case::queue(
        &format!("M/M/{servers} with {places} places, overloaded by {load} erlangs"),
        EVENTS,
        &format!(
            "servers: {servers}, service_time: {{exponential: {{mean: 1s}}}}, \
             queue: {{length: {places}}}"
        ),
        &format!("poisson: {{rate: {load}/s}}"),
    )
    .expect_all(&[
        ("dropped_ratio", queue.blocking()),
        ("throughput_rps", queue.throughput()),
        ("wait_time_seconds/mean", queue.mean_wait()),
        ("queue_length", queue.mean_queue_length()),
    ])
}

/// The mean response of a shared server needs only the mean service time, even of a heavy tail.
fn shared(text: &str) -> Case {
    Case::queue(
        &format!("M/G/1 processor sharing, {text}"),
        4 * EVENTS,
        &format!("servers: 1, service_time: {{{text}}}, discipline: processor-sharing"),
        "poisson: {rate: 0.5/s}",
    )
    .expect_all(&[
        ("utilization", 0.5),
        ("in_flight", 1.0),
        ("response_time_seconds/mean", 2.0),
    ])
}
