//! Drawings of boxes that hang together, side by side on one sheet.

use super::{ASPECT, BETWEEN_BOXES, Edge, Layout, MARGIN, Part, Rect, whole};

/// Boxes that hang together, and the lines between them.
pub(super) struct Component {
    pub(super) nodes: Vec<usize>,
    pub(super) edges: Vec<usize>,
}

/// The components in the order of their first boxes.
pub(super) fn components(count: usize, edges: &[Edge]) -> Vec<Component> {
    let mut parent: Vec<usize> = (0..count).collect();
    for edge in edges {
        let (a, b) = (root(&mut parent, edge.first.node), root(&mut parent, edge.second.node));
        let (low, high) = (a.min(b), a.max(b));
        parent[high] = low;
    }
    let mut components: Vec<Component> =
        (0..count).map(|_| Component { nodes: Vec::new(), edges: Vec::new() }).collect();
    for node in 0..count {
        components[root(&mut parent, node)].nodes.push(node);
    }
    for (position, edge) in edges.iter().enumerate() {
        components[root(&mut parent, edge.first.node)].edges.push(position);
    }
    components.retain(|component| !component.nodes.is_empty());
    components
}

fn root(parent: &mut [usize], mut node: usize) -> usize {
    while parent[node] != node {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    node
}

/// Puts the parts into rows, the highest first, each where it makes the sheet least high.
pub(super) fn pack(nodes: usize, edges: usize, mut parts: Vec<Part>) -> Layout {
    let gap = BETWEEN_BOXES;
    parts.sort_by_key(|part| std::cmp::Reverse(part.height));
    let area: f64 = parts.iter().map(|part| f64::from(part.width + gap) * f64::from(part.height + gap)).sum();
    let widest = parts.iter().map(|part| part.width).max().unwrap_or_default();
    let width = widest.max(whole((area * ASPECT).sqrt())) + gap;
    let mut layout =
        Layout { boxes: vec![Rect::default(); nodes], lines: vec![Vec::new(); edges], ..Layout::default() };
    // The lower edge of what is placed, from left to right: x where a step begins, and its height.
    let mut skyline = vec![(0, 0)];
    for part in parts {
        let (x, y) = lowest(&skyline, part.width + gap, width);
        cover(&mut skyline, x, part.width + gap, y + part.height + gap);
        let (dx, dy) = (x + MARGIN, y + MARGIN);
        layout.width = layout.width.max(dx + part.width + MARGIN);
        layout.height = layout.height.max(dy + part.height + MARGIN);
        for (node, rect) in part.boxes {
            layout.boxes[node] = Rect { x: rect.x + dx, y: rect.y + dy, ..rect };
        }
        for (edge, points) in part.lines {
            layout.lines[edge] = points.into_iter().map(|(x, y)| (x + dx, y + dy)).collect();
        }
    }
    layout
}

/// The highest place on the sheet, and of several the leftmost, for something of this width.
fn lowest(skyline: &[(i32, i32)], need: i32, width: i32) -> (i32, i32) {
    let mut best: Option<(i32, i32)> = None;
    for (at, (x, _)) in skyline.iter().enumerate() {
        if *x > 0 && x + need > width {
            continue;
        }
        let under = skyline[at..].iter().take_while(|(begin, _)| *begin < x + need);
        let y = under.map(|(_, height)| *height).max().unwrap_or_default();
        if best.is_none_or(|(_, least)| y < least) {
            best = Some((*x, y));
        }
    }
    best.unwrap_or_default()
}

/// Something of this width now reaches down to `height`.
fn cover(skyline: &mut Vec<(i32, i32)>, x: i32, width: i32, height: i32) {
    let end = x + width;
    let after = skyline.iter().rev().find(|(begin, _)| *begin <= end).map_or(0, |(_, height)| *height);
    skyline.retain(|(begin, _)| *begin < x || *begin > end);
    skyline.push((x, height));
    skyline.push((end, after));
    skyline.sort_unstable();
}
