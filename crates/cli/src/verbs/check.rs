//! `tenfold check`

use std::fmt::Write as _;

use tenfold_architect::{Catalog, Checked, PlanOptions, VerdictKind, check};
use tenfold_design::{Design, Severity};
use tenfold_report::words;
use tenfold_units::{Language, Seed};

use super::design::progress_bar;
use crate::arguments::{Arguments, Check as Verb, Format, Lang};
use crate::{Exit, output};

pub(crate) fn run(arguments: &Arguments, verb: &Verb) -> Exit {
    let text = match super::read_text(&verb.design) {
        Ok(text) => text,
        Err(exit) => return exit,
    };
    let path = verb.design.display().to_string();
    let loaded = match Design::from_yaml(&text) {
        Ok(loaded) => loaded,
        Err(problems) => return unreadable(&path, &problems),
    };
    let catalog = Catalog::builtin();
    let bar = progress_bar();
    let checked = super::on_threads(arguments, || {
        let options = PlanOptions {
            seed: Seed(arguments.seed),
            budget: verb.budget,
            progress: &|what, share| {
                bar.set_message(what.to_owned());
                bar.set_position((share * 1000.0) as u64);
            },
            first_look: None,
        };
        check(&loaded, &catalog, &options)
    });
    bar.finish_and_clear();
    let checked = match checked {
        Ok(checked) => checked,
        Err(problems) => return unreadable(&path, &problems),
    };
    match verb.format {
        Format::Json => output::result(&super::json(&checked)),
        Format::Text => output::result(&words_of(&path, &checked, language(verb.lang))),
    }
    if checked.holds { Exit::Ok } else { Exit::Negative }
}

/// Prints what is wrong with a design file.
pub(crate) fn unreadable(path: &str, problems: &[tenfold_design::Diagnostic]) -> Exit {
    for problem in problems {
        let place =
            if problem.path.is_empty() { String::new() } else { format!("{}: ", problem.path) };
        output::error(&format!(
            "{path}:{}:{}: {place}{}",
            problem.line, problem.column, problem.message
        ));
    }
    Exit::Unusable
}

/// Findings stand in one language on a screen.
pub(crate) fn language(lang: Lang) -> Language {
    if lang == Lang::Ko { Language::Ko } else { Language::En }
}

fn words_of(path: &str, checked: &Checked, language: Language) -> String {
    let mut out = String::new();
    for finding in &checked.findings {
        let word = match finding.severity {
            Severity::Broken => "broken",
            Severity::Warning => "warning",
        };
        let place = finding.line.map_or_else(String::new, |line| format!(":{line}"));
        let text = words::fill(&finding.text, language, &checked.ledger);
        let _ = writeln!(out, "{path}{place}: {word} [{}] {text}", finding.law);
    }
    for verdict in &checked.verdicts {
        let word = match verdict.verdict {
            VerdictKind::Met => "met",
            VerdictKind::Undecided => "undecided",
            VerdictKind::Missed => "missed",
        };
        let simulated = verdict.simulated.as_ref();
        let seen = simulated
            .map_or_else(|| "not enough data".to_owned(), |id| words::print(&checked.ledger, id));
        let limit = words::print(&checked.ledger, &verdict.limit);
        let reason = verdict.reason.as_ref().map_or_else(String::new, |reason| {
            format!(": {}", words::fill(reason, language, &checked.ledger))
        });
        let _ =
            writeln!(out, "{path}: {word} {} {seen} against {limit}{reason}", verdict.objective);
    }
    for id in &checked.breaking {
        let trial = checked.trials.iter().find(|trial| trial.id == *id);
        let objectives = trial.map_or_else(String::new, |trial| trial.breaks.join(", "));
        let law =
            if id.starts_with("kill-zone-") { "zone-loss" } else { "single-point-of-failure" };
        let _ = writeln!(out, "{path}: broken [{law}] {id} breaks {objectives}");
    }
    let sum = if checked.holds { "holds" } else { "does not hold" };
    let _ = writeln!(out, "{path}: {sum}");
    out
}
