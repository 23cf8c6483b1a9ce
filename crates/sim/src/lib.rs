//! A deterministic discrete-event simulator of stations, networks, patterns and faults.
//!
//! A [`Model`] is either plain queues or the components and flows of a design. [`simulate`] runs
//! plain queues for a budget of events, [`simulate_scenario`] a design through load and faults.
//! The same model, scenario and seed give the same [`Outcome`], byte for byte, on every machine:
//! there is no clock, no thread and no hash order in here.
//!
//! Knows nothing of designs, catalogs or closed forms.

mod capacity;
mod compare;
mod distribution;
mod engine;
pub mod keys;
mod model;
mod outcome;
pub mod planted;
mod rare;
mod recovery;
mod scenario;
pub mod stats;

pub use capacity::{
    CAPACITY_SCHEMA, Capacity, LoadBorders, LoadObjective, Strain, at_load, capacity,
};
pub use compare::{COMPARISON_SCHEMA, Comparison, Difference, Shown, compare, compare_runs};
pub use distribution::{Distribution, Sampler, Size, SizeDistribution};
pub use engine::{Caches, simulate, simulate_scenario};
pub use model::rate;
pub use model::{
    Alternative, Arrivals, Autoscaler, Bandwidth, Batch, Cache, Call, Closed, Component,
    Consistency, Consume, ControlledDelay, Data, Diagnostic, Discipline, Each, GarbageCollection,
    Join, Link, Load, Lookup, LossRatio, Model, ModelError, Network, Operation, Parallel, Phase,
    Poisson, Queue, QueueBound, QueueOrder, Renewal, Servers, Shed, SlowStart, Station, Step,
    Topic, Trace, TraceFile,
};
pub use outcome::{
    ArrivalsOutcome, ComponentOutcome, ComponentWindow, Failures, OUTCOME_SCHEMA, OperationOutcome,
    OperationWindow, Outcome, StationOutcome, Window,
};
pub use rare::{
    RareEstimate, RareEvent, RareLevel, RarePlace, RareRun, RareWhat, Splitting, split,
};
pub use recovery::{
    Alert, AlertRule, Fate, OperationRecovery, REMEDIES, Remedy, Trigger, alerts, judge, remedies,
};
pub use scenario::{
    Assertion, Claim, ClockStep, Effect, Fault, FaultDomain, HotKey, Judgement, Kill, LatencyClaim,
    LoadPoint, Lost, NetworkPartition, RandomFault, RecoveryClaim, RollOut, Scenario, Target,
};
