//! What an HTTP client is told of a refusal.

#[cfg(test)]
mod tests;

use core::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Response, header};

use crate::error::{Error, Quota};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Whole seconds, rounded up: who comes back then is not refused for having come too early.
fn seconds(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}

impl Quota {
    /// Writes the fields `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers):
    /// the policy's name is `default`, times are whole seconds, rounded up.
    pub fn write(&self, headers: &mut HeaderMap) {
        let window = seconds(self.window).max(1);
        let policy = format!("\"default\";q={};w={window}", self.limit);
        let reset = seconds(self.reset_after);
        let limit = format!("\"default\";r={};t={reset}", self.remaining);
        for (name, text) in [(POLICY, policy), (LIMIT, limit)] {
            let value = HeaderValue::try_from(text).expect("digits and ASCII letters");
            headers.insert(name, value);
        }
    }
}

impl Error {
    /// Returns the answer for a client: the [status](Error::status), `Retry-After` where the time is
    /// known (whole seconds, at least 1), the fields of the rate limit that refused, and the
    /// [reason](Error::reason) as the text. Nothing of an inner error is told.
    #[must_use]
    pub fn to_response<B: From<&'static str>>(&self) -> Response<B> {
        let mut response = Response::new(B::from(self.reason()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, text);
        if let Some(after) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds(after).max(1)));
        }
        if let Some(quota) = self.quota() {
            quota.write(headers);
        }
        response
    }
}
