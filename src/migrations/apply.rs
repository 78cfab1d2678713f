//! Runs pending scripts and records each start and end.

use crate::db::lock::{self, LockError, Waiting};
use crate::db::{Connection, DbError};
use crate::sql::quote::{Constant, Statement};

use super::directory::{Directory, Migration};
use super::history::{self, History, Record};
use super::prepare::{Prepared, prepare};
use super::segments::{resumable, resume};
use super::{MigrateError, run};

/// Tables that the extension `postgis` makes; they do not count as somebody's data.
const HELPER_TABLES: [&str; 5] =
    ["spatial_ref_sys", "geometry_columns", "geography_columns", "raster_columns", "raster_overviews"];

/// What happens while migrations run, for whoever shows progress.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// Another run holds the lock; said again every second.
    Waiting(Waiting<'a>),
    /// So many migrations will run.
    Pending(usize),
    /// This one starts.
    Applying(&'a str),
    /// This one is done.
    Applied(&'a str),
}

/// How to apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplyOptions {
    /// The namespaces that the migrations manage; the connection's own counts anyway.
    pub namespaces: Vec<String>,
    /// Longest wait for another run, in milliseconds; `None` takes no lock at all.
    pub lock_timeout_ms: Option<u64>,
    /// How scripts and their history rows share transactions.
    pub transactions: Transactions,
    /// Tables that somebody else manages, as `namespace.table`: they may be there before the first migration.
    pub external_tables: Vec<String>,
}

/// Applies the migrations of `directory` that the database does not hold yet, in order, and returns their names.
///
/// Takes the advisory lock, and gives it back whatever happens. Stops at the first failure: what was applied before
/// stays, and the failed migration is noted with what the server said. The work waits for `progress`: nothing of a
/// migration has happened yet when it is told that it starts.
pub async fn apply_pending(
    db: &mut Connection,
    directory: &Directory,
    options: &ApplyOptions,
    progress: &mut impl AsyncFnMut(Progress<'_>),
) -> Result<Vec<String>, MigrateError> {
    directory.check_provider()?;
    let on_wait = &mut async |waiting: Waiting<'_>| progress(Progress::Waiting(waiting)).await;
    take_lock(db, options.lock_timeout_ms, on_wait).await?;
    let outcome = apply_locked(db, directory, options, progress).await;
    give_lock_back(db, options.lock_timeout_ms, outcome).await
}

/// Takes the advisory lock for the rest of the session, in milliseconds at most; `None` takes none. Whoever takes it
/// again and gives it back does not lose it.
pub async fn hold_lock(db: &mut Connection, timeout_ms: Option<u64>) -> Result<(), MigrateError> {
    take_lock(db, timeout_ms, &mut async |_| {}).await
}

/// Works under the advisory lock, and gives it back whatever happens; the work's error wins. `None` takes no lock.
pub(super) async fn locked<T>(
    db: &mut Connection,
    timeout_ms: Option<u64>,
    work: impl AsyncFnOnce(&mut Connection) -> Result<T, MigrateError>,
) -> Result<T, MigrateError> {
    take_lock(db, timeout_ms, &mut async |_| {}).await?;
    let outcome = work(db).await;
    give_lock_back(db, timeout_ms, outcome).await
}

/// Takes the advisory lock; `None` takes none.
pub(super) async fn take_lock(
    db: &mut Connection,
    timeout_ms: Option<u64>,
    on_wait: &mut impl AsyncFnMut(Waiting<'_>),
) -> Result<(), MigrateError> {
    let Some(timeout_ms) = timeout_ms else { return Ok(()) };
    lock::acquire(db, timeout_ms, on_wait).await.map_err(|error| match error {
        LockError::Db(error) => error.into(),
        error @ (LockError::Timeout { .. } | LockError::Shared) => MigrateError::Lock(error),
    })
}

/// Gives the advisory lock back after work that may have failed; the work's error wins.
pub(super) async fn give_lock_back<T>(
    db: &mut Connection,
    timeout_ms: Option<u64>,
    outcome: Result<T, MigrateError>,
) -> Result<T, MigrateError> {
    // A connection that is gone has no lock either.
    let lost = match &outcome {
        Err(MigrateError::Db(error) | MigrateError::Interrupted { source: error, .. }) => error.is_lost(),
        _ => false,
    };
    let released = if timeout_ms.is_none() || lost { Ok(()) } else { lock::release(db).await };
    let value = outcome?;
    match released {
        // The work is done, and the lock went with the connection.
        Err(error) if !error.is_lost() => Err(error.into()),
        _ => Ok(value),
    }
}

/// Applies what is pending, for a caller that holds the lock.
pub(super) async fn apply_locked(
    db: &mut Connection,
    directory: &Directory,
    options: &ApplyOptions,
    progress: &mut impl AsyncFnMut(Progress<'_>),
) -> Result<Vec<String>, MigrateError> {
    let history = ready_history(db, options).await?;
    let Work { resumed, pending } = work(directory, &history, options.transactions)?;
    progress(Progress::Pending(pending.len() + usize::from(resumed.is_some()))).await;
    let mut applied = Vec::with_capacity(pending.len());
    if let Some((prepared, record)) = resumed {
        let name = &prepared.migration.name;
        progress(Progress::Applying(name)).await;
        resume(db, &prepared, &record).await?;
        progress(Progress::Applied(name)).await;
        applied.push(name.clone());
    }
    for prepared in &pending {
        let name = &prepared.migration.name;
        progress(Progress::Applying(name)).await;
        run::run(db, prepared).await?;
        progress(Progress::Applied(name)).await;
        applied.push(name.clone());
    }
    Ok(applied)
}

/// What a run has to do.
pub(super) struct Work<'a> {
    /// A migration that stopped between its segments, with its row.
    pub(super) resumed: Option<(Prepared<'a>, Record)>,
    /// Those that the database does not hold.
    pub(super) pending: Vec<Prepared<'a>>,
}

/// Reads and understands everything before anything runs. Refuses if a failed migration stands in the way.
pub(super) fn work<'a>(
    directory: &'a Directory,
    history: &History,
    transactions: Transactions,
) -> Result<Work<'a>, MigrateError> {
    let failed: Vec<Record> = history.failed().cloned().collect();
    let resumed = match failed.as_slice() {
        // Prisma knows no such state.
        [record] if transactions == Transactions::Honest => {
            resumable(directory, record)?.map(|prepared| (prepared, record.clone()))
        }
        _ => None,
    };
    if !failed.is_empty() && resumed.is_none() {
        return Err(MigrateError::FailedMigrations { records: failed });
    }
    let pending = pending(directory, history);
    let pending = pending.into_iter().map(|migration| prepare(migration, transactions));
    Ok(Work { resumed, pending: pending.collect::<Result<_, _>>()? })
}

/// The migrations that the database does not hold, in the order of the folder. A folder that is older than applied
/// ones is pending too.
pub fn pending<'a>(directory: &'a Directory, history: &History) -> Vec<&'a Migration> {
    let held = history.held();
    directory.migrations.iter().filter(|migration| !held.contains(migration.name.as_str())).collect()
}

/// The history, its table made if the database is empty otherwise.
async fn ready_history(db: &mut Connection, options: &ApplyOptions) -> Result<History, MigrateError> {
    let namespace = db.namespace().to_owned();
    let history = History::read(db, &namespace).await?;
    if history.exists() {
        return Ok(history);
    }
    refuse_foreign_tables(db, options).await?;
    db.ensure_namespace().await?;
    history::create_table(db, &namespace).await?;
    Ok(History { records: Some(Vec::new()) })
}

/// Refuses a database without a history in which somebody has tables.
pub(super) async fn refuse_foreign_tables(db: &mut Connection, options: &ApplyOptions) -> Result<(), MigrateError> {
    let mut tables = foreign_tables(db, &options.namespaces).await?;
    tables.retain(|table| !options.external_tables.iter().any(|external| external.eq_ignore_ascii_case(table)));
    if tables.is_empty() { Ok(()) } else { Err(MigrateError::NotEmpty { tables }) }
}

/// The ordinary tables in the managed namespaces that are nobody's helpers, as `namespace.table`.
async fn foreign_tables(db: &mut Connection, namespaces: &[String]) -> Result<Vec<String>, DbError> {
    let own = db.namespace().to_owned();
    let list: Vec<String> = namespaces.iter().chain([&own]).map(|namespace| Constant(namespace).to_string()).collect();
    let question = Statement::built(format!(
        "SELECT n.nspname AS namespace, c.relname AS name \
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind = 'r' AND n.nspname IN ({}) ORDER BY 1, 2",
        list.join(", ")
    ));
    let rows = db.rows(&question).await?;
    Ok(rows
        .iter()
        .filter_map(|row| Some((row.get("namespace")?, row.get("name")?)))
        .filter(|(_, name)| !HELPER_TABLES.iter().any(|helper| helper.eq_ignore_ascii_case(name)))
        .map(|(namespace, name)| format!("{namespace}.{name}"))
        .collect())
}

/// How scripts and their history rows share transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Transactions {
    /// A script and its row are one transaction wherever the script allows it.
    #[default]
    Honest,
    /// As Prisma does it: the row stands outside, and a failure always leaves a failed row.
    AsPrisma,
}
