//! The `tenfold` command: reads arguments and files, calls the architect, prints and writes.

mod arguments;
mod diagnostics;
mod folder;
mod output;
mod screen;
mod verbs;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Verb};

/// How a verb ended; the number is the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// All is well; findings are data.
    Ok = 0,
    /// Infeasible, or a check failed.
    Negative = 1,
    /// The input could not be used; nothing was written.
    Unusable = 2,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A bug must not look like a finding: 3, with what a report needs.
    let result = std::panic::catch_unwind(|| run(&arguments));
    match result {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(_) => {
            output::error(&format!(
                "this is a bug of tenfold {}; please report it with the input, the command line \
                 and the message above (seed {})",
                env!("CARGO_PKG_VERSION"),
                arguments.seed
            ));
            ExitCode::from(3)
        }
    }
}

fn run(arguments: &Arguments) -> Exit {
    match &arguments.verb {
        Verb::Design(verb) => verbs::design::run(arguments, verb),
        Verb::Estimate(verb) => verbs::estimate::run(verb),
        Verb::Check(verb) => verbs::check::run(arguments, verb),
        Verb::Simulate(verb) => verbs::simulate::run(arguments, verb),
        Verb::Explain(verb) => verbs::explain::run(verb),
        Verb::Fit(verb) => verbs::fit::run(arguments, verb),
        #[cfg(feature = "sweep")]
        Verb::Sweep(verb) => verbs::sweep::run(arguments, verb),
        Verb::New(verb) => verbs::new::run(verb),
        Verb::Schema(verb) => verbs::schema::run(verb),
        Verb::Completions(verb) => verbs::completions(verb.shell),
    }
}
