//! What a database holds, how it is used, and what about it certainly hurts. Reads only, in one round trip and one
//! snapshot; every role may, and what it may not see is said.

mod advice;
mod indexes;
mod foreign_keys;
mod questions;
mod rows;
mod tables;

pub use advice::{Advice, Kind as AdviceKind};
pub use foreign_keys::UncoveredKey;
pub use indexes::{Finding, Index};
pub use tables::{Table, TableKind};

use super::MaintenanceError;
use crate::db::Connection;
use crate::db::snapshot::undisturbed;
use crate::dbschema::QualifiedName;

/// A moment, in microseconds since 1970 (UTC).
pub type Micros = i64;

/// Everything there is to say about a database.
#[derive(Debug, Clone, PartialEq)]
pub struct Stats {
    /// The database as a whole.
    pub server: Server,
    /// Tables and materialized views, largest first. A partitioned table counts what its partitions hold, and they
    /// are in the list too.
    pub tables: Vec<Table>,
    /// All indexes, largest first. A partitioned index counts what those of the partitions hold.
    pub indexes: Vec<Index>,
    /// Foreign keys whose columns no index finds, those on the largest tables first.
    pub uncovered_keys: Vec<UncoveredKey>,
    /// Sequences that have used half of what they can give, fullest first.
    pub sequences: Vec<FullSequence>,
    /// Who keeps VACUUM from removing dead rows, oldest first.
    pub holders: Vec<Holder>,
    /// What could not be seen, in sentences without full stop.
    pub unseen: Vec<String>,
    /// What is certainly better done, most pressing first.
    pub advice: Vec<Advice>,
}

/// The database as a whole, and what its counters mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// The database.
    pub database: String,
    /// The server's version.
    pub version: String,
    /// Who asks.
    pub user: String,
    /// Size in bytes; `None` if the user may not know.
    pub bytes: Option<u64>,
    /// Whether the server follows another one: its counters are its own, and it has none of what was written.
    pub in_recovery: bool,
    /// When this was read.
    pub now: Micros,
    /// Since when the counters count; `None` if they were never reset.
    pub counting_since: Option<Micros>,
    /// When the server started.
    pub started: Micros,
    /// Whether the server counts at all (`track_counts`).
    pub counts: bool,
    /// Whether the user sees what sessions of others do.
    pub sees_sessions: bool,
    /// How many servers follow this one; their scans are not counted here.
    pub replicas: u64,
    /// Blocks found in the server's own memory, and blocks that had to be read.
    pub blocks: Option<(u64, u64)>,
    /// Age of the oldest transaction number in the database.
    pub xid_age: i64,
    /// Whether autovacuum runs.
    pub autovacuum: bool,
    /// The age at which autovacuum freezes come what may.
    pub freeze_max_age: i64,
    /// How many dead rows a table may have before autovacuum looks at it: a number, a share of the rows, and since 18
    /// a limit of both together.
    pub vacuum_threshold: (i64, f64, Option<i64>),
}

/// A sequence that may run out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullSequence {
    /// The sequence.
    pub name: QualifiedName,
    /// The column that owns it.
    pub column: Option<(QualifiedName, String)>,
    /// The last value it gave.
    pub last: i64,
    /// The largest that it, or its column, can hold.
    pub most: i64,
}

impl FullSequence {
    /// How much is used up, from 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub fn used(&self) -> f64 {
        self.last as f64 / self.most as f64
    }
}

/// Somebody who may still need rows that are dead for all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// `transaction`, `prepared transaction` or `replication slot`.
    pub kind: String,
    /// Process, global identifier or name of the slot.
    pub id: String,
    /// The user.
    pub user: Option<String>,
    /// The application.
    pub application: Option<String>,
    /// What the session is doing.
    pub state: Option<String>,
    /// Since when.
    pub since: Option<Micros>,
    /// How many transactions ago it began.
    pub age: i64,
}

/// Which tables to look at.
#[derive(Debug, Clone, Copy, Default)]
pub struct StatsScope<'a> {
    /// Those of these namespaces; `None` for all but the server's own.
    pub namespaces: Option<&'a [String]>,
    /// The namespace of evt's own records, which is left out unless it is named.
    pub records: Option<&'a str>,
}

/// Looks at the tables in the scope, in a transaction that reads only.
///
/// Waits for nobody: of a table that somebody has locked exclusively, sizes are left out.
///
/// # Errors
/// If the server refuses a question, or one of the scope's namespaces does not exist.
pub async fn stats(db: &mut Connection, scope: StatsScope<'_>) -> Result<Stats, MaintenanceError> {
    // The future holds all questions at once; callers should not have to.
    let ask = async || Box::pin(questions::ask(db.client(), scope)).await;
    let answers = undisturbed(MaintenanceError::is_change, ask).await?;
    answers.check_namespaces(scope.namespaces)?;
    Ok(assemble(answers))
}

fn assemble(answers: questions::Answers) -> Stats {
    let questions::Answers { server, tables, indexes, families, foreign_keys, equality, sequences, holders, .. } =
        answers;
    let judged = indexes::judge(&indexes, &families, &server);
    let uncovered_keys = foreign_keys::uncovered(foreign_keys, &tables, &indexes, &families, &equality);
    let names = tables::names(&tables);
    let indexes = indexes::finish(indexes, judged, &names);
    let tables = tables::finish(&tables, &indexes, &server);
    let hidden_sequences = sequences.iter().filter_map(|row| row.hidden).sum();
    let mut sequences: Vec<FullSequence> = sequences.into_iter().filter_map(|row| row.full).collect();
    sequences.sort_by(|a, b| b.used().total_cmp(&a.used()).then_with(|| a.name.cmp(&b.name)));
    let unseen = unseen(&server, &tables, &indexes, hidden_sequences);
    let mut stats = Stats { server, tables, indexes, uncovered_keys, sequences, holders, unseen, advice: Vec::new() };
    stats
        .uncovered_keys
        .sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| (&a.table, &a.name).cmp(&(&b.table, &b.name))));
    stats.advice = advice::advice(&stats);
    stats
}

fn unseen(server: &Server, tables: &[Table], indexes: &[Index], hidden_sequences: u64) -> Vec<String> {
    let mut unseen = Vec::new();
    if server.bytes.is_none() {
        unseen.push(format!("the size of the database: user `{}` may not know it", server.user));
    }
    let locked: Vec<String> = tables.iter().filter(|table| table.locked).map(|table| table.name.to_string()).collect();
    let more = tables
        .iter()
        .filter(|table| !table.locked && table.kind != TableKind::Partitioned && table.bytes().is_none())
        .count();
    if let [first, rest @ ..] = locked.as_slice() {
        let others = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        unseen.push(format!(
            "sizes of `{first}`{others}: somebody has locked them exclusively, and measuring would wait"
        ));
    } else if more > 0 || indexes.iter().any(|index| index.bytes.is_none()) {
        unseen.push(
            "some sizes: somebody has locked these tables or indexes exclusively, and measuring would wait".to_owned(),
        );
    }
    if !server.counts {
        unseen.push("use of tables and indexes: the server does not count (`track_counts` is off)".to_owned());
    }
    if server.in_recovery {
        unseen.push(
            "changed and dead rows, and when tables were vacuumed: this server follows another one, which knows them; \
             scans are those on this server alone"
                .to_owned(),
        );
    }
    if server.replicas > 0 {
        unseen.push("scans on the servers that follow this one: each counts its own".to_owned());
    }
    if !server.sees_sessions {
        unseen.push(format!(
            "transactions of other users, which may keep dead rows: that takes membership in `pg_read_all_stats`, which \
             `{}` does not have",
            server.user
        ));
    }
    if hidden_sequences > 0 {
        unseen.push(format!("how far {hidden_sequences} sequences are used: `{}` may not read them", server.user));
    }
    unseen
}
