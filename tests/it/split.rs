//! Where statements end, with the server as the judge: it refuses to prepare more than one of them, and less than one.
//!
//! `EVT_TEST_REGRESS` names the folder `src/test/regress` of PostgreSQL's source, best of the version of the server: then
//! all of its scripts are taken apart too. Without it that test is reported as ignored.
#![expect(clippy::disallowed_methods, reason = "the tests' own settings are environment variables")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use evt::sql::split::split;
use libtest_mimic::Trial;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};

use crate::server::{TestDatabase, live, long};

/// Scripts that a careless splitter cuts in wrong places, with the number of their statements; none if evt has to say
/// that it is not certain.
const NASTY: [(&str, Option<usize>); 34] = [
    ("SELECT ';'; SELECT 1", Some(2)),
    ("SELECT 'it''s; fine'; SELECT 1", Some(2)),
    (r"SELECT E'it\'s; fine'; SELECT 1", Some(2)),
    (r"SELECT 'back\'; SELECT 1", Some(2)),
    (r"SELECT U&'d\0061t\+000061; x'; SELECT U&'!0061;' UESCAPE '!'", Some(2)),
    ("SELECT 'one;'\n'two;'; SELECT 1", Some(2)),
    ("SELECT B'01', X'1F', N'n;'; SELECT 1", Some(2)),
    ("SELECT $$;$$; SELECT $a$ $$ ; $b$ $a$; SELECT $ä$;$ä$", Some(3)),
    ("SELECT a$b$c FROM (SELECT 1 AS a$b$c) AS x; SELECT 1", Some(2)),
    ("SELECT 1 AS \"a;b\"; SELECT 1 AS \"a\"\";\"", Some(2)),
    ("SELECT 1 AS U&\"d\\0061;\"; SELECT 1", Some(2)),
    ("-- one; two\nSELECT 1; -- three;\nSELECT 2 -- four", Some(2)),
    ("/* ; /* ; */ ; */ SELECT 1 /* ; */; /**/", Some(1)),
    ("SELECT 1 /* -- */; SELECT 2 -- /*\n; SELECT 3", Some(3)),
    ("SELECT 2 */* ; */ 3; SELECT 1", Some(2)),
    ("SELECT 1 - -1; SELECT 1 --1;\n; SELECT 2", Some(3)),
    (";;; SELECT 1;;; ; SELECT 2;", Some(2)),
    ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 1", Some(2)),
    (
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN CASE WHEN true THEN 1 END END; SELECT 2; END; \
         SELECT 1",
        Some(2),
    ),
    ("CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT 1; END; SELECT 1", Some(2)),
    ("CREATE FUNCTION \"begin\"() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2'; SELECT 1", Some(2)),
    ("CREATE FUNCTION f() RETURNS int RETURN CASE WHEN true THEN 1 END; SELECT 1", Some(2)),
    ("CREATE FUNCTION f(\"end\" int) RETURNS int BEGIN ATOMIC SELECT \"end\"; END; SELECT 1", Some(2)),
    ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC END; SELECT 1", Some(2)),
    ("CREATE RULE r AS ON UPDATE TO a DO ALSO (DELETE FROM a; DELETE FROM a); SELECT 1", Some(2)),
    ("CREATE VIEW begin AS SELECT 1 AS \"case\"; SELECT 1", Some(2)),
    ("BEGIN; SELECT CASE WHEN true THEN 1 END; COMMIT", Some(3)),
    ("DO $$ BEGIN NULL; END $$; DO 'BEGIN NULL; END'", Some(2)),
    ("CREATE SCHEMA s CREATE TABLE t (id int) CREATE VIEW v AS SELECT 1; SELECT 1", Some(2)),
    ("SELECT 1 ? 2 ?| 3 @> 4; SELECT 1", Some(2)),
    ("SELECT ARRAY[1, 2][1:2]; SELECT a[';'] FROM a", Some(2)),
    ("SELECT 1::\"char\"; SELECT 1e5, 0x1F, 1_000, .5, 5.", Some(2)),
    ("SELECT 'open; SELECT 1", None),
    ("SET standard_conforming_strings = off; SELECT 'a\\'; SELECT 1 --'", None),
];

pub(crate) fn tests() -> Vec<Trial> {
    let folder = std::env::var_os("EVT_TEST_REGRESS").map(PathBuf::from);
    let is_there = folder.is_some();
    let regression = long("split: PostgreSQL's own scripts", |database| async move {
        regression(&database, &folder.expect("the test is ignored without it")).await;
    });
    vec![
        live("split: nasty statements", |database| async move {
            let client = client(&database).await;
            for (script, count) in NASTY {
                let found = split(script);
                assert_eq!(found.as_ref().ok().map(Vec::len), count, "{script}\n{found:?}");
                for statement in found.iter().flatten() {
                    let text = &script[statement.range.clone()];
                    let verdict = judge(&client, text).await;
                    assert!(matches!(verdict, Verdict::One | Verdict::Refused), "{verdict:?}: {text}\nof {script}");
                }
            }
        }),
        regression.with_ignored_flag(!is_there),
    ]
}

/// What the server says about a text that should be one statement.
#[derive(Debug)]
enum Verdict {
    /// It is one, whether or not what it names exists.
    One,
    /// It is more than one.
    More,
    /// It is not complete.
    Less,
    /// Something in the middle of it is no SQL: scripts have such on purpose.
    Refused,
}

async fn judge(client: &Client, text: &str) -> Verdict {
    let Err(error) = client.prepare(text).await else { return Verdict::One };
    let Some(report) = error.as_db_error() else { panic!("the connection is gone: {error}\n{text}") };
    match *report.code() {
        SqlState::SYNTAX_ERROR if report.message().contains("multiple commands") => Verdict::More,
        SqlState::SYNTAX_ERROR if report.message().contains("at end of input") => Verdict::Less,
        SqlState::SYNTAX_ERROR if report.message().contains("unterminated") => Verdict::Less,
        SqlState::SYNTAX_ERROR => Verdict::Refused,
        _ => Verdict::One,
    }
}

async fn client(database: &TestDatabase) -> Client {
    let (client, connection) = tokio_postgres::connect(&database.text(), NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

async fn regression(database: &TestDatabase, folder: &Path) {
    let client = client(database).await;
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder.join("sql")).expect("the scripts").flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let (mut statements, mut refused, mut uncertain) = (0, 0, Vec::new());
    let mut wrong = String::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "sql")) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // Some are in other encodings on purpose.
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let script = without_client_commands(&text);
        let Ok(found) = split(&script) else {
            uncertain.push(name);
            continue;
        };
        for statement in found {
            let text = &script[statement.range];
            statements += 1;
            match judge(&client, text).await {
                Verdict::One => {}
                Verdict::Refused => refused += 1,
                verdict @ (Verdict::More | Verdict::Less) => {
                    let _ = writeln!(wrong, "{name}: {verdict:?}: {text}");
                }
            }
        }
    }
    report(&format!(
        "{} scripts, {statements} statements, {refused} of them wrong on purpose; not certain: {}",
        paths.len(),
        uncertain.join(", ")
    ));
    assert!(wrong.is_empty(), "{wrong}");
    assert!(statements > 10_000, "only {statements} statements were looked at");
}

#[expect(clippy::print_stdout, reason = "how many statements there were is what the test is for")]
fn report(text: &str) {
    println!("split: {text}");
}

/// The script as `psql` sends it, without what it does itself: commands that begin with a backslash, and the data behind
/// `COPY … FROM stdin`.
fn without_client_commands(text: &str) -> String {
    let mut script = String::with_capacity(text.len());
    let mut data = false;
    for line in text.lines() {
        if data {
            data = line != "\\.";
            continue;
        }
        let lower = line.to_lowercase();
        data = lower.contains("from stdin") && lower.contains("copy") && !lower.trim_start().starts_with("--");
        match line.find('\\') {
            Some(at) if line[..at].trim().is_empty() => {}
            // `\gset`, `\gexec`, `\;` and the like end a statement.
            Some(at)
                if [r"\g", r"\;", r"\crosstabview", r"\watch", r"\bind"]
                    .iter()
                    .any(|end| line[at..].starts_with(end)) =>
            {
                script.push_str(&line[..at]);
                script.push(';');
            }
            _ => script.push_str(line),
        }
        script.push('\n');
    }
    script
}
