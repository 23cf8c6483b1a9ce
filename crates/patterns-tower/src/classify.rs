//! What an answer says of the service: the one judgement that breaker, retry, hedge and balancer
//! share.

#[cfg(test)]
mod tests;

use core::time::Duration;

use http::{HeaderMap, Response, StatusCode, header};
use tenfold_patterns::{BalancerOutcome, CircuitBreakerOutcome, RetryFailure};

use crate::error::{Error, KeyConflict};

/// What an answer says of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It works.
    Success,
    /// The call was wrong, or there is no such thing: the service works, another try would not help.
    ClientError,
    /// The service failed; it may pass.
    Transient,
    /// The service failed and will fail again.
    Permanent,
    /// The service said that it is overloaded, and perhaps when to come again.
    Throttled(Option<Duration>),
    /// The call never reached the service (an inner layer refused it): nothing is known of its
    /// health; another try may help after this time, or at once.
    Refused(Option<Duration>),
    /// The call may not be tried again, and says nothing of the service's health.
    Final,
}

impl Class {
    /// Returns what a circuit breaker counts.
    #[must_use]
    pub const fn for_breaker(self) -> CircuitBreakerOutcome {
        match self {
            Self::Success => CircuitBreakerOutcome::Success,
            Self::Transient | Self::Permanent | Self::Throttled(_) => {
                CircuitBreakerOutcome::Failure
            }
            Self::ClientError | Self::Refused(_) | Self::Final => CircuitBreakerOutcome::Ignored,
        }
    }

    /// Returns what a balancer counts; a client's error is an answer, and so a success.
    #[must_use]
    pub const fn for_balancer(self) -> BalancerOutcome {
        match self {
            Self::Success | Self::ClientError => BalancerOutcome::Success,
            Self::Transient | Self::Permanent | Self::Throttled(_) => BalancerOutcome::Failure,
            Self::Refused(_) | Self::Final => BalancerOutcome::Ignored,
        }
    }

    /// Returns how a retry sees it, or `None` for an answer that is handed out as it is.
    #[must_use]
    pub const fn for_retry(self) -> Option<RetryFailure> {
        match self {
            Self::Success | Self::ClientError => None,
            Self::Transient | Self::Refused(None) => Some(RetryFailure::Transient),
            Self::Throttled(None) => Some(RetryFailure::Throttled),
            Self::Throttled(after) | Self::Refused(after) => Some(RetryFailure::PushedBack(after)),
            Self::Permanent | Self::Final => Some(RetryFailure::Permanent),
        }
    }
}

/// Judges answers of type `Res`.
pub trait Classify<Res> {
    /// Returns what `result` says of the service.
    fn classify(&self, result: &Result<Res, Error>) -> Class;
}

impl<Res, F: Fn(&Result<Res, Error>) -> Class> Classify<Res> for F {
    fn classify(&self, result: &Result<Res, Error>) -> Class {
        self(result)
    }
}

/// Returns what an error says where nothing more is known: refusals of inner layers are no news of
/// the service, a retry that gave up is final, anything else may pass.
#[must_use]
pub fn classify_error(error: &Error) -> Class {
    match error {
        Error::RateLimited { retry_after: None, .. }
        | Error::KeyConflict(KeyConflict::Mismatch | KeyConflict::Full)
        | Error::DeadlinePassed
        | Error::Exhausted { .. } => Class::Final,
        Error::Shared(error) => classify_error(error),
        Error::RateLimited { .. }
        | Error::CircuitOpen { .. }
        | Error::BulkheadFull
        | Error::ConcurrencyLimited
        | Error::Shed { .. }
        | Error::KeyConflict(KeyConflict::InProgress { .. })
        | Error::NoBackend => Class::Refused(error.retry_after()),
        Error::TimedOut { .. } | Error::Inner(_) => Class::Transient,
    }
}

/// Every answer is a success, every error judged by [`classify_error`].
#[derive(Clone, Copy, Debug, Default)]
pub struct ByError;

impl<Res> Classify<Res> for ByError {
    fn classify(&self, result: &Result<Res, Error>) -> Class {
        match result {
            Ok(_) => Class::Success,
            Err(error) => classify_error(error),
        }
    }
}

/// HTTP answers by status: 5xx failed (501 and 505 for good), 429 and 503 are overloaded and may
/// say `Retry-After`, 408 and 425 may pass, other 4xx are the client's errors.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByStatus;

impl<B> Classify<Response<B>> for ByStatus {
    fn classify(&self, result: &Result<Response<B>, Error>) -> Class {
        let response = match result {
            Ok(response) => response,
            Err(error) => return classify_error(error),
        };
        match response.status() {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                Class::Throttled(retry_after(response.headers()))
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY => Class::Transient,
            StatusCode::NOT_IMPLEMENTED | StatusCode::HTTP_VERSION_NOT_SUPPORTED => {
                Class::Permanent
            }
            status if status.is_server_error() => Class::Transient,
            status if status.is_client_error() => Class::ClientError,
            _ => Class::Success,
        }
    }
}

/// Returns the whole seconds of `Retry-After`; a date is not read, as it would need the wall clock.
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().map_or(Duration::MAX, Duration::from_secs))
}
