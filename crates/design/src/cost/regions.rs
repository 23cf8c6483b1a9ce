//! A second region: its machines, and what follows the writes over the distance.

use tenfold_units::Unit;

use super::Sheet;
use crate::types::{CostLine, Kind, RegionMode};

/// Prices a second region, and adds it where there is one.
pub(super) fn all(sheet: &mut Sheet<'_, '_>) {
    if !sheet.book.ledger.contains("regions.rtt") {
        return;
    }
    let keeps = |line: &&CostLine| {
        let kind = sheet.design.components.get(&line.component).map(|component| component.kind);
        matches!(kind, Some(Kind::Store | Kind::Topic | Kind::Cache))
    };
    let runs = |line: &&CostLine| matches!(line.item.as_str(), "instances" | "disk" | "requests");
    let sum = |lines: Vec<&CostLine>| {
        let figures: Vec<&str> = lines.iter().map(|line| line.figure.as_str()).collect();
        if figures.is_empty() { "0".to_owned() } else { format!("({})", figures.join(" + ")) }
    };
    let lines: Vec<&CostLine> = sheet.lines.iter().filter(runs).collect();
    let (stores, others): (Vec<&CostLine>, Vec<&CostLine>) = lines.into_iter().partition(keeps);
    let (stores, others) = (sum(stores), sum(others));
    let region = sheet.design.place.region.clone();
    let price = sheet.book.catalog.inter_region_price("aws", &region).map(|fact| fact.id.clone());
    let month = sheet.book.fact("secs.load_month");
    let usd = Unit::UsdPerMonth;
    let moved = match price {
        Some(price) if sheet.book.ledger.contains("bandwidth_in_bps") => {
            let price = sheet.book.fact(&price);
            format!("bandwidth_in_bps * load_factor / 8 * {month} / 1e9 * {price}")
        }
        Some(_) | None => "0".to_owned(),
    };
    sheet.book.derive("regions.moved", "writes that follow to the other region", usd, &moved);
    let formula = format!("{stores} + {others} / 3 + regions.moved");
    let label = "a second region that stands by";
    sheet.book.derive("regions.standby", label, usd, &formula);
    let formula = format!("{stores} + {others} + regions.moved");
    let label = "a second region that serves";
    sheet.book.derive("regions.active-active", label, usd, &formula);
    let Some(further) = sheet.design.place.further.first() else { return };
    let figure = match further.mode {
        RegionMode::Active => "regions.active-active",
        RegionMode::Standby => "regions.standby",
        RegionMode::Backup => "regions.moved",
    };
    let formula = format!("{figure} - regions.moved");
    sheet.line("second-region", "machines", "machines and disks", &formula);
    sheet.line("second-region", "replication", "writes that follow", "regions.moved");
}
