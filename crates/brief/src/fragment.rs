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

    /// Returns the line (from 0) of a byte.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|first| *first <= offset).max(1) - 1
    }
}

/// A text put together from pieces of the source.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fragment {
    pub(crate) text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq)]
struct Piece {
    at: usize,
    source: Range<usize>,
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
        self.pieces.push(Piece { at, source });
    }

    /// Appends text that stands nowhere.
    pub(crate) fn push_synthetic(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Appends another fragment.
    pub(crate) fn append(&mut self, other: &Self) {
        let shift = self.text.len();
        self.text.push_str(&other.text);
        self.pieces.extend(
            other
                .pieces
                .iter()
                .map(|piece| Piece { at: piece.at + shift, source: piece.source.clone() }),
        );
    }

    /// Returns the part of the text in `range` as a fragment, without white space at its ends.
    pub(crate) fn slice(&self, range: Range<usize>) -> Self {
        let part = &self.text[range.clone()];
        let start = range.start + (part.len() - part.trim_start().len());
        let text = part.trim().to_owned();
        let end = start + text.len();
        let pieces =
            self.covered(start..end).map(|(at, source)| Piece { at: at - start, source }).collect();
        Self { text, pieces }
    }

    /// Returns for each piece in `range` where it begins in the text and what it covers.
    fn covered(&self, range: Range<usize>) -> impl Iterator<Item = (usize, Range<usize>)> {
        self.pieces.iter().filter_map(move |piece| {
            let end = piece.at + piece.source.len();
            let (from, to) = (range.start.max(piece.at), range.end.min(end));
            let start = piece.source.start + from.checked_sub(piece.at)?;
            (from < to).then(|| (from, start..start + (to - from)))
        })
    }

    /// Returns the range of the source that a range of the text covers. Pieces from several lines
    /// (a table cell under its header) give the part on the line of the last one.
    pub(crate) fn source_range(&self, range: Range<usize>, lines: &LineIndex<'_>) -> Range<usize> {
        let parts: Vec<_> = self.covered(range).map(|(_, source)| source).collect();
        let Some(last) = parts.last() else {
            let nearest = self.pieces.first().map_or(0, |piece| piece.source.start);
            return nearest..nearest;
        };
        let ordered = parts.windows(2).all(|pair| pair[0].end <= pair[1].start);
        let line = lines.line_of(last.start);
        let same = parts.iter().filter(|part| ordered || lines.line_of(part.start) == line);
        let (mut start, mut end) = (last.start, last.end);
        for part in same {
            start = start.min(part.start);
            end = end.max(part.end);
        }
        start..end
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}
