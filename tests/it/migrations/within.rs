//! Runs inside of another program: dropped at any await, and when a service starts.

use evt::db::Connection;
use evt::migrations::status::Stop;
use libtest_mimic::Trial;

use super::{apply, migrations, one, read_status};
use crate::server::{live, long_blocking, runtime};

/// The example program, whose start-up is run here.
#[path = "../../../examples/service.rs"]
#[allow(dead_code, unreachable_pub, reason = "its main function is run by nobody here")]
mod service;

pub(super) fn tests() -> Vec<Trial> {
    vec![
        long_blocking("apply: dropped at any await, it is finished by the next run", |database| {
            runtime().block_on(drop_everywhere(&database.url));
        }),
        live("apply: a service brings its database up to date when it starts", |database| async move {
            let folder = migrations(&[("1_a", "CREATE TABLE a (id int)"), ("2_b", "VACUUM a")]);
            assert_eq!(service::start(&database.text(), folder.path()).await.expect("starts"), 2);
            assert_eq!(service::start(&database.text(), folder.path()).await.expect("starts again"), 0);
        }),
    ]
}

/// Drops a run after each number of steps that it can stop at, with its connection, and runs again.
async fn drop_everywhere(url: &evt::db::DatabaseUrl) {
    let folder = migrations(&[
        ("1_a", "CREATE TABLE log (step int);\nINSERT INTO log VALUES (1);"),
        ("2_b", "INSERT INTO log VALUES (2);\nCREATE INDEX CONCURRENTLY i ON log (step);\nINSERT INTO log VALUES (3);"),
        ("3_c", "BEGIN;\nINSERT INTO log VALUES (4);\nCOMMIT;\nINSERT INTO log VALUES (5);"),
    ]);
    let others = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let mut at = 0;
    loop {
        let mut db = Connection::open(url).await.expect("a connection");
        db.script(&"DROP SCHEMA public CASCADE; CREATE SCHEMA public".into()).await.expect("an empty database");
        let mut polls = 0;
        let finished = {
            let mut run = std::pin::pin!(apply(&mut db, folder.path(), Some(5000)));
            std::future::poll_fn(|context| {
                if polls == at {
                    return std::task::Poll::Ready(None);
                }
                polls += 1;
                run.as_mut().poll(context).map(Some)
            })
            .await
        };
        drop(db);
        let mut db = Connection::open(url).await.expect("a connection");
        while !db.rows(&others.into()).await.expect("an answer").is_empty() {
            tokio::task::yield_now().await;
        }
        let now = read_status(&mut db, folder.path()).await;
        assert!(
            now.unfinished.iter().all(|unfinished| matches!(unfinished.stop, Stop::GoesOn { .. })),
            "{at}: {now:?}"
        );
        apply(&mut db, folder.path(), Some(5000)).await.unwrap_or_else(|error| panic!("{at}: {error}"));
        let log = one(&mut db, "SELECT string_agg(step::text, ' ' ORDER BY step) AS value FROM log").await;
        assert_eq!(log, "1 2 3 4 5", "dropped after {at} polls");
        db.close().await;
        match finished {
            Some(outcome) => {
                outcome.expect("an undisturbed run");
                break;
            }
            None => at += 1,
        }
    }
    assert!(at > 10, "there are more places to stop at than {at}");
}
