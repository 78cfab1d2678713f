//! Tables, their columns and primary keys.

use std::collections::{HashMap, HashSet};

use super::change::{Change, ColumnChange, IndexReason, TableChange};
use super::columns::column_change;
use super::enums::Swaps;
use super::order::{Key, Plan, rank};
use super::{Side, foreign_keys, indexes};
use crate::dbschema::{DbSchema, Origin, PrimaryKey, QualifiedName, Table, names};

/// A table on both sides, and in what its columns differ.
pub(super) struct TablePair<'a> {
    pub(super) from: &'a Table,
    pub(super) to: &'a Table,
    /// Positions in the two lists of tables.
    pub(super) positions: [usize; 2],
    pub(super) origins: [Origin; 2],
    /// Changes of common columns, in the order of the source.
    pub(super) altered: Vec<ColumnChange>,
    /// Common columns that get another type.
    pub(super) retyped: HashSet<String>,
    /// Common columns that are dropped and added.
    pub(super) recreated: HashSet<String>,
}

/// Keys that foreign keys may need and that go, if only for a moment: by table, sets of columns.
#[derive(Debug, Default)]
pub(super) struct LostKeys {
    keys: HashMap<QualifiedName, Vec<Vec<String>>>,
    columns: HashMap<QualifiedName, HashSet<String>>,
}

impl LostKeys {
    pub(super) fn key<'a>(&mut self, table: &QualifiedName, columns: impl IntoIterator<Item = &'a String>) {
        self.keys.entry(table.clone()).or_default().push(sorted(columns));
    }

    /// Whether a foreign key to these columns loses what it rests on.
    pub(super) fn concern(&self, table: &QualifiedName, referenced: &[String]) -> bool {
        let columns = sorted(referenced);
        self.keys.get(table).is_some_and(|keys| keys.contains(&columns))
            || self.columns.get(table).is_some_and(|lost| referenced.iter().any(|column| lost.contains(column)))
    }
}

fn sorted<'a>(columns: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut columns: Vec<String> = columns.into_iter().cloned().collect();
    columns.sort_unstable();
    columns
}

pub(super) fn diff(from: &Side<'_>, to: &Side<'_>, swaps: &Swaps, plan: &mut Plan) {
    let created_enums: HashSet<&QualifiedName> =
        to.enums.iter().map(|e| &e.name).filter(|name| from.enumeration(name).is_none()).collect();
    let mut names_taken = false;
    let mut lost = LostKeys::default();
    let mut pairs = Vec::new();
    for (position, table) in from.tables.iter().enumerate() {
        let found = to.table_positions.get(&table.name).and_then(|next| Some((*next, *to.tables.get(*next)?)));
        if let Some((next, other)) = found {
            pairs.push(TablePair::new([table, other], [position, next], [from, to]));
            continue;
        }
        // A schema file cannot have it; it is somebody's work.
        if table.columns.is_empty() && to.schema.origin == Origin::Psl {
            continue;
        }
        // A table is a type too, so that an enum cannot take its name while it is there.
        let early = created_enums.contains(&table.name);
        names_taken |= early;
        let rank = if early { rank::DROP_TABLE_EARLY } else { rank::DROP_TABLE };
        plan.push(Key::new(rank, position), Change::DropTable { table: (*table).clone() });
    }
    orphaned_sequences(&mut pairs, from.schema);
    for pair in &pairs {
        indexes::diff(pair, [from.schema, to.schema], swaps, &mut lost, plan);
        alter(pair, &mut lost, plan);
    }
    for (position, table) in to.tables.iter().enumerate() {
        if from.table_positions.contains_key(&table.name) {
            continue;
        }
        plan.push(Key::new(rank::CREATE_TABLE, position), Change::CreateTable { table: (*table).clone() });
        for (nth, index) in table.indexes.iter().enumerate() {
            let change = Change::CreateIndex {
                table: table.name.clone(),
                index: indexes::written(index, to.schema.origin),
                reason: IndexReason::NewTable,
            };
            plan.push(Key::nested(rank::CREATE_INDEX, [0, position, nth]), change);
        }
    }
    let context = foreign_keys::Context { lost: &lost, swaps, all_early: names_taken };
    foreign_keys::diff(from, to, &pairs, &context, plan);
}

impl<'a> TablePair<'a> {
    fn new(tables: [&'a Table; 2], positions: [usize; 2], sides: [&Side<'_>; 2]) -> Self {
        let [from, to] = tables;
        let origins = sides.map(|side| side.schema.origin);
        let next: HashMap<&str, _> = to.columns.iter().map(|c| (c.name.as_str(), c)).collect();
        let altered: Vec<ColumnChange> = from
            .columns
            .iter()
            .filter_map(|column| {
                let other = *next.get(column.name.as_str())?;
                column_change((column, origins[0]), (other, origins[1]))
            })
            .collect();
        let names = |wanted: fn(&ColumnChange) -> bool| {
            altered.iter().filter(|c| wanted(c)).map(|c| c.from.name.clone()).collect()
        };
        let (retyped, recreated) = (names(|c| c.ty.is_some()), names(ColumnChange::is_recreation));
        Self { from, to, positions, origins, altered, retyped, recreated }
    }
}

/// Finds the sequences that no column uses any longer, and tells the last change that leaves one.
fn orphaned_sequences(pairs: &mut [TablePair<'_>], from: &DbSchema) {
    let mut users: HashMap<QualifiedName, usize> = HashMap::new();
    for column in from.tables.iter().flat_map(|table| &table.columns) {
        if let Some(crate::dbschema::DefaultValue::Sequence(Some(name))) = &column.default {
            *users.entry(name.clone()).or_default() += 1;
        }
    }
    for pair in pairs {
        let table = &pair.from.name;
        for change in &mut pair.altered {
            // The sequence of an identity goes with it, that of a dropped column too.
            if !change.from.autoincrement
                || change.to.autoincrement
                || change.from.identity.is_some()
                || change.is_recreation()
            {
                continue;
            }
            if let Some(name) = change.source_sequence().cloned() {
                let left = users.entry(name.clone()).or_default();
                *left = left.saturating_sub(1);
                if *left == 0 {
                    change.orphaned_sequence = Some(name);
                }
            } else if pair.origins[0] == Origin::Psl {
                let name = names::serial_sequence(&table.name, &change.from.name);
                change.orphaned_sequence = Some(QualifiedName::new(&*table.namespace, name));
            }
        }
    }
}

/// The changes inside `ALTER TABLE`, in the order in which they are rendered.
fn alter(pair: &TablePair<'_>, lost: &mut LostKeys, plan: &mut Plan) {
    let (from, to) = (pair.from, pair.to);
    let mut changes = Vec::new();
    let (dropped_key, renamed_key, added_key) = primary_key(pair);
    if let Some(primary_key) = dropped_key {
        lost.key(&from.name, &primary_key.columns);
        changes.push(TableChange::DropPrimaryKey { primary_key: primary_key.clone() });
    }
    if let Some((from, to)) = renamed_key {
        changes.push(TableChange::RenamePrimaryKey { from: from.clone(), to: to.clone() });
    }
    // In the order of names.
    let previous: HashSet<&str> = from.columns.iter().map(|c| c.name.as_str()).collect();
    let next: HashSet<&str> = to.columns.iter().map(|c| c.name.as_str()).collect();
    let mut dropped: Vec<_> = from.columns.iter().filter(|c| !next.contains(c.name.as_str())).collect();
    let mut added: Vec<_> = to.columns.iter().filter(|c| !previous.contains(c.name.as_str())).collect();
    dropped.sort_by(|a, b| a.name.cmp(&b.name));
    added.sort_by(|a, b| a.name.cmp(&b.name));
    changes.extend(dropped.into_iter().map(|c| TableChange::DropColumn { column: c.clone() }));
    changes.extend(added.into_iter().map(|c| TableChange::AddColumn { column: c.clone() }));
    changes.extend(pair.altered.iter().map(|change| {
        let boxed = Box::new(change.clone());
        if change.is_recreation() { TableChange::RecreateColumn(boxed) } else { TableChange::AlterColumn(boxed) }
    }));
    lost.columns.entry(from.name.clone()).or_default().extend(pair.recreated.iter().cloned());
    if let Some(primary_key) = added_key {
        changes.push(TableChange::AddPrimaryKey { primary_key: primary_key.clone() });
    }
    if !changes.is_empty() {
        let change = Change::AlterTable { table: from.name.clone(), changes };
        plan.push(Key::new(rank::ALTER_TABLE, pair.positions[0]), change);
    }
}

type KeyChange<'a> = (Option<&'a PrimaryKey>, Option<(&'a PrimaryKey, &'a PrimaryKey)>, Option<&'a PrimaryKey>);

/// The key that goes, the rename, and the key that comes.
fn primary_key<'a>(pair: &TablePair<'a>) -> KeyChange<'a> {
    match (&pair.from.primary_key, &pair.to.primary_key) {
        (None, None) => (None, None, None),
        (None, Some(to)) => (None, None, Some(to)),
        (Some(from), None) => (Some(from), None, None),
        (Some(from), Some(to)) => {
            let same = from.columns == to.columns && !from.columns.iter().any(|c| pair.retyped.contains(c));
            match (same, from.name == to.name) {
                (true, true) => (None, None, None),
                (true, false) => (None, Some((from, to)), None),
                (false, _) => (Some(from), None, Some(to)),
            }
        }
    }
}
