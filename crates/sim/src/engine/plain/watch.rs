//! What is counted of a rare event while customers come and go.

use super::Network;

/// The rare event, and what says how near it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    /// The station that it is about.
    pub(crate) station: u32,
    pub(crate) what: What,
}

/// What happens at the station.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    /// So many customers are there, waiting or in service: a share of the time.
    InFlight(u32),
    /// Customers are dropped: a share of those who come to the station, or of those of a stream.
    Dropped { stream: Option<u32> },
    /// Customers wait longer than so many seconds: a share of those who are let in. First come,
    /// first served, without interruptions and patience.
    Wait(f64),
}

/// The counters of a [`Target`].
#[derive(Clone, Debug)]
pub(super) struct Watch {
    target: Target,
    /// Customers of whom the event is a share.
    pub(super) offered: u64,
    /// Customers to whom it happened.
    pub(super) hits: u64,
    /// When each server is free again, in no order (Kiefer and Wolfowitz 1955); only for waits.
    free: Vec<f64>,
}

impl Watch {
    pub(super) fn new(target: Target, servers: u32) -> Self {
        let free = match target.what {
            What::Wait(_) => vec![0.0; servers as usize],
            What::InFlight(_) | What::Dropped { .. } => Vec::new(),
        };
        Self { target, offered: 0, hits: 0, free }
    }

    /// Returns whether waits at `station` are followed.
    pub(super) fn follows(&self, station: u32) -> bool {
        station == self.target.station && matches!(self.target.what, What::Wait(_))
    }

    /// A customer of `stream` comes to the model.
    pub(super) fn came(&mut self, stream: u32) {
        if let What::Dropped { stream: Some(watched) } = self.target.what {
            self.offered += u64::from(watched == stream);
        }
    }

    /// A customer of `stream` comes to a station, which may be `full`.
    pub(super) fn visit(&mut self, station: u32, stream: u32, full: bool) {
        if station != self.target.station {
            return;
        }
        match self.target.what {
            What::Dropped { stream: None } => {
                self.offered += 1;
                self.hits += u64::from(full);
            }
            What::Dropped { stream: Some(watched) } => {
                self.hits += u64::from(full && watched == stream);
            }
            What::InFlight(_) | What::Wait(_) => {}
        }
    }

    /// A customer with so much `service` to come is let in at a station.
    pub(super) fn accepted(&mut self, station: u32, now: f64, service: f64) {
        let What::Wait(limit) = self.target.what else { return };
        if station != self.target.station {
            return;
        }
        let first = self.first_free();
        let begins = self.free[first].max(now);
        self.free[first] = begins + service;
        self.offered += 1;
        self.hits += u64::from(begins - now > limit);
    }

    fn first_free(&self) -> usize {
        let servers = 0..self.free.len();
        let first = servers.min_by(|a, b| self.free[*a].total_cmp(&self.free[*b]));
        first.expect("a station has a server")
    }

    /// Returns how near the event is: customers at the station, or what the next one would wait.
    pub(super) fn importance(&self, network: &Network) -> f64 {
        match self.target.what {
            What::Wait(_) => (self.free[self.first_free()] - network.now).max(0.0),
            What::InFlight(_) | What::Dropped { .. } => {
                f64::from(network.stations[self.target.station as usize].in_flight())
            }
        }
    }
}
