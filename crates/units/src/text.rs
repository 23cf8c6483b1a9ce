use serde::{Deserialize, Serialize};

/// A language of explanations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// English.
    En,
    /// Korean with English technical terms.
    Ko,
}

/// An explanation in both languages, with places for figures.
///
/// `{id}` is the printed figure of that id in the plan's [`Ledger`](crate::Ledger). In Korean
/// `{id:은}` adds the particle of that pair (은/는, 이/가, 을/를, 과/와, 으로/로) that fits the
/// pronunciation of what is printed. Both languages name the same figures; `{{` is a brace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Text {
    /// English.
    pub en: String,
    /// Korean.
    pub ko: String,
}

impl Text {
    /// Returns the explanation with these two wordings.
    pub fn new(en: impl Into<String>, ko: impl Into<String>) -> Self {
        Self { en: en.into(), ko: ko.into() }
    }

    /// Returns the wording in `language`.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Ko => &self.ko,
        }
    }

    /// Returns the ids that a wording names, in order of appearance.
    #[must_use]
    pub fn figure_ids(wording: &str) -> Vec<&str> {
        let mut ids = Vec::new();
        let mut rest = wording;
        while let Some(start) = rest.find('{') {
            rest = &rest[start + 1..];
            if let Some(after) = rest.strip_prefix('{') {
                rest = after;
            } else if let Some(end) = rest.find('}') {
                ids.push(rest[..end].split(':').next().unwrap_or(""));
                rest = &rest[end + 1..];
            }
        }
        ids
    }
}
