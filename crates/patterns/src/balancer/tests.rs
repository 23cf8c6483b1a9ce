use proptest::prelude::*;
use tenfold_units::Seed;

use super::*;
use crate::vectors::{each_file, float, list, number, text, told};

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn stream() -> Stream {
    Seed(1).stream("balancer")
}

fn backends(weights: &[u32]) -> Vec<BackendOptions> {
    let named =
        |(i, weight): (usize, &u32)| BackendOptions::named(&format!("b{i}")).weight(*weight);
    weights.iter().enumerate().map(named).collect()
}

fn balancer(options: BalancerOptions, weights: &[u32]) -> Balancer {
    Balancer::new(options, &backends(weights)).unwrap()
}

fn plain(policy: BalancerPolicy, weights: &[u32]) -> Balancer {
    balancer(BalancerOptions::plain(policy), weights)
}

/// Sends a request and gets its answer at once.
fn send(balancer: &mut Balancer, now: Instant, backend: usize, outcome: BalancerOutcome) {
    balancer.started(now, backend);
    balancer.finished(now, backend, outcome, ms(1));
}

#[test]
fn round_robin_is_nginxs() {
    each_file("nginx", |name, file| {
        let cases = file["cases"].as_object().filter(|_| file["algo"].is_null())?;
        for (case, trace) in cases {
            let weights: Vec<u32> =
                list(&trace["weights"]).iter().map(|weight| number(weight) as u32).collect();
            let mut balancer = plain(BalancerPolicy::RoundRobin, &weights);
            let mut stream = stream();
            let mut pick = || balancer.pick(at(0), b"", &mut stream).unwrap() as u64;
            let expected: Vec<u64> = list(&trace["sequence"]).iter().map(number).collect();
            // Recorded in a fresh process, unless the note says that one had served before.
            let note = file["note"].as_str().unwrap_or_default();
            for _ in 0..told(note, &format!("except {case} which had ")).unwrap_or(0) {
                pick();
            }
            let seen: Vec<u64> = expected.iter().map(|_| pick()).collect();
            assert_eq!(seen, expected, "{name} {case}");
        }
        Some(cases.len())
    });
}

#[test]
fn max_fails_is_nginxs() {
    each_file("nginx", |name, file| {
        let rows = list(file.get("rows")?);
        // "upstream bad { 18099(closed) max_fails=2 fail_timeout=3s; 18082; 18083 }"
        let source = text(&file["source"]);
        let servers = source.split_once('{').unwrap().1.split_once('}').unwrap().0;
        let servers: Vec<&str> = servers.split(';').map(str::trim).collect();
        // nginx counts whole seconds; nobody noted how far into one the trace began.
        let fits = |tenths: u64| max_fails_agree(source, &servers, rows, tenths);
        assert!((0..10).any(fits), "{name}: {servers:?}");
        Some(rows.len())
    });
}

/// Whether a trace of nginx is ours too, if it began so many tenths into a second.
fn max_fails_agree(
    source: &str,
    servers: &[&str],
    rows: &[serde_json::Value],
    tenths: u64,
) -> bool {
    let names: Vec<String> = servers
        .iter()
        .map(|it| {
            format!(
                "127.0.0.1:{}",
                &it[..it.find(|c: char| !c.is_ascii_digit()).unwrap_or(it.len())]
            )
        })
        .collect();
    let max_fails = MaxFailsOptions {
        max_fails: told(source, "max_fails=").unwrap() as u32,
        fail_timeout: Duration::from_secs(told(source, "fail_timeout=").unwrap()),
    };
    let options = BalancerOptions { max_fails: Some(max_fails), ..BalancerOptions::nginx() };
    let backends: Vec<_> = names.iter().map(|name| BackendOptions::named(name)).collect();
    let mut balancer = Balancer::new(options, &backends).unwrap();
    let mut stream = stream();
    rows.iter().all(|row| {
        let second = (float(&row[0]) + tenths as f64 / 10.0) as u64;
        let now = at(1_000_000 + second * 1_000);
        let mut tried = Vec::new();
        loop {
            let backend = balancer.pick_untried(now, b"", &tried, &mut stream).unwrap();
            tried.push(backend);
            if !servers[backend].contains("(closed)") {
                send(&mut balancer, now, backend, BalancerOutcome::Success);
                break;
            }
            send(&mut balancer, now, backend, BalancerOutcome::Failure);
        }
        let seen: Vec<_> = tried.iter().map(|backend| names[*backend].as_str()).collect();
        seen.join(", ") == text(&row[1])
    })
}

#[test]
fn hash_policies_walk_past_the_unhealthy() {
    for policy in [
        BalancerPolicy::IpHash,
        BalancerPolicy::NginxHash,
        BalancerPolicy::NginxConsistentHash,
        BalancerPolicy::ConsistentHash { virtual_nodes: 100, bounded_load: 0.0 },
    ] {
        let mut balancer = plain(policy, &[1, 1, 1, 1]);
        let mut stream = stream();
        let key = |i: u8| [10, i, i.wrapping_mul(31), 1];
        let before: Vec<_> =
            (0..200).map(|i| balancer.pick(at(0), &key(i), &mut stream).unwrap()).collect();
        assert!((0..4).all(|backend| before.contains(&backend)), "{policy:?}");
        balancer.set_up(at(0), 2, false);
        for i in 0..200 {
            let now = balancer.pick(at(0), &key(i), &mut stream).unwrap();
            let was = before[usize::from(i)];
            assert!(now != 2 && (was == 2 || now == was), "{policy:?}");
        }
        balancer.set_up(at(0), 2, true);
        let after: Vec<_> =
            (0..200).map(|i| balancer.pick(at(0), &key(i), &mut stream).unwrap()).collect();
        assert_eq!(before, after, "{policy:?}");
    }
}

#[test]
fn a_ring_moves_only_what_it_must_when_backends_come_and_go() {
    let policy = BalancerPolicy::ConsistentHash { virtual_nodes: 160, bounded_load: 0.0 };
    let mut balancer = plain(policy, &[1; 5]);
    let mut stream = stream();
    let mut place = |balancer: &mut Balancer| -> Vec<String> {
        (0..500_u32)
            .map(|key| {
                let backend = balancer.pick(at(0), &key.to_le_bytes(), &mut stream).unwrap();
                balancer.name(backend).to_owned()
            })
            .collect()
    };
    let before = place(&mut balancer);
    balancer.remove(at(0), 1);
    let without = place(&mut balancer);
    for (was, is) in before.iter().zip(&without) {
        assert!(is != "b1" && (was == is || was == "b1"));
    }
    let new = balancer.add(at(0), &BackendOptions::named("b9")).unwrap();
    assert_eq!(new, 1, "the number of a removed, idle backend is given again");
    for (was, is) in without.iter().zip(&place(&mut balancer)) {
        assert!(was == is || is == "b9");
    }
    balancer.remove(at(0), new);
    balancer.add(at(0), &BackendOptions::named("b1")).unwrap();
    assert_eq!(place(&mut balancer), before);
    assert!(balancer.add(at(0), &BackendOptions::named("b1")).is_err());
}

#[test]
fn bounded_load_spills_over() {
    let policy = BalancerPolicy::ConsistentHash { virtual_nodes: 160, bounded_load: 1.25 };
    let mut balancer = plain(policy, &[1; 4]);
    let mut stream = stream();
    for i in 1..=400_u32 {
        let backend = balancer.pick(at(0), b"one hot key", &mut stream).unwrap();
        balancer.started(at(0), backend);
        let most = (0..4).map(|b| balancer.in_flight(b)).max().unwrap();
        assert!(f64::from(most) <= (f64::from(i) * 1.25 / 4.0).ceil(), "{i} {most}");
    }
}

#[test]
fn least_connections_weighs() {
    let mut balancer = plain(BalancerPolicy::LeastConnections, &[1, 3]);
    let mut stream = stream();
    for _ in 0..40 {
        let backend = balancer.pick(at(0), b"", &mut stream).unwrap();
        balancer.started(at(0), backend);
    }
    assert_eq!([balancer.in_flight(0), balancer.in_flight(1)], [10, 30]);
}

#[test]
fn two_choices_balance_better_than_one() {
    let busiest = |policy| {
        let mut balancer = plain(policy, &[1; 100]);
        let mut stream = stream();
        for _ in 0..1_000 {
            let backend = balancer.pick(at(0), b"", &mut stream).unwrap();
            balancer.started(at(0), backend);
        }
        (0..100).map(|backend| balancer.in_flight(backend)).max().unwrap()
    };
    let (one, two) = (busiest(BalancerPolicy::Random), busiest(BalancerPolicy::PowerOfTwo));
    assert!(one >= 17 && two <= 13, "{one} {two}");
}

#[test]
fn two_choices_are_distinct_and_weighted() {
    let mut balancer = plain(BalancerPolicy::PowerOfTwo, &[1, 1]);
    let mut stream = stream();
    balancer.started(at(0), 0);
    for _ in 0..50 {
        assert_eq!(balancer.pick(at(0), b"", &mut stream), Some(1), "of two, always the idle one");
    }
    let mut balancer = plain(BalancerPolicy::PowerOfTwo, &[1, 2, 4]);
    for _ in 0..700 {
        let backend = balancer.pick(at(0), b"", &mut stream).unwrap();
        balancer.started(at(0), backend);
    }
    for (backend, due) in [(0, 100.0), (1, 200.0), (2, 400.0)] {
        let share = f64::from(balancer.in_flight(backend)) / due;
        assert!((share - 1.0).abs() < 0.08, "{backend}: {share}");
    }
}

#[test]
fn peak_ewma_leaves_the_slow_and_comes_back() {
    let mut balancer = balancer(BalancerOptions::peak_ewma(), &[1, 1]);
    let mut stream = stream();
    for (backend, latency) in [(0, 10), (1, 10), (1, 2_000)] {
        balancer.started(at(0), backend);
        balancer.finished(at(0), backend, BalancerOutcome::Success, ms(latency));
    }
    let mut share = |now| {
        let picks = (0..200).filter(|_| balancer.pick(now, b"", &mut stream) == Some(1)).count();
        picks as f64 / 200.0
    };
    assert_eq!(share(at(1)), 0.0, "one bad answer counts at once");
    // While idle, both decay; the next answer of the other one, slower than what is left, counts.
    assert_eq!(share(at(60_000)), 0.0);
    balancer.started(at(60_000), 0);
    balancer.finished(at(60_000), 0, BalancerOutcome::Success, ms(10));
    assert_eq!(balancer.pick(at(60_000), b"", &mut stream), Some(1), "it is tried again");
}

#[test]
fn peak_ewma_counts_requests_in_flight() {
    let mut balancer = balancer(BalancerOptions::peak_ewma(), &[1; 4]);
    let mut stream = stream();
    for _ in 0..400 {
        let backend = balancer.pick(at(0), b"", &mut stream).unwrap();
        balancer.started(at(0), backend);
    }
    assert!((0..4).all(|b| (90..=110).contains(&balancer.in_flight(b))));
}

#[test]
fn full_backends_are_passed_over() {
    let limited = |name| BackendOptions { max_connections: 2, ..BackendOptions::named(name) };
    for policy in [
        BalancerPolicy::RoundRobin,
        BalancerPolicy::Random,
        BalancerPolicy::LeastConnections,
        BalancerPolicy::PowerOfTwo,
        BalancerPolicy::NginxHash,
    ] {
        let backends = [limited("a"), limited("b")];
        let mut balancer = Balancer::new(BalancerOptions::plain(policy), &backends).unwrap();
        let mut stream = stream();
        for _ in 0..4 {
            let backend = balancer.pick(at(0), b"k", &mut stream).unwrap();
            balancer.started(at(0), backend);
        }
        assert_eq!(balancer.pick(at(0), b"k", &mut stream), None, "{policy:?}");
        balancer.finished(at(0), 1, BalancerOutcome::Success, ms(1));
        assert_eq!(balancer.pick(at(0), b"k", &mut stream), Some(1), "{policy:?}");
    }
}

#[test]
fn a_lone_backend_is_never_failed_out() {
    let mut balancer = balancer(BalancerOptions::nginx(), &[1]);
    let mut stream = stream();
    for _ in 0..10 {
        let backend = balancer.pick(at(0), b"", &mut stream).unwrap();
        send(&mut balancer, at(0), backend, BalancerOutcome::Failure);
    }
}

#[test]
fn stale_idle_connections_are_not_failures() {
    let mut balancer = balancer(BalancerOptions::nginx(), &[1, 1]);
    let mut stream = stream();
    for _ in 0..10 {
        let backend = balancer.pick(at(0), b"", &mut stream).unwrap();
        send(&mut balancer, at(0), backend, BalancerOutcome::Ignored);
    }
    assert!(balancer.pick(at(0), b"", &mut stream).is_some());
}

#[test]
fn all_failing_is_nobody_unless_panic() {
    let mut balancer = balancer(BalancerOptions::nginx(), &[1, 1]);
    let mut stream = stream();
    for backend in 0..2 {
        send(&mut balancer, at(0), backend, BalancerOutcome::Failure);
    }
    assert_eq!(balancer.pick(at(10_000), b"", &mut stream), None);
    assert!(balancer.pick(at(10_001), b"", &mut stream).is_some(), "one probe");
    let options = BalancerOptions { panic_threshold: 0.5, ..BalancerOptions::nginx() };
    balancer.set_options(options).unwrap();
    assert!(balancer.pick(at(10_000), b"", &mut stream).is_some(), "better somebody than nobody");
}

#[test]
fn panic_starts_below_the_threshold() {
    let options =
        BalancerOptions { panic_threshold: 0.5, ..BalancerOptions::plain(BalancerPolicy::Random) };
    let mut balancer = balancer(options, &[1; 4]);
    let mut stream = stream();
    let mut seen = |balancer: &mut Balancer| {
        let mut seen = [false; 4];
        for _ in 0..100 {
            seen[balancer.pick(at(0), b"", &mut stream).unwrap()] = true;
        }
        seen
    };
    balancer.set_up(at(0), 0, false);
    balancer.set_up(at(0), 1, false);
    assert_eq!(seen(&mut balancer), [false, false, true, true], "half is enough");
    balancer.set_up(at(0), 2, false);
    assert_eq!(seen(&mut balancer), [true; 4]);
}

fn eject_options() -> OutlierOptions {
    OutlierOptions { max_ejected_ratio: 0.5, ..OutlierOptions::envoy() }
}

fn with_outlier(outlier: OutlierOptions) -> BalancerOptions {
    BalancerOptions { outlier: Some(outlier), ..BalancerOptions::plain(BalancerPolicy::RoundRobin) }
}

#[test]
fn five_failures_in_a_row_eject_longer_each_time() {
    let mut balancer = balancer(with_outlier(eject_options()), &[1; 4]);
    let mut stream = stream();
    let mut now = at(0);
    for seconds in [30, 60, 90] {
        for _ in 0..5 {
            assert_eq!(balancer.state(now, 2), BackendState::Up);
            send(&mut balancer, now, 2, BalancerOutcome::Failure);
        }
        let last = now + ms(seconds * 1_000 - 1);
        assert_eq!(balancer.state(last, 2), BackendState::Ejected);
        assert!((0..8).all(|_| balancer.pick(last, b"", &mut stream) != Some(2)));
        now += ms(seconds * 1_000);
        assert_eq!(balancer.state(now, 2), BackendState::Up);
        assert!((0..8).any(|_| balancer.pick(now, b"", &mut stream) == Some(2)));
    }
    let states: Vec<_> =
        core::iter::from_fn(|| balancer.poll_event()).map(|event| event.to).collect();
    assert_eq!(states.len(), 6);
    assert_eq!(states[..2], [BackendState::Ejected, BackendState::Up]);
}

#[test]
fn the_state_of_a_failing_backend_says_so_until_a_probe_succeeds() {
    let options = BalancerOptions {
        max_fails: Some(MaxFailsOptions { max_fails: 2, fail_timeout: ms(10_000) }),
        ..BalancerOptions::plain(BalancerPolicy::RoundRobin)
    };
    let mut balancer = balancer(options, &[1; 2]);
    let mut stream = stream();
    send(&mut balancer, at(0), 1, BalancerOutcome::Failure);
    assert_eq!(balancer.state(at(0), 1), BackendState::Up, "one is not enough");
    send(&mut balancer, at(1), 1, BalancerOutcome::Failure);
    let states = [0, 1].map(|backend| balancer.state(at(1), backend));
    assert_eq!(states, [BackendState::Up, BackendState::Failing]);
    assert!((0..9).all(|_| balancer.pick(at(10_001), b"", &mut stream) == Some(0)));
    assert!((0..9).any(|_| balancer.pick(at(10_002), b"", &mut stream) == Some(1)), "the probe");
    assert_eq!(balancer.state(at(10_002), 1), BackendState::Failing, "not answered yet");
    send(&mut balancer, at(10_003), 1, BalancerOutcome::Success);
    assert_eq!(balancer.state(at(10_003), 1), BackendState::Up);
    let changes: Vec<_> = core::iter::from_fn(|| balancer.poll_event()).collect();
    let (up, failing) = (BackendState::Up, BackendState::Failing);
    assert_eq!(
        changes,
        [(up, failing), (failing, up)].map(|(from, to)| BalancerTransition {
            backend: 1,
            from,
            to
        })
    );
    // A lone backend takes requests whatever it does, and is called so.
    send(&mut balancer, at(10_004), 1, BalancerOutcome::Failure);
    send(&mut balancer, at(10_004), 1, BalancerOutcome::Failure);
    balancer.remove(at(10_005), 0);
    assert_eq!(balancer.state(at(10_005), 1), BackendState::Up);
    assert_eq!(balancer.pick(at(10_005), b"", &mut stream), Some(1));
}

#[test]
fn a_success_ends_the_row() {
    let mut balancer = balancer(with_outlier(eject_options()), &[1; 4]);
    for i in 0..50 {
        let outcome = if i % 5 == 4 { BalancerOutcome::Success } else { BalancerOutcome::Failure };
        send(&mut balancer, at(0), 1, outcome);
    }
    assert_eq!(balancer.state(at(0), 1), BackendState::Up);
}

#[test]
fn the_candidate_counts_in_the_ejected_share() {
    let ejected = |ratio: f64, backends: usize, always_one: bool| {
        let options =
            OutlierOptions { max_ejected_ratio: ratio, always_one, ..OutlierOptions::envoy() };
        let mut balancer = balancer(with_outlier(options), &vec![1; backends]);
        for backend in 0..backends {
            for _ in 0..5 {
                send(&mut balancer, at(0), backend, BalancerOutcome::Failure);
            }
        }
        (0..backends).filter(|b| balancer.state(at(0), *b) == BackendState::Ejected).count()
    };
    assert_eq!(ejected(0.67, 3, false), 2, "67 % of three are two, not three");
    assert_eq!(ejected(0.1, 9, false), 0);
    assert_eq!(ejected(0.1, 10, false), 1);
    assert_eq!(ejected(0.1, 3, true), 1);
    assert_eq!(ejected(1.0, 4, false), 4);
}

#[test]
fn success_rate_outliers_are_ejected_at_the_interval() {
    let mut balancer = balancer(with_outlier(eject_options()), &[1; 6]);
    let mut stream = stream();
    assert!(balancer.pick(at(1), b"", &mut stream).is_some());
    for backend in 0..6 {
        for i in 0..100 {
            // The last fails every fourth time, the others every hundredth.
            let failed = i % if backend == 5 { 4 } else { 100 } == 0;
            let outcome = if failed { BalancerOutcome::Failure } else { BalancerOutcome::Success };
            send(&mut balancer, at(2), backend, outcome);
        }
    }
    let _ = balancer.pick(at(10_000), b"", &mut stream);
    assert_eq!(balancer.state(at(10_000), 5), BackendState::Up, "the interval is not over");
    let _ = balancer.pick(at(10_001), b"", &mut stream);
    assert_eq!(balancer.state(at(10_001), 5), BackendState::Ejected);
    assert!((0..5).all(|b| balancer.state(at(10_001), b) == BackendState::Up));
}

#[test]
fn failure_ratio_outliers_are_ejected_from_the_threshold_on() {
    let failure_ratio =
        Some(FailureRatioOutlier { minimum_backends: 2, minimum_requests: 50, ratio: 0.85 });
    let options = OutlierOptions {
        success_rate: None,
        consecutive_failures: None,
        failure_ratio,
        ..eject_options()
    };
    let mut balancer = balancer(with_outlier(options), &[1; 4]);
    let mut stream = stream();
    let _ = balancer.pick(at(1), b"", &mut stream);
    for (backend, failures, requests) in [(0, 85, 100), (1, 84, 100), (2, 49, 49), (3, 0, 100)] {
        for i in 0..requests {
            let failed = i < failures;
            let outcome = if failed { BalancerOutcome::Failure } else { BalancerOutcome::Success };
            send(&mut balancer, at(2), backend, outcome);
        }
    }
    let _ = balancer.pick(at(10_001), b"", &mut stream);
    let out: Vec<_> = (0..4).map(|b| balancer.state(at(10_001), b)).collect();
    assert_eq!(out[0], BackendState::Ejected);
    assert_eq!(out[1..], [BackendState::Up; 3]);
}

#[test]
fn a_new_backend_is_warmed_up() {
    for policy in [BalancerPolicy::RoundRobin, BalancerPolicy::PowerOfTwo] {
        let options =
            BalancerOptions { slow_start: Some(ms(10_000)), ..BalancerOptions::plain(policy) };
        let mut balancer = balancer(options, &[1, 1, 1]);
        let mut stream = stream();
        let new = balancer.add(at(1_000), &BackendOptions::named("new")).unwrap();
        let mut share = |now| {
            let picks =
                (0..4_000).filter(|_| balancer.pick(now, b"", &mut stream) == Some(new)).count();
            picks as f64 / 4_000.0
        };
        let (cold, half, warm) = (share(at(1_000)), share(at(6_000)), share(at(11_000)));
        assert!(cold > 0.005 && cold < 0.06, "{policy:?} {cold}");
        assert!(half > 0.06 && half < 0.2, "{policy:?} {half}");
        assert!((warm - 0.25).abs() < 0.03, "{policy:?} {warm}");
    }
}

#[test]
fn removal_lets_requests_finish() {
    let mut balancer = plain(BalancerPolicy::RoundRobin, &[1, 1]);
    let mut stream = stream();
    balancer.started(at(0), 0);
    balancer.remove(at(0), 0);
    assert_eq!(balancer.state(at(0), 0), BackendState::Removed);
    assert!((0..10).all(|_| balancer.pick(at(0), b"", &mut stream) == Some(1)));
    assert_eq!(balancer.add(at(0), &BackendOptions::named("c")).unwrap(), 2, "0 is not idle yet");
    balancer.finished(at(0), 0, BalancerOutcome::Failure, ms(1));
    assert_eq!(balancer.len(), 2);
    assert_eq!(balancer.add(at(0), &BackendOptions::named("d")).unwrap(), 0);
}

#[test]
fn no_backend_is_no_answer() {
    for policy in [
        BalancerPolicy::RoundRobin,
        BalancerPolicy::Random,
        BalancerPolicy::LeastConnections,
        BalancerPolicy::PowerOfTwo,
        BalancerPolicy::IpHash,
        BalancerPolicy::NginxHash,
        BalancerPolicy::NginxConsistentHash,
        BalancerPolicy::ConsistentHash { virtual_nodes: 10, bounded_load: 1.5 },
    ] {
        let mut balancer = plain(policy, &[]);
        assert_eq!(balancer.pick(at(0), b"k", &mut stream()), None);
        assert!(balancer.is_empty());
    }
}

#[test]
fn options_are_checked_and_round_trip() {
    let bad = BalancerOptions {
        policy: BalancerPolicy::ConsistentHash { virtual_nodes: 0, bounded_load: 0.5 },
        max_fails: Some(MaxFailsOptions { max_fails: 0, fail_timeout: ms(1) }),
        panic_threshold: 1.5,
        slow_start: Some(Duration::ZERO),
        outlier: None,
    };
    assert_eq!(bad.check().unwrap_err().problems().len(), 5);
    let twice = [BackendOptions::named("a"), BackendOptions::named("a").weight(0)];
    let error = Balancer::new(BalancerOptions::nginx(), &twice).unwrap_err();
    assert_eq!(error.problems().len(), 2);
    for options in [
        BalancerOptions::nginx(),
        BalancerOptions::envoy(),
        BalancerOptions::peak_ewma(),
        BalancerOptions::plain(BalancerPolicy::NginxConsistentHash),
    ] {
        let text = serde_saphyr::to_string(&options).unwrap();
        assert_eq!(serde_saphyr::from_str::<BalancerOptions>(&text).unwrap(), options, "{text}");
    }
    let short = serde_saphyr::from_str::<BalancerOptions>("{policy: power-of-two}").unwrap();
    assert_eq!(short, BalancerOptions::power_of_two());
}

proptest! {
    #[test]
    fn every_pick_is_a_live_candidate(
        policy in 0_usize..7,
        steps in proptest::collection::vec((0_u8..10, 0_usize..8, 0_u64..3_000), 1..200),
    ) {
        let policy = [
            BalancerPolicy::RoundRobin,
            BalancerPolicy::LeastConnections,
            BalancerPolicy::PowerOfTwo,
            BalancerPolicy::NginxHash,
            BalancerPolicy::NginxConsistentHash,
            BalancerPolicy::ConsistentHash { virtual_nodes: 20, bounded_load: 1.25 },
            BalancerPolicy::PeakEwma { decay: ms(1_000), initial: ms(30) },
        ][policy];
        let options = BalancerOptions {
            policy,
            max_fails: BalancerOptions::nginx().max_fails,
            outlier: Some(OutlierOptions { max_ejected_ratio: 0.7, ..OutlierOptions::envoy() }),
            slow_start: Some(ms(500)),
            panic_threshold: 0.0,
        };
        let mut balancer = balancer(options, &[1, 2, 3]);
        let mut stream = stream();
        let mut now = at(0);
        let mut flying: Vec<usize> = Vec::new();
        for (op, which, gap) in steps {
            now += ms(gap);
            match op {
                0..4 => {
                    let key = which.to_le_bytes();
                    let tried: Vec<usize> = (op == 0).then_some(which).into_iter().collect();
                    let before = balancer.clone();
                    if let Some(backend) = balancer.pick_untried(now, &key, &tried, &mut stream) {
                        prop_assert!(!tried.contains(&backend));
                        prop_assert!(before.is_healthy(now, &before.backends[backend]));
                        let state = balancer.state(now, backend);
                        prop_assert!(matches!(state, BackendState::Up | BackendState::Failing));
                        balancer.started(now, backend);
                        flying.push(backend);
                    } else if balancer.live > 0 && tried.is_empty() {
                        // Nobody is chosen only when nobody is healthy.
                        let healthy = balancer.backends.iter()
                            .any(|b| !b.removed && balancer.is_healthy(now, b));
                        prop_assert!(!healthy);
                    }
                }
                4..8 if !flying.is_empty() => {
                    let backend = flying.swap_remove(which % flying.len());
                    let outcome = match op {
                        4 => BalancerOutcome::Failure,
                        5 => BalancerOutcome::Ignored,
                        _ => BalancerOutcome::Success,
                    };
                    balancer.finished(now, backend, outcome, ms(gap));
                }
                8 if which < balancer.backends.len() => balancer.remove(now, which),
                9 => {
                    let _ = balancer.add(now, &BackendOptions::named(&format!("b{which}")));
                }
                _ => {}
            }
            let sum: u64 = (0..balancer.backends.len()).map(|b| u64::from(balancer.in_flight(b))).sum();
            prop_assert_eq!(sum, flying.len() as u64, "requests are conserved");
            let fresh = { let mut fresh = balancer.clone(); fresh.rebuild(); fresh };
            prop_assert_eq!(fresh.troubled, balancer.troubled);
            prop_assert_eq!(fresh.ejected, balancer.ejected);
        }
    }
}

#[test]
fn textbook_a_clock_step_back_keeps_nobody_out() {
    let hour = 3_600_000;
    let mut stream = stream();
    // Two failed out and ejected, an hour before the clock says so.
    let nginx = BalancerOptions::nginx();
    let ejection = OutlierOptions { max_ejected_ratio: 0.5, ..OutlierOptions::envoy() };
    let envoy = BalancerOptions { panic_threshold: 0.0, outlier: Some(ejection), ..nginx };
    let envoy = BalancerOptions { max_fails: None, ..envoy };
    for (options, failures, back_after) in [(nginx, 1, 10_001), (envoy, 5, 300_000)] {
        let mut balancer = balancer(options, &[1, 1]);
        let _ = balancer.pick(at(hour), b"", &mut stream);
        for _ in 0..failures {
            send(&mut balancer, at(hour), 0, BalancerOutcome::Failure);
        }
        let mut gets = |now| {
            let picks = [0; 4].map(|_| balancer.pick(now, b"", &mut stream));
            picks.contains(&Some(0))
        };
        assert!(!gets(at(hour)) && !gets(at(0)) && !gets(at(back_after - 1)));
        assert!(gets(at(back_after)), "after its time, not after the hour");
    }
    let slow_start = Some(ms(10_000));
    let options = BalancerOptions { slow_start, ..BalancerOptions::plain(BalancerPolicy::Random) };
    let mut balancer = self::balancer(options, &[1]);
    let new = balancer.add(at(hour), &BackendOptions::named("new")).unwrap();
    let picks = (0..1_000).filter(|_| balancer.pick(at(0), b"", &mut stream) == Some(new));
    assert!((400..600).contains(&picks.count()), "it has had its start");
}
