//! A cache that many callers share, with one load at a time for each key.

use core::fmt;
use core::hash::Hash;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::collections::BTreeMap;

use tenfold_patterns::{
    Cache, CacheDecision, CacheOptions, InvalidOptions, Refresh, RefreshDecision, RefreshOptions,
    SingleFlight, SingleFlightDecision, SingleFlightOptions, SingleFlightPermit,
    SingleFlightTicket,
};
use tenfold_units::random::Stream;
use tenfold_units::{FixedMap, Instant, Seed};

use crate::clock::SharedClock;
use crate::error::Error;
use crate::hash::SecretHash;
use crate::sync::{Arc, Mutex, MutexGuard, lock};

/// A cache behind a lock that is held for one step of its machines; clones are the same cache.
///
/// Keys are known by a 128-bit hash with a key of this process's own.
pub struct SharedCache<V>(Arc<Inner<V>>);

struct Inner<V> {
    /// Each with the keys of its part of the hashes.
    shards: Box<[Shard<V>]>,
    refresh: Refresh,
    clock: SharedClock,
    weigh: fn(&V) -> u32,
    secret: SecretHash,
}

/// Locks lie apart, so that threads at different ones do not wait for each other's cache line.
#[repr(align(128))]
struct Shard<V>(Mutex<State<V>>);

/// What a cache is made of.
#[derive(Clone, Debug)]
pub(crate) struct CacheParts<V> {
    pub(crate) options: CacheOptions,
    pub(crate) refresh: RefreshOptions,
    pub(crate) flight: SingleFlightOptions,
    pub(crate) weigh: fn(&V) -> u32,
    pub(crate) clock: SharedClock,
    pub(crate) seed: Seed,
    pub(crate) shards: u32,
}

impl<V> Inner<V> {
    fn lock(&self, hash: u128) -> MutexGuard<'_, State<V>> {
        let shard = ((hash >> 64) * self.shards.len() as u128) >> 64;
        lock(&self.shards[shard as usize].0)
    }
}

/// What a load found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loaded<V> {
    /// A value, to be kept.
    Value(V),
    /// A value to be handed out and not kept: an error page, a partial answer.
    Unkept(V),
    /// That there is none; remembered for as long as the options say.
    Absent,
}

impl<V> Loaded<V> {
    fn value(self) -> Option<V> {
        match self {
            Self::Value(value) | Self::Unkept(value) => Some(value),
            Self::Absent => None,
        }
    }
}

#[derive(Clone)]
struct Entry<V> {
    value: V,
    /// Nanoseconds that it took to load.
    cost: u64,
}

fn nanos(now: Instant, since: Instant) -> u64 {
    now.as_nanos().saturating_sub(since.as_nanos())
}

/// A flight: the key, and how often it was invalidated while loads were under way. Who comes after
/// an invalidation does not share a load that began before it.
type FlightKey = (u128, u64);

struct State<V> {
    cache: Cache<u128, Entry<V>>,
    flights: SingleFlight<FlightKey>,
    waiters: BTreeMap<SingleFlightTicket, Waiter<V>>,
    /// Of keys with loads under way: invalidations, and the number of loads.
    epochs: FixedMap<u128, (u64, u32)>,
    stream: Stream,
}

enum Waiter<V> {
    Waiting(Option<Waker>),
    Told(Result<Option<V>, Arc<Error>>),
    Leads(SingleFlightPermit<FlightKey>),
}

/// What a look-up means for the caller.
#[derive(Debug)]
pub(crate) enum Found<V> {
    /// The value, or that there is none.
    Known(Option<V>),
    /// The value; and it is on this caller to have it renewed.
    Renew(V, CacheLead<V>),
    /// On this caller to load it.
    Load(CacheLead<V>),
    /// Somebody else loads it.
    Wait(CacheWait<V>),
    /// Too many wait already.
    Full,
}

impl<V> Clone for SharedCache<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<V> fmt::Debug for SharedCache<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedCache").field("clock", &self.0.clock).finish_non_exhaustive()
    }
}

impl<V: Clone> SharedCache<V> {
    /// Returns an empty cache in which `weigh` says what a value takes of the capacity. Values are
    /// kept beyond their lifetime as long as `refresh` may serve them stale. The shards have equal
    /// parts of the capacity, at least 1 each.
    ///
    /// # Errors
    /// Lists each option that is out of its range.
    pub(crate) fn new(parts: CacheParts<V>) -> Result<Self, InvalidOptions> {
        let CacheParts { options, refresh, flight, weigh, clock, seed, shards } = parts;
        let stale = refresh.stale_while_revalidate.max(refresh.stale_if_error);
        let kept = options.stale.unwrap_or_default().max(stale);
        let stale = (options.ttl.is_some() && !kept.is_zero()).then_some(kept);
        // No shard without capacity, and none with more than its part.
        let count = u64::from(shards).clamp(1, options.capacity.max(1));
        let shard = |number: u64| {
            let more = u64::from(number < options.capacity % count);
            let capacity = options.capacity / count + more;
            let negative_entries = options.negative_entries.div_ceil(count as u32);
            let options = CacheOptions { stale, capacity, negative_entries, ..options };
            let seed = if number == 0 { seed } else { seed.replication(number) };
            Ok(Shard(Mutex::new(State {
                cache: Cache::new(options)?,
                flights: SingleFlight::new(flight)?,
                waiters: BTreeMap::new(),
                epochs: FixedMap::new(),
                stream: seed.stream("cache"),
            })))
        };
        let shards: Result<Box<[_]>, InvalidOptions> = (0..count).map(shard).collect();
        let shards = shards?;
        let secret = SecretHash::new();
        let refresh = Refresh::new(refresh)?;
        Ok(Self(Arc::new(Inner { shards, refresh, clock, weigh, secret })))
    }

    /// Returns the value of `key` if it is fresh, and asks for nothing.
    pub fn peek(&self, key: &impl Hash) -> Option<V> {
        let now = self.0.clock.now();
        let hash = self.hash(key);
        self.0.lock(hash).cache.peek(now, &hash).map(|entry| entry.value.clone())
    }

    /// Forgets `key`; call it after the store has the new value. A load under way is not kept, and
    /// nobody who comes from now on shares it.
    pub fn invalidate(&self, key: &impl Hash) {
        self.invalidate_hashed(self.hash(key));
    }

    /// Returns the number of values kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.shards.iter().map(|shard| lock(&shard.0).cache.len()).sum()
    }

    /// Returns whether no value is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of keys that are being loaded.
    #[must_use]
    pub fn loading(&self) -> usize {
        self.0.shards.iter().map(|shard| lock(&shard.0).flights.len()).sum()
    }

    pub(crate) fn hash(&self, key: &impl Hash) -> u128 {
        self.0.secret.of(key)
    }

    /// Looks `hash` up.
    pub(crate) fn find(&self, hash: u128) -> Found<V> {
        let now = self.0.clock.now();
        let mut guard = self.0.lock(hash);
        let state = &mut *guard;
        let (decision, expires) = state.cache.lookup_entry(now, &hash);
        let entry = match decision {
            CacheDecision::Negative => return Found::Known(None),
            CacheDecision::Hit(entry) | CacheDecision::Stale(entry) => Some(entry.clone()),
            CacheDecision::Miss => None,
        };
        let mut stale = None;
        if let Some(entry) = entry {
            let cost = Duration::from_nanos(entry.cost);
            match self.0.refresh.decide(now, expires, cost, &mut state.stream) {
                RefreshDecision::Fresh => return Found::Known(Some(entry.value)),
                RefreshDecision::Renew | RefreshDecision::StaleRenew => {
                    let epoch = state.epochs.get(&hash).map_or(0, |it| it.0);
                    // One renews it; the others are served without waiting.
                    if state.epochs.get(&hash).is_some_and(|it| it.1 > 0) {
                        return Found::Known(Some(entry.value));
                    }
                    return match state.flights.join(now, (hash, epoch)) {
                        SingleFlightDecision::Lead(permit) => {
                            state.begin(hash);
                            Found::Renew(entry.value, self.lead((hash, epoch), permit, None))
                        }
                        SingleFlightDecision::Wait(ticket) => {
                            state.flights.cancel(&(hash, epoch), ticket);
                            Found::Known(Some(entry.value))
                        }
                        SingleFlightDecision::Refused => Found::Known(Some(entry.value)),
                    };
                }
                RefreshDecision::Fetch => {
                    let serves = self.0.refresh.serves_on_error(now, expires);
                    stale = serves.then_some(entry.value);
                }
            }
        }
        let epoch = state.epochs.get(&hash).map_or(0, |it| it.0);
        match state.flights.join(now, (hash, epoch)) {
            SingleFlightDecision::Lead(permit) => {
                state.begin(hash);
                Found::Load(self.lead((hash, epoch), permit, stale))
            }
            SingleFlightDecision::Wait(ticket) => {
                state.waiters.insert(ticket, Waiter::Waiting(None));
                let key = (hash, epoch);
                Found::Wait(CacheWait { cache: self.clone(), key, ticket, stale, open: true })
            }
            SingleFlightDecision::Refused => match stale {
                Some(value) => Found::Known(Some(value)),
                None => Found::Full,
            },
        }
    }
}

impl<V> SharedCache<V> {
    pub(crate) fn invalidate_hashed(&self, hash: u128) {
        let mut state = self.0.lock(hash);
        state.cache.remove(&hash);
        if let Some((epoch, _)) = state.epochs.get_mut(&hash) {
            *epoch += 1;
        }
    }

    fn lead(
        &self,
        key: FlightKey,
        permit: SingleFlightPermit<FlightKey>,
        stale: Option<V>,
    ) -> CacheLead<V> {
        let (cache, started) = (self.clone(), self.0.clock.now());
        CacheLead { cache, key, permit: Some(permit), stale, started }
    }

    /// Passes the lead on to the caller that has waited longest.
    fn abandon(&self, key: FlightKey, permit: SingleFlightPermit<FlightKey>) {
        let now = self.0.clock.now();
        let mut state = self.0.lock(key.0);
        let waker = match state.flights.abandon(now, permit) {
            Some((ticket, permit)) => state.tell(ticket, Waiter::Leads(permit)),
            None => {
                state.end(key.0);
                None
            }
        };
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<V> State<V> {
    /// Counts a load that begins.
    fn begin(&mut self, hash: u128) {
        self.epochs.get_or_insert_with(hash, || (0, 0)).1 += 1;
    }

    /// Counts a change of a key with a load or a write under way; returns the number before.
    fn change(&mut self, hash: u128) -> u64 {
        let (epoch, _) = self.epochs.get_mut(&hash).expect("one is under way");
        *epoch += 1;
        *epoch - 1
    }

    /// Counts a load that ended, and returns the number of invalidations of its key.
    fn end(&mut self, hash: u128) -> u64 {
        let Some((epoch, loads)) = self.epochs.get_mut(&hash) else { return 0 };
        let epoch = *epoch;
        *loads -= 1;
        if *loads == 0 {
            self.epochs.remove(&hash);
        }
        epoch
    }

    /// Tells a waiter, and returns whom to wake.
    fn tell(&mut self, ticket: SingleFlightTicket, what: Waiter<V>) -> Option<Waker> {
        match self.waiters.insert(ticket, what) {
            Some(Waiter::Waiting(waker)) => waker,
            _ => unreachable!("the machine names tickets that wait"),
        }
    }
}

/// The duty to load a value; dropped without a result, the caller that has waited longest takes it
/// over.
pub(crate) struct CacheLead<V> {
    cache: SharedCache<V>,
    key: FlightKey,
    permit: Option<SingleFlightPermit<FlightKey>>,
    /// What may be served if the load fails.
    stale: Option<V>,
    started: Instant,
}

impl<V> fmt::Debug for CacheLead<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheLead").field("permit", &self.permit).finish_non_exhaustive()
    }
}

impl<V: Clone> CacheLead<V> {
    /// Keeps what was loaded, tells those who wait, and returns what this caller gets.
    pub(crate) fn finish(mut self, loaded: Result<Loaded<V>, Error>) -> Result<Option<V>, Error> {
        let permit = self.permit.take().expect("taken here and on drop only");
        let (hash, epoch) = self.key;
        let inner = &self.cache.0;
        let now = inner.clock.now();
        let mut guard = inner.lock(hash);
        let state = &mut *guard;
        let current = state.end(hash) == epoch;
        match &loaded {
            Ok(Loaded::Value(value)) if current => {
                let weight = (inner.weigh)(value);
                let entry = Entry { value: value.clone(), cost: nanos(now, self.started) };
                state.cache.insert(now, hash, entry, weight, &mut state.stream);
            }
            Ok(Loaded::Absent) if current => state.cache.insert_negative(now, hash),
            Ok(_) | Err(_) => {}
        }
        let failed = matches!(loaded, Err(_) | Ok(Loaded::Unkept(_)));
        let tickets = state.flights.finish(permit);
        let alone = tickets.is_empty();
        let own = match (loaded, self.stale.take()) {
            (_, Some(stale)) if failed => Ok(Some(stale)),
            (Ok(loaded), _) => Ok(loaded.value()),
            // Nobody shares it: it goes out as it is.
            (Err(error), _) if alone => return Err(error),
            (Err(error), _) => Err(Arc::new(error)),
        };
        let wakers: Vec<_> = tickets
            .into_iter()
            .filter_map(|ticket| state.tell(ticket, Waiter::Told(own.clone())))
            .collect();
        drop(guard);
        wakers.into_iter().for_each(Waker::wake);
        own.map_err(Error::Shared)
    }
}

impl<V> Drop for CacheLead<V> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.cache.abandon(self.key, permit);
        }
    }
}

impl<V> SharedCache<V> {
    /// Notes that a write of `hash` begins. Loads that began before are not kept: they may hold the
    /// value before it.
    pub(crate) fn begin_write(&self, hash: u128) -> CacheWrite<V> {
        let mut state = self.0.lock(hash);
        state.begin(hash);
        let epoch = state.change(hash) + 1;
        let started = self.0.clock.now();
        CacheWrite { cache: self.clone(), hash, epoch, started, open: true }
    }
}

/// A write to the store that is under way; dropped without a result, nobody knows what the store
/// has, and the cache forgets the key.
pub(crate) struct CacheWrite<V> {
    cache: SharedCache<V>,
    hash: u128,
    epoch: u64,
    started: Instant,
    open: bool,
}

impl<V> CacheWrite<V> {
    /// Keeps what the store has now; unless others wrote in the meantime, as then nobody knows whose
    /// value it has.
    pub(crate) fn finish(mut self, value: V) {
        self.open = false;
        let inner = &self.cache.0;
        let now = inner.clock.now();
        let mut guard = inner.lock(self.hash);
        let state = &mut *guard;
        // Loads that began during the write may hold the value before it, too.
        let alone = state.change(self.hash) == self.epoch;
        state.end(self.hash);
        if alone {
            let weight = (inner.weigh)(&value);
            let entry = Entry { value, cost: nanos(now, self.started) };
            state.cache.insert(now, self.hash, entry, weight, &mut state.stream);
        } else {
            state.cache.remove(&self.hash);
        }
    }

    /// The store did not take it: the cache stays as it was.
    pub(crate) fn fail(mut self) {
        self.open = false;
        self.cache.0.lock(self.hash).end(self.hash);
    }
}

impl<V> Drop for CacheWrite<V> {
    fn drop(&mut self) {
        if self.open {
            self.cache.invalidate_hashed(self.hash);
            self.cache.0.lock(self.hash).end(self.hash);
        }
    }
}

/// A place among those who wait for a value.
pub(crate) struct CacheWait<V> {
    cache: SharedCache<V>,
    key: FlightKey,
    ticket: SingleFlightTicket,
    /// What may be served if the load fails.
    stale: Option<V>,
    /// Whether there was no answer yet.
    open: bool,
}

impl<V> fmt::Debug for CacheWait<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheWait").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}

/// What a wait ended with.
#[derive(Debug)]
pub(crate) enum Waited<V> {
    /// Somebody else's answer.
    Told(Result<Option<V>, Error>),
    /// The lead: the one who had it is gone.
    Leads(CacheLead<V>),
}

impl<V> CacheWait<V> {
    pub(crate) fn poll(&mut self, cx: &Context<'_>) -> Poll<Waited<V>> {
        let mut state = self.cache.0.lock(self.key.0);
        if let Some(Waiter::Waiting(waker)) = state.waiters.get_mut(&self.ticket) {
            *waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let told = state.waiters.remove(&self.ticket);
        drop(state);
        self.open = false;
        let stale = self.stale.take();
        Poll::Ready(match told {
            Some(Waiter::Leads(permit)) => Waited::Leads(self.cache.lead(self.key, permit, stale)),
            Some(Waiter::Told(Ok(value))) => Waited::Told(Ok(value)),
            Some(Waiter::Told(Err(error))) => Waited::Told(match stale {
                Some(value) => Ok(Some(value)),
                None => Err(Error::Shared(error)),
            }),
            Some(Waiter::Waiting(_)) | None => {
                unreachable!("an open place is in the list, and waiting was looked at above")
            }
        })
    }
}

impl<V> Drop for CacheWait<V> {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        let mut state = self.cache.0.lock(self.key.0);
        state.flights.cancel(&self.key, self.ticket);
        let told = state.waiters.remove(&self.ticket);
        drop(state);
        if let Some(Waiter::Leads(permit)) = told {
            self.cache.abandon(self.key, permit);
        }
    }
}
