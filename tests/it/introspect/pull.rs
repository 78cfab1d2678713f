//! Writing schemas for databases, compared with what Prisma writes for the same ones.
//!
//! `tests/fixtures/pull/prisma-7.10.1.txt` holds Prisma's answers. Where evt's differ on purpose, it is in
//! `deviations.txt` with the reason, a `D` being a defect listed in spec/introspection.md section 7; `UPDATE=1` rewrites that file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use evt::diff::{diff, summary};
use evt::introspect::to_psl::{Previous, PullError, PullOptions, Pulled, to_psl};
use evt::introspect::{Scope, introspect};
use evt::lower::lower;
use evt::psl::{Ast, FileId, PslSchema, Source, parse, validate};
use libtest_mimic::Trial;

use super::Case;
use crate::server::{TestDatabase, live};

pub(super) fn tests(introspected: impl Iterator<Item = (String, Case)>) -> Vec<Trial> {
    let recorded = sections(&read("prisma-7.10.1.txt"));
    let deviations = sections(&read("deviations.txt"));
    let own = ["again", "relations"].into_iter().flat_map(|topic| {
        sections(&read(&format!("{topic}.case"))).into_iter().map(move |(heading, text)| {
            let (sql, before) = match text.split_once("-- before.prisma --\n") {
                Some((sql, before)) => (sql, Some(before.to_owned())),
                None => (text.as_str(), None),
            };
            let sql = sql.strip_prefix("-- sql --\n").expect("a script").to_owned();
            (format!("{topic}::{heading}"), Case::of_script(&heading, sql), before)
        })
    });
    let files = live("pull: files, --force and --schemas", several_files);
    let all = introspected.map(|(name, case)| (name, case, None)).chain(own);
    all.map(|(name, case, before)| {
        let expected = recorded.get(&name).cloned();
        let deviation = deviations.get(&name).cloned();
        live(format!("pull::{name}"), move |database| check(database, name, case, before, expected, deviation))
    })
    .chain([files])
    .collect()
}

/// What is known stays in its file, what is new gets one of its own, and `force` makes one file of all.
async fn several_files(database: TestDatabase) {
    let mut db = database
        .with("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY REFERENCES a); CREATE TYPE e AS ENUM ('x')")
        .await;
    let scope = Scope { default_namespace: "public".to_owned(), namespaces: vec!["public".to_owned()] };
    let database = introspect(&mut db, &scope).await.expect("a readable database");
    let sources = [
        ("main.prisma", "datasource db {\n  provider = \"postgresql\"\n}\n"),
        ("models.prisma", "/// Doc of a.\nmodel Known {\n  id Int @id\n\n  @@map(\"a\")\n}\n"),
        ("gone.prisma", "enum Gone {\n  a\n}\n"),
    ];
    let trees: Vec<Ast> = (0..)
        .zip(sources)
        .map(|(id, (path, text))| parse(Source { id: FileId(id), path: path.to_owned(), text: text.to_owned() }).0)
        .collect();
    let (schema, problems) = validate(&trees);
    let schema = schema.unwrap_or_else(|| panic!("not valid: {problems:?}"));
    let previous = Previous { files: &trees, schema: &schema };
    let pull = |options: PullOptions| {
        let options = PullOptions { new_file: "introspected.prisma".to_owned(), ..options };
        let pulled = to_psl(&database, &previous, &options).expect("a schema");
        pulled.files.into_iter().map(|file| (file.path, file.text)).collect::<Vec<_>>()
    };
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let relation = "@relation(fields: [id], references: [id], onDelete: NoAction, onUpdate: NoAction)";
    let datasource = "datasource db {\n  provider = \"postgresql\"\n}\n";
    assert_eq!(
        pull(PullOptions::default()),
        [
            file("main.prisma", datasource),
            file("models.prisma", "/// Doc of a.\nmodel Known {\n  id Int @id\n  b  b?\n\n  @@map(\"a\")\n}\n"),
            file("gone.prisma", "\n"),
            file(
                "introspected.prisma",
                &format!("model b {{\n  id Int   @id\n  a  Known {relation}\n}}\n\nenum e {{\n  x\n}}\n")
            ),
        ]
    );
    let models =
        format!("model a {{\n  id Int @id\n  b  b?\n}}\n\nmodel b {{\n  id Int @id\n  a  a   {relation}\n}}\n");
    assert_eq!(
        pull(PullOptions { force: true, ..PullOptions::default() }),
        [file("introspected.prisma", &format!("{datasource}\n{models}\nenum e {{\n  x\n}}\n"))]
    );
    let named = pull(PullOptions { namespaces: Some(vec!["public".to_owned()]), ..PullOptions::default() });
    assert_eq!(named[0].1, "datasource db {\n  provider = \"postgresql\"\n  schemas  = [\"public\"]\n}\n");
    assert!(named[1].1.ends_with("  @@map(\"a\")\n  @@schema(\"public\")\n}\n"), "{}", named[1].1);
    let nothing = PullOptions { namespaces: Some(Vec::new()), ..PullOptions::default() };
    assert_eq!(to_psl(&database, &previous, &nothing), Err(PullError::NoNamespaces));
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pull")
}

fn read(file: &str) -> String {
    std::fs::read_to_string(folder().join(file)).unwrap_or_default()
}

/// Texts by the name in their heading.
fn sections(text: &str) -> HashMap<String, String> {
    text.split("=== ")
        .skip(1)
        .filter_map(|section| section.split_once('\n'))
        .map(|(heading, text)| (name_of(heading).to_owned(), text.trim().to_owned()))
        .collect()
}

fn name_of(heading: &str) -> &str {
    heading.split("  ").next().unwrap_or_default()
}

async fn check(
    database: TestDatabase,
    name: String,
    case: Case,
    before: Option<String>,
    recorded: Option<String>,
    deviation: Option<String>,
) {
    let mut db = database.connect().await;
    if !case.runs_on(&mut db).await {
        return;
    }
    let mut db = database.with(&case.sql).await;
    let scope = Scope { default_namespace: "public".to_owned(), namespaces: case.scope.clone() };
    let database = introspect(&mut db, &scope).await.expect("a readable database");
    let before = before.unwrap_or_else(|| configuration(&case.scope));
    let text = match pull(&database, &before) {
        Ok(pulled) => {
            let text = pulled.files.into_iter().map(|file| file.text).collect::<Vec<_>>().join("\n");
            let again = pull(&database, &text).map(|pulled| pulled.files[0].text.clone());
            assert_eq!(again.as_ref(), Ok(&text), "{name}: a second pull changes the schema");
            no_drift(&name, &database, &text);
            normal(&text)
        }
        Err(PullError::Empty | PullError::ForeignNamespace { .. } | PullError::NoNamespaces) => "error -".to_owned(),
    };
    let recorded = recorded.map(|text| normal(&text)).filter(|text| text != "not on this server");
    let expected = deviation.clone().map(|text| normal(&text)).or(recorded.clone());
    if expected.is_none() {
        // Prisma was asked on a server that could not run this; what was checked above holds anyway.
        return;
    }
    if expected.as_ref() == Some(&text) && (deviation.is_none() || recorded.as_ref() != Some(&text)) {
        return;
    }
    if super::is_updating() {
        update(&name, (recorded.as_ref() != Some(&text)).then_some(&text));
        return;
    }
    let expected = expected.unwrap_or_default();
    panic!(
        "{name}: expected, and written (known deviation: {})\n{}",
        deviation.is_some(),
        similar::TextDiff::from_lines(expected.as_str(), text.as_str()).unified_diff()
    );
}

/// Databases for which a migration right after a pull has something to do, and why.
const DRIFT: [(&str, &str); 11] = [
    ("again::relation mode prisma", "foreign keys go when the client enforces relations"),
    ("foreign_keys::to a partition", "a partition is no model, which is a warning"),
    ("foreign_keys::temporal", "the key it refers to cannot be shown, which is a warning"),
    ("indexes::index left invalid", "it is made anew"),
    ("relations::many to many", "a join table is made to be what the schema language makes"),
    ("relations::many to many beside a foreign key", "the same"),
    ("relations::many to many with a name", "the same"),
    ("relations::many to many with itself", "the same"),
    ("relations::many to many with itself beside a foreign key", "the same"),
    ("relations::the same foreign key twice", "the schema language says it once, which is a warning"),
    ("relations::two many to many", "a join table is made to be what the schema language makes"),
];

/// A schema that was just pulled describes the database: there is nothing to migrate, but for what had to be commented
/// out and said so.
fn no_drift(name: &str, database: &evt::dbschema::DbSchema, text: &str) {
    let (_, schema) = understood(text);
    let steps = diff(database, &lower(&schema, "public"));
    let is_commented_out = text.lines().any(|line| line.trim_start().starts_with("// "));
    let is_known = DRIFT.iter().any(|(known, _)| *known == name);
    assert!(
        steps.is_empty() != is_known || is_commented_out,
        "{name}: to migrate after a pull: {}\n{text}",
        summary(&steps)
    );
}

/// A schema without models.
fn configuration(namespaces: &[String]) -> String {
    let mut sorted = namespaces.to_vec();
    sorted.sort();
    let schemas = if namespaces == ["public"] { String::new() } else { format!("\n  schemas = {sorted:?}") };
    format!(
        "generator client {{\n  provider = \"prisma-client\"\n  output = \"client\"\n}}\n\ndatasource db {{\n  provider = \"postgresql\"{schemas}\n}}\n"
    )
}

/// What a pull over `before` writes. Everything it reads and writes must be valid.
fn pull(database: &evt::dbschema::DbSchema, before: &str) -> Result<Pulled, PullError> {
    let (files, schema) = understood(before);
    let options = PullOptions { new_file: "introspected.prisma".to_owned(), ..PullOptions::default() };
    to_psl(database, &Previous { files: &files, schema: &schema }, &options)
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

/// A text without the wording of notices.
fn normal(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
        let is_documentation = rest.starts_with("/// Doc ");
        lines.push(match rest.split_once("pris.ly/d/") {
            Some((_, target)) if rest.starts_with("///") => format!("{indent}/// {target}"),
            _ if rest.starts_with("// The name of this column") => format!("{indent}/// -"),
            _ if rest.starts_with("/// ") && !is_documentation && !is_link(rest) => format!("{indent}/// -"),
            _ => line.to_owned(),
        });
    }
    lines.join("\n").trim().to_owned()
}

/// A notice of which only the link was recorded.
fn is_link(line: &str) -> bool {
    line.strip_prefix("/// ").is_some_and(|rest| rest.contains('-') && !rest.contains(' '))
}

static UPDATING: Mutex<()> = Mutex::new(());

/// Notes what is written instead of what Prisma writes, or that it is the same.
fn update(name: &str, text: Option<&String>) {
    let _alone = UPDATING.lock();
    let file = read("deviations.txt");
    let mut sections: Vec<(String, String)> = file
        .split("=== ")
        .skip(1)
        .filter_map(|section| section.split_once('\n'))
        .map(|(heading, text)| (heading.to_owned(), text.trim().to_owned()))
        .collect();
    let heading = sections.iter().map(|(heading, _)| heading).find(|heading| name_of(heading) == name).cloned();
    sections.retain(|(heading, _)| name_of(heading) != name);
    if let Some(text) = text {
        sections.push((heading.unwrap_or_else(|| format!("{name}  reason=?")), text.clone()));
    }
    sections.sort();
    let text: Vec<String> = sections.iter().map(|(heading, text)| format!("=== {heading}\n{text}\n")).collect();
    std::fs::write(folder().join("deviations.txt"), text.join("\n")).expect("a fixture is writable");
}
