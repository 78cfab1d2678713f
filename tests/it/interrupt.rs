//! Ctrl-C while a script runs: the server stops it, what became of it is noted, and the next deploy goes on.

use std::process::{Command, Stdio};

use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process};

use crate::migrations::project;
use crate::server::{TestDatabase, live_blocking};

/// A script that waits for a table that somebody else has locked, what status says after Ctrl-C, and how many rows of the
/// log are there then. Each statement before and behind leaves a row.
const CASES: [(&str, &str, &str, &str); 4] = [
    (
        "whole",
        "INSERT INTO log VALUES (1); INSERT INTO held VALUES (1); INSERT INTO log VALUES (2);",
        "rolled back, not applied",
        "0",
    ),
    (
        "segments",
        "INSERT INTO log VALUES (1); CREATE INDEX CONCURRENTLY i ON held (id); INSERT INTO log VALUES (2);",
        "stopped behind 1 of 3 segments, can go on",
        "1",
    ),
    (
        "own transactions",
        "BEGIN; INSERT INTO log VALUES (1); COMMIT; BEGIN; INSERT INTO held VALUES (1); INSERT INTO log VALUES (2); COMMIT;",
        "stopped behind 1 of 2 segments, can go on",
        "1",
    ),
    (
        "as is",
        "-- evt: as-is\nBEGIN; INSERT INTO log VALUES (1); COMMIT; INSERT INTO held VALUES (1); INSERT INTO log VALUES (2);",
        "failed",
        "1",
    ),
];

pub(crate) fn tests() -> Vec<Trial> {
    CASES
        .into_iter()
        .flat_map(|(name, script, state, rows)| {
            [Signal::INT, Signal::TERM].map(|signal| {
                let name = format!("interrupt: {name}, {}", if signal == Signal::INT { "Ctrl-C" } else { "SIGTERM" });
                live_blocking(name, move |database| interrupt(&database, signal, script, state, rows))
            })
        })
        .collect()
}

fn interrupt(database: &TestDatabase, signal: Signal, script: &str, state: &str, rows: &str) {
    let project = project(&[("1_tables", "CREATE TABLE log (n int); CREATE TABLE held (id int)")]);
    let (status, text) = evt(database, &project, &["migrate", "deploy"]);
    assert_eq!(status, 0, "{text}");
    for (name, script) in [("2_waits", script), ("3_later", "CREATE TABLE later (id int)")] {
        let folder = project.path().join("migrations").join(name);
        std::fs::create_dir(&folder).expect("a folder");
        std::fs::write(folder.join("migration.sql"), script).expect("a script");
    }
    let runtime = crate::server::runtime();
    let mut holder = runtime.block_on(async {
        let mut holder = database.connect().await;
        holder.script(&"BEGIN; LOCK TABLE held IN ACCESS EXCLUSIVE MODE".into()).await.expect("the lock");
        holder
    });
    let child = command(database, &project, &["migrate", "deploy"]).spawn().expect("evt starts");
    // The server itself says when somebody waits.
    let waits = "DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'held'::regclass) \
                 LOOP PERFORM pg_sleep(0.01); END LOOP; END $$";
    assert_eq!(database.ask(waits), "");
    kill_process(Pid::from_child(&child), signal).expect("a signal");
    let output = child.wait_with_output().expect("an end");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' \
                  AND pid <> pg_backend_pid()";
    assert_eq!(database.ask(others), "0\n", "nothing of it runs on");
    assert_eq!(database.ask("SELECT count(*) FROM log"), format!("{rows}\n"));
    let (_, text) = evt(database, &project, &["migrate", "status", "--no-drift"]);
    assert!(text.lines().any(|line| line.contains("2_waits") && line.contains(state)), "{state}:\n{text}\n{said}");
    runtime.block_on(async { holder.script(&"ROLLBACK".into()).await }).expect("the lock is free");
    if state == "failed" {
        // What the hint says: finish by hand, and tell so.
        database.ask("INSERT INTO held VALUES (1); INSERT INTO log VALUES (2)");
        let (status, text) = evt(database, &project, &["migrate", "resolve", "--applied", "2_waits"]);
        assert_eq!(status, 0, "{text}");
    }
    let (status, text) = evt(database, &project, &["migrate", "deploy"]);
    assert_eq!(status, 0, "{text}");
    assert_eq!(
        database.ask("SELECT string_agg(n::text, ' ' ORDER BY n), to_regclass('later') FROM log"),
        "1 2 | later\n"
    );
    assert_eq!(database.ask("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "0\n");
}

fn command(database: &TestDatabase, project: &tempfile::TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evt"));
    command.args(arguments).current_dir(project.path()).env_clear().env("DATABASE_URL", database.text());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn evt(database: &TestDatabase, project: &tempfile::TempDir, arguments: &[&str]) -> (i32, String) {
    let output = command(database, project, arguments).output().expect("evt runs");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap_or(-1), text)
}
