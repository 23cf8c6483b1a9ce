//! Durable log: records in a file that survive a kill and a power cut, or were never acknowledged.
//!
//! ```text
//!  append(record) ─► length │ CRC-32 │ bytes       in the page cache: a power cut forgets it
//!  sync()         ─► fsync                         durable: acknowledge now
//!  open()         ─► records up to the first that is torn; the rest is cut off; fsync
//! ```
//!
//! The log that [`WriteBehind`](tenfold_patterns::WriteBehind) asks for, the table of an
//! [`Outbox`](tenfold_patterns::Outbox) and what makes an
//! [`EventStore`](tenfold_patterns::EventStore) last, for services that have no database at hand.
//! It blocks: call it from a thread of its own or from `spawn_blocking`, and sync once for many
//! records.
//!
//! Pitfalls that it avoids: a record that was torn by a power cut is recognized and cut off, so that
//! later ones are not written behind garbage; what is found after a kill may only be in the page
//! cache, so `open` syncs before it believes it; a file's name is durable only when its folder is
//! synced; after an error of `sync` the kernel may have dropped the pages, so the log refuses
//! everything from then on instead of trying again; [`DurableLog::rewrite`] goes through a new file
//! and a rename, so that there is always a whole log.
//!
//! Not a defence against a disk that returns other bytes than were written: a bad record is taken
//! for the end of the log.
//!
//! ```
//! use tenfold_patterns_tower::durable_log::{DiskFile, DurableLog};
//! # fn main() -> std::io::Result<()> {
//! let path = std::env::temp_dir().join(format!("tenfold-log-{}", std::process::id()));
//! let (mut log, _) = DurableLog::open(DiskFile::open(&path)?)?;
//! log.append(b"paid 30")?;
//! log.sync()?; // from here on it may be acknowledged
//! drop(log);
//! let (_, records) = DurableLog::open(DiskFile::open(&path)?)?;
//! assert_eq!(records, [b"paid 30"]);
//! # std::fs::remove_file(&path)
//! # }
//! ```

#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Where a log lies. A test may put one in that forgets, tears and fails.
pub trait LogFile {
    /// Reads all bytes.
    ///
    /// # Errors
    /// Those of the storage.
    fn read(&mut self) -> io::Result<Vec<u8>>;

    /// Adds bytes at the end; they need not be durable.
    ///
    /// # Errors
    /// Those of the storage; any part of the bytes may have been added.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes all that was appended durable.
    ///
    /// # Errors
    /// Those of the storage; any part may be durable.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts the file off after `length` bytes.
    ///
    /// # Errors
    /// Those of the storage.
    fn truncate(&mut self, length: u64) -> io::Result<()>;

    /// Puts other bytes in place of all, durably: after a crash there are the old or the new.
    ///
    /// # Errors
    /// Those of the storage.
    fn replace(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// A log's file on a disk.
#[derive(Debug)]
pub struct DiskFile {
    path: PathBuf,
    file: File,
}

impl DiskFile {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_owned();
        let file = OpenOptions::new().read(true).append(true).create(true).open(&path)?;
        sync_folder(&path)?;
        Ok(Self { path, file })
    }
}

/// Makes the name of a file durable. Folders can be synced on Unix only.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

impl LogFile for DiskFile {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    fn replace(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut name = self.path.clone().into_os_string();
        name.push(".new");
        let mut new = File::create(&name)?;
        new.write_all(bytes)?;
        new.sync_all()?;
        std::fs::rename(&name, &self.path)?;
        *self = Self::open(&self.path)?;
        Ok(())
    }
}

/// Bytes before each record: its length and its CRC-32.
const HEADER: usize = 8;
/// The longest record, in bytes.
pub const MAX_RECORD: usize = 16 << 20;

/// A log of records.
#[derive(Debug)]
pub struct DurableLog<F> {
    file: F,
    failed: bool,
}

impl<F: LogFile> DurableLog<F> {
    /// Opens a log and returns its records, in order; what a crash tore is cut off.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn open(mut file: F) -> io::Result<(Self, Vec<Vec<u8>>)> {
        let bytes = file.read()?;
        let mut records = Vec::new();
        let mut rest = &bytes[..];
        while let Some((record, after)) = first(rest) {
            records.push(record.to_vec());
            rest = after;
        }
        if !rest.is_empty() {
            file.truncate((bytes.len() - rest.len()) as u64)?;
        }
        file.sync()?;
        Ok((Self { file, failed: false }, records))
    }

    /// Adds a record, which [`DurableLog::sync`] makes durable.
    ///
    /// # Errors
    /// Those of the storage, after which the log has to be opened anew; the record is longer than
    /// [`MAX_RECORD`].
    pub fn append(&mut self, record: &[u8]) -> io::Result<()> {
        let bytes = frame(record)?;
        self.attempt(|file| file.append(&bytes))
    }

    /// Makes every record that was added durable: now they may be acknowledged.
    ///
    /// # Errors
    /// Those of the storage, after which the log has to be opened anew.
    pub fn sync(&mut self) -> io::Result<()> {
        self.attempt(F::sync)
    }

    /// Puts these records in place of all others, durably and at once.
    ///
    /// # Errors
    /// Those of the storage, after which the log has to be opened anew; a record is longer than
    /// [`MAX_RECORD`].
    pub fn rewrite<'r>(&mut self, records: impl IntoIterator<Item = &'r [u8]>) -> io::Result<()> {
        let mut bytes = Vec::new();
        for record in records {
            bytes.extend(frame(record)?);
        }
        self.attempt(|file| file.replace(&bytes))
    }

    fn attempt(&mut self, act: impl FnOnce(&mut F) -> io::Result<()>) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("the log failed before: open it anew"));
        }
        let result = act(&mut self.file);
        self.failed = result.is_err();
        result
    }
}

/// A record with its header.
fn frame(record: &[u8]) -> io::Result<Vec<u8>> {
    if record.len() > MAX_RECORD {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a record of more than 16 MiB"));
    }
    let length = (record.len() as u32).to_le_bytes();
    let mut bytes = Vec::with_capacity(HEADER + record.len());
    bytes.extend(length);
    bytes.extend(checksum(length, record));
    bytes.extend(record);
    Ok(bytes)
}

/// The CRC-32 of length and record; with the length, so that a run of zeros is no empty record.
fn checksum(length: [u8; 4], record: &[u8]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length);
    hasher.update(record);
    hasher.finalize().to_le_bytes()
}

/// Splits off the first record, if it is whole.
fn first(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (sum, rest) = rest.split_first_chunk::<4>()?;
    let size = u32::from_le_bytes(*length) as usize;
    if size > MAX_RECORD {
        return None;
    }
    let (record, rest) = rest.split_at_checked(size)?;
    (checksum(*length, record) == *sum).then_some((record, rest))
}
