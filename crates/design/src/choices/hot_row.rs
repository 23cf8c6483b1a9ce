//! One row that everybody wants: stock, seats or a balance in a moment of rush.

use tenfold_estimate::Access;
use tenfold_units::Unit;

use crate::draft::{Draft, excuse, option, t};
use crate::{Bottleneck, Choice, ChoiceOption};

/// Decides how a row is decided on that a moment's buyers ask for, where the brief tells of one.
pub(crate) fn decide(draft: &mut Draft<'_>) {
    let known = |id: &str| draft.book.ledger.contains(id);
    let decided = draft
        .estimate
        .operations
        .iter()
        .flat_map(|operation| &operation.touches)
        .any(|touch| touch.access == Access::ConditionalUpdate);
    if !decided || !known("flash_attempts_per_second") || !known("row_rate_per_second") {
        return;
    }
    figures(draft);
    let one = draft.book.value("hotrow.share") <= 1.0;
    let choice = choice(one, known_units(draft));
    draft.choices.push(choice);
}

fn known_units(draft: &Draft<'_>) -> bool {
    draft.book.ledger.contains("flash_units")
}

/// Makes what one row allows, and what the rush asks for, stand.
fn figures(draft: &mut Draft<'_>) {
    let units = known_units(draft);
    let target = draft.book.fact("sizing.cpu_target");
    let book = &mut draft.book;
    let label = "attempts on one row, of what it allows with headroom";
    let formula = format!("flash_attempts_per_second / (row_rate_per_second * {target})");
    book.derive("hotrow.share", label, Unit::Factor, &formula);
    let label = "rows that share the stock of one product";
    book.derive("hotrow.parts", label, Unit::Count, "ceil(hotrow.share)");
    let label = "wait of the last buyer of a minute behind one row";
    let formula = "flash_attempts_per_second * 60 / row_rate_per_second";
    book.derive("hotrow.queue", label, Unit::Seconds, formula);
    if units {
        let label = "until everything is reserved";
        let formula = "flash_units / flash_attempts_per_second";
        book.derive("hotrow.sold_out", label, Unit::Seconds, formula);
    }
}

fn choice(one: bool, units: bool) -> Choice {
    let mut options = vec![one_row(), counters(), queue(), tokens()];
    let chosen = if one { "one-row" } else { "sub-counters" };
    let refused = [
        (
            "one-row",
            Bottleneck::WriteRate,
            t(
                "{flash_attempts_per_second} want a row that allows {row_rate_per_second}",
                "{flash_attempts_per_second}의 시도가 한 행에 몰리는데 한 행은 {row_rate_per_second}까지 처리한다",
            ),
        ),
        (
            "sub-counters",
            Bottleneck::NotNeeded,
            t(
                "the attempts are {hotrow.share} of what one row allows",
                "시도가 한 행이 허용하는 양의 {hotrow.share}에 그친다",
            ),
        ),
        (
            "queue",
            Bottleneck::Latency,
            t(
                "the last buyer of a minute would wait {hotrow.queue} for an answer",
                "1분 동안 온 마지막 구매자가 답을 {hotrow.queue:을} 기다린다",
            ),
        ),
        (
            "tokens",
            Bottleneck::Durability,
            t(
                "tokens outside the primary are lost or doubled when their store fails over; the primary \
             does not need the relief",
                "primary 밖의 token은 그 저장소가 failover할 때 사라지거나 두 번 나간다. primary에 그런 \
             부담 경감은 필요 없다",
            ),
        ),
    ];
    for (id, bottleneck, text) in refused.into_iter().filter(|(id, ..)| *id != chosen) {
        let figures = ["hotrow.share", "row_rate_per_second"];
        let option = options.iter_mut().find(|option| option.id == id);
        option.expect("each is an option").excuse = Some(excuse(bottleneck, &figures, text));
    }
    let mut forced_by = vec!["flash_attempts_per_second".to_owned(), "hotrow.share".to_owned()];
    if units {
        forced_by.push("hotrow.sold_out".to_owned());
    }
    Choice {
        id: "hot-row".to_owned(),
        question: t(
            "How is the last unit decided when everybody wants the same product?",
            "모두가 같은 상품을 원할 때 남은 수량을 어떻게 판정하는가?",
        ),
        options,
        chosen: chosen.to_owned(),
        reason: reason(one, units),
        forced_by,
        changes_at: None,
        pin: None,
    }
}

fn reason(one: bool, units: bool) -> tenfold_units::Text {
    if one {
        return t(
            "A lock of {row_lock_seconds} allows {row_rate_per_second} on one row, more than the \
             {flash_attempts_per_second} that come: a conditional decrement on the primary is enough. \
             A reservation runs out when nobody pays.",
            "잠금이 {row_lock_seconds}이므로 한 행이 {row_rate_per_second}까지 처리한다. 들어오는 \
             {flash_attempts_per_second}보다 많아 primary의 조건부 감소로 충분하다. 결제하지 않으면 \
             예약은 만료된다.",
        );
    }
    let (en, ko) = if units {
        (
            " Everything is reserved after {hotrow.sold_out}; from then on a flag in every process \
             refuses without touching a row.",
            " {hotrow.sold_out} 뒤에는 모두 예약되고, 그 뒤로는 각 process의 flag가 행을 건드리지 \
             않고 거절한다.",
        )
    } else {
        ("", "")
    };
    t(
        format!(
            "A lock of {{row_lock_seconds}} allows {{row_rate_per_second}} on one row; \
             {{flash_attempts_per_second}} come. The stock is split over {{hotrow.parts}} rows, each \
             decremented only while it is above zero, on the primary, so that their sum never \
             oversells. A buyer starts at a row by hash and tries the others when it is empty; a \
             reservation runs out when nobody pays.{en}"
        ),
        format!(
            "잠금이 {{row_lock_seconds}}이면 한 행은 {{row_rate_per_second}}까지인데 \
             {{flash_attempts_per_second}}의 시도가 들어온다. 재고를 {{hotrow.parts}}개 행으로 나누고, \
             각 행을 0보다 클 때만 primary에서 줄이므로 합계가 초과 판매되지 않는다. 구매자는 hash로 \
             정한 행에서 시작해 비었으면 다른 행을 시도하고, 결제하지 않으면 예약은 만료된다.{ko}"
        ),
    )
}

fn one_row() -> ChoiceOption {
    option(
        "one-row",
        t("one row, decremented where it is above zero", "0보다 클 때만 줄이는 한 행"),
        vec![t("exact, and nothing to add up", "정확하고 더할 것이 없다")],
        vec![t(
            "its lock is held for {row_lock_seconds}: {row_rate_per_second} at most",
            "잠금을 {row_lock_seconds} 동안 잡으므로 최대 {row_rate_per_second:이다}",
        )],
        None,
    )
}

fn counters() -> ChoiceOption {
    option(
        "sub-counters",
        t("the stock in several rows", "여러 행으로 나눈 재고"),
        vec![t(
            "{hotrow.parts} locks instead of one, still decided on the primary",
            "잠금이 하나가 아니라 {hotrow.parts}개이고 판정은 여전히 primary에서 한다",
        )],
        vec![t(
            "the last units lie apart: a buyer may have to ask several rows",
            "마지막 수량이 흩어져 있어 구매자가 여러 행에 물어야 할 수 있다",
        )],
        None,
    )
}

fn queue() -> ChoiceOption {
    option(
        "queue",
        t("a queue before one row", "한 행 앞의 queue"),
        vec![t("fair: first come, first served", "먼저 온 순서대로 공정하다")],
        vec![t("everybody waits {hotrow.queue} at worst", "최악에는 {hotrow.queue:을} 기다린다")],
        None,
    )
}

fn tokens() -> ChoiceOption {
    option(
        "tokens",
        t("reservation tokens in memory", "memory의 예약 token"),
        vec![t("the primary sees only those who got one", "token을 얻은 요청만 primary에 닿는다")],
        vec![t("a second place that knows the stock", "재고를 아는 곳이 둘이 된다")],
        None,
    )
}
