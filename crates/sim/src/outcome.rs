//! What the simulator saw.

mod combine;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::stats::{DistributionEstimate, Estimate, Histogram};

/// The schema name that every outcome carries.
pub const OUTCOME_SCHEMA: &str = "tenfold/outcome/1";

/// Figures of one run, or of several that were combined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// `tenfold/outcome/1`.
    pub schema: String,
    /// The seed; with the model and the scenario it repeats the run.
    pub seed: u64,
    /// Independent runs that the figures are of.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub runs: u32,
    /// Arrivals, ends of service, abandonments and ends of thinking that happened.
    pub events: u64,
    /// Length of the measured part, in simulated seconds.
    pub simulated_seconds: f64,
    /// A station cannot keep up with what arrives: see which one says so.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unstable: bool,
    /// Plain stations.
    #[serde(default)]
    pub stations: IndexMap<String, StationOutcome>,
    /// Plain streams of customers.
    #[serde(default)]
    pub arrivals: IndexMap<String, ArrivalsOutcome>,
    /// Operations of a design.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub operations: IndexMap<String, OperationOutcome>,
    /// Components of a design.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub components: IndexMap<String, ComponentOutcome>,
    /// Time series of a design, in windows of equal length, warm-up included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<Window>,
    /// The budget of events ended the run before its horizon.
    #[serde(default, skip_serializing_if = "is_false")]
    pub budget_exhausted: bool,
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_one(runs: &u32) -> bool {
    *runs == 1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_none_lost(count: &u64) -> bool {
    *count == 0
}

/// A plain station. Times are over completed visits, in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StationOutcome {
    /// Busy fraction of one server; `None` where there is one for each customer.
    pub utilization: Option<Estimate>,
    /// Time at the station outside service, zeros included; `None` where unstable.
    pub wait_time_seconds: Option<DistributionEstimate>,
    /// Wait and service; `None` where unstable.
    pub response_time_seconds: Option<DistributionEstimate>,
    /// Customers waiting, mean over time; `None` where unstable.
    pub queue_length: Option<Estimate>,
    /// Customers waiting and in service, mean over time; `None` where unstable.
    pub in_flight: Option<Estimate>,
    /// Completions per second.
    pub throughput_rps: Estimate,
    /// Share of the arrivals at the station that found it full.
    pub dropped_ratio: Estimate,
    /// Share of the arrivals at the station that left unserved.
    pub abandoned_ratio: Estimate,
    /// More work arrives than the servers can do and nothing bounds the queue.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unstable: bool,
    /// Completions per second, where unstable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goodput_rps: Option<Estimate>,
    /// Customers by which the queue grows each second, where unstable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_growth_per_second: Option<f64>,
}

/// A plain stream of customers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArrivalsOutcome {
    /// From arrival (closed: end of thinking) to exit, over customers who exit; `None` where a
    /// station on the way is unstable.
    pub latency_seconds: Option<DistributionEstimate>,
    /// Exits per second.
    pub throughput_rps: Estimate,
    /// Share of the customers that were dropped or left unserved anywhere.
    pub dropped_ratio: Estimate,
    /// A station on the way is unstable.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unstable: bool,
}

/// Why requests or calls failed, in requests (of an operation) or calls (to a component).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failures {
    /// No answer within the time-out.
    pub timeout: u64,
    /// The replica was dead and its machine said so, or no replica was known to live.
    pub refused: u64,
    /// A bounded queue was full or the wait in it too long.
    pub shed: u64,
    /// The caller's pool was exhausted.
    pub pool: u64,
    /// A circuit breaker was open.
    pub breaker: u64,
    /// A rate limit or a concurrency limit was passed.
    pub limited: u64,
    /// The callee answered with an error of its own.
    pub error: u64,
    /// Too few copies of the data were alive.
    pub unavailable: u64,
}

impl Failures {
    /// Adds those of `other`.
    pub fn add(&mut self, other: &Self) {
        self.timeout += other.timeout;
        self.refused += other.refused;
        self.shed += other.shed;
        self.pool += other.pool;
        self.breaker += other.breaker;
        self.limited += other.limited;
        self.error += other.error;
        self.unavailable += other.unavailable;
    }

    /// Returns how many there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.timeout
            + self.refused
            + self.shed
            + self.pool
            + self.breaker
            + self.limited
            + self.error
            + self.unavailable
    }
}

/// An operation of a design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OperationOutcome {
    /// Requests that arrived in the measured part, over all runs.
    pub requests: u64,
    /// Requests answered without error and within `good_within`, over all runs.
    pub good: u64,
    /// From arrival to answer, over answers without error; `None` without any, or where unstable.
    pub latency_seconds: Option<DistributionEstimate>,
    /// Answers per second, errors included.
    pub throughput_rps: Estimate,
    /// Good answers per second.
    pub goodput_rps: Estimate,
    /// Good answers ÷ answers; `None` without any.
    pub availability_ratio: Option<Estimate>,
    /// Failed requests by cause.
    pub failures: Failures,
    /// A component on the way is unstable: the latency grows as long as it runs.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unstable: bool,
    /// Where something changes during the run (faults, a profile): latencies of answers without error,
    /// in seconds; percentiles of several runs come from all of them together. Not written.
    #[serde(skip)]
    pub latencies: Histogram,
}

/// A component of a design, over all its replicas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComponentOutcome {
    /// Busy fraction of one server, over live replicas; `None` for infinite servers.
    pub utilization: Option<Estimate>,
    /// Requests waiting in one replica, mean over time.
    pub queue_length: Estimate,
    /// Time in the queue, over visits that began service; `None` without any, or where unstable.
    pub wait_time_seconds: Option<DistributionEstimate>,
    /// More work arrived than the live servers could do, and nothing bounds the queue.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unstable: bool,
    /// Requests by which the queue of all replicas grew each second, where unstable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_growth_per_second: Option<f64>,
    /// Visits that completed service, per second.
    pub throughput_rps: Estimate,
    /// Attempts on it per call: above 1 where retries or hedges happen.
    pub attempts_per_call: f64,
    /// Services whose caller had gone by the time they ended, as a share of all; the copies beyond a
    /// quorum do not count.
    pub zombie_ratio: f64,
    /// Attempts on it that the network lost on their way to it, over all runs.
    #[serde(default, skip_serializing_if = "is_none_lost")]
    pub lost_calls: u64,
    /// Answers of it that the network lost on their way back, over all runs: the work was done.
    #[serde(default, skip_serializing_if = "is_none_lost")]
    pub lost_answers: u64,
    /// Failed calls to it by cause.
    pub failures: Failures,
    /// Hits ÷ look-ups, for a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hit_ratio: Option<Estimate>,
    /// Records that wait for a topic's consumers at the end of a run, over all runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backlog: Option<u64>,
    /// Busy fraction by zone.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub zone_utilization: IndexMap<String, f64>,
    /// Busy fraction of the busiest replica.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hottest_utilization: Option<f64>,
    /// Seconds of replicas that were paid for, of a component with an autoscaler: from the wish for one
    /// until it is gone, summed over the measured part, mean over all runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replica_seconds: Option<f64>,
    /// Where something changes during the run: times in the queue, in seconds, as an operation's
    /// `latencies`. Not written.
    #[serde(skip)]
    pub waits: Histogram,
}

/// One window of the time series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// Beginning, in seconds since the start of the run.
    pub start_seconds: f64,
    /// Per operation.
    pub operations: IndexMap<String, OperationWindow>,
    /// Per component.
    pub components: IndexMap<String, ComponentWindow>,
}

/// An operation within a window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OperationWindow {
    /// Requests that arrived.
    pub requests: u64,
    /// Good answers.
    pub good: u64,
    /// Answers with an error, or too late to be good.
    pub bad: u64,
    /// 99th percentile of the latency of answers without error, in seconds; `None` with none.
    pub latency_seconds_p99: Option<f64>,
    /// Failed requests by cause.
    #[serde(default)]
    pub failures: Failures,
    /// Latencies of answers without error, in seconds: the percentiles of several windows together
    /// come from their sum. Not written.
    #[serde(skip)]
    pub latencies: Histogram,
}

/// A component within a window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComponentWindow {
    /// Busy fraction of one server; `None` for infinite servers.
    pub utilization: Option<f64>,
    /// Requests waiting, all replicas, mean over the window.
    pub queue_length: f64,
    /// Failed calls to it.
    pub failed: u64,
    /// Hits ÷ look-ups; `None` without look-ups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hit_ratio: Option<f64>,
    /// Replicas that live, mean over the window, of a component with an autoscaler.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<f64>,
}
