//! Where engines live.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::Error;

/// Returns cargo's target folder: `CARGO_TARGET_DIR`, else `target` of this workspace.
#[must_use]
pub fn target_folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let root = root.expect("the crate lies two folders deep in the workspace");
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root.join(folder),
        None => root.join("target"),
    }
}

/// The folder for what is downloaded once: `XDG_CACHE_HOME`, else `.cache` at home, else the
/// target folder.
pub(crate) fn cache_folder() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home);
    cache.unwrap_or_else(target_folder).join("tenfold-engines")
}

/// Makes a folder and those above it.
pub(crate) fn make(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder)
        .map_err(|error| Error::failed(&folder.display().to_string(), error))
}

/// Writes a file as a whole: a reader sees all of it or none.
pub(crate) fn write(file: &Path, text: &str) -> Result<(), Error> {
    let fresh = file.with_extension("new");
    std::fs::write(&fresh, text)
        .and_then(|()| std::fs::rename(&fresh, file))
        .map_err(|error| Error::failed(&file.display().to_string(), error))
}

/// Takes the lock of an engine's folder: two commands at once take turns. It goes with the file, so
/// also with a killed command.
pub(crate) fn lock(place: &Path) -> Result<File, Error> {
    make(place.parent().unwrap_or(place))?;
    let file = File::create(lock_file(place)).map_err(|error| Error::failed("lock", error))?;
    file.lock().map_err(|error| Error::failed("lock", error))?;
    Ok(file)
}

/// The file of [`lock`]; it lies beside the folder, which may be removed.
pub(crate) fn lock_file(place: &Path) -> PathBuf {
    place.with_extension("lock")
}
