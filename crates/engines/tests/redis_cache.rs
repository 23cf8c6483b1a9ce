//! The cache in Redis against a running server: two processes' worth of connections.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use tenfold_engines::{Engine, Scratch};
use tenfold_patterns::RemoteCacheOptions;
use tenfold_patterns_tower::{Error, Loaded, RedisCache};

async fn cache(address: &str, options: RemoteCacheOptions) -> RedisCache<MultiplexedConnection> {
    let client = redis::Client::open(format!("redis://{address}/")).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    RedisCache::new(options, connection, "user:").unwrap()
}

fn patient(ttl: Duration) -> RemoteCacheOptions {
    RemoteCacheOptions { timeout: Duration::from_secs(10), ..RemoteCacheOptions::for_values(ttl) }
}

fn value(text: &str) -> Result<Loaded<Vec<u8>>, Error> {
    Ok(Loaded::Value(text.as_bytes().to_vec()))
}

async fn unasked() -> Result<Loaded<Vec<u8>>, Error> {
    panic!("it lies there already")
}

#[tokio::test]
async fn what_one_loads_the_other_finds() {
    let Some(server) = Scratch::start(Engine::Redis, "") else { return };
    let options = patient(Duration::from_secs(60)).negative(Duration::from_secs(60));
    let (one, other) =
        (cache(server.address(), options).await, cache(server.address(), options).await);
    assert_eq!(one.get("7", || async { value("ann") }).await.unwrap(), Some(b"ann".to_vec()));
    assert_eq!(other.get("7", unasked).await.unwrap(), Some(b"ann".to_vec()));
    // That there is none is remembered, and an empty value is one.
    assert_eq!(one.get("8", || async { Ok(Loaded::Absent) }).await.unwrap(), None);
    assert_eq!(other.get("8", unasked).await.unwrap(), None);
    assert_eq!(one.get("9", || async { value("") }).await.unwrap(), Some(Vec::new()));
    assert_eq!(other.get("9", unasked).await.unwrap(), Some(Vec::new()));
    // What is not to be kept is loaded each time.
    let loads = AtomicU32::new(0);
    for _ in 0..2 {
        let load = || async {
            loads.fetch_add(1, Ordering::Relaxed);
            Ok(Loaded::Unkept(b"page".to_vec()))
        };
        assert_eq!(one.get("10", load).await.unwrap(), Some(b"page".to_vec()));
    }
    assert_eq!(loads.load(Ordering::Relaxed), 2);
    assert_eq!((one.unavailable(), other.unavailable()), (0, 0));
}

#[tokio::test]
async fn a_slow_load_does_not_overwrite_a_write() {
    let Some(server) = Scratch::start(Engine::Redis, "") else { return };
    let options = patient(Duration::from_secs(60));
    let (reader, writer) =
        (cache(server.address(), options).await, cache(server.address(), options).await);
    let slow = || async {
        // Read from the store before the write, kept after it.
        writer.write("7", b"new".to_vec(), |_| async { Ok(()) }).await.unwrap();
        value("old")
    };
    assert_eq!(reader.get("7", slow).await.unwrap(), Some(b"old".to_vec()));
    assert_eq!(reader.get("7", unasked).await.unwrap(), Some(b"new".to_vec()));
    // Forgotten while it loads: not kept either.
    let slow = || async {
        assert!(writer.invalidate("8").await);
        value("old")
    };
    reader.get("8", slow).await.unwrap();
    assert_eq!(reader.get("8", || async { value("new") }).await.unwrap(), Some(b"new".to_vec()));
    // A store that fails leaves nothing there.
    let fails = |_| async { Err(Error::Shed { reason: "full" }) };
    assert!(writer.write("7", b"newer".to_vec(), fails).await.is_err());
    assert_eq!(reader.get("7", || async { value("new") }).await.unwrap(), Some(b"new".to_vec()));
}

#[tokio::test]
async fn values_and_leases_end() {
    let Some(server) = Scratch::start(Engine::Redis, "") else { return };
    let brief = Duration::from_millis(50);
    let options = RemoteCacheOptions { ttl_jitter: 0.0, lease: brief, ..patient(brief) };
    let cache = cache(server.address(), options).await;
    cache.get("7", || async { value("ann") }).await.unwrap();
    tokio::time::sleep(4 * brief).await;
    assert_eq!(cache.get("7", || async { value("bob") }).await.unwrap(), Some(b"bob".to_vec()));
    // A load that outlasts its lease is handed out and not kept.
    let slow = || async {
        tokio::time::sleep(4 * brief).await;
        value("late")
    };
    assert_eq!(cache.get("8", slow).await.unwrap(), Some(b"late".to_vec()));
    assert_eq!(cache.get("8", || async { value("new") }).await.unwrap(), Some(b"new".to_vec()));
}
