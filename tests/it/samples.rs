//! Sample databases of `tests/fixtures/samples`: each can be read, described as a schema that is valid and says the same,
//! and looked at by `evt db stats`. `UPDATE=1` rewrites the schemas beside them.

use std::path::{Path, PathBuf};

use evt::db::Connection;
use evt::introspect::to_psl::{Previous, PullOptions, to_psl};
use evt::introspect::{Scope, introspect};
use evt::maintenance::stats::stats;
use evt::psl::{Ast, FileId, PslSchema, Source, parse, validate};
use evt::sql::quote::Statement;
use libtest_mimic::Trial;

use crate::server::{TestDatabase, live};

/// The samples, with the namespaces that are read and whether a migration right after a pull would have something to do.
const SAMPLES: [(&str, &[&str]); 3] =
    [("music_shop", &["public"]), ("film_rental", &["public"]), ("extensions", &["public"])];

pub(crate) fn tests() -> Vec<Trial> {
    SAMPLES
        .iter()
        .map(|(name, namespaces)| live(format!("sample: {name}"), move |db| check(db, name, namespaces)))
        .collect()
}

async fn check(database: TestDatabase, name: &str, namespaces: &[&str]) {
    let mut db = database.connect().await;
    let sql = std::fs::read_to_string(folder().join(format!("{name}.sql"))).expect("a fixture is readable");
    if name == "extensions" && !has_extensions(&mut db).await {
        return;
    }
    if let Err(error) = db.script(&Statement::script(&sql)).await {
        panic!("{name}: {error}");
    }
    let schema = described(&mut db, namespaces).await;
    let file = folder().join(format!("{name}.prisma"));
    if crate::introspect::is_updating() {
        std::fs::write(&file, &schema).expect("a fixture is writable");
    }
    let expected = std::fs::read_to_string(&file).expect("a fixture is readable");
    assert!(schema == expected, "{}", similar::TextDiff::from_lines(&expected, &schema).unified_diff());
    let stats = stats(&mut db, None).await.expect("statistics");
    assert!(!stats.tables.is_empty());
}

/// Servers are packed with and without what belongs to PostgreSQL.
async fn has_extensions(db: &mut Connection) -> bool {
    let sql = "SELECT name FROM pg_available_extensions WHERE name IN ('citext', 'hstore', 'ltree', 'pg_trgm', \
               'btree_gist', 'btree_gin', 'cube', 'uuid-ossp')";
    db.rows(&sql.into()).await.expect("a question").len() == 8
}

/// The schema that a pull writes; it is valid, and a pull into it changes nothing.
pub(crate) async fn described(db: &mut Connection, namespaces: &[&str]) -> String {
    let mut names: Vec<String> = namespaces.iter().map(|name| (*name).to_owned()).collect();
    let scope = Scope { namespaces: names.clone(), default_namespace: "public".to_owned() };
    let database = introspect(db, &scope).await.expect("a readable database");
    names.sort();
    let schemas = if namespaces == ["public"] { String::new() } else { format!("\n  schemas  = {names:?}") };
    let mut text = format!("datasource db {{\n  provider = \"postgresql\"{schemas}\n}}\n");
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
