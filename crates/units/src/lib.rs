//! Quantities, intervals, figures with provenance, deterministic math and random streams.
//!
//! * [`Instant`], [`duration`]: time is a value that callers pass in.
//! * [`Rate`], [`Bytes`], [`Ratio`], …: quantities that cannot be mixed up; [`Unit`] names the unit
//!   of a [`Figure`] and prints it.
//! * [`Interval`]: low, mid and high of an uncertain value.
//! * [`Ledger`]: every figure of a plan once, each with its [`Provenance`]; derived figures are
//!   computed *by* the formula that is shown, so that value and working cannot differ.
//! * [`Text`]: an explanation in English and Korean with places for figures.
//! * [`math`], [`random`], [`FixedMap`]: the same bits on every platform.
//!
//! Knows nothing of briefs, designs or simulation.

pub mod duration;
mod expression;
mod fixed_map;
mod instant;
mod interval;
mod ledger;
pub mod math;
mod provenance;
mod quantity;
pub mod random;
mod text;
mod unit;

pub use expression::{Expression, ExpressionError};
pub use fixed_map::{FixedHasher, FixedMap};
pub use instant::Instant;
pub use interval::{Interval, Meaning};
pub use ledger::{Figure, Ledger, LedgerError, Swing};
pub use provenance::{Provenance, Quality};
pub use quantity::{Bytes, Erlangs, Rate, Ratio, Usd, Utilization};
pub use random::Seed;
pub use text::{Language, Text};
pub use unit::Unit;
