//! Rows of the answers.

use tokio_postgres::Row;

use super::{FullSequence, Holder, Micros, Server};
use crate::dbschema::QualifiedName;
use crate::maintenance::snapshot::Answer;

/// A row of `tables.sql`.
#[derive(Debug)]
pub(super) struct TableRow {
    pub(super) oid: u32,
    pub(super) name: QualifiedName,
    pub(super) kind: i8,
    pub(super) unlogged: bool,
    /// The table that this is a partition of.
    pub(super) parent: Option<u32>,
    /// What the planner believes; negative if nothing.
    pub(super) reltuples: f64,
    pub(super) heap: Option<i64>,
    pub(super) toast: Option<i64>,
    pub(super) locked: bool,
    pub(super) counters: [Option<i64>; 10],
    pub(super) times: [Option<Micros>; 4],
    pub(super) xid_age: Option<i32>,
    pub(super) options: Option<Vec<String>>,
}

/// A row of `indexes.sql`.
#[derive(Debug, Clone)]
pub(super) struct IndexRow {
    pub(super) oid: u32,
    pub(super) table: u32,
    pub(super) name: QualifiedName,
    pub(super) method: String,
    pub(super) unique: bool,
    pub(super) primary: bool,
    pub(super) exclusion: bool,
    pub(super) immediate: bool,
    pub(super) valid: bool,
    pub(super) clustered: bool,
    pub(super) replica_identity: bool,
    pub(super) keys: i16,
    pub(super) nulls_not_distinct: bool,
    /// Whether it is that of a partitioned table.
    pub(super) partitioned: bool,
    /// The index of the partitioned table that this is a part of.
    pub(super) parent: Option<u32>,
    /// Names of columns, nothing for an expression; keys first, then what is included.
    pub(super) columns: Vec<Option<String>>,
    pub(super) expressions: Vec<Option<String>>,
    /// Parameters of operator classes.
    pub(super) class_options: Vec<String>,
    pub(super) classes: Vec<u32>,
    pub(super) collations: Vec<u32>,
    pub(super) order: Vec<i16>,
    pub(super) options: Option<Vec<String>>,
    pub(super) predicate: Option<String>,
    pub(super) constraint: bool,
    pub(super) referenced: bool,
    pub(super) of_extension: bool,
    pub(super) bytes: Option<i64>,
    pub(super) maybe_building: bool,
    pub(super) scans: Option<i64>,
    pub(super) last_scan: Option<Micros>,
}

/// A row of `foreign_keys.sql`.
#[derive(Debug)]
pub(super) struct ForeignKeyRow {
    pub(super) name: String,
    pub(super) table: u32,
    pub(super) references: QualifiedName,
    pub(super) columns: Vec<String>,
    pub(super) collations: Vec<u32>,
    /// The operators by which the columns are looked for; nothing if one cannot be turned round.
    pub(super) operators: Vec<Option<u32>>,
    pub(super) updates: Option<i64>,
    pub(super) deletes: Option<i64>,
}

/// A row of `sequences.sql`: a sequence, or how many are hidden.
pub(super) struct SequenceRow {
    pub(super) full: Option<FullSequence>,
    pub(super) hidden: Option<u64>,
}

/// A number that cannot be negative.
pub(super) fn natural(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

pub(super) fn server(row: &Row) -> Answer<Server> {
    let (hits, reads): (Option<i64>, Option<i64>) = (row.try_get(11)?, row.try_get(12)?);
    Ok(Server {
        database: row.try_get(0)?,
        version: row.try_get(1)?,
        user: row.try_get(2)?,
        bytes: row.try_get::<_, Option<i64>>(3)?.map(natural),
        in_recovery: row.try_get(4)?,
        now: row.try_get(5)?,
        counting_since: row.try_get(6)?,
        started: row.try_get(7)?,
        counts: row.try_get(8)?,
        sees_sessions: row.try_get(9)?,
        replicas: natural(row.try_get(10)?),
        blocks: hits.zip(reads).map(|(hits, reads)| (natural(hits), natural(reads))),
        xid_age: i64::from(row.try_get::<_, i32>(13)?),
        autovacuum: row.try_get(14)?,
        freeze_max_age: row.try_get(15)?,
        vacuum_threshold: (row.try_get(16)?, row.try_get(17)?, row.try_get(18)?),
    })
}

pub(super) fn table(row: &Row) -> Answer<TableRow> {
    let number = |index: usize| row.try_get::<_, Option<i64>>(index);
    Ok(TableRow {
        oid: row.try_get(0)?,
        name: QualifiedName { namespace: row.try_get(1)?, name: row.try_get(2)? },
        kind: row.try_get(3)?,
        unlogged: row.try_get(4)?,
        parent: row.try_get(5)?,
        reltuples: row.try_get(6)?,
        heap: number(7)?,
        toast: number(8)?,
        locked: row.try_get(9)?,
        counters: [
            number(10)?,
            number(11)?,
            number(12)?,
            number(13)?,
            number(14)?,
            number(15)?,
            number(16)?,
            number(17)?,
            number(18)?,
            number(19)?,
        ],
        times: [number(20)?, number(21)?, number(22)?, number(23)?],
        xid_age: row.try_get(24)?,
        options: row.try_get(25)?,
    })
}

pub(super) fn index(row: &Row) -> Answer<IndexRow> {
    Ok(IndexRow {
        oid: row.try_get(0)?,
        table: row.try_get(1)?,
        name: QualifiedName { namespace: row.try_get(2)?, name: row.try_get(3)? },
        method: row.try_get(4)?,
        unique: row.try_get(5)?,
        primary: row.try_get(6)?,
        exclusion: row.try_get(7)?,
        immediate: row.try_get(8)?,
        valid: row.try_get(9)?,
        clustered: row.try_get(10)?,
        replica_identity: row.try_get(11)?,
        keys: row.try_get(12)?,
        nulls_not_distinct: row.try_get(13)?,
        partitioned: row.try_get(14)?,
        parent: row.try_get(15)?,
        columns: row.try_get(16)?,
        expressions: row.try_get(17)?,
        class_options: row.try_get(18)?,
        classes: row.try_get(19)?,
        collations: row.try_get(20)?,
        order: row.try_get(21)?,
        options: row.try_get(22)?,
        predicate: row.try_get(23)?,
        constraint: row.try_get(24)?,
        referenced: row.try_get(25)?,
        of_extension: row.try_get(26)?,
        bytes: row.try_get(27)?,
        maybe_building: row.try_get(28)?,
        scans: row.try_get(29)?,
        last_scan: row.try_get(30)?,
    })
}

pub(super) fn foreign_key(row: &Row) -> Answer<ForeignKeyRow> {
    Ok(ForeignKeyRow {
        name: row.try_get(0)?,
        table: row.try_get(1)?,
        references: QualifiedName { namespace: row.try_get(3)?, name: row.try_get(4)? },
        columns: row.try_get(5)?,
        collations: row.try_get(6)?,
        operators: row.try_get(7)?,
        updates: row.try_get(8)?,
        deletes: row.try_get(9)?,
    })
}

pub(super) fn sequence(row: &Row) -> Answer<SequenceRow> {
    let name = |namespace: usize, name: usize| -> Answer<Option<QualifiedName>> {
        let (namespace, name): (Option<String>, Option<String>) = (row.try_get(namespace)?, row.try_get(name)?);
        Ok(namespace.zip(name).map(|(namespace, name)| QualifiedName { namespace, name }))
    };
    let (last, most): (i64, i64) = (row.try_get(5)?, row.try_get(6)?);
    let Some(own) = name(0, 1)? else { return Ok(SequenceRow { full: None, hidden: Some(natural(last)) }) };
    let column = name(2, 3)?.zip(row.try_get::<_, Option<String>>(4)?);
    Ok(SequenceRow { full: Some(FullSequence { name: own, column, last, most }), hidden: None })
}

pub(super) fn holder(row: &Row) -> Answer<Holder> {
    Ok(Holder {
        kind: row.try_get(0)?,
        id: row.try_get(1)?,
        user: row.try_get(2)?,
        application: row.try_get::<_, Option<String>>(3)?.filter(|name| !name.is_empty()),
        state: row.try_get(4)?,
        since: row.try_get(5)?,
        age: i64::from(row.try_get::<_, i32>(6)?),
    })
}
