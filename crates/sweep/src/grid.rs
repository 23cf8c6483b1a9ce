//! What stands in a grid file.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most cells of a grid.
const LIMIT_CELLS: u64 = 10_000_000;

/// A grid: every model at every load through every scenario with every seed.
///
/// ```
/// let grid = tenfold_sweep::Grid::from_yaml("
/// sweep: servers
/// models: {one: m-m-1.yaml, two: m-m-2.yaml}
/// loads: [0.5, 0.9]
/// seeds: {first: 1, count: 10}
/// ").unwrap();
/// assert_eq!(grid.cells(), 40);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    /// Name of the sweep.
    pub sweep: String,
    /// Name → file beside the grid: a model of plain queues, a model of components, or a design.
    pub models: IndexMap<String, String>,
    /// Factors on the loads that the models bring, above 0.
    #[serde(default = "as_it_is")]
    pub loads: Vec<f64>,
    /// Name → scenario file beside the grid. Components and designs need one; plain queues have none.
    #[serde(default)]
    pub scenarios: IndexMap<String, String>,
    /// Seeds of the runs.
    pub seeds: Seeds,
    /// Events of each cell.
    #[serde(default = "budget")]
    pub budget: u64,
}

/// Seeds: listed, or one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Seeds {
    /// These.
    List(Vec<u64>),
    /// So many, from the first one on.
    Count {
        /// The first one.
        first: u64,
        /// How many.
        count: u64,
    },
}

fn as_it_is() -> Vec<f64> {
    vec![1.0]
}

fn budget() -> u64 {
    4_000_000
}

impl Seeds {
    /// Returns how many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        match self {
            Self::List(seeds) => seeds.len() as u64,
            Self::Count { count, .. } => *count,
        }
    }

    /// Returns the one with this number, from 0.
    ///
    /// # Panics
    /// Panics when there is none.
    #[must_use]
    pub fn get(&self, index: u64) -> u64 {
        match self {
            Self::List(seeds) => seeds[index as usize],
            Self::Count { first, .. } => first + index,
        }
    }
}

impl Grid {
    /// Returns the grid that `text` (YAML) describes.
    ///
    /// # Errors
    /// Says what is wrong with it, with line and column where the form is.
    pub fn from_yaml(text: &str) -> Result<Self, String> {
        let grid: Self = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        let wrong = |what: &str, help: &str| Err(format!("`{what}`: {help}"));
        let mut seen = Vec::new();
        if let Seeds::List(seeds) = &grid.seeds {
            seen.clone_from(seeds);
            seen.sort_unstable();
            seen.dedup();
        }
        let repeated = matches!(&grid.seeds, Seeds::List(seeds) if seeds.len() != seen.len());
        let beyond = matches!(&grid.seeds, Seeds::Count { first, count } if first.checked_add(*count).is_none());
        if grid.models.is_empty() {
            return wrong("models", "name at least one: {base: model.yaml}");
        }
        if !grid.loads.iter().all(|load| load.is_finite() && *load > 0.0) || grid.loads.is_empty() {
            return wrong("loads", "list factors above 0: [0.5, 1, 2]");
        }
        if grid.seeds.count() == 0 || repeated || beyond {
            return wrong("seeds", "list different ones, or write {first: 1, count: 10}");
        }
        if grid.cells() > LIMIT_CELLS {
            return Err(format!("{} cells; a grid has at most {LIMIT_CELLS}", grid.cells()));
        }
        Ok(grid)
    }

    /// Returns the number of cells.
    #[must_use]
    pub fn cells(&self) -> u64 {
        let sizes = [self.models.len(), self.loads.len(), self.scenarios.len().max(1)];
        let seeds = self.seeds.count();
        sizes.iter().fold(seeds, |cells, size| cells.saturating_mul(*size as u64))
    }

    /// Returns the JSON schema of a grid file.
    #[must_use]
    pub fn schema() -> schemars::Schema {
        schemars::schema_for!(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_swept_is_refused() {
        let grid =
            |rest: &str| Grid::from_yaml(&format!("sweep: x\nmodels: {{a: a.yaml}}\n{rest}"));
        assert_eq!(grid("seeds: [1, 5]").unwrap().cells(), 2);
        assert_eq!(grid("seeds: {first: 3, count: 4}").unwrap().seeds.get(3), 6);
        for (rest, word) in [
            ("seeds: []", "`seeds`"),
            ("seeds: [1, 1]", "`seeds`"),
            ("seeds: {first: 18446744073709551615, count: 2}", "`seeds`"),
            ("seeds: [1]\nloads: [0]", "`loads`"),
            ("seeds: [1]\nloads: []", "`loads`"),
            ("seeds: {first: 1, count: 99999999}", "at most"),
            ("seeds: [1]\nlaods: [1]", "laods"),
        ] {
            let said = grid(rest).unwrap_err();
            assert!(said.contains(word), "{said}");
        }
        assert!(
            Grid::from_yaml("sweep: x\nmodels: {}\nseeds: [1]").unwrap_err().contains("models")
        );
    }
}
