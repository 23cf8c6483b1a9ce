//! How many services: one, unless a hot operation is worth a fleet of its own.

use tenfold_estimate::{Operation, OperationKind};
use tenfold_units::Unit;

use crate::draft::{Draft, excuse, option, t};
use crate::sizing::service;
use crate::{Bottleneck, Choice};

/// Station of the handlers by what the team knows.
pub(crate) fn handler(draft: &Draft<'_>) -> &'static str {
    let knows = |word: &str| draft.estimate.constraints.skills.iter().any(|s| s.value == word);
    if knows("java") || knows("kotlin") || knows("spring") {
        "api.java"
    } else if knows("go") {
        "api.go"
    } else if knows("node") {
        "api.node"
    } else {
        "api.rust"
    }
}

/// Decides which service answers which operation, and sizes the fleets.
pub(crate) fn decide(draft: &mut Draft<'_>) {
    let requests: Vec<&Operation> = draft.requests().collect();
    if requests.is_empty() {
        return;
    }
    let station = handler(draft);
    let time = draft.book.station(station);
    let cores = |operations: &[&Operation]| {
        let terms: Vec<_> =
            operations.iter().map(|o| format!("load.{}.peak * {time}", o.name)).collect();
        if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") }
    };
    let peak = |o: &&Operation| draft.book.value(&format!("load.{}.peak", o.name));
    let total: f64 = requests.iter().map(peak).sum();
    let hottest =
        *requests.iter().max_by(|a, b| peak(a).total_cmp(&peak(b))).expect("there is a request");
    let hot = peak(&hottest) > 0.8 * total && requests.len() > 1;
    let zones = draft.zones();
    let mut scratch = draft.book.clone();
    let whole = service::fleet(&mut scratch, "whole", "c7g", &cores(&requests), zones);
    let smallest = service::fleet(&mut scratch, "smallest", "c7g", "0", zones);
    let share = scratch.value(&smallest.cost) / scratch.value(&whole.cost);
    let limit = draft.book.assume("isolation.ratio_max");
    let split = hot && share <= draft.book.value(&limit);
    note(draft, &scratch, (&whole.cost, &smallest.cost));
    let groups: Vec<(String, Vec<&Operation>)> = if split {
        let rest = requests.iter().filter(|o| o.name != hottest.name).copied().collect();
        vec![(super::component_name(&hottest.name), vec![hottest]), ("api".to_owned(), rest)]
    } else {
        vec![("app".to_owned(), requests.clone())]
    };
    for (name, operations) in &groups {
        let fleet = service::fleet(&mut draft.book, name, "c7g", &cores(operations), zones);
        draft.fleets.insert(name.clone(), fleet);
        for operation in operations {
            draft.services.insert(operation.name.clone(), name.clone());
        }
    }
    if requests.len() > 1 {
        let choice = choice(hottest, split);
        draft.choices.push(choice);
    }
    for job in draft.estimate.operations.iter().filter(|o| o.kind == OperationKind::Job) {
        draft.services.insert(job.name.clone(), "worker".to_owned());
    }
}

/// Makes what isolation costs stand.
fn note(draft: &mut Draft<'_>, scratch: &crate::book::Book<'_>, (whole, smallest): (&str, &str)) {
    let book = &mut draft.book;
    for (id, label, figure) in [
        ("services.whole", "one fleet for all operations", whole),
        ("services.smallest", "the smallest fleet that survives a lost zone", smallest),
    ] {
        let value = tenfold_units::Interval::exact(scratch.value(figure));
        let words = "sized like every fleet";
        let inputs = ["edge.requests_peak"];
        book.ledger.computed(id, label, Unit::UsdPerMonth, value, words, &inputs);
    }
    let formula = "services.smallest / services.whole";
    book.derive("services.isolation", "price of one more fleet", Unit::Ratio, formula);
}

fn choice(hottest: &Operation, split: bool) -> Choice {
    let hot = &hottest.name;
    let load = format!("load.{hot}.peak");
    let mut one = option(
        "one-service",
        t("one service for everything", "서비스 하나로 전부 처리"),
        vec![t(
            "one deployment, one log, calls in the process: {services.whole}",
            "배포도 log도 하나이고 호출이 process 안에서 끝난다. 비용은 {services.whole:이다}",
        )],
        vec![t(
            format!("a bad deploy or a slow query of the rest stops {{{load}}} of {hot}"),
            format!("나머지의 잘못된 배포나 느린 query 하나가 {hot} 요청 {{{load}:을}} 멈춘다"),
        )],
        Some("services.whole".to_owned()),
    );
    let mut two = option(
        "hot-path-apart",
        t(format!("{hot} apart from the rest"), format!("{hot}만 따로 분리")),
        vec![t(
            format!("{hot} is deployed, scaled and protected by itself"),
            format!("{hot} 경로를 따로 배포하고 확장하고 보호한다"),
        )],
        vec![t(
            "a second fleet: {services.isolation} of the first",
            "서버군이 하나 더 필요하다. 첫 번째의 {services.isolation:이다}",
        )],
        None,
    );
    let figures = ["services.isolation", "assumed.isolation.ratio_max"];
    let reason = if split {
        one.excuse = Some(excuse(
            Bottleneck::Availability,
            &figures,
            t(
                format!(
                    "{{{load}}} would share their fate with everything else, and keeping them \
                     apart costs only {{services.isolation}}"
                ),
                format!(
                    "{{{load}}}의 요청이 나머지와 운명을 같이하게 된다. 나누는 비용은 \
                     {{services.isolation}}에 그친다"
                ),
            ),
        ));
        t(
            format!("{hot} is most of the load and may not fall with the rest."),
            format!("{hot} 요청이 부하의 대부분이고, 나머지와 함께 쓰러져서는 안 된다."),
        )
    } else {
        two.excuse = Some(excuse(
            Bottleneck::NotNeeded,
            &figures,
            t(
                "a second fleet would cost {services.isolation} of the first; up to \
                 {assumed.isolation.ratio_max} would be worth it",
                "서버군을 하나 더 두면 첫 번째의 {services.isolation:이} 든다. \
                 {assumed.isolation.ratio_max}까지가 적당하다",
            ),
        ));
        t(
            "One service carries everything; a second one would cost {services.isolation} of it.",
            "서비스 하나로 충분하다. 하나 더 두면 그 {services.isolation:이} 더 든다.",
        )
    };
    Choice {
        id: "services".to_owned(),
        question: t("How many services?", "서비스는 몇 개로 나눌 것인가?"),
        options: vec![one, two],
        chosen: if split { "hot-path-apart" } else { "one-service" }.to_owned(),
        reason,
        forced_by: figures.map(str::to_owned).to_vec(),
        changes_at: None,
        pin: None,
    }
}
