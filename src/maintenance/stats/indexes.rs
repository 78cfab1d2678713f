//! Indexes: which nobody uses, and which another one makes superfluous.

use std::collections::HashMap;

use super::rows::{IndexRow, natural};
use super::{Micros, Server};
use crate::dbschema::QualifiedName;

/// An index.
#[derive(Debug, Clone, PartialEq)]
pub struct Index {
    /// Its name.
    pub name: QualifiedName,
    /// The table.
    pub table: QualifiedName,
    /// `btree`, `gin` and so on.
    pub method: String,
    /// What it is about: columns and expressions as SQL writes them.
    pub keys: Vec<String>,
    /// Columns that are only carried along.
    pub included: Vec<String>,
    /// The condition of a partial index, as SQL.
    pub predicate: Option<String>,
    /// Whether it keeps values apart.
    pub unique: bool,
    /// Whether something depends on it besides queries: uniqueness, a constraint, a foreign key, replication, an order
    /// of rows, an extension.
    pub needed: bool,
    /// Whether it is an index of a partitioned table, whose parts hold the entries.
    pub partitioned: bool,
    /// Whether it is part of such an index, and so can neither be dropped nor judged alone.
    pub part: bool,
    /// Bytes on disk; `None` if it is locked.
    pub bytes: Option<u64>,
    /// How often it was used on this server since the counters began; `None` if the server does not count.
    pub scans: Option<u64>,
    /// When it was last used, where the server knows (16).
    pub last_scan: Option<Micros>,
    /// What is wrong with it.
    pub finding: Option<Finding>,
}

/// What is wrong with an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A build or rebuild beside the table's users broke off: it is kept up to date and never used.
    Invalid {
        /// Whether somebody may be building it at this moment.
        maybe_building: bool,
    },
    /// Another index has the same keys, and whatever this one is good for.
    Duplicate {
        /// The other one.
        of: QualifiedName,
    },
    /// Another index begins with the same keys: what this one finds, it finds too.
    Covered {
        /// The other one.
        by: QualifiedName,
    },
    /// No query has used it.
    Unused,
}

/// How one index makes another superfluous.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Beats {
    Covers,
    Equals,
}

/// What is wrong with each index, in their order.
pub(super) fn judge(rows: &[IndexRow], families: &HashMap<u32, u32>, server: &Server) -> Vec<Option<Finding>> {
    let mut of_table: HashMap<u32, Vec<usize>> = HashMap::new();
    for (at, row) in rows.iter().enumerate() {
        of_table.entry(row.table).or_default().push(at);
    }
    let scans = scans(rows);
    let mut findings = vec![None; rows.len()];
    for positions in of_table.values() {
        let used = |at: usize| scans.get(at).copied().flatten().unwrap_or_default();
        let better = |a: usize| -> Vec<(usize, Beats)> {
            let how = |b: usize| beats(rows.get(b)?, rows.get(a)?, families, (used(b), used(a))).map(|how| (b, how));
            positions.iter().copied().filter_map(how).collect()
        };
        let superfluous: Vec<usize> = positions.iter().copied().filter(|&a| !better(a).is_empty()).collect();
        for &at in positions {
            let Some(row) = rows.get(at).filter(|row| row.parent.is_none()) else { continue };
            // The same before a longer one, one that stays, the shortest of those.
            let best = better(at).into_iter().max_by_key(|(b, how)| {
                // The order of rows is the server's; names make the choice certain.
                let shortest = rows.get(*b).map(|row| (row.columns.len(), &row.name));
                (*how, !superfluous.contains(b), std::cmp::Reverse(shortest))
            });
            let unused = server.counts && !needed(row) && scans.get(at).copied().flatten() == Some(0);
            let finding = match best {
                _ if !row.valid => Some(Finding::Invalid { maybe_building: row.maybe_building }),
                Some((b, how)) => rows.get(b).map(|other| match how {
                    Beats::Equals => Finding::Duplicate { of: other.name.clone() },
                    Beats::Covers => Finding::Covered { by: other.name.clone() },
                }),
                None if unused => Some(Finding::Unused),
                None => None,
            };
            if let Some(place) = findings.get_mut(at) {
                *place = finding;
            }
        }
    }
    findings
}

/// How often each index was used; those of partitions count for the index that they are part of.
fn scans(rows: &[IndexRow]) -> Vec<Option<u64>> {
    summed(rows, |row| row.scans.map(natural))
}

/// A number of each index, to which the numbers of its parts are added at every level.
fn summed(rows: &[IndexRow], number: fn(&IndexRow) -> Option<u64>) -> Vec<Option<u64>> {
    let position: HashMap<u32, usize> = rows.iter().enumerate().map(|(at, row)| (row.oid, at)).collect();
    let mut sums: Vec<Option<u64>> = rows.iter().map(number).collect();
    for row in rows {
        let mut above = row.parent;
        for _ in 0..rows.len() {
            let Some(at) = above.and_then(|oid| position.get(&oid).copied()) else { break };
            if let Some(sum) = sums.get_mut(at) {
                *sum = sum.zip(number(row)).map(|(sum, own)| sum + own);
            }
            above = rows.get(at).and_then(|row| row.parent);
        }
    }
    sums
}

/// Whether something depends on it besides queries.
fn needed(row: &IndexRow) -> bool {
    row.unique || only_this(row)
}

/// Whether something depends on this very index, so that another one like it could not take its place.
fn only_this(row: &IndexRow) -> bool {
    row.primary
        || row.exclusion
        || row.constraint
        || row.referenced
        || row.replica_identity
        || row.clustered
        || row.of_extension
}

/// Whether `a` is superfluous because of `b`. With equal ones, one of the two is: the one that less depends on, that was
/// used less (`scans` of `b` and `a`), that is younger.
fn beats(b: &IndexRow, a: &IndexRow, families: &HashMap<u32, u32>, scans: (u64, u64)) -> Option<Beats> {
    let comparable = a.oid != b.oid
        && a.parent.is_none()
        && a.valid
        && b.valid
        && !only_this(a)
        && a.method == b.method
        && a.predicate == b.predicate
        && a.included().iter().all(|column| b.columns.contains(column));
    if !comparable || !keys_begin(b, a, families) {
        return None;
    }
    if a.key_count() < b.key_count() {
        return (a.method == "btree" && !a.unique).then_some(Beats::Covers);
    }
    let as_unique = !a.unique || b.unique && b.immediate && a.nulls_not_distinct == b.nulls_not_distinct;
    // In other methods than B-trees, parameters decide what is found and at which price.
    let as_configured = a.method == "btree" || a.options == b.options;
    if !as_unique || !as_configured {
        return None;
    }
    let rank = |row: &IndexRow, scans: u64| (row.unique, row.parent.is_some(), scans, std::cmp::Reverse(row.oid));
    if stands_in(a, b, families) && rank(a, scans.1) > rank(b, scans.0) {
        return None;
    }
    Some(if a.columns.len() == b.columns.len() { Beats::Equals } else { Beats::Covers })
}

/// Whether `a` could take the place of `b`, which has as many keys.
fn stands_in(a: &IndexRow, b: &IndexRow, families: &HashMap<u32, u32>) -> bool {
    !only_this(b)
        && b.parent.is_none()
        && b.included().iter().all(|column| a.columns.contains(column))
        && (!b.unique || a.unique && a.immediate && a.nulls_not_distinct == b.nulls_not_distinct)
        && keys_begin(a, b, families)
}

/// Whether the keys of `b` begin with those of `a`, in the same order or all in the opposite one: a B-tree is read in
/// both directions.
fn keys_begin(b: &IndexRow, a: &IndexRow, families: &HashMap<u32, u32>) -> bool {
    let count = a.key_count();
    if count > b.key_count() {
        return false;
    }
    // Operator classes of one family order alike; what else they do, B-trees and hashes do not ask.
    let by_family = matches!(a.method.as_str(), "btree" | "hash");
    let class = |row: &IndexRow, key: usize| {
        let class = row.classes.get(key).copied();
        if by_family { class.and_then(|class| families.get(&class).copied()).or(class) } else { class }
    };
    let same = |key: usize| {
        a.columns.get(key) == b.columns.get(key)
            && a.expressions.get(key) == b.expressions.get(key)
            && a.class_options.get(key) == b.class_options.get(key)
            && a.collations.get(key) == b.collations.get(key)
            && class(a, key) == class(b, key)
    };
    let order = |row: &IndexRow, key: usize| row.order.get(key).copied().unwrap_or_default();
    // Descending and nulls first are one bit each (PostgreSQL source, `INDOPTION_DESC` and `INDOPTION_NULLS_FIRST`).
    let turned = |key: usize| order(a, key) ^ order(b, key);
    (0..count).all(same) && ((0..count).all(|key| turned(key) == 0) || (0..count).all(|key| turned(key) == 3))
}

impl IndexRow {
    pub(super) fn key_count(&self) -> usize {
        usize::try_from(self.keys).unwrap_or_default().min(self.columns.len())
    }

    fn included(&self) -> &[Option<String>] {
        self.columns.get(self.key_count()..).unwrap_or_default()
    }
}

/// The indexes as others see them, largest first.
pub(super) fn finish(
    rows: Vec<IndexRow>,
    findings: Vec<Option<Finding>>,
    tables: &HashMap<u32, QualifiedName>,
) -> Vec<Index> {
    let scans = scans(&rows);
    let bytes = summed(&rows, |row| row.bytes.map(natural));
    let mut indexes: Vec<Index> = rows
        .into_iter()
        .zip(findings)
        .zip(scans.into_iter().zip(bytes))
        .filter_map(|((row, finding), (scans, bytes))| {
            let count = row.key_count();
            let shown = |at: usize| {
                row.columns.get(at).cloned().flatten().or_else(|| row.expressions.get(at).cloned().flatten())
            };
            Some(Index {
                table: tables.get(&row.table)?.clone(),
                keys: (0..count).filter_map(shown).collect(),
                included: (count..row.columns.len()).filter_map(shown).collect(),
                unique: row.unique,
                needed: needed(&row),
                partitioned: row.partitioned,
                part: row.parent.is_some(),
                bytes,
                scans,
                last_scan: row.last_scan,
                finding,
                name: row.name,
                method: row.method,
                predicate: row.predicate,
            })
        })
        .collect();
    indexes.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
    indexes
}
