//! Writing schemas for databases, compared with what Prisma writes for the same ones.
//!
//! `tests/fixtures/pull/prisma-7.10.1.txt` holds Prisma's answers. Where evt's differ on purpose, it is in
//! `deviations.txt` with the reason; `UPDATE=1` rewrites that file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use evt::diff::{diff, summary};
use evt::introspect::to_psl::{Previous, PullError, PullOptions, Pulled, to_psl};
use evt::introspect::{Scope, introspect};
use evt::lower::lower;
use evt::psl::{Ast, FileId, PslSchema, Source, parse, validate};
use evt::sql::quote::Statement;
use libtest_mimic::Trial;

use super::Case;
use crate::server::{TestDatabase, live, reused, run};

pub(super) fn tests(introspected: impl Iterator<Item = (String, Case)>) -> Vec<Trial> {
    let recorded = sections(&read("prisma-7.10.1.txt"));
    let deviations = sections(&read("deviations.txt"));
    let files = [
        live("pull: files, --force and --schemas", several_files),
        live("pull: keys over columns that the user may not read stay whole", unreadable_columns),
        live("pull: every operator class of the server on every type that it takes", every_operator_class),
    ];
    let all = introspected.map(|(name, case)| (name, case, Before::default())).chain(own_cases());
    all.map(|(name, case, before)| {
        let expected = recorded.get(&name).cloned();
        let deviation = deviations.get(&name).cloned();
        reused(format!("pull::{name}"), move |database| check(database, name, case, before, expected, deviation))
    })
    .chain(files)
    .collect()
}

impl Before {
    /// One file.
    pub(super) fn of(text: String) -> Self {
        Self { files: vec![("schema.prisma".to_owned(), text)], ..Self::default() }
    }
}

/// The cases of `tests/fixtures/pull`: words in the heading as for the others, `force=yes`, `schemas=a,b` and
/// `names=schema`; sections
/// `-- sql --`, `-- scope --` and, for each file of before, `-- path.prisma --`.
fn own_cases() -> impl Iterator<Item = (String, Case, Before)> {
    let mut topics: Vec<PathBuf> = std::fs::read_dir(folder()).expect("a folder").flatten().map(|e| e.path()).collect();
    topics.retain(|path| path.extension().is_some_and(|extension| extension == "case"));
    topics.sort();
    topics.into_iter().flat_map(|path| {
        let topic = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).expect("a readable fixture");
        let cases: Vec<_> = text.split("=== ").skip(1).map(|case| own_case(&topic, case)).collect();
        cases
    })
}

fn own_case(topic: &str, text: &str) -> (String, Case, Before) {
    let (heading, rest) = text.split_once('\n').expect("a heading");
    let mut words = heading.split("  ").map(str::trim);
    let name = words.next().unwrap_or_default();
    let mut case = Case::of_script(name, String::new());
    let mut before = Before::default();
    for word in words {
        match word.split_once('=') {
            Some(("needs", extension)) => case.needs.push(extension.to_owned()),
            Some(("since", version)) => case.since = version.parse().expect(heading),
            Some(("force", "yes")) => before.force = true,
            Some(("names", "schema")) => before.schema_names = true,
            Some(("schemas", names)) => before.schemas = Some(names.split(',').map(str::to_owned).collect()),
            _ => panic!("unknown word `{word}` in `{heading}`"),
        }
    }
    let mut section = String::new();
    for line in rest.split_inclusive('\n') {
        match line.trim_end().strip_prefix("-- ").and_then(|line| line.strip_suffix(" --")) {
            Some(title) if title.ends_with(".prisma") => {
                let path = if title == "before.prisma" { "schema.prisma" } else { title };
                before.files.push((path.to_owned(), String::new()));
                "file".clone_into(&mut section);
            }
            Some(title @ ("sql" | "scope")) => title.clone_into(&mut section),
            Some(_) | None => match section.as_str() {
                "sql" => case.sql.push_str(line),
                "scope" if line.trim().is_empty() => {}
                "scope" if case.scope == ["public"] => case.scope = vec![line.trim().to_owned()],
                "scope" => case.scope.push(line.trim().to_owned()),
                "file" => before.files.last_mut().expect("a file").1.push_str(line),
                _ => {}
            },
        }
    }
    for (_, text) in &mut before.files {
        *text = text.trim().to_owned() + "\n";
    }
    (format!("{topic}::{name}"), case, before)
}

/// What there was before a pull, and how it is called.
#[derive(Debug, Clone, Default)]
pub(super) struct Before {
    files: Vec<(String, String)>,
    force: bool,
    schemas: Option<Vec<String>>,
    schema_names: bool,
}

/// A unique key over a column that the user may not see must not come out as one over the others: a push would make it
/// that. The catalog shows everything to everybody.
async fn unreadable_columns(database: TestDatabase) {
    let role = database.url.database().to_owned();
    let sql = format!(
        "CREATE TABLE t (id int PRIMARY KEY, a int, secret int, UNIQUE (a, secret));
         CREATE TABLE hidden (id int PRIMARY KEY, tid int REFERENCES t);
         CREATE ROLE {role}; GRANT SELECT (id, a) ON t TO {role};"
    );
    let mut db = database.with(&sql).await;
    let scope = Scope { default_namespace: "public".to_owned(), namespaces: vec!["public".to_owned()] };
    let all = introspect(&mut db, &scope).await.expect("a readable database");
    db.script(&Statement::built(format!("SET ROLE {role}"))).await.expect("a role");
    let seen = introspect(&mut db, &scope).await.expect("a readable database");
    let back = format!("RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}");
    db.script(&Statement::built(back)).await.expect("the role goes");
    assert_eq!(seen, all);
    let text = shown(&pairs(pull(&seen, &Before::of(configuration(&["public".to_owned()]))).expect("a schema")));
    assert!(text.contains("@@unique([a, secret])") && text.contains("model hidden {"), "{text}");
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

/// Which class is written how, and which is not, is settled by the rules of the schema language for each type.
async fn every_operator_class(database: TestDatabase) {
    let sql = "SELECT format('CREATE TABLE t%s (id int PRIMARY KEY, a %s); CREATE INDEX ON t%s USING %s (a %s);',
                row_number() OVER (ORDER BY am.amname, c.opcname, t.oid), format_type(t.oid, NULL),
                row_number() OVER (ORDER BY am.amname, c.opcname, t.oid), am.amname, c.opcname) AS sql
        FROM pg_opclass c
        JOIN pg_am am ON am.oid = c.opcmethod
        JOIN pg_type t ON t.oid = c.opcintype
            OR c.opcintype = 'anyarray'::regtype AND t.typname IN ('_int4', '_text', '_inet', '_jsonb')
            OR c.opcintype = 'anyrange'::regtype AND t.typname IN ('int4range', 'tstzrange')
            OR EXISTS (SELECT FROM pg_cast k
                WHERE k.castsource = t.oid AND k.casttarget = c.opcintype AND k.castmethod = 'b' AND k.castcontext = 'i')
        WHERE t.typtype IN ('b', 'r')";
    let mut db = database.connect().await;
    let rows = db.rows(&sql.into()).await.expect("the operator classes");
    let tables: Vec<&str> = rows.iter().filter_map(|row| row.get("sql")).collect();
    assert!(tables.len() > 150, "only {}", tables.len());
    run(&mut db, &tables.join("\n")).await;
    let scope = Scope { default_namespace: "public".to_owned(), namespaces: vec!["public".to_owned()] };
    let database = introspect(&mut db, &scope).await.expect("a readable database");
    let before = Before::of(configuration(&["public".to_owned()]));
    let first = pairs(pull(&database, &before).expect("a schema"));
    let again = pairs(pull(&database, &Before { files: first.clone(), ..before }).expect("a schema again"));
    assert_eq!(again, first);
    no_drift("operator classes", &database, &first);
    let indexes = first[0].1.matches("@@index([").count();
    assert_eq!(indexes, tables.len(), "{}", first[0].1);
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
    mut before: Before,
    recorded: Option<String>,
    deviation: Option<String>,
) {
    let mut db = database.connect().await;
    if !case.runs_on(&mut db).await {
        return;
    }
    run(&mut db, &case.sql).await;
    if before.files.is_empty() {
        before.files.push(("schema.prisma".to_owned(), configuration(&case.scope)));
    }
    let of_datasource = understood(&before.files).1.datasource.map(|datasource| datasource.namespaces);
    let namespaces = before.schemas.clone().or(of_datasource.filter(|names| !names.is_empty())).unwrap_or(case.scope);
    let scope = Scope { default_namespace: "public".to_owned(), namespaces };
    let database = introspect(&mut db, &scope).await.expect("a readable database");
    let text = match pull(&database, &before) {
        Ok(pulled) => {
            warned(&name, &pulled.warnings.to_string());
            let first = pairs(pulled);
            let is_one = before.files.len() == 1;
            no_drift(&name, &database, &first);
            let second = Before { files: first.clone(), force: false, ..before };
            let again = pairs(pull(&database, &second).expect("a schema again"));
            assert_eq!(again, first, "{name}: a second pull changes the schema");
            normal(&if is_one { shown(&first) } else { with_paths(&first) })
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
    if crate::is_updating() {
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
    (
        "again_links::relation mode prisma without relations of before",
        "foreign keys go when the client enforces relations",
    ),
    ("files::by force in relation mode prisma", "the same"),
    ("again::relation mode prisma", "foreign keys go when the client enforces relations"),
    ("indexes::index left invalid", "it is made anew"),
    ("relations::many to many", "a join table is made to be what the schema language makes"),
    ("relations::many to many beside a foreign key", "the same"),
    ("relations::many to many with a name", "the same"),
    ("relations::many to many with itself", "the same"),
    ("relations::many to many with itself beside a foreign key", "the same"),
    ("relations::the same foreign key twice", "the schema language says it once, which is a warning"),
    ("relations::two many to many", "a join table is made to be what the schema language makes"),
];

/// A schema that was just pulled describes the database: there is nothing to migrate, also nothing to drop that the schema
/// cannot show.
fn no_drift(name: &str, database: &evt::dbschema::DbSchema, files: &[(String, String)]) {
    let (_, schema) = understood(files);
    let steps = diff(database, &lower(&schema, "public"));
    let is_known = DRIFT.iter().any(|(known, _)| *known == name);
    assert!(steps.is_empty() != is_known, "{name}: to migrate after a pull: {}\n{}", summary(&steps), shown(files));
}

/// Path and text of each file, by path.
pub(super) fn pairs(pulled: Pulled) -> Vec<(String, String)> {
    let mut files: Vec<_> = pulled.files.into_iter().map(|file| (file.path, file.text)).collect();
    files.sort();
    files
}

/// The files as one text.
pub(super) fn shown(files: &[(String, String)]) -> String {
    match files {
        [(_, text)] => text.clone(),
        _ => with_paths(files),
    }
}

fn with_paths(files: &[(String, String)]) -> String {
    files.iter().map(|(path, text)| format!(">>> {path}\n{text}")).collect::<Vec<_>>().join("\n")
}

/// The warnings of a case are as in `warnings.txt`, which `UPDATE=1` rewrites.
fn warned(name: &str, warnings: &str) {
    let known = RECORDED_WARNINGS.get_or_init(|| sections(&read("warnings.txt")));
    let warnings = warnings.trim();
    let expected = known.get(name).map_or("", String::as_str);
    if expected == warnings {
        return;
    }
    assert!(crate::is_updating(), "{name}: warns of\n{warnings}\n\ninstead of\n{expected}");
    let _alone = UPDATING.lock();
    let mut all: Vec<(String, String)> = sections(&read("warnings.txt")).into_iter().collect();
    all.retain(|(known, _)| known != name);
    if !warnings.is_empty() {
        all.push((name.to_owned(), warnings.to_owned()));
    }
    all.sort();
    let text: Vec<String> = all.iter().map(|(name, text)| format!("=== {name}\n{text}\n")).collect();
    std::fs::write(folder().join("warnings.txt"), text.join("\n")).expect("a fixture is writable");
}

static RECORDED_WARNINGS: OnceLock<HashMap<String, String>> = OnceLock::new();

/// A schema without models.
pub(super) fn configuration(namespaces: &[String]) -> String {
    let mut sorted = namespaces.to_vec();
    sorted.sort();
    let schemas = if namespaces == ["public"] { String::new() } else { format!("\n  schemas = {sorted:?}") };
    format!(
        "generator client {{\n  provider = \"prisma-client\"\n  output = \"client\"\n}}\n\ndatasource db {{\n  provider = \"postgresql\"{schemas}\n}}\n"
    )
}

/// What a pull over `before` writes. Everything it reads and writes must be valid.
pub(super) fn pull(database: &evt::dbschema::DbSchema, before: &Before) -> Result<Pulled, PullError> {
    let (files, schema) = understood(&before.files);
    let new_file = "schema/introspected.prisma".to_owned();
    let Before { force, schemas, schema_names, .. } = before.clone();
    let options = PullOptions { new_file, force, namespaces: schemas, schema_names };
    to_psl(database, &Previous { files: &files, schema: &schema }, &options)
}

pub(super) fn understood(files: &[(String, String)]) -> (Vec<Ast>, PslSchema) {
    let trees = (0..).zip(files).map(|(id, (path, text))| {
        let (ast, problems) = parse(Source { id: FileId(id), path: path.clone(), text: text.clone() });
        assert!(!problems.has_errors(), "not a schema: {problems:?}\n{text}");
        ast
    });
    let trees: Vec<Ast> = trees.collect();
    let (schema, problems) = validate(&trees);
    let schema = schema.unwrap_or_else(|| panic!("not valid: {problems:?}\n{}", shown(files)));
    (trees, schema)
}

/// A text without the wording of notices.
pub(super) fn normal(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
        let is_documentation = rest.starts_with("/// Doc ");
        lines.push(match rest.split_once("pris.ly/d/") {
            Some((_, target)) if rest.starts_with("///") => format!("{indent}/// {target}"),
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
