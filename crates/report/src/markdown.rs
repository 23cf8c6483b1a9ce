//! Blocks as Markdown (CommonMark with tables).

use tenfold_units::Language;

use crate::document::{Block, Table};

/// Returns the blocks as Markdown; pictures are links into `diagrams/`.
#[must_use]
pub fn render(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        match block {
            Block::Heading(level, text) => {
                out.push_str(&"#".repeat(usize::from(*level)));
                out.push_str(&format!(" {text}\n\n"));
            }
            Block::Explanation(wordings) => {
                for (language, wording) in wordings {
                    // A quotation bar sets the second language apart without a heading.
                    let bar =
                        if wordings.len() > 1 && *language == Language::En { "> " } else { "" };
                    out.push_str(&format!("{bar}{}\n\n", inline(wording)));
                }
            }
            Block::Paragraph(text) => out.push_str(&format!("{}\n\n", inline(text))),
            Block::List(items) => {
                for item in items {
                    out.push_str(&format!("- {}\n", inline(item)));
                }
                out.push('\n');
            }
            Block::Table(table) => out.push_str(&render_table(table)),
            Block::Picture(file, alt, _) => {
                out.push_str(&format!("![{}](diagrams/{file})\n\n", inline(alt)));
            }
            Block::Code(language, text) => {
                out.push_str(&format!("```{language}\n{}\n```\n\n", text.trim_end()));
            }
        }
    }
    out
}

fn render_table(table: &Table) -> String {
    let head: Vec<&str> = table.head.iter().map(|head| head.trim_start_matches('#')).collect();
    let rule: Vec<&str> =
        table.head.iter().map(|head| if head.starts_with('#') { "---:" } else { "---" }).collect();
    let mut out = format!("| {} |\n| {} |\n", head.join(" | "), rule.join(" | "));
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(|cell| cell_text(cell)).collect();
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    out.push('\n');
    out
}

/// A bare bar would end the cell, inside code too.
fn cell_text(cell: &str) -> String {
    let mut out = String::with_capacity(cell.len());
    let mut escaped = false;
    for c in inline(cell).chars() {
        if c == '|' && !escaped {
            out.push('\\');
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out
}

/// A dollar sign starts mathematics in some viewers, a less-than sign may start a tag.
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut code, mut escaped) = (false, false);
    for c in text.chars() {
        if c == '`' && !escaped {
            code = !code;
        }
        if matches!(c, '<' | '$' | '~') && !code && !escaped {
            out.push('\\');
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out
}
