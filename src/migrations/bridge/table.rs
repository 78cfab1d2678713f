//! The history of refinery.

use jiff::Timestamp;
use tokio_postgres::Client;

use super::files::Script;
use super::{BridgeError, Problem, Width};
use crate::db::Connection;
use crate::migrations::MigrateError;
use crate::sql::quote::{Constant, Ident, Statement};

/// A history of refinery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    /// Its name, quoted where it has to be.
    pub(super) sql: String,
    /// How many bits its versions have.
    pub(super) width: Width,
    /// Its rows by version.
    pub(super) rows: Vec<Row>,
}

/// A migration that refinery applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) version: i64,
    pub(super) name: String,
    pub(super) applied_on: Timestamp,
    pub(super) checksum: u64,
}

/// The history in the table that people name as in SQL; `None` if there is no such table.
pub(super) async fn read(db: &mut Connection, name: &str) -> Result<Option<Table>, MigrateError> {
    let question = format!(
        "SELECT n.nspname AS namespace, c.relname AS name, pg_catalog.format_type(a.atttypid, NULL) AS type \
         FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
         LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'version' \
         WHERE c.oid = pg_catalog.to_regclass({})",
        Constant(name)
    );
    let found = db.rows(&Statement::built(question)).await?;
    let Some(found) = found.first() else { return Ok(None) };
    let text = |column| found.get(column).unwrap_or_default();
    let sql = format!("{}.{}", Ident(text("namespace")), Ident(text("name")));
    let odd = |problem: String| BridgeError::OddTable { table: name.to_owned(), problem };
    let width = match text("type") {
        "integer" => Width::Int4,
        "bigint" => Width::Int8,
        "" => return Err(odd("it has no column `version`".to_owned()).into()),
        other => return Err(odd(format!("its column `version` is of type `{other}`")).into()),
    };
    let question = format!("SELECT version, name, applied_on, checksum FROM {sql} ORDER BY version");
    let mut rows = Vec::new();
    for row in db.rows(&Statement::built(question)).await? {
        let text = |column| row.get(column).unwrap_or_default();
        let wrong = |column: &'static str| {
            let version = row.get("version").unwrap_or_default();
            odd(format!("`{column}` of version {version} is `{}`", row.get(column).unwrap_or_default()))
        };
        rows.push(Row {
            version: text("version").parse().map_err(|_| wrong("version"))?,
            name: text("name").to_owned(),
            applied_on: text("applied_on").parse().map_err(|_| wrong("applied_on"))?,
            checksum: text("checksum").parse().map_err(|_| wrong("checksum"))?,
        });
    }
    Ok(Some(Table { sql, width, rows }))
}

/// The statement with which refinery makes its table.
pub(super) fn creation(table: &str, width: Width) -> String {
    match width {
        Width::Int4 => <Client as refinery_core::AsyncMigrate>::assert_migrations_table_query(table),
        Width::Int8 => <Client as refinery_core_int8::AsyncMigrate>::assert_migrations_table_query(table),
    }
}

/// What refinery would refuse: applied versions without their file, files that are not what was applied, and files that
/// were passed over.
pub(super) fn check(scripts: &[Script], rows: &[Row], width: Width) -> Vec<Problem> {
    let mut problems = Vec::new();
    for row in rows {
        let Some(script) = scripts.iter().find(|script| script.version == row.version) else {
            problems.push(Problem::Missing { version: row.version, name: row.name.clone() });
            continue;
        };
        if script.name != row.name {
            problems.push(Problem::Renamed { path: script.path.clone(), name: row.name.clone() });
            continue;
        }
        match script.checksum(width) {
            Ok(checksum) if checksum == row.checksum => {}
            Ok(_) => problems.push(Problem::Changed { path: script.path.clone() }),
            Err(problem) => problems.push(problem),
        }
    }
    let last = rows.iter().map(|row| row.version).max();
    let applied = |script: &Script| rows.iter().any(|row| row.version == script.version);
    for script in scripts.iter().filter(|script| script.versioned && !applied(script)) {
        if let Some(applied) = last.filter(|last| script.version <= *last) {
            problems.push(Problem::Late { path: script.path.clone(), applied });
        }
    }
    problems
}
