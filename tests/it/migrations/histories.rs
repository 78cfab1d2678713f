//! Histories of real projects below `../shared/corpus`: they deploy completely, and lead to what psql makes of the same
//! files. How each file is run is printed.

use std::path::{Path, PathBuf};
use std::process::Command;

use evt::catalog::compare;
use evt::catalog::compare::Source;
use evt::db::{Connection, DatabaseUrl, create_database};
use evt::introspect::whole::{Extent, read_whole};
use evt::migrations::{ApplyOptions, Directory, Transactions, dry_run};
use libtest_mimic::Trial;

use super::{apply, read_status};
use crate::server::{TestDatabase, long};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus");

pub(super) fn tests() -> Vec<Trial> {
    let test = |project| {
        let folder = Path::new(CORPUS).join(project).join("migrations");
        let is_there = folder.is_dir();
        let trial = long(format!("histories: {project} deploys completely"), move |database| async move {
            deploy(&database, project, &folder).await;
        });
        if is_there { trial } else { trial.with_ignored_flag(true) }
    };
    ["amplication", "hoppscotch", "umami"].map(test).into()
}

async fn deploy(database: &TestDatabase, project: &str, folder: &Path) {
    let mut db = database.connect().await;
    let directory = Directory::read(folder).expect("a folder");
    let options = ApplyOptions {
        namespaces: vec!["public".to_owned()],
        lock_timeout_ms: None,
        transactions: Transactions::Honest,
        external_tables: Vec::new(),
    };
    let planned = dry_run(&mut db, &directory, &options).await.expect("a plan");
    let applied = apply(&mut db, folder, None).await.expect("all of it is applied");
    let names: Vec<&str> = planned.iter().map(|migration| &*migration.name).collect();
    assert_eq!(applied, names);
    assert!(!read_status(&mut db, folder).await.needs_attention());
    for migration in &planned {
        report(&format!("{project} {}: {} ({})", migration.name, migration.mode, migration.reason));
    }
    let count = |mode| planned.iter().filter(|migration| migration.mode == mode).count();
    let counts = ["whole", "segments", "as is"].map(|mode| format!("{} {mode}", count(mode)));
    report(&format!("{project}: {} of {} applied; {}", applied.len(), planned.len(), counts.join(", ")));

    let other: DatabaseUrl = database.missing().parse().expect("a URL");
    create_database(&other).await.expect("a second database");
    by_psql(&database.missing(), directory.migrations.iter().map(|migration| folder.join(&migration.name)));
    let mut other = Connection::open(&other).await.expect("a connection");
    let extent = Extent { namespaces: vec!["public".to_owned()], history: "public".to_owned(), without: Vec::new() };
    let expected = read_whole(&mut other, &extent).await.expect("readable");
    let found = read_whole(&mut db, &extent).await.expect("readable");
    other.close().await;
    let comparison = compare(&expected, &found, Source::SameDatabase);
    assert!(comparison.is_empty(), "{project}: not what psql makes of it: {:?}", comparison.differences);
    assert!(expected.objects.len() > 20, "{project}: {} objects", expected.objects.len());
}

/// Feeds the scripts to one session.
fn by_psql(url: &str, folders: impl Iterator<Item = PathBuf>) {
    let files = folders.flat_map(|folder| ["-f".into(), folder.join("migration.sql").into_os_string()]);
    let mut psql = Command::new("psql");
    psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url]).args(files);
    let output = psql.output().expect("psql");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[expect(clippy::print_stdout, reason = "how each file is run is what the test is for")]
fn report(text: &str) {
    println!("histories: {text}");
}
