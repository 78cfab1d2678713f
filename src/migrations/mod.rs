//! FOLDER, HISTORY, APPLY: every rule about migrations, so that commands, library and engine behave the same.

pub mod apply;
pub mod bridge;
pub mod cache;
pub mod checksum;
pub mod dev;
pub mod directory;
pub mod drift;
pub mod health;
pub mod dry_run;
pub mod history;
mod meaning;
pub mod plan;
pub mod own_server;
mod prepare;
pub mod push;
pub mod records;
pub mod reset;
pub mod resolve;
mod run;
pub mod script;
mod segments;
pub mod shadow;
pub mod sides;
pub mod slug;
mod snapshot;
pub mod status;

pub use apply::{ApplyOptions, Progress, Transactions, apply_pending};
pub use cache::Cache;
pub use directory::{Directory, DirectoryError, Migration};
pub use dry_run::dry_run;
pub use history::{History, Record, RecordState};
pub use own_server::OwnServer;
pub use plan::Steps;
pub use prepare::{InstructionError, Prepared, prepare};
pub use script::ScriptError;
pub use shadow::Shadow;
pub use status::{Status, status};

use crate::db::DbError;
use crate::db::lock::LockError;
use crate::introspect::IntrospectError;
use script::Left;

/// Why migrations could not be read, applied or compared.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// Something about the folder.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// Something about the server.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Another run holds the lock (P1002).
    #[error(transparent)]
    Lock(LockError),
    /// The catalog could not be read.
    #[error(transparent)]
    Introspect(#[from] IntrospectError),
    /// The database has tables and no history (P3005).
    #[error("the database is not empty and has no migration history: {}", some_of(tables))]
    NotEmpty {
        /// The tables, as `namespace.table`.
        tables: Vec<String>,
    },
    /// Migrations failed and nobody said what to do about them (P3009).
    #[error("{}", failed_migrations(records))]
    FailedMigrations {
        /// The failed rows.
        records: Vec<Record>,
    },
    /// The server refused a script (P3018).
    #[error("{0}")]
    Script(Box<ScriptError>),
    /// A script asks for something that cannot be done. Nothing has been run.
    #[error("{0}")]
    Instruction(Box<InstructionError>),
    /// The connection ended while a script ran (P1017).
    #[error("the connection ended while migration `{name}` ran: {source}")]
    Interrupted {
        /// The migration.
        name: String,
        /// What that leaves.
        left: Left,
        /// What the server said, if it did.
        source: DbError,
    },
    /// The shadow database could not be made (P3014).
    #[error("{}", no_shadow(source, stand_in.as_deref()))]
    ShadowCreation {
        /// What the server said.
        source: DbError,
        /// Why a server of evt's own cannot stand in, if one was thought of.
        stand_in: Option<String>,
    },
    /// A server of evt's own for the shadow database did not start (P3014).
    #[error("there is no server for the shadow database: {reason}")]
    ShadowServer {
        /// Why not.
        reason: String,
    },
    /// Neither the namespaces nor what is in them could be dropped (P3016).
    #[error("the database cannot be emptied: {source}")]
    Reset {
        /// What the server said.
        source: DbError,
    },
    /// The server refused a script in the shadow database (P3006).
    #[error("the migrations cannot be replayed from the beginning: {0}")]
    ShadowScript(Box<ScriptError>),
    /// The SQL that prepares the shadow database was refused.
    #[error("the SQL that prepares the shadow database (`initShadowDb`) was refused: {source}")]
    ShadowInit {
        /// What the server said.
        source: DbError,
    },
    /// The shadow database is the database itself, which would be emptied.
    #[error("the shadow database is the database itself, which replaying migrations would empty")]
    ShadowIsMain,
    /// `resolve` was asked about a migration whose folder does not exist (P3017).
    #[error("there is no migration `{name}` in `{}`", directory.display())]
    Unknown {
        /// The name.
        name: String,
        /// The migrations folder.
        directory: std::path::PathBuf,
    },
    /// The migration is applied already (P3008).
    #[error("migration `{name}` is recorded as applied already")]
    AlreadyApplied {
        /// The name.
        name: String,
    },
    /// The migration was never applied to this database (P3011).
    #[error("migration `{name}` was never applied to this database, so it cannot be rolled back")]
    NeverApplied {
        /// The name.
        name: String,
    },
    /// The migration did not fail (P3012).
    #[error("migration `{name}` did not fail, so it cannot be marked as rolled back")]
    NotFailed {
        /// The name.
        name: String,
    },
    /// The server refused a statement that evt made.
    #[error("the server refuses this statement:\n\n{statement}\n\n{source}")]
    Step {
        /// The statement.
        statement: String,
        /// What the server said.
        source: DbError,
        /// Transactions that are done and stay.
        done: usize,
        /// Transactions in all.
        of: usize,
    },
    /// Nothing could be carried over from or to refinery.
    #[error(transparent)]
    Bridge(#[from] bridge::BridgeError),
    /// There is no history in which something could be marked.
    #[error("this database has no migration history")]
    NoHistory,
}

fn some_of(tables: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = tables.iter().take(SHOWN).map(|table| format!("`{table}`")).collect();
    match tables.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("it has the tables {} and {more} more", shown.join(", ")),
        _ if tables.len() == 1 => format!("it has the table {}", shown.join("")),
        _ => format!("it has the tables {}", shown.join(", ")),
    }
}

fn no_shadow(source: &DbError, stand_in: Option<&str>) -> String {
    let stand_in =
        stand_in.map(|reason| format!("; nor can a PostgreSQL of evt's own stand in: {reason}")).unwrap_or_default();
    format!("cannot make a shadow database to replay the migrations in: {source}{stand_in}")
}

fn failed_migrations(records: &[Record]) -> String {
    use std::fmt::Write as _;
    let mut text = String::from(if records.len() == 1 {
        "a migration failed in this database, and nothing else is applied until it is resolved:"
    } else {
        "migrations failed in this database, and nothing else is applied until they are resolved:"
    });
    for record in records {
        let _ = write!(text, "\n`{}`, started at {}", record.migration_name, record.started_at);
        if let Some(logs) = &record.logs {
            let _ = write!(text, ", failed with:\n{logs}");
        }
    }
    text
}
