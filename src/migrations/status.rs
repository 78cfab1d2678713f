//! Folder against history: what is pending, edited, missing, failed.

use std::collections::{HashMap, HashSet};

use crate::db::Connection;

use super::MigrateError;
use super::directory::Directory;
use super::history::{History, RecordState};

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
    /// The last migration that both know before the first that only the folder knows.
    pub last_common: Option<String>,
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
    pub fn of(directory: &Directory, history: &History) -> Result<Self, MigrateError> {
        let mut rows: HashMap<&str, Vec<(RecordState, &str)>> = HashMap::new();
        for record in history.records() {
            let row = (record.state(), record.checksum.as_str());
            rows.entry(&record.migration_name).or_default().push(row);
        }
        let mut status = Self {
            found: directory.migrations.iter().map(|migration| migration.name.clone()).collect(),
            has_history: history.exists(),
            failed: unique(history.failed().map(|record| record.migration_name.as_str())),
            ..Self::default()
        };
        for migration in &directory.migrations {
            let name = &migration.name;
            let Some(rows) = rows.get(name.as_str()) else {
                status.pending.push(name.clone());
                continue;
            };
            if rows.iter().all(|(state, _)| *state == RecordState::RolledBack) {
                status.pending.push(name.clone());
                status.rolled_back.push(name.clone());
                continue;
            }
            // What counts is the script that is in the database: an attempt that was rolled back may have been mended.
            let applied = rows.iter().rev().find(|(state, _)| *state != RecordState::RolledBack);
            if let Some((_, checksum)) = applied
                && !migration.is_unchanged(checksum)?
            {
                status.edited.push(name.clone());
            }
            if status.pending.is_empty() {
                status.last_common = Some(name.clone());
            }
        }
        let names: HashSet<&str> = status.found.iter().map(String::as_str).collect();
        let elsewhere = history.records().iter().filter(|record| record.state() != RecordState::RolledBack);
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
    Ok(status_and_history(db, directory).await?.0)
}

/// The same, with the history that it was made of.
pub async fn status_and_history(db: &mut Connection, directory: &Directory) -> Result<(Status, History), MigrateError> {
    directory.check_provider()?;
    let namespace = db.namespace().to_owned();
    let history = History::read(db, &namespace).await?;
    Ok((Status::of(directory, &history)?, history))
}

/// The names without repetitions, in order.
fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen = HashSet::new();
    names.filter(|name| seen.insert(*name)).map(str::to_owned).collect()
}
