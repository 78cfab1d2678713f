//! What a database and its server have to offer before migrations can run: facts, each asked for without changing
//! anything.

use tokio_postgres::types::{ToSql, Type};

use crate::db::{Connection, DbError};
use crate::sql::quote::{Constant, Statement};

use super::history::TABLE;

/// The oldest and the newest major version that are tested.
pub const TESTED: std::ops::RangeInclusive<u32> = 14..=18;

/// The oldest major version that should work.
pub const OLDEST: u32 = 10;

/// The server, and what the user may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// As the server spells it: `17.2 (Debian 17.2-1)`.
    pub version: String,
    /// The major version.
    pub major: u32,
    /// Whether the server only speaks PostgreSQL's protocol and is something else.
    pub foreign: bool,
    /// The user of the session.
    pub user: String,
    /// Whether nothing is forbidden to it.
    pub superuser: bool,
    /// Whether it may make databases, such as a shadow database.
    pub may_create_databases: bool,
    /// Whether it may make namespaces and trusted extensions in this database.
    pub may_create_namespaces: bool,
    /// Whether the server follows another one.
    pub standby: bool,
    /// Whether transactions are read-only unless they say otherwise.
    pub read_only: bool,
}

/// A namespace of the schema in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceRights {
    /// Its name.
    pub name: String,
    /// Whether it exists.
    pub exists: bool,
    /// Whether the user may use it and make tables in it.
    pub may_create: bool,
    /// Tables that the user does not own and therefore cannot alter.
    pub tables_of_others: Vec<String>,
}

/// An extension that a migration or the schema needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionState {
    /// Its name in the database.
    pub name: String,
    /// Whether the server's machine has its files.
    pub available: bool,
    /// Whether it is in this database.
    pub installed: bool,
    /// Whether only a superuser may add it.
    pub needs_superuser: bool,
}

/// Asks about the server and the user.
pub async fn session(db: &mut Connection) -> Result<Session, DbError> {
    let rows = db.rows(&Statement::from(include_str!("queries/session.sql"))).await?;
    let row = rows.first().ok_or_else(|| DbError::Protocol("the user of the session is no role".to_owned()))?;
    let text = |column: &str| row.get(column).unwrap_or_default().to_owned();
    let truth = |column: &str| row.get(column) == Some("t");
    let number: u32 = text("number").parse().unwrap_or_default();
    Ok(Session {
        version: text("version"),
        major: number / 10_000,
        foreign: !text("full_version").starts_with("PostgreSQL"),
        user: text("user"),
        superuser: truth("superuser"),
        may_create_databases: truth("superuser") || truth("may_create_databases"),
        may_create_namespaces: truth("may_create_namespaces"),
        standby: truth("standby"),
        read_only: truth("read_only"),
    })
}

/// Asks about namespaces, in the order given.
pub async fn namespaces(db: &mut Connection, names: &[String]) -> Result<Vec<NamespaceRights>, DbError> {
    let rows = ask(db, include_str!("queries/namespaces.sql"), names).await?;
    let rights = |row: &tokio_postgres::Row| {
        Ok(NamespaceRights {
            name: row.try_get(0)?,
            exists: row.try_get(1)?,
            may_create: row.try_get(2)?,
            tables_of_others: row.try_get(3)?,
        })
    };
    rows.iter().map(rights).collect::<Result<_, _>>().map_err(|error| DbError::of_statement(&error))
}

/// Asks about extensions, in the order given.
pub async fn extensions(db: &mut Connection, names: &[String]) -> Result<Vec<ExtensionState>, DbError> {
    let rows = ask(db, include_str!("queries/extensions.sql"), names).await?;
    let state = |row: &tokio_postgres::Row| {
        Ok(ExtensionState {
            name: row.try_get(0)?,
            available: row.try_get(1)?,
            installed: row.try_get(2)?,
            needs_superuser: row.try_get(3)?,
        })
    };
    rows.iter().map(state).collect::<Result<_, _>>().map_err(|error| DbError::of_statement(&error))
}

/// Whether the user may read and write the history in `namespace`; `None` if there is none.
pub async fn may_write_history(db: &mut Connection, namespace: &str) -> Result<Option<bool>, DbError> {
    // Not by name: a namespace that the user may not even look into would be an error.
    let rights = ["SELECT", "INSERT", "UPDATE"]
        .map(|right| format!("pg_catalog.has_table_privilege(class.oid, '{right}')"))
        .join(" AND ");
    let rows = db
        .rows(&Statement::built(format!(
            "SELECT {rights} AS may FROM pg_catalog.pg_class AS class \
             JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace \
             WHERE namespace.nspname = {} AND class.relname = {}",
            Constant(namespace),
            Constant(TABLE)
        )))
        .await?;
    Ok(rows.first().and_then(|row| row.get("may")).map(|may| may == "t"))
}

async fn ask(db: &Connection, question: &'static str, names: &[String]) -> Result<Vec<tokio_postgres::Row>, DbError> {
    let names: [(&(dyn ToSql + Sync), Type); 1] = [(&names, Type::TEXT_ARRAY)];
    db.client().query_typed(question, &names).await.map_err(|error| DbError::of_statement(&error))
}
