//! Grids of models × loads × scenarios × seeds.
//!
//! A [`Grid`] is what stands in the file, a [`Sweep`] the same with everything that it names read.
//! Its cells are numbered; [`Sweep::run`] simulates a range of them on all threads and hands over the
//! rows of each. A [`TableWriter`] writes rows in the order of cells as Parquet, with bytes that
//! depend on nothing but the rows; [`TableReader`] reads them back.
//!
//! Knows nothing of files, clocks or interruptions.

mod figures;
mod grid;
mod job;
mod sweep;
mod table;

pub use figures::Figure;
pub use grid::{Grid, Seeds};
pub use job::{JobOptions, job};
pub use sweep::{Cell, Sweep};
pub use table::{Head, Row, TableReader, TableWriter};
