//! What a deploy would do, without doing it: the mode of each script, and the locks of each statement. Writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::db::Connection;
use crate::sql::locks::{Effects, Target, effects};
use crate::sql::quote::{Constant, Statement};
use crate::sql::split::{Alone, AsIsReason, Plan};

use super::MigrateError;
use super::apply::{ApplyOptions, Work, refuse_foreign_tables, work};
use super::directory::Directory;
use super::history::History;
use super::prepare::Prepared;
use super::script::Place;

/// A migration that would run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Its name.
    pub name: String,
    /// `whole`, `segments` or `as is`.
    pub mode: &'static str,
    /// Why.
    pub reason: String,
    /// The segments that are in the database already, if a run stopped between them.
    pub done: usize,
    /// Its statements; none if the script cannot be taken apart.
    pub statements: Vec<PlannedStatement>,
}

/// A statement that would run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedStatement {
    /// Where it begins, from 1.
    pub line: usize,
    /// The segment that it belongs to, from 1.
    pub segment: usize,
    /// Why it runs outside of a transaction, if it does.
    pub alone: bool,
    /// What it does to tables.
    pub effects: Effects,
    /// The tables of `effects.locks`, in the same order.
    pub tables: Vec<TableFacts>,
}

/// What the server knows about a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableFacts {
    /// Its name; for an index that of its table.
    pub name: String,
    /// Whether it is made by this or an earlier pending migration, so that nobody else waits for it.
    pub new: bool,
    /// Whether the server knows it now.
    pub found: bool,
    /// Rows by the server's estimate; `None` if it has none.
    pub rows: Option<u64>,
    /// Bytes on disk, indexes and long values included.
    pub bytes: Option<u64>,
}

/// Finds out what [`apply_pending`](super::apply_pending) would do. Takes no lock and writes nothing; refuses what it
/// would refuse.
pub async fn dry_run(
    db: &mut Connection,
    directory: &Directory,
    options: &ApplyOptions,
) -> Result<Vec<Planned>, MigrateError> {
    directory.check_provider()?;
    let namespace = db.namespace().to_owned();
    let history = History::read(db, &namespace).await?;
    if !history.exists() {
        refuse_foreign_tables(db, options).await?;
    }
    let Work { resumed, pending } = work(directory, &history, options.transactions)?;
    let resumed = resumed
        .iter()
        .map(|(prepared, record)| describe(prepared, usize::try_from(record.applied_steps_count).unwrap_or_default()));
    let mut planned: Vec<Planned> = resumed.chain(pending.iter().map(|prepared| describe(prepared, 0))).collect();
    add_facts(db, &mut planned).await?;
    Ok(planned)
}

/// Why a script is run as it is planned.
pub(super) fn reason(prepared: &Prepared<'_>) -> String {
    let line = |at| Place::at_byte(&prepared.script, at).line;
    match &prepared.plan {
        Plan::Whole { own } if own.is_empty() => "nothing in it refuses a transaction".to_owned(),
        Plan::Whole { .. } => "its own BEGIN and COMMIT stand around everything".to_owned(),
        Plan::Segments(segments) => {
            match segments.iter().find_map(|segment| Some((segment, segment.alone.as_ref()?))) {
                Some((segment, alone)) => {
                    let at = first_in(prepared, &segment.range);
                    format!("line {}: {}", line(at), why_alone(alone))
                }
                None if segments.iter().any(|segment| !segment.own.is_empty()) => {
                    "it has several transactions of its own".to_owned()
                }
                None => "each part has to be committed before the next one".to_owned(),
            }
        }
        Plan::AsIs(AsIsReason::Asked) => "a comment asks for it".to_owned(),
        Plan::AsIs(AsIsReason::OwnTransactions { at }) => {
            format!("line {}: it ends transactions in a way that cannot be taken over", line(*at))
        }
        Plan::AsIs(AsIsReason::Data { at }) => format!("line {}: the statement takes data from the client", line(*at)),
        Plan::AsIs(AsIsReason::Uncertain { at }) => {
            format!("line {}: from here on it is not certain where statements end", line(*at))
        }
    }
}

fn describe(prepared: &Prepared<'_>, done: usize) -> Planned {
    let script = &prepared.script;
    let line = |at| Place::at_byte(script, at).line;
    let reason = reason(prepared);
    let (mode, reason, segments) = match &prepared.plan {
        Plan::Whole { .. } => ("whole", reason, Vec::new()),
        Plan::Segments(segments) => {
            let parts: Vec<_> =
                segments.iter().map(|segment| (segment.range.clone(), segment.alone.is_some())).collect();
            ("segments", format!("{} of them; {reason}", segments.len()), parts)
        }
        Plan::AsIs(_) => ("as is", reason, Vec::new()),
    };
    let segment_of = |start: usize| segments.iter().position(|(range, _)| range.contains(&start)).unwrap_or_default();
    let statements = prepared
        .statements
        .iter()
        .map(|statement| (segment_of(statement.range.start), statement))
        .filter(|(segment, _)| *segment >= done)
        .map(|(segment, statement)| PlannedStatement {
            line: line(statement.range.start),
            segment: segment + 1,
            alone: segments.get(segment).is_some_and(|(_, alone)| *alone),
            effects: effects(&script[statement.range.clone()]),
            tables: Vec::new(),
        })
        .collect();
    Planned { name: prepared.migration.name.clone(), mode, reason, done, statements }
}

fn first_in(prepared: &Prepared<'_>, range: &Range<usize>) -> usize {
    let first = prepared.statements.iter().find(|statement| range.contains(&statement.range.start));
    first.map_or(range.start, |statement| statement.range.start)
}

fn why_alone(alone: &Alone) -> &'static str {
    match alone {
        Alone::CreateIndex(_) => "CREATE INDEX CONCURRENTLY refuses a transaction",
        Alone::DropIndex(_) => "DROP INDEX CONCURRENTLY refuses a transaction",
        Alone::Reindex(_) => "this REINDEX refuses a transaction",
        Alone::Commits => "it may commit inside",
        Alone::Repeatable | Alone::Once => "the statement refuses a transaction",
    }
}

/// Asks the server about all tables at once.
async fn add_facts(db: &mut Connection, planned: &mut [Planned]) -> Result<(), MigrateError> {
    let statements = || planned.iter().flat_map(|migration| &migration.statements);
    let wanted: BTreeSet<Target> =
        statements().flat_map(|statement| &statement.effects.locks).map(|lock| lock.target.clone()).collect();
    let known = ask(db, &wanted).await?;
    let mut made: BTreeSet<String> = BTreeSet::new();
    for statement in planned.iter_mut().flat_map(|migration| &mut migration.statements) {
        let facts = statement.effects.locks.iter().map(|lock| {
            let (Target::Relation(name) | Target::TableOfIndex(name)) = &lock.target;
            let mut facts = known.get(&lock.target).cloned().unwrap_or_default();
            facts.new = !facts.found && made.contains(&plain(name));
            if facts.name.is_empty() {
                facts.name.clone_from(name);
            }
            facts
        });
        statement.tables = facts.collect();
        made.extend(statement.effects.creates.as_deref().map(plain));
    }
    Ok(())
}

/// A name as written, so that two ways of writing it are the same.
fn plain(name: &str) -> String {
    let name = name.strip_prefix("public.").unwrap_or(name);
    let lower = name.to_lowercase();
    match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(quoted) => quoted.to_owned(),
        None => lower,
    }
}

async fn ask(db: &mut Connection, wanted: &BTreeSet<Target>) -> Result<BTreeMap<Target, TableFacts>, MigrateError> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<String> = wanted
        .iter()
        .enumerate()
        .map(|(number, target)| match target {
            Target::Relation(name) => format!("({number}, pg_catalog.to_regclass({}))", Constant(name)),
            Target::TableOfIndex(name) => format!(
                "({number}, (SELECT indrelid FROM pg_catalog.pg_index WHERE indexrelid = pg_catalog.to_regclass({})))",
                Constant(name)
            ),
        })
        .collect();
    let question = format!(
        "SELECT w.number, c.oid::pg_catalog.regclass::text AS name, \
         CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END AS rows, \
         CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_total_relation_size(c.oid) END AS bytes \
         FROM (VALUES {}) AS w(number, relation) JOIN pg_catalog.pg_class c ON c.oid = w.relation",
        rows.join(", ")
    );
    let targets: Vec<&Target> = wanted.iter().collect();
    let mut known = BTreeMap::new();
    for row in db.rows(&Statement::built(question)).await? {
        let number = |column| row.get(column).and_then(|value| value.parse::<u64>().ok());
        let target = number("number").and_then(|number| targets.get(usize::try_from(number).ok()?));
        if let (Some(target), Some(name)) = (target, row.get("name")) {
            let (rows, bytes) = (number("rows"), number("bytes"));
            known.insert((*target).clone(), TableFacts { name: name.to_owned(), new: false, found: true, rows, bytes });
        }
    }
    Ok(known)
}
