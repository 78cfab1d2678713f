//! What is exported, compiled into a program by refinery's own macro.
//!
//! `tests/fixtures/bridge/exported` is what the macro reads; `UPDATE=1` exports it anew, for the next build.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use evt::db::{DatabaseUrl, create_database};
use libtest_mimic::Trial;

use super::{dump, evt_in};
use crate::migrations::project;
use crate::server::long;

mod exported {
    refinery::embed_migrations!("tests/fixtures/bridge/exported");
}

/// Names and texts that are awkward in names of files and in literals of Rust.
const MIGRATIONS: [(&str, &str); 5] = [
    ("20240101000000_init", "CREATE TABLE \"Müller\" (id int PRIMARY KEY, t text DEFAULT 'x;y\\n{}');\n"),
    ("20240102000000_", "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT '\"#\"##'; $$;\r\n"),
    ("20240103000000_with-a dash", "CREATE VIEW v AS SELECT id, f() FROM \"Müller\""),
    ("20240104000000_grüße", "INSERT INTO \"Müller\" VALUES (1), (2);\nCREATE TYPE mood AS ENUM ('sad', 'glad');"),
    ("20240105000000_comments", "/* of /* any */ kind */ -- and; more\nALTER TABLE \"Müller\" ADD COLUMN mood mood;"),
];

pub(super) fn tests() -> Vec<Trial> {
    vec![long("bridge: a program can embed what is exported", |database| async move {
        let project = project(&MIGRATIONS);
        evt_in(&project, &database, &["migrate", "export", "--to", "refinery", "--output", "out"], true);
        let fresh = files(&project.path().join("out"));
        check(&fresh);
        let mut runner = exported::migrations::runner();
        let mut embedded: Vec<String> = runner.get_migrations().iter().map(ToString::to_string).collect();
        embedded.sort();
        let names: Vec<&str> = fresh.keys().map(|name| name.trim_end_matches(".sql")).collect();
        assert_eq!(embedded, names, "embedded by the last build");

        evt_in(&project, &database, &["migrate", "deploy"], true);
        let other: DatabaseUrl = database.missing().parse().expect("a URL");
        create_database(&other).await.expect("a second database");
        let connected = tokio_postgres::connect(&database.missing(), tokio_postgres::NoTls).await;
        let (mut client, connection) = connected.expect("a connection");
        let driver = tokio::spawn(connection);
        runner.set_migration_table_name(evt::migrations::bridge::TABLE);
        let report = runner.run_async(&mut client).await.expect("refinery runs");
        assert_eq!(report.applied_migrations().len(), MIGRATIONS.len());
        drop(client);
        let _ = driver.await;
        assert_eq!(dump(&database.missing()), dump(&database.text()));
    })]
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bridge/exported")
}

/// Names and contents of the files in a folder.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
    let read = |path: PathBuf| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(&path).expect("a text"))
    };
    entries.map(read).collect()
}

/// Whether the files are byte for byte those that the macro reads.
fn check(fresh: &BTreeMap<String, String>) {
    if crate::is_updating() {
        let _ = std::fs::remove_dir_all(folder());
        std::fs::create_dir_all(folder()).expect("a folder");
        for (name, text) in fresh {
            std::fs::write(folder().join(name), text).expect("written");
        }
        return;
    }
    assert_eq!(*fresh, files(&folder()));
}
