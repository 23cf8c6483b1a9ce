use std::sync::Arc;

use super::*;

fn answer(status: u16, retry_after: Option<&str>) -> Result<Response<()>, Error> {
    let mut response = Response::builder().status(status);
    if let Some(text) = retry_after {
        response = response.header("retry-after", text);
    }
    Ok(response.body(()).unwrap())
}

#[test]
fn http_answers_have_their_classes() {
    let class = |status| ByStatus.classify(&answer(status, None));
    for status in [200, 204, 301, 304] {
        assert_eq!(class(status), Class::Success, "{status}");
    }
    for status in [400, 401, 403, 404, 409, 422] {
        assert_eq!(class(status), Class::ClientError, "{status}");
    }
    for status in [408, 425, 500, 502, 504] {
        assert_eq!(class(status), Class::Transient, "{status}");
    }
    for status in [501, 505] {
        assert_eq!(class(status), Class::Permanent, "{status}");
    }
    for status in [429, 503] {
        assert_eq!(class(status), Class::Throttled(None), "{status}");
    }
}

#[test]
fn push_back_is_read_in_seconds_only() {
    let after = |text| ByStatus.classify(&answer(503, Some(text)));
    assert_eq!(after("7"), Class::Throttled(Some(Duration::from_secs(7))));
    for text in ["-7", "+7", "7.5", "", "Wed, 21 Oct 2026 07:28:00 GMT"] {
        assert_eq!(after(text), Class::Throttled(None), "{text}");
    }
    assert_eq!(after("99999999999999999999"), Class::Throttled(Some(Duration::MAX)));
}

#[test]
fn a_client_error_neither_opens_a_breaker_nor_closes_it() {
    assert_eq!(Class::ClientError.for_breaker(), CircuitBreakerOutcome::Ignored);
    assert_eq!(Class::ClientError.for_balancer(), BalancerOutcome::Success);
    assert_eq!(Class::ClientError.for_retry(), None);
}

#[test]
fn an_own_refusal_says_nothing_of_the_service() {
    let wait = Duration::from_secs(2);
    let error = Error::CircuitOpen { retry_after: wait };
    let class = ByError.classify(&Err::<(), _>(error));
    assert_eq!(class, Class::Refused(Some(wait)));
    assert_eq!(class.for_breaker(), CircuitBreakerOutcome::Ignored);
    assert_eq!(class.for_balancer(), BalancerOutcome::Ignored);
    assert_eq!(class.for_retry(), Some(RetryFailure::PushedBack(Some(wait))));
}

#[test]
fn what_was_given_up_is_not_tried_again() {
    let source = Box::new(Error::Inner("down".into()));
    let error = Error::Exhausted { reason: "attempts", attempts: 3, source };
    let shared = Error::Shared(Arc::new(error));
    assert_eq!(classify_error(&shared).for_retry(), Some(RetryFailure::Permanent));
    assert_eq!(classify_error(&Error::DeadlinePassed), Class::Final);
}
