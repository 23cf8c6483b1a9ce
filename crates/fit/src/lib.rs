//! Distributions from measurements.
//!
//! [`read`] turns a file of measurements into [`Measured`] series: Prometheus histograms as text or
//! as the answer of a query, a column of CSV, the spans of an OpenTelemetry trace. [`fit`] turns a
//! series into a block for a model file: the family that explains it best by maximum likelihood, what
//! speaks against that family, and the measurements themselves as an empirical distribution.
//!
//! Knows nothing of models beyond their distributions, and nothing of files.

mod buckets;
mod empirical;
mod family;
mod goodness;
mod likelihood;
mod measured;
mod read;
mod report;
mod samples;
mod special;

#[cfg(test)]
mod tests;

pub use family::Family;
pub use goodness::{Goodness, Test};
pub use measured::{Buckets, Dropped, Measured, Quantity, Unit, Values};
pub use read::{Problem, ReadOptions, read};
pub use report::{FIT_SCHEMA, FamilyFit, Fit, fit};
