//! Blocks to a brief: sections, and for each item what it is.

mod constraint;
mod item;

use core::ops::Range;

use crate::blocks::Block;
use crate::codes::{
    CodeEntry, DUPLICATE_HEADING, EMPTY_SECTION, SEVERAL_TITLES, TOO_DEEP, TOO_MANY, UNCLOSED_FENCE,
};
use crate::fragment::{Fragment, LineIndex};
use crate::lexer::{self, Remark};
use crate::{
    Brief, Code, Diagnostic, NotUnderstood, Section, SectionKind, Title, blocks, checks, headings,
    lexicon, limits, marks, yaml,
};

/// Reads a Markdown text within the limits.
pub(crate) fn markdown(source: &str) -> (Brief, Vec<Diagnostic>) {
    let mut reader = Reader::new(source);
    let read = blocks::read(source);
    for (code, range) in read.remarks {
        reader.form(code, range);
    }
    for block in read.blocks {
        reader.block(block);
    }
    reader.finish()
}

/// Reads a YAML text within the limits.
pub(crate) fn yaml(source: &str) -> (Brief, Vec<Diagnostic>) {
    let mut reader = Reader::new(source);
    reader.yaml(0..source.len(), true);
    reader.finish()
}

/// The brief so far.
pub(crate) struct Reader<'a> {
    pub(crate) lines: LineIndex<'a>,
    pub(crate) brief: Brief,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Open headings, outermost first.
    open: Vec<Open>,
    /// Open groups: how many headings were open around them.
    groups: Vec<usize>,
    full: bool,
}

#[derive(Clone)]
struct Open {
    level: u8,
    section: usize,
    kind: SectionKind,
    /// The words of a heading that the lexicon does not know.
    words: Option<Vec<String>>,
}

impl<'a> Reader<'a> {
    fn new(source: &'a str) -> Self {
        Self {
            lines: LineIndex::new(source),
            brief: Brief::default(),
            diagnostics: Vec::new(),
            open: Vec::new(),
            groups: Vec::new(),
            full: false,
        }
    }

    fn finish(mut self) -> (Brief, Vec<Diagnostic>) {
        self.empty_sections();
        checks::run(&self.brief, &mut self.diagnostics);
        (self.brief, self.diagnostics)
    }

    /// Adds a diagnostic about a range of the source.
    pub(crate) fn report(
        &mut self,
        code: CodeEntry,
        range: Range<usize>,
        message: String,
        help: &str,
    ) {
        let read = excerpt(&self.lines.source()[range.clone()]);
        let span = self.lines.span(range);
        self.diagnostics.push(diagnostic(code, span, read, message, help));
    }

    fn form(&mut self, code: CodeEntry, range: Range<usize>) {
        let (message, help) = if code == UNCLOSED_FENCE {
            (
                "the fence is not closed; what follows was read as if it were not there",
                "end the block with the same marks",
            )
        } else if code == TOO_DEEP {
            ("the list is nested deeper than the limit", "use fewer levels")
        } else {
            (code.meaning, "")
        };
        self.report(code, range, message.to_owned(), help);
    }

    fn block(&mut self, block: Block) {
        match block {
            Block::Heading { level, text } => {
                self.groups.clear();
                self.heading(level, &text);
            }
            Block::Group(text) => {
                self.groups.push(self.open.len());
                self.heading(8, &text);
            }
            Block::EndOfGroup => {
                if let Some(count) = self.groups.pop() {
                    self.open.truncate(count);
                }
            }
            Block::EndOfSection => self.open.clear(),
            Block::Item(text) => self.item(&text),
            Block::Yaml { range, whole } => self.yaml(range, whole),
            Block::Code { language, text } => {
                let range = text.source_range(0..text.text.len());
                let why = format!("a block in `{language}` is not read");
                self.not_understood(range, &why);
            }
        }
    }

    /// Adds the sections and items of YAML.
    fn yaml(&mut self, range: Range<usize>, whole: bool) {
        let read = yaml::read(self.lines.source(), range.clone(), whole);
        for block in read.blocks {
            self.block(block);
        }
        for (range, message) in read.errors {
            let help =
                "write \"key: value\" lines and \"- item\" lists, and quote texts that hold \": \"";
            self.report(crate::codes::INVALID_YAML, range, message, help);
        }
        if read.failed && !self.lines.source()[range.clone()].trim().is_empty() {
            self.not_understood(range, "the YAML cannot be read");
        }
    }

    pub(crate) fn not_understood(&mut self, range: Range<usize>, why: &str) {
        let text = excerpt(&self.lines.source()[range.clone()]);
        let span = self.lines.span(range);
        self.brief.not_understood.push(NotUnderstood { text, why: why.to_owned(), span });
    }

    pub(crate) fn kind(&self) -> SectionKind {
        self.open.last().map_or(SectionKind::default(), |open| open.kind)
    }

    pub(crate) fn section(&self) -> Option<usize> {
        self.open.last().map(|open| open.section)
    }

    /// Returns the words of an unknown heading right above.
    pub(crate) fn heading_words(&self) -> Option<Vec<String>> {
        self.open.last().and_then(|open| open.words.clone())
    }

    fn heading(&mut self, level: u8, text: &Fragment) {
        if text.is_blank() {
            return;
        }
        let range = text.source_range(0..text.text.len());
        let known = headings::kind_of(&text.text);
        let untouched = self.brief.sections.is_empty() && self.brief.items.is_empty();
        // "Design Twitter" names a system, "Design" a section.
        let named = untouched && level == 1 && !headings::is_exact(&text.text);
        let known = known.filter(|kind| !(named && *kind == SectionKind::Design));
        if self.brief.title.is_none() && known.is_none() && untouched && level <= 7 {
            self.title(text, range);
            return;
        }
        if level == 1 && known.is_none() && self.brief.title.is_some() {
            let message = format!("a second title `{}` was read as a section", text.text);
            self.report(SEVERAL_TITLES, range.clone(), message, "use ## for sections");
        }
        self.open.retain(|open| open.level < level);
        self.duplicate_heading(text, range.clone());
        let parent = self.open.last().map(|open| open.kind);
        let kind = known.or(parent).unwrap_or_default();
        let words = known
            .is_none()
            .then(|| content_words(&text.text))
            .filter(|words| !words.is_empty() && words.len() <= 3);
        let section =
            Section { title: text.text.clone(), level, kind, span: self.lines.span(range) };
        self.open.push(Open { level, section: self.brief.sections.len(), kind, words });
        self.brief.sections.push(section);
        self.amounts_of_heading(text);
    }

    fn title(&mut self, text: &Fragment, range: Range<usize>) {
        let words = content_words(&text.text);
        let span = self.lines.span(range);
        self.brief.title = Some(Title { text: text.text.clone(), words, span });
        self.amounts_of_heading(text);
    }

    /// A heading may hold an amount: `# Chat for 1M users`.
    fn amounts_of_heading(&mut self, text: &Fragment) {
        let lexed = lexer::lex(&text.text);
        let holds = lexed.tokens.iter().filter_map(lexer::Token::quantity);
        if holds.into_iter().any(|quantity| quantity.unit.is_some() || quantity.scaled) {
            self.item(text);
        }
    }

    fn duplicate_heading(&mut self, text: &Fragment, range: Range<usize>) {
        let normal = headings::normal_form(&text.text);
        let parent = self.open.last().map_or(0, |open| open.section + 1);
        let first = self.brief.sections[parent.min(self.brief.sections.len())..]
            .iter()
            .find(|section| headings::normal_form(&section.title) == normal);
        if let Some(first) = first {
            let line = first.span.line;
            let message = format!(
                "the heading `{}` stands in line {line} already; both were read",
                text.text
            );
            self.report(DUPLICATE_HEADING, range, message, "put both under one heading");
        }
    }

    fn empty_sections(&mut self) {
        let used: Vec<_> = self
            .brief
            .items
            .iter()
            .chain(&self.brief.excluded)
            .map(|item| item.span.start)
            .collect();
        for index in 0..self.brief.sections.len() {
            let start = self.brief.sections[index].span.end;
            let end = self.brief.sections.get(index + 1).map_or(usize::MAX, |next| next.span.start);
            let other = self.brief.not_understood.iter().map(|part| part.span.start);
            let level = self.brief.sections[index].level;
            let next = self.brief.sections.get(index + 1);
            let nested = next.is_some_and(|next| next.level > level);
            if nested || used.iter().copied().chain(other).any(|at| at >= start && at < end) {
                continue;
            }
            let section = &self.brief.sections[index];
            let message = format!("nothing stands under `{}`", section.title);
            let range = section.span.range();
            self.report(EMPTY_SECTION, range, message, "fill it or take it out");
        }
    }

    /// Turns remarks about an item's text into diagnostics.
    pub(crate) fn remarks(&mut self, text: &Fragment, remarks: Vec<Remark>) {
        for remark in remarks {
            let range = text.source_range(remark.range.clone());
            let read = excerpt(&text.text[remark.range]);
            let span = self.lines.span(range);
            self.diagnostics.push(diagnostic(
                remark.code,
                span,
                read,
                remark.message,
                &remark.help,
            ));
        }
    }

    /// Returns whether there is room for one more item.
    pub(crate) fn room(&mut self, text: &Fragment) -> bool {
        if self.brief.items.len() < limits::ITEMS {
            return true;
        }
        if !self.full {
            self.full = true;
            let range = text.source_range(0..text.text.len());
            let message = format!("more than {} items; what follows was not read", limits::ITEMS);
            self.report(
                TOO_MANY,
                range.clone(),
                message,
                "a brief is one page: keep what drives the design",
            );
            self.not_understood(range.start..self.lines.source().len(), "past the limit of items");
        }
        false
    }
}

/// Returns a diagnostic with this code.
pub(crate) fn diagnostic(
    code: CodeEntry,
    span: crate::Span,
    read: String,
    message: String,
    help: &str,
) -> Diagnostic {
    Diagnostic {
        severity: code.severity,
        code: Code::new(code.name),
        span,
        read,
        message,
        help: help.to_owned(),
    }
}

/// Returns the words with content of a text in normal form.
pub(crate) fn content_words(text: &str) -> Vec<String> {
    let lexed = lexer::lex(text);
    let words = lexed.tokens.iter().filter(|token| !lexicon::is_stop(token.word()));
    words.map(marks::normal_form).filter(|word| word.chars().any(char::is_alphanumeric)).collect()
}

/// Returns at most one line of a text.
pub(crate) fn excerpt(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or("");
    let mut short: String = line.chars().take(120).collect();
    if short.len() < text.trim().len() {
        short.push('…');
    }
    short
}
