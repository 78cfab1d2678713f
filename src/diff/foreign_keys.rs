//! Foreign keys: what counts is their structure; a name is only a name.

use std::collections::{HashMap, HashSet};

use super::Side;
use super::change::Change;
use super::enums::Swaps;
use super::order::{Key, Plan, rank};
use super::tables::{LostKeys, TablePair};
use crate::dbschema::{ForeignKey, ForeignKeyAction, Origin, QualifiedName, Table};

/// What makes foreign keys go that would stay otherwise, or go earlier.
pub(super) struct Context<'a> {
    pub(super) lost: &'a LostKeys,
    pub(super) swaps: &'a Swaps,
    /// A dropped table's name is needed early.
    pub(super) all_early: bool,
}

pub(super) fn diff(from: &Side<'_>, to: &Side<'_>, pairs: &[TablePair<'_>], context: &Context<'_>, plan: &mut Plan) {
    for (position, table) in from.tables.iter().enumerate() {
        if to.table(&table.name).is_none() {
            for nth in 0..table.foreign_keys.len() {
                context.drop(plan, table, position, nth);
            }
        }
    }
    for pair in pairs {
        pair_diff(pair, [from, to], context, plan);
    }
    for (position, table) in to.tables.iter().enumerate() {
        if from.table(&table.name).is_none() {
            for nth in 0..table.foreign_keys.len() {
                add(plan, table, position, nth);
            }
        }
    }
}

fn pair_diff(pair: &TablePair<'_>, sides: [&Side<'_>; 2], context: &Context<'_>, plan: &mut Plan) {
    let matched = match_up(pair);
    let surplus = surplus(pair, &matched);
    let [previous, next] = pair.positions;
    for nth in 0..pair.from.foreign_keys.len() {
        let Some(&other) = matched.get(&nth) else {
            if !surplus.contains(&nth) && may_drop(pair, nth, sides) {
                context.drop(plan, pair.from, previous, nth);
            }
            continue;
        };
        let (from, to) = (&pair.from.foreign_keys[nth], &pair.to.foreign_keys[other]);
        if context.interrupts(&pair.from.name, from) {
            context.drop(plan, pair.from, previous, nth);
            add(plan, pair.to, next, other);
        } else if from.name != to.name && !(is_join_table(pair.from) && is_join_table(pair.to)) {
            let change = Change::RenameForeignKey { table: pair.from.name.clone(), from: from.clone(), to: to.clone() };
            plan.push(Key::nested(rank::RENAME_FOREIGN_KEY, [previous, nth, 0]), change);
        }
    }
    let kept: HashSet<usize> = matched.values().copied().collect();
    for nth in (0..pair.to.foreign_keys.len()).filter(|nth| !kept.contains(nth)) {
        add(plan, pair.to, next, nth);
    }
}

impl Context<'_> {
    fn drop(&self, plan: &mut Plan, table: &Table, position: usize, nth: usize) {
        let foreign_key = table.foreign_keys[nth].clone();
        let early = self.all_early || self.is_swapped(&table.name, &foreign_key);
        let rank = if early { rank::DROP_FOREIGN_KEY_EARLY } else { rank::DROP_FOREIGN_KEY };
        plan.push(
            Key::nested(rank, [position, nth, 0]),
            Change::DropForeignKey { table: table.name.clone(), foreign_key },
        );
    }

    /// Whether a foreign key that stays has to go for a moment.
    fn interrupts(&self, table: &QualifiedName, foreign_key: &ForeignKey) -> bool {
        self.lost.concern(&foreign_key.referenced_table, &foreign_key.referenced_columns)
            || self.is_swapped(table, foreign_key)
    }

    /// Both ends would be of different enums for a moment.
    fn is_swapped(&self, table: &QualifiedName, foreign_key: &ForeignKey) -> bool {
        let has = |table: &QualifiedName, columns: &[String]| {
            self.swaps.columns(table).is_some_and(|swapped| columns.iter().any(|column| swapped.contains(column)))
        };
        has(table, &foreign_key.columns) || has(&foreign_key.referenced_table, &foreign_key.referenced_columns)
    }
}

fn add(plan: &mut Plan, table: &Table, position: usize, nth: usize) {
    let change = Change::AddForeignKey { table: table.name.clone(), foreign_key: table.foreign_keys[nth].clone() };
    plan.push(Key::nested(rank::ADD_FOREIGN_KEY, [position, nth, 0]), change);
}

/// What two foreign keys have to agree in.
type Shape<'a> = (&'a QualifiedName, &'a [String], &'a [String], ForeignKeyAction, ForeignKeyAction);

fn shape(key: &ForeignKey) -> Shape<'_> {
    (&key.referenced_table, &key.columns, &key.referenced_columns, key.on_delete, key.on_update)
}

/// One to one: first those with the same name, then those with the same structure.
fn match_up(pair: &TablePair<'_>) -> HashMap<usize, usize> {
    let (from, to) = (&pair.from.foreign_keys, &pair.to.foreign_keys);
    let stays = |key: &ForeignKey| !key.columns.iter().any(|column| pair.retyped.contains(column));
    let mut by_shape: HashMap<Shape<'_>, Vec<usize>> = HashMap::new();
    for (nth, key) in to.iter().enumerate() {
        by_shape.entry(shape(key)).or_default().push(nth);
    }
    let mut matched = HashMap::new();
    let mut taken = HashSet::new();
    for same_name in [true, false] {
        for (nth, key) in from.iter().enumerate() {
            if matched.contains_key(&nth) || !stays(key) {
                continue;
            }
            let candidates = by_shape.get(&shape(key)).map_or(&[][..], Vec::as_slice);
            let free =
                candidates.iter().find(|other| !taken.contains(*other) && (!same_name || to[**other].name == key.name));
            if let Some(other) = free {
                matched.insert(nth, *other);
                taken.insert(*other);
            }
        }
    }
    matched
}

/// Foreign keys of the source that are copies of one that stays. They do no harm.
fn surplus(pair: &TablePair<'_>, matched: &HashMap<usize, usize>) -> HashSet<usize> {
    let keys = &pair.from.foreign_keys;
    let kept: HashSet<Shape<'_>> = matched.keys().map(|nth| shape(&keys[*nth])).collect();
    (0..keys.len()).filter(|nth| !matched.contains_key(nth) && kept.contains(&shape(&keys[*nth]))).collect()
}

/// Whether the schema can say that a foreign key is not wanted. One that it cannot express stays, unless its name or the
/// name of its table is needed: one to a partition, to a table outside the namespaces, or to a key `WITHOUT OVERLAPS`.
fn may_drop(pair: &TablePair<'_>, nth: usize, [from, to]: [&Side<'_>; 2]) -> bool {
    let key = &pair.from.foreign_keys[nth];
    let expressible = match from.table(&key.referenced_table).or_else(|| from.schema.table(&key.referenced_table)) {
        Some(table) => table.can_declare_key(&key.referenced_columns) || to.schema.table(&table.name).is_none(),
        None => false,
    };
    expressible || pair.origins != [Origin::Database, Origin::Psl] || pair.to.has_foreign_key(&key.name)
}

/// Whether a table looks like that of an implicit many-to-many relation, whose foreign keys have had other names.
fn is_join_table(table: &Table) -> bool {
    table.columns.len() == 2 && ["A", "B"].iter().all(|name| table.columns.iter().any(|c| c.name == *name))
}
