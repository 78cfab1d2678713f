//! Sample databases of `tests/fixtures/samples`: each can be read, described as a schema that is valid and says the same,
//! and looked at by `evt db stats`. `UPDATE=1` rewrites the schemas beside them.

use std::path::{Path, PathBuf};

use evt::db::Connection;
use evt::diff::{diff, summary};
use evt::introspect::to_psl::{Previous, PullOptions, to_psl};
use evt::introspect::{Scope, introspect};
use evt::lower::lower;
use evt::maintenance::stats::{StatsScope, stats};
use evt::psl::{Ast, FileId, PslSchema, Source, parse, validate};
use evt::sql::quote::Statement;
use libtest_mimic::Trial;

use crate::drift::Zoo;
use crate::server::{TestDatabase, live};

/// The samples, with the namespaces that are read and the extensions without which there is nothing to try.
const SAMPLES: [(&str, &[&str], &[&str]); 5] = [
    ("music_shop", &["public"], &[]),
    ("film_rental", &["public"], &[]),
    ("odd", &["other", "public"], &[]),
    (
        "extensions",
        &["public"],
        &["citext", "hstore", "ltree", "pg_trgm", "btree_gist", "btree_gin", "cube", "uuid-ossp"],
    ),
    ("geography", &["public", "topology"], &["postgis", "postgis_topology", "postgis_raster"]),
];

pub(crate) fn tests() -> Vec<Trial> {
    let samples = SAMPLES
        .iter()
        .map(|(name, namespaces, needs)| live(format!("sample: {name}"), move |db| check(db, name, namespaces, needs)));
    let zoo = live("sample: an object of each kind", |database| async move {
        let mut zoo = Zoo::make(&database).await;
        let namespaces = ["audit", "public"];
        let schema = described(&mut zoo.db, &namespaces).await;
        compare("zoo", &schema);
        no_drift(&mut zoo.db, &namespaces, &schema).await;
        zoo.drop().await;
    });
    samples.chain([zoo]).collect()
}

async fn check(database: TestDatabase, name: &str, namespaces: &[&str], needs: &[&str]) {
    let mut db = database.connect().await;
    let sql = std::fs::read_to_string(folder().join(format!("{name}.sql"))).expect("a fixture is readable");
    if !has_extensions(&mut db, needs).await {
        return;
    }
    if let Err(error) = db.script(&Statement::script(&sql)).await {
        panic!("{name}: {error}");
    }
    let schema = described(&mut db, namespaces).await;
    compare(name, &schema);
    no_drift(&mut db, namespaces, &schema).await;
    let stats = stats(&mut db, StatsScope::default()).await.expect("statistics");
    assert!(!stats.tables.is_empty());
}

/// Compares with the fixture of that name, or rewrites it.
fn compare(name: &str, schema: &str) {
    let file = folder().join(format!("{name}.prisma"));
    if crate::is_updating() {
        std::fs::write(&file, schema).expect("a fixture is writable");
    }
    let expected = std::fs::read_to_string(&file).expect("a fixture is readable");
    assert!(schema == expected, "{}", similar::TextDiff::from_lines(expected.as_str(), schema).unified_diff());
}

/// Servers are packed with and without what belongs to PostgreSQL.
async fn has_extensions(db: &mut Connection, needs: &[&str]) -> bool {
    let rows = db.rows(&"SELECT name FROM pg_available_extensions".into()).await.expect("a question");
    needs.iter().all(|wanted| rows.iter().any(|row| row.get("name") == Some(wanted)))
}

/// The schema that was pulled describes the database: there is nothing to migrate.
pub(crate) async fn no_drift(db: &mut Connection, namespaces: &[&str], schema: &str) {
    let database = introspect(db, &scope(namespaces)).await.expect("a readable database");
    let steps = diff(&database, &lower(&understood(schema).1, "public"));
    assert!(steps.is_empty(), "to migrate after a pull: {}", summary(&steps));
}

fn scope(namespaces: &[&str]) -> Scope {
    let namespaces = namespaces.iter().map(|name| (*name).to_owned()).collect();
    Scope { namespaces, default_namespace: "public".to_owned() }
}

/// The schema that a pull writes; it is valid, and a pull into it changes nothing.
pub(crate) async fn described(db: &mut Connection, namespaces: &[&str]) -> String {
    let database = introspect(db, &scope(namespaces)).await.expect("a readable database");
    let mut names = namespaces.to_vec();
    names.sort_unstable();
    let schemas = if namespaces == ["public"] { String::new() } else { format!("\n  schemas  = {names:?}") };
    let mut text = format!(
        "generator client {{\n  provider = \"prisma-client\"\n  output = \"client\"\n  previewFeatures = [\"views\"]\n}}\n\n\
         datasource db {{\n  provider = \"postgresql\"{schemas}\n}}\n"
    );
    let mut pull = || {
        let (files, schema) = understood(&text);
        let options = PullOptions { new_file: "schema.prisma".to_owned(), ..PullOptions::default() };
        let pulled = to_psl(&database, &Previous { files: &files, schema: &schema }, &options).expect("a schema");
        text = pulled.files.into_iter().map(|file| file.text).collect::<Vec<_>>().join("\n");
        text.clone()
    };
    let first = pull();
    let second = pull();
    assert!(first == second, "{}", similar::TextDiff::from_lines(&first, &second).unified_diff());
    understood(&second);
    second
}

fn understood(text: &str) -> ([Ast; 1], PslSchema) {
    let source = Source { id: FileId(0), path: "schema.prisma".to_owned(), text: text.to_owned() };
    let (ast, problems) = parse(source);
    assert!(!problems.has_errors(), "not a schema: {problems:?}\n{text}");
    let files = [ast];
    let (schema, problems) = validate(&files);
    let schema = schema.unwrap_or_else(|| panic!("not valid: {problems:?}\n{text}"));
    (files, schema)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/samples")
}
