//! A disk that forgets what was not synced, tears the last record, and fails when the power is cut.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;

use tenfold_patterns_tower::durable_log::LogFile;
use tenfold_units::random::Stream;

use crate::service::Folder;

#[derive(Default)]
struct Content {
    durable: Vec<u8>,
    cached: Vec<u8>,
}

#[derive(Default)]
struct State {
    files: BTreeMap<String, Content>,
    /// Operations until the power is cut.
    left: Option<u64>,
}

/// How a life ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crash {
    /// The process dies; the page cache stays.
    Kill,
    /// The machine dies.
    Power,
}

/// The disk; clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct Disk(Rc<RefCell<State>>);

impl Disk {
    /// Cuts the power after so many operations.
    pub(crate) fn cut_after(&self, operations: u64) {
        self.0.borrow_mut().left = Some(operations);
    }

    /// Ends a life. Of what was not synced, a power cut keeps a part at most, with a torn end.
    pub(crate) fn crash(&self, kind: Crash, stream: &mut Stream) {
        let mut state = self.0.borrow_mut();
        state.left = None;
        for content in state.files.values_mut() {
            if kind == Crash::Kill {
                continue;
            }
            let unsynced = content.cached.len() - content.durable.len();
            let kept = stream.below(unsynced as u64 + 1) as usize;
            content.cached.truncate(content.durable.len() + kept);
            if kept > 0 && stream.chance(0.3) {
                // The file grew, but its last bytes never were written.
                let torn = content.cached.len() - (stream.below(kept as u64) as usize + 1);
                content.cached[torn..].fill(0);
            }
            content.durable.clone_from(&content.cached);
        }
    }
}

impl Folder for Disk {
    type File = SimulatedFile;

    fn file(&self, name: &str) -> io::Result<SimulatedFile> {
        self.0.borrow_mut().files.entry(name.to_owned()).or_default();
        Ok(SimulatedFile { disk: self.clone(), name: name.to_owned() })
    }
}

/// A file of the disk.
pub(crate) struct SimulatedFile {
    disk: Disk,
    name: String,
}

impl SimulatedFile {
    /// Does an operation, unless the power is cut before it.
    fn operate<T>(&self, operation: impl FnOnce(&mut Content) -> T) -> io::Result<T> {
        let mut state = self.disk.0.borrow_mut();
        if let Some(left) = &mut state.left {
            *left = left.checked_sub(1).ok_or(io::Error::other("the power is cut"))?;
        }
        Ok(operation(state.files.get_mut(&self.name).expect("made by `file`")))
    }
}

impl LogFile for SimulatedFile {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        self.operate(|content| content.cached.clone())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.operate(|content| content.cached.extend(bytes))
    }

    fn sync(&mut self) -> io::Result<()> {
        self.operate(|content| content.durable.clone_from(&content.cached))
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.operate(|content| {
            content.cached.truncate(length as usize);
            content.durable.truncate(length as usize);
        })
    }

    fn replace(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.operate(|content| {
            content.cached = bytes.to_vec();
            content.durable = bytes.to_vec();
        })
    }
}
