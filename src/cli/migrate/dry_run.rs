//! `evt migrate deploy --dry-run`: what would be done, as a table or as JSON.

use serde_json::{Value, json};

use crate::migrations::dry_run::{Planned, PlannedStatement, TableFacts};
use crate::output::{Output, bytes, count, plural};
use crate::sql::locks::{TableLock, Work};

/// Shows what would run.
pub(super) fn show(planned: &[Planned], out: &mut Output) {
    if planned.is_empty() {
        return out.good("No pending migrations to apply.");
    }
    for migration in planned {
        let how = match migration.mode {
            "segments" => "in segments",
            mode => mode,
        };
        out.paragraph(&format!("`{}` would run {how}: {}", migration.name, migration.reason), 0);
        if migration.done > 0 {
            let are = if migration.done == 1 { "is" } else { "are" };
            out.line(format!("{} {are} in the database already", plural(migration.done, "segment")));
        }
        let rows: Vec<Vec<String>> = migration.statements.iter().flat_map(rows).collect();
        if !rows.is_empty() {
            out.narrow_table(&["Line", "Statement", "Lock", "Table", "Effect"], &rows);
        }
        out.line("");
    }
    out.line(format!("{} would be applied; nothing was done.", plural(planned.len(), "migration")));
}

/// A row for each lock; one for a statement that takes none.
fn rows(statement: &PlannedStatement) -> Vec<Vec<String>> {
    let unknown = statement.effects.unknown.map(|what| format!("unknown: {what}"));
    let first = |index| if index == 0 { statement.line.to_string() } else { String::new() };
    let kind = |index| if index == 0 { statement.effects.kind.clone() } else { String::new() };
    let mut rows: Vec<Vec<String>> = statement
        .effects
        .locks
        .iter()
        .zip(&statement.tables)
        .enumerate()
        .map(|(index, (lock, table))| {
            vec![first(index), kind(index), lock.mode.to_string(), table_text(table), effect(lock, table)]
        })
        .collect();
    match (rows.last_mut(), unknown) {
        (None, unknown) => {
            let (lock, effect) = if unknown.is_some() { ("unknown", unknown) } else { ("none", None) };
            rows.push(vec![first(0), kind(0), lock.to_owned(), String::new(), effect.unwrap_or_default()]);
        }
        (Some(row), Some(unknown)) => {
            let effect = &row[4];
            row[4] = if effect.is_empty() { unknown } else { format!("{effect}; {unknown}") };
        }
        (Some(_), None) => {}
    }
    rows
}

fn table_text(table: &TableFacts) -> String {
    let rows = table.rows.map(|rows| format!("~{} {}", count(rows), if rows == 1 { "row" } else { "rows" }));
    let bytes = table.bytes.map(bytes);
    let facts: Vec<String> = match (table.found, table.new) {
        (true, _) => rows.into_iter().chain(bytes).collect(),
        (false, true) => vec!["new".to_owned()],
        (false, false) => vec!["not there yet".to_owned()],
    };
    if facts.is_empty() { table.name.clone() } else { format!("{}: {}", table.name, facts.join(", ")) }
}

/// What others notice. Nobody waits for a table that nobody else can see.
fn effect(lock: &TableLock, table: &TableFacts) -> String {
    if table.new {
        return String::new();
    }
    let blocks = match (lock.mode.blocks_reads(), lock.mode.blocks_writes()) {
        (true, _) => Some("blocks reads and writes"),
        (false, true) => Some("blocks writes"),
        (false, false) => None,
    };
    let work = match lock.work {
        Work::None => None,
        Work::Scan => Some("scans the table"),
        Work::MayRewrite => Some("may rewrite the table"),
        Work::Rewrite => Some("rewrites the table"),
    };
    [blocks, work].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `version` changes when a field changes its meaning or goes.
pub(super) fn as_json(found: usize, planned: &[Planned]) -> Value {
    json!({
        "version": 1,
        "found": found,
        "planned": planned.iter().map(migration_json).collect::<Vec<_>>(),
    })
}

fn migration_json(migration: &Planned) -> Value {
    json!({
        "name": migration.name,
        "mode": migration.mode,
        "reason": migration.reason,
        "segmentsDone": migration.done,
        "statements": migration.statements.iter().map(statement_json).collect::<Vec<_>>(),
    })
}

fn statement_json(statement: &PlannedStatement) -> Value {
    let locks = statement.effects.locks.iter().zip(&statement.tables).map(|(lock, table)| {
        json!({
            "mode": lock.mode.to_string(),
            "table": table.name,
            "exists": table.found,
            "new": table.new,
            "rows": table.rows,
            "bytes": table.bytes,
            "blocksReads": lock.mode.blocks_reads(),
            "blocksWrites": lock.mode.blocks_writes(),
            "work": match lock.work {
                Work::None => "none",
                Work::Scan => "scan",
                Work::MayRewrite => "mayRewrite",
                Work::Rewrite => "rewrite",
            },
        })
    });
    json!({
        "line": statement.line,
        "segment": statement.segment,
        "inTransaction": !statement.alone,
        "kind": statement.effects.kind,
        "locks": locks.collect::<Vec<_>>(),
        "unknown": statement.effects.unknown,
    })
}
