//! Runs one script: in one transaction with its history row, in segments, or as it is.

use std::ops::Range;

use crate::db::{Connection, DbError, Stopped};
use crate::sql::quote::Statement;
use crate::sql::split::{Plan, blanked};

use super::MigrateError;
use super::history::{Row, SEGMENTS_MARK};
use super::prepare::Prepared;
use super::script::{Left, ScriptError};
use super::segments::{Segmented, run_segments};

/// A script may act as another role, which may not write the history. The row itself is found by its qualified name.
const OWN_ROLE: &str = "RESET ROLE; RESET SESSION AUTHORIZATION";

/// Runs a script that the database does not hold.
pub(super) async fn run(db: &mut Connection, prepared: &Prepared<'_>) -> Result<(), MigrateError> {
    let row = Row::new(db.namespace());
    match &prepared.plan {
        Plan::Whole { own } => run_whole(db, prepared, own, &row).await,
        Plan::Segments(segments) => {
            execute(db, &row.insert(&prepared.migration.name, &prepared.checksum, Some(SEGMENTS_MARK))).await?;
            run_segments(db, &Segmented { prepared, segments }, &row, 0).await
        }
        Plan::AsIs(_) => run_as_is(db, prepared, &row).await,
    }
}

/// Script and row are one transaction: after a failure or a crash nothing of either is there.
///
/// The three messages are sent at once. If one before it fails, the last one does nothing: its first statement is
/// refused by the failed transaction, so that `COMMIT` is not reached.
async fn run_whole(
    db: &mut Connection,
    prepared: &Prepared<'_>,
    own: &[Range<usize>],
    row: &Row,
) -> Result<(), MigrateError> {
    let Prepared { migration, script, checksum, .. } = prepared;
    let namespace = db.namespace_of_transaction();
    let insert = row.insert(&migration.name, checksum, None);
    let begin = format!("BEGIN; {namespace}; {insert}; {}", prepared.settings);
    let end = format!("{OWN_ROLE}; {}; COMMIT; {}", row.finish(1), db.reset_sql());
    let committed = OWN_ROLE.matches(';').count() + 3;
    let messages =
        [Statement::built(begin), Statement::script(&blanked(script, 0..script.len(), own)), Statement::built(end)];
    match db.pipeline(&messages).await {
        Ok(()) => Ok(()),
        // Nobody can say whether a COMMIT that got no answer took effect; the next run sees it in the history.
        Err(Stopped { error, .. }) if error.is_lost() => {
            Err(MigrateError::Interrupted { name: migration.name.clone(), left: Left::AllOrNothing, source: error })
        }
        Err(Stopped { message: 2, statements, .. }) if statements >= committed => Ok(db.reset_session().await?),
        Err(Stopped { message, statements, error }) => {
            let failed = (message == 1).then_some(statements);
            let error = ScriptError::new(prepared, 0..script.len(), failed, error, Left::Nothing);
            let _ = execute(db, "ROLLBACK").await;
            let _ = db.reset_session().await;
            // What the person must see is the script's error, also if it cannot be noted.
            let note = [row.insert(&migration.name, checksum, Some(&error.to_string())), row.roll_back()];
            let _ = execute(db, &note.join("; ")).await;
            Err(MigrateError::Script(Box::new(error)))
        }
    }
}

/// The script is one message and the row stands outside of its transactions.
async fn run_as_is(db: &mut Connection, prepared: &Prepared<'_>, row: &Row) -> Result<(), MigrateError> {
    let Prepared { migration, script, checksum, settings, .. } = prepared;
    let interrupted = |source| MigrateError::Interrupted { name: migration.name.clone(), left: Left::Unknown, source };
    execute(db, &format!("{}; {settings}", row.insert(&migration.name, checksum, None))).await?;
    if let Err(Stopped { statements, error, .. }) = db.pipeline(&[Statement::script(script)]).await {
        if error.is_lost() {
            return Err(interrupted(error));
        }
        let error = ScriptError::new(prepared, 0..script.len(), Some(statements), error, Left::Unknown);
        // A script that opened a transaction leaves it open when it fails.
        let _ = execute(db, "ROLLBACK").await;
        let _ = db.reset_session().await;
        let _ = execute(db, &row.fail(&error.to_string())).await;
        return Err(MigrateError::Script(Box::new(error)));
    }
    let end = format!("{}; {}", db.reset_sql(), row.finish(1));
    match execute(db, &end).await {
        Err(error) if error.is_lost() => Err(interrupted(error)),
        outcome => Ok(outcome?),
    }
}

pub(super) async fn execute(db: &mut Connection, sql: &str) -> Result<(), DbError> {
    db.script(&Statement::built(sql.to_owned())).await
}
