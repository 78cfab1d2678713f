//! Running a script in segments, and going on behind the last one that is done.

use crate::db::{Connection, DbError, Stopped};
use crate::sql::quote::{Constant, Statement};
use crate::sql::split::{Alone, Plan, Segment, blanked};

use super::MigrateError;
use super::apply::Transactions;
use super::directory::Directory;
use super::history::{BEGUN, ONCE_MARK, Record, Row, SEGMENTS_MARK};
use super::prepare::{Prepared, prepare};
use super::run::execute;
use super::script::{Left, ScriptError};

/// A script may act as another role, which may not write the history; the role comes back with the end of the
/// transaction.
const OWN_ROLE: &str = "SET LOCAL SESSION AUTHORIZATION DEFAULT; SET LOCAL ROLE NONE";

/// A script that runs in segments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segmented<'a> {
    pub(super) prepared: &'a Prepared<'a>,
    pub(super) segments: &'a [Segment],
}

/// The migration of a failed row that is a run in segments and can go on: evt made it, the script is the same to the
/// letter, and it did not stop in a statement whose effect cannot be seen.
pub(super) fn resumable<'a>(directory: &'a Directory, record: &Record) -> Result<Option<Prepared<'a>>, MigrateError> {
    let in_segments = record.logs.as_ref().is_some_and(|logs| logs.starts_with(SEGMENTS_MARK));
    let Some(migration) = directory.find(&record.migration_name).filter(|_| in_segments) else { return Ok(None) };
    let prepared = prepare(migration, Transactions::Honest)?;
    let same = prepared.checksum == record.checksum && matches!(prepared.plan, Plan::Segments(_));
    Ok(same.then_some(prepared))
}

/// Goes on where a run in segments stopped.
pub(super) async fn resume(db: &mut Connection, prepared: &Prepared<'_>, record: &Record) -> Result<(), MigrateError> {
    let Plan::Segments(segments) = &prepared.plan else { return Ok(()) };
    let work = Segmented { prepared, segments };
    let row = Row::existing(db.namespace(), record);
    let mut done = usize::try_from(record.applied_steps_count).unwrap_or_default();
    // What the finished segments told the session was lost with it.
    let position = segments.get(done).map_or(prepared.script.len(), |segment| segment.range.start);
    for statement in prepared.statements.iter().filter(|statement| statement.range.end <= position) {
        if statement.sets_session() {
            db.script(&Statement::script(&prepared.script[statement.range.clone()])).await?;
        }
    }
    let begun = record.logs.as_ref().is_some_and(|logs| logs.ends_with(BEGUN));
    if let Some(segment) = segments.get(done).filter(|_| begun)
        && is_done(db, segment).await?
    {
        done += 1;
        count(db, &work, &row, done).await?;
    }
    run_segments(db, &work, &row, done).await
}

/// Each run of ordinary statements is a transaction that also counts it as done; the others run alone.
///
/// The messages of a transaction are sent at once: if one fails, the next ones are refused by the failed transaction.
pub(super) async fn run_segments(
    db: &mut Connection,
    work: &Segmented<'_>,
    row: &Row,
    done: usize,
) -> Result<(), MigrateError> {
    let Segmented { prepared, segments } = work;
    let Prepared { migration, script, settings, .. } = prepared;
    let interrupted = |index: usize, source| MigrateError::Interrupted {
        name: migration.name.clone(),
        left: Left::Segments { done: index, of: segments.len() },
        source,
    };
    if segments.is_empty() || done >= segments.len() {
        execute(db, &row.finish(segments.len())).await?;
    }
    if !settings.is_empty() {
        execute(db, settings).await?;
    }
    for (index, segment) in segments.iter().enumerate().skip(done) {
        let text = Statement::script(&blanked(script, segment.range.clone(), &segment.own));
        let outcome = match &segment.alone {
            None => {
                let end = format!("{OWN_ROLE}; {}; COMMIT", counting(work, row, index + 1));
                let counted = OWN_ROLE.matches(';').count() + 3;
                match db.pipeline(&[Statement::from("BEGIN"), text, Statement::built(end)]).await {
                    Ok(()) => Ok(()),
                    Err(Stopped { message: 2, statements, error }) if statements >= counted && !error.is_lost() => {
                        Ok(())
                    }
                    Err(Stopped { message, statements, error }) => Err(((message == 1).then_some(statements), error)),
                }
            }
            Some(alone) => {
                prepare_alone(db, alone, row, index, segments.len())
                    .await
                    .map_err(|source| if source.is_lost() { interrupted(index, source) } else { source.into() })?;
                match db.pipeline(&[text]).await {
                    Ok(()) => count(db, work, row, index + 1).await.map_err(|error| (None, error)),
                    Err(Stopped { statements, error, .. }) => Err((Some(statements), error)),
                }
            }
        };
        if let Err((failed, source)) = outcome {
            if source.is_lost() {
                return Err(interrupted(index, source));
            }
            return Err(note_failure(db, work, row, index, failed, source).await);
        }
    }
    Ok(db.reset_session().await?)
}

async fn note_failure(
    db: &mut Connection,
    work: &Segmented<'_>,
    row: &Row,
    index: usize,
    failed: Option<usize>,
    source: DbError,
) -> MigrateError {
    let Segmented { prepared, segments } = work;
    let segment = &segments[index];
    let of = segments.len();
    let (mark, left) = match segment.alone {
        Some(Alone::Commits) => (ONCE_MARK, Left::Unknown),
        // A transaction that was undone before anything else was done leaves nothing.
        None if index == 0 => (SEGMENTS_MARK, Left::Nothing),
        _ => (SEGMENTS_MARK, Left::Segments { done: index, of }),
    };
    let error = ScriptError::new(prepared, segment.range.clone(), failed, source, left);
    let _ = execute(db, "ROLLBACK").await;
    let _ = db.reset_session().await;
    let note = match left {
        Left::Nothing => format!("{}; {}", row.fail(&error.to_string()), row.roll_back()),
        _ => row.fail(&format!("{mark}; {index} of {of} are done\n{error}")),
    };
    let _ = execute(db, &note).await;
    MigrateError::Script(Box::new(error))
}

/// The statement that counts so many segments as done, and the migration as applied behind the last one.
fn counting(work: &Segmented<'_>, row: &Row, done: usize) -> String {
    if done == work.segments.len() { row.finish(done) } else { row.advance(done, SEGMENTS_MARK) }
}

/// Counts in a transaction of its own.
async fn count(db: &mut Connection, work: &Segmented<'_>, row: &Row, done: usize) -> Result<(), DbError> {
    execute(db, &format!("BEGIN; {OWN_ROLE}; {}; COMMIT", counting(work, row, done))).await
}

/// What has to be done before a statement that runs alone: a broken index is cleared away, and it is noted that the
/// statement begins, if its effect can be told apart from what is there, or if it must not run twice.
async fn prepare_alone(db: &mut Connection, alone: &Alone, row: &Row, done: usize, of: usize) -> Result<(), DbError> {
    let progress = format!("{done} of {of} are done");
    let note = match alone {
        Alone::CreateIndex(Some(name)) => {
            clear_broken_index(db, name).await?;
            let absent = index_is_valid(db, name).await?.is_none();
            absent.then(|| format!("{SEGMENTS_MARK}; {progress}, {BEGUN}"))
        }
        Alone::DropIndex(Some(name)) => {
            let there = index_is_valid(db, name).await?.is_some();
            there.then(|| format!("{SEGMENTS_MARK}; {progress}, {BEGUN}"))
        }
        Alone::Reindex(Some(name)) => {
            clear_broken_copies(db, name).await?;
            None
        }
        Alone::Reindex(None) | Alone::Repeatable => None,
        Alone::CreateIndex(None) | Alone::DropIndex(None) | Alone::Once | Alone::Commits => Some(format!(
            "{ONCE_MARK}; {progress}, and the next one, which must not run twice, began: look whether it took effect"
        )),
    };
    match note {
        Some(note) => execute(db, &format!("BEGIN; {OWN_ROLE}; {}; COMMIT", row.advance(done, &note))).await,
        None => Ok(()),
    }
}

/// What a broken `CREATE INDEX CONCURRENTLY` leaves is an invalid index of the same name, which would be in the way. One
/// that somebody builds right now is invalid too, and stays.
async fn clear_broken_index(db: &mut Connection, name: &str) -> Result<(), DbError> {
    let question = format!(
        "SELECT 1 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i' \
         WHERE i.indexrelid = pg_catalog.to_regclass({}) AND NOT i.indisvalid AND NOT EXISTS \
         (SELECT 1 FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)",
        Constant(name)
    );
    if !db.rows(&Statement::built(question)).await?.is_empty() {
        execute(db, &format!("DROP INDEX CONCURRENTLY IF EXISTS {name}")).await?;
    }
    Ok(())
}

/// What a broken `REINDEX CONCURRENTLY` leaves are invalid indexes beside the real ones, named after them (PostgreSQL
/// documentation, "REINDEX", "Rebuilding Indexes Concurrently").
async fn clear_broken_copies(db: &mut Connection, name: &str) -> Result<(), DbError> {
    let question = format!(
        "SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name \
         FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i' \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$' \
         AND i.indrelid IN (SELECT indrelid FROM pg_catalog.pg_index \
           WHERE indexrelid = pg_catalog.to_regclass({name}) OR indrelid = pg_catalog.to_regclass({name})) \
         AND NOT EXISTS \
         (SELECT 1 FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)",
        name = Constant(name)
    );
    for row in db.rows(&Statement::built(question)).await? {
        if let Some(name) = row.get("name") {
            execute(db, &format!("DROP INDEX CONCURRENTLY IF EXISTS {name}")).await?;
        }
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
        Constant(name)
    );
    let rows = db.rows(&Statement::built(question)).await?;
    Ok(rows.first().map(|row| row.get("valid") == Some("t")))
}
