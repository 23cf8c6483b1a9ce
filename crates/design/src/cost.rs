//! What a design costs in a month, line by line, and what would make it cheaper.

mod network;
mod regions;
mod savings;

use std::collections::BTreeMap;

use tenfold_units::Unit;

use crate::analysis::Analysis;
use crate::book::Book;
use crate::types::{Component, CostLine, CostSheet, Design, Kind, is_write};

/// Lines in the making.
pub(crate) struct Sheet<'b, 'a> {
    pub(crate) book: &'b mut Book<'a>,
    pub(crate) design: &'b Design,
    pub(crate) analysis: &'b Analysis,
    lines: Vec<CostLine>,
}

impl Sheet<'_, '_> {
    /// Adds a line and returns its figure.
    pub(crate) fn line(
        &mut self,
        component: &str,
        item: &str,
        label: &str,
        formula: &str,
    ) -> String {
        let figure = format!("cost.{component}.{item}");
        let label = format!("{component}: {label}");
        self.book.derive(&figure, &label, Unit::UsdPerMonth, formula);
        self.lines.push(CostLine {
            component: component.to_owned(),
            item: item.to_owned(),
            figure: figure.clone(),
        });
        figure
    }
}

/// Computes the cost of a design from its sizes and loads.
pub(crate) fn sheet(book: &mut Book<'_>, design: &Design, analysis: &Analysis) -> CostSheet {
    let mut sheet = Sheet { book, design, analysis, lines: Vec::new() };
    for (name, component) in &design.components {
        machines(&mut sheet, name, component);
        if component.kind == Kind::Store || component.kind == Kind::Topic {
            backups(&mut sheet, name, component);
        }
        if component.runs.technology == "dynamodb" {
            by_request(&mut sheet, name, component);
        }
    }
    for (name, component) in &design.components {
        match component.kind {
            Kind::ObjectStore => objects(&mut sheet, name, component),
            Kind::Cdn => network::delivery(&mut sheet, name, component),
            Kind::Gateway
            | Kind::Service
            | Kind::Cache
            | Kind::Store
            | Kind::Topic
            | Kind::Consumer
            | Kind::Search
            | Kind::Farm
            | Kind::External => {}
        }
    }
    network::all(&mut sheet);
    regions::all(&mut sheet);
    let Sheet { lines, .. } = sheet;
    let mut sums: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in &lines {
        sums.entry(&line.component).or_default().push(&line.figure);
    }
    let mut components = Vec::new();
    for (component, figures) in sums {
        let id = format!("cost.{component}");
        let label = format!("{component}, a month");
        book.derive(&id, &label, Unit::UsdPerMonth, &figures.join(" + "));
        components.push((component.to_owned(), id));
    }
    components.sort_by(|a, b| book.value(&b.1).total_cmp(&book.value(&a.1)).then(a.0.cmp(&b.0)));
    let all = components.iter().map(|(_, id)| id.as_str()).collect::<Vec<_>>().join(" + ");
    let all = if all.is_empty() { "0".to_owned() } else { all };
    let total = "cost_usd_per_month";
    book.derive(total, "cost of the design", Unit::UsdPerMonth, &all);
    let operation = operation(book, design);
    let savings = savings::all(book, design, &lines);
    CostSheet { lines, components, total: total.to_owned(), operation, savings }
}

/// Machines and their disks.
fn machines(sheet: &mut Sheet<'_, '_>, name: &str, component: &Component) {
    let Some(instance) = &component.runs.instance else { return };
    let count = sheet.design.instances(component);
    let rds = format!("aws.rds.db.{instance}");
    let managed = component.runs.managed && component.runs.technology == "postgresql";
    let price = if managed && sheet.book.catalog.fact(&rds).is_some() {
        sheet.book.fact(&rds)
    } else {
        sheet.book.price(instance)
    };
    sheet.line(name, "instances", "machines", &format!("{count} * 730 * {price}"));
    if let Some(disk) = &component.runs.disk {
        let gigabyte = sheet.book.fact("aws.ebs.gp3.gb");
        let per_iops = sheet.book.fact("aws.ebs.gp3.iops");
        let base = sheet.book.fact("aws.ebs.gp3.base_iops");
        let formula = format!(
            "{count} * ({} / 1e9 * {gigabyte} + max(0, {} - {base}) * {per_iops})",
            disk.size.as_f64(),
            disk.iops
        );
        sheet.line(name, "disk", "disks", &formula);
    }
}

/// Backups of what is stored.
fn backups(sheet: &mut Sheet<'_, '_>, name: &str, component: &Component) {
    let kept = component.recovery.as_ref().is_some_and(|r| r.backup_keep.is_some());
    if !kept || component.data.is_empty() || component.runs.technology == "dynamodb" {
        return;
    }
    let price = sheet.book.fact("aws.s3.standard.gb");
    let copies = sheet.book.assume("backup.copies");
    let bytes: Vec<_> = component.data.values().map(|d| format!("({})", d.stored.0)).collect();
    let formula = format!("({}) * {copies} / 1e9 * {price}", bytes.join(" + "));
    sheet.line(name, "backup", "backups", &formula);
}

/// A store that is paid by request and byte.
fn by_request(sheet: &mut Sheet<'_, '_>, name: &str, component: &Component) {
    let write = sheet.book.fact("aws.dynamodb.od.write");
    let read = sheet.book.fact("aws.dynamodb.od.read");
    let month = sheet.book.fact("secs.load_month");
    let item = component.data.values().next().map_or("0".to_owned(), |d| d.bytes.0.clone());
    let mut terms = Vec::new();
    for ((owner, class), rate) in &sheet.analysis.calls_avg {
        if owner == name {
            let writes = is_write(class);
            let (unit, price) = if writes { (1_024, &write) } else { (4_096, &read) };
            terms.push(format!("{rate} * ceil(({item}) / {unit}) * {price}"));
        }
    }
    if !terms.is_empty() {
        let formula = format!("{month} * ({})", terms.join(" + "));
        sheet.line(name, "requests", "requests", &formula);
    }
    let storage = sheet.book.fact("aws.dynamodb.storage");
    let backup = sheet.book.fact("aws.dynamodb.pitr");
    let bytes: Vec<_> = component.data.values().map(|d| format!("({})", d.stored.0)).collect();
    let bytes = if bytes.is_empty() { "0".to_owned() } else { bytes.join(" + ") };
    let formula = format!("({bytes}) / 1e9 * {storage}");
    sheet.line(name, "storage", "storage", &formula);
    let formula = format!("({bytes}) / 1e9 * {backup}");
    sheet.line(name, "backup", "continuous backup", &formula);
}

/// Large objects: bytes by the steps of the price list, and requests.
fn objects(sheet: &mut Sheet<'_, '_>, name: &str, component: &Component) {
    let stored: Vec<_> = component.data.values().map(|d| format!("({})", d.stored.0)).collect();
    let id = format!("objects.{name}.bytes");
    let label = format!("{name}: bytes at the horizon");
    sheet.book.derive(&id, &label, Unit::Bytes, &stored.join(" + "));
    let mut terms = Vec::new();
    for tier in sheet.book.catalog.object_storage_tiers() {
        let price = sheet.book.fact(&tier.price.id);
        let above = format!("max(0, {id} - {})", tier.from_bytes);
        let bytes = if tier.to_bytes.is_finite() {
            format!("min({above}, {})", tier.to_bytes - tier.from_bytes)
        } else {
            above
        };
        terms.push(format!("{bytes} / 1e9 * {price}"));
    }
    sheet.line(name, "storage", "storage", &terms.join(" + "));
    let (get, put) =
        (sheet.book.fact("aws.s3.standard.get"), sheet.book.fact("aws.s3.standard.put"));
    let month = sheet.book.fact("secs.load_month");
    let mut terms = Vec::new();
    for ((owner, class), rate) in &sheet.analysis.calls_avg {
        if owner == name {
            let price = if is_write(class) { &put } else { &get };
            terms.push(format!("{rate} * {price}"));
        }
    }
    if !terms.is_empty() {
        let formula = format!("{month} * ({})", terms.join(" + "));
        sheet.line(name, "requests", "requests", &formula);
    }
}

/// The work of people: each technology once.
fn operation(book: &mut Book<'_>, design: &Design) -> String {
    let mut technologies: BTreeMap<&str, bool> = BTreeMap::new();
    let mut shards_most = 0;
    for component in design.components.values() {
        let kind = component.kind;
        if matches!(kind, Kind::Service | Kind::Consumer | Kind::External | Kind::Farm) {
            continue;
        }
        let managed = technologies.entry(&component.runs.technology).or_insert(true);
        *managed &= component.runs.managed;
        let shards = component.shards.as_ref().and_then(|shards| shards.count).unwrap_or(1);
        if component.runs.technology == "postgresql" && shards > 1 {
            shards_most += shards;
        }
    }
    let own = technologies.values().filter(|managed| !**managed).count();
    let rented = technologies.len() - own;
    let (a, b) = (book.assume("ops.technology"), book.assume("ops.managed"));
    let layer = if shards_most > 0 {
        format!(" + {} * max(1, {shards_most} / 8)", book.assume("ops.sharding"))
    } else {
        String::new()
    };
    let id = "operation_usd_per_month";
    let label = "work of people on what is run";
    book.derive(id, label, Unit::UsdPerMonth, &format!("{own} * {a} + {rented} * {b}{layer}"));
    id.to_owned()
}
