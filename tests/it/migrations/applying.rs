//! Applying: order, modes, failures, and what stops a run before it begins.

use evt::migrations::script::Left;
use evt::migrations::status::Stop;
use evt::migrations::{DirectoryError, History, MigrateError, RecordState, resolve};
use evt::sql::quote::Statement;
use libtest_mimic::Trial;

use super::{TABLES, apply, migrations, one, read_status};
use crate::server::live;

pub(super) fn tests() -> Vec<Trial> {
    let mut tests = vec![
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
    ];
    tests.extend(instructions());
    tests.extend(non_empty_databases());
    tests
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
