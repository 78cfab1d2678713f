//! PostgreSQL's own `pg_dump` as the judge of whether two databases are the same.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use super::catalog::{Objects, plain};

/// A `pg_dump` that can read servers of this version; `None` if this machine has none.
pub(crate) fn find(server_major: u32) -> Option<PathBuf> {
    let mut places: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path().join("bin"))
        .collect();
    places.sort();
    places.push(PathBuf::new());
    places.into_iter().rev().map(|folder| folder.join("pg_dump")).find(|program| {
        let Ok(output) = Command::new(program).arg("--version").output() else { return false };
        // `pg_dump (PostgreSQL) 15.14 (Debian …)`
        let text = String::from_utf8_lossy(&output.stdout);
        let major =
            text.split(' ').nth(2).and_then(|version| version.split(['.', 'b', 'r']).next()?.parse::<u32>().ok());
        major.is_some_and(|major| major >= server_major)
    })
}

/// What it writes about each database that was put aside, one text an object.
pub(crate) fn read(program: &PathBuf, url: &str) -> Result<Objects, String> {
    let output = Command::new(program)
        .args(["--schema-only", "--no-owner", "--no-privileges", "--no-comments", "--dbname", url])
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut sections: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for section in text.split("\n\n--\n-- Name: ").skip(1) {
        let (heading, body) = section.split_once('\n').unwrap_or((section, ""));
        let Some((_, place)) = heading.split_once("; Schema: ") else { continue };
        let space = place.split("; Owner:").next().unwrap_or(place);
        let Some((label, namespace)) = space.split_once('.') else { continue };
        let body = body.split("\n\n--\n-- PostgreSQL database dump complete").next().unwrap_or(body);
        // Settings for what follows stand behind the object before.
        let lines: Vec<&str> = body.lines().filter(|line| !line.starts_with("SET ")).collect();
        let body = lines.join("\n");
        let body = body.trim_start_matches("--").trim();
        sections.entry(label.to_owned()).or_default().push(format!("{namespace}: {}", plain(&sorted(body), label)));
    }
    Ok(sections.into_iter().map(|(label, objects)| (label, without_sequence_names(objects))).collect())
}

/// The lines of a `CREATE TABLE` in the order of the names of the columns.
fn sorted(statement: &str) -> String {
    if !statement.starts_with("CREATE TABLE") {
        return statement.to_owned();
    }
    let mut lines: Vec<&str> = statement.lines().map(|line| line.trim_end_matches(',')).collect();
    if let [_, columns @ .., _] = lines.as_mut_slice() {
        columns.sort_unstable();
    }
    lines.join("\n")
}

/// Names sequences after the columns that own them: what a column that becomes numbered gets has another name than
/// what `serial` makes.
fn without_sequence_names(mut objects: Vec<String>) -> Vec<String> {
    let names: Vec<(String, String)> = objects
        .iter()
        .filter_map(|object| {
            let (_, owner) = object.split_once("ALTER SEQUENCE ")?;
            let (name, column) = owner.trim_end_matches([';', '\n']).split_once(" OWNED BY ")?;
            Some((name.to_owned(), format!("(sequence of {column})")))
        })
        .collect();
    for object in &mut objects {
        for (name, owner) in &names {
            *object = object.replace(&format!("{name}'"), &format!("{owner}'"));
            *object = object.replace(&format!("SEQUENCE {name}\n"), &format!("SEQUENCE {owner}\n"));
            *object = object.replace(&format!("SEQUENCE {name} "), &format!("SEQUENCE {owner} "));
        }
    }
    objects.sort();
    objects
}
