//! Runs one script: in one transaction with its history row, in segments, or as it is.

use crate::db::{Connection, DbError};
use crate::sql::quote::{Literal, Statement};
use crate::sql::split::{Alone, Plan, Segment, plan};

use super::MigrateError;
use super::apply::Transactions;
use super::checksum::checksum;
use super::directory::{Directory, Migration};
use super::history::{Record, Row, SEGMENTS_MARK};
use super::script::{Left, ScriptError};

/// A script may act as another role, which may not write the history. The row itself is found by its qualified name.
const OWN_ROLE: &str = "RESET ROLE; RESET SESSION AUTHORIZATION";

/// A migration that stopped between two of its segments.
#[derive(Debug)]
pub(super) struct Resumable<'a> {
    work: Segmented<'a>,
    record: Record,
}

/// A script that runs in segments.
#[derive(Debug)]
struct Segmented<'a> {
    migration: &'a Migration,
    script: String,
    segments: Vec<Segment>,
}

impl Resumable<'_> {
    /// The migration's name.
    pub(super) fn name(&self) -> &str {
        &self.work.migration.name
    }
}

/// Whether a failed row is a run in segments that can go on: evt made it, and the script is the same to the letter.
pub(super) fn resumable<'a>(directory: &'a Directory, record: &Record) -> Result<Option<Resumable<'a>>, MigrateError> {
    let in_segments = record.logs.as_ref().is_some_and(|logs| logs.starts_with(SEGMENTS_MARK));
    let Some(migration) = directory.find(&record.migration_name).filter(|_| in_segments) else { return Ok(None) };
    let script = migration.script()?;
    if checksum(&script) != record.checksum {
        return Ok(None);
    }
    Ok(match plan(&script) {
        Plan::Segments(segments) => {
            Some(Resumable { work: Segmented { migration, script, segments }, record: record.clone() })
        }
        Plan::Whole | Plan::AsIs(_) => None,
    })
}

/// Goes on where a run in segments stopped.
pub(super) async fn resume(db: &mut Connection, resumable: &Resumable<'_>) -> Result<(), MigrateError> {
    let row = Row::existing(db.namespace(), &resumable.record);
    let done = usize::try_from(resumable.record.applied_steps_count).unwrap_or_default();
    if let Some(segment) = resumable.work.segments.get(done)
        && is_done(db, segment).await?
    {
        execute(db, &row.advance(done + 1)).await?;
        return run_segments(db, &resumable.work, &row, done + 1).await;
    }
    run_segments(db, &resumable.work, &row, done).await
}

/// Runs a script that the database does not hold.
pub(super) async fn run(
    db: &mut Connection,
    migration: &Migration,
    transactions: Transactions,
) -> Result<(), MigrateError> {
    let script = migration.script()?;
    let row = Row::new(db.namespace());
    let plan = match transactions {
        Transactions::Honest => plan(&script),
        Transactions::AsPrisma => Plan::AsIs(crate::sql::split::AsIsReason::Uncertain),
    };
    match plan {
        Plan::Whole => run_whole(db, migration, &script, &row).await,
        Plan::Segments(segments) => {
            let logs = Some(SEGMENTS_MARK);
            execute(db, &row.insert(&migration.name, &checksum(&script), logs)).await?;
            run_segments(db, &Segmented { migration, script, segments }, &row, 0).await
        }
        Plan::AsIs(_) => run_as_is(db, migration, &script, &row).await,
    }
}

/// Script and row are one transaction: after a failure or a crash nothing of either is there.
async fn run_whole(db: &mut Connection, migration: &Migration, script: &str, row: &Row) -> Result<(), MigrateError> {
    let insert = row.insert(&migration.name, &checksum(script), None);
    execute(db, &format!("BEGIN; {insert}")).await?;
    let outcome = match db.script(&Statement::script(script)).await {
        Ok(()) => {
            let finish = row.finish(1);
            execute(db, &format!("{OWN_ROLE}; {finish}; COMMIT")).await
        }
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => Ok(db.reset_session().await?),
        // Nobody can say whether a COMMIT that got no answer took effect; the next run sees it in the history.
        Err(DbError::Closed) => Err(DbError::Closed.into()),
        Err(source) => {
            let error = ScriptError::new(migration, script, 0, source, Left::Nothing);
            let _ = execute(db, "ROLLBACK").await;
            let _ = db.reset_session().await;
            // What the person must see is the script's error, also if it cannot be noted.
            let note = [row.insert(&migration.name, &checksum(script), Some(&error.to_string())), row.roll_back()];
            let _ = execute(db, &note.join("; ")).await;
            Err(MigrateError::Script(Box::new(error)))
        }
    }
}

/// Each run of ordinary statements is a transaction that also counts it as done; the others run alone.
async fn run_segments(db: &mut Connection, work: &Segmented<'_>, row: &Row, done: usize) -> Result<(), MigrateError> {
    let Segmented { migration, script, segments } = work;
    for (index, segment) in segments.iter().enumerate().skip(done) {
        let text = Statement::script(&script[segment.range.clone()]);
        let advance = format!("{OWN_ROLE}; {}", row.advance(index + 1));
        let outcome = match &segment.alone {
            None => {
                execute(db, "BEGIN").await?;
                match db.script(&text).await {
                    Ok(()) => execute(db, &format!("{advance}; COMMIT")).await,
                    Err(error) => Err(error),
                }
            }
            Some(alone) => {
                clear_broken_index(db, alone).await?;
                match db.script(&text).await {
                    Ok(()) => execute(db, &advance).await,
                    Err(error) => Err(error),
                }
            }
        };
        if let Err(source) = outcome {
            if matches!(source, DbError::Closed) {
                return Err(source.into());
            }
            let left = Left::Segments { done: index, of: segments.len() };
            let error = ScriptError::new(migration, script, segment.range.start, source, left);
            let _ = execute(db, "ROLLBACK").await;
            let _ = db.reset_session().await;
            let logs = format!("{SEGMENTS_MARK}; {index} of {} are done\n{error}", segments.len());
            let _ = execute(db, &row.fail(&logs)).await;
            return Err(MigrateError::Script(Box::new(error)));
        }
        db.reset_session().await?;
    }
    Ok(execute(db, &row.finish(segments.len())).await?)
}

/// The script is one message and the row stands outside of its transactions.
async fn run_as_is(db: &mut Connection, migration: &Migration, script: &str, row: &Row) -> Result<(), MigrateError> {
    execute(db, &row.insert(&migration.name, &checksum(script), None)).await?;
    if let Err(source) = db.script(&Statement::script(script)).await {
        if matches!(source, DbError::Closed) {
            return Err(source.into());
        }
        let error = ScriptError::new(migration, script, 0, source, Left::Unknown);
        // A script that opened a transaction leaves it open when it fails.
        let _ = execute(db, "ROLLBACK").await;
        let _ = db.reset_session().await;
        let _ = execute(db, &row.fail(&error.to_string())).await;
        return Err(MigrateError::Script(Box::new(error)));
    }
    db.reset_session().await?;
    Ok(execute(db, &row.finish(1)).await?)
}

/// What a broken `CREATE INDEX CONCURRENTLY` leaves is an invalid index of the same name, which would be in the way.
async fn clear_broken_index(db: &mut Connection, alone: &Alone) -> Result<(), DbError> {
    let Alone::CreateIndex(Some(name)) = alone else { return Ok(()) };
    if index_is_valid(db, name).await? == Some(false) {
        execute(db, &format!("DROP INDEX CONCURRENTLY IF EXISTS {name}")).await?;
    }
    Ok(())
}

/// Whether a segment took effect although nobody had the time to count it.
async fn is_done(db: &mut Connection, segment: &Segment) -> Result<bool, DbError> {
    match &segment.alone {
        Some(Alone::CreateIndex(Some(name))) => Ok(index_is_valid(db, name).await? == Some(true)),
        Some(Alone::DropIndex(Some(name))) => Ok(index_is_valid(db, name).await?.is_none()),
        _ => Ok(false),
    }
}

/// Whether the index of this name, as written in SQL, is valid; `None` if there is none.
async fn index_is_valid(db: &mut Connection, name: &str) -> Result<Option<bool>, DbError> {
    let question = format!(
        "SELECT indisvalid AS valid FROM pg_catalog.pg_index WHERE indexrelid = pg_catalog.to_regclass({})",
        Literal(name)
    );
    let rows = db.rows(&Statement::built(question)).await?;
    Ok(rows.first().map(|row| row.get("valid") == Some("t")))
}

async fn execute(db: &mut Connection, sql: &str) -> Result<(), DbError> {
    db.script(&Statement::built(sql.to_owned())).await
}
