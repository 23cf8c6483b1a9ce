//! The models in nexosim, on one thread.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::{EventSource, Output};
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};

use crate::network::Network;
use crate::tally::{Figures, Tally};

/// The last station is on a thread of nexosim's.
static TALLY: Mutex<Option<Tally>> = Mutex::new(None);

/// xorshift64* (Marsaglia 2003, Vigna 2016): nexosim brings no random numbers.
#[derive(Serialize, Deserialize)]
struct Random(u64);

impl Random {
    fn exponential(&mut self, mean: f64) -> Duration {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11;
        let open = (bits as f64 + 0.5) / (1u64 << 53) as f64;
        // An event at the same instant is refused.
        Duration::from_secs_f64(-mean * open.ln()).max(Duration::from_nanos(1))
    }
}

#[derive(Serialize, Deserialize)]
struct Source {
    out: Output<MonotonicTime>,
    random: Random,
    rate: f64,
    left: u64,
}

#[Model]
impl Source {
    #[nexosim(schedulable)]
    async fn next(&mut self, _: (), context: &Context<Self>) {
        self.out.send(context.time()).await;
        self.left -= 1;
        if self.left > 0 {
            let gap = self.random.exponential(1.0 / self.rate);
            context.schedule_event(gap, schedulable!(Self::next), ()).expect("it lies ahead");
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Station {
    out: Output<MonotonicTime>,
    random: Random,
    is_last: bool,
    free: u32,
    waiting: VecDeque<MonotonicTime>,
}

#[Model]
impl Station {
    async fn arrive(&mut self, since: MonotonicTime, context: &Context<Self>) {
        if self.free > 0 {
            self.free -= 1;
            self.begin(since, context);
        } else {
            self.waiting.push_back(since);
        }
    }

    #[nexosim(schedulable)]
    async fn done(&mut self, since: MonotonicTime, context: &Context<Self>) {
        if self.is_last {
            let seconds = context.time().duration_since(since).as_secs_f64();
            let mut tally = TALLY.lock().expect("nobody panics with it");
            tally.as_mut().expect("it was made").record(seconds);
        } else {
            self.out.send(since).await;
        }
        match self.waiting.pop_front() {
            Some(since) => self.begin(since, context),
            None => self.free += 1,
        }
    }

    fn begin(&mut self, since: MonotonicTime, context: &Context<Self>) {
        let time = self.random.exponential(1.0);
        context.schedule_event(time, schedulable!(Self::done), since).expect("it lies ahead");
    }
}

pub(crate) fn run(network: &Network, customers: u64) -> Figures {
    *TALLY.lock().expect("nobody panics with it") = Some(Tally::new(customers));
    let mut bench = SimInit::with_num_threads(1);
    let mut source = Source {
        out: Output::default(),
        random: Random(0x9E37_79B9_7F4A_7C15),
        rate: network.rate(),
        left: customers,
    };
    let mailboxes: Vec<Mailbox<Station>> = (0..network.stations).map(|_| Mailbox::new()).collect();
    source.out.connect(Station::arrive, &mailboxes[0]);
    let mut stations = Vec::new();
    for at in 0..network.stations {
        let mut out = Output::default();
        if let Some(next) = mailboxes.get(at + 1) {
            out.connect(Station::arrive, next);
        }
        stations.push(Station {
            out,
            random: Random(0xD1B5_4A32_D192_ED03 + at as u64),
            is_last: at + 1 == network.stations,
            free: network.servers,
            waiting: VecDeque::new(),
        });
    }
    for (at, (station, mailbox)) in stations.into_iter().zip(mailboxes).enumerate() {
        bench = bench.add_model(station, mailbox, &format!("station {at}"));
    }
    let mailbox = Mailbox::new();
    let begin = EventSource::new().connect(Source::next, &mailbox).register(&mut bench);
    bench = bench.add_model(source, mailbox, "source");
    let mut simulation = bench.init(MonotonicTime::EPOCH).expect("the bench is whole");
    simulation.process_event(&begin, ()).expect("the source begins");
    simulation.run().expect("the customers pass");
    let tally = TALLY.lock().expect("nobody panics with it");
    tally.as_ref().expect("it was made").figures()
}
