//! Who runs a model, each in a process of its own: what it costs is what that process took.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::network::Network;
use crate::tally::Figures;
use crate::{by_nexosim, by_simcore, ours};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contender {
    Recursion,
    Events,
    Simcore,
    Nexosim,
    Simpy,
    Ciw,
}

impl Contender {
    pub(crate) const ALL: [Self; 6] =
        [Self::Recursion, Self::Events, Self::Simcore, Self::Nexosim, Self::Simpy, Self::Ciw];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Recursion => "tenfold",
            Self::Events => "tenfold, by events",
            Self::Simcore => "simcore 0.1.0",
            Self::Nexosim => "nexosim 1.0.0",
            Self::Simpy => "SimPy 4.1.2",
            Self::Ciw => "Ciw 3.2.7",
        }
    }

    /// Customers that take about a second or more.
    pub(crate) fn customers(self, network: &Network) -> u64 {
        let customers = match self {
            Self::Recursion => 40_000_000,
            Self::Events => 20_000_000,
            Self::Simcore => 4_000_000,
            Self::Nexosim => 1_000_000,
            Self::Simpy | Self::Ciw => 100_000,
        };
        customers / network.stations as u64
    }

    /// Runs a network in another process.
    ///
    /// # Errors
    /// The process does not start, fails or prints something else.
    pub(crate) fn measure(
        self,
        network: &Network,
        customers: u64,
        python: &Path,
    ) -> Result<Run, String> {
        let mut command = match self {
            Self::Simpy | Self::Ciw => {
                let mut command = Command::new(python);
                let library = if self == Self::Simpy { "simpy" } else { "ciw" };
                command.arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/peers.py"));
                command.args([library, &network.stations.to_string()]);
                command.args([network.servers.to_string(), network.rate().to_string()]);
                command
            }
            Self::Recursion | Self::Events | Self::Simcore | Self::Nexosim => {
                let program = std::env::current_exe().map_err(|error| error.to_string())?;
                let mut command = Command::new(program);
                command.args(["run", self.name(), network.name]);
                command
            }
        };
        let output = command.arg(customers.to_string()).output();
        let output = output.map_err(|error| format!("{} does not start: {error}", self.name()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("{} failed: {said}", self.name()));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| format!("{}: {error}", self.name()))
    }

    /// Runs a network in this process; `None` for contenders in another language.
    pub(crate) fn run(self, network: &Network, customers: u64) -> Option<Run> {
        let begun = cpu_seconds();
        let figures = match self {
            Self::Recursion => ours::run(network, customers, false),
            Self::Events => ours::run(network, customers, true),
            Self::Simcore => by_simcore::run(network, customers),
            Self::Nexosim => by_nexosim::run(network, customers),
            Self::Simpy | Self::Ciw => return None,
        };
        let cpu_seconds = cpu_seconds() - begun;
        Some(Run { figures, cpu_seconds, peak_bytes: peak_bytes() })
    }
}

/// A run and what it cost.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) figures: Figures,
    /// Seconds on a processor, of all threads.
    pub(crate) cpu_seconds: f64,
    /// The most memory that the process had.
    pub(crate) peak_bytes: u64,
}

/// Seconds on a processor so far, from the kernel's count in ticks of 10 ms.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = text.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn peak_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
