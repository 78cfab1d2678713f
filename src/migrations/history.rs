//! `_prisma_migrations`: which migrations the database has seen, and how it went.

use std::collections::HashSet;

use tokio_postgres::error::SqlState;

use crate::db::{Connection, DbError};
use crate::sql::quote::{Constant, Ident, Statement};

/// The name of Prisma's table.
pub const TABLE: &str = "_prisma_migrations";

/// A row of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// UUID of the row.
    pub id: String,
    /// The folder's name.
    pub migration_name: String,
    /// Fingerprint of the script that ran.
    pub checksum: String,
    /// When it started, as `YYYY-MM-DD HH:MM:SS.ffffff UTC`.
    pub started_at: String,
    /// Whether it finished.
    pub finished: bool,
    /// How long it took, if it finished, in milliseconds.
    pub milliseconds: Option<u64>,
    /// Whether it counts as undone.
    pub rolled_back: bool,
    /// What went wrong, if it did.
    pub logs: Option<String>,
    /// How many steps were done.
    pub applied_steps_count: i32,
}

/// What a row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordState {
    /// The migration is in the database.
    Applied,
    /// It stopped somewhere and nobody said what to do about it.
    Failed,
    /// It counts as never applied.
    RolledBack,
}

/// The history of one database; `None` instead of rows means that the table does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// The rows by start time.
    pub records: Option<Vec<Record>>,
}

impl Record {
    /// What the row says.
    pub fn state(&self) -> RecordState {
        match (self.rolled_back, self.finished) {
            (true, _) => RecordState::RolledBack,
            (false, true) => RecordState::Applied,
            (false, false) => RecordState::Failed,
        }
    }
}

impl History {
    /// Reads the history in `namespace`. Writes nothing.
    pub async fn read(db: &mut Connection, namespace: &str) -> Result<Self, DbError> {
        let question = Statement::built(format!(
            "SELECT id, migration_name, checksum, \
             to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US \"UTC\"') AS started_at, \
             finished_at IS NOT NULL AS finished, \
             (extract(epoch FROM finished_at - started_at) * 1000)::bigint AS milliseconds, rolled_back_at IS NOT NULL AS rolled_back, \
             logs, applied_steps_count \
             FROM {} ORDER BY migrations.started_at",
            TableIn(namespace)
        ));
        let rows = match db.rows(&question).await {
            Ok(rows) => rows,
            Err(error) if error.has_state(&SqlState::UNDEFINED_TABLE) => return Ok(Self { records: None }),
            Err(error) => return Err(error),
        };
        rows.iter().map(record).collect::<Result<_, _>>().map(|records| Self { records: Some(records) })
    }

    /// Whether the table exists.
    pub fn exists(&self) -> bool {
        self.records.is_some()
    }

    /// The rows by start time; none if there is no table.
    pub fn records(&self) -> &[Record] {
        self.records.as_deref().unwrap_or_default()
    }

    /// The failed rows.
    pub fn failed(&self) -> impl Iterator<Item = &Record> {
        self.records().iter().filter(|record| record.state() == RecordState::Failed)
    }

    /// The rows of one migration, oldest first.
    pub fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Record> {
        self.records().iter().filter(move |record| record.migration_name == name)
    }

    /// The names of the migrations that the database holds completely.
    pub fn applied(&self) -> HashSet<&str> {
        self.named(|state| state == RecordState::Applied)
    }

    /// The names of those that it holds completely or in part.
    pub fn held(&self) -> HashSet<&str> {
        self.named(|state| state != RecordState::RolledBack)
    }

    fn named(&self, counts: impl Fn(RecordState) -> bool) -> HashSet<&str> {
        self.records().iter().filter(|record| counts(record.state())).map(|record| &*record.migration_name).collect()
    }
}

/// Makes the table, in the shape that Prisma gives it.
pub async fn create_table(db: &mut Connection, namespace: &str) -> Result<(), DbError> {
    db.script(&Statement::built(creation(namespace))).await
}

/// The statement for [`create_table`].
pub(super) fn creation(namespace: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {}.{} (
    id                      VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum                VARCHAR(64) NOT NULL,
    finished_at             TIMESTAMPTZ,
    migration_name          VARCHAR(255) NOT NULL,
    logs                    TEXT,
    rolled_back_at          TIMESTAMPTZ,
    started_at              TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count     INTEGER NOT NULL DEFAULT 0
)",
        Ident(namespace),
        TABLE
    )
}

/// What `logs` of an unfinished row starts with while a script runs in segments, so that a later run knows that it may
/// go on. Prisma shows it as the failure's text.
pub const SEGMENTS_MARK: &str = "evt: applied in segments";

/// What `logs` starts with while a statement of a script in segments runs that must not run twice and whose effect
/// cannot be seen afterwards. A run that stops then needs a person.
pub const ONCE_MARK: &str = "evt: stopped in segments";

/// What `logs` ends with when the segment behind those that are counted began, and its effect was not there before.
pub const BEGUN: &str = "the next one began";

/// Statements that write one row; each is one line of SQL without a semicolon.
#[derive(Debug, Clone)]
pub struct Row {
    namespace: String,
    id: String,
}

impl Row {
    /// A row that does not exist yet.
    pub fn new(namespace: &str) -> Self {
        Self { namespace: namespace.to_owned(), id: uuid::Uuid::new_v4().to_string() }
    }

    /// A row that exists.
    pub fn existing(namespace: &str, record: &Record) -> Self {
        Self { namespace: namespace.to_owned(), id: record.id.clone() }
    }

    /// Notes that a migration starts.
    pub fn insert(&self, name: &str, checksum: &str, logs: Option<&str>) -> String {
        format!(
            "INSERT INTO {} (id, checksum, migration_name, logs, started_at, applied_steps_count) \
             VALUES ({}, {}, {}, {}, clock_timestamp(), 0)",
            TableIn(&self.namespace),
            Constant(&self.id),
            Constant(checksum),
            Constant(name),
            text_or_null(logs)
        )
    }

    /// Notes that a migration was applied at that time, which PostgreSQL can read.
    pub(super) fn insert_applied(&self, name: &str, checksum: &str, at: &str) -> String {
        format!(
            "INSERT INTO {} (id, checksum, migration_name, started_at, finished_at, applied_steps_count) \
             VALUES ({}, {}, {}, {at}, {at}, 1)",
            TableIn(&self.namespace),
            Constant(&self.id),
            Constant(checksum),
            Constant(name),
            at = Constant(at),
        )
    }

    /// Notes that a migration is done, after so many steps.
    pub fn finish(&self, steps: usize) -> String {
        self.update(&format!("finished_at = clock_timestamp(), applied_steps_count = {steps}, logs = NULL"))
    }

    /// Notes that so many steps are done, and what a later run has to know.
    pub fn advance(&self, steps: usize, logs: &str) -> String {
        self.update(&format!("applied_steps_count = {steps}, logs = {}", Constant(logs)))
    }

    /// Notes what went wrong.
    pub fn fail(&self, logs: &str) -> String {
        self.update(&format!("logs = {}", Constant(logs)))
    }

    /// Notes that nothing of it is in the database.
    pub fn roll_back(&self) -> String {
        self.update("rolled_back_at = clock_timestamp()")
    }

    fn update(&self, assignments: &str) -> String {
        format!("UPDATE {} SET {assignments} WHERE id = {}", TableIn(&self.namespace), Constant(&self.id))
    }
}

fn text_or_null(text: Option<&str>) -> String {
    text.map_or_else(|| "NULL".to_owned(), |text| Constant(text).to_string())
}

/// Prisma's table in a namespace, with an alias so that its columns can be told from output columns.
struct TableIn<'a>(&'a str);

impl std::fmt::Display for TableIn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{} AS migrations", Ident(self.0), Ident(TABLE))
    }
}

/// Reads a row; every value comes as text.
fn record(row: &crate::db::TextRow) -> Result<Record, DbError> {
    let text = |column: &str| {
        row.get(column).map(str::to_owned).ok_or_else(|| DbError::Protocol(format!("`{TABLE}.{column}` is missing")))
    };
    Ok(Record {
        id: text("id")?,
        migration_name: text("migration_name")?,
        checksum: text("checksum")?,
        started_at: text("started_at")?,
        finished: text("finished")? == "t",
        milliseconds: row.get("milliseconds").and_then(|text| text.parse().ok()),
        rolled_back: text("rolled_back")? == "t",
        logs: row.get("logs").filter(|logs| !logs.is_empty()).map(str::to_owned),
        applied_steps_count: text("applied_steps_count")?.parse().unwrap_or_default(),
    })
}
