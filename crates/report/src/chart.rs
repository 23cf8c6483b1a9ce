//! Charts: lines over a number line, and horizontal bars.

mod axis;

use crate::svg::{Anchor, Rect, Svg, number, text_width};
pub use axis::Axis;

const SIZE: f64 = 11.0;
const WIDTH: f64 = 720.0;
const PLOT_HEIGHT: f64 = 240.0;
const LEGEND_LINE: f64 = 18.0;

/// Lines over one axis.
#[derive(Clone, Debug, PartialEq)]
pub struct LineChart {
    /// What it shows.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The lines; at most eight.
    pub series: Vec<Series>,
    /// Horizontal limits, each with its name.
    pub limits: Vec<(f64, String)>,
    /// Shaded spans of x, each with its name.
    pub spans: Vec<(f64, f64, String)>,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// Points in the order of x; a gap is a NaN.
    pub points: Vec<(f64, f64)>,
    /// Low and high at each point, shaded; empty for none.
    pub band: Vec<(f64, f64)>,
}

impl LineChart {
    /// Draws the chart.
    ///
    /// # Panics
    /// Panics when there are more than eight lines: no reader tells more apart.
    #[must_use]
    pub fn draw(&self) -> Svg {
        assert!(self.series.len() <= 8, "{} has {} lines", self.title, self.series.len());
        let x_ticks = self.x.ticks(self.xs());
        let y_ticks = self.y.ticks(self.ys());
        let widest = y_ticks.labels().map(|text| text_width(text, SIZE)).fold(0.0, f64::max);
        let plot =
            Rect { x: widest + 30.0, y: 44.0, width: WIDTH - widest - 60.0, height: PLOT_HEIGHT };
        let legend = self.legend_rows(plot.width);
        let spans = if self.spans.is_empty() { 0.0 } else { LEGEND_LINE };
        let height = plot.y + plot.height + 48.0 + legend.len() as f64 * LEGEND_LINE + spans;
        let mut svg = Svg::new(WIDTH, height, &self.title);
        svg.text((16.0, 20.0), 13.0, Anchor::Start, "name", &self.title);
        svg.text((16.0, 36.0), SIZE, Anchor::Start, "quiet", &self.y.label);
        let x_at = |value: f64| plot.x + x_ticks.position(value) * plot.width;
        let y_at = |value: f64| plot.y + (1.0 - y_ticks.position(value)) * plot.height;
        for (from, to, _) in &self.spans {
            let (left, right) = (x_at(*from), x_at(*to));
            let rect = Rect { x: left, width: (right - left).max(1.0), ..plot };
            svg.rect(rect, 0.0, "fault");
        }
        for (value, label) in y_ticks.iter() {
            let y = y_at(value);
            svg.line((plot.x, y), (plot.x + plot.width, y), "grid");
            svg.text((plot.x - 6.0, y + 4.0), SIZE, Anchor::End, "quiet", label);
        }
        let bottom = plot.y + plot.height;
        svg.line((plot.x, bottom), (plot.x + plot.width, bottom), "axis");
        let mut free_from = f64::NEG_INFINITY;
        for (value, label) in x_ticks.iter() {
            let x = x_at(value);
            svg.line((x, bottom), (x, bottom + 4.0), "axis");
            let half = text_width(label, SIZE) / 2.0;
            if x - half > free_from && x + half < WIDTH {
                svg.text((x, bottom + 17.0), SIZE, Anchor::Middle, "quiet", label);
                free_from = x + half + 6.0;
            }
        }
        let middle = plot.x + plot.width / 2.0;
        svg.text((middle, bottom + 34.0), SIZE, Anchor::Middle, "quiet", &self.x.label);
        for (i, series) in self.series.iter().enumerate() {
            draw_series(&mut svg, series, i, &x_at, &y_at);
        }
        for (value, _) in &self.limits {
            let y = y_at(*value);
            svg.line((plot.x, y), (plot.x + plot.width, y), "limit");
        }
        self.draw_legend(&mut svg, &legend, plot.x, bottom + 52.0);
        svg
    }

    fn xs(&self) -> impl Iterator<Item = f64> {
        let points = self.series.iter().flat_map(|s| s.points.iter().map(|p| p.0));
        points.chain(self.spans.iter().flat_map(|s| [s.0, s.1]))
    }

    fn ys(&self) -> impl Iterator<Item = f64> {
        let points = self.series.iter().flat_map(|s| s.points.iter().map(|p| p.1));
        let bands = self.series.iter().flat_map(|s| s.band.iter().flat_map(|b| [b.0, b.1]));
        points.chain(bands).chain(self.limits.iter().map(|l| l.0))
    }

    /// The legend's entries in rows that fit: class of the mark, text.
    fn legend_rows(&self, width: f64) -> Vec<Vec<(String, &str)>> {
        let lines = self.series.iter().enumerate();
        let mut entries: Vec<(String, &str)> =
            lines.map(|(i, s)| (format!("f{i}"), s.name.as_str())).collect();
        entries
            .extend(self.limits.iter().map(|(_, name)| ("limit-mark".to_owned(), name.as_str())));
        entries.extend(self.spans.iter().map(|(_, _, name)| ("fault".to_owned(), name.as_str())));
        entries.dedup_by(|a, b| a == b);
        let mut rows: Vec<Vec<(String, &str)>> = vec![Vec::new()];
        let mut used = 0.0;
        for entry in entries {
            let need = text_width(entry.1, SIZE) + 34.0;
            if used + need > width && used > 0.0 {
                rows.push(Vec::new());
                used = 0.0;
            }
            used += need;
            rows.last_mut().expect("there is a first row").push(entry);
        }
        rows
    }

    fn draw_legend(&self, svg: &mut Svg, rows: &[Vec<(String, &str)>], left: f64, top: f64) {
        for (i, row) in rows.iter().enumerate() {
            let (mut x, y) = (left, top + i as f64 * LEGEND_LINE);
            for (class, text) in row {
                svg.rect(Rect { x, y: y - 6.0, width: 14.0, height: 4.0 }, 1.0, class);
                svg.text((x + 19.0, y), SIZE, Anchor::Start, "", text);
                x += text_width(text, SIZE) + 34.0;
            }
        }
    }
}

fn draw_series(
    svg: &mut Svg,
    series: &Series,
    index: usize,
    x_at: &dyn Fn(f64) -> f64,
    y_at: &dyn Fn(f64) -> f64,
) {
    if series.band.len() == series.points.len() && !series.band.is_empty() {
        let upper = series.points.iter().zip(&series.band).map(|(p, b)| (p.0, b.1));
        let lower = series.points.iter().zip(&series.band).rev().map(|(p, b)| (p.0, b.0));
        let mut data = String::new();
        for (i, (x, y)) in upper.chain(lower).filter(|p| p.1.is_finite()).enumerate() {
            let command = if i == 0 { 'M' } else { 'L' };
            data.push_str(&format!("{command}{} {}", number(x_at(x)), number(y_at(y))));
        }
        if !data.is_empty() {
            svg.path(&format!("{data}Z"), &format!("band f{index}"));
        }
    }
    let mut data = String::new();
    let mut pen_down = false;
    for (x, y) in &series.points {
        if y.is_finite() {
            let command = if pen_down { 'L' } else { 'M' };
            data.push_str(&format!("{command}{} {}", number(x_at(*x)), number(y_at(*y))));
        }
        pen_down = y.is_finite();
    }
    if !data.is_empty() {
        svg.path(&data, &format!("series c{index}"));
    }
    if series.points.len() <= 24 {
        for (x, y) in series.points.iter().filter(|p| p.1.is_finite()) {
            svg.circle((x_at(*x), y_at(*y)), 2.5, &format!("f{index}"));
        }
    }
}

/// Horizontal bars, one line each.
#[derive(Clone, Debug, PartialEq)]
pub struct BarChart {
    /// What it shows.
    pub title: String,
    /// Name, length and printed value of each bar, top to bottom.
    pub bars: Vec<(String, f64, String)>,
    /// A vertical limit with its name.
    pub limit: Option<(f64, String)>,
}

impl BarChart {
    /// Draws the chart.
    #[must_use]
    pub fn draw(&self) -> Svg {
        let widest = |texts: &mut dyn Iterator<Item = &String>| {
            texts.map(|text| text_width(text, SIZE)).fold(0.0, f64::max)
        };
        let names = widest(&mut self.bars.iter().map(|bar| &bar.0));
        let values = widest(&mut self.bars.iter().map(|bar| &bar.2));
        let longest = self
            .bars
            .iter()
            .map(|bar| bar.1)
            .chain(self.limit.iter().map(|limit| limit.0))
            .filter(|value| value.is_finite())
            .fold(0.0, f64::max);
        let left = names + 26.0;
        let room = (WIDTH - left - values - 30.0).max(60.0);
        let length = |value: f64| {
            if longest > 0.0 { (value / longest).clamp(0.0, 1.0) * room } else { 0.0 }
        };
        let legend = if self.limit.is_some() { LEGEND_LINE } else { 0.0 };
        let bottom = 34.0 + self.bars.len() as f64 * 22.0;
        let mut svg = Svg::new(WIDTH, bottom + 12.0 + legend, &self.title);
        svg.text((16.0, 20.0), 13.0, Anchor::Start, "name", &self.title);
        for (i, (name, value, printed)) in self.bars.iter().enumerate() {
            let y = 34.0 + i as f64 * 22.0;
            svg.text((left - 8.0, y + 14.0), SIZE, Anchor::End, "", name);
            let over = self.limit.as_ref().is_some_and(|(limit, _)| value > limit);
            let bar = Rect { x: left, y: y + 3.0, width: length(*value).max(1.0), height: 14.0 };
            svg.rect(bar, 2.0, if over { "f1" } else { "f0" });
            let beside = (left + bar.width + 6.0, y + 14.0);
            svg.text(beside, SIZE, Anchor::Start, "quiet", printed);
        }
        if let Some((limit, name)) = &self.limit {
            let x = left + length(*limit);
            svg.line((x, 30.0), (x, bottom), "limit");
            svg.text((left, bottom + LEGEND_LINE - 2.0), SIZE, Anchor::Start, "limit-text", name);
        }
        svg
    }
}

#[cfg(test)]
mod tests;
