//! Tables: sizes with those of their partitions and indexes, and when autovacuum would look at them.

use std::collections::HashMap;

use super::rows::{TableRow, natural};
use super::{Index, Micros, Server};
use crate::dbschema::QualifiedName;

/// A table or materialized view.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: QualifiedName,
    /// What it is.
    pub kind: TableKind,
    /// The table at the top whose partition it is, perhaps through others.
    pub partition_of: Option<QualifiedName>,
    /// How many partitions hold its rows.
    pub partitions: usize,
    /// Whether it is lost in a crash.
    pub unlogged: bool,
    /// Estimate of its rows: the planner's, else the counters'; `None` if nobody ever looked.
    pub rows: Option<u64>,
    /// Whether the planner has never been told how large it is.
    pub never_analyzed: bool,
    /// Bytes of the rows themselves, with the maps of free space and visibility; `None` if it is locked.
    pub heap: Option<u64>,
    /// Bytes of values stored apart, with the index for them.
    pub toast: Option<u64>,
    /// Bytes of all its indexes.
    pub indexes: Option<u64>,
    /// Whether somebody has locked it exclusively, or waits to.
    pub locked: bool,
    /// How often all rows were read from first to last.
    pub sequential_scans: u64,
    /// How many rows those read.
    pub sequential_rows: u64,
    /// How often an index was used.
    pub index_scans: u64,
    /// Rows that came.
    pub inserted: u64,
    /// Rows that changed.
    pub updated: u64,
    /// Rows that went.
    pub deleted: u64,
    /// Changes for which no index had to be touched.
    pub hot_updated: u64,
    /// Rows that changed since the last analysis.
    pub modified: u64,
    /// Estimate of the rows that nobody sees any more.
    pub dead: u64,
    /// When a person last vacuumed it.
    pub last_vacuum: Option<Micros>,
    /// When autovacuum last vacuumed it.
    pub last_autovacuum: Option<Micros>,
    /// When a person last analyzed it.
    pub last_analyze: Option<Micros>,
    /// When autovacuum last analyzed it.
    pub last_autoanalyze: Option<Micros>,
    /// Age of its oldest transaction number.
    pub xid_age: Option<i64>,
    /// Whether autovacuum leaves it out, by its own settings or the server's.
    pub autovacuum_off: bool,
    /// How many dead rows it may have before autovacuum looks at it.
    pub vacuum_threshold: u64,
}

/// What holds rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableKind {
    /// An ordinary table.
    Table,
    /// A table whose rows are in its partitions.
    Partitioned,
    /// A materialized view.
    MaterializedView,
}

impl TableKind {
    /// As the keywords of SQL say it, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Partitioned => "partitioned table",
            Self::MaterializedView => "materialized view",
        }
    }
}

impl Table {
    /// Everything it takes on disk.
    pub fn bytes(&self) -> Option<u64> {
        Some(self.heap? + self.toast? + self.indexes?)
    }

    /// When it was last vacuumed, by whomever.
    pub fn vacuumed(&self) -> Option<Micros> {
        self.last_vacuum.max(self.last_autovacuum)
    }

    /// When it was last analyzed, by whomever.
    pub fn analyzed(&self) -> Option<Micros> {
        self.last_analyze.max(self.last_autoanalyze)
    }

    /// The share of dead ones among all rows, from 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub fn dead_share(&self) -> f64 {
        let all = self.dead + self.rows.unwrap_or_default();
        if all == 0 { 0.0 } else { self.dead as f64 / all as f64 }
    }
}

/// Names of tables by identifier.
pub(super) fn names(rows: &[TableRow]) -> HashMap<u32, QualifiedName> {
    rows.iter().map(|row| (row.oid, row.name.clone())).collect()
}

/// Adds up what belongs together; largest first.
pub(super) fn finish(rows: &[TableRow], indexes: &[Index], server: &Server) -> Vec<Table> {
    let mut index_bytes: HashMap<&QualifiedName, Option<u64>> = HashMap::new();
    for index in indexes.iter().filter(|index| !index.partitioned) {
        let sum = index_bytes.entry(&index.table).or_insert(Some(0));
        *sum = sum.zip(index.bytes).map(|(sum, bytes)| sum + bytes);
    }
    let position: HashMap<u32, usize> = rows.iter().enumerate().map(|(position, row)| (row.oid, position)).collect();
    let parents: Vec<Option<usize>> =
        rows.iter().map(|row| row.parent.and_then(|parent| position.get(&parent).copied())).collect();
    let mut tables: Vec<Table> = rows
        .iter()
        .map(|row| {
            let indexes = index_bytes.get(&row.name).copied().unwrap_or(Some(0));
            of_row(row, indexes, server)
        })
        .collect();
    for at in 0..tables.len() {
        // Through all levels to the top, which a chain of so many steps reaches if it is one at all.
        let leaf = tables.get(at).filter(|table| table.kind != TableKind::Partitioned).cloned();
        let mut above = parents.get(at).copied().flatten();
        let mut top = None;
        for _ in 0..parents.len() {
            let Some(parent) = above else { break };
            if let (Some(leaf), Some(table)) = (&leaf, tables.get_mut(parent)) {
                table.add(leaf);
            }
            top = Some(parent);
            above = parents.get(parent).copied().flatten();
        }
        let name = top.and_then(|top| tables.get(top)).map(|table| table.name.clone());
        if let Some(table) = tables.get_mut(at) {
            table.partition_of = name;
        }
    }
    tables.sort_by(|a, b| b.bytes().cmp(&a.bytes()).then_with(|| a.name.cmp(&b.name)));
    tables
}

impl Table {
    /// Counts what a partition holds.
    fn add(&mut self, part: &Self) {
        let sum = |a: Option<u64>, b: Option<u64>| a.zip(b).map(|(a, b)| a + b);
        self.partitions += 1;
        self.rows = match (self.partitions, self.rows, part.rows) {
            (1, _, rows) => rows,
            (_, a, b) => sum(a, b),
        };
        self.heap = sum(self.heap, part.heap);
        self.toast = sum(self.toast, part.toast);
        self.indexes = sum(self.indexes, part.indexes);
        self.sequential_scans += part.sequential_scans;
        self.sequential_rows += part.sequential_rows;
        self.index_scans += part.index_scans;
        self.inserted += part.inserted;
        self.updated += part.updated;
        self.deleted += part.deleted;
        self.hot_updated += part.hot_updated;
        self.dead += part.dead;
    }
}

fn of_row(row: &TableRow, indexes: Option<u64>, server: &Server) -> Table {
    let kind = match char::from(row.kind.cast_unsigned()) {
        'p' => TableKind::Partitioned,
        'm' => TableKind::MaterializedView,
        _ => TableKind::Table,
    };
    let counter = |index: usize| row.counters.get(index).copied().flatten().map(natural).unwrap_or_default();
    let time = |index: usize| row.times.get(index).copied().flatten();
    let never_analyzed = row.reltuples < 0.0;
    let rows = if never_analyzed {
        let live = counter(7);
        (live > 0).then_some(live)
    } else {
        Some(whole(row.reltuples))
    };
    let has_storage = kind != TableKind::Partitioned;
    Table {
        name: row.name.clone(),
        kind,
        partition_of: None,
        partitions: 0,
        unlogged: row.unlogged,
        rows,
        never_analyzed,
        heap: if has_storage { row.heap.map(natural) } else { Some(0) },
        toast: row.toast.map(natural),
        indexes,
        locked: row.locked,
        sequential_scans: counter(0),
        sequential_rows: counter(1),
        index_scans: counter(2),
        inserted: counter(3),
        updated: counter(4),
        deleted: counter(5),
        hot_updated: counter(6),
        modified: counter(9),
        dead: counter(8),
        last_vacuum: time(0),
        last_autovacuum: time(1),
        last_analyze: time(2),
        last_autoanalyze: time(3),
        xid_age: row.xid_age.map(i64::from),
        autovacuum_off: !server.autovacuum || option(row, "autovacuum_enabled").is_some_and(is_off),
        vacuum_threshold: threshold(row, server),
    }
}

/// How many dead rows autovacuum lets be (PostgreSQL documentation, "The Autovacuum Daemon").
fn threshold(row: &TableRow, server: &Server) -> u64 {
    let (base, scale, most) = server.vacuum_threshold;
    let base = option(row, "autovacuum_vacuum_threshold").and_then(|text| text.parse().ok()).unwrap_or(base);
    let scale = option(row, "autovacuum_vacuum_scale_factor").and_then(|text| text.parse().ok()).unwrap_or(scale);
    let most = option(row, "autovacuum_vacuum_max_threshold").and_then(|text| text.parse().ok()).or(most);
    let threshold = natural(base) + whole(scale * row.reltuples.max(0.0));
    // A negative limit is none.
    most.and_then(|most| u64::try_from(most).ok()).map_or(threshold, |most| threshold.min(most))
}

fn option<'a>(row: &'a TableRow, name: &str) -> Option<&'a str> {
    let pairs = row.options.iter().flatten().filter_map(|option| option.split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
}

/// The words that mean no (PostgreSQL source, `parse_bool`): any start of them that is clear.
fn is_off(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    value == "0"
        || ["false", "no"].iter().any(|word| !value.is_empty() && word.starts_with(&value))
        || value.len() > 1 && "off".starts_with(&value)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is never negative")]
fn whole(number: f64) -> u64 {
    number.max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_no() {
        for (word, expected) in [
            ("off", true),
            ("of", true),
            ("o", false),
            ("f", true),
            ("FALSE", true),
            ("n", true),
            ("0", true),
            ("on", false),
            ("true", false),
            ("", false),
        ] {
            assert_eq!(is_off(word), expected, "{word:?}");
        }
    }
}
