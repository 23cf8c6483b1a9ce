//! How large each kind of part has to be.

pub(crate) mod cache;
pub(crate) mod cassandra;
pub(crate) mod dynamodb;
pub(crate) mod kafka;
pub(crate) mod postgres;
pub(crate) mod service;

use crate::Bottleneck;
use crate::book::Book;

/// A sized option.
#[derive(Clone, Debug)]
pub(crate) struct Sized {
    /// Instance type; empty for what is billed by use.
    pub(crate) instance: String,
    /// Instances, all copies and zones.
    pub(crate) instances: u32,
    /// Shards, where the option has them.
    pub(crate) shards: u32,
    /// Bytes of disk of one instance, where it has a network disk.
    pub(crate) disk_bytes: f64,
    /// Operations per second of that disk.
    pub(crate) disk_iops: u32,
    /// Dollars per month, operation included: figure id.
    pub(crate) cost: String,
    /// Why it cannot be: the resource, the computed figure and the limit.
    pub(crate) refused: Option<(Bottleneck, String, String)>,
}

/// Sizes of instances, smallest first.
pub(crate) const STEPS: [&str; 7] =
    ["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"];

/// Returns the smallest instance of a family with at least `vcpus`, or the largest.
pub(crate) fn smallest(book: &Book<'_>, family: &str, vcpus: f64) -> String {
    let names = STEPS.map(|step| format!("{family}.{step}"));
    names
        .iter()
        .find(|name| f64::from(book.instance(name).vcpu) >= vcpus - 1e-9)
        .unwrap_or(&names[STEPS.len() - 1])
        .clone()
}
