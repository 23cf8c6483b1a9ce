use core::error::Error as _;

use super::*;

fn refused() -> Error {
    Error::RateLimited { retry_after: Some(Duration::from_secs(3)), quota: None }
}

#[test]
fn layers_do_not_wrap_each_other() {
    assert!(matches!(Error::from_inner(refused()), Error::RateLimited { .. }));
    let boxed: BoxError = Box::new(refused());
    assert!(matches!(Error::from_inner(boxed), Error::RateLimited { .. }));
    let foreign: BoxError = "disk on fire".into();
    let error = Error::from_inner(foreign);
    assert!(matches!(error, Error::Inner(_)));
    assert_eq!(error.source().unwrap().to_string(), "disk on fire");
}

#[test]
fn an_outer_error_tells_what_the_inner_one_does() {
    let exhausted =
        Error::Exhausted { reason: "attempts", attempts: 3, source: Box::new(refused()) };
    let shared = Error::Shared(Arc::new(exhausted));
    assert_eq!(shared.retry_after(), Some(Duration::from_secs(3)));
    assert_eq!(shared.reason(), "rate-limited");
    assert_eq!(shared.status(), 429);
    assert!(shared.to_string().contains("3 attempts"), "{shared}");
}

#[test]
fn a_refusal_after_real_attempts_is_none() {
    let after =
        |attempts| Error::Exhausted { reason: "attempts", attempts, source: Box::new(refused()) };
    assert!(after(1).is_refusal());
    assert!(!after(2).is_refusal(), "an earlier attempt may have reached the service");
    assert!(!Error::TimedOut { after: Duration::ZERO }.is_refusal());
    assert!(Error::DeadlinePassed.is_refusal());
}

#[test]
fn each_error_has_its_status() {
    let unavailable = [
        Error::CircuitOpen { retry_after: Duration::ZERO },
        Error::BulkheadFull,
        Error::ConcurrencyLimited,
        Error::Shed { reason: "age" },
        Error::NoBackend,
    ];
    assert!(unavailable.iter().all(|error| error.status() == 503 && error.is_refusal()));
    assert_eq!(Error::TimedOut { after: Duration::ZERO }.status(), 504);
    assert_eq!(Error::Inner("x".into()).status(), 500);
}
