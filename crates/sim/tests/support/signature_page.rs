//! Pages and pictures of signatures.

use std::fmt::Write as _;

use indexmap::IndexMap;

use crate::signature::{Finding, Group, Picture, Seen, Signature};

const WIDTH: f64 = 640.0;
/// Colors that differ in lightness too (Okabe and Ito).
const COLORS: [&str; 5] = ["#0072b2", "#d55e00", "#009e73", "#56b4e9", "#000000"];
const INK: &str = "#333";

/// Returns a number with four digits.
pub(crate) fn digits(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let scientific = format!("{value:e}");
    let before: i32 = scientific.rsplit('e').next().and_then(|it| it.parse().ok()).unwrap_or(0);
    let decimals = usize::try_from(3 - before).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// Returns the page of a group.
pub(crate) fn page(group: &Group, findings: &[Vec<Finding>]) -> String {
    let mut out = format!("# {}\n\n{}\n", group.title, group.about.trim());
    for (signature, findings) in group.signatures.iter().zip(findings) {
        let (title, slug) = (&signature.title, signature.slug());
        write!(out, "\n## {title}\n\n{}\n\n", signature.why.trim()).expect("a String grows");
        out.push_str("| | expected | simulated |\n|---|---|---|\n");
        for it in findings {
            writeln!(out, "| {} | {} | {} |", it.what, it.expected, digits(it.found))
                .expect("a String grows");
        }
        write!(out, "\n![{title}](pictures/{slug}.svg)\n").expect("a String grows");
    }
    write!(out, "\nThe models: `suite/signatures/{}.yaml`.\n", group.name).expect("a String grows");
    out
}

/// Returns the list of all pages.
pub(crate) fn index(groups: &[Group]) -> String {
    let count: usize = groups.iter().map(|group| group.signatures.len()).sum();
    let mut out = format!(
        "# Signatures\n\n{count} effects that only a working part of the simulator shows. Each is a \
         model in `suite/signatures`, run by\n`cargo test -p tenfold-sim --test signatures`, which \
         fails when an effect is not seen and when these pages are not what\nit would write \
         (`UPDATE=1` before it writes them). Answers without a tolerance hold within 4 standard \
         errors.\n"
    );
    for group in groups {
        write!(out, "\n**[{}]({}.md)**\n\n", group.title, group.name).expect("a String grows");
        for signature in &group.signatures {
            let (title, slug) = (&signature.title, signature.slug());
            writeln!(out, "* [{title}]({}.md#{slug})", group.name).expect("a String grows");
        }
    }
    out
}

/// Returns the picture of a signature.
pub(crate) fn picture(signature: &Signature, seen: &Seen) -> String {
    match &signature.picture {
        Picture::Bars { unit, bars } => {
            let bars: Vec<(&str, f64)> =
                bars.iter().map(|(label, of)| (label.as_str(), seen.number(of))).collect();
            draw_bars(&signature.title, unit, &bars)
        }
        Picture::Goodput(_) => {
            draw_lines(&signature.title, "good answers per second", &seen.lines(&signature.picture))
        }
        Picture::Hits(_) => {
            draw_lines(&signature.title, "hits per look-up", &seen.lines(&signature.picture))
        }
        Picture::Replicas(_) => {
            draw_lines(&signature.title, "live replicas", &seen.lines(&signature.picture))
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn begin(title: &str, height: f64) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\" \
         fill=\"{INK}\" role=\"img\">\n<title>{}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        escape(title)
    )
}

fn draw_bars(title: &str, unit: &str, bars: &[(&str, f64)]) -> String {
    const LEFT: f64 = 230.0;
    const STEP: f64 = 30.0;
    let height = 36.0 + STEP * bars.len() as f64;
    let most = bars.iter().map(|bar| bar.1).fold(f64::MIN_POSITIVE, f64::max);
    let mut out = begin(title, height);
    writeln!(out, "<text x=\"{LEFT}\" y=\"20\" font-weight=\"bold\">{}</text>", escape(unit))
        .expect("a String grows");
    for (index, (label, value)) in bars.iter().enumerate() {
        let top = 32.0 + STEP * index as f64;
        let width = (WIDTH - LEFT - 80.0) * value / most;
        writeln!(
            out,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>\n\
             <rect x=\"{LEFT}\" y=\"{top:.0}\" width=\"{width:.1}\" height=\"20\" fill=\"{}\"/>\n\
             <text x=\"{:.1}\" y=\"{:.0}\">{}</text>",
            LEFT - 8.0,
            top + 15.0,
            escape(label),
            COLORS[0],
            LEFT + width + 6.0,
            top + 15.0,
            digits(*value),
        )
        .expect("a String grows");
    }
    out + "</svg>\n"
}

fn draw_lines(title: &str, unit: &str, lines: &IndexMap<String, Vec<(f64, f64)>>) -> String {
    const HEIGHT: f64 = 260.0;
    const LEFT: f64 = 60.0;
    const TOP: f64 = 50.0;
    const RIGHT: f64 = WIDTH - 20.0;
    const BOTTOM: f64 = HEIGHT - 40.0;
    let points = || lines.values().flatten();
    let end = points().map(|point| point.0).fold(0.0, f64::max).ceil();
    let most = points().map(|point| point.1).fold(f64::MIN_POSITIVE, f64::max);
    let (x, y) = (
        |at: f64| LEFT + (RIGHT - LEFT) * at / end,
        |value: f64| BOTTOM - (BOTTOM - TOP) * value / most,
    );
    let mut out = begin(title, HEIGHT);
    for (value, at) in [(0.0, BOTTOM), (most / 2.0, y(most / 2.0)), (most, TOP)] {
        writeln!(
            out,
            "<path d=\"M{LEFT} {at:.1}H{RIGHT}\" stroke=\"#ddd\"/>\n\
             <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 8.0,
            at + 4.0,
            digits(value)
        )
        .expect("a String grows");
    }
    for quarter in 0..=4 {
        let at = end * f64::from(quarter) / 4.0;
        writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{} s</text>",
            x(at),
            BOTTOM + 20.0,
            digits(at)
        )
        .expect("a String grows");
    }
    writeln!(out, "<text x=\"{LEFT}\" y=\"18\" font-weight=\"bold\">{}</text>", escape(unit))
        .expect("a String grows");
    let mut label_at = LEFT;
    for ((name, points), color) in lines.iter().zip(COLORS.iter().cycle()) {
        let path: Vec<String> =
            points.iter().map(|(at, value)| format!("{:.1} {:.1}", x(*at), y(*value))).collect();
        writeln!(
            out,
            "<path d=\"M{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>\n\
             <path d=\"M{label_at:.0} 34h18\" stroke=\"{color}\" stroke-width=\"3\"/>\n\
             <text x=\"{:.0}\" y=\"38\">{}</text>",
            path.join("L"),
            label_at + 24.0,
            escape(name)
        )
        .expect("a String grows");
        label_at += 44.0 + 8.0 * name.len() as f64;
    }
    out + "</svg>\n"
}
