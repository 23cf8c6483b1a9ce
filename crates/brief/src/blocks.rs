//! Markdown to headings and items with their places.
#![expect(clippy::wildcard_enum_match_arm, reason = "most Markdown events only structure the text")]

pub(crate) mod lines;
mod table;

use core::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::codes::{CodeEntry, TOO_DEEP, UNCLOSED_FENCE};
use crate::fragment::Fragment;
use crate::limits;

/// One block of a document.
#[derive(Debug)]
pub(crate) enum Block {
    /// A heading of level 1 to 6; 7 for `Name:` and `**Name**`.
    Heading { level: u8, text: Fragment },
    /// A list item `Name:` that is a heading for what is nested in it.
    Group(Fragment),
    /// What is nested in the last open group ends here.
    EndOfGroup,
    /// The open sections end here.
    EndOfSection,
    /// A bullet, a table row, a sentence, a line of a fence.
    Item(Fragment),
    /// A fence in YAML, or the `whole` of a front matter: its content.
    Yaml { range: Range<usize>, whole: bool },
    /// A fence in a language that is not read.
    Code { language: String, text: Fragment },
}

/// Blocks of a document, and what was wrong with its form.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    pub(crate) blocks: Vec<Block>,
    pub(crate) remarks: Vec<(CodeEntry, Range<usize>)>,
}

/// Splits Markdown into blocks. An unclosed fence is taken for a slip: its line is blanked and what
/// follows is read as the Markdown it most likely is.
pub(crate) fn read(source: &str) -> Blocks {
    let mut text = source.to_owned();
    let mut unclosed = Vec::new();
    while let Some(line) =
        unclosed_fence(&text).filter(|_| unclosed.len() < limits::UNCLOSED_FENCES)
    {
        text.replace_range(line.clone(), &" ".repeat(line.len()));
        unclosed.push((UNCLOSED_FENCE, line));
    }
    let mut walker = Walker::new(&text);
    for (event, range) in Parser::new_ext(&text, options()).into_offset_iter() {
        walker.event(event, range);
    }
    walker.flush();
    walker.out.remarks.extend(unclosed);
    walker.out
}

fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
}

/// Returns the line that opens the first fence without an end.
fn unclosed_fence(text: &str) -> Option<Range<usize>> {
    for (event, range) in Parser::new_ext(text, options()).into_offset_iter() {
        let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) = event else { continue };
        let block = &text[range.clone()];
        let first = block.lines().next().unwrap_or("");
        let mark = first.trim_start().chars().next().unwrap_or('`');
        let closing = |line: &str| {
            let line = line.trim_start_matches(['>', ' ', '\t']).trim_end();
            line.len() >= 3 && line.chars().all(|c| c == mark)
        };
        if block.lines().count() < 2 || !block.lines().last().is_some_and(closing) {
            return Some(range.start..range.start + first.len());
        }
    }
    None
}

/// Stands for the language of the block between `---` lines at the top.
const FRONT_MATTER: &str = "---";

/// What the text that is being read belongs to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Target {
    Paragraph,
    Heading(u8),
    Cell,
    Fence,
}

struct Walker<'a> {
    source: &'a str,
    out: Blocks,
    target: Target,
    current: Fragment,
    /// Bytes of the current paragraph that are strong.
    strong: usize,
    in_strong: bool,
    /// One entry for each open list item: the label that its nested items stand under, if any.
    items: Vec<ListItem>,
    table: table::Table,
    fence: (String, Range<usize>),
}

#[derive(Default)]
struct ListItem {
    label: Option<Fragment>,
    group: bool,
}

impl<'a> Walker<'a> {
    fn new(source: &'a str) -> Self {
        Self {
            source,
            out: Blocks::default(),
            target: Target::Paragraph,
            current: Fragment::default(),
            strong: 0,
            in_strong: false,
            items: Vec::new(),
            table: table::Table::default(),
            fence: (String::new(), 0..0),
        }
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(&tag, range),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Code(text) if self.target == Target::Fence => {
                drop(text);
                let (start, end) = (&mut self.fence.1.start, range.end);
                *start = (*start).min(range.start);
                self.fence.1.end = end;
            }
            Event::Text(text) => self.text(&text, range),
            Event::Code(_) => {
                let code = &self.source[range.clone()];
                let ticks = code.len() - code.trim_start_matches('`').len();
                let inner =
                    range.start + ticks..range.end.saturating_sub(ticks).max(range.start + ticks);
                self.text(&self.source[inner.clone()].replace(['\n', '\r'], " "), inner);
            }
            // Tags are markup; what stands between them is text.
            Event::Html(html) if !html.trim_start().starts_with("<!--") => {
                self.between_tags(&html, range.start);
            }
            Event::SoftBreak | Event::HardBreak if range.is_empty() => {
                self.current.push_synthetic(
                    "
",
                );
            }
            Event::SoftBreak | Event::HardBreak => self.current.push(
                "
", range,
            ),
            Event::Rule => self.flush(),
            _ => {}
        }
    }

    fn between_tags(&mut self, html: &str, start: usize) {
        let mut at = 0;
        while let Some(open) = html[at..].find('<').map(|found| at + found) {
            self.text(&html[at..open], start + at..start + open);
            at = html[open..].find('>').map_or(html.len(), |found| open + found + 1);
        }
        self.text(&html[at..], start + at..start + html.len());
    }

    fn text(&mut self, text: &str, range: Range<usize>) {
        if self.in_strong {
            self.strong += text.len();
        }
        // The two differ in length only for entities; a longer text would shift what follows.
        let text = if text.len() <= range.len() { text } else { &self.source[range.clone()] };
        self.current.push(text, range);
    }

    fn start(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.flush();
                self.target = Target::Heading(*level as u8);
            }
            Tag::Item => {
                self.flush();
                if self.items.len() == limits::NESTING {
                    self.out.remarks.push((TOO_DEEP, range));
                }
                self.items.push(ListItem::default());
            }
            Tag::List(_) => self.parent(),
            Tag::Paragraph | Tag::BlockQuote(_) | Tag::HtmlBlock => self.flush(),
            Tag::Strong => self.in_strong = true,
            Tag::Table(_) => {
                self.flush();
                self.table = table::Table::default();
            }
            Tag::TableCell => {
                self.current = Fragment::default();
                self.target = Target::Cell;
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.trim().to_lowercase(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.fence = (language, range.end..range.end);
                self.target = Target::Fence;
            }
            Tag::MetadataBlock(_) => {
                self.flush();
                self.fence = (FRONT_MATTER.to_owned(), range.end..range.end);
                self.target = Target::Fence;
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                if let Target::Heading(level) = self.target {
                    let text = core::mem::take(&mut self.current);
                    let text = text.slice(0..text.text.len());
                    self.out.blocks.push(Block::Heading { level, text });
                }
                self.target = Target::Paragraph;
                self.strong = 0;
            }
            TagEnd::Item => {
                self.flush();
                if self.items.pop().is_some_and(|item| item.group) {
                    self.out.blocks.push(Block::EndOfGroup);
                }
            }
            TagEnd::Paragraph | TagEnd::BlockQuote(_) | TagEnd::HtmlBlock => self.flush(),
            TagEnd::Strong => self.in_strong = false,
            TagEnd::TableCell => {
                self.table.cell(core::mem::take(&mut self.current));
                self.target = Target::Paragraph;
            }
            TagEnd::TableHead => {
                let row = self.table.end_of_head();
                self.out.blocks.extend(row.map(Block::Item));
            }
            TagEnd::TableRow => {
                let row = self.table.end_of_row();
                self.out.blocks.extend(row.map(Block::Item));
            }
            TagEnd::CodeBlock | TagEnd::MetadataBlock(_) => self.end_of_fence(),
            _ => {}
        }
    }

    fn end_of_fence(&mut self) {
        self.target = Target::Paragraph;
        let (language, range) = core::mem::take(&mut self.fence);
        if self.source[range.clone()].trim().is_empty() {
            return;
        }
        match language.split([' ', ',', '{']).next().unwrap_or("") {
            "yaml" | "yml" => self.out.blocks.push(Block::Yaml { range, whole: false }),
            FRONT_MATTER => self.out.blocks.push(Block::Yaml { range, whole: true }),
            "" | "text" | "txt" | "plain" | "md" | "markdown" | "requirements" | "brief"
            | "http" => {
                for line in lines::of_fence(self.source, range) {
                    self.out.blocks.push(line);
                }
            }
            other => {
                let text = Fragment::of_source(self.source, range);
                let text = text.slice(0..text.text.len());
                self.out.blocks.push(Block::Code { language: other.to_owned(), text });
            }
        }
    }

    /// Ends the paragraph that was being read and makes headings and items of it.
    fn flush(&mut self) {
        let text = core::mem::take(&mut self.current);
        let strong = core::mem::take(&mut self.strong);
        if text.is_blank() {
            return;
        }
        let text = text.slice(0..text.text.len());
        let in_list = !self.items.is_empty();
        let all_strong = strong + 1 >= text.text.len();
        if in_list {
            self.list_item(text);
            return;
        }
        for line in lines::of_paragraph(&text, all_strong) {
            self.out.blocks.push(line);
        }
    }

    /// Ends the text before a nested list; a few words are a label for what is nested: `Photos`.
    fn parent(&mut self) {
        let text = core::mem::take(&mut self.current);
        let text = text.slice(0..text.text.len());
        let words = text.text.split_whitespace().count();
        let plain = !text.text.contains(|c: char| c.is_ascii_digit() || ",;.:<>()".contains(c));
        let free = self.items.last().is_some_and(|item| item.label.is_none() && !item.group);
        if free && (1..=3).contains(&words) && plain {
            self.strong = 0;
            self.label(text);
        } else {
            self.current = text;
            self.flush();
        }
    }

    /// Puts what is nested in this item under a label.
    fn label(&mut self, label: Fragment) {
        let known = crate::headings::kind_of(&label.text).is_some();
        let Some(item) = self.items.last_mut() else { return };
        if known {
            item.group = true;
            self.out.blocks.push(Block::Group(label));
        } else {
            item.label = Some(label);
        }
    }

    /// The text of a list item: a label for what is nested in it (`Checkout:`), a heading
    /// (`Design:`), or an item, under the labels around it.
    fn list_item(&mut self, text: Fragment) {
        let first = self.items.last().is_some_and(|item| item.label.is_none() && !item.group);
        if let Some(label) = lines::label(&text).filter(|_| first) {
            self.label(label);
            return;
        }
        for part in lines::numbered(&text.text) {
            let mut full = Fragment::default();
            for label in self.items.iter().filter_map(|item| item.label.as_ref()) {
                full.append_label(label);
                full.push_synthetic(": ");
            }
            full.append(&lines::without_bullet(text.slice(part)));
            self.out.blocks.push(Block::Item(full));
        }
    }
}
