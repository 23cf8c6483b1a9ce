//! Cassandra: nodes with local disks, three copies, one in each zone.

use tenfold_estimate::Consistency;
use tenfold_units::Unit;

use super::Sized;
use crate::book::Book;
use crate::demand::Demand;

/// Copies of each row.
pub(crate) const COPIES: u32 = 3;
/// Nodes that are considered, smallest first.
const NODES: [&str; 6] =
    ["i8g.large", "i7ie.large", "i8g.xlarge", "i7ie.xlarge", "i8g.2xlarge", "i7ie.2xlarge"];

/// Copies that a read asks: all promises but the weakest need R + W > N; a row that never changes is
/// right wherever it is found, but a page of them may lack the newest.
pub(crate) fn read_quorum(demand: &Demand) -> u32 {
    let found = demand.immutable && !demand.ranged;
    if demand.consistency == Consistency::Eventual || found { 1 } else { 2 }
}

/// Sizes a cluster for a demand. Figures stand under `option.<name>.cassandra`.
pub(crate) fn size(book: &mut Book<'_>, demand: &Demand, zones: u32) -> Sized {
    let id = |what: &str| format!("option.{}.cassandra.{what}", demand.name);
    let read = book.station("cassandra.read.one");
    let write = book.station("cassandra.write.quorum");
    let rounds = book.assume("cassandra.claim_rounds");
    let quorum = read_quorum(demand);
    let Demand { point_reads, range_reads, scans, writes, conditional, stored, .. } = demand;
    let cores = format!(
        "({point_reads} + {range_reads} + {scans}) * {quorum} * {read} \
         + ({writes} + {conditional} * {rounds}) * {COPIES} * {write}"
    );
    book.derive(&id("cores"), "busy cores at peak", Unit::Erlangs, &cores);
    let buffer = book.fact("cass.background_buffer");
    let vcpus = format!("{} * {buffer}{}", id("cores"), book.room(&demand.name));
    book.derive(&id("vcpus"), "vCPUs with compaction and repair", Unit::Count, &vcpus);
    let compression = book.fact("cass.compression");
    let bytes = format!("{stored} * {COPIES} / {compression}");
    book.derive(&id("bytes"), "bytes on disk, all copies", Unit::Bytes, &bytes);
    let node = cheapest_node(book, &id, zones);
    node_count(book, &id, node, zones);
    let price = book.price(node);
    let machines = format!("{} * 730 * {price}", id("nodes"));
    book.derive(&id("machines"), "machines", Unit::UsdPerMonth, &machines);
    let technology = book.operate("cassandra", false);
    let total = format!("{} + {technology}", id("machines"));
    book.derive(&id("cost"), "cost with operation", Unit::UsdPerMonth, &total);
    Sized {
        instance: node.to_owned(),
        instances: book.value(&id("nodes")) as u32,
        shards: 0,
        disk_bytes: 0.0,
        disk_iops: 0,
        cost: id("cost"),
        refused: None,
    }
}

/// Returns the type with which the cluster is cheapest; fewer and larger nodes are worth 5 %.
fn cheapest_node(book: &Book<'_>, id: &dyn Fn(&str) -> String, zones: u32) -> &'static str {
    let mut best = (f64::INFINITY, NODES[0]);
    for node in NODES.into_iter().rev() {
        let mut scratch = book.clone();
        let nodes = node_count(&mut scratch, id, node, zones);
        let price = scratch.price(node);
        let cost = nodes * scratch.value(&price);
        if cost < best.0 * 0.95 {
            best = (cost, node);
        }
    }
    best.1
}

/// Makes the number of nodes of this type stand, a multiple of the zones.
fn node_count(book: &mut Book<'_>, id: &dyn Fn(&str) -> String, node: &str, zones: u32) -> f64 {
    book.shape(node);
    let fill = book.assume("cassandra.fill");
    let most = book.fact("cass.max_data_local");
    let by_disk = format!("{} / min(nvme.{node} * {fill}, {most})", id("bytes"));
    book.derive(&id("nodes_disk"), "nodes by room on disk", Unit::Count, &by_disk);
    let by_cpu = format!("{} / vcpu.{node}", id("vcpus"));
    book.derive(&id("nodes_cpu"), "nodes by processor time", Unit::Count, &by_cpu);
    let formula = format!(
        "{zones} * max(1, ceil({} / {zones}), ceil({} / {zones}))",
        id("nodes_disk"),
        id("nodes_cpu")
    );
    book.derive(&id("nodes"), "nodes", Unit::Count, &formula)
}
