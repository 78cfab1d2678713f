//! The way of each line: level through the columns, upright between them.

use super::order::{Item, Order, Piece};
use super::{Edge, Part, Point, Rect, Size};

/// Room beside a box for the mark at the end of a line.
const MARK: i32 = 26;

/// Distance of two upright pieces.
const TRACK: i32 = 11;

/// Distance of the uprights of lines from a box to itself.
const LOOP: i32 = 10;

/// How often the order of what goes upright between two columns is improved.
const ROUNDS: usize = 12;

/// What goes upright between two columns at one place.
struct Upright {
    net: usize,
    /// Where it comes from the left.
    left: Vec<i32>,
    /// Where it goes on to the right.
    right: Vec<i32>,
    top: i32,
    bottom: i32,
}

pub(super) fn draw(nodes: &[Size], edges: &[Edge], columns: &Order, tops: &[i32]) -> Part {
    let mut part = Part::default();
    let mut lefts = Vec::new();
    // Where each item is: its column, and the box if it is one.
    let mut places: Vec<(usize, Option<Rect>)> = vec![(0, None); columns.items.len()];
    let mut tracks: Vec<Vec<(usize, i32)>> = Vec::new();
    let mut x = 0;
    for (column, items) in columns.columns.iter().enumerate() {
        lefts.push(x);
        for item in items {
            places[*item].0 = column;
        }
        let boxes = items.iter().filter_map(|item| match columns.items[*item] {
            Item::Box(node) => Some((*item, node)),
            Item::Passage(_) => None,
        });
        let boxes: Vec<(usize, usize)> = boxes.collect();
        // Boxes of a column are equally wide, so that lines need not run along their sides.
        let width = boxes.iter().map(|(_, node)| nodes[*node].width).max().unwrap_or_default();
        let mut loops = 0;
        for (item, node) in &boxes {
            let rect = Rect { x, y: tops[*item], width, height: nodes[*node].height };
            let mut own: Vec<usize> =
                columns.loops.iter().filter(|(_, of)| of == item).map(|(edge, _)| *edge).collect();
            // The shorter stand within the longer.
            own.sort_by_key(|edge| ((edges[*edge].first.y - edges[*edge].second.y).abs(), *edge));
            let mut beside = 0;
            for edge in own {
                let right = x + width;
                let out = right + MARK + beside * LOOP;
                let (from, to) = (rect.y + edges[edge].first.y, rect.y + edges[edge].second.y);
                part.lines.push((edge, vec![(right, from), (out, from), (out, to), (right, to)]));
                beside += 1;
            }
            loops = loops.max(beside);
            places[*item].1 = Some(rect);
            part.boxes.push((*node, rect));
        }
        x += width;
        let loops = if loops > 0 { MARK + (loops - 1) * LOOP } else { 0 };
        part.width = x + loops;
        let Some(pieces) = columns.gaps.get(column) else { continue };
        let uprights = in_order(uprights(pieces, tops));
        let numbers = numbers(&uprights);
        let begin = x + MARK.max(loops + TRACK);
        let used = numbers.iter().max().map_or(0, |most| most + 1);
        tracks.push(uprights.iter().zip(&numbers).map(|(one, number)| (one.net, begin + number * TRACK)).collect());
        x = begin + (used - 1).max(0) * TRACK + MARK;
    }
    part.height = part.boxes.iter().map(|(_, rect)| rect.y + rect.height).max().unwrap_or_default();
    for way in &columns.ways {
        let mut points = line(&way.places, way.net, &lefts, &tracks, &places, tops);
        if way.turned {
            points.reverse();
        }
        part.lines.push((way.edge, points));
    }
    let lowest = part.lines.iter().flat_map(|(_, points)| points).map(|(_, y)| *y).max().unwrap_or_default();
    part.height = part.height.max(lowest);
    part
}

/// The corners of a line.
fn line(
    way: &[(usize, i32)],
    net: usize,
    lefts: &[i32],
    tracks: &[Vec<(usize, i32)>],
    places: &[(usize, Option<Rect>)],
    tops: &[i32],
) -> Vec<Point> {
    let (first, rect) = places[way[0].0];
    let y = |(item, y): (usize, i32)| tops[item] + y;
    let begin = rect.map_or(lefts[first], |rect| rect.x + rect.width);
    let mut points = vec![(begin, y(way[0]))];
    for (gap, pair) in (first..).zip(way.windows(2)) {
        let (from, to) = (y(pair[0]), y(pair[1]));
        if from != to {
            let track = tracks[gap].iter().find(|(other, _)| *other == net).map_or(begin, |(_, x)| *x);
            points.push((track, from));
            points.push((track, to));
        }
    }
    let last = way[way.len() - 1];
    points.push((lefts[first + way.len() - 1], y(last)));
    points
}

/// What goes upright in a gap. Level pieces need no place.
fn uprights(pieces: &[Piece], tops: &[i32]) -> Vec<Upright> {
    let mut uprights: Vec<Upright> = Vec::new();
    for piece in pieces {
        let (left, right) = (tops[piece.left.0] + piece.left.1, tops[piece.right.0] + piece.right.1);
        match uprights.iter_mut().find(|one| one.net == piece.net) {
            Some(one) => {
                one.right.push(right);
                one.top = one.top.min(right);
                one.bottom = one.bottom.max(right);
            }
            None => uprights.push(Upright {
                net: piece.net,
                left: vec![left],
                right: vec![right],
                top: left.min(right),
                bottom: left.max(right),
            }),
        }
    }
    uprights.retain(|one| one.top < one.bottom);
    uprights
}

/// From left to right so that few lines cross: each is put where it is least in the way of the others, as long as that helps.
fn in_order(mut uprights: Vec<Upright>) -> Vec<Upright> {
    // Those that go down stand the more to the left the deeper they begin, those that go up the higher.
    uprights.sort_by_key(|one| {
        let goes_down = one.left.iter().all(|y| *y <= one.top);
        (if goes_down { -one.left[0] } else { one.left[0] }, one.net)
    });
    for _ in 0..ROUNDS {
        let mut better = false;
        for at in 0..uprights.len() {
            // What it costs more to stand before each of the others, seen from its place.
            let extra = |other: usize| cost(&uprights[at], &uprights[other]) - cost(&uprights[other], &uprights[at]);
            let mut best = (0, at);
            let mut sum = 0;
            for to in (0..at).rev() {
                sum += extra(to);
                best = best.min((sum, to));
            }
            sum = 0;
            for to in at + 1..uprights.len() {
                sum -= extra(to);
                if sum < best.0 {
                    best = (sum, to);
                }
            }
            if best.0 < 0 {
                let one = uprights.remove(at);
                uprights.insert(best.1, one);
                better = true;
            }
        }
        if !better {
            break;
        }
    }
    uprights
}

/// How bad it is that one stands left of the other: crossings, and much more what would lie upon each other.
fn cost(left: &Upright, right: &Upright) -> i64 {
    let within = |y: i32, one: &Upright| one.top < y && y < one.bottom;
    let crossings = left.right.iter().filter(|y| within(**y, right)).count()
        + right.left.iter().filter(|y| within(**y, left)).count();
    let upon = left.right.iter().filter(|y| right.left.iter().any(|other| (**y - other).abs() < 4)).count();
    i64::try_from(crossings + 1000 * upon).unwrap_or(i64::MAX / 2)
}

/// The number of the track of each, counted from the left; those that are not beside each other may have the same.
fn numbers(uprights: &[Upright]) -> Vec<i32> {
    let mut numbers: Vec<i32> = Vec::new();
    for (at, one) in uprights.iter().enumerate() {
        let beside = |other: &Upright| one.top <= other.bottom + TRACK && other.top <= one.bottom + TRACK;
        let before =
            uprights[..at].iter().zip(&numbers).filter(|(other, _)| beside(other)).map(|(_, number)| number + 1);
        numbers.push(before.max().unwrap_or_default());
    }
    numbers
}
