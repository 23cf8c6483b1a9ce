//! A document before it has a format: blocks that Markdown and HTML both can show.
//!
//! Strings in blocks are *inline text*: `` `code` ``, `**bold**` and backslash escapes. Text from
//! outside passes through [`plain`] first, so that it shows as written and means nothing.

use tenfold_units::{Language, Ledger, Text};

use crate::words;

/// The languages of explanations; headings, tables and figures stand once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Languages {
    /// Korean first, then English.
    #[default]
    Both,
    /// One language.
    Only(Language),
}

/// A piece of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A heading of level 1 to 4.
    Heading(u8, String),
    /// An explanation: the same in each of the languages that are shown.
    Explanation(Vec<(Language, String)>),
    /// A paragraph that stands once.
    Paragraph(String),
    /// Items in order.
    List(Vec<String>),
    /// Columns and rows.
    Table(Table),
    /// A picture: file name, what it shows, the SVG.
    Picture(String, String, String),
    /// Text to be shown as it is, with the name of its language.
    Code(&'static str, String),
}

/// Columns and rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The head of each column; a head that starts with `#` marks a column of numbers.
    pub head: Vec<&'static str>,
    /// The rows, each as long as the head.
    pub rows: Vec<Vec<String>>,
}

/// A document under construction.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    /// The figures that may be printed.
    pub ledger: &'a Ledger,
    languages: Languages,
    blocks: Vec<Block>,
}

impl<'a> Document<'a> {
    /// Returns an empty document over these figures.
    #[must_use]
    pub fn new(ledger: &'a Ledger, languages: Languages) -> Self {
        Self { ledger, languages, blocks: Vec::new() }
    }

    /// Returns the finished blocks.
    #[must_use]
    pub fn into_blocks(self) -> Vec<Block> {
        self.blocks
    }

    /// Adds a heading.
    pub fn heading(&mut self, level: u8, text: &str) {
        self.blocks.push(Block::Heading(level, text.to_owned()));
    }

    /// Adds an explanation from a template, once in each language that is shown.
    pub fn explain(&mut self, text: &Text) {
        let shown: &[Language] = match self.languages {
            Languages::Both => &[Language::Ko, Language::En],
            Languages::Only(Language::En) => &[Language::En],
            Languages::Only(Language::Ko) => &[Language::Ko],
        };
        let wordings = shown
            .iter()
            .map(|language| (*language, words::fill(text, *language, self.ledger)))
            .filter(|(_, wording)| !wording.is_empty())
            .collect();
        self.blocks.push(Block::Explanation(wordings));
    }

    /// Returns a template in the one language that tables use: Korean only where it is the only
    /// one.
    #[must_use]
    pub fn once(&self, text: &Text) -> String {
        let language = match self.languages {
            Languages::Only(language) => language,
            Languages::Both => Language::En,
        };
        words::fill(text, language, self.ledger)
    }

    /// Adds a paragraph that stands once.
    pub fn paragraph(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Paragraph(text.into()));
    }

    /// Adds a list, unless it is empty.
    pub fn list(&mut self, items: Vec<String>) {
        if !items.is_empty() {
            self.blocks.push(Block::List(items));
        }
    }

    /// Adds a table, unless it has no rows.
    ///
    /// # Panics
    /// Panics when a row is not as long as the head.
    pub fn table(&mut self, head: &[&'static str], rows: Vec<Vec<String>>) {
        for row in &rows {
            assert_eq!(row.len(), head.len(), "row {row:?} under {head:?}");
        }
        if !rows.is_empty() {
            self.blocks.push(Block::Table(Table { head: head.to_vec(), rows }));
        }
    }

    /// Adds a picture and the file name under which it is also written.
    pub fn picture(&mut self, file: &str, alt: &str, svg: String) {
        self.blocks.push(Block::Picture(file.to_owned(), alt.to_owned(), svg));
    }

    /// Adds text that is shown as it is.
    pub fn code(&mut self, language: &'static str, text: String) {
        self.blocks.push(Block::Code(language, text));
    }

    /// Returns the printed mid value of a figure, or `not enough data` where there is none.
    #[must_use]
    pub fn print(&self, id: Option<&String>) -> String {
        id.map_or_else(|| "not enough data".to_owned(), |id| words::print(self.ledger, id))
    }

    /// Returns `low to high` of a figure, or nothing where it has no width.
    #[must_use]
    pub fn range(&self, id: &str) -> String {
        let figure = &self.ledger[id];
        let (low, high) = (figure.print_low(), figure.print_high());
        if figure.interval.is_exact() || low == high {
            return String::new();
        }
        format!("{low} to {high}")
    }
}

/// Returns text from outside as inline text: shown as written, with no meaning.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&' | '!' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Returns a word as inline code.
#[must_use]
pub fn code(word: &str) -> String {
    let word: String = word.chars().filter(|c| *c != '`' && !c.is_control()).collect();
    if word.is_empty() { String::new() } else { format!("`{word}`") }
}
