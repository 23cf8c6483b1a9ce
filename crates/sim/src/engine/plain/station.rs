//! A station at work: who is in service, who waits, who is next.

use tenfold_units::random::Stream;

use super::super::heap::{Entry, Heap};
use super::super::list::{Linked, Links, List};
use super::record::StationRecord;
use crate::planted::{self, Bug};
use crate::{Discipline, Sampler, Servers, Station as StationModel};

/// A customer at a station.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    pub(super) stream: u32,
    pub(super) station: u32,
    /// Priority class at every station, 0 first.
    pub(super) class: u32,
    /// Grows whenever an event that was scheduled for the job no longer holds.
    pub(super) epoch: u32,
    /// Arrival at the model.
    pub(super) born: f64,
    /// Arrival at this station.
    pub(super) arrived: f64,
    /// Since when it waits or is served.
    pub(super) since: f64,
    /// Time waited here so far.
    pub(super) waited: f64,
    /// Service still to come.
    pub(super) remaining: f64,
    /// Service drawn.
    pub(super) service: f64,
    /// Whether its service here has begun.
    pub(super) begun: bool,
    pub(super) links: Links,
}

impl Linked for Job {
    fn links(&mut self) -> &mut Links {
        &mut self.links
    }
}

/// What the caller has to schedule after a change of a station.
#[derive(Clone, Copy, Debug)]
pub(super) enum Effect {
    /// `job` began its service: it ends when `remaining` is over.
    Began(u32),
    /// The job waits.
    Waits,
    /// The shares changed: the next one ends after this time.
    Shares(f64),
    /// Nothing.
    Nothing,
}

/// Who waits, in the order of the discipline.
#[derive(Clone, Debug)]
enum Order {
    Fifo(List),
    Lifo(List),
    /// One first-come-first-served list per class.
    Priority(Vec<List>),
    /// By remaining service; an entry whose epoch has passed is void.
    Srpt(Heap<(u32, u32)>),
    Sharing(Sharing),
}

/// Processor sharing in virtual time, which runs at the share of one customer.
#[derive(Clone, Debug)]
struct Sharing {
    /// Keyed by the virtual time of their end.
    customers: Heap<u32>,
    virtual_time: f64,
    updated: f64,
}

/// A station.
#[derive(Clone, Debug)]
pub(super) struct Station {
    servers: u32,
    /// Customers that it holds at most.
    limit: u32,
    preemptive: bool,
    busy: u32,
    waiting: u32,
    order: Order,
    /// In service, kept only where somebody may be interrupted.
    running: Vec<u32>,
    sequence: u64,
    pub(super) service: Sampler,
    pub(super) service_stream: Stream,
    pub(super) patience: Option<(Sampler, Stream)>,
    /// Grows whenever a scheduled end of shared service no longer holds.
    pub(super) epoch: u32,
    pub(super) record: StationRecord,
}

impl Station {
    pub(super) fn new(
        model: &StationModel,
        classes: usize,
        service_stream: Stream,
        patience_stream: Stream,
        record: StationRecord,
    ) -> Self {
        let servers = match model.servers {
            Servers::Finite(n) if planted::is(Bug::OneServerFewer) => (n - 1).max(1),
            Servers::Finite(n) => n,
            Servers::Infinite => u32::MAX,
        };
        let extra = u32::from(planted::is(Bug::QueueBoundOffByOne));
        let limit = model
            .queue
            .map_or(u32::MAX, |queue| servers.saturating_add(queue.length).saturating_add(extra));
        let order = match model.discipline {
            _ if model.servers == Servers::Infinite => Order::Fifo(List::EMPTY),
            Discipline::Fifo if planted::is(Bug::LifoForFifo) => Order::Lifo(List::EMPTY),
            Discipline::Fifo => Order::Fifo(List::EMPTY),
            Discipline::Lifo => Order::Lifo(List::EMPTY),
            Discipline::ProcessorSharing => {
                Order::Sharing(Sharing { customers: Heap::new(), virtual_time: 0.0, updated: 0.0 })
            }
            Discipline::Srpt => Order::Srpt(Heap::new()),
            Discipline::Priority => Order::Priority(vec![List::EMPTY; classes]),
        };
        let patience = (!planted::is(Bug::PatienceIgnored)).then_some(model.patience.as_ref());
        Self {
            servers,
            limit,
            preemptive: model.preemptive || model.discipline == Discipline::Srpt,
            busy: 0,
            waiting: 0,
            order,
            running: Vec::new(),
            sequence: 0,
            service: model.service_time.sampler(),
            service_stream,
            patience: patience.flatten().map(|patience| (patience.sampler(), patience_stream)),
            epoch: 0,
            record,
        }
    }

    /// Returns whether it holds as many customers as it can.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.in_flight() >= self.limit
    }

    /// Returns whether who is next does not depend on services, and nobody is interrupted.
    pub(super) fn is_blind(&self) -> bool {
        !self.preemptive && !matches!(self.order, Order::Sharing(_))
    }

    /// Returns the number of its servers.
    pub(super) fn servers(&self) -> u32 {
        self.servers
    }

    /// Returns how many customers it holds at most.
    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    /// Returns the number of customers waiting and in service.
    pub(super) fn in_flight(&self) -> u32 {
        self.busy + self.waiting
    }

    /// Takes in a customer whose `remaining` is set; there is room.
    #[inline]
    pub(super) fn enter(&mut self, jobs: &mut [Job], job: u32, now: f64) -> Effect {
        if matches!(self.order, Order::Sharing(_)) {
            return self.join(jobs, job, now);
        }
        let effect = if self.busy < self.servers {
            self.begin(jobs, job, now);
            Effect::Began(job)
        } else if let Some(victim) = self.victim(jobs, job) {
            self.interrupt(jobs, victim, now);
            self.begin(jobs, job, now);
            Effect::Began(job)
        } else {
            self.wait(jobs, job, false);
            Effect::Waits
        };
        self.record.levels(now, self.busy, self.waiting);
        effect
    }

    fn begin(&mut self, jobs: &mut [Job], index: u32, now: f64) {
        let job = &mut jobs[index as usize];
        job.waited += now - job.since;
        job.since = now;
        // A pending abandonment no longer holds.
        job.epoch = job.epoch.wrapping_add(1);
        self.busy += 1;
        if self.preemptive {
            self.running.push(index);
        }
    }

    /// Who has to make way for `job`, all servers being busy.
    fn victim(&self, jobs: &[Job], job: u32) -> Option<u32> {
        if !self.preemptive {
            return None;
        }
        let job = &jobs[job as usize];
        let of = |index: u32| &jobs[index as usize];
        let running = self.running.iter().copied();
        match &self.order {
            Order::Fifo(_) | Order::Sharing(_) => None,
            Order::Lifo(_) => running.min_by(|a, b| of(*a).arrived.total_cmp(&of(*b).arrived)),
            Order::Priority(_) => running
                .max_by(|a, b| {
                    let (a, b) = (of(*a), of(*b));
                    a.class.cmp(&b.class).then(a.arrived.total_cmp(&b.arrived))
                })
                .filter(|victim| of(*victim).class > job.class),
            // Of those in service the one that ends last has most to do.
            Order::Srpt(_) => running
                .max_by(|a, b| {
                    let end = |index: u32| of(index).since + of(index).remaining;
                    end(*a).total_cmp(&end(*b))
                })
                .filter(|victim| {
                    let victim = of(*victim);
                    victim.remaining - (job.since - victim.since) > job.remaining
                }),
        }
    }

    fn interrupt(&mut self, jobs: &mut [Job], index: u32, now: f64) {
        let job = &mut jobs[index as usize];
        job.remaining = if planted::is(Bug::PreemptionRestarts) {
            job.service
        } else {
            (job.remaining - (now - job.since)).max(0.0)
        };
        job.since = now;
        // The scheduled end no longer holds.
        job.epoch = job.epoch.wrapping_add(1);
        self.busy -= 1;
        self.running.retain(|running| *running != index);
        self.wait(jobs, index, true);
    }

    fn wait(&mut self, jobs: &mut [Job], index: u32, interrupted: bool) {
        self.waiting += 1;
        self.sequence += 1;
        let job = &jobs[index as usize];
        match &mut self.order {
            Order::Fifo(list) => list.push_back(jobs, index),
            Order::Lifo(list) => list.push_front(jobs, index),
            Order::Priority(classes) => {
                let list = &mut classes[job.class as usize];
                if interrupted { list.push_front(jobs, index) } else { list.push_back(jobs, index) }
            }
            Order::Srpt(heap) => {
                heap.push(Entry::new(job.remaining, self.sequence, (index, job.epoch)));
            }
            Order::Sharing(_) => {}
        }
    }

    fn next(&mut self, jobs: &mut [Job]) -> Option<u32> {
        match &mut self.order {
            Order::Fifo(list) | Order::Lifo(list) => list.pop_front(jobs),
            Order::Priority(classes) => {
                let waiting = |list: &&mut List| !list.is_empty();
                let class = if planted::is(Bug::PriorityReversed) {
                    classes.iter_mut().rev().find(waiting)
                } else {
                    classes.iter_mut().find(waiting)
                };
                class.and_then(|list| list.pop_front(jobs))
            }
            Order::Srpt(heap) => loop {
                let (job, epoch) = heap.pop()?.event;
                if jobs[job as usize].epoch == epoch {
                    return Some(job);
                }
            },
            Order::Sharing(_) => None,
        }
    }

    /// The service of `job` is over; the next one begins.
    #[inline]
    pub(super) fn complete(&mut self, jobs: &mut [Job], job: u32, now: f64) -> Effect {
        self.busy -= 1;
        if self.preemptive {
            self.running.retain(|running| *running != job);
        }
        let next = if self.waiting == 0 { None } else { self.next(jobs) };
        let effect = match next {
            Some(next) => {
                self.waiting -= 1;
                self.begin(jobs, next, now);
                Effect::Began(next)
            }
            None => Effect::Nothing,
        };
        self.record.levels(now, self.busy, self.waiting);
        effect
    }

    /// `job` leaves the queue unserved.
    pub(super) fn abandon(&mut self, jobs: &mut [Job], job: u32, now: f64) {
        self.waiting -= 1;
        let class = jobs[job as usize].class;
        match &mut self.order {
            Order::Fifo(list) | Order::Lifo(list) => list.remove(jobs, job),
            Order::Priority(classes) => classes[class as usize].remove(jobs, job),
            // Its entry is void once the epoch has passed.
            Order::Srpt(_) | Order::Sharing(_) => {}
        }
        let job = &mut jobs[job as usize];
        job.epoch = job.epoch.wrapping_add(1);
        self.record.levels(now, self.busy, self.waiting);
    }

    fn join(&mut self, jobs: &[Job], job: u32, now: f64) -> Effect {
        self.advance_shares(now);
        self.sequence += 1;
        if let Order::Sharing(sharing) = &mut self.order {
            let end = sharing.virtual_time + jobs[job as usize].remaining;
            sharing.customers.push(Entry::new(end, self.sequence, job));
        }
        self.shares_changed(now)
    }

    /// Takes out the customer whose shared service ends now.
    pub(super) fn leave_shares(&mut self, now: f64) -> (u32, Effect) {
        self.advance_shares(now);
        let Order::Sharing(sharing) = &mut self.order else {
            unreachable!("only shared service ends in shares")
        };
        let entry = sharing.customers.pop().expect("the end was scheduled for somebody");
        // No drift, and an origin near the next values.
        sharing.virtual_time = if sharing.customers.len() == 0 { 0.0 } else { entry.time() };
        (entry.event, self.shares_changed(now))
    }

    /// The speed at which each customer is served.
    fn share(&self, customers: usize) -> f64 {
        if planted::is(Bug::SharingWithoutShares) {
            return 1.0;
        }
        (f64::from(self.servers) / customers as f64).min(1.0)
    }

    fn advance_shares(&mut self, now: f64) {
        let Order::Sharing(sharing) = &self.order else { return };
        let progress = (now - sharing.updated) * self.share(sharing.customers.len().max(1));
        let Order::Sharing(sharing) = &mut self.order else { return };
        sharing.virtual_time += progress;
        sharing.updated = now;
    }

    fn shares_changed(&mut self, now: f64) -> Effect {
        let Order::Sharing(sharing) = &self.order else { return Effect::Nothing };
        let customers = sharing.customers.len();
        let next = sharing
            .customers
            .peek()
            .map(|entry| (entry.time() - sharing.virtual_time).max(0.0) / self.share(customers));
        self.busy = u32::try_from(customers).expect("customers fit their index").min(self.servers);
        self.waiting = customers as u32 - self.busy;
        self.epoch = self.epoch.wrapping_add(1);
        // Nobody waits under processor sharing: all are in service, `servers` at a time.
        self.record.shared_levels(now, self.busy, customers as u32);
        next.map_or(Effect::Nothing, Effect::Shares)
    }
}
