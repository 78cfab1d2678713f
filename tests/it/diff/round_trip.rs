//! There and back: schema → database → schema. Every schema of the cases here, both sides.
//!
//! What is pulled over a schema that was just pushed describes the database: the difference is empty. What is pulled
//! without that schema, pushed into an empty database and pulled again is the same text.

use evt::db::Connection;
use evt::dbschema::DbSchema;
use evt::introspect::to_psl::{Previous, PullError, PullOptions, to_psl};
use evt::lower::lower;
use evt::psl::{self, Ast, FileId, PslSchema, Source};
use libtest_mimic::Trial;

use super::{Case, case_files, complete, proof};
use crate::server::{TestDatabase, live, long};

/// Every eighth schema is tried on all servers, all of them on one.
const SAMPLE: usize = 8;
/// Parts that run side by side.
const PARTS: usize = 4;

pub(super) fn tests() -> Vec<Trial> {
    let all = schemas();
    let sample = all.iter().step_by(SAMPLE).cloned().collect();
    let mut trials = vec![live("diff: push, pull and push again", move |database| check(database, sample))];
    for part in 0..PARTS {
        let schemas: Vec<_> = all.iter().skip(part).step_by(PARTS).cloned().collect();
        let name = format!("diff: push, pull and push again, part {} of {PARTS}", part + 1);
        trials.push(long(name, move |database| check(database, schemas)));
    }
    trials
}

/// Name and text of every schema, each text once.
fn schemas() -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for file in case_files("") {
        for case in Case::all(&std::fs::read_to_string(&file).expect("a fixture is readable")) {
            if case.section("not live").is_some() {
                continue;
            }
            for side in ["from.prisma", "to.prisma"] {
                let Some(text) = case.section(side).map(complete) else { continue };
                if seen.insert(text.clone()) {
                    found.push((format!("{} ({side})", case.name), text));
                }
            }
        }
    }
    found
}

async fn check(database: TestDatabase, schemas: Vec<(String, String)>) {
    let mut db = database.connect().await;
    let mut wrong = Vec::new();
    for (name, text) in &schemas {
        if let Err(message) = Box::pin(there_and_back(&mut db, text)).await {
            wrong.push(format!("{name}: {message}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), schemas.len(), wrong.join("\n"));
}

async fn there_and_back(db: &mut Connection, text: &str) -> Result<(), String> {
    let schema = understood(text)?;
    let wanted = lower(&schema.1, "public");
    let pushed = push(db, &wanted).await?;
    let Some(over) = pull(&pushed, text, false)? else { return Ok(()) };
    proof::settled(&pushed, &lower(&understood(&over)?.1, "public"))
        .map_err(|error| format!("after a pull over the schema: {error}\n{over}"))?;
    if pull(&pushed, &over, false)?.as_ref() != Some(&over) {
        return Err(format!("a second pull changes:\n{over}"));
    }
    let Some(fresh) = pull(&pushed, text, true)? else { return Ok(()) };
    let again = push(db, &lower(&understood(&fresh)?.1, "public")).await?;
    let back = pull(&again, text, true)?.unwrap_or_default();
    if back == fresh {
        return Ok(());
    }
    Err(format!(
        "pulled, pushed and pulled:\n{}",
        similar::TextDiff::from_lines(fresh.as_str(), back.as_str()).unified_diff()
    ))
}

/// An empty database with what is wanted in it, as it is read afterwards.
async fn push(db: &mut Connection, wanted: &DbSchema) -> Result<DbSchema, String> {
    proof::reset(db, &[wanted]).await?;
    let empty = proof::read(db, &[wanted]).await?;
    proof::apply(db, &empty, wanted).await?;
    proof::read(db, &[wanted]).await
}

/// The text of a schema for the database; `None` if there is nothing to say.
fn pull(database: &DbSchema, before: &str, force: bool) -> Result<Option<String>, String> {
    let (files, schema) = understood(before)?;
    let options = PullOptions { force, ..PullOptions::default() };
    match to_psl(database, &Previous { files: &files, schema: &schema }, &options) {
        Ok(pulled) => Ok(Some(pulled.files.into_iter().map(|file| file.text).collect())),
        Err(PullError::Empty) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

fn understood(text: &str) -> Result<(Vec<Ast>, PslSchema), String> {
    let source = Source { id: FileId(0), path: "schema.prisma".to_owned(), text: text.to_owned() };
    let (ast, problems) = psl::parse(source);
    let files = vec![ast];
    let (schema, more) = psl::validate(&files);
    match schema {
        Some(schema) if !problems.has_errors() => Ok((files, schema)),
        _ => Err(format!("not valid: {problems:?} {more:?}\n{text}")),
    }
}
