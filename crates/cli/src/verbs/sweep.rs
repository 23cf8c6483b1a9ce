//! `tenfold sweep`

mod job;
mod journal;
mod merge;
mod progress;

use std::fs;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tenfold_sweep::{Head, Row, Sweep, TableReader, TableWriter};
use tenfold_units::Seed;

use crate::arguments::{Arguments, Shard, Sweep as Verb};
use crate::{Exit, output};

use journal::Journal;
use progress::Progress;

pub(crate) fn run(arguments: &Arguments, verb: &Verb) -> Exit {
    let told = match (&verb.grid, &verb.out) {
        (Some(grid), _) if verb.job.is_some() => job::run(arguments, verb, grid),
        (Some(grid), _) => load(arguments, grid).and_then(|sweep| {
            let out = verb.out.clone().unwrap_or_else(|| {
                Path::new("sweep").join(grid.file_stem().unwrap_or(grid.as_os_str()))
            });
            fill(arguments, &sweep, verb.shard, &out).map_err(|error| vec![error])
        }),
        (None, Some(out)) => merge::run(&verb.merge, out).map_err(|error| vec![error]),
        (None, None) => Err(vec!["--merge needs --out, the folder that is written".to_owned()]),
    };
    match told {
        Ok(text) => {
            output::result(&text);
            Exit::Ok
        }
        Err(problems) => {
            problems.iter().for_each(|problem| output::error(problem));
            Exit::Unusable
        }
    }
}

fn load(arguments: &Arguments, grid: &Path) -> Result<Sweep, Vec<String>> {
    let text =
        super::text_of(grid).map_err(|error| vec![format!("{}: {error}", grid.display())])?;
    let folder = grid.parent().unwrap_or(Path::new(""));
    let mut beside = |name: &str| super::text_of(&folder.join(name));
    Sweep::load(&text, Seed(arguments.seed), &mut beside).map_err(|problems| {
        problems.iter().map(|problem| format!("{}: {problem}", grid.display())).collect()
    })
}

/// Runs the cells that are missing, and writes the table when all are there.
fn fill(
    arguments: &Arguments,
    sweep: &Sweep,
    shard: Option<Shard>,
    out: &Path,
) -> Result<String, String> {
    let (range, name) = match shard {
        None => (0..sweep.grid.cells(), "results".to_owned()),
        Some(Shard { number, shards }) => {
            (sweep.shard(number, shards), format!("part-{number}-of-{shards}"))
        }
    };
    let head = Head {
        sweep: sweep.grid.sweep.clone(),
        fingerprint: sweep.fingerprint.clone(),
        cells: sweep.grid.cells(),
        first: range.start,
        end: range.end,
    };
    let table = out.join(format!("{name}.parquet"));
    if table.exists() {
        return finished(&table, &head);
    }
    fs::create_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
    let mut journal = Journal::open(out.join(format!("{name}.journal")), &head)?;
    let missing: Vec<u64> = range.clone().filter(|cell| !journal.has(*cell)).collect();
    let before = range.clone().count() - missing.len();
    let progress = Progress::new(range.clone().count() as u64, before as u64);
    let shared = Mutex::new(&mut journal);
    let ran = super::on_threads(arguments, || {
        sweep.run(&missing, &|cell, figures| {
            let line = journal::line(cell, &figures);
            // A thread that panicked did so outside of the journal.
            let mut journal = shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            journal.add(cell, &line)?;
            progress.one_more();
            Ok(())
        })
    });
    progress.end();
    ran?;
    journal.sync()?;
    let rows = write(sweep, &mut journal, &head, &table)?;
    journal.remove()?;
    Ok(format!(
        "{}: {} cells, {before} of them from before; wrote {} ({rows} rows)\n",
        head.sweep,
        head.end - head.first,
        table.display()
    ))
}

fn finished(table: &Path, head: &Head) -> Result<String, String> {
    let about = |error: &str| format!("{}: {error}", table.display());
    let file = fs::File::open(table).map_err(|error| about(&error.to_string()))?;
    let found = TableReader::new(file).map_err(|error| about(&error))?.head;
    if found != *head {
        return Err(about(
            "it is of another grid, or of this one before something changed; give another --out, or \
             delete it",
        ));
    }
    Ok(format!("{}: {} is complete already\n", head.sweep, table.display()))
}

/// Writes the cells of a journal in order.
fn write(sweep: &Sweep, journal: &mut Journal, head: &Head, path: &Path) -> Result<u64, String> {
    whole_file(path, |file| {
        let mut table = TableWriter::new(file, head)?;
        let mut rows = 0;
        for index in head.first..head.end {
            let cell = sweep.cell(index);
            for figure in journal.figures(index)? {
                rows += 1;
                table.push(Row { cell: cell.clone(), figure })?;
            }
        }
        Ok((table.finish()?, rows))
    })
}

/// Writes a file under another name first, so that what has the name is whole.
fn whole_file<T>(
    path: &Path,
    write: impl FnOnce(BufWriter<fs::File>) -> Result<(BufWriter<fs::File>, T), String>,
) -> Result<T, String> {
    let about = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let draft = PathBuf::from(format!("{}.draft", path.display()));
    let file = fs::File::create(&draft).map_err(|error| about(&error))?;
    let (file, result) = write(BufWriter::new(file)).map_err(|error| about(&error))?;
    let file = file.into_inner().map_err(|error| about(&error))?;
    file.sync_all().map_err(|error| about(&error))?;
    fs::rename(&draft, path).map_err(|error| about(&error))?;
    Ok(result)
}
