//! Every error code that evt has: a command is made to fail with it, and says what to do.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use evt::error::Code;
use libtest_mimic::{Failed, Trial};

use crate::guarded::guarded;
use crate::server::{TestDatabase, binaries, live_blocking, of_programs, open_to_all, runtime};

/// Codes that no command produces, because commands treat an existing database as what they wanted, and shorten names:
/// those of `evt engine` do, which has such a test for every code of its own.
const OF_OTHERS: [Code; 2] = [Code::P1009, Code::P3010];

pub(crate) fn tests() -> Vec<Trial> {
    let live: [(&str, LiveTest); 7] = [
        ("P1002", lock_held),
        ("P1002 is for those that need the lock, and can be switched off", lock_not_needed),
        ("P3000", no_database),
        ("P3014", no_shadow),
        ("P3014 is not needed if a server of evt's own can stand in", stand_in),
        ("P3016", no_reset),
        ("P3016 is not needed if things can be dropped one by one", reset_one_by_one),
    ];
    let mut tests: Vec<Trial> = live
        .into_iter()
        .map(|(name, test)| live_blocking(format!("code: {name}"), move |database| test(&database)))
        .collect();
    let credentials = || {
        credentials();
        Ok(())
    };
    tests.push(of_programs(Trial::test("live code: P1000, P1010 and P1011", credentials)));
    let candidates = || {
        candidates();
        Ok(())
    };
    let name = "live code: P3000, after every database through which another can be made was tried";
    tests.push(of_programs(Trial::test(name, candidates)));
    tests.push(Trial::test("code: every one is produced by a test", all_are_produced));
    tests.push(Trial::test("code: whatever a command stops with, it says what to do next", all_have_a_way_out));
    tests
}

type LiveTest = fn(&TestDatabase);

const SCHEMA: &str =
    "datasource db {\n  provider = \"postgresql\"\n  url = env(\"DATABASE_URL\")\n}\n\nmodel A {\n  id Int @id\n}\n";

/// Runs a command that has to fail, and returns what a person reads.
#[track_caller]
fn fails(url: &str, words: &str, migration: bool) -> String {
    fails_in(&project(migration), url, words, "")
}

/// The same in a project that is there, with server programs of the machine in a folder.
#[track_caller]
fn fails_in(project: &tempfile::TempDir, url: &str, words: &str, programs: &str) -> String {
    let output = evt(project, url, words, programs);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}{}", String::from_utf8_lossy(&output.stdout));
    said
}

fn evt(project: &tempfile::TempDir, url: &str, words: &str, programs: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_evt"))
        .args(words.split(' '))
        .current_dir(project.path())
        .env_clear()
        .envs([("DATABASE_URL", url), ("PATH", programs)])
        .output()
        .expect("evt runs")
}

fn project(migration: bool) -> tempfile::TempDir {
    let project = tempfile::tempdir().expect("a folder");
    fs::write(project.path().join("schema.prisma"), SCHEMA).expect("a schema");
    if migration {
        let folder = project.path().join("migrations/1_a");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("migration.sql"), "SELECT 1;\n").expect("a script");
    }
    project
}

#[track_caller]
fn says(said: &str, code: Code, words: &[&str]) {
    assert!(said.contains(&format!("Error: {code}\n\n")), "no {code}: {said}");
    assert!(said.contains("hint: "), "no way out: {said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is not said: {said}");
    }
}

fn lock_held(database: &TestDatabase) {
    runtime().block_on(async {
        let mut db = database.connect().await;
        evt::db::lock::acquire(&mut db, 0, &mut async |_| {}).await.expect("the lock");
        db.script(&"SET application_name = 'nightly'; SELECT 'the last of it'".into()).await.expect("answers");
        let said = fails(&database.text(), "migrate deploy --lock-timeout 1", true);
        let holder = ["held by process", "application nightly", "since 2", "state idle for", "'the last of it'"];
        says(&said, Code::P1002, &[&holder[..], &["Waiting for another migration run", "EVT_LOCK_TIMEOUT"]].concat());
        db.close().await;
    });
}

/// Commands that do not apply migrations, and those that were told not to look at the lock.
fn lock_not_needed(database: &TestDatabase) {
    runtime().block_on(async {
        let mut db = database.connect().await;
        evt::db::lock::acquire(&mut db, 0, &mut async |_| {}).await.expect("the lock");
        let folder = project(true);
        let diff = format!("migrate diff --from-empty --to-url {}", database.text());
        for (words, switch, free) in [
            ("db push", None, true),
            (diff.as_str(), None, true),
            ("migrate resolve --applied 1_a --lock-timeout 1", None, false),
            ("migrate resolve --applied 1_a --lock-timeout 1", Some("0"), false),
            ("migrate resolve --applied 1_a --lock-timeout 1", Some(""), false),
            ("migrate resolve --applied 1_a", Some("1"), true),
            ("migrate deploy --lock-timeout 1", None, false),
            ("migrate deploy", Some("true"), true),
            ("migrate status --no-drift", None, true),
        ] {
            let output = Command::new(env!("CARGO_BIN_EXE_evt"))
                .args(words.split(' '))
                .current_dir(folder.path())
                .env_clear()
                .env("DATABASE_URL", database.text())
                .envs(switch.map(|value| ("PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK", value)))
                .output()
                .expect("evt runs");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.success(), free, "{words} {switch:?}: {said}");
            assert_eq!(said.contains("P1002"), !free, "{words} {switch:?}: {said}");
        }
        db.close().await;
    });
}

/// A role that may log in and nothing else, dropped with what it owns.
pub(crate) struct Role<'a> {
    database: &'a TestDatabase,
    pub(crate) name: String,
}

impl<'a> Role<'a> {
    pub(crate) fn new(database: &'a TestDatabase, rights: &str) -> Self {
        let name = format!("{}_coder", database.url.database());
        database.ask(&format!("CREATE ROLE {name} LOGIN {rights}"));
        Self { database, name }
    }

    pub(crate) fn url(&self) -> String {
        let user = self.database.url.user().unwrap_or("postgres");
        self.database.text().replacen(&format!("://{user}"), &format!("://{}", self.name), 1)
    }
}

impl Drop for Role<'_> {
    fn drop(&mut self) {
        let name = &self.name;
        self.database.ask(&format!("REASSIGN OWNED BY {name} TO CURRENT_USER; DROP OWNED BY {name}; DROP ROLE {name}"));
    }
}

fn no_database(database: &TestDatabase) {
    let role = Role::new(database, "");
    let url = role.url().replacen(&format!("/{}?", database.url.database()), "/evt_no_such_database?", 1);
    says(&fails(&url, "migrate deploy", true), Code::P3000, &["evt_no_such_database", "permission denied", "CREATEDB"]);
    says(&fails(&url, "migrate status", true), Code::P1003, &["evt_no_such_database"]);
}

fn no_shadow(database: &TestDatabase) {
    let role = Role::new(database, "");
    database.ask(&format!("GRANT ALL ON SCHEMA public TO {}", role.name));
    // Migrations may use what an old server does not know.
    let old = tempfile::tempdir().expect("a folder");
    for program in ["initdb", "postgres"] {
        let path = old.path().join(program);
        fs::write(&path, "#!/bin/sh\necho 'postgres (PostgreSQL) 9.6'\n").expect("a program");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program that runs");
    }
    let programs = old.path().display().to_string();
    let said = fails_in(&project(false), &role.url(), "migrate dev --name x", &programs);
    says(&said, Code::P3014, &["permission denied", "this machine has PostgreSQL 9", "CREATEDB"]);
    let said = fails_in(&project(true), &role.url(), &format!("{COMPARE} {}", role.url()), &programs);
    for words in ["none is named for that", "this machine has PostgreSQL 9", "--shadow-database-url"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

/// Needs a database to replay the migrations in.
const COMPARE: &str = "migrate diff --script --from-migrations migrations --to-url";

fn stand_in(database: &TestDatabase) {
    let role = Role::new(database, "");
    database.ask(&format!("GRANT ALL ON SCHEMA public TO {}", role.name));
    let (project, programs) = (project(true), binaries().expect("server programs"));
    open_to_all(project.path());
    for (words, says) in [
        ("migrate deploy", ""),
        (
            "migrate dev --name x",
            "the role may not create databases: the migrations were replayed in a PostgreSQL of evt",
        ),
        (
            &format!("{COMPARE} {}", role.url()),
            "no shadow database is named: the migrations were replayed in a Postgre",
        ),
    ] {
        let output = evt(&project, &role.url(), words, &programs);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains(says), "{words}: {said}");
    }
    assert!(!project.path().join(".evt/cache").exists(), "what another server makes is not kept as this one's");
    assert!(!project.path().join(".evt/shadow/data/postmaster.pid").exists(), "it stops with the command");
    // A migration that this server could not replay is no reason to say less about it.
    database.ask(
        "SET allow_system_table_mods = on; \
         UPDATE pg_extension SET extname = 'of_this_server_only' WHERE extname = 'plpgsql'",
    );
    let said = fails_in(&project, &role.url(), "migrate dev --name y", &programs);
    says(&said, Code::P3014, &["it lacks the extension `of_this_server_only`"]);
}

fn no_reset(database: &TestDatabase) {
    let role = Role::new(database, "");
    database.ask(&format!("CREATE TABLE theirs (id int); GRANT ALL ON SCHEMA public TO {}", role.name));
    says(&fails(&role.url(), "migrate reset --force", true), Code::P3016, &["owner"]);
    assert_eq!(database.ask("SELECT to_regclass('theirs') IS NULL"), "f\n");
}

/// Without the right to drop the namespace, its contents go: tables, views, types; not those of extensions.
fn reset_one_by_one(database: &TestDatabase) {
    let role = Role::new(database, "");
    database.ask(&format!("GRANT ALL ON SCHEMA public TO {}", role.name));
    database.ask(&format!(
        "SET ROLE {}; CREATE TABLE a (id serial PRIMARY KEY); CREATE TABLE b (id int REFERENCES a); \
         CREATE VIEW v AS SELECT * FROM a; CREATE MATERIALIZED VIEW m AS SELECT * FROM v; CREATE TYPE e AS ENUM ('x'); \
         CREATE TYPE c AS (x int); CREATE DOMAIN d AS e; CREATE SEQUENCE s; CREATE TABLE \"Odd \"\"name\" (e e, d d)",
        role.name
    ));
    let project = project(true);
    let output = Command::new(env!("CARGO_BIN_EXE_evt"))
        .args(["migrate", "reset", "--force"])
        .current_dir(project.path())
        .env_clear()
        .env("DATABASE_URL", role.url())
        .output()
        .expect("evt runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let left = database.ask(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind <> 'i' \
         UNION ALL SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')",
    );
    assert_eq!(left, "_prisma_migrations\n");
}

fn credentials() {
    let port = guarded().port;
    let at = |who: &str, parameters: &str| format!("postgresql://{who}@localhost:{port}/postgres{parameters}");
    for words in ["migrate status", "migrate deploy", "db push"] {
        says(&fails(&at("plain:wrong", ""), words, true), Code::P1000, &["plain", "percent-encoded"]);
        says(&fails(&at("barred:secret-of-barred", ""), words, true), Code::P1010, &["barred", "pg_hba.conf"]);
        let said = fails(&at("plain:secret-of-plain", "?sslmode=verify-full"), words, true);
        says(&said, Code::P1011, &["encrypted", "sslrootcert"]);
    }
}

/// A missing database is made through `postgres`, `template1` or `defaultdb`: the first that lets the user in.
fn candidates() {
    let server = guarded();
    let at = |who: &str, database: &str| format!("postgresql://{who}:secret@localhost:{}/{database}", server.port);
    let deploy = |who: &str, database: &str| evt(&project(true), &at(who, database), "migrate deploy", "");
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let output = deploy("without_postgres", "through_template1");
    assert!(output.status.success(), "{}", said(&output));
    let url = at("without_both", "through_defaultdb");
    for words in ["migrate deploy", "db push"] {
        says(&fails(&url, words, true), Code::P3000, &["through_defaultdb", "cannot be created", "defaultdb"]);
    }
    server.run("CREATE DATABASE defaultdb");
    let output = deploy("without_both", "through_defaultdb");
    assert!(output.status.success(), "{}", said(&output));
}

/// A transcript or a test here shows each code.
fn all_are_produced() -> Result<(), Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut shown = fs::read_to_string(root.join("it/codes.rs"))?;
    for (_, text) in transcripts()? {
        shown.push_str(&text);
    }
    let missing: Vec<&str> = Code::ALL
        .iter()
        .filter(|(code, _)| !OF_OTHERS.contains(code))
        .map(|(code, _)| code.as_str())
        .filter(|code| !shown.contains(&format!("Error: {code}\n")) && !shown.contains(&format!(", Code::{code}, ")))
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("nobody shows {}", missing.join(", ")).into()) }
}

/// The transcripts of commands, with their paths.
fn transcripts() -> Result<Vec<(PathBuf, String)>, Failed> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/commands")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)?.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.clone(), fs::read_to_string(path)?));
            }
        }
    }
    Ok(found)
}

/// Below each code there is a hint, or, where a line of the schema is to blame, that line.
fn all_have_a_way_out() -> Result<(), Failed> {
    let mut silent = Vec::new();
    for (path, text) in transcripts()? {
        for said in text.split("\n-- ").filter(|said| said.contains("! Error: P")) {
            if !said.contains("\n! hint: ") && !said.contains("! error[P1012]") {
                silent.push(format!("{}: {}", path.display(), said.lines().next().unwrap_or_default()));
            }
        }
    }
    if silent.is_empty() { Ok(()) } else { Err(format!("no way out is shown in\n{}", silent.join("\n")).into()) }
}
