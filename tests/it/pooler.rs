//! PgBouncer in front of the server of the tests: reading a database and applying migrations through it.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use libtest_mimic::Trial;

use crate::migrations::project;
use crate::server::{TestDatabase, live_blocking, of_programs, open_to_all};

pub(crate) fn tests() -> Vec<Trial> {
    let pull = live_blocking("pooler: db pull through every mode of PgBouncer", |database| pull(&database));
    let deploy = live_blocking("pooler: deploy through every mode of PgBouncer", |database| deploy(&database));
    [pull, deploy].map(|test| of_programs(test.with_ignored_flag(!has_pgbouncer()))).into()
}

/// All questions are in one transaction, without names on the server: other clients may have its connections before and
/// after.
fn pull(database: &TestDatabase) {
    database.ask(
        "CREATE TYPE mood AS ENUM ('sad', 'so-so');
         CREATE TABLE a (id serial PRIMARY KEY, mood mood[] DEFAULT '{so-so}', span interval, at timestamptz DEFAULT '2020-01-01');
         CREATE TABLE b (id int PRIMARY KEY, aid int REFERENCES a ON DELETE SET NULL, UNIQUE (aid, id));
         CREATE VIEW v AS SELECT id FROM a;",
    );
    let folder = tempfile::tempdir().expect("a folder");
    let schema = "generator client {\n  provider        = \"prisma-client\"\n  output          = \"client\"\n  \
                  previewFeatures = [\"views\"]\n}\n\ndatasource db {\n  provider = \"postgresql\"\n}\n";
    std::fs::write(folder.path().join("schema.prisma"), schema).expect("a schema");
    let pull = |url: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_evt"))
            .args(["db", "pull", "--print", "--url", url])
            .current_dir(folder.path())
            .env_clear()
            .output()
            .expect("evt runs");
        (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (expected, _) = pull(&database.text());
    assert!(expected.contains("model b {") && expected.contains("view v {"), "{expected}");
    for mode in ["session", "transaction"] {
        let pooler = Pooler::start(database, mode);
        for parameters in ["", "pgbouncer=true"] {
            // More than once over the same connection to the server.
            for _ in 0..3 {
                let (schema, said) = pull(&pooler.url(database, parameters));
                assert!(schema == expected, "{mode}, {parameters}: {said}\n{schema}");
            }
        }
    }
    let pooler = Pooler::start(database, "statement");
    let (schema, said) = pull(&pooler.url(database, ""));
    assert_eq!(schema, "");
    assert!(said.contains("statement pooling mode"), "{said}");
}

/// Where the lock cannot be held nothing is done, and evt says what to do instead; which then works.
fn deploy(database: &TestDatabase) {
    let project = project(&[
        ("1_a", "CREATE TABLE a (id int);\nSET search_path = nowhere;"),
        ("2_b", "CREATE INDEX CONCURRENTLY i ON a (id);\nCREATE TABLE b (id int);"),
    ]);
    let deploy = |url: &str, variables: &[(&str, &str)]| {
        let output = Command::new(env!("CARGO_BIN_EXE_evt"))
            .args(["migrate", "deploy"])
            .current_dir(project.path())
            .env_clear()
            .env("DATABASE_URL", url)
            .envs(variables.iter().copied())
            .output()
            .expect("evt runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let made = "SELECT count(*), to_regclass('i') IS NOT NULL AND to_regclass('b') IS NOT NULL FROM _prisma_migrations \
                WHERE finished_at IS NOT NULL";
    let anew = "DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS _evt CASCADE";
    let transaction = Pooler::start(database, "transaction");
    for parameters in ["", "pgbouncer=true"] {
        let (succeeds, said) = deploy(&transaction.url(database, parameters), &[]);
        assert!(!succeeds && said.contains("pooler") && said.contains("directUrl"), "{parameters}: {said}");
        assert_eq!(database.ask("SELECT to_regclass('a')"), "\n", "nothing was done");
    }
    // Who has no other runs may do without the lock; or the server itself is reached by another URL.
    let no_lock = ("PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK", "1");
    let direct = database.text();
    for variable in [no_lock, ("EVT_DATABASE_URL", direct.as_str())] {
        database.ask(anew);
        let (succeeds, said) = deploy(&transaction.url(database, ""), &[variable]);
        assert!(succeeds, "{variable:?}: {said}");
        assert_eq!(database.ask(made), "2 | t\n", "{variable:?}");
    }
    database.ask(anew);
    let session = Pooler::start(database, "session");
    let (succeeds, said) = deploy(&session.url(database, ""), &[]);
    assert!(succeeds, "{said}");
    assert_eq!(database.ask(made), "2 | t\n");
}

pub(crate) fn has_pgbouncer() -> bool {
    Command::new("pgbouncer").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// PgBouncer in front of the server that the tests run on.
pub(crate) struct Pooler {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Pooler {
    /// Starts one with this `pool_mode`.
    pub(crate) fn start(database: &TestDatabase, mode: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        open_to_all(folder.path());
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
        let socket_folder = database.url.host().expect("a host");
        let user = database.url.user().unwrap_or("postgres");
        let users = folder.path().join("users.txt");
        std::fs::write(&users, format!("\"{user}\" \"\"\n")).expect("a file");
        let settings = folder.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host={socket_folder} port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = {mode}\n",
            database.url.port(),
            users.display()
        );
        std::fs::write(&settings, text).expect("a file");
        // As the server's user: who else may enter the folder of its socket? PgBouncer refuses to run as root anyway.
        let owner = std::fs::metadata(&socket_folder).expect("the socket's folder");
        let mut child = Command::new("pgbouncer")
            .arg(&settings)
            .uid(owner.uid())
            .gid(owner.gid())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("pgbouncer starts");
        let mut log = BufReader::new(child.stderr.take().expect("its log"));
        let mut said = String::new();
        while !said.contains("process up") {
            assert_ne!(log.read_line(&mut said).expect("its log"), 0, "pgbouncer does not start: {said}");
        }
        // Whoever logs must not wait for a reader.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self { child, port, _folder: folder }
    }

    /// Leads to the database of a test through the pooler.
    pub(crate) fn url(&self, database: &TestDatabase, parameters: &str) -> String {
        let user = database.url.user().unwrap_or("postgres");
        format!("postgresql://{user}@127.0.0.1:{}/{}?{parameters}", self.port, database.url.database())
    }
}
