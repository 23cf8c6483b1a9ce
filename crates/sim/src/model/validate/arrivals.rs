//! Checks of streams of customers.

use core::time::Duration;

use indexmap::IndexMap;

use super::{Diagnostic, Model, stations};
use crate::model::arrivals::{Arrivals, Batch, LIMIT_ARRIVALS, Phase, Trace, steps};

/// The shares of the phases are solved as a dense system.
const LIMIT_PHASES: usize = 100;
/// Most customers who come together, on average and at once.
const LIMIT_BATCH: u32 = 1_000_000;

/// Says what is wrong at one field of a stream.
struct Say<'a> {
    name: &'a str,
    out: &'a mut Vec<Diagnostic>,
}

impl Say<'_> {
    fn at(&mut self, fields: &[&str], message: String, help: &str) {
        let path = [&["arrivals", self.name], fields].concat();
        self.out.push(Diagnostic::new(&path, message, help));
    }
}

/// Checks one stream.
pub(super) fn check(model: &Model, name: &str, arrivals: &Arrivals, out: &mut Vec<Diagnostic>) {
    let mut say = Say { name, out };
    if !model.stations.contains_key(&arrivals.to) {
        let message = format!("`to: {}` is not a station", arrivals.to);
        say.at(&["to"], message, &stations(model));
    }
    check_kind(arrivals, &mut say);
    if let Some(poisson) = arrivals.poisson
        && !(poisson.rate > 0.0 && poisson.rate.is_finite())
    {
        let help = "leave the stream out, or give a rate above 0";
        say.at(&["poisson", "rate"], "the rate is 0".to_owned(), help);
    }
    if let Some(renewal) = &arrivals.renewal
        && renewal.interarrival.mean() <= 0.0
    {
        let message = "the mean time between arrivals is 0".to_owned();
        let help = "give a distribution with a mean above 0";
        say.at(&["renewal", "interarrival"], message, help);
    }
    if let Some(closed) = &arrivals.closed
        && !(1..=10_000_000).contains(&closed.population)
    {
        let message = format!("the population is {}", closed.population);
        say.at(&["closed", "population"], message, "give 1 to 10000000");
    }
    check_phases(&arrivals.markov_modulated, &mut say);
    if let Some(trace) = &arrivals.trace {
        check_trace(trace, &mut say);
    }
    if let Some(batch) = &arrivals.batch {
        if arrivals.closed.is_some() {
            let message = "closed customers come back one by one".to_owned();
            say.at(&["batch"], message, "leave `batch` out, or give an open stream");
        }
        check_batch(batch, &mut say);
    }
}

fn check_kind(arrivals: &Arrivals, say: &mut Say<'_>) {
    let kinds = [
        arrivals.poisson.is_some(),
        arrivals.renewal.is_some(),
        !arrivals.markov_modulated.is_empty(),
        arrivals.trace.is_some(),
        arrivals.closed.is_some(),
    ];
    match kinds.iter().filter(|given| **given).count() {
        1 => {}
        0 => say.at(
            &[],
            "it does not say how customers arrive".to_owned(),
            "add one of `poisson: {rate: 1/s}`, `renewal: {interarrival: …}`, `markov_modulated: …`, \
             `trace: {gaps: […]}`, `closed: {population: 10, think_time: …}`",
        ),
        _ => say.at(
            &[],
            "it has more than one of `poisson`, `renewal`, `markov_modulated`, `trace` and `closed`"
                .to_owned(),
            "keep one; a second stream gets a name of its own",
        ),
    }
}

fn check_phases(phases: &IndexMap<String, Phase>, say: &mut Say<'_>) {
    if phases.is_empty() {
        return;
    }
    let before = say.out.len();
    if phases.len() > LIMIT_PHASES {
        let message = format!("there are {} phases", phases.len());
        say.at(&["markov_modulated"], message, "at most 100");
        return;
    }
    for (name, phase) in phases {
        let at = |field| ["markov_modulated", name.as_str(), field];
        if phase.mean_stay == Duration::ZERO {
            let message = "the mean stay is 0".to_owned();
            say.at(&at("mean_stay"), message, "give a span above 0");
        }
        for (to, probability) in &phase.next {
            let path = ["markov_modulated", name.as_str(), "next", to.as_str()];
            if !phases.contains_key(to) {
                let names: Vec<&str> = phases.keys().map(String::as_str).collect();
                let help = format!("the phases are {}", names.join(", "));
                say.at(&path, format!("`{to}` is not a phase"), &help);
            }
            if !(0.0..=1.0).contains(probability) {
                say.at(&path, format!("{probability} is not a probability"), "give 0 to 1");
            }
        }
        let sum: f64 = phase.next.values().sum();
        if !phase.next.is_empty() && (sum - 1.0).abs() > 1e-9 {
            let message = format!("the probabilities sum to {sum}");
            say.at(&at("next"), message, "make them sum to 1");
        }
    }
    if phases.values().all(|phase| phase.rate <= 0.0) {
        let message = "nobody arrives in any phase".to_owned();
        say.at(&["markov_modulated"], message, "give one of them a rate above 0");
    }
    if say.out.len() == before && !is_one_class(&steps(phases)) {
        let message = "some phase cannot be reached from another one".to_owned();
        let help = "let `next` lead from each phase, over others, to each";
        say.at(&["markov_modulated"], message, help);
    }
}

/// Returns whether each phase leads, over others, to each.
fn is_one_class(steps: &[Vec<f64>]) -> bool {
    let reaches_all = |step: &dyn Fn(usize, usize) -> f64| {
        let mut seen = vec![false; steps.len()];
        let mut open = vec![0];
        while let Some(from) = open.pop() {
            if !std::mem::replace(&mut seen[from], true) {
                open.extend((0..steps.len()).filter(|to| step(from, *to) > 0.0));
            }
        }
        !seen.contains(&false)
    };
    reaches_all(&|from, to| steps[from][to]) && reaches_all(&|from, to| steps[to][from])
}

fn check_trace(trace: &Trace, say: &mut Say<'_>) {
    let lists = [&trace.gaps, &trace.times];
    let files = [&trace.gaps_from, &trace.times_from];
    let given = lists.iter().filter(|list| !list.is_empty()).count()
        + files.iter().filter(|file| file.is_some()).count();
    if given != 1 {
        let message = "a trace has one of `gaps`, `times`, `gaps_from` and `times_from`".to_owned();
        say.at(&["trace"], message, "write for example `trace: {gaps: [1s, 0.2s, 3s]}`");
        return;
    }
    if files.iter().any(|file| file.is_some()) {
        let message = "the file of the trace was not read".to_owned();
        say.at(&["trace"], message, "read the model together with its files");
        return;
    }
    let count = lists.iter().map(|list| list.len()).sum::<usize>();
    if count > LIMIT_ARRIVALS {
        let message = format!("the trace has {count} arrivals");
        say.at(&["trace"], message, "at most 1000000");
    }
    if let Some(index) = trace.times.windows(2).position(|pair| pair[1] < pair[0]) {
        let message = format!("arrival {} comes before arrival {}", index + 2, index + 1);
        say.at(&["trace"], message, "put the times in order");
    } else if trace.repeat && !trace.rate().is_finite() {
        let message = "a repeated trace takes no time".to_owned();
        say.at(&["trace"], message, "give gaps above 0, or leave `repeat` out");
    }
}

fn check_batch(batch: &Batch, say: &mut Say<'_>) {
    let known = 1..=LIMIT_BATCH;
    match batch {
        Batch::Deterministic(size) if !known.contains(size) => {
            let message = format!("a batch of {size} customers");
            say.at(&["batch"], message, "give 1 to 1000000");
        }
        Batch::Geometric { mean } if !(1.0..=f64::from(LIMIT_BATCH)).contains(mean) => {
            let message = format!("a mean of {mean} customers");
            say.at(&["batch"], message, "give 1 to 1000000");
        }
        Batch::Empirical(sizes) => {
            if sizes.iter().any(|(size, _)| !known.contains(size)) {
                let message = "a batch has 1 to 1000000 customers".to_owned();
                say.at(&["batch"], message, "leave the others out");
            }
            let weights = || sizes.iter().map(|(_, weight)| *weight);
            if weights().any(|weight| !(weight.is_finite() && weight >= 0.0))
                || weights().sum::<f64>() <= 0.0
            {
                let message = "weights are at least 0, and one is above 0".to_owned();
                say.at(&["batch"], message, "write for example `empirical: [[1, 3], [10, 1]]`");
            }
        }
        Batch::Deterministic(_) | Batch::Geometric { .. } => {}
    }
}
