//! What `migrate dev` finds out, and the scratch databases that it replays migrations in.

use std::path::Path;

use evt::diff::External;
use evt::introspect::Scope;
use evt::migrations::dev::{ResetReason, diagnose};
use evt::migrations::status::Reading;
use evt::migrations::{Directory, MigrateError, Shadow};
use evt::sql::quote::Statement;
use libtest_mimic::Trial;

use super::{apply, migrations, one};
use crate::server::live;

/// History and folder, then a change to either or to the database, and the reasons to reset.
pub(super) fn tests() -> Vec<Trial> {
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
