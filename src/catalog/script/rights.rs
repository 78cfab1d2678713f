//! Statements about who may do what.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Id, Kind, Properties};
use super::Writer;
use super::reference::{qualified, reference, role};
use crate::sql::quote::Ident;

const OPTION: &str = " WITH GRANT OPTION";

impl Writer<'_> {
    /// The rights in an object that is made: those that it should have, and none that default privileges give.
    pub(super) fn granted(&self, id: &Id, properties: &Properties) -> Vec<String> {
        let wanted = entries(properties.get("privileges"), id.kind);
        let mut given = entries(None, id.kind);
        let objects = match id.kind {
            Kind::Table | Kind::View | Kind::MaterializedView | Kind::ForeignTable => "tables",
            Kind::Sequence => "sequences",
            Kind::Function | Kind::Procedure | Kind::Aggregate => "functions",
            Kind::Enum | Kind::Domain | Kind::CompositeType | Kind::RangeType | Kind::BaseType => "types",
            Kind::Namespace => "schemas",
            Kind::DefaultPrivileges => return self.regranted(id, &Properties::default(), properties),
            _ => "",
        };
        for catalog in [self.from, self.to] {
            for (default, properties) in catalog.objects.iter().filter(|(id, _)| id.kind == Kind::DefaultPrivileges) {
                let place = default.path.first().map(String::as_str);
                if default.path.get(2).map(String::as_str) == Some(objects)
                    && (place == Some("") || place == id.namespace())
                {
                    let names = entries(properties.get("privileges"), Kind::Table).into_keys();
                    given.extend(names.filter(|name| name != "owner").map(|name| (name, String::new())));
                }
            }
        }
        changed(id, &given, &wanted)
    }

    /// From the rights on one side to those on the other.
    pub(super) fn regranted(&self, id: &Id, from: &Properties, to: &Properties) -> Vec<String> {
        let _ = self;
        let side = |properties: &Properties| entries(properties.get("privileges"), id.kind);
        if id.kind == Kind::DefaultPrivileges {
            return changed_defaults(id, &side(from), &side(to));
        }
        // A new owner has every right; to take some away would be to take them from the owner.
        let (mut before, mut after) = (side(from), side(to));
        for owner in
            [from.get("owner"), to.get("owner")].into_iter().flatten().filter(|_| from.get("owner") != to.get("owner"))
        {
            if to.get("owner") == Some(owner) {
                before.remove(owner);
                after.remove(owner);
            }
        }
        changed(id, &before, &after)
    }
}

/// Rights by grantee. Without a word about them they are the usual ones.
fn entries(text: Option<&str>, kind: Kind) -> BTreeMap<String, String> {
    let usual = match kind {
        Kind::Function
        | Kind::Procedure
        | Kind::Aggregate
        | Kind::Language
        | Kind::Enum
        | Kind::Domain
        | Kind::CompositeType
        | Kind::RangeType
        | Kind::BaseType => "PUBLIC: ALL\nowner: ALL",
        Kind::Column | Kind::DefaultPrivileges => "",
        _ => "owner: ALL",
    };
    let lines = text.unwrap_or(usual).lines().filter(|line| *line != "nobody");
    lines.filter_map(|line| line.rsplit_once(": ")).map(|(name, rights)| (name.to_owned(), rights.to_owned())).collect()
}

fn changed(id: &Id, from: &BTreeMap<String, String>, to: &BTreeMap<String, String>) -> Vec<String> {
    let mut statements = Vec::new();
    let (on, columns) = target(id);
    let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    for name in names.into_iter().filter(|name| from.get(*name) != to.get(*name)) {
        let rights = |side: &BTreeMap<String, String>| -> BTreeSet<String> {
            side.get(name)
                .map(|text| text.split(", ").filter(|right| !right.is_empty()).map(str::to_owned).collect())
                .unwrap_or_default()
        };
        let (before, after) = (rights(from), rights(to));
        let mut gone: Vec<String> =
            before.difference(&after).map(|right| format!("{}{columns}", right.trim_end_matches(OPTION))).collect();
        // Default privileges may have given it anything.
        if from.get(name).is_some_and(String::is_empty) {
            gone.push("ALL".to_owned());
        }
        if !gone.is_empty() {
            statements.push(format!("REVOKE {} ON {on} FROM {};", gone.join(", "), role(name)));
        }
        let new: Vec<&str> = after.difference(&before).map(String::as_str).collect();
        statements.extend(
            grants(&new.join(", "), &columns)
                .map(|(what, option)| format!("GRANT {what} ON {on} TO {}{option};", role(name))),
        );
    }
    statements
}

/// What is granted, with and without the right to grant it.
fn grants<'a>(rights: &'a str, columns: &'a str) -> impl Iterator<Item = (String, &'static str)> + 'a {
    [OPTION, ""].into_iter().filter_map(move |option| {
        let parts = rights
            .split(", ")
            .filter(|right| !right.is_empty())
            .filter(|right| right.ends_with(OPTION) != option.is_empty());
        let parts: Vec<String> = parts.map(|right| format!("{}{columns}", right.trim_end_matches(OPTION))).collect();
        (!parts.is_empty()).then(|| (parts.join(", "), option))
    })
}

/// What stands behind `ON`, and the columns behind each right.
fn target(id: &Id) -> (String, String) {
    let name = qualified(&id.path);
    match id.kind {
        Kind::Table | Kind::ForeignTable | Kind::View | Kind::MaterializedView => {
            (format!("TABLE {name}"), String::new())
        }
        Kind::Column => (format!("TABLE {name}"), format!(" ({})", Ident(id.path.last().map_or("", String::as_str)))),
        Kind::Aggregate => (reference(id).replacen("AGGREGATE", "FUNCTION", 1), String::new()),
        Kind::Domain => (format!("DOMAIN {name}"), String::new()),
        Kind::Server => (format!("FOREIGN {}", reference(id)), String::new()),
        _ => (reference(id), String::new()),
    }
}

fn changed_defaults(id: &Id, from: &BTreeMap<String, String>, to: &BTreeMap<String, String>) -> Vec<String> {
    let [namespace, owner, objects] = id.path.as_slice() else { return Vec::new() };
    let place = if namespace.is_empty() { String::new() } else { format!(" IN SCHEMA {}", Ident(namespace)) };
    let begin = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {}{place}", Ident(owner));
    let objects = objects.to_uppercase();
    // Those without a namespace say everything, also what everybody has anyway.
    let usual = match (namespace.as_str(), objects.as_str()) {
        ("", "FUNCTIONS" | "TYPES") => entries(None, Kind::Function),
        ("", _) => entries(None, Kind::Table),
        _ => BTreeMap::new(),
    };
    let from = if from.is_empty() { &usual } else { from };
    let to = if to.is_empty() { &usual } else { to };
    let mut statements = Vec::new();
    let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    for name in names.into_iter().filter(|name| from.get(*name) != to.get(*name)) {
        let grantee = if name == "owner" { Ident(owner).to_string() } else { role(name) };
        if from.contains_key(name) {
            statements.push(format!("{begin} REVOKE ALL ON {objects} FROM {grantee};"));
        }
        if let Some(rights) = to.get(name) {
            let grants = grants(rights, "");
            statements.extend(
                grants.map(|(what, option)| format!("{begin} GRANT {what} ON {objects} TO {grantee}{option};")),
            );
        }
    }
    statements
}
