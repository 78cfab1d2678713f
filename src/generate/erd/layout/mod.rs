//! Where boxes stand and lines run: in columns, so that what is referenced stands left of what references it where that is
//! possible (K. Sugiyama and others, "Methods for visual understanding of hierarchical system structures", 1981).
//!
//! No library is used: those for Rust know nothing of lines that begin at a row of a box, or give no way around boxes. A
//! line crosses a column only through a place of its own between the boxes, and changes its height only between two columns;
//! that is why it crosses no box. Lines that begin at the same point share their way as far as it is the same.

mod lines;
mod order;
mod pack;
mod place;
mod ranks;

use order::Order;

/// A box. Lengths are pixels, downwards and to the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) width: i32,
    pub(super) height: i32,
}

/// A line's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Port {
    /// Position of the box.
    pub(super) node: usize,
    /// Distance from the upper side of the box.
    pub(super) y: i32,
    /// Lines whose first ends have the same number begin at the same point.
    pub(super) point: usize,
}

/// A line from the left to the right if that is possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) first: Port,
    pub(super) second: Port,
}

/// A box in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Rect {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// A corner or end of a line.
pub(super) type Point = (i32, i32);

/// Where everything is.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub(super) width: i32,
    pub(super) height: i32,
    /// In the order of the boxes.
    pub(super) boxes: Vec<Rect>,
    /// In the order of the edges; horizontal and vertical in turn, from the first end to the second.
    pub(super) lines: Vec<Vec<Point>>,
}

/// Distance of two boxes in a column.
const BETWEEN_BOXES: i32 = 34;

/// Room around everything.
const MARGIN: i32 = 32;

/// How much wider than high a drawing should be.
const ASPECT: f64 = 1.5;

/// Finds a place for everything.
pub(super) fn layout(nodes: &[Size], edges: &[Edge]) -> Layout {
    let mut parts = Vec::new();
    for component in pack::components(nodes.len(), edges) {
        parts.push(best(nodes, edges, &component));
    }
    pack::pack(nodes.len(), edges.len(), parts)
}

/// A drawing of boxes that hang together.
#[derive(Default)]
struct Part {
    width: i32,
    height: i32,
    boxes: Vec<(usize, Rect)>,
    lines: Vec<(usize, Vec<Point>)>,
}

/// Columns of different heights are tried; the drawing with the least paper and ink wins.
fn best(nodes: &[Size], edges: &[Edge], component: &pack::Component) -> Part {
    let area: f64 = component.nodes.iter().map(|node| area(nodes[*node])).sum();
    let tallest = component.nodes.iter().map(|node| nodes[*node].height).max().unwrap_or_default();
    let ideal = (area / ASPECT).sqrt();
    let mut limits: Vec<i32> = [0.7, 0.85, 1.0, 1.2, 1.5].map(|factor| tallest.max(whole(ideal * factor))).into();
    limits.dedup();
    let drawings = limits.into_iter().map(|limit| draw(nodes, edges, component, limit));
    let mut best: Option<(f64, Part)> = None;
    for part in drawings {
        let cost = cost(&part);
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, part));
        }
    }
    best.map(|(_, part)| part).unwrap_or_default()
}

/// Length of all lines, a corner as so much more, and the side of a sheet of the wanted shape that holds the drawing.
fn cost(part: &Part) -> f64 {
    let length = |points: &[Point]| {
        points
            .windows(2)
            .map(|pair| f64::from((pair[0].0 - pair[1].0).abs() + (pair[0].1 - pair[1].1).abs()))
            .sum::<f64>()
    };
    let corners = |points: &[Point]| f64::from(u32::try_from(points.len()).unwrap_or(u32::MAX)) * 40.0;
    let ink: f64 = part.lines.iter().map(|(_, points)| length(points) + corners(points)).sum();
    let sheet = f64::from(part.width).max(f64::from(part.height) * ASPECT);
    ink + sheet * f64::from(u32::try_from(part.boxes.len()).unwrap_or(u32::MAX))
}

fn draw(nodes: &[Size], edges: &[Edge], component: &pack::Component, limit: i32) -> Part {
    let ranks = ranks::ranks(nodes, edges, component, limit);
    let mut columns = Order::new(nodes, edges, component, &ranks);
    columns.reduce_crossings();
    let tops = place::tops(&columns);
    place::level(&mut columns, &tops);
    lines::draw(nodes, edges, &columns, &tops)
}

/// The paper that a box needs.
fn area(size: Size) -> f64 {
    f64::from(size.width + 90) * f64::from(size.height + BETWEEN_BOXES)
}

/// To whole pixels.
#[expect(clippy::cast_possible_truncation, reason = "drawings are smaller than two thousand million pixels")]
fn whole(length: f64) -> i32 {
    length.round() as i32
}
