//! Delivery of streams: a CDN at list or committed price, or boxes of our own.

use tenfold_estimate::{Operation, OperationKind};
use tenfold_units::Unit;

use crate::draft::{Draft, excuse, option, t};
use crate::{Bottleneck, Choice};

/// Returns the operations that stream.
pub(crate) fn streams<'a>(draft: &Draft<'a>) -> Vec<&'a Operation> {
    draft.estimate.operations.iter().filter(|o| o.kind == OperationKind::Stream).collect()
}

/// Decides how streams reach their viewers.
pub(crate) fn decide(draft: &mut Draft<'_>) {
    let streams = streams(draft);
    if streams.is_empty() {
        return;
    }
    let sum = |suffix: &str| {
        let terms: Vec<_> = streams
            .iter()
            .map(|o| format!("load.{}.{suffix} * {}", o.name, o.response_bytes))
            .collect();
        terms.join(" + ")
    };
    let region = draft.place.region.clone();
    let tiers = draft.book.catalog.cdn_tiers("aws", &region);
    let month = draft.book.fact("secs.load_month");
    let hit = offload(draft);
    let shielded = draft.book.fact("cdn.hit.live");
    let (committed, box_month, box_rate) = (
        draft.book.assume("cdn.committed"),
        draft.book.assume("edge.box"),
        draft.book.assume("edge.box_rate"),
    );
    let team = draft.book.assume("edge.team");
    let book = &mut draft.book;
    let rate = Unit::BitsPerSecond;
    book.derive("delivery.avg", "streams, average", rate, &format!("8 * ({})", sum("avg")));
    book.derive("delivery.peak", "streams, peak", rate, &format!("8 * ({})", sum("peak")));
    let formula = format!("delivery.avg / 8 * {month}");
    book.derive("delivery.month", "bytes streamed in a month", Unit::Bytes, &formula);
    let usd = Unit::UsdPerMonth;
    let list = book.stepped(&tiers, "delivery.month");
    book.derive("delivery.cdn_list", "CDN at list price", usd, &list);
    let formula = format!("delivery.month / 1e9 * {committed}");
    book.derive("delivery.cdn_committed", "CDN at a committed price", usd, &formula);
    let formula = format!("ceil(delivery.peak / {box_rate})");
    book.derive("delivery.boxes", "edge boxes at full load", Unit::Count, &formula);
    let limit = book.assume("zone_loss.limit");
    let formula = format!("ceil(delivery.boxes / {limit}) * {box_month} + {team}");
    book.derive("delivery.own", "edge of our own, with its team", usd, &formula);
    let formula = format!("delivery.peak * (1 - {hit})");
    book.derive("delivery.origin", "asked of the origin at peak", rate, &formula);
    let formula = format!("delivery.peak * (1 - {shielded})");
    let label = "asked of the origin behind a shield";
    book.derive("delivery.origin_shielded", label, rate, &formula);
    let label = "share of the segments that the origin is asked for";
    book.derive(ORIGIN, label, Unit::Ratio, &format!("1 - {shielded}"));
    let cheaper = book.value("delivery.own") < book.value("delivery.cdn_committed");
    // Sites and peering take longer than some launches are away.
    let year = 31_536_000.0;
    let deadline = draft.estimate.constraints.deadline.as_ref();
    let in_time = deadline.is_none_or(|id| draft.book.value(id) >= year);
    let choice = choice(draft, cheaper, in_time);
    draft.delivery = Some(choice.chosen.clone());
    draft.choices.push(choice);
}

/// The share of bytes that edges serve without asking further: of this system where it is known.
fn offload(draft: &mut Draft<'_>) -> String {
    let own = "edge_offload_ratio";
    if draft.book.ledger.contains(own) {
        return own.to_owned();
    }
    draft.book.fact("cdn.hit.vod")
}

/// Figure of the share of segments that neither the edges nor the shield behind them hold.
pub(crate) const ORIGIN: &str = "delivery.origin_ratio";

fn choice(draft: &mut Draft<'_>, cheaper: bool, in_time: bool) -> Choice {
    let own = cheaper && in_time;
    let pinned = draft.estimate.pins.iter().find(|pin| pin.keyword == "cdn" && !pin.negated);
    let use_cdn = pinned.is_some() || !own;
    let mut cdn = option(
        "cdn",
        t("a CDN", "CDN"),
        vec![t(
            "edges everywhere on the first day; a segment that an edge misses is fetched once for all \
             who wait for it, so that {delivery.origin} of misses leave {delivery.origin_shielded} for \
             the origin behind a shield; sessions in progress outlive the loss of the home region, by \
             the signature that they hold",
            "첫날부터 전 세계에 edge가 있다. edge가 놓친 segment는 기다리는 모두를 위해 한 번만 가져오므로 \
             miss {delivery.origin} 가운데 shield 뒤 origin에는 {delivery.origin_shielded}만 남는다. 홈 \
             region을 잃어도 재생 중인 세션은 받아 둔 서명으로 계속된다",
        )],
        vec![t(
            "{delivery.month} a month cost {delivery.cdn_list} at list price; \
             {delivery.cdn_committed} with a commitment",
            "한 달 {delivery.month}에 정가 {delivery.cdn_list}, 약정가 \
             {delivery.cdn_committed:이다}",
        )],
        Some("delivery.cdn_committed".to_owned()),
    );
    let mut boxes = option(
        "own-edge",
        t("an edge of our own", "자체 edge"),
        vec![t(
            "{delivery.boxes} boxes of {assumed.edge.box_rate} carry {delivery.peak}",
            "{assumed.edge.box_rate} 장비 {delivery.boxes}대로 {delivery.peak:을} 감당한다",
        )],
        vec![t(
            "sites, peering and a team of our own ({assumed.edge.team}), and a year until they \
             stand",
            "거점, peering, 전담 팀({assumed.edge.team})이 필요하고 갖추는 데 1년이 걸린다",
        )],
        Some("delivery.own".to_owned()),
    );
    let mut direct = option(
        "from-region",
        t("straight from the region", "region에서 직접 전송"),
        vec![t("nothing in between", "중간에 아무것도 없다")],
        vec![t(
            "{delivery.peak} over the distance of every viewer, at the price of egress",
            "모든 시청자까지의 거리를 건너 {delivery.peak:을} egress 요금으로 보낸다",
        )],
        None,
    );
    direct.excuse = Some(excuse(
        Bottleneck::Network,
        &["delivery.peak"],
        t("{delivery.peak} leave no region", "{delivery.peak:을} 내보낼 수 있는 region은 없다"),
    ));
    let why = |dear: &str, cheap: &str| {
        excuse(
            Bottleneck::Cost,
            &[dear, cheap],
            t(
                format!("{{{dear}}} for {{delivery.month}} a month, against {{{cheap}}}"),
                format!("한 달 {{delivery.month}}에 {{{dear}}}, 선택안은 {{{cheap}:이다}}"),
            ),
        )
    };
    if use_cdn {
        boxes.excuse = Some(if own {
            excuse(
                Bottleneck::Rule,
                &["delivery.own", "delivery.cdn_committed"],
                t(
                    "{delivery.own} instead of {delivery.cdn_committed}, but the brief names a CDN",
                    "{delivery.cdn_committed} 대신 {delivery.own}에 되지만 요구서가 CDN을 지정했다",
                ),
            )
        } else if cheaper {
            excuse(
                Bottleneck::Rule,
                &["delivery.own", "deadline_seconds"],
                t(
                    "{delivery.own}, but it takes a year and the launch is {deadline_seconds} away",
                    "{delivery.own}에 되지만 갖추는 데 1년이 걸리고 출시까지 {deadline_seconds} 남았다",
                ),
            )
        } else {
            why("delivery.own", "delivery.cdn_committed")
        });
    } else {
        cdn.excuse = Some(why("delivery.cdn_committed", "delivery.own"));
    }
    let pin = pinned.map(|pin| {
        let text = t(
            "A CDN costs {delivery.cdn_list} at list price and {delivery.cdn_committed} with a \
             commitment, an edge of our own {delivery.own}.",
            "CDN은 정가 {delivery.cdn_list}, 약정가 {delivery.cdn_committed}, 자체 edge는 \
             {delivery.own:이다}.",
        );
        draft.judged(pin, !own, text)
    });
    Choice {
        id: "delivery".to_owned(),
        question: t("How do streams reach viewers?", "영상을 시청자에게 어떻게 전달하는가?"),
        options: vec![direct, cdn, boxes],
        chosen: if use_cdn { "cdn" } else { "own-edge" }.to_owned(),
        reason: t(
            "{delivery.peak} at peak and {delivery.month} a month: delivery outweighs everything \
             else, and is decided by its price.",
            "최대 {delivery.peak}, 한 달 {delivery.month:이다}. 전송이 다른 모든 것보다 크므로 \
             가격으로 정한다.",
        ),
        forced_by: vec!["delivery.peak".to_owned(), "delivery.month".to_owned()],
        changes_at: None,
        pin,
    }
}
