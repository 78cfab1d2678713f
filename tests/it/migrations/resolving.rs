//! `migrate resolve`: what a person says about a migration.

use std::path::Path;

use evt::migrations::{Directory, MigrateError, resolve};
use evt::sql::quote::Statement;
use libtest_mimic::Trial;

use super::{apply, migrations, one};
use crate::server::live;

/// Each state of a migration × each resolution: the outcome, and the rows afterwards
/// (f = finished, r = rolled back, - = neither).
pub(super) fn tests() -> Vec<Trial> {
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
