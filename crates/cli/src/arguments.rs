//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tenfold_fit::Unit;
use tenfold_sim::{LoadObjective, RareEvent};

/// Turns a one-page brief into a design in which every number shows its working and every promise
/// was tried by simulation.
#[derive(Debug, Parser)]
#[command(
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = "\
Examples:
  tenfold design examples/url-shortener.md
  tenfold estimate brief.md --format json
  tenfold check design/url-shortener/design.yaml
  tenfold simulate design/url-shortener/design.yaml --load 10x --kill hot-links
  tenfold explain design/url-shortener/plan.json read_qps_peak
  tenfold fit latencies.csv --column seconds

Exit status: 0 well; 1 infeasible, or a check that failed; 2 unusable input, nothing written;
3 a bug of tenfold."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) verb: Verb,
    /// Seed of every random number; with the input it repeats every byte.
    #[arg(long, global = true, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Threads that simulate; the result does not depend on it [default: all].
    #[arg(long, global = true, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Makes a design from a brief, tries it, and writes the report.
    Design(Design),
    /// Computes load, storage, bandwidth and memory from a brief.
    Estimate(Estimate),
    /// Checks a design file: laws, objectives, single points of failure. Made for CI.
    Check(Check),
    /// Simulates a design, or plain queues from a model file.
    Simulate(Simulate),
    /// Prints where a figure of a plan comes from, down to the brief and the catalogue.
    Explain(Explain),
    /// Makes a distribution for a model file from measurements.
    Fit(Fit),
    /// Runs a grid of models, loads, scenarios and seeds, and writes a Parquet table.
    #[cfg(feature = "sweep")]
    Sweep(Sweep),
    /// Writes a commented brief to start from.
    New(New),
    /// Prints the JSON Schema of a file format.
    Schema(Schema),
    /// Prints completions for a shell.
    Completions(Completions),
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// The language of explanations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    /// Korean first, then English.
    #[default]
    Both,
    /// Korean.
    Ko,
    /// English.
    En,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tenfold design brief.md
  tenfold design brief.md --out docs/design --lang en
  tenfold design brief.md --budget 60000000 --seed 7")]
pub(crate) struct Design {
    /// The brief: Markdown, or YAML by its ending.
    pub(crate) brief: PathBuf,
    /// The folder that is written, with its parents [default: design/ and the brief's name].
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// Overwrites files that were edited by hand.
    #[arg(long)]
    pub(crate) force: bool,
    /// Language of explanations in the report.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) lang: Lang,
    /// `json` prints the estimate as JSON to standard output.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Events that all simulations together may take.
    #[arg(long, default_value_t = tenfold_architect::BUDGET)]
    pub(crate) budget: u64,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tenfold estimate brief.md
  tenfold estimate brief.md --format json")]
pub(crate) struct Estimate {
    /// The brief: Markdown, or YAML by its ending.
    pub(crate) brief: PathBuf,
    /// How the estimate is printed.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tenfold check design/url-shortener/design.yaml
  tenfold check design.yaml --format json

Exit status: 0 every law and objective holds; 1 something is broken, missed or undecided;
2 the file cannot be read.")]
pub(crate) struct Check {
    /// The design file.
    pub(crate) design: PathBuf,
    /// How findings are printed.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Events that all simulations together may take.
    #[arg(long, default_value_t = tenfold_architect::BUDGET)]
    pub(crate) budget: u64,
    /// Language of findings.
    #[arg(long, value_enum, default_value = "en")]
    pub(crate) lang: Lang,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tenfold simulate model.yaml --format json
  tenfold simulate model.yaml --capacity p99=200ms
  tenfold simulate model.yaml --compare other.yaml
  tenfold simulate model.yaml --rare 'desk.queue>=40'
  tenfold simulate design.yaml --load 10x
  tenfold simulate design.yaml --capacity
  tenfold simulate design.yaml --compare other.yaml
  tenfold simulate design.yaml --rare unavailability
  tenfold simulate design.yaml --kill hot-links
  tenfold simulate design.yaml --kill zone:a
  tenfold simulate design.yaml --scenario black-friday.yaml --series out.csv
  tenfold simulate model.yaml --scenario slowed.yaml --recovery --slo 99.9%")]
pub(crate) struct Simulate {
    /// A design file, a model file of plain queues, or, with --scenario, one of components.
    pub(crate) file: PathBuf,
    /// Load: average, peak, or a factor of the peak such as 10x.
    #[arg(long, default_value = "peak")]
    pub(crate) load: String,
    /// Kills a part under that load: a component, `instance:COMPONENT` or `zone:NAME`.
    #[arg(long)]
    pub(crate) kill: Option<String>,
    /// Searches for the highest load that keeps the objectives: those of a design, or for plain queues
    /// this one, such as `p99=200ms`, `STREAM.mean=1s` or `dropped=1%`; may be given several times.
    #[arg(long, value_name = "OBJECTIVE", num_args = 0..=1, conflicts_with_all = ["load", "kill", "scenario"])]
    pub(crate) capacity: Option<Vec<LoadObjective>>,
    /// Another model, or another design, run with the same customers; prints each difference with its
    /// interval.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["load", "kill", "scenario", "capacity"])]
    pub(crate) compare: Option<PathBuf>,
    /// How often a rare event of plain queues happens, exactly or by importance splitting, down to 1e-12
    /// and below: `STATION.queue>=N`, `STATION.in_flight>=N`, `STATION.wait>T`, `STATION.dropped` or
    /// `STREAM.dropped`; may be given several times. For a design `unavailability`: how often too few
    /// instances are up, exactly.
    #[arg(long, value_name = "EVENT", conflicts_with_all = ["load", "kill", "scenario", "capacity", "compare"])]
    pub(crate) rare: Vec<RareQuestion>,
    /// A scenario file: loads and faults over time, with assertions. Exit status 1 where one is
    /// missed or undecided.
    #[arg(long, conflicts_with_all = ["load", "kill"])]
    pub(crate) scenario: Option<PathBuf>,
    /// The file that the scenario's time series is written to, as CSV.
    #[arg(long, requires = "scenario")]
    pub(crate) series: Option<PathBuf>,
    /// Tells whether every operation comes back once the scenario's faults and load steps are over, and
    /// when; tries remedies where one does not. Exit status 1 where one is not back in every run.
    #[arg(long, requires = "scenario", conflicts_with = "series")]
    pub(crate) recovery: bool,
    /// The share of good answers that burn-rate alerts hold every operation to.
    #[arg(long, value_name = "SHARE", requires = "recovery", default_value = "99.9%",
          value_parser = crate::verbs::recovery::objective)]
    pub(crate) slo: f64,
    /// How the outcome is printed.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Events that the simulation may take [default: 4000000, with --scenario 200000000,
    /// seven times that with --recovery, and with --rare 20000000 where no exact answer is known].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1_000..=100_000_000_000))]
    pub(crate) budget: Option<u64>,
}

/// What `--rare` asks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RareQuestion {
    /// Of a design.
    Unavailability,
    /// Of plain queues.
    Event(RareEvent),
}

impl std::str::FromStr for RareQuestion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "unavailability" => Ok(Self::Unavailability),
            event => event.parse().map(Self::Event),
        }
    }
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tenfold explain design/url-shortener/plan.json read_qps_peak
  tenfold explain design/url-shortener cost_usd_per_month")]
pub(crate) struct Explain {
    /// A plan.json, or the folder that holds it.
    pub(crate) plan: PathBuf,
    /// The figure's id; without one, all ids are listed.
    pub(crate) figure: Option<String>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tenfold fit metrics.txt --select http_request_duration_seconds --sum
  tenfold fit query.json
  tenfold fit requests.csv --column latency_ms
  tenfold fit requests.csv --column at --arrivals
  tenfold fit spans.json --select \"cart: GET\"
  tenfold fit sizes.csv --unit kB --format json

FILE is one of: Prometheus histograms as text, or as the JSON that /api/v1/query answers for
`_bucket` series; CSV; an OpenTelemetry trace as JSON, also one document a line.")]
pub(crate) struct Fit {
    /// The measurements.
    pub(crate) file: PathBuf,
    /// Only series whose name with labels contains this.
    #[arg(long, value_name = "TEXT")]
    pub(crate) select: Option<String>,
    /// Adds the selected histograms, which have the same bounds, into one.
    #[arg(long)]
    pub(crate) sum: bool,
    /// The column of CSV [default: the first].
    #[arg(long, value_name = "NAME")]
    pub(crate) column: Option<String>,
    /// Reads times of arrival (a column of seconds or of RFC 3339, or the beginnings of spans) and
    /// fits the times between them.
    #[arg(long)]
    pub(crate) arrivals: bool,
    /// Unit of plain numbers: s, ms, us, ns, min, h, B, kB or MB [default: what the name ends in, else
    /// seconds].
    #[arg(long)]
    pub(crate) unit: Option<Unit>,
    /// How the fit is printed.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[cfg(feature = "sweep")]
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tenfold sweep examples/sweeps/servers.yaml
  tenfold sweep grid.yaml --out results
  tenfold sweep grid.yaml --shard 2/8 --out shard-2
  tenfold sweep --merge shard-1 shard-2 --out results
  tenfold sweep grid.yaml --job job --shards 20 --image registry/tenfold:1 --bucket s3://sweeps/grid

Called again after a kill it goes on where it stopped: a cell that is done is neither lost nor run
again. The table has a row for each figure of each cell; its bytes depend on the grid, the files that
it names, the seed and the version of tenfold, not on threads, kills or shards.")]
pub(crate) struct Sweep {
    /// The grid file.
    #[arg(required_unless_present = "merge", conflicts_with = "merge")]
    pub(crate) grid: Option<PathBuf>,
    /// The folder of the table, and of the cells so far [default: sweep/ and the grid's name].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Runs the i-th of n equal ranges of cells, from 1, into part-i-of-n.parquet; `job/n` takes the
    /// number from the index of a Kubernetes Indexed Job.
    #[arg(long, value_name = "I/N", conflicts_with = "merge")]
    pub(crate) shard: Option<Shard>,
    /// Merges the parts in these folders into results.parquet in --out: the bytes of a run without
    /// shards.
    #[arg(long, value_name = "DIR", num_args = 1.., requires = "out")]
    pub(crate) merge: Vec<PathBuf>,
    /// Runs nothing, but writes job.yaml into this folder: a Kubernetes Indexed Job that runs the shards
    /// and puts their tables into a bucket.
    #[arg(long, value_name = "DIR", requires_all = ["image", "bucket"],
          conflicts_with_all = ["merge", "shard", "out"])]
    pub(crate) job: Option<PathBuf>,
    /// For --job: the number of pods.
    #[arg(long, default_value_t = 8, requires = "job",
          value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(crate) shards: u64,
    /// For --job: the image that has tenfold on its path.
    #[arg(long, requires = "job")]
    pub(crate) image: Option<String>,
    /// For --job: where the tables go, s3://bucket/folder.
    #[arg(long, value_name = "URL", requires = "job")]
    pub(crate) bucket: Option<String>,
    /// For --job: the S3 service where it is not Amazon's.
    #[arg(long, value_name = "URL", requires = "job")]
    pub(crate) endpoint: Option<String>,
}

/// One of equal ranges of cells.
#[cfg(feature = "sweep")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    /// Which one, from 1.
    pub(crate) number: u64,
    /// Of how many.
    pub(crate) shards: u64,
}

#[cfg(feature = "sweep")]
impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (number, shards) = text.split_once('/')?;
            let number = match number {
                // Kubernetes counts from 0.
                "job" => std::env::var("JOB_COMPLETION_INDEX").ok()?.parse::<u64>().ok()? + 1,
                _ => number.parse().ok()?,
            };
            let shards = shards.parse().ok()?;
            (1..=shards).contains(&number).then_some(Self { number, shards })
        };
        read().ok_or_else(|| {
            "write 1/8 for the first of eight, or job/8 within a Kubernetes Indexed Job".to_owned()
        })
    }
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tenfold new > brief.md
  tenfold new --from url-shortener --out brief.md")]
pub(crate) struct New {
    /// The kind of system to start from.
    #[arg(long, default_value = "url-shortener")]
    pub(crate) from: String,
    /// The file that is written; it must not exist [default: standard output].
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Schema {
    /// The format.
    #[arg(value_enum)]
    pub(crate) format: SchemaName,
}

/// Formats with a published schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaName {
    /// A brief as YAML.
    Brief,
    /// `tenfold estimate --format json`.
    Estimate,
    /// A design file.
    Design,
    /// A model file.
    Model,
    /// A scenario file.
    Scenario,
    /// `tenfold simulate --format json`.
    Outcome,
    /// A grid file.
    #[cfg(feature = "sweep")]
    Sweep,
}

#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}
