//! The simulator beside simcore, nexosim, SimPy and Ciw: the same queues, each run in a process of its
//! own, in turns.
//!
//! `tenfold-sim-bench PYTHON [--write PAGE]` measures all; `tenfold-sim-bench run WHO MODEL CUSTOMERS`
//! is one run.
#![expect(clippy::print_stdout, reason = "stdout is the result")]
#![expect(clippy::print_stderr, reason = "stderr has the errors")]

mod by_nexosim;
mod by_simcore;
mod contender;
mod network;
mod ours;
mod table;
mod tally;

use std::path::Path;
use std::process::ExitCode;

use contender::{Contender, Run};
use network::{NETWORKS, Network};
use table::Row;

/// Turns of all contenders.
const ROUNDS: usize = 5;

/// Customers of the run whose memory is told.
const MANY: u64 = 100_000_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["run", who, model, customers] => one(who, model, customers),
        [python] => all(Path::new(python), None),
        [python, "--write", page] => all(Path::new(python), Some(Path::new(page))),
        _ => Err("write: PYTHON [--write PAGE]".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn one(who: &str, model: &str, customers: &str) -> Result<(), String> {
    let who = Contender::ALL.into_iter().find(|c| c.name() == who).ok_or("nobody of that name")?;
    let network = NETWORKS.iter().find(|n| n.name == model).ok_or("no such model")?;
    let customers = customers.parse().map_err(|_| "customers are a whole number".to_owned())?;
    let run = who.run(network, customers).ok_or("it is not run from here")?;
    println!("{}", serde_json::to_string(&run).map_err(|error| error.to_string())?);
    Ok(())
}

fn all(python: &Path, page: Option<&Path>) -> Result<(), String> {
    let mut rows = Vec::new();
    for network in &NETWORKS {
        let mut runs: Vec<(Contender, Vec<Run>)> =
            Contender::ALL.iter().map(|contender| (*contender, Vec::new())).collect();
        for _ in 0..ROUNDS {
            for (contender, runs) in &mut runs {
                let customers = contender.customers(network);
                let run = contender.measure(network, customers, python)?;
                check(*contender, network, &run)?;
                runs.push(run);
            }
        }
        for (contender, runs) in runs {
            let row = Row::new(network, contender, &runs);
            println!("{}", row.line());
            rows.push(row);
        }
    }
    let many = Contender::Recursion.measure(&NETWORKS[0], MANY, python)?;
    let events = Contender::Events.measure(&NETWORKS[0], MANY, python)?;
    let text = table::page(&rows, &many, &events);
    match page {
        Some(page) => std::fs::write(page, text).map_err(|e| format!("{}: {e}", page.display())),
        None => Ok(()),
    }
}

/// Nobody is faster by simulating something else: the mean is within five standard errors of the exact one.
fn check(contender: Contender, network: &Network, run: &Run) -> Result<(), String> {
    let (found, exact) = (&run.figures, network.mean());
    let off = (found.mean - exact).abs();
    if off <= 5.0 * found.standard_error {
        return Ok(());
    }
    Err(format!(
        "{} on {}: a mean of {} s ± {} s, where {exact} s is exact",
        contender.name(),
        network.name,
        found.mean,
        found.standard_error
    ))
}
