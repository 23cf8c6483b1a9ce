//! Metric labels: few values, whatever clients send.
//!
//! ```text
//!   GET /users/42/posts/7 ─► method="GET" route="/users/{id}/posts/{post}" status="200"
//!   GET /wp-admin.php     ─► method="GET" route="unmatched"                status="404"
//!   BREW /pot             ─► method="OTHER"
//! ```
//!
//! **Use it** for the labels of request metrics. **Not** for traces or logs, where the path itself is
//! wanted.
//!
//! Pitfalls that it avoids: a raw path as a label makes a time series per scanner request; so does a
//! made-up method; values of other labels are cut off at a limit, beyond which they share one.
//!
//! ```
//! use tenfold_patterns::metric_labels::{RouteTable, method_label};
//! let routes = RouteTable::new(&["/users/{id}", "/users/me"]).unwrap();
//! assert_eq!(routes.label("/users/42"), "/users/{id}");
//! assert_eq!(routes.label("/users/me"), "/users/me");
//! assert_eq!(routes.label("/.env"), "unmatched");
//! assert_eq!(method_label("BREW"), "OTHER");
//! ```
//!
//! Sources: OpenTelemetry semantic conventions for HTTP (`http.route`, `_OTHER`); Prometheus naming.

#[cfg(test)]
mod tests;

use tenfold_units::FixedMap;

use crate::options::{Check, InvalidOptions};

/// The label of a path that no route matches.
pub const UNMATCHED: &str = "unmatched";
/// The label of a value beyond the limit, and of an unknown method.
pub const OTHER: &str = "OTHER";

/// Returns the label of a request method: one of the nine of RFC 9110 and 5789, or `OTHER`.
#[must_use]
pub fn method_label(method: &str) -> &'static str {
    const METHODS: [&str; 9] =
        ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
    METHODS.iter().find(|known| **known == method).copied().unwrap_or(OTHER)
}

/// Returns the label of a status code: its class, `1xx` to `5xx`, or `OTHER`.
#[must_use]
pub fn status_class(status: u16) -> &'static str {
    const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
    let class = usize::from(status / 100).checked_sub(1);
    class.and_then(|class| CLASSES.get(class)).copied().unwrap_or(OTHER)
}

/// Routes by template: `{name}` stands for one segment, `{*name}` at the end for all that follow.
#[derive(Clone, Debug)]
pub struct RouteTable {
    /// The most specific first.
    templates: Vec<String>,
}

impl RouteTable {
    /// Returns the table of these templates; where two match a path, the one whose first difference
    /// is a plain segment wins.
    ///
    /// # Errors
    /// A template does not begin with `/`, is there twice, or has `{*…}` before its end.
    pub fn new(templates: &[&str]) -> Result<Self, InvalidOptions> {
        let mut check = Check::default();
        let rooted = templates.iter().all(|template| template.starts_with('/'));
        check.that(rooted, "templates", "must begin with /");
        let rest_last = templates.iter().all(|template| {
            let rest = template.find("{*");
            rest.is_none_or(|rest| !template[rest..].contains('/'))
        });
        check.that(rest_last, "templates", "may have {*…} only at the end");
        let mut sorted: Vec<String> = templates.iter().map(|it| (*it).to_owned()).collect();
        let rank = |segment: &str| (segment.starts_with('{'), segment.starts_with("{*"));
        let order = |template: &String| -> Vec<((bool, bool), String)> {
            template.split('/').map(|segment| (rank(segment), segment.to_owned())).collect()
        };
        sorted.sort_by_cached_key(order);
        let before = sorted.len();
        sorted.dedup();
        check.that(sorted.len() == before, "templates", "must be distinct");
        check.done()?;
        Ok(Self { templates: sorted })
    }

    /// Returns the template that a path (without query) matches, or [`UNMATCHED`].
    #[must_use]
    pub fn label(&self, path: &str) -> &str {
        let matches = |template: &&String| {
            let (mut segments, mut rest) = (path.split('/'), template.split('/'));
            loop {
                match (rest.next(), segments.next()) {
                    (None, None) => return true,
                    (Some(part), Some(_)) if part.starts_with("{*") => return true,
                    (Some(part), Some(segment)) => {
                        let any = part.starts_with('{') && !segment.is_empty();
                        if !any && part != segment {
                            return false;
                        }
                    }
                    _ => return false,
                }
            }
        };
        self.templates.iter().find(matches).map_or(UNMATCHED, String::as_str)
    }
}

/// Bounds the values of a label: the first so many are themselves, others are [`OTHER`].
#[derive(Clone, Debug)]
pub struct LabelLimit {
    limit: usize,
    known: FixedMap<String, ()>,
    overflowed: u64,
}

impl LabelLimit {
    /// Returns a limit of so many values; OpenTelemetry allows 2,000 series to an instrument.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, known: FixedMap::new(), overflowed: 0 }
    }

    /// Returns the label for a value.
    pub fn label<'a>(&mut self, value: &'a str) -> &'a str {
        if self.known.contains_key(value) {
            return value;
        }
        if self.known.len() >= self.limit {
            self.overflowed += 1;
            return OTHER;
        }
        self.known.insert(value.to_owned(), ());
        value
    }

    /// Returns how often a value was beyond the limit.
    #[must_use]
    pub const fn overflowed(&self) -> u64 {
        self.overflowed
    }
}
