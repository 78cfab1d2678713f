//! How long reading a large database takes, and how much memory, beside `pg_dump --schema-only` on the same server.
//!
//! `cargo bench --bench introspect`; `EVT_BENCH_DATABASE_URL` names a server to use instead of a private one. The goal
//! is 0.4 of the time of `pg_dump`.
#![expect(clippy::disallowed_methods, reason = "the bench's own setting is an environment variable")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod beside;

use std::fmt::Write as _;
use std::ops::Range;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use evt::db::{Connection, DatabaseUrl, create_database};
use evt::introspect::{Scope, introspect};
use evt::sql::quote::Statement;

use beside::{median, server};

/// How many tables, and how often each is measured.
const SIZES: [(usize, usize); 3] = [(100, 9), (1000, 9), (5000, 5)];
const COLUMNS: usize = 20;
/// A script is one transaction, and a server can hold only so many locks in one.
const TABLES_PER_SCRIPT: usize = 250;
const DATABASE: &str = "evt_bench_introspect";

fn main() {
    // `cargo test` also runs benches, to see that they build.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (url, _server) = server(DATABASE);
    println!("tables of {COLUMNS} columns, medians");
    println!("tables  with connecting   connected  pg_dump --schema-only  ratio  peak memory");
    for (tables, runs) in SIZES {
        runtime.block_on(measure_size(&url, tables, runs));
    }
}

async fn measure_size(url: &DatabaseUrl, tables: usize, runs: usize) {
    create_database(url).await.expect("a database");
    let mut db = Connection::open(url).await.expect("a connection");
    db.script(&"CREATE TYPE \"Mood\" AS ENUM ('sad', 'ok', 'happy')".into()).await.expect("a type");
    for first in (0..tables).step_by(TABLES_PER_SCRIPT) {
        let script = create_tables(first..tables.min(first + TABLES_PER_SCRIPT));
        db.script(&Statement::built(script)).await.expect("the tables");
    }
    db.script(&"VACUUM ANALYZE".into()).await.expect("statistics");
    let (mut ours, mut connected, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    let before = memory("VmRSS");
    // Linux forgets the peak at this; elsewhere there is none to show.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    read(&mut db, tables).await;
    let peak = memory("VmHWM").zip(before).map(|(peak, before)| peak.saturating_sub(before));
    for _ in 0..runs {
        ours.push(measure(url, tables).await);
        let start = Instant::now();
        read(&mut db, tables).await;
        connected.push(start.elapsed());
        theirs.extend(pg_dump(url));
    }
    db.close().await;
    let mut maintenance = Connection::open(&url.with_database("postgres")).await.expect("a connection");
    let drop = Statement::built(format!("DROP DATABASE {DATABASE}"));
    maintenance.script(&drop).await.expect("the database goes");
    report(tables, &mut ours, &mut connected, &mut theirs, peak);
}

/// A line of the process's own status, in KiB.
fn memory(name: &str) -> Option<u32> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

fn create_tables(tables: Range<usize>) -> String {
    let mut sql = String::new();
    for table in tables {
        let _ = write!(
            sql,
            r#"CREATE TABLE "Table{table}" ("id" SERIAL NOT NULL, "uid" UUID NOT NULL DEFAULT gen_random_uuid(),
            "name" TEXT NOT NULL DEFAULT 'x', "email" VARCHAR(200), "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
            "updatedAt" TIMESTAMP(3) NOT NULL, "active" BOOLEAN NOT NULL DEFAULT true, "amount" DECIMAL(65,30) NOT NULL DEFAULT 1.5,
            "mood" "Mood" NOT NULL DEFAULT 'ok', "tags" TEXT[] DEFAULT ARRAY['a', 'b']::TEXT[], "data" JSONB, "parentId" INTEGER,"#
        );
        for column in 12..COLUMNS {
            let _ = write!(sql, r#" "c{column}" INTEGER,"#);
        }
        let _ = write!(
            sql,
            r#" CONSTRAINT "Table{table}_pkey" PRIMARY KEY ("id"));
            CREATE UNIQUE INDEX "Table{table}_email_key" ON "Table{table}"("email");
            CREATE INDEX "Table{table}_c12_c13_idx" ON "Table{table}"("c12", "c13");
            CREATE INDEX "Table{table}_data_idx" ON "Table{table}" USING GIN ("data");"#
        );
        if table > 0 {
            let parent = table - 1;
            let _ = writeln!(
                sql,
                r#"ALTER TABLE "Table{table}" ADD CONSTRAINT "Table{table}_parentId_fkey" FOREIGN KEY ("parentId")
                REFERENCES "Table{parent}"("id") ON DELETE SET NULL ON UPDATE CASCADE;"#
            );
        }
    }
    sql
}

/// Connecting, reading, closing.
async fn measure(url: &DatabaseUrl, tables: usize) -> Duration {
    let start = Instant::now();
    let mut db = Connection::open(url).await.expect("a connection");
    read(&mut db, tables).await;
    let elapsed = start.elapsed();
    db.close().await;
    elapsed
}

async fn read(db: &mut Connection, tables: usize) {
    let scope = Scope { namespaces: vec!["public".to_owned()], default_namespace: "public".to_owned() };
    let schema = introspect(db, &scope).await.expect("a readable database");
    assert_eq!(schema.tables.len(), tables);
    assert!(schema.tables.iter().all(|table| table.columns.len() == COLUMNS));
}

/// `None` if there is no `pg_dump`.
fn pg_dump(url: &DatabaseUrl) -> Option<Duration> {
    let start = Instant::now();
    let status = Command::new("pg_dump")
        .arg("--schema-only")
        .args(["--host", &url.host()?, "--port", &url.port().to_string(), "--username", url.user()?, url.database()])
        .stdout(Stdio::null())
        .status()
        .ok()?;
    status.success().then(|| start.elapsed())
}

fn report(
    tables: usize,
    ours: &mut [Duration],
    connected: &mut [Duration],
    theirs: &mut [Duration],
    peak: Option<u32>,
) {
    let (ours, connected) = (median(ours), median(connected));
    let peak = peak.map_or_else(|| "unknown".to_owned(), |kib| format!("{:.1} MiB", f64::from(kib) / 1024.0));
    let (dump, ratio) = if theirs.is_empty() {
        ("not found".to_owned(), String::new())
    } else {
        let theirs = median(theirs);
        (format!("{theirs:.1?}"), format!("{:.2}", ours.as_secs_f64() / theirs.as_secs_f64()))
    };
    println!("{tables:>6}  {ours:>15.1?}  {connected:>10.1?}  {dump:>21}  {ratio:>5}  {peak:>11}");
}
