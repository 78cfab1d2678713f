//! The advisory lock that keeps two migration runs apart. Prisma takes the same one, so that each excludes the other.

use tokio_postgres::error::SqlState;

use super::{Connection, DbError};
use crate::sql::quote::Statement;

/// The key of the lock: Prisma's own.
pub const LOCK_KEY: i64 = 72_707_369;

/// Longest wait for another run, in milliseconds, unless the caller says otherwise; the same as in Prisma. The server
/// ends the wait, so that nobody is left in its queue.
pub const LOCK_TIMEOUT_MS: u64 = 10_000;

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else holds it (P1002).
    #[error("another migration run holds the lock (pg_advisory_lock({LOCK_KEY})); waited {waited_ms} ms{}", by(.holder.as_ref()))]
    Timeout {
        /// The limit, in milliseconds.
        waited_ms: u64,
        /// Who holds it, if the server tells.
        holder: Option<Holder>,
    },
    /// The server reported something else.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// The session that holds the lock, from `pg_stat_activity`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Process id of its backend.
    pub pid: String,
    /// `application_name`.
    pub application: Option<String>,
    /// When its session began.
    pub since: Option<String>,
    /// What it runs or ran last.
    pub query: Option<String>,
}

fn by(holder: Option<&Holder>) -> String {
    holder.map(|holder| format!("; held by {holder}")).unwrap_or_default()
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {}", self.pid)?;
        for (label, value) in [("application", &self.application), ("since", &self.since), ("query", &self.query)] {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                write!(f, ", {label} {}", value.split_whitespace().collect::<Vec<_>>().join(" "))?;
            }
        }
        Ok(())
    }
}

/// Waits for the lock, at most `timeout_ms` milliseconds (0 waits for ever). It belongs to the session.
pub async fn acquire(db: &mut Connection, timeout_ms: u64) -> Result<(), LockError> {
    let sql = Statement::built(format!(
        "SET lock_timeout = {timeout_ms}; SELECT pg_catalog.pg_advisory_lock({LOCK_KEY}); RESET lock_timeout"
    ));
    match db.script(&sql).await {
        Ok(()) => Ok(()),
        Err(error) if error.has_state(&SqlState::LOCK_NOT_AVAILABLE) => {
            Err(LockError::Timeout { waited_ms: timeout_ms, holder: holder(db).await })
        }
        Err(error) => Err(error.into()),
    }
}

/// Gives the lock back.
pub async fn release(db: &mut Connection) -> Result<(), DbError> {
    db.script(&Statement::built(format!("SELECT pg_catalog.pg_advisory_unlock({LOCK_KEY})"))).await
}

/// Asks who holds the lock; `None` if nobody does or the server does not tell.
pub async fn holder(db: &mut Connection) -> Option<Holder> {
    // A key of 64 bits is shown in two halves (PostgreSQL documentation, "pg_locks").
    let sql = Statement::built(format!(
        "SELECT a.pid, a.application_name, a.query, \
         to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"') AS since \
         FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
         WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = {LOCK_KEY} AND l.objsubid = 1 \
         AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
    ));
    let rows = db.rows(&sql).await.ok()?;
    let row = rows.first()?;
    let text = |column| row.get(column).map(str::to_owned);
    Some(Holder {
        pid: text("pid")?,
        application: text("application_name"),
        since: text("since"),
        query: text("query"),
    })
}
