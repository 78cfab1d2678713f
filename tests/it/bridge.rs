//! From and to refinery, with refinery itself on the other side.

mod embedded;

use std::path::Path;
use std::process::Command;

use evt::db::create_database;
use evt::migrations::bridge::export::Seed;
use evt::migrations::bridge::{BridgeError, BridgeOptions, Exported, TABLE, Width, export, import};
use evt::migrations::{Directory, MigrateError};
use libtest_mimic::Trial;
use tempfile::TempDir;

use crate::diff::pg_dump;
use crate::migrations::project;
use crate::server::{TestDatabase, live, long};

/// Files as programs have them; the last is not applied yet. `{n}` is a version.
const FILES: [(&str, &str); 4] = [
    ("V{1}__people.sql", "CREATE TABLE people (id int PRIMARY KEY);\nINSERT INTO people VALUES (1);\n"),
    ("more/V{2}__names.sql", "ALTER TABLE people ADD COLUMN name text NOT NULL DEFAULT 'it''s; $1';\r\n"),
    ("U{3}__index.sql", "CREATE INDEX people_name ON people (name)"),
    ("V{4}__größe.sql", "ALTER TABLE people ADD COLUMN size int;"),
];

/// Each with the versions of a program: small numbers, days, and times, which need 64 bits.
const NUMBERINGS: [(Width, [i64; 4]); 3] = [
    (Width::Int4, [1, 2, 3, 10]),
    (Width::Int4, [20_230_101, 20_230_102, 20_240_101, 20_240_102]),
    (Width::Int8, [20_230_101_120_000, 20_230_102_120_000, 20_230_102_120_001, 20_240_101_000_000]),
];

/// Runs refinery on the files of a folder up to a version, and returns what it applied. Its two widths are two crates.
macro_rules! run_refinery {
    ($refinery:ident, $url:expr, $folder:expr, $table:expr, $last:expr) => {{
        let (mut client, connection) =
            tokio_postgres::connect($url, tokio_postgres::NoTls).await.expect("a connection");
        let driver = tokio::spawn(connection);
        let migrations = $refinery::load_sql_migrations($folder).expect("files that refinery reads");
        let target = match $last {
            Some(last) => $refinery::Target::Version(i64::from(last).try_into().expect("a version")),
            None => $refinery::Target::Latest,
        };
        let mut runner = $refinery::Runner::new(&migrations).set_target(target);
        runner.set_migration_table_name($table);
        let outcome = runner.run_async(&mut client).await;
        drop(client);
        let _ = driver.await;
        match outcome {
            Ok(report) => Ok(report.applied_migrations().iter().map(ToString::to_string).collect::<Vec<_>>()),
            Err(error) => Err(error.to_string()),
        }
    }};
}

async fn refinery(
    width: Width,
    url: &str,
    folder: &Path,
    table: &str,
    last: Option<i64>,
) -> Result<Vec<String>, String> {
    match width {
        Width::Int4 => run_refinery!(refinery_core, url, folder, table, last),
        Width::Int8 => run_refinery!(refinery_core_int8, url, folder, table, last),
    }
}

pub(crate) fn tests() -> Vec<Trial> {
    let mut tests = embedded::tests();
    tests.extend(with_files());
    tests
}

fn with_files() -> Vec<Trial> {
    vec![
        live("bridge: what refinery did is taken over, and deploy goes on", |database| async move {
            for (number, (width, versions)) in NUMBERINGS.into_iter().enumerate() {
                let project = project(&[]);
                let files = project.path().join("refinery");
                write(&files, versions);
                let table = if number == 0 { TABLE.to_owned() } else { format!("\"Odd table {number}\"") };
                let mut db = database.with("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await;
                let applied = refinery(width, &database.text(), &files, &table, Some(versions[2])).await;
                assert_eq!(applied.expect("refinery runs").len(), 3);
                let options = options(&files, &table);
                let folder = project.path().join("migrations");
                let mut directory = Directory::read(&folder).expect("a folder");
                let dry = BridgeOptions { dry_run: true, ..options.clone() };
                let planned = import(&mut db, &mut directory, &dry).await.expect("a plan");
                assert!(!folder.exists() && database.answer("SELECT to_regclass('_prisma_migrations')").await == "\n");
                let imported = import(&mut db, &mut directory, &options).await.expect("an import");
                assert_eq!(imported, planned);
                let pending: Vec<&str> =
                    imported.iter().filter(|found| found.applied_at.is_none()).map(|found| &*found.name).collect();
                assert_eq!(pending, [format!("{:014}_größe", versions[3])]);
                // Again: all is there.
                let again = import(&mut db, &mut directory, &options).await.expect("nothing to do");
                assert!(again.iter().all(|found| !found.new_in_folder && !found.new_in_history), "{again:?}");
                let times = format!(
                    "SELECT string_agg(m.finished_at::text, ' ' ORDER BY migration_name) = (SELECT string_agg( \
                     applied_on::timestamptz::text, ' ' ORDER BY version) FROM {table}) FROM _prisma_migrations AS m \
                     WHERE started_at = finished_at AND applied_steps_count = 1"
                );
                assert_eq!(database.answer(&times).await, "t\n");
                evt_in(&project, &database, &["migrate", "deploy"], true);
                assert_eq!(database.answer("SELECT count(size) FROM people").await, "0\n");
                if number == 0 {
                    let status = evt_in(&project, &database, &["migrate", "status"], true);
                    assert!(status.contains("No drift"), "{status}");
                    // Without a snapshot too, by a replay.
                    database.answer("DROP SCHEMA _evt CASCADE").await;
                    let status = evt_in(&project, &database, &["migrate", "status"], true);
                    assert!(status.contains("No drift: compared with a replay"), "{status}");
                }
            }
        }),
        live("bridge: a second database gets its history for the same folder", |database| async move {
            let project = project(&[]);
            let files = project.path().join("refinery");
            write(&files, NUMBERINGS[0].1);
            let folder = project.path().join("migrations");
            let other: evt::db::DatabaseUrl = database.missing().parse().expect("a URL");
            create_database(&other).await.expect("a second database");
            let mut names = Vec::new();
            for (url, last) in [(database.text(), 2), (database.missing(), 10)] {
                refinery(Width::Int4, &url, &files, TABLE, Some(last)).await.expect("refinery runs");
                let mut db = evt::db::Connection::open(&url.parse().expect("a URL")).await.expect("a connection");
                let mut directory = Directory::read(&folder).expect("a folder");
                let imported = import(&mut db, &mut directory, &options(&files, TABLE)).await.expect("an import");
                names.push(imported.iter().map(|found| found.name.clone()).collect::<Vec<_>>());
                assert_eq!(imported.iter().filter(|found| found.new_in_history).count() + 2, [4, 6][names.len() - 1]);
                db.close().await;
            }
            assert_eq!(names[0], names[1]);
            // Once there are migrations of evt's own, refinery's new ones cannot come before them.
            std::fs::create_dir(folder.join("20300101000000_own")).expect("a folder");
            std::fs::write(folder.join("20300101000000_own/migration.sql"), "SELECT 1").expect("a script");
            std::fs::write(files.join("V11__new.sql"), "SELECT 1").expect("a file");
            let mut db = database.connect().await;
            let mut directory = Directory::read(&folder).expect("a folder");
            let refused = refusal(import(&mut db, &mut directory, &options(&files, TABLE)).await);
            assert!(refused.contains("20300101000000_own"), "{refused}");
        }),
        live(
            "bridge: what does not fit is refused, all of it at once, and nothing is written",
            |database| async move {
                // What somebody did to files and table after refinery ran, and what is said.
                let cases: [(&str, &str, &[&str]); 9] = [
                    ("write V1__people.sql SELECT", "", &["`V1__people.sql` was changed"]),
                    ("remove more/V2__names.sql", "", &["version 2 (`names`) is applied"]),
                    (
                        "move more/V2__names.sql V2__noms.sql",
                        "",
                        &["`V2__noms.sql` was applied under the name `names`"],
                    ),
                    ("write V0__before.sql SELECT", "", &["`V0__before.sql` is not applied though version 3 is"]),
                    ("write V3__again.sql SELECT", "", &["`V3__again.sql` has the same version as `U3__index.sql`"]),
                    ("move V1__people.sql V1__people.rs", "", &["`V1__people.rs` is Rust", "`V1__people.sql`"]),
                    ("write V99999999999999999999__far.sql SELECT", "", &["`V99999999999999999999__far.sql`: "]),
                    (
                        "",
                        "UPDATE refinery_schema_history SET checksum = 'x' WHERE version = 2",
                        &["`checksum` of version 2 is `x`"],
                    ),
                    (
                        "remove V1__people.sql\nwrite U3__index.sql SELECT",
                        "UPDATE refinery_schema_history SET name = 'old' WHERE version = 2",
                        &["version 1", "under the name `old`", "`U3__index.sql` was changed"],
                    ),
                ];
                let mut db = database.connect().await;
                for (deeds, sql, expected) in cases {
                    let project = project(&[]);
                    write(project.path(), NUMBERINGS[0].1);
                    database.answer("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await;
                    refinery(Width::Int4, &database.text(), project.path(), TABLE, Some(3))
                        .await
                        .expect("refinery runs");
                    for deed in deeds.lines() {
                        let words: Vec<&str> = deed.split(' ').collect();
                        let path = project.path().join(words[1]);
                        match words[0] {
                            "write" => std::fs::write(path, words[2]),
                            "move" => std::fs::rename(path, project.path().join(words[2])),
                            _ => std::fs::remove_file(path),
                        }
                        .expect(deed);
                    }
                    database.answer(sql).await;
                    let folder = project.path().join("migrations");
                    let mut directory = Directory::given(&folder, None, Vec::new());
                    let refused = refusal(import(&mut db, &mut directory, &options(project.path(), TABLE)).await);
                    let refused = refused.replace(&format!("{}/", project.path().display()), "");
                    for expected in expected {
                        assert!(refused.contains(expected), "{deeds} {sql}: expected `{expected}`, got\n{refused}");
                    }
                    let left = (folder.exists(), database.answer("SELECT to_regclass('_prisma_migrations')").await);
                    assert_eq!(left, (false, "\n".to_owned()), "{deeds}");
                }
                let empty = TempDir::new().expect("a folder");
                let mut directory = Directory::given(&empty.path().join("m"), None, Vec::new());
                let refused = import(&mut db, &mut directory, &options(empty.path(), TABLE)).await;
                assert!(matches!(refused, Err(MigrateError::Bridge(BridgeError::NoFiles { .. }))), "{refused:?}");
                write(empty.path(), NUMBERINGS[0].1);
                let refused = import(&mut db, &mut directory, &options(empty.path(), "nowhere.history")).await;
                assert!(matches!(refused, Err(MigrateError::Bridge(BridgeError::NoTable { .. }))), "{refused:?}");
            },
        ),
        long("bridge: refinery makes the same database of what is exported", |database| async move {
            let project = project(&[
                ("20240101000000_init", "CREATE TABLE a (id int PRIMARY KEY, t text DEFAULT 'x;y');\n"),
                ("20240102000000_", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;\r\n"),
                ("20240103000000_with-a dash", "CREATE VIEW v AS SELECT id, f() FROM a"),
            ]);
            evt_in(&project, &database, &["migrate", "deploy"], true);
            let files = project.path().join("out");
            let arguments = ["migrate", "export", "--to", "refinery", "--output", "out"];
            evt_in(&project, &database, &arguments, true);
            let expected =
                ["V1__20240101000000_init", "V2__20240102000000_", "V3__20240103000000_with_a_dash"].map(str::to_owned);
            let other: evt::db::DatabaseUrl = database.missing().parse().expect("a URL");
            create_database(&other).await.expect("a second database");
            let applied = refinery(Width::Int4, &database.missing(), &files, TABLE, None).await.expect("refinery runs");
            assert_eq!(applied, expected);
            assert_eq!(dump(&database.missing()), dump(&database.text()));
            // What is new gets the next number, also if its name comes before.
            add(&project, "20240101500000_between", "CREATE TABLE b (id int)");
            evt_in(&project, &database, &arguments, true);
            let applied = refinery(Width::Int4, &database.missing(), &files, TABLE, None).await.expect("refinery runs");
            assert_eq!(applied, ["V4__20240101500000_between"]);
            // What was changed behind evt's back, or is not evt's, is not mixed with it.
            std::fs::write(files.join("V1__20240101000000_init.sql"), "SELECT 1").expect("changed");
            std::fs::write(files.join("V9__other.sql"), "SELECT 1").expect("another");
            let refused = evt_in(&project, &database, &arguments, false);
            assert!(refused.contains("out/V1__20240101000000_init.sql"), "{refused}");
            assert!(refused.contains("out/V9__other.sql` is none of the migrations"), "{refused}");
        }),
        live("bridge: with its history refinery finds nothing to do", |database| async move {
            for (width, table) in [(Width::Int4, TABLE), (Width::Int8, "audit.\"Versions\"")] {
                let project =
                    project(&[("20240101000000_a", "CREATE TABLE a (id int)"), ("20240102000000_b", "SELECT 1")]);
                let mut db = database
                    .with(
                        "DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS audit CASCADE; \
                     CREATE SCHEMA audit",
                    )
                    .await;
                evt_in(&project, &database, &["migrate", "deploy"], true);
                add(&project, "20240103000000_c", "CREATE TABLE c (id int)");
                let files = project.path().join("out");
                let options = options(&files, table);
                let run = async |db: &mut evt::db::Connection| {
                    let directory = Directory::read(&project.path().join("migrations")).expect("a folder");
                    export(&directory, &options, Some(Seed { db, width })).await
                };
                let states = |exported: Vec<Exported>| exported.iter().map(|e| e.new_in_history).collect::<Vec<_>>();
                assert_eq!(states(run(&mut db).await.expect("an export")), [Some(true), Some(true), None]);
                assert_eq!(states(run(&mut db).await.expect("the same")), [Some(false), Some(false), None]);
                let check = refinery(width, &database.text(), &files, table, Some(2)).await;
                assert_eq!(check, Ok(Vec::new()), "nothing to do");
                let times = format!(
                    "SELECT string_agg(m.finished_at::text, ' ' ORDER BY migration_name) = (SELECT string_agg( \
                     applied_on::timestamptz::text, ' ' ORDER BY version) FROM {table}) FROM _prisma_migrations AS m"
                );
                assert_eq!(database.answer(&times).await, "t\n");
                // refinery goes on with what is pending, and evt takes that over again.
                let applied = refinery(width, &database.text(), &files, table, None).await;
                assert_eq!(applied, Ok(vec!["V3__20240103000000_c".to_owned()]));
                // A migration that would have to be applied before others is none that refinery accepts.
                add(&project, "20240104000000_d", "CREATE TABLE d (id int)");
                add(&project, "20240105000000_e", "CREATE TABLE e (id int)");
                evt_in(&project, &database, &["migrate", "resolve", "--applied", "20240105000000_e"], true);
                let refused = refusal(run(&mut db).await);
                assert!(refused.contains("V4__20240104000000_d.sql` is not applied though version 5 is"), "{refused}");
            }
        }),
        live("bridge: there and back again, files and history are refinery's as before", |database| async move {
            let project = project(&[]);
            let files = project.path().join("refinery");
            write(&files, NUMBERINGS[0].1);
            refinery(Width::Int4, &database.text(), &files, TABLE, Some(3)).await.expect("refinery runs");
            let mut db = database.connect().await;
            let mut directory = Directory::read(&project.path().join("migrations")).expect("a folder");
            import(&mut db, &mut directory, &options(&files, TABLE)).await.expect("an import");
            evt_in(&project, &database, &["migrate", "deploy"], true);
            add(&project, "20990101000000_new", "CREATE TABLE fresh (id int)");
            evt_in(&project, &database, &["migrate", "deploy"], true);
            for folder in ["refinery", "elsewhere"] {
                let folder = project.path().join(folder);
                let directory = Directory::read(&project.path().join("migrations")).expect("a folder");
                let seed = Seed { db: &mut db, width: Width::Int4 };
                export(&directory, &options(&folder, TABLE), Some(seed)).await.expect("an export");
                let check = refinery(Width::Int4, &database.text(), &folder, TABLE, None).await;
                assert_eq!(check, Ok(Vec::new()), "{}", folder.display());
            }
            let elsewhere = project.path().join("elsewhere");
            let names = ["V1__people", "V2__names", "V3__index", "V10__größe", "V11__20990101000000_new"];
            for name in names {
                assert!(elsewhere.join(format!("{name}.sql")).is_file(), "{name}");
            }
        }),
        live("bridge: what refinery cannot run is named", |database| async move {
            let scripts = [
                ("1_fine", "CREATE TABLE a (id int); CREATE TYPE e AS ENUM ('a')", None),
                ("2_index", "CREATE INDEX CONCURRENTLY i ON a (id)", Some(true)),
                ("3_enum", "ALTER TYPE e ADD VALUE 'b'; CREATE TABLE t (e e DEFAULT 'b')", Some(true)),
                ("4_own", "BEGIN; CREATE TABLE c (id int); COMMIT", Some(false)),
                ("5_vacuum", "VACUUM a", Some(true)),
            ];
            let project = project(&scripts.map(|(name, script, _)| (name, script)));
            let text = evt_in(&project, &database, &["migrate", "export", "--to", "refinery", "--output", "out"], true);
            for (number, (name, _, trouble)) in scripts.iter().enumerate() {
                let file = format!("`out/V{}__{name}.sql`", number + 1);
                let cannot = text.contains(&format!("refinery cannot run {file}"));
                let ends = text.contains(&format!("{file} ends the transaction"));
                assert_eq!((cannot, ends), (*trouble == Some(true), *trouble == Some(false)), "{name}\n{text}");
                // And it is true.
                let files = project.path().join("out");
                let version = i64::try_from(number + 1).expect("small");
                let outcome = refinery(Width::Int4, &database.text(), &files, TABLE, Some(version)).await;
                assert_eq!(outcome.is_err(), *trouble == Some(true), "{name}: {outcome:?}");
                if outcome.is_err() {
                    std::fs::write(files.join(format!("V{version}__{name}.sql")), "SELECT 1").expect("made harmless");
                    refinery(Width::Int4, &database.text(), &files, TABLE, Some(version)).await.expect("harmless");
                }
            }
        }),
    ]
}

/// Writes the files with the versions of a program.
fn write(folder: &Path, versions: [i64; 4]) {
    for (name, text) in FILES {
        let name =
            (1..=4).fold(name.to_owned(), |name, n| name.replace(&format!("{{{n}}}"), &versions[n - 1].to_string()));
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
}

/// Adds a migration to a project.
fn add(project: &TempDir, name: &str, script: &str) {
    let folder = project.path().join("migrations").join(name);
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::write(folder.join("migration.sql"), script).expect("a script");
}

fn options(folder: &Path, table: &str) -> BridgeOptions {
    BridgeOptions { folder: folder.to_owned(), table: table.to_owned(), dry_run: false, lock_timeout_ms: Some(60_000) }
}

fn refusal<T: std::fmt::Debug>(outcome: Result<Vec<T>, MigrateError>) -> String {
    match outcome {
        Err(error @ MigrateError::Bridge(_)) => error.to_string(),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// What the binary says, on both streams.
fn evt_in(project: &TempDir, database: &TestDatabase, arguments: &[&str], succeeds: bool) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_evt"))
        .args(arguments)
        .current_dir(project.path())
        .env_clear()
        .env("DATABASE_URL", database.text())
        .output()
        .expect("evt starts");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.success(), succeeds, "{arguments:?}\n{text}");
    text
}

/// The database as `pg_dump` prints it, without the histories.
fn dump(url: &str) -> String {
    let program = pg_dump::find(0).expect("pg_dump");
    let histories = [TABLE, "_prisma_migrations"].map(|table| format!("--exclude-table={table}"));
    let output = Command::new(program)
        .args(["--no-owner", "--exclude-schema=_evt", "--dbname", url])
        .args(histories)
        .output()
        .expect("pg_dump runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Each run has another key against commands in the data.
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines()
        .filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"))
        .collect::<Vec<_>>()
        .join("\n")
}
