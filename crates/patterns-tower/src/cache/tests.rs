use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use http::{Request, Response};
use tokio::time::{advance, sleep};
use tower::{ServiceExt, service_fn};

use super::*;
use crate::classify::ByStatus;

const MS: fn(u64) -> Duration = Duration::from_millis;
const NO_REFRESH: RefreshOptions =
    RefreshOptions { beta: 0.0, stale_while_revalidate: MS0, stale_if_error: MS0 };
const MS0: Duration = Duration::ZERO;

fn options() -> CacheOptions {
    CacheOptions { ttl: Some(MS(1_000)), ..CacheOptions::lru(100) }
}

fn cache() -> SharedCache<u32> {
    CacheBuilder::new(options()).build().unwrap()
}

/// A store that counts its loads and takes 50 ms for each; its value is the number of the load.
#[derive(Clone, Default)]
struct Store(Arc<AtomicU32>);

impl Store {
    fn loads(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }

    async fn load(self) -> Result<Loaded<u32>, Error> {
        let number = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        sleep(MS(50)).await;
        Ok(Loaded::Value(number))
    }

    async fn fail(self) -> Result<Loaded<u32>, Error> {
        self.0.fetch_add(1, Ordering::SeqCst);
        sleep(MS(50)).await;
        Err(Error::Inner("down".into()))
    }

    async fn absent(self) -> Result<Loaded<u32>, Error> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Loaded::Absent)
    }
}

async fn get(cache: &SharedCache<u32>, store: &Store) -> Result<Option<u32>, Error> {
    let store = store.clone();
    cache.get(&"key", || store.load()).await
}

#[tokio::test(start_paused = true)]
async fn a_value_is_loaded_once_in_its_lifetime() {
    let (cache, store) = (cache(), Store::default());
    for _ in 0..5 {
        assert_eq!(get(&cache, &store).await.unwrap(), Some(1));
    }
    advance(MS(1_000)).await;
    assert_eq!(get(&cache, &store).await.unwrap(), Some(2));
}

#[tokio::test(start_paused = true)]
async fn of_many_who_miss_one_loads() {
    let (cache, store) = (cache(), Store::default());
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let (cache, store) = (cache.clone(), store.clone());
            tokio::spawn(async move { get(&cache, &store).await.unwrap() })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), Some(1));
    }
    assert_eq!((store.loads(), cache.loading()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_to_those_who_waited_and_kept_for_nobody() {
    let (cache, store) = (cache(), Store::default());
    let calls: Vec<_> = (0..3)
        .map(|_| {
            let (cache, store) = (cache.clone(), store.clone());
            tokio::spawn(async move { cache.get(&"key", || store.fail()).await })
        })
        .collect();
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        assert!(matches!(error, Error::Shared(_)), "{error:?}");
    }
    assert_eq!(store.loads(), 1);
    assert_eq!(get(&cache, &store).await.unwrap(), Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_cancelled_hands_the_lead_to_one_waiter() {
    let (cache, store) = (cache(), Store::default());
    let spawn = || {
        let (cache, store) = (cache.clone(), store.clone());
        tokio::spawn(async move { get(&cache, &store).await.unwrap() })
    };
    let leader = spawn();
    tokio::task::yield_now().await;
    let waiters = [spawn(), spawn(), spawn()];
    sleep(MS(10)).await;
    leader.abort();
    for waiter in waiters {
        assert_eq!(waiter.await.unwrap(), Some(2));
    }
    assert_eq!((store.loads(), cache.loading()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_panics_hands_the_lead_on() {
    let (cache, store) = (cache(), Store::default());
    let panics = {
        let cache = cache.clone();
        tokio::spawn(async move {
            let load = || async {
                sleep(MS(10)).await;
                panic!("planned")
            };
            cache.get(&"key", load).await.map(|_| ())
        })
    };
    tokio::task::yield_now().await;
    assert_eq!(get(&cache, &store).await.unwrap(), Some(1));
    assert!(panics.await.unwrap_err().is_panic());
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_waiter_is_gone_and_a_lead_handed_to_it_goes_on() {
    let (cache, store) = (cache(), Store::default());
    let Found::Load(lead) = cache.find(7) else { panic!("a miss") };
    let Found::Wait(first) = cache.find(7) else { panic!("waits") };
    let Found::Wait(mut second) = cache.find(7) else { panic!("waits") };
    drop(lead);
    // The lead is the first waiter's, which never looks.
    drop(first);
    let Waited::Leads(lead) = poll_fn(|cx| second.poll(cx)).await else { panic!("leads") };
    assert_eq!(lead.finish(store.load().await).unwrap(), Some(1));
    assert_eq!(cache.loading(), 0);
    assert!(matches!(cache.find(7), Found::Known(Some(1))));
}

#[tokio::test(start_paused = true)]
async fn a_stale_value_is_served_while_one_caller_renews_it() {
    let refresh = RefreshOptions { stale_while_revalidate: MS(500), ..NO_REFRESH };
    let cache = CacheBuilder::new(options()).refresh(refresh).build().unwrap();
    let store = Store::default();
    assert_eq!(get(&cache, &store).await.unwrap(), Some(1));
    advance(MS(1_200)).await;
    for _ in 0..10 {
        assert_eq!(get(&cache, &store).await.unwrap(), Some(1), "at once");
    }
    sleep(MS(60)).await;
    assert_eq!(store.loads(), 2, "renewed once");
    assert_eq!(get(&cache, &store).await.unwrap(), Some(2));
    advance(MS(1_600)).await;
    assert_eq!(get(&cache, &store).await.unwrap(), Some(3), "too old to serve");
}

#[tokio::test(start_paused = true)]
async fn a_stale_value_is_served_when_the_store_fails() {
    let refresh = RefreshOptions { stale_if_error: MS(10_000), ..NO_REFRESH };
    let cache = CacheBuilder::new(options()).refresh(refresh).build().unwrap();
    let store = Store::default();
    assert_eq!(get(&cache, &store).await.unwrap(), Some(1));
    advance(MS(5_000)).await;
    let failed = store.clone();
    assert_eq!(cache.get(&"key", || failed.fail()).await.unwrap(), Some(1));
    assert_eq!(store.loads(), 2, "the store was asked first");
    advance(MS(6_000)).await;
    let failed = store.clone();
    assert!(cache.get(&"key", || failed.fail()).await.is_err(), "too old even for that");
}

#[tokio::test(start_paused = true)]
async fn textbook_a_load_that_began_before_an_invalidation_is_not_kept_and_not_shared() {
    let (cache, store) = (cache(), Store::default());
    let spawn = || {
        let (cache, store) = (cache.clone(), store.clone());
        tokio::spawn(async move { get(&cache, &store).await.unwrap() })
    };
    let before = spawn();
    sleep(MS(20)).await;
    cache.invalidate(&"key");
    let after = spawn();
    assert_eq!(before.await.unwrap(), Some(1));
    assert_eq!(after.await.unwrap(), Some(2), "does not share what was loaded before");
    assert_eq!(cache.peek(&"key"), Some(2));
    assert_eq!(get(&cache, &store).await.unwrap(), Some(2));
    assert_eq!(cache.loading(), 0);
}

#[tokio::test(start_paused = true)]
async fn that_there_is_none_is_remembered_for_its_own_time() {
    let options = CacheOptions { negative_ttl: Some(MS(100)), negative_entries: 10, ..options() };
    let cache: SharedCache<u32> = CacheBuilder::new(options).build().unwrap();
    let store = Store::default();
    for _ in 0..3 {
        let asked = store.clone();
        assert_eq!(cache.get(&1, || asked.absent()).await.unwrap(), None);
    }
    assert_eq!(store.loads(), 1);
    advance(MS(100)).await;
    let asked = store.clone();
    assert_eq!(cache.get(&1, || asked.absent()).await.unwrap(), None);
    assert_eq!(store.loads(), 2);
}

#[tokio::test(start_paused = true)]
async fn more_waiters_than_allowed_are_refused() {
    let flight = SingleFlightOptions { max_waiters: 1, ..SingleFlightOptions::tenfold() };
    let cache = CacheBuilder::<u32>::new(options()).flight(flight).build().unwrap();
    let Found::Load(_lead) = cache.find(1) else { panic!("a miss") };
    let Found::Wait(_wait) = cache.find(1) else { panic!("waits") };
    assert!(matches!(cache.find(1), Found::Full));
}

#[tokio::test(start_paused = true)]
async fn weights_bound_what_is_kept() {
    let cache = CacheBuilder::new(CacheOptions::lru(10)).weigh(|v: &u32| *v).build().unwrap();
    for key in 0..5 {
        cache.get(&key, || async { Ok(Loaded::Value(4)) }).await.unwrap();
    }
    assert_eq!(cache.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_layer_keeps_successes_only() {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let service = service_fn(move |request: Request<u16>| {
        counted.fetch_add(1, Ordering::SeqCst);
        let response = Response::builder().status(*request.body()).body(*request.body());
        async { Ok::<_, BoxError>(response.unwrap()) }
    });
    let cache = CacheBuilder::new(options()).build().unwrap();
    let find = |request: &Request<u16>| {
        (request.method() == http::Method::GET).then(|| request.uri().path().to_owned())
    };
    let service = CacheLayer::new(cache, find).classify(ByStatus).layer(service);
    let ask = |method: &str, path: &str, status: u16| {
        let request = Request::builder().method(method).uri(path).body(status).unwrap();
        let service = service.clone();
        async move { service.oneshot(request).await.unwrap().status().as_u16() }
    };
    assert_eq!(ask("GET", "/a", 200).await, 200);
    assert_eq!(ask("GET", "/a", 500).await, 200, "from the cache");
    assert_eq!(ask("GET", "/b", 500).await, 500);
    assert_eq!(ask("GET", "/b", 200).await, 200, "the failure was not kept");
    assert_eq!(ask("POST", "/a", 201).await, 201, "not cached");
    assert_eq!(calls.load(Ordering::SeqCst), 4);
}

/// A store whose writes take 50 ms and may fail.
async fn store(value: u32, good: bool, held: Arc<AtomicU32>) -> Result<(), Error> {
    sleep(MS(50)).await;
    if !good {
        return Err(Error::Inner("down".into()));
    }
    held.store(value, Ordering::SeqCst);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn textbook_a_write_that_fails_leaves_no_phantom() {
    let (cache, held) = (cache(), Arc::new(AtomicU32::new(1)));
    let write = |value, good| {
        let held = Arc::clone(&held);
        cache.write(&"key", value, move |value| store(value, good, held))
    };
    write(1, true).await.unwrap();
    assert_eq!(cache.peek(&"key"), Some(1));
    assert!(write(2, false).await.is_err());
    assert_eq!((cache.peek(&"key"), held.load(Ordering::SeqCst)), (Some(1), 1), "as it was");
    write(3, true).await.unwrap();
    assert_eq!((cache.peek(&"key"), held.load(Ordering::SeqCst)), (Some(3), 3));
}

#[tokio::test(start_paused = true)]
async fn textbook_writers_that_interleave_leave_no_wrong_value() {
    let cache = cache();
    // Both are under way; which of them the store takes last, the cache cannot know.
    let first = cache.begin_write(1);
    let second = cache.begin_write(1);
    first.finish(1);
    second.finish(2);
    assert!(cache.is_empty());
    cache.begin_write(1).finish(3);
    assert_eq!(cache.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_load_during_a_write_is_not_kept() {
    let cache = cache();
    let before = cache.find(1);
    let write = cache.begin_write(1);
    let during = cache.find(1);
    write.finish(2);
    for found in [before, during] {
        let Found::Load(lead) = found else { panic!("nothing was kept yet") };
        // What it read, it gets; what the cache has, stays.
        assert_eq!(lead.finish(Ok(Loaded::Value(1))).unwrap(), Some(1));
        assert!(matches!(cache.find(1), Found::Known(Some(2))));
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_is_cancelled_is_forgotten() {
    let (cache, held) = (cache(), Arc::new(AtomicU32::new(0)));
    cache.begin_write(cache.hash(&"key")).finish(1);
    let write = cache.write(&"key", 2, |value| store(value, true, Arc::clone(&held)));
    assert!(tokio::time::timeout(MS(10), write).await.is_err());
    assert_eq!(cache.peek(&"key"), None, "nobody knows what the store has");
}

#[tokio::test]
async fn shards_share_the_capacity_and_know_each_their_keys() {
    let options = CacheOptions::lru(1_000);
    let cache = CacheBuilder::new(options).shards(16).seeded(Seed(1)).build().unwrap();
    let loads = Arc::new(AtomicU32::new(0));
    for round in 0..3_u32 {
        for key in 0..600_u32 {
            let counter = Arc::clone(&loads);
            let load = || async move {
                counter.fetch_add(1, Ordering::Relaxed);
                Ok(Loaded::Value(key))
            };
            assert_eq!(cache.get(&key, load).await.unwrap(), Some(key), "round {round}");
        }
    }
    assert_eq!((loads.load(Ordering::Relaxed), cache.len()), (600, 600), "each was loaded once");
    cache.invalidate(&7_u32);
    assert_eq!((cache.peek(&7_u32), cache.peek(&8_u32), cache.len()), (None, Some(8), 599));
    for key in 0..20_000_u32 {
        let _ = cache.get(&key, || async move { Ok(Loaded::Value(key)) }).await;
    }
    assert_eq!(cache.len(), 1_000, "all parts are full, and none has more than its part");
    let tiny = CacheBuilder::<u32>::new(CacheOptions::lru(3)).shards(16).build().unwrap();
    for key in 0..100_u32 {
        let _ = tiny.get(&key, || async move { Ok(Loaded::Value(key)) }).await;
    }
    assert_eq!(tiny.len(), 3);
}
