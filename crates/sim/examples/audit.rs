//! How often the printed intervals of every known answer hold it, and how often there is one:
//! `cargo run --release -p tenfold-sim --example audit [SEEDS] [BUDGET…]`.
#![expect(clippy::print_stdout, reason = "stdout is the result")]

#[path = "../tests/support/case.rs"]
#[expect(dead_code, reason = "the audit asks for coverage only")]
mod case;
#[path = "../tests/support/cases.rs"]
mod cases;

use std::collections::BTreeMap;

/// Counts of one figure: seeds with an interval, and those whose interval holds the answer.
type Counts = BTreeMap<(String, String), (u32, u32)>;

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let seeds = numbers.first().copied().unwrap_or(100);
    let budgets = if numbers.len() > 1 { &numbers[1..] } else { &[20_000, 200_000, 1_600_000] };
    for budget in budgets {
        let counts = count(seeds, *budget);
        let (printed, held) =
            counts.values().fold((0, 0), |(p, h), (printed, held)| (p + printed, h + held));
        let share = 100.0 * f64::from(held) / f64::from(printed.max(1));
        println!("{budget} events: {held} of {printed} intervals hold, {share:.1} %");
        for ((name, place), (printed, held)) in counts {
            let expected = 0.95 * f64::from(printed);
            // Three standard deviations of a binomial count.
            if f64::from(held) < expected - 3.0 * (0.05 * expected).sqrt() {
                println!("  {name}: {place}: {held} of {printed}");
            }
        }
    }
}

/// Runs every case with every seed, on every core.
fn count(seeds: u64, budget: u64) -> Counts {
    let cases = cases::all();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut all = Counts::new();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|part| {
                let cases = &cases;
                scope.spawn(move || {
                    let mut counts = Counts::new();
                    for case in cases.iter().skip(part).step_by(threads) {
                        for seed in 0..seeds {
                            for (place, holds) in case.coverage(seed, budget) {
                                let entry = counts.entry((case.name.clone(), place)).or_default();
                                entry.0 += u32::from(holds.is_some());
                                entry.1 += u32::from(holds == Some(true));
                            }
                        }
                    }
                    counts
                })
            })
            .collect();
        for worker in workers {
            all.extend(worker.join().expect("no panic"));
        }
    });
    all
}
