//! The laws that every design obeys, for proposed and for hand-edited designs alike.

use crate::analysis::Analysis;
use crate::book::Book;
use crate::types::{Design, Finding};

/// A law: looks at a design under its load and says what breaks it.
type Law = fn(&mut Book<'_>, &Design, &Analysis) -> Vec<Finding>;

const LAWS: &[Law] = &[];

/// Returns what all laws say.
pub(crate) fn all(book: &mut Book<'_>, design: &Design, analysis: &Analysis) -> Vec<Finding> {
    LAWS.iter().flat_map(|law| law(book, design, analysis)).collect()
}
