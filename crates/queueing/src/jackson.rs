use crate::error::{Error, require, require_queue, require_servers};
use crate::mm::Mmc;

/// A station of an open network.
#[derive(Clone, Debug, PartialEq)]
pub struct JacksonStation {
    /// Servers behind one queue; `None` = infinitely many (nobody waits).
    pub servers: Option<u32>,
    /// Mean of the exponential service time, in seconds.
    pub mean_service: f64,
    /// Poisson arrivals from outside, per second.
    pub external_rate: f64,
    /// Probability to go to each station after service; what is missing to 1 leaves.
    pub routing: Vec<f64>,
}

/// An open network of M/M/c stations with random routing (Jackson 1957, 1963): every station behaves
/// as if it stood alone with Poisson arrivals at its total rate.
#[derive(Clone, Debug, PartialEq)]
pub struct JacksonNetwork {
    rates: Vec<f64>,
    in_flight: Vec<f64>,
    queues: Vec<Option<Mmc>>,
    external_rate: f64,
}

impl JacksonNetwork {
    /// Solves the traffic equations λ(j) = γ(j) + Σ over i of λ(i) p(i, j), and each station.
    ///
    /// # Errors
    /// [`Error::Unstable`] with the utilization of the first station that is overloaded;
    /// [`Error::OutOfRange`] for impossible arguments or customers who can never leave.
    pub fn new(stations: &[JacksonStation]) -> Result<Self, Error> {
        for station in stations {
            require_queue(station.external_rate, station.mean_service)?;
            let fit = station.routing.iter().all(|p| (0.0..=1.0).contains(p));
            let sum: f64 = station.routing.iter().sum();
            let square = station.routing.len() == stations.len();
            require(fit && square && sum <= 1.0 + 1e-12, "routing: a probability per station")?;
        }
        let rates = traffic(stations)?;
        let (mut in_flight, mut queues) = (Vec::new(), Vec::new());
        for (station, rate) in stations.iter().zip(&rates) {
            match station.servers {
                Some(servers) => {
                    require_servers(servers)?;
                    let queue = Mmc::new(*rate, station.mean_service, servers)?;
                    in_flight.push(queue.mean_in_flight());
                    queues.push(Some(queue));
                }
                None => {
                    in_flight.push(rate * station.mean_service);
                    queues.push(None);
                }
            }
        }
        let external_rate = stations.iter().map(|s| s.external_rate).sum();
        Ok(Self { rates, in_flight, queues, external_rate })
    }

    /// Returns the arrival rate of each station, visits from inside included.
    #[must_use]
    pub fn arrival_rates(&self) -> &[f64] {
        &self.rates
    }

    /// Returns each station as it behaves alone; `None` where servers are infinitely many.
    #[must_use]
    pub fn stations(&self) -> &[Option<Mmc>] {
        &self.queues
    }

    /// Returns the mean number at each station.
    #[must_use]
    pub fn mean_in_flight(&self) -> &[f64] {
        &self.in_flight
    }

    /// Returns the mean time from arrival to exit, over all visits (Little's law over the whole
    /// network); 0 without arrivals.
    #[must_use]
    pub fn mean_latency(&self) -> f64 {
        if self.external_rate == 0.0 {
            return 0.0;
        }
        self.in_flight.iter().sum::<f64>() / self.external_rate
    }
}

/// Gaussian elimination with row pivots of (I - Pᵀ) λ = γ.
fn traffic(stations: &[JacksonStation]) -> Result<Vec<f64>, Error> {
    const TRAPPED: &str = "routing: every customer must be able to leave";
    let n = stations.len();
    let mut rows: Vec<Vec<f64>> = (0..n)
        .map(|j| {
            let mut row: Vec<f64> =
                (0..n).map(|i| f64::from(u8::from(i == j)) - stations[i].routing[j]).collect();
            row.push(stations[j].external_rate);
            row
        })
        .collect();
    for column in 0..n {
        let pivot = (column..n)
            .max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))
            .unwrap_or(column);
        require(rows[pivot][column].abs() > 1e-12, TRAPPED)?;
        rows.swap(column, pivot);
        let (above, below) = rows.split_at_mut(column + 1);
        let pivot = &above[column];
        for row in below {
            let factor = row[column] / pivot[column];
            for (cell, top) in row.iter_mut().zip(pivot).skip(column) {
                *cell -= factor * top;
            }
        }
    }
    let mut rates = vec![0.0; n];
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|j| rows[i][j] * rates[j]).sum();
        rates[i] = (rows[i][n] - known) / rows[i][i];
    }
    require(rates.iter().all(|rate| *rate > -1e-9), TRAPPED)?;
    Ok(rates.into_iter().map(|rate| rate.max(0.0)).collect())
}
