//! How long it takes to deploy 400 migrations, beside `psql` that is fed the same scripts with the same history rows in
//! one session.
//!
//! `cargo bench --bench deploy`; `EVT_BENCH_DATABASE_URL` names a server to use instead of a private one. The goal is
//! 1.15 of the time of `psql`.
#![expect(clippy::disallowed_methods, reason = "the bench's own setting is an environment variable")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod beside;

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use evt::db::{Connection, DatabaseUrl, create_database};
use evt::migrations::checksum::checksum;
use evt::sql::quote::Statement;

use beside::{median, server};

const MIGRATIONS: usize = 400;
const RUNS: usize = 5;
const DATABASE: &str = "evt_bench_deploy";

fn main() {
    // `cargo test` also runs benches, to see that they build.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (url, _server) = server(DATABASE);
    let project = tempfile::tempdir().expect("a folder");
    let scripts = scripts();
    write_project(project.path(), &scripts);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(in_new_database(&runtime, &url, || deploy(&url, project.path())));
        theirs.push(in_new_database(&runtime, &url, || psql(&url, &scripts)));
    }
    println!("{MIGRATIONS} migrations, medians of {RUNS} runs, whole processes");
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    println!("evt migrate deploy  {ours:>10.1?}");
    println!("psql                {theirs:>10.1?}");
    println!("ratio               {:>10.2}", ours.as_secs_f64() / theirs.as_secs_f64());
}

/// What a project of some years has: new tables, new columns, indexes, keys, and some data that is moved.
fn scripts() -> Vec<(String, String)> {
    (0..MIGRATIONS)
        .map(|number| {
            let table = number / 4;
            let sql = match number % 4 {
                0 => format!(
                    "-- CreateTable\nCREATE TABLE \"T{table}\" (\n    \"id\" SERIAL NOT NULL,\n    \"name\" TEXT NOT NULL,\n    \
                     \"at\" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,\n\n    CONSTRAINT \"T{table}_pkey\" PRIMARY KEY (\"id\")\n);\n"
                ),
                1 => format!(
                    "-- AlterTable\nALTER TABLE \"T{table}\" ADD COLUMN     \"parent\" INTEGER,\nADD COLUMN     \"n\" INTEGER NOT NULL DEFAULT 0;\n"
                ),
                2 => format!(
                    "-- CreateIndex\nCREATE INDEX \"T{table}_name_idx\" ON \"T{table}\"(\"name\");\n\n-- AddForeignKey\n\
                     ALTER TABLE \"T{table}\" ADD CONSTRAINT \"T{table}_parent_fkey\" FOREIGN KEY (\"parent\") REFERENCES \"T{table}\"(\"id\") ON DELETE SET NULL ON UPDATE CASCADE;\n"
                ),
                _ => format!(
                    "INSERT INTO \"T{table}\" (\"name\") SELECT 'name ' || n FROM generate_series(1, 20) AS n;\n\
                     UPDATE \"T{table}\" SET \"n\" = \"id\" * 2;\n"
                ),
            };
            (format!("2024{:04}000000_step_{number}", number + 1), sql)
        })
        .collect()
}

fn write_project(folder: &Path, scripts: &[(String, String)]) {
    let schema = "datasource db {\n  provider = \"postgresql\"\n  url = env(\"DATABASE_URL\")\n}\n";
    std::fs::write(folder.join("schema.prisma"), schema).expect("the schema");
    for (name, script) in scripts {
        let path = folder.join("migrations").join(name);
        std::fs::create_dir_all(&path).expect("a migration's folder");
        std::fs::write(path.join("migration.sql"), script).expect("a script");
    }
}

/// Runs something in a database that was made for it, and measures nothing else.
fn in_new_database(runtime: &tokio::runtime::Runtime, url: &DatabaseUrl, work: impl FnOnce()) -> Duration {
    let drop = async || {
        let mut db = Connection::open(&url.with_database("postgres")).await.expect("a connection");
        let sql = Statement::built(format!("DROP DATABASE IF EXISTS {DATABASE}"));
        db.script(&sql).await.expect("the database goes");
    };
    runtime.block_on(async {
        drop().await;
        create_database(url).await.expect("a database");
    });
    let start = Instant::now();
    work();
    let elapsed = start.elapsed();
    runtime.block_on(drop());
    elapsed
}

fn deploy(url: &DatabaseUrl, project: &Path) {
    let host = url.host().expect("a server");
    let text = format!(
        "postgresql://{}@localhost:{}/{DATABASE}?host={host}&sslmode=disable",
        url.user().unwrap_or_default(),
        url.port()
    );
    let status = Command::new(env!("CARGO_BIN_EXE_evt"))
        .args(["migrate", "deploy"])
        .current_dir(project)
        .env("DATABASE_URL", text)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.expect("evt runs").success());
}

/// Each script in a transaction with its row, all in one file for one session.
fn psql(url: &DatabaseUrl, scripts: &[(String, String)]) {
    let table = "_prisma_migrations";
    let mut input = format!(
        "CREATE TABLE {table} (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, \
         migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL \
         DEFAULT now(), applied_steps_count int NOT NULL DEFAULT 0);\n"
    );
    for (number, (name, script)) in scripts.iter().enumerate() {
        let sum = checksum(script);
        let _ = writeln!(
            input,
            "BEGIN;\nINSERT INTO {table} (id, checksum, migration_name, started_at) VALUES ('{number}', '{sum}', '{name}', clock_timestamp());\n\
             {script}UPDATE {table} SET finished_at = clock_timestamp(), applied_steps_count = 1 WHERE id = '{number}';\nCOMMIT;"
        );
    }
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), input).expect("the input");
    let status = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--host", &url.host().expect("a server")])
        .args(["--port", &url.port().to_string(), "--username", url.user().unwrap_or_default()])
        .args(["--dbname", DATABASE, "--file"])
        .arg(file.path())
        .stdout(Stdio::null())
        .status();
    assert!(status.expect("psql runs").success());
}
