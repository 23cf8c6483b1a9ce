//! The registry of diagnostic codes of this crate. Codes are never reused.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::Severity;

/// A stable diagnostic code: `E001`. Numbers below 100 belong to this crate; the stages after it
/// take others.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Code(Cow<'static, str>);

impl Code {
    /// Returns the code of this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Returns its name: `E001`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Display for Code {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One row of the code registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeEntry {
    /// The code's name.
    pub name: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// What it means, as a sentence.
    pub meaning: &'static str,
}

macro_rules! codes {
    ($($ident:ident $severity:ident $name:literal $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub(crate) const $ident: CodeEntry =
                CodeEntry { name: $name, severity: Severity::$severity, meaning: $meaning };
        )*

        /// Every code of this crate, in order.
        pub const CODES: &[CodeEntry] = &[$($ident),*];
    };
}

codes! {
    UNREADABLE_NUMBER Error "E001" "A number is not written in a form that can be read.";
    WRONG_DIMENSION Error "E002" "An amount has a dimension that the property cannot have.";
    IMPOSSIBLE_VALUE Error "E003" "A value is outside what the property can be.";
    CONTRADICTION Error "E004" "Two places say different things about the same property.";
    PERCENTILES_DISORDERED Error "E005" "A higher percentile is stated below a lower one.";
    RANGE_REVERSED Error "E006" "A range ends below its start.";
    NOT_TEXT Error "E007" "The input is not UTF-8 text.";
    TOO_LARGE Error "E008" "The input is larger than the limit.";
    TOO_MANY Error "E009" "The input has more lines or items than the limit.";
    INVALID_YAML Error "E010" "The YAML cannot be read.";
    NOTHING_TO_GO_ON Error "E011" "The brief says nothing.";
    UNCLOSED_FENCE Warning "W001" "A fenced block is not closed.";
    DUPLICATE_HEADING Warning "W002" "Two headings of one level are equal.";
    VAGUE_WORD Warning "W003" "A word says that something matters, but not how much.";
    UNKNOWN_UNIT Warning "W004" "A unit is not known.";
    NO_UNIT Warning "W005" "A number stands without anything that says what it counts.";
    NOT_UNDERSTOOD Warning "W006" "An amount was not understood.";
    LINE_TOO_LONG Warning "W007" "A line is longer than the limit; the rest was not read.";
    TOO_DEEP Warning "W008" "A list is nested deeper than the limit; the item is read as it stands.";
    DUPLICATE_ITEM Warning "W009" "The same item stands twice.";
    NO_AMOUNT Warning "W010" "No amount says how much load there is.";
    SEVERAL_TITLES Warning "W011" "A second top-level heading is read as a section.";
    EMPTY_SECTION Warning "W012" "A section holds nothing.";
    BITS_OR_BYTES Reading "R001" "A lower-case b was read as bits or as bytes.";
    DECIMAL_OR_BINARY Reading "R002" "Units from TB on are read as powers of ten.";
    MINUTES_OR_MILLIONS Reading "R003" "A lower-case m after a number was read as minutes or as million.";
    UNIT_LEFT_OUT Reading "R004" "A unit or property was supplied from the context.";
    EACH_OR_TOTAL Reading "R005" "An amount was read as one for each of those who act, or as the total.";
    WIDE_RANGE Reading "R006" "A wide range is worked with at the middle of its ends.";
    LOCAL_NUMBER Reading "R007" "A number was read although its separators are unusual.";
    BYTE_OR_BILLION Reading "R008" "A B after a number was read as billion or as byte.";
}

#[cfg(test)]
mod tests {
    use super::CODES;
    use crate::Severity;

    #[test]
    fn codes_are_ordered_unique_and_lettered_by_severity() {
        for (severity, letter) in
            [(Severity::Error, 'E'), (Severity::Warning, 'W'), (Severity::Reading, 'R')]
        {
            let names: Vec<_> =
                CODES.iter().filter(|e| e.severity == severity).map(|e| e.name).collect();
            let expected: Vec<_> = (1..=names.len()).map(|n| format!("{letter}{n:03}")).collect();
            assert_eq!(names, expected);
        }
        assert!(CODES.iter().all(|entry| entry.meaning.ends_with('.')));
    }
}
