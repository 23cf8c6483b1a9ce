//! Diagrams of boxes and arrows in layers, left to right, and the same as Mermaid text.

mod layout;

use crate::svg::{Anchor, Rect, Svg, number};

/// A diagram holds at most this many boxes; a larger one is split by its maker.
pub const BOXES_MAX: usize = 20;

/// Boxes and arrows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagram {
    /// What it shows.
    pub title: String,
    /// The boxes, in reading order.
    pub nodes: Vec<Node>,
    /// The arrows.
    pub edges: Vec<Edge>,
}

/// A box.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its identity, unique in the diagram.
    pub id: String,
    /// CSS class: `gateway`, `service`, `cache`, `store`, `topic`, `consumer` or `external`.
    pub kind: &'static str,
    /// The first line is its name.
    pub lines: Vec<String>,
}

/// An arrow.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// The box it leaves.
    pub from: String,
    /// The box it enters.
    pub to: String,
    /// A short text on it; may be empty.
    pub label: String,
    /// Whether nobody waits for it: drawn dashed.
    pub asynchronous: bool,
}

const NAME_SIZE: f64 = 13.0;
const TEXT_SIZE: f64 = 11.0;
const LINE_HEIGHT: f64 = 15.0;

impl Diagram {
    /// Draws the diagram.
    ///
    /// # Panics
    /// Panics when an arrow names a box that is not there, or there are more than [`BOXES_MAX`].
    #[must_use]
    pub fn draw(&self) -> Svg {
        assert!(self.nodes.len() <= BOXES_MAX, "{} has {} boxes", self.title, self.nodes.len());
        let placed = layout::place(self);
        let mut svg = Svg::new(placed.width, placed.height, &self.title);
        for (edge, route) in self.edges.iter().zip(&placed.routes) {
            let class = if edge.asynchronous { "edge async" } else { "edge" };
            svg.path(&curve(route), class);
            let (x, y) = *route.last().expect("a route has two ends");
            svg.path(&arrow_head(x, y), "arrow");
        }
        for (node, rect) in self.nodes.iter().zip(&placed.boxes) {
            draw_box(&mut svg, node, rect);
        }
        for (edge, place) in self.edges.iter().zip(&placed.labels) {
            if let Some((x, y)) = place {
                let width = crate::svg::text_width(&edge.label, TEXT_SIZE);
                let back = Rect {
                    x: x - width / 2.0 - 2.0,
                    y: y - TEXT_SIZE,
                    width: width + 4.0,
                    height: TEXT_SIZE + 3.0,
                };
                svg.rect(back, 2.0, "label-back");
                svg.text((*x, *y), TEXT_SIZE, Anchor::Middle, "quiet", &edge.label);
            }
        }
        svg
    }

    /// Returns the diagram as a Mermaid flowchart.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let mut out = String::from("flowchart LR\n");
        for (index, node) in self.nodes.iter().enumerate() {
            let lines: Vec<String> = node.lines.iter().map(|line| mermaid_text(line)).collect();
            let (open, close) = match node.kind {
                "store" | "cache" => ("[(", ")]"),
                "topic" => ("[[", "]]"),
                "external" => ("([", "])"),
                _ => ("[", "]"),
            };
            out.push_str(&format!("  n{index}{open}\"{}\"{close}\n", lines.join("<br/>")));
        }
        for edge in &self.edges {
            let (from, to) = (self.index(&edge.from), self.index(&edge.to));
            let arrow = if edge.asynchronous { "-.->" } else { "-->" };
            let label = match edge.label.as_str() {
                "" => String::new(),
                label => format!("|\"{}\"|", mermaid_text(label)),
            };
            out.push_str(&format!("  n{from} {arrow}{label} n{to}\n"));
        }
        out
    }

    /// Returns the position of a box.
    fn index(&self, id: &str) -> usize {
        self.nodes
            .iter()
            .position(|node| node.id == id)
            .unwrap_or_else(|| panic!("{}: no box `{id}`", self.title))
    }
}

fn mermaid_text(text: &str) -> String {
    text.replace('&', "#amp;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
}

fn draw_box(svg: &mut Svg, node: &Node, rect: &Rect) {
    svg.rect(*rect, 6.0, &format!("box {}", node.kind));
    let middle = rect.x + rect.width / 2.0;
    for (i, line) in node.lines.iter().enumerate() {
        let y = rect.y + 20.0 + i as f64 * LINE_HEIGHT;
        let (size, class) = if i == 0 { (NAME_SIZE, "name") } else { (TEXT_SIZE, "quiet") };
        svg.text((middle, y), size, Anchor::Middle, class, line);
    }
}

/// A smooth line through points that advance in x.
fn curve(route: &[(f64, f64)]) -> String {
    let (x, y) = route[0];
    let mut data = format!("M{} {}", number(x), number(y));
    for pair in route.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let bend = (x1 - x0) / 2.0;
        data.push_str(&format!(
            "C{} {} {} {} {} {}",
            number(x0 + bend),
            number(y0),
            number(x1 - bend),
            number(y1),
            number(x1),
            number(y1)
        ));
    }
    data
}

fn arrow_head(x: f64, y: f64) -> String {
    format!(
        "M{} {}L{} {}L{} {}Z",
        number(x),
        number(y),
        number(x - 8.0),
        number(y - 4.0),
        number(x - 8.0),
        number(y + 4.0)
    )
}

#[cfg(test)]
mod tests;
