use super::*;

const MS: fn(u64) -> Duration = Duration::from_millis;

#[test]
fn a_refusal_tells_when_to_come_again() {
    let quota = Quota { limit: 5, window: MS(500), remaining: 0, reset_after: MS(2_100) };
    let error = Error::RateLimited { retry_after: Some(MS(1_001)), quota: Some(quota) };
    let response = error.to_response::<&str>();
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "2", "rounded up");
    assert_eq!(response.headers()["ratelimit-policy"], "\"default\";q=5;w=1");
    assert_eq!(response.headers()["ratelimit"], "\"default\";r=0;t=3");
    assert_eq!(*response.body(), "rate-limited");
}

#[test]
fn an_open_breaker_never_says_to_come_at_once() {
    let error = Error::CircuitOpen { retry_after: Duration::ZERO };
    let response = error.to_response::<&str>();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "1");
    assert!(!response.headers().contains_key("ratelimit"));
}

#[test]
fn what_can_never_pass_has_no_time() {
    let error = Error::RateLimited { retry_after: None, quota: None };
    assert!(!error.to_response::<&str>().headers().contains_key("retry-after"));
}

#[test]
fn nothing_of_an_inner_error_is_told() {
    let error = Error::Inner("password is hunter2".into());
    let response = error.to_response::<String>();
    assert_eq!((response.status().as_u16(), response.body().as_str()), (500, "inner"));
}
