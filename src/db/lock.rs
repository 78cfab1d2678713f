//! The advisory lock that keeps two migration runs apart. Prisma takes the same one, so that each excludes the other.

use std::time::Duration;

use tokio::time::Instant;

use super::{Connection, DbError};
use crate::sql::quote::Statement;

/// The key of the lock: Prisma's own.
pub const LOCK_KEY: i64 = 72_707_369;

/// Longest wait for another run, in milliseconds, unless the caller says otherwise; the same as in Prisma.
pub const LOCK_TIMEOUT_MS: u64 = 10_000;

/// The longest wait in milliseconds, by what is set in seconds.
pub fn timeout_ms(seconds: Option<u64>) -> u64 {
    seconds.map_or(LOCK_TIMEOUT_MS, |seconds| seconds.saturating_mul(1000))
}

/// Between two attempts: at first, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(250));

/// Between two questions who holds the lock.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else holds it (P1002).
    #[error("another migration run holds the lock (pg_advisory_lock({LOCK_KEY})); waited {waited_ms} ms{}", by(.holder.as_deref()))]
    Timeout {
        /// The limit, in milliseconds.
        waited_ms: u64,
        /// Who holds it, if the server tells.
        holder: Option<Box<Holder>>,
    },
    /// The connection goes through a pooler that lends a server process for one transaction, so that the lock would
    /// protect nobody and would stay behind.
    #[error(
        "the connection goes through a pooler that gives each transaction another server process: a lock that keeps \
         two migration runs apart cannot be held there, and settings do not last"
    )]
    Shared,
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
    /// The user.
    pub user: Option<String>,
    /// When its session began.
    pub since: Option<String>,
    /// `active`, `idle` and so on.
    pub state: Option<String>,
    /// For how many seconds it has been in this state.
    pub state_seconds: Option<u64>,
    /// What it runs or ran last.
    pub query: Option<String>,
}

/// What is known while waiting.
#[derive(Debug, Clone, Copy)]
pub struct Waiting<'a> {
    /// Who holds the lock, if the server tells.
    pub holder: Option<&'a Holder>,
    /// The wait so far.
    pub waited: Duration,
    /// The longest wait; `None` is for ever.
    pub limit: Option<Duration>,
}

impl Holder {
    /// What is known, as names and values.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let running = match (self.state.as_deref(), self.state_seconds) {
            (Some(state), Some(seconds)) => Some(format!("{state} for {seconds} s")),
            (state, _) => state.map(str::to_owned),
        };
        [
            ("process", Some(self.pid.clone())),
            ("application", self.application.clone()),
            ("user", self.user.clone()),
            ("since", self.since.clone()),
            ("state", running),
            ("query", self.query.clone()),
        ]
        .into_iter()
        .filter_map(|(label, value)| Some((label, value?)))
        .map(|(label, value)| (label, value.split_whitespace().collect::<Vec<_>>().join(" ")))
        .filter(|(_, value)| !value.is_empty())
        .collect()
    }
}

fn by(holder: Option<&Holder>) -> String {
    holder.map(|holder| format!("; held by {holder}")).unwrap_or_default()
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let facts: Vec<String> = self.facts().into_iter().map(|(label, value)| format!("{label} {value}")).collect();
        f.write_str(&facts.join(", "))
    }
}

/// Waits for the lock, at most `timeout_ms` milliseconds (0 waits for ever), and tells `on_wait` about it now and then.
/// The lock belongs to the session.
///
/// The lock is asked for again and again, and never waited for inside a statement: one that waits holds a snapshot, and
/// the holder's `CREATE INDEX CONCURRENTLY` waits for the end of every older snapshot, so that the two would wait for
/// each other. Also, nobody who is gone is left in the server's queue.
pub async fn acquire(
    db: &mut Connection,
    timeout_ms: u64,
    on_wait: &mut impl AsyncFnMut(Waiting<'_>),
) -> Result<(), LockError> {
    if db.is_shared().await? {
        return Err(LockError::Shared);
    }
    let begin = Instant::now();
    let limit = (timeout_ms > 0).then(|| Duration::from_millis(timeout_ms));
    let mut pause = PAUSES.0;
    let mut looked: Option<(Instant, Option<Holder>)> = None;
    loop {
        if try_once(db).await? {
            return Ok(());
        }
        let waited = begin.elapsed();
        if looked.as_ref().is_none_or(|(when, _)| when.elapsed() >= LOOK_AGAIN) {
            let holder = holder(db).await;
            on_wait(Waiting { holder: holder.as_ref(), waited, limit }).await;
            looked = Some((Instant::now(), holder));
        }
        let left = limit.map(|limit| limit.saturating_sub(begin.elapsed()));
        if left == Some(Duration::ZERO) {
            let holder = looked.and_then(|(_, holder)| holder).map(Box::new);
            return Err(LockError::Timeout { waited_ms: timeout_ms, holder });
        }
        tokio::time::sleep(left.map_or(pause, |left| left.min(pause))).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

async fn try_once(db: &mut Connection) -> Result<bool, DbError> {
    let sql = format!("SELECT pg_catalog.pg_try_advisory_lock({LOCK_KEY}) AS taken");
    let rows = db.rows(&Statement::built(sql)).await?;
    Ok(rows.first().is_some_and(|row| row.get("taken") == Some("t")))
}

/// Gives the lock back.
pub async fn release(db: &mut Connection) -> Result<(), DbError> {
    db.script(&Statement::built(format!("SELECT pg_catalog.pg_advisory_unlock({LOCK_KEY})"))).await
}

/// Asks who holds the lock; `None` if nobody does or the server does not tell.
pub async fn holder(db: &mut Connection) -> Option<Holder> {
    // A key of 64 bits is shown in two halves (PostgreSQL documentation, "pg_locks").
    let sql = Statement::built(format!(
        "SELECT a.pid, a.application_name, a.usename, a.state, a.query, \
         to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"') AS since, \
         floor(extract(epoch FROM clock_timestamp() - a.state_change))::int AS state_seconds \
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
        user: text("usename"),
        since: text("since"),
        state: text("state"),
        state_seconds: row.get("state_seconds").and_then(|seconds| seconds.parse().ok()),
        query: text("query"),
    })
}
