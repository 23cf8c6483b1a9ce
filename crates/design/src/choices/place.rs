//! Provider, region and zones.

use crate::draft::{Draft, excuse, option, t};
use crate::{Bottleneck, Choice};

/// Regions by the city, or the place where data or users are, at each provider.
const REGIONS: [(&str, &str, &str); 21] = [
    ("aws", "seoul", "ap-northeast-2"),
    ("aws", "tokyo", "ap-northeast-1"),
    ("aws", "frankfurt", "eu-central-1"),
    ("aws", "ireland", "eu-west-1"),
    ("aws", "london", "eu-west-2"),
    ("aws", "virginia", "us-east-1"),
    ("aws", "oregon", "us-west-2"),
    ("aws", "singapore", "ap-southeast-1"),
    ("aws", "mumbai", "ap-south-1"),
    ("aws", "eu", "eu-central-1"),
    ("aws", "de", "eu-central-1"),
    ("aws", "us", "us-east-1"),
    ("aws", "kr", "ap-northeast-2"),
    ("aws", "jp", "ap-northeast-1"),
    ("aws", "uk", "eu-west-2"),
    ("aws", "in", "ap-south-1"),
    ("aws", "ca", "ca-central-1"),
    ("aws", "au", "ap-southeast-2"),
    ("aws", "sg", "ap-southeast-1"),
    ("aws", "ch", "eu-central-1"),
    ("aws", "", "us-east-1"),
];

/// Decides where the system runs.
pub(crate) fn decide(draft: &mut Draft<'_>, zones: u32) {
    let constraints = &draft.estimate.constraints;
    let wanted = constraints.regions.first().or_else(|| constraints.residency.first());
    let wanted = wanted.map_or("", |stated| stated.value.as_str());
    let region = REGIONS
        .iter()
        .find(|(_, place, _)| *place == wanted)
        .map(|(_, _, region)| (*region).to_owned())
        .or_else(|| draft.book.catalog.region_multiplier("aws", wanted).map(|_| wanted.to_owned()))
        .unwrap_or_else(|| "us-east-1".to_owned());
    draft.place.region.clone_from(&region);
    draft.book.region.clone_from(&region);
    let zones = constraints.zones.as_ref().map_or(zones, |id| draft.book.value(id) as u32);
    draft.place.zones = ["a", "b", "c", "d", "e", "f"][..zones.clamp(1, 6) as usize]
        .iter()
        .map(|zone| (*zone).to_owned())
        .collect();
    zones_choice(draft, zones);
}

fn zones_choice(draft: &mut Draft<'_>, zones: u32) {
    draft.book.assume("zone_loss.limit");
    let ec2 = draft.book.fact("sla.aws.ec2.instance");
    let region = draft.book.fact("sla.aws.ec2.multiaz");
    let one = {
        let mut one = option(
            "one-zone",
            t("one zone", "zone 하나"),
            vec![t(
                "none of {edge.requests_avg} crosses a zone: nothing to pay for it, and the \
                 shortest round trips",
                "{edge.requests_avg}의 요청이 zone을 넘지 않아 전송 비용이 없고 round trip이 가장 \
                 짧다",
            )],
            vec![t(
                "a lost zone leaves all {edge.requests_peak} without an answer; an instance \
                 promises {fact.sla.aws.ec2.instance}, the region {fact.sla.aws.ec2.multiaz}",
                "zone을 잃으면 {edge.requests_peak}의 요청이 모두 응답을 받지 못한다. 인스턴스 \
                 SLA는 {fact.sla.aws.ec2.instance}, region은 {fact.sla.aws.ec2.multiaz:을} 약속한다",
            )],
            None,
        );
        one.excuse = Some(excuse(
            Bottleneck::Availability,
            &[&ec2, &region],
            t(
                "one zone is covered by {fact.sla.aws.ec2.instance} only; two or more by \
                 {fact.sla.aws.ec2.multiaz}",
                "zone 하나의 SLA는 {fact.sla.aws.ec2.instance}에 그치고, 둘 이상이어야 \
                 {fact.sla.aws.ec2.multiaz} 범위에 든다",
            ),
        ));
        one
    };
    let mut two = option(
        "two-zones",
        t("two zones", "zone 둘"),
        vec![t(
            "the smallest number that survives the loss of one: two instances where three would \
             stand",
            "하나를 잃어도 버티는 최소 구성이다. 인스턴스가 셋이 아니라 둘이면 된다",
        )],
        vec![t(
            "the other zone must carry all {edge.requests_peak}, so half of each is idle; no \
             majority is left of two copies",
            "남은 zone이 {edge.requests_peak:을} 모두 감당해야 해서 각각 절반이 놀고, 복제본 둘로는 \
             과반이 성립하지 않는다",
        )],
        None,
    );
    let mut three = option(
        "three-zones",
        t("three zones", "zone 셋"),
        vec![t(
            "with one gone, two thirds of the machines and a majority of three copies are left: \
             utilization may reach {assumed.zone_loss.limit} at peak",
            "하나를 잃어도 장비의 3분의 2와 복제본 셋의 과반이 남으므로, 평시 최대 부하에서 \
             utilization을 {assumed.zone_loss.limit}까지 쓸 수 있다",
        )],
        vec![t(
            "at least three instances of everything, and two thirds of {edge.requests_avg} cross \
             a zone",
            "무엇이든 최소 세 대가 필요하고, {edge.requests_avg}의 3분의 2가 zone을 넘는다",
        )],
        None,
    );
    let (chosen, reason) = if zones >= 3 {
        two.excuse = Some(excuse(
            Bottleneck::Availability,
            &["assumed.zone_loss.limit"],
            t(
                "quorums of three copies, or a fleet above its minimum, make the third zone \
                 cheaper than idle halves: {assumed.zone_loss.limit} of each zone can be used \
                 instead of half",
                "세 복제본의 quorum이 필요하거나 최소 대수를 넘는 규모라면 세 번째 zone이 절반을 \
                 놀리는 것보다 싸다. 각 zone을 절반이 아니라 {assumed.zone_loss.limit}까지 쓴다",
            ),
        ));
        (
            "three-zones",
            t(
                "One copy per zone: with one gone the other two hold a quorum and carry \
                 {edge.requests_peak}.",
                "zone마다 복제본을 하나씩 둔다. 하나를 잃어도 나머지 둘이 quorum을 이루고 \
                 {edge.requests_peak:을} 감당한다.",
            ),
        )
    } else {
        three.excuse = Some(excuse(
            Bottleneck::NotNeeded,
            &["assumed.zone_loss.limit"],
            t(
                "one small instance a zone carries the peak and nothing needs a majority: the \
                 room up to {assumed.zone_loss.limit} would stay unused",
                "zone당 작은 인스턴스 하나로 최대 부하를 감당하고 과반이 필요한 것도 없다. \
                 {assumed.zone_loss.limit}까지의 여유를 쓸 일이 없다",
            ),
        ));
        (
            "two-zones",
            t(
                "Two zones are enough: one instance of each part carries the whole peak alone.",
                "zone 둘이면 충분하다. 각 부분의 인스턴스 하나가 최대 부하 전체를 혼자 감당한다.",
            ),
        )
    };
    draft.choices.push(Choice {
        id: "zones".to_owned(),
        question: t("How many zones?", "zone은 몇 개를 쓸 것인가?"),
        options: vec![one, two, three],
        chosen: chosen.to_owned(),
        reason,
        forced_by: vec!["assumed.zone_loss.limit".to_owned()],
        changes_at: None,
        pin: None,
    });
}
