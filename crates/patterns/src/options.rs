//! What every machine's options share: the error that lists all that is wrong with them.

use core::fmt;

/// Options that a machine refuses, with every problem at once.
///
/// ```
/// use tenfold_patterns::{TokenBucket, TokenBucketOptions};
/// use core::time::Duration;
/// let options = TokenBucketOptions { rate: 0, per: Duration::ZERO, burst: 0 };
/// let error = TokenBucket::new(options).unwrap_err();
/// assert_eq!(error.problems().len(), 3);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidOptions(Vec<Problem>);

/// One wrong option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field, as it is written in YAML.
    pub option: &'static str,
    /// What it has to be.
    pub help: &'static str,
}

impl InvalidOptions {
    /// Returns the problems, in the order of the fields; at least one.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for InvalidOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { "; " };
            write!(f, "{separator}`{}` {}", problem.option, problem.help)?;
        }
        Ok(())
    }
}

impl core::error::Error for InvalidOptions {}

/// Collects problems.
#[derive(Debug, Default)]
pub(crate) struct Check(Vec<Problem>);

impl Check {
    /// Notes that `option` breaks its rule unless `holds`.
    pub(crate) fn that(&mut self, holds: bool, option: &'static str, help: &'static str) {
        if !holds {
            self.0.push(Problem { option, help });
        }
    }

    /// Notes a ratio outside 0..=1.
    pub(crate) fn ratio(&mut self, value: f64, option: &'static str) {
        self.that((0.0..=1.0).contains(&value), option, "must be a ratio from 0 to 1");
    }

    /// Returns every problem, or nothing.
    pub(crate) fn done(self) -> Result<(), InvalidOptions> {
        if self.0.is_empty() { Ok(()) } else { Err(InvalidOptions(self.0)) }
    }
}
