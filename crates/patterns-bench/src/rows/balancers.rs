//! Load balancers.

use core::future::{Ready, ready};
use core::time::Duration;

use tenfold_patterns::{
    BackendOptions, Balancer, BalancerOptions, BalancerOutcome, BalancerPolicy,
};
use tenfold_patterns_tower::{Balance, SharedBalancer, TokioClock};
use tenfold_units::{Instant, Seed};
use tower::discover::ServiceList;
use tower::load::{CompleteOnResponse, PeakEwmaDiscover, PendingRequestsDiscover};
use tower::{BoxError, Service, service_fn};

use super::{NOW, call, now, still};
use crate::harness::{alone, shared};
use crate::table::{Contender, Row, ours, peer};

const BACKENDS: usize = 10;

pub(super) fn rows() -> Vec<Row> {
    let lock = "";
    vec![
        Row {
            name: "power of two choices",
            work: "A request through the balancer over ten backends that answer at once.",
            contenders: contenders(BalancerOptions::power_of_two(), pending()),
            why: lock,
        },
        Row {
            name: "peak EWMA",
            work: "As above, by latency.",
            contenders: contenders(BalancerOptions::peak_ewma(), ewma()),
            why: lock,
        },
        Row {
            name: "round robin, least connections",
            work: "As above; no peer among these crates. Ours over ten backends of one weight.",
            contenders: vec![
                machine("round robin", BalancerOptions::plain(BalancerPolicy::RoundRobin)),
                machine(
                    "least connections",
                    BalancerOptions::plain(BalancerPolicy::LeastConnections),
                ),
            ],
            why: lock,
        },
    ]
}

fn backends() -> Vec<BackendOptions> {
    (0..BACKENDS).map(|i| BackendOptions::named(&format!("10.0.0.{i}:80"))).collect()
}

fn machine(name: &'static str, options: BalancerOptions) -> Contender {
    let machine = || Balancer::new(options, &backends()).expect("the options are in range");
    let (mut given, mut read) = (machine(), machine());
    let (mut a, mut b) = (Seed(1).stream("balancer"), Seed(1).stream("balancer"));
    let step = |balancer: &mut Balancer, now: Instant, stream: &mut _| {
        let backend = balancer.pick(now, b"", stream).expect("all are up");
        balancer.started(now, backend);
        balancer.finished(now, backend, BalancerOutcome::Success, Duration::from_micros(1));
    };
    ours(
        name,
        Some(alone(move |_| step(&mut given, NOW, &mut a))),
        Some(alone(move |_| step(&mut read, now(), &mut b))),
    )
}

fn contenders(options: BalancerOptions, theirs: Contender) -> Vec<Contender> {
    let shell = || {
        let backends = backends().into_iter().map(|backend| (backend, ())).collect();
        SharedBalancer::new(options, backends, Seed(1)).expect("the options are in range")
    };
    let (a, b) = (shell(), shell());
    let service = |clock| {
        let backends = backends().into_iter().map(|backend| (backend, backend_service()));
        let balance = Balance::new(options, backends.collect()).expect("as above");
        balance.clock(clock)
    };
    let (mut given, mut read) = (service(still()), service(TokioClock::shared()));
    let step = |balancer: &SharedBalancer<()>, now: fn() -> Instant| {
        let ((), request) = balancer.pick(now(), b"").expect("all are up");
        request.finish(now(), BalancerOutcome::Success);
    };
    let mut all = vec![machine("`Balancer`", options)];
    all.push(ours(
        "`SharedBalancer`",
        Some(shared(move |_| step(&a, || NOW))),
        Some(shared(move |_| step(&b, now))),
    ));
    all.push(ours(
        "`Balance`, the service",
        Some(alone(move |i| call(&mut given, i))),
        Some(alone(move |i| call(&mut read, i))),
    ));
    all.push(theirs);
    all
}

fn backend_service()
-> impl Service<u64, Response = u64, Error = BoxError, Future = Ready<Result<u64, BoxError>>>
+ Clone
+ Send
+ Sync
+ 'static {
    service_fn(|i: u64| ready(Ok::<_, BoxError>(i)))
}

fn services() -> Vec<
    impl Service<u64, Response = u64, Error = BoxError, Future = Ready<Result<u64, BoxError>>> + 'static,
> {
    (0..BACKENDS).map(|_| backend_service()).collect()
}

fn pending() -> Contender {
    let list = ServiceList::new::<u64>(services());
    let discover = PendingRequestsDiscover::new::<u64>(list, CompleteOnResponse::default());
    let mut balance = tower::balance::p2c::Balance::new(discover);
    peer("tower 0.5.3, `p2c::Balance`", Some(alone(move |i| call(&mut balance, i))), None)
}

fn ewma() -> Contender {
    let list = ServiceList::new::<u64>(services());
    let (initial, decay) = (Duration::from_millis(30), Duration::from_secs(10));
    let done = CompleteOnResponse::default();
    let discover = PeakEwmaDiscover::new::<u64>(list, initial, decay, done);
    let mut balance = tower::balance::p2c::Balance::new(discover);
    peer("tower 0.5.3, `p2c::Balance`", None, Some(alone(move |i| call(&mut balance, i))))
}
