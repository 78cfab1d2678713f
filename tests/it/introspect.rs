//! Reading live databases: each case of `tests/fixtures/introspect/*.case` is a script and what must be read after it.
//!
//! A case starts with `=== name` and optional words: `since=15` and `until=14` bound the server's major version,
//! `needs=citext` names an extension. Its sections are `-- sql --`, an optional `-- scope --` (namespaces, the first of
//! which is the default one) and `-- database --`. `UPDATE=1` rewrites the last one.

mod dump;
mod histories;
mod proxy;
mod pull;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use evt::db::Connection;
use evt::introspect::{Scope, introspect};
use evt::sql::quote::{Ident, Literal, Statement};
use libtest_mimic::Trial;

use crate::server::{TestDatabase, live, run, server_log};

pub(crate) fn tests() -> Vec<Trial> {
    let mut trials = vec![live("introspect: one round trip", one_round_trip)];
    let mut cases = Vec::new();
    for file in case_files() {
        let text = std::fs::read_to_string(&file).expect("a fixture is readable");
        let topic = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        for case in Case::all(&text) {
            let name = format!("introspect::{topic}::{}", case.name);
            let file = file.clone();
            trials.push(live(name, move |database| check(database, file, case)));
        }
        cases.extend(Case::all(&text).into_iter().map(|case| (format!("{topic}::{}", case.name), case)));
    }
    trials.extend(pull::tests(cases.into_iter()));
    trials.extend(histories::tests());
    trials
}

fn case_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/introspect");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the fixtures are there")
        .map(|entry| entry.expect("a folder entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "case"))
        .collect();
    files.sort();
    files
}

/// One script and what is read after it.
pub(crate) struct Case {
    pub(crate) name: String,
    since: u32,
    until: u32,
    needs: Vec<String>,
    pub(crate) sql: String,
    scope: Vec<String>,
    expected: String,
}

const START: &str = "=== ";
const SQL: &str = "-- sql --\n";
const SCOPE: &str = "-- scope --\n";
const DATABASE: &str = "-- database --\n";

impl Case {
    fn all(text: &str) -> Vec<Self> {
        Self::with_outcome(text, DATABASE)
    }

    /// The cases of a file; what is expected is in the section that starts with this line.
    pub(crate) fn with_outcome(text: &str, outcome: &str) -> Vec<Self> {
        text.split(START).skip(1).map(|text| Self::one(text, outcome)).collect()
    }

    fn one(text: &str, outcome: &str) -> Self {
        let (heading, rest) = text.split_once('\n').expect("a heading line");
        let mut words = heading.split("  ").map(str::trim);
        let mut case = Self::of_script(words.next().unwrap_or_default(), String::new());
        for word in words {
            match word.split_once('=') {
                Some(("since", version)) => case.since = version.parse().expect(heading),
                Some(("until", version)) => case.until = version.parse().expect(heading),
                Some(("needs", extension)) => case.needs.push(extension.to_owned()),
                _ => panic!("unknown word `{word}` in `{heading}`"),
            }
        }
        let (before, expected) = rest.split_once(outcome).expect(heading);
        let before = before.strip_prefix(SQL).expect(heading);
        let (sql, scope) = before.split_once(SCOPE).unwrap_or((before, ""));
        sql.clone_into(&mut case.sql);
        if !scope.is_empty() {
            case.scope = scope.lines().map(str::to_owned).collect();
        }
        expected.trim_end().clone_into(&mut case.expected);
        case
    }

    /// A script with nothing else to say about it.
    pub(crate) fn of_script(name: &str, sql: String) -> Self {
        Self {
            name: name.to_owned(),
            since: 0,
            until: u32::MAX,
            needs: Vec::new(),
            sql,
            scope: vec!["public".to_owned()],
            expected: String::new(),
        }
    }

    /// Fails if something else was read than is expected, or writes it into the section of the file.
    pub(crate) fn compare(&self, file: &Path, section: &str, read: &str) {
        let read = read.trim_end();
        if crate::is_updating() {
            update(file, section, &self.name, read);
        } else {
            assert!(
                read == self.expected,
                "{}\n{}",
                self.name,
                similar::TextDiff::from_lines(self.expected.as_str(), read).unified_diff().header("expected", "read")
            );
        }
    }

    /// Whether this server can run it.
    pub(crate) async fn runs_on(&self, db: &mut Connection) -> bool {
        let version: u32 = answer(db, "SHOW server_version_num".into(), "server_version_num")
            .await
            .and_then(|text| text.parse().ok())
            .expect("a version");
        if !(self.since..=self.until).contains(&(version / 10_000)) {
            return false;
        }
        for extension in &self.needs {
            let sql = format!("SELECT name FROM pg_available_extensions WHERE name = {}", Literal(extension));
            if answer(db, Statement::built(sql), "name").await.is_none() {
                return false;
            }
        }
        true
    }
}

async fn answer(db: &mut Connection, sql: Statement, column: &str) -> Option<String> {
    let rows = db.rows(&sql).await.expect("a plain question");
    rows.first().and_then(|row| row.get(column).map(str::to_owned))
}

async fn check(database: TestDatabase, file: PathBuf, case: Case) {
    let mut db = database.connect().await;
    if !case.runs_on(&mut db).await {
        return;
    }
    run(&mut db, &case.sql).await;
    let scope = Scope { default_namespace: case.scope[0].clone(), namespaces: case.scope.clone() };
    let read = introspect(&mut db, &scope).await;
    let dump = match read {
        Ok(read) => dump::dump(&read),
        Err(error) => format!("error: {error}"),
    };
    case.compare(&file, DATABASE, &dump);
}

/// No answer reaches the client before the server has carried out the end of the transaction, as its log shows:
/// whoever waits for an answer in between waits for ever.
async fn one_round_trip(database: TestDatabase) {
    let name = Ident(database.url.database());
    let sql = format!(
        "ALTER DATABASE {name} SET log_statement = 'all';
         CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (id serial PRIMARY KEY, a e[] DEFAULT '{{a}}', b interval)"
    );
    let mut direct = database.with(&sql).await;
    let scope = Scope { namespaces: vec!["public".to_owned()], default_namespace: "public".to_owned() };
    let expected = introspect(&mut direct, &scope).await.expect("a readable database");
    direct.close().await;

    let proxy = proxy::Proxy::start(&database.url).await;
    let mut db = Connection::open(&proxy.url).await.expect("the proxy passes everything on");
    let process = answer(&mut db, "SELECT pg_backend_pid()".into(), "pg_backend_pid").await.expect("a process");
    let before = logged(&process).len();
    proxy.hold();
    let read = async { tokio::time::timeout(PATIENCE, introspect(&mut db, &scope)).await };
    let watched = async {
        tokio::time::timeout(PATIENCE, proxy.holds(b"COMMIT\0")).await.expect("a question waits for an answer");
        let logged = logged(&process);
        proxy.release();
        logged
    };
    let (read, logged) = tokio::join!(read, watched);
    assert_eq!(read.expect("the answers are let through").expect("a readable database"), expected);
    assert_eq!(proxy::names(&proxy.sent()), Vec::<String>::new(), "a pooler may change the server connection");
    if let Some([begin, questions @ .., commit]) = logged.get(before..) {
        assert!(begin.contains("statement: BEGIN ISOLATION"), "{begin}");
        assert!(
            questions.len() > 10 && questions.iter().all(|line| line.contains("execute <unnamed>: ")),
            "{questions:?}"
        );
        assert!(commit.ends_with("statement: COMMIT"), "{commit}");
    } else {
        assert!(server_log().is_none(), "nothing in the log: {logged:?}");
    }
}

/// What the server's log says that this process of it was to do, statement by statement.
fn logged(process: &str) -> Vec<String> {
    let Some(path) = server_log() else { return Vec::new() };
    let log = std::fs::read(path).expect("the log is readable");
    let of_process = format!("[{process}] LOG:  ");
    String::from_utf8_lossy(&log).lines().filter(|line| line.contains(&of_process)).map(str::to_owned).collect()
}

/// How long a test waits before it calls a connection stuck.
const PATIENCE: Duration = Duration::from_secs(20);

static UPDATING: Mutex<()> = Mutex::new(());

/// Writes what was read into the case of that name.
fn update(file: &Path, section: &str, name: &str, dump: &str) {
    let _alone = UPDATING.lock();
    let text = std::fs::read_to_string(file).expect("a fixture is readable");
    let mut parts: Vec<String> = text.split(START).map(str::to_owned).collect();
    let count = parts.len();
    for (position, part) in parts.iter_mut().enumerate() {
        if part.lines().next().is_some_and(|heading| heading.split("  ").next() == Some(name)) {
            let (before, _) = part.split_once(section).expect(name);
            let end = if position + 1 == count { "\n" } else { "\n\n" };
            *part = format!("{before}{section}{dump}{end}");
        }
    }
    std::fs::write(file, parts.join(START)).expect("a fixture is writable");
}
