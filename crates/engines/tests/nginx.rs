//! The balancers and `limit_req` against a running nginx.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant as Wall};

use tenfold_engines::{Engine, Scratch};
use tenfold_patterns::{
    BackendOptions, Balancer, BalancerOptions, BalancerOutcome, BalancerPolicy, LimitReq,
    LimitReqDecision, LimitReqOptions,
};
use tenfold_units::random::Stream;
use tenfold_units::{Instant, Seed};

/// A request that a backend has, and the means to let it be answered.
struct Arrival {
    backend: usize,
    release: Sender<()>,
}

/// Backends that answer with their number; a request for `hold` is reported and answered when told.
struct Backends {
    addresses: Vec<SocketAddr>,
    arrivals: Receiver<Arrival>,
}

impl Backends {
    fn start(number: usize) -> Self {
        let (report, arrivals) = channel();
        let addresses = (0..number).map(|backend| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let report: Sender<Arrival> = report.clone();
            std::thread::spawn(move || {
                for connection in listener.incoming().flatten() {
                    let report = report.clone();
                    std::thread::spawn(move || answer(connection, backend, &report));
                }
            });
            address
        });
        Self { addresses: addresses.collect(), arrivals }
    }

    fn upstream(&self, name: &str, policy: &str, weights: &[u32]) -> String {
        let servers = self.addresses.iter().zip(weights);
        let servers = servers.map(|(address, weight)| format!("server {address} weight={weight};"));
        let servers: Vec<String> = servers.collect();
        format!("upstream {name} {{ {policy} {} }}\n", servers.join(" "))
    }

    fn balancer(&self, policy: BalancerPolicy, weights: &[u32]) -> Balancer {
        let options = BalancerOptions { policy, ..BalancerOptions::nginx() };
        let backends = self.addresses.iter().zip(weights);
        let backends: Vec<_> = backends
            .map(|(address, weight)| BackendOptions::named(&address.to_string()).weight(*weight))
            .collect();
        Balancer::new(options, &backends).unwrap()
    }
}

fn answer(mut connection: TcpStream, backend: usize, report: &Sender<Arrival>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if connection.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.extend(byte);
    }
    if String::from_utf8_lossy(&head).contains("hold") {
        let (release, released) = channel();
        let _ = report.send(Arrival { backend, release });
        let _ = released.recv();
    }
    let body = backend.to_string();
    let length = body.len();
    let text = format!("HTTP/1.0 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
    let _ = connection.write_all(text.as_bytes());
}

/// Sends a request and returns the connection, on which the answer will come.
fn ask(server: &Scratch, path: &str, client: &str) -> TcpStream {
    let mut connection = TcpStream::connect(server.address()).unwrap();
    let text = format!("GET {path} HTTP/1.0\r\nHost: t\r\nX-Real-IP: {client}\r\n\r\n");
    connection.write_all(text.as_bytes()).unwrap();
    connection
}

/// Status and body.
fn answered(mut connection: TcpStream) -> (u32, String) {
    let mut text = String::new();
    connection.read_to_string(&mut text).unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    (status, text.split("\r\n\r\n").nth(1).unwrap().to_owned())
}

fn get(server: &Scratch, path: &str, client: &str) -> usize {
    let (status, body) = answered(ask(server, path, client));
    assert_eq!(status, 200, "{body}");
    body.parse().unwrap()
}

/// The server block that hands `/NAME` to the upstream of that name.
fn site(names: &[&str]) -> String {
    let locations =
        names.iter().map(|name| format!("location /{name} {{ proxy_pass http://{name}; }}"));
    let locations: Vec<String> = locations.collect();
    format!(
        "server {{ listen 127.0.0.1:PORT; set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;\n{} }}\n",
        locations.join("\n")
    )
}

fn stream() -> Stream {
    Seed(7).stream("nginx")
}

/// One to seven, drawn anew for each upstream.
fn weights(number: usize, stream: &mut Stream) -> Vec<u32> {
    (0..number).map(|_| 1 + stream.below(7) as u32).collect()
}

#[test]
fn smooth_weighted_round_robin_takes_the_same_turns() {
    let (backends, mut stream) = (Backends::start(5), stream());
    let names = ["w0", "w1", "w2", "w3", "w4", "w5"];
    let all: Vec<Vec<u32>> = names.iter().map(|_| weights(5, &mut stream)).collect();
    let upstreams = names.iter().zip(&all);
    let mut setup: String =
        upstreams.map(|(name, weights)| backends.upstream(name, "", weights)).collect();
    setup.push_str(&site(&names));
    let Some(server) = Scratch::start(Engine::Nginx, &setup) else { return };
    for (name, weights) in names.iter().zip(&all) {
        let mut balancer = backends.balancer(BalancerPolicy::RoundRobin, weights);
        for turn in 0..100 {
            let ours = balancer.pick(Instant::ZERO, b"", &mut stream);
            let theirs = get(&server, &format!("/{name}"), "10.0.0.1");
            assert_eq!(ours, Some(theirs), "turn {turn} of {weights:?}");
        }
    }
}

#[test]
fn least_connections_fill_and_empty_the_same_backends() {
    let (backends, mut stream) = (Backends::start(4), stream());
    let weights = [1, 1, 2, 3];
    let setup = backends.upstream("least", "least_conn;", &weights) + &site(&["least"]);
    let Some(server) = Scratch::start(Engine::Nginx, &setup) else { return };
    let mut balancer = backends.balancer(BalancerPolicy::LeastConnections, &weights);
    let mut open: Vec<(usize, TcpStream, Sender<()>)> = Vec::new();
    for step in 0..150 {
        if open.is_empty() || stream.chance(0.55) {
            let ours = balancer.pick(Instant::ZERO, b"", &mut stream).unwrap();
            let connection = ask(&server, "/least?hold", "10.0.0.1");
            let arrival = backends.arrivals.recv_timeout(Duration::from_secs(10)).unwrap();
            assert_eq!(ours, arrival.backend, "step {step}, {} open", open.len());
            balancer.started(Instant::ZERO, ours);
            open.push((ours, connection, arrival.release));
        } else {
            let which = stream.below(open.len() as u64) as usize;
            let (backend, connection, release) = open.swap_remove(which);
            release.send(()).unwrap();
            assert_eq!(answered(connection).1, backend.to_string());
            let success = BalancerOutcome::Success;
            balancer.finished(Instant::ZERO, backend, success, Duration::from_millis(1));
            // nginx counts the connection off in the turn of its loop in which it passes the end on.
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn hashes_of_addresses_and_keys_meet_the_same_backends() {
    let (backends, mut stream) = (Backends::start(5), stream());
    let weights = weights(5, &mut stream);
    let setup = backends.upstream("ip", "ip_hash;", &weights)
        + &backends.upstream("key", "hash $arg_k;", &weights)
        + &backends.upstream("ring", "hash $arg_k consistent;", &weights)
        + &site(&["ip", "key", "ring"]);
    let Some(server) = Scratch::start(Engine::Nginx, &setup) else { return };
    let mut by_address = backends.balancer(BalancerPolicy::IpHash, &weights);
    let mut by_key = backends.balancer(BalancerPolicy::NginxHash, &weights);
    let mut on_ring = backends.balancer(BalancerPolicy::NginxConsistentHash, &weights);
    for i in 0..300_u64 {
        let bits = u128::from(stream.next_u64()) << 64 | u128::from(stream.next_u64());
        let (address, octets) = if i % 2 == 0 {
            let octets = (bits as u32).to_be_bytes();
            (IpAddr::from(octets), octets.to_vec())
        } else {
            (IpAddr::from(bits.to_be_bytes()), bits.to_be_bytes().to_vec())
        };
        let ours = by_address.pick(Instant::ZERO, &octets, &mut stream).unwrap();
        assert_eq!(ours, get(&server, "/ip", &address.to_string()), "{address}");
        let key = format!("{:x}", bits >> (i % 120));
        let ours = by_key.pick(Instant::ZERO, key.as_bytes(), &mut stream).unwrap();
        assert_eq!(ours, get(&server, &format!("/key?k={key}"), "10.0.0.1"), "hash {key}");
        let ours = on_ring.pick(Instant::ZERO, key.as_bytes(), &mut stream).unwrap();
        assert_eq!(ours, get(&server, &format!("/ring?k={key}"), "10.0.0.1"), "ring {key}");
    }
}

/// How far from the plan a request may come, of the 50 ms that would change an answer.
const SLACK: Duration = Duration::from_millis(35);

/// `first` requests at once, a pause, `second` at once: how many of each pass. `None`: the machine
/// was too busy for the plan.
fn two_bursts(
    server: &Scratch,
    path: &str,
    [first, second]: [usize; 2],
    pause: Duration,
) -> Option<[usize; 2]> {
    let burst = |number: usize| {
        let statuses = (0..number).map(|_| answered(ask(server, path, "10.0.0.1")).0);
        statuses.filter(|status| *status == 200).count()
    };
    let start = Wall::now();
    let one = burst(first);
    std::thread::sleep(pause.checked_sub(start.elapsed())?);
    let begun = start.elapsed();
    let two = burst(second);
    let late = start.elapsed().checked_sub(pause)?;
    (begun >= pause && late < SLACK).then_some([one, two])
}

#[test]
fn limit_req_passes_and_refuses_the_same_requests() {
    let backends = Backends::start(1);
    let setup = backends.upstream("b", "", &[1])
        + "limit_req_zone $arg_k zone=z:1m rate=10r/s;\n"
        + "server { listen 127.0.0.1:PORT;\n\
           location /n { limit_req zone=z burst=5 nodelay; proxy_pass http://b; }\n\
           location /s { limit_req zone=z; proxy_pass http://b; } }\n";
    let Some(server) = Scratch::start(Engine::Nginx, &setup) else { return };
    let mut stream = stream();
    let (mut compared, mut tries) = (0, 0);
    while compared < 15 {
        tries += 1;
        assert!(tries < 300, "the machine is too busy: {compared} of {tries} in time");
        let (name, burst) = if stream.chance(0.7) { ("n", 5) } else { ("s", 0) };
        let numbers = [1 + stream.below(9) as usize, 1 + stream.below(9) as usize];
        // Half a request's time between the instants at which one more would pass.
        let pause = Duration::from_millis(50 + 100 * stream.below(6));
        let path = format!("/{name}?k={tries}");
        let Some(theirs) = two_bursts(&server, &path, numbers, pause) else { continue };
        let mut limit = LimitReq::new(LimitReqOptions::nodelay(10, burst)).unwrap();
        let mut passed = |number: usize, now: Instant| {
            let admitted = (0..number).filter(|_| limit.admit(now) == LimitReqDecision::Admitted);
            admitted.count()
        };
        let start = Instant::from_nanos(1 << 40);
        let ours = [passed(numbers[0], start), passed(numbers[1], start + pause)];
        assert_eq!(ours, theirs, "{name}: {numbers:?} with {pause:?} between");
        compared += 1;
    }
}

#[test]
fn limit_req_delays_as_long() {
    let backends = Backends::start(1);
    let setup = backends.upstream("b", "", &[1])
        + "limit_req_zone $arg_k zone=z:1m rate=10r/s;\n"
        + "server { listen 127.0.0.1:PORT;\n\
           location / { limit_req zone=z burst=5 delay=2; proxy_pass http://b; } }\n";
    let Some(server) = Scratch::start(Engine::Nginx, &setup) else { return };
    for attempt in 0.. {
        let start = Wall::now();
        let path = format!("/?k={attempt}");
        let connections: Vec<_> = (0..8).map(|_| ask(&server, &path, "10.0.0.1")).collect();
        let sent = start.elapsed();
        let readers = connections.into_iter().map(|connection| {
            std::thread::spawn(move || (answered(connection).0, start.elapsed()))
        });
        let readers: Vec<_> = readers.collect();
        let mut theirs: Vec<_> = readers.into_iter().map(|it| it.join().unwrap()).collect();
        theirs.sort();
        let mut limit = LimitReq::new(LimitReqOptions { rate: 10, burst: 5, delay: 2 }).unwrap();
        let mut ours: Vec<(u32, Duration)> = (0..8)
            .map(|_| match limit.admit(Instant::from_nanos(1 << 40)) {
                LimitReqDecision::Admitted => (200, Duration::ZERO),
                LimitReqDecision::Delayed(wait) => (200, wait),
                LimitReqDecision::Refused => (503, Duration::ZERO),
            })
            .collect();
        ours.sort();
        let statuses = |all: &[(u32, Duration)]| all.iter().map(|it| it.0).collect::<Vec<_>>();
        let near = |(ours, theirs): (&(u32, Duration), &(u32, Duration))| {
            theirs.1 + SLACK >= ours.1 && theirs.1 < ours.1 + 2 * SLACK
        };
        let same = statuses(&ours) == statuses(&theirs) && ours.iter().zip(&theirs).all(near);
        if same {
            return;
        }
        // What came late by this machine's fault is tried again, but not for ever.
        assert!(attempt < 20, "{ours:?} and {theirs:?}, sent within {sent:?}");
    }
}
