//! Indexes: what counts is their structure; a name is only a name.

use std::collections::{HashMap, HashSet};

use super::change::{Change, IndexReason};
use super::enums::Swaps;
use super::expression;
use super::order::{Key, Plan, rank};
use super::tables::{LostKeys, TablePair};
use crate::dbschema::{DbSchema, Index, IndexColumn, IndexMethod, OperatorClass, Origin, SortOrder};

pub(super) fn diff(pair: &TablePair<'_>, sides: [&DbSchema; 2], swaps: &Swaps, lost: &mut LostKeys, plan: &mut Plan) {
    let [from, to] = sides;
    // A schema file that no longer manages predicates asks for whole indexes instead of the partial ones that it had.
    let comparison =
        Comparison { predicates: to.origin == Origin::Database || to.manages_predicates || from.manages_predicates };
    let matched = comparison.pair(&pair.from.indexes, &pair.to.indexes);
    let table = &pair.from.name;
    let [previous, next] = pair.positions;
    let next_columns: HashSet<&str> = pair.to.columns.iter().map(|c| c.name.as_str()).collect();
    let dropped: HashSet<&String> =
        pair.from.columns.iter().map(|c| &c.name).filter(|name| !next_columns.contains(name.as_str())).collect();
    let goes = |column: &String| pair.recreated.contains(column) || dropped.contains(column);

    let mut renames = Vec::new();
    for (nth, index) in pair.from.indexes.iter().enumerate() {
        let Some(other) = matched.get(&nth) else {
            if comparison.may_drop(index, pair) {
                if index.unique {
                    lost.key(table, index.columns.iter().map(|c| &c.name));
                }
                drop(plan, pair, nth, rank::DROP_INDEX);
            }
            continue;
        };
        let to = &pair.to.indexes[*other];
        let reason = IndexReason::Recreated;
        let again = |index: &Index, plan: &mut Plan| create(plan, pair, index, [1 + previous, next, *other], reason);
        let predicate = index.predicate.as_deref();
        if index.columns.iter().map(|column| &column.name).chain(&index.facts.include).any(goes) {
            // It goes with the column.
            if index.unique {
                lost.key(table, index.columns.iter().map(|c| &c.name));
            }
            again(to, plan);
        } else if predicate.is_some_and(|text| {
            pair.recreated.iter().chain(dropped.iter().copied()).any(|column| expression::mentions(text, column))
        }) {
            // It goes with a column of its condition, if that is what the text speaks of.
            drop(plan, pair, nth, rank::DROP_INDEX);
            again(to, plan);
        } else if predicate.is_some_and(|text| swaps.mentioned(table, text)) {
            if index.unique {
                lost.key(table, index.columns.iter().map(|c| &c.name));
            }
            drop(plan, pair, nth, rank::DROP_INDEX_EARLY);
            if to.predicate.is_some() {
                again(to, plan);
            } else {
                again(&Index { name: to.name.clone(), ..index.clone() }, plan);
            }
        } else if index.name != to.name {
            renames.push((nth, index, to));
        }
    }
    let kept: HashSet<usize> = matched.values().copied().collect();
    for (nth, index) in pair.to.indexes.iter().enumerate() {
        if !kept.contains(&nth) {
            create(plan, pair, index, [1 + previous, next, nth], IndexReason::NewIndex);
        }
    }
    rename(plan, pair, &renames, &kept);
}

fn drop(plan: &mut Plan, pair: &TablePair<'_>, nth: usize, rank: u8) {
    let change = Change::DropIndex { table: pair.from.name.clone(), index: pair.from.indexes[nth].clone() };
    plan.push(Key::nested(rank, [pair.positions[0], nth, 0]), change);
}

/// An index as somebody would write it: a catalog also tells the operator classes that come by default.
pub(super) fn written(index: &Index, origin: Origin) -> Index {
    let mut index = index.clone();
    if origin == Origin::Database && matches!(index.method, IndexMethod::BTree | IndexMethod::Hash) {
        for column in &mut index.columns {
            column.operator_class.take_if(|class| class.is_default);
        }
    }
    index
}

fn create(plan: &mut Plan, pair: &TablePair<'_>, index: &Index, positions: [usize; 3], reason: IndexReason) {
    let index = written(index, pair.origins[1]);
    let change = Change::CreateIndex { table: pair.from.name.clone(), index, reason };
    plan.push(Key::nested(rank::CREATE_INDEX, positions), change);
}

/// Renames come last, but before the creation of an index that takes the old name, and one after another where the
/// new name of one is the old name of the next. Where names go round in a circle one of them waits under a
/// temporary name.
fn rename(plan: &mut Plan, pair: &TablePair<'_>, renames: &[(usize, &Index, &Index)], kept: &HashSet<usize>) {
    let created: HashSet<&str> = (pair.to.indexes.iter().enumerate())
        .filter(|(nth, _)| !kept.contains(nth))
        .map(|(_, index)| index.name.as_str())
        .collect();
    let mut held: HashMap<&str, usize> =
        renames.iter().enumerate().map(|(i, (_, from, _))| (from.name.as_str(), i)).collect();
    let early = renames.iter().any(|(_, from, _)| created.contains(from.name.as_str()));
    let rank = if early { rank::RENAME_INDEX_EARLY } else { rank::RENAME_INDEX };
    let mut push = |step: usize, from: &Index, to: &Index| {
        let change = Change::RenameIndex { table: pair.from.name.clone(), from: from.clone(), to: to.clone() };
        plan.push(Key::nested(rank, [pair.positions[0], step, 0]), change);
    };
    let mut step = 0;
    let mut parked: Vec<(Index, &Index)> = Vec::new();
    for start in 0..renames.len() {
        // Follows the chain of names that have to become free first.
        let mut chain = Vec::new();
        let mut current = Some(start);
        while let Some(position) = current {
            let (_, from, to) = renames[position];
            if held.remove(from.name.as_str()).is_none() {
                break;
            }
            chain.push(position);
            current = held.get(to.name.as_str()).copied();
            if to.name == renames[start].1.name && position != start {
                let waiting = Index { name: format!("{}_renamed", to.name), ..(*renames[start].1).clone() };
                push(step, renames[start].1, &waiting);
                step += 1;
                parked.push((waiting, renames[start].2));
                chain.remove(0);
            }
        }
        for position in chain.into_iter().rev() {
            let (_, from, to) = renames[position];
            push(step, from, to);
            step += 1;
        }
        for (from, to) in parked.drain(..) {
            push(step, &from, to);
            step += 1;
        }
    }
}

/// What counts when two indexes are compared.
struct Comparison {
    predicates: bool,
}

/// The part of an index's structure that can be looked up.
type Shape<'a> = (bool, &'a IndexMethod, Vec<(&'a str, SortOrder)>);

impl Comparison {
    /// One to one: first those with the same name, then those with the same structure. From positions in `from` to
    /// positions in `to`.
    fn pair(&self, from: &[Index], to: &[Index]) -> HashMap<usize, usize> {
        let by_name: HashMap<&str, usize> =
            to.iter().enumerate().map(|(nth, index)| (index.name.as_str(), nth)).collect();
        let mut by_shape: HashMap<Shape<'_>, Vec<usize>> = HashMap::new();
        for (nth, index) in to.iter().enumerate() {
            by_shape.entry(shape(index)).or_default().push(nth);
        }
        let mut matched = HashMap::new();
        let mut taken = HashSet::new();
        for (nth, index) in from.iter().enumerate() {
            if let Some(&other) = by_name.get(index.name.as_str())
                && self.same(index, &to[other])
            {
                matched.insert(nth, other);
                taken.insert(other);
            }
        }
        for (nth, index) in from.iter().enumerate() {
            if matched.contains_key(&nth) {
                continue;
            }
            let candidates = by_shape.get(&shape(index)).map_or(&[][..], Vec::as_slice);
            let free = candidates.iter().find(|other| !taken.contains(*other) && self.same(index, &to[**other]));
            if let Some(other) = free {
                matched.insert(nth, *other);
                taken.insert(*other);
            }
        }
        matched
    }

    fn same(&self, a: &Index, b: &Index) -> bool {
        shape(a) == shape(b)
            && a.facts.invalid == b.facts.invalid
            && a.columns.iter().zip(&b.columns).all(|(a, b)| same_class(a, b))
            && (!self.predicates || same_predicate(a.predicate.as_deref(), b.predicate.as_deref()))
    }

    /// Whether the schema can say that an index is not wanted. What it cannot express stays, unless its name is
    /// needed.
    fn may_drop(&self, index: &Index, pair: &TablePair<'_>) -> bool {
        let expressible = pair.from.can_declare(index) || pair.origins[1] == Origin::Database;
        let managed = self.predicates || index.predicate.is_none();
        (expressible && managed) || pair.to.indexes.iter().any(|other| other.name == index.name)
    }
}

fn shape(index: &Index) -> Shape<'_> {
    let columns = index.columns.iter().map(|c| (c.name.as_str(), c.order.unwrap_or(SortOrder::Asc))).collect();
    (index.unique, &index.method, columns)
}

fn same_class(a: &IndexColumn, b: &IndexColumn) -> bool {
    match (&a.operator_class, &b.operator_class) {
        (None, None) => true,
        (Some(class), None) | (None, Some(class)) => class.is_default,
        (Some(a), Some(b)) => a.is_default && b.is_default || same_class_name(a, b),
    }
}

fn same_class_name(a: &OperatorClass, b: &OperatorClass) -> bool {
    let plain = |name: &str| name.split_whitespace().collect::<String>();
    let (a, b) = (plain(&a.name), plain(&b.name));
    let name = |text: &str| text.split('(').next().map(str::to_owned);
    // Parameters count only if both sides tell them.
    a == b || (a.contains('(') != b.contains('(') && name(&a) == name(&b))
}

fn same_predicate(a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => expression::same(a, b),
        (Some(_), None) | (None, Some(_)) => false,
    }
}
