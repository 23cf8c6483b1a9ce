//! Events that nobody waits for: updated at once, in a table as queue, or in a log with consumers.

use tenfold_estimate::{Dataset, Timing};
use tenfold_units::Unit;

use super::store::is_stream;
use crate::demand::{self, Demand};
use crate::draft::{Draft, LogPlan, excuse, option, t};
use crate::sizing::kafka;
use crate::{Bottleneck, Choice, ChoiceOption};

/// Decides the path of every log that a job works off.
pub(crate) fn decide(draft: &mut Draft<'_>) {
    let estimate = draft.estimate;
    for dataset in &estimate.datasets {
        if is_stream(draft, dataset) {
            one(draft, dataset);
        }
    }
}

/// Returns what a log asks of a database in which it is a table, where one can bear it and the brief
/// does not name a broker.
pub(crate) fn as_table(draft: &mut Draft<'_>, dataset: &Dataset) -> Option<Demand> {
    let estimate = draft.estimate;
    let demand = demand::of(&mut draft.book, estimate, dataset);
    let fits = queue(draft, &dataset.name, &demand);
    let pinned = draft.pin(&["kafka"], &dataset.name).is_some();
    (fits && !pinned).then(|| {
        let name = &dataset.name;
        let id = |what: &str| format!("queue.{name}.{what}");
        let label = "commits of a table as queue, average";
        let formula = format!("2 * {}", demand.writes_avg);
        draft.book.derive(&id("commits_avg"), label, Unit::PerSecond, &formula);
        Demand { writes: id("commits"), writes_avg: id("commits_avg"), ..demand }
    })
}

/// Makes the work of a table as queue stand; tells whether a database can spare that much.
fn queue(draft: &mut Draft<'_>, name: &str, demand: &Demand) -> bool {
    // A row of a queue is inserted, found and deleted: two commits' worth of work.
    let id = |what: &str| format!("queue.{name}.{what}");
    let insert = draft.book.station("postgres.insert_commit");
    let ceiling = draft.book.fact("pg.durable_write_ceiling");
    let formula = format!("2 * {}", demand.writes);
    draft.book.derive(&id("commits"), "commits of a table as queue", Unit::PerSecond, &formula);
    let formula = format!("{} * {insert}", id("commits"));
    draft.book.derive(&id("cores"), "cores of a table as queue", Unit::Erlangs, &formula);
    let target = draft.book.fact("sizing.cpu_target");
    // The table shares its server: it may take a third of the commits and of the processor.
    let formula = format!("{} / ({ceiling} / 3)", id("commits"));
    let commits =
        draft.book.derive(&id("share"), "of a third of the commits", Unit::Factor, &formula);
    draft.book.shape("m7g.16xlarge");
    let formula = format!("{} / (vcpu.m7g.16xlarge * {target} / 3)", id("cores"));
    let label = "of a third of the processor";
    let cores = draft.book.derive(&id("cpu_share"), label, Unit::Factor, &formula);
    commits <= 1.0 && cores <= 1.0
}

fn one(draft: &mut Draft<'_>, dataset: &Dataset) {
    let name = &dataset.name;
    let estimate = draft.estimate;
    let demand = demand::of(&mut draft.book, estimate, dataset);
    let item = dataset.item_bytes.clone();
    let retention = dataset.retention.clone().unwrap_or_else(|| draft.book.fact("secs.load_month"));
    let zones = draft.zones().max(3);
    let figures = (demand.writes.as_str(), demand.writes_avg.as_str(), &*item, &*retention);
    let brokers = kafka::size(&mut draft.book, name, figures, zones);
    let fits = queue(draft, name, &demand);
    let home = draft.stores.iter().find(|plan| plan.datasets.contains(name));
    let home = home.map(|plan| plan.component.clone());
    let table = home.is_some();
    partitions(draft, dataset, &demand.writes);
    let choice = choice(draft, dataset, &demand.writes, (table, fits), &brokers.cost);
    draft.choices.push(choice);
    let partitions = draft.book.value(&format!("topic.{name}.partitions")) as u32;
    let component = match &home {
        Some(home) if table => home.clone(),
        _ => super::store_name(name),
    };
    let kafka = (!table).then_some(brokers);
    draft.logs.push(LogPlan { component, dataset: name.clone(), kafka, partitions });
}

/// Makes the number of partitions stand: by rate, and at least the consumers that catch up.
fn partitions(draft: &mut Draft<'_>, dataset: &Dataset, peak: &str) {
    let name = &dataset.name;
    let rate = draft.book.fact("kafka.partition_rate");
    let record = draft.book.assume("consumer.record_time");
    let insert = draft.book.station("postgres.insert_commit");
    let drain = draft.book.assume("kafka.drain");
    let item = &dataset.item_bytes;
    let id = |what: &str| format!("topic.{name}.{what}");
    let book = &mut draft.book;
    // Batches of 500 records: one write to the store for the keys of a batch.
    let formula = format!("{record} + {insert} / 10");
    book.derive(&id("record_time"), "work per record in a batch", Unit::Seconds, &formula);
    let formula = format!("{peak} * (1 + 3600 / {drain}) * {}", id("record_time"));
    let label = "consumers busy while an hour's backlog is worked off";
    book.derive(&id("consumers"), label, Unit::Erlangs, &formula);
    let formula =
        format!("3 * max(1, ceil({peak} * {item} / {rate} / 3), ceil({} / 3))", id("consumers"));
    book.derive(&id("partitions"), "partitions", Unit::Count, &formula);
}

fn choice(
    draft: &mut Draft<'_>,
    dataset: &Dataset,
    peak: &str,
    (table, fits): (bool, bool),
    log_cost: &str,
) -> Choice {
    let name = &dataset.name;
    let overruns = draft.book.value(peak) > draft.book.value("fact.pg.durable_write_ceiling");
    let people = draft.book.operate("kafka", false);
    let keywords = ["async-pipeline", "kafka", "message-queue", "stream-processing"];
    let pin = draft.pin(&keywords, name);
    let named = pin.as_ref().is_some_and(|pin| pin.keyword == "kafka");
    let options = options(name, peak, (table, fits, overruns, named), (log_cost, &people));
    let optional = draft
        .estimate
        .operations
        .iter()
        .flat_map(|o| &o.touches)
        .any(|touch| touch.dataset == *name && touch.timing == Timing::Async);
    let reason = if table {
        t(
            format!(
                "{{{peak}}} at peak are {{queue.{name}.share}} of what the database can spare: \
                 no further part is needed."
            ),
            format!(
                "최대 {{{peak}}}는 데이터베이스가 내어 줄 수 있는 몫의 {{queue.{name}.share}}다. \
                 다른 부품이 필요 없다."
            ),
        )
    } else {
        t(
            format!(
                "{{{peak}}} at peak are appended in order and worked off in batches over \
                 {{topic.{name}.partitions}} partitions; a stop of the consumers costs time, not \
                 events."
            ),
            format!(
                "최대 {{{peak}}}의 이벤트를 순서대로 쌓고 partition {{topic.{name}.partitions}}개로 \
                 나눠 묶음 처리한다. consumer가 멈춰도 시간만 들 뿐 이벤트를 잃지 않는다."
            ),
        )
    };
    let pin = pin.map(|pin| {
        let holds = optional && !(named && fits);
        let text = if table {
            t(
                format!("Its smallest form: a table as queue for {{{peak}}}."),
                format!("가장 작은 형태로, {{{peak}}}에는 table을 queue로 쓴다."),
            )
        } else if named && fits {
            t(
                format!(
                    "It is kept, though a table would carry {{{peak}}}; it costs {{{log_cost}}}."
                ),
                format!(
                    "유지하지만 {{{peak}}}라면 table로도 충분하다. 비용은 {{{log_cost}:이다}}."
                ),
            )
        } else {
            t(
                format!("{{{peak}}} at peak need it: {{{log_cost}}}."),
                format!("최대 {{{peak}}}에는 필요하다. 비용은 {{{log_cost}:이다}}."),
            )
        };
        draft.judged(pin, holds, text)
    });
    Choice {
        id: format!("async.{name}"),
        question: t(
            format!("How does {name} get from the request to those who work on it?"),
            format!("{name} 이벤트를 요청에서 처리하는 쪽까지 어떻게 나르는가?"),
        ),
        options,
        chosen: if table { "table-as-queue" } else { "kafka" }.to_owned(),
        reason,
        forced_by: vec![peak.to_owned(), format!("queue.{name}.commits")],
        changes_at: None,
        pin,
    }
}

/// What follows an event is done before the answer: too many commits, or too many parts to wait for.
fn in_request(name: &str, peak: &str, overruns: bool) -> ChoiceOption {
    let id = "update-in-request";
    let advantages = vec![t("no delay and no further part", "지연도 추가 부품도 없다")];
    if overruns {
        let mut update = option(
            id,
            t("the total is updated in the request", "요청 안에서 합계를 갱신"),
            advantages,
            vec![t(
                format!("{{{peak}}} updates at peak, the hottest of them on one row"),
                format!("최대 {{{peak}}}의 갱신이 생기고 그중 인기 있는 것은 한 행에 몰린다"),
            )],
            None,
        );
        update.excuse = Some(excuse(
            Bottleneck::WriteRate,
            &[peak, "fact.pg.durable_write_ceiling"],
            t(
                format!(
                    "the answer would wait for one of {{{peak}}} commits, where a primary is seen \
                     to do {{fact.pg.durable_write_ceiling}}; the request can be answered without \
                     its total"
                ),
                format!(
                    "응답이 {{{peak}}}의 commit 하나를 기다리게 된다. primary 한 대의 관측 한도는 \
                     {{fact.pg.durable_write_ceiling:이고}}, 합계가 없어도 요청은 처리할 수 있어야 \
                     한다"
                ),
            ),
        ));
        return update;
    }
    let mut all = option(
        id,
        t("all of it in the request", "요청 안에서 모두 처리"),
        advantages,
        vec![t(
            format!("whoever works on {name} must be up, and as fast as the answer has to be"),
            format!("{name} 이벤트를 처리하는 쪽이 모두 살아 있고 응답만큼 빨라야 한다"),
        )],
        None,
    );
    all.excuse = Some(excuse(
        Bottleneck::Availability,
        &[peak],
        t(
            format!(
                "the {{{peak}}} would be small enough; but each answer would wait for every part \
                 that works on {name}, and fail with any of them"
            ),
            format!(
                "{{{peak}}}라는 양은 문제가 아니다. 하지만 응답마다 {name} 이벤트를 처리하는 모든 \
                 부분을 기다리고, 그중 하나만 실패해도 요청이 실패한다"
            ),
        ),
    ));
    all
}

fn options(
    name: &str,
    peak: &str,
    (table, fits, overruns, named): (bool, bool, bool, bool),
    (log_cost, people): (&str, &str),
) -> Vec<ChoiceOption> {
    let (new, new_ko) = if people == "assumed.ops.technology" {
        ("one more technology", "운영할 기술이 하나 늘고")
    } else {
        (
            "one more technology, and one that the team has to learn",
            "팀이 새로 배워야 할 기술이 늘고",
        )
    };
    let update = in_request(name, peak, overruns);
    let mut queue = option(
        "table-as-queue",
        t("a table as queue", "table을 queue로 사용"),
        vec![t(
            format!("nothing new to run: {{queue.{name}.commits}} more commits"),
            format!("새로 운영할 것이 없다. commit이 {{queue.{name}.commits}} 늘 뿐이다"),
        )],
        vec![t(
            format!("the queue and the data share one primary: {{queue.{name}.cores}} of its work"),
            format!(
                "queue와 데이터가 primary 하나를 나눠 쓴다. {{queue.{name}.cores}}의 일이 는다"
            ),
        )],
        None,
    );
    let mut log = option(
        "kafka",
        t("Kafka with consumers", "Kafka와 consumer"),
        vec![t(
            format!("{{option.{name}.kafka.ingress}} are appended; readers keep their own place"),
            format!("{{option.{name}.kafka.ingress:을}} 이어 쓰고, 읽는 쪽이 각자 위치를 갖는다"),
        )],
        vec![t(
            format!("{new} ({{{people}}}), and at least once: every effect needs a key of its own"),
            format!(
                "{new_ko}({{{people}}}), 최소 한 번 전달이므로 효과마다 중복 제거 key가 필요하다"
            ),
        )],
        Some(log_cost.to_owned()),
    );
    let commits = format!("queue.{name}.commits");
    if table {
        log.excuse = Some(excuse(
            Bottleneck::NotNeeded,
            &[log_cost, &commits],
            t(
                format!("{{{log_cost}}} for {{{commits}}} commits that the database has room for"),
                format!(
                    "데이터베이스에 여유가 있는 commit {{{commits}}}에 {{{log_cost}:을}} 쓰게 된다"
                ),
            ),
        ));
    } else if fits {
        let text = if named {
            t(
                format!("it would carry {{{commits}}}, but the brief names a log"),
                format!("{{{commits}:을}} 감당할 수 있지만, 요구서가 log를 지정했다"),
            )
        } else {
            t(
                format!("it would carry {{{commits}}}, but no store here is relational"),
                format!("{{{commits}:을}} 감당할 수 있지만, 이 설계에는 관계형 저장소가 없다"),
            )
        };
        queue.excuse = Some(excuse(Bottleneck::Rule, &[&commits], text));
    } else {
        queue.excuse = Some(excuse(
            Bottleneck::WriteRate,
            &[&commits, "fact.pg.durable_write_ceiling"],
            t(
                format!(
                    "{{{commits}}} commits, where a primary is seen to do \
                     {{fact.pg.durable_write_ceiling}} and has other work"
                ),
                format!(
                    "commit {{{commits}:이}} 필요한데, primary 한 대의 관측 한도가 \
                     {{fact.pg.durable_write_ceiling:이고}} 다른 일도 있다"
                ),
            ),
        ));
    }
    vec![update, queue, log]
}
