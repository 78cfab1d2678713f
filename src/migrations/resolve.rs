//! Telling the history what a person did about a migration.

use crate::db::Connection;
use crate::sql::quote::{Constant, Ident, Statement};

use super::apply::locked;
use super::directory::Directory;
use super::history::{self, History, RecordState};
use super::{MigrateError, checksum};

/// Records that a migration is in the database, without running it: after repairing a failed one by hand, or to start
/// a history on a database that exists. Makes the history's table if there is none.
pub async fn applied(
    db: &mut Connection,
    directory: &Directory,
    name: &str,
    lock_timeout_ms: Option<u64>,
) -> Result<(), MigrateError> {
    directory.check_provider()?;
    locked(db, lock_timeout_ms, async |db| mark_applied(db, directory, name).await).await
}

async fn mark_applied(db: &mut Connection, directory: &Directory, name: &str) -> Result<(), MigrateError> {
    let unknown = || MigrateError::Unknown { name: name.to_owned(), directory: directory.path.clone() };
    let script = directory.find(name).ok_or_else(unknown)?.script()?;
    let namespace = db.namespace().to_owned();
    let history = History::read(db, &namespace).await?;
    if history.of(name).any(|record| record.finished) {
        return Err(MigrateError::AlreadyApplied { name: name.to_owned() });
    }
    if !history.exists() {
        db.ensure_namespace().await?;
        history::create_table(db, &namespace).await?;
    }
    let table = format!("{}.{}", Ident(&namespace), Ident(history::TABLE));
    // One message is one transaction: the failed attempt is closed and the new row is there, or neither.
    let sql = format!(
        "UPDATE {table} SET rolled_back_at = now() \
         WHERE migration_name = {name} AND finished_at IS NULL AND rolled_back_at IS NULL; \
         INSERT INTO {table} (id, checksum, migration_name, logs, started_at, finished_at, applied_steps_count) \
         VALUES ({id}, {checksum}, {name}, '', now(), now(), 0)",
        name = Constant(name),
        id = Constant(&uuid::Uuid::new_v4().to_string()),
        checksum = Constant(&checksum::checksum(&script)),
    );
    Ok(db.script(&Statement::built(sql)).await?)
}

/// Records that a failed migration counts as never applied, so that it runs again. Its folder need not exist.
pub async fn rolled_back(db: &mut Connection, name: &str, lock_timeout_ms: Option<u64>) -> Result<(), MigrateError> {
    locked(db, lock_timeout_ms, async |db| mark_rolled_back(db, name).await).await
}

async fn mark_rolled_back(db: &mut Connection, name: &str) -> Result<(), MigrateError> {
    let namespace = db.namespace().to_owned();
    let history = History::read(db, &namespace).await?;
    if !history.exists() {
        return Err(MigrateError::NoHistory);
    }
    let states: Vec<RecordState> = history.of(name).map(history::Record::state).collect();
    if states.is_empty() {
        return Err(MigrateError::NeverApplied { name: name.to_owned() });
    }
    if states.iter().all(|state| *state == RecordState::Applied) {
        return Err(MigrateError::NotFailed { name: name.to_owned() });
    }
    let sql = format!(
        "UPDATE {}.{} SET rolled_back_at = now() \
         WHERE migration_name = {} AND finished_at IS NULL AND rolled_back_at IS NULL",
        Ident(&namespace),
        Ident(history::TABLE),
        Constant(name)
    );
    Ok(db.script(&Statement::built(sql)).await?)
}
