//! What the design assumes beyond the catalogue, each once, with its reason.

use tenfold_units::{Interval, Quality, Unit};

/// One assumption: 10 % quantile, value, 90 % quantile in the base unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Assumption {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) unit: Unit,
    low: f64,
    mid: f64,
    high: f64,
    pub(crate) why: &'static str,
    pub(crate) quality: Quality,
}

impl Assumption {
    pub(crate) fn interval(&self) -> Interval {
        Interval::quantiles(self.low, self.mid, self.high)
    }
}

/// Returns the assumption of this name.
pub(crate) fn get(name: &str) -> &'static Assumption {
    ALL.iter().find(|entry| entry.name == name).unwrap_or_else(|| panic!("no assumption `{name}`"))
}

const fn recall(
    name: &'static str,
    label: &'static str,
    unit: Unit,
    [low, mid, high]: [f64; 3],
    why: &'static str,
) -> Assumption {
    Assumption { name, label, unit, low, mid, high, why, quality: Quality::Recall }
}

const fn rule(
    name: &'static str,
    label: &'static str,
    unit: Unit,
    value: f64,
    why: &'static str,
) -> Assumption {
    let quality = Quality::Derived;
    Assumption { name, label, unit, low: value, mid: value, high: value, why, quality }
}

const ALL: &[Assumption] = &[
    recall(
        "encode.busy",
        "share of the day that an encoder works",
        Unit::Ratio,
        [0.6, 0.8, 0.9],
        "a queue evens out the day; the rest is left for machines that come and go",
    ),
    recall(
        "recommend.score",
        "core time to score some hundred candidates in the request",
        Unit::Seconds,
        [0.005, 0.02, 0.1],
        "a small ranking model on a processor; nobody's measurement stands behind it",
    ),
    recall(
        "memory.nearby",
        "thread time to find those near a place in memory",
        Unit::Seconds,
        [0.000_05, 0.000_15, 0.000_6],
        "some tens of entries of a few cells are compared and sorted, against one entry of a GET",
    ),
    recall(
        "recommend.build",
        "core time to work out one user's list in a batch",
        Unit::Seconds,
        [0.001, 0.005, 0.05],
        "batches share what scoring loads; nobody's measurement stands behind it",
    ),
    recall(
        "ops.technology",
        "operating one more self-run stateful technology",
        Unit::UsdPerMonth,
        [500.0, 2_000.0, 6_000.0],
        "a tenth of an engineer at $20 k a month: upgrades, backups, incidents, knowing it",
    ),
    recall(
        "steps.dependency_availability",
        "availability of one service or provider that an operation waits for",
        Unit::Ratio,
        [0.999, 0.9995, 0.9999],
        "between three and four nines, what such services promise",
    ),
    rule(
        "steps.attempts",
        "attempts of a layer that retries",
        Unit::Count,
        4.0,
        "one call and three retries",
    ),
    recall(
        "ops.managed",
        "operating one more managed technology",
        Unit::UsdPerMonth,
        [100.0, 500.0, 1_500.0],
        "a quarter of a self-run one: the provider replaces, patches and backs up",
    ),
    recall(
        "ops.sharding",
        "building and running a sharding layer over a database that has none",
        Unit::UsdPerMonth,
        [4_000.0, 10_000.0, 25_000.0],
        "half an engineer at $20 k a month for each eight shards: routing, moving, schema changes",
    ),
    recall(
        "ops.learning",
        "learning a technology that the team does not know, spread over a year",
        Unit::UsdPerMonth,
        [800.0, 1_700.0, 5_000.0],
        "one engineer-month at $20 k, over twelve months",
    ),
    recall(
        "restore.hours",
        "longest restore of one server from its backup",
        Unit::Seconds,
        [14_400.0, 28_800.0, 86_400.0],
        "a dropped table or a broken migration must be undone within one working day",
    ),
    recall(
        "restore.rate",
        "rate at which a server is rebuilt from a backup",
        Unit::BytesPerSecond,
        [100e6, 209.7e6, 500e6],
        "200 MiB/s, the rate of fact mttr.node_rebuild",
    ),
    recall(
        "pg.disk_overhead",
        "room on a PostgreSQL disk for each byte of rows",
        Unit::Factor,
        [1.2, 1.5, 2.2],
        "row headers, the primary index, free space that vacuum keeps, WAL",
    ),
    recall(
        "pg.cached_ratio",
        "share of the reads of one PostgreSQL that its memory answers when its data do not fit",
        Unit::Ratio,
        [0.3, 0.6, 0.9],
        "upper index pages and the hottest rows; without a cache in front",
    ),
    recall(
        "pg.miss_reads",
        "disk reads for one row that is not in memory",
        Unit::Count,
        [1.0, 2.0, 3.0],
        "a leaf page of the index and the page of the row",
    ),
    recall(
        "pg.write_iops",
        "disk operations for one row written",
        Unit::Count,
        [1.0, 3.0, 6.0],
        "index page, row page, a share of the WAL flush",
    ),
    rule(
        "pg.max_connections",
        "connections that one PostgreSQL is given",
        Unit::Count,
        500.0,
        "10 MB each (fact pg.conn_mem) and one process each: beyond that a pooler stands between",
    ),
    recall(
        "disk.fill",
        "part of a disk that may be full",
        Unit::Ratio,
        [0.7, 0.8, 0.9],
        "time to react before it is full",
    ),
    recall(
        "cassandra.fill",
        "part of a disk that data may fill under size-tiered compaction",
        Unit::Ratio,
        [0.4, 0.5, 0.7],
        "a compaction writes its output before it deletes its input",
    ),
    recall(
        "cassandra.claim_rounds",
        "work of a conditional write against a plain one",
        Unit::Factor,
        [3.0, 4.0, 6.0],
        "four phases of Paxos over the replicas (prepare, read, propose, commit)",
    ),
    recall(
        "cache.row_overhead",
        "bytes of a cache entry besides the item: key, hash table, allocator",
        Unit::Bytes,
        [100.0, 200.0, 500.0],
        "fact redis.mem_overhead for the entry, an embedded key and the allocator's rounding",
    ),
    rule(
        "cache.process_bytes",
        "memory for a cache in the process of each instance",
        Unit::Bytes,
        256e6,
        "fits beside the program on the smallest instance",
    ),
    recall(
        "cache.age_term_half_life",
        "half-life of the interest that does not depend on a key's age",
        Unit::Seconds,
        [2_592_000.0, 7_776_000.0, 31_536_000.0],
        "links in pages, books and signatures are followed for months",
    ),
    recall(
        "new_connection_ratio",
        "requests that open a new connection",
        Unit::Ratio,
        [0.3, 0.5, 1.0],
        "people follow one link and go on elsewhere; programs keep their connections",
    ),
    recall(
        "new_connection_ratio.app",
        "requests of an app or a site that open a new connection",
        Unit::Ratio,
        [0.02, 0.1, 0.3],
        "ten requests a visit over one connection",
    ),
    recall(
        "log.request_bytes",
        "log bytes kept for each request",
        Unit::Bytes,
        [3.0, 30.0, 300.0],
        "fact log.line for one request in ten; all errors",
    ),
    recall(
        "isolation.ratio_max",
        "what a service of its own may cost against what it protects",
        Unit::Ratio,
        [0.05, 0.1, 0.2],
        "a deploy or a slow query of one must not touch the other, for a tenth of its price",
    ),
    recall(
        "region.outage",
        "how long a major event of a region lasts",
        Unit::Seconds,
        [7_200.0, 18_000.0, 43_200.0],
        "hours, as in the provider's public summaries of such events",
    ),
    recall(
        "region.takeover",
        "time until another region has taken over",
        Unit::Seconds,
        [300.0, 1_200.0, 7_200.0],
        "to notice, to decide, to promote the stores, and to let the services grow",
    ),
    recall(
        "region.rtt",
        "round trip between regions of a continent",
        Unit::Seconds,
        [0.015, 0.06, 0.12],
        "where the catalogue has no measurement of the pair",
    ),
    recall(
        "film.length",
        "length of a licensed title, all its episodes",
        Unit::Seconds,
        [2_400.0, 5_400.0, 36_000.0],
        "a film; a series has several hours",
    ),
    recall(
        "services.people",
        "people of a team that owns a service",
        Unit::Count,
        [3.0, 5.0, 8.0],
        "enough to be on call in turns and to go on when one leaves",
    ),
    rule(
        "memory.table_share",
        "part of a database's commits and cores that may go to state that comes back by itself",
        Unit::Ratio,
        0.1,
        "its dead rows and log records then stay within what vacuum and the disk do not notice",
    ),
    rule(
        "partition.max_bytes",
        "bytes of one partition of a wide-column store",
        Unit::Bytes,
        100e6,
        "what Cassandra warns of: compactions and repairs read a partition as a whole",
    ),
    rule(
        "zone_loss.limit",
        "utilization at peak with all zones, of three",
        Unit::Ratio,
        2.0 / 3.0,
        "with one of three zones lost the other two carry three halves of their share",
    ),
    recall(
        "autoscale.floor",
        "part of the peak fleet that the quietest hours need",
        Unit::Ratio,
        [0.5, 0.6, 0.8],
        "mean load ÷ peak load with headroom; scaling follows the daily curve with a delay",
    ),
    recall(
        "backup.copies",
        "bytes of backups for each byte of data",
        Unit::Factor,
        [1.0, 1.3, 2.0],
        "one full copy and a month of changes",
    ),
    recall(
        "ws.kernel",
        "kernel memory of an open TCP connection",
        Unit::Bytes,
        [2_000.0, 4_198.4, 10_000.0],
        "4.1 KiB: the socket's slabs with empty buffers",
    ),
    recall(
        "tcp.ephemeral_ports",
        "connections from one source address to one address and port",
        Unit::Count,
        [16_384.0, 28_232.0, 64_511.0],
        "Linux takes ports 32,768 to 60,999 unless net.ipv4.ip_local_port_range says otherwise",
    ),
    recall(
        "cdn.committed",
        "CDN price of 10^9 bytes with a commitment of years and petabytes",
        Unit::UsdEach,
        [0.001, 0.004, 0.01],
        "a fifth of the last list step; such prices are negotiated and not published",
    ),
    recall(
        "edge.box",
        "an edge box with its space, power, ports and replacement",
        Unit::UsdPerMonth,
        [4_000.0, 10_000.0, 25_000.0],
        "a $60 k server over four years, a 400 Gb/s port and transit for what peering leaves",
    ),
    rule(
        "edge.box_rate",
        "bandwidth of an edge box",
        Unit::BitsPerSecond,
        400e9,
        "one 400 Gb/s port at full load",
    ),
    recall(
        "edge.team",
        "people who build and run an edge",
        Unit::UsdPerMonth,
        [200_000.0, 600_000.0, 2_000_000.0],
        "thirty engineers at $20 k a month",
    ),
    recall(
        "consumer.record_time",
        "time to work off one record in a batch",
        Unit::Seconds,
        [2e-6, 1e-5, 5e-5],
        "parse, add to a map; the write is per batch",
    ),
    recall(
        "kafka.drain",
        "time in which consumers catch up after an hour's stop at peak",
        Unit::Seconds,
        [900.0, 1_800.0, 3_600.0],
        "the backlog is gone before the next busy hour",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_assumption_is_ordered_named_once_and_has_a_reason() {
        for (index, entry) in ALL.iter().enumerate() {
            assert!(entry.low <= entry.mid && entry.mid <= entry.high, "{}", entry.name);
            assert!(!entry.why.is_empty() && !entry.label.is_empty());
            assert!(!ALL[..index].iter().any(|other| other.name == entry.name), "{}", entry.name);
        }
    }
}
