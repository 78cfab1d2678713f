//! How long reading a large database takes, beside `pg_dump --schema-only` on the same server.
//!
//! `cargo bench --bench introspect`; `EVT_BENCH_DATABASE_URL` names a server to use instead of a private one. The goal
//! is 0.4 of the time of `pg_dump`.
#![expect(clippy::disallowed_methods, reason = "the bench's own setting is an environment variable")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod beside;

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use evt::db::{Connection, DatabaseUrl, create_database};
use evt::introspect::{Scope, introspect};
use evt::sql::quote::Statement;

use beside::{median, server};

const TABLES: usize = 1000;
const COLUMNS: usize = 20;
const RUNS: usize = 9;
const DATABASE: &str = "evt_bench_introspect";

fn main() {
    // `cargo test` also runs benches, to see that they build.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (url, _server) = server(DATABASE);
    runtime.block_on(async {
        create_database(&url).await.expect("a database");
        let mut db = Connection::open(&url).await.expect("a connection");
        db.script(&Statement::built(tables())).await.expect("the tables");
        db.script(&"ANALYZE".into()).await.expect("statistics");
        let mut ours = Vec::new();
        let mut connected = Vec::new();
        let mut theirs = Vec::new();
        for _ in 0..RUNS {
            ours.push(measure(&url).await);
            let start = Instant::now();
            read(&mut db).await;
            connected.push(start.elapsed());
            theirs.extend(pg_dump(&url));
        }
        db.close().await;
        let mut maintenance = Connection::open(&url.with_database("postgres")).await.expect("a connection");
        let drop = Statement::built(format!("DROP DATABASE {DATABASE}"));
        maintenance.script(&drop).await.expect("the database goes");
        report(&mut ours, &mut connected, &mut theirs);
    });
}

fn tables() -> String {
    let mut sql = String::from("CREATE TYPE \"Mood\" AS ENUM ('sad', 'ok', 'happy');\n");
    for table in 0..TABLES {
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
async fn measure(url: &DatabaseUrl) -> Duration {
    let start = Instant::now();
    let mut db = Connection::open(url).await.expect("a connection");
    read(&mut db).await;
    let elapsed = start.elapsed();
    db.close().await;
    elapsed
}

async fn read(db: &mut Connection) {
    let scope = Scope { namespaces: vec!["public".to_owned()], default_namespace: "public".to_owned() };
    let schema = introspect(db, &scope).await.expect("a readable database");
    assert_eq!(schema.tables.len(), TABLES);
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

fn report(ours: &mut [Duration], connected: &mut [Duration], theirs: &mut [Duration]) {
    println!("{TABLES} tables of {COLUMNS} columns, medians of {RUNS} runs");
    let ours = median(ours);
    println!("introspect, with connecting  {ours:>10.1?}");
    println!("introspect, connected        {:>10.1?}", median(connected));
    if theirs.is_empty() {
        println!("pg_dump                      not found");
        return;
    }
    let theirs = median(theirs);
    println!("pg_dump --schema-only        {theirs:>10.1?}");
    println!("ratio                        {:>10.2}", ours.as_secs_f64() / theirs.as_secs_f64());
}
