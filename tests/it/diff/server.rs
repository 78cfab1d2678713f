//! The SQL runs, and afterwards there is no difference.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use evt::db::Connection;
use evt::dbschema::{DbSchema, QualifiedName};
use evt::diff::{External, diff, diff_without, summary};
use evt::introspect::{Scope, introspect};
use evt::safety;
use evt::sql::quote::{Ident, Statement};
use evt::sql::{Naming, render};

use super::catalog::{self, Objects, put_aside};
use super::{Case, pg_dump};
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
            match Box::pin(migrate(&mut db, &from, &to, way)).await {
                Ok(namespaces) => {
                    let label = format!("{nth} {way:?}");
                    put_aside(&mut db, &namespaces, &label).await.expect("namespaces can be renamed");
                    compared.push((case, label, format!("{nth} {:?}", Way::Directly)));
                }
                Err(message) => wrong.push(format!("{} ({way:?}): {message}", case.name)),
            }
        }
    }
    for (judge, objects) in judges(&mut db, &database).await {
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

/// How a database gets to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By the difference between the two schemas.
    Schemas,
    /// By the difference between the database and the schema.
    Database,
    /// From nothing.
    Directly,
}

const WAYS: [Way; 3] = [Way::Schemas, Way::Database, Way::Directly];

/// What says whether two databases are the same.
async fn judges(db: &mut Connection, database: &TestDatabase) -> Vec<(&'static str, Objects)> {
    let mut judges = vec![("the catalog", catalog::read(db).await.expect("the catalog can be read"))];
    let version = db.rows(&Statement::from("SHOW server_version_num")).await.expect("the server has a version");
    let major = version[0].values()[0].parse::<u32>().expect("a number") / 10_000;
    if let Some(program) = pg_dump::find(major) {
        let objects = pg_dump::read(&program, &database.text()).unwrap_or_else(|error| panic!("pg_dump: {error}"));
        judges.push(("pg_dump", objects));
    }
    judges
}

/// Returns the namespaces that there are afterwards.
async fn migrate(db: &mut Connection, from: &DbSchema, to: &DbSchema, way: Way) -> Result<Vec<String>, String> {
    reset(db, &[from, to]).await?;
    // What `reset` leaves.
    let empty = DbSchema { namespaces: vec!["public".to_owned()], ..DbSchema::empty("public") };
    if way == Way::Directly {
        apply(db, &empty, to).await?;
    } else {
        apply(db, &empty, from).await.map_err(|error| format!("making the source: {error}"))?;
        let source = read(db, &[from, to]).await?;
        settled(&source, from).map_err(|error| format!("the source: {error}"))?;
        apply(db, if way == Way::Schemas { from } else { &source }, to).await?;
    }
    let target = read(db, &[from, to]).await?;
    settled(&target, to)?;
    Ok(target.namespaces)
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

/// An empty database again, with the extensions that types need.
pub(super) async fn reset(db: &mut Connection, sides: &[&DbSchema]) -> Result<(), String> {
    let mut sql = String::from("DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public;");
    for namespace in sides.iter().flat_map(|side| &side.namespaces).filter(|name| *name != "public") {
        let _ = write!(sql, "DROP SCHEMA IF EXISTS {} CASCADE;", Ident(namespace));
    }
    sql.push_str("CREATE EXTENSION IF NOT EXISTS citext SCHEMA pg_catalog;");
    script(db, &sql).await
}

pub(super) async fn apply(db: &mut Connection, from: &DbSchema, to: &DbSchema) -> Result<(), String> {
    let sql = render(&diff(from, to), Naming::for_target(to)).to_string();
    script(db, &sql).await.map_err(|error| format!("{error}\n{sql}"))
}

pub(super) async fn script(db: &mut Connection, sql: &str) -> Result<(), String> {
    let outcome = db.script(&Statement::script(sql)).await;
    if outcome.is_err() {
        // A script with a transaction of its own may have left it open.
        let _ = db.script(&Statement::script("ROLLBACK")).await;
    }
    outcome.map_err(|error| format!("{error}: {:?}", error.server()))
}

pub(super) async fn read(db: &mut Connection, sides: &[&DbSchema]) -> Result<DbSchema, String> {
    let mut namespaces = vec!["public".to_owned()];
    namespaces.extend(sides.iter().flat_map(|side| side.namespaces.clone()));
    namespaces.sort_unstable();
    namespaces.dedup();
    let scope = Scope { namespaces, default_namespace: "public".to_owned() };
    introspect(db, &scope).await.map_err(|error| error.to_string())
}

pub(super) fn settled(database: &DbSchema, wanted: &DbSchema) -> Result<(), String> {
    let rest = diff(database, wanted);
    if rest.is_empty() {
        return Ok(());
    }
    let sql = render(&rest, Naming::for_target(wanted));
    Err(format!("there still is a difference:{}{sql}", summary(&rest)))
}
