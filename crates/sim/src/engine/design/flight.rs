//! Calls for one key that share an attempt.

use std::collections::btree_map::Entry;

use super::super::list::List;
use super::Design;
use super::frame::{Answer, Asked};
use super::program::CallOp;
use crate::planted::{self, Bug};

impl Design<'_> {
    /// Returns whether `index` waits for the answer to another call for the same key.
    pub(super) fn joins_flight(&mut self, index: u32, call: CallOp) -> bool {
        let Some(flights) = &mut self.parts.wires[call.link as usize].flights else { return false };
        let frame = &self.frames.all[index as usize];
        let Asked::Known(key) = frame.key else { return false };
        if call.write || planted::is(Bug::FlightNotShared) {
            return false;
        }
        match flights.entry((frame.place, key.id(), call.access)) {
            Entry::Vacant(entry) => {
                entry.insert(index);
                false
            }
            Entry::Occupied(entry) => {
                let leader = *entry.get();
                let mut followers = self.frames.get(leader).followers;
                followers.push_back(&mut self.frames.all, index);
                self.frames.at(leader).followers = followers;
                true
            }
        }
    }

    /// A call is over: those that share its answer go on too.
    pub(super) fn land(&mut self, index: u32, call: CallOp, answer: Answer, at: u32) {
        if let Some(flights) = &mut self.parts.wires[call.link as usize].flights {
            let frame = &mut self.frames.all[index as usize];
            let mut followers = std::mem::replace(&mut frame.followers, List::EMPTY);
            if let Asked::Known(key) = frame.key
                && !call.write
            {
                flights.remove(&(frame.place, key.id(), call.access));
            }
            while let Some(follower) = followers.pop_front(&mut self.frames.all) {
                self.frames.at(follower).answer = answer;
                self.proceed(follower, at);
            }
        }
        self.frames.at(index).answer = answer;
        self.proceed(index, at);
    }
}
