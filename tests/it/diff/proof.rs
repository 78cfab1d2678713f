//! What has to hold of a difference on a live server: its SQL runs, afterwards the database is what the schema says,
//! there is no second difference, and the database is the same as one that was made directly from the target.

use std::fmt::Write as _;

use evt::db::Connection;
use evt::dbschema::DbSchema;
use evt::diff::{diff, summary};
use evt::introspect::{Scope, introspect};
use evt::sql::quote::{Ident, Literal, Statement};
use evt::sql::{Naming, render};

use super::catalog::{self, Objects};
use super::pg_dump;

/// How a database gets to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// By the difference between the two schemas.
    Schemas,
    /// By the difference between the database and the schema.
    Database,
    /// From nothing.
    Directly,
}

pub(crate) const WAYS: [Way; 3] = [Way::Schemas, Way::Database, Way::Directly];

/// Makes the database of `to` in one of the ways. Returns the namespaces that there are afterwards.
pub(crate) async fn migrate(db: &mut Connection, [from, to]: [&DbSchema; 2], way: Way) -> Result<Vec<String>, String> {
    reset(db, &[from, to]).await?;
    if way == Way::Directly {
        apply(db, &empty(), to).await?;
    } else {
        apply(db, &empty(), from).await.map_err(|error| format!("making the source: {error}"))?;
        let source = read(db, &[from, to]).await?;
        settled(&source, from).map_err(|error| format!("the source: {error}"))?;
        apply(db, if way == Way::Schemas { from } else { &source }, to).await?;
    }
    let target = read(db, &[from, to]).await?;
    settled(&target, to)?;
    Ok(target.namespaces)
}

/// What says whether two databases are the same: the catalog, and `pg_dump` where there is one that can read the
/// server and the server has a connection for it.
pub(crate) async fn judges(db: &mut Connection, url: &str) -> Result<Vec<(&'static str, Objects)>, String> {
    let mut judges = vec![("the catalog", catalog::read(db).await?)];
    let version = db.rows(&Statement::from("SHOW server_version_num")).await.map_err(|error| error.to_string())?;
    let number: u32 = version.first().and_then(|row| row.values()[0].parse().ok()).ok_or("no version")?;
    let beside = (!db.serves_one()).then(|| pg_dump::find(number / 10_000)).flatten();
    if let Some(program) = beside {
        judges.push(("pg_dump", pg_dump::read(&program, url)?));
    }
    Ok(judges)
}

/// What [`reset`] leaves.
pub(crate) fn empty() -> DbSchema {
    DbSchema { namespaces: vec!["public".to_owned()], ..DbSchema::empty("public") }
}

/// An empty database again, with the extensions that types need.
pub(crate) async fn reset(db: &mut Connection, sides: &[&DbSchema]) -> Result<(), String> {
    let mut sql = String::from("DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public;");
    for namespace in sides.iter().flat_map(|side| &side.namespaces).filter(|name| *name != "public") {
        let _ = write!(sql, "DROP SCHEMA IF EXISTS {} CASCADE;", Ident(namespace));
    }
    sql.push_str("CREATE EXTENSION IF NOT EXISTS citext SCHEMA pg_catalog;");
    script(db, &sql).await
}

/// Gives namespaces another name, `<label>.<namespace>`, so that the database is empty again. The label has no dots.
pub(crate) async fn put_aside(db: &mut Connection, namespaces: &[String], label: &str) -> Result<(), String> {
    let mut sql = String::new();
    for namespace in namespaces {
        rename(&mut sql, namespace, &format!("{label}.{namespace}"));
    }
    sql.push_str("CREATE SCHEMA IF NOT EXISTS public;");
    script(db, &sql).await
}

/// Drops everything that is put aside under the labels.
pub(crate) async fn throw_away(db: &mut Connection, namespaces: &[String], labels: &[&str]) -> Result<(), String> {
    let mut sql = String::from("DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public;");
    for label in labels {
        for namespace in namespaces {
            let _ = write!(sql, "DROP SCHEMA IF EXISTS {} CASCADE;", Ident(&format!("{label}.{namespace}")));
        }
    }
    script(db, &sql).await
}

/// Gives namespaces that were put aside their names back.
pub(crate) async fn bring_back(db: &mut Connection, namespaces: &[String], label: &str) -> Result<(), String> {
    let mut sql = String::from("DROP SCHEMA IF EXISTS public CASCADE;");
    for namespace in namespaces {
        rename(&mut sql, &format!("{label}.{namespace}"), namespace);
    }
    script(db, &sql).await
}

fn rename(sql: &mut String, from: &str, to: &str) {
    let _ = write!(
        sql,
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_namespace WHERE nspname = {}) THEN ALTER SCHEMA {} RENAME TO {}; \
         END IF; END $$;",
        Literal(from),
        Ident(from),
        Ident(to)
    );
}

pub(crate) async fn apply(db: &mut Connection, from: &DbSchema, to: &DbSchema) -> Result<(), String> {
    let sql = render(&diff(from, to), Naming::for_target(to)).to_string();
    script(db, &sql).await.map_err(|error| format!("{error}\n{sql}"))
}

pub(crate) async fn script(db: &mut Connection, sql: &str) -> Result<(), String> {
    let outcome = db.script(&Statement::script(sql)).await;
    if outcome.is_err() {
        // A script with a transaction of its own may have left it open.
        let _ = db.script(&Statement::script("ROLLBACK")).await;
    }
    outcome.map_err(|error| format!("{error}: {:?}", error.server()))
}

pub(crate) async fn read(db: &mut Connection, sides: &[&DbSchema]) -> Result<DbSchema, String> {
    let scope = Scope { namespaces: namespaces(sides), default_namespace: "public".to_owned() };
    introspect(db, &scope).await.map_err(|error| error.to_string())
}

/// The namespaces of either side.
pub(crate) fn namespaces(sides: &[&DbSchema]) -> Vec<String> {
    let mut namespaces = vec!["public".to_owned()];
    namespaces.extend(sides.iter().flat_map(|side| side.namespaces.clone()));
    namespaces.sort_unstable();
    namespaces.dedup();
    namespaces
}

pub(crate) fn settled(database: &DbSchema, wanted: &DbSchema) -> Result<(), String> {
    let rest = diff(database, wanted);
    if rest.is_empty() {
        return Ok(());
    }
    let sql = render(&rest, Naming::for_target(wanted));
    Err(format!("there still is a difference:{}{sql}", summary(&rest)))
}
