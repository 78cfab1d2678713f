//! Folder against history: what is pending, edited, missing, failed.

use std::collections::{HashMap, HashSet};

use crate::db::Connection;
use crate::db::lock::{self, Holder};
use crate::sql::split::Plan;

use super::MigrateError;
use super::directory::Directory;
use super::history::{History, ONCE_MARK, Record, RecordState, SEGMENTS_MARK};
use super::prepare::Prepared;
use super::segments::resumable;

/// How the migrations folder and the database's history relate. Everything in the order of the folder or the history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Migrations of the folder.
    pub found: Vec<String>,
    /// Whether the database has a history at all.
    pub has_history: bool,
    /// In the folder, and not in the database: no row, or only rows that were rolled back.
    pub pending: Vec<String>,
    /// Those of `pending` that were rolled back before.
    pub rolled_back: Vec<String>,
    /// In the database, but the script has changed since.
    pub edited: Vec<String>,
    /// In the database, and not in the folder.
    pub missing: Vec<String>,
    /// Started and never finished.
    pub failed: Vec<String>,
    /// What is known about those of `failed`, row by row.
    pub unfinished: Vec<Unfinished>,
    /// Who holds the migration lock, if a migration is unfinished: it may be running right now.
    pub running: Option<Holder>,
    /// The last migration that both know before the first that only the folder knows.
    pub last_common: Option<String>,
}

/// A migration that started and did not finish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The migration.
    pub name: String,
    /// When it started, as `YYYY-MM-DD HH:MM:SS.ffffff UTC`.
    pub started_at: String,
    /// How far it came.
    pub stop: Stop,
}

/// How far a migration came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// So many of its segments are in the database, and the next run goes on behind them.
    GoesOn {
        /// Segments that are done.
        done: usize,
        /// Segments in all.
        of: usize,
    },
    /// So many of its segments are in the database, but its script is gone or has changed.
    Edited {
        /// Segments that are done.
        done: usize,
    },
    /// So many of its segments are in the database; it stopped in a statement that must not run twice and whose effect
    /// cannot be seen.
    InDoubt {
        /// Segments that are done.
        done: usize,
    },
    /// The server refused a statement; what the script committed before is in the database.
    Refused,
    /// It ended without a word: nobody knows how much of it is in the database.
    Silent,
}

/// What counts where a migration was rolled back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// What is in the database: an attempt that was rolled back counts for nothing. Prisma 7.10 reads it so too.
    #[default]
    Honest,
    /// As Prisma 6 reads it: whatever has a row is known, and it is the script of the first row that must not change.
    AsPrisma6,
}

/// How the two histories relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Same migrations in both.
    Same,
    /// The folder has migrations that the database lacks.
    DatabaseBehind,
    /// The database has migrations that the folder lacks.
    DirectoryBehind,
    /// Each has migrations that the other lacks.
    Diverged,
}

impl Status {
    /// Compares a folder with a history. Reads the scripts of applied migrations, to compare their checksums.
    pub fn of(directory: &Directory, history: &History, reading: Reading) -> Result<Self, MigrateError> {
        let mut rows: HashMap<&str, Vec<(RecordState, &str)>> = HashMap::new();
        for record in history.records() {
            let row = (record.state(), record.checksum.as_str());
            rows.entry(&record.migration_name).or_default().push(row);
        }
        let mut status = Self {
            found: directory.migrations.iter().map(|migration| migration.name.clone()).collect(),
            has_history: history.exists(),
            failed: unique(history.failed().map(|record| record.migration_name.as_str())),
            unfinished: history.failed().map(|record| unfinished(directory, record)).collect::<Result<_, _>>()?,
            ..Self::default()
        };
        for migration in &directory.migrations {
            let name = &migration.name;
            let Some(rows) = rows.get(name.as_str()) else {
                status.pending.push(name.clone());
                continue;
            };
            let undone = rows.iter().all(|(state, _)| *state == RecordState::RolledBack);
            if undone && reading == Reading::Honest {
                status.pending.push(name.clone());
                status.rolled_back.push(name.clone());
                continue;
            }
            let compared = match reading {
                // The script that is in the database: an attempt that was rolled back may have been mended.
                Reading::Honest => rows.iter().rev().find(|(state, _)| *state != RecordState::RolledBack),
                Reading::AsPrisma6 => rows.first(),
            };
            if let Some((_, checksum)) = compared
                && !migration.is_unchanged(checksum)?
            {
                status.edited.push(name.clone());
            }
            if status.pending.is_empty() {
                status.last_common = Some(name.clone());
            }
        }
        let names: HashSet<&str> = status.found.iter().map(String::as_str).collect();
        let counts = |record: &&Record| reading == Reading::AsPrisma6 || record.state() != RecordState::RolledBack;
        let elsewhere = history.records().iter().filter(counts);
        status.missing =
            unique(elsewhere.map(|record| record.migration_name.as_str()).filter(|name| !names.contains(name)));
        Ok(status)
    }

    /// How the two histories relate.
    pub fn relation(&self) -> Relation {
        match (self.pending.is_empty(), self.missing.is_empty()) {
            (true, true) => Relation::Same,
            (false, true) => Relation::DatabaseBehind,
            (true, false) => Relation::DirectoryBehind,
            (false, false) => Relation::Diverged,
        }
    }

    /// Whether a person or a command has something to do.
    pub fn needs_attention(&self) -> bool {
        self.relation() != Relation::Same || !self.edited.is_empty() || !self.failed.is_empty() || !self.has_history
    }
}

/// Compares a folder with the database's history. Writes nothing.
pub async fn status(db: &mut Connection, directory: &Directory) -> Result<Status, MigrateError> {
    Ok(status_and_history(db, directory, Reading::Honest).await?.0)
}

/// The same, with the history that it was made of.
pub async fn status_and_history(
    db: &mut Connection,
    directory: &Directory,
    reading: Reading,
) -> Result<(Status, History), MigrateError> {
    directory.check_provider()?;
    let namespace = db.namespace().to_owned();
    let history = History::read(db, &namespace).await?;
    let mut status = Status::of(directory, &history, reading)?;
    if !status.failed.is_empty() {
        status.running = lock::holder(db).await;
    }
    Ok((status, history))
}

fn unfinished(directory: &Directory, record: &Record) -> Result<Unfinished, MigrateError> {
    let done = usize::try_from(record.applied_steps_count).unwrap_or_default();
    let begins = |mark: &str| record.logs.as_ref().is_some_and(|logs| logs.starts_with(mark));
    let stop = if begins(ONCE_MARK) {
        Stop::InDoubt { done }
    } else if begins(SEGMENTS_MARK) {
        match resumable(directory, record) {
            Ok(Some(Prepared { plan: Plan::Segments(segments), .. })) => Stop::GoesOn { done, of: segments.len() },
            Ok(_) | Err(MigrateError::Directory(_) | MigrateError::Instruction(_)) => Stop::Edited { done },
            Err(error) => return Err(error),
        }
    } else if record.logs.is_some() {
        Stop::Refused
    } else {
        Stop::Silent
    };
    Ok(Unfinished { name: record.migration_name.clone(), started_at: record.started_at.clone(), stop })
}

/// The names without repetitions, in order.
fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen = HashSet::new();
    names.filter(|name| seen.insert(*name)).map(str::to_owned).collect()
}
