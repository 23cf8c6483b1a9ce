//! Callers that wait no longer.

use super::super::list::NONE;
use super::frame::{Cause, Kind};
use super::{Design, Event};
use crate::planted::{self, Bug};

impl Design<'_> {
    pub(super) fn arm_timeout(&mut self, index: u32, link: u32) {
        let wire = &mut self.parts.wires[link as usize];
        let Some(timeout) = wire.timeout else { return };
        if planted::is(Bug::TimeoutIgnored) {
            return;
        }
        let end = self.now + timeout;
        wire.timeouts.push_back((end, index, self.frames.get(index).generation));
        if !wire.timeouts_scheduled {
            wire.timeouts_scheduled = true;
            self.agenda.push(end, Event::Timeouts { link });
        }
    }

    /// The first time-out of a link is due; those of calls that were answered are void.
    pub(super) fn timeouts(&mut self, link: u32) {
        while let Some((end, index, generation)) =
            self.parts.wires[link as usize].timeouts.front().copied()
        {
            let holds = self.frames.get(index).generation == generation;
            if holds && end > self.now {
                self.agenda.push(end, Event::Timeouts { link });
                return;
            }
            self.parts.wires[link as usize].timeouts.pop_front();
            if holds {
                self.timed_out(index);
            }
        }
        self.parts.wires[link as usize].timeouts_scheduled = false;
    }

    fn timed_out(&mut self, index: u32) {
        let call = self.call_of(index);
        let (child, epoch) = self.frames.get(index).child;
        if self.parts.wires[call.link as usize].cancel
            && child != NONE
            && self.frames.get(child).epoch == epoch
            && self.frames.get(child).kind == Kind::Waiting
            && !planted::is(Bug::CancelIgnored)
        {
            self.leave_queue(child);
        }
        let waited_for_pool = !self.frames.get(index).pooled;
        let cause = if waited_for_pool { Cause::Pool } else { Cause::Timeout };
        self.attempt_failed(index, call, cause);
    }
}
