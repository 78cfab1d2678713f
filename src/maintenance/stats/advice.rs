//! What is certainly better done. Whatever depends on what a database is for stays a finding.

use super::{Finding, Index, Stats, Table, TableKind};
use crate::dbschema::QualifiedName;
use crate::sql::quote::{Ident, Qualified};

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// What it is about.
    pub kind: Kind,
    /// The object.
    pub object: QualifiedName,
    /// Why, in a sentence without full stop.
    pub reason: String,
    /// The statement that does it, if one does.
    pub sql: Option<String>,
}

/// What an advice is about, most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Old transaction numbers that autovacuum did not get to.
    Freeze,
    /// A sequence that soon has no number to give.
    Sequence,
    /// Autovacuum is switched off for a table that needs it.
    Autovacuum,
    /// An index that a broken build left.
    InvalidIndex,
    /// An index that another one equals.
    DuplicateIndex,
    /// A foreign key whose check reads a large table.
    ForeignKey,
    /// A table that the planner knows nothing about.
    Analyze,
}

impl Kind {
    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Freeze => "freeze",
            Self::Sequence => "sequence",
            Self::Autovacuum => "autovacuum",
            Self::InvalidIndex => "invalidIndex",
            Self::DuplicateIndex => "duplicateIndex",
            Self::ForeignKey => "foreignKey",
            Self::Analyze => "analyze",
        }
    }
}

/// Rows from which on reading a whole table for each deleted row is certainly felt.
const MANY_ROWS: u64 = 10_000;

/// The share of a sequence from which on it is high time.
const NEARLY_FULL: f64 = 0.8;

pub(super) fn advice(stats: &Stats) -> Vec<Advice> {
    let mut advice: Vec<Advice> = stats.tables.iter().flat_map(|table| of_table(table, stats)).collect();
    advice.extend(stats.sequences.iter().filter(|sequence| sequence.used() >= NEARLY_FULL).map(|sequence| {
        let owner = sequence.column.as_ref().map(|(table, column)| format!(" of column `{column}` of `{table}`"));
        Advice {
            kind: Kind::Sequence,
            object: sequence.name.clone(),
            reason: format!(
                "{} of the {} values{} are used; then inserts fail: make the column `bigint`",
                sequence.last,
                sequence.most,
                owner.unwrap_or_default()
            ),
            sql: None,
        }
    }));
    // On a server that follows another one nothing can be changed, and its indexes are used elsewhere too.
    if !stats.server.in_recovery {
        advice.extend(stats.indexes.iter().filter_map(of_index));
        advice.extend(stats.uncovered_keys.iter().filter_map(of_key));
    }
    advice.sort_by_key(|advice| advice.kind);
    advice
}

fn of_table(table: &Table, stats: &Stats) -> Vec<Advice> {
    let mut found = Vec::new();
    let mut add =
        |kind, reason: String, sql| found.push(Advice { kind, object: table.name.clone(), reason, sql: Some(sql) });
    let name = Qualified(&table.name);
    if table.kind == TableKind::Partitioned || stats.server.in_recovery {
        return found;
    }
    // Autovacuum starts at the limit and needs its time.
    let late = stats.server.freeze_max_age.saturating_add(stats.server.freeze_max_age / 2);
    if let Some(age) = table.xid_age.filter(|age| *age > late) {
        let reason = format!(
            "its oldest transaction is {age} transactions old; autovacuum should have frozen it at {}",
            stats.server.freeze_max_age
        );
        add(Kind::Freeze, reason, format!("VACUUM (FREEZE) {name};"));
    }
    if table.autovacuum_off && table.dead > table.vacuum_threshold && stats.server.counts {
        let reason = format!("autovacuum is switched off, and {} rows are dead", table.dead);
        add(Kind::Autovacuum, reason, format!("VACUUM (ANALYZE) {name};"));
    }
    if table.never_analyzed && table.rows.is_some_and(|rows| rows >= MANY_ROWS) {
        let reason = "it was never analyzed, so the planner guesses".to_owned();
        add(Kind::Analyze, reason, format!("ANALYZE {name};"));
    }
    found
}

fn of_index(index: &Index) -> Option<Advice> {
    let advice =
        |kind, reason: String, sql: String| Some(Advice { kind, object: index.name.clone(), reason, sql: Some(sql) });
    let name = Qualified(&index.name);
    // A part of a partitioned index goes with the whole, and only at once.
    let drop = if index.partitioned { "DROP INDEX" } else { "DROP INDEX CONCURRENTLY" };
    match &index.finding {
        Some(Finding::Duplicate { of }) => {
            advice(Kind::DuplicateIndex, format!("`{of}` has the same keys"), format!("{drop} {name};"))
        }
        // The statement refuses partitioned indexes, which are invalid until every partition has its part.
        Some(Finding::Invalid { maybe_building: false }) if !index.partitioned => advice(
            Kind::InvalidIndex,
            "its build broke off: it is kept up to date, and never used".to_owned(),
            // A constraint needs it; without one it may be a leftover of REINDEX.
            if index.needed { format!("REINDEX INDEX CONCURRENTLY {name};") } else { format!("{drop} {name};") },
        ),
        Some(Finding::Invalid { .. } | Finding::Covered { .. } | Finding::Unused) | None => None,
    }
}

fn of_key(key: &super::UncoveredKey) -> Option<Advice> {
    if key.deletes == 0 || key.rows.is_none_or(|rows| rows < MANY_ROWS) {
        return None;
    }
    let columns: Vec<String> = key.columns.iter().map(|column| Ident(column).to_string()).collect();
    // The concurrent form refuses partitioned tables.
    let create = if key.partitioned { "CREATE INDEX" } else { "CREATE INDEX CONCURRENTLY" };
    Some(Advice {
        kind: Kind::ForeignKey,
        object: key.table.clone(),
        reason: format!("each row deleted from `{}` (so far {}) reads all of it", key.references, key.deletes),
        sql: Some(format!("{create} ON {} ({});", Qualified(&key.table), columns.join(", "))),
    })
}
