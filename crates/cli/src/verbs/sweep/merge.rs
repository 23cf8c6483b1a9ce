//! `tenfold sweep --merge`: the tables of shards into the one that a run on one machine writes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tenfold_sweep::{Head, TableReader, TableWriter};

use super::whole_file;

/// Merges every `part-*.parquet` in these folders.
pub(super) fn run(folders: &[PathBuf], out: &Path) -> Result<String, String> {
    let mut parts: Vec<(PathBuf, TableReader<File>)> = Vec::new();
    for path in tables(folders)? {
        let about = |error: String| format!("{}: {error}", path.display());
        let file = File::open(&path).map_err(|error| about(error.to_string()))?;
        let reader = TableReader::new(file).map_err(about)?;
        parts.push((path, reader));
    }
    parts.sort_by_key(|(_, part)| (part.head.first, part.head.end));
    let head = whole(&parts)?;
    fs::create_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
    let path = out.join("results.parquet");
    let rows = whole_file(&path, |file| {
        let mut table = TableWriter::new(file, &head)?;
        let mut rows = 0_u64;
        for (_, part) in &parts {
            part.each(|row| {
                rows += 1;
                table.push(row)
            })?;
        }
        Ok((table.finish()?, rows))
    })?;
    Ok(format!(
        "{}: {} cells of {} parts; wrote {} ({rows} rows)\n",
        head.sweep,
        head.cells,
        parts.len(),
        path.display()
    ))
}

fn tables(folders: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut out = Vec::new();
    for folder in folders {
        let about = |error: std::io::Error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(folder).map_err(about)? {
            let path = entry.map_err(about)?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
            if name.starts_with("part-") && name.ends_with(".parquet") {
                out.push(path);
            }
        }
    }
    // A folder lists its files in no order.
    out.sort();
    if out.is_empty() { Err("no part-*.parquet in these folders".to_owned()) } else { Ok(out) }
}

/// Checks that the parts are of one sweep and hold each cell once, and returns the head of the whole.
fn whole(parts: &[(PathBuf, TableReader<File>)]) -> Result<Head, String> {
    let (first_path, first) = &parts[0];
    let mut next = 0;
    let mut before = first_path;
    for (path, part) in parts {
        let head = &part.head;
        if (&head.fingerprint, head.cells) != (&first.head.fingerprint, first.head.cells) {
            let (a, b) = (first_path.display(), path.display());
            return Err(format!("{a} and {b} are of different sweeps"));
        }
        if head.first > next {
            return Err(format!("cells {next} to {} are in no part", head.first - 1));
        }
        if head.first < next && head.end > head.first {
            let (a, b) = (before.display(), path.display());
            return Err(format!("cell {} is both in {a} and in {b}", head.first));
        }
        next = head.end.max(next);
        before = path;
    }
    if next < first.head.cells {
        return Err(format!("cells {next} to {} are in no part", first.head.cells - 1));
    }
    Ok(Head { first: 0, end: next, ..first.head.clone() })
}
