//! The cases in `tests/fixtures/engine`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};
use serde_json::{Map, Value, json};

use super::process::Engine;
use crate::commands::{compare_or_write, sections};
use crate::server::{TestDatabase, live_blocking};

pub(super) fn tests() -> Vec<Trial> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder())
        .expect("the fixtures")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "case"))
        .collect();
    paths.sort();
    let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let live = paths.iter().map(|path| {
        let (name, path) = (name(path), path.clone());
        live_blocking(format!("engine: {name}"), move |database| {
            if let Err(problem) = check(&path, &database) {
                panic!("{}", problem.message().unwrap_or_default());
            }
        })
    });
    let mut tests: Vec<Trial> = live.collect();
    for version in ["6.19.3", "7.10.1"] {
        for path in &paths {
            let (name, path) = (name(path), path.clone());
            let title = format!("engine: {name} as Prisma {version}");
            tests.push(Trial::test(title, move || compare(&name, &path, version)));
        }
    }
    tests
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/engine")
}

/// A project, its database, and the process that answers.
struct Stage<'a> {
    project: tempfile::TempDir,
    database: &'a TestDatabase,
    engine: Option<Engine>,
    /// Of the process, besides the schema's files.
    arguments: Vec<String>,
}

fn check(path: &Path, database: &TestDatabase) -> Result<(), Failed> {
    let case = fs::read_to_string(path)?;
    let mut stage = Stage { project: tempfile::tempdir()?, database, engine: None, arguments: Vec::new() };
    let mut now = String::new();
    for section in sections(&case) {
        let text = match (section.title.as_str(), section.title.strip_prefix("> ")) {
            (title, _) if title.starts_with("deviation") => section.text,
            ("arguments", _) => {
                let filled = section.text.trim().replace("<url>", &database.text());
                let (flag, value) = filled.split_once(' ').ok_or("no value")?;
                stage.arguments = vec![flag.to_owned(), value.to_owned()];
                section.text
            }
            ("sql", _) => {
                stage.sql(&section.text)?;
                section.text
            }
            ("$ sql", _) => {
                let question = section.text.split("\n\n").next().unwrap_or_default().trim_end().to_owned();
                format!("{question}\n\n{}", stage.clean(&database.ask(&question)))
            }
            (_, Some(method)) => {
                let params = section.text.split("\n\n").next().unwrap_or_default().trim_end().to_owned();
                let answer = stage.answer(method, &params)?;
                format!("{params}\n\n{answer}")
            }
            (file, None) => {
                stage.write(file, &section.text)?;
                section.text
            }
        };
        write!(now, "-- {} --\n{}", section.title, text)?;
    }
    if let Some(engine) = stage.engine {
        assert_eq!(engine.end().0, Some(0), "the end of input is an ordinary end");
    }
    compare_or_write(path, &case, &now)
}

impl Stage<'_> {
    fn write(&self, name: &str, text: &str) -> Result<(), Failed> {
        let path = self.project.path().join(name);
        if text == "removed\n" {
            return Ok(fs::remove_file(path)?);
        }
        fs::create_dir_all(path.parent().unwrap_or(self.project.path()))?;
        Ok(fs::write(path, text)?)
    }

    fn sql(&self, text: &str) -> Result<(), Failed> {
        let said = self.database.ask(&text.replace("<database>", self.database.url.database()));
        if said.starts_with('!') { Err(said.into()) } else { Ok(()) }
    }

    /// The request's answer as it is in the case.
    fn answer(&mut self, method: &str, params: &str) -> Result<String, Failed> {
        let params = match params {
            "" => None,
            text => {
                let value: Value = serde_json::from_str(text).map_err(|error| format!("{method} {text}: {error}"))?;
                Some(self.filled(&value)?)
            }
        };
        if self.engine.is_none() {
            let mut arguments = std::mem::take(&mut self.arguments);
            for (name, _) in self.files(".prisma")?.iter().filter(|(name, _)| name.starts_with("schema")) {
                arguments.extend(["--datamodels".to_owned(), self.path(name)]);
            }
            let url = self.database.text();
            self.engine = Some(Engine::start(&arguments, self.project.path(), &[("DATABASE_URL", &url)]));
        }
        let Some(engine) = &mut self.engine else { return Err("no engine".into()) };
        let (shown, answer) = engine.ask(method, params.as_ref());
        let mut text = String::new();
        for content in shown {
            writeln!(text, "print {}", json!(content))?;
        }
        let outcome = answer.get("result").or_else(|| answer.get("error")).cloned().unwrap_or_default();
        let word = if answer.get("result").is_some() { "result" } else { "error" };
        writeln!(text, "{word} {}", serde_json::to_string_pretty(&outcome)?)?;
        Ok(self.clean(&text))
    }

    fn path(&self, name: &str) -> String {
        self.project.path().join(name).display().to_string()
    }

    /// Files of the project by name.
    fn files(&self, ending: &str) -> Result<BTreeMap<String, String>, Failed> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(self.project.path())? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(ending) {
                found.insert(name, fs::read_to_string(entry.path())?);
            }
        }
        Ok(found)
    }

    /// Parameters with everything in its place.
    fn filled(&self, value: &Value) -> Result<Value, Failed> {
        Ok(match value {
            Value::Object(fields) => {
                let mut filled = Map::new();
                for (name, value) in fields {
                    match (name.as_str(), self.filled(value)?) {
                        ("...", Value::Object(more)) => filled.extend(more),
                        (_, value) => {
                            filled.insert(name.clone(), value);
                        }
                    }
                }
                Value::Object(filled)
            }
            Value::Array(list) => list.iter().map(|value| self.filled(value)).collect::<Result<_, _>>()?,
            Value::String(text) if text == "<migrations>" => self.migrations(),
            Value::String(text) if text.starts_with('<') && text.ends_with(".prisma>") => {
                let names = text.trim_matches(['<', '>']).split(' ');
                let file = |name: &str| {
                    Ok(json!({ "path": self.path(name), "content": fs::read_to_string(self.path(name))? }))
                };
                json!({ "files": names.map(file).collect::<Result<Vec<Value>, std::io::Error>>()? })
            }
            Value::String(text) => json!(
                text.replace("<url>", &self.database.text())
                    .replace("<missing>", &self.database.missing())
                    .replace("<folder>", &self.project.path().display().to_string())
            ),
            other => other.clone(),
        })
    }

    /// The migrations folder as Prisma's command line hands it over.
    fn migrations(&self) -> Value {
        let folder = self.project.path().join("migrations");
        let mut names: Vec<String> = fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.path().is_dir())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        let one = |name: &String| {
            let content = match fs::read_to_string(folder.join(name).join("migration.sql")) {
                Ok(text) => json!({ "tag": "ok", "value": text }),
                Err(error) => json!({ "tag": "error", "value": error.to_string() }),
            };
            json!({ "path": name, "migrationFile": { "path": "migration.sql", "content": content } })
        };
        let lock = fs::read_to_string(folder.join("migration_lock.toml")).ok();
        json!({
            "baseDir": folder,
            "lockfile": { "path": "migration_lock.toml", "content": lock },
            "shadowDbInitScript": "",
            "migrationDirectories": names.iter().map(one).collect::<Vec<_>>(),
        })
    }

    /// A text without what is different in each run.
    fn clean(&self, text: &str) -> String {
        let url = &self.database.url;
        let text = text
            .replace(&self.project.path().display().to_string(), "<folder>")
            .replace(&format!("{}_new", url.database()), "<missing>")
            .replace(url.database(), "<database>")
            .replace(&url.location().unwrap_or_default(), "<server>");
        timeless(&text)
    }
}

/// A text in which times and versions of the server are replaced.
fn timeless(text: &str) -> String {
    let mut clean = String::new();
    for line in text.split_inclusive('\n') {
        let line = match line.find("PostgreSQL 1") {
            Some(at) if line.contains(" on ") => format!("{}PostgreSQL <version>\"\n", &line[..at]),
            _ => line.to_owned(),
        };
        clean.push_str(&line);
    }
    for length in [26, 14] {
        clean = without_numbers(&clean, length);
    }
    clean
}

/// Replaces `YYYY-MM-DD HH:MM:SS.ffffff` (26 characters) or `YYYYMMDDHHMMSS` (14) by `<time>`.
fn without_numbers(text: &str, length: usize) -> String {
    let pattern = if length == 26 { "dddd-dd-dd dd:dd:dd.dddddd" } else { "dddddddddddddd" };
    let mut clean = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let fits = rest.get(..length).is_some_and(|part| {
            part.chars().zip(pattern.chars()).all(|(c, p)| if p == 'd' { c.is_ascii_digit() } else { c == p })
        });
        if fits {
            clean.push_str("<time>");
            rest = &rest[length..];
        } else {
            clean.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    clean
}

/// Compares the answers in a case with those that were recorded from Prisma.
fn compare(name: &str, path: &Path, version: &str) -> Result<(), Failed> {
    let recorded = fs::read_to_string(folder().join(format!("prisma-{version}.json")))?;
    let recorded: Value = serde_json::from_str(&recorded)?;
    let Some(recorded) = recorded.get(name) else { return Ok(()) };
    let case = fs::read_to_string(path)?;
    let sections = sections(&case);
    let expected: Vec<&str> = sections
        .iter()
        .filter(|section| section.title == "deviation" || section.title == format!("deviation in {version}"))
        .flat_map(|section| section.text.lines())
        .filter_map(|line| line.split(": ").next())
        .collect();
    let mut problems = Vec::new();
    let mut asked = 0;
    for section in sections.iter().filter(|section| section.title.starts_with("> ")) {
        asked += 1;
        // What the recorder cannot ask is not compared.
        let Some(theirs) = recorded.get(asked - 1).filter(|theirs| !theirs.is_null()) else { continue };
        let answer = section.text.split_once("\n\n").map(|(_, answer)| answer).unwrap_or_default();
        let (ours, theirs) = (alike(&facts(answer)?, version), alike(theirs, version));
        let differs = ours != theirs;
        if differs != expected.contains(&asked.to_string().as_str()) {
            let verdict = if differs { "is different" } else { "is not different any more" };
            problems.push(format!("{asked} {} {verdict}\n  evt    {ours}\n  Prisma {theirs}", section.title));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

/// A result without what has no meaning: the order of files, comments for people, and URLs, which stand elsewhere in
/// Prisma 7.
fn alike(value: &Value, version: &str) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields = fields.clone();
            if let Some(Value::String(text)) = fields.get_mut("content") {
                let is_kept = |line: &&str| {
                    !(line.starts_with("/// ") || version.starts_with('7') && line.trim_start().starts_with("url "))
                };
                *text = text.lines().filter(is_kept).collect::<Vec<_>>().join("\n");
            }
            if let Some(Value::Array(files)) = fields.get_mut("files") {
                files.sort_by_key(|file| file["path"].to_string());
            }
            fields.iter().map(|(name, value)| (name.clone(), alike(value, version))).collect()
        }
        Value::Array(list) => list.iter().map(|value| alike(value, version)).collect(),
        other => other.clone(),
    }
}

/// What counts of an answer: of an error the code, of a result everything but texts for people.
fn facts(answer: &str) -> Result<Value, Failed> {
    let answer = answer.lines().skip_while(|line| line.starts_with("print ")).collect::<Vec<_>>().join("\n");
    if let Some(error) = answer.strip_prefix("error ") {
        let error: Value = serde_json::from_str(error)?;
        return Ok(json!({ "error": error.pointer("/data/error_code") }));
    }
    let result: Value = serde_json::from_str(answer.strip_prefix("result ").ok_or("neither result nor error")?)?;
    Ok(json!({ "result": wordless(&result) }))
}

fn wordless(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let value = match (name.as_str(), value) {
                    ("reason" | "message" | "warnings", Value::String(_)) => json!("<text>"),
                    ("warnings" | "unexecutable", Value::Array(list)) if list.iter().all(Value::is_string) => {
                        json!(list.len())
                    }
                    ("migrationScript", Value::String(text)) => match text.strip_prefix("/*\n  Warnings:") {
                        Some(rest) => json!(rest.split_once("*/\n").map(|(_, script)| script)),
                        None => value.clone(),
                    },
                    (_, value) => wordless(value),
                };
                (name.clone(), value)
            })
            .collect(),
        Value::Array(list) => list.iter().map(wordless).collect(),
        other => other.clone(),
    }
}
