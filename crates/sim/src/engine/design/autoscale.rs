//! Who adds and takes away replicas.

use std::collections::VecDeque;
use std::ops::Range;

use super::replica::Phase;
use super::{Design, Event};
use crate::planted::{self, Bug};
use crate::{Autoscaler, Model};

/// The autoscaler of a component in one zone.
#[derive(Debug)]
pub(super) struct Scaler<'m> {
    options: &'m Autoscaler,
    pub(super) part: u32,
    pub(super) zone: u32,
    /// The replicas that there may be.
    places: Range<u32>,
    servers: f64,
    /// Replicas that it wants.
    wanted: u32,
    /// What it has wanted, within the stabilization.
    recommendations: VecDeque<(f64, u32)>,
    /// Seconds of replicas that were paid for, up to `counted`.
    pub(super) replica_seconds: f64,
    pub(super) counted: f64,
}

/// What an autoscaler sees.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// Busy fractions of the ready replicas, in sum.
    used: f64,
    ready: u32,
    /// Wanted and not ready.
    unready: u32,
}

impl<'m> Scaler<'m> {
    /// Returns the number of replicas that it wants by what it sees: the algorithm of the Horizontal
    /// Pod Autoscaler.
    fn recommend(&self, seen: Seen) -> u32 {
        let options = self.options;
        let is_near = |quotient: f64| (quotient - 1.0).abs() <= options.tolerance;
        if seen.ready == 0 {
            return self.wanted;
        }
        let quotient = seen.used / f64::from(seen.ready) / options.target_utilization;
        let wanted = if quotient > 1.0 && seen.unready > 0 {
            // Who is starting will take a share: it counts as idle.
            let all = f64::from(seen.ready + seen.unready);
            let quotient = seen.used / all / options.target_utilization;
            if quotient <= 1.0 || is_near(quotient) {
                return self.wanted;
            }
            (quotient * all).ceil()
        } else if is_near(quotient) {
            return self.wanted;
        } else {
            (quotient * f64::from(seen.ready)).ceil()
        };
        let most = self.wanted.saturating_mul(2).max(self.wanted + 4).min(options.max_replicas);
        (wanted as u32).clamp(options.min_replicas, most)
    }

    /// Returns the number of replicas that there shall be from now on: fewer only as far as no higher
    /// wish is remembered.
    fn stabilized(&mut self, now: f64, recommended: u32) -> u32 {
        let since = now - self.options.stabilization.as_secs_f64();
        self.recommendations.push_back((now, recommended));
        while self.recommendations.front().is_some_and(|(at, _)| *at < since) {
            self.recommendations.pop_front();
        }
        if planted::is(Bug::ScaleInAtOnce) {
            return recommended;
        }
        let most = self.recommendations.iter().map(|(_, wanted)| *wanted).max();
        most.unwrap_or(recommended).min(self.wanted).max(recommended)
    }
}

impl<'m> Design<'m> {
    /// Returns an autoscaler for each zone of each component that has one.
    pub(super) fn scalers(model: &'m Model, parts: &super::Parts<'_>) -> Vec<Scaler<'m>> {
        let mut all = Vec::new();
        for (part, component) in (0..).zip(model.components.values()) {
            let Some(options) = &component.autoscaler else { continue };
            let mut first = parts.parts[part as usize].first;
            for (zone, name) in (0..).zip(&model.zones) {
                let slots = component.slots(name);
                if slots == 0 {
                    continue;
                }
                let wanted = component.replicas[name];
                all.push(Scaler {
                    options,
                    part,
                    zone,
                    places: first..first + slots,
                    servers: f64::from(parts.parts[part as usize].servers),
                    wanted,
                    recommendations: VecDeque::from([(0.0, wanted)]),
                    replica_seconds: 0.0,
                    counted: 0.0,
                });
                first += slots;
            }
        }
        all
    }

    /// Schedules the first look of each autoscaler.
    pub(super) fn schedule_scalers(&mut self) {
        for (scaler, it) in (0..).zip(&self.scalers) {
            self.agenda.push(it.options.interval.as_secs_f64(), Event::Look { scaler });
        }
    }

    /// Counts what the replicas of an autoscaler have cost up to now.
    pub(super) fn account_replicas(&mut self, scaler: u32) {
        let it = &mut self.scalers[scaler as usize];
        let own = &self.parts.replicas[it.places.start as usize..it.places.end as usize];
        let paid = own.iter().filter(|replica| replica.phase != Phase::Off).count() as f64;
        it.replica_seconds += paid * (self.now - it.counted);
        it.counted = self.now;
    }

    /// An autoscaler looks at its replicas.
    pub(super) fn look(&mut self, scaler: u32) {
        self.account_replicas(scaler);
        let it = &mut self.scalers[scaler as usize];
        let (options, places, servers) = (it.options, it.places.clone(), it.servers);
        self.agenda.push(self.now + options.interval.as_secs_f64(), Event::Look { scaler });
        let mut seen = Seen { used: 0.0, ready: 0, unready: 0 };
        for replica in &mut self.parts.replicas[places.start as usize..places.end as usize] {
            if matches!(replica.phase, Phase::Off | Phase::Draining) {
                continue;
            }
            replica.account(self.now);
            let span = self.now - replica.seen_at;
            if replica.is_alive() && span > 0.0 {
                seen.ready += 1;
                seen.used += (replica.worked - replica.seen_worked) / span / servers;
            } else {
                seen.unready += 1;
            }
            (replica.seen_worked, replica.seen_at) = (replica.worked, self.now);
        }
        let it = &mut self.scalers[scaler as usize];
        let recommended = it.recommend(seen);
        let wanted = it.stabilized(self.now, recommended);
        let before = std::mem::replace(&mut it.wanted, wanted);
        if wanted > before {
            self.add_replicas(places, wanted - before, options);
        } else {
            self.take_replicas(places, before - wanted, options);
        }
    }

    fn add_replicas(&mut self, places: Range<u32>, count: u32, options: &Autoscaler) {
        let off = |place: &u32| self.parts.replicas[*place as usize].phase == Phase::Off;
        let chosen: Vec<u32> = places.filter(off).take(count as usize).collect();
        for place in chosen {
            let replica = &mut self.parts.replicas[place as usize];
            replica.phase = Phase::Starting;
            replica.life += 1;
            let event = Event::Provisioned { place, life: replica.life };
            let instantly = planted::is(Bug::ProvisioningInstant);
            let delay = if instantly { 0.0 } else { options.provisioning.as_secs_f64() };
            self.post(delay, event);
        }
    }

    /// Takes replicas away: first those that are not there yet, then the ones with the highest numbers.
    fn take_replicas(&mut self, places: Range<u32>, count: u32, options: &Autoscaler) {
        let phase = |place: &u32| self.parts.replicas[*place as usize].phase;
        let starting = places.clone().rev().filter(|place| phase(place) == Phase::Starting);
        let on = places.rev().filter(|place| phase(place) == Phase::On);
        let chosen: Vec<u32> = starting.chain(on).take(count as usize).collect();
        for place in chosen {
            let replica = &mut self.parts.replicas[place as usize];
            if replica.phase == Phase::Starting {
                replica.phase = Phase::Off;
                replica.life += 1;
                continue;
            }
            replica.phase = Phase::Draining;
            self.announce(place);
            let end = self.now + options.drain.as_secs_f64();
            self.agenda.push(end, Event::Drained { place });
        }
    }

    /// A replica that was asked for is there.
    pub(super) fn provisioned(&mut self, place: u32, life: u32) {
        let version = self.newest_version(place);
        let replica = &mut self.parts.replicas[place as usize];
        if replica.life != life || replica.phase != Phase::Starting {
            return;
        }
        replica.phase = Phase::On;
        replica.version = version;
        if replica.deaths == 0 {
            self.come_alive(place);
        }
    }

    /// A replica that was taken away has had its time.
    pub(super) fn drained(&mut self, place: u32) {
        let replica = &self.parts.replicas[place as usize];
        let scaler = self.scalers.iter().position(|it| it.places.contains(&place));
        let (scaler, is_alive) = (scaler.expect("an autoscaler took it"), replica.is_alive());
        self.account_replicas(scaler as u32);
        if is_alive {
            self.die(place, false);
        }
        self.parts.replicas[place as usize].phase = Phase::Off;
        self.refresh_servers();
    }
}
