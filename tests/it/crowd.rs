//! Many runs at once: each migration is applied exactly once, also beside Prisma, which takes the same lock.

use std::path::Path;
use std::process::{Command, Stdio};

use evt::db::Connection;
use evt::db::lock::LOCK_KEY;
use evt::migrations::checksum::checksum;
use evt::sql::quote::{Literal, Statement};
use libtest_mimic::Trial;

use crate::migrations::project;
use crate::server::{TestDatabase, live_blocking, long_blocking, runtime};

/// Deploys that start at once.
const DEPLOYS: usize = 16;

/// Each leaves a row, so that one that ran twice shows.
const MIGRATIONS: [(&str, &str); 6] = [
    ("1_log", "CREATE TABLE log (step text NOT NULL);\nINSERT INTO log VALUES ('1')"),
    (
        "2_table",
        "CREATE TABLE t (id int);\nINSERT INTO log VALUES ('2');\nINSERT INTO t SELECT generate_series(1, 500)",
    ),
    ("3_block", "DO $$ BEGIN PERFORM pg_sleep(0.01); END $$;\nINSERT INTO log VALUES ('3')"),
    ("4_own", "BEGIN;\nINSERT INTO log VALUES ('4');\nCOMMIT"),
    ("5_enum", "CREATE TYPE e AS ENUM ('a');\nINSERT INTO log VALUES ('5')"),
    ("6_index", "CREATE INDEX t_id ON t (id);\nINSERT INTO log VALUES ('6')"),
];

pub(crate) fn tests() -> Vec<Trial> {
    vec![
        long_blocking("crowd: sixteen deploys at once, one of them Prisma's way, apply everything once", |database| {
            for number in 0..2 {
                round(&database, number, &MIGRATIONS, true);
            }
        }),
        live_blocking("crowd: deploys that wait do not stand in the way of CREATE INDEX CONCURRENTLY", |database| {
            let scripts = [
                MIGRATIONS[0],
                MIGRATIONS[1],
                (
                    "3_index",
                    "CREATE INDEX CONCURRENTLY i ON t (id);\nINSERT INTO log VALUES ('3');\nREINDEX TABLE CONCURRENTLY t",
                ),
            ];
            round(&database, 0, &scripts, false);
        }),
    ]
}

/// The tests that take minutes.
pub(crate) fn sweep() -> Vec<Trial> {
    vec![long_blocking("crowd: fifty rounds, the sweep of sixteen deploys at once", |database| {
        for number in 0..50 {
            round(&database, number, &MIGRATIONS, true);
        }
        report(&format!("50 rounds of {DEPLOYS} deploys, each migration applied once in each"));
    })]
}

#[expect(clippy::print_stdout, reason = "how many rounds there were is what the test is for")]
fn report(text: &str) {
    println!("crowd: {text}");
}

fn round(database: &TestDatabase, number: usize, scripts: &[(&str, &str)], prisma: bool) {
    let namespace = format!("round{number}");
    runtime().block_on(async {
        let mut db = database.connect().await;
        let sql = format!("CREATE SCHEMA {namespace}");
        db.script(&Statement::script(&sql)).await.expect("a namespace");
    });
    let project = project(scripts);
    let glue = if database.text().contains('?') { '&' } else { '?' };
    let url = format!("{}{glue}schema={namespace}", database.text());
    let deploys = DEPLOYS - usize::from(prisma);
    let children: Vec<_> = (0..deploys)
        .map(|_| {
            Command::new(env!("CARGO_BIN_EXE_evt"))
                .args(["migrate", "deploy", "--lock-timeout", "0"])
                .current_dir(project.path())
                .env_clear()
                .env("DATABASE_URL", &url)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("evt starts")
        })
        .collect();
    if prisma {
        runtime().block_on(as_prisma(database, &namespace, project.path(), scripts));
    }
    for child in children {
        let output = child.wait_with_output().expect("an end");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    runtime().block_on(async {
        let mut db = database.connect().await;
        let sql = format!(
            "SELECT (SELECT string_agg(step, ' ' ORDER BY step) FROM {namespace}.log) AS steps, \
             (SELECT string_agg(migration_name, ' ' ORDER BY migration_name) FROM {namespace}._prisma_migrations \
             WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL) AS rows, \
             (SELECT count(*) FROM {namespace}._prisma_migrations) AS count"
        );
        let rows = db.rows(&Statement::script(&sql)).await.expect("an answer");
        let text = |column| rows[0].get(column).unwrap_or_default().to_owned();
        let numbers: Vec<String> = (1..=scripts.len()).map(|number| number.to_string()).collect();
        let names: Vec<&str> = scripts.iter().map(|(name, _)| *name).collect();
        assert_eq!((text("steps"), text("rows")), (numbers.join(" "), names.join(" ")), "round {number}");
        assert_eq!(text("count"), scripts.len().to_string(), "round {number}");
    });
}

/// What Prisma's engine does: waits for the lock in a statement, then reads the history, and writes a row before and
/// after each script, outside of its transaction.
async fn as_prisma(database: &TestDatabase, namespace: &str, folder: &Path, scripts: &[(&str, &str)]) {
    let mut db = database.connect().await;
    let run = async |db: &mut Connection, sql: &str| db.script(&Statement::script(sql)).await.expect("Prisma's way");
    run(&mut db, &format!("SET search_path = {namespace}")).await;
    run(&mut db, &format!("SELECT pg_advisory_lock({LOCK_KEY})")).await;
    let table = "CREATE TABLE IF NOT EXISTS _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, \
                 checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, \
                 logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), \
                 applied_steps_count INTEGER NOT NULL DEFAULT 0)";
    run(&mut db, table).await;
    let rows = db.rows(&"SELECT migration_name AS name FROM _prisma_migrations".into()).await.expect("the history");
    let held: Vec<String> = rows.iter().filter_map(|row| row.get("name").map(str::to_owned)).collect();
    for (name, _) in scripts.iter().filter(|(name, _)| !held.iter().any(|held| held == name)) {
        let script =
            std::fs::read_to_string(folder.join("migrations").join(name).join("migration.sql")).expect("a script");
        let id = format!("'prisma-{name}'");
        let insert = format!(
            "INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ({id}, {}, {})",
            Literal(&checksum(&script)),
            Literal(name)
        );
        run(&mut db, &insert).await;
        run(&mut db, &script).await;
        let finish =
            format!("UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1 WHERE id = {id}");
        run(&mut db, &finish).await;
    }
    // Prisma gives the lock back by disconnecting.
    db.close().await;
}
