use tenfold_units::{Interval, Ledger, Provenance, Quality, Unit};

/// The unloaded service time of one operation of one technology.
///
/// `mean` is the time for which one request holds one of `servers`: no queueing, no network. A
/// capacity measured at saturation has become servers ÷ capacity; it is never a latency. Time that
/// does not hold a server (a flush, a disk) stands apart in `io_mean`, a pure delay.
#[derive(Clone, Debug, PartialEq)]
pub struct StationFact {
    /// Unique over the whole catalogue, for example `postgres.pk_read`.
    pub id: String,
    /// For example `PostgreSQL`.
    pub technology: String,
    /// What is done for one request.
    pub operation: String,
    /// Servers of the station as measured; 0 = a delay station (nobody waits).
    pub servers: u32,
    /// What one server is.
    pub servers_meaning: String,
    /// Mean service time in seconds; of a delay station the whole answer time.
    pub mean: f64,
    /// Lower end of the mean, in seconds.
    pub low: f64,
    /// Upper end of the mean, in seconds.
    pub high: f64,
    /// Standard deviation ÷ mean of the service time; 1 unless known.
    pub cv: f64,
    /// Mean delay in seconds that does not hold a server; 0 for none.
    pub io_mean: f64,
    /// What is waited for, or what applies when it is 0.
    pub io_meaning: String,
    /// The arithmetic, over ids of facts and other stations.
    pub source: String,
    /// Date of the oldest fact that it rests on, or `unknown`.
    pub as_of: String,
    /// How the number got here.
    pub quality: Quality,
    /// The worst quality among this station and the facts and stations it was computed from.
    pub weakest: Quality,
    /// Remarks, not separately sourced.
    pub notes: String,
}

impl StationFact {
    /// Returns whether nobody waits here: a managed service or a network.
    #[must_use]
    pub const fn is_delay(&self) -> bool {
        self.servers == 0
    }

    /// Returns the service time in seconds as 10 % and 90 % quantiles of what is not known about
    /// its mean (not of its variation from request to request, which is `cv`).
    #[must_use]
    pub fn service_time(&self) -> Interval {
        Interval::quantiles(self.low, self.mean, self.high)
    }

    /// Returns where the service time comes from.
    #[must_use]
    pub fn provenance(&self) -> Provenance {
        Provenance::Fact {
            id: self.id.clone(),
            source: self.source.clone(),
            as_of: self.as_of.clone(),
            quality: self.weakest,
        }
    }

    /// Adds the service time to a ledger as figure `figure_id`, in seconds.
    ///
    /// # Panics
    /// Panics when the figure already stands with another value.
    pub fn insert_service_time(&self, ledger: &mut Ledger, figure_id: &str, label: &str) {
        let time = self.service_time();
        ledger.insert(figure_id, label, Unit::Seconds, time, self.provenance());
    }

    /// Adds the delay outside the server to a ledger as figure `figure_id`, in seconds.
    ///
    /// # Panics
    /// Panics when the figure already stands with another value.
    pub fn insert_io_time(&self, ledger: &mut Ledger, figure_id: &str, label: &str) {
        let time = Interval::exact(self.io_mean);
        ledger.insert(figure_id, label, Unit::Seconds, time, self.provenance());
    }
}

/// Returns the ids of facts and stations that a station's source names.
pub(crate) fn ids_in(source: &str) -> Vec<&str> {
    let words: Vec<&str> = source.split([' ', '(', ')', ',']).collect();
    let mut ids = Vec::new();
    for (index, word) in words.iter().enumerate() {
        if let Some((file, id)) = word.split_once(':')
            && file.ends_with(".csv")
        {
            ids.push(id);
        } else if *word == "station"
            && let Some(id) = words.get(index + 1)
        {
            ids.push(id);
        }
    }
    ids
}
