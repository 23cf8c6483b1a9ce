use tenfold_units::{Unit, math};

/// An axis: what it measures, and whether equal steps are equal factors.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it measures.
    pub label: String,
    /// The unit of its values.
    pub unit: Unit,
    /// Logarithmic; needs positive values.
    pub logarithmic: bool,
}

/// The marks of an axis and where values lie between its ends.
#[derive(Clone, Debug)]
pub(super) struct Ticks {
    from: f64,
    to: f64,
    logarithmic: bool,
    marks: Vec<(f64, String)>,
}

impl Axis {
    /// Returns marks at round values that cover `values`; a linear axis starts at zero.
    pub(super) fn ticks(&self, values: impl Iterator<Item = f64>) -> Ticks {
        let usable = |value: &f64| value.is_finite() && (*value > 0.0 || !self.logarithmic);
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(usable) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            (low, high) = (if self.logarithmic { 0.1 } else { 0.0 }, 1.0);
        }
        let values = if self.logarithmic { decades(low, high) } else { steps(low, high) };
        let marks = values.iter().map(|value| (*value, self.unit.print(*value))).collect();
        let from = values.first().copied().unwrap_or(0.0);
        let to = values.last().copied().unwrap_or(1.0);
        Ticks { from, to, logarithmic: self.logarithmic, marks }
    }
}

impl Ticks {
    /// Returns where `value` lies: 0 at the first mark, 1 at the last, clamped.
    pub(super) fn position(&self, value: f64) -> f64 {
        let share = if self.logarithmic {
            math::ln(value.max(self.from) / self.from) / math::ln(self.to / self.from)
        } else {
            (value - self.from) / (self.to - self.from)
        };
        share.clamp(0.0, 1.0)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (f64, &str)> {
        self.marks.iter().map(|(value, label)| (*value, label.as_str()))
    }

    pub(super) fn labels(&self) -> impl Iterator<Item = &str> {
        self.marks.iter().map(|(_, label)| label.as_str())
    }
}

/// Powers of ten around `low..high`, with 2 and 5 between them where they are few.
fn decades(low: f64, high: f64) -> Vec<f64> {
    let first = math::log10(low).floor() as i32;
    let last = math::log10(high * 0.999_999).floor() as i32 + 1;
    let fine = last - first <= 3;
    let mut values = Vec::new();
    for exponent in first..=last {
        for factor in if fine { &[1.0, 2.0, 5.0][..] } else { &[1.0][..] } {
            values.push(factor * math::exp10(f64::from(exponent)));
        }
    }
    let above = |i: usize| values.get(i + 1).is_some_and(|next| *next <= low);
    let start = (0..values.len()).take_while(|i| above(*i)).count();
    let end = values.iter().position(|value| *value >= high).unwrap_or(values.len() - 1);
    values[start..=end.max(start + 1).min(values.len() - 1)].to_vec()
}

/// Four to ten round steps from zero (or below `low`, if negative) to at least `high`.
fn steps(low: f64, high: f64) -> Vec<f64> {
    let base = low.min(0.0);
    let span = if high > base { high - base } else { 1.0 };
    let rough = span / 6.0;
    let power = math::exp10(math::log10(rough).floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= rough)
        .unwrap_or(power * 10.0);
    let first = (base / step).floor() as i64;
    let last = ((base + span) / step - 1e-9).ceil() as i64;
    (first..=last).map(|i| i as f64 * step).collect()
}
