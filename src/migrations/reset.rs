//! Emptying a database without dropping it.

use std::fmt::Write as _;

use crate::db::{Connection, DbError};
use crate::sql::quote::{Ident, Statement};

use super::history;

/// Drops and makes anew the managed namespaces, or the connection's own if none are named, and forgets the history.
/// Everything in them is lost, whoever made it.
pub async fn reset(db: &mut Connection, namespaces: &[String]) -> Result<(), DbError> {
    let own = [db.namespace().to_owned()];
    let namespaces = if namespaces.is_empty() { &own[..] } else { namespaces };
    let mut sql = String::new();
    for namespace in namespaces {
        let name = Ident(namespace);
        let _ = writeln!(sql, "DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name};");
    }
    // One message is one transaction: either all of it is empty or nothing happened.
    let _ = write!(sql, "DROP TABLE IF EXISTS {}.{}", Ident(&own[0]), Ident(history::TABLE));
    db.script(&Statement::built(sql)).await
}
