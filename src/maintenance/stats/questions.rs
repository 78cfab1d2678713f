//! Asks everything at once: every statement is on its way before the first answer comes back.

use std::collections::{HashMap, HashSet};

use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use super::rows::{self, ForeignKeyRow, IndexRow, SequenceRow, TableRow};
use super::{Holder, Server, StatsScope};
use crate::db::snapshot::{BEGIN, COMMIT};
use crate::maintenance::MaintenanceError;
use crate::maintenance::snapshot::{SETTINGS, failed, rows};

/// All answers, as the server gave them.
pub(super) struct Answers {
    pub(super) server: Server,
    namespaces: HashSet<String>,
    pub(super) tables: Vec<TableRow>,
    pub(super) indexes: Vec<IndexRow>,
    /// The operator family of each operator class.
    pub(super) families: HashMap<u32, u32>,
    pub(super) foreign_keys: Vec<ForeignKeyRow>,
    /// Operators of foreign keys, with the families that know them.
    pub(super) equality: HashSet<(u32, u32)>,
    pub(super) sequences: Vec<SequenceRow>,
    pub(super) holders: Vec<Holder>,
}

const SERVER: &str = include_str!("../queries/server.sql");
const NAMESPACES: &str = "SELECT 0::oid, n.nspname FROM pg_catalog.pg_namespace AS n";
const TABLES: &str = include_str!("../queries/tables.sql");
const INDEXES: &str = include_str!("../queries/indexes.sql");
const FAMILIES: &str = include_str!("../queries/operator_families.sql");
const FOREIGN_KEYS: &str = include_str!("../queries/foreign_keys.sql");
const EQUALITY: &str = include_str!("../queries/equality.sql");
const SEQUENCES: &str = include_str!("../queries/sequences.sql");
const HOLDERS: &str = include_str!("../queries/holders.sql");

/// Asks about the namespaces, or all but the server's own and evt's.
///
/// No statement has a name, so a pooler that gives each transaction another server connection is no obstacle.
pub(super) async fn ask(client: &Client, scope: StatsScope<'_>) -> Result<Answers, MaintenanceError> {
    let nothing: &[(&(dyn ToSql + Sync), Type)] = &[];
    let scope: &[(&(dyn ToSql + Sync), Type)] = &[(&scope.namespaces, Type::TEXT_ARRAY), (&scope.records, Type::TEXT)];

    // `join!` polls in this order, and a statement is sent when it is first polled.
    let answers = tokio::join!(
        biased;
        client.batch_execute(BEGIN),
        client.query_typed(SETTINGS, nothing),
        client.query_typed(SERVER, nothing),
        client.query_typed(NAMESPACES, nothing),
        client.query_typed(TABLES, scope),
        client.query_typed(INDEXES, scope),
        client.query_typed(FAMILIES, nothing),
        client.query_typed(FOREIGN_KEYS, scope),
        client.query_typed(EQUALITY, nothing),
        client.query_typed(SEQUENCES, scope),
        client.query_typed(HOLDERS, nothing),
        client.batch_execute(COMMIT),
    );

    // In the order of sending, so that the error shown is the first one and not those that follow from it.
    answers.0.map_err(failed("begin"))?;
    answers.1.map_err(failed("settings"))?;
    let server = rows("server", answers.2, rows::server)?.pop();
    let found = Answers {
        server: server.ok_or_else(|| MaintenanceError::Query {
            question: "server",
            source: crate::db::DbError::Protocol("the database has no row in pg_database".to_owned()),
        })?,
        namespaces: rows("namespaces", answers.3, |row| row.try_get(1))?.into_iter().collect(),
        tables: rows("tables", answers.4, rows::table)?,
        indexes: rows("indexes", answers.5, rows::index)?,
        families: rows("operator families", answers.6, |row| Ok((row.try_get(0)?, row.try_get(1)?)))?
            .into_iter()
            .collect(),
        foreign_keys: rows("foreign keys", answers.7, rows::foreign_key)?,
        equality: rows("equality", answers.8, |row| Ok((row.try_get(0)?, row.try_get(1)?)))?.into_iter().collect(),
        sequences: rows("sequences", answers.9, rows::sequence)?,
        holders: rows("transactions", answers.10, rows::holder)?,
    };
    answers.11.map_err(failed("commit"))?;
    Ok(found)
}

impl Answers {
    /// Refuses namespaces that a person asked for and that do not exist.
    pub(super) fn check_namespaces(&self, asked: Option<&[String]>) -> Result<(), MaintenanceError> {
        let missing = asked.into_iter().flatten().find(|name| !self.namespaces.contains(*name));
        match missing {
            None => Ok(()),
            Some(name) => {
                let mut known: Vec<&str> = self.namespaces.iter().map(String::as_str).collect();
                known.sort_unstable();
                let suggestion = crate::psl::nearest(name, known).map(str::to_owned);
                Err(MaintenanceError::UnknownNamespace { name: name.clone(), suggestion })
            }
        }
    }
}
