//! The one error of all layers: why, and when to come again.

#[cfg(test)]
mod tests;

use core::any::Any;
use core::time::Duration;
use std::sync::Arc;

/// An error of any service, as tower's own layers box it.
pub type BoxError = Box<dyn core::error::Error + Send + Sync>;

/// What a limit says of itself, for the `RateLimit` fields of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Calls that an unused limit admits at once.
    pub limit: u64,
    /// The time in which that many calls become free again.
    pub window: Duration,
    /// Calls that it would admit now.
    pub remaining: u64,
    /// The time after which it is as if unused, if nobody calls.
    pub reset_after: Duration,
}

/// Why a request with an idempotency key was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyConflict {
    /// The same request is under way.
    #[error("in progress")]
    InProgress {
        /// The time until somebody else may try.
        retry_after: Duration,
    },
    /// The key was used for another request.
    #[error("used for another request")]
    Mismatch,
    /// No more keys can be kept.
    #[error("no more can be kept")]
    Full,
}

/// Why a call failed.
///
/// Layers do not wrap each other's errors: an `Error` that comes from an inner layer goes out as it
/// is, and what the service itself returned is [`Error::Inner`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A rate limit refused it; the service was not called.
    #[error("rate limited")]
    RateLimited {
        /// The time after which the same call passes; `None`: it never will (it asks for more than
        /// the limit ever holds).
        retry_after: Option<Duration>,
        /// What the limit says of itself.
        quota: Option<Quota>,
    },
    /// A circuit breaker refused it; the service was not called.
    #[error("circuit breaker open")]
    CircuitOpen {
        /// The time until the next probe may be made; zero if probes are under way.
        retry_after: Duration,
    },
    /// No place was free in a bulkhead, in time; the service was not called.
    #[error("bulkhead full")]
    BulkheadFull,
    /// As much is in flight as the service is known to bear; the service was not called.
    #[error("concurrency limit reached")]
    ConcurrencyLimited,
    /// The load was shed; the service was not called.
    #[error("load shed: {reason}")]
    Shed {
        /// Why, as a label value.
        reason: &'static str,
    },
    /// The deadline had passed before the service was called.
    #[error("deadline passed before the call")]
    DeadlinePassed,
    /// There was no answer in time; the service may have done the work or not.
    #[error("timed out after {after:?}")]
    TimedOut {
        /// How long was waited.
        after: Duration,
    },
    /// A balancer has no backend that may be called.
    #[error("no backend")]
    NoBackend,
    /// It was tried again and still failed, or may not be tried again. An outer
    /// [retry](crate::retry) does not try this again, so that layers of retries do not multiply.
    #[error("gave up after {attempts} attempts ({reason}): {source}")]
    Exhausted {
        /// Why it was not tried again, as a label value.
        reason: &'static str,
        /// Attempts made, the first included.
        attempts: u32,
        /// How the last attempt failed.
        source: Box<Error>,
    },
    /// A request with an idempotency key was not carried out.
    #[error("idempotency key: {0}")]
    KeyConflict(KeyConflict),
    /// Another call for the same thing failed, and this one shared its fate.
    #[error(transparent)]
    Shared(Arc<Error>),
    /// The service's own error.
    #[error("{0}")]
    Inner(#[source] BoxError),
}

impl Error {
    /// Returns what an inner service's error is here: itself if it is an [`Error`], also in a box,
    /// else [`Error::Inner`].
    pub fn from_inner<E: Into<BoxError> + 'static>(error: E) -> Self {
        let mut slot = Some(error);
        if let Some(own) = (&mut slot as &mut dyn Any).downcast_mut::<Option<Self>>() {
            return own.take().expect("filled above");
        }
        let boxed: BoxError = slot.expect("not taken").into();
        match boxed.downcast::<Self>() {
            Ok(own) => *own,
            Err(other) => Self::Inner(other),
        }
    }

    /// Returns why, as a label value: lower-case words joined by `-`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::RateLimited { .. } => "rate-limited",
            Self::CircuitOpen { .. } => "circuit-open",
            Self::BulkheadFull => "bulkhead-full",
            Self::ConcurrencyLimited => "concurrency-limited",
            Self::Shed { .. } => "shed",
            Self::DeadlinePassed => "deadline-passed",
            Self::TimedOut { .. } => "timed-out",
            Self::NoBackend => "no-backend",
            Self::KeyConflict(_) => "key-conflict",
            Self::Exhausted { source, .. } => source.reason(),
            Self::Shared(error) => error.reason(),
            Self::Inner(_) => "inner",
        }
    }

    /// Returns the time after which the call may be made again, where that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } => *retry_after,
            Self::CircuitOpen { retry_after }
            | Self::KeyConflict(KeyConflict::InProgress { retry_after }) => Some(*retry_after),
            Self::Exhausted { source, .. } => source.retry_after(),
            Self::Shared(error) => error.retry_after(),
            Self::BulkheadFull
            | Self::ConcurrencyLimited
            | Self::Shed { .. }
            | Self::DeadlinePassed
            | Self::TimedOut { .. }
            | Self::NoBackend
            | Self::KeyConflict(_)
            | Self::Inner(_) => None,
        }
    }

    /// Returns what the rate limit that refused the call says of itself.
    #[must_use]
    pub fn quota(&self) -> Option<Quota> {
        match self {
            Self::RateLimited { quota, .. } => *quota,
            Self::Exhausted { source, .. } => source.quota(),
            Self::Shared(error) => error.quota(),
            Self::CircuitOpen { .. }
            | Self::BulkheadFull
            | Self::ConcurrencyLimited
            | Self::Shed { .. }
            | Self::DeadlinePassed
            | Self::TimedOut { .. }
            | Self::NoBackend
            | Self::KeyConflict(_)
            | Self::Inner(_) => None,
        }
    }

    /// Returns whether the service was not called at all: the call has had no effect, and the
    /// refusal says nothing of the service's health.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::RateLimited { .. }
            | Self::CircuitOpen { .. }
            | Self::BulkheadFull
            | Self::ConcurrencyLimited
            | Self::Shed { .. }
            | Self::DeadlinePassed
            | Self::NoBackend
            | Self::KeyConflict(_) => true,
            Self::Exhausted { attempts, source, .. } => *attempts == 1 && source.is_refusal(),
            Self::Shared(error) => error.is_refusal(),
            Self::TimedOut { .. } | Self::Inner(_) => false,
        }
    }

    /// Returns the HTTP status that tells a client of it: 429 for its own rate, 503 for what the
    /// server cannot bear, 504 for time, 409 and 422 for idempotency keys, 500 for the rest.
    #[must_use]
    pub fn status(&self) -> http::StatusCode {
        match self {
            Self::RateLimited { .. } => http::StatusCode::TOO_MANY_REQUESTS,
            Self::CircuitOpen { .. }
            | Self::BulkheadFull
            | Self::ConcurrencyLimited
            | Self::Shed { .. }
            | Self::NoBackend => http::StatusCode::SERVICE_UNAVAILABLE,
            Self::KeyConflict(KeyConflict::InProgress { .. }) => http::StatusCode::CONFLICT,
            Self::KeyConflict(KeyConflict::Mismatch) => http::StatusCode::UNPROCESSABLE_ENTITY,
            Self::KeyConflict(KeyConflict::Full) => http::StatusCode::SERVICE_UNAVAILABLE,
            Self::DeadlinePassed | Self::TimedOut { .. } => http::StatusCode::GATEWAY_TIMEOUT,
            Self::Exhausted { source, .. } => source.status(),
            Self::Shared(error) => error.status(),
            Self::Inner(_) => http::StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
