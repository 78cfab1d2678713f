//! The shapes that the README promises to programs are those that commands print.
//!
//! A shape is `{key, key: shape, key?: shape}`, `[shape]`, or words such as `name`, which stand for anything; `or` is
//! between shapes one of which fits. `?` marks a key that is not always there. A word that is JSON stands for itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::server::{TestDatabase, live_blocking};

pub(crate) fn tests() -> Vec<Trial> {
    vec![live_blocking("readme: the shapes of --json", |database| {
        if let Err(problem) = shapes(&database) {
            panic!("{}", problem.message().unwrap_or_default());
        }
    })]
}

enum Shape {
    Object(Vec<(String, bool, Shape)>),
    List(Box<Shape>),
    OneOf(Vec<Shape>),
    Literal(Value),
    Anything,
}

/// Reads a shape; what follows it is left in `text`.
fn shape(text: &mut &str) -> Shape {
    let mut choices = vec![one_shape(text)];
    while let Some(rest) = text.strip_prefix(" or ") {
        *text = rest;
        choices.push(one_shape(text));
    }
    if choices.len() == 1 { choices.remove(0) } else { Shape::OneOf(choices) }
}

fn one_shape(text: &mut &str) -> Shape {
    if let Some(rest) = text.strip_prefix('[') {
        *text = rest;
        let inner = shape(text);
        *text = text.strip_prefix(']').unwrap_or_else(|| panic!("a list does not end: {text}"));
        return Shape::List(Box::new(inner));
    }
    let Some(rest) = text.strip_prefix('{') else {
        let end = text.find([',', '}', ']']).unwrap_or(text.len());
        let end = text[..end].find(" or ").unwrap_or(end);
        let (word, rest) = text.split_at(end);
        *text = rest;
        return serde_json::from_str(word).map_or(Shape::Anything, Shape::Literal);
    };
    *text = rest;
    let mut fields = Vec::new();
    loop {
        let end = text.find([',', ':', '}']).unwrap_or_else(|| panic!("an object does not end: {text}"));
        let (key, rest) = text.split_at(end);
        let (name, always) = key.strip_suffix('?').map_or((key, true), |name| (name, false));
        *text = rest;
        let inner = match text.strip_prefix(": ") {
            Some(rest) => {
                *text = rest;
                shape(text)
            }
            None => Shape::Anything,
        };
        fields.push((name.to_owned(), always, inner));
        match text.strip_prefix(", ") {
            Some(rest) => *text = rest,
            None => break,
        }
    }
    *text = text.strip_prefix('}').unwrap_or_else(|| panic!("an object does not end: {text}"));
    Shape::Object(fields)
}

/// What of `value` is not as `shape` says. `seen` gets the path of every key that was there.
fn differences(shape: &Shape, value: &Value, path: &str, seen: &mut BTreeSet<String>) -> Vec<String> {
    match (shape, value) {
        (Shape::Anything, _) => Vec::new(),
        (Shape::Literal(expected), value) if expected == value => Vec::new(),
        (Shape::Literal(expected), value) => vec![format!("{path} is {value} and not {expected}")],
        (Shape::OneOf(choices), value) => {
            let mut best: Option<Vec<String>> = None;
            for choice in choices {
                let mut found = BTreeSet::new();
                let wrong = differences(choice, value, path, &mut found);
                if wrong.is_empty() {
                    seen.extend(found);
                    return Vec::new();
                }
                best = best.filter(|best| best.len() <= wrong.len()).or(Some(wrong));
            }
            best.unwrap_or_default()
        }
        (Shape::List(inner), Value::Array(items)) => {
            items.iter().flat_map(|item| differences(inner, item, &format!("{path}[]"), seen)).collect()
        }
        (Shape::Object(fields), Value::Object(values)) => {
            let unknown = values.keys().filter(|key| fields.iter().all(|(name, ..)| name != *key));
            let mut wrong: Vec<String> = unknown.map(|key| format!("{path}.{key} is not in the README")).collect();
            for (name, always, inner) in fields {
                let path = format!("{path}.{name}");
                match values.get(name) {
                    Some(value) => {
                        seen.insert(path.clone());
                        wrong.extend(differences(inner, value, &path, seen));
                    }
                    None if *always => wrong.push(format!("{path} is not there")),
                    None => {}
                }
            }
            wrong
        }
        (_, value) => vec![format!("{path} is {value}")],
    }
}

/// The paths of all keys of a shape.
fn paths(shape: &Shape, path: &str, out: &mut BTreeSet<String>) {
    match shape {
        Shape::Object(fields) => {
            for (name, _, inner) in fields {
                let path = format!("{path}.{name}");
                paths(inner, &path, out);
                out.insert(path);
            }
        }
        Shape::List(inner) => paths(inner, &format!("{path}[]"), out),
        Shape::OneOf(choices) => choices.iter().for_each(|choice| paths(choice, path, out)),
        Shape::Literal(_) | Shape::Anything => {}
    }
}

const SCHEMA: &str = "datasource db {\n  provider = \"postgresql\"\n  url = env(\"DATABASE_URL\")\n}\n\nmodel a {\n  \
                      id Int @id\n  name String\n}\n";

/// What happens in a project, in order. `sql` asks the database, `file` writes a file, anything else is the row of the
/// README that is tried, and what is added to the command.
const STORY: &[(&str, &str)] = &[
    ("file old/V1__a.sql", "SELECT 1;"),
    (
        "sql",
        "CREATE TABLE refinery_schema_history (version int PRIMARY KEY, name varchar(255), applied_on varchar(255), \
        checksum varchar(255))",
    ),
    ("migrate import", "--from refinery --folder old"),
    ("sql", "DROP TABLE refinery_schema_history"),
    ("validate", ""),
    ("file migrations/1_a/migration.sql", "CREATE TABLE a (id int PRIMARY KEY, name text NOT NULL);"),
    ("migrate deploy --dry-run", ""),
    ("migrate deploy", ""),
    ("migrate status", ""),
    ("migrate status", "--no-drift"),
    ("migrate log", ""),
    ("sql", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER TABLE a ALTER name DROP NOT NULL"),
    ("migrate status", ""),
    ("file migrations/2_b/migration.sql", "SELECT 1;"),
    ("migrate resolve", "--applied 2_b"),
    ("sql", "UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '2_b'"),
    ("migrate status", ""),
    ("migrate resolve", "--rolled-back 2_b"),
    ("migrate diff", "--from-empty --to-schema schema.prisma"),
    ("migrate diff", "--from-schema schema.prisma --to-empty"),
    ("sql", "ALTER TABLE a ADD COLUMN more int CHECK (more > 0)"),
    ("migrate diff", "--from-url <url> --to-schema schema.prisma"),
    ("db pull", "--print"),
    ("db pull", ""),
    ("db stats", ""),
    ("db vacuum", "a"),
    ("dev status", ""),
    ("doctor", ""),
    ("file migrations/3_c/migration.sql", "ALTER TABLE a SET (fillfactor = 90);\nVACUUM a;"),
    ("migrate deploy --dry-run", ""),
    ("migrate export", "--to refinery --output new"),
    ("any, if it fails", "validate --schema none"),
    ("file bad.prisma", "model b {\n  id Strng @id\n}\n"),
    ("any, if it fails", "validate --schema bad.prisma"),
];

fn shapes(database: &TestDatabase) -> Result<(), Failed> {
    let mut promised = table()?;
    let project = tempfile::tempdir()?;
    fs::write(project.path().join("schema.prisma"), SCHEMA)?;
    let mut wrong = Vec::new();
    let mut seen: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (what, how) in STORY {
        if let Some(path) = what.strip_prefix("file ") {
            let path = project.path().join(path);
            fs::create_dir_all(path.parent().unwrap_or(project.path()))?;
            fs::write(path, how)?;
        } else if *what == "sql" {
            database.ask(how);
        } else {
            let line = format!("{} {how} --json", if what.starts_with("any") { "" } else { what });
            let printed = printed(project.path(), &line, database)?;
            if let (Some(message), false) = (printed.pointer("/error/message"), what.starts_with("any")) {
                return Err(format!("{line}: {message}").into());
            }
            let shape = promised.get(*what).ok_or_else(|| format!("the README has no row `{what}`"))?;
            let found = differences(shape, &printed, "", seen.entry(what).or_default());
            wrong.extend(found.into_iter().map(|problem| format!("{line}: {problem}")));
        }
    }
    for (command, shape) in std::mem::take(&mut promised) {
        let mut all = BTreeSet::new();
        paths(&shape, "", &mut all);
        let shown = seen.get(command.as_str()).cloned().unwrap_or_default();
        wrong.extend(all.difference(&shown).map(|path| format!("{command}: nothing shows {path}")));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn printed(project: &Path, line: &str, database: &TestDatabase) -> Result<Value, Failed> {
    let line = line.replace("<url>", &database.text());
    let output = Command::new(env!("CARGO_BIN_EXE_evt"))
        .args(line.split_whitespace())
        .current_dir(project)
        .env_clear()
        .env("DATABASE_URL", database.text())
        .output()?;
    serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{line}: {error}\n{}", String::from_utf8_lossy(&output.stderr)).into())
}

/// The README's table: a shape for each command that has `--json`. A row with several commands is known by the first.
fn table() -> Result<BTreeMap<String, Shape>, Failed> {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"))?;
    let rows = readme.split("| Command | Shape |").nth(1).ok_or("no table of shapes")?;
    let mut shapes = BTreeMap::new();
    let mut covered = BTreeSet::new();
    for row in rows.lines().skip(2).take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches(['|', ' ']).splitn(2, " | ").collect();
        let [command, cell] = cells[..] else { return Err(format!("no row: {row}").into()) };
        let mut text = cell.trim_matches('`');
        let names: Vec<&str> = command.split(", `").map(|name| name.trim_matches('`')).collect();
        shapes.insert(names.first().copied().unwrap_or_default().to_owned(), shape(&mut text));
        covered.extend(names.into_iter().map(str::to_owned));
        if !text.is_empty() {
            return Err(format!("`{command}`: something follows the shape: {text}").into());
        }
    }
    for (command, _) in evt::cli::commands() {
        let words: Vec<String> = command.split(' ').skip(1).map(str::to_owned).collect();
        // `version --json` is a table of names and values, as in Prisma, and older than these shapes.
        if evt::cli::has_flag(&words, "json") && words != ["version"] && !covered.contains(&words.join(" ")) {
            return Err(format!("`{command}` has `--json`, and the README does not say what it prints").into());
        }
    }
    Ok(shapes)
}
