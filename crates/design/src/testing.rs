//! Proposals for tests.

use tenfold_brief::Format;
use tenfold_catalog::Catalog;
use tenfold_estimate::Estimate;

use crate::propose::{Proposal, at};

/// Returns the estimate of a URL shortener with these requirements.
pub(crate) fn estimate(requirements: &str) -> Estimate {
    let text = format!("# URL Shortener\n\n## Requirements\n{requirements}\n- Custom aliases\n");
    brief(&text)
}

/// Returns the estimate of a brief.
pub(crate) fn brief(text: &str) -> Estimate {
    tenfold_estimate::estimate(
        &tenfold_brief::parse(text, Format::Markdown).brief,
        &Catalog::builtin(),
    )
}

/// Returns what is proposed for a URL shortener with these requirements.
pub(crate) fn proposal(requirements: &str) -> Proposal {
    at(&estimate(requirements), &Catalog::builtin(), 1.0, false)
}

/// Returns what is proposed for the URL shortener of the examples.
pub(crate) fn shortener() -> Proposal {
    let text = include_str!("../../../examples/url-shortener.md");
    at(&brief(text), &Catalog::builtin(), 1.0, false)
}
