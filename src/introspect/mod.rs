//! LIVE DATABASE → `DbSchema`, in one round trip and one read-only snapshot.
//!
//! `catalog` asks every question at once; the other modules join the answers by object identifier, never by name:
//! `types` first, then `columns` (with `defaults`), then what refers to columns by number (`indexes`,
//! `foreign_keys`), and `tables` puts them together.

mod assemble;
mod catalog;
mod columns;
mod defaults;
mod foreign_keys;
mod indexes;
mod tables;
pub mod to_psl;
mod types;
pub mod whole;

use crate::db::snapshot::undisturbed;
use crate::db::{Connection, DbError};
use crate::dbschema::DbSchema;

/// Which part of a database is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Names of the namespaces; those that do not exist are passed over.
    pub namespaces: Vec<String>,
    /// The namespace of unqualified names. Expressions are printed as a session sees them whose `search_path` is it.
    pub default_namespace: String,
}

/// Why a database could not be read.
#[derive(Debug, thiserror::Error)]
pub enum IntrospectError {
    /// The server refused a question or the connection broke.
    #[error("the catalog could not be read ({question})")]
    Query {
        /// What was asked for.
        question: &'static str,
        /// What the server or the connection said.
        #[source]
        source: DbError,
    },
    /// A letter that the versions of PostgreSQL known to evt do not use.
    #[error(
        "`{letter}` in `{column}` of `{object}` is not known to this version of evt; please report it with the version of the server"
    )]
    UnknownLetter {
        /// The column of the catalog.
        column: &'static str,
        /// What it held.
        letter: char,
        /// The object whose row it is.
        object: String,
    },
    /// A row refers to one that is not there, because somebody changed the database meanwhile.
    #[error("`{object}` changed while it was being read; try again")]
    Changed {
        /// The object whose row it is.
        object: String,
    },
}

/// Reads the tables, enums, views, sequences and extensions of the namespaces in `scope`.
///
/// Takes one round trip, in a transaction of its own that reads only; the connection must not be in one. Foreign keys
/// into namespaces outside the scope are kept, with the name of the table that they refer to.
///
/// # Errors
/// If the server refuses a question, or the catalog says something that evt does not know.
pub async fn introspect(db: &mut Connection, scope: &Scope) -> Result<DbSchema, IntrospectError> {
    undisturbed(IntrospectError::is_change, async || {
        // The future holds all questions at once; callers should not have to.
        let catalog = Box::pin(catalog::ask(db.client(), scope)).await?;
        assemble::assemble(catalog, scope)
    })
    .await
}

impl IntrospectError {
    /// Whether somebody changed what was being read, so that another try is worth it.
    fn is_change(&self) -> bool {
        match self {
            Self::Changed { .. } => true,
            Self::Query { source, .. } => source.is_change(),
            Self::UnknownLetter { .. } => false,
        }
    }
}
