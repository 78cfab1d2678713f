//! The cases on a live server.

use std::collections::HashSet;
use std::path::PathBuf;

use evt::dbschema::QualifiedName;
use evt::diff::{External, diff_without, summary};
use evt::safety;

use super::proof::{WAYS, Way, judges, migrate, put_aside, read, script};
use super::{Case, catalog};
use crate::server::TestDatabase;

/// For each case: the SQL of the source, then that of the difference, taken between the schemas and taken between the
/// database and the schema. It runs, and afterwards the database is what the schema says, and the same as one that was
/// made directly from the target, according to the server's catalog and to `pg_dump` where it can read the server.
pub(super) async fn check(database: TestDatabase, cases: Vec<Case>) {
    let mut db = database.connect().await;
    let mut wrong = Vec::new();
    let mut compared = Vec::new();
    for (nth, case) in cases.iter().enumerate().filter(|(_, case)| case.section("not live").is_none()) {
        let (from, to) = (case.side("from.prisma"), case.side("to.prisma"));
        for way in WAYS {
            match Box::pin(migrate(&mut db, [&from, &to], way)).await {
                Ok(namespaces) => {
                    let label = format!("{nth} {way:?}");
                    put_aside(&mut db, &namespaces, &label).await.expect("namespaces can be renamed");
                    compared.push((case, label, format!("{nth} {:?}", Way::Directly)));
                }
                Err(message) => wrong.push(format!("{} ({way:?}): {message}", case.name)),
            }
        }
    }
    for (judge, objects) in judges(&mut db, &database.text()).await.expect("the judges can read") {
        let mut differing = HashSet::new();
        for (case, label, direct) in &compared {
            if let Some(text) = catalog::compare(&objects, [label, direct]) {
                differing.insert(&case.name);
                if case.section("not as made directly").is_none() {
                    wrong.push(format!(
                        "{} ({label}): {judge} sees another database than one made directly:{text}",
                        case.name
                    ));
                }
            }
        }
        for (case, ..) in &compared {
            if case.section("not as made directly").is_some() && !differing.contains(&case.name) {
                wrong.push(format!("{}: {judge} sees no difference from one made directly", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// For a case with a script: what leads from the database to the schema is as written, runs, and settles the matter.
pub(super) async fn check_database(database: TestDatabase, file: PathBuf, case: Case) {
    let mut db = database.connect().await;
    if let Some(sql) = case.section("from.sql") {
        script(&mut db, sql).await.unwrap_or_else(|error| panic!("from.sql: {error}"));
    }
    let to = case.side("to.prisma");
    let external = external(&case);
    let from = read(&mut db, &[&to]).await.expect("the database can be read");
    let changes = diff_without(&from, &to, &external);
    let consequences = safety::inspect(&mut db, &changes, &safety::check(&changes)).await.expect("rows can be counted");
    let mut confirmed: Vec<_> = consequences.warnings.iter().chain(&consequences.unexecutable).collect();
    confirmed.sort_by_key(|consequence| consequence.finding.step);
    let confirmed =
        confirmed.iter().map(|c| format!("step {} {}: {}\n", c.finding.step, c.finding.kind.name(), c.message));
    let sql = super::script(&changes, &to);
    let answers =
        [("migration.sql", sql.clone()), ("summary", summary(&changes)), ("findings", confirmed.collect::<String>())];
    case.compare(&file, &answers);
    if case.section("not live").is_some() {
        assert!(script(&mut db, &sql).await.is_err(), "the server executes it all the same\n{sql}");
        return;
    }
    script(&mut db, &sql).await.unwrap_or_else(|error| panic!("migration.sql: {error}\n{sql}"));
    let rest = diff_without(&read(&mut db, &[&to]).await.expect("the database can be read"), &to, &external);
    assert!(rest.is_empty(), "there still is a difference:{}", summary(&rest));
}

fn external(case: &Case) -> External {
    let mut external = External::default();
    for line in case.section("external").unwrap_or_default().lines() {
        let (kind, name) = line.split_once(' ').expect("a kind and a name");
        let (namespace, name) = name.split_once('.').expect("a namespace and a name");
        let name = QualifiedName::new(namespace, name);
        match kind {
            "table" => external.tables.insert(name),
            "enum" => external.enums.insert(name),
            other => panic!("no such kind: {other}"),
        };
    }
    external
}
