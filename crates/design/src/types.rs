//! The types of a design: the file `design.yaml`, choices, findings, cost.

pub mod amount;
mod choice;
mod component;
mod cost;
mod design;
mod finding;
mod flow;
mod link;
mod workload;

pub use amount::{Amount, Dimension, Formula};
pub use choice::{Bottleneck, Choice, ChoiceOption, Excuse, PinVerdict, Threshold};
pub use component::{
    Autoscale, BATCH, Batch, Cache, CacheLevel, Component, Connections, Dataset, Disk, Failover,
    HANDSHAKE, Health, IdScheme, Ids, Invalidation, Kind, Limit, Queue, Recovery, Replication,
    ReplicationMode, Runs, STATEMENT, ServiceTime, ShardBy, Shards, Shed, Station, Topic, is_write,
};
pub use cost::{CostLine, CostSheet, Saving};
pub use design::{
    Decision, Design, FurtherRegion, KillTarget, Place, RegionMode, Rejected, Scenarios, Schema,
};
pub use finding::{Finding, Severity};
pub use flow::{Access, Action, Called, Copy, Emit, Lookup, Repeat, Sometimes, Step, Target};
pub use link::{Balance, Buffer, Link, LinkId, Retry, WhenFull};
pub use workload::{Input, Interest, KeySpace, Load, Objective, Operation};
