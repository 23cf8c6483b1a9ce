//! Layered layout after Sugiyama, Tagawa and Toda (1981): layers by longest path, order by the
//! median of neighbours, long arrows through empty slots so that none crosses a box.

use super::{Diagram, LINE_HEIGHT, NAME_SIZE, TEXT_SIZE};
use crate::svg::{Rect, bold_width, text_width};

const MARGIN: f64 = 16.0;
const GAP_X: f64 = 46.0;
const GAP_Y: f64 = 26.0;
const SLOT_HEIGHT: f64 = 18.0;
const SWEEPS: usize = 12;

/// Where everything lies.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) boxes: Vec<Rect>,
    /// One line of points per arrow, left to right or, for an arrow back, right to left.
    pub(super) routes: Vec<Vec<(f64, f64)>>,
    /// The middle of the baseline of each arrow's label.
    pub(super) labels: Vec<Option<(f64, f64)>>,
}

/// A place in a layer: a box, or the passage of an arrow.
#[derive(Clone, Copy, Debug)]
struct Slot {
    layer: usize,
    width: f64,
    height: f64,
    y: f64,
}

pub(super) fn place(diagram: &Diagram) -> Placed {
    let ends: Vec<(usize, usize)> = diagram
        .edges
        .iter()
        .map(|edge| (diagram.index(&edge.from), diagram.index(&edge.to)))
        .collect();
    let layers = layers_of(diagram.nodes.len(), &ends);
    let mut slots: Vec<Slot> = diagram
        .nodes
        .iter()
        .zip(&layers)
        .map(|(node, layer)| {
            let (width, height) = box_size(&node.lines);
            Slot { layer: *layer, width, height, y: 0.0 }
        })
        .collect();
    let chains = chains(&ends, &mut slots);
    let order = order(&mut slots, &chains);
    set_heights(&mut slots, &order, &chains);
    coordinates(diagram, &slots, &order, &chains)
}

fn box_size(lines: &[String]) -> (f64, f64) {
    let width = lines
        .iter()
        .enumerate()
        .map(|(i, line)| match i {
            0 => bold_width(line, NAME_SIZE),
            _ => text_width(line, TEXT_SIZE),
        })
        .fold(60.0, f64::max);
    // Bold is about a tenth wider than the table says.
    (width * 1.05 + 20.0, 14.0 + LINE_HEIGHT * lines.len() as f64)
}

/// Longest path from a source; arrows that would close a cycle do not count.
fn layers_of(nodes: usize, ends: &[(usize, usize)]) -> Vec<usize> {
    let mut layers = vec![0; nodes];
    let forward = forward_edges(nodes, ends);
    for _ in 0..nodes {
        for (i, (from, to)) in ends.iter().enumerate() {
            if forward[i] {
                layers[*to] = layers[*to].max(layers[*from] + 1);
            }
        }
    }
    layers
}

/// Marks the arrows that a depth-first walk does not find to lead back.
fn forward_edges(nodes: usize, ends: &[(usize, usize)]) -> Vec<bool> {
    fn walk(at: usize, ends: &[(usize, usize)], state: &mut [u8], forward: &mut [bool]) {
        state[at] = 1;
        for (i, (from, to)) in ends.iter().enumerate() {
            if *from != at {
                continue;
            }
            if state[*to] == 1 {
                forward[i] = false;
            } else if state[*to] == 0 {
                walk(*to, ends, state, forward);
            }
        }
        state[at] = 2;
    }
    let (mut state, mut forward) = (vec![0; nodes], vec![true; ends.len()]);
    let entered = |node: usize| ends.iter().any(|(_, to)| *to == node);
    let (sources, rest): (Vec<usize>, Vec<usize>) = (0..nodes).partition(|n| !entered(*n));
    for node in sources.into_iter().chain(rest) {
        if state[node] == 0 {
            walk(node, ends, &mut state, &mut forward);
        }
    }
    forward
}

/// Each arrow as the slots that it passes, one per layer.
fn chains(ends: &[(usize, usize)], slots: &mut Vec<Slot>) -> Vec<Vec<usize>> {
    ends.iter()
        .map(|(from, to)| {
            let (a, b) = (slots[*from].layer, slots[*to].layer);
            let mut chain = vec![*from];
            let between: Vec<usize> =
                if a < b { (a + 1..b).collect() } else { (b + 1..a).rev().collect() };
            for layer in between {
                chain.push(slots.len());
                slots.push(Slot { layer, width: 0.0, height: SLOT_HEIGHT, y: 0.0 });
            }
            chain.push(*to);
            chain
        })
        .collect()
}

/// The slots of each layer from top to bottom.
fn order(slots: &mut [Slot], chains: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let count = slots.iter().map(|slot| slot.layer).max().unwrap_or(0) + 1;
    let mut layers = vec![Vec::new(); count];
    for (i, slot) in slots.iter().enumerate() {
        layers[slot.layer].push(i);
    }
    let mut best = layers.clone();
    let mut fewest = crossings(&layers, chains, slots);
    for sweep in 0..SWEEPS {
        let range: Vec<usize> =
            if sweep % 2 == 0 { (1..count).collect() } else { (0..count - 1).rev().collect() };
        for layer in range {
            let beside = if sweep % 2 == 0 { layer - 1 } else { layer + 1 };
            let position = positions(&layers, slots.len());
            let mut keyed: Vec<(f64, usize)> = layers[layer]
                .iter()
                .map(|slot| (mean_neighbor(*slot, beside, chains, slots, &position), *slot))
                .collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            layers[layer] = keyed.into_iter().map(|(_, slot)| slot).collect();
        }
        let now = crossings(&layers, chains, slots);
        if now < fewest {
            fewest = now;
            best.clone_from(&layers);
        }
    }
    best
}

fn positions(layers: &[Vec<usize>], slots: usize) -> Vec<f64> {
    let mut position = vec![0.0; slots];
    for layer in layers {
        for (i, slot) in layer.iter().enumerate() {
            position[*slot] = i as f64 + 0.5 - layer.len() as f64 / 2.0;
        }
    }
    position
}

fn mean_neighbor(
    slot: usize,
    beside: usize,
    chains: &[Vec<usize>],
    slots: &[Slot],
    position: &[f64],
) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for pair in chains.iter().flat_map(|chain| chain.windows(2)) {
        for (here, there) in [(pair[0], pair[1]), (pair[1], pair[0])] {
            if here == slot && slots[there].layer == beside {
                sum += position[there];
                count += 1.0;
            }
        }
    }
    if count > 0.0 { sum / count } else { position[slot] }
}

fn crossings(layers: &[Vec<usize>], chains: &[Vec<usize>], slots: &[Slot]) -> usize {
    let position = positions(layers, slots.len());
    let mut links: Vec<(usize, f64, f64)> = Vec::new();
    for pair in chains.iter().flat_map(|chain| chain.windows(2)) {
        let (a, b) = (pair[0], pair[1]);
        let (a, b) = if slots[a].layer < slots[b].layer { (a, b) } else { (b, a) };
        links.push((slots[a].layer, position[a], position[b]));
    }
    let mut count = 0;
    for (i, a) in links.iter().enumerate() {
        count +=
            links[i + 1..].iter().filter(|b| a.0 == b.0 && (a.1 - b.1) * (a.2 - b.2) < 0.0).count();
    }
    count
}

/// Stacks each layer and then pulls every slot towards its neighbours.
fn set_heights(slots: &mut [Slot], order: &[Vec<usize>], chains: &[Vec<usize>]) {
    for layer in order {
        let total: f64 = layer.iter().map(|i| slots[*i].height + GAP_Y).sum();
        let mut y = -total / 2.0;
        for i in layer {
            slots[*i].y = y + slots[*i].height / 2.0;
            y += slots[*i].height + GAP_Y;
        }
    }
    for _ in 0..20 {
        for layer in order {
            let wishes: Vec<f64> = layer.iter().map(|i| wish(*i, chains, slots)).collect();
            spread(slots, layer, &wishes);
        }
    }
}

fn wish(slot: usize, chains: &[Vec<usize>], slots: &[Slot]) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for pair in chains.iter().flat_map(|chain| chain.windows(2)) {
        for (here, there) in [(pair[0], pair[1]), (pair[1], pair[0])] {
            if here == slot && slots[there].layer != slots[slot].layer {
                sum += slots[there].y;
                count += 1.0;
            }
        }
    }
    if count > 0.0 { sum / count } else { slots[slot].y }
}

/// Moves the slots of a layer to their wishes as far as the gaps allow: down from the top, then
/// up from the bottom, and the mean of both.
fn spread(slots: &mut [Slot], layer: &[usize], wishes: &[f64]) {
    let distance =
        |slots: &[Slot], a: usize, b: usize| (slots[a].height + slots[b].height) / 2.0 + GAP_Y;
    let mut down = wishes.to_vec();
    for i in 1..layer.len() {
        down[i] = down[i].max(down[i - 1] + distance(slots, layer[i - 1], layer[i]));
    }
    let mut up = wishes.to_vec();
    for i in (1..layer.len()).rev() {
        up[i - 1] = up[i - 1].min(up[i] - distance(slots, layer[i - 1], layer[i]));
    }
    for (i, slot) in layer.iter().enumerate() {
        slots[*slot].y = f64::midpoint(down[i], up[i]);
    }
}

fn coordinates(
    diagram: &Diagram,
    slots: &[Slot],
    order: &[Vec<usize>],
    chains: &[Vec<usize>],
) -> Placed {
    let widths: Vec<f64> = order
        .iter()
        .map(|layer| layer.iter().map(|i| slots[*i].width).fold(0.0, f64::max))
        .collect();
    let gaps = label_gaps(diagram, slots, chains, order.len());
    let mut left = vec![MARGIN; order.len()];
    for layer in 1..order.len() {
        left[layer] = left[layer - 1] + widths[layer - 1] + GAP_X + gaps[layer - 1];
    }
    let top = slots.iter().map(|s| s.y - s.height / 2.0).fold(f64::INFINITY, f64::min);
    let bottom = slots.iter().map(|s| s.y + s.height / 2.0).fold(f64::NEG_INFINITY, f64::max);
    let shift = MARGIN - top;
    let boxes: Vec<Rect> = slots[..diagram.nodes.len()]
        .iter()
        .map(|slot| Rect {
            x: left[slot.layer] + (widths[slot.layer] - slot.width) / 2.0,
            y: slot.y - slot.height / 2.0 + shift,
            width: slot.width,
            height: slot.height,
        })
        .collect();
    let mut placed = Placed {
        width: left.last().copied().unwrap_or(MARGIN)
            + widths.last().copied().unwrap_or(0.0)
            + MARGIN,
        height: bottom + shift + MARGIN,
        boxes,
        routes: Vec::new(),
        labels: Vec::new(),
    };
    for chain in chains {
        placed.routes.push(route(chain, slots, &placed.boxes, &left, &widths, shift));
    }
    labels(diagram, slots, chains, &left, &widths, &mut placed);
    placed
}

fn route(
    chain: &[usize],
    slots: &[Slot],
    boxes: &[Rect],
    left: &[f64],
    widths: &[f64],
    shift: f64,
) -> Vec<(f64, f64)> {
    let (from, to) = (chain[0], chain[chain.len() - 1]);
    let back = slots[from].layer > slots[to].layer;
    let end = |i: usize, leaving: bool| {
        let rect: &Rect = &boxes[i];
        let right = leaving != back;
        (if right { rect.x + rect.width } else { rect.x }, rect.y + rect.height / 2.0)
    };
    let mut points = vec![end(from, true)];
    for slot in &chain[1..chain.len() - 1] {
        let layer = slots[*slot].layer;
        let y = slots[*slot].y + shift;
        let (near, far) = (left[layer], left[layer] + widths[layer]);
        points.push((if back { far } else { near }, y));
        points.push((if back { near } else { far }, y));
    }
    points.push(end(to, false));
    points
}

/// How much wider than [`GAP_X`] each gap must be for the labels that lie in it.
fn label_gaps(diagram: &Diagram, slots: &[Slot], chains: &[Vec<usize>], layers: usize) -> Vec<f64> {
    let mut gaps: Vec<f64> = vec![0.0; layers];
    for (edge, chain) in diagram.edges.iter().zip(chains) {
        let gap = slots[chain[0]].layer.min(slots[chain[1]].layer);
        gaps[gap] = gaps[gap].max(text_width(&edge.label, TEXT_SIZE));
    }
    gaps
}

/// Puts each label into the first gap of its arrow and pushes labels of a gap apart.
fn labels(
    diagram: &Diagram,
    slots: &[Slot],
    chains: &[Vec<usize>],
    left: &[f64],
    widths: &[f64],
    placed: &mut Placed,
) {
    placed.labels = vec![None; diagram.edges.len()];
    for gap in 0..left.len() {
        let mut wishes: Vec<(f64, usize)> = (0..chains.len())
            .filter(|i| !diagram.edges[*i].label.is_empty())
            .filter(|i| slots[chains[*i][0]].layer.min(slots[chains[*i][1]].layer) == gap)
            .map(|i| {
                let (a, b) = (placed.routes[i][0], placed.routes[i][1]);
                (f64::midpoint(a.1, b.1), i)
            })
            .collect();
        wishes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut lowest = f64::NEG_INFINITY;
        for (y, i) in wishes {
            let y = y.max(lowest + LINE_HEIGHT);
            lowest = y;
            let next = left.get(gap + 1).copied().unwrap_or(placed.width);
            let x = f64::midpoint(left[gap] + widths[gap], next);
            placed.labels[i] = Some((x, y + TEXT_SIZE * 0.35));
            placed.height = placed.height.max(y + MARGIN);
        }
    }
}
