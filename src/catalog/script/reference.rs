//! How statements name an object.

use super::super::{Id, Kind};
use crate::sql::quote::Ident;

/// `"namespace"."name"`.
pub(super) fn qualified(path: &[String]) -> String {
    path.iter().take(2).map(|name| Ident(name).to_string()).collect::<Vec<_>>().join(".")
}

/// The name of an object as the server prints it in the definitions of others; `None` for objects that are not named
/// there.
pub(super) fn mentioned_as(id: &Id) -> Option<String> {
    let [namespace, name, ..] = id.path.as_slice() else { return None };
    if id.kind.is_part() {
        return None;
    }
    Some(format!("{}.{}", printed(namespace), printed(name)))
}

/// Quoted only if it has to be.
pub(super) fn printed(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { name.to_owned() } else { Ident(name).to_string() }
}

/// Kind and name, as `COMMENT ON`, `DROP` and `ALTER … OWNER TO` want them.
pub(super) fn reference(id: &Id) -> String {
    let path = id.path.as_slice();
    let name = || Ident(path.last().map_or("", String::as_str)).to_string();
    let word = match id.kind {
        Kind::Enum | Kind::BaseType | Kind::CompositeType | Kind::RangeType => "TYPE".to_owned(),
        Kind::DomainConstraint => "CONSTRAINT".to_owned(),
        kind => kind.name().to_uppercase(),
    };
    match id.kind {
        Kind::Column => format!("COLUMN {}.{}", qualified(path), name()),
        Kind::Constraint | Kind::Rule | Kind::Trigger | Kind::Policy => {
            format!("{word} {} ON {}", name(), qualified(path))
        }
        Kind::DomainConstraint => format!("{word} {} ON DOMAIN {}", name(), qualified(path)),
        Kind::Index => format!("{word} {}", index(id)),
        Kind::Function | Kind::Procedure | Kind::Aggregate => {
            format!("{word} {}{}", qualified(path), path.get(2).map_or("", String::as_str))
        }
        Kind::Operator => format!("{word} {} {}", operator(path), path.get(2).map_or("", String::as_str)),
        Kind::OperatorFamily | Kind::OperatorClass => {
            format!("{word} {} {}", qualified(path), path.get(2).map_or("", String::as_str))
        }
        Kind::Cast | Kind::Transform => format!("{word} {}", path.first().map_or("", String::as_str)),
        Kind::UserMapping => {
            format!(
                "{word} FOR {} SERVER {}",
                role(&name_of_user(path)),
                Ident(path.first().map_or("", String::as_str))
            )
        }
        _ if id.kind.in_namespace() => format!("{word} {}", qualified(path)),
        _ => format!("{word} {}", name()),
    }
}

fn name_of_user(path: &[String]) -> String {
    path.get(1).filter(|name| !name.is_empty()).map_or_else(|| "PUBLIC".to_owned(), Clone::clone)
}

/// A role where a statement wants one.
pub(super) fn role(name: &str) -> String {
    match name {
        "PUBLIC" => name.to_owned(),
        "owner" => "CURRENT_USER".to_owned(),
        name => Ident(name).to_string(),
    }
}

/// `"namespace".===`.
pub(super) fn operator(path: &[String]) -> String {
    let [namespace, name, ..] = path else { return String::new() };
    format!("{}.{name}", Ident(namespace))
}

/// An index is in the namespace of its table.
pub(super) fn index(id: &Id) -> String {
    let [namespace, _, name] = id.path.as_slice() else { return String::new() };
    format!("{}.{}", Ident(namespace), Ident(name))
}

/// What makes it go. What it takes along must have gone before.
pub(super) fn drop_statement(id: &Id) -> String {
    let name = Ident(id.path.last().map_or("", String::as_str));
    let whole = qualified(&id.path);
    match id.kind {
        Kind::Column => format!("ALTER TABLE {whole} DROP COLUMN {name};"),
        Kind::Constraint => format!("ALTER TABLE {whole} DROP CONSTRAINT {name};"),
        Kind::DomainConstraint => format!("ALTER DOMAIN {whole} DROP CONSTRAINT {name};"),
        // It goes with the column that owns it, and a type with the functions that need it.
        Kind::Sequence => format!("DROP SEQUENCE IF EXISTS {whole};"),
        Kind::BaseType => format!("DROP TYPE {whole} CASCADE;"),
        Kind::Function => format!("DROP {};", reference(id).replacen("FUNCTION ", "FUNCTION IF EXISTS ", 1)),
        Kind::DefaultPrivileges => String::new(),
        _ => format!("DROP {};", reference(id)),
    }
}
