//! Replicas that die, come back, and are noticed.

use super::super::list::{List, NONE};
use super::frame::{Answer, Cause, Kind};
use super::replica::Phase;
use super::{Design, Event, instant};
use crate::Kill;
use crate::planted::{self, Bug};

impl Design<'_> {
    pub(super) fn kill(&mut self, places: &[u32], kill: Kill) {
        for place in places {
            let replica = &mut self.parts.replicas[*place as usize];
            replica.deaths += 1;
            if replica.is_alive() {
                self.die(*place, kill.silent);
            }
        }
        if !kill.keep_contents && !planted::is(Bug::FlushIgnored) {
            self.lose_contents();
        }
        self.refresh_servers();
    }

    /// A replica ends with everything that it works on.
    pub(super) fn die(&mut self, place: u32, silent: bool) {
        let replica = &mut self.parts.replicas[place as usize];
        replica.account(self.now);
        replica.dead_since = Some(self.now);
        replica.silent = silent;
        replica.life += 1;
        replica.busy = 0;
        let collected = std::mem::take(&mut replica.collects);
        replica.pauses = replica.pauses.saturating_sub(u32::from(collected));
        let part = replica.part;
        let waiting = std::mem::take(&mut replica.waiting);
        if !planted::is(Bug::DeathKeepsQueue) {
            replica.queue = List::EMPTY;
            self.record.waiting(part, self.now, -f64::from(waiting));
            self.end_frames_at(place, silent);
        }
        self.detect_later(place);
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

    /// A fault that killed a replica is over.
    pub(super) fn revive(&mut self, place: u32) {
        let replica = &mut self.parts.replicas[place as usize];
        replica.deaths -= 1;
        if replica.deaths == 0 && matches!(replica.phase, Phase::On | Phase::Draining) {
            self.come_alive(place);
        }
    }

    /// A replica that was not there starts to work.
    pub(super) fn come_alive(&mut self, place: u32) {
        let replica = &mut self.parts.replicas[place as usize];
        replica.counted = self.now;
        (replica.seen_worked, replica.seen_at) = (replica.worked, self.now);
        replica.dead_since = None;
        replica.life += 1;
        replica.line_free_at = self.now;
        let life = replica.life;
        if let Some(start) = self.parts.parts[replica.part as usize].slow_start
            && !planted::is(Bug::SlowStartIgnored)
        {
            replica.is_fresh = true;
            self.agenda.push(self.now + start.lasts.as_secs_f64(), Event::Warmed { place, life });
        }
        self.refresh_condition(place);
        self.detect_later(place);
        self.refresh_servers();
    }

    /// A replica has run for a while.
    pub(super) fn warmed(&mut self, place: u32, life: u32) {
        let replica = &mut self.parts.replicas[place as usize];
        if replica.life == life {
            replica.is_fresh = false;
            self.refresh_condition(place);
        }
    }

    /// Callers learn at once that a replica is about to go.
    pub(super) fn announce(&mut self, place: u32) {
        self.parts.replicas[place as usize].seen_alive = false;
        self.parts.tell_balancers(place, instant(self.now));
    }

    pub(super) fn detect_later(&mut self, place: u32) {
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
            replica.seen_alive = replica.takes_calls();
            self.parts.tell_balancers(place, instant(self.now));
        }
    }

    /// Shards of a cache whose every copy is dead have lost their content.
    pub(super) fn lose_contents(&mut self) {
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
