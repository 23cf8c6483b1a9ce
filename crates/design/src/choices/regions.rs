//! One region or two: what the promise asks for, where data may go, and what the distance costs.

use tenfold_estimate::Sli;
use tenfold_units::Unit;

use crate::draft::{Draft, excuse, option, t};
use crate::{Bottleneck, Choice, ChoiceOption, Finding, FurtherRegion, RegionMode, Severity};

/// The nearest other region, and the places whose data may go there.
const PARTNERS: [(&str, &str, &[&str]); 11] = [
    ("us-east-1", "us-west-2", &["us"]),
    ("us-west-2", "us-east-1", &["us"]),
    ("eu-central-1", "eu-west-1", &["eu"]),
    ("eu-west-1", "eu-central-1", &["eu"]),
    ("eu-west-2", "eu-west-1", &[]),
    ("ap-northeast-1", "ap-northeast-2", &[]),
    ("ap-northeast-2", "ap-northeast-1", &[]),
    ("ap-southeast-1", "ap-northeast-1", &[]),
    ("ap-southeast-2", "ap-southeast-1", &[]),
    ("ap-south-1", "ap-southeast-1", &[]),
    ("ca-central-1", "us-east-1", &[]),
];

/// Decides whether a second region stands beside the first. It is taken where the brief asks for it;
/// where only the promise does, that is said.
pub(crate) fn decide(draft: &mut Draft<'_>) {
    let estimate = draft.estimate;
    let home = draft.place.region.clone();
    let Some((_, partner, stays)) = PARTNERS.iter().find(|(region, ..)| *region == home) else {
        return;
    };
    let sla = draft.book.fact("sla.aws.ec2.multiaz");
    let strictest = estimate
        .objectives
        .iter()
        .filter(|objective| objective.sli == Sli::AvailabilityRatio)
        .map(|objective| objective.limit.clone())
        .max_by(|a, b| draft.book.value(a).total_cmp(&draft.book.value(b)));
    let needed = strictest.as_ref().is_some_and(|id| draft.book.value(id) > draft.book.value(&sla));
    let pin = draft.pin(&["multi-region"], "regions");
    let counted = estimate.constraints.region_count.as_ref();
    let counted = counted.is_some_and(|id| draft.book.value(id) >= 2.0);
    let feature =
        estimate.features.iter().find(|f| f.name == "multi-region" && f.origin.is_stated());
    let asked = pin.is_some() || counted || feature.is_some();
    if !asked && !needed {
        return;
    }
    let said = [pin.map(|pin| &pin.text), feature.map(|feature| &feature.text)];
    let active =
        said.into_iter().flatten().any(|text| text.to_lowercase().contains("active-active"));
    let residency = estimate.constraints.residency.iter().map(|stated| stated.value.as_str());
    let bound: Vec<&str> = residency.filter(|place| !stays.contains(place)).collect();
    let allowed = bound.is_empty();
    figures(draft, &home, partner);
    let mode = if active { RegionMode::Active } else { RegionMode::Standby };
    let taken = asked && allowed;
    if taken {
        let region = (*partner).to_owned();
        draft.place.further.push(FurtherRegion { region, mode });
    } else if asked {
        refused(draft, partner, &bound.join(", "));
    }
    let chosen = match (taken, mode) {
        (false, _) => "one-region",
        (true, RegionMode::Active) => "active-active",
        (true, RegionMode::Standby | RegionMode::Backup) => "standby",
    };
    let limit = strictest.unwrap_or_else(|| "availability_ratio".to_owned());
    let mut choice = choice(chosen, (needed, allowed), &limit, (&home, partner));
    choice.pin = pin.map(|pin| {
        let text = if !allowed {
            t("The data may not leave.", "데이터가 나갈 수 없다.")
        } else if needed {
            t(
                format!("{{{limit}}} is more than one region promises ({{{sla}}})."),
                format!("{{{limit}:은}} region 하나의 약속({{{sla}}})보다 높다."),
            )
        } else {
            t(
                format!(
                    "It is kept, though {{{limit}}} is within what one region promises \
                     ({{{sla}}}); it adds {{regions.{chosen}}}."
                ),
                format!(
                    "유지하지만 {{{limit}:은}} region 하나의 약속({{{sla}}}) 안이다. \
                     {{regions.{chosen}:이}} 더 든다."
                ),
            )
        };
        draft.judged(pin, needed && allowed, text)
    });
    draft.choices.push(choice);
}

fn figures(draft: &mut Draft<'_>, home: &str, partner: &str) {
    let book = &mut draft.book;
    let rate = book.fact("rate.region");
    let takeover = book.assume("region.takeover");
    let outage = book.assume("region.outage");
    if let Some(rtt) = book.catalog.rtt("aws", home, partner) {
        rtt.insert_into(&mut book.ledger, "regions.rtt", "round trip between the two regions");
    } else {
        let far = book.assume("region.rtt");
        book.derive("regions.rtt", "round trip between the two regions", Unit::Seconds, &far);
    }
    let year = Unit::Seconds;
    let per_year = if book.ledger[&rate].unit == Unit::PerSecond { "31536000" } else { "1" };
    let label = "major events of a region in a year";
    book.derive("regions.events", label, Unit::Count, &format!("{rate} * {per_year}"));
    let formula = format!("regions.events * {outage}");
    book.derive("regions.down_one", "a year without the only region", year, &formula);
    let formula = format!("regions.events * {takeover}");
    book.derive("regions.down_two", "a year until the other region takes over", year, &formula);
}

/// Says why a second region that the brief asks for is not there.
fn refused(draft: &mut Draft<'_>, partner: &str, places: &str) {
    let text = t(
        format!("The data must stay in {places}: a second region ({partner}) would be elsewhere."),
        format!("데이터는 {places} 안에 있어야 하는데 두 번째 region({partner})은 그 밖이다."),
    );
    draft.findings.push(Finding {
        law: "residency".to_owned(),
        severity: Severity::Warning,
        about: vec!["place".to_owned()],
        path: None,
        line: None,
        figures: Vec::new(),
        text,
    });
}

fn choice(
    chosen: &str,
    (needed, allowed): (bool, bool),
    limit: &str,
    (home, partner): (&str, &str),
) -> Choice {
    let mut options = options(home, partner);
    let sla = "fact.sla.aws.ec2.multiaz";
    for option in options.iter_mut().filter(|option| option.id != chosen) {
        option.excuse = Some(match option.id.as_str() {
            "one-region" if needed => excuse(
                Bottleneck::Availability,
                &[limit, sla],
                t(
                    format!("{{{limit}}} is promised, {{{sla}}} is what one region gives"),
                    format!("약속은 {{{limit}}}인데 region 하나는 {{{sla}}}에 그친다"),
                ),
            ),
            "one-region" => excuse(
                Bottleneck::Rule,
                &["regions.down_one"],
                t("the brief asks for a second one", "요구서가 두 번째 region을 요구한다"),
            ),
            _ if !allowed => excuse(
                Bottleneck::Rule,
                &["regions.rtt"],
                t("the data may not leave", "데이터가 나갈 수 없다"),
            ),
            "active-active" => excuse(
                Bottleneck::Consistency,
                &["regions.rtt"],
                t(
                    "both would write: either a write waits {regions.rtt} for the other region, or two \
                     may contradict each other",
                    "양쪽이 쓰게 된다. 쓰기마다 다른 region을 {regions.rtt} 기다리거나, 서로 어긋난 쓰기를 \
                     받아들여야 한다",
                ),
            ),
            _ => excuse(
                Bottleneck::Rule,
                &["regions.down_two"],
                t("the brief decides otherwise", "요구서가 달리 정했다"),
            ),
        });
    }
    let reason = if chosen == "one-region" && needed {
        t(
            format!(
                "The brief names no second region, and none is added unasked: {{{limit}}} is then \
                 not kept ({{{sla}}}). Write \"two regions\" to have one for {{regions.standby}} \
                 more."
            ),
            format!(
                "요구서에 두 번째 region이 없어 더하지 않았다. 그러면 {{{limit}}} 약속을 지킬 수 없다 \
                 ({{{sla}}}). \"region 2개\"라고 적으면 {{regions.standby:을}} 더 들여 둔다."
            ),
        )
    } else if chosen == "one-region" {
        t("The data must stay where it is.", "데이터가 그 자리에 있어야 한다.")
    } else {
        t(
            format!(
                "{home} serves, {partner} takes over: a lost region then costs {{regions.down_two}} \
                 a year instead of {{regions.down_one}}. Each region is sized for all of the load, \
                 which is what the simulations try."
            ),
            format!(
                "{home}에서 서비스하고 {partner}에서 이어받는다. region 손실이 1년에 {{regions.down_one}} \
                 대신 {{regions.down_two}}에 그친다. region마다 전체 부하를 감당하도록 잡았고 \
                 시뮬레이션도 그 상태를 시험한다."
            ),
        )
    };
    Choice {
        id: "regions".to_owned(),
        question: t("How many regions?", "region은 몇 개를 쓸 것인가?"),
        options,
        chosen: chosen.to_owned(),
        reason,
        forced_by: vec!["regions.down_one".to_owned(), "regions.rtt".to_owned()],
        changes_at: None,
        pin: None,
    }
}

fn options(home: &str, partner: &str) -> Vec<ChoiceOption> {
    vec![
        option(
            "one-region",
            t(format!("{home} alone"), format!("{home} 하나")),
            vec![t("nothing to keep in step", "맞춰 둘 것이 없다")],
            vec![t(
                "major events of a whole region ({regions.events} a year) leave nothing: \
                 {regions.down_one} a year",
                "region 전체 장애(1년에 {regions.events}번) 동안 아무것도 남지 않는다. 1년에 \
                 {regions.down_one:이다}",
            )],
            None,
        ),
        option(
            "standby",
            t(format!("{partner} stands by"), format!("{partner}에 standby")),
            vec![t(
                "copies of the data follow, services start at a third of their size",
                "데이터 사본이 따라가고, 서비스는 3분의 1 크기로 시작한다",
            )],
            vec![t(
                "what had not arrived is lost, or each write waits {regions.rtt}; taking over takes \
                 {assumed.region.takeover}, and has to be rehearsed",
                "도착하지 못한 것은 잃는다. 아니면 쓰기마다 {regions.rtt:을} 기다린다. 이어받는 데 \
                 {assumed.region.takeover:이} 걸리고 훈련이 필요하다",
            )],
            Some("regions.standby".to_owned()),
        ),
        option(
            "active-active",
            t(format!("{home} and {partner} serve"), format!("{home}, {partner} 함께 서비스")),
            vec![t(
                "users are served by the nearer region, and traffic moves within minutes",
                "가까운 region이 응답하고, 몇 분 안에 traffic을 옮길 수 있다",
            )],
            vec![t(
                "both are sized for everything, and every write has to be agreed on or merged",
                "양쪽 모두 전체 부하만큼 필요하고, 쓰기마다 합의하거나 병합해야 한다",
            )],
            Some("regions.active-active".to_owned()),
        ),
    ]
}
