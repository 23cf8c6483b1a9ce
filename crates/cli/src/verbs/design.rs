//! `tenfold design`

use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tenfold_architect::{Catalog, PlanOptions, plan, read};
use tenfold_brief::Format as BriefFormat;
use tenfold_estimate::Outcome;
use tenfold_units::Seed;

use crate::arguments::{Arguments, Design as Verb, Format};
use crate::folder::{self, FolderError};
use crate::{Exit, diagnostics, output, screen};

pub(crate) fn run(arguments: &Arguments, verb: &Verb) -> Exit {
    let source = match super::read(&verb.brief) {
        Ok(source) => source,
        Err(exit) => return exit,
    };
    let path = verb.brief.display().to_string();
    let catalog = Catalog::builtin();
    let estimate = read(&source, BriefFormat::of_file_name(&path), &catalog);
    diagnostics::print(&path, &source, &estimate.diagnostics);
    if verb.format == Format::Json {
        output::result(&super::json(&estimate.to_document()));
    }
    let outcome = estimate.outcome;
    if matches!(outcome, Outcome::Error | Outcome::NeedsInput) {
        output::error("nothing was written: see above for what would help");
        return Exit::Unusable;
    }
    let out = verb.out.clone().unwrap_or_else(|| default_folder(verb));
    let edited = folder::edited(&out);
    if !edited.is_empty() && !verb.force {
        refuse(&FolderError::Edited(edited));
        return Exit::Unusable;
    }
    let bar = progress_bar();
    // A terminal shows the whole screen while the rest is simulated below it.
    let first = |plan: &tenfold_architect::Plan| bar.set_prefix(screen::first_look(plan));
    let show: Option<&(dyn Fn(&tenfold_architect::Plan) + Sync)> =
        if bar.is_hidden() { None } else { Some(&first) };
    let plan = super::on_threads(arguments, || {
        let options = PlanOptions {
            seed: Seed(arguments.seed),
            budget: verb.budget,
            progress: &|what, share| {
                bar.set_message(what.to_owned());
                bar.set_position((share * 1000.0) as u64);
            },
            first_look: show,
        };
        plan(estimate, &catalog, &options)
    });
    bar.finish_and_clear();
    let mut files = tenfold_report::files(&plan, super::languages(verb.lang));
    files.insert("design.yaml".to_owned(), plan.design.to_yaml());
    if let Err(error) = folder::write(&out, &files, verb.force) {
        refuse(&error);
        return Exit::Unusable;
    }
    if verb.format == Format::Text {
        output::result(&screen::design(&plan, &out, files.len()));
    }
    if outcome == Outcome::Infeasible || plan.is_infeasible() { Exit::Negative } else { Exit::Ok }
}

fn default_folder(verb: &Verb) -> PathBuf {
    PathBuf::from("design").join(verb.brief.file_stem().unwrap_or_default())
}

fn refuse(error: &FolderError) {
    match error {
        FolderError::Edited(paths) => {
            let names: Vec<String> = paths.iter().map(|p| format!("  {}", p.display())).collect();
            output::error(&format!(
                "edited by hand since it was written, so nothing was written:\n{}\n\
                 keep your edits elsewhere, choose another --out, or overwrite with --force",
                names.join("\n")
            ));
        }
        FolderError::Io(path, error) => output::error(&format!("{}: {error}", path.display())),
    }
}

/// A bar on standard error where that is a terminal; nothing otherwise.
pub(crate) fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::stderr_with_hz(4));
    let style =
        ProgressStyle::with_template("{prefix}{msg:12} [{bar:40}] {percent:>3} %  {elapsed}");
    bar.with_style(style.expect("the template is well formed").progress_chars("=> "))
}
