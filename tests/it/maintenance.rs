//! Statistics and cleaning up.
//!
//! Each case of `tests/fixtures/maintenance/*.case` is a script and what `evt db stats` finds about indexes and foreign
//! keys after it. A case starts with `=== name` and optional words: `since=15` bounds the server's major version,
//! `needs=pg_trgm` names an extension. `UPDATE=1` rewrites what was found.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use evt::db::Connection;
use evt::maintenance::stats::{Finding, Stats, StatsScope, stats};
use evt::maintenance::vacuum::{self, TableResult, VacuumOptions, VacuumProgress, VacuumReport};
use evt::sql::quote::Statement;
use libtest_mimic::Trial;
use serde_json::Value;

use crate::introspect::Case;
use crate::server::{TestDatabase, live, live_blocking, run};

pub(crate) fn tests() -> Vec<Trial> {
    let mut trials = Vec::new();
    for topic in ["indexes", "foreign_keys"] {
        trials.push(live(format!("stats: {topic}"), move |database| check(database, topic)));
    }
    trials.extend([
        live("stats: what a role may not see", unseen),
        live("stats: a locked table is not waited for", locked),
        live_blocking("stats: the shape of --json", |database| shape(&database)),
        live("vacuum: dead rows go, names are resolved", vacuumed),
        live("vacuum: tables of others are left out", of_others),
        live("vacuum: a locked table is left out", vacuum_locked),
        live("vacuum: ends early and cleanly", cancelled),
        live_blocking("vacuum: the command", |database| command(&database)),
    ]);
    trials
}

const FINDINGS: &str = "-- findings --\n";

/// What `evt db stats` looks at.
const SCOPE: StatsScope<'_> = StatsScope { namespaces: None, records: Some("_evt") };

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/maintenance")
}

/// One database for all cases of a file, emptied before each: making one takes longer than all else.
async fn check(database: TestDatabase, topic: &str) {
    let file = folder().join(format!("{topic}.case"));
    let text = std::fs::read_to_string(&file).expect("a fixture is readable");
    let mut db = database.connect().await;
    for case in Case::with_outcome(&text, FINDINGS) {
        if !case.runs_on(&mut db).await {
            continue;
        }
        let namespaces = "DROP SCHEMA IF EXISTS \"Other one\", _evt, public CASCADE; CREATE SCHEMA public;";
        run(&mut db, &format!("{namespaces} {}", case.sql)).await;
        let stats = stats(&mut db, SCOPE).await.expect("readable statistics");
        case.compare(&file, FINDINGS, &findings(&stats));
    }
}

/// What is wrong with indexes and foreign keys, by name. That nothing used an index is said only where something else
/// is in play, because nothing used any.
fn findings(stats: &Stats) -> String {
    let mut lines = Vec::new();
    for index in &stats.indexes {
        let finding = match &index.finding {
            Some(Finding::Invalid { maybe_building }) => format!("invalid, building: {maybe_building}"),
            Some(Finding::Duplicate { of }) => format!("same as {of}"),
            Some(Finding::Covered { by }) => format!("covered by {by}"),
            Some(Finding::Unused) => "unused".to_owned(),
            None if index.part => "part of another".to_owned(),
            None if index.needed => "needed".to_owned(),
            None => "?".to_owned(),
        };
        lines.push(format!("index {}: {finding}", index.name));
    }
    for key in &stats.uncovered_keys {
        lines.push(format!("foreign key {} ({}) to {}", key.table, key.columns.join(", "), key.references));
    }
    for advice in &stats.advice {
        lines.push(format!("advice: {}: {}", advice.object, advice.sql.as_deref().unwrap_or(&advice.reason)));
    }
    lines.sort();
    lines.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{line}");
        text
    })
}

/// A role without any right sees sizes and counters, and is told what it does not see.
async fn unseen(database: TestDatabase) {
    let mut db = database
        .with("CREATE TABLE t (id smallserial PRIMARY KEY); INSERT INTO t DEFAULT VALUES; SELECT setval('t_id_seq', 30000)")
        .await;
    let own = stats(&mut db, StatsScope::default()).await.expect("readable statistics");
    assert_eq!(own.sequences.len(), 1, "{own:?}");
    assert_eq!(own.unseen, Vec::<String>::new());
    let role = database.url.database().to_owned();
    run(&mut db, &format!("REVOKE USAGE ON SCHEMA public FROM PUBLIC; CREATE ROLE {role}; SET ROLE {role}")).await;
    let seen = stats(&mut db, StatsScope::default()).await;
    run(&mut db, &format!("RESET ROLE; DROP ROLE {role}")).await;
    let seen = seen.expect("readable statistics");
    assert_eq!(seen.tables[0].bytes(), own.tables[0].bytes());
    assert!(seen.tables[0].bytes() >= Some(16_384));
    assert_eq!(seen.sequences, []);
    assert!(seen.unseen.iter().any(|sentence| sentence.contains("pg_read_all_stats")), "{:?}", seen.unseen);
    assert!(seen.unseen.iter().any(|sentence| sentence.contains("1 sequence")), "{:?}", seen.unseen);
}

/// Neither the holder of an exclusive lock nor somebody who waits for one makes statistics wait.
async fn locked(database: TestDatabase) {
    let mut db = database.with("CREATE TABLE a (x text); CREATE TABLE b (id int PRIMARY KEY)").await;
    let mut other = database.with("BEGIN; LOCK TABLE a; REINDEX INDEX b_pkey").await;
    let seen = tokio::time::timeout(PATIENCE, stats(&mut db, StatsScope::default()))
        .await
        .expect("nobody waits")
        .expect("statistics");
    let sizes: Vec<_> =
        seen.tables.iter().map(|table| (table.name.name.as_str(), table.locked, table.bytes().is_some())).collect();
    assert!(sizes.contains(&("a", true, false)) && sizes.contains(&("b", false, false)), "{sizes:?}");
    assert!(seen.unseen[0].contains("`public.a`"), "{:?}", seen.unseen);
    run(&mut other, "COMMIT").await;
    let seen = stats(&mut db, StatsScope::default()).await.expect("statistics");
    assert!(seen.tables.iter().all(|table| table.bytes().is_some()));
}

/// Programs rely on these names; a change of them is a new version.
fn shape(database: &TestDatabase) {
    database.ask(
        "CREATE TABLE t (id smallserial PRIMARY KEY, parent smallint REFERENCES t); CREATE INDEX ON t (id); \
         INSERT INTO t (parent) VALUES (NULL); SELECT setval('t_id_seq', 32000)",
    );
    let said = evt(database, &["db", "stats", "--json"]);
    assert_eq!(said.stderr, "");
    let value: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let mut shape = String::new();
    describe("", &value, &mut shape);
    let file = folder().join("stats.shape");
    if crate::is_updating() {
        std::fs::write(&file, &shape).expect("a fixture is writable");
    }
    let expected = std::fs::read_to_string(&file).expect("a fixture");
    assert_eq!(shape, expected);
}

/// Names of fields, one on a line; of a list those of its first element.
fn describe(path: &str, value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| describe(&format!("{path}.{name}"), value, out));
        }
        Value::Array(items) if items.iter().any(Value::is_object) => describe(&format!("{path}[]"), &items[0], out),
        _ => {
            let _ = writeln!(out, "{path}");
        }
    }
}

struct Said {
    stdout: String,
    stderr: String,
    status: Option<i32>,
}

fn evt(database: &TestDatabase, arguments: &[&str]) -> Said {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_evt"))
        .args(arguments)
        .env_clear()
        .env("DATABASE_URL", database.text())
        .current_dir(std::env::temp_dir())
        .output()
        .expect("the binary runs");
    Said {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        status: output.status.code(),
    }
}

/// How long a test waits before it calls something stuck.
const PATIENCE: Duration = Duration::from_secs(30);

async fn clean(db: &mut Connection, names: &[&str], options: VacuumOptions) -> VacuumReport {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let plan = vacuum::plan(db, &names, None, options).await.expect("names of tables");
    let mut unseen = |_: VacuumProgress<'_>| ();
    let work = vacuum::vacuum(db, None, &plan, std::future::pending(), &mut unseen);
    tokio::time::timeout(PATIENCE, work).await.expect("it ends").expect("a report")
}

async fn number(db: &mut Connection, sql: &str) -> i64 {
    let rows = db.rows(&Statement::script(sql)).await.expect("a question");
    rows[0].values()[0].parse().expect("a number")
}

async fn vacuumed(database: TestDatabase) {
    let mut db = database
        .with(
            "CREATE SCHEMA sales; CREATE TABLE \"Order; Items\" (id int, t text); CREATE TABLE sales.full (id int); \
             INSERT INTO \"Order; Items\" SELECT i, repeat('x', 100) FROM generate_series(1, 5000) i; \
             INSERT INTO sales.full SELECT generate_series(1, 5000); DELETE FROM \"Order; Items\" WHERE id > 100; \
             CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); \
             CREATE MATERIALIZED VIEW m AS SELECT 1",
        )
        .await;
    run(&mut db, "DELETE FROM sales.full WHERE id % 2 = 0").await;
    let report = clean(&mut db, &["\"Order; Items\"", "SALES.FULL"], VacuumOptions::default()).await;
    let [first, second] = report.outcomes.as_slice() else { panic!("{report:?}") };
    assert_eq!(first.name.to_string(), "public.Order; Items");
    let TableResult::Done { bytes: Some((before, after)), .. } = first.result else { panic!("{report:?}") };
    assert!(after < before, "the end of the table was empty: {report:?}");
    assert!(matches!(second.result, TableResult::Done { bytes: Some((a, b)), .. } if a <= b), "{report:?}");

    let full = VacuumOptions { full: true, ..VacuumOptions::default() };
    let report = clean(&mut db, &["sales.full"], full).await;
    assert!(matches!(report.outcomes[0].result, TableResult::Done { bytes: Some((a, b)), .. } if b < a), "{report:?}");

    // Everything, each partition once, and the partitioned table only to be analyzed.
    let analyze = VacuumOptions { analyze: true, ..VacuumOptions::default() };
    let report = clean(&mut db, &[], analyze).await;
    let mut names: Vec<String> = report.outcomes.iter().map(|outcome| outcome.name.to_string()).collect();
    names.sort();
    assert_eq!(names, ["public.Order; Items", "public.m", "public.p", "public.p1", "sales.full"]);
    let analyzed = "SELECT count(*) FROM pg_class WHERE relname IN ('p', 'p1', 'full', 'm') AND reltuples >= 0";
    assert_eq!(number(&mut db, analyzed).await, 4);
    let report = clean(&mut db, &["p"], VacuumOptions::default()).await;
    let names: Vec<&str> = report.outcomes.iter().map(|outcome| outcome.name.name.as_str()).collect();
    assert_eq!(names, ["p1"]);
}

async fn of_others(database: TestDatabase) {
    let mut db =
        database.with("CREATE TABLE theirs (id int); CREATE SCHEMA closed; CREATE TABLE closed.t (id int)").await;
    let role = database.url.database().to_owned();
    run(
        &mut db,
        &format!("CREATE ROLE {role}; CREATE TABLE own (id int); ALTER TABLE own OWNER TO {role}; SET ROLE {role}"),
    )
    .await;
    let report = clean(&mut db, &[], VacuumOptions::default()).await;
    run(&mut db, &format!("RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}")).await;
    let said: Vec<String> = report
        .outcomes
        .iter()
        .map(|outcome| match &outcome.result {
            TableResult::Done { .. } => format!("{} done", outcome.name),
            TableResult::Skipped { reason, .. } => {
                format!("{}: {}", outcome.name, reason.split('`').next().unwrap_or_default())
            }
            TableResult::Cancelled => "cancelled".to_owned(),
        })
        .collect();
    assert_eq!(said, ["closed.t: no right USAGE on schema ", "public.theirs: only its owner ", "public.own done"]);
}

async fn vacuum_locked(database: TestDatabase) {
    let mut db = database.with("CREATE TABLE a (id int); CREATE TABLE b (id int)").await;
    let _other = database.with("BEGIN; LOCK TABLE a IN SHARE UPDATE EXCLUSIVE MODE").await;
    let options = VacuumOptions { lock_timeout_ms: Some(100), ..VacuumOptions::default() };
    let report = clean(&mut db, &[], options).await;
    assert!(matches!(report.outcomes[0].result, TableResult::Skipped { locked: true, .. }), "{report:?}");
    assert!(matches!(report.outcomes[1].result, TableResult::Done { .. }), "{report:?}");
}

/// The server stops, nothing of it is left running, and what was done before stays done.
async fn cancelled(database: TestDatabase) {
    let mut db = database.with("CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE c (id int)").await;
    let mut other = database.with("BEGIN; LOCK TABLE b IN SHARE UPDATE EXCLUSIVE MODE").await;
    let plan = vacuum::plan(&mut db, &[], None, VacuumOptions::default()).await.expect("tables");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let mut stop = Some(stop);
    let watcher = database.connect().await;
    let interrupt = async {
        let _ = stopped.await;
    };
    // Stops when the watcher sees that the second table waits for somebody.
    let mut watch = |progress: VacuumProgress<'_>| {
        if let VacuumProgress::At { name, waits_for: [_, ..], .. } = progress {
            assert_eq!(name.name, "b");
            stop.take().map(|stop| stop.send(()));
        }
    };
    let work = vacuum::vacuum(&mut db, Some(&watcher), &plan, interrupt, &mut watch);
    let report = tokio::time::timeout(PATIENCE, work).await.expect("it ends").expect("a report");
    assert!(report.interrupted);
    let results: Vec<bool> = report.outcomes.iter().map(|outcome| outcome.result == TableResult::Cancelled).collect();
    assert_eq!(results, [false, true], "{report:?}");
    let running = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'VACUUM%' AND state = 'active'";
    assert_eq!(number(&mut other, running).await, 0);
    assert_eq!(number(&mut db, "SELECT 1").await, 1);
}

fn command(database: &TestDatabase) {
    database.ask("CREATE TABLE \"User\" (id int); CREATE VIEW v AS SELECT 1");
    for (arguments, status, words) in [
        (&["User"][..], 0, "1 table vacuumed in"),
        (&["user", "--analyze"], 1, "did you mean `User`?"),
        (&["v"], 1, "`v` is a view"),
        (&["--full"], 1, "nobody can read or change a table meanwhile"),
        (&["--full", "--force"], 0, "1 table vacuumed in"),
        (&["--schemas", "publik"], 1, "did you mean `public`?"),
        (&["--json"], 0, "\"interrupted\":false"),
    ] {
        let said = evt(database, &[&["db", "vacuum"], arguments].concat());
        let text = format!("{}{}", said.stdout, said.stderr);
        assert!(said.status == Some(status) && text.contains(words), "{arguments:?}: {:?}\n{text}", said.status);
    }
}
