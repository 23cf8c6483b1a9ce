//! The disks hold what is stored until the horizon.

use tenfold_units::Unit;

use super::broken;
use crate::analysis::Analysis;
use crate::book::Book;
use crate::draft::t;
use crate::types::{Component, Design, Finding};

pub(super) fn law(book: &mut Book<'_>, design: &Design, _: &Analysis) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, component) in &design.components {
        let Some((needed, room)) = needed(book, design, name, component) else { continue };
        if book.value(&needed) > book.value(&room) * 1.000_001 {
            findings.push(broken(
                &[name],
                format!("components.{name}.runs"),
                t(
                    format!(
                        "{name} stores {{{needed}}} until the horizon and has room for {{{room}}}."
                    ),
                    format!(
                        "{name}에는 기간 말까지 {{{needed}:이}} 쌓이는데 여유는 {{{room}:이다}}."
                    ),
                ),
            ));
        }
    }
    findings
}

/// Makes bytes on disk and room stand, all instances together.
fn needed(
    book: &mut Book<'_>,
    design: &Design,
    name: &str,
    component: &Component,
) -> Option<(String, String)> {
    if component.data.is_empty() {
        return None;
    }
    let instance = component.runs.instance.clone()?;
    let stored: Vec<_> = component.data.values().map(|d| format!("({})", d.stored.0)).collect();
    let stored = stored.join(" + ");
    let copies = component.replication.as_ref().map_or(1, |r| r.factor);
    let count = design.instances(component);
    book.shape(&instance);
    let (bytes, room) = match component.runs.technology.as_str() {
        "cassandra" => {
            let compression = book.fact("cass.compression");
            let fill = book.assume("cassandra.fill");
            (
                format!("({stored}) * {copies} / {compression}"),
                format!("{count} * nvme.{instance} * {fill}"),
            )
        }
        "postgresql" => {
            let overhead = book.assume("pg.disk_overhead");
            let disk = component.runs.disk.as_ref().map_or(0.0, |disk| disk.size.as_f64());
            (format!("({stored}) * {copies} * {overhead}"), format!("{count} * {disk}"))
        }
        _ => return None,
    };
    let id = |what: &str| format!("disk.{name}.{what}");
    let label = |what: &str| format!("{name}: {what}, all copies");
    book.derive(&id("bytes"), &label("bytes at the horizon"), Unit::Bytes, &bytes);
    book.derive(&id("room"), &label("room"), Unit::Bytes, &room);
    Some((id("bytes"), id("room")))
}
