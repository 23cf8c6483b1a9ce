//! Text that remembers where in the source it stands.

use core::ops::Range;

use crate::Span;

/// The starts of lines, to turn bytes into line and column.
#[derive(Debug)]
pub(crate) struct LineIndex<'a> {
    source: &'a str,
    starts: Vec<usize>,
}

impl<'a> LineIndex<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        let ends =
            source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(i, _)| i + 1);
        Self { source, starts: core::iter::once(0).chain(ends).collect() }
    }

    pub(crate) const fn source(&self) -> &'a str {
        self.source
    }

    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        let start = range.start.min(self.source.len());
        let line = self.starts.partition_point(|first| *first <= start).max(1);
        let column = self.source[self.starts[line - 1]..start].chars().count() + 1;
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Span {
            start,
            end: range.end.clamp(start, self.source.len()),
            line: number(line),
            column: number(column),
        }
    }
}

/// A text put together from pieces of the source.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fragment {
    pub(crate) text: String,
    pieces: Vec<Piece>,
    /// Named columns beside the first one, where it is the row of a table.
    pub(crate) columns: usize,
}

#[derive(Clone, Debug, PartialEq)]
struct Piece {
    at: usize,
    source: Range<usize>,
    /// Whether it is a label that stands elsewhere: a table header, the item around a nested one.
    label: bool,
}

impl Fragment {
    /// Returns the source text of this range as it stands.
    pub(crate) fn of_source(source: &str, range: Range<usize>) -> Self {
        let mut fragment = Self::default();
        fragment.push(&source[range.clone()], range);
        fragment
    }

    /// Appends text that stands at `source`. Where the lengths differ (an entity such as `&lt;`),
    /// the text is padded, so that offsets stay true.
    pub(crate) fn push(&mut self, text: &str, source: Range<usize>) {
        if text.is_empty() {
            return;
        }
        let at = self.text.len();
        self.text.push_str(text);
        for _ in text.len()..source.len() {
            self.text.push(' ');
        }
        self.pieces.push(Piece { at, source, label: false });
    }

    /// Appends text for which the source at this place says the same in other characters; each part
    /// of it stands at the whole place.
    pub(crate) fn push_at(&mut self, text: &str, source: Range<usize>) {
        if text.len() == source.len() {
            self.push(text, source);
        } else if text.len() < source.len() {
            let start = source.start;
            self.push(text, start..start + text.len());
        } else {
            let (own, more) = text.split_at(floor_boundary(text, source.len()));
            self.push(own, source.start..source.start + own.len());
            self.push_synthetic(more);
        }
    }

    /// Appends text that stands nowhere.
    pub(crate) fn push_synthetic(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Appends another fragment.
    pub(crate) fn append(&mut self, other: &Self) {
        let shift = self.text.len();
        self.text.push_str(&other.text);
        let moved = |piece: &Piece| Piece { at: piece.at + shift, ..piece.clone() };
        self.pieces.extend(other.pieces.iter().map(moved));
    }

    /// Appends a fragment that stands elsewhere and only labels what follows.
    pub(crate) fn append_label(&mut self, label: &Self) {
        let first = self.pieces.len();
        self.append(label);
        for piece in &mut self.pieces[first..] {
            piece.label = true;
        }
    }

    /// Returns the part of the text in `range` as a fragment, without white space at its ends.
    pub(crate) fn slice(&self, range: Range<usize>) -> Self {
        let part = &self.text[range.clone()];
        let start = range.start + (part.len() - part.trim_start().len());
        let text = part.trim().to_owned();
        let end = start + text.len();
        let pieces =
            self.covered(start..end).map(|part| Piece { at: part.at - start, ..part }).collect();
        Self { text, pieces, columns: self.columns }
    }

    /// Returns the parts of the pieces in `range`.
    fn covered(&self, range: Range<usize>) -> impl Iterator<Item = Piece> {
        self.pieces.iter().filter_map(move |piece| {
            let end = piece.at + piece.source.len();
            let (from, to) = (range.start.max(piece.at), range.end.min(end));
            let start = piece.source.start + from.checked_sub(piece.at)?;
            let source = start..start + to.checked_sub(from)?;
            (from < to).then_some(Piece { at: from, source, label: piece.label })
        })
    }

    /// Returns the range of the source that a range of the text covers; labels from elsewhere count
    /// only where nothing else is covered.
    pub(crate) fn source_range(&self, range: Range<usize>) -> Range<usize> {
        let parts: Vec<_> = self.covered(range).collect();
        let own = parts.iter().any(|part| !part.label);
        let used = parts.iter().filter(|part| !own || !part.label).map(|part| &part.source);
        let start = used.clone().map(|source| source.start).min();
        let end = used.map(|source| source.end).max();
        let nearest = self.pieces.last().map_or(0, |piece| piece.source.start);
        start.unwrap_or(nearest)..end.unwrap_or(nearest)
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// Returns the last character boundary up to `at`.
fn floor_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
