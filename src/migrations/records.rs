//! evt's own records in a schema of their own: who ran what, and what the catalog looked like afterwards.
//!
//! Nothing depends on them: whatever is wrong with them is said once, and the run goes on. Versions of their tables are
//! refinery migrations in `state/`; a newer evt only adds to them, so that an older one can write beside it.

use tokio_postgres::error::SqlState;

use super::MigrateError;
use super::apply::{ApplyOptions, Progress, apply_locked, apply_pending, give_lock_back, pending, take_lock};
use super::directory::Directory;
use super::history::History;
use super::snapshot::{self, Before};
use crate::db::lock::Waiting;
use crate::db::{Connection, DbError};
use crate::sql::quote::{Constant, Ident, Statement};

mod embedded {
    refinery::embed_migrations!("src/migrations/state");
}

/// The table in which refinery keeps the version of the others.
const VERSIONS: &str = "version";

/// The advisory lock under which the tables are made; not the one under which migrations run, which can be switched off.
const LOCK: i64 = 0x0065_7674_5f72;

/// Longest wait for somebody else who makes the tables.
const PATIENCE: &str = "10s";

/// Who runs a command, for the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Records {
    /// The schema of the records.
    pub schema: String,
    /// The command, such as `migrate deploy`.
    pub command: &'static str,
    /// The user of the operating system, if known.
    pub os_user: Option<String>,
    /// The machine, if known.
    pub host: Option<String>,
    /// The commit of the project, if known.
    pub commit: Option<String>,
}

/// A run that is being recorded.
#[derive(Debug)]
pub(super) struct Run<'a> {
    records: &'a Records,
    id: String,
}

/// What was recorded about a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRun {
    /// Its number.
    pub id: String,
    /// When it started, as `YYYY-MM-DD HH:MM:SS UTC`.
    pub started_at: String,
    /// How long it took, in milliseconds; `None` if its end is not known.
    pub milliseconds: Option<u64>,
    /// The command.
    pub command: String,
    /// `running`, `succeeded`, `failed` or `interrupted`.
    pub outcome: String,
    /// What went wrong.
    pub error: Option<String>,
    /// The role that ran it.
    pub role: String,
    /// The user of the operating system.
    pub os_user: Option<String>,
    /// The machine.
    pub host: Option<String>,
    /// The version of evt.
    pub evt_version: String,
    /// The commit of the project.
    pub commit: Option<String>,
    /// The migrations that it worked on.
    pub steps: Vec<RecordedStep>,
}

/// What was recorded about a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedStep {
    /// The migration.
    pub migration: String,
    /// How long it took, in milliseconds; `None` if it did not finish.
    pub milliseconds: Option<u64>,
    /// `applied`, `rolled back` or `failed`.
    pub outcome: String,
}

/// As [`apply_pending`], with records: a run that had something to do is noted with its outcome,
/// and the catalog is kept as it is afterwards. Also returns what could not be recorded, in sentences.
pub async fn apply_recorded(
    db: &mut Connection,
    directory: &Directory,
    options: &ApplyOptions,
    records: Option<&Records>,
    progress: &mut impl AsyncFnMut(Progress<'_>),
) -> (Result<Vec<String>, MigrateError>, Vec<String>) {
    let mut notes = Vec::new();
    let mut run = None;
    if let Some(records) = records.filter(|_| directory.check_provider().is_ok()) {
        match begin(db, directory, records).await {
            Ok(begun) => run = begun,
            Err(reason) => {
                let _ = db.reset_session().await;
                notes.push(format!("this run is not recorded in schema `{}`: {reason}", records.schema));
            }
        }
    }
    let Some(run) = run else { return (apply_pending(db, directory, options, progress).await, notes) };
    let schema = &run.records.schema;
    let on_wait = &mut async |waiting: Waiting<'_>| progress(Progress::Waiting(waiting)).await;
    if let Err(error) = take_lock(db, options.lock_timeout_ms, on_wait).await {
        let sql = outcome(&run, Some(&error.to_string()));
        // That it could not be recorded either adds nothing.
        let _ = db.script(&Statement::built(sql)).await;
        return (Err(error), notes);
    }
    // Nobody else changes the database between the look at it before, the migrations, and the look at it after.
    let before = snapshot::before(db, schema, &options.namespaces).await;
    let outcome = apply_locked(db, directory, options, progress).await;
    let recorded = match before {
        Ok(before) => end(db, &run, directory, options, before, outcome.as_ref()).await,
        Err(reason) => Err(reason),
    };
    // Without a connection nothing can be recorded, and the error says that there is none.
    if let (Err(reason), true) = (recorded, outcome.is_ok()) {
        notes.push(format!("the end of this run is not recorded in schema `{schema}`: {reason}"));
    }
    (give_lock_back(db, options.lock_timeout_ms, outcome).await, notes)
}

/// Notes that a run begins, if there is something to do.
async fn begin<'a>(
    db: &mut Connection,
    directory: &Directory,
    records: &'a Records,
) -> Result<Option<Run<'a>>, String> {
    let namespace = db.namespace().to_owned();
    let history = History::read(db, &namespace).await.map_err(|error| error.to_string())?;
    if pending(directory, &history).is_empty() && history.failed().next().is_none() {
        return Ok(None);
    }
    begun(db, records).await.map(Some)
}

/// Notes how a run ended, and takes a snapshot of the catalog.
async fn end(
    db: &mut Connection,
    run: &Run<'_>,
    directory: &Directory,
    options: &ApplyOptions,
    before: Before,
    outcome: Result<&Vec<String>, &MigrateError>,
) -> Result<(), String> {
    let schema = &run.records.schema;
    match outcome {
        // Somebody else was faster.
        Ok(applied) if applied.is_empty() => {
            let sql = format!("DELETE FROM {}.run WHERE id = {}", Ident(schema), run.id);
            return db.script(&Statement::built(sql)).await.map_err(|error| error.to_string());
        }
        Ok(_) => write_end(db, run, None).await?,
        Err(error) => write_end(db, run, Some(&error.to_string())).await?,
    }
    let names: Vec<String> = match outcome {
        Ok(applied) => applied.clone(),
        // Some may have been applied before the one that failed.
        Err(_) => directory.migrations.iter().map(|migration| migration.name.clone()).collect(),
    };
    snapshot::take(db, schema, &run.id, &options.namespaces, before, (directory, &names)).await
}

async fn begun<'a>(db: &mut Connection, records: &'a Records) -> Result<Run<'a>, String> {
    make_tables(db, &records.schema).await?;
    let schema = Ident(&records.schema);
    let text = |text: Option<&str>| text.map_or_else(|| "NULL".to_owned(), |text| Constant(text).to_string());
    // A run whose server process is gone did not come to its end.
    let sql = format!(
        "UPDATE {schema}.run SET outcome = 'interrupted' WHERE outcome = 'running' AND NOT EXISTS \
         (SELECT FROM pg_catalog.pg_stat_activity AS a WHERE a.pid = run.backend AND a.pid <> pg_catalog.pg_backend_pid()); \
         INSERT INTO {schema}.run (command, os_user, host, evt_version, git_commit) \
         VALUES ({}, {}, {}, {}, {}) RETURNING id",
        Constant(records.command),
        text(records.os_user.as_deref()),
        text(records.host.as_deref()),
        Constant(env!("CARGO_PKG_VERSION")),
        text(records.commit.as_deref()),
    );
    let rows = db.rows(&Statement::built(sql)).await.map_err(|error| error.to_string())?;
    let id = rows.first().and_then(|row| row.get("id")).ok_or("the server gave it no number")?.to_owned();
    Ok(Run { records, id })
}

/// Makes the tables, or brings them to this version.
async fn make_tables(db: &mut Connection, schema: &str) -> Result<(), String> {
    let wanted = embedded::migrations::runner().get_migrations().iter().map(refinery::Migration::version).max();
    if version(db, schema).await? >= wanted {
        return Ok(());
    }
    let lock = format!("SET lock_timeout = {}; SELECT pg_catalog.pg_advisory_lock({LOCK})", Constant(PATIENCE));
    db.script(&Statement::built(lock)).await.map_err(|error| error.to_string())?;
    let made = make_tables_locked(db, schema).await;
    let unlocked = db.script(&Statement::built(format!("SELECT pg_catalog.pg_advisory_unlock({LOCK})"))).await;
    let reset = db.reset_session().await;
    made?;
    unlocked.and(reset).map_err(|error| error.to_string())
}

async fn make_tables_locked(db: &mut Connection, schema: &str) -> Result<(), String> {
    let name = Ident(schema);
    let exists = format!("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = {}", Constant(schema));
    if db.rows(&Statement::built(exists)).await.map_err(|error| error.to_string())?.is_empty() {
        // Whoever may connect may look.
        let sql = format!("CREATE SCHEMA {name}; GRANT USAGE ON SCHEMA {name} TO PUBLIC");
        db.script(&Statement::built(sql)).await.map_err(|error| error.to_string())?;
    }
    let path = Statement::built(format!("SET search_path = {name}"));
    db.script(&path).await.map_err(|error| error.to_string())?;
    let mut runner = embedded::migrations::runner().set_abort_missing(false).set_grouped(true);
    runner.set_migration_table_name(format!("{name}.{VERSIONS}"));
    runner.run_async(db.client_mut()).await.map(drop).map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("{error}{cause}")
    })
}

/// The version of the tables; `None` if there are none.
async fn version(db: &mut Connection, schema: &str) -> Result<Option<i32>, String> {
    let question = format!("SELECT max(version) AS version FROM {}.{VERSIONS}", Ident(schema));
    match db.rows(&Statement::built(question)).await {
        Ok(rows) => Ok(rows.first().and_then(|row| row.get("version")).and_then(|text| text.parse().ok())),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// Whether the server says that the tables are not there.
fn is_absent(error: &DbError) -> bool {
    [SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME, SqlState::UNDEFINED_COLUMN]
        .iter()
        .any(|state| error.has_state(state))
}

/// The namespaces that are not the server's.
pub(super) async fn user_namespaces(db: &mut Connection) -> Result<Vec<String>, DbError> {
    let question = "SELECT nspname AS name FROM pg_catalog.pg_namespace \
                    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY nspname";
    let rows = db.rows(&question.into()).await?;
    Ok(rows.iter().filter_map(|row| row.get("name")).map(str::to_owned).collect())
}

/// Notes what a run did with migrations, and how it ended.
async fn write_end(db: &mut Connection, run: &Run<'_>, error: Option<&str>) -> Result<(), String> {
    let schema = Ident(&run.records.schema);
    let history = format!("{}.{}", Ident(db.namespace()), Ident(super::history::TABLE));
    let sql = format!(
        "INSERT INTO {schema}.step \
         (run, position, migration, checksum, started_at, finished_at, outcome, steps, error) \
         SELECT run.id, row_number() OVER (ORDER BY m.started_at, m.migration_name), m.migration_name, m.checksum, \
         m.started_at, m.finished_at, CASE WHEN m.rolled_back_at IS NOT NULL THEN 'rolled back' \
         WHEN m.finished_at IS NOT NULL THEN 'applied' ELSE 'failed' END, m.applied_steps_count, m.logs \
         FROM {schema}.run AS run JOIN {history} AS m ON m.started_at >= run.started_at \
         OR m.finished_at >= run.started_at OR m.rolled_back_at >= run.started_at WHERE run.id = {}; {}",
        run.id,
        outcome(run, error),
    );
    db.script(&Statement::built(sql)).await.map_err(|error| error.to_string())
}

/// The statement that notes how a run ended.
fn outcome(run: &Run<'_>, error: Option<&str>) -> String {
    let (outcome, error) = match error {
        None => ("succeeded", "NULL".to_owned()),
        Some(error) => ("failed", Constant(error).to_string()),
    };
    format!(
        "UPDATE {}.run SET finished_at = clock_timestamp(), outcome = '{outcome}', error = {error} WHERE id = {}",
        Ident(&run.records.schema),
        run.id
    )
}

/// The last runs, newest first; `None` if there are no records.
///
/// # Errors
/// If the server refuses to show them.
pub async fn runs(db: &mut Connection, schema: &str, count: u32) -> Result<Option<Vec<RecordedRun>>, DbError> {
    let name = Ident(schema);
    let milliseconds = |table: &str| {
        format!("(extract(epoch FROM {table}.finished_at - {table}.started_at) * 1000)::bigint AS milliseconds")
    };
    let question = format!(
        "SELECT id, to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"') AS started_at, {}, command, \
         outcome, error, role_name, os_user, host, evt_version, git_commit \
         FROM {name}.run ORDER BY id DESC LIMIT {count}",
        milliseconds("run")
    );
    let rows = match db.rows(&Statement::built(question)).await {
        Ok(rows) => rows,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let question = format!(
        "SELECT run, migration, outcome, {} FROM {name}.step \
         WHERE run IN (SELECT id FROM {name}.run ORDER BY id DESC LIMIT {count}) ORDER BY run, position",
        milliseconds("step")
    );
    let steps = db.rows(&Statement::built(question)).await?;
    let number = |text: Option<&str>| text.and_then(|text| text.parse().ok());
    let runs = rows.iter().map(|row| {
        let text = |column: &str| row.get(column).unwrap_or_default().to_owned();
        let optional = |column: &str| row.get(column).map(str::to_owned);
        let own = steps.iter().filter(|step| step.get("run") == row.get("id"));
        RecordedRun {
            id: text("id"),
            started_at: text("started_at"),
            milliseconds: number(row.get("milliseconds")),
            command: text("command"),
            outcome: text("outcome"),
            error: optional("error"),
            role: text("role_name"),
            os_user: optional("os_user"),
            host: optional("host"),
            evt_version: text("evt_version"),
            commit: optional("git_commit"),
            steps: own
                .map(|step| RecordedStep {
                    migration: step.get("migration").unwrap_or_default().to_owned(),
                    milliseconds: number(step.get("milliseconds")),
                    outcome: step.get("outcome").unwrap_or_default().to_owned(),
                })
                .collect(),
        }
    });
    Ok(Some(runs.collect()))
}

/// Forgets all records. A schema of that name that is not evt's stays.
pub async fn clear(db: &mut Connection, schema: &str) -> Result<(), DbError> {
    match version(db, schema).await {
        Ok(Some(_)) => db.script(&Statement::built(format!("DROP SCHEMA {} CASCADE", Ident(schema)))).await,
        Ok(None) | Err(_) => Ok(()),
    }
}
