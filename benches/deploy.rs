//! How long it takes to deploy 400 migrations, beside `psql` that is fed the same scripts with the same history rows in
//! one session.
//!
//! `cargo bench --bench deploy`; `EVT_BENCH_DATABASE_URL` names a server to use instead of a private one. The goal is
//! 1.15 of the time of `psql`.
#![expect(clippy::disallowed_methods, reason = "the bench's own setting is an environment variable")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod beside;
mod history;

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use evt::db::DatabaseUrl;
use evt::migrations::checksum::checksum;

use beside::{median, server};
use history::{evt, make, remove, scripts, write_project};

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
    let scripts = scripts(MIGRATIONS);
    write_project(project.path(), &scripts);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(in_new_database(&runtime, &url, || {
            evt(&url, project.path(), &["migrate", "deploy"], 0);
        }));
        theirs.push(in_new_database(&runtime, &url, || psql(&url, &scripts)));
    }
    println!("{MIGRATIONS} migrations, medians of {RUNS} runs, whole processes");
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    println!("evt migrate deploy  {ours:>10.1?}");
    println!("psql                {theirs:>10.1?}");
    println!("ratio               {:>10.2}", ours.as_secs_f64() / theirs.as_secs_f64());
}

/// Runs something in a database that was made for it, and measures nothing else.
fn in_new_database(runtime: &tokio::runtime::Runtime, url: &DatabaseUrl, work: impl FnOnce()) -> Duration {
    runtime.block_on(make(url));
    let start = Instant::now();
    work();
    let elapsed = start.elapsed();
    runtime.block_on(remove(url));
    elapsed
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
