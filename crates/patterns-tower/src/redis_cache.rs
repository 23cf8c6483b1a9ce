//! A cache in Redis that processes share: the level between [`cache`](crate::cache) in each process
//! and the store (feature `redis`).
//!
//! **Use it** where a value that one process loaded spares the others the load. **Not** as the only
//! place of anything: it may be empty at any time.
//!
//! Who misses gets a lease and fills only while it stands; a write takes it away, so that a slow load
//! cannot put an old value over a new one. With Redis away, or slower than the options allow, the
//! store is asked, and [`RedisCache::unavailable`] counts it. A write that Redis does not hear of
//! leaves the old value there until its lifetime ends. Redis 5 or later.
//!
//! ```no_run
//! use core::time::Duration;
//! use tenfold_patterns::{CacheOptions, RemoteCacheOptions};
//! use tenfold_patterns_tower::{CacheBuilder, Loaded, RedisCache};
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let client = redis::Client::open("redis://127.0.0.1/").unwrap();
//! let connection = client.get_connection_manager_lazy(Default::default()).unwrap();
//! let options = RemoteCacheOptions::for_values(Duration::from_secs(600));
//! let far = RedisCache::new(options, connection, "user:").unwrap();
//! // Process, Redis, store:
//! let near = CacheBuilder::new(CacheOptions::s3_fifo(10_000)).build().unwrap();
//! let from_far = {
//!     let far = far.clone();
//!     || async move {
//!         let load = || async { Ok(Loaded::Value(b"ann".to_vec())) };
//!         Ok(far.get("7", load).await?.map_or(Loaded::Absent, Loaded::Value))
//!     }
//! };
//! assert_eq!(near.get(&"7", from_far).await.unwrap(), Some(b"ann".to_vec()));
//! # }
//! ```

#[cfg(test)]
mod tests;

use core::fmt;
use core::future::Future;
use core::time::Duration;
use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use redis::aio::ConnectionLike;
use redis::{FromRedisValue, RedisResult, Script};
use tenfold_patterns::{InvalidOptions, RemoteCache, RemoteCacheOptions};

use crate::error::Error;
use crate::shared::cache::Loaded;

/// The first byte of what lies there: a value follows, or there is known to be none.
const VALUE: u8 = 1;
const ABSENT: u8 = 0;

/// Values by key, shared by all processes that use the same server and prefix; clones are the same
/// cache.
///
/// `C` is a connection that can be cloned: `redis::aio::ConnectionManager`, which connects again by
/// itself, or `MultiplexedConnection`.
pub struct RedisCache<C> {
    shared: Arc<Shared>,
    connection: C,
}

struct Shared {
    policy: RemoteCache,
    prefix: String,
    get: Script,
    fill: Script,
    /// Tells the leases of this process from those of others.
    own: u64,
    leases: AtomicU64,
    unavailable: AtomicU64,
}

impl<C: Clone> Clone for RedisCache<C> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), connection: self.connection.clone() }
    }
}

impl<C> fmt::Debug for RedisCache<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisCache")
            .field("policy", &self.shared.policy)
            .field("prefix", &self.shared.prefix)
            .finish_non_exhaustive()
    }
}

impl<C: ConnectionLike + Clone> RedisCache<C> {
    /// Returns the cache; the value of `key` lies at `{prefix + key}`, braces included, so that its
    /// lease lies in the same hash slot.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub fn new(
        options: RemoteCacheOptions,
        connection: C,
        prefix: &str,
    ) -> Result<Self, InvalidOptions> {
        let shared = Shared {
            policy: RemoteCache::new(options)?,
            prefix: prefix.to_owned(),
            get: Script::new(include_str!("redis_cache/get.lua")),
            fill: Script::new(include_str!("redis_cache/fill.lua")),
            own: std::hash::RandomState::new().hash_one(0_u8),
            leases: AtomicU64::new(0),
            unavailable: AtomicU64::new(0),
        };
        Ok(Self { shared: Arc::new(shared), connection })
    }

    /// Returns the value of `key`, loaded by `load` where it is not there or nobody answers in time;
    /// `None` when there is none.
    ///
    /// Dropped while it loads, it leaves a lease that ends by itself.
    ///
    /// # Errors
    /// The error of the load.
    pub async fn get<F>(
        &self,
        key: &str,
        load: impl FnOnce() -> F,
    ) -> Result<Option<Vec<u8>>, Error>
    where
        F: Future<Output = Result<Loaded<Vec<u8>>, Error>>,
    {
        let [value, lease] = self.keys(key);
        let number = self.shared.leases.fetch_add(1, Ordering::Relaxed);
        let token = format!("{:016x}-{number:x}", self.shared.own);
        let mut get = self.shared.get.key(&value);
        get.key(&lease).arg(&token).arg(millis(self.shared.policy.options().lease));
        let mut connection = self.connection.clone();
        let found: Option<Option<Vec<u8>>> = self.ask(get.invoke_async(&mut connection)).await;
        match found.as_ref().and_then(|found| found.as_deref()) {
            Some([VALUE, rest @ ..]) => return Ok(Some(rest.to_vec())),
            Some([ABSENT]) => return Ok(None),
            // Nothing there, nobody answers, or somebody else's bytes.
            Some(_) | None => {}
        }
        let loaded = load().await?;
        if found.is_some() {
            self.fill(&value, &lease, &token, &loaded).await;
        }
        Ok(match loaded {
            Loaded::Value(value) | Loaded::Unkept(value) => Some(value),
            Loaded::Absent => None,
        })
    }

    async fn fill(&self, value: &str, lease: &str, token: &str, loaded: &Loaded<Vec<u8>>) {
        let bytes = match loaded {
            Loaded::Value(value) => stored(value),
            Loaded::Absent => vec![ABSENT],
            Loaded::Unkept(_) => return,
        };
        let lifetime = self.lifetime(matches!(loaded, Loaded::Absent), token);
        if lifetime.is_zero() {
            return;
        }
        let mut fill = self.shared.fill.key(value);
        fill.key(lease).arg(token).arg(bytes).arg(millis(lifetime));
        let _kept: Option<u64> = self.ask(fill.invoke_async(&mut self.connection.clone())).await;
    }

    /// Writes through: `key` is forgotten, `store` writes the value, then it is kept here. When the
    /// store fails or the write is cancelled, nothing is kept.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn write<F>(
        &self,
        key: &str,
        value: Vec<u8>,
        store: impl FnOnce(Vec<u8>) -> F,
    ) -> Result<(), Error>
    where
        F: Future<Output = Result<(), Error>>,
    {
        self.invalidate(key).await;
        let bytes = stored(&value);
        store(value).await?;
        let [name, lease] = self.keys(key);
        let lifetime = millis(self.lifetime(false, key));
        let mut both = redis::pipe();
        both.atomic().cmd("SET").arg(&name).arg(bytes).arg("PX").arg(lifetime).ignore();
        // Who loads at this time has the old value.
        both.cmd("DEL").arg(&lease).ignore();
        let _kept: Option<()> = self.ask(both.query_async(&mut self.connection.clone())).await;
        Ok(())
    }

    /// Forgets `key`; a load under way is then not kept. Returns whether Redis has heard of it.
    pub async fn invalidate(&self, key: &str) -> bool {
        let [value, lease] = self.keys(key);
        let mut delete = redis::cmd("DEL");
        delete.arg(value).arg(lease);
        let gone: Option<u64> = self.ask(delete.query_async(&mut self.connection.clone())).await;
        gone.is_some()
    }

    /// Returns how many questions of this process had no answer in time.
    #[must_use]
    pub fn unavailable(&self) -> u64 {
        self.shared.unavailable.load(Ordering::Relaxed)
    }

    fn keys(&self, key: &str) -> [String; 2] {
        let value = format!("{{{}{key}}}", self.shared.prefix);
        let lease = format!("{value}:lease");
        [value, lease]
    }

    /// A draw that differs by what it is for, and by process.
    fn lifetime(&self, absent: bool, what: &str) -> Duration {
        let draw = std::hash::RandomState::new().hash_one(what);
        self.shared.policy.lifetime(absent, (draw >> 11) as f64 / (1_u64 << 53) as f64)
    }

    async fn ask<T: FromRedisValue>(
        &self,
        answer: impl Future<Output = RedisResult<T>>,
    ) -> Option<T> {
        match tokio::time::timeout(self.shared.policy.options().timeout, answer).await {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(_)) | Err(_) => {
                self.shared.unavailable.fetch_add(1, Ordering::Relaxed);
                None
            }
        }
    }
}

fn stored(value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(value.len() + 1);
    bytes.push(VALUE);
    bytes.extend_from_slice(value);
    bytes
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1)
}
