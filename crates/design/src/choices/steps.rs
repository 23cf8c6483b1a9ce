//! What happens in several places as one: money, stock and an order.

use tenfold_estimate::{Access, Operation, OperationKind, Timing};
use tenfold_units::Unit;

use crate::draft::{Draft, excuse, option, t};
use crate::{Bottleneck, Choice, ChoiceOption};

/// Decides how an operation becomes one that changes several datasets, one of them by its present
/// value and one at most once.
pub(crate) fn decide(draft: &mut Draft<'_>) {
    let estimate = draft.estimate;
    let several = |operation: &&Operation| {
        let has = |access| operation.touches.iter().any(|touch| touch.access == access);
        operation.kind == OperationKind::Write
            && has(Access::UniqueClaim)
            && has(Access::ConditionalUpdate)
    };
    let Some(operation) = estimate.operations.iter().find(several) else { return };
    figures(draft, operation);
    let choice = choice(draft, operation);
    draft.choices.push(choice);
}

fn figures(draft: &mut Draft<'_>, operation: &Operation) {
    let each = draft.book.assume("steps.dependency_availability");
    let attempts = draft.book.assume("steps.attempts");
    let waits: std::collections::BTreeSet<&str> = operation
        .touches
        .iter()
        .filter(|touch| touch.timing == Timing::Sync)
        .map(|touch| touch.dataset.as_str())
        .collect();
    let book = &mut draft.book;
    let label = "availability when all its parts are asked one after the other";
    let formula = format!("{each}^{}", waits.len());
    book.derive("steps.serial", label, Unit::Ratio, &formula);
    let label = "downtime in a year when all its parts are asked one after the other";
    book.derive("steps.serial_downtime", label, Unit::Seconds, "(1 - steps.serial) * 31536000");
    let label = "calls at the end of three layers that all retry";
    book.derive("steps.retries", label, Unit::Count, &format!("{attempts}^3"));
}

fn choice(draft: &Draft<'_>, operation: &Operation) -> Choice {
    let name = &operation.name;
    let objective = format!("op.{name}.availability_ratio");
    let promised = if draft.book.ledger.contains(&objective) {
        objective
    } else {
        "availability_ratio".to_owned()
    };
    let misses = draft.book.value("steps.serial") < draft.book.value(&promised);
    let mut chain = chain();
    let limit = if misses { Bottleneck::Availability } else { Bottleneck::Consistency };
    chain.excuse = Some(excuse(
        limit,
        &["steps.serial", &promised],
        t(
            format!(
                "{{steps.serial}} for the chain ({{steps.serial_downtime}} a year), where \
                 {{{promised}}} is promised; a break in the middle leaves money without an order"
            ),
            format!(
                "사슬 전체가 {{steps.serial}}(1년에 {{steps.serial_downtime}})인데 약속은 \
                 {{{promised}:이다}}. 중간에 끊기면 돈은 나갔는데 주문이 없다"
            ),
        ),
    ));
    let mut two_phase = two_phase();
    two_phase.excuse = Some(excuse(
        Bottleneck::Rule,
        &["steps.serial"],
        t(
            "no payment provider prepares a transaction, and a lost coordinator leaves locks",
            "결제 대행사는 prepare를 제공하지 않고, coordinator를 잃으면 잠금이 남는다",
        ),
    ));
    Choice {
        id: format!("steps.{name}"),
        question: t(
            format!("How does {name} change several things as one?"),
            format!("{name} 요청이 여러 가지를 어떻게 하나로 바꾸는가?"),
        ),
        options: vec![saga(), chain, two_phase],
        chosen: "saga".to_owned(),
        reason: reason(name),
        forced_by: vec!["steps.serial".to_owned(), promised],
        changes_at: None,
        pin: None,
    }
}

fn reason(name: &str) -> tenfold_units::Text {
    t(
        format!(
            "{name} is a saga: reserve, authorize, capture, confirm. Capture is the pivot: before it \
             each step has a compensation (release, void), after it the saga only goes forward, \
             asynchronously, so that a part that is down delays and does not refuse. The state and \
             its event are committed in one local transaction (outbox), and a relay carries the \
             events with the order as key, so that each order keeps its sequence. Exactly once is at \
             least once with a key that is unique in the effect's own transaction; a time-out of the \
             payment provider is unknown, not failed, and is reconciled. One layer retries: three \
             layers of {{assumed.steps.attempts}} attempts would make {{steps.retries}} calls."
        ),
        format!(
            "{name} 요청은 saga로 처리한다. 예약, 승인, 매입, 확정의 순서다. 매입이 되돌릴 수 없는 \
             기점(pivot)이다. 그 전의 단계에는 보상(예약 해제, 승인 취소)이 있고, 그 뒤로는 \
             비동기로 앞으로만 간다. 그래서 멈춘 부분이 있어도 늦어질 뿐 거절하지 않는다. 상태와 \
             event는 하나의 local transaction으로 commit하고(outbox), relay가 주문을 key로 날라 \
             주문마다 순서를 지킨다. 정확히 한 번은 최소 한 번 전달에, 효과와 같은 transaction 안에서 \
             유일한 key를 더한 것이다. 결제 대행사의 time-out은 실패가 아니라 미확인이며 대사한다. \
             재시도는 한 계층만 한다. 세 계층이 {{assumed.steps.attempts}}번씩 시도하면 호출이 \
             {{steps.retries}}번이 된다."
        ),
    )
}

fn saga() -> ChoiceOption {
    option(
        "saga",
        t("a saga with an outbox", "outbox를 둔 saga"),
        vec![t(
            "each step is a local transaction; what fails before the pivot is compensated",
            "단계마다 local transaction이고, pivot 전에 실패하면 보상한다",
        )],
        vec![t(
            "states between the steps are visible: an order is pending until it is confirmed",
            "단계 사이의 상태가 보인다. 주문은 확정 전까지 대기 상태다",
        )],
        None,
    )
}

fn chain() -> ChoiceOption {
    option(
        "synchronous-chain",
        t("calls one after the other", "차례로 부르는 동기 호출"),
        vec![t("simple to read", "읽기 쉽다")],
        vec![t(
            "available only when all parts are: {steps.serial}",
            "모든 부분이 살아 있어야 하므로 {steps.serial:이다}",
        )],
        None,
    )
}

fn two_phase() -> ChoiceOption {
    option(
        "two-phase-commit",
        t("two-phase commit", "two-phase commit"),
        vec![t("all or nothing at every moment", "어느 순간에도 전부 아니면 전무")],
        vec![t(
            "locks are held for the slowest part and its round trips",
            "가장 느린 부분과 왕복 시간만큼 잠금을 잡는다",
        )],
        None,
    )
}
