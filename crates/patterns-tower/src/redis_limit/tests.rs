//! Without a server: what happens when it is away. Against a running one: `crates/engines/tests`.

use core::time::Duration;
use std::sync::Mutex;

use redis::{Cmd, Pipeline, RedisFuture, Value};
use tenfold_patterns::{TokenBucketOptions, TokenBucketRule};
use tower::{ServiceExt as _, service_fn};

use super::*;

/// A connection that answers as a test says.
#[derive(Clone)]
enum Fake {
    /// Every call fails.
    Broken,
    /// No call ever returns.
    Silent,
    /// The script is answered with a number; the arguments are kept.
    Answers(u64, Arc<Mutex<Vec<String>>>),
}

impl ConnectionLike for Fake {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Broken => Box::pin(async {
                Err(redis::RedisError::from(std::io::Error::other("no connection")))
            }),
            Self::Silent => Box::pin(core::future::pending()),
            Self::Answers(missing, asked) => {
                *asked.lock().unwrap() = cmd
                    .args_iter()
                    .map(|arg| match arg {
                        redis::Arg::Simple(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                        redis::Arg::Cursor | _ => String::new(),
                    })
                    .collect();
                let answer = Value::Int(i64::try_from(*missing).unwrap());
                Box::pin(core::future::ready(Ok(answer)))
            }
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        _cmd: &'a Pipeline,
        _offset: usize,
        _count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(core::future::pending())
    }

    fn get_db(&self) -> i64 {
        0
    }
}

fn rule() -> TokenBucketRule {
    TokenBucketOptions::per_second(10, 2).rule().unwrap()
}

fn limiter(options: DistributedLimitOptions, fake: Fake) -> RedisLimiter<TokenBucketRule, Fake> {
    RedisLimiter::new(rule(), options, fake, "limit:").unwrap()
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_the_options_decide() {
    for fake in [Fake::Broken, Fake::Silent] {
        for (options, passes) in [
            (DistributedLimitOptions::fail_open(), true),
            (DistributedLimitOptions::fail_closed(), false),
        ] {
            let limiter = limiter(options, fake.clone());
            let started = tokio::time::Instant::now();
            let decision = limiter.admit("ann", 1).await;
            assert_eq!(decision, DistributedDecision::Unavailable { admitted: passes });
            assert!(started.elapsed() <= options.timeout + Duration::from_millis(1));
            let layer = RedisRateLimitLayer::new(limiter.clone(), |name: &String| name.clone());
            let service = layer.layer(service_fn(|name: String| async { Ok::<_, Error>(name) }));
            let result = service.oneshot("ann".to_owned()).await;
            assert_eq!(result.is_ok(), passes);
            if let Err(error) = result {
                assert_eq!((error.reason(), error.status().as_u16()), ("shed", 503));
            }
            assert_eq!(limiter.unavailable(), 2);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_machine_decides_with_what_the_server_found_missing() {
    let asked = Arc::default();
    let one = u64::try_from(Duration::from_millis(100).as_nanos()).unwrap();
    for (missing, passes) in [(0, true), (one, true), (one + 1, false)] {
        let fake = Fake::Answers(missing, Arc::clone(&asked));
        let limiter = limiter(DistributedLimitOptions::fail_closed(), fake);
        let layer = RedisRateLimitLayer::new(limiter, |name: &String| name.clone());
        let service = layer.layer(service_fn(|name: String| async { Ok::<_, Error>(name) }));
        let result = service.oneshot("ann".to_owned()).await;
        assert_eq!(result.is_ok(), passes, "{missing}");
        if let Err(error) = result {
            assert_eq!(error.status().as_u16(), 429);
            assert_eq!(error.retry_after(), Some(Duration::from_nanos(1)));
        }
    }
    let asked = asked.lock().unwrap();
    let (one, two) = (one.to_string(), (2 * one).to_string());
    assert_eq!(asked[2..], ["1", "limit:ann", "1", &one, &two, "1"], "and no time of ours");
}
