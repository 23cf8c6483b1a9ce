//! What would make a design cheaper, each computed.

use tenfold_catalog::Purchase;
use tenfold_units::{Text, Unit};

use crate::book::Book;
use crate::draft::t;
use crate::types::{Component, CostLine, Design, Kind, Saving};

/// Returns all savings, largest first.
pub(super) fn all(book: &mut Book<'_>, design: &Design, lines: &[CostLine]) -> Vec<Saving> {
    let mut savings = Vec::new();
    let everything = |_: &Component| true;
    let elastic = |c: &Component| c.autoscale.is_some() || c.kind == Kind::Consumer;
    for (id, purchase, prefix, of, text) in [
        (
            "reserved-1y",
            Purchase::OneYear,
            "price_1y",
            &everything as &dyn Fn(&Component) -> bool,
            t(
                "All machines reserved for one year, nothing upfront: {saving.reserved-1y}; they \
                 are paid whether used or not.",
                "모든 장비를 선결제 없이 1년 예약하면 {saving.reserved-1y:을} 아낀다. 쓰지 않아도 \
                 지불한다.",
            ),
        ),
        (
            "reserved-3y",
            Purchase::ThreeYears,
            "price_3y",
            &everything,
            t(
                "All machines for three years upfront: {saving.reserved-3y}; worth it only for \
                 what will still run then.",
                "모든 장비를 3년 선결제하면 {saving.reserved-3y:을} 아낀다. 그때까지 쓸 것이 \
                 확실한 장비에만 맞는다.",
            ),
        ),
        (
            "spot",
            Purchase::Spot,
            "price_spot",
            &elastic,
            t(
                "Half of the fleets without data on spot machines: {saving.spot}; two minutes' \
                 notice, so never more than half of a zone.",
                "데이터가 없는 서버군의 절반을 spot으로 돌리면 {saving.spot:을} 아낀다. 2분 전 \
                 통보로 회수되므로 한 zone의 절반을 넘기지 않는다.",
            ),
        ),
    ] {
        let share = if id == "spot" { 0.5 } else { 1.0 };
        if let Some(figure) = cheaper(book, design, (id, purchase, prefix), share, of) {
            savings.push(Saving { id: id.to_owned(), figure, text });
        }
    }
    savings.extend(autoscaling(book, design));
    savings.extend(line_saving(
        book,
        lines,
        ("cross-zone", "network", "cross-zone", 0.9),
        t(
            "Calls kept in their zone while it has a live instance: {saving.cross-zone}; a zone's \
             load then follows its own users.",
            "살아 있는 인스턴스가 있는 동안 호출을 같은 zone에 두면 {saving.cross-zone:을} 아낀다. \
             대신 zone별 부하가 고르지 않게 된다.",
        ),
    ));
    savings.extend(storage_classes(book, lines));
    savings.sort_by(|a, b| {
        book.value(&b.figure).total_cmp(&book.value(&a.figure)).then(a.id.cmp(&b.id))
    });
    savings.extend(cdn(book));
    savings
}

/// What a CDN would save, or cost, where it was considered and not taken.
fn cdn(book: &mut Book<'_>) -> Option<Saving> {
    let (with, without) = ("edge.cdn.cost", "edge.egress_cost");
    if !book.ledger.contains(with) || !book.ledger.contains(without) {
        return None;
    }
    let figure = "saving.cdn".to_owned();
    let label = "more paid with a CDN than for traffic without one";
    let more = book.derive(&figure, label, Unit::UsdPerMonth, &format!("{with} - {without}"));
    let text = if more > 0.0 {
        t(
            "A CDN saves nothing here: it would cost {saving.cdn} more than the traffic it takes \
             over.",
            "CDN은 여기서 아무것도 아끼지 못한다. 넘겨받는 traffic 비용보다 {saving.cdn:이} 더 든다.",
        )
    } else {
        return None;
    };
    Some(Saving { id: "cdn".to_owned(), figure, text })
}

/// The difference between the price by the hour and another way to pay.
fn cheaper(
    book: &mut Book<'_>,
    design: &Design,
    (id, purchase, prefix): (&str, Purchase, &str),
    share: f64,
    of: &dyn Fn(&Component) -> bool,
) -> Option<String> {
    let mut terms = Vec::new();
    for component in design.components.values().filter(|component| of(component)) {
        let Some(instance) = &component.runs.instance else { continue };
        if component.runs.managed {
            continue;
        }
        let full = book.price(instance);
        let Some(less) = book.purchase(instance, purchase, prefix) else { continue };
        terms.push(format!("{} * ({full} - {less})", design.instances(component)));
    }
    if terms.is_empty() {
        return None;
    }
    let figure = format!("saving.{id}");
    let formula = format!("{share} * 730 * ({})", terms.join(" + "));
    book.derive(&figure, &format!("saved by {id}"), Unit::UsdPerMonth, &formula);
    Some(figure)
}

/// Fleets that follow the day.
fn autoscaling(book: &mut Book<'_>, design: &Design) -> Option<Saving> {
    let floor = book.assume("autoscale.floor");
    let mut terms = Vec::new();
    for component in design.components.values() {
        let scalable = component.autoscale.as_ref().is_some_and(|a| a.per_zone_min > 1)
            || component.runs.per_zone.is_some_and(|n| n > 1 && component.autoscale.is_some());
        if let (true, Some(instance)) = (scalable, &component.runs.instance) {
            let price = book.price(instance);
            terms.push(format!("{} * {price}", design.instances(component)));
        }
    }
    if terms.is_empty() {
        return None;
    }
    // Half of the day lies between the floor and the peak.
    let formula = format!("(1 - {floor}) * 730 * ({})", terms.join(" + "));
    let figure = "saving.autoscaling".to_owned();
    book.derive(&figure, "saved by following the day", Unit::UsdPerMonth, &formula);
    let text = t(
        "Fleets that follow the daily curve down to {assumed.autoscale.floor}: \
         {saving.autoscaling}; new instances need minutes, so sudden peaks meet the small fleet.",
        "서버군을 하루 곡선에 맞춰 {assumed.autoscale.floor}까지 줄이면 {saving.autoscaling:을} \
         아낀다. 새 인스턴스가 뜨는 데 몇 분이 걸려, 급증은 작은 서버군이 맞게 된다.",
    );
    Some(Saving { id: "autoscaling".to_owned(), figure, text })
}

/// A share of a line.
fn line_saving(
    book: &mut Book<'_>,
    lines: &[CostLine],
    (id, component, item, share): (&str, &str, &str, f64),
    text: Text,
) -> Option<Saving> {
    let line = lines.iter().find(|line| line.component == component && line.item == item)?;
    let figure = format!("saving.{id}");
    let formula = format!("{share} * {}", line.figure);
    book.derive(&figure, &format!("saved by {id}"), Unit::UsdPerMonth, &formula);
    Some(Saving { id: id.to_owned(), figure, text })
}

/// Backups that are rarely read go to a cheaper class.
fn storage_classes(book: &mut Book<'_>, lines: &[CostLine]) -> Option<Saving> {
    let backups: Vec<&str> =
        lines.iter().filter(|l| l.item == "backup").map(|l| l.figure.as_str()).collect();
    if backups.is_empty() {
        return None;
    }
    let (dear, cheap) = (book.fact("aws.s3.standard.gb"), book.fact("aws.s3.ia.gb"));
    book.fact("aws.s3.ia.min_days");
    let figure = "saving.storage-classes".to_owned();
    let formula = format!("({}) * (1 - {cheap} / {dear})", backups.join(" + "));
    book.derive(&figure, "saved by colder storage", Unit::UsdPerMonth, &formula);
    let text = t(
        "Backups in the infrequent-access class: {saving.storage-classes}; a restore then pays by \
         the byte, and each copy is paid for {fact.aws.s3.ia.min_days} \
         at least.",
        "백업을 infrequent access 등급에 두면 {saving.storage-classes:을} 아낀다. 복구할 때 용량 \
         요금을 내고 최소 {fact.aws.s3.ia.min_days}치를 낸다.",
    );
    Some(Saving { id: "storage-classes".to_owned(), figure, text })
}
