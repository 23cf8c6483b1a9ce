//! Without a server: what happens when it is away. Against a running one: `crates/engines/tests`.

use redis::{Cmd, Pipeline, RedisFuture, Value};

use super::*;

/// A connection that never answers well.
#[derive(Clone)]
enum Fake {
    Broken,
    Silent,
}

impl Fake {
    fn answer<T: Send + 'static>(&self) -> RedisFuture<'static, T> {
        match self {
            Self::Broken => Box::pin(async {
                Err(redis::RedisError::from(std::io::Error::other("no connection")))
            }),
            Self::Silent => Box::pin(core::future::pending()),
        }
    }
}

impl ConnectionLike for Fake {
    fn req_packed_command<'a>(&'a mut self, _: &'a Cmd) -> RedisFuture<'a, Value> {
        self.answer()
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        _: &'a Pipeline,
        _: usize,
        _: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        self.answer()
    }

    fn get_db(&self) -> i64 {
        0
    }
}

fn cache(fake: Fake) -> RedisCache<Fake> {
    let options = RemoteCacheOptions::for_values(Duration::from_secs(60));
    RedisCache::new(options, fake, "test:").unwrap()
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_the_store_is_asked() {
    for fake in [Fake::Broken, Fake::Silent] {
        let cache = cache(fake);
        let load = || async { Ok(Loaded::Value(b"ann".to_vec())) };
        assert_eq!(cache.get("7", load).await.unwrap(), Some(b"ann".to_vec()));
        // Nothing is filled where nothing was asked.
        assert_eq!(cache.unavailable(), 1);
        assert_eq!(cache.get("7", || async { Ok(Loaded::Absent) }).await.unwrap(), None);
        assert!(!cache.invalidate("7").await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_reaches_the_store_and_its_failure_the_caller() {
    let cache = cache(Fake::Broken);
    let mut wrote = Vec::new();
    let store = |value: Vec<u8>| {
        wrote = value;
        async { Ok(()) }
    };
    cache.write("7", b"bob".to_vec(), store).await.unwrap();
    assert_eq!(wrote, b"bob");
    let fails = |_: Vec<u8>| async { Err(Error::Shed { reason: "full" }) };
    let error = cache.write("7", b"eve".to_vec(), fails).await.unwrap_err();
    assert_eq!(error.reason(), "shed");
}

#[test]
fn a_key_and_its_lease_share_a_hash_slot() {
    let [value, lease] = cache(Fake::Silent).keys("7");
    assert_eq!((value.as_str(), lease.as_str()), ("{test:7}", "{test:7}:lease"));
    let slot = |key: &str| tenfold_patterns::hash_slots::redis_slot(key.as_bytes());
    assert_eq!(slot(&value), slot(&lease));
}
