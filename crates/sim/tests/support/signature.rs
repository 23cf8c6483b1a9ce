//! Signatures: effects that only a working part of the simulator shows, read from
//! `suite/signatures`, run and judged.

#![expect(clippy::expect_used, reason = "a signature that cannot be read is a bug of the test")]

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;
use tenfold_sim::keys::WarmOptions;
use tenfold_sim::{Caches, ComponentWindow, Model, Outcome, Scenario, simulate, simulate_scenario};
use tenfold_units::Seed;

use crate::case::judge;

const SEED: Seed = Seed(7);

/// Figures over windows of time.
const FIGURES: [&str; 5] = ["good-ratio", "goodput", "utilization", "hit-ratio", "replicas"];

/// Signatures of one page.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    /// Name of the file, without its ending.
    #[serde(skip)]
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) about: String,
    pub(crate) signatures: Vec<Signature>,
}

/// An effect: a model, runs that differ in a few words, and what has to be seen in them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signature {
    pub(crate) title: String,
    pub(crate) why: String,
    /// A model; `<word>` stands for what a run says.
    pub(crate) model: String,
    /// The fields of a scenario but its name, for models of components.
    #[serde(default)]
    pub(crate) scenario: Option<String>,
    /// Events of a run of plain queues.
    #[serde(default = "budget")]
    budget: u64,
    /// What each run puts in the place of the words.
    pub(crate) runs: IndexMap<String, IndexMap<String, Setting>>,
    pub(crate) checks: Vec<Check>,
    pub(crate) picture: Picture,
}

fn budget() -> u64 {
    400_000
}

/// What stands in the place of a word.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Setting {
    Text(String),
    Repeated { repeat: usize, of: String },
}

/// What has to hold of a figure, or of its ratio to another one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Check {
    pub(crate) what: String,
    /// A run and a place in its outcome, as `run place`.
    of: String,
    /// The figure is divided by this one.
    #[serde(default)]
    over: Option<String>,
    /// The answer: within 4 standard errors, unless `off` says how far it may be off.
    #[serde(default)]
    is: Option<f64>,
    /// What the figure may differ by, as a share of the answer.
    #[serde(default)]
    off: Option<f64>,
    #[serde(default)]
    at_least: Option<f64>,
    #[serde(default)]
    at_most: Option<f64>,
}

/// What the picture of a signature shows.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Picture {
    /// A figure of each run, as `run place` by label.
    Bars { unit: String, bars: IndexMap<String, String> },
    /// Good answers per second of an operation over time, a line for each run.
    Goodput(String),
    /// Hits ÷ look-ups of a component over time, a line for each run.
    Hits(String),
    /// Live replicas of a component over time, a line for each run.
    Replicas(String),
}

/// A check with what was found.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) what: String,
    pub(crate) expected: String,
    pub(crate) found: f64,
    /// What is wrong, if anything is.
    pub(crate) problem: Option<String>,
}

/// The outcomes of the runs of a signature.
pub(crate) struct Seen {
    outcomes: IndexMap<String, (Outcome, Value)>,
}

/// Returns the folder of the whole project.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns every group, by name.
pub(crate) fn groups() -> Vec<Group> {
    let folder = root().join("suite/signatures");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("there are signatures")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    files.sort();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).expect("the file can be read");
        let group: Group = serde_saphyr::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        Group { name, ..group }
    };
    files.iter().map(read).collect()
}

impl Setting {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Repeated { repeat, of } => vec![of.as_str(); *repeat].join(", "),
        }
    }
}

impl Signature {
    /// Returns `text` with the words of a run.
    fn fill(text: &str, settings: &IndexMap<String, Setting>) -> String {
        settings.iter().fold(text.to_owned(), |text, (word, setting)| {
            text.replace(&format!("<{word}>"), &setting.text())
        })
    }

    /// Runs everything.
    pub(crate) fn run(&self) -> Seen {
        let run = |settings| {
            let yaml = format!("model: signature\n{}", Self::fill(&self.model, settings));
            let model = Model::from_yaml(&yaml)
                .unwrap_or_else(|error| panic!("{}: {error:?}\n{yaml}", self.title));
            let Some(scenario) = &self.scenario else { return simulate(&model, SEED, self.budget) };
            let yaml = format!("{{scenario: signature, {}}}", Self::fill(scenario, settings));
            let scenario = Scenario::from_yaml(&yaml)
                .and_then(|scenario| scenario.validate(&model).map(|()| scenario))
                .unwrap_or_else(|error| panic!("{}: {error:?}\n{yaml}", self.title));
            let options = WarmOptions { budget: 500_000, tolerance: 0.01 };
            let caches = Caches::warm(&model, scenario.load, SEED, options);
            simulate_scenario(&model, &scenario, &caches, SEED)
        };
        let pair = |outcome: Outcome| {
            let json = serde_json::to_value(&outcome).expect("an outcome is plain data");
            (outcome, json)
        };
        let runs = self.runs.iter();
        Seen { outcomes: runs.map(|(name, it)| (name.clone(), pair(run(it)))).collect() }
    }

    /// Judges what was seen.
    pub(crate) fn judge(&self, seen: &Seen) -> Vec<Finding> {
        self.checks.iter().map(|check| check.judge(seen)).collect()
    }

    /// Returns the name of the signature in addresses.
    pub(crate) fn slug(&self) -> String {
        let kept: String = self
            .title
            .to_lowercase()
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == ' ' || *c == '-')
            .collect();
        kept.replace(' ', "-")
    }
}

impl Check {
    fn judge(&self, seen: &Seen) -> Finding {
        let found = seen.number(&self.of) / self.over.as_ref().map_or(1.0, |of| seen.number(of));
        let mut expected = Vec::new();
        let mut problems = Vec::new();
        if let Some(answer) = self.is {
            if let Some(off) = self.off {
                expected.push(format!("{answer} ± {} %", off * 100.0));
                if found.is_nan() || (found - answer).abs() > off * answer.abs() {
                    problems.push(format!("{found} instead of {answer}"));
                }
            } else {
                assert!(self.over.is_none(), "{}: the standard error of a ratio", self.what);
                expected.push(format!("{answer}"));
                problems.extend(judge(&seen.place(&self.of), answer, 0.0));
            }
        }
        if let Some(least) = self.at_least {
            expected.push(format!("at least {least}"));
            if found.is_nan() || found < least {
                problems.push(format!("{found} is less than {least}"));
            }
        }
        if let Some(most) = self.at_most {
            expected.push(format!("at most {most}"));
            if found.is_nan() || found > most {
                problems.push(format!("{found} is more than {most}"));
            }
        }
        assert!(!expected.is_empty(), "{}: expects nothing", self.what);
        let problem = (!problems.is_empty()).then(|| problems.join("; "));
        Finding { what: self.what.clone(), expected: expected.join(", "), found, problem }
    }
}

impl Seen {
    fn outcome<'a>(&self, of: &'a str) -> (&(Outcome, Value), &'a str) {
        let (run, place) = of.split_once(' ').expect("`run place`");
        (self.outcomes.get(run).unwrap_or_else(|| panic!("{of}: there is no run {run}")), place)
    }

    /// Returns what is at a place of an outcome; null, which no check passes, where it is absent.
    fn place(&self, of: &str) -> Value {
        let ((_, json), place) = self.outcome(of);
        json.pointer(&format!("/{place}")).cloned().unwrap_or_default()
    }

    /// Returns a number of an outcome: at a place, or over windows of time, as `run
    /// good-ratio/OPERATION/FROM/TO` (also `goodput`, and `utilization`, `hit-ratio` and `replicas` of
    /// a component).
    pub(crate) fn number(&self, of: &str) -> f64 {
        let ((outcome, _), place) = self.outcome(of);
        let words: Vec<&str> = place.split('/').collect();
        if let [figure, name, from, to] = words[..]
            && FIGURES.contains(&figure)
        {
            let span = [from, to].map(|at| at.parse::<f64>().expect("a number of seconds"));
            return over_windows(outcome, figure, name, span);
        }
        let found = self.place(of);
        let number = if found.is_object() { &found["value"] } else { &found };
        number.as_f64().unwrap_or(f64::NAN)
    }

    /// Returns a figure of every run over time: seconds and values.
    pub(crate) fn lines(&self, picture: &Picture) -> IndexMap<String, Vec<(f64, f64)>> {
        let line = |outcome: &Outcome| {
            let width = outcome.series.get(1).map_or(1.0, |window| window.start_seconds);
            let windows = outcome.series.iter();
            windows
                .filter_map(|window| {
                    let value = match picture {
                        Picture::Goodput(name) => window.operations[name].good as f64 / width,
                        Picture::Hits(name) => window.components[name].hit_ratio?,
                        Picture::Replicas(name) => window.components[name].replicas?,
                        Picture::Bars { .. } => return None,
                    };
                    Some((window.start_seconds + width / 2.0, value))
                })
                .collect()
        };
        self.outcomes.iter().map(|(name, (outcome, _))| (name.clone(), line(outcome))).collect()
    }
}

fn over_windows(outcome: &Outcome, figure: &str, name: &str, [from, to]: [f64; 2]) -> f64 {
    let inside = |window: &&tenfold_sim::Window| {
        window.start_seconds >= from - 1e-9 && window.start_seconds < to - 1e-9
    };
    let windows: Vec<_> = outcome.series.iter().filter(inside).collect();
    assert!(!windows.is_empty(), "{figure}/{name}: no window from {from} to {to}");
    let of_component: Option<fn(&ComponentWindow) -> Option<f64>> = match figure {
        "utilization" => Some(|window| window.utilization),
        "hit-ratio" => Some(|window| window.hit_ratio),
        "replicas" => Some(|window| window.replicas),
        _ => None,
    };
    if let Some(figure) = of_component {
        let values = windows.iter().filter_map(|window| figure(&window.components[name]));
        return values.sum::<f64>() / windows.len() as f64;
    }
    let sum = |count: fn(&tenfold_sim::OperationWindow) -> u64| -> f64 {
        windows.iter().map(|window| count(&window.operations[name]) as f64).sum()
    };
    let good = sum(|window| window.good);
    if figure == "goodput" { good / (to - from) } else { good / sum(|window| window.requests) }
}
