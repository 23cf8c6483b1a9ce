//! Helpers that every picture uses.

use std::time::Duration;

use tenfold_report::chart::{Axis, BarChart, LineChart, Series};
use tenfold_report::svg::Svg;
use tenfold_sim::keys::WarmOptions;
use tenfold_sim::{Caches, Model, Outcome, Scenario, simulate_scenario};
use tenfold_units::{Instant, Seed, Unit};

pub(crate) const SEED: Seed = Seed(1);

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn at(millis: u64) -> Instant {
    Instant::ZERO + ms(millis)
}

pub(crate) type Points = Vec<(f64, f64)>;

/// A chart of lines over linear axes.
pub(crate) struct Lines(LineChart);

impl Lines {
    pub(crate) fn new(title: &str, x: (&str, Unit), y: (&str, Unit)) -> Self {
        let axis = |(label, unit): (&str, Unit)| Axis {
            label: label.to_owned(),
            unit,
            logarithmic: false,
        };
        let (series, limits, spans) = (Vec::new(), Vec::new(), Vec::new());
        Self(LineChart { title: title.to_owned(), x: axis(x), y: axis(y), series, limits, spans })
    }

    pub(crate) fn logarithmic_x(mut self) -> Self {
        self.0.x.logarithmic = true;
        self
    }

    pub(crate) fn line(mut self, name: &str, points: Points) -> Self {
        self.0.series.push(Series { name: name.to_owned(), points, band: Vec::new() });
        self
    }

    pub(crate) fn limit(mut self, value: f64, name: &str) -> Self {
        self.0.limits.push((value, name.to_owned()));
        self
    }

    pub(crate) fn span(mut self, from: f64, to: f64, name: &str) -> Self {
        self.0.spans.push((from, to, name.to_owned()));
        self
    }

    pub(crate) fn draw(self) -> Svg {
        self.0.draw()
    }
}

/// Bars, each with its printed value.
pub(crate) fn bars(title: &str, unit: Unit, bars: &[(&str, f64)]) -> Svg {
    let bars = bars.iter().map(|(name, value)| ((*name).to_owned(), *value, unit.print(*value)));
    BarChart { title: title.to_owned(), bars: bars.collect(), limit: None }.draw()
}

/// Runs a design in the simulator.
pub(crate) fn simulate(model: &str, scenario: &str) -> Outcome {
    let model = Model::from_yaml(model).unwrap();
    let scenario = Scenario::from_yaml(scenario).unwrap();
    let options = WarmOptions { budget: 1_000, tolerance: 0.1 };
    let caches = Caches::warm(&model, scenario.load, SEED, options);
    simulate_scenario(&model, &scenario, &caches, SEED)
}

/// One component behind a client, with `good_within` in milliseconds.
pub(crate) fn single(component: &str, link: &str, rate: u32, good_within: u32) -> String {
    format!(
        "
model: single
zones: [a]
components:
  store: {component}
links:
  client -> store: {link}
operations:
  op:
    load: {{open: {{rate: {rate}/s}}}}
    good_within: {good_within}ms
    flow: [{{call: {{to: store}}}}]
"
    )
}

/// Good answers per second in each window of a run.
pub(crate) fn goodput(outcome: &Outcome, window: f64) -> Points {
    let good = |window: &tenfold_sim::Window| window.operations["op"].good as f64;
    outcome.series.iter().map(|it| (it.start_seconds, good(it) / window)).collect()
}
