//! Is there a CDN in front of what many may share?

use tenfold_estimate::{Consistency, Operation, OperationKind, Pin, Timing};
use tenfold_units::Unit;

use crate::demand::mean_rate;
use crate::draft::{Draft, excuse, option, t};
use crate::{Bottleneck, Choice, PinVerdict};

/// The share of what a CDN is asked that it has, for files that are the same for all.
pub(crate) const HIT: &str = "fact.cdn.hit.static";

/// Decides whether answers come from a CDN, and which.
pub(crate) fn decide(draft: &mut Draft<'_>) {
    first_visit(draft);
    let region = draft.place.region.clone();
    let Some(request) = draft.book.catalog.cdn_request_price(&region).map(|fact| fact.id.clone())
    else {
        return;
    };
    if draft.book.catalog.cdn_tiers("aws", &region).is_empty() {
        return;
    }
    // A CDN for streams is decided with their delivery.
    let streams = draft.estimate.operations.iter().any(|o| o.kind == OperationKind::Stream);
    let asks = |pin: &&Pin| pin.keyword == "cdn" && !pin.negated && !streams;
    let pin = draft.estimate.pins.iter().find(asks);
    let kept = kept(draft, pin);
    cost(draft, &kept, &request);
    let cheaper = !kept.is_empty()
        && draft.book.value("edge.cdn.cost") < draft.book.value("edge.egress_cost");
    let chosen = !kept.is_empty() && (cheaper || pin.is_some());
    if chosen {
        draft.book.fact("cdn.hit.static");
        draft.front = kept.iter().map(|operation| operation.name.clone()).collect();
    }
    let verdict = pin.map(|pin| verdict(draft, pin, kept.is_empty(), cheaper));
    let dear = draft.book.value("edge.cdn.cost") >= draft.book.value("edge.egress_cost");
    draft.choices.push(choice(chosen, dear, verdict));
}

fn first_visit(draft: &mut Draft<'_>) {
    let rtt = draft.book.fact("edge.fb.minrtt.p50");
    let setup = draft.book.fact("tls13.rtts");
    let label = "first visit from the median user: connection, TLS 1.3 and request";
    let formula = format!("({setup} + 1) * {rtt}");
    draft.book.derive("edge.first_visit", label, Unit::Seconds, &formula);
}

/// The reads whose answers a CDN may keep: those that the brief names, else those of data that is
/// nobody's own, may be a little old, and that nobody counts, where they are most of the bytes.
fn kept<'a>(draft: &Draft<'a>, pin: Option<&Pin>) -> Vec<&'a Operation> {
    let reads = || draft.requests().filter(|o| o.kind == OperationKind::Read);
    let about = |o: &&Operation, name: &String| {
        o.name == *name || o.touches.iter().any(|touch| touch.dataset == *name)
    };
    if let Some(pin) = pin {
        let named: Vec<_> =
            reads().filter(|o| pin.about.iter().any(|name| about(o, name))).collect();
        if !named.is_empty() {
            return named;
        }
    }
    let personal = |name: &str| draft.dataset(name).personal;
    let shared = |o: &&Operation| {
        let mut touches = o.touches.iter();
        o.consistency == Consistency::Eventual
            && touches.all(|touch| touch.timing == Timing::Sync && !personal(&touch.dataset))
    };
    let bytes = |o: &Operation| draft.book.value(&o.qps_avg) * draft.book.value(&o.response_bytes);
    let kept: Vec<_> = reads().filter(shared).collect();
    let most: f64 = kept.iter().map(|o| bytes(o)).sum();
    let all: f64 = draft.requests().map(bytes).sum();
    if pin.is_some() || 2.0 * most >= all { kept } else { Vec::new() }
}

/// Makes the prices stand: of all answers from the region, and with those that may be kept, or all
/// where none may, through a CDN.
fn cost(draft: &mut Draft<'_>, kept: &[&Operation], request: &str) {
    let (request, month) = (draft.book.fact(request), draft.book.fact("secs.load_month"));
    // No CDN stands before a connection that stays open.
    let held = super::sessions::are_held(draft);
    let all: Vec<_> = draft.requests().filter(|o| !held || o.kind == OperationKind::Read).collect();
    let through = if kept.is_empty() { &all[..] } else { kept };
    let sum = |operations: &[&Operation], factor: &dyn Fn(&Operation) -> String| {
        let term = |o: &&Operation| format!("{} * load_factor{}", mean_rate(o), factor(o));
        let terms: Vec<String> = operations.iter().map(term).collect();
        if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") }
    };
    let bytes = |o: &Operation| format!(" * {}", o.response_bytes);
    let book = &mut draft.book;
    let mut derive = |id: &str, label: &str, unit: Unit, formula: String| {
        book.derive(id, label, unit, &formula);
    };
    let label = "bytes to users in a month";
    derive("edge.egress_month", label, Unit::Bytes, format!("{month} * ({})", sum(&all, &bytes)));
    let label = "requests that a CDN would be paid for in a month";
    let requests = sum(through, &|_| String::new());
    derive("edge.requests_month", label, Unit::Count, format!("{month} * ({requests})"));
    let label = "bytes that would come from a CDN in a month";
    derive("edge.cdn.month", label, Unit::Bytes, format!("{month} * ({})", sum(through, &bytes)));
    let usd = Unit::UsdPerMonth;
    derive(
        "edge.cdn.requests",
        "requests at a CDN",
        usd,
        format!("edge.requests_month * {request}"),
    );
    let provider = draft.place.provider.clone();
    let region = draft.place.region.clone();
    let catalog = draft.book.catalog;
    let direct = draft.book.stepped(&catalog.egress_tiers(&provider, &region), "edge.egress_month");
    draft.book.derive("edge.egress_cost", "traffic to the internet", usd, &direct);
    let list = draft.book.stepped(&catalog.cdn_tiers("aws", &region), "edge.cdn.month");
    draft.book.derive("edge.cdn.bytes", "delivery by a CDN at list price", usd, &list);
    let rest = "edge.egress_cost * (1 - edge.cdn.month / max(1, edge.egress_month))";
    let formula = format!("edge.cdn.requests + edge.cdn.bytes + {rest}");
    draft.book.derive("edge.cdn.cost", "traffic with a CDN", usd, &formula);
}

fn verdict(draft: &mut Draft<'_>, pin: &Pin, nothing: bool, cheaper: bool) -> PinVerdict {
    let text = if nothing {
        t(
            "There is none: every answer is somebody's own, counted, or has to be new, so that it \
             would only pass {edge.requests_month} requests on, for {edge.cdn.requests}.",
            "두지 않는다. 응답이 모두 개인의 것이거나, 세어야 하거나, 최신이어야 한다. CDN은 요청 \
             {edge.requests_month}건을 {edge.cdn.requests:에} 그대로 넘기기만 하게 된다.",
        )
    } else {
        t(
            "Traffic costs {edge.cdn.cost} with a CDN, {edge.egress_cost} without.",
            "CDN을 두면 전송에 {edge.cdn.cost}, 두지 않으면 {edge.egress_cost:이} 든다.",
        )
    };
    draft.judged(pin, cheaper, text)
}

fn choice(chosen: bool, dear: bool, pin: Option<PinVerdict>) -> Choice {
    let (mut none, mut cdn) = (without(), with());
    let (costs, figures) = (Bottleneck::Cost, ["edge.cdn.cost", "edge.egress_cost"]);
    let reason = if chosen {
        let text = t(
            "{edge.cdn.cost} with a CDN, against {edge.egress_cost} for {edge.egress_month} from \
             the region",
            "CDN을 두면 {edge.cdn.cost}, region에서 {edge.egress_month:을} 모두 보내면 \
             {edge.egress_cost:이다}",
        );
        none.excuse = Some(excuse(costs, &figures, text));
        t(
            "Delivery near the users: {edge.cdn.month} a month, of which {fact.cdn.hit.static} never \
             reaches the region.",
            "사용자 가까이에서 전송한다. 한 달 {edge.cdn.month} 가운데 {fact.cdn.hit.static:은} region까지 \
             오지 않는다.",
        )
    } else if dear {
        let text = t(
            "{edge.cdn.cost} with {edge.requests_month} requests, against {edge.egress_cost} \
             without",
            "요청 {edge.requests_month}건에 {edge.cdn.cost}, 없으면 {edge.egress_cost:이다}",
        );
        cdn.excuse = Some(excuse(costs, &figures, text));
        t(
            "Answers are small and many: what a CDN is paid per request is more than it saves.",
            "응답이 작고 많다. CDN의 요청당 요금이 아끼는 전송 비용보다 크다.",
        )
    } else {
        let text = t(
            "it would have to ask the region for each of {edge.requests_month} answers",
            "응답 {edge.requests_month}건을 매번 region에 물어야 한다",
        );
        cdn.excuse = Some(excuse(Bottleneck::Rule, &["edge.requests_month"], text));
        t(
            "Answers are somebody's own, counted or have to be new: a CDN could keep too little of \
             them.",
            "응답이 개인의 것이거나, 세어야 하거나, 최신이어야 해서 CDN이 보관할 것이 적다.",
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

fn without() -> crate::ChoiceOption {
    option(
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
    )
}

fn with() -> crate::ChoiceOption {
    option(
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
    )
}
