//! The models in simcore (DSLab), with callbacks.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use serde::Serialize;
use simcore::{Event, EventHandler, Id, Simulation, SimulationContext, cast};

use crate::network::Network;
use crate::tally::{Figures, Tally};

#[derive(Clone, Serialize)]
struct Arrive {
    since: f64,
}

#[derive(Clone, Serialize)]
struct Done {
    since: f64,
}

#[derive(Clone, Serialize)]
struct Next {}

struct Source {
    context: SimulationContext,
    to: Id,
    rate: f64,
    left: u64,
}

impl EventHandler for Source {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Next {} => {
                self.context.emit_now(Arrive { since: event.time }, self.to);
                self.left -= 1;
                if self.left > 0 {
                    let gap = exponential(&self.context, 1.0 / self.rate);
                    self.context.emit_self(Next {}, gap);
                }
            }
        })
    }
}

struct Station {
    context: SimulationContext,
    next: Option<Id>,
    free: u32,
    waiting: VecDeque<f64>,
    tally: Rc<RefCell<Tally>>,
}

impl Station {
    fn begin(&mut self, since: f64) {
        let time = exponential(&self.context, 1.0);
        self.context.emit_self(Done { since }, time);
    }
}

impl EventHandler for Station {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Arrive { since } => {
                if self.free > 0 {
                    self.free -= 1;
                    self.begin(since);
                } else {
                    self.waiting.push_back(since);
                }
            }
            Done { since } => {
                match self.next {
                    Some(next) => drop(self.context.emit_now(Arrive { since }, next)),
                    None => self.tally.borrow_mut().record(event.time - since),
                }
                match self.waiting.pop_front() {
                    Some(since) => self.begin(since),
                    None => self.free += 1,
                }
            }
        })
    }
}

fn exponential(context: &SimulationContext, mean: f64) -> f64 {
    -mean * (1.0 - context.rand()).ln()
}

pub(crate) fn run(network: &Network, customers: u64) -> Figures {
    let mut simulation = Simulation::new(1);
    let tally = Rc::new(RefCell::new(Tally::new(customers)));
    let mut next = None;
    for at in (0..network.stations).rev() {
        let name = format!("station {at}");
        let station = Station {
            context: simulation.create_context(&name),
            next,
            free: network.servers,
            waiting: VecDeque::new(),
            tally: Rc::clone(&tally),
        };
        next = Some(simulation.add_handler(&name, Rc::new(RefCell::new(station))));
    }
    let to = next.expect("there is a station");
    let context = simulation.create_context("source");
    context.emit_self(Next {}, 0.0);
    let source = Source { context, to, rate: network.rate(), left: customers };
    simulation.add_handler("source", Rc::new(RefCell::new(source)));
    simulation.step_until_no_events();
    tally.borrow().figures()
}
