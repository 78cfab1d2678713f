//! How high each box and passing line stands, its column and the order there given.

use super::order::{Item, Order};
use super::whole;

/// How often the columns are gone through.
const SWEEPS: usize = 24;

/// How much a piece of a line wants to be level, by the number of passages at its ends: long lines first.
const STRAIGHT: [f64; 3] = [1.0, 3.0, 8.0];

/// The upper side of each item.
pub(super) fn tops(columns: &Order) -> Vec<i32> {
    let mut tops = vec![0.0; columns.items.len()];
    for column in 0..columns.columns.len() {
        settle(columns, column, &[], &mut tops);
    }
    for sweep in 0..SWEEPS {
        let sides: &[bool] = match sweep {
            _ if sweep + 4 >= SWEEPS => &[true, false],
            _ if sweep % 2 == 0 => &[true],
            _ => &[false],
        };
        let mut order: Vec<usize> = (0..columns.columns.len()).collect();
        if sweep % 2 == 1 {
            order.reverse();
        }
        for column in order {
            settle(columns, column, sides, &mut tops);
        }
    }
    let mut tops: Vec<i32> = tops.into_iter().map(whole).collect();
    for column in 0..columns.columns.len() {
        part(columns, column, &mut tops);
    }
    straighten(columns, &mut tops);
    let highest = tops.iter().min().copied().unwrap_or_default();
    tops.iter().map(|top| top - highest).collect()
}

/// Moves the items of a column as near as possible to where their lines to the columns on these sides would be level, in
/// the sense of least squares, without changing their order: neighbours that would come too near to each other move as a
/// block ("pool adjacent violators", M. Ayer and others, "An empirical distribution function for sampling with incomplete
/// information", 1955).
fn settle(columns: &Order, column: usize, sides: &[bool], tops: &mut [f64]) {
    let items = &columns.columns[column];
    let mut offset = 0.0;
    // Blocks: weight, sum of weighted places, number of items.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    let mut offsets = Vec::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            offset += f64::from(columns.step(items[at - 1], *item));
        }
        offsets.push(offset);
        let (mut weight, mut sum) = (0.01, 0.01 * tops[*item]);
        for on_left in sides {
            for (own, (other, y)) in columns.pieces(*item, *on_left) {
                let passages = [*item, *other].iter().filter(|item| is_passage(columns, **item)).count();
                let pull = STRAIGHT[passages];
                weight += pull;
                sum += pull * (tops[*other] + f64::from(*y) - f64::from(*own));
            }
        }
        blocks.push((weight, sum - weight * offset, 1));
        while let [.., (weight, sum, count), (below, sum_below, count_below)] = blocks[..]
            && sum / weight > sum_below / below
        {
            blocks.truncate(blocks.len() - 2);
            blocks.push((weight + below, sum + sum_below, count + count_below));
        }
    }
    let mut at = 0;
    for (weight, sum, count) in blocks {
        for _ in 0..count {
            tops[items[at]] = sum / weight + offsets[at];
            at += 1;
        }
    }
}

fn is_passage(columns: &Order, item: usize) -> bool {
    matches!(columns.items[item], Item::Passage(_))
}

/// Rounding may have brought neighbours a pixel too near.
fn part(columns: &Order, column: usize, tops: &mut [i32]) {
    for pair in columns.columns[column].windows(2) {
        tops[pair[1]] = tops[pair[1]].max(tops[pair[0]] + columns.step(pair[0], pair[1]));
    }
}

/// Lines that are nearly level become so where there is room: passages from left to right, then from right to left.
fn straighten(columns: &Order, tops: &mut [i32]) {
    let count = columns.columns.len();
    for (column, on_left) in
        (0..count).map(|column| (column, true)).chain((0..count).rev().map(|column| (column, false)))
    {
        let items = &columns.columns[column];
        for (at, item) in items.iter().enumerate() {
            if !is_passage(columns, *item) {
                continue;
            }
            let [(own, (other, y)), ..] = columns.pieces(*item, on_left) else { continue };
            let wanted = tops[*other] + y - own;
            let lowest =
                at.checked_sub(1).map_or(i32::MIN, |above| tops[items[above]] + columns.step(items[above], *item));
            let highest = items.get(at + 1).map_or(i32::MAX, |below| tops[*below] - columns.step(*item, *below));
            let settled = on_left
                || columns.pieces(*item, true).iter().all(|(own, (other, y))| tops[*other] + y - own != tops[*item]);
            if settled && (lowest..=highest).contains(&wanted) {
                tops[*item] = wanted;
            }
        }
    }
}

/// The farthest that a line's end may be from the middle of its row, so that the line is level.
const NEARLY: i32 = 5;

/// Moves ends of lines a little where that makes them level, unless another line ends there.
pub(super) fn level(columns: &mut Order, tops: &[i32]) {
    let mut ends: Vec<(usize, i32)> = columns.gaps.iter().flatten().map(|piece| piece.right).collect();
    let first_ends = columns.gaps.iter().flatten().map(|piece| piece.left).collect::<Vec<_>>();
    for gap in 0..columns.gaps.len() {
        for at in 0..columns.gaps[gap].len() {
            let piece = columns.gaps[gap][at];
            let (item, y) = piece.right;
            let wanted = tops[piece.left.0] + piece.left.1 - tops[item];
            let is_near = |other: &&(usize, i32)| other.0 == item && (other.1 - wanted).abs() < 2 * NEARLY;
            let alone = ends.iter().filter(is_near).count() <= 1 && !first_ends.contains(&piece.right);
            if is_passage(columns, item) || wanted == y || (wanted - y).abs() > NEARLY || !alone {
                continue;
            }
            let moved = (item, wanted);
            ends.iter_mut().filter(|end| **end == piece.right).for_each(|end| *end = moved);
            columns.gaps[gap][at].right = moved;
            let of_net = columns.ways.iter_mut().filter(|way| way.net == piece.net);
            for place in of_net.filter_map(|way| way.places.last_mut()).filter(|place| **place == piece.right) {
                *place = moved;
            }
        }
    }
}
