//! A grid with all that it names, and its cells.

use core::ops::Range;

use indexmap::IndexMap;
use rayon::prelude::*;
use tenfold_architect::{CannotRehearse, Catalog, Staged, stage, stage_model};
use tenfold_design::{Design, Loaded};
use tenfold_sim::{Model, Scenario, at_load, simulate};
use tenfold_units::Seed;

use crate::figures::{Figure, figures};
use crate::grid::Grid;

/// A grid, ready to run.
#[derive(Debug)]
pub struct Sweep {
    /// What the file says.
    pub grid: Grid,
    /// Two sweeps with the same fingerprint have the same cells with the same figures: it stands for
    /// the text of every file, the seed of what the cells share, and this version of tenfold.
    pub fingerprint: String,
    models: IndexMap<String, Subject>,
    scenarios: IndexMap<String, Scenario>,
    seed: Seed,
}

/// What is simulated.
#[derive(Debug)]
enum Subject {
    Plain(Box<Model>),
    Components(Box<Model>),
    Design(Box<Loaded>),
}

/// What a cell runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its number, from 0.
    pub index: u64,
    /// Name of the model.
    pub model: String,
    /// Factor on the load.
    pub load: f64,
    /// Name of the scenario; empty for plain queues.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
}

/// The cells of one model, load and scenario: they differ in their seeds and share the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Block {
    model: usize,
    load: usize,
    scenario: usize,
}

impl Sweep {
    /// Reads a grid and the files that it names; `read` returns the text of a file, or why there is
    /// none. `seed` is of what all cells share: what caches hold when a run begins.
    ///
    /// # Errors
    /// Returns everything that is wrong, each with its file.
    pub fn load(
        text: &str,
        seed: Seed,
        read: &mut dyn FnMut(&str) -> Result<String, String>,
    ) -> Result<Self, Vec<String>> {
        let grid = Grid::from_yaml(text).map_err(|error| vec![error])?;
        let mut print = Fingerprint::new();
        print.add(env!("CARGO_PKG_VERSION"));
        print.add(&seed.0.to_string());
        print.add(text);
        let mut read = |name: &str| {
            let text = read(name).map_err(|error| format!("{name}: {error}"))?;
            print.add(&text);
            Ok::<String, String>(text)
        };
        let (mut models, mut scenarios, mut problems) = (IndexMap::new(), IndexMap::new(), vec![]);
        for (name, file) in &grid.models {
            match subject(file, &mut read) {
                Ok(subject) => drop(models.insert(name.clone(), subject)),
                Err(found) => problems.extend(found),
            }
        }
        for (name, file) in &grid.scenarios {
            let scenario = read(file)
                .map_err(|error| vec![error])
                .and_then(|text| Scenario::from_yaml(&text).map_err(|error| placed(file, &error)));
            match scenario {
                Ok(scenario) => drop(scenarios.insert(name.clone(), scenario)),
                Err(found) => problems.extend(found),
            }
        }
        let fingerprint = print.hex();
        let sweep = Self { grid, fingerprint, models, scenarios, seed };
        if problems.is_empty() {
            problems = sweep.mismatches();
        }
        if problems.is_empty() { Ok(sweep) } else { Err(problems) }
    }

    /// What models, loads and scenarios cannot do together, as far as it can be told before they run.
    fn mismatches(&self) -> Vec<String> {
        let mut out = Vec::new();
        for (name, subject) in &self.models {
            match subject {
                Subject::Plain(_) if !self.scenarios.is_empty() => out.push(format!(
                    "model `{name}`: plain queues have no scenarios; sweep them in a grid of their own"
                )),
                Subject::Plain(model) => {
                    let loads = self.grid.loads.iter();
                    let wrong = loads.filter_map(|load| at_load(model, *load).err());
                    out.extend(wrong.map(|error| format!("model `{name}`: {error}")));
                }
                Subject::Components(_) | Subject::Design(_) if self.scenarios.is_empty() => {
                    out.push(format!("model `{name}` has components: add `scenarios: {{calm: …}}`"));
                }
                Subject::Components(model) => {
                    for (scenario, what) in &self.scenarios {
                        if let Err(error) = what.validate(model) {
                            out.push(format!("scenario `{scenario}` for model `{name}`: {error}"));
                        }
                    }
                }
                Subject::Design(_) => {}
            }
        }
        out
    }

    /// Returns what a cell runs. Seeds change fastest, models slowest.
    ///
    /// # Panics
    /// Panics when there is no such cell.
    #[must_use]
    pub fn cell(&self, index: u64) -> Cell {
        assert!(index < self.grid.cells(), "cell {index} of {}", self.grid.cells());
        let (block, seed) = self.block_of(index);
        let scenario = self.scenarios.get_index(block.scenario);
        Cell {
            index,
            model: self.models.get_index(block.model).expect("it is below").0.clone(),
            load: self.grid.loads[block.load],
            scenario: scenario.map_or_else(String::new, |(name, _)| name.clone()),
            seed,
        }
    }

    fn block_of(&self, index: u64) -> (Block, u64) {
        let seeds = self.grid.seeds.count();
        let (block, seed) = (index / seeds, self.grid.seeds.get(index % seeds));
        let (loads, scenarios) = (self.grid.loads.len() as u64, self.scenarios.len().max(1) as u64);
        let scenario = block % scenarios;
        let load = block / scenarios % loads;
        let model = block / scenarios / loads;
        let [model, load, scenario] = [model, load, scenario].map(|index| index as usize);
        (Block { model, load, scenario }, seed)
    }

    /// Returns the cells of the `number`-th of `shards` ranges, from 1: as equal as they can be.
    ///
    /// # Panics
    /// Panics unless 1 <= `number` <= `shards`.
    #[must_use]
    pub fn shard(&self, number: u64, shards: u64) -> Range<u64> {
        assert!((1..=shards).contains(&number), "shard {number} of {shards}");
        let border = |number: u64| {
            let cells = u128::from(self.grid.cells()) * u128::from(number) / u128::from(shards);
            cells as u64
        };
        border(number - 1)..border(number)
    }

    /// Runs cells on the threads of the current pool and hands each over when it is done, in no
    /// particular order. It stops early where `done` returns an error, or a scenario does not fit.
    ///
    /// # Errors
    /// Returns the first error, with what it was about.
    pub fn run(
        &self,
        cells: &[u64],
        done: &(dyn Fn(u64, Vec<Figure>) -> Result<(), String> + Sync),
    ) -> Result<(), String> {
        // What the cells of a block share is made once, lives while they run, and is gone after.
        let mut blocks: Vec<(Block, Vec<(u64, u64)>)> = Vec::new();
        for index in cells {
            let (block, seed) = self.block_of(*index);
            match blocks.last_mut() {
                Some((last, cells)) if *last == block => cells.push((*index, seed)),
                _ => blocks.push((block, vec![(*index, seed)])),
            }
        }
        blocks.par_iter().try_for_each(|(block, cells)| {
            let ready = self.ready(*block)?;
            cells.par_iter().try_for_each(|(index, seed)| done(*index, ready.run(Seed(*seed))))
        })
    }

    fn ready(&self, block: Block) -> Result<Ready, String> {
        let (name, subject) = self.models.get_index(block.model).expect("it is below");
        let load = self.grid.loads[block.load];
        let budget = self.grid.budget;
        let scenario = self.scenarios.get_index(block.scenario);
        let scenario = scenario.map(|(_, scenario)| Scenario {
            load: scenario.load * load,
            budget,
            ..scenario.clone()
        });
        let about = |error: &str| format!("model `{name}` at load {load}: {error}");
        let staged = match (subject, &scenario) {
            (Subject::Plain(model), _) => {
                let model = at_load(model, load).map_err(|error| about(&error.to_string()))?;
                return Ok(Ready::Plain(Box::new(model), budget));
            }
            (_, None) => unreachable!("models of components have scenarios"),
            (Subject::Components(model), Some(scenario)) => stage_model(model, scenario, self.seed),
            (Subject::Design(loaded), Some(scenario)) => {
                let catalog = Catalog::builtin();
                let reviewed = tenfold_design::review(loaded, &catalog);
                let mut ledger =
                    reviewed.map_err(|_| about("the design cannot be computed"))?.ledger;
                stage(&loaded.design, &mut ledger, &catalog, scenario, self.seed, (1, budget))
            }
        };
        staged.map(|staged| Ready::Staged(Box::new(staged))).map_err(|error| match error {
            CannotRehearse::Scenario(error) => about(&error.to_string()),
            CannotRehearse::Budget(least) => {
                about(&format!("a cell takes {least} events at least; raise `budget`"))
            }
        })
    }
}

/// A block whose cells can run.
enum Ready {
    Plain(Box<Model>, u64),
    Staged(Box<Staged>),
}

impl Ready {
    fn run(&self, seed: Seed) -> Vec<Figure> {
        match self {
            Self::Plain(model, budget) => figures(&simulate(model, seed, *budget)),
            Self::Staged(staged) => figures(&staged.run(seed)),
        }
    }
}

/// Reads a model or a design; the first key tells which.
fn subject(
    file: &str,
    read: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Result<Subject, Vec<String>> {
    let text = read(file).map_err(|error| vec![error])?;
    if text.lines().any(|line| line.starts_with("schema:")) {
        let loaded = Design::from_yaml(&text).map_err(|problems| {
            problems.iter().map(|problem| format!("{file}: {problem:?}")).collect::<Vec<_>>()
        })?;
        return Ok(Subject::Design(Box::new(loaded)));
    }
    // Traces lie beside the model.
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut beside = |name: &str| {
        if folder.is_empty() { read(name) } else { read(&format!("{folder}/{name}")) }
    };
    let model = Model::from_yaml_with(&text, &mut beside).map_err(|error| placed(file, &error))?;
    let model = Box::new(model);
    Ok(if model.is_plain() { Subject::Plain(model) } else { Subject::Components(model) })
}

fn placed(file: &str, error: &tenfold_sim::ModelError) -> Vec<String> {
    error.diagnostics.iter().map(|problem| format!("{file}:{problem}")).collect()
}

/// FNV-1a over texts and their lengths: it tells a grid that was edited from the one that was begun.
struct Fingerprint(u64);

impl Fingerprint {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, text: &str) {
        let length = (text.len() as u64).to_le_bytes();
        for byte in length.iter().chain(text.as_bytes()) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn hex(&self) -> String {
        format!("{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = "{model: m, stations: {s: {servers: 1, service_time: {exponential: {mean: \
                         1s}}}}, arrivals: {a: {to: s, poisson: {rate: 0.5/s}}}}";

    fn load(grid: &str) -> Result<Sweep, Vec<String>> {
        Sweep::load(grid, Seed(1), &mut |name| match name {
            "m.yaml" => Ok(MODEL.to_owned()),
            _ => Err("no such file".to_owned()),
        })
    }

    #[test]
    fn cells_are_numbered_with_seeds_first() {
        let sweep =
            load("{sweep: x, models: {a: m.yaml, b: m.yaml}, loads: [0.5, 1], seeds: [7, 9, 8]}");
        let sweep = sweep.unwrap();
        let seen: Vec<Cell> = (0..12).map(|index| sweep.cell(index)).collect();
        assert_eq!((seen[2].seed, seen[3].seed), (8, 7));
        assert_eq!((seen[2].load, seen[3].load), (0.5, 1.0));
        assert_eq!((seen[5].model.as_str(), seen[6].model.as_str()), ("a", "b"));
        let shards: Vec<Range<u64>> = (1..=5).map(|number| sweep.shard(number, 5)).collect();
        assert_eq!(shards, [0..2, 2..4, 4..7, 7..9, 9..12]);
    }

    #[test]
    fn a_cell_is_what_simulate_says() {
        let sweep =
            load("{sweep: x, models: {a: m.yaml}, loads: [0.5, 1.6], seeds: [4], budget: 50000}");
        let sweep = sweep.unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        sweep
            .run(&[1], &|cell, figures| {
                sender.send((cell, figures)).map_err(|error| error.to_string())
            })
            .unwrap();
        let (cell, found) = receiver.recv().unwrap();
        let model = Model::from_yaml(&MODEL.replace("0.5/s", "0.8/s")).unwrap();
        let outcome = simulate(&model, Seed(4), 50_000);
        assert_eq!((cell, &found), (1, &figures(&outcome)));
        let p99 = found.iter().find(|one| one.figure == "latency_seconds.p99").unwrap();
        assert_eq!((p99.kind.as_str(), p99.name.as_str()), ("arrivals", "a"));
        assert_eq!(p99.value, outcome.arrivals["a"].latency_seconds.unwrap().p99.value);
        assert!(found.iter().any(|one| one.kind == "run" && one.figure == "events"));
    }

    #[test]
    fn every_text_counts_for_the_fingerprint() {
        let print = |grid: &str, seed: u64, model: &str| {
            let model = model.to_owned();
            Sweep::load(grid, Seed(seed), &mut |_| Ok(model.clone())).unwrap().fingerprint
        };
        let grid = "{sweep: x, models: {a: m.yaml}, seeds: [1]}";
        let other = MODEL.replace("0.5/s", "0.6/s");
        let all = [
            print(grid, 1, MODEL),
            print(grid, 2, MODEL),
            print(grid, 1, &other),
            print(&grid.replace("[1]", "[2]"), 1, MODEL),
        ];
        assert_eq!(all[0], print(grid, 1, MODEL));
        for (index, one) in all.iter().enumerate() {
            assert!(!all[index + 1..].contains(one), "{all:?}");
        }
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let said = load("{sweep: x, models: {a: no.yaml, b: gone.yaml}, seeds: [1]}").unwrap_err();
        assert_eq!(said, ["no.yaml: no such file", "gone.yaml: no such file"]);
        let loads = load("{sweep: x, models: {a: m.yaml}, loads: [1.0e-320], seeds: [1]}");
        assert!(loads.is_ok() || loads.unwrap_err()[0].contains("model `a`"));
    }
}
