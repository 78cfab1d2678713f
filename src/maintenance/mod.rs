//! UPKEEP: what a database holds and what hurts (`stats`), and cleaning it up (`vacuum`).
//!
//! Both look at any database, whether evt manages it or not, and need no schema file.

mod snapshot;
pub mod stats;
pub mod vacuum;

use crate::db::DbError;

/// Why a database could not be looked at or cleaned up.
#[derive(Debug, thiserror::Error)]
pub enum MaintenanceError {
    /// The server refused a question or the connection broke.
    #[error("the statistics could not be read ({question})")]
    Query {
        /// What was asked for.
        question: &'static str,
        /// What the server or the connection said.
        #[source]
        source: DbError,
    },
    /// A name that a person gave and that no table has (P1014).
    #[error("there is no table `{name}`{}", .suggestion.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    UnknownTable {
        /// As given.
        name: String,
        /// The table that is most like it.
        suggestion: Option<String>,
    },
    /// A name without a namespace that several tables have.
    #[error("`{name}` is the name of several tables: {}", .candidates.join(", "))]
    AmbiguousTable {
        /// As given.
        name: String,
        /// The tables, with their namespaces.
        candidates: Vec<String>,
    },
    /// A name of something that has no rows of its own.
    #[error("`{name}` is {what}; only tables and materialized views can be vacuumed")]
    NotATable {
        /// As given.
        name: String,
        /// What it is, with its article.
        what: &'static str,
    },
    /// A text that is no name.
    #[error("`{text}` is no name of a table: {reason}")]
    Name {
        /// As given.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A namespace that a person asked for and that does not exist.
    #[error("there is no schema `{name}` in this database{}", .suggestion.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    UnknownNamespace {
        /// As given.
        name: String,
        /// The namespace that is most like it.
        suggestion: Option<String>,
    },
}

impl MaintenanceError {
    /// Whether somebody changed what was being read, so that another try is worth it.
    fn is_change(&self) -> bool {
        match self {
            Self::Query { source, .. } => source.is_change(),
            _ => false,
        }
    }
}
