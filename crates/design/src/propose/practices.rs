//! What the brief asks for by the name of a practice, and where the design has it.

mod placing;

use tenfold_estimate::{Access, Estimate, Operation, Pin, Shape};
use tenfold_units::Text;

use crate::book::Book;
use crate::draft::t;
use crate::types::{Choice, Component, Design, Kind, PinVerdict};

/// Returns a verdict on each practice that the brief names and no choice decides.
pub(super) fn all(
    book: &Book<'_>,
    estimate: &Estimate,
    design: &Design,
    choices: &[Choice],
) -> Vec<PinVerdict> {
    // "Write-through cache": that there is a cache is a choice, how it is written is not.
    let decided = |pin: &&Pin| {
        let at = |v: &PinVerdict| (v.line, v.column) == (pin.line, pin.column);
        let chosen = || choices.iter().any(|choice| choice.pin.as_ref().is_some_and(at));
        let named_closer = |other: &Pin| {
            let here = (other.line, other.column) == (pin.line, pin.column);
            here && ["geo-sharding", "range-sharding"].contains(&other.keyword.as_str())
        };
        if pin.keyword == "sharding" && estimate.pins.iter().any(named_closer) {
            return false;
        }
        !pin.negated && (placing::WRITTEN.contains(&pin.keyword.as_str()) || !chosen())
    };
    let look = Look { book, estimate, design, choices };
    let judged = |pin: &Pin| {
        let (holds, verdict) = look.judge(&pin.keyword)?;
        let (line, column, text) = (pin.line, pin.column, pin.text.clone());
        Some(PinVerdict { line, column, text, holds, verdict })
    };
    estimate.pins.iter().filter(decided).filter_map(judged).collect()
}

struct Look<'a> {
    book: &'a Book<'a>,
    estimate: &'a Estimate,
    design: &'a Design,
    choices: &'a [Choice],
}

impl Look<'_> {
    fn judge(&self, keyword: &str) -> Option<(bool, Text)> {
        Some(match keyword {
            "circuit-breaker" => self.breakers(),
            "retry" => self.retries(),
            "rate-limiter" => self.limits(),
            "sharding" | "consistent-hashing" => self.shards(),
            "replication" => self.copies(),
            "dead-letter-queue" => self.dead_letters(),
            "saga" | "outbox" => self.sagas(),
            "geo-sharding" => self.by_place(),
            "range-sharding" => self.by_range(),
            "cache-aside" => self.filled_by_readers(),
            "write-through" => self.written_through(),
            "write-behind" => self.written_behind(),
            "browser-cache" => self.in_browsers(),
            "page-cache" => self.in_pages(),
            "cqrs" | "materialized-view" => self.views()?,
            "event-sourcing" => self.entries()?,
            "geohash" => self.places(),
            "snowflake-id" => self.ascending(),
            "rest" => self.interface(),
            "virtual-waiting-room" | "message-queue" => self.line()?,
            _ => return None,
        })
    }

    fn components(&self, has: impl Fn(&Component) -> bool) -> Vec<String> {
        let with = self.design.components.iter().filter(|(_, component)| has(component));
        with.map(|(name, _)| name.clone()).collect()
    }

    fn breakers(&self) -> (bool, Text) {
        let links: Vec<String> = self
            .design
            .links
            .iter()
            .filter(|(_, link)| link.breaker.is_some())
            .map(|(id, _)| id.to_string())
            .collect();
        listed(
            &links,
            "Breakers stand where a caller can go on without the answer",
            "응답 없이도 진행할 수 있는 호출에 breaker를 둔다",
            "Nothing here can go on without an answer: a breaker would refuse what time-outs and \
             bounded queues already let go",
            "응답 없이 진행할 수 있는 호출이 없다. breaker가 거절할 것은 time-out과 한도 있는 queue가 이미 \
             놓아준다",
        )
    }

    fn retries(&self) -> (bool, Text) {
        let links = self.design.links.iter().filter(|(_, link)| link.retry.is_some());
        let links: Vec<String> = links.map(|(id, _)| id.to_string()).collect();
        listed(
            &links,
            "One layer retries, with exponential waits, full jitter and a budget",
            "한 계층만, 지수로 늘어나는 대기와 full jitter와 예산을 두고 재시도한다",
            "Nothing is retried: no call crosses a network to a store, or none could be answered a \
             second time within its share of what is promised",
            "재시도하는 곳이 없다. network를 건너 저장소를 부르는 호출이 없거나, 약속한 시간 안의 몫으로는 \
             두 번째 시도가 답을 받을 수 없다",
        )
    }

    fn limits(&self) -> (bool, Text) {
        listed(
            &self.components(|component| !component.limits.is_empty()),
            "Callers are limited by token buckets",
            "token bucket으로 호출자를 제한한다",
            "Nothing writes from outside, so that nobody is limited",
            "밖에서 쓰는 요청이 없어 제한할 호출자가 없다",
        )
    }

    fn shards(&self) -> (bool, Text) {
        let split = |component: &Component| {
            let counted = component.shards.as_ref().and_then(|shards| shards.count);
            let several = counted.unwrap_or(0) > 1;
            several || component.shards.as_ref().is_some_and(|shards| shards.count.is_none())
        };
        let (split, whole): (Vec<String>, Vec<String>) = (
            self.components(split),
            self.components(|c| c.kind == Kind::Store && c.shards.is_none()),
        );
        let size = whole.first().map(|name| format!("store.{name}.bytes"));
        let known = size.filter(|id| self.book.ledger.contains(id));
        let size = known.map_or_else(String::new, |id| format!(" ({{{id}}})"));
        listed(
            &split,
            "Data is divided by the hash of its key",
            "데이터를 key의 hash로 나눈다",
            &format!("It is not split: all of it fits on one server{size}"),
            &format!("서버 한 대에 모두 들어가므로{size} 나누지 않는다"),
        )
    }

    fn copies(&self) -> (bool, Text) {
        let copied = |c: &Component| c.replication.as_ref().is_some_and(|r| r.factor > 1);
        let all: Vec<String> = self
            .components(copied)
            .iter()
            .map(|name| {
                let copies = self.design.components[name.as_str()].replication.as_ref();
                format!("{name} ×{}", copies.map_or(1, |r| r.factor))
            })
            .collect();
        listed(
            &all,
            "Copies stand in different zones",
            "복제본을 서로 다른 zone에 둔다",
            "Nothing here keeps data of its own",
            "자체 데이터를 두는 곳이 없다",
        )
    }

    fn dead_letters(&self) -> (bool, Text) {
        let topics = |c: &Component| c.topic.as_ref().is_some_and(|topic| topic.dead_letter);
        listed(
            &self.components(topics),
            "What fails after all attempts goes to a dead-letter topic",
            "모든 시도가 실패한 record를 dead-letter topic으로 보낸다",
            "There is no log: a row that cannot be worked off stays in its table and is counted",
            "log가 없다. 처리하지 못한 행은 table에 남기고 센다",
        )
    }

    fn sagas(&self) -> (bool, Text) {
        let steps = self.choices.iter().filter(|choice| choice.id.starts_with("steps."));
        let names: Vec<String> =
            steps.map(|choice| choice.id.trim_start_matches("steps.").to_owned()).collect();
        listed(
            &names,
            "It is how several things change as one",
            "여러 곳의 변경을 하나로 묶는 방식이다",
            "No request changes several things that one transaction could not hold",
            "transaction 하나에 담지 못할 여러 변경을 하는 요청이 없다",
        )
    }

    /// Reads from rows that a worker derives from a log, apart from those that are written.
    fn views(&self) -> Option<(bool, Text)> {
        let views: Vec<String> = self
            .design
            .flows
            .iter()
            .filter(|(name, _)| {
                let job = |kind| kind == tenfold_estimate::OperationKind::Job;
                self.design.workload.get(name.as_str()).is_some_and(|o| job(o.kind))
            })
            .flat_map(|(name, _)| self.estimate.operations.iter().filter(move |o| o.name == *name))
            .flat_map(|operation| operation.touches.iter().skip(1))
            .map(|touch| touch.dataset.clone())
            .collect();
        if views.is_empty() {
            return self.no_views();
        }
        Some(listed(
            &views,
            "Reads have rows of their own that a worker derives from the events",
            "읽기는 worker가 event에서 만든 행을 본다",
            "",
            "",
        ))
    }

    fn no_views(&self) -> Option<(bool, Text)> {
        let known =
            ["read_qps_peak", "write_qps_peak"].iter().all(|id| self.book.ledger.contains(id));
        known.then(|| {
            (
                false,
                t(
                    "Reads and writes share their rows here: {read_qps_peak} and {write_qps_peak} \
                     at peak fit together, and a second model would need a log, workers and a \
                     word on how old a read may be.",
                    "여기서는 읽기와 쓰기가 같은 행을 쓴다. 최대 {read_qps_peak}와 {write_qps_peak}를 함께 \
                     감당한다. 모델을 나누면 log와 worker가 더 필요하고 읽기가 얼마나 늦어도 되는지도 정해야 \
                     한다.",
                ),
            )
        })
    }

    /// Data that is only appended and from which the present state follows.
    fn entries(&self) -> Option<(bool, Text)> {
        let kept = |d: &&tenfold_estimate::Dataset| d.shape == Shape::Log;
        let logs = self.estimate.datasets.iter().filter(kept).map(|d| d.name.clone());
        let logs: Vec<String> = logs.collect();
        if logs.is_empty() {
            return self.no_views();
        }
        Some(listed(
            &logs,
            "Events are appended and never changed; rows can be derived from them again while they \
             are kept",
            "event는 덧붙이기만 하고 바꾸지 않는다. 보관하는 동안은 행을 다시 만들 수 있다",
            "",
            "",
        ))
    }

    /// A queue in which requests wait for their turn: it helps those who are promised nothing sooner.
    fn line(&self) -> Option<(bool, Text)> {
        let value = |id: &str| self.book.ledger.contains(id).then(|| self.book.value(id));
        let rush = |o: &&Operation| {
            value(&o.qps_peak).unwrap_or(0.0) / value(&o.qps_avg).unwrap_or(1.0).max(1e-9)
        };
        let all = self.estimate.operations.iter();
        let operation = all.max_by(|a, b| rush(a).total_cmp(&rush(b)))?;
        let (name, peak, average) = (&operation.name, &operation.qps_peak, &operation.qps_avg);
        let promise = self.estimate.objectives.iter().find(|objective| {
            let own = objective.operation.as_deref().is_none_or(|of| of == operation.name);
            own && objective.sli.quantile().is_some()
        })?;
        let limit = &promise.limit;
        Some((
            false,
            t(
                format!(
                    "The parts are sized for {{{peak}}} of {name}, whose average is {{{average}}}: \
                     nobody has to queue. A queue that halved the rate would make the last of a \
                     rush wait as long as the rush lasts, and {{{limit}}} is promised. What comes \
                     beyond the size is refused at once, with Retry-After and jitter, which is a \
                     queue at the clients.",
                ),
                format!(
                    "평균 {{{average}}}인 {name} 요청이 {{{peak}}}까지 몰려도 감당하도록 크기를 정했으므로 \
                     줄을 세울 필요가 없다. 대기열로 rate를 반으로 낮추면 마지막 사람은 몰리는 시간만큼 더 \
                     기다려야 하는데, 약속은 {{{limit}}}이다. 크기를 넘는 요청은 jitter를 준 Retry-After와 \
                     함께 바로 거절한다. 클라이언트 쪽에 줄을 세우는 셈이다.",
                ),
            ),
        ))
    }

    fn places(&self) -> (bool, Text) {
        let names = self.placed();
        listed(
            &names,
            "Cells of the map are the key",
            "지도의 cell을 key로 쓴다",
            "Nothing is looked for by its place",
            "위치로 찾는 데이터가 없다",
        )
    }

    /// Datasets in which something looks for what is near.
    fn placed(&self) -> Vec<String> {
        let near = |name: &String| {
            let touches = self.estimate.operations.iter().flat_map(|o| &o.touches);
            touches.into_iter().any(|t| t.dataset == *name && t.access == Access::Nearby)
        };
        let names = self.estimate.datasets.iter().map(|d| d.name.clone());
        names.filter(near).collect()
    }

    fn ascending(&self) -> (bool, Text) {
        let own = |d: &&tenfold_estimate::Dataset| {
            let last = d.key.last();
            let bigint = |c: &tenfold_estimate::Column| c.kind == "bigint" && Some(&c.name) == last;
            d.columns.iter().any(bigint)
        };
        let names: Vec<String> =
            self.estimate.datasets.iter().filter(own).map(|d| d.name.clone()).collect();
        listed(
            &names,
            "Ids that ascend with time keep the order of rows within their key",
            "시간순으로 커지는 id가 key 안의 순서를 지킨다",
            "No data here is read in the order of its ids",
            "id 순서로 읽는 데이터가 없다",
        )
    }

    fn interface(&self) -> (bool, Text) {
        let count = self.estimate.api.len();
        (
            count > 0,
            t(
                format!("The {count} calls of section 1 are written as such."),
                format!("1절의 API {count}개를 그 형식으로 적었다."),
            ),
        )
    }
}

/// A verdict on what is found in these places, or why there is none.
fn listed(names: &[String], en: &str, ko: &str, none_en: &str, none_ko: &str) -> (bool, Text) {
    if names.is_empty() {
        return (false, t(format!("{none_en}."), format!("{none_ko}.")));
    }
    let names = names.join(", ");
    (true, t(format!("{en}: {names}."), format!("{ko}: {names}.")))
}
