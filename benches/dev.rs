//! How long `evt migrate dev` takes when nothing has changed, with 400 migrations in the history and what they make in
//! the cache, the whole process.
//!
//! `cargo bench --bench dev`; `EVT_BENCH_DATABASE_URL` names a server to use instead of a private one. The goal is 150 ms.
#![expect(clippy::disallowed_methods, reason = "the bench's own setting is an environment variable")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod beside;
mod history;

use beside::{median, server};
use history::{evt, make, remove, scripts, write_project};

const MIGRATIONS: usize = 400;
const RUNS: usize = 15;

fn main() {
    // `cargo test` also runs benches, to see that they build.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (url, _server) = server("evt_bench_dev");
    let project = tempfile::tempdir().expect("a folder");
    write_project(project.path(), &scripts(MIGRATIONS));
    runtime.block_on(make(&url));
    evt(&url, project.path(), &["migrate", "deploy"], 0);
    // The schema of what the migrations make, so that nothing is to be done.
    evt(&url, project.path(), &["db", "pull"], 0);
    let cold = evt(&url, project.path(), &["migrate", "dev", "--name", "more"], 0);
    let made = std::fs::read_dir(project.path().join("migrations")).expect("the folder").count();
    assert!(made <= MIGRATIONS + 1, "there was something to do");
    let dev = || evt(&url, project.path(), &["migrate", "dev", "--name", "more"], 0);
    let mut times: Vec<_> = (0..RUNS).map(|_| dev()).collect();
    let median = median(&mut times);
    println!("migrate dev, nothing changed, {MIGRATIONS} migrations, {RUNS} runs, whole processes");
    println!("first, with a replay {cold:>10.1?}");
    println!("warm cache           {median:>10.1?} at the median, {:>10.1?} at best", times[0]);
    runtime.block_on(remove(&url));
}
