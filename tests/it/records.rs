//! evt's own records and the cache, on a real server.

use std::path::Path;

use evt::catalog::compare::ObjectChange;
use evt::db::Connection;
use evt::diff::External;
use evt::introspect::Scope;
use evt::migrations::dev::{Diagnosis, diagnose};
use evt::migrations::drift::{Drift, Expectations, Origin, drift};
use evt::migrations::records::{Records, apply_recorded, clear, runs};
use evt::migrations::status::{Reading, status_and_history};
use evt::migrations::{ApplyOptions, Cache, Directory, Shadow, Transactions};
use evt::sql::quote::Statement;
use futures_util::future::join_all;
use libtest_mimic::Trial;
use tempfile::TempDir;

use crate::migrations::migrations;
use crate::server::live;

pub(crate) fn tests() -> Vec<Trial> {
    vec![
        live("records: runs with their outcome, and who ran them", |database| async move {
            let mut db = database.connect().await;
            let good = migrations(&[("1_a", "CREATE TABLE a (id int)"), ("2_b", "CREATE TABLE b (id int)")]);
            let bad = migrations(&[
                ("1_a", "CREATE TABLE a (id int)"),
                ("2_b", "CREATE TABLE b (id int)"),
                ("3_c", "nonsense"),
            ]);
            assert_eq!(apply(&mut db, good.path(), &records("_evt")).await, (2, vec![]));
            assert_eq!(
                apply(&mut db, good.path(), &records("_evt")).await,
                (0, vec![]),
                "nothing to do, nothing to note"
            );
            assert_eq!(apply(&mut db, bad.path(), &records("_evt")).await, (99, vec![]));
            let found = runs(&mut db, "_evt", 10).await.expect("readable").expect("records");
            let short: Vec<String> = found
                .iter()
                .map(|run| {
                    let steps = run.steps.iter().map(|step| format!("{} {}", step.migration, step.outcome));
                    format!("{} {}: {}", run.command, run.outcome, steps.collect::<Vec<_>>().join(", "))
                })
                .collect();
            assert_eq!(
                short,
                ["migrate deploy failed: 3_c rolled back", "migrate deploy succeeded: 1_a applied, 2_b applied"]
            );
            assert_eq!((found[0].host.as_deref(), found[0].commit.as_deref()), (Some("here"), Some("abc")));
            assert!(found[0].error.as_deref().is_some_and(|error| error.contains("nonsense")), "{:?}", found[0].error);
            assert!(found[1].milliseconds.is_some() && found[1].steps[0].milliseconds.is_some());
            clear(&mut db, "_evt").await.expect("cleared");
            assert_eq!(runs(&mut db, "_evt", 10).await.expect("readable"), None);
        }),
        live("records: 16 first uses at once", |database| async move {
            let scripts: Vec<(String, String)> =
                (10..26).map(|n| (format!("{n}_m"), format!("CREATE TABLE t{n} (id int)"))).collect();
            let scripts: Vec<(&str, &str)> = scripts.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            let project = migrations(&scripts);
            let mut connections = Vec::new();
            for _ in 0..16 {
                connections.push(database.connect().await);
            }
            let path = project.path();
            let all = connections.iter_mut().map(|db| async move { apply(db, path, &records("_evt")).await });
            let outcomes = join_all(all).await;
            let applied: usize = outcomes.iter().map(|(count, _)| count).sum();
            let notes: Vec<&String> = outcomes.iter().flat_map(|(_, notes)| notes).collect();
            assert_eq!((applied, notes), (16, vec![]));
            assert_eq!(ask(&mut connections[0], "SELECT count(*) = max(version) FROM _evt.version").await, "t");
            assert_eq!(
                ask(&mut connections[0], "SELECT count(*) FROM _evt.run WHERE outcome <> 'succeeded'").await,
                "0"
            );
        }),
        live("records: a newer version of the tables is written to", |database| async move {
            let mut db = database.connect().await;
            let first = migrations(&[("1_a", "SELECT 1")]);
            assert_eq!(apply(&mut db, first.path(), &records("_evt")).await, (1, vec![]));
            let newer = "INSERT INTO _evt.version VALUES (7, 'more', now()::text, '1'); \
                         ALTER TABLE _evt.run ADD COLUMN weather text NOT NULL DEFAULT 'fair'";
            db.script(&newer.into()).await.expect("what a newer evt does");
            let second = migrations(&[("1_a", "SELECT 1"), ("2_b", "SELECT 2")]);
            assert_eq!(apply(&mut db, second.path(), &records("_evt")).await, (1, vec![]));
            assert_eq!(ask(&mut db, "SELECT count(*), max(weather) FROM _evt.run").await, "2 fair");
        }),
        live("records: without rights the run is not recorded, and says so once", |database| async move {
            let role = format!("{}_poor", database.url.database());
            let mut db = database
                .with(&format!("CREATE ROLE {role} LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO {role}"))
                .await;
            let poor: evt::db::DatabaseUrl = database.text_as(&role).parse().expect("a URL");
            let mut poor = Connection::open(&poor).await.expect("trusted");
            let project = migrations(&[("1_a", "CREATE TABLE a (id int)")]);
            let (applied, notes) = apply(&mut poor, project.path(), &records("_evt")).await;
            poor.close().await;
            db.script(&Statement::script(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))).await.expect("it goes");
            assert_eq!(applied, 1);
            assert!(matches!(notes.as_slice(), [note] if note.contains("permission denied")), "{notes:?}");
        }),
        live("records: a run that did not get the lock failed", |database| async move {
            let mut holder = database.connect().await;
            evt::db::lock::acquire(&mut holder, 1000, &mut async |_| {}).await.expect("a free lock");
            let mut db = database.connect().await;
            let project = migrations(&[("1_a", "SELECT 1")]);
            let directory = Directory::read(project.path()).expect("a folder");
            let options = ApplyOptions { lock_timeout_ms: Some(20), ..options() };
            let (outcome, notes) =
                apply_recorded(&mut db, &directory, &options, Some(&records("_evt")), &mut async |_| {}).await;
            assert!(outcome.is_err() && notes.is_empty(), "{outcome:?} {notes:?}");
            assert_eq!(ask(&mut db, "SELECT outcome FROM _evt.run").await, "failed");
        }),
        live("records: a run that died is known to be interrupted", |database| async move {
            let mut db = database.connect().await;
            let first = migrations(&[("1_a", "SELECT 1")]);
            assert_eq!(apply(&mut db, first.path(), &records("r")).await, (1, vec![]));
            let died = "INSERT INTO r.run (command, evt_version, backend) VALUES ('migrate deploy', '0', 1)";
            db.script(&died.into()).await.expect("a run");
            let second = migrations(&[("1_a", "SELECT 1"), ("2_b", "SELECT 2")]);
            assert_eq!(apply(&mut db, second.path(), &records("r")).await, (1, vec![]));
            assert_eq!(
                ask(&mut db, "SELECT outcome FROM r.run ORDER BY id").await,
                "succeeded, interrupted, succeeded"
            );
        }),
        live("records: drift that was there before a deploy stays drift", |database| async move {
            /// What somebody does behind evt's back, the next migration, and what differs afterwards.
            const CASES: [(&str, &str, &str, &str); 9] = [
                ("nothing", "", "ALTER TABLE a ADD COLUMN n int", ""),
                ("a column", "ALTER TABLE a ADD COLUMN x int", "ALTER TABLE a ADD COLUMN n int", "+ column public.a.x"),
                (
                    "a table",
                    "CREATE TABLE x (id int)",
                    "CREATE TABLE n (id int)",
                    "+ column public.x.id, + table public.x",
                ),
                ("a table that is adopted", "CREATE TABLE x (id int)", "CREATE TABLE IF NOT EXISTS x (id int)", ""),
                ("a table that is dropped", "CREATE TABLE x (id int)", "DROP TABLE x", ""),
                ("an index that is gone", "DROP INDEX i", "CREATE TABLE n (id int)", "- index public.a.i"),
                ("an index that comes back", "DROP INDEX i", "CREATE INDEX i ON a (t)", ""),
                (
                    "a default, and another one by the migration",
                    "ALTER TABLE a ALTER id SET DEFAULT 1, ALTER t SET DEFAULT 'x'",
                    "ALTER TABLE a ALTER id SET DEFAULT 2",
                    "~ column public.a.t",
                ),
                (
                    "a function, in a script with segments",
                    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'",
                    "CREATE INDEX CONCURRENTLY n ON a (t); CREATE TABLE n2 (id int)",
                    "~ function public.f()",
                ),
            ];
            let first = "CREATE TABLE a (id int, t text); CREATE INDEX i ON a (t); \
                         CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'";
            let mut db = database.connect().await;
            for (name, behind, second, expected) in CASES {
                let anew = "DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS _evt CASCADE";
                db.script(&anew.into()).await.expect("emptied");
                let project = migrations(&[("1_a", first)]);
                assert_eq!(apply(&mut db, project.path(), &records("_evt")).await, (1, vec![]), "{name}");
                db.script(&Statement::script(behind)).await.expect(name);
                let project = migrations(&[("1_a", first), ("2_b", second)]);
                assert_eq!(apply(&mut db, project.path(), &records("_evt")).await, (1, vec![]), "{name}");
                assert_eq!(drifted(&mut db, project.path()).await, (expected.to_owned(), None), "{name}");
                // And after one more.
                let project = migrations(&[("1_a", first), ("2_b", second), ("3_c", "CREATE TABLE later (id int)")]);
                assert_eq!(apply(&mut db, project.path(), &records("_evt")).await, (1, vec![]), "{name}");
                assert_eq!(drifted(&mut db, project.path()).await, (expected.to_owned(), None), "{name}, later");
            }
        }),
        live("records: also after a run that failed in the middle, and was finished later", |database| async move {
            let mut db = database.connect().await;
            let project = migrations(&[("1_a", "CREATE TABLE a (id int)")]);
            apply(&mut db, project.path(), &records("_evt")).await;
            db.script(&"ALTER TABLE a ADD COLUMN x int; INSERT INTO a VALUES (1), (1)".into()).await.expect("drift");
            let project = migrations(&[
                ("1_a", "CREATE TABLE a (id int)"),
                ("2_b", "CREATE TABLE b (id int)"),
                (
                    "3_c",
                    "CREATE TABLE c (id int); CREATE UNIQUE INDEX CONCURRENTLY i ON a (id); CREATE TABLE d (id int)",
                ),
            ]);
            assert_eq!(apply(&mut db, project.path(), &records("_evt")).await, (99, vec![]), "there are equal values");
            db.script(&"TRUNCATE a".into()).await.expect("the cause is gone");
            assert_eq!(apply(&mut db, project.path(), &records("_evt")).await, (1, vec![]));
            assert_eq!(drifted(&mut db, project.path()).await, ("+ column public.a.x".to_owned(), None));
        }),
        live("records: what nobody recorded is not claimed to be known", |database| async move {
            let mut db = database.connect().await;
            let project = migrations(&[("1_a", "CREATE TABLE a (id int)")]);
            let directory = Directory::read(project.path()).expect("a folder");
            evt::migrations::apply_pending(&mut db, &directory, &options(), &mut async |_| {})
                .await
                .expect("without records");
            db.script(&"ALTER TABLE a ADD COLUMN x int".into()).await.expect("drift");
            let project = migrations(&[("1_a", "CREATE TABLE a (id int)"), ("2_b", "CREATE TABLE b (id int)")]);
            assert_eq!(apply(&mut db, project.path(), &records("_evt")).await, (1, vec![]));
            let (found, since) = drifted(&mut db, project.path()).await;
            assert!(found.is_empty() && since.is_some(), "{found}");
            // Which stays so.
            let project =
                migrations(&[("1_a", "CREATE TABLE a (id int)"), ("2_b", "CREATE TABLE b (id int)"), ("3_c", "")]);
            assert_eq!(apply(&mut db, project.path(), &records("_evt")).await, (1, vec![]));
            assert_eq!(drifted(&mut db, project.path()).await, (String::new(), since));
        }),
        live("records: tables of the first version are brought to this one", |database| async move {
            let mut db = database.connect().await;
            let all = refinery_core::load_sql_migrations(concat!(env!("CARGO_MANIFEST_DIR"), "/src/migrations/state"));
            let all = all.expect("the versions of the tables");
            let newest = all.iter().map(refinery_core::Migration::version).max().expect("versions");
            for version in 1..newest {
                let anew = "DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS _evt CASCADE; \
                            CREATE SCHEMA _evt";
                db.script(&anew.into()).await.expect("emptied");
                // As an evt of that time left it.
                let (mut client, connection) =
                    tokio_postgres::connect(&database.text(), tokio_postgres::NoTls).await.expect("a connection");
                let driver = tokio::spawn(connection);
                client.batch_execute("SET search_path = _evt").await.expect("set");
                let mut runner = refinery_core::Runner::new(&all).set_target(refinery_core::Target::Version(version));
                runner.set_migration_table_name("_evt.version").run_async(&mut client).await.expect("made");
                let old = "INSERT INTO run (command, evt_version, outcome) VALUES ('migrate deploy', '0', 'succeeded'); \
                           INSERT INTO snapshot (run, history, digest, format, schemas, catalog) \
                           VALUES (1, 'h', 'd', 1, '{public}', '{}')";
                client.batch_execute(old).await.expect("used");
                drop(client);
                let _ = driver.await;
                let project = migrations(&[("1_a", "CREATE TABLE a (id int)")]);
                assert_eq!(apply(&mut db, project.path(), &records("_evt")).await, (1, vec![]), "from {version}");
                assert_eq!(ask(&mut db, "SELECT max(version) FROM _evt.version").await, newest.to_string());
                assert_eq!(runs(&mut db, "_evt", 10).await.expect("readable").expect("records").len(), 2);
                let since = "SELECT (baseline = taken_at)::text FROM _evt.snapshot ORDER BY id";
                assert_eq!(ask(&mut db, since).await, "true, ", "what the old one took for right is known to be so");
            }
        }),
        live("cache: replays are spared as long as nothing changed", |database| async move {
            let mut db = database.connect().await;
            let project = migrations(&[("1_a", "CREATE TABLE a (id int PRIMARY KEY)")]);
            let kept = tempfile::tempdir().expect("a folder");
            let cache = Cache::in_folder(kept.path().join("cache"));
            assert_eq!(apply(&mut db, project.path(), &records("_evt")).await, (1, vec![]));
            // A shadow database that cannot be made fails every replay.
            let none = Shadow::given(database.text_as("nobody_of_this_name").parse().expect("a URL"));
            let beside = Shadow::new(&database.url, None).expect("a shadow");
            look(&mut db, project.path(), &beside, Some(&cache)).await.expect("replays");
            let before = files(&cache_folder(&kept));
            let again = look(&mut db, project.path(), &beside, Some(&cache)).await.expect("the cache");
            assert!(again.reset_reasons.is_empty() && again.replayed.tables.len() == 1);
            assert_eq!(files(&cache_folder(&kept)), before, "nothing was replayed, so nothing was written");
            // Whoever may not make a database cannot replay anything, and need not.
            let role = format!("{}_looker", database.url.database());
            db.script(&Statement::script(&format!("CREATE ROLE {role} LOGIN"))).await.expect("a role");
            let main = database.text_as(&role).parse().expect("a URL");
            let unable = Shadow::new(&main, None).expect("a shadow");
            let spared = look(&mut db, project.path(), &unable, Some(&cache)).await;
            let replayed = look(&mut db, project.path(), &unable, None).await;
            db.script(&Statement::script(&format!("DROP ROLE {role}"))).await.expect("no role");
            assert_eq!(spared.expect("nothing is replayed").replayed, again.replayed);
            assert!(replayed.expect_err("without the cache all is").contains("permission denied"));
            assert!(look(&mut db, project.path(), &none, Some(&cache)).await.is_err());
            // Drift is seen though the cache knows the migrations.
            db.script(&"ALTER TABLE a ADD COLUMN b int".into()).await.expect("drift");
            let drifted = look(&mut db, project.path(), &beside, Some(&cache)).await.expect("replays");
            assert_eq!(drifted.reset_reasons.len(), 1);
            db.script(&"ALTER TABLE a DROP COLUMN b".into()).await.expect("no drift");
            // An edited script has another key, and a broken file is made anew.
            std::fs::write(project.path().join("1_a/migration.sql"), "CREATE TABLE a (id bigint PRIMARY KEY)")
                .expect("edited");
            let edited = look(&mut db, project.path(), &beside, Some(&cache)).await.expect("replays");
            assert!(!edited.reset_reasons.is_empty());
            assert_eq!(files(&cache_folder(&kept)).len(), before.len() + 1);
            for file in std::fs::read_dir(cache_folder(&kept)).expect("the cache").flatten() {
                std::fs::write(file.path(), "broken").expect("broken");
            }
            look(&mut db, project.path(), &beside, Some(&cache)).await.expect("replays");
            let good = files(&cache_folder(&kept)).into_iter().filter(|(_, length)| *length > 100).count();
            assert_eq!(good, 1);
        }),
    ]
}

fn records(schema: &str) -> Records {
    Records {
        schema: schema.to_owned(),
        command: "migrate deploy",
        os_user: Some("me".to_owned()),
        host: Some("here".to_owned()),
        commit: Some("abc".to_owned()),
    }
}

/// How many migrations were applied, 99 after a failure; and what could not be recorded.
async fn apply(db: &mut Connection, folder: &Path, records: &Records) -> (usize, Vec<String>) {
    let directory = Directory::read(folder).expect("a folder");
    let (outcome, notes) = apply_recorded(db, &directory, &options(), Some(records), &mut async |_| {}).await;
    (outcome.map_or(99, |applied| applied.len()), notes)
}

fn options() -> ApplyOptions {
    ApplyOptions {
        namespaces: vec!["public".to_owned()],
        lock_timeout_ms: Some(60_000),
        transactions: Transactions::Honest,
        external_tables: Vec::new(),
    }
}

/// What status finds different from the snapshot, and since when the snapshot knows.
async fn drifted(db: &mut Connection, folder: &Path) -> (String, Option<String>) {
    let directory = Directory::read(folder).expect("a folder");
    let (status, history) = status_and_history(db, &directory, Reading::Honest).await.expect("a status");
    let expectations = Expectations {
        state: Some("_evt"),
        cache: None,
        shadow: &Shadow::given("postgresql://nobody@localhost/nothing".parse().expect("a URL")),
        scope: &Scope { namespaces: vec!["public".to_owned()], default_namespace: "public".to_owned() },
        external: &External::default(),
    };
    let found = Box::pin(drift(db, &directory, &history, &status, &expectations)).await.expect("a look");
    let Drift::Checked(checked) = found else { panic!("{found:?}") };
    let Origin::Snapshot { since, .. } = checked.origin else { panic!("{:?}", checked.origin) };
    let signs = checked.comparison.differences.iter().map(|difference| {
        let sign = match difference.change {
            ObjectChange::Added(_) => '+',
            ObjectChange::Removed(_) => '-',
            ObjectChange::Altered(_) => '~',
        };
        format!("{sign} {}", difference.id)
    });
    let mut signs: Vec<String> = signs.collect();
    signs.sort();
    (signs.join(", "), since)
}

async fn look(db: &mut Connection, folder: &Path, shadow: &Shadow, cache: Option<&Cache>) -> Result<Diagnosis, String> {
    let scope = Scope { namespaces: vec!["public".to_owned()], default_namespace: "public".to_owned() };
    let directory = Directory::read(folder).expect("a folder");
    diagnose(db, &directory, shadow, &scope, &External::default(), cache, Reading::Honest)
        .await
        .map_err(|error| error.to_string())
}

/// The rows of an answer, separated by commas.
async fn ask(db: &mut Connection, sql: &str) -> String {
    let rows = db.rows(&Statement::script(sql)).await.expect(sql);
    rows.iter().map(|row| row.values().join(" ")).collect::<Vec<_>>().join(", ")
}

fn cache_folder(kept: &TempDir) -> std::path::PathBuf {
    kept.path().join("cache")
}

/// The files with their lengths.
fn files(folder: &Path) -> Vec<(String, u64)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .flatten()
        .filter(|file| file.path().extension().is_some_and(|extension| extension == "catalog"))
        .map(|file| (file.file_name().to_string_lossy().into_owned(), file.metadata().map_or(0, |data| data.len())))
        .collect();
    files.sort();
    files
}
