//! An engine of a test's own.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::instance::{available, down, up};
use crate::{Engine, Error, Install, Running, folder, process, target_folder};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// An engine that is stopped, and whose data are removed, when the value goes.
#[derive(Debug)]
pub struct Scratch {
    engine: Engine,
    running: Running,
}

impl Scratch {
    /// Starts an engine for a test, or says out loud that it is not to be had. `setup` goes into
    /// nginx's `http` block with `PORT` for the port; other engines take none.
    ///
    /// Returns `None` where the machine has no such engine and `CI` is not `true`.
    ///
    /// # Panics
    /// The engine is there and does not start; or `CI` is `true` and it is not there.
    #[must_use]
    pub fn start(engine: Engine, setup: &str) -> Option<Self> {
        match Self::try_start(engine, setup) {
            Ok(scratch) => Some(scratch),
            Err(error @ Error::Missing { .. }) => {
                let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
                assert!(!ci, "{error}");
                // Not `eprintln`: what that says, a passing test hides.
                let _ = writeln!(std::io::stderr(), "skipped: {error}");
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn try_start(engine: Engine, setup: &str) -> Result<Self, Error> {
        available(engine, Install::Forbidden)?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}-{}", std::process::id(), engine.name());
        let place = scratch_folder(&target_folder().join("engines")).join(name);
        Ok(Self { engine, running: up(engine, &place, setup)? })
    }

    /// Returns host and port.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.running.address
    }

    /// Returns the process.
    #[must_use]
    pub const fn running(&self) -> &Running {
        &self.running
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove(self.engine, &self.running.folder);
    }
}

fn remove(engine: Engine, place: &Path) {
    let Ok(_lock) = folder::lock(place) else { return };
    if down(engine, place).is_ok() {
        let _ = fs::remove_dir_all(place);
        let _ = fs::remove_file(folder::lock_file(place));
    }
}

fn scratch_folder(engines: &Path) -> PathBuf {
    engines.join("scratch")
}

/// Stops and removes what killed tests have left.
pub(crate) fn sweep(engines: &Path) {
    let Ok(entries) = fs::read_dir(scratch_folder(engines)) else { return };
    for entry in entries.flatten() {
        let place = entry.path().with_extension("");
        let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut parts = name.split('-');
        let owner: Option<u32> = parts.next().and_then(|pid| pid.parse().ok());
        let engine = parts.nth(1).and_then(Engine::from_name);
        let (Some(owner), Some(engine)) = (owner, engine) else { continue };
        if !process::lives(owner) {
            remove(engine, &place);
        }
    }
}
