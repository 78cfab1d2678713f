//! A migrations folder and Prisma's history → files and history of refinery.

use std::path::{Path, PathBuf};

use super::files::{Script, scripts};
use super::table::{self, Table};
use super::{BridgeOptions, Problem, Width, fitting};
use crate::db::Connection;
use crate::migrations::MigrateError;
use crate::migrations::apply::{Transactions, locked};
use crate::migrations::directory::{Directory, Migration, write_file};
use crate::migrations::dry_run::reason;
use crate::migrations::history::{self, History, Record, RecordState};
use crate::migrations::prepare::{Prepared, prepare};
use crate::sql::quote::{Constant, Ident, Statement};
use crate::sql::split::{AsIsReason, Plan, plan};

/// A migration that was exported, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Its name in the migrations folder.
    pub name: String,
    /// The file of refinery.
    pub path: PathBuf,
    /// Whether the file was missing.
    pub new_in_folder: bool,
    /// What refinery makes of it, if not what evt does.
    pub trouble: Option<Trouble>,
    /// Whether refinery's history lacked it; `None` if it was not looked at or the migration is not applied.
    pub new_in_history: Option<bool>,
}

/// What is different when refinery runs a script: each in one transaction with its row, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The server refuses it in a transaction, for this reason.
    Fails(String),
    /// It ends refinery's transaction before the row is written, for this reason: a failure or a crash leaves a part.
    EndsTransaction(String),
}

/// The history that is to be written too.
#[derive(Debug)]
pub struct Seed<'a> {
    /// The database with Prisma's history.
    pub db: &'a mut Connection,
    /// The bits of versions, if the table does not say.
    pub width: Width,
}

/// A migration that is to be exported, with what it takes.
struct Step {
    exported: Exported,
    script: Script,
}

/// Writes the folder for refinery, and the history if a database is given. Either all of it is done, or nothing.
///
/// The versions are counted from 1. Files that are there keep theirs, also those that refinery had before an import, and
/// what is new gets the numbers behind them.
///
/// # Errors
/// If the folder has other files of refinery, if files or histories do not fit together, or if something cannot be
/// written.
pub async fn export(
    directory: &Directory,
    options: &BridgeOptions,
    seed: Option<Seed<'_>>,
) -> Result<Vec<Exported>, MigrateError> {
    directory.check_provider()?;
    let mut steps = plan_files(directory, &options.folder)?;
    match seed {
        None if options.dry_run => {}
        None => drop(write_files(&steps)?),
        Some(Seed { db, width }) if options.dry_run => {
            plan_history(db, directory, options, width, &mut steps).await?;
        }
        Some(Seed { db, width }) => {
            let steps = &mut steps;
            locked(db, options.lock_timeout_ms, async |db| {
                let sql = plan_history(db, directory, options, width, steps).await?;
                let written = write_files(steps)?;
                let outcome = db.script(&Statement::built(sql)).await;
                if outcome.is_err() {
                    remove(&written);
                }
                Ok(outcome?)
            })
            .await?;
        }
    }
    Ok(steps.into_iter().map(|step| step.exported).collect())
}

fn plan_files(directory: &Directory, folder: &Path) -> Result<Vec<Step>, MigrateError> {
    let mut there = scripts(folder)?;
    let mut next = there.iter().map(|script| script.version).max();
    let mut problems = Vec::new();
    let mut steps = Vec::with_capacity(directory.migrations.len());
    let mut new = Vec::new();
    for migration in &directory.migrations {
        let prepared = prepare(migration, Transactions::Honest)?;
        let name = word(&migration.name);
        let of_refinery = of_refinery(&migration.name);
        let same = |script: &Script| {
            script.name == name
                || of_refinery
                    .as_ref()
                    .is_some_and(|(version, title)| script.version == *version && script.name == *title)
                || Some(script.name.as_str()) == title(&name) && script.sql == prepared.script
        };
        let found = there.iter().position(same).map(|index| there.remove(index));
        let trouble = trouble(prepared);
        let script = if let Some(script) = found {
            let text = migration.script()?;
            if script.sql != text {
                problems.push(Problem::Differs { script: script.path.clone(), path: migration.script_path() });
            }
            script
        } else {
            new.push(steps.len());
            let (version, name) = of_refinery.unwrap_or((-1, name));
            Script { path: PathBuf::new(), version, name, versioned: true, sql: migration.script()? }
        };
        let exported = Exported {
            name: migration.name.clone(),
            path: script.path.clone(),
            new_in_folder: script.path.as_os_str().is_empty(),
            trouble,
            new_in_history: None,
        };
        steps.push(Step { exported, script });
    }
    problems.extend(there.into_iter().map(|script| Problem::Unknown { path: script.path }));
    // Versions that were refinery's before are its again, unless they are taken.
    next = next.max(new.iter().map(|index| steps[*index].script.version).filter(|version| *version >= 0).max());
    for index in new {
        let Step { exported, script } = &mut steps[index];
        if script.version < 0 {
            let Some(number) = next.unwrap_or_default().checked_add(1) else {
                problems.push(Problem::NoVersion { name: exported.name.clone() });
                continue;
            };
            script.version = number;
            next = Some(number);
        }
        script.path = folder.join(format!("V{}__{}.sql", script.version, script.name));
        exported.path.clone_from(&script.path);
    }
    steps.sort_by_key(|step| step.script.version);
    for pair in steps.windows(2).filter(|pair| pair[0].script.version == pair[1].script.version) {
        problems.push(Problem::Repeated { path: pair[1].script.path.clone(), other: pair[0].script.path.clone() });
    }
    Ok(fitting(steps, problems)?)
}

/// A migration's name of the letters that refinery takes.
fn word(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect()
}

/// What follows the time in a name.
fn title(name: &str) -> Option<&str> {
    let (time, title) = name.split_once('_')?;
    time.bytes().all(|byte| byte.is_ascii_digit()).then_some(title)
}

/// Version and name of what an import made: no time begins with a zero.
fn of_refinery(name: &str) -> Option<(i64, String)> {
    let (digits, title) = name.split_once('_')?;
    let version = digits.parse().ok().filter(|_| digits.len() >= 14 && digits.starts_with('0'))?;
    (!title.is_empty()).then(|| (version, word(title)))
}

/// What refinery makes of a script, which says nothing to it in comments.
fn trouble(mut prepared: Prepared<'_>) -> Option<Trouble> {
    prepared.plan = plan(&prepared.script);
    let why = reason(&prepared);
    match &prepared.plan {
        Plan::Whole { own } if own.is_empty() => None,
        Plan::Segments(segments) => Some(
            if segments.iter().all(|segment| segment.alone.is_none()) && segments.iter().any(|s| !s.own.is_empty()) {
                Trouble::EndsTransaction(why)
            } else {
                Trouble::Fails(why)
            },
        ),
        Plan::AsIs(AsIsReason::Data { .. }) => Some(Trouble::Fails(why)),
        Plan::Whole { .. } | Plan::AsIs(_) => Some(Trouble::EndsTransaction(why)),
    }
}

/// Writes the files that are missing, all or none, and returns them.
fn write_files(steps: &[Step]) -> Result<Vec<&Path>, MigrateError> {
    let mut written = Vec::new();
    for Step { script, .. } in steps.iter().filter(|step| step.exported.new_in_folder) {
        if let Err(error) = write_file(&script.path, &script.sql) {
            remove(&written);
            return Err(error.into());
        }
        written.push(script.path.as_path());
    }
    Ok(written)
}

fn remove(written: &[&Path]) {
    for path in written {
        // The error that led here is the one to tell.
        let _ = std::fs::remove_file(path);
    }
}

/// The statements that make refinery's history say what Prisma's does; what is in it stays.
async fn plan_history(
    db: &mut Connection,
    directory: &Directory,
    options: &BridgeOptions,
    width: Width,
    steps: &mut [Step],
) -> Result<String, MigrateError> {
    let namespace = db.namespace().to_owned();
    let history = History::read(db, &namespace).await?;
    if !history.exists() {
        return Err(MigrateError::NoHistory);
    }
    let failed: Vec<Record> = history.failed().cloned().collect();
    if !failed.is_empty() {
        return Err(MigrateError::FailedMigrations { records: failed });
    }
    let mut problems = not_as_applied(directory, &history)?;
    let found = table::read(db, &options.table).await?;
    let (sql, width, rows) = match found {
        Some(Table { sql, width, rows }) => (sql, width, rows),
        None => (qualified(db, &options.table).await?, width, Vec::new()),
    };
    let mut statements = table::creation(&sql, width);
    let mut afterwards = rows.clone();
    for Step { exported, script } in &mut *steps {
        let applied = history.of(&exported.name).filter(|record| record.state() == RecordState::Applied).last();
        let Some(record) = applied else { continue };
        let is_new = !rows.iter().any(|row| row.version == script.version);
        exported.new_in_history = Some(is_new);
        match script.checksum(width) {
            Err(problem) => problems.push(problem),
            Ok(checksum) if is_new => {
                statements.push_str(&insertion(&sql, script, checksum, &namespace, record));
                let applied_on = jiff::Timestamp::UNIX_EPOCH;
                let (version, name) = (script.version, script.name.clone());
                afterwards.push(table::Row { version, name, applied_on, checksum });
            }
            Ok(_) => {}
        }
    }
    let scripts: Vec<Script> = steps.iter().map(|step| step.script.clone()).collect();
    problems.extend(table::check(&scripts, &afterwards, width));
    Ok(fitting(statements, problems)?)
}

/// Applied migrations that the folder does not have as they were applied.
fn not_as_applied(directory: &Directory, history: &History) -> Result<Vec<Problem>, MigrateError> {
    let mut problems = Vec::new();
    for record in history.records().iter().filter(|record| record.state() == RecordState::Applied) {
        let unchanged = match directory.find(&record.migration_name) {
            Some(migration) => Migration::is_unchanged(migration, &record.checksum)?,
            None => false,
        };
        if !unchanged {
            problems.push(Problem::NotAsApplied { name: record.migration_name.clone() });
        }
    }
    problems.dedup();
    Ok(problems)
}

/// The name of a table that does not exist yet, taken apart by the server as it would in SQL.
async fn qualified(db: &mut Connection, name: &str) -> Result<String, MigrateError> {
    let question = format!("SELECT pg_catalog.array_to_json(pg_catalog.parse_ident({})) AS parts", Constant(name));
    let rows = db.rows(&Statement::built(question)).await?;
    let parts: Vec<String> =
        rows.first().and_then(|row| serde_json::from_str(row.get("parts")?).ok()).unwrap_or_default();
    let parts: Vec<String> = match parts.as_slice() {
        [name] => vec![db.namespace().to_owned(), name.clone()],
        _ => parts,
    };
    Ok(parts.iter().map(|part| Ident(part).to_string()).collect::<Vec<_>>().join("."))
}

/// As refinery writes it, with the time at which the migration was applied.
fn insertion(table: &str, script: &Script, checksum: u64, namespace: &str, record: &Record) -> String {
    format!(
        "\nINSERT INTO {table} (version, name, applied_on, checksum) SELECT {}, {}, \
         to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), '{checksum}' FROM {}.{} \
         WHERE id = {};",
        script.version,
        Constant(&script.name),
        Ident(namespace),
        Ident(history::TABLE),
        Constant(&record.id),
    )
}
