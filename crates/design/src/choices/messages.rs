//! Conversations: how large a partition may grow, which order holds, and what receipts cost.

use tenfold_estimate::Dataset;
use tenfold_units::Unit;

use crate::draft::{Draft, excuse, option, t};
use crate::keys::zipf_share;
use crate::{Bottleneck, Choice};

/// The column of a key that cuts a partition into spans of time.
const BUCKET: &str = "bucket";

/// Decides how long conversations are cut into partitions, and how receipts are sent.
pub(crate) fn decide(draft: &mut Draft<'_>) {
    let estimate = draft.estimate;
    let cut = |d: &&Dataset| d.key.iter().any(|column| column == BUCKET);
    for dataset in estimate.datasets.iter().filter(cut) {
        if partitions(draft, dataset) {
            let choice = buckets(dataset);
            draft.choices.push(choice);
        }
    }
    if draft.book.ledger.contains("receipts_uncoalesced_per_second")
        && draft.book.ledger.contains("load.receipt.avg")
    {
        let choice = receipts(draft);
        draft.choices.push(choice);
    }
}

/// Makes the growth of the busiest partition stand; tells whether it is known.
fn partitions(draft: &mut Draft<'_>, dataset: &Dataset) -> bool {
    let (Some(popularity), Some(flow)) = (&dataset.popularity, &dataset.new_items_per_second)
    else {
        return false;
    };
    let name = &dataset.name;
    let id = |what: &str| format!("partition.{name}.{what}");
    let most = draft.book.assume("partition.max_bytes");
    let book = &mut draft.book;
    let inputs = [popularity.active_keys.as_str(), popularity.zipf_exponent.as_str()];
    let share = zipf_share(1.0, book.value(inputs[0]).max(1.0), book.value(inputs[1]));
    let label = format!("share of the busiest {}", dataset.key[0]);
    let words = "weight of the first rank under a Zipf law (Euler-Maclaurin)";
    let value = tenfold_units::Interval::exact(share);
    book.ledger.computed(&id("share"), &label, Unit::Ratio, value, words, &inputs);
    let rate = Unit::BytesPerSecond;
    let formula = format!("{flow} * load_factor * {} * {}", dataset.item_bytes, id("share"));
    let label = format!("growth of the busiest {}", dataset.key[0]);
    book.derive(&id("growth"), &label, rate, &formula);
    let label = "until its partition is full";
    let formula = format!("{most} / {}", id("growth"));
    book.derive(&id("full"), label, Unit::Seconds, &formula);
    // Spans that people can reckon with: whole hours up to ten days.
    let label = "span of one bucket";
    let formula = format!("min(864000, max(3600, floor({} / 3600) * 3600))", id("full"));
    book.derive(&id("bucket"), label, Unit::Seconds, &formula);
    let label = "largest partition then";
    let formula = format!("{} * {}", id("growth"), id("bucket"));
    book.derive(&id("largest"), label, Unit::Bytes, &formula);
    true
}

fn buckets(dataset: &Dataset) -> Choice {
    let (name, of) = (&dataset.name, &dataset.key[0]);
    let key = format!("(({}), {} desc)", dataset.key[..2].join(", "), dataset.key[2..].join(", "));
    let figure = |what: &str| format!("{{partition.{name}.{what}}}");
    let (share, growth, full) = (figure("share"), figure("growth"), figure("full"));
    let (bucket, largest) = (figure("bucket"), figure("largest"));
    let cut = option(
        "bucketed",
        t(
            format!("a partition for each {of} and span: {key}"),
            format!("{of}별, 기간별 partition: {key}"),
        ),
        vec![t(
            format!(
                "a page is read from one partition, newest first; with spans of {bucket} the \
                 busiest {of} fills {largest}"
            ),
            format!(
                "한 page를 partition 하나에서 최신순으로 읽는다. 기간이 {bucket}이면 가장 바쁜 곳도 \
                 {largest}에 그친다"
            ),
        )],
        vec![t(
            format!("a quiet {of} is read from several spans until a page is full"),
            format!("조용한 {of}에서는 한 page를 채우려 여러 기간을 읽는다"),
        )],
        None,
    );
    let mut whole = option(
        "one-partition",
        t(format!("one partition for each {of}"), format!("{of}마다 partition 하나")),
        vec![t("one read for any page", "어느 page든 한 번에 읽는다")],
        vec![t(
            format!("the busiest {of} ({share} of all) grows by {growth}"),
            format!("가장 바쁜 {of} 하나(전체의 {share})가 {growth}로 커진다"),
        )],
        None,
    );
    let figures = [format!("partition.{name}.full"), "assumed.partition.max_bytes".to_owned()];
    whole.excuse = Some(excuse(
        Bottleneck::DiskSpace,
        &[&figures[0], &figures[1]],
        t(
            format!("after {full} the busiest {of} passes {{assumed.partition.max_bytes}}"),
            format!("가장 바쁜 {of} 하나가 {full} 만에 {{assumed.partition.max_bytes:을}} 넘는다"),
        ),
    ));
    let mut global = option(
        "global-order",
        t("one order for everything", "전체에 하나의 순서"),
        vec![t("any two can be compared", "어느 둘이든 앞뒤를 가릴 수 있다")],
        vec![t(
            format!("one sequencer hands out {{data.{name}.writes_peak}}, and stops everybody"),
            format!("sequencer 하나가 {{data.{name}.writes_peak:을}} 내주고, 멈추면 모두 멈춘다"),
        )],
        None,
    );
    let writes = format!("data.{name}.writes_peak");
    global.excuse = Some(excuse(
        Bottleneck::Availability,
        &[&writes],
        t(
            format!("nobody reads across {of}s; an order within each is what people see"),
            format!("여러 {of} 사이의 앞뒤는 아무도 보지 않는다. {of} 안의 순서면 충분하다"),
        ),
    ));
    let reason = t(
        format!(
            "Order is kept within a {of} only, by ids that ascend. A partition holds one {of} for \
             {bucket} and stays below {{assumed.partition.max_bytes}} even for the busiest one. A \
             write is acknowledged after the durable quorum has it."
        ),
        format!(
            "순서는 {of} 안에서만, 커지는 id로 지킨다. partition 하나에 {of} 하나의 {bucket}치를 두어 \
             가장 바쁜 곳도 {{assumed.partition.max_bytes}} 아래에 머문다. 쓰기는 quorum에 \
             기록된 뒤에 확인 응답한다."
        ),
    );
    Choice {
        id: format!("partition.{name}"),
        question: t(
            format!("What is kept together of {name}, and in which order?"),
            format!("{name} 데이터를 어떻게 묶고 어떤 순서로 두는가?"),
        ),
        options: vec![cut, whole, global],
        chosen: "bucketed".to_owned(),
        reason,
        forced_by: figures.to_vec(),
        changes_at: None,
        pin: None,
    }
}

fn receipts(draft: &mut Draft<'_>) -> Choice {
    let book = &mut draft.book;
    let label = "receipts if each were sent alone, for each message";
    let formula = "receipts_uncoalesced_per_second / op.send.qps_avg";
    let counted = book.ledger.contains("op.send.qps_avg");
    if counted {
        book.derive("receipts.each", label, Unit::Factor, formula);
    }
    let markers = option(
        "markers",
        t("one marker up to the newest message seen", "읽은 데까지를 가리키는 marker 하나"),
        vec![t(
            "one marker stands for all messages before it: {load.receipt.avg} on average; it only \
             moves forward, so a repeat changes nothing",
            "marker 하나가 앞의 메시지를 모두 대신한다. 평균 {load.receipt.avg:이다}. 앞으로만 가므로 \
             반복해도 같다",
        )],
        vec![t(
            "that a single message in between was skipped cannot be told",
            "중간의 한 건만 건너뛴 것은 나타낼 수 없다",
        )],
        None,
    );
    let mut each = option(
        "each",
        t("delivered and read, for every message", "메시지마다 전달과 읽음 각각"),
        vec![t("every message has its own state", "메시지마다 상태가 따로 있다")],
        vec![t(
            "{receipts_uncoalesced_per_second} on average",
            "평균 {receipts_uncoalesced_per_second:이다}",
        )],
        None,
    );
    let text = if counted {
        t(
            "{receipts.each} as many receipts as messages: {receipts_uncoalesced_per_second} against \
             {op.send.qps_avg}",
            "receipt가 메시지의 {receipts.each:이다}. {op.send.qps_avg}에 대해 \
             {receipts_uncoalesced_per_second}가 된다",
        )
    } else {
        t(
            "{receipts_uncoalesced_per_second}, where markers make {load.receipt.avg}",
            "marker로는 {load.receipt.avg}인데 {receipts_uncoalesced_per_second}가 된다",
        )
    };
    let figures = ["receipts_uncoalesced_per_second", "load.receipt.avg"];
    each.excuse = Some(excuse(Bottleneck::WriteRate, &figures, text));
    Choice {
        id: "receipts".to_owned(),
        question: t("How are receipts sent?", "전달과 읽음을 어떻게 알리는가?"),
        options: vec![markers, each],
        chosen: "markers".to_owned(),
        reason: t(
            "Receipts are most of what a chat writes when each is sent alone; a marker that moves up \
             says the same.",
            "하나씩 보내면 receipt가 쓰기의 대부분이 된다. 앞으로 옮기는 marker가 같은 뜻을 전한다.",
        ),
        forced_by: figures.map(str::to_owned).to_vec(),
        changes_at: None,
        pin: None,
    }
}
