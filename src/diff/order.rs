//! The order of steps: by kind, then by the position of their object.

use super::change::{Change, TableChange};

/// Ranks of the kinds of steps, with the reasons why one stands where it does.
pub(super) mod rank {
    /// Everything else is put into namespaces.
    pub(in crate::diff) const CREATE_NAMESPACE: u8 = 1;
    /// Makes room for the one that is created anew.
    pub(in crate::diff) const DROP_EXTENSION: u8 = 2;
    /// Columns may be of its types.
    pub(in crate::diff) const CREATE_EXTENSION: u8 = 3;
    /// Columns may be of its new types.
    pub(in crate::diff) const ALTER_EXTENSION: u8 = 4;
    /// A foreign key over the columns of an enum that is replaced, or to a table whose name an enum takes, has to
    /// go before that.
    pub(in crate::diff) const DROP_FOREIGN_KEY_EARLY: u8 = 5;
    /// An index with a condition on an enum that is replaced has to go before that.
    pub(in crate::diff) const DROP_INDEX_EARLY: u8 = 6;
    /// Frees the name of a type that an enum takes.
    pub(in crate::diff) const DROP_TABLE_EARLY: u8 = 7;
    /// Columns may be of it.
    pub(in crate::diff) const CREATE_ENUM: u8 = 8;
    /// Columns may get its new values as defaults.
    pub(in crate::diff) const ALTER_ENUM: u8 = 9;
    /// Frees the columns and keys on both ends.
    pub(in crate::diff) const DROP_FOREIGN_KEY: u8 = 10;
    /// Frees columns and names.
    pub(in crate::diff) const DROP_INDEX: u8 = 11;
    /// New columns for indexes and foreign keys, and the last use of dropped enums.
    pub(in crate::diff) const ALTER_TABLE: u8 = 12;
    /// Frees enums, names of types and names of indexes.
    pub(in crate::diff) const DROP_TABLE: u8 = 13;
    /// No column is of it any longer; a table may take its name.
    pub(in crate::diff) const DROP_ENUM: u8 = 14;
    /// Indexes and foreign keys need it.
    pub(in crate::diff) const CREATE_TABLE: u8 = 15;
    /// Frees a name that a new index takes.
    pub(in crate::diff) const RENAME_INDEX_EARLY: u8 = 16;
    /// A foreign key may need a unique one.
    pub(in crate::diff) const CREATE_INDEX: u8 = 17;
    /// Frees a name for a new one.
    pub(in crate::diff) const RENAME_FOREIGN_KEY: u8 = 18;
    /// Both tables and the unique index exist.
    pub(in crate::diff) const ADD_FOREIGN_KEY: u8 = 19;
    /// Nothing needs the new name.
    pub(in crate::diff) const RENAME_INDEX: u8 = 20;
}

/// Where a step stands: its rank, then positions of its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    rank: u8,
    positions: [usize; 3],
}

impl Key {
    pub(super) fn new(rank: u8, position: usize) -> Self {
        Self { rank, positions: [position, 0, 0] }
    }

    pub(super) fn nested(rank: u8, positions: [usize; 3]) -> Self {
        Self { rank, positions }
    }
}

/// Steps with their places.
#[derive(Debug, Default)]
pub(super) struct Plan {
    steps: Vec<(Key, Change)>,
}

impl Plan {
    pub(super) fn push(&mut self, key: Key, change: Change) {
        self.steps.push((key, change));
    }

    /// The steps in order.
    pub(super) fn finish(mut self) -> Vec<Change> {
        self.steps.sort_by_key(|(key, _)| *key);
        let changes = self.steps.into_iter().map(|(_, change)| change).collect();
        unique_to_primary(changes)
    }
}

/// When a unique index gives way to a primary key on the same columns, the key comes first, so that there is no
/// moment without either.
fn unique_to_primary(changes: Vec<Change>) -> Vec<Change> {
    use std::collections::HashMap;

    // The columns of primary keys that tables without one get.
    let mut gained: HashMap<_, Vec<String>> = HashMap::new();
    for change in &changes {
        let Change::AlterTable { table, changes } = change else { continue };
        if let Some(columns) = gained_primary_key(changes) {
            gained.insert(table.clone(), columns);
        }
    }
    if gained.is_empty() {
        return changes;
    }
    let mut held: HashMap<_, Vec<Change>> = HashMap::new();
    let mut ordered = Vec::with_capacity(changes.len());
    for change in changes {
        match change {
            Change::DropIndex { ref table, ref index }
                if index.unique
                    && gained.get(table).is_some_and(|key| index.columns.iter().map(|c| &c.name).eq(key)) =>
            {
                held.entry(table.clone()).or_default().push(change);
            }
            Change::AlterTable { ref table, .. } => {
                let behind = held.remove(table);
                ordered.push(change);
                ordered.extend(behind.into_iter().flatten());
            }
            other => ordered.push(other),
        }
    }
    ordered
}

fn gained_primary_key(changes: &[TableChange]) -> Option<Vec<String>> {
    let mut added = None;
    for change in changes {
        match change {
            TableChange::DropPrimaryKey { .. } => return None,
            TableChange::AddPrimaryKey { primary_key } => added = Some(&primary_key.columns),
            TableChange::RenamePrimaryKey { .. }
            | TableChange::DropColumn { .. }
            | TableChange::AddColumn { .. }
            | TableChange::AlterColumn(_)
            | TableChange::RecreateColumn(_) => {}
        }
    }
    let added = added?;
    let lost = changes.iter().any(|change| match change {
        TableChange::DropColumn { column } => added.contains(&column.name),
        TableChange::RecreateColumn(column) => added.contains(&column.from.name),
        _ => false,
    });
    (!lost).then(|| added.clone())
}
