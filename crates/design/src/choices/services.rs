//! How many services: one, unless a hot operation is worth a fleet of its own or the brief names them.

mod named;

use tenfold_estimate::{Operation, OperationKind};
use tenfold_units::{Text, Unit};

use crate::draft::{Draft, option, t};
use crate::sizing::service;
use crate::{Bottleneck, Choice, ChoiceOption, PinVerdict};

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
    let mut requests: Vec<&Operation> = draft.requests().collect();
    if requests.is_empty() {
        return;
    }
    // Who holds connections is asked by the service that delivers.
    let held = draft.book.ledger.contains("concurrent_users");
    let pushes = draft.estimate.operations.iter().filter(|o| o.kind == OperationKind::Push);
    requests.extend(pushes.filter(|_| held));
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
    let asked = draft.pin(&["microservices"], "services").is_some() && requests.len() > 1;
    let one = draft.pin(&["monolith"], "services").is_some();
    let worth = hot && share <= draft.book.value(&limit);
    let split = (worth || asked) && !one;
    note(draft, &scratch, (&whole.cost, &smallest.cost));
    let listed = named::of(draft, &requests);
    let groups: Vec<(String, Vec<&Operation>)> = match &listed {
        Some(named) => named.groups.clone(),
        None if split => {
            let rest = requests.iter().filter(|o| o.name != hottest.name).copied().collect();
            vec![(super::component_name(&hottest.name), vec![hottest]), ("api".to_owned(), rest)]
        }
        None => vec![("app".to_owned(), requests.clone())],
    };
    let queued = worked_off(draft);
    let last = groups.last().map(|(name, _)| name.clone());
    for (name, operations) in &groups {
        let mut work = operations.clone();
        work.extend(queued.iter().filter(|_| last.as_ref() == Some(name)));
        let called = listed.iter().flat_map(|named| &named.called);
        work.extend(called.filter(|(fleet, _)| fleet == name).map(|(_, operation)| *operation));
        let fleet = service::fleet(&mut draft.book, name, "c7g", &cores(&work), zones);
        draft.fleets.insert(name.clone(), fleet);
        for operation in operations {
            draft.services.insert(operation.name.clone(), name.clone());
        }
    }
    let fleets: Vec<String> = groups.into_iter().map(|(name, _)| name).collect();
    if let Some(named) = listed {
        draft.owners = named.owners;
        let (enough, text) = named::judge(draft, named.count, &fleets);
        let pin = draft.judged(named.pin, enough, text);
        let choice = choice(hottest, Some(pin), (Chosen::Named, worth));
        draft.choices.push(choice);
    } else if requests.len() > 1 {
        let pin = stated(draft, (split, worth, one));
        let chosen = if split { Chosen::Apart } else { Chosen::One };
        let choice = choice(hottest, pin, (chosen, worth));
        draft.choices.push(choice);
    }
    for job in draft.estimate.operations.iter().filter(|o| o.kind == OperationKind::Job) {
        draft.services.insert(job.name.clone(), "worker".to_owned());
    }
}

/// Returns the jobs that a service does beside its requests: those on a table that is a queue.
fn worked_off<'a>(draft: &Draft<'a>) -> Vec<&'a Operation> {
    let tables = || draft.logs.iter().filter(|plan| plan.kafka.is_none());
    let jobs = draft.estimate.operations.iter().filter(|o| o.kind == OperationKind::Job);
    jobs.filter(|job| tables().any(|plan| job.touches.iter().any(|t| t.dataset == plan.dataset)))
        .collect()
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

/// What the brief says about the number of services without naming them.
fn stated(draft: &mut Draft<'_>, (split, worth, one): (bool, bool, bool)) -> Option<PinVerdict> {
    let pin = draft.pin(&[if one { "monolith" } else { "microservices" }], "services")?;
    let text = if one && worth {
        t(
            "It is kept, though a fleet of its own for the hot operation costs only \
             {services.isolation} more.",
            "유지하지만, 가장 바쁜 경로를 떼어 내도 {services.isolation}만 더 든다.",
        )
    } else if one {
        t("One service carries everything: {services.whole}.", "하나로 충분하다: {services.whole}.")
    } else if worth {
        t(
            "The hot operation is worth a fleet of its own; the rest stays together.",
            "가장 바쁜 경로는 따로 둘 값어치가 있다. 나머지는 함께 둔다.",
        )
    } else {
        t(
            "It is kept in its smallest form, two: the second costs {services.isolation} of the \
             first, and the load needs one.",
            "가장 작은 형태인 둘로 유지한다. 두 번째에 첫 번째의 {services.isolation:이} 들고, 부하에는 \
             하나면 된다.",
        )
    };
    let holds = if one { !worth } else { worth && split };
    Some(draft.judged(pin, holds, text))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chosen {
    One,
    Apart,
    Named,
}

impl Chosen {
    const fn id(self) -> &'static str {
        match self {
            Self::One => "one-service",
            Self::Apart => "hot-path-apart",
            Self::Named => "named-services",
        }
    }
}

fn choice(hottest: &Operation, pin: Option<PinVerdict>, (chosen, worth): (Chosen, bool)) -> Choice {
    let figures = ["services.isolation", "assumed.isolation.ratio_max"];
    let mut options = vec![one_service(&hottest.name), hot_path_apart(&hottest.name)];
    if chosen == Chosen::Named {
        options.push(listed());
    }
    for option in options.iter_mut().filter(|option| option.id != chosen.id()) {
        let excuse = match (chosen, option.id.as_str()) {
            (Chosen::Apart, _) if worth => (Bottleneck::Availability, fate(&hottest.name)),
            (Chosen::One, _) if !worth => (Bottleneck::NotNeeded, not_worth()),
            _ => (Bottleneck::Rule, ruled(chosen)),
        };
        option.excuse = Some(crate::draft::excuse(excuse.0, &figures, excuse.1));
    }
    Choice {
        id: "services".to_owned(),
        question: t("How many services?", "서비스는 몇 개로 나눌 것인가?"),
        options,
        chosen: chosen.id().to_owned(),
        reason: reason(&hottest.name, chosen, worth),
        forced_by: figures.map(str::to_owned).to_vec(),
        changes_at: None,
        pin,
    }
}

fn one_service(hot: &str) -> ChoiceOption {
    let load = format!("load.{hot}.peak");
    option(
        Chosen::One.id(),
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
    )
}

fn hot_path_apart(hot: &str) -> ChoiceOption {
    option(
        Chosen::Apart.id(),
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
    )
}

fn listed() -> ChoiceOption {
    option(
        Chosen::Named.id(),
        t("the services that the brief lists", "요구서에 적힌 서비스들"),
        vec![t(
            "each is built, deployed and scaled by itself, and can have a team of its own",
            "각자 만들고 배포하고 확장하며 팀을 따로 둘 수 있다",
        )],
        vec![t(
            "{services.count} fleets with what no name fits, and a call over the network where one \
             process had a function",
            "서버군이 {services.count}개가 되고, process 안의 함수 호출이 network 호출이 된다",
        )],
        Some("services.named".to_owned()),
    )
}

fn ruled(chosen: Chosen) -> Text {
    match chosen {
        Chosen::Named => t(
            "the brief lists {services.listed} services by name",
            "요구서에 서비스 {services.listed}개가 이름으로 적혀 있다",
        ),
        Chosen::Apart => {
            t("the brief asks for several services", "요구서가 여러 서비스를 요구한다")
        }
        Chosen::One => t("the brief asks for one service", "요구서가 서비스 하나를 요구한다"),
    }
}

fn fate(hot: &str) -> Text {
    let load = format!("load.{hot}.peak");
    t(
        format!(
            "{{{load}}} would share their fate with everything else, and keeping them apart costs \
             only {{services.isolation}}"
        ),
        format!(
            "{{{load}}}의 요청이 나머지와 운명을 같이하게 된다. 나누는 비용은 \
             {{services.isolation}}에 그친다"
        ),
    )
}

fn not_worth() -> Text {
    t(
        "a second fleet would cost {services.isolation} of the first; up to \
         {assumed.isolation.ratio_max} would be worth it",
        "서버군을 하나 더 두면 첫 번째의 {services.isolation:이} 든다. \
         {assumed.isolation.ratio_max}까지가 적당하다",
    )
}

fn reason(hot: &str, chosen: Chosen, worth: bool) -> Text {
    match chosen {
        Chosen::Named => t(
            "The brief lists them; the load alone would need one.",
            "요구서에 적힌 대로 둔다. 부하만 보면 하나로 충분하다.",
        ),
        Chosen::Apart if worth => t(
            format!("{hot} is most of the load and may not fall with the rest."),
            format!("{hot} 요청이 부하의 대부분이고, 나머지와 함께 쓰러져서는 안 된다."),
        ),
        Chosen::Apart => t(
            format!("The brief asks for several services: {hot} is the one with the most load."),
            format!("요구서가 여러 서비스를 요구한다. 부하가 가장 큰 {hot} 경로를 나눈다."),
        ),
        Chosen::One if worth => {
            t("The brief asks for one service.", "요구서가 하나의 서비스를 요구한다.")
        }
        Chosen::One => t(
            "One service carries everything; a second one would cost {services.isolation} of it.",
            "서비스 하나로 충분하다. 하나 더 두면 그 {services.isolation:이} 더 든다.",
        ),
    }
}
