//! Roll-outs of a new version: replicas are replaced a few at a time.

use std::collections::VecDeque;

use super::replica::Phase;
use super::{Design, Event};
use crate::planted::{self, Bug};
use crate::{Effect, RollOut};

impl Design<'_> {
    /// A roll-out begins, or its roll-back does.
    pub(super) fn roll_out(&mut self, fault: u32, roll_out: &RollOut, begins: bool) {
        let places = &self.faults[fault as usize].places;
        let replicas = &self.parts.replicas;
        let queue: VecDeque<u32> = if begins {
            places.iter().copied().collect()
        } else {
            // Those that are away just now come back as the old version anyway.
            let is_new = |place: &&u32| replicas[**place as usize].version == Some(fault);
            places.iter().filter(is_new).copied().collect()
        };
        self.roll_outs.insert(fault, queue);
        let away = places.iter().filter(|place| replicas[**place as usize].restarts).count();
        let at_once =
            if planted::is(Bug::RollOutAllAtOnce) { u32::MAX } else { roll_out.max_unavailable };
        for _ in away..at_once.min(places.len() as u32) as usize {
            self.replace_next(fault);
        }
    }

    /// Takes the next replica away to replace it.
    fn replace_next(&mut self, fault: u32) {
        let Effect::RollOut(roll_out) = self.faults[fault as usize].effect else {
            unreachable!("only a roll-out replaces replicas");
        };
        while let Some(place) = self.roll_outs.get_mut(&fault).and_then(|places| places.pop_front())
        {
            let replica = &mut self.parts.replicas[place as usize];
            if replica.phase != Phase::On || replica.restarts {
                continue;
            }
            replica.restarts = true;
            self.announce(place);
            let end = self.now + roll_out.restart.as_secs_f64();
            self.agenda.push(end, Event::Restarted { fault, place });
            return;
        }
    }

    /// A replica has been replaced.
    pub(super) fn restarted(&mut self, fault: u32, place: u32) {
        if self.parts.replicas[place as usize].is_alive() {
            self.die(place, false);
            self.lose_contents();
        }
        let is_forward = self.faults[fault as usize].is_active;
        let replica = &mut self.parts.replicas[place as usize];
        replica.restarts = false;
        replica.version = is_forward.then_some(fault);
        if replica.deaths == 0 && matches!(replica.phase, Phase::On | Phase::Draining) {
            self.come_alive(place);
        }
        self.replace_next(fault);
    }

    /// The version that a replica starts with which was not there before.
    pub(super) fn newest_version(&self, place: u32) -> Option<u32> {
        let is_newest = |fault: &u32| {
            let planned = &self.faults[*fault as usize];
            planned.holds(place) && matches!(planned.effect, Effect::RollOut(_))
        };
        (0..self.faults.len() as u32).rfind(is_newest)
    }
}
