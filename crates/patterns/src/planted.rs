//! Bugs planted to try the tests: each name in the list below must make the suite fail.
//!
//! Without the feature `planted-bugs` [`is`] is the constant `false` and nothing of this is built.

/// Returns whether the bug `name` is switched on.
#[cfg(not(feature = "planted-bugs"))]
#[inline(always)]
pub(crate) const fn is(_name: &str) -> bool {
    false
}

/// Returns whether the bug `name` is switched on: the one that the variable `TENFOLD_PLANTED_BUG`
/// names.
#[cfg(feature = "planted-bugs")]
pub(crate) fn is(name: &str) -> bool {
    static BUG: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    #[expect(clippy::disallowed_methods, reason = "a test-only feature, chosen from outside")]
    let read = || std::env::var("TENFOLD_PLANTED_BUG").ok();
    BUG.get_or_init(read).as_deref() == Some(name)
}

#[cfg(all(test, feature = "planted-bugs"))]
mod tests {
    use std::process::{Command, Stdio};

    /// Bug, and the tests that have to see it.
    const BUGS: [(&str, &str); 23] = [
        ("breaker-counts-late-results", "circuit_breaker"),
        ("bucket-over-admits-by-one", "token_bucket"),
        ("budget-by-attempts", "retry_budget"),
        ("bulkhead-over-admits-by-one", "bulkhead"),
        ("cache-serves-expired", "cache"),
        ("cache-ttl-without-jitter", "cache"),
        ("concurrency-over-admits-by-one", "concurrency_limit"),
        ("distributed-fails-open-always", "distributed_limit"),
        ("distributed-ignores-the-store", "distributed_limit"),
        ("ejection-share-before-candidate", "balancer"),
        ("event-store-ignores-version", "event_store"),
        ("geo-box-ignores-antimeridian", "geo"),
        ("half-open-admits-all", "circuit_breaker"),
        ("half-open-leaks-a-permit", "circuit_breaker"),
        ("lru-is-fifo", "cache"),
        ("p2c-picks-one", "balancer"),
        ("retry-one-more-attempt", "retry::"),
        ("retry-without-jitter", "retry::"),
        ("ring-ignores-weight", "hash_ring"),
        ("ring-owners-repeat", "hash_ring"),
        ("snowflake-ignores-clock", "snowflake"),
        ("window-log-keeps-boundary", "window_limit"),
        ("write-behind-acks-before-log", "write_behind"),
    ];

    fn passes(bug: &str, filter: &str) -> bool {
        let this = std::env::current_exe().expect("a test knows its own file");
        let run = Command::new(this)
            .args([filter, "--skip", "planted"])
            .env("TENFOLD_PLANTED_BUG", bug)
            // From elsewhere, so that no failing input is filed among the sources.
            .current_dir(std::env::temp_dir())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        run.expect("the test binary runs again").success()
    }

    #[test]
    fn each_planted_bug_makes_the_suite_fail() {
        for (bug, filter) in BUGS {
            assert!(passes("none", filter), "{filter} fails without a bug");
            assert!(!passes(bug, filter), "{bug} goes unseen by {filter}");
        }
    }
}
