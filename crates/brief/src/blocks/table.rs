//! Table rows as items: `create: rate 1000/s, p99 50 ms` of a row under its header.

use crate::fragment::Fragment;

/// A table that is being read.
#[derive(Default)]
pub(super) struct Table {
    head: Vec<Fragment>,
    row: Vec<Fragment>,
}

/// Headers that say nothing about their column.
const GENERIC: &[&str] = &[
    "value",
    "target",
    "number",
    "requirement",
    "requirements",
    "metric",
    "name",
    "item",
    "amount",
    "notes",
    "note",
    "description",
    "comment",
    "what",
    "goal",
    "quantity",
    "detail",
    "details",
    "how much",
    "how many",
    "how often",
    "count",
    "figure",
    "expected",
    "estimate",
    "개수",
    "규모",
    "값",
    "목표",
    "항목",
    "지표",
    "수치",
    "설명",
    "비고",
    "내용",
    "요구사항",
    "목표치",
    "기준",
    "구분",
    "",
];

impl Table {
    pub(super) fn cell(&mut self, text: Fragment) {
        self.row.push(text.slice(0..text.text.len()));
    }

    /// Ends the header; one that holds numbers is a row like the others.
    pub(super) fn end_of_head(&mut self) -> Option<Fragment> {
        self.head = core::mem::take(&mut self.row);
        let data = self.head.iter().skip(1).any(|cell| {
            cell.text
                .starts_with(|c: char| c.is_ascii_digit() || matches!(c, '<' | '>' | '~' | '$'))
        });
        if !data {
            return None;
        }
        self.row = core::mem::take(&mut self.head);
        self.end_of_row()
    }

    /// Ends a row and returns it as one item.
    pub(super) fn end_of_row(&mut self) -> Option<Fragment> {
        let row = core::mem::take(&mut self.row);
        let mut cells = row.iter().enumerate();
        let (_, first) = cells.next()?;
        let mut item = first.clone();
        let mut separator = if first.is_blank() { "" } else { ": " };
        for (index, cell) in cells.filter(|(_, cell)| !is_empty_cell(&cell.text)) {
            item.push_synthetic(separator);
            separator = ", ";
            let header = self.head.get(index).filter(|head| !is_generic(&head.text));
            let Some(header) = header else {
                item.append(cell);
                continue;
            };
            item.columns += 1;
            let (name, unit) = name_and_unit(header);
            item.append_label(&name);
            item.push_synthetic(" ");
            item.append(cell);
            let bare = cell.text.ends_with(|c: char| c.is_ascii_digit() || "kKMB".contains(c));
            if let Some(unit) = unit.filter(|_| bare) {
                item.push_synthetic(" ");
                item.append_label(&unit);
            }
        }
        (!item.is_blank()).then_some(item)
    }
}

fn is_generic(header: &str) -> bool {
    GENERIC.contains(&header.to_lowercase().as_str())
}

fn is_empty_cell(cell: &str) -> bool {
    matches!(cell.trim(), "" | "-" | "–" | "—" | "n/a" | "N/A" | "없음")
}

/// `Latency (ms)`: the unit is written after a bare number.
fn name_and_unit(header: &Fragment) -> (Fragment, Option<Fragment>) {
    let text = &header.text;
    match (text.find('('), text.rfind(')')) {
        (Some(open), Some(close)) if open < close => {
            (header.slice(0..open), Some(header.slice(open + 1..close)))
        }
        _ => (header.clone(), None),
    }
}
