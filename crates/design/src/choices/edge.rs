//! The edge: who terminates TLS, limits callers and routes.

use tenfold_estimate::{Operation, OperationKind};
use tenfold_units::Unit;

use crate::draft::{Draft, EdgePlan, excuse, option, t};
use crate::sizing::service;
use crate::{Bottleneck, Choice};

/// Decides the gateway.
pub(crate) fn decide(draft: &mut Draft<'_>) {
    totals(draft);
    gateway(draft);
}

/// Makes requests, connections and bytes at the edge stand.
fn totals(draft: &mut Draft<'_>) {
    let requests: Vec<_> = draft.requests().collect();
    let sum_of = |operations: &[&Operation], suffix: &str| {
        let terms: Vec<_> =
            operations.iter().map(|o| format!("load.{}.{suffix}", o.name)).collect();
        if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") }
    };
    let sum = |suffix: &str| sum_of(&requests, suffix);
    // What comes over a connection that stays open goes to the node that holds it.
    let passing: Vec<_> = draft.requests().filter(|o| !draft.is_held(o)).collect();
    let passed = |suffix: &str| sum_of(&passing, suffix);
    let bytes: Vec<_> =
        requests.iter().map(|o| format!("load.{}.avg * {}", o.name, o.response_bytes)).collect();
    let bytes = if bytes.is_empty() { "0".to_owned() } else { bytes.join(" + ") };
    let ratio = draft.book.assume(connection_ratio(draft));
    let book = &mut draft.book;
    let rate = Unit::PerSecond;
    book.derive("edge.requests_avg", "requests at the edge, average", rate, &sum("avg"));
    book.derive("edge.requests_peak", "requests at the edge, peak", rate, &sum("peak"));
    let label = "requests through the gateway, average";
    book.derive("edge.passed_avg", label, rate, &passed("avg"));
    let label = "requests through the gateway, peak";
    book.derive("edge.passed_peak", label, rate, &passed("peak"));
    let formula = format!("edge.passed_peak * {ratio}");
    book.derive("edge.connections_peak", "new connections at peak", rate, &formula);
    let formula = format!("edge.passed_avg * {ratio}");
    book.derive("edge.connections_avg", "new connections, average", rate, &formula);
    let label = "bytes out to users, average";
    book.derive("edge.bytes_out", label, Unit::BytesPerSecond, &bytes);
}

/// One operation that is asked once by people who come and go opens a connection each time; an app
/// keeps its connections.
fn connection_ratio(draft: &Draft<'_>) -> &'static str {
    let reads: Vec<_> = draft.requests().filter(|o| o.kind == OperationKind::Read).collect();
    let most = reads.iter().map(|o| draft.book.value(&o.qps_avg)).fold(0.0, f64::max);
    let all: f64 = draft.requests().map(|o| draft.book.value(&o.qps_avg)).sum();
    let visitor = reads
        .iter()
        .any(|o| o.actor == "visitor" && draft.book.value(&o.qps_avg) >= most && most > 0.9 * all);
    if visitor { "new_connection_ratio" } else { "new_connection_ratio.app" }
}

fn gateway(draft: &mut Draft<'_>) {
    let zones = draft.zones();
    let book = &mut draft.book;
    let hour = book.fact("aws.alb.hour");
    let unit = book.fact("aws.alb.lcu");
    let (new, active) = (book.fact("aws.alb.lcu.new_conn"), book.fact("aws.alb.lcu.active"));
    let per_unit = book.fact("aws.alb.lcu.gb");
    book.derive(
        "edge.alb.units",
        "capacity units of the load balancer",
        Unit::Count,
        &format!(
            "max(edge.connections_avg / {new}, 60 * edge.connections_avg / {active}, \
             edge.bytes_out / {per_unit})"
        ),
    );
    let formula = format!("730 * ({hour} + edge.alb.units * {unit})");
    book.derive("edge.alb.cost", "application load balancer", Unit::UsdPerMonth, &formula);
    let proxy = book.station("nginx.proxy");
    let handshake = book.station("tls13.full.ecdsa");
    let formula = format!("edge.connections_peak * {handshake}");
    book.derive(
        "edge.tls_cores",
        "cores busy with TLS handshakes at peak",
        Unit::Erlangs,
        &formula,
    );
    let cores = format!("edge.passed_peak * {proxy} + edge.tls_cores");
    let fleet = service::fleet(book, "edge", "c7g", &cores, zones);
    let (hour, unit) = (book.fact("aws.nlb.hour"), book.fact("aws.nlb.lcu"));
    let flows = book.fact("aws.nlb.lcu.new_flows");
    let per_unit = book.fact("aws.nlb.lcu.gb");
    let people = book.assume("ops.technology");
    let formula = format!(
        "{} + 730 * ({hour} + {unit} * max(edge.connections_avg / {flows}, \
         edge.bytes_out / {per_unit})) + {people}",
        fleet.cost
    );
    let label = "own gateways behind a network load balancer, with operation";
    book.derive("edge.nginx.cost", label, Unit::UsdPerMonth, &formula);
    let own = book.value("edge.nginx.cost") < book.value("edge.alb.cost");
    let choice = gateway_choice(draft, own);
    draft.choices.push(choice);
    draft.edge = Some(EdgePlan { nginx: own.then_some(fleet) });
}

fn gateway_choice(draft: &mut Draft<'_>, own: bool) -> Choice {
    let mut alb = option(
        "load-balancer",
        t("the provider's application load balancer", "provider의 application load balancer"),
        vec![t(
            "nothing to run; certificates, health checks and scaling are the provider's",
            "운영할 것이 없다. 인증서, health check, 확장을 provider가 맡는다",
        )],
        vec![t(
            "each {fact.aws.alb.lcu.new_conn} of new connections is a unit to pay: \
             {edge.alb.units} units",
            "새 연결 {fact.aws.alb.lcu.new_conn}마다 과금 단위 하나다. 모두 {edge.alb.units}개",
        )],
        Some("edge.alb.cost".to_owned()),
    );
    let mut nginx = option(
        "nginx",
        t("nginx gateways behind a network load balancer", "network load balancer 뒤의 nginx"),
        vec![t(
            "the {edge.connections_peak} handshakes at peak are {edge.tls_cores} of our own \
             cores; limits and routes are ours",
            "최대 {edge.connections_peak}의 TLS handshake가 우리 core {edge.tls_cores}에 그치고, \
             limit과 routing을 직접 정한다",
        )],
        vec![t(
            "one more fleet to patch and watch: {assumed.ops.technology}",
            "patch하고 지켜볼 서버군이 하나 는다: {assumed.ops.technology}",
        )],
        Some("edge.nginx.cost".to_owned()),
    );
    let (dear, cheap) = if own {
        ("edge.alb.cost", "edge.nginx.cost")
    } else {
        ("edge.nginx.cost", "edge.alb.cost")
    };
    let why = excuse(
        Bottleneck::Cost,
        &[dear, cheap],
        t(
            format!(
                "{{{dear}}} for {{edge.connections_peak}} new connections at peak, against {{{cheap}}}"
            ),
            format!(
                "최대 {{edge.connections_peak}}의 새 연결에 {{{dear}}}, 선택안은 {{{cheap}:이다}}"
            ),
        ),
    );
    if own {
        alb.excuse = Some(why);
    } else {
        nginx.excuse = Some(why);
    }
    let pin = draft.pin(&["load-balancer", "api-gateway", "nginx"], "edge").map(|pin| {
        let text = t(
            format!("There is one: {{{cheap}}}."),
            format!("하나를 둔다. 비용은 {{{cheap}:이다}}."),
        );
        draft.judged(pin, true, text)
    });
    Choice {
        id: "edge".to_owned(),
        question: t("Who terminates TLS and routes?", "TLS 종단과 routing은 무엇이 맡는가?"),
        options: vec![alb, nginx],
        chosen: if own { "nginx" } else { "load-balancer" }.to_owned(),
        reason: t(
            format!(
                "{{edge.passed_peak}} requests and {{edge.connections_peak}} new connections at \
                 peak cost {{{cheap}}} this way."
            ),
            format!(
                "최대 {{edge.passed_peak}}의 요청과 {{edge.connections_peak}}의 새 연결을 \
                 {{{cheap}}}에 처리한다."
            ),
        ),
        forced_by: vec!["edge.connections_peak".to_owned()],
        changes_at: None,
        pin,
    }
}
