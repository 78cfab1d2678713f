//! Clauses that statements have in common: settings, options, and how things behave.

use super::super::{Id, Kind};
use super::reference::qualified;
use crate::sql::quote::{Ident, Literal};

/// `GENERATED … AS IDENTITY (…)`.
pub(super) fn identity(when: &str, options: Option<&str>) -> String {
    let options = options.filter(|text| !text.is_empty()).map(|text| format!(" ({text})")).unwrap_or_default();
    format!("GENERATED {} AS IDENTITY{options}", when.to_uppercase())
}

/// All options of an identity column, those that are not said as the server chooses them.
pub(super) fn set_identity_options(options: &str) -> String {
    let usual = [
        ("INCREMENT BY", "INCREMENT BY 1"),
        ("MINVALUE", "NO MINVALUE"),
        ("MAXVALUE", "NO MAXVALUE"),
        ("START WITH", "START WITH 1"),
        ("CACHE", "CACHE 1"),
        ("CYCLE", "NO CYCLE"),
    ];
    let said = |word: &str| {
        let rest = options.split_once(word)?.1;
        let value = rest.split_whitespace().next().filter(|value| value.parse::<i64>().is_ok());
        Some(value.map_or_else(|| word.to_owned(), |value| format!("{word} {value}")))
    };
    let parts = usual.map(|(word, default)| format!("SET {}", said(word).unwrap_or_else(|| default.to_owned())));
    parts.join(" ")
}

/// How values of a type are kept unless somebody says otherwise, for types of which that is likely.
pub(super) fn usual_storage(ty: &str) -> &'static str {
    if ty.starts_with("numeric") || matches!(ty, "inet" | "cidr") { "main" } else { "extended" }
}

/// `CREATE TRIGGER` and its like do not say when they fire.
pub(super) fn fires(id: &Id, when: Option<&str>) -> String {
    let name = Ident(id.path.last().map_or("", String::as_str));
    let action = match when {
        None => "ENABLE",
        Some("never") => "DISABLE",
        Some("always") => "ENABLE ALWAYS",
        Some(_) => "ENABLE REPLICA",
    };
    match id.kind {
        Kind::EventTrigger => format!("ALTER EVENT TRIGGER {name} {action};"),
        Kind::Rule => format!("ALTER TABLE {} {action} RULE {name};", qualified(&id.path)),
        _ => format!("ALTER TABLE {} {action} TRIGGER {name};", qualified(&id.path)),
    }
}

/// `fillfactor=80, a=b` as statements take it; values are quoted, which the server accepts for all.
pub(super) fn options(list: &str) -> String {
    let parts = list.split(", ").map(|part| match part.split_once('=') {
        Some((name, value)) => format!("{name} = {}", Literal(value)),
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join(", ")
}

pub(super) fn toast(list: &str) -> String {
    list.split(", ").map(|part| options(&format!("toast.{part}"))).collect::<Vec<_>>().join(", ")
}

pub(super) fn set_options(begin: &str, before: Option<&str>, after: Option<&str>, prefix: &str) -> Vec<String> {
    let list = |text: Option<&str>| -> Vec<String> {
        text.unwrap_or_default()
            .split(", ")
            .filter(|part| !part.is_empty())
            .map(|part| format!("{prefix}{part}"))
            .collect()
    };
    let (before, after) = (list(before), list(after));
    let name = |part: &str| part.split('=').next().unwrap_or(part).to_owned();
    let gone: Vec<String> =
        before.iter().map(|part| name(part)).filter(|gone| !after.iter().any(|part| name(part) == *gone)).collect();
    let new: Vec<String> = after.iter().filter(|part| !before.contains(part)).map(|part| options(part)).collect();
    let mut statements = Vec::new();
    if !gone.is_empty() {
        statements.push(format!("{begin} RESET ({});", gone.join(", ")));
    }
    if !new.is_empty() {
        statements.push(format!("{begin} SET ({});", new.join(", ")));
    }
    statements
}

/// ` OPTIONS (…)`, from lines such as `host=far`; empty if nothing changes.
pub(super) fn server_options(before: Option<&str>, after: Option<&str>) -> String {
    let list = |text: Option<&str>| -> Vec<(String, String)> {
        let lines = text.unwrap_or_default().lines();
        lines.filter_map(|line| line.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let (old, new) = (list(before), list(after));
    let mut parts = Vec::new();
    for (name, _) in old.iter().filter(|(name, _)| !new.iter().any(|(other, _)| other == name)) {
        parts.push(format!("DROP {}", Ident(name)));
    }
    for (name, value) in new.iter().filter(|option| !old.contains(option)) {
        let word = if old.iter().any(|(other, _)| other == name) { "SET " } else { "" };
        parts.push(format!("{word}{} {}", Ident(name), Literal(value)));
    }
    if parts.is_empty() { String::new() } else { format!(" OPTIONS ({})", parts.join(", ")) }
}

/// What stands behind `REPLICA IDENTITY`.
pub(super) fn replica_identity(identity: &str) -> Option<String> {
    match identity {
        "full" => Some("FULL".to_owned()),
        "nothing" => Some("NOTHING".to_owned()),
        index => Some(format!("USING INDEX {}", index.strip_prefix("index ")?)),
    }
}
