//! Servers that evt runs itself, and what connecting can come to.

use std::fs;
use std::path::Path;

use evt::db::local::{Binaries, Durability, LocalError, LocalServer, SUPERUSER};
use evt::db::{Connection, DatabaseUrl, DbError};
use evt::sql::quote::Statement;
use libtest_mimic::Trial;

use crate::server::{binaries, open_to_all, runtime};

pub(crate) fn tests() -> Vec<Trial> {
    let tests: [(&str, fn()); 4] = [
        ("the last user stops it", the_last_user_stops_it),
        ("a crash loses nothing", a_crash_loses_nothing),
        ("data of another version is refused", other_versions_are_refused),
        ("wrong passwords are told apart from other trouble", wrong_passwords),
    ];
    tests
        .into_iter()
        .map(|(name, test)| {
            let run = move || {
                test();
                Ok(())
            };
            Trial::test(format!("live local: {name}"), run).with_ignored_flag(binaries().is_none())
        })
        .collect()
}

fn the_last_user_stops_it() {
    let folder = folder();
    let first = start(folder.path());
    let second = start(folder.path());
    assert_eq!(first.socket_folder(), second.socket_folder(), "the second user joins the first one's server");
    first.stop().expect("the first user leaves");
    ask(&second, "SELECT 1");
    second.stop().expect("the second user stops it");
    assert!(!folder.path().join("data/postmaster.pid").exists());
}

fn a_crash_loses_nothing() {
    let folder = folder();
    let server = LocalServer::start(&found(), folder.path(), Durability::Kept).expect("a server");
    ask(&server, "CREATE TABLE kept (id int)");
    let pid_file = fs::read_to_string(folder.path().join("data/postmaster.pid")).expect("a running server");
    let pid = pid_file.lines().next().expect("its first line is the pid");
    let killed = std::process::Command::new("kill").args(["-KILL", pid]).status().expect("kill");
    assert!(killed.success());
    drop(server);
    let server = start(folder.path());
    ask(&server, "INSERT INTO kept VALUES (1)");
}

fn other_versions_are_refused() {
    let folder = folder();
    start(folder.path()).stop().expect("stop");
    fs::write(folder.path().join("data/PG_VERSION"), "9.6\n").expect("another version");
    let refused = LocalServer::start(&found(), folder.path(), Durability::Disposable);
    assert!(matches!(&refused, Err(LocalError::OtherVersion { found, .. }) if found == "9.6"), "{refused:?}");
}

fn wrong_passwords() {
    let folder = folder();
    let server = LocalServer::start(&found(), folder.path(), Durability::Kept).expect("a server");
    ask(&server, "CREATE ROLE guarded LOGIN PASSWORD 'right'");
    server.stop().expect("stop");
    let rules = folder.path().join("data/pg_hba.conf");
    let others = fs::read_to_string(&rules).expect("rules of access");
    fs::write(&rules, format!("local all guarded scram-sha-256\n{others}")).expect("a rule for one role");
    let server = start(folder.path());
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

fn found() -> Binaries {
    Binaries::in_folder(Path::new(&binaries().expect("server programs"))).expect("server programs")
}

fn start(folder: &Path) -> LocalServer {
    LocalServer::start(&found(), folder, Durability::Disposable).expect("a server")
}

fn ask(server: &LocalServer, sql: &str) {
    let url: DatabaseUrl = "local:here".parse().expect("a URL");
    let url = url.on_socket(server.socket_folder(), server.port(), SUPERUSER);
    runtime().block_on(async {
        let mut db = Connection::open(&url).await.expect("a connection");
        db.script(&Statement::script(sql)).await.expect(sql);
        db.close().await;
    });
}
