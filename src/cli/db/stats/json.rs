//! The shape of `evt db stats --json`.
//!
//! `version` changes when a field changes its meaning or goes; fields may come. Everything is there, whatever `--limit`
//! says. Sizes are bytes, times are ISO 8601 in UTC, shares go from 0 to 1, names are `{"schema", "name"}`; `null` is
//! what nobody knows: a size while the table is locked, a time that never was.
//!
//! - `database`: `name`, `serverVersion`, `user`, `bytes`, `inRecovery`, `readAt`, `countingSince`, `startedAt`,
//!   `counts`, `replicas`, `blockHits`, `blockReads`, `transactionAge`, `autovacuum`
//! - `tables`: largest first
//! - `indexes`: largest first; `finding` is `null`, `unused`, `duplicate`, `covered` or `invalid`, and `other` the index
//!   that makes it superfluous
//! - `foreignKeysWithoutIndex`: those on the largest tables first
//! - `sequences`: those that have used half of their values
//! - `holdingBack`: who keeps VACUUM from removing dead rows
//! - `unseen`: sentences
//! - `advice`: `kind`, `object`, `reason`, `sql`

use serde_json::{Value, json};

use crate::dbschema::QualifiedName;
use crate::maintenance::stats::{Advice, Finding, FullSequence, Holder, Index, Micros, Stats, Table, UncoveredKey};

pub(super) fn of(stats: &Stats) -> Value {
    let server = &stats.server;
    json!({
        "version": 1,
        "database": {
            "name": server.database,
            "serverVersion": server.version,
            "user": server.user,
            "bytes": server.bytes,
            "inRecovery": server.in_recovery,
            "readAt": time(Some(server.now)),
            "countingSince": time(server.counting_since),
            "startedAt": time(Some(server.started)),
            "counts": server.counts,
            "replicas": server.replicas,
            "blockHits": server.blocks.map(|(hits, _)| hits),
            "blockReads": server.blocks.map(|(_, reads)| reads),
            "transactionAge": server.xid_age,
            "autovacuum": server.autovacuum,
        },
        "tables": list(&stats.tables, table),
        "indexes": list(&stats.indexes, index),
        "foreignKeysWithoutIndex": list(&stats.uncovered_keys, key),
        "sequences": list(&stats.sequences, sequence),
        "holdingBack": list(&stats.holders, holder),
        "unseen": stats.unseen,
        "advice": list(&stats.advice, advice),
    })
}

fn list<T>(items: &[T], one: fn(&T) -> Value) -> Value {
    items.iter().map(one).collect()
}

fn name(name: &QualifiedName) -> Value {
    json!({ "schema": name.namespace, "name": name.name })
}

fn time(time: Option<Micros>) -> Option<String> {
    time.and_then(|time| jiff::Timestamp::from_microsecond(time).ok()).map(|time| time.to_string())
}

fn table(table: &Table) -> Value {
    json!({
        "table": name(&table.name),
        "kind": table.kind.as_str(),
        "partitionOf": table.partition_of.as_ref().map(name),
        "partitions": table.partitions,
        "unlogged": table.unlogged,
        "rows": table.rows,
        "bytes": table.bytes(),
        "heapBytes": table.heap,
        "toastBytes": table.toast,
        "indexBytes": table.indexes,
        "locked": table.locked,
        "sequentialScans": table.sequential_scans,
        "sequentialRows": table.sequential_rows,
        "indexScans": table.index_scans,
        "inserted": table.inserted,
        "updated": table.updated,
        "hotUpdated": table.hot_updated,
        "deleted": table.deleted,
        "modifiedSinceAnalyze": table.modified,
        "deadRows": table.dead,
        "deadShare": table.dead_share(),
        "lastVacuum": time(table.last_vacuum),
        "lastAutovacuum": time(table.last_autovacuum),
        "lastAnalyze": time(table.last_analyze),
        "lastAutoanalyze": time(table.last_autoanalyze),
        "transactionAge": table.xid_age,
        "autovacuumOff": table.autovacuum_off,
        "autovacuumThreshold": table.vacuum_threshold,
    })
}

fn index(index: &Index) -> Value {
    let (finding, other) = match &index.finding {
        None => (None, None),
        Some(Finding::Invalid { .. }) => (Some("invalid"), None),
        Some(Finding::Duplicate { of }) => (Some("duplicate"), Some(name(of))),
        Some(Finding::Covered { by }) => (Some("covered"), Some(name(by))),
        Some(Finding::Unused) => (Some("unused"), None),
    };
    json!({
        "index": name(&index.name),
        "table": name(&index.table),
        "method": index.method,
        "keys": index.keys,
        "included": index.included,
        "predicate": index.predicate,
        "unique": index.unique,
        "needed": index.needed,
        "partitioned": index.partitioned,
        "partOfPartitioned": index.part,
        "bytes": index.bytes,
        "scans": index.scans,
        "lastScan": time(index.last_scan),
        "finding": finding,
        "other": other,
    })
}

fn key(key: &UncoveredKey) -> Value {
    json!({
        "constraint": key.name,
        "table": name(&key.table),
        "columns": key.columns,
        "references": name(&key.references),
        "heapBytes": key.bytes,
        "rows": key.rows,
        "referencedDeletes": key.deletes,
        "referencedUpdates": key.updates,
    })
}

fn sequence(sequence: &FullSequence) -> Value {
    json!({
        "sequence": name(&sequence.name),
        "table": sequence.column.as_ref().map(|(table, _)| name(table)),
        "column": sequence.column.as_ref().map(|(_, column)| column),
        "lastValue": sequence.last,
        "largestValue": sequence.most,
        "used": sequence.used(),
    })
}

fn holder(holder: &Holder) -> Value {
    json!({
        "kind": holder.kind,
        "id": holder.id,
        "user": holder.user,
        "application": holder.application,
        "state": holder.state,
        "since": time(holder.since),
        "transactionAge": holder.age,
    })
}

fn advice(advice: &Advice) -> Value {
    json!({
        "kind": advice.kind.as_str(),
        "object": name(&advice.object),
        "reason": advice.reason,
        "sql": advice.sql,
    })
}
