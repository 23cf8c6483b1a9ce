//! The models: customers that come at random pass stations in a row.

/// Stations in a row, each with the same servers, whose mean service time is 1 s; Poisson arrivals
/// keep every server busy 80 % of the time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Network {
    pub(crate) name: &'static str,
    pub(crate) stations: usize,
    pub(crate) servers: u32,
}

pub(crate) const NETWORKS: [Network; 3] = [
    Network { name: "M/M/1", stations: 1, servers: 1 },
    Network { name: "M/M/8", stations: 1, servers: 8 },
    Network { name: "tandem of five", stations: 5, servers: 1 },
];

/// Utilization of every server.
const BUSY: f64 = 0.8;

impl Network {
    /// Arrivals per second.
    pub(crate) fn rate(&self) -> f64 {
        BUSY * f64::from(self.servers)
    }

    /// Returns the exact mean time in the system, s: Erlang's C for each station (Erlang 1917), and as
    /// many of them as stand in a row (Jackson 1957).
    pub(crate) fn mean(&self) -> f64 {
        let servers = f64::from(self.servers);
        let load = self.rate();
        // Erlang's B by its recursion, C from it.
        let blocked = (1..=self.servers)
            .fold(1.0, |blocked, n| load * blocked / (f64::from(n) + load * blocked));
        let waits = blocked / (1.0 - BUSY * (1.0 - blocked));
        self.stations as f64 * (1.0 + waits / (servers * (1.0 - BUSY)))
    }
}
