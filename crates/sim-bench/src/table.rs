//! The page.

use core::fmt::Write as _;

use crate::contender::{Contender, Run};
use crate::network::{NETWORKS, Network};

/// A contender on a model.
pub(crate) struct Row {
    network: &'static str,
    who: Contender,
    /// Customers per CPU-second: median, least and most of the rounds.
    speed: [f64; 3],
    mean: f64,
    p50: f64,
    p99: f64,
}

impl Row {
    pub(crate) fn new(network: &Network, who: Contender, runs: &[Run]) -> Self {
        let mut speeds: Vec<f64> = runs
            .iter()
            .map(|run| run.figures.customers as f64 / run.cpu_seconds.max(0.01))
            .collect();
        speeds.sort_by(f64::total_cmp);
        let (least, most) = (speeds[0], speeds[speeds.len() - 1]);
        let last = runs[runs.len() - 1].figures;
        let name = NETWORKS.iter().find(|n| n.name == network.name).map_or("", |n| n.name);
        Self {
            network: name,
            who,
            speed: [speeds[speeds.len() / 2], least, most],
            mean: last.mean,
            p50: last.p50,
            p99: last.p99,
        }
    }

    pub(crate) fn line(&self) -> String {
        format!("{}: {} {:.3} M/s", self.network, self.who.name(), self.speed[0] / 1e6)
    }
}

/// Customers per CPU-second that the simulator is meant to reach: by recursion and by events.
fn targets(network: &str) -> [Option<f64>; 2] {
    match network {
        "M/M/1" => [Some(40e6), Some(10e6)],
        "M/M/8" => [None, Some(6e6)],
        _ => [Some(15e6), Some(1.8e6)],
    }
}

fn verdict(row: &Row) -> String {
    let [recursion, events] = targets(row.network);
    let target = match row.who {
        Contender::Recursion => recursion,
        Contender::Events => events,
        Contender::Simcore | Contender::Nexosim | Contender::Simpy | Contender::Ciw => None,
    };
    target.map_or_else(String::new, |target| {
        let word = if row.speed[0] >= target { "reached" } else { "**missed**" };
        format!("{} M: {word}", target / 1e6)
    })
}

pub(crate) fn page(rows: &[Row], many: &Run, events: &Run) -> String {
    let mut out = "# The simulator beside its peers\n\n".to_owned();
    out += "Made by `cargo xtask bench-simulator`. The same queues, Poisson arrivals and exponential \
            service at 80 % utilization, are run by every contender in turns of five rounds, each run in a \
            process of its own on one thread. A speed is customers per second on a processor, start-up \
            left out: the median of the rounds, with the least and the most. Every run's mean has to lie \
            within five standard errors of the exact one (Erlang 1917, Jackson 1957), and everybody records \
            the median and the 99th percentile.\n\n";
    out += "`tenfold` takes a recursion instead of events by itself where that is exact (one server, first \
            come, first served); `by events` forces the event loop with a bound of the queue that is never \
            reached. It prints 95 % intervals besides, which the others do not compute.\n\n";
    let _ = writeln!(out, "Machine: {}.\n", machine());
    out += "| Model | Contender | Customers per CPU-second | Least | Most | tenfold is faster | Target | Mean | p50 | p99 |\n";
    out += "|---|---|---:|---:|---:|---:|---|---:|---:|---:|\n";
    for row in rows {
        let best = |who| rows.iter().find(|r| r.network == row.network && r.who == who);
        let ratio = best(Contender::Recursion).map_or(1.0, |own| own.speed[0] / row.speed[0]);
        let by_events = best(Contender::Events).map_or(1.0, |own| own.speed[0] / row.speed[0]);
        let faster = match row.who {
            Contender::Recursion | Contender::Events => String::new(),
            Contender::Simcore | Contender::Nexosim | Contender::Simpy | Contender::Ciw => {
                format!("{ratio:.1}x, by events {by_events:.1}x")
            }
        };
        let [median, least, most] = row.speed.map(|speed| format!("{:.3} M", speed / 1e6));
        let _ = writeln!(
            out,
            "| {} | {} | {median} | {least} | {most} | {faster} | {} | {:.3} s | {:.3} s | {:.3} s |",
            row.network,
            row.who.name(),
            verdict(row),
            row.mean,
            row.p50,
            row.p99
        );
    }
    let _ = writeln!(
        out,
        "\nMost memory of the process for {} customers of M/M/1: {} by recursion, {} by events; the target \
         is 20 MB.",
        crate::MANY,
        megabytes(many),
        megabytes(events)
    );
    out
}

fn megabytes(run: &Run) -> String {
    format!("{:.1} MB", run.peak_bytes as f64 / 1e6)
}

/// The processor, by the kernel's name for it.
fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let names: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("model name"))
        .filter_map(|line| line.split(':').nth(1))
        .map(str::trim)
        .collect();
    let name = names.first().map_or("unknown processor", |name| name);
    format!("{name}, {} cores", names.len())
}
