//! Foreign keys whose columns no index finds.

use std::collections::{HashMap, HashSet};

use super::rows::{ForeignKeyRow, IndexRow, TableRow, natural};
use crate::dbschema::QualifiedName;
use crate::sql::quote::Ident;

/// A foreign key for which the server reads a whole table whenever a row that it refers to goes, or changes its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UncoveredKey {
    /// The constraint.
    pub name: String,
    /// The table whose rows refer to others.
    pub table: QualifiedName,
    /// Its columns, in the order of the constraint.
    pub columns: Vec<String>,
    /// The table that they refer to.
    pub references: QualifiedName,
    /// Bytes that are read each time; `None` if the table is locked.
    pub bytes: Option<u64>,
    /// Estimate of the rows that are read each time.
    pub rows: Option<u64>,
    /// Rows that went from the other table since the counters began.
    pub deletes: u64,
    /// Rows that changed there, in whatever column.
    pub updates: u64,
    /// Whether the rows are in partitions.
    pub partitioned: bool,
}

/// The keys that no index serves. An index serves one if the columns, in whatever order, are its first keys, by an
/// operator that it knows, and it is valid, and holds all rows that have values in them.
pub(super) fn uncovered(
    keys: Vec<ForeignKeyRow>,
    tables: &[TableRow],
    indexes: &[IndexRow],
    families: &HashMap<u32, u32>,
    equality: &HashSet<(u32, u32)>,
) -> Vec<UncoveredKey> {
    let mut indexes_of: HashMap<u32, Vec<&IndexRow>> = HashMap::new();
    for index in indexes {
        indexes_of.entry(index.table).or_default().push(index);
    }
    let mut partitions_of: HashMap<u32, Vec<&TableRow>> = HashMap::new();
    for table in tables {
        if let Some(parent) = table.parent {
            partitions_of.entry(parent).or_default().push(table);
        }
    }
    let of_oid: HashMap<u32, &TableRow> = tables.iter().map(|table| (table.oid, table)).collect();
    let served = |key: &ForeignKeyRow, table: u32| {
        indexes_of.get(&table).into_iter().flatten().any(|index| serves(index, key, families, equality))
    };
    keys.into_iter()
        .filter_map(|key| {
            let table = of_oid.get(&key.table)?;
            // A partitioned table is served by an index of its own, or by one of each partition.
            let leaves = leaves(key.table, &partitions_of);
            let by_parts = !leaves.is_empty() && leaves.iter().all(|leaf| served(&key, leaf.oid));
            if by_parts || served(&key, key.table) {
                return None;
            }
            let holders: Vec<&TableRow> = if leaves.is_empty() { vec![table] } else { leaves.clone() };
            let sum =
                |number: fn(&TableRow) -> Option<u64>| holders.iter().map(|table| number(table)).sum::<Option<u64>>();
            Some(UncoveredKey {
                table: table.name.clone(),
                bytes: sum(|table| table.heap.map(natural)),
                rows: sum(TableRow::rows),
                deletes: key.deletes.map(natural).unwrap_or_default(),
                updates: key.updates.map(natural).unwrap_or_default(),
                partitioned: !leaves.is_empty(),
                name: key.name,
                columns: key.columns,
                references: key.references,
            })
        })
        .collect()
}

/// The partitions at the bottom that hold rows.
fn leaves<'a>(table: u32, partitions_of: &HashMap<u32, Vec<&'a TableRow>>) -> Vec<&'a TableRow> {
    let mut found = Vec::new();
    let mut open = vec![table];
    while let Some(table) = open.pop() {
        for part in partitions_of.get(&table).into_iter().flatten() {
            if part.kind == b'p'.cast_signed() { open.push(part.oid) } else { found.push(*part) }
        }
    }
    found
}

fn serves(index: &IndexRow, key: &ForeignKeyRow, families: &HashMap<u32, u32>, equality: &HashSet<(u32, u32)>) -> bool {
    let count = key.columns.len();
    // Summaries of ranges of blocks do not find rows.
    if !index.valid || matches!(index.method.as_str(), "brin" | "bloom") || index.key_count() < count {
        return false;
    }
    let leading = index.columns.get(..count).unwrap_or_default();
    let finds = |(at, column): (usize, &Option<String>)| {
        let Some(position) = column.as_ref().and_then(|column| key.columns.iter().position(|name| name == column))
        else {
            return false;
        };
        let family = index.classes.get(at).and_then(|class| families.get(class));
        let operator = key.operators.get(position).copied().flatten();
        let collation = index.collations.get(at).copied().unwrap_or_default();
        let same_collation = collation == 0 || key.collations.get(position) == Some(&collation);
        same_collation && operator.zip(family).is_some_and(|(operator, family)| equality.contains(&(operator, *family)))
    };
    // Different columns in as many places are all of them.
    leading.iter().enumerate().all(finds) && all_rows(index.predicate.as_deref(), &key.columns)
}

/// Whether a partial index holds every row that the check of a foreign key looks for: those with values in its columns.
fn all_rows(predicate: Option<&str>, columns: &[String]) -> bool {
    let Some(predicate) = predicate else { return true };
    let inner = |text: &str| text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).map(str::to_owned);
    let is_not_null = |text: &str| {
        columns.iter().any(|column| {
            text == format!("({column} IS NOT NULL)") || text == format!("({} IS NOT NULL)", Ident(column))
        })
    };
    is_not_null(predicate) || inner(predicate).is_some_and(|text| text.split(" AND ").all(is_not_null))
}

impl TableRow {
    fn rows(&self) -> Option<u64> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked, and saturates")]
        (self.reltuples >= 0.0).then_some(self.reltuples as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predicates_that_leave_nothing_out() {
        let columns = ["a".to_owned(), "B c".to_owned()];
        for (predicate, expected) in [
            (None, true),
            (Some("(a IS NOT NULL)"), true),
            (Some("(\"B c\" IS NOT NULL)"), true),
            (Some("((a IS NOT NULL) AND (\"B c\" IS NOT NULL))"), true),
            (Some("(a IS NULL)"), false),
            (Some("(d IS NOT NULL)"), false),
            (Some("((a IS NOT NULL) AND (d > 0))"), false),
            (Some("((a IS NOT NULL) OR (a > 0))"), false),
            (Some("active"), false),
        ] {
            assert_eq!(all_rows(predicate, &columns), expected, "{predicate:?}");
        }
    }
}
