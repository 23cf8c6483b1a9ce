//! What waits for those who are not there: rows under the user, or a queue for each of them.

use tenfold_units::Unit;

use crate::draft::{Draft, excuse, option, t};
use crate::{Bottleneck, Choice};

/// The dataset of what waits for each user.
const INBOX: &str = "inbox";

/// Decides where deliveries wait for users who are offline.
pub(crate) fn decide(draft: &mut Draft<'_>) {
    let known = draft.estimate.datasets.iter().any(|dataset| dataset.name == INBOX);
    let users = ["users", "mau", "dau"].into_iter().find(|id| draft.book.ledger.contains(id));
    let Some(users) = users.filter(|_| known) else { return };
    let most = draft.book.fact("kafka.max_partitions_zk");
    let formula = format!("ceil({users} * 3 / {most})");
    let label = "Kafka brokers that three copies of a partition for each user would take";
    draft.book.derive("inbox.brokers", label, Unit::Count, &formula);
    let choice = choice(draft, users);
    draft.choices.push(choice);
}

fn choice(draft: &mut Draft<'_>, users: &str) -> Choice {
    let inbox = option(
        "inbox",
        t("an inbox: ids in rows under the user", "사용자별 행에 id를 쌓는 inbox"),
        vec![t(
            "whoever connects reads what lies under the own key: {data.inbox.storage_1y_bytes} in \
             all, kept {data.inbox.retention_seconds}",
            "접속한 사용자가 자기 key 아래만 읽는다. 모두 {data.inbox.storage_1y_bytes:이고} \
             {data.inbox.retention_seconds} 보관한다",
        )],
        vec![t(
            "{data.inbox.new_items_per_second} more rows are written",
            "행 쓰기가 {data.inbox.new_items_per_second} 늘어난다",
        )],
        None,
    );
    let mut topics = option(
        "topic-per-user",
        t("a topic or queue for each user", "사용자마다 topic 또는 queue"),
        vec![t("order and acknowledgement come with the broker", "순서와 확인을 broker가 맡는다")],
        vec![t(
            format!("{{{users}}} partitions, almost all of them idle"),
            format!("거의 모두 놀고 있는 partition이 {{{users}}}개 생긴다"),
        )],
        None,
    );
    topics.excuse = Some(excuse(
        Bottleneck::Rule,
        &[users, "fact.kafka.max_partitions_zk"],
        t(
            format!(
                "{{{users}}} partitions in three copies, where a broker is known to hold \
                 {{fact.kafka.max_partitions_zk}}: {{inbox.brokers}} brokers"
            ),
            format!(
                "broker 한 대의 알려진 한도는 partition {{fact.kafka.max_partitions_zk}}개인데 \
                 {{{users}}}개를 세 벌씩 두어야 한다. broker {{inbox.brokers}}대 분량이다"
            ),
        ),
    ));
    let pin = draft.pin(&["message-queue"], INBOX).map(|pin| {
        let text = t(
            "Its fitting form is an inbox keyed by user: {data.inbox.new_items_per_second} ids, and \
             the message itself stands in the history once.",
            "알맞은 형태는 사용자를 key로 하는 inbox다. id만 {data.inbox.new_items_per_second} 쌓고 \
             메시지 본문은 history에 한 번만 둔다.",
        );
        draft.judged(pin, true, text)
    });
    Choice {
        id: "offline".to_owned(),
        question: t(
            "Where do deliveries wait for those who are offline?",
            "offline인 사용자에게 갈 것을 어디에 쌓는가?",
        ),
        options: vec![inbox, topics],
        chosen: "inbox".to_owned(),
        reason: t(
            "Ids wait under the user's key, in the order of the messages, and the device moves its \
             marker when it has them: a repeat is harmless.",
            "id가 사용자 key 아래 메시지 순서로 기다리고, 기기가 받은 뒤 marker를 옮긴다. 그래서 두 번 \
             받아도 해가 없다.",
        ),
        forced_by: vec![users.to_owned(), "data.inbox.new_items_per_second".to_owned()],
        changes_at: None,
        pin,
    }
}
