//! One file per verb.

mod capacity;
pub(crate) mod check;
mod compare;
pub(crate) mod design;
pub(crate) mod estimate;
pub(crate) mod explain;
pub(crate) mod fit;
pub(crate) mod new;
mod rare;
pub(crate) mod recovery;
mod scenario;
pub(crate) mod schema;
pub(crate) mod simulate;
#[cfg(feature = "sweep")]
pub(crate) mod sweep;

use std::path::Path;

use clap::CommandFactory as _;

use crate::arguments::{Arguments, Lang};
use crate::{Exit, output};

/// Largest file that is read; the parsers have limits of their own below it.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Returns the bytes of an input file, or says why not.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Exit> {
    bytes_of(path).map_err(|message| refused(path, &message))
}

/// Returns the text of an input file, or says why not.
pub(crate) fn read_text(path: &Path) -> Result<String, Exit> {
    text_of(path).map_err(|message| refused(path, &message))
}

fn refused(path: &Path, message: &str) -> Exit {
    output::error(&format!("{}: {message}", path.display()));
    Exit::Unusable
}

/// Returns the text of a file that an input file names, or why there is none.
pub(crate) fn text_of(path: &Path) -> Result<String, String> {
    String::from_utf8(bytes_of(path)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("not UTF-8 text (byte {at})")
    })
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > FILE_BYTES_MAX {
        return Err(format!("{size} bytes are too many; at most {FILE_BYTES_MAX} are read"));
    }
    std::fs::read(path).map_err(|error| error.to_string())
}

/// Runs work on as many threads as asked for.
pub(crate) fn on_threads<T: Send>(arguments: &Arguments, work: impl FnOnce() -> T + Send) -> T {
    tenfold_architect::on_threads(arguments.jobs.map(usize::from), work)
}

/// Returns the languages that the report shows.
pub(crate) fn languages(lang: Lang) -> tenfold_report::Languages {
    use tenfold_units::Language;
    match lang {
        Lang::Both => tenfold_report::Languages::Both,
        Lang::Ko => tenfold_report::Languages::Only(Language::Ko),
        Lang::En => tenfold_report::Languages::Only(Language::En),
    }
}

/// Prints completions for a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "tenfold", &mut text);
    output::result(&String::from_utf8_lossy(&text));
    Exit::Ok
}

/// Returns a value as indented JSON with a line end.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).expect("results have string keys") + "\n"
}
