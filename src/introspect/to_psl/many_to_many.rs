//! Join tables that the schema language hides behind two lists.

use std::collections::HashSet;

use crate::dbschema::{DbSchema, ForeignKey, Index, QualifiedName, Table};

/// A join table.
#[derive(Debug, Clone, Copy)]
pub(super) struct JoinTable<'a> {
    pub(super) table: &'a Table,
    /// The table that column `A` refers to.
    pub(super) a: &'a QualifiedName,
    /// The table that column `B` refers to.
    pub(super) b: &'a QualifiedName,
}

/// The join tables of a database, in the order of tables.
pub(super) fn find(database: &DbSchema) -> Vec<JoinTable<'_>> {
    let referenced: HashSet<&QualifiedName> =
        database.tables.iter().flat_map(|table| table.foreign_keys.iter().map(|key| &key.referenced_table)).collect();
    database
        .tables
        .iter()
        // Something that others refer to must stay visible.
        .filter(|table| !referenced.contains(&table.name))
        .filter_map(join_table)
        .collect()
}

impl JoinTable<'_> {
    /// The name of the relation.
    pub(super) fn relation(&self) -> &str {
        self.table.name.name.trim_start_matches('_')
    }
}

/// In lower case the columns would be dropped and made anew by the next migration, and the client would not find them.
fn join_table(table: &Table) -> Option<JoinTable<'_>> {
    let is = |columns: &[String], expected: &[&str]| columns.iter().eq(expected);
    let key = |index: &Index, unique: bool, expected: &[&str]| {
        let columns: Vec<String> = index.columns.iter().map(|column| column.name.clone()).collect();
        index.unique == unique && index.predicate.is_none() && is(&columns, expected)
    };
    // Exactly two columns: anything more would be lost.
    if !table.name.name.starts_with('_') || table.columns.len() != 2 || table.foreign_keys.len() != 2 {
        return None;
    }
    let has_key = table.primary_key.as_ref().is_some_and(|primary| is(&primary.columns, &["A", "B"]))
        || table.indexes.iter().any(|index| key(index, true, &["A", "B"]));
    if !has_key || !table.indexes.iter().any(|index| key(index, false, &["B"])) {
        return None;
    }
    let side = |column: &str| {
        let mut keys = table.foreign_keys.iter().filter(|key: &&ForeignKey| is(&key.columns, &[column]));
        keys.next().map(|key| &key.referenced_table)
    };
    let (a, b) = (side("A")?, side("B")?);
    (a.name <= b.name).then_some(JoinTable { table, a, b })
}
