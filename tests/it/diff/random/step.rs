//! One difference, applied to a database with rows.

use std::fmt::Write as _;

use evt::db::Connection;
use evt::dbschema::DbSchema;
use evt::diff::diff;
use evt::safety;
use evt::sql::quote::Qualified;
use evt::sql::{Naming, render};

use super::data::{in_the_way, rows};
use crate::diff::proof::{read, script, settled};

/// What happened, in numbers.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Steps of differences.
    pub(crate) steps: usize,
    /// Tables with rows that were altered.
    pub(crate) altered: usize,
    /// Tables that had to be emptied before.
    pub(crate) emptied: usize,
}

/// Fills the tables of `from`, which the database is now, and makes `to` out of it: by the difference between the
/// schemas or by that between the database and the schema. Before, tables are emptied of whose rows evt's own findings
/// say that they are lost or stand in the way.
pub(crate) async fn step(
    db: &mut Connection,
    [from, to]: [&DbSchema; 2],
    between_schemas: bool,
    tally: &mut Tally,
) -> Result<(), String> {
    script(db, &rows(from, to)).await.map_err(|error| format!("rows: {error}"))?;
    let source = read(db, &[from, to]).await?;
    let source = if between_schemas { from } else { &source };
    let changes = diff(source, to);
    let findings = safety::check(&changes);
    let consequences = safety::inspect(db, &changes, &findings).await.map_err(|error| error.to_string())?;
    let confirmed = consequences.warnings.iter().chain(&consequences.unexecutable).map(|c| &changes[c.finding.step]);
    let empty = in_the_way(source, confirmed);
    let mut sql = String::new();
    for table in &empty {
        let _ = writeln!(sql, "TRUNCATE {} CASCADE;", Qualified(table));
    }
    script(db, &sql).await?;
    tally.steps += changes.len();
    tally.emptied += empty.len();
    tally.altered += changes
        .iter()
        .filter(|change| matches!(change, evt::diff::Change::AlterTable { table, .. } if !empty.contains(table)))
        .count();
    let sql = render(&changes, Naming::for_target(to)).to_string();
    script(db, &sql).await.map_err(|error| format!("{error}\n{sql}"))?;
    settled(&read(db, &[from, to]).await?, to).map_err(|error| format!("{error}\nafter\n{sql}"))
}
