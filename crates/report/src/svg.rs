//! Scalable vector graphics: elements as text, and how wide a text is.

mod width;

use std::fmt::Write as _;

pub use width::{bold_width, text_width};

/// The font of all pictures. Widths are set by `textLength`, so a substitute cannot overflow.
const FONT: &str = "Helvetica, Arial, 'Liberation Sans', 'Noto Sans CJK KR', sans-serif";

/// Where a text hangs on its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The point is the left end.
    Start,
    /// The point is the middle.
    Middle,
    /// The point is the right end.
    End,
}

/// A rectangle in user units (pixels at scale 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Rect {
    /// Returns whether the two share more than an edge.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.x < other.x + other.width
            && other.x < self.x + self.width
            && self.y < other.y + other.height
            && other.y < self.y + self.height
    }

    /// Returns whether `other` lies inside.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && other.x + other.width <= self.x + self.width
            && other.y + other.height <= self.y + self.height
    }
}

/// A picture under construction. It remembers where its texts lie, so that a test can show that no
/// two of them overlap.
#[derive(Clone, Debug)]
pub struct Svg {
    width: f64,
    height: f64,
    title: String,
    body: String,
    texts: Vec<(String, Rect)>,
}

impl Svg {
    /// Returns an empty picture with a title for screen readers.
    #[must_use]
    pub fn new(width: f64, height: f64, title: &str) -> Self {
        let title = title.to_owned();
        Self { width, height, title, body: String::new(), texts: Vec::new() }
    }

    /// Draws a rectangle; `class` is a CSS class of the built-in sheet.
    pub fn rect(&mut self, rect: Rect, radius: f64, class: &str) {
        let Rect { x, y, width, height } = rect;
        self.element(&format!(
            r#"<rect class="{class}" x="{}" y="{}" width="{}" height="{}" rx="{}"/>"#,
            number(x),
            number(y),
            number(width),
            number(height),
            number(radius)
        ));
    }

    /// Draws a path from SVG path data.
    pub fn path(&mut self, data: &str, class: &str) {
        self.element(&format!(r#"<path class="{class}" d="{data}"/>"#));
    }

    /// Draws a straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        self.element(&format!(
            r#"<line class="{class}" x1="{}" y1="{}" x2="{}" y2="{}"/>"#,
            number(from.0),
            number(from.1),
            number(to.0),
            number(to.1)
        ));
    }

    /// Draws a filled circle.
    pub fn circle(&mut self, center: (f64, f64), radius: f64, class: &str) {
        self.element(&format!(
            r#"<circle class="{class}" cx="{}" cy="{}" r="{}"/>"#,
            number(center.0),
            number(center.1),
            number(radius)
        ));
    }

    /// Draws a text with its baseline at `y` and returns the box that it fills.
    pub fn text(
        &mut self,
        at: (f64, f64),
        size: f64,
        anchor: Anchor,
        class: &str,
        text: &str,
    ) -> Rect {
        let width = if class == "name" { bold_width(text, size) } else { text_width(text, size) };
        let (name, left) = match anchor {
            Anchor::Start => ("start", at.0),
            Anchor::Middle => ("middle", at.0 - width / 2.0),
            Anchor::End => ("end", at.0 - width),
        };
        let rect = Rect { x: left, y: at.1 - size * 0.8, width, height: size };
        if !text.is_empty() {
            self.element(&format!(
                r#"<text class="{class}" x="{}" y="{}" font-size="{}" text-anchor="{name}" textLength="{}" lengthAdjust="spacingAndGlyphs">{}</text>"#,
                number(at.0),
                number(at.1),
                number(size),
                number(width),
                escape(text)
            ));
            self.texts.push((text.to_owned(), rect));
        }
        rect
    }

    /// Returns the pairs of texts whose boxes overlap, and the texts that leave the picture.
    #[must_use]
    pub fn collisions(&self) -> Vec<String> {
        let page = Rect { x: 0.0, y: 0.0, width: self.width, height: self.height };
        let mut found = Vec::new();
        for (i, (text, rect)) in self.texts.iter().enumerate() {
            if !page.contains(rect) {
                found.push(format!("`{text}` leaves the picture"));
            }
            for (other, place) in &self.texts[i + 1..] {
                if rect.overlaps(place) {
                    found.push(format!("`{text}` overlaps `{other}`"));
                }
            }
        }
        found
    }

    /// Returns the finished picture.
    #[must_use]
    pub fn finish(self) -> String {
        let (width, height) = (number(self.width), number(self.height));
        let mut out = String::new();
        let _ = write!(
            out,
            r#"<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="{FONT}">
<title>{}</title>
<style>{STYLE}</style>
<rect class="page" x="0" y="0" width="{width}" height="{height}"/>
{}</svg>
"#,
            escape(&self.title),
            self.body
        );
        out
    }

    fn element(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }
}

/// Writes a coordinate with at most one decimal.
#[must_use]
pub fn number(value: f64) -> String {
    let text = format!("{:.1}", value);
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Replaces the characters that mean something in XML, and drops those that XML forbids.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && c != '\n' && c != '\t' => {}
            c => out.push(c),
        }
    }
    out
}

/// Colours that keep their contrast for colour-blind readers (Okabe and Ito, 2008) and in grey.
const STYLE: &str = "
.page{fill:#fff}
.box{fill:#f6f8fa;stroke:#57606a;stroke-width:1.2}
.gateway{fill:#e8f1fb;stroke:#0072b2}.service{fill:#eaf6ef;stroke:#009e73}
.cache{fill:#fdf3e1;stroke:#e69f00}.store{fill:#f3eefb;stroke:#6f42c1}
.topic{fill:#fdeaf3;stroke:#cc79a7}.consumer{fill:#eef9fd;stroke:#56b4e9}
.external{fill:#fff;stroke:#57606a;stroke-dasharray:4 3}
.edge{fill:none;stroke:#57606a;stroke-width:1.4}.async{stroke-dasharray:6 4}
.arrow{fill:#57606a}
.label-back{fill:#fff;fill-opacity:.9}
text{fill:#1f2328}.name{font-weight:bold}.quiet{fill:#57606a}
.axis{stroke:#57606a;stroke-width:1}.grid{stroke:#d8dee4;stroke-width:1}
.limit{stroke:#8b1a1a;stroke-width:1.4;stroke-dasharray:6 3}.limit-text,.limit-mark{fill:#8b1a1a}
.fault{fill:#d55e00;fill-opacity:.12}
.series{fill:none;stroke-width:2}
.c0{stroke:#0072b2}.c1{stroke:#d55e00}.c2{stroke:#009e73}.c3{stroke:#cc79a7}.c4{stroke:#e69f00}.c5{stroke:#56b4e9}.c6{stroke:#6f42c1}.c7{stroke:#57606a}
.f0{fill:#0072b2}.f1{fill:#d55e00}.f2{fill:#009e73}.f3{fill:#cc79a7}.f4{fill:#e69f00}.f5{fill:#56b4e9}.f6{fill:#6f42c1}.f7{fill:#57606a}
.band{fill-opacity:.15}
";
