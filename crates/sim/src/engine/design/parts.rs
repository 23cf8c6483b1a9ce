//! Components, replicas and links, made ready to run.

use std::collections::{BTreeMap, VecDeque};

use tenfold_patterns::{
    BackendOptions, Balancer, BalancerOptions, CircuitBreaker, ConcurrencyLimit, Retry,
    RetryBudget, RetryBudgetOptions, TokenBucket,
};
use tenfold_units::random::Stream;
use tenfold_units::{Instant, Seed};

use super::replica::Replica;
use crate::{Component, Data, Distribution, Link, Model, Queue, Sampler, Servers};

/// A component made ready to run.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: String,
    /// Its replicas: `first..first + count`, zone by zone.
    pub(super) first: u32,
    pub(super) count: u32,
    /// `u32::MAX`: one for each request.
    pub(super) servers: u32,
    pub(super) queue: Queue,
    /// Access kinds and their service times; the first one serves kinds that are not listed.
    accesses: Vec<String>,
    pub(super) services: Vec<Sampler>,
    /// The wait after the service, where there is one.
    pub(super) waits_after: Vec<Option<Sampler>>,
    /// Their means, in seconds.
    pub(super) means: Vec<f64>,
    pub(super) stream: Stream,
    pub(super) detection: f64,
    pub(super) data: Option<Placement>,
    /// Index of its cache among the worlds.
    pub(super) cache: Option<u32>,
}

/// Where the copies of each shard lie.
#[derive(Debug)]
pub(super) struct Placement {
    pub(super) data: Data,
    /// Replicas of shard s: `copies` from `s * copies` on, the primary first.
    pub(super) replicas: Vec<u32>,
    /// The shard that stands for a key's: shards that lost their content come first.
    pub(super) order: Vec<u32>,
}

impl Placement {
    fn new(data: &Data, first: u32, zones: &[u32]) -> Self {
        let zones: Vec<(u32, u32)> = zones
            .iter()
            .scan(first, |start, count| {
                let zone = (*start, *count);
                *start += count;
                Some(zone)
            })
            .filter(|(_, count)| *count > 0)
            .collect();
        let width = zones.len() as u32;
        let total: u32 = zones.iter().map(|(_, count)| count).sum();
        let mut replicas = Vec::new();
        for shard in 0..data.shards {
            for copy in 0..data.copies {
                // Where there is a replica for every copy each holds one; else they overlap evenly.
                let step = if data.shards * data.copies <= total { data.copies } else { 1 };
                let number = shard * step + copy;
                let (start, count) = zones[(number % width) as usize];
                let wanted = start + number / width % count;
                // With more copies than zones two could meet: take the next that is free.
                let own = &replicas[(shard * data.copies) as usize..];
                let free = (0..total)
                    .map(|step| first + (wanted - first + step) % total)
                    .find(|replica| !own.contains(replica))
                    .expect("no more copies than replicas");
                replicas.push(free);
            }
        }
        Self { data: data.clone(), replicas, order: (0..data.shards).collect() }
    }

    /// Returns the replicas of a shard, the primary first.
    pub(super) fn copies(&self, shard: u32) -> &[u32] {
        let copies = self.data.copies as usize;
        let start = self.order[shard as usize] as usize * copies;
        &self.replicas[start..start + copies]
    }
}

/// A link made ready to run.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) caller: Option<u32>,
    pub(super) callee: u32,
    pub(super) timeout: Option<f64>,
    pub(super) cancel: bool,
    pub(super) hedge_after: Option<f64>,
    pub(super) pool: u32,
    pub(super) pool_waits: bool,
    /// Where calls for one key share an attempt: who makes it, by caller, key and access.
    pub(super) flights: Option<BTreeMap<(u32, u64, u32), u32>>,
    pub(super) retry: Option<Retry>,
    pub(super) stream: Stream,
    /// The first of its callers, and the first replica (or client) that they stand for.
    pub(super) callers: u32,
    pub(super) caller_first: u32,
    /// Time-outs under way: when, of which frame, in which generation.
    pub(super) timeouts: VecDeque<(f64, u32, u32)>,
    pub(super) timeouts_scheduled: bool,
}

/// What one caller replica keeps for one link.
#[derive(Debug)]
pub(super) struct Caller {
    /// Attempts under way: of each shard of the callee, or of all together.
    pub(super) in_use: Vec<u32>,
    /// Frames that wait for a place in each pool, and the generation in which they do.
    pub(super) waiting: Vec<VecDeque<(u32, u32)>>,
    /// One for each shard of the callee, one where it has none; none without a breaker.
    pub(super) breakers: Vec<CircuitBreaker>,
    pub(super) budget: Option<RetryBudget>,
    pub(super) admission: Option<TokenBucket>,
    pub(super) concurrency: Option<ConcurrencyLimit>,
    /// Over all replicas of a callee that is balanced, and over those in the own zone.
    pub(super) balancer: Option<Balancer>,
    pub(super) local: Option<Local>,
}

/// The balancer of a caller that prefers its own zone.
#[derive(Debug)]
pub(super) struct Local {
    pub(super) balancer: Balancer,
    /// The first replica of the zone, counted from the callee's first.
    pub(super) first: u32,
    pub(super) count: u32,
}

/// All parts of a design.
#[derive(Debug)]
pub(super) struct Parts<'m> {
    model: &'m Model,
    seed: Seed,
    pub(super) parts: Vec<Part>,
    pub(super) replicas: Vec<Replica>,
    pub(super) wires: Vec<Wire>,
    pub(super) callers: Vec<Caller>,
}

impl<'m> Parts<'m> {
    pub(super) fn new(model: &'m Model, seed: Seed) -> Self {
        let mut new =
            Self { model, seed, parts: vec![], replicas: vec![], wires: vec![], callers: vec![] };
        let mut caches = 0;
        for (index, (name, component)) in model.components.iter().enumerate() {
            let part = new.part(index as u32, name, component, &mut caches);
            new.parts.push(part);
        }
        new
    }

    fn part(&mut self, index: u32, name: &str, component: &Component, caches: &mut u32) -> Part {
        let first = self.replicas.len() as u32;
        let zones: Vec<u32> = self
            .model
            .zones
            .iter()
            .map(|zone| component.replicas.get(zone).copied().unwrap_or(0))
            .collect();
        for (zone, count) in zones.iter().enumerate() {
            self.replicas.extend((0..*count).map(|_| Replica::new(index, zone as u32)));
        }
        let any = component.service_time.get("any");
        let fallback = any.or(component.service_time.values().next()).expect("a valid model");
        let named = component.service_time.iter().filter(|(access, _)| *access != "any");
        let mut accesses = vec!["any".to_owned()];
        let mut services = vec![fallback.sampler()];
        let mut means = vec![fallback.mean()];
        for (access, service) in named {
            accesses.push(access.clone());
            services.push(service.sampler());
            means.push(service.mean());
        }
        let after = |access: &String| component.wait_after.get(access).map(Distribution::sampler);
        Part {
            waits_after: accesses.iter().map(after).collect(),
            name: name.to_owned(),
            first,
            count: self.replicas.len() as u32 - first,
            servers: match component.servers {
                Servers::Finite(servers) => servers,
                Servers::Infinite => u32::MAX,
            },
            queue: component.queue.unwrap_or_default(),
            accesses,
            services,
            means,
            stream: self.seed.stream(&format!("component/{name}/service")),
            detection: component.detection.as_secs_f64(),
            data: component.data.as_ref().map(|data| Placement::new(data, first, &zones)),
            cache: component.cache.as_ref().map(|_| {
                *caches += 1;
                *caches - 1
            }),
        }
    }

    pub(super) fn component(&self, name: &str) -> u32 {
        self.model.components.get_index_of(name).expect("a valid model") as u32
    }

    /// Returns the index of an access kind at a component.
    pub(super) fn access(&self, component: u32, access: &str) -> u32 {
        let accesses = &self.parts[component as usize].accesses;
        accesses.iter().position(|known| known == access).unwrap_or(0) as u32
    }

    /// Returns the place of the client in a zone.
    pub(super) fn client(&self, zone: u32) -> u32 {
        self.replicas.len() as u32 + zone
    }

    /// Returns the zone of a replica or client.
    pub(super) fn zone(&self, place: u32) -> u32 {
        match self.replicas.get(place as usize) {
            Some(replica) => replica.zone,
            None => place - self.replicas.len() as u32,
        }
    }

    /// Returns the link from one component (or the client) to another, made where it is not there.
    pub(super) fn link(&mut self, caller: Option<u32>, callee: u32) -> u32 {
        let same = |wire: &Wire| wire.caller == caller && wire.callee == callee;
        if let Some(index) = self.wires.iter().position(same) {
            return index as u32;
        }
        let link = self.written_link(caller, callee);
        let name_of = |part: Option<u32>| {
            part.map_or("client", |index| self.parts[index as usize].name.as_str())
        };
        let (from, to) = (name_of(caller), name_of(Some(callee)));
        let name = format!("link/{from}/{to}");
        let (caller_first, count) = match caller {
            Some(index) => (self.parts[index as usize].first, self.parts[index as usize].count),
            None => (self.replicas.len() as u32, self.model.zones.len() as u32),
        };
        let callers = self.callers.len() as u32;
        for number in 0..count {
            let breaker = format!("{name}/{number}/breaker");
            let caller = Caller::new(&link, self.shards(callee), self.seed, &breaker);
            let zone = self.zone(caller_first + number);
            let caller = self.balanced(caller, &link, callee, zone);
            self.callers.push(caller);
        }
        self.wires.push(Wire {
            caller,
            callee,
            timeout: link.timeout.map(|timeout| timeout.as_secs_f64()),
            cancel: link.cancel,
            hedge_after: link.hedge_after.map(|after| after.as_secs_f64()),
            pool: link.pool.unwrap_or(u32::MAX),
            pool_waits: link.pool_waits,
            flights: link.single_flight.then(BTreeMap::new),
            retry: link.retry.map(|retry| Retry::new(retry).expect("a valid model")),
            stream: self.seed.stream(&name),
            callers,
            caller_first,
            timeouts: VecDeque::new(),
            timeouts_scheduled: false,
        });
        self.wires.len() as u32 - 1
    }

    fn written_link(&self, caller: Option<u32>, callee: u32) -> Link {
        let name_of = |part: Option<u32>| {
            part.map_or("client", |index| self.parts[index as usize].name.as_str())
        };
        let (from, to) = (name_of(caller), name_of(Some(callee)));
        let written = self.model.links.iter().find(|(name, _)| {
            name.split_once("->").is_some_and(|(a, b)| a.trim() == from && b.trim() == to)
        });
        written.map(|(_, link)| link.clone()).unwrap_or_default()
    }

    /// Returns the parts of a component that fail apart from each other: its shards.
    fn shards(&self, component: u32) -> u32 {
        self.parts[component as usize].data.as_ref().map_or(1, |placement| placement.data.shards)
    }

    /// Tells every balancer over the replicas of a component whether one of them lives.
    pub(super) fn tell_balancers(&mut self, place: u32, alive: bool, now: Instant) {
        let part = self.replicas[place as usize].part;
        let number = place - self.parts[part as usize].first;
        for wire in self.wires.iter().filter(|wire| wire.callee == part) {
            let count = match wire.caller {
                Some(caller) => self.parts[caller as usize].count,
                None => self.model.zones.len() as u32,
            };
            for caller in &mut self.callers[wire.callers as usize..(wire.callers + count) as usize]
            {
                if let Some(balancer) = &mut caller.balancer {
                    balancer.set_up(now, number as usize, alive);
                }
                if let Some(local) = &mut caller.local
                    && (local.first..local.first + local.count).contains(&number)
                {
                    local.balancer.set_up(now, (number - local.first) as usize, alive);
                }
            }
        }
    }

    /// A replica died: as a caller it has no call under way, and begins anew when it comes back.
    pub(super) fn forget_calls_of(&mut self, place: u32, now: Instant) {
        let Some(replica) = self.replicas.get(place as usize) else { return };
        let (part, zone) = (replica.part, replica.zone);
        for index in 0..self.wires.len() {
            let wire = &mut self.wires[index];
            if wire.caller != Some(part) {
                continue;
            }
            if let Some(flights) = &mut wire.flights {
                flights.retain(|(caller, _, _), _| *caller != place);
            }
            let (number, callee) = (place - wire.caller_first, wire.callee);
            let at = (wire.callers + number) as usize;
            let link = self.written_link(Some(part), callee);
            let breaker = format!("restart/{index}/{number}/{now}");
            let fresh = Caller::new(&link, self.shards(callee), self.seed, &breaker);
            let fresh = self.balanced(fresh, &link, callee, zone);
            self.callers[at] = fresh;
            let (first, count) =
                (self.parts[callee as usize].first, self.parts[callee as usize].count);
            for other in first..first + count {
                if !self.replicas[other as usize].seen_alive {
                    self.tell_balancers(other, false, now);
                }
            }
        }
    }

    /// Puts the shards whose every copy is dead first in the order of a component's shards, and
    /// returns their number and that of all.
    ///
    /// Keys are spread over shards by hash, so that shards may change their names; but only once
    /// before their contents differ.
    pub(super) fn bring_lost_shards_forward(&mut self, part: usize) -> (u32, u32) {
        let replicas = &self.replicas;
        let placement = self.parts[part].data.as_mut().expect("a cache lies in shards");
        let copies = placement.data.copies as usize;
        let is_lost = |shard: u32| {
            let start = shard as usize * copies;
            placement.replicas[start..start + copies]
                .iter()
                .all(|replica| !replicas[*replica as usize].is_alive())
        };
        let (lost, kept): (Vec<u32>, Vec<u32>) =
            placement.order.iter().copied().partition(|shard| is_lost(*shard));
        let count = lost.len() as u32;
        placement.order = lost.into_iter().chain(kept).collect();
        (count, placement.data.shards)
    }

    /// Gives a caller in `zone` its balancers, where the callee is not found by key.
    fn balanced(&self, caller: Caller, link: &Link, callee: u32, zone: u32) -> Caller {
        let part = &self.parts[callee as usize];
        if part.data.is_some() {
            return caller;
        }
        let options = link.balance.unwrap_or(BalancerOptions::power_of_two());
        let over = |numbers: std::ops::Range<u32>| {
            let backends: Vec<BackendOptions> =
                numbers.map(|number| BackendOptions::named(&number.to_string())).collect();
            Balancer::new(options, &backends).expect("a valid model")
        };
        let replicas = &self.replicas[part.first as usize..(part.first + part.count) as usize];
        let first = replicas.iter().position(|replica| replica.zone == zone);
        let count = replicas.iter().filter(|replica| replica.zone == zone).count() as u32;
        let local = first.filter(|_| link.zone_aware).map(|first| Local {
            balancer: over(0..count),
            first: first as u32,
            count,
        });
        Caller { balancer: Some(over(0..part.count)), local, ..caller }
    }

    /// Returns what the caller at `place` keeps for a link.
    pub(super) fn caller(&mut self, link: u32, place: u32) -> &mut Caller {
        let wire = &self.wires[link as usize];
        &mut self.callers[(wire.callers + place - wire.caller_first) as usize]
    }
}

impl Caller {
    fn new(link: &Link, shards: u32, seed: Seed, breaker: &str) -> Self {
        let budget = |options: RetryBudgetOptions| {
            RetryBudget::new(options, Instant::ZERO).expect("a valid model")
        };
        let pools = if link.pool_per_shard { shards.max(1) as usize } else { 1 };
        Self {
            in_use: vec![0; pools],
            waiting: vec![VecDeque::new(); pools],
            breakers: link.breaker.map_or_else(Vec::new, |options| {
                let stream = |shard| seed.stream(&format!("{breaker}/{shard}"));
                let new = |shard| CircuitBreaker::new(options, stream(shard));
                (0..shards).map(|shard| new(shard).expect("a valid model")).collect()
            }),
            budget: link.retry_budget.map(budget),
            admission: link
                .admission
                .map(|options| TokenBucket::new(options).expect("a valid model")),
            concurrency: link
                .concurrency
                .map(|options| ConcurrencyLimit::new(options).expect("a valid model")),
            balancer: None,
            local: None,
        }
    }
}
