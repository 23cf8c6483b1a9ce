//! Which requests may be sent more than once.

use http::Request;
use tenfold_patterns::Deadline;

use crate::carry::Carry;

/// Says of a request whether it may be sent again, and until when anybody waits for the answer.
pub trait Repeat<Req> {
    /// Returns whether sending it twice does no harm.
    fn may_repeat(&self, request: &Req) -> bool;

    /// Returns the deadline beyond which another try is in vain.
    fn deadline(&self, _request: &Req) -> Deadline {
        Deadline::NEVER
    }
}

/// Every request may be repeated: for services that only read, or that know repeats.
#[derive(Clone, Copy, Debug, Default)]
pub struct Always;

impl<Req> Repeat<Req> for Always {
    fn may_repeat(&self, _request: &Req) -> bool {
        true
    }
}

impl<Req, F: Fn(&Req) -> bool> Repeat<Req> for F {
    fn may_repeat(&self, request: &Req) -> bool {
        self(request)
    }
}

/// HTTP requests with an idempotent method (RFC 9110, 9.2.2) or an `Idempotency-Key`; within the
/// deadline that they carry.
#[derive(Clone, Copy, Debug, Default)]
pub struct Idempotent;

impl<B> Repeat<Request<B>> for Idempotent {
    fn may_repeat(&self, request: &Request<B>) -> bool {
        request.method().is_idempotent() || request.headers().contains_key("idempotency-key")
    }

    fn deadline(&self, request: &Request<B>) -> Deadline {
        request.carried().copied().unwrap_or(Deadline::NEVER)
    }
}
