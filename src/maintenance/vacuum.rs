//! VACUUM, table by table: who may do it, how far it is, what it freed, and how it ends early.

mod names;

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use super::MaintenanceError;
use super::snapshot::{Answer, failed, rows};
use crate::db::{Connection, DbError};
use crate::dbschema::QualifiedName;
use crate::sql::quote::{Qualified, Statement};

const RELATIONS: &str = include_str!("queries/relations.sql");
const VACUUMED: &str = include_str!("queries/vacuumed.sql");
const PROGRESS: &str = include_str!("queries/progress.sql");

/// How often a watcher asks how far the work is.
const TICK: Duration = Duration::from_millis(200);

/// Longest wait for the answer to that.
const WATCHER_PATIENCE: Duration = Duration::from_secs(1);

/// Longest wait for the server to end a statement that was cancelled.
const CANCEL_PATIENCE: Duration = Duration::from_secs(10);

/// How to clean up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VacuumOptions {
    /// Write each table anew, without the room of dead rows, under an exclusive lock.
    pub full: bool,
    /// Renew what the planner knows.
    pub analyze: bool,
    /// Longest wait for a table that somebody else uses, in milliseconds; `None` or 0 is for ever.
    pub lock_timeout_ms: Option<u64>,
}

/// A relation of the database, with what is known of it before.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Relation {
    oid: u32,
    name: QualifiedName,
    kind: Kind,
    /// The table that this is a partition of.
    parent: Option<u32>,
    bytes: Option<u64>,
    dead: u64,
    vacuums: i64,
    permitted: bool,
    reachable: bool,
    owner: String,
}

/// What a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A table or materialized view.
    Table,
    Partitioned,
    View,
    ForeignTable,
    Sequence,
    Index,
    CompositeType,
}

/// What to do, step by step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    options: VacuumOptions,
    steps: Vec<Step>,
    skipped: Vec<Outcome>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    relation: Relation,
    sql: Statement,
}

impl Plan {
    /// How many tables will be worked on.
    pub fn tables(&self) -> usize {
        self.steps.len()
    }

    /// How many bytes they have, as far as is known.
    pub fn bytes(&self) -> u64 {
        self.steps.iter().filter_map(|step| step.relation.bytes).sum()
    }
}

/// What became of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The table.
    pub name: QualifiedName,
    /// What became of it.
    pub result: TableResult,
}

/// What became of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableResult {
    /// Vacuumed, or a partitioned table that was analyzed.
    Done {
        /// How long it took.
        took: Duration,
        /// Bytes before and after, with indexes and values stored apart; `None` if it was locked, or has none.
        bytes: Option<(u64, u64)>,
        /// Estimate of the dead rows before.
        dead_before: u64,
        /// Estimate of those that are left: somebody may still see them, or they are too few to clean the indexes for
        /// (PostgreSQL documentation, "VACUUM", `INDEX_CLEANUP`). `None` if the server does not say: after a full one
        /// it does not count, and 14 counts later.
        dead_after: Option<u64>,
    },
    /// Left out.
    Skipped {
        /// Why, in words without full stop.
        reason: String,
        /// Whether somebody's lock was in the way, and another try may do it.
        locked: bool,
    },
    /// Ended early. Plain VACUUM keeps what it did up to there.
    Cancelled,
}

/// What came of the whole.
#[derive(Debug)]
pub struct VacuumReport {
    /// Each table, in the order of the work; skipped ones first. Tables that were not reached are missing.
    pub outcomes: Vec<Outcome>,
    /// Whether it was ended early.
    pub interrupted: bool,
    /// The table at which the server refused to go on, and what it said.
    pub failure: Option<(QualifiedName, DbError)>,
}

/// What happens while tables are worked on, for whoever shows it.
#[derive(Debug, Clone, PartialEq)]
pub enum VacuumProgress<'a> {
    /// So far, in bytes of the tables that are done and of the part of the present one.
    At {
        /// The present table.
        name: &'a QualifiedName,
        /// Bytes.
        bytes: u64,
        /// The server's word for what it does; `None` before it says one.
        phase: Option<&'a str>,
        /// Processes whose locks it waits for.
        waits_for: &'a [i32],
    },
    /// The server is being asked to stop.
    Stopping,
}

impl Relation {
    #[cfg(test)]
    fn named(name: QualifiedName, kind: Kind) -> Self {
        Self {
            oid: 0,
            name,
            kind,
            parent: None,
            bytes: None,
            dead: 0,
            vacuums: 0,
            permitted: true,
            reachable: true,
            owner: String::new(),
        }
    }

    /// Why the user may not vacuum it.
    fn refused(&self) -> Option<String> {
        if !self.reachable {
            return Some(format!("no right USAGE on schema `{}`", self.name.namespace));
        }
        (!self.permitted).then(|| format!("only its owner `{}` or that of the database may", self.owner))
    }
}

/// Decides what to do about the named tables, or about all in these namespaces, or in all but the server's own.
///
/// A partitioned table stands for its partitions.
///
/// # Errors
/// If a name is none, or that of no table, or of several; or the server refuses a question.
pub async fn plan(
    db: &mut Connection,
    names: &[String],
    namespaces: Option<&[String]>,
    options: VacuumOptions,
) -> Result<Plan, MaintenanceError> {
    let answer = db.client().query_typed(RELATIONS, &[]).await;
    let relations = rows("relations", answer, relation)?;
    let namespace = db.namespace().to_owned();
    check_namespaces(db, namespaces).await?;
    let mut wanted: Vec<&Relation> = Vec::new();
    for name in names {
        wanted.push(names::find(name, &relations, &namespace)?);
    }
    if names.is_empty() {
        let of_scope = |relation: &&Relation| {
            matches!(relation.kind, Kind::Table | Kind::Partitioned)
                && namespaces.is_none_or(|namespaces| namespaces.contains(&relation.name.namespace))
        };
        wanted.extend(relations.iter().filter(of_scope));
    }
    Ok(steps(&with_partitions(&wanted, &relations), options))
}

async fn check_namespaces(db: &mut Connection, asked: Option<&[String]>) -> Result<(), MaintenanceError> {
    let Some(asked) = asked else { return Ok(()) };
    let answer = db.client().query_typed("SELECT n.nspname FROM pg_catalog.pg_namespace AS n ORDER BY 1", &[]).await;
    let known: Vec<String> = rows("namespaces", answer, |row| row.try_get(0))?;
    match asked.iter().find(|name| !known.contains(name)) {
        None => Ok(()),
        Some(name) => Err(MaintenanceError::UnknownNamespace {
            name: name.clone(),
            suggestion: crate::psl::nearest(name, known.iter().map(String::as_str)).map(str::to_owned),
        }),
    }
}

/// The relations in their order, each once, each partitioned one behind its partitions.
fn with_partitions<'a>(wanted: &[&'a Relation], all: &'a [Relation]) -> Vec<&'a Relation> {
    let mut partitions: HashMap<u32, Vec<&Relation>> = HashMap::new();
    for relation in all {
        if let Some(parent) = relation.parent {
            partitions.entry(parent).or_default().push(relation);
        }
    }
    let mut seen = HashSet::new();
    let mut ordered = Vec::new();
    // A partitioned table is looked at twice: to put its partitions before it, and itself.
    let mut open: Vec<(&Relation, bool)> = wanted.iter().rev().map(|relation| (*relation, false)).collect();
    while let Some((relation, ready)) = open.pop() {
        if ready {
            ordered.push(relation);
        } else if seen.insert(relation.oid) {
            open.push((relation, true));
            open.extend(partitions.get(&relation.oid).into_iter().flatten().rev().map(|part| (*part, false)));
        }
    }
    ordered
}

fn steps(relations: &[&Relation], options: VacuumOptions) -> Plan {
    let by_oid: HashMap<u32, &&Relation> = relations.iter().map(|relation| (relation.oid, relation)).collect();
    let mut plan = Plan { options, steps: Vec::new(), skipped: Vec::new() };
    for relation in relations {
        // Analyzing a partitioned table analyzes all below it: once, at the top.
        let above =
            relation.parent.and_then(|parent| by_oid.get(&parent)).is_some_and(|parent| parent.refused().is_none());
        let analyze = options.analyze && !above;
        let name = Qualified(&relation.name);
        let sql = match (relation.kind, options.full, analyze) {
            (Kind::Partitioned, _, true) => format!("ANALYZE {name}"),
            // It has no rows of its own.
            (Kind::Partitioned, _, false) => continue,
            (_, false, false) => format!("VACUUM {name}"),
            (_, false, true) => format!("VACUUM (ANALYZE) {name}"),
            (_, true, false) => format!("VACUUM (FULL) {name}"),
            (_, true, true) => format!("VACUUM (FULL, ANALYZE) {name}"),
        };
        match relation.refused() {
            None => plan.steps.push(Step { relation: (*relation).clone(), sql: Statement::built(sql) }),
            Some(reason) => plan
                .skipped
                .push(Outcome { name: relation.name.clone(), result: TableResult::Skipped { reason, locked: false } }),
        }
    }
    plan
}

/// Works through a plan until it is done, `interrupt` is ready, or the server refuses to go on.
///
/// `watcher` is a second connection to the same database that asks how far the first is; without it only the tables
/// are told.
///
/// # Errors
/// If the connection cannot be prepared. What goes wrong later is in the report.
pub async fn vacuum(
    db: &mut Connection,
    watcher: Option<&Connection>,
    plan: &Plan,
    interrupt: impl Future<Output = ()>,
    progress: &mut dyn FnMut(VacuumProgress<'_>),
) -> Result<VacuumReport, MaintenanceError> {
    let wait = Statement::built(format!("SET lock_timeout = {}", plan.options.lock_timeout_ms.unwrap_or(0)));
    let refused = |source| MaintenanceError::Query { question: "lock timeout", source };
    db.script(&wait).await.map_err(refused)?;
    let process = db.client().query_typed("SELECT pg_catalog.pg_backend_pid()", &[]).await;
    let process: i32 =
        process.and_then(|rows| rows.first().map_or(Ok(0), |row| row.try_get(0))).map_err(failed("process"))?;
    let canceller = db.canceller();
    let mut interrupt = pin!(interrupt);
    let mut report = VacuumReport { outcomes: plan.skipped.clone(), interrupted: false, failure: None };
    let mut measured: Vec<(usize, u32, i64)> = Vec::new();
    let mut done_bytes = 0;
    for Step { relation, sql } in &plan.steps {
        let name = &relation.name;
        let size = relation.bytes.unwrap_or_default();
        progress(VacuumProgress::At { name, bytes: done_bytes, phase: None, waits_for: &[] });
        let start = Instant::now();
        let ended = {
            let mut work = pin!(db.script(sql));
            loop {
                tokio::select! {
                    biased;
                    ended = &mut work => break ended,
                    () = &mut interrupt, if !report.interrupted => {
                        report.interrupted = true;
                        progress(VacuumProgress::Stopping);
                        // If the request does not get through, the statement ends by itself or the wait below does.
                        let _ = canceller.cancel().await;
                        break tokio::time::timeout(CANCEL_PATIENCE, &mut work).await.unwrap_or(Err(DbError::Closed));
                    }
                    () = tokio::time::sleep(TICK), if watcher.is_some() => {
                        if let Some(at) = watch(watcher, relation.oid, process).await {
                            let bytes = done_bytes + at.part_of(size);
                            let phase = at.phase.as_deref();
                            progress(VacuumProgress::At { name, bytes, phase, waits_for: &at.waits_for });
                        }
                    }
                }
            }
        };
        let took = start.elapsed();
        done_bytes += size;
        let result = match ended {
            Ok(()) => {
                let after = measure(db.client(), &[relation.oid]).await.ok().and_then(|mut rows| rows.pop());
                measured.push((report.outcomes.len(), relation.oid, relation.vacuums));
                let after = after.map(|row| row.bytes).filter(|_| relation.kind == Kind::Table);
                TableResult::Done {
                    took,
                    bytes: relation.bytes.zip(after),
                    dead_before: relation.dead,
                    dead_after: None,
                }
            }
            Err(_) if report.interrupted => TableResult::Cancelled,
            Err(error) => {
                if let Some((reason, locked)) = left_out(&error) {
                    TableResult::Skipped { reason: reason.to_owned(), locked }
                } else {
                    report.failure = Some((name.clone(), error));
                    break;
                }
            }
        };
        report.outcomes.push(Outcome { name: name.clone(), result });
        if report.interrupted {
            break;
        }
    }
    count_dead(db, plan, &measured, &mut report).await;
    Ok(report)
}

/// Asks what is left, once for all: the counters take a moment to arrive.
async fn count_dead(db: &Connection, plan: &Plan, measured: &[(usize, u32, i64)], report: &mut VacuumReport) {
    let oids: Vec<u32> = measured.iter().map(|(_, oid, _)| *oid).collect();
    if plan.options.full || oids.is_empty() {
        return;
    }
    let Ok(rows) = measure(db.client(), &oids).await else { return };
    let rows: HashMap<u32, Measured> = rows.into_iter().map(|row| (row.oid, row)).collect();
    for (at, oid, vacuums) in measured {
        let row = rows.get(oid).filter(|row| row.vacuums > *vacuums);
        if let (Some(row), Some(TableResult::Done { dead_after, .. })) =
            (row, report.outcomes.get_mut(*at).map(|outcome| &mut outcome.result))
        {
            *dead_after = Some(row.dead);
        }
    }
}

/// Why one table is left out while the others are worked on, and whether a lock was in the way (PostgreSQL
/// documentation, appendix "PostgreSQL Error Codes").
fn left_out(error: &DbError) -> Option<(&'static str, bool)> {
    match error.server()?.sqlstate.as_str() {
        "55P03" => Some(("somebody else uses it", true)),
        "42501" => Some(("no right to", false)),
        "42P01" | "3F000" => Some(("it is gone", false)),
        _ => None,
    }
}

/// How far the work on a table is.
struct At {
    phase: Option<String>,
    done: Option<i64>,
    whole: Option<i64>,
    waits_for: Vec<i32>,
}

impl At {
    fn part_of(&self, bytes: u64) -> u64 {
        let (Some(done), Some(whole)) = (self.done, self.whole) else { return 0 };
        let (done, whole) = (u128::from(done.max(0).cast_unsigned()), u128::from(whole.max(1).cast_unsigned()));
        u64::try_from(u128::from(bytes) * done.min(whole) / whole).unwrap_or(bytes)
    }
}

/// `None` if nobody answers: then the work goes on unseen.
async fn watch(watcher: Option<&Connection>, oid: u32, process: i32) -> Option<At> {
    let parameters: [(&(dyn ToSql + Sync), Type); 2] = [(&oid, Type::OID), (&process, Type::INT4)];
    let question = watcher?.client().query_typed(PROGRESS, &parameters);
    let rows = tokio::time::timeout(WATCHER_PATIENCE, question).await.ok()?.ok()?;
    let row = rows.first()?;
    Some(At {
        phase: row.try_get(0).ok()?,
        done: row.try_get(1).ok()?,
        whole: row.try_get(2).ok()?,
        waits_for: row.try_get(3).ok()?,
    })
}

/// A row of `vacuumed.sql`.
struct Measured {
    oid: u32,
    bytes: u64,
    dead: u64,
    vacuums: i64,
}

async fn measure(client: &Client, oids: &[u32]) -> Result<Vec<Measured>, MaintenanceError> {
    let answer = client.query_typed(VACUUMED, &[(&oids, Type::OID_ARRAY)]).await;
    rows("sizes", answer, |row| {
        Ok(Measured { oid: row.try_get(0)?, bytes: natural(row, 1)?, dead: natural(row, 2)?, vacuums: row.try_get(3)? })
    })
}

fn natural(row: &Row, column: usize) -> Answer<u64> {
    Ok(row.try_get::<_, Option<i64>>(column)?.and_then(|number| u64::try_from(number).ok()).unwrap_or_default())
}

fn relation(row: &Row) -> Answer<Relation> {
    let bytes: Option<i64> = row.try_get(5)?;
    Ok(Relation {
        oid: row.try_get(0)?,
        name: QualifiedName { namespace: row.try_get(1)?, name: row.try_get(2)? },
        kind: match char::from(row.try_get::<_, i8>(3)?.cast_unsigned()) {
            'p' => Kind::Partitioned,
            'v' => Kind::View,
            'f' => Kind::ForeignTable,
            'S' => Kind::Sequence,
            'i' | 'I' => Kind::Index,
            'c' => Kind::CompositeType,
            _ => Kind::Table,
        },
        parent: row.try_get(4)?,
        bytes: bytes.and_then(|bytes| u64::try_from(bytes).ok()),
        dead: natural(row, 6)?,
        vacuums: row.try_get(7)?,
        permitted: row.try_get(8)?,
        reachable: row.try_get(9)?,
        owner: row.try_get(10)?,
    })
}
