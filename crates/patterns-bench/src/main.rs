//! Measures the patterns beside the crates that one would otherwise take: same work, same run.
//!
//! `cargo xtask bench-patterns` builds this for release, prints the table, and writes it into
//! `docs/patterns-benchmarks.md`. An argument that is no option keeps the rows whose name holds it.
#![expect(clippy::print_stdout, reason = "the table is the result")]

mod harness;
mod rows;
mod table;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (file, filter) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--write", file] => (Some(file), ""),
        [] => (None, ""),
        [filter] => (None, filter),
        _ => {
            println!("usage: [--write FILE | FILTER]");
            return ExitCode::from(2);
        }
    };
    // tower's rate limit makes a timer, which wants a runtime; nothing here waits for it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime needs only memory");
    let _entered = runtime.enter();
    let mut text = String::new();
    for row in rows::all().into_iter().filter(|row| row.name.contains(filter)) {
        let measured = table::measure(row);
        let part = table::print(&measured);
        println!("{part}");
        text.push_str(&part);
    }
    let Some(file) = file else { return ExitCode::SUCCESS };
    match table::write(file, &text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{file}: {error}");
            ExitCode::FAILURE
        }
    }
}
