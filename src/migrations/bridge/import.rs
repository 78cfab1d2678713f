//! refinery's files and history → a migrations folder and Prisma's history.

use std::path::PathBuf;

use jiff::Timestamp;

use super::files::{Script, some_scripts};
use super::table::{self, Table};
use super::{BridgeError, BridgeOptions, Problem, fitting};
use crate::db::Connection;
use crate::migrations::MigrateError;
use crate::migrations::apply::locked;
use crate::migrations::checksum::checksum;
use crate::migrations::directory::{Directory, Migration};
use crate::migrations::history::{self, History, RecordState, Row};
use crate::sql::quote::Statement;

/// Digits of the time in the names that Prisma gives.
const DIGITS: usize = 14;

/// A migration that was carried over, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Its name in the migrations folder.
    pub name: String,
    /// The file of refinery.
    pub path: PathBuf,
    /// When refinery applied it to this database; `None` if it did not.
    pub applied_at: Option<Timestamp>,
    /// Whether the folder lacked it.
    pub new_in_folder: bool,
    /// Whether the history lacked it. Never if it is not applied.
    pub new_in_history: bool,
}

/// A migration that is to be carried over, with what it takes.
struct Step {
    imported: Imported,
    script: String,
}

/// Carries files and history over. Either all of it is done, or nothing.
///
/// The names are made of the versions: `V3__add_rooms.sql` becomes `00000000000003_add_rooms`, so that every database of a
/// project gets the same, versions that are times stay times, and what is made later comes later. What the folder or the
/// history has already is not written again: the first run makes the folder, and further databases get their history.
///
/// # Errors
/// If there is nothing to carry over, if files and history do not fit together, or if the folder or the history has
/// something else.
pub async fn import(
    db: &mut Connection,
    directory: &mut Directory,
    options: &BridgeOptions,
) -> Result<Vec<Imported>, MigrateError> {
    directory.check_provider()?;
    if options.dry_run {
        let steps = plan(db, directory, options).await?;
        return Ok(steps.into_iter().map(|step| step.imported).collect());
    }
    locked(db, options.lock_timeout_ms, async |db| {
        let steps = plan(db, directory, options).await?;
        carry_out(db, directory, &steps).await?;
        Ok(steps.into_iter().map(|step| step.imported).collect())
    })
    .await
}

async fn plan(db: &mut Connection, directory: &Directory, options: &BridgeOptions) -> Result<Vec<Step>, MigrateError> {
    let scripts = some_scripts(&options.folder)?;
    let no_table = || BridgeError::NoTable { table: options.table.clone() };
    let Table { width, rows, .. } = table::read(db, &options.table).await?.ok_or_else(no_table)?;
    let mut problems = table::check(&scripts, &rows, width);
    let namespace = db.namespace().to_owned();
    let history = History::read(db, &namespace).await?;
    let mut steps = Vec::with_capacity(scripts.len());
    for (script, name) in scripts.iter().zip(names(&scripts)) {
        let there = directory.find(&name);
        if let Some(migration) = there
            && migration.script()? != script.sql
        {
            problems.push(Problem::Differs { script: migration.script_path(), path: script.path.clone() });
        }
        let applied_at = rows.iter().find(|row| row.version == script.version).map(|row| row.applied_on);
        let record = history.of(&name).filter(|record| record.state() != RecordState::RolledBack).last();
        match record {
            Some(record) if record.state() != RecordState::Applied || record.checksum != checksum(&script.sql) => {
                problems.push(Problem::Recorded { name: name.clone() });
            }
            _ => {}
        }
        let imported = Imported {
            path: script.path.clone(),
            new_in_folder: there.is_none(),
            new_in_history: applied_at.is_some() && record.is_none(),
            applied_at,
            name,
        };
        steps.push(Step { imported, script: script.sql.clone() });
    }
    // Further migrations may be there once everything is carried over; before that, nobody knows what comes first.
    let ours = |migration: &&Migration| !steps.iter().any(|step| step.imported.name == migration.name);
    if let Some(own) = directory.migrations.iter().find(ours)
        && steps.iter().any(|step| step.imported.new_in_folder)
    {
        problems.push(Problem::Own { name: own.name.clone() });
    }
    Ok(fitting(steps, problems)?)
}

/// The names of the migrations, in the order of their versions.
fn names(scripts: &[Script]) -> Vec<String> {
    // Numbers of the same length sort as texts do.
    let last = scripts.iter().map(|script| script.version).max().unwrap_or_default();
    let digits = DIGITS.max(last.to_string().len());
    scripts.iter().map(|script| format!("{:0digits$}_{}", script.version, script.name)).collect()
}

/// Files first: if the history cannot be written, they are taken away again; if this process dies in between, the next
/// run finds them as it would have made them.
async fn carry_out(db: &mut Connection, directory: &mut Directory, steps: &[Step]) -> Result<(), MigrateError> {
    let mut written: Vec<PathBuf> = Vec::new();
    let mut outcome = Ok(());
    for step in steps.iter().filter(|step| step.imported.new_in_folder) {
        written.push(directory.path.join(&step.imported.name));
        outcome = directory.put(&step.imported.name, &step.script).map(drop).map_err(MigrateError::from);
        if outcome.is_err() {
            break;
        }
    }
    if outcome.is_ok() {
        outcome = write_history(db, steps).await;
    }
    if outcome.is_err() {
        for folder in written {
            // What could not be made cannot be taken away either.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
    outcome
}

async fn write_history(db: &mut Connection, steps: &[Step]) -> Result<(), MigrateError> {
    let namespace = db.namespace().to_owned();
    db.ensure_namespace().await?;
    // One message is one transaction.
    let mut sql = history::creation(&namespace);
    for Step { imported, script } in steps.iter().filter(|step| step.imported.new_in_history) {
        if let Some(applied_at) = imported.applied_at {
            sql.push_str(";\n");
            sql.push_str(&Row::new(&namespace).insert_applied(
                &imported.name,
                &checksum(script),
                &applied_at.to_string(),
            ));
        }
    }
    Ok(db.script(&Statement::built(sql)).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_versions_do() {
        for (versions, expected) in [
            (vec![1, 2, 10], vec!["00000000000001_a", "00000000000002_a", "00000000000010_a"]),
            (vec![0, 20_240_131], vec!["00000000000000_a", "00000020240131_a"]),
            (vec![7, 20_240_131_120_000], vec!["00000000000007_a", "20240131120000_a"]),
            (vec![7, 20_240_131_120_000_123], vec!["00000000000000007_a", "20240131120000123_a"]),
        ] {
            let script = |version| Script {
                path: PathBuf::new(),
                version,
                name: "a".to_owned(),
                versioned: true,
                sql: String::new(),
            };
            let scripts: Vec<Script> = versions.iter().copied().map(script).collect();
            assert_eq!(names(&scripts), expected, "{versions:?}");
            assert!(names(&scripts).is_sorted());
        }
    }
}
