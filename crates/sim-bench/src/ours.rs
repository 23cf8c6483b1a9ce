//! Ours: by the recursion where it is exact, and forced through the events.

use tenfold_sim::{Model, simulate};
use tenfold_units::Seed;

use crate::network::Network;
use crate::tally::Figures;

/// Runs the network for about so many customers.
pub(crate) fn run(network: &Network, customers: u64, events: bool) -> Figures {
    let model = Model::from_yaml(&text(network, events)).expect("the model is valid");
    // Each customer is an arrival and an end at each station.
    let budget = customers * (1 + network.stations as u64);
    let outcome = simulate(&model, Seed(1), budget);
    let stream = outcome.arrivals.values().next().expect("there is one stream");
    let time = stream.latency_seconds.as_ref().expect("customers were seen");
    let (low, high) = time.mean.interval().expect("there are enough customers");
    Figures {
        customers: outcome.events / (1 + network.stations as u64),
        mean: time.mean.value,
        standard_error: (high - low) / (2.0 * 1.96),
        p50: time.p50.value,
        p99: time.p99.value,
    }
}

/// A bound that is never reached rules the recursion out and changes nothing else.
fn text(network: &Network, events: bool) -> String {
    let bound = if events { ", queue: {length: 1000000}" } else { "" };
    let mut text = "model: row\nstations:\n".to_owned();
    for at in 0..network.stations {
        text += &format!(
            "  s{at}: {{servers: {}, service_time: {{exponential: {{mean: 1s}}}}{bound}}}\n",
            network.servers
        );
    }
    text += &format!("arrivals: {{jobs: {{to: s0, poisson: {{rate: {}/s}}}}}}\n", network.rate());
    if network.stations > 1 {
        let ways: Vec<String> =
            (1..network.stations).map(|at| format!("s{}: {{s{at}: 1}}", at - 1)).collect();
        text += &format!("routing: {{{}}}\n", ways.join(", "));
    }
    text
}
