//! The cells that are done, on disk before the next one counts.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, remove_file};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tenfold_sweep::{Figure, Head};

/// What a loss of power may cost: a kill of the process costs the cells in work, no others.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// A file with a line for each cell, in the order in which they were done. A line that was cut off by a
/// kill is dropped, with what follows it.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// Where the line of a cell begins, and its length.
    cells: BTreeMap<u64, (u64, usize)>,
    end: u64,
    synced: Instant,
    broken: bool,
}

/// The first line: what the cells are of.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct First {
    schema: String,
    fingerprint: String,
    first: u64,
    end: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line<F> {
    cell: u64,
    figures: F,
}

/// Returns the line of a cell.
pub(super) fn line(cell: u64, figures: &[Figure]) -> String {
    serde_json::to_string(&Line { cell, figures }).expect("figures have string keys") + "\n"
}

impl Journal {
    /// Opens or begins the journal of these cells; nobody else can have it open.
    pub(super) fn open(path: PathBuf, head: &Head) -> Result<Self, String> {
        let about = |error: &str| format!("{}: {error}", path.display());
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(|error| about(&error.to_string()))?;
        file.try_lock().map_err(|_| about("another process is filling it"))?;
        let mut journal = Self {
            path: path.clone(),
            file,
            cells: BTreeMap::new(),
            end: 0,
            synced: Instant::now(),
            broken: false,
        };
        let first = First {
            schema: "tenfold/sweep-journal/1".to_owned(),
            fingerprint: head.fingerprint.clone(),
            first: head.first,
            end: head.end,
        };
        journal.replay(&first).map_err(|error| about(&error))?;
        Ok(journal)
    }

    fn replay(&mut self, expected: &First) -> Result<(), String> {
        let mut reader = BufReader::new(&self.file);
        let mut text = Vec::new();
        let mut begun = false;
        loop {
            text.clear();
            let length = reader.read_until(b'\n', &mut text).map_err(|error| error.to_string())?;
            if length == 0 || text.last() != Some(&b'\n') {
                break;
            }
            if begun {
                let Ok(line) = serde_json::from_slice::<Line<Vec<Figure>>>(&text) else { break };
                self.cells.insert(line.cell, (self.end, length));
            } else {
                let found = serde_json::from_slice::<First>(&text);
                if !found.is_ok_and(|found| found == *expected) {
                    return Err("it holds cells of another grid, or of this one before something \
                                changed; give another --out, or delete it"
                        .to_owned());
                }
                begun = true;
            }
            self.end += length as u64;
        }
        self.file.set_len(self.end).map_err(|error| error.to_string())?;
        if !begun {
            let text = serde_json::to_string(expected).expect("it has string keys") + "\n";
            self.append(&text)?;
        }
        Ok(())
    }

    /// Returns whether a cell is done.
    pub(super) fn has(&self, cell: u64) -> bool {
        self.cells.contains_key(&cell)
    }

    /// Adds a cell that is done, as [`line()`] has it.
    pub(super) fn add(&mut self, cell: u64, line: &str) -> Result<(), String> {
        let begin = self.end;
        self.append(line)?;
        self.cells.insert(cell, (begin, line.len()));
        if self.synced.elapsed() > SYNC_EVERY { self.sync() } else { Ok(()) }
    }

    /// After a line that was half written nothing more is: the next process begins behind the last
    /// whole one.
    fn append(&mut self, text: &str) -> Result<(), String> {
        if self.broken {
            return Err(format!("{}: an earlier line could not be written", self.path.display()));
        }
        let written = self
            .file
            .seek(SeekFrom::Start(self.end))
            .and_then(|_| self.file.write_all(text.as_bytes()));
        self.broken = written.is_err();
        written.map_err(|error| format!("{}: {error}", self.path.display()))?;
        self.end += text.len() as u64;
        Ok(())
    }

    /// Waits until all is on the disk.
    pub(super) fn sync(&mut self) -> Result<(), String> {
        self.synced = Instant::now();
        self.file.sync_data().map_err(|error| format!("{}: {error}", self.path.display()))
    }

    /// Returns the figures of a cell that is done.
    pub(super) fn figures(&mut self, cell: u64) -> Result<Vec<Figure>, String> {
        let about = |error: String| format!("cell {cell} in the journal: {error}");
        let (begin, length) =
            *self.cells.get(&cell).ok_or_else(|| about("it is missing".to_owned()))?;
        let mut text = vec![0; length];
        let read = self.file.seek(SeekFrom::Start(begin));
        read.and_then(|_| self.file.read_exact(&mut text)).map_err(|e| about(e.to_string()))?;
        let line: Line<Vec<Figure>> =
            serde_json::from_slice(&text).map_err(|error| about(error.to_string()))?;
        Ok(line.figures)
    }

    /// Deletes it: the table holds everything.
    pub(super) fn remove(self) -> Result<(), String> {
        remove_file(&self.path).map_err(|error| format!("{}: {error}", self.path.display()))
    }
}
