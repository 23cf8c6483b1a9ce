//! Open connections: nodes that hold them, sized for the loss of a zone.

use tenfold_estimate::OperationKind;
use tenfold_units::Unit;

use crate::draft::{Draft, SessionPlan, excuse, option, t};
use crate::{Bottleneck, Choice, ChoiceOption};

/// The node of the planning limit: 8 vCPUs, 32 GiB (fact ws.plan).
const NODE: &str = "m7g.2xlarge";

/// Protocols that keep a connection open.
const PINS: [&str; 2] = ["websocket", "mqtt"];

/// Decides the nodes that hold connections, where deliveries start at the server.
pub(crate) fn decide(draft: &mut Draft<'_>) {
    if !are_held(draft) {
        return;
    }
    let pushes = pushes(draft);
    let zones = draft.zones();
    size(draft, &pushes, zones);
    let per_zone = draft.book.value("sessions.per_zone") as u32;
    let choice = choice(draft);
    draft.choices.push(choice);
    draft.sessions = Some(SessionPlan {
        instance: NODE.to_owned(),
        per_zone,
        limit: draft.book.value("fact.ws.plan") as u32,
        memory: draft.book.value("sessions.memory_each"),
    });
}

/// Returns whether connections stay open: deliveries start at the server, or the brief names a
/// protocol that does so.
pub(crate) fn are_held(draft: &Draft<'_>) -> bool {
    let known = draft.book.ledger.contains("concurrent_users");
    known && (!pushes(draft).is_empty() || draft.pin(&PINS, "sessions").is_some())
}

fn pushes(draft: &Draft<'_>) -> Vec<String> {
    let operations = draft.estimate.operations.iter();
    let pushes = operations.filter(|operation| operation.kind == OperationKind::Push);
    pushes.map(|operation| operation.name.clone()).collect()
}

fn size(draft: &mut Draft<'_>, pushes: &[String], zones: u32) {
    // What changes something comes over the open connection.
    let sent: Vec<String> = draft
        .requests()
        .filter(|operation| operation.kind != OperationKind::Read)
        .map(|operation| format!("load.{}.peak", operation.name))
        .collect();
    let book = &mut draft.book;
    let plan = book.fact("ws.plan");
    let (server, kernel) = (book.fact("ws.mem.rust"), book.assume("ws.kernel"));
    let ports = book.assume("tcp.ephemeral_ports");
    let deflate = book.fact("ws.deflate");
    let deliver = book.station("ws.deliver");
    let handshake = book.station("tls13.full.ecdsa");
    let target = book.fact("sizing.cpu_target");
    book.shape(NODE);
    let count = Unit::Count;
    let label = "connections open at peak";
    book.derive("sessions.open", label, count, "concurrent_users * load_factor");
    let formula = format!("{server} + {kernel}");
    book.derive("sessions.memory_each", "memory of a connection", Unit::Bytes, &formula);
    let label = "memory of all connections";
    book.derive("sessions.memory", label, Unit::Bytes, "sessions.open * sessions.memory_each");
    let label = "memory of all connections with default compression";
    let formula = format!("sessions.open * {deflate}");
    book.derive("sessions.memory_deflate", label, Unit::Bytes, &formula);
    let terms: Vec<_> = pushes.iter().map(|name| format!("load.{name}.peak")).collect();
    let pushed = if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") };
    book.derive("sessions.pushes", "deliveries at peak", Unit::PerSecond, &pushed);
    let sent = if sent.is_empty() { "0".to_owned() } else { sent.join(" + ") };
    let label = "messages from clients at peak";
    book.derive("sessions.sent", label, Unit::PerSecond, &sent);
    let formula = format!("(sessions.pushes + sessions.sent) * {deliver}");
    book.derive("sessions.cores", "cores busy with messages", Unit::Erlangs, &formula);
    // One zone less carries all connections, and the deliveries at the target utilization.
    let left = zones.saturating_sub(1).max(1);
    let formula = format!(
        "max(1, ceil(sessions.open / ({plan} * {left})), \
         ceil(sessions.cores / {target} / (vcpu.{NODE} * {zones})))"
    );
    book.derive("sessions.per_zone", "nodes in each zone", count, &formula);
    let label = "connections that a lost zone sends back";
    book.derive("sessions.lost", label, count, &format!("sessions.open / {zones}"));
    let rate = Unit::PerSecond;
    let label = "source addresses that a proxying hop needs towards one node";
    book.derive("sessions.sources", label, count, &format!("ceil({plan} / {ports})"));
    let label = "reconnections when spread over a minute";
    book.derive("sessions.reconnect_60s", label, rate, "sessions.lost / 60");
    let label = "reconnections when all come within 5 s";
    book.derive("sessions.reconnect_5s", label, rate, "sessions.lost / 5");
    let label = "cores busy with handshakes then";
    let formula = format!("sessions.reconnect_60s * {handshake}");
    book.derive("sessions.reconnect_cores", label, Unit::Erlangs, &formula);
    let price = book.price(NODE);
    let formula = format!("sessions.per_zone * {zones} * 730 * {price}");
    book.derive("sessions.cost", "nodes for connections", Unit::UsdPerMonth, &formula);
}

/// A protocol over connections that stay open.
struct Protocol {
    id: &'static str,
    name: &'static str,
}

/// Connections that nodes hold.
fn held(protocol: &Protocol) -> ChoiceOption {
    option(
        protocol.id,
        t(
            format!("{} on nodes that hold connections", protocol.name),
            format!("연결을 유지하는 node 위의 {}", protocol.name),
        ),
        vec![t(
            "a message is one frame, {station.ws.deliver} of a core; {sessions.open} connections \
             take {sessions.memory}",
            "message 한 건이 frame 하나, core 시간 {station.ws.deliver:이다}. 연결 \
             {sessions.open}개에 메모리 {sessions.memory:을} 쓴다",
        )],
        vec![
            t(
                "a hop that ends connections and opens its own has {assumed.tcp.ephemeral_ports} ports \
             for each pair of addresses: {sessions.sources} source addresses for each node, or a \
             balancer that passes connections through",
                "연결을 끊어 새로 맺는 L7 hop은 주소 쌍마다 port가 {assumed.tcp.ephemeral_ports}개뿐이다. \
             node마다 source address {sessions.sources}개를 두거나 연결을 그대로 넘기는 balancer를 쓴다",
            ),
            t(
                "a lost zone sends {sessions.lost} connections back: {sessions.reconnect_5s} unless \
             jitter spreads them to {sessions.reconnect_60s}, whose handshakes keep {sessions.reconnect_cores} busy; compression would take \
             {sessions.memory_deflate}",
                "zone을 잃으면 {sessions.lost}개가 다시 연결한다. jitter로 {sessions.reconnect_60s}까지 \
             펴지 않으면 {sessions.reconnect_5s:이다}. 편 뒤에도 handshake에 {sessions.reconnect_cores:이} 든다. 압축을 켜면 메모리가 \
             {sessions.memory_deflate:이다}",
            ),
        ],
        Some("sessions.cost".to_owned()),
    )
}

/// Clients that ask for what there is.
fn asking(draft: &mut Draft<'_>) -> ChoiceOption {
    let mut polling = option(
        "polling",
        t("clients that ask every few seconds", "몇 초마다 묻는 client"),
        vec![t("no state on any node", "node에 상태가 없다")],
        vec![t(
            "{sessions.polls} of requests, almost all of them answered with nothing",
            "{sessions.polls}의 요청이 생기고 거의 모두 빈 응답이다",
        )],
        None,
    );
    let book = &mut draft.book;
    let label = "requests when every client asks each 3 s";
    book.derive("sessions.polls", label, Unit::PerSecond, "sessions.open / 3");
    polling.excuse = Some(excuse(
        Bottleneck::Cpu,
        &["sessions.polls", "sessions.pushes"],
        t(
            "{sessions.polls} questions for {sessions.pushes} deliveries",
            "전달은 {sessions.pushes}인데 질문이 {sessions.polls:이다}",
        ),
    ));
    polling
}

/// A connection for each message, which costs a handshake.
fn per_message(draft: &mut Draft<'_>) -> ChoiceOption {
    let handshake = draft.book.station("tls13.full.ecdsa");
    let mut requests = option(
        "request-per-message",
        t("an HTTPS request for each message", "message마다 HTTPS 요청"),
        vec![t("no state on any node", "node에 상태가 없다")],
        vec![t(
            "a device that sleeps between messages shakes hands again for each",
            "message 사이에 쉬는 device는 매번 handshake를 다시 한다",
        )],
        None,
    );
    let formula = format!("sessions.sent * {handshake}");
    let label = "cores busy with a handshake for each message";
    draft.book.derive("sessions.handshake_cores", label, Unit::Erlangs, &formula);
    requests.excuse = Some(excuse(
        Bottleneck::Cpu,
        &["sessions.handshake_cores", "sessions.cores"],
        t(
            "{sessions.handshake_cores} of handshakes at peak where held connections take \
             {sessions.cores}",
            "peak에 handshake에만 {sessions.handshake_cores:이} 들지만, 연결을 유지하면 \
             {sessions.cores:이다}",
        ),
    ));
    requests
}

fn choice(draft: &mut Draft<'_>) -> Choice {
    let mqtt = draft.pin(&["mqtt"], "sessions").is_some();
    let protocol = if mqtt {
        Protocol { id: "mqtt", name: "MQTT" }
    } else {
        Protocol { id: "websocket", name: "WebSocket" }
    };
    let delivers = draft.book.value("sessions.pushes") > 0.0;
    let other = if delivers { asking(draft) } else { per_message(draft) };
    let reason = if delivers {
        t(
            "{sessions.open} clients wait at the same time for {sessions.pushes} deliveries: a \
             held connection is cheaper than asking. {sessions.per_zone} nodes a zone hold \
             {fact.ws.plan} each with one zone lost.",
            "client {sessions.open}개가 동시에 {sessions.pushes}의 전달을 기다린다. 묻는 것보다 \
             연결을 유지하는 편이 싸다. zone 하나를 잃어도 node당 {fact.ws.plan}개까지, zone당 \
             {sessions.per_zone}대면 된다.",
        )
    } else {
        t(
            "{sessions.open} connections stay open and carry {sessions.sent} messages at peak. \
             {sessions.per_zone} nodes a zone hold {fact.ws.plan} each with one zone lost.",
            "연결 {sessions.open}개를 열어 두고 peak에 message {sessions.sent:을} 나른다. zone \
             하나를 잃어도 node당 {fact.ws.plan}개까지, zone당 {sessions.per_zone}대면 된다.",
        )
    };
    let pin = draft.pin(&PINS, "sessions").map(|pin| {
        let text = t(
            "{sessions.per_zone} nodes a zone carry it with one zone lost.",
            "zone당 node {sessions.per_zone}대면 zone 하나를 잃어도 감당한다.",
        );
        draft.judged(pin, true, text)
    });
    let question = if delivers {
        t("How do deliveries reach clients?", "client에 어떻게 전달하는가?")
    } else {
        t("How do clients send?", "client가 어떻게 보내는가?")
    };
    let forced_by = vec![
        "sessions.open".to_owned(),
        if delivers { "sessions.pushes" } else { "sessions.sent" }.to_owned(),
    ];
    Choice {
        id: "sessions".to_owned(),
        question,
        options: vec![held(&protocol), other],
        chosen: protocol.id.to_owned(),
        reason,
        forced_by,
        changes_at: None,
        pin,
    }
}
