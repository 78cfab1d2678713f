//! The migrations room on a real server.

mod applying;
mod dev;
mod histories;
mod places;
mod resolving;
mod within;

use std::path::Path;

use evt::db::Connection;
use evt::db::lock::{self, LockError};
use evt::migrations::{ApplyOptions, Directory, MigrateError, Status, Transactions, apply_pending, resolve, status};
use evt::sql::quote::Statement;
use libtest_mimic::Trial;
use tempfile::TempDir;

use crate::server::live;

pub(crate) fn tests() -> Vec<Trial> {
    let rooms =
        [applying::tests(), places::tests(), within::tests(), dev::tests(), resolving::tests(), histories::tests()];
    rooms.into_iter().flatten().chain(lock_and_status()).collect()
}

fn lock_and_status() -> [Trial; 3] {
    [
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
    ]
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
