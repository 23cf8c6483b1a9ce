//! Recommendations: lists that stand ready, or a model that is asked.

use tenfold_estimate::OperationKind;
use tenfold_units::Unit;

use crate::draft::{Draft, excuse, option, t};
use crate::sizing::service;
use crate::{Bottleneck, Choice};

/// The dataset of lists that are worked out before anybody asks.
const LISTS: &str = "candidate";

/// The component that works them out.
pub(crate) const RANKER: &str = "ranker";

/// Decides when recommendations are worked out.
pub(crate) fn decide(draft: &mut Draft<'_>) {
    let asks = |o: &&tenfold_estimate::Operation| o.touches.iter().any(|t| t.dataset == LISTS);
    let Some(operation) = draft.requests().find(asks) else { return };
    let name = operation.name.clone();
    let stock = format!("data.{LISTS}.stock_items");
    if !draft.book.ledger.contains(&stock) {
        return;
    }
    let (score, build) =
        (draft.book.assume("recommend.score"), draft.book.assume("recommend.build"));
    let label = "cores busy with scoring in the request at peak";
    let formula = format!("load.{name}.peak * {score}");
    draft.book.derive("recommend.inline", label, Unit::Count, &formula);
    let label = "cores that work out everybody's list once a day";
    let formula = format!("{stock} * load_factor * {build} / 86400");
    draft.book.derive("recommend.batch", label, Unit::Count, &formula);
    let writes = |o: &&tenfold_estimate::Operation| {
        let own = |t: &tenfold_estimate::Touch| t.dataset == LISTS;
        o.kind == OperationKind::Job && o.touches.iter().any(own)
    };
    if let Some(job) = draft.estimate.operations.iter().find(writes) {
        let cores = format!("load.{}.peak * {build}", job.name);
        let zones = draft.zones();
        let fleet = service::fleet(&mut draft.book, RANKER, "c7g", &cores, zones);
        draft.ranker = Some((job.name.clone(), fleet));
    }
    let choice = choice(draft, &name);
    draft.choices.push(choice);
}

fn choice(draft: &mut Draft<'_>, name: &str) -> Choice {
    let peak = format!("load.{name}.peak");
    let ready = option(
        "precomputed",
        t("lists that stand ready, made anew every day", "매일 새로 만들어 두는 목록"),
        vec![t(
            format!(
                "a request reads one row; {{recommend.batch}} cores in the background carry {{{peak}}}"
            ),
            format!(
                "요청은 한 행만 읽는다. 뒤에서 도는 core {{recommend.batch}}개로 {{{peak}:을}} 감당한다"
            ),
        )],
        vec![t(
            "up to a day old; a new viewer has no list and gets what is popular in the region",
            "하루까지 묵은 목록이고, 목록이 없는 새 시청자에게는 그 지역의 인기 영상을 보인다",
        )],
        None,
    );
    let mut asked = option(
        "in-request",
        t("a model that is asked in the request", "요청 안에서 model 호출"),
        vec![t("it knows the last click", "마지막 click까지 반영한다")],
        vec![t(
            format!(
                "{{recommend.inline}} cores at {{{peak}}}, and no list while the model is down"
            ),
            format!("{{{peak}}}에 core {{recommend.inline}}개가 들고, model이 멈추면 목록이 없다"),
        )],
        None,
    );
    asked.excuse = Some(excuse(
        Bottleneck::Cpu,
        &["recommend.inline", "recommend.batch"],
        t(
            "{recommend.inline} cores where {recommend.batch} do in the background",
            "뒤에서 하면 core {recommend.batch}개면 되는 일에 {recommend.inline}개가 든다",
        ),
    ));
    let pin = draft.pin(&["ml-pipeline", "recommendation"], name).map(|pin| {
        let text = t(
            "Taken up as lists that a pipeline works out: {recommend.batch} cores busy all day for \
             scoring (training is not counted). When the lists cannot be read, \
             the list of popular videos is the fallback.",
            "pipeline이 목록을 미리 계산하는 형태로 반영했다. 하루 종일 core {recommend.batch}개를 \
             쓰며(학습은 세지 않았다), 목록을 읽지 못하면 인기 영상 목록으로 \
             대신한다.",
        );
        draft.judged(pin, true, text)
    });
    Choice {
        id: "recommend".to_owned(),
        question: t("When are recommendations worked out?", "추천을 언제 계산하는가?"),
        options: vec![ready, asked],
        chosen: "precomputed".to_owned(),
        reason: t(
            format!(
                "{{{peak}}} lists are asked for at peak, and each changes little within a day: one row \
                 each is read, and popular videos stand in where there is none."
            ),
            format!(
                "최대 {{{peak}}}의 목록 요청이 오지만 하루 사이에 크게 변하지 않는다. 한 행씩 읽고, \
                 없으면 인기 영상으로 대신한다."
            ),
        ),
        forced_by: vec![peak, "recommend.inline".to_owned()],
        changes_at: None,
        pin,
    }
}
