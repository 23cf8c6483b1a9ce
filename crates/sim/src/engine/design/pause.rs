//! Replicas that stand still for a while: by a fault, or to collect garbage.

use tenfold_units::Seed;
use tenfold_units::random::Stream;

use super::frame::Kind;
use super::{Design, Event};
use crate::planted::{self, Bug};
use crate::{Model, Sampler};

/// When the replicas of a component collect garbage, and for how long.
#[derive(Debug)]
pub(super) struct Collections {
    interval: Sampler,
    pause: Sampler,
    stream: Stream,
}

impl Collections {
    /// Returns those of each component that has any.
    pub(super) fn all(model: &Model, seed: Seed) -> Vec<Option<Self>> {
        let of = |(name, component): (&String, &crate::Component)| {
            component.garbage_collection.as_ref().map(|collection| Self {
                interval: collection.interval.sampler(),
                pause: collection.pause.sampler(),
                stream: seed.stream(&format!("component/{name}/collections")),
            })
        };
        model.components.iter().map(of).collect()
    }
}

impl Design<'_> {
    /// Schedules the first collection of each replica: a run begins somewhere between two of them.
    pub(super) fn schedule_collections(&mut self) {
        for place in 0..self.parts.replicas.len() as u32 {
            let part = self.parts.replicas[place as usize].part;
            if let Some(collections) = &mut self.collections[part as usize] {
                let interval = collections.interval.draw(&mut collections.stream);
                let at = self.now + interval * collections.stream.uniform();
                self.agenda.push(at, Event::Collect { place, begins: true });
            }
        }
    }

    /// A collection begins or is over. Nobody collects in a process that is not there.
    pub(super) fn collect(&mut self, place: u32, begins: bool) {
        let replica = &mut self.parts.replicas[place as usize];
        let goes_on = if begins { replica.is_alive() } else { replica.collects };
        replica.collects = begins && goes_on;
        let part = replica.part;
        if goes_on {
            self.pause(place, begins);
        }
        let Some(collections) = &mut self.collections[part as usize] else { return };
        let pauses = begins && goes_on;
        let wait = if pauses { &collections.pause } else { &collections.interval };
        let at = self.now + wait.draw(&mut collections.stream);
        self.agenda.push(at, Event::Collect { place, begins: !pauses });
    }

    pub(super) fn pause(&mut self, place: u32, begins: bool) {
        if planted::is(Bug::PauseIgnored) {
            return;
        }
        let replica = &mut self.parts.replicas[place as usize];
        if begins {
            replica.pauses += 1;
        } else {
            replica.pauses -= 1;
        }
        let (first, last) = (begins && replica.pauses == 1, !begins && replica.pauses == 0);
        if first || last {
            self.hold_services(place, first);
        }
        if last {
            self.fill_servers(place);
        }
    }

    /// Services under way stop, or go on where they stopped.
    fn hold_services(&mut self, place: u32, stops: bool) {
        for index in 0..self.frames.all.len() as u32 {
            let now = self.now;
            let frame = self.frames.at(index);
            if frame.place != place || frame.kind != Kind::Serving {
                continue;
            }
            frame.epoch = frame.epoch.wrapping_add(1);
            if stops {
                frame.remaining = (frame.remaining - (now - frame.since)).max(0.0);
            } else {
                frame.since = now;
                let event = Event::Served { frame: index, epoch: frame.epoch };
                let end = now + frame.remaining;
                self.agenda.push(end, event);
            }
        }
    }
}
