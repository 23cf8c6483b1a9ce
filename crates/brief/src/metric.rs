use serde::{Deserialize, Serialize};

use crate::Dimension;

/// A property that a demand gives a value of. One row of [`METRICS`] each.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Response time seen by a client.
    Latency,
    /// Good requests over valid requests.
    Availability,
    /// Time without service.
    Downtime,
    /// Failed requests over all requests.
    ErrorRatio,
    /// Probability that stored data is not lost within a year.
    Durability,
    /// Reads for each write.
    ReadWriteRatio,
    /// Reads over all operations.
    ReadShare,
    /// Writes over all operations.
    WriteShare,
    /// Peak load over average load.
    PeakFactor,
    /// How long data is kept.
    Retention,
    /// Growth, in % per time.
    Growth,
    /// Money that may be spent.
    Budget,
    /// Data that may be lost, as time.
    RecoveryPoint,
    /// Time until service is back.
    RecoveryTime,
    /// Bytes of one of the subject, or of all of it.
    Size,
    /// Open at the same moment.
    Concurrency,
    /// How many times a byte is stored.
    Copies,
    /// Recipients or downstream requests for each request.
    FanOut,
    /// How long one of the subject lasts: a session, a video, a trip.
    Length,
    /// Bits or bytes per second of one stream.
    Bitrate,
    /// Requests per second, where the word stands alone (`throughput 10k/s`).
    Throughput,
    /// Bits or bytes per second of the whole.
    Bandwidth,
    /// What one part carries: `one shard takes 20k writes/s`.
    Capacity,
    /// How old an answer may be.
    Staleness,
    /// Cache hits over lookups.
    HitRatio,
    /// Memory.
    Memory,
    /// Lifetime of a cached entry.
    TimeToLive,
    /// Limit of requests by policy.
    RateLimit,
    /// Width, height or number of a code: characters of a key.
    KeyLength,
    /// Money for one of the subject.
    Price,
    /// Time until the system must run.
    Deadline,
    /// People.
    Team,
    /// Radius or distance.
    Distance,
}

/// One row of the metric registry.
#[derive(Clone, Copy, Debug)]
pub struct MetricEntry {
    /// The metric.
    pub metric: Metric,
    /// Stable name, as in serialized form.
    pub name: &'static str,
    /// The dimensions that a value of it may have.
    pub dimensions: &'static [Dimension],
}

use Dimension::{Bits, Bytes, Count, Factor, Length, Money, Ratio, Time};

const fn row(metric: Metric, name: &'static str, dimensions: &'static [Dimension]) -> MetricEntry {
    MetricEntry { metric, name, dimensions }
}

/// Every metric with the dimensions that its values may have.
///
/// `retention: 3 req/s` is an error because no row allows it.
pub const METRICS: &[MetricEntry] = &[
    row(Metric::Latency, "latency", &[Time]),
    row(Metric::Availability, "availability", &[Ratio]),
    row(Metric::Downtime, "downtime", &[Time]),
    row(Metric::ErrorRatio, "error-ratio", &[Ratio]),
    row(Metric::Durability, "durability", &[Ratio]),
    row(Metric::ReadWriteRatio, "read-write-ratio", &[Factor]),
    row(Metric::ReadShare, "read-share", &[Ratio]),
    row(Metric::WriteShare, "write-share", &[Ratio]),
    row(Metric::PeakFactor, "peak-factor", &[Factor]),
    row(Metric::Retention, "retention", &[Time]),
    row(Metric::Growth, "growth", &[Ratio, Factor, Count, Bytes]),
    row(Metric::Budget, "budget", &[Money]),
    row(Metric::RecoveryPoint, "recovery-point", &[Time]),
    row(Metric::RecoveryTime, "recovery-time", &[Time]),
    row(Metric::Size, "size", &[Bytes, Bits]),
    row(Metric::Concurrency, "concurrency", &[Count, Ratio]),
    row(Metric::Copies, "copies", &[Count, Factor]),
    row(Metric::FanOut, "fan-out", &[Count, Factor]),
    row(Metric::Length, "length", &[Time]),
    row(Metric::Bitrate, "bitrate", &[Bits, Bytes]),
    row(Metric::Throughput, "throughput", &[Count, Bytes, Bits]),
    row(Metric::Bandwidth, "bandwidth", &[Bits, Bytes]),
    row(Metric::Capacity, "capacity", &[Count, Bytes, Bits]),
    row(Metric::Staleness, "staleness", &[Time]),
    row(Metric::HitRatio, "hit-ratio", &[Ratio]),
    row(Metric::Memory, "memory", &[Bytes]),
    row(Metric::TimeToLive, "time-to-live", &[Time]),
    row(Metric::RateLimit, "rate-limit", &[Count, Bytes, Bits]),
    row(Metric::KeyLength, "key-length", &[Count, Bytes, Bits]),
    row(Metric::Price, "price", &[Money]),
    row(Metric::Deadline, "deadline", &[Time]),
    row(Metric::Team, "team", &[Count]),
    row(Metric::Distance, "distance", &[Length]),
];

impl Metric {
    /// Returns its row of the registry.
    #[must_use]
    pub fn entry(self) -> &'static MetricEntry {
        METRICS
            .iter()
            .find(|entry| entry.metric == self)
            .expect("a test proves that every metric has a row")
    }

    /// Returns its stable name, as in serialized form: `peak-factor`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Returns whether a value of it may have this dimension.
    #[must_use]
    pub fn allows(self, dimension: Dimension) -> bool {
        self.entry().dimensions.contains(&dimension)
    }
}
