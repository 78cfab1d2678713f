//! PostgreSQL's own regression database: the oddest one there is.
//!
//! `EVT_TEST_REGRESS` names the folder `src/test/regress` of PostgreSQL's source, best of the version of the server. Its
//! scripts are run by `psql` in the order of its `parallel_schedule`, one by one, and leave hundreds of tables behind.
//! Many fail here and there, as when the test functions in C were not built; that does not matter. Takes minutes.
//! Without the folder the test is reported as ignored.
#![expect(clippy::disallowed_methods, reason = "the tests' own settings are environment variables")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use evt::catalog::compare::Source;
use evt::catalog::{compare, text};
use evt::db::Connection;
use evt::introspect::whole::{Extent, read_whole};
use evt::maintenance::stats::stats;
use libtest_mimic::Trial;

use crate::samples::{described, no_drift};
use crate::server::{TestDatabase, long};

pub(crate) fn tests() -> Vec<Trial> {
    let folder = std::env::var_os("EVT_TEST_REGRESS").map(PathBuf::from);
    let is_there = folder.is_some();
    let test = long("regression: PostgreSQL's own database", |database| async move {
        regression(&database, &folder.expect("the test is ignored without it")).await;
    });
    vec![test.with_ignored_flag(!is_there)]
}

async fn regression(database: &TestDatabase, folder: &Path) {
    for script in scripts(folder) {
        run(database, folder, &script);
    }
    let mut db = database.connect().await;
    let all = namespaces(&mut db).await;
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let tables = tables(&mut db).await;
    assert!(tables > 300, "only {tables} tables: did the scripts run?");

    let schema = described(&mut db, &all).await;
    let models = schema.lines().filter(|line| line.starts_with("model ") || line.starts_with("// model ")).count();
    assert_eq!(models, tables);
    no_drift(&mut db, &all, &schema).await;
    described(&mut db, &["public"]).await;

    let stats = stats(&mut db, None).await.expect("statistics");
    assert!(stats.tables.len() >= tables);
    let names = all.iter().map(|name| (*name).to_owned()).collect();
    let extent = Extent { namespaces: names, history: "public".to_owned(), without: Vec::new() };
    let catalog = read_whole(&mut db, &extent).await.expect("everything in it");
    let again = text::read(&text::write(&catalog)).expect("a catalog");
    assert!(compare(&catalog, &again, Source::SameDatabase).is_empty());
}

/// The scripts in the order of the schedule.
fn scripts(folder: &Path) -> Vec<PathBuf> {
    let schedule = std::fs::read_to_string(folder.join("parallel_schedule")).expect("the schedule of the tests");
    let groups = schedule.lines().filter_map(|line| line.strip_prefix("test:"));
    groups.flat_map(str::split_whitespace).map(|name| folder.join(format!("sql/{name}.sql"))).collect()
}

fn run(database: &TestDatabase, folder: &Path, script: &Path) {
    let output = Command::new("psql")
        .args(["-X", "-q", "-d", &database.text(), "-f"])
        .arg(script)
        // As `pg_regress` sets them.
        .envs([("PGTZ", "PST8PDT"), ("PGDATESTYLE", "Postgres, MDY")])
        .env("PGOPTIONS", "-c intervalstyle=postgres_verbose -c statement_timeout=2min -c lock_timeout=30s")
        .envs([("PG_ABS_SRCDIR", folder), ("PG_LIBDIR", folder), ("PG_ABS_BUILDDIR", folder)])
        .env("PG_DLSUFFIX", ".so")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    output.expect("psql runs");
}

async fn namespaces(db: &mut Connection) -> Vec<String> {
    let sql = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1";
    let rows = db.rows(&sql.into()).await.expect("a question");
    rows.iter().filter_map(|row| row.get("nspname").map(str::to_owned)).collect()
}

/// How many tables should become models: all that are not partitions.
async fn tables(db: &mut Connection) -> usize {
    let sql = "SELECT count(*)::text AS tables FROM pg_class WHERE relkind IN ('r', 'p') AND relpersistence <> 't' \
               AND (relkind = 'p' OR NOT relispartition) \
               AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')";
    let rows = db.rows(&sql.into()).await.expect("a question");
    rows.first().and_then(|row| row.get("tables")?.parse().ok()).expect("a number")
}
