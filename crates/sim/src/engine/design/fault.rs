//! Faults: what breaks, and its repair.

use super::super::list::NONE;
use super::frame::{Answer, Cause, Kind};
use super::{Design, Event, instant};
use crate::planted::{self, Bug};
use crate::{Effect, Fault, Kill};

impl Design<'_> {
    /// Schedules all faults and their repairs.
    pub(super) fn schedule_faults(&mut self) {
        for (index, fault) in self.scenario.faults.iter().enumerate() {
            let at = fault.at.as_secs_f64();
            let fault_index = index as u32;
            if at == 0.0 {
                self.fault(fault_index, true);
            } else {
                self.agenda.push(at, Event::Fault { fault: fault_index, begins: true });
            }
            if let Some(lasts) = fault.lasts {
                let end = at + lasts.as_secs_f64();
                self.agenda.push(end, Event::Fault { fault: fault_index, begins: false });
            }
        }
    }

    /// Lets the caches live through the time that the scenario skips; what broke at the origin has
    /// been broken as long.
    pub(super) fn fast_forward(&mut self) {
        self.ahead = self.scenario.fast_forward.as_secs_f64();
        if self.ahead <= 0.0 {
            return;
        }
        for world in &mut self.worlds {
            world.skip_to(instant(self.ahead));
        }
        for place in 0..self.parts.replicas.len() as u32 {
            let replica = &mut self.parts.replicas[place as usize];
            let (life, part) = (replica.life, replica.part);
            if let Some(since) = &mut replica.dead_since {
                *since -= self.ahead;
                if self.parts.parts[part as usize].detection <= self.ahead {
                    self.detected(place, life);
                }
            }
        }
    }

    /// Returns the replicas that a fault hits.
    fn targets_of(&self, fault: &Fault) -> Vec<u32> {
        let target = &fault.target;
        (0..self.parts.replicas.len() as u32)
            .filter(|index| {
                let replica = &self.parts.replicas[*index as usize];
                let part = &self.parts.parts[replica.part as usize];
                let zone = &self.model.zones[replica.zone as usize];
                target.component.as_ref().is_none_or(|component| *component == part.name)
                    && target.zone.as_ref().is_none_or(|wanted| wanted == zone)
                    && target.replica.is_none_or(|number| number == index - part.first)
            })
            .collect()
    }

    /// A fault begins or is repaired.
    pub(super) fn fault(&mut self, index: u32, begins: bool) {
        let fault = &self.scenario.faults[index as usize];
        let targets = self.targets_of(fault);
        match fault.effect {
            Effect::Kill(kill) if begins => self.kill(&targets, kill),
            Effect::Kill(_) => targets.iter().for_each(|place| self.revive(*place)),
            Effect::Slow(factor) => {
                let repaired = if planted::is(Bug::SlowForEver) { 1.0 } else { 1.0 / factor };
                let factor = if begins { factor } else { repaired };
                for place in targets {
                    self.parts.replicas[place as usize].slow *= factor;
                }
            }
            Effect::Pause => {
                for place in targets {
                    self.pause(place, begins);
                }
            }
            Effect::Errors(ratio) => {
                for place in targets {
                    let errors = &mut self.parts.replicas[place as usize].errors;
                    *errors = if begins { ratio } else { 0.0 };
                }
            }
            Effect::FlushCache if begins => self.flush(&targets),
            Effect::FlushCache => {}
        }
    }

    fn kill(&mut self, targets: &[u32], kill: Kill) {
        for place in targets {
            let replica = &mut self.parts.replicas[*place as usize];
            if !replica.is_alive() {
                continue;
            }
            replica.account(self.now);
            replica.dead_since = Some(self.now);
            replica.silent = kill.silent;
            replica.life += 1;
            replica.busy = 0;
            let part = replica.part;
            let waiting = std::mem::take(&mut replica.waiting);
            if !planted::is(Bug::DeathKeepsQueue) {
                replica.queue = super::super::list::List::EMPTY;
                self.record.waiting(part, self.now, -f64::from(waiting));
                self.end_frames_at(*place, kill.silent);
            }
            self.detect_later(*place);
        }
        if !kill.keep_contents && !planted::is(Bug::FlushIgnored) {
            self.lose_contents();
        }
        self.refresh_servers();
    }

    /// Everything that a replica worked on is gone; its callers see closed connections, unless it
    /// died silently.
    fn end_frames_at(&mut self, place: u32, silent: bool) {
        for index in 0..self.frames.all.len() as u32 {
            let frame = self.frames.get(index);
            let lives = matches!(
                frame.kind,
                Kind::Waiting | Kind::Serving | Kind::Served | Kind::Branch | Kind::Detached
            );
            if frame.place != place || !lives {
                continue;
            }
            let waited_for = frame.parent != NONE && frame.kind != Kind::Branch;
            if waited_for && !silent {
                self.answer(index, Answer::Failed(Cause::Refused));
            } else {
                self.frames.release(index);
            }
        }
        self.parts.forget_calls_of(place, instant(self.now));
    }

    fn revive(&mut self, place: u32) {
        let replica = &mut self.parts.replicas[place as usize];
        if replica.is_alive() {
            return;
        }
        replica.counted = self.now;
        replica.dead_since = None;
        replica.life += 1;
        self.detect_later(place);
        self.refresh_servers();
    }

    fn detect_later(&mut self, place: u32) {
        let replica = &self.parts.replicas[place as usize];
        let (life, part) = (replica.life, replica.part);
        let delay = self.parts.parts[part as usize].detection;
        let delay = if planted::is(Bug::DetectionAtOnce) { 0.0 } else { delay };
        self.post(delay, Event::Detected { replica: place, life });
    }

    /// Callers learn whether a replica lives.
    pub(super) fn detected(&mut self, place: u32, life: u32) {
        let replica = &mut self.parts.replicas[place as usize];
        if replica.life == life {
            replica.seen_alive = replica.is_alive();
            let alive = replica.seen_alive;
            self.parts.tell_balancers(place, alive, instant(self.now));
        }
    }

    fn pause(&mut self, place: u32, begins: bool) {
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

    fn flush(&mut self, targets: &[u32]) {
        if planted::is(Bug::FlushIgnored) {
            return;
        }
        let now = instant(self.now + self.ahead);
        for part in 0..self.parts.parts.len() {
            let hit = targets
                .iter()
                .any(|place| self.parts.replicas[*place as usize].part as usize == part);
            if let (true, Some(cache)) = (hit, self.parts.parts[part].cache) {
                self.worlds[cache as usize].flush(now);
            }
        }
    }

    /// Shards of a cache whose every copy is dead have lost their content.
    fn lose_contents(&mut self) {
        let now = instant(self.now + self.ahead);
        for part in 0..self.parts.parts.len() {
            let Some(cache) = self.parts.parts[part].cache else { continue };
            let (lost, shards) = self.parts.bring_lost_shards_forward(part);
            let world = &mut self.worlds[cache as usize];
            if lost == shards {
                world.flush(now);
            } else if lost > 0 {
                world.lose_shards(now, lost, shards);
            }
        }
    }
}
