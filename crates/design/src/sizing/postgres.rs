//! PostgreSQL: one primary with a standby, or shards of such pairs.

use tenfold_units::Unit;

use super::{Sized, smallest};
use crate::book::Book;
use crate::demand::Demand;
use crate::{Bottleneck, types::Formula};

/// The family of the servers.
const FAMILY: &str = "m7g";
/// The largest server.
const LARGEST: &str = "m7g.16xlarge";
/// A disk is bought with so many times the operations that are asked of it at peak.
const DISK_HEADROOM: f64 = 1.5;
/// Primary and standby.
pub(crate) const COPIES: u32 = 2;

/// Sizes PostgreSQL for a demand: with `sharded`, as many pairs as it takes, else one pair, refused
/// where it does not fit. Figures stand under `option.<name>.<postgresql or postgresql-sharded>`.
pub(crate) fn size(book: &mut Book<'_>, demand: &Demand, sharded: bool) -> Sized {
    let option = if sharded { "postgresql-sharded" } else { "postgresql" };
    let id = |what: &str| format!("option.{}.{option}.{what}", demand.name);
    let needs = needs(book, demand, &id);
    let shards = if sharded {
        let formula = format!(
            "max(2, ceil({} / {}), ceil({} / {}), ceil({} / {}), ceil({} / {}))",
            needs.vcpus,
            needs.vcpus_max,
            needs.bytes,
            needs.bytes_max,
            needs.iops,
            needs.iops_max,
            needs.writes,
            needs.writes_max
        );
        book.derive(&id("shards"), "shards", Unit::Count, &formula);
        id("shards")
    } else {
        "1".to_owned()
    };
    let count = Formula(shards.clone());
    let shard_count = if sharded { book.value(&shards) } else { 1.0 };
    let per_server = book.value(&needs.vcpus) / shard_count;
    let instance = smallest(book, FAMILY, per_server.max(2.0));
    let price = book.price(&instance);
    let (disk, iops) = disk(book, &needs, &count, &id);
    let cost = cost(book, &id, (&count, &price, &disk, &iops), sharded);
    let checks = [
        (Bottleneck::DiskSpace, &needs.bytes, &needs.bytes_max),
        (Bottleneck::DiskIops, &needs.iops, &needs.iops_max),
        (Bottleneck::Cpu, &needs.vcpus, &needs.vcpus_max),
        (Bottleneck::WriteRate, &needs.writes, &needs.writes_max),
    ];
    let ratio =
        |(_, need, limit): &(Bottleneck, &String, &String)| book.value(need) / book.value(limit);
    let worst = checks
        .iter()
        .max_by(|a, b| ratio(a).total_cmp(&ratio(b)))
        .expect("there are four resources");
    let refused =
        (!sharded && ratio(worst) > 1.0).then(|| (worst.0, worst.1.clone(), worst.2.clone()));
    Sized {
        instances: shard_count as u32 * COPIES,
        shards: shard_count as u32,
        disk_bytes: book.value(&disk),
        disk_iops: book.value(&iops) as u32,
        instance,
        cost,
        refused,
    }
}

/// What is needed of each resource, and what one server can give: figure ids.
struct Needs {
    vcpus: String,
    vcpus_max: String,
    bytes: String,
    bytes_max: String,
    iops: String,
    iops_max: String,
    writes: String,
    writes_max: String,
}

fn needs(book: &mut Book<'_>, demand: &Demand, id: &dyn Fn(&str) -> String) -> Needs {
    let read = book.station("postgres.pk_read");
    let range = book.station("postgres.range_read");
    let insert = book.station("postgres.insert_commit");
    let target = book.fact("sizing.cpu_target");
    book.shape(LARGEST);
    let Demand { point_reads, range_reads, scans, writes, conditional, stored, .. } = demand;
    let cores = format!(
        "{point_reads} * {read} + ({range_reads} + {scans}) * {range} \
         + ({writes} + {conditional}) * {insert}"
    );
    book.derive(&id("cores"), "busy cores at peak", Unit::Erlangs, &cores);
    let vcpus = format!("{} / {target}{}", id("cores"), book.room(&demand.name));
    book.derive(&id("vcpus"), "vCPUs at the target utilization", Unit::Count, &vcpus);
    let overhead = book.assume("pg.disk_overhead");
    let bytes = format!("{stored} * {overhead}");
    book.derive(&id("bytes"), "bytes on the disks of one copy", Unit::Bytes, &bytes);
    let (hours, rate) = (book.assume("restore.hours"), book.assume("restore.rate"));
    let restored = "limit.server_bytes";
    if !book.ledger.contains(restored) {
        let label = "bytes that one server restores within a working day";
        book.derive(restored, label, Unit::Bytes, &format!("{hours} * {rate}"));
    }
    let cached = if demand.cached { "0".to_owned() } else { book.assume("pg.cached_ratio") };
    let (per_miss, per_write) = (book.assume("pg.miss_reads"), book.assume("pg.write_iops"));
    let iops = format!(
        "({point_reads} + {range_reads}) * {per_miss} * (1 - min(1, max({cached}, \
         0.75 * memory.{LARGEST} / max(1, {})))) + ({writes} + {conditional}) * {per_write}",
        id("bytes")
    );
    book.derive(&id("iops"), "disk operations per second at peak", Unit::PerSecond, &iops);
    let most = book.fact("aws.ebs.gp3.max_iops");
    let limit = "limit.disk_iops";
    if !book.ledger.contains(limit) {
        let label = "operations per second that may be asked of one disk";
        book.derive(limit, label, Unit::PerSecond, &format!("{most} / {DISK_HEADROOM}"));
    }
    let all_writes = format!("{writes} + {conditional}");
    book.derive(&id("writes"), "commits per second at peak", Unit::PerSecond, &all_writes);
    Needs {
        vcpus: id("vcpus"),
        vcpus_max: format!("vcpu.{LARGEST}"),
        bytes: id("bytes"),
        bytes_max: restored.to_owned(),
        iops: id("iops"),
        iops_max: limit.to_owned(),
        writes: id("writes"),
        writes_max: book.fact("pg.durable_write_ceiling"),
    }
}

/// Makes size and operations of one server's disk stand.
fn disk(
    book: &mut Book<'_>,
    needs: &Needs,
    shards: &Formula,
    id: &dyn Fn(&str) -> String,
) -> (String, String) {
    let fill = book.assume("disk.fill");
    let size = format!("ceil(max(20e9, {} / {} / {fill}) / 1e9) * 1e9", needs.bytes, shards.0);
    book.derive(&id("disk"), "disk of one server", Unit::Bytes, &size);
    let base = book.fact("aws.ebs.gp3.base_iops");
    let iops =
        format!("ceil(max({base}, {DISK_HEADROOM} * {} / {}) / 100) * 100", needs.iops, shards.0);
    book.derive(&id("disk_iops"), "operations per second of its disk", Unit::PerSecond, &iops);
    (id("disk"), id("disk_iops"))
}

fn cost(
    book: &mut Book<'_>,
    id: &dyn Fn(&str) -> String,
    (shards, price, disk, iops): (&Formula, &str, &str, &str),
    sharded: bool,
) -> String {
    let gigabyte = book.fact("aws.ebs.gp3.gb");
    let per_iops = book.fact("aws.ebs.gp3.iops");
    let base = book.fact("aws.ebs.gp3.base_iops");
    let machines = format!(
        "{COPIES} * {} * (730 * {price} + {disk} / 1e9 * {gigabyte} \
         + ({iops} - {base}) * {per_iops})",
        shards.0
    );
    book.derive(&id("machines"), "machines and disks", Unit::UsdPerMonth, &machines);
    let technology = book.operate("postgresql", false);
    // Half an engineer for up to eight shards, and as much for each further eight.
    let layer = if sharded {
        format!(" + {} * max(1, {} / 8)", book.assume("ops.sharding"), shards.0)
    } else {
        String::new()
    };
    let total = format!("{} + {technology}{layer}", id("machines"));
    book.derive(&id("cost"), "cost with operation", Unit::UsdPerMonth, &total);
    id("cost")
}
