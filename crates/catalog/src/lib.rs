//! Facts with source and date: prices, capacities, service times, latencies, SLAs.
//!
//! * [`Fact`]: one number with its range, source, date and [`Quality`](tenfold_units::Quality),
//!   in base units, found by its id ([`Catalog::fact`]) or by a helper that knows the ids
//!   ([`Catalog::egress_tiers`], [`Catalog::managed_nodes`], [`Catalog::rtt`], …).
//! * [`StationFact`]: the unloaded service time of one operation of one technology, fit for a
//!   queueing model.
//! * [`InstanceType`]: a machine that can be rented, with its prices.
//!
//! The facts are CSV files in `data/` (conventions: `data/README.md`), compiled in and read by
//! [`Catalog::builtin`]. A row that breaks a convention is a bug of this crate and panics with its
//! place.
//!
//! Knows nothing of the network or the clock: a price is as old as its date says.
//!
//! ```
//! use tenfold_catalog::Catalog;
//! use tenfold_units::{Ledger, Unit};
//! let catalog = Catalog::builtin();
//! let rtt = catalog.fact("net.cross_az.rtt").expect("a fact of latency.csv");
//! assert_eq!((rtt.value, rtt.unit), (0.0009, Some(Unit::Seconds)));
//! let mut ledger = Ledger::default();
//! rtt.insert_into(&mut ledger, "net.cross_zone_rtt", "round trip between zones");
//! assert_eq!(ledger.value("net.cross_zone_rtt"), 0.0009);
//! ```

mod catalog;
mod fact;
mod instance;
mod load;
mod price;
mod region;
mod scale;
mod station;

pub use catalog::Catalog;
pub use fact::{Confidence, Fact, RangeKind, Table};
pub use instance::{Architecture, InstancePrice, InstanceType, Purchase};
pub use price::{ManagedNode, ManagedService, Per, Tier, tiered_cost};
pub use station::StationFact;
