//! The callee's side: arrival, queue, service, answer.

use super::super::list::NONE;
use super::frame::{Answer, Cause, Kind};
use super::program::{FAIL, Op, Purpose};
use super::{Design, Event, instant};
use crate::keys::Lookup;
use crate::planted::{self, Bug};
use crate::{QueueOrder, Shed};

use super::frame::Asked;

/// An adaptive queue turns to the last one first when it has stood for this long, in seconds.
const ADAPTS_AFTER: f64 = 0.1;

impl Design<'_> {
    /// An attempt reaches its replica.
    pub(super) fn arrive(&mut self, index: u32) {
        let place = self.frames.get(index).place;
        let replica = &self.parts.replicas[place as usize];
        if !replica.is_alive() {
            if replica.silent && !planted::is(Bug::SilenceRefuses) {
                self.frames.release(index);
            } else {
                self.answer(index, Answer::Failed(Cause::Refused));
            }
            return;
        }
        let part = &self.parts.parts[replica.part as usize];
        let access = self.frames.get(index).access;
        self.record.offered(replica.part, part.means[access as usize] * replica.slow);
        if replica.busy < part.servers && replica.pauses == 0 {
            self.frames.at(index).since = self.now;
            return self.begin_service(index);
        }
        let limit = part.queue.length.unwrap_or(u32::MAX);
        let limit = limit.saturating_add(u32::from(planted::is(Bug::QueueBoundOffByOne)));
        if replica.waiting >= limit {
            match part.queue.shed {
                Shed::Oldest if replica.waiting > 0 && !planted::is(Bug::NewestAlwaysShed) => {
                    let oldest = self.take_waiting(place, false).expect("somebody waits");
                    self.answer(oldest, Answer::Failed(Cause::Shed));
                }
                Shed::Oldest | Shed::Newest => {
                    return self.answer(index, Answer::Failed(Cause::Shed));
                }
            }
        }
        let frame = self.frames.at(index);
        frame.kind = Kind::Waiting;
        frame.since = self.now;
        let replica = &mut self.parts.replicas[place as usize];
        if replica.waiting == 0 {
            replica.empty_at = self.now;
        }
        replica.waiting += 1;
        replica.queue.push_back(&mut self.frames.all, index);
        let part = replica.part;
        self.record.waiting(part, self.now, 1.0);
    }

    /// Takes the one out that waits longest, or shortest.
    fn take_waiting(&mut self, place: u32, last: bool) -> Option<u32> {
        let replica = &mut self.parts.replicas[place as usize];
        let jobs = &mut self.frames.all;
        let next = if last { replica.queue.pop_back(jobs) } else { replica.queue.pop_front(jobs) }?;
        replica.waiting -= 1;
        let part = replica.part;
        self.record.waiting(part, self.now, -1.0);
        Some(next)
    }

    /// Takes an attempt out of the queue that it waits in, for good.
    pub(super) fn leave_queue(&mut self, index: u32) {
        let place = self.frames.get(index).place;
        let replica = &mut self.parts.replicas[place as usize];
        replica.queue.remove(&mut self.frames.all, index);
        replica.waiting -= 1;
        let part = replica.part;
        self.record.waiting(part, self.now, -1.0);
        self.frames.release(index);
    }

    fn begin_service(&mut self, index: u32) {
        let frame = self.frames.get(index);
        let (place, access, waited) = (frame.place, frame.access, self.now - frame.since);
        let replica = &mut self.parts.replicas[place as usize];
        replica.account(self.now);
        replica.busy += 1;
        let (slow, number) = (replica.slow, replica.part);
        let part = &mut self.parts.parts[number as usize];
        let service = part.services[access as usize].draw(&mut part.stream) * slow;
        let service = if planted::is(Bug::ServiceTooFast) { service * 0.98 } else { service };
        self.record.began(number, self.now, waited);
        let frame = self.frames.at(index);
        frame.kind = Kind::Serving;
        frame.since = self.now;
        frame.remaining = service;
        let epoch = frame.epoch;
        self.agenda.push(self.now + service, Event::Served { frame: index, epoch });
    }

    /// Begins services while there are servers for those who wait.
    pub(super) fn fill_servers(&mut self, place: u32) {
        loop {
            let replica = &self.parts.replicas[place as usize];
            let part = &self.parts.parts[replica.part as usize];
            if replica.waiting == 0 || replica.busy >= part.servers || replica.pauses > 0 {
                return;
            }
            let standing = self.now - replica.empty_at;
            let last = match part.queue.order {
                QueueOrder::Fifo => false,
                QueueOrder::Lifo => true,
                QueueOrder::AdaptiveLifo => {
                    standing > ADAPTS_AFTER && !planted::is(Bug::AdaptiveStaysInOrder)
                }
            };
            let strict = part
                .queue
                .controlled_delay
                .filter(|delay| standing > delay.interval.as_secs_f64())
                .filter(|_| !planted::is(Bug::ControlledDelayIgnored))
                .map(|delay| delay.target);
            let limit = strict.or(part.queue.wait);
            let wait_limit = limit.map_or(f64::INFINITY, |wait| wait.as_secs_f64());
            let Some(next) = self.take_waiting(place, last) else { return };
            if self.now - self.frames.get(next).since > wait_limit {
                self.answer(next, Answer::Failed(Cause::Shed));
            } else if planted::is(Bug::ZombieWorkDropped) && !self.frames.is_awaited(next) {
                self.frames.release(next);
            } else {
                self.begin_service(next);
            }
        }
    }

    /// A service is over.
    pub(super) fn served(&mut self, index: u32) {
        let place = self.frames.get(index).place;
        let replica = &mut self.parts.replicas[place as usize];
        replica.account(self.now);
        replica.busy -= 1;
        let (part, errors, disk_full) = (replica.part, replica.errors, replica.disk_full);
        let frame = self.frames.get(index);
        let zombie = frame.is_alone && frame.parent != NONE && !self.frames.is_awaited(index);
        self.record.served(part, self.now, zombie);
        self.fill_servers(place);
        if errors > 0.0 && self.chance.chance(errors) && !planted::is(Bug::ErrorsIgnored) {
            return self.answer(index, Answer::Failed(Cause::Error));
        }
        if disk_full && self.is_awaited_write(index) && !planted::is(Bug::DiskFullIgnored) {
            return self.answer(index, Answer::Failed(Cause::Error));
        }
        let frame = self.frames.at(index);
        let access = frame.access;
        frame.kind = Kind::Served;
        let served = &mut self.parts.parts[part as usize];
        if let Some(after) = &mut served.waits_after[access as usize] {
            let wait = after.draw(&mut served.stream);
            let epoch = self.frames.get(index).epoch;
            self.agenda.push(self.now + wait, Event::Worked { frame: index, epoch });
            return;
        }
        self.worked(index);
    }

    /// Returns whether somebody waits for this attempt to write; of others nobody learns the end.
    fn is_awaited_write(&self, index: u32) -> bool {
        let op = self.program.ops[self.frames.get(self.frames.get(index).parent).at as usize];
        self.frames.is_awaited(index) && matches!(op, Op::Call(call) if call.write)
    }

    /// The work of a call at its replica is done: its program goes on, or it answers.
    pub(super) fn worked(&mut self, index: u32) {
        let frame = self.frames.get(index);
        let part = self.parts.replicas[frame.place as usize].part;
        match frame.purpose {
            Purpose::Work => self.ready.push_back(index),
            Purpose::Lookup => {
                let found = self.look_up(index, part);
                self.answer(index, found);
            }
            Purpose::Fill => {
                self.fill_cache(index, part);
                self.answer(index, Answer::Done);
            }
            // The caller appends the record once enough copies have it.
            Purpose::Record => self.answer(index, Answer::Done),
        }
    }

    fn look_up(&mut self, index: u32, part: u32) -> Answer {
        let cache = self.parts.parts[part as usize].cache;
        let hit = match (cache, self.frames.get(index).key) {
            (Some(cache), Asked::Known(key)) => {
                let world = &mut self.worlds[cache as usize];
                world.lookup(instant(self.now + self.ahead), key) != Lookup::Miss
            }
            _ => false,
        };
        self.record.looked_up(part, hit);
        if hit { Answer::Done } else { Answer::Miss }
    }

    fn fill_cache(&mut self, index: u32, part: u32) {
        if let (Some(cache), Asked::Known(key)) =
            (self.parts.parts[part as usize].cache, self.frames.get(index).key)
        {
            self.worlds[cache as usize].fill(instant(self.now + self.ahead), key);
        }
    }

    /// An attempt is over: its caller gets the answer, if it still waits.
    pub(super) fn answer(&mut self, index: u32, answer: Answer) {
        if self.frames.is_awaited(index) {
            let frame = self.frames.get(index);
            let (parent, generation) = (frame.parent, frame.parent_generation);
            let (from, to) = (frame.place, self.frames.get(parent).place);
            let bytes = self.answer_body(parent, answer);
            match self.carry(from, to, bytes) {
                Some(delay) => {
                    self.post(delay, Event::Answer { frame: parent, generation, answer });
                }
                None => self.answer_lost(index),
            }
        }
        self.frames.release(index);
    }

    /// Goes through the program of a frame until it has to wait or is over.
    pub(super) fn go_on(&mut self, index: u32) {
        loop {
            let at = self.frames.get(index).at;
            match self.program.ops[at as usize] {
                Op::End => return self.finish(index, Answer::Done),
                Op::Fail => {
                    let answer = self.frames.get(index).answer;
                    debug_assert_ne!(at, super::program::END);
                    return self.finish(index, answer);
                }
                Op::Call(call) => return self.begin_call(index, call),
                Op::Spawn { start, next } => {
                    let frame = self.frames.get(index);
                    let (operation, place) = (frame.operation, frame.place);
                    let (born, key, records) = (frame.born, frame.key, frame.records);
                    let own = self.frames.add(Kind::Detached, operation, place, start, born, key);
                    self.frames.at(own).records = records;
                    self.ready.push_back(own);
                    self.frames.at(index).at = next;
                }
                Op::Choice { first, count } => {
                    let ways = &self.program.ways[first as usize..(first + count) as usize];
                    let point = self.chance.uniform();
                    let way = ways.iter().find(|(sum, _)| point < *sum).or(ways.last());
                    self.frames.at(index).at = way.map_or(FAIL, |way| way.1);
                }
                Op::Fork { first, count, needed, next } => {
                    if needed == 0 {
                        self.frames.at(index).at = next;
                        continue;
                    }
                    return self.fork(index, first, count, needed);
                }
                Op::Each { at_once, .. } => return self.each(index, at_once),
            }
        }
    }

    fn fork(&mut self, index: u32, first: u32, count: u32, needed: u32) {
        let frame = self.frames.at(index);
        frame.generation = frame.generation.wrapping_add(1);
        frame.needed = needed;
        frame.awaited = count;
        let (generation, operation, place) = (frame.generation, frame.operation, frame.place);
        let (born, key, records) = (frame.born, frame.key, frame.records);
        for branch in first..first + count {
            let start = self.program.branches[branch as usize];
            let own = self.frames.add(Kind::Branch, operation, place, start, born, key);
            let frame = self.frames.at(own);
            frame.parent = index;
            frame.parent_generation = generation;
            frame.records = records;
            self.ready.push_back(own);
        }
    }

    /// Starts with the records of a batch.
    fn each(&mut self, index: u32, at_once: u32) {
        let frame = self.frames.at(index);
        frame.generation = frame.generation.wrapping_add(1);
        frame.needed = frame.records;
        frame.awaited = frame.records;
        for _ in 0..frame.records.min(at_once) {
            self.start_record(index);
        }
    }

    /// A record of a batch is done: the next one that waits is started.
    pub(super) fn next_record(&mut self, index: u32) {
        let frame = self.frames.get(index);
        if let Op::Each { at_once, .. } = self.program.ops[frame.at as usize]
            && frame.needed >= at_once
        {
            self.start_record(index);
        }
    }

    /// Starts the branch of one record.
    fn start_record(&mut self, index: u32) {
        let frame = self.frames.get(index);
        let Op::Each { start, .. } = self.program.ops[frame.at as usize] else {
            unreachable!("records are started where their batch stands");
        };
        let (generation, operation, place) = (frame.generation, frame.operation, frame.place);
        let born = frame.born;
        let key =
            if planted::is(Bug::RecordsShareKey) { frame.key } else { self.draw_key(operation) };
        let own = self.frames.add(Kind::Branch, operation, place, start, born, key);
        let frame = self.frames.at(own);
        frame.parent = index;
        frame.parent_generation = generation;
        self.ready.push_back(own);
    }

    /// A frame is over.
    fn finish(&mut self, index: u32, answer: Answer) {
        match self.frames.get(index).kind {
            Kind::Root => self.request_over(index, answer),
            Kind::Detached => self.frames.release(index),
            // A branch is where its parent is: its answer takes no time.
            Kind::Branch | Kind::Served => self.answer(index, answer),
            Kind::Free | Kind::Sent | Kind::Waiting | Kind::Serving => {
                unreachable!("only a frame that runs its program ends it")
            }
        }
    }
}
