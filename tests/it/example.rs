//! The example schema: what Prisma does for it and for small changes to it.

use std::fs;
use std::path::{Path, PathBuf};

use evt::dbschema::DbSchema;
use evt::diff::diff;
use evt::lower::lower;
use evt::psl::{FileId, PslSchema, Source, parse, validate};
use evt::sql::{Naming, render};
use libtest_mimic::{Failed, Trial};

pub(crate) fn tests() -> Vec<Trial> {
    cases().into_iter().map(|case| Trial::test(format!("example: {}", case.name), move || check(&case))).collect()
}

/// A change to the example schema and the SQL that Prisma makes of it.
pub(crate) struct Case {
    pub(crate) name: String,
    /// The schema after the change; before it, it is the example, or empty if there is no change.
    pub(crate) schema: String,
    pub(crate) initial: bool,
    pub(crate) sql: String,
}

/// The text of the example schema.
pub(crate) fn example() -> String {
    fs::read_to_string(root().join("schema.prisma")).expect("the example schema")
}

/// All recorded cases.
pub(crate) fn cases() -> Vec<Case> {
    let folder = root().join("tests/fixtures/example");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(&folder).expect("fixtures").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Case {
    let text = fs::read_to_string(path).expect("a case");
    let (edits, sql) = text.split_once("-- migration.sql --\n").expect("a recorded case");
    let edits: Vec<&str> = edits.split("-- find --\n").skip(1).collect();
    let schema = edits.iter().fold(example(), |schema, edit| {
        let (find, replace) = edit.split_once("-- replace --\n").expect("an edit has two sides");
        assert!(schema.contains(find), "{}: not found: {find}", path.display());
        schema.replacen(find, replace, 1)
    });
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Case { name, schema, initial: edits.is_empty(), sql: sql.to_owned() }
}

fn check(case: &Case) -> Result<(), Failed> {
    let from = if case.initial {
        DbSchema { namespaces: vec!["public".to_owned()], ..DbSchema::empty("public") }
    } else {
        lower(&valid(&example()), "public")
    };
    let to = lower(&valid(&case.schema), "public");
    let sql = render(&diff(&from, &to), Naming::for_target(&to)).to_string();
    if sql == case.sql { Ok(()) } else { Err(format!("expected:\n{}\nfound:\n{sql}", case.sql).into()) }
}

/// A schema that is valid.
pub(crate) fn valid(text: &str) -> PslSchema {
    let source = Source { id: FileId(0), path: "schema.prisma".to_owned(), text: text.to_owned() };
    let (tree, mut diagnostics) = parse(source);
    let (schema, found) = validate(&[tree]);
    diagnostics.extend(found);
    schema.unwrap_or_else(|| panic!("{diagnostics:?}"))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
