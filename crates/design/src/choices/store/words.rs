//! What is said about the choice of a store, a cache and who runs it.
//!
//! In the templates `@` stands for the option's figures, `#` for the dataset.

use tenfold_estimate::Shape;
use tenfold_units::Text;

use super::pin_of;
use crate::demand::Demand;
use crate::draft::{Draft, Technology, excuse, option, t};
use crate::sizing::Sized;
use crate::sizing::cache::CacheSize;
use crate::{Bottleneck, Choice, ChoiceOption, Excuse, PinVerdict};

/// Returns the plural of a dataset's name, for the name of its cache.
pub(crate) fn plural(name: &str) -> String {
    let name = name.replace('_', "-");
    match name.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if name.ends_with('s') => name,
        None => format!("{name}s"),
    }
}

/// Name, advantage and disadvantage of each technology.
fn templates(technology: Technology) -> [Text; 3] {
    match technology {
        Technology::Postgresql => [
            t("one PostgreSQL with a standby", "PostgreSQL 한 대와 standby"),
            t(
                "transactions, constraints and any query over #, for {@.cores} of processor work \
                 and {@.bytes} on disk",
                "# 데이터에 트랜잭션, 제약 조건, 임의의 query를 쓸 수 있다. 필요한 일은 {@.cores}, \
                 디스크는 {@.bytes:이다}",
            ),
            t(
                "# rests on one primary: {limit.server_bytes} can be restored in a working day, a \
                 disk may be asked {limit.disk_iops}, and # asks {@.iops} of it",
                "# 데이터가 primary 한 대에 달려 있다. 하루 근무 시간 안에 복구할 수 있는 양은 \
                 {limit.server_bytes}, 디스크 한도는 {limit.disk_iops}인데 여기서 \
                 {@.iops:을} 쓴다",
            ),
        ],
        Technology::PostgresqlSharded => [
            t("PostgreSQL in shards", "shard로 나눈 PostgreSQL"),
            t(
                "{@.shards} pairs of servers give # room, and a read by key takes only \
                 {station.postgres.pk_read} of a core",
                "서버 {@.shards}쌍이면 # 데이터에 여유가 생기고, key로 한 번 읽는 데 core 시간 \
                 {station.postgres.pk_read}만 든다",
            ),
            t(
                "routing #, moving its rows between shards and changing schemas on each is code \
                 of our own: {assumed.ops.sharding}",
                "# 데이터의 routing, shard 사이의 이동, shard마다의 schema 변경을 직접 만들어 \
                 운영해야 한다. 그 비용이 {assumed.ops.sharding:이다}",
            ),
        ],
        Technology::Cassandra => [
            t("Cassandra with three copies", "복제본 셋을 두는 Cassandra"),
            t(
                "{@.nodes} nodes divide # by themselves, each zone has a copy, and the loss of a \
                 node elects nobody",
                "node {@.nodes}대가 # 데이터를 스스로 나눠 갖고 zone마다 복제본이 있으며, node를 \
                 잃어도 선출할 primary가 없다",
            ),
            t(
                "a read of # takes {station.cassandra.read.one} of a core, every other query \
                 needs a table of its own, and nothing spans rows",
                "# 데이터를 한 번 읽는 데 core 시간 {station.cassandra.read.one:이} 들고, 다른 \
                 query마다 별도 table이 필요하며, 여러 행을 묶는 트랜잭션이 없다",
            ),
        ],
        Technology::Dynamodb => [
            t("DynamoDB", "DynamoDB"),
            t(
                "nobody operates it: # is paid by the request, {@.requests}",
                "운영할 서버가 없다. # 데이터는 요청 수로 과금되어 {@.requests:이다}",
            ),
            t(
                "keeping # with continuous backup costs {@.storage}; it is asked by key or index \
                 only, and leaving means moving every byte",
                "# 데이터를 연속 백업과 함께 보관하는 데 {@.storage:이} 들고, key나 index로만 \
                 조회할 수 있으며, 떠나려면 모든 데이터를 옮겨야 한다",
            ),
        ],
    }
}

fn fill(text: &Text, demand: &Demand, technology: Technology) -> Text {
    let prefix = format!("option.{}.{}", demand.name, technology.option());
    let put = |wording: &str| wording.replace('@', &prefix).replace('#', &demand.name);
    Text::new(put(&text.en), put(&text.ko))
}

fn store_option(technology: Technology, demand: &Demand, sized: &Sized) -> ChoiceOption {
    let [name, good, bad] = templates(technology).map(|text| fill(&text, demand, technology));
    option(technology.option(), name, vec![good], vec![bad], Some(sized.cost.clone()))
}

/// Returns why a technology was not taken: a limit that it passes, or its price.
fn store_excuse(
    demand: &Demand,
    technology: Technology,
    sized: &Sized,
    chosen: (Technology, &Sized),
) -> Excuse {
    if let Some((resource, need, limit)) = &sized.refused {
        let text = match resource {
            Bottleneck::DiskSpace => t(
                format!(
                    "{} would hold {{{need}}} on one server, but only {{{limit}}} can be restored \
                     within a working day",
                    demand.name
                ),
                format!(
                    "{} 데이터는 서버 한 대에 {{{need}:이}} 쌓이는데, 하루 근무 시간 안에 복구할 \
                     수 있는 양은 {{{limit}}}뿐이다",
                    demand.name
                ),
            ),
            Bottleneck::Rule => t(
                format!("{} is searched and summed, which it cannot do", demand.name),
                format!("{} 데이터에는 검색과 집계가 필요한데 지원하지 않는다", demand.name),
            ),
            Bottleneck::Cpu
            | Bottleneck::Memory
            | Bottleneck::DiskIops
            | Bottleneck::Network
            | Bottleneck::WriteRate
            | Bottleneck::Connections
            | Bottleneck::Latency
            | Bottleneck::Consistency
            | Bottleneck::Durability
            | Bottleneck::Availability
            | Bottleneck::Cost
            | Bottleneck::Operation
            | Bottleneck::KeySpace
            | Bottleneck::NotNeeded => t(
                format!("{} needs {{{need}}} where one server gives {{{limit}}}", demand.name),
                format!(
                    "{} 데이터에는 {{{need}:이}} 필요한데 서버 한 대의 한도는 {{{limit}:이다}}",
                    demand.name
                ),
            ),
        };
        let figures: Vec<&str> = vec![need, limit];
        return excuse(*resource, &figures, text);
    }
    let (taken, taken_size) = chosen;
    let (cost, least) = (&sized.cost, &taken_size.cost);
    let price = match technology {
        Technology::PostgresqlSharded => t(
            format!(
                "{{{cost}}} with the sharding layer, against {{{least}}} for the choice; the \
                 layer alone is {{assumed.ops.sharding}}"
            ),
            format!(
                "sharding 계층까지 {{{cost}}}, 선택안은 {{{least}:이다}}. 그 계층만 \
                 {{assumed.ops.sharding:이다}}"
            ),
        ),
        Technology::Dynamodb => t(
            format!("{{{cost}}} by request and byte, against {{{least}}} for the choice"),
            format!("요청과 용량 과금이 {{{cost}}}, 선택안은 {{{least}:이다}}"),
        ),
        Technology::Cassandra if taken == Technology::Postgresql => t(
            format!(
                "{{{cost}}} for what one PostgreSQL does for {{{least}}}: three nodes are the \
                 least that it runs on, and it is one more technology"
            ),
            format!(
                "PostgreSQL 한 대가 {{{least}}}에 하는 일에 {{{cost}:이}} 든다. 최소 구성이 node \
                 세 대이고, 운영할 기술이 하나 늘어난다"
            ),
        ),
        Technology::Postgresql | Technology::Cassandra => t(
            format!("{{{cost}}} with its operation, against {{{least}}} for the choice"),
            format!("운영까지 {{{cost}}}, 선택안은 {{{least}:이다}}"),
        ),
    };
    excuse(Bottleneck::Cost, &[cost, least], price)
}

/// Returns whether the choice costs more than another option.
fn dearer(draft: &Draft<'_>, other: &str, chosen: &str) -> bool {
    draft.book.value(other) < draft.book.value(chosen)
}

/// Why a cheaper technology was not taken: the operation of the choice is paid for already.
fn runs_already(cost: &str, least: &str) -> Excuse {
    let text = t(
        format!(
            "{{{cost}}} against {{{least}}} for the choice, which runs here already: of that, \
             {{assumed.ops.technology}} for operating it are paid once"
        ),
        format!(
            "{{{cost}:이고}} 선택안은 {{{least}:이지만}}, 선택안은 이미 운영 중이라 그 가운데 운영 비용 \
             {{assumed.ops.technology:은}} 한 번만 든다"
        ),
    );
    excuse(Bottleneck::Cost, &[cost, least], text)
}

/// The choice of one PostgreSQL for several datasets.
pub(super) fn shared(
    draft: &mut Draft<'_>,
    component: &str,
    demand: &Demand,
    sized: &Sized,
    others: &[(Technology, Sized)],
    datasets: usize,
) -> Choice {
    let mut options = vec![store_option(Technology::Postgresql, demand, sized)];
    for (technology, size) in others {
        let mut other = store_option(*technology, demand, size);
        let cheaper = draft.book.value(&size.cost) < draft.book.value(&sized.cost);
        other.excuse = Some(if cheaper && size.refused.is_none() {
            not_worth(demand, *technology, size, sized)
        } else {
            store_excuse(demand, *technology, size, (Technology::Postgresql, sized))
        });
        options.push(other);
    }
    let prefix = format!("option.{}.postgresql", demand.name);
    let reason = t(
        format!(
            "The smallest store that fits: {{{prefix}.vcpus}} vCPUs of {{vcpu.m7g.16xlarge}}, \
             {{{prefix}.bytes}} of {{limit.server_bytes}}, {{{prefix}.iops}} of \
             {{limit.disk_iops}} on the disk."
        ),
        format!(
            "들어가는 것 중 가장 작은 저장소다. vCPU는 {{vcpu.m7g.16xlarge}}개 중 \
             {{{prefix}.vcpus}}개, 용량은 {{limit.server_bytes}} 중 {{{prefix}.bytes}}, 디스크는 \
             {{limit.disk_iops}} 중 {{{prefix}.iops:을}} 쓴다."
        ),
    );
    let what = if datasets > 1 { "the tables" } else { "the table" };
    let pin = pin_of(draft, Technology::Postgresql, &demand.name).map(|pin| {
        let text = t(
            format!("It carries the load: {{{prefix}.cost}}."),
            format!("부하를 감당한다. 비용은 {{{prefix}.cost:이다}}."),
        );
        draft.judged(pin, true, text)
    });
    Choice {
        id: format!("store.{}", component.trim_end_matches("-store")),
        question: t(
            format!("Which store for {what} of {}?", demand.name),
            format!("{}의 table을 어디에 둘 것인가?", demand.name),
        ),
        options,
        chosen: Technology::Postgresql.option().to_owned(),
        reason,
        forced_by: Vec::new(),
        changes_at: None,
        pin,
    }
}

/// Says so where one primary would take the writes: what forces the split is something else.
fn writes_fit(draft: &Draft<'_>, name: &str) -> (String, String) {
    let (writes, most) =
        (format!("option.{name}.postgresql.writes"), "fact.pg.durable_write_ceiling");
    if draft.book.value(&writes) > draft.book.value(most) {
        return (String::new(), String::new());
    }
    let iops = format!("option.{name}.postgresql.iops");
    (
        format!(
            " The writes do not force it: one primary takes {{{most}}} commits, and {{{writes}}} \
             are asked. Size does, and with it the reads that miss memory, {{{iops}}} disk \
             operations."
        ),
        format!(
            " 쓰기 때문이 아니다. primary 한 대가 commit {{{most}:을}} 감당하는데 필요한 것은 \
             {{{writes}:이다}}. 데이터 크기와, 그 때문에 memory에서 찾지 못해 disk로 가는 \
             {{{iops}}}의 연산이 나누게 만든다."
        ),
    )
}

/// How far off a law of popularity without age would be, where keys age.
fn aging(draft: &Draft<'_>, name: &str) -> (String, String) {
    let (lru, ideal) = (format!("cache.{name}.static_lru"), format!("cache.{name}.static_ideal"));
    if !draft.book.ledger.contains(&lru) {
        return (String::new(), String::new());
    }
    let half_life = format!("data.{name}.half_life_seconds");
    (
        format!(
            " The hit ratio comes from keys that are born and lose half of their interest every \
             {{{half_life}}}; a static Zipf law of {{data.{name}.zipf_exponent}} over the \
             {{data.{name}.items_1y}} items of a year would give {{{lru}}} with LRU and \
             {{{ideal}}} at best."
        ),
        format!(
            " 이 적중률은 key가 새로 생기고 {{{half_life}}}마다 관심이 절반으로 줄어드는 모델에서 \
             나온 값이다. 1년치 {{data.{name}.items_1y}}개에 지수 {{data.{name}.zipf_exponent}}의 \
             정적 Zipf 분포를 가정하면 LRU로 {{{lru}}}, 이상적으로도 {{{ideal}}}에 그친다."
        ),
    )
}

/// Something cheaper on paper that is not worth leaving transactions and queries for.
fn not_worth(demand: &Demand, technology: Technology, size: &Sized, taken: &Sized) -> Excuse {
    let (cost, least) = (&size.cost, &taken.cost);
    let name = technology.option();
    excuse(
        Bottleneck::Operation,
        &[cost, least, "assumed.ops.technology"],
        t(
            format!(
                "{name} would cost {{{cost}}} instead of {{{least}}}: less than \
                 {{assumed.ops.technology}} saved, for which {} gives up constraints, joins and \
                 ad-hoc queries",
                demand.name
            ),
            format!(
                "{name} 비용은 {{{least}}} 대신 {{{cost}:이다}}. 아끼는 돈이 \
                 {{assumed.ops.technology}}보다 적고, 그 대가로 {} 데이터의 제약 조건, join, 임의 \
                 query를 포기하게 된다",
                demand.name
            ),
        ),
    )
}

/// The choice of a store of its own for a dataset.
pub(super) fn own(
    draft: &mut Draft<'_>,
    plain: &Demand,
    demand: &Demand,
    sized: &[(Technology, Sized)],
    (chosen, cheapest): (Technology, Technology),
) -> Choice {
    let taken = |wanted: Technology| {
        sized.iter().find(|(t, _)| *t == wanted).map(|(_, s)| s).expect("all were sized")
    };
    let options = sized
        .iter()
        .map(|(technology, size)| {
            let mut made = store_option(*technology, demand, size);
            if *technology != chosen {
                made.excuse = Some(if *technology == cheapest {
                    pinned_away(size, taken(chosen))
                } else if size.refused.is_none() && dearer(draft, &size.cost, &taken(chosen).cost) {
                    runs_already(&size.cost, &taken(chosen).cost)
                } else {
                    store_excuse(demand, *technology, size, (chosen, taken(chosen)))
                });
            }
            made
        })
        .collect();
    let single = taken(Technology::Postgresql);
    let forced_by = match &single.refused {
        Some((_, need, limit)) => vec![need.clone(), limit.clone()],
        None => vec![single.cost.clone()],
    };
    let cost = &taken(chosen).cost;
    let need = &forced_by[0];
    let (writes_en, writes_ko) = writes_fit(draft, &plain.name);
    let reason = t(
        format!(
            "{} outgrows one server ({{{need}}}), and of what fits this is the cheapest with \
             its operation: {{{cost}}}.{writes_en}",
            plain.name
        ),
        format!(
            "{} 데이터는 서버 한 대를 넘어서고({{{need}}}), 감당할 수 있는 것 가운데 운영까지 \
             합쳐 가장 싸다. 비용은 {{{cost}:이다}}.{writes_ko}",
            plain.name
        ),
    );
    let pin = pin_of(draft, chosen, &plain.name).map(|pin| {
        let least = &taken(cheapest).cost;
        let holds = chosen == cheapest || taken(chosen).refused.is_none();
        let text = t(
            format!("It carries the load at {{{cost}}}; the cheapest that does costs {{{least}}}."),
            format!("{{{cost}}}에 부하를 감당한다. 감당하는 것 중 가장 싼 안은 {{{least}:이다}}."),
        );
        draft.judged(pin, holds, text)
    });
    let pin = pin.or_else(|| by_time(draft, plain, cost));
    Choice {
        id: format!("store.{}", plain.name),
        question: t(
            format!("Which store for {}?", plain.name),
            format!("{} 데이터를 어디에 둘 것인가?", plain.name),
        ),
        options,
        chosen: chosen.option().to_owned(),
        reason,
        forced_by,
        changes_at: None,
        pin,
    }
}

fn pinned_away(size: &Sized, taken: &Sized) -> Excuse {
    let (cost, other) = (&size.cost, &taken.cost);
    excuse(
        Bottleneck::Rule,
        &[cost, other],
        t(
            format!("{{{cost}}} instead of {{{other}}}, but the brief names another"),
            format!("{{{other}}} 대신 {{{cost}}}에 되지만, 요구서가 다른 것을 지정했다"),
        ),
    )
}

/// The choice of a cache.
pub(super) fn cache(
    draft: &mut Draft<'_>,
    demand: &Demand,
    size: Option<&CacheSize>,
    pays: bool,
) -> Choice {
    let name = &demand.name;
    let (without, with) = (format!("cache.{name}.cost_without"), format!("cache.{name}.cost_with"));
    let mut none = option(
        "none",
        t("no cache", "cache 없음"),
        vec![t(
            format!("one part less, and readers of {name} never see an old value"),
            format!("부품이 하나 적고, {name} 데이터의 옛 값을 볼 일이 없다"),
        )],
        vec![t(
            format!("the store answers every read: {{{}}} at peak", demand.point_reads),
            format!("저장소가 최대 {{{}}}의 읽기를 전부 받는다", demand.point_reads),
        )],
        Some(without.clone()),
    );
    let mut shared = option(
        "redis",
        t("Redis shards in front of the store", "저장소 앞의 Redis shard"),
        vec![t(
            format!(
                "one command thread answers a read of {name} in {{station.redis.get}}; the store \
                 is sized for what misses"
            ),
            format!(
                "command thread 하나가 {name} 읽기를 {{station.redis.get}}에 답하고, 저장소는 \
                 miss만 감당하면 된다"
            ),
        )],
        vec![t(
            "one more technology to run ({assumed.ops.technology}), and a cold cache that the \
             store must be protected from",
            "운영할 기술이 하나 늘고({assumed.ops.technology}), cache가 비었을 때 저장소를 \
             보호해야 한다",
        )],
        Some(with.clone()),
    );
    let why_not_more = excuse(
        Bottleneck::Cost,
        &[&without, &with],
        if pays {
            t(
                format!("the store alone would cost {{{without}}}, with a cache {{{with}}}"),
                format!("저장소만으로는 {{{without}}}, cache를 두면 {{{with}:이다}}"),
            )
        } else {
            t(
                format!("cache and store cost {{{with}}}, the store alone {{{without}}}"),
                format!("cache와 저장소를 합쳐 {{{with}}}, 저장소만으로는 {{{without}:이다}}"),
            )
        },
    );
    let chosen = if size.is_some() { "redis" } else { "none" };
    if size.is_some() {
        none.excuse = Some(why_not_more);
    } else {
        shared.excuse = Some(why_not_more);
    }
    let reason = if size.is_some() {
        let (aging_en, aging_ko) = aging(draft, name);
        t(
            format!(
                "{{option.{name}.redis.shards}} shards hold {{option.{name}.redis.entries}} \
                 entries and answer {{cache.{name}.hit_ratio}} of the reads: the size at which \
                 cache and store together cost least.{aging_en}"
            ),
            format!(
                "shard {{option.{name}.redis.shards}}개에 {{option.{name}.redis.entries}}개가 \
                 들어가 읽기의 {{cache.{name}.hit_ratio:을}} 답한다. cache와 저장소를 합친 비용이 \
                 가장 적은 크기다.{aging_ko}"
            ),
        )
    } else {
        t(
            format!("The store carries every read of {name} for less than a cache would add."),
            format!("{name} 읽기를 저장소가 모두 감당하는 편이 cache를 더하는 것보다 싸다."),
        )
    };
    let pin = draft.pin(&["cache", "redis", "memcached"], name).map(|pin| {
        let text = if pays {
            t(
                format!("It pays: {{{with}}} instead of {{{without}}}."),
                format!("이득이다. {{{without}}} 대신 {{{with}:이다}}."),
            )
        } else {
            t(
                format!("It is kept, though the store alone would cost {{{without}}}."),
                format!("유지하지만, 저장소만으로는 {{{without}}}에 된다."),
            )
        };
        draft.judged(pin, pays, text)
    });
    Choice {
        id: format!("cache.{name}"),
        question: t(
            format!("Is there a cache in front of {name}?"),
            format!("{name} 데이터 앞에 cache를 둘 것인가?"),
        ),
        options: vec![none, shared],
        chosen: chosen.to_owned(),
        reason,
        forced_by: vec![without],
        changes_at: None,
        pin,
    }
}

/// The choice of who runs a database.
pub(super) fn managed(
    component: &str,
    own: &str,
    rented: &str,
    (managed, promised): (bool, bool),
) -> Choice {
    let mut by_us = option(
        "self-run",
        t("run by the team", "직접 운영"),
        vec![t(
            format!("the machines of {component} at their plain price, every setting in reach"),
            format!("{component} 장비를 원가로 쓰고 모든 설정을 바꿀 수 있다"),
        )],
        vec![t(
            "backups, upgrades and failovers are ours: {assumed.ops.technology}",
            "백업, 업그레이드, failover를 직접 맡는다: {assumed.ops.technology}",
        )],
        Some(own.to_owned()),
    );
    let mut by_provider = option(
        "managed",
        t("run by the provider", "관리형 서비스"),
        vec![t(
            format!("the provider replaces, patches and backs up {component}"),
            format!("{component}의 교체, patch, 백업을 provider가 한다"),
        )],
        vec![t(
            "each hour costs about twice the machine, and extensions and settings are fewer",
            "시간당 가격이 장비의 두 배쯤이고 쓸 수 있는 확장과 설정이 적다",
        )],
        Some(rented.to_owned()),
    );
    let (dear, cheap) = if managed { (own, rented) } else { (rented, own) };
    let why = excuse(
        Bottleneck::Cost,
        &[dear, cheap],
        t(
            format!("{{{dear}}} with the work of people, against {{{cheap}}}"),
            format!("사람의 일까지 {{{dear}}}, 선택안은 {{{cheap}:이다}}"),
        ),
    );
    if managed {
        by_us.excuse = Some(why);
    } else if !promised {
        by_provider.excuse = Some(excuse(
            Bottleneck::Availability,
            &["run.promise", "fact.sla.aws.rds.multiaz"],
            t(
                "database, balancer and region together promise {run.promise}, less than the \
                 strictest objective",
                "database, balancer, region의 약속을 곱하면 {run.promise:이다}. 가장 엄격한 목표보다 \
                 낮다",
            ),
        ));
    } else {
        by_provider.excuse = Some(why);
    }
    Choice {
        id: format!("run.{component}"),
        question: t(format!("Who runs {component}?"), format!("{component} 운영은 누가 하는가?")),
        options: vec![by_us, by_provider],
        chosen: if managed { "managed" } else { "self-run" }.to_owned(),
        reason: t(
            format!("{{{cheap}}} for machines and people, and the objectives can be held."),
            format!("장비와 사람을 합쳐 {{{cheap}}}에 목표를 지킬 수 있다."),
        ),
        forced_by: vec![cheap.to_owned()],
        changes_at: None,
        pin: None,
    }
}

/// A database for time series, where the brief wants one: what it does, and which of the sized ones does
/// it here.
fn by_time(draft: &mut Draft<'_>, demand: &Demand, cost: &str) -> Option<PinVerdict> {
    let pin = draft.pin(&["time-series-store"], &demand.name)?;
    if draft.dataset(&demand.name).shape != Shape::TimeSeries {
        return None;
    }
    let text = t(
        format!(
            "Rows lie by series and time, expire by themselves and cost {{{cost}}}; an engine made \
             for series alone compresses better, but the catalogue has no figures that were measured \
             of one."
        ),
        format!(
            "행을 series와 시각 순서로 두고 기한이 지나면 저절로 지운다. 비용은 {{{cost}:이다}}. 전용 \
             엔진이 압축은 더 잘하지만 catalogue에 실측값이 없어 크기를 재지 않았다."
        ),
    );
    Some(draft.judged(pin, true, text))
}
