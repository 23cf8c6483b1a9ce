//! The report's folder: a manifest knows what was written, so that edits by hand are never lost.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The file that lists what was written, with a hash each.
const MANIFEST: &str = ".tenfold-manifest.json";

/// The manifest of what is being written: after a kill in the middle both say what is ours.
const NEXT: &str = ".tenfold-manifest.next.json";

/// Files and the hashes that each of them had when it was written.
type Known = BTreeMap<String, Vec<String>>;

/// Largest file that is compared; anything larger was not written by us.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// Why a folder cannot be written.
#[derive(Debug)]
pub(crate) enum FolderError {
    /// These files were edited by hand, or are not ours.
    Edited(Vec<PathBuf>),
    /// The system refused.
    Io(PathBuf, std::io::Error),
}

/// Writes files into a folder: all of them or, where one was edited and `force` is not given, none.
///
/// Each file is written beside its place and then moved there, between the manifest of what comes and
/// that of what stands: a kill in the middle leaves whole files, old or new, and all are known.
pub(crate) fn write(
    folder: &Path,
    files: &BTreeMap<String, String>,
    force: bool,
) -> Result<(), FolderError> {
    let known = manifest(folder);
    let edited: Vec<PathBuf> = files
        .iter()
        .filter(|(name, new)| !force && differs(folder, name, new, &known))
        .map(|(name, _)| folder.join(name))
        .collect();
    if !edited.is_empty() {
        return Err(FolderError::Edited(edited));
    }
    let hashes: BTreeMap<&String, String> =
        files.iter().map(|(name, content)| (name, hashed(content.as_bytes()))).collect();
    let text = serde_json::to_string_pretty(&hashes).expect("strings are JSON") + "\n";
    put(&folder.join(NEXT), &text)?;
    for (name, content) in files {
        put(&folder.join(name), content)?;
    }
    // What an earlier report had and this one has not, and nobody edited.
    for (name, hashes) in &known {
        let path = folder.join(name);
        let inside =
            Path::new(name).components().all(|c| matches!(c, std::path::Component::Normal(_)));
        if inside
            && !files.contains_key(name)
            && read(&path).is_some_and(|old| hashes.contains(&hashed(&old)))
        {
            fs::remove_file(&path).map_err(|error| FolderError::Io(path.clone(), error))?;
        }
    }
    let next = folder.join(NEXT);
    fs::rename(&next, folder.join(MANIFEST)).map_err(|error| FolderError::Io(next, error))
}

/// Returns the files of a folder that were edited since they were written, so that a refusal need
/// not wait for a simulation.
pub(crate) fn edited(folder: &Path) -> Vec<PathBuf> {
    let known = manifest(folder);
    let edited = known.iter().filter_map(|(name, hashes)| {
        let path = folder.join(name);
        let ours = || read(&path).is_some_and(|old| hashes.contains(&hashed(&old)));
        (path.exists() && !ours()).then_some(path)
    });
    edited.collect()
}

/// Returns whether a file stands there that neither is the new one nor was written by us.
fn differs(folder: &Path, name: &str, new: &str, known: &Known) -> bool {
    let path = folder.join(name);
    if !path.exists() {
        return false;
    }
    let Some(old) = read(&path) else { return true };
    old != new.as_bytes() && !known.get(name).is_some_and(|hashes| hashes.contains(&hashed(&old)))
}

fn manifest(folder: &Path) -> Known {
    let mut known = Known::new();
    for name in [MANIFEST, NEXT] {
        let one: BTreeMap<String, String> = read(&folder.join(name))
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        for (file, hash) in one {
            known.entry(file).or_default().push(hash);
        }
    }
    known
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let size = fs::metadata(path).ok()?.len();
    if size > FILE_BYTES_MAX { None } else { fs::read(path).ok() }
}

fn put(path: &Path, content: &str) -> Result<(), FolderError> {
    let failed = |error| FolderError::Io(path.to_owned(), error);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".tmp");
    fs::write(&beside, content).map_err(failed)?;
    fs::rename(&beside, path).map_err(failed)
}

/// A hash that tells an edit from none: 128 bits of FNV-1a. It need not withstand an attacker, who
/// could edit the manifest as well.
fn hashed(bytes: &[u8]) -> String {
    let mut hash = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    for byte in bytes {
        hash = (hash ^ u128::from(*byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b);
    }
    format!("{hash:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("tenfold-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    fn files(text: &str) -> BTreeMap<String, String> {
        BTreeMap::from([
            ("DESIGN.md".to_owned(), text.to_owned()),
            ("diagrams/a.svg".to_owned(), "<svg/>".to_owned()),
        ])
    }

    #[test]
    fn an_edited_file_is_kept_and_nothing_is_written() {
        let folder = folder("edited");
        write(&folder, &files("one"), false).unwrap();
        write(&folder, &files("two"), false).unwrap();
        fs::write(folder.join("DESIGN.md"), "mine").unwrap();
        let error = write(&folder, &files("three"), false).unwrap_err();
        assert!(matches!(error, FolderError::Edited(paths) if paths.len() == 1));
        assert_eq!(fs::read_to_string(folder.join("DESIGN.md")).unwrap(), "mine");
        assert_eq!(edited(&folder), [folder.join("DESIGN.md")]);
        write(&folder, &files("three"), true).unwrap();
        assert_eq!(fs::read_to_string(folder.join("DESIGN.md")).unwrap(), "three");
        assert!(edited(&folder).is_empty());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_kill_in_the_middle_leaves_nothing_that_looks_edited() {
        let folder = folder("killed");
        write(&folder, &files("one"), false).unwrap();
        // What a kill after the first file leaves: the next manifest, that file new, the rest old.
        let next = files("two");
        let hashes: BTreeMap<&String, String> =
            next.iter().map(|(name, content)| (name, hashed(content.as_bytes()))).collect();
        fs::write(folder.join(NEXT), serde_json::to_string(&hashes).unwrap()).unwrap();
        let (name, content) = next.iter().next().unwrap();
        fs::write(folder.join(name), content).unwrap();
        assert_eq!(edited(&folder), Vec::<PathBuf>::new());
        write(&folder, &files("three"), false).unwrap();
        assert!(!folder.join(NEXT).exists());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_is_no_longer_made_goes_unless_it_was_edited() {
        let folder = folder("gone");
        write(&folder, &files("one"), false).unwrap();
        fs::write(folder.join("notes.txt"), "mine").unwrap();
        let fewer = BTreeMap::from([("DESIGN.md".to_owned(), "one".to_owned())]);
        write(&folder, &fewer, false).unwrap();
        assert!(!folder.join("diagrams/a.svg").exists());
        assert!(folder.join("notes.txt").exists());
        fs::remove_dir_all(&folder).unwrap();
    }
}
