//! How long `evt migrate status` takes that looks for drift in 1 000 tables, the whole process.
//!
//! `cargo bench --bench status`; `EVT_BENCH_DATABASE_URL` names a server to use instead of a private one. The goal is half
//! a second.
#![expect(clippy::disallowed_methods, reason = "the bench's own setting is an environment variable")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod beside;
mod history;

use evt::db::Connection;
use evt::sql::quote::Statement;

use beside::{median, server};
use history::{evt, make, remove, scripts, write_project};

const TABLES: usize = 1000;
const RUNS: usize = 9;

fn main() {
    // `cargo test` also runs benches, to see that they build.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (url, _server) = server("evt_bench_status");
    let project = tempfile::tempdir().expect("a folder");
    // All in one migration: what is timed is the look at the database.
    let script: String = scripts(4 * TABLES).into_iter().map(|(_, script)| script).collect();
    write_project(project.path(), &[("20240101000000_all".to_owned(), script)]);
    runtime.block_on(make(&url));
    evt(&url, project.path(), &["migrate", "deploy"], 0);
    println!("{TABLES} tables, {RUNS} runs, whole processes");
    let time = |title: &str, arguments: &[&str], status: i32| {
        let mut times: Vec<_> = (0..RUNS).map(|_| evt(&url, project.path(), arguments, status)).collect();
        let median = median(&mut times);
        println!("{title:20}{median:>10.1?} at the median, {:>10.1?} at best", times[0]);
    };
    time("status", &["migrate", "status"], 0);
    time("status --no-drift", &["migrate", "status", "--no-drift"], 0);
    runtime.block_on(async {
        let mut db = Connection::open(&url).await.expect("a connection");
        db.script(&Statement::from("ALTER TABLE \"T7\" ADD COLUMN x int")).await.expect("drift");
        db.close().await;
    });
    time("status with drift", &["migrate", "status"], 1);
    runtime.block_on(remove(&url));
}
