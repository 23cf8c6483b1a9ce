use super::*;
use tenfold_units::Unit;

fn axis(label: &str, unit: Unit, logarithmic: bool) -> Axis {
    Axis { label: label.to_owned(), unit, logarithmic }
}

fn latency() -> LineChart {
    let load = [23_000.0, 57_870.0, 115_740.0, 231_481.0, 2_314_810.0];
    let p99 = [0.0061, 0.0064, 0.0071, 0.0091, f64::NAN];
    LineChart {
        title: "Latency over load".to_owned(),
        x: axis("requests arriving", Unit::PerSecondSimulated, true),
        y: axis("latency", Unit::Seconds, true),
        series: vec![Series {
            name: "redirect p99".to_owned(),
            points: load.into_iter().zip(p99).collect(),
            band: p99.iter().map(|p| (p * 0.9, p * 1.1)).collect(),
        }],
        limits: vec![(0.1, "limit 100 ms".to_owned())],
        spans: vec![(115_740.0, 231_481.0, "average to peak".to_owned())],
    }
}

#[test]
fn no_text_of_a_line_chart_overlaps() {
    let collisions = latency().draw().collisions();
    assert!(collisions.is_empty(), "{collisions:#?}");
}

#[test]
fn no_text_of_a_bar_chart_overlaps() {
    let chart = BarChart {
        title: "Utilization at peak".to_owned(),
        bars: vec![
            ("edge".to_owned(), 0.21, "21 %".to_owned()),
            ("link-store".to_owned(), 1.38, "138 %".to_owned()),
            ("저장소".to_owned(), 0.0, "0 %".to_owned()),
        ],
        limit: Some((0.67, "two thirds: one zone may be lost".to_owned())),
    };
    let svg = chart.draw();
    assert!(svg.collisions().is_empty(), "{:#?}", svg.collisions());
    assert!(svg.finish().contains("138 %"));
}

#[test]
fn axes_cover_their_values() {
    for (low, high) in [(0.001, 0.09), (1.0, 2.0), (0.5, 4e9), (3.0, 3.0)] {
        for logarithmic in [false, true] {
            let ticks = axis("", Unit::Count, logarithmic).ticks([low, high].into_iter());
            let marks: Vec<f64> = ticks.iter().map(|mark| mark.0).collect();
            assert!(marks[0] <= low && *marks.last().unwrap() >= high, "{low} {high} {marks:?}");
            assert!((2..=12).contains(&marks.len()), "{low} {high} {marks:?}");
        }
    }
}

#[test]
fn an_empty_chart_is_drawn() {
    let mut chart = latency();
    chart.series.clear();
    chart.limits.clear();
    chart.spans.clear();
    assert!(chart.draw().finish().starts_with("<svg"));
}
