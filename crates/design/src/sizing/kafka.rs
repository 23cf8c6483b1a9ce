//! Kafka: brokers by ingress and disk, partitions by rate and by consumers.

use tenfold_units::Unit;

use super::Sized;
use crate::book::Book;

/// Copies of each record.
pub(crate) const COPIES: u32 = 3;
/// Broker types with the fact of their safe ingress, smallest first.
const BROKERS: [(&str, &str); 5] = [
    ("m7g.large", "kafka.msk.m7g.large.ingress"),
    ("m7g.xlarge", "kafka.msk.m7g.xlarge.ingress"),
    ("m7g.2xlarge", "kafka.msk.m7g.2xlarge.ingress"),
    ("m7g.4xlarge", "kafka.msk.m7g.4xlarge.ingress"),
    ("m7g.8xlarge", "kafka.msk.m7g.8xlarge.ingress"),
];
/// Brokers in each zone beyond which the next larger type is taken.
const PER_ZONE_MAX: f64 = 4.0;

/// Sizes brokers for records of `bytes` each at rates `peak` and `avg`, kept for `retention`
/// seconds (all figure ids). Figures stand under `option.<name>.kafka`.
pub(crate) fn size(
    book: &mut Book<'_>,
    name: &str,
    (peak, avg, bytes, retention): (&str, &str, &str, &str),
    zones: u32,
) -> Sized {
    let id = |what: &str| format!("option.{name}.kafka.{what}");
    book.derive(
        &id("ingress"),
        "bytes in at peak",
        Unit::BytesPerSecond,
        &format!("{peak} * {bytes}"),
    );
    let limit = book.assume("zone_loss.limit");
    let mut chosen = BROKERS[0];
    for broker in BROKERS {
        chosen = broker;
        let each = book.fact(broker.1);
        let room = book.value(&each) * book.value(&limit) * f64::from(zones) * PER_ZONE_MAX;
        if book.value(&id("ingress")) <= room {
            break;
        }
    }
    let (instance, ingress) = (chosen.0, book.fact(chosen.1));
    let price = book.price(instance);
    book.shape(instance);
    let brokers =
        format!("{zones} * max(1, ceil({} / ({zones} * {ingress} * {limit})))", id("ingress"));
    book.derive(&id("brokers"), "brokers", Unit::Count, &brokers);
    let fill = book.fact("kafka.disk_util_target");
    let disk = format!(
        "ceil({avg} * {bytes} * {retention} * {COPIES} / {} / {fill} / 1e9) * 1e9",
        id("brokers")
    );
    book.derive(&id("disk"), "disk of one broker", Unit::Bytes, &disk);
    let gigabyte = book.fact("aws.ebs.gp3.gb");
    let machines =
        format!("{} * (730 * {price} + {} / 1e9 * {gigabyte})", id("brokers"), id("disk"));
    book.derive(&id("machines"), "machines and disks", Unit::UsdPerMonth, &machines);
    let technology = book.operate("kafka", false);
    let total = format!("{} + {technology}", id("machines"));
    book.derive(&id("cost"), "cost with operation", Unit::UsdPerMonth, &total);
    Sized {
        instance: instance.to_owned(),
        instances: book.value(&id("brokers")) as u32,
        shards: 0,
        disk_bytes: book.value(&id("disk")),
        disk_iops: 3_000,
        cost: id("cost"),
        refused: None,
    }
}
