//! Rare events of plain queues: how often they happen, by importance splitting.
//!
//! [`RareEvent`] is the event as it is asked for, [`RarePlace`] where it is in a model,
//! [`Splitting`] the runs that look for it (`engine/plain/branches`). Levels are chosen by pilot
//! runs; what is reported comes from independent runs after them, so that the choice cannot lean
//! the result.

mod event;
mod splitting;

pub use event::{RareEvent, RarePlace, RareWhat};
pub use splitting::{RareEstimate, RareLevel, RareRun, Splitting, split};
