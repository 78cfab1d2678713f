//! The order of boxes and passing lines within their columns.

use std::collections::BTreeMap;

use super::pack::Component;
use super::{BETWEEN_BOXES, Edge, Size};

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    /// A box, by its position.
    Box(usize),
    /// A line that passes, by its net.
    Passage(usize),
}

/// An end of a piece of a line: an item, and the distance from its upper side.
pub(super) type Place = (usize, i32);

/// A piece of a line between two neighbouring columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) net: usize,
    pub(super) left: Place,
    pub(super) right: Place,
}

/// The way of a line: the places that it passes from left to right, and whether its first end is the right one.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) edge: usize,
    pub(super) net: usize,
    pub(super) places: Vec<Place>,
    pub(super) turned: bool,
}

/// The columns of a component, with what stands in them.
pub(super) struct Order {
    /// Items by number.
    pub(super) items: Vec<Item>,
    /// The height of each item.
    pub(super) heights: Vec<i32>,
    /// Numbers of items in each column, from above.
    pub(super) columns: Vec<Vec<usize>>,
    /// Pieces between each column and the next.
    pub(super) gaps: Vec<Vec<Piece>>,
    /// The lines between different boxes.
    pub(super) ways: Vec<Way>,
    /// Lines from a box to itself: edge and item.
    pub(super) loops: Vec<(usize, usize)>,
    /// For each item the pieces that end there from the left, and that begin there: own distance, other place.
    from_left: Vec<Vec<(i32, Place)>>,
    to_right: Vec<Vec<(i32, Place)>>,
}

/// The height of a passing line.
const PASSAGE: i32 = 2;

/// How often the columns are gone through.
const SWEEPS: usize = 16;

impl Order {
    pub(super) fn new(nodes: &[Size], edges: &[Edge], component: &Component, ranks: &[usize]) -> Self {
        let count = component.nodes.iter().map(|node| ranks[*node] + 1).max().unwrap_or_default();
        let mut columns = Self {
            items: Vec::new(),
            heights: Vec::new(),
            columns: vec![Vec::new(); count],
            gaps: vec![Vec::new(); count.saturating_sub(1)],
            ways: Vec::new(),
            loops: Vec::new(),
            from_left: Vec::new(),
            to_right: Vec::new(),
        };
        let mut item_of = BTreeMap::new();
        for node in &component.nodes {
            let item = columns.add(Item::Box(*node), ranks[*node], nodes[*node].height);
            item_of.insert(*node, item);
        }
        columns.add_lines(edges, component, ranks, &item_of);
        columns.connect();
        columns
    }

    fn add(&mut self, item: Item, column: usize, height: i32) -> usize {
        self.items.push(item);
        self.heights.push(height);
        self.columns[column].push(self.items.len() - 1);
        self.items.len() - 1
    }

    /// Lines that leave a box at the same point are one net: they share the passages.
    fn add_lines(&mut self, edges: &[Edge], component: &Component, ranks: &[usize], item_of: &BTreeMap<usize, usize>) {
        let mut nets: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for edge in component.edges.iter().copied() {
            let Edge { first, second } = edges[edge];
            if first.node == second.node {
                self.loops.push((edge, item_of[&first.node]));
            } else if ranks[first.node] < ranks[second.node] {
                nets.entry((0, first.point)).or_default().push(edge);
            } else {
                nets.entry((1, second.point)).or_default().push(edge);
            }
        }
        for (net, ((turned, _), members)) in nets.into_iter().enumerate() {
            let turned = turned == 1;
            let ends = |edge: usize| {
                let Edge { first, second } = edges[edge];
                if turned { (second, first) } else { (first, second) }
            };
            let Some(left) = members.first().map(|edge| ends(*edge).0) else { continue };
            let from = ranks[left.node];
            let last = members.iter().map(|edge| ranks[ends(*edge).1.node]).max().unwrap_or(from);
            let mut chain = vec![(item_of[&left.node], left.y)];
            for column in from + 1..last {
                let item = self.add(Item::Passage(net), column, PASSAGE);
                let place = (item, PASSAGE / 2);
                self.gaps[column - 1].push(Piece { net, left: chain[chain.len() - 1], right: place });
                chain.push(place);
            }
            for edge in members {
                let right = ends(edge).1;
                let before = ranks[right.node] - 1;
                let place = (item_of[&right.node], right.y);
                self.gaps[before].push(Piece { net, left: chain[before - from], right: place });
                let places = chain[..=before - from].iter().copied().chain([place]).collect();
                self.ways.push(Way { edge, net, places, turned });
            }
        }
    }

    fn connect(&mut self) {
        self.from_left = vec![Vec::new(); self.items.len()];
        self.to_right = vec![Vec::new(); self.items.len()];
        for piece in self.gaps.iter().flatten() {
            self.to_right[piece.left.0].push((piece.left.1, piece.right));
            self.from_left[piece.right.0].push((piece.right.1, piece.left));
        }
    }

    /// The pieces of an item on one side: own distance, other place.
    pub(super) fn pieces(&self, item: usize, on_left: bool) -> &[(i32, Place)] {
        if on_left { &self.from_left[item] } else { &self.to_right[item] }
    }

    /// The least distance between the upper sides of two neighbours in a column.
    pub(super) fn step(&self, upper: usize, lower: usize) -> i32 {
        let between = match (self.items[upper], self.items[lower]) {
            (Item::Box(_), Item::Box(_)) => BETWEEN_BOXES,
            (Item::Passage(_), Item::Passage(_)) => 12,
            (Item::Box(_), Item::Passage(_)) | (Item::Passage(_), Item::Box(_)) => 16,
        };
        self.heights[upper] + between
    }

    /// Sorts the columns so that few lines cross: each item goes where its neighbours on one side are on average, from left
    /// to right and back, as long as it helps.
    pub(super) fn reduce_crossings(&mut self) {
        let mut tops = vec![0; self.items.len()];
        for column in 0..self.columns.len() {
            self.stack(column, &mut tops);
        }
        let mut best = (self.crossings(&tops), self.columns.clone());
        for sweep in 0..SWEEPS {
            let rightwards = sweep % 2 == 0;
            let mut order: Vec<usize> = (0..self.columns.len()).collect();
            if !rightwards {
                order.reverse();
            }
            for column in order {
                self.sort(column, rightwards, sweep % 4 >= 2, &mut tops);
            }
            let crossings = self.crossings(&tops);
            if crossings < best.0 {
                best = (crossings, self.columns.clone());
            }
            if best.0 == 0 {
                break;
            }
        }
        self.columns = best.1;
        for column in 0..self.columns.len() {
            self.stack(column, &mut tops);
        }
        self.exchange(&mut tops);
    }

    /// Puts the items of a column one below the other, the middle of all at zero.
    fn stack(&self, column: usize, tops: &mut [i32]) {
        let items = &self.columns[column];
        let mut y = 0;
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                y += self.step(items[at - 1], *item);
            }
            tops[*item] = y;
        }
        let height = items.last().map_or(0, |last| y + self.heights[*last]);
        for item in items {
            tops[*item] -= height / 2;
        }
    }

    fn sort(&mut self, column: usize, on_left: bool, equals_reversed: bool, tops: &mut [i32]) {
        let middle = |item: usize| {
            let pieces = self.pieces(item, on_left);
            let total: i32 = pieces.iter().map(|(own, (other, at))| tops[*other] + at - own).sum();
            match i32::try_from(pieces.len()) {
                Ok(count) if count > 0 => total / count + self.heights[item] / 2,
                _ => tops[item] + self.heights[item] / 2,
            }
        };
        let mut keyed: Vec<(i32, usize)> = self.columns[column].iter().map(|item| (middle(*item), *item)).collect();
        if equals_reversed {
            keyed.reverse();
        }
        keyed.sort_by_key(|(key, _)| *key);
        self.columns[column] = keyed.into_iter().map(|(_, item)| item).collect();
        self.stack(column, tops);
    }

    fn crossings(&self, tops: &[i32]) -> usize {
        self.gaps.iter().map(|pieces| crossings_of(pieces, tops)).sum()
    }

    /// Exchanges neighbours where that takes crossings away.
    fn exchange(&mut self, tops: &mut [i32]) {
        for _ in 0..SWEEPS {
            let mut better = false;
            for column in 0..self.columns.len() {
                for at in 1..self.columns[column].len() {
                    let (upper, lower) = (self.columns[column][at - 1], self.columns[column][at]);
                    if self.crossings_between(lower, upper, tops) < self.crossings_between(upper, lower, tops) {
                        self.columns[column].swap(at - 1, at);
                        better = true;
                    }
                }
                self.stack(column, tops);
            }
            if !better {
                break;
            }
        }
    }

    /// How often lines of two items cross if the one is above the other.
    fn crossings_between(&self, upper: usize, lower: usize, tops: &[i32]) -> usize {
        let at = |(_, (other, y)): &(i32, Place)| tops[*other] + y;
        let on_side = |on_left: bool| -> usize {
            let below = self.pieces(lower, on_left);
            let of_one = |piece| below.iter().filter(|other| at(other) < at(piece)).count();
            self.pieces(upper, on_left).iter().map(of_one).sum()
        };
        on_side(true) + on_side(false)
    }
}

/// How many pairs of pieces cross: pairs that are in another order on the right than on the left.
fn crossings_of(pieces: &[Piece], tops: &[i32]) -> usize {
    let at = |(item, y): Place| tops[item] + y;
    let mut ends: Vec<(i32, i32)> = pieces.iter().map(|piece| (at(piece.left), at(piece.right))).collect();
    ends.sort_unstable();
    let mut rights: Vec<i32> = ends.iter().map(|(_, right)| *right).collect();
    rights.sort_unstable();
    rights.dedup();
    // A Fenwick tree over the right ends.
    let mut tree = vec![0_usize; rights.len() + 1];
    let mut crossings = 0;
    for (seen, (_, right)) in ends.iter().enumerate() {
        let position = rights.partition_point(|other| other < right) + 1;
        let mut not_above = 0;
        let mut index = position;
        while index > 0 {
            not_above += tree[index];
            index -= index & index.wrapping_neg();
        }
        crossings += seen - not_above;
        let mut index = position;
        while index < tree.len() {
            tree[index] += 1;
            index += index & index.wrapping_neg();
        }
    }
    crossings
}
