//! State that may vanish: in memory, or as a few more rows of the database.

use tenfold_estimate::{Dataset, Shape};
use tenfold_units::Unit;

use crate::demand;
use crate::draft::{Draft, excuse, option, t};
use crate::{Bottleneck, Choice, ChoiceOption};

/// Technologies of memory that a brief may name.
const PINS: [&str; 2] = ["redis", "memcached"];

/// Decides where each state lives that comes back by itself.
pub(crate) fn decide(draft: &mut Draft<'_>) {
    let estimate = draft.estimate;
    let database = estimate.datasets.iter().any(Draft::is_tabular);
    for dataset in estimate.datasets.iter().filter(|d| d.shape == Shape::Ephemeral) {
        let fits = figures(draft, dataset) <= 1.0 && database;
        let pinned = PINS.iter().any(|word| draft.pin(&[word], &dataset.name).is_some());
        let table = fits && !pinned;
        if table {
            draft.tables.push(dataset.name.clone());
        }
        let choice = choice(draft, dataset, fits, table);
        draft.choices.push(choice);
    }
}

/// Makes what the database would bear stand; returns its share of what it may bear.
fn figures(draft: &mut Draft<'_>, dataset: &Dataset) -> f64 {
    let estimate = draft.estimate;
    let demand = demand::of(&mut draft.book, estimate, dataset);
    let name = &dataset.name;
    let id = |what: &str| format!("memory.{name}.{what}");
    let book = &mut draft.book;
    let (read, range) = (book.station("postgres.pk_read"), book.station("postgres.range_read"));
    let write = book.station("postgres.insert_commit");
    book.station("redis.get");
    let (target, ceiling) = (book.fact("sizing.cpu_target"), book.fact("pg.durable_write_ceiling"));
    let share = book.assume("memory.table_share");
    book.shape("m7g.16xlarge");
    let rate = Unit::PerSecond;
    let formula = format!("{} + {}", demand.writes, demand.conditional);
    book.derive(&id("writes"), &format!("{name}: changes at peak"), rate, &formula);
    let formula = format!("{} + {} + {}", demand.point_reads, demand.range_reads, demand.scans);
    book.derive(&id("reads"), &format!("{name}: reads at peak"), rate, &formula);
    let formula = format!(
        "{} * {read} + ({} + {}) * {range} + {} * {write}",
        demand.point_reads,
        demand.range_reads,
        demand.scans,
        id("writes")
    );
    let label = format!("{name}: cores that it would keep busy in the database");
    book.derive(&id("cores"), &label, Unit::Erlangs, &formula);
    let formula = format!(
        "({} / {ceiling} + {} / (vcpu.m7g.16xlarge * {target})) / {share}",
        id("writes"),
        id("cores")
    );
    let label = format!("{name}: of what the database may spend on such state");
    let share = book.derive(&id("share"), &label, Unit::Factor, &formula);
    let price = book.price("r7g.large");
    let formula = format!("2 * 730 * {price} + {}", book.operate("redis", false));
    let label = format!("{name}: a pair of Redis nodes and their operation");
    book.derive(&id("cost"), &label, Unit::UsdPerMonth, &formula);
    share
}

fn choice(draft: &mut Draft<'_>, dataset: &Dataset, fits: bool, table: bool) -> Choice {
    let name = &dataset.name;
    let (memory, rows) = options(name, fits, table);
    let reason = if table {
        t(
            format!(
                "{{memory.{name}.writes}} changes at peak are {{memory.{name}.share}} of what the \
                 database may spend on state that comes back by itself: no further part is needed."
            ),
            format!(
                "최대 {{memory.{name}.writes}}의 변경은 다시 만들 수 있는 상태에 데이터베이스가 쓸 수 있는 \
                 몫의 {{memory.{name}.share}}다. 다른 부품이 필요 없다."
            ),
        )
    } else {
        t(
            format!(
                "{name} takes {{memory.{name}.writes}} changes and {{memory.{name}.reads}} reads at \
                 peak, and may be lost: it comes back by itself."
            ),
            format!(
                "{name} 상태는 최대 {{memory.{name}.writes}}로 바뀌고 {{memory.{name}.reads}}로 읽힌다. \
                 잃어도 스스로 다시 만들어진다."
            ),
        )
    };
    let pin = draft.pin(&PINS, name).map(|pin| {
        let text = if fits {
            t(
                format!(
                    "It is kept, though {{memory.{name}.writes}} changes would fit into the \
                     database; it costs {{memory.{name}.cost}}."
                ),
                format!(
                    "유지하지만 {{memory.{name}.writes}}의 변경은 데이터베이스로도 충분하다. 비용은 \
                     {{memory.{name}.cost:이다}}."
                ),
            )
        } else {
            t(
                format!(
                    "The database would keep {{memory.{name}.cores}} busy with what nobody misses \
                     after a restart."
                ),
                format!(
                    "데이터베이스에 두면 재시작 뒤 아무도 찾지 않을 상태에 {{memory.{name}.cores:을}} 쓴다."
                ),
            )
        };
        draft.judged(pin, !fits, text)
    });
    Choice {
        id: format!("memory.{name}"),
        question: t(format!("Where does {name} live?"), format!("{name} 상태를 어디에 두는가?")),
        options: vec![memory, rows],
        chosen: if table { "table" } else { "memory" }.to_owned(),
        reason,
        forced_by: vec![format!("memory.{name}.share"), format!("memory.{name}.writes")],
        changes_at: None,
        pin,
    }
}

fn options(name: &str, fits: bool, table: bool) -> (ChoiceOption, ChoiceOption) {
    let mut memory = option(
        "memory",
        t("in memory (Redis)", "memory(Redis)"),
        vec![t(
            "a change takes {station.redis.get} of one thread and waits for no disk",
            "변경 하나에 thread 시간 {station.redis.get}이면 되고 disk를 기다리지 않는다",
        )],
        vec![t(
            format!(
                "a failover loses what changed last; {{memory.{name}.cost}} with its operation"
            ),
            format!("failover 때 마지막 변경을 잃는다. 운영까지 {{memory.{name}.cost:이다}}"),
        )],
        Some(format!("memory.{name}.cost")),
    );
    let mut rows = option(
        "table",
        t("rows of the database", "데이터베이스의 행"),
        vec![t("nothing new to run", "새로 운영할 것이 없다")],
        vec![t(
            format!(
                "{{memory.{name}.cores}} more on the primary; each change leaves a dead row and a \
                 record in its log"
            ),
            format!(
                "primary의 일이 {{memory.{name}.cores}} 늘고, 변경마다 dead row와 WAL record가 남는다"
            ),
        )],
        None,
    );
    let share = format!("memory.{name}.share");
    let figures = [share.as_str(), "assumed.memory.table_share"];
    if table {
        memory.excuse = Some(excuse(
            Bottleneck::NotNeeded,
            &figures,
            t(
                format!(
                    "{{memory.{name}.cost}} for {{memory.{name}.writes}} changes that the database \
                     has room for"
                ),
                format!(
                    "데이터베이스에 여유가 있는 변경 {{memory.{name}.writes}}에 \
                     {{memory.{name}.cost:을}} 쓰게 된다"
                ),
            ),
        ));
    } else if fits {
        rows.excuse = Some(excuse(
            Bottleneck::Rule,
            &figures,
            t(
                format!("{{memory.{name}.share}} of what it may spend, but the brief names memory"),
                format!(
                    "허용된 몫의 {{memory.{name}.share}}에 그치지만 요구서가 memory를 지정했다"
                ),
            ),
        ));
    } else {
        rows.excuse = Some(excuse(
            Bottleneck::WriteRate,
            &figures,
            t(
                format!(
                    "{{memory.{name}.share}} of what the primary may spend on it \
                     ({{assumed.memory.table_share}} of its commits and cores)"
                ),
                format!(
                    "primary가 여기에 쓸 수 있는 몫(commit과 core의 \
                     {{assumed.memory.table_share}})의 {{memory.{name}.share:이다}}"
                ),
            ),
        ));
    }
    (memory, rows)
}
