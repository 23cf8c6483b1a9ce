//! Components, replicas and links, made ready to run.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tenfold_patterns::{BackendOptions, Balancer, BalancerOptions, Retry};
use tenfold_units::random::Stream;
use tenfold_units::{Instant, Seed};

use super::caller::{Caller, Local};
use super::placement::Placement;
use super::replica::{Phase, Replica};
use crate::model::{CLIENT, written_link};
use crate::{Component, Distribution, Link, Model, Queue, Sampler, Servers, SlowStart, Target};

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
    /// Bytes per second that a replica sends; infinite without a bound.
    pub(super) bandwidth: f64,
    pub(super) slow_start: Option<SlowStart>,
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

/// All parts of a design.
#[derive(Debug)]
pub(super) struct Parts<'m> {
    model: &'m Model,
    seed: Seed,
    pub(super) parts: Vec<Part>,
    pub(super) replicas: Vec<Replica>,
    pub(super) wires: Vec<Wire>,
    pub(super) callers: Vec<Caller>,
    /// Callers and the replicas that they know to be out of their reach.
    pub(super) blind: BTreeSet<(u32, u32)>,
}

impl<'m> Parts<'m> {
    pub(super) fn new(model: &'m Model, seed: Seed) -> Self {
        let mut new = Self {
            model,
            seed,
            parts: vec![],
            replicas: vec![],
            wires: vec![],
            callers: vec![],
            blind: BTreeSet::new(),
        };
        let mut caches = 0;
        for (index, (name, component)) in model.components.iter().enumerate() {
            let part = new.part(index as u32, name, component, &mut caches);
            new.parts.push(part);
        }
        new
    }

    fn part(&mut self, index: u32, name: &str, component: &Component, caches: &mut u32) -> Part {
        let first = self.replicas.len() as u32;
        let zones: Vec<u32> = self.model.zones.iter().map(|zone| component.slots(zone)).collect();
        for (zone, count) in zones.iter().enumerate() {
            let own = component.replicas.get(&self.model.zones[zone]).copied().unwrap_or(0);
            self.replicas.extend((0..*count).map(|number| {
                let phase = if number < own { Phase::On } else { Phase::Off };
                Replica::new(index, zone as u32, phase)
            }));
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
            bandwidth: component.bandwidth.unwrap_or(f64::INFINITY),
            slow_start: component.slow_start,
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
        let name = format!("link/{}/{}", self.name(caller), self.name(Some(callee)));
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
        let index = self.wires.len() as u32 - 1;
        for place in caller_first..caller_first + count {
            self.tell_of_the_unseen(index, place, Instant::ZERO);
        }
        index
    }

    /// Returns what is written of the link from one component (or the client) to another.
    pub(super) fn written_link(&self, caller: Option<u32>, callee: u32) -> Link {
        let (from, to) = (self.name(caller), self.name(Some(callee)));
        written_link(self.model, from, to).cloned().unwrap_or_default()
    }

    fn name(&self, part: Option<u32>) -> &str {
        part.map_or(CLIENT, |index| self.parts[index as usize].name.as_str())
    }

    /// Returns the parts of a component that fail apart from each other: its shards.
    fn shards(&self, component: u32) -> u32 {
        self.parts[component as usize].data.as_ref().map_or(1, |placement| placement.data.shards)
    }

    /// Returns whether the caller at `place` takes a replica for one that can be called.
    pub(super) fn is_seen(&self, place: u32, replica: u32) -> bool {
        self.replicas[replica as usize].seen_alive
            && (self.blind.is_empty() || !self.blind.contains(&(place, replica)))
    }

    /// Returns how many places there are: all replicas, and a client in each zone.
    pub(super) fn places(&self) -> u32 {
        self.client(self.model.zones.len() as u32)
    }

    /// Returns whether a place is one that `target` means.
    pub(super) fn matches(&self, target: &Target, place: u32) -> bool {
        let zone = &self.model.zones[self.zone(place) as usize];
        let component = target.component.as_deref();
        if target.zone.as_ref().is_some_and(|wanted| wanted != zone) {
            return false;
        }
        let Some(replica) = self.replicas.get(place as usize) else {
            return component.is_none_or(|name| name == CLIENT) && target.replica.is_none();
        };
        let part = &self.parts[replica.part as usize];
        component.is_none_or(|name| name == part.name)
            && target.replica.is_none_or(|number| number == place - part.first)
    }

    /// Returns the replicas of a component.
    pub(super) fn replicas_of(&self, part: u32) -> std::ops::Range<u32> {
        let part = &self.parts[part as usize];
        part.first..part.first + part.count
    }

    /// Returns the places that call by a wire: replicas of its caller, or the client in each zone.
    pub(super) fn places_of(&self, wire: &Wire) -> std::ops::Range<u32> {
        let count = match wire.caller {
            Some(caller) => self.parts[caller as usize].count,
            None => self.model.zones.len() as u32,
        };
        wire.caller_first..wire.caller_first + count
    }

    /// Tells every balancer over the replicas of a component whether this one can be called.
    pub(super) fn tell_balancers(&mut self, replica: u32, now: Instant) {
        let part = self.replicas[replica as usize].part;
        for index in 0..self.wires.len() {
            if self.wires[index].callee == part {
                for place in self.places_of(&self.wires[index]) {
                    self.tell_balancer(index as u32, place, replica, now);
                }
            }
        }
    }

    /// Tells the balancers of one caller whether a replica can be called.
    pub(super) fn tell_balancer(&mut self, link: u32, place: u32, replica: u32, now: Instant) {
        let seen = self.is_seen(place, replica);
        let number = replica - self.parts[self.wires[link as usize].callee as usize].first;
        let caller = self.caller(link, place);
        if let Some(balancer) = &mut caller.balancer {
            balancer.set_up(now, number as usize, seen);
        }
        if let Some(local) = &mut caller.local
            && (local.first..local.first + local.count).contains(&number)
        {
            local.balancer.set_up(now, (number - local.first) as usize, seen);
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
            self.tell_of_the_unseen(index as u32, place, now);
        }
    }

    /// Tells the new balancers of a caller which replicas cannot be called.
    fn tell_of_the_unseen(&mut self, link: u32, place: u32, now: Instant) {
        for replica in self.replicas_of(self.wires[link as usize].callee) {
            if !self.is_seen(place, replica) {
                self.tell_balancer(link, place, replica, now);
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
