//! The edge: who terminates TLS, limits callers and routes; and whether a CDN stands in front.

use tenfold_estimate::OperationKind;
use tenfold_units::Unit;

use crate::draft::{Draft, EdgePlan, excuse, option, t};
use crate::sizing::service;
use crate::{Bottleneck, Choice};

/// Decides gateway and CDN.
pub(crate) fn decide(draft: &mut Draft<'_>) {
    totals(draft);
    gateway(draft);
    cdn(draft);
}

/// Makes requests, connections and bytes at the edge stand.
fn totals(draft: &mut Draft<'_>) {
    let requests: Vec<_> = draft.requests().collect();
    let sum = |suffix: &str| {
        let terms: Vec<_> = requests.iter().map(|o| format!("load.{}.{suffix}", o.name)).collect();
        if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") }
    };
    let bytes: Vec<_> =
        requests.iter().map(|o| format!("load.{}.avg * {}", o.name, o.response_bytes)).collect();
    let bytes = if bytes.is_empty() { "0".to_owned() } else { bytes.join(" + ") };
    let ratio = draft.book.assume(connection_ratio(draft));
    let book = &mut draft.book;
    let rate = Unit::PerSecond;
    book.derive("edge.requests_avg", "requests at the edge, average", rate, &sum("avg"));
    book.derive("edge.requests_peak", "requests at the edge, peak", rate, &sum("peak"));
    let formula = format!("edge.requests_peak * {ratio}");
    book.derive("edge.connections_peak", "new connections at peak", rate, &formula);
    let formula = format!("edge.requests_avg * {ratio}");
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
    let cores = format!("edge.requests_peak * {proxy} + edge.tls_cores");
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
            "each {fact.aws.alb.lcu.new_conn} new connections a second is a unit to pay: \
             {edge.alb.units} units",
            "초당 새 연결 {fact.aws.alb.lcu.new_conn}마다 과금 단위 하나다. 모두 {edge.alb.units}개",
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
                "{{edge.requests_peak}} requests and {{edge.connections_peak}} new connections at \
                 peak cost {{{cheap}}} this way."
            ),
            format!(
                "최대 {{edge.requests_peak}}의 요청과 {{edge.connections_peak}}의 새 연결을 \
                 {{{cheap}}}에 처리한다."
            ),
        ),
        forced_by: vec!["edge.connections_peak".to_owned()],
        changes_at: None,
        pin,
    }
}

/// A CDN saves egress and costs by the request: decided by both figures.
fn cdn(draft: &mut Draft<'_>) {
    let rtt = draft.book.fact("edge.fb.minrtt.p50");
    let setup = draft.book.fact("tls13.rtts");
    let label = "first visit from the median user: connection, TLS 1.3 and request";
    let formula = format!("({setup} + 1) * {rtt}");
    draft.book.derive("edge.first_visit", label, Unit::Seconds, &formula);
    let region = draft.place.region.clone();
    let catalog = draft.book.catalog;
    let Some(request) = catalog.cdn_request_price(&region).map(|fact| fact.id.clone()) else {
        return;
    };
    let tiers = catalog.cdn_tiers("aws", &region);
    let Some(first) = tiers.first().map(|tier| tier.price.id.clone()) else { return };
    let request = draft.book.fact(&request);
    let first = draft.book.fact(&first);
    let month = draft.book.fact("secs.load_month");
    let book = &mut draft.book;
    let label = "requests that a CDN would be paid for in a month";
    let formula = format!("edge.requests_avg * {month}");
    book.derive("edge.requests_month", label, Unit::Count, &formula);
    let formula = format!("edge.bytes_out * {month}");
    book.derive("edge.egress_month", "bytes out in a month", Unit::Bytes, &formula);
    egress(draft);
    let formula = format!("edge.requests_month * {request}");
    let book = &mut draft.book;
    book.derive("edge.cdn.requests", "requests at a CDN", Unit::UsdPerMonth, &formula);
    let formula = format!("edge.cdn.requests + edge.egress_month / 1e9 * {first}");
    book.derive("edge.cdn.cost", "delivery by a CDN at list price", Unit::UsdPerMonth, &formula);
    let cheaper = book.value("edge.cdn.cost") < book.value("edge.egress_cost");
    let pin = draft.pin(&["cdn"], "edge");
    let chosen = cheaper || pin.is_some();
    let pin = pin.map(|pin| {
        let text = t(
            "A CDN costs {edge.cdn.cost}, direct delivery {edge.egress_cost}.",
            "CDN은 {edge.cdn.cost}, 직접 전송은 {edge.egress_cost:이다}.",
        );
        draft.judged(pin, cheaper, text)
    });
    draft.choices.push(cdn_choice(chosen, pin));
}

/// Makes the price of a month's traffic to the internet stand, step by step.
pub(crate) fn egress(draft: &mut Draft<'_>) {
    let region = draft.place.region.clone();
    let catalog = draft.book.catalog;
    let tiers = catalog.egress_tiers(&draft.place.provider, &region);
    let mut terms = Vec::new();
    for tier in &tiers {
        let price = draft.book.fact(&tier.price.id);
        let above = format!("max(0, edge.egress_month - {})", tier.from_bytes);
        let bytes = if tier.to_bytes.is_finite() {
            format!("min({above}, {})", tier.to_bytes - tier.from_bytes)
        } else {
            above
        };
        terms.push(format!("{bytes} / 1e9 * {price}"));
    }
    let formula = if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") };
    draft.book.derive("edge.egress_cost", "traffic to the internet", Unit::UsdPerMonth, &formula);
}

fn cdn_choice(chosen: bool, pin: Option<crate::PinVerdict>) -> Choice {
    let mut none = option(
        "no-cdn",
        t("answers straight from the region", "region에서 바로 응답"),
        vec![t(
            "every request is seen and counted; {edge.egress_month} a month cost \
             {edge.egress_cost}",
            "모든 요청을 직접 보고 센다. 한 달 {edge.egress_month} 전송에 {edge.egress_cost:이} 든다",
        )],
        vec![t(
            "a first visit takes connection, TLS and request: {edge.first_visit} even to an edge \
             {fact.edge.fb.minrtt.p50} away, more to a region that is farther",
            "첫 방문에는 연결, TLS, 요청의 왕복이 든다. {fact.edge.fb.minrtt.p50} 거리의 edge까지도 \
             {edge.first_visit:이} 걸리고, region이 멀면 더 길다",
        )],
        Some("edge.egress_cost".to_owned()),
    );
    let mut cdn = option(
        "cdn",
        t("a CDN in front", "앞단의 CDN"),
        vec![t(
            "handshakes end near the user, and what may be shared is answered there",
            "handshake가 사용자 가까이에서 끝나고, 공유할 수 있는 응답은 거기서 나간다",
        )],
        vec![t(
            "{edge.requests_month} requests a month cost {edge.cdn.requests} by the request \
             alone, and an answer that it keeps is one that we do not count",
            "한 달 요청 {edge.requests_month}건이면 요청 요금만 {edge.cdn.requests:이다}. CDN이 \
             대신 답한 요청은 우리가 셀 수 없다",
        )],
        Some("edge.cdn.cost".to_owned()),
    );
    let text = if chosen {
        t(
            "direct delivery of {edge.egress_month} costs {edge.egress_cost}, through a CDN \
             {edge.cdn.cost}",
            "{edge.egress_month:을} 직접 보내면 {edge.egress_cost}, CDN이면 {edge.cdn.cost:이다}",
        )
    } else {
        t(
            "{edge.cdn.cost} with {edge.requests_month} requests, against {edge.egress_cost} \
             without",
            "요청 {edge.requests_month}건에 {edge.cdn.cost}, 없으면 {edge.egress_cost:이다}",
        )
    };
    let why = excuse(Bottleneck::Cost, &["edge.cdn.cost", "edge.egress_cost"], text);
    let reason = if chosen {
        none.excuse = Some(why);
        t(
            "Delivery near the users: {edge.cdn.cost} for {edge.egress_month} a month.",
            "사용자 가까이에서 전송한다. 한 달 {edge.egress_month}에 {edge.cdn.cost:이다}.",
        )
    } else {
        cdn.excuse = Some(why);
        t(
            "Answers are small and many: what a CDN is paid per request is more than all egress \
             costs.",
            "응답이 작고 많다. CDN의 요청당 요금이 전송 비용 전체보다 크다.",
        )
    };
    Choice {
        id: "cdn".to_owned(),
        question: t("Is there a CDN in front?", "앞에 CDN을 둘 것인가?"),
        options: vec![none, cdn],
        chosen: if chosen { "cdn" } else { "no-cdn" }.to_owned(),
        reason,
        forced_by: vec!["edge.cdn.cost".to_owned(), "edge.egress_cost".to_owned()],
        changes_at: None,
        pin,
    }
}
