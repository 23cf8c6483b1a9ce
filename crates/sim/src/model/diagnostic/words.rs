//! What the reader's messages mean, and what would help, by the name of the field.

/// A block that a distribution of spans stands in.
const DISTRIBUTION: &str = "write a distribution, for example `{exponential: {mean: 1s}}`";

/// Returns the reader's message in words that need no knowledge of the reader.
pub(super) fn plain(text: &str, message: &str) -> String {
    if text.trim().is_empty() {
        return "the text is empty".to_owned();
    }
    if let Some(rest) = message.strip_prefix("duplicate mapping key: ") {
        let name = rest.split(',').next().unwrap_or_default();
        return format!("`{name}` stands here for the second time");
    }
    let message = match message {
        "expected mapping start" => "a block of fields is expected here: `{name: value, …}`",
        "expected sequence start" => "a list is expected here: `[…, …]`",
        "invalid u32" | "invalid u64" => "a whole number, at least 0, is expected here",
        "invalid i32" => "a whole number is expected here",
        "invalid f64" | "invalid floating point value" => "a number is expected here",
        "invalid boolean" | "invalid bool" => "`true` or `false` is expected here",
        other => other,
    };
    message.to_owned()
}

/// Returns the field that `message` misses.
pub(super) fn missing(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.strip_suffix('`')
}

/// Returns what would help where the value of a field is not of its form; empty for fields whose
/// messages say it.
pub(super) fn help(names: &[String]) -> &'static str {
    let at = |index: usize| names.get(index).map(String::as_str);
    if names.len() == 2 && at(0) == Some("routing") {
        return "write for example `{back: 0.8, exit: 0.2}`";
    }
    match names.last().map_or("", String::as_str) {
        "model" => "write `model: NAME` in the first line",
        "service_time" | "patience" | "think_time" | "interarrival" => DISTRIBUTION,
        "deterministic" if at(2) == Some("batch") => "write for example `deterministic: 3`",
        "empirical" if at(2) == Some("batch") => {
            "write numbers of customers with weights, for example `empirical: [[1, 3], [10, 1]]`"
        }
        "deterministic" => "write for example `deterministic: 1s`",
        "exponential" => "write for example `exponential: {mean: 1s}`",
        "erlang" => "write for example `erlang: {mean: 1s, stages: 4}`",
        "hyperexponential" => "write for example `hyperexponential: {mean: 1s, cv: 3}`",
        "lognormal" => "write for example `lognormal: {mean: 1s, cv: 2}`",
        "gamma" => "write for example `gamma: {mean: 1s, cv: 0.5}`",
        "weibull" => "write for example `weibull: {mean: 1s, shape: 0.7}`",
        "pareto" => "write for example `pareto: {mean: 1s, shape: 2.5}`",
        "uniform" => "write for example `uniform: {low: 1s, high: 2s}`",
        "empirical" => "write values with weights, for example `empirical: [[1s, 3], [5s, 1]]`",
        "queue" => "write for example `queue: {length: 10}`",
        "length" => "0 is no waiting; leave `queue` out for no bound",
        "servers" => "write a number of servers, or `infinite`",
        "to" => "write the name of a station",
        "population" => "write the number of customers, for example `population: 20`",
        "poisson" => "write for example `poisson: {rate: 1.5/s}`",
        "renewal" => "write for example `renewal: {interarrival: {deterministic: 1s}}`",
        "markov_modulated" => {
            "write phases, for example `{quiet: {rate: 1/s, mean_stay: 60s}, busy: {rate: 9/s, mean_stay: 5s}}`"
        }
        "trace" => "write for example `trace: {gaps: [1s, 0.2s, 3s]}`",
        "gaps" | "times" => "write a list of spans, for example `[1s, 0.2s, 3s]`",
        "gaps_from" | "times_from" => "write for example `{file: arrivals.csv, column: seconds}`",
        "batch" => "write for example `batch: {deterministic: 3}`",
        "closed" => {
            "write for example `closed: {population: 20, think_time: {exponential: {mean: 5s}}}`"
        }
        _ => "",
    }
}
