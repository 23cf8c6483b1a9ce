//! What the tests ask of a service, and where its files lie.

use std::io;
use std::path::PathBuf;

use tenfold_patterns_tower::durable_log::{DiskFile, DurableLog, LogFile};
use tenfold_units::random::Stream;

/// Takes what was acknowledged, as a line.
pub(crate) type Tell<'t> = &'t mut dyn FnMut(String);

/// A mistake made on purpose, which the check has to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Work is acknowledged when it is in the page cache.
    AcknowledgesBeforeSync,
}

/// A folder of log files.
pub(crate) trait Folder {
    type File: LogFile;

    fn file(&self, name: &str) -> io::Result<Self::File>;
}

/// A log and the records that it held.
pub(crate) type Opened<F> = (DurableLog<F>, Vec<Vec<u8>>);

/// Opens a log of a folder.
pub(crate) fn open<F: Folder>(folder: &F, name: &str) -> io::Result<Opened<F::File>> {
    DurableLog::open(folder.file(name)?)
}

/// A folder on a real disk.
pub(crate) struct DiskFolder(pub(crate) PathBuf);

impl Folder for DiskFolder {
    type File = DiskFile;

    fn file(&self, name: &str) -> io::Result<DiskFile> {
        DiskFile::open(self.0.join(name))
    }
}

/// A process that does random work and says what it acknowledged.
pub(crate) trait Service<F: Folder>: Sized {
    /// Starts, from what an earlier life left; lives are numbered.
    fn open(folder: &F, life: u64, flaw: Option<Flaw>) -> io::Result<Self>;

    /// Does something.
    fn step(&mut self, stream: &mut Stream, tell: Tell<'_>) -> io::Result<()>;

    /// Ends all that was begun.
    fn finish(&mut self, tell: Tell<'_>) -> io::Result<()>;

    /// Compares what is there with what all lives acknowledged; says what is wrong.
    fn check(&self, told: &[String]) -> Result<(), String>;
}

/// Writes numbers as a record.
pub(crate) fn record<const N: usize>(numbers: [u64; N]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// Reads the numbers of a record.
pub(crate) fn numbers<const N: usize>(record: &[u8]) -> [u64; N] {
    assert_eq!(record.len(), N * 8, "a record that nobody wrote");
    let words: Vec<u64> = record
        .chunks_exact(8)
        .map(|bytes| u64::from_le_bytes(bytes.try_into().expect("eight bytes")))
        .collect();
    words.try_into().expect("just counted")
}

/// Reads the numbers of an acknowledgement.
pub(crate) fn acknowledged<const N: usize>(line: &str) -> [u64; N] {
    let words = line.split(' ').skip(1).map(|word| word.parse().expect("a number"));
    words.collect::<Vec<u64>>().try_into().expect("as many as were told")
}
