//! PostgreSQL's own regression database: the oddest one there is.
//!
//! `EVT_TEST_REGRESS` names the folder `src/test/regress` of PostgreSQL's source, best of the version of the server. Its
//! scripts are run by `psql` in the order of its `parallel_schedule`, one by one, and leave hundreds of tables behind.
//! Many fail here and there, as when `regress.so` of that folder was not built; that does not matter. Takes minutes.
//! Without the folder the test is reported as ignored.
#![expect(clippy::disallowed_methods, reason = "the tests' own settings are environment variables")]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use evt::catalog::compare::Source;
use evt::catalog::{compare, text};
use evt::db::local::{Durability, LocalServer, SUPERUSER, ServerProgram};
use evt::db::{Connection, DatabaseUrl};
use evt::introspect::whole::{Extent, read_whole};
use evt::maintenance::stats::{StatsScope, stats};
use libtest_mimic::Trial;

use crate::samples::{described, no_drift};
use crate::server::{TestDatabase, binaries, open_to_all, runtime};

pub(crate) fn tests() -> Vec<Trial> {
    let folder = std::env::var_os("EVT_TEST_REGRESS").map(PathBuf::from);
    let is_possible = folder.is_some() && binaries().is_some();
    let test = Trial::test("long regression: PostgreSQL's own database", move || {
        regression(&folder.expect("the test is ignored without it"));
        Ok(())
    });
    vec![test.with_ignored_flag(!is_possible)]
}

/// On a server of its own: a script of a later release may be about a crash that this one still has.
fn regression(folder: &Path) {
    let home = tempfile::tempdir().expect("a folder");
    open_to_all(home.path());
    let programs = ServerProgram::in_folder(Path::new(&binaries().expect("server programs"))).expect("server programs");
    let server = LocalServer::start(&programs, home.path(), Durability::Disposable).expect("a server");
    let local: DatabaseUrl = "local:regression".parse().expect("a URL");
    let url = local.on_socket(server.socket_folder(), server.port(), SUPERUSER);
    TestDatabase { url: url.with_database("postgres") }.ask("CREATE DATABASE regression TEMPLATE template0");

    let database = TestDatabase { url: url.with_database("regression") };
    for script in scripts(folder) {
        let status = psql(&database, folder, &["-f", &script.to_string_lossy()]);
        if status.code() == Some(CONNECTION_LOST) {
            wait_for_recovery(&database, folder);
        }
    }
    runtime().block_on(describe(&database));
}

async fn describe(database: &TestDatabase) {
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

    let stats = stats(&mut db, StatsScope::default()).await.expect("statistics");
    assert!(stats.tables.len() >= tables);
    let names = all.iter().map(|name| (*name).to_owned()).collect();
    let extent = Extent { namespaces: names, history: "public".to_owned(), without: Vec::new() };
    let catalog = read_whole(&mut db, &extent).await.expect("everything in it");
    let again = text::read(&text::write(&catalog)).expect("a catalog");
    assert!(compare(&catalog, &again, Source::SameDatabase).is_empty());
}

/// The scripts in the order of the schedule, without those about `psql`: they leave nothing behind, and a `psql` of
/// another version may repeat a command of theirs for ever.
fn scripts(folder: &Path) -> Vec<PathBuf> {
    let schedule = std::fs::read_to_string(folder.join("parallel_schedule")).expect("the schedule of the tests");
    let groups = schedule.lines().filter_map(|line| line.strip_prefix("test:"));
    let names = groups.flat_map(str::split_whitespace).filter(|name| !name.starts_with("psql"));
    names.map(|name| folder.join(format!("sql/{name}.sql"))).collect()
}

/// Status of `psql` when the connection went bad (PostgreSQL documentation, "psql", "Exit Status").
const CONNECTION_LOST: i32 = 2;

/// Scripts that come while the server recovers would be lost too.
fn wait_for_recovery(database: &TestDatabase, folder: &Path) {
    let start = Instant::now();
    while !psql(database, folder, &["-c", ""]).success() {
        assert!(start.elapsed() < Duration::from_mins(2), "the server does not recover");
    }
}

fn psql(database: &TestDatabase, folder: &Path, arguments: &[&str]) -> ExitStatus {
    let output = Command::new("psql")
        .args(["-X", "-q", "-d", &database.text()])
        .args(arguments)
        // As `pg_regress` sets them.
        .envs([("PGTZ", "PST8PDT"), ("PGDATESTYLE", "Postgres, MDY")])
        .env("PGOPTIONS", "-c intervalstyle=postgres_verbose -c statement_timeout=2min -c lock_timeout=30s")
        .envs([("PG_ABS_SRCDIR", folder), ("PG_LIBDIR", folder), ("PG_ABS_BUILDDIR", folder)])
        .env("PG_DLSUFFIX", ".so")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    output.expect("psql runs")
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
