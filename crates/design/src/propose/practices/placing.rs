//! Where rows and their copies are, and how a cache comes by them.

use tenfold_units::Text;

use super::{Look, listed};
use crate::draft::t;
use crate::types::{CacheLevel, Component, Kind, ShardBy};

/// Ways of writing a cache: a verdict of their own beside that on the cache.
pub(super) const WRITTEN: [&str; 3] = ["cache-aside", "write-through", "write-behind"];

impl Look<'_> {
    /// Datasets that a cache copies.
    fn cached(&self) -> Vec<String> {
        let caches = self.design.components.values().filter_map(|c| c.cache.as_ref());
        let inside = caches.filter(|cache| cache.level != CacheLevel::Edge);
        inside.map(|cache| cache.of.clone()).collect()
    }

    /// Changes and reads of the cached dataset that changes most, as figures.
    fn changes(&self) -> Option<(String, String)> {
        let id = |name: &str, what: &str| format!("data.{name}.{what}_peak");
        let known = |name: &String| {
            ["writes", "point_reads"].iter().all(|what| self.book.ledger.contains(&id(name, what)))
        };
        let writes = |name: &String| self.book.value(&id(name, "writes"));
        let cached = self.cached();
        let most = cached.iter().filter(|name| known(name));
        let most = most.max_by(|a, b| writes(a).total_cmp(&writes(b)))?;
        Some((id(most, "writes"), id(most, "point_reads")))
    }

    fn no_cache() -> (bool, Text) {
        (
            false,
            t(
                "No cache stands before a store here: the stores answer all reads themselves.",
                "저장소 앞에 cache가 없다. 저장소가 모든 읽기에 직접 답한다.",
            ),
        )
    }

    pub(super) fn filled_by_readers(&self) -> (bool, Text) {
        let cached = self.cached();
        if cached.is_empty() {
            return Self::no_cache();
        }
        listed(
            &cached,
            "Who misses reads the store and fills the cache; a writer deletes the entry after its \
             commit",
            "miss한 쪽이 저장소를 읽어 cache를 채우고, 쓰는 쪽은 commit 뒤에 항목을 지운다",
            "",
            "",
        )
    }

    pub(super) fn written_through(&self) -> (bool, Text) {
        let Some((writes, reads)) = self.changes() else { return Self::no_cache() };
        (
            false,
            t(
                format!(
                    "The cache is filled by those who miss: {{{writes}}} changes and {{{reads}}} \
                     reads at peak. Written through, each change would wait for the cache as well, \
                     two writers could leave the older value in it, and rows that nobody reads \
                     would push out others."
                ),
                format!(
                    "cache는 miss한 쪽이 채운다. 최대 변경은 {{{writes}}}, 읽기는 {{{reads}:이다}}. \
                     write-through라면 변경마다 cache까지 기다리고, 동시에 쓰면 옛 값이 남을 수 있으며, \
                     아무도 읽지 않는 행이 다른 행을 밀어낸다."
                ),
            ),
        )
    }

    pub(super) fn written_behind(&self) -> (bool, Text) {
        let Some((writes, _)) = self.changes() else { return Self::no_cache() };
        (
            false,
            t(
                format!(
                    "The store has each of the {{{writes}}} changes before it is answered: written \
                     behind, a lost cache node would take changes that users were told are kept."
                ),
                format!(
                    "변경 {{{writes}:은}} 모두 응답 전에 저장소에 남는다. write-behind라면 cache node를 \
                     잃을 때 저장했다고 답한 변경까지 사라진다."
                ),
            ),
        )
    }

    pub(super) fn in_browsers(&self) -> (bool, Text) {
        let fronts = |c: &Component| c.kind == Kind::Cdn;
        listed(
            &self.components(fronts),
            "What the edge keeps goes out with a lifetime, which browsers keep too",
            "edge가 보관하는 응답에 수명을 붙여 보내며 browser도 그동안 보관한다",
            "No answer here is the same for everybody and for long enough: a copy in a browser would \
             go on showing what has changed, and what it answers is not counted",
            "모두에게 같고 오래 유효한 응답이 없다. browser의 사본은 바뀐 뒤에도 옛 값을 보이고, 거기서 \
             답한 요청은 세지 못한다",
        )
    }

    pub(super) fn in_pages(&self) -> (bool, Text) {
        listed(
            &self.components(|c| c.kind == Kind::Store && !c.runs.managed),
            "The memory of the store's machines keeps pages that are read often; sizes count reads \
             from the disk without it",
            "저장소 machine의 memory가 자주 읽는 page를 보관한다. 크기는 그것 없이 disk에서 읽는 것으로 \
             계산했다",
            "The stores are run by the provider, with page caches of their own",
            "저장소를 provider가 운영하며 page cache도 그 안에 있다",
        )
    }

    pub(super) fn by_place(&self) -> (bool, Text) {
        let placed = |c: &Component| c.shards.as_ref().is_some_and(|s| s.by == ShardBy::Geo);
        listed(
            &self.components(placed),
            "Cells of the map decide the shard, so that a search for what is near asks one",
            "지도의 cell이 shard를 정하므로 가까운 것을 찾을 때 shard 하나에만 묻는다",
            "Rows are not divided by place: the largest city would be one shard's whole load, and \
             who travels would have to move; a hash of the key spreads both",
            "행을 지역으로 나누지 않는다. 가장 큰 도시의 부하가 shard 하나에 몰리고 이동하는 사용자의 행을 \
             옮겨야 한다. key의 hash가 둘 다 고르게 나눈다",
        )
    }

    pub(super) fn by_range(&self) -> (bool, Text) {
        let ranged = |c: &Component| c.shards.as_ref().is_some_and(|s| s.by == ShardBy::Range);
        listed(
            &self.components(ranged),
            "Ranges of the key decide the shard",
            "key의 범위가 shard를 정한다",
            "Rows are divided by the hash of their key, and ordered only within it: with ranges the \
             newest rows, which are written and read most, would all be on one shard",
            "행은 key의 hash로 나누고 그 안에서만 순서를 지킨다. 범위로 나누면 가장 많이 쓰고 읽는 최신 \
             행이 모두 shard 하나에 몰린다",
        )
    }
}
