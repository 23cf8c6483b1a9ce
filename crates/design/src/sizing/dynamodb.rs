//! DynamoDB: billed by request and by byte.

use tenfold_estimate::Consistency;
use tenfold_units::Unit;

use super::Sized;
use crate::Bottleneck;
use crate::book::Book;
use crate::demand::Demand;

/// Prices DynamoDB (on demand) for a demand. Figures stand under `option.<name>.dynamodb`.
pub(crate) fn size(book: &mut Book<'_>, demand: &Demand) -> Sized {
    let id = |what: &str| format!("option.{}.dynamodb.{what}", demand.name);
    let write = book.fact("aws.dynamodb.od.write");
    let read = book.fact("aws.dynamodb.od.read");
    let storage = book.fact("aws.dynamodb.storage");
    let backup = book.fact("aws.dynamodb.pitr");
    let month = book.fact("secs.load_month");
    let strong = demand.consistency != Consistency::Eventual && !demand.immutable;
    let units = if strong { 1.0 } else { 0.5 };
    let Demand { point_reads_avg, writes_avg, item, stored, .. } = demand;
    let requests = format!(
        "{month} * ({writes_avg} * ceil({item} / 1024) * {write} \
         + {point_reads_avg} * ceil({item} / 4096) * {units} * {read})"
    );
    book.derive(&id("requests"), "requests", Unit::UsdPerMonth, &requests);
    let kept = format!("{stored} / 1e9 * ({storage} + {backup})");
    book.derive(&id("storage"), "storage and backup", Unit::UsdPerMonth, &kept);
    let technology = book.operate("dynamodb", true);
    let total = format!("{} + {} + {technology}", id("requests"), id("storage"));
    book.derive(&id("cost"), "cost with operation", Unit::UsdPerMonth, &total);
    let scans = book.value(&demand.scans) > 0.0;
    let refused = scans.then(|| (Bottleneck::Rule, demand.scans.clone(), demand.scans.clone()));
    Sized {
        instance: String::new(),
        instances: 0,
        shards: 0,
        disk_bytes: 0.0,
        disk_iops: 0,
        cost: id("cost"),
        refused,
    }
}
