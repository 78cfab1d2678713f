//! The migrations room on a real server.

use std::path::Path;

use evt::db::Connection;
use evt::db::lock::{self, LockError};
use evt::diff::External;
use evt::introspect::Scope;
use evt::migrations::dev::{ResetReason, diagnose};
use evt::migrations::script::Left;
use evt::migrations::status::{Reading, Stop};
use evt::migrations::{
    ApplyOptions, Directory, DirectoryError, History, MigrateError, RecordState, Shadow, Status, Transactions,
    apply_pending, resolve, status,
};
use evt::sql::quote::Statement;
use libtest_mimic::Trial;
use tempfile::TempDir;

use crate::server::{live, long_blocking, runtime};

/// The example program, whose start-up is run here.
#[path = "../../examples/service.rs"]
#[allow(dead_code, unreachable_pub, reason = "its main function is run by nobody here")]
mod service;

pub(crate) fn tests() -> Vec<Trial> {
    let mut tests = vec![
        live("lock: a second run waits, is refused and learns who holds it", |database| async move {
            let mut first = database.connect().await;
            lock::acquire(&mut first, 1000, &mut async |_| {}).await.expect("a free lock");
            let mut second = database.connect().await;
            let refused = lock::acquire(&mut second, 20, &mut async |_| {}).await;
            let Err(LockError::Timeout { holder: Some(holder), .. }) = refused else {
                panic!("expected a refusal that names the holder, got {refused:?}");
            };
            assert!(holder.pid.parse::<u32>().is_ok(), "{holder:?}");
            let folder = migrations(&[("1_a", "SELECT 1")]);
            let error = apply(&mut second, folder.path(), Some(20)).await.expect_err("the lock is held");
            assert!(matches!(error, MigrateError::Lock(_)), "{error}");
            lock::release(&mut first).await.expect("release");
            lock::acquire(&mut second, 1000, &mut async |_| {}).await.expect("the lock is free again");
        }),
        live("apply: in order, once, with the rows that Prisma writes", |database| async move {
            let folder = migrations(&[("2_b", "ALTER TABLE a ADD COLUMN b int"), ("1_a", "CREATE TABLE a (id int)")]);
            let mut db = database.connect().await;
            assert_eq!(apply(&mut db, folder.path(), Some(1000)).await.expect("applies"), ["1_a", "2_b"]);
            assert_eq!(apply(&mut db, folder.path(), Some(1000)).await.expect("applies"), Vec::<String>::new());
            assert_eq!(
                one(
                    &mut db,
                    "SELECT string_agg(concat_ws(' ', migration_name, length(id), length(checksum), \
                     applied_steps_count, logs IS NULL, rolled_back_at IS NULL, finished_at >= started_at), '; ' \
                     ORDER BY started_at) AS value FROM _prisma_migrations",
                )
                .await,
                "1_a 36 64 1 t t t; 2_b 36 64 1 t t t"
            );
            assert_eq!(
                one(
                    &mut db,
                    "SELECT string_agg(concat_ws(' ', column_name, data_type, character_maximum_length, is_nullable, \
                     column_default), '; ' ORDER BY ordinal_position) AS value \
                     FROM information_schema.columns WHERE table_name = '_prisma_migrations'",
                )
                .await,
                "id character varying 36 NO; checksum character varying 64 NO; \
                 finished_at timestamp with time zone YES; migration_name character varying 255 NO; logs text YES; \
                 rolled_back_at timestamp with time zone YES; started_at timestamp with time zone NO now(); \
                 applied_steps_count integer NO 0"
            );
        }),
        live("apply: a script that fails leaves nothing but a closed row, and can be mended", |database| async move {
            let folder = migrations(&[
                ("1_a", "CREATE TABLE a (id int);"),
                ("2_b", "CREATE TABLE b (id int);\nCREATE TABLE c (id nonsense);"),
                ("3_c", "CREATE TABLE d (id int);"),
            ]);
            let mut db = database.connect().await;
            let error = apply(&mut db, folder.path(), Some(1000)).await.expect_err("the second script is wrong");
            let MigrateError::Script(error) = error else { panic!("{error:?}") };
            assert_eq!((error.migration.as_str(), error.sqlstate(), error.left), ("2_b", Some("42704"), Left::Nothing));
            let place = error.place.as_ref().expect("the server gives the position");
            assert_eq!((place.line, place.column), (2, 20), "{}", place.excerpt);
            assert_eq!(one(&mut db, TABLES).await, "_prisma_migrations a");
            let history = History::read(&mut db, "public").await.expect("history");
            let row = history.records().last().expect("a row of the failure");
            assert_eq!(row.state(), RecordState::RolledBack);
            assert!(row.logs.as_ref().is_some_and(|logs| logs.contains("nonsense")), "{row:?}");
            std::fs::write(folder.path().join("2_b/migration.sql"), "CREATE TABLE b (id int)").expect("mend");
            assert_eq!(apply(&mut db, folder.path(), Some(1000)).await.expect("applies"), ["2_b", "3_c"]);
        }),
        live("apply: an error at the end of the transaction undoes everything too", |database| async move {
            let folder = migrations(&[(
                "1_a",
                "CREATE TABLE a (id int PRIMARY KEY); \
                 CREATE TABLE b (a int REFERENCES a DEFERRABLE INITIALLY DEFERRED); INSERT INTO b VALUES (1)",
            )]);
            let mut db = database.connect().await;
            let error = apply(&mut db, folder.path(), None).await.expect_err("the key is checked at COMMIT");
            assert!(matches!(&error, MigrateError::Script(error) if error.sqlstate() == Some("23503")), "{error}");
            assert_eq!(one(&mut db, TABLES).await, "_prisma_migrations");
        }),
        live(
            "apply: a failure blocks where the script has its own transactions, until resolved",
            |database| async move {
                let folder = migrations(&[(
                    "1_a",
                    "BEGIN; CREATE TABLE a (id int); COMMIT AND CHAIN; CREATE TABLE a (id int); COMMIT",
                )]);
                let mut db = database.connect().await;
                let error = apply(&mut db, folder.path(), None).await.expect_err("the table exists");
                assert!(matches!(&error, MigrateError::Script(error) if error.left == Left::Unknown), "{error}");
                let error = apply(&mut db, folder.path(), None).await.expect_err("a failed migration blocks");
                assert!(matches!(error, MigrateError::FailedMigrations { .. }), "{error}");
                std::fs::write(folder.path().join("1_a/migration.sql"), "SELECT 1").expect("mend");
                resolve::rolled_back(&mut db, "1_a", Some(1000)).await.expect("resolve");
                assert_eq!(apply(&mut db, folder.path(), None).await.expect("applies"), ["1_a"]);
            },
        ),
        live("apply: statements that refuse a transaction work beside others", |database| async move {
            let folder = migrations(&[(
                "1_a",
                "CREATE TABLE a (id int, n int);\nINSERT INTO a VALUES (1, 1);\n\
                 CREATE INDEX CONCURRENTLY a_id ON a (id);\nVACUUM a;\nCREATE TABLE b (id int);\n\
                 CREATE TYPE e AS ENUM ('x');\nALTER TYPE e ADD VALUE 'y';\nCREATE TABLE c (e e DEFAULT 'y');\n",
            )]);
            let mut db = database.connect().await;
            assert_eq!(apply(&mut db, folder.path(), None).await.expect("applies"), ["1_a"]);
            assert_eq!(one(&mut db, TABLES).await, "_prisma_migrations a b c");
            let row = "SELECT concat_ws(' ', applied_steps_count, logs IS NULL, finished_at IS NOT NULL) AS value \
                       FROM _prisma_migrations";
            assert_eq!(one(&mut db, row).await, "5 t t");
        }),
        live("apply: segments go on where they stopped, over a broken index", |database| async move {
            let script = "CREATE TABLE a (id int); INSERT INTO a VALUES (1), (1);\n\
                          CREATE UNIQUE INDEX CONCURRENTLY a_id ON a (id);\nCREATE TABLE b (id int);";
            let folder = migrations(&[("1_a", script)]);
            let mut db = database.connect().await;
            let error = apply(&mut db, folder.path(), None).await.expect_err("there are duplicates");
            let stopped =
                matches!(&error, MigrateError::Script(error) if error.left == Left::Segments { done: 1, of: 3 });
            assert!(stopped, "{error}");
            let invalid = "SELECT indisvalid::text AS value FROM pg_index WHERE indexrelid = to_regclass('a_id')";
            assert_eq!(one(&mut db, invalid).await, "false", "what PostgreSQL leaves");
            assert_eq!(read_status(&mut db, folder.path()).await.failed, ["1_a"]);
            apply(&mut db, folder.path(), None).await.expect_err("there are still duplicates");
            db.script(&Statement::script("DELETE FROM a")).await.expect("repair");
            assert_eq!(apply(&mut db, folder.path(), None).await.expect("goes on"), ["1_a"]);
            assert_eq!(one(&mut db, invalid).await, "true");
            assert_eq!(one(&mut db, TABLES).await, "_prisma_migrations a b");
        }),
        live("apply: segments do not go on with another script", |database| async move {
            let folder = migrations(&[("1_a", "CREATE TABLE a (id int); VACUUM nobody; CREATE TABLE b (id int)")]);
            let mut db = database.connect().await;
            apply(&mut db, folder.path(), None).await.expect_err("there is no such table");
            std::fs::write(folder.path().join("1_a/migration.sql"), "CREATE TABLE a (id int); VACUUM a").expect("edit");
            let error = apply(&mut db, folder.path(), None).await.expect_err("a failed migration blocks");
            assert!(matches!(error, MigrateError::FailedMigrations { .. }), "{error}");
        }),
        live("apply: a segment that took effect without being counted is not repeated", |database| async move {
            let script =
                "CREATE TABLE a (id int);\nCREATE INDEX CONCURRENTLY a_id ON a (id);\nCREATE TABLE b (id int);";
            let folder = migrations(&[("1_a", script)]);
            let mut db = database.connect().await;
            apply(&mut db, folder.path(), None).await.expect("applies");
            // As if the process had died right behind the index.
            let crash = "DROP TABLE b; UPDATE _prisma_migrations SET finished_at = NULL, applied_steps_count = 1, \
                         logs = 'evt: applied in segments; 1 of 3 are done, the next one began'";
            db.script(&Statement::script(crash)).await.expect("crash");
            assert_eq!(apply(&mut db, folder.path(), None).await.expect("goes on"), ["1_a"]);
            assert_eq!(one(&mut db, TABLES).await, "_prisma_migrations a b");
        }),
        live(
            "apply: a script that leaves a transaction open or changes the session harms nobody",
            |database| async move {
                let folder = migrations(&[
                    (
                        "1_a",
                        "SELECT pg_catalog.set_config('search_path', '', false); SET lock_timeout = 1; SET ROLE pg_monitor",
                    ),
                    ("2_b", "CREATE TABLE b (id int)"),
                    ("3_c", "BEGIN; CREATE TABLE c (id int); SELECT oops; COMMIT"),
                ]);
                let mut db = database.connect().await;
                apply(&mut db, folder.path(), Some(1000)).await.expect_err("the third script is wrong");
                assert_eq!(one(&mut db, "SELECT to_regclass('public.b')::text AS value").await, "b");
                assert_eq!(one(&mut db, "SELECT (to_regclass('public.c') IS NULL)::text AS value").await, "true");
                assert_eq!(one(&mut db, "SELECT count(*)::text AS value FROM _prisma_migrations").await, "3");
            },
        ),
        live("apply: an empty folder and an empty script are fine", |database| async move {
            let mut db = database.connect().await;
            let folder = migrations(&[]);
            let missing = folder.path().join("nowhere");
            assert_eq!(apply(&mut db, &missing, None).await.expect("nothing to do"), Vec::<String>::new());
            let folder = migrations(&[("1_a", "-- nothing\n"), ("2_b", "")]);
            assert_eq!(apply(&mut db, folder.path(), None).await.expect("applies").len(), 2);
        }),
        live("apply: what is wrong with the folder is said before anything is done", |database| async move {
            let mut db = database.connect().await;
            let folder = migrations(&[("1_a", "CREATE TABLE a (id int)")]);
            std::fs::write(folder.path().join("migration_lock.toml"), "provider = \"mysql\"\n").expect("lock file");
            let error = apply(&mut db, folder.path(), None).await.expect_err("another provider");
            let other = matches!(&error, MigrateError::Directory(DirectoryError::OtherProvider { found, .. }) if found == "mysql");
            assert!(other, "{error}");
            assert_eq!(one(&mut db, "SELECT (to_regclass('_prisma_migrations') IS NULL)::text AS value").await, "true");
            let folder = migrations(&[("1_a", "CREATE TABLE a (id int)")]);
            std::fs::create_dir(folder.path().join("2_b")).expect("a folder without a script");
            let error = apply(&mut db, folder.path(), None).await.expect_err("no script");
            let missing = matches!(&error, MigrateError::Directory(DirectoryError::ScriptMissing { .. }));
            assert!(missing, "{error}");
        }),
        live("status: reads, and writes nothing", |database| async move {
            let mut db = database.connect().await;
            let folder = migrations(&[("1_a", "SELECT 1")]);
            let directory = Directory::read(folder.path()).expect("folder");
            let found = status(&mut db, &directory).await.expect("status");
            assert_eq!((found.has_history, found.pending), (false, vec!["1_a".to_owned()]));
            assert_eq!(
                one(&mut db, "SELECT count(*)::text AS value FROM pg_class WHERE relname LIKE '%prisma%'").await,
                "0"
            );
        }),
        live("status: edited, missing, failed, rolled back", |database| async move {
            let mut db = database.connect().await;
            let folder =
                migrations(&[("1_a", "SELECT 1;\n"), ("2_b", "SELECT 2"), ("3_c", "SELECT 3"), ("4_d", "BEGIN; oops")]);
            apply(&mut db, folder.path(), None).await.expect_err("the last one fails");
            std::fs::write(folder.path().join("1_a/migration.sql"), "SELECT 1;\r\n").expect("other line endings");
            std::fs::write(folder.path().join("2_b/migration.sql"), "SELECT 22").expect("edit");
            std::fs::remove_dir_all(folder.path().join("3_c")).expect("remove");
            let now = read_status(&mut db, folder.path()).await;
            assert_eq!(now.edited, ["2_b"]);
            assert_eq!(now.missing, ["3_c"]);
            assert_eq!(now.failed, ["4_d"]);
            assert_eq!(now.pending, Vec::<String>::new());
            resolve::rolled_back(&mut db, "4_d", None).await.expect("resolve");
            let now = read_status(&mut db, folder.path()).await;
            assert_eq!((now.failed.len(), now.pending, now.rolled_back), (0, vec!["4_d".into()], vec!["4_d".into()]));
        }),
    ];
    tests.push(long_blocking("apply: dropped at any await, it is finished by the next run", |database| {
        runtime().block_on(drop_everywhere(&database.url));
    }));
    tests.push(live("apply: a service brings its database up to date when it starts", |database| async move {
        let folder = migrations(&[("1_a", "CREATE TABLE a (id int)"), ("2_b", "VACUUM a")]);
        assert_eq!(service::start(&database.text(), folder.path()).await.expect("starts"), 2);
        assert_eq!(service::start(&database.text(), folder.path()).await.expect("starts again"), 0);
    }));
    tests.extend(instructions());
    tests.extend(error_places());
    tests.extend(diagnoses());
    tests.extend(non_empty_databases());
    tests.extend(resolutions());
    tests
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

/// Comments to evt: what they change, and that nothing runs if one of them cannot be followed.
fn instructions() -> Vec<Trial> {
    vec![
        live("apply: comments choose the mode and the timeouts", |database| async move {
            let steps = "CREATE TABLE seen AS SELECT current_setting('lock_timeout') AS l, \
                         current_setting('statement_timeout') AS s;\nSELECT 1;";
            let folder = migrations(&[
                ("1_a", &format!("-- evt: segments lock_timeout=5s\n-- evt: statement_timeout=2min\n{steps}")),
                ("2_b", "-- evt: as-is\nCREATE TABLE b AS SELECT current_setting('lock_timeout') AS l"),
                (
                    "3_c",
                    "-- evt: whole, lock_timeout=1500\nCREATE TABLE c AS SELECT current_setting('lock_timeout') AS l",
                ),
            ]);
            let mut db = database.connect().await;
            apply(&mut db, folder.path(), None).await.expect("applies");
            assert_eq!(one(&mut db, "SELECT concat_ws(' ', l, s) AS value FROM seen").await, "5s 2min");
            assert_eq!(one(&mut db, "SELECT concat_ws(' ', b.l, c.l) AS value FROM b, c").await, "0 1500ms");
            let steps = "SELECT string_agg(applied_steps_count::text, ' ' ORDER BY started_at) AS value FROM _prisma_migrations";
            assert_eq!(one(&mut db, steps).await, "2 1 1");
            assert_eq!(one(&mut db, "SELECT current_setting('lock_timeout') AS value").await, "0");
        }),
        live("apply: a comment that cannot be followed stops everything before it begins", |database| async move {
            let mut db = database.connect().await;
            for (script, message) in [
                ("SELECT 1;\n-- evt: whole", "2_b/migration.sql:2:1"),
                ("-- evt: hole\nSELECT 1;", "2_b/migration.sql:1:9"),
                ("-- evt: whole\nSELECT 1;\n  VACUUM;", "2_b/migration.sql:3:3"),
                ("-- evt: segments\nSELECT 1; ROLLBACK;", "2_b/migration.sql:2:11"),
            ] {
                let folder = migrations(&[("1_a", "CREATE TABLE a (id int)"), ("2_b", script)]);
                let error = apply(&mut db, folder.path(), None).await.expect_err(script);
                assert!(matches!(error, MigrateError::Instruction(_)), "{error}");
                assert!(error.to_string().contains(message), "{error}");
                assert_eq!(one(&mut db, TABLES).await, "_prisma_migrations", "{script}");
            }
        }),
        live("apply: transactions of a script's own are counted one by one", |database| async move {
            let script = "CREATE TABLE a (id int);\nBEGIN;\nINSERT INTO a VALUES (1);\nCOMMIT;\n\
                          BEGIN;\nINSERT INTO a VALUES (2);\nSELECT 1 / count(*) FROM pg_class WHERE relname = 'go';\nCOMMIT;";
            let folder = migrations(&[("1_a", script)]);
            let mut db = database.connect().await;
            let error = apply(&mut db, folder.path(), None).await.expect_err("a division by zero");
            assert!(error.to_string().contains("migration.sql:7:1\n"), "{error}");
            let now = read_status(&mut db, folder.path()).await;
            assert_eq!(now.unfinished[0].stop, Stop::GoesOn { done: 1, of: 2 });
            db.script(&"CREATE TABLE go (id int)".into()).await.expect("what was missing");
            apply(&mut db, folder.path(), None).await.expect("goes on");
            assert_eq!(one(&mut db, "SELECT string_agg(id::text, ' ' ORDER BY id) AS value FROM a").await, "1 2");
        }),
        live(
            "apply: what a script told the session holds in all its segments, also after a stop",
            |database| async move {
                let script = "CREATE SCHEMA other;\nSET search_path = other;\nCREATE TABLE t (id int);\nVACUUM t;\n\
                          CREATE TABLE u AS SELECT 1 / count(*) AS n FROM pg_class WHERE relname = 'go';";
                let folder = migrations(&[("1_a", script)]);
                let mut db = database.connect().await;
                apply(&mut db, folder.path(), None).await.expect_err("a division by zero");
                db.script(&"CREATE TABLE go (id int)".into()).await.expect("what was missing");
                let mut again = database.connect().await;
                apply(&mut again, folder.path(), None).await.expect("goes on");
                assert_eq!(one(&mut again, "SELECT to_regclass('other.u')::text AS value").await, "other.u");
            },
        ),
    ]
}

/// Where an error is shown, for each mode and kind of error; `@` marks the place in the script.
fn error_places() -> Vec<Trial> {
    let line = "CREATE TABLE a (id int);\n";
    [
        ("a position", "SELECT 1;\nSELECT @nope FROM pg_class;", &[][..]),
        ("a position in segments", "VACUUM;\nSELECT 1;\nSELECT 'ü', @nope FROM pg_class;", &[]),
        ("a statement without a position", "SELECT 'ü';\n\n  @SELECT 1 / 0;\nSELECT 2;", &["22012"]),
        ("a statement in segments", "SELECT 1; VACUUM;\nSELECT 2;\n@SELECT 1 / 0;", &["22012"]),
        ("a statement in a script as it is", "-- evt: as-is\nSELECT 1;\n@SELECT 1 / 0;", &["22012"]),
        (
            "a line of a block",
            "SELECT 1;\nDO $x$\nBEGIN\n  @PERFORM 1 / 0;\nEND $x$;",
            &["CONTEXT", "inline_code_block"],
        ),
        (
            "a query in a block",
            "DO $$ BEGIN\n  @EXECUTE 'SELECT nope FROM pg_class';\nEND $$;",
            &["QUERY:\n1 | SELECT nope FROM pg_class\n  |        ^\nCONTEXT", "42703"],
        ),
        (
            "a function",
            "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN\n\
             RAISE EXCEPTION 'no' USING HINT = 'try', DETAIL = 'more'; END $$;\n@SELECT f();",
            &["DETAIL: more", "HINT: try", "CONTEXT: PL/pgSQL function f() line 2 at RAISE", "P0001"],
        ),
        ("behind a transaction of its own", "BEGIN;\nSELECT 1;\nCOMMIT;\nSELECT 2;\n@SELECT 1 / 0;", &["22012"]),
    ]
    .into_iter()
    .map(|(name, script, expected)| {
        live(format!("apply: the place of an error: {name}"), move |database| async move {
            let script = format!("{line}{script}").replacen(
                &format!("{line}-- evt: as-is\n"),
                &format!("-- evt: as-is\n{line}"),
                1,
            );
            let before = &script[..script.find('@').expect("a mark")];
            let at = (before.matches('\n').count() + 1, before.chars().rev().take_while(|c| *c != '\n').count() + 1);
            let folder = migrations(&[("1_a", &script.replace('@', ""))]);
            let mut db = database.connect().await;
            let error = apply(&mut db, folder.path(), None).await.expect_err(name);
            let text = error.to_string();
            let MigrateError::Script(error) = error else { panic!("{text}") };
            let place = error.place.as_ref().map(|place| (place.line, place.column));
            assert_eq!(place, Some(at), "{text}");
            for part in expected {
                assert!(text.contains(part), "{part} is missing in {text}");
            }
        })
    })
    .collect()
}

/// What `migrate dev` finds out: history and folder, then a change to either or to the database, and the reasons to reset.
fn diagnoses() -> Vec<Trial> {
    type Change = fn(&Path);
    let edit: Change =
        |folder| std::fs::write(folder.join("1_a/migration.sql"), "CREATE TABLE a (id bigint)").expect("edit");
    let remove: Change = |folder| std::fs::remove_dir_all(folder.join("2_b")).expect("remove");
    let rename: Change = |folder| std::fs::rename(folder.join("2_b"), folder.join("2_c")).expect("rename");
    let add_older: Change = |folder| {
        std::fs::create_dir(folder.join("0_z")).expect("folder");
        std::fs::write(folder.join("0_z/migration.sql"), "CREATE TABLE z (id int)").expect("script");
    };
    let rename_all: Change = |folder| {
        for (from, to) in [("1_a", "1_x"), ("2_b", "2_x")] {
            std::fs::rename(folder.join(from), folder.join(to)).expect("rename");
        }
    };
    let edit_and_remove: Change = |folder| {
        std::fs::write(folder.join("1_a/migration.sql"), "CREATE TABLE a (id bigint)").expect("edit");
        std::fs::remove_dir_all(folder.join("2_b")).expect("remove");
    };
    let nothing: Change = |_| {};
    [
        ("nothing", nothing, "", vec![]),
        ("an edited migration", edit, "", vec!["edited 1_a", "drift"]),
        ("a missing migration", remove, "", vec!["drift", "missing 2_b"]),
        ("a renamed migration", rename, "", vec!["drift", "diverged after 1_a: 2_b"]),
        ("all migrations renamed", rename_all, "", vec!["drift", "diverged after nothing: 1_a 2_b"]),
        ("edited and missing", edit_and_remove, "", vec!["edited 1_a", "drift", "missing 2_b"]),
        (
            "failed, edited, drifted and missing at once",
            edit_and_remove,
            "CREATE TABLE extra (id int); INSERT INTO _prisma_migrations (id, checksum, migration_name) \
             VALUES ('1', 'x', '1_a')",
            vec!["failed 1_a", "edited 1_a", "drift", "missing 2_b"],
        ),
        (
            "rolled back, and not applied again",
            nothing,
            "UPDATE _prisma_migrations SET rolled_back_at = now() \
            WHERE migration_name = '2_b'; DROP TABLE b",
            vec![],
        ),
        ("an older migration", add_older, "", vec![]),
        ("a table nobody migrated", nothing, "CREATE TABLE extra (id int)", vec!["drift"]),
        ("a column nobody migrated", nothing, "ALTER TABLE a DROP COLUMN id", vec!["drift"]),
        ("what the schema language cannot say", nothing, "CREATE VIEW v AS SELECT 1 AS a", vec![]),
        (
            "a failed migration",
            nothing,
            "UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '2_b'",
            vec!["failed 2_b", "drift"],
        ),
    ]
    .into_iter()
    .map(|(name, change, sql, expected)| {
        live(format!("diagnose: {name}"), move |database| async move {
            let folder = migrations(&[
                ("1_a", "CREATE TABLE a (id int PRIMARY KEY)"),
                ("2_b", "CREATE TABLE b (id int PRIMARY KEY)"),
            ]);
            let mut db = database.connect().await;
            apply(&mut db, folder.path(), None).await.expect("applies");
            db.script(&Statement::script(sql)).await.expect(sql);
            change(folder.path());
            let scope = Scope { namespaces: vec!["public".to_owned()], default_namespace: "public".to_owned() };
            let shadow = Shadow::new(&database.url, None).expect("a shadow beside it");
            let directory = Directory::read(folder.path()).expect("folder");
            let diagnosis = diagnose(&mut db, &directory, &shadow, &scope, &External::default(), None, Reading::Honest)
                .await
                .expect("diagnosis");
            let reasons: Vec<String> = diagnosis.reset_reasons.iter().map(reason).collect();
            assert_eq!(reasons, expected);
        })
    })
    .chain([
        live("diagnose: a database that exists and was never migrated", |database| async move {
            let mut db = database.with("CREATE TABLE t (id int)").await;
            let scope = Scope { namespaces: vec!["public".to_owned()], default_namespace: "public".to_owned() };
            let shadow = Shadow::new(&database.url, None).expect("a shadow beside it");
            let directory = Directory::read(Path::new("/nowhere")).expect("an absent folder is empty");
            let diagnosis = diagnose(&mut db, &directory, &shadow, &scope, &External::default(), None, Reading::Honest)
                .await
                .expect("diagnosis");
            let first_use = matches!(&diagnosis.reset_reasons[..], [ResetReason::Drift { first_use: true, .. }]);
            assert!(first_use, "{:?}", diagnosis.reset_reasons);
        }),
        live(
            "shadow: a script that fails is named with its place, and the scratch database is gone",
            |database| async move {
                let folder = migrations(&[("1_a", "CREATE TABLE a (id int)"), ("2_b", "\n  DROP TABLE nobody")]);
                let scope = Scope { namespaces: vec!["public".to_owned()], default_namespace: "public".to_owned() };
                let shadow = Shadow::new(&database.url, None).expect("a shadow beside it");
                let directory = Directory::read(folder.path()).expect("folder");
                let mut scratch = shadow.open(&scope).await.expect("a scratch database");
                let all: Vec<_> = directory.migrations.iter().collect();
                let error = scratch.replay(&all).await.expect_err("the second script is wrong");
                let named = matches!(&error, MigrateError::ShadowScript(error) if error.migration == "2_b");
                assert!(named, "{error}");
                let name = scratch.name().to_owned();
                scratch.close().await.expect("drop");
                let mut db = database.connect().await;
                let left = format!("SELECT count(*)::text AS value FROM pg_database WHERE datname = '{name}'");
                assert_eq!(one(&mut db, &left).await, "0");
            },
        ),
        live("shadow: a given database is emptied; the database itself is refused", |database| async move {
            let refused = Shadow::new(&database.url, Some(&database.url));
            assert!(matches!(refused, Err(MigrateError::ShadowIsMain)));
            let mut db = database.with("CREATE TABLE leftover (id int)").await;
            let scope = Scope { namespaces: vec!["public".to_owned()], default_namespace: "public".to_owned() };
            let elsewhere = database.url.with_database("postgres");
            let shadow = Shadow::new(&elsewhere, Some(&database.url)).expect("another database");
            let scratch = shadow.open(&scope).await.expect("emptied");
            scratch.close().await.expect("kept");
            assert_eq!(one(&mut db, "SELECT (to_regclass('leftover') IS NULL)::text AS value").await, "true");
        }),
    ])
    .collect()
}

fn reason(reason: &ResetReason) -> String {
    match reason {
        ResetReason::Failed(names) => format!("failed {}", names.join(" ")),
        ResetReason::Edited(names) => format!("edited {}", names.join(" ")),
        ResetReason::Drift { .. } => "drift".to_owned(),
        ResetReason::Diverged { last_common, missing } => {
            format!("diverged after {}: {}", last_common.as_deref().unwrap_or("nothing"), missing.join(" "))
        }
        ResetReason::Missing(names) => format!("missing {}", names.join(" ")),
    }
}

/// What counts as somebody's data in a database without a history.
fn non_empty_databases() -> Vec<Trial> {
    [
        ("a table", "CREATE TABLE t (id int)", true),
        ("a view", "CREATE VIEW v AS SELECT 1 AS a", false),
        ("an enum", "CREATE TYPE e AS ENUM ('a')", false),
        ("a partitioned table", "CREATE TABLE p (id int) PARTITION BY RANGE (id)", false),
        ("a function", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", false),
        ("a table in another namespace", "CREATE SCHEMA other; CREATE TABLE other.t (id int)", false),
        ("a helper table of PostGIS", "CREATE TABLE \"Spatial_Ref_Sys\" (id int)", false),
    ]
    .into_iter()
    .map(|(name, sql, refused)| {
        live(format!("apply: without a history, {name}"), move |database| async move {
            let mut db = database.with(sql).await;
            let folder = migrations(&[("1_a", "SELECT 1")]);
            let outcome = apply(&mut db, folder.path(), None).await;
            assert_eq!(matches!(outcome, Err(MigrateError::NotEmpty { .. })), refused, "{outcome:?}");
        })
    })
    .collect()
}

/// Each state of a migration × each resolution: the outcome, and the rows afterwards
/// (f = finished, r = rolled back, - = neither).
fn resolutions() -> Vec<Trial> {
    const FAIL: &str = "INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('1', 'x', '1_a');";
    const ROLL_BACK: &str = "UPDATE _prisma_migrations SET rolled_back_at = now();";
    const APPLY: &str = "INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, started_at) \
                         VALUES ('2', 'x', '1_a', now(), now() + interval '1 s');";
    [
        ("no row", vec![], "ok: f", "never applied: "),
        ("failed", vec![FAIL], "ok: r f", "ok: r"),
        ("rolled back", vec![FAIL, ROLL_BACK], "ok: r f", "ok: r"),
        ("applied", vec![APPLY], "already applied: f", "not failed: f"),
        ("rolled back, then applied", vec![FAIL, ROLL_BACK, APPLY], "already applied: r f", "ok: r f"),
    ]
    .into_iter()
    .flat_map(|(name, rows, applied, rolled_back)| {
        let rows = rows.concat();
        [("applied", rows.clone(), applied), ("rolled back", rows, rolled_back)].map(|(action, rows, expected)| {
            live(format!("resolve: {name}, as {action}"), move |database| async move {
                let mut db = database.connect().await;
                let folder = migrations(&[("1_a", "SELECT 1")]);
                apply(&mut db, &folder.path().join("nowhere"), None).await.expect("makes the table");
                db.script(&Statement::script(&rows)).await.expect("rows");
                let directory = Directory::read(folder.path()).expect("folder");
                let outcome = match action {
                    "applied" => resolve::applied(&mut db, &directory, "1_a", Some(1000)).await,
                    _ => resolve::rolled_back(&mut db, "1_a", Some(1000)).await,
                };
                let outcome = match outcome {
                    Ok(()) => "ok",
                    Err(MigrateError::AlreadyApplied { .. }) => "already applied",
                    Err(MigrateError::NeverApplied { .. }) => "never applied",
                    Err(MigrateError::NotFailed { .. }) => "not failed",
                    Err(error) => panic!("{error}"),
                };
                let states = one(
                    &mut db,
                    "SELECT coalesce(string_agg(CASE WHEN rolled_back_at IS NOT NULL THEN 'r' \
                     WHEN finished_at IS NOT NULL THEN 'f' ELSE '-' END, ' ' ORDER BY finished_at NULLS FIRST), '') \
                     AS value FROM _prisma_migrations",
                )
                .await;
                assert_eq!(format!("{outcome}: {states}"), expected);
            })
        })
    })
    .chain([live("resolve: a migration without a folder, and a database without a history", |database| async move {
        let mut db = database.connect().await;
        let directory = Directory::read(Path::new("/nowhere")).expect("an absent folder is empty");
        let error = resolve::applied(&mut db, &directory, "1_a", None).await.expect_err("no folder");
        assert!(matches!(error, MigrateError::Unknown { .. }), "{error}");
        let error = resolve::rolled_back(&mut db, "1_a", None).await.expect_err("no history");
        assert!(matches!(error, MigrateError::NoHistory), "{error}");
    })])
    .collect()
}

/// The ordinary tables of `public`.
const TABLES: &str = "SELECT string_agg(relname, ' ' ORDER BY relname) AS value FROM pg_class \
                      WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";

/// A migrations folder with these scripts.
pub(crate) fn migrations(scripts: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_scripts(folder.path(), scripts);
    folder
}

/// A project with these migrations and an empty schema, whose database `DATABASE_URL` names.
pub(crate) fn project(scripts: &[(&str, &str)]) -> TempDir {
    let project = tempfile::tempdir().expect("a temporary folder");
    let schema = "datasource db {\n  provider = \"postgresql\"\n  url = env(\"DATABASE_URL\")\n}\n";
    std::fs::write(project.path().join("schema.prisma"), schema).expect("the schema");
    write_scripts(&project.path().join("migrations"), scripts);
    project
}

fn write_scripts(folder: &Path, scripts: &[(&str, &str)]) {
    for (name, script) in scripts {
        let path = folder.join(name);
        std::fs::create_dir_all(&path).expect("a migration's folder");
        std::fs::write(path.join("migration.sql"), script).expect("a script");
    }
}

async fn apply(db: &mut Connection, folder: &Path, lock_timeout_ms: Option<u64>) -> Result<Vec<String>, MigrateError> {
    let directory = Directory::read(folder)?;
    let options = ApplyOptions {
        namespaces: vec!["public".to_owned()],
        lock_timeout_ms,
        transactions: Transactions::Honest,
        external_tables: Vec::new(),
    };
    apply_pending(db, &directory, &options, &mut async |_| {}).await
}

async fn read_status(db: &mut Connection, folder: &Path) -> Status {
    status(db, &Directory::read(folder).expect("folder")).await.expect("status")
}

/// The column `value` of the only row.
async fn one(db: &mut Connection, sql: &str) -> String {
    let rows = db.rows(&Statement::script(sql)).await.expect(sql);
    rows.first().and_then(|row| row.get("value")).unwrap_or_default().to_owned()
}
