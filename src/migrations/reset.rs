//! Emptying a database without dropping it.

use std::fmt::Write as _;

use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};

use crate::db::{Connection, DbError};
use crate::sql::quote::{Ident, Statement};

use super::{MigrateError, history};

/// Drops and makes anew the managed namespaces, or the connection's own if none are named, and forgets the history.
/// Everything in them is lost, whoever made it. Without the right to drop a namespace, what is in it is dropped one by
/// one, and functions stay (Prisma does the same).
///
/// Fails with [`MigrateError::Reset`] (P3016) if neither is allowed; nothing has changed then.
pub async fn reset(db: &mut Connection, namespaces: &[String]) -> Result<(), MigrateError> {
    let own = [db.namespace().to_owned()];
    let namespaces = if namespaces.is_empty() { &own[..] } else { namespaces };
    let mut sql = String::new();
    for namespace in namespaces {
        let name = Ident(namespace);
        let _ = writeln!(sql, "DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name};");
    }
    let history = format!("DROP TABLE IF EXISTS {}.{}", Ident(&own[0]), Ident(history::TABLE));
    // One message is one transaction: either all of it is empty or nothing happened.
    sql.push_str(&history);
    match db.script(&Statement::built(sql)).await {
        Err(error) if error.has_state(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            let sql = contents(db, namespaces).await? + &history;
            db.script(&Statement::built(sql)).await.map_err(|source| MigrateError::Reset { source })
        }
        outcome => Ok(outcome?),
    }
}

/// Statements that drop everything in the namespaces. What another one has dropped already is no error.
async fn contents(db: &Connection, namespaces: &[String]) -> Result<String, DbError> {
    let parameters: [(&(dyn ToSql + Sync), Type); 1] = [(&namespaces, Type::TEXT_ARRAY)];
    let question = include_str!("queries/contents.sql");
    let problem = |error| DbError::of_statement(&error);
    let rows = db.client().query_typed(question, &parameters).await.map_err(problem)?;
    let mut sql = String::new();
    for row in &rows {
        let text = |column: usize| row.try_get::<_, &str>(column).map_err(problem);
        let _ = writeln!(sql, "DROP {} IF EXISTS {}.{} CASCADE;", text(0)?, Ident(text(1)?), Ident(text(2)?));
    }
    Ok(sql)
}
