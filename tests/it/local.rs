//! Servers that evt runs itself, and what connecting can come to.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use evt::db::local::embedded::AVAILABLE;
use evt::db::local::{Durability, LocalError, LocalServer, Reached};
use evt::db::url::ServerKind;
use evt::db::{Connection, DatabaseUrl, DbError};
use evt::sql::quote::Statement;
use libtest_mimic::Trial;

use crate::server::{binaries, of_programs, on_each_kind, open_to_all, program, runtime};

type OfEach = fn(ServerKind);

pub(crate) fn tests() -> Vec<Trial> {
    let of_each: [(&str, OfEach); 4] = [
        ("the last user stops it", the_last_user_stops_it),
        ("a crash loses nothing", a_crash_loses_nothing),
        ("data of another version is refused", other_versions_are_refused),
        ("data that was not finished is made again", unfinished_data),
    ];
    let mut tests: Vec<Trial> = of_each
        .into_iter()
        .flat_map(|(name, test)| {
            on_each_kind(&format!("local: {name}"), ("live", "long embedded"), move |kind| {
                test(kind);
                Ok(())
            })
        })
        .collect();
    let of_programs_alone: [(&str, fn()); 2] = [
        ("wrong passwords are told apart from other trouble", wrong_passwords),
        ("a statement that a killed server has left is waited for", a_statement_outlives_its_server),
    ];
    tests.extend(of_programs_alone.map(|(name, test)| {
        let run = move || {
            test();
            Ok(())
        };
        of_programs(Trial::test(format!("live local: {name}"), run))
    }));
    if AVAILABLE {
        tests.extend(embedded());
    }
    tests
}

/// What only the embedded server does.
fn embedded() -> Vec<Trial> {
    let tests: [(&str, fn()); 4] = [
        ("a command says whom it waits for", waits_aloud),
        ("a database or role that is missing is named", refusals_are_told_apart),
        ("who comes second waits until the first has gone", second_waits),
        ("neither kind reads what the other one made", other_kinds_are_refused),
    ];
    tests
        .into_iter()
        .map(|(name, test)| {
            let run = move || {
                test();
                Ok(())
            };
            Trial::test(format!("long embedded local: {name}"), run)
        })
        .collect()
}

fn the_last_user_stops_it(kind: ServerKind) {
    let folder = folder();
    let first = start(kind, folder.path());
    let second = start(kind, folder.path());
    assert_eq!(first.socket_folder(), second.socket_folder(), "the second user joins the first one's server");
    first.stop().expect("the first user leaves");
    ask(&second, "SELECT 1");
    second.stop().expect("the second user stops it");
    assert!(!folder.path().join("data/postmaster.pid").exists());
}

fn a_crash_loses_nothing(kind: ServerKind) {
    let folder = folder();
    let server = LocalServer::start(&program(kind), folder.path(), Durability::Kept).expect("a server");
    ask(&server, "CREATE TABLE kept (id int)");
    kill(folder.path());
    drop(server);
    let server = start(kind, folder.path());
    ask(&server, "INSERT INTO kept VALUES (1)");
}

fn kill(folder: &Path) {
    let pid_file = fs::read_to_string(folder.join("data/postmaster.pid")).expect("a running server");
    let pid = pid_file.lines().next().expect("its first line is the pid");
    let killed = Command::new("kill").args(["-KILL", pid]).status().expect("kill");
    assert!(killed.success());
}

/// Whoever calculates notices late that the server is gone, and has its memory until then.
fn a_statement_outlives_its_server() {
    let folder = folder();
    let server = start(ServerKind::Installed, folder.path());
    let url = server.url(&"local:here".parse().expect("a URL"));
    let busy = url.clone();
    let calculates = std::thread::spawn(move || {
        runtime().block_on(async {
            let mut db = Connection::open(&busy).await.expect("a connection");
            db.script(&"SELECT count(*) FROM generate_series(1, 3000000)".into()).await
        })
    });
    runtime().block_on(async {
        let mut db = Connection::open(&url).await.expect("a connection");
        let question =
            Statement::from("SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%3000000)'");
        while db.rows(&question).await.expect("an answer").is_empty() {}
    });
    kill(folder.path());
    drop(server);
    ask(&start(ServerKind::Installed, folder.path()), "SELECT 1");
    // Whether its answer still came makes no difference.
    let _ = calculates.join().expect("its thread");
}

fn other_versions_are_refused(kind: ServerKind) {
    let folder = folder();
    start(kind, folder.path()).stop().expect("stop");
    let path = folder.path().join("data/PG_VERSION");
    let version = fs::read_to_string(&path).expect("its version");
    let own = version.split_whitespace().next().expect("a number");
    fs::write(&path, version.replace(own, "9.6")).expect("another version");
    let refused = LocalServer::start(&program(kind), folder.path(), Durability::Disposable);
    assert!(matches!(&refused, Err(LocalError::OtherVersion { found, .. }) if found == "9.6"), "{refused:?}");
}

/// What is left where somebody was killed who made the data.
fn unfinished_data(kind: ServerKind) {
    let folder = folder();
    fs::create_dir_all(folder.path().join("data/base/1")).expect("a beginning");
    ask(&start(kind, folder.path()), "SELECT 1");
    assert!(folder.path().join("data/PG_VERSION").exists());
}

fn second_waits() {
    let folder = folder();
    let server = start(ServerKind::Embedded, folder.path());
    let url = server.url(&"local:here".parse().expect("a URL"));
    runtime().block_on(async {
        let mut first = Connection::open(&url).await.expect("a connection");
        let mut second = std::pin::pin!(Connection::open(&url));
        let question = Statement::from("SELECT pg_sleep(0.1)");
        for _ in 0..3 {
            tokio::select! {
                biased;
                _ = &mut second => panic!("two connections at a time"),
                answer = first.rows(&question) => drop(answer.expect("an answer")),
            }
        }
        first.close().await;
        let mut second = second.await.expect("its turn has come");
        second.script(&"SELECT 1".into()).await.expect("an answer");
    });
}

fn waits_aloud() {
    let folder = folder();
    let server = start(ServerKind::Embedded, folder.path());
    let runtime = runtime();
    let first = runtime.block_on(Connection::open(&server.url(&"local:here".parse().expect("a URL"))));
    let mut command = Command::new(env!("CARGO_BIN_EXE_evt"))
        .args(["db", "execute", "--stdin", "--url", &format!("local:{}", folder.path().display())])
        .current_dir(folder.path())
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("evt runs");
    let mut said = BufReader::new(command.stderr.take().expect("its stderr")).lines().map_while(Result::ok);
    let line = said.find(|line| line.starts_with("waiting for ")).expect("it says so");
    assert!(line.starts_with("waiting for `evt`, which is connected to the database `postgres`"), "{line}");
    runtime.block_on(first.expect("a connection").close());
    assert!(command.wait().expect("its end").success(), "{:?}", said.collect::<Vec<_>>());
}

fn refusals_are_told_apart() {
    let folder = folder();
    let server = start(ServerKind::Embedded, folder.path());
    for (role, database, expected) in [
        ("postgres", "postgres", Ok(())),
        ("postgres", "nothing", Err("database `nothing` does not exist")),
        ("nobody", "postgres", Err("role \"nobody\" does not exist")),
    ] {
        let text = format!("postgresql://{role}@localhost/{database}?host={}", server.socket_folder().display());
        let url: DatabaseUrl = text.parse().expect("a URL");
        let outcome = runtime().block_on(async { Connection::open(&url).await.map(drop) });
        let outcome = outcome.map_err(|error| error.to_string());
        let is_expected = match (&outcome, expected) {
            (Err(said), Err(words)) => said.contains(words),
            (said, wanted) => said.is_ok() && wanted.is_ok(),
        };
        assert!(is_expected, "{role} to {database}: {outcome:?}");
    }
}

fn other_kinds_are_refused() {
    let folder = folder();
    start(ServerKind::Embedded, folder.path()).stop().expect("stop");
    let asked = |kind| {
        let url: DatabaseUrl = format!("local:{}", folder.path().display()).parse().expect("a URL");
        let url = if let Some(kind) = kind { url.with_local_server(kind) } else { url };
        Reached::new(&url, Some(programs().as_ref())).map(|reached| reached.server().map(LocalServer::kind))
    };
    assert!(matches!(asked(None), Ok(Some(ServerKind::Embedded))), "what made the data serves it");
    if binaries().is_none() {
        return;
    }
    let refused = asked(Some(ServerKind::Installed)).expect_err("files that it cannot read").to_string();
    for words in ["was made by the PostgreSQL 17 inside evt", "server=installed", "evt dev reset"] {
        assert!(refused.contains(words), "{words}: {refused}");
    }
    assert!(LocalServer::erase(folder.path()).expect("erased"));
    assert!(matches!(asked(Some(ServerKind::Installed)), Ok(Some(ServerKind::Installed))));
    assert!(matches!(asked(None), Ok(Some(ServerKind::Installed))));
    let refused = asked(Some(ServerKind::Embedded)).expect_err("files that it cannot read").to_string();
    assert!(refused.contains("was made by an installed PostgreSQL"), "{refused}");
}

/// A PATH with both kinds of programs.
fn programs() -> OsString {
    let evt = Path::new(env!("CARGO_BIN_EXE_evt")).parent().map(Path::to_owned);
    std::env::join_paths(evt.into_iter().chain(binaries().map(PathBuf::from))).expect("a PATH")
}

fn wrong_passwords() {
    let folder = folder();
    let server =
        LocalServer::start(&program(ServerKind::Installed), folder.path(), Durability::Kept).expect("a server");
    ask(&server, "CREATE ROLE guarded LOGIN PASSWORD 'right'");
    server.stop().expect("stop");
    let rules = folder.path().join("data/pg_hba.conf");
    let others = fs::read_to_string(&rules).expect("rules of access");
    fs::write(&rules, format!("local all guarded scram-sha-256\n{others}")).expect("a rule for one role");
    let server = start(ServerKind::Installed, folder.path());
    let socket = server.socket_folder().display();
    for (name, credentials, database, check) in [
        ("right", "guarded:right", "postgres", (|outcome| outcome.is_ok()) as fn(&Result<(), DbError>) -> bool),
        ("wrong", "guarded:wrong", "postgres", |outcome| matches!(outcome, Err(DbError::Authentication { .. }))),
        ("none", "guarded", "postgres", |outcome| matches!(outcome, Err(DbError::Authentication { .. }))),
        ("no such role", "nobody", "postgres", |outcome| matches!(outcome, Err(DbError::AccessDenied { .. }))),
        ("no such database", "postgres", "nothing", |outcome| matches!(outcome, Err(DbError::DatabaseMissing { .. }))),
    ] {
        let text = format!("postgresql://{credentials}@localhost/{database}?host={socket}");
        let url: DatabaseUrl = text.parse().expect("a URL");
        let outcome = runtime().block_on(async { Connection::open(&url).await.map(drop) });
        assert!(check(&outcome), "{name}: {outcome:?}");
        assert!(!format!("{outcome:?}").contains("wrong"), "{name}: an error shows the password");
    }
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("evt-test-local-").tempdir().expect("a temporary folder");
    open_to_all(folder.path());
    folder
}

fn start(kind: ServerKind, folder: &Path) -> LocalServer {
    LocalServer::start(&program(kind), folder, Durability::Disposable).expect("a server")
}

fn ask(server: &LocalServer, sql: &str) {
    let url = server.url(&"local:here".parse().expect("a URL"));
    runtime().block_on(async {
        let mut db = Connection::open(&url).await.expect("a connection");
        db.script(&Statement::script(sql)).await.expect(sql);
        db.close().await;
    });
}
