//! Statements that change an object as it is.

use std::fmt::Write as _;

use super::super::compare::PropertyChange;
use super::super::{Id, Kind, Properties};
use super::create::{publication_objects, publication_options, sequence, view};
use super::members::{attributes, enum_values, member_to_drop};
use super::options::{
    fires, identity, replica_identity, server_options, set_identity_options, set_options, usual_storage,
};
use super::parents::is_about_parents;
use super::reference::{index, qualified, reference, role};
use super::{Writer, unwritable};
use crate::sql::quote::{Ident, Literal};

impl Writer<'_> {
    /// Whether an object with these changes goes and is made again. Nothing with data in it is.
    pub(super) fn is_made_again(&self, id: &Id, changes: &[PropertyChange]) -> bool {
        let any_of = |names: &[&str]| changes.iter().any(|change| names.contains(&change.property.name()));
        let has = |name: &'static str| changes.iter().any(|change| change.property.name() == name);
        match id.kind {
            Kind::Collation | Kind::Conversion => any_of(&[
                "provider",
                "locale",
                "character type",
                "rules",
                "deterministic",
                "from",
                "to",
                "function",
                "default",
            ]),
            Kind::DomainConstraint | Kind::Constraint | Kind::Index | Kind::Statistics | Kind::Rule | Kind::Trigger => {
                has("definition")
            }
            Kind::RangeType => any_of(&["subtype", "operator class", "range collation", "canonical", "difference"]),
            Kind::Function | Kind::Procedure => has("returns") || has("arguments") && !self.replaceable_arguments(id),
            Kind::Aggregate | Kind::Cast | Kind::Transform | Kind::OperatorClass => {
                changes.iter().any(|change| !matches!(change.property.name(), "comment" | "owner" | "privileges"))
            }
            Kind::Operator => any_of(&["function", "commutator", "negator", "hashes", "merges"]),
            Kind::TextSearchParser | Kind::TextSearchTemplate => has("functions"),
            Kind::TextSearchDictionary => has("template"),
            Kind::TextSearchConfiguration => has("parser"),
            Kind::View => has("definition") && !self.replaceable_view(id),
            Kind::MaterializedView => any_of(&["definition", "access method", "persistence"]),
            Kind::Policy => any_of(&["command", "restrictive"]) || removed(changes, &["using", "check"]),
            Kind::EventTrigger => any_of(&["function", "event", "tags"]),
            Kind::Namespace
            | Kind::Extension
            | Kind::Language
            | Kind::AccessMethod
            | Kind::Enum
            | Kind::BaseType
            | Kind::CompositeType
            | Kind::Domain
            | Kind::OperatorFamily
            | Kind::ForeignDataWrapper
            | Kind::Server
            | Kind::UserMapping
            | Kind::Sequence
            | Kind::Table
            | Kind::ForeignTable
            | Kind::Column
            | Kind::Publication
            | Kind::Subscription
            | Kind::DefaultPrivileges => false,
        }
    }

    fn sides(&self, id: &Id) -> Option<(&Properties, &Properties)> {
        Some((self.from.objects.get(id)?, self.to.objects.get(id)?))
    }

    /// The server lets defaults come, but neither names change nor defaults go.
    fn replaceable_arguments(&self, id: &Id) -> bool {
        let Some((from, to)) = self.sides(id) else { return false };
        let arguments = |properties: &Properties| {
            let text = properties.get("arguments").unwrap_or_default().to_owned();
            let names: Vec<String> =
                text.split(", ").map(|part| part.split(" DEFAULT ").next().unwrap_or(part).to_owned()).collect();
            (names, text.matches(" DEFAULT ").count())
        };
        let ((from, defaults), (to, more)) = (arguments(from), arguments(to));
        from == to && more >= defaults
    }

    /// The server lets columns be added to a view, at its end.
    fn replaceable_view(&self, id: &Id) -> bool {
        self.sides(id).is_some_and(|(from, to)| {
            let (from, to) = (from.get("columns").unwrap_or_default(), to.get("columns").unwrap_or_default());
            to == from || to.starts_with(&format!("{from}, "))
        })
    }

    /// Takes back what was said about a column of a view or a type.
    pub(super) fn unsay(&self, id: &Id, properties: &Properties) -> Vec<String> {
        let nothing = Properties::default();
        let mut statements = Vec::new();
        for (property, text) in properties.iter() {
            let change = PropertyChange { property, from: Some(text.to_owned()), to: None };
            match property.name() {
                "comment" => statements.push(format!("COMMENT ON {} IS NULL;", reference(id))),
                "privileges" => statements.extend(self.regranted(id, properties, &nothing)),
                _ => statements.extend(column(id, &change, properties, &nothing).unwrap_or_default()),
            }
        }
        statements
    }

    /// Changes an object as it is. Properties without a statement are named in a comment.
    pub(super) fn alter(&self, id: &Id, changes: &[PropertyChange]) -> Vec<String> {
        let Some((from, to)) = self.sides(id) else { return Vec::new() };
        let mut statements = Vec::new();
        let mut without: Vec<&PropertyChange> = Vec::new();
        // Some statements say several properties at once.
        let mut replaced = false;
        for change in changes.iter().filter(|change| !is_about_parents(change)) {
            let value = change.to.as_deref();
            match change.property.name() {
                "comment" => {
                    let text = value.map_or_else(|| "NULL".to_owned(), |text| Literal(text).to_string());
                    statements.push(format!("COMMENT ON {} IS {text};", reference(id)));
                }
                // A sequence that a column owns belongs to whom the table belongs to.
                "owner" if id.kind == Kind::Sequence && to.get("owned by").is_some() => {}
                "owner" => {
                    let owner = role(value.unwrap_or("owner"));
                    statements.push(format!("ALTER {} OWNER TO {owner};", reference(id)));
                }
                "privileges" => statements.extend(self.regranted(id, from, to)),
                "fires" if id.kind != Kind::Subscription => statements.push(fires(id, value)),
                _ if id.kind == Kind::Column => match column(id, change, from, to) {
                    Some(more) => statements.extend(more),
                    None => without.push(change),
                },
                _ => match whole(id, from, to) {
                    Some(text) => {
                        if !std::mem::replace(&mut replaced, true) {
                            statements.extend(text);
                        }
                        if let Some(more) = one(id, change, from, to) {
                            statements.extend(more);
                        }
                    }
                    None => match one(id, change, from, to) {
                        Some(more) => statements.extend(more),
                        None => without.push(change),
                    },
                },
            }
        }
        if !without.is_empty() {
            statements.push(unwritable(id, &without));
        }
        statements
    }
}

/// Whether a property is gone that no statement takes away.
fn removed(changes: &[PropertyChange], names: &[&str]) -> bool {
    changes.iter().any(|change| change.to.is_none() && names.contains(&change.property.name()))
}

/// A statement that says everything about an object of that kind.
fn whole(id: &Id, from: &Properties, to: &Properties) -> Option<Vec<String>> {
    let name = qualified(&id.path);
    let last = Ident(id.path.last().map_or("", String::as_str));
    match id.kind {
        Kind::Function | Kind::Procedure => Some(vec![
            "SET check_function_bodies = off;".to_owned(),
            format!("{};", to.get("sql")?.trim_end()),
            "RESET check_function_bodies;".to_owned(),
        ]),
        Kind::View if from.get("definition") != to.get("definition") => Some(vec![view(id, to, "CREATE OR REPLACE")?]),
        Kind::Policy => {
            let roles = to
                .get("roles")
                .map_or_else(|| "PUBLIC".to_owned(), |roles| roles.lines().map(role).collect::<Vec<_>>().join(", "));
            let mut text = format!("ALTER POLICY {last} ON {name} TO {roles}");
            for (word, property) in [("USING", "using"), ("WITH CHECK", "check")] {
                if let Some(expression) = to.get(property) {
                    let _ = write!(text, " {word} ({expression})");
                }
            }
            Some(vec![format!("{text};")])
        }
        _ => None,
    }
}

/// A statement for one property; `None` if there is none.
#[expect(clippy::too_many_lines, reason = "one arm for each property")]
fn one(id: &Id, change: &PropertyChange, from: &Properties, to: &Properties) -> Option<Vec<String>> {
    let name = qualified(&id.path);
    let last = Ident(id.path.last().map_or("", String::as_str));
    let (before, after) = (change.from.as_deref(), change.to.as_deref());
    let single = |text: String| Some(vec![text]);
    match (id.kind, change.property.name()) {
        (Kind::Extension, "schema") => single(format!("ALTER EXTENSION {last} SET SCHEMA {};", Ident(after?))),
        (Kind::Enum, "values") => enum_values(&name, before?, after?),
        (Kind::CompositeType, "attributes") => attributes(&name, before?, after?),
        (Kind::Domain, "default") => single(match after {
            Some(default) => format!("ALTER DOMAIN {name} SET DEFAULT {default};"),
            None => format!("ALTER DOMAIN {name} DROP DEFAULT;"),
        }),
        (Kind::Domain, "not null") => {
            single(format!("ALTER DOMAIN {name} {} NOT NULL;", if after.is_some() { "SET" } else { "DROP" }))
        }
        (Kind::Operator, "restrict" | "join") => {
            let word = change.property.name().to_uppercase();
            single(format!("ALTER {} SET ({word} = {});", reference(id), after.unwrap_or("NONE")))
        }
        (Kind::OperatorFamily, "members") => {
            let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
            let gone = before.lines().filter(|line| !after.lines().any(|other| other == *line));
            let new = after.lines().filter(|line| !before.lines().any(|other| other == *line));
            let reference = reference(id);
            let mut statements: Vec<String> =
                gone.map(|line| format!("ALTER {reference} DROP {};", member_to_drop(line))).collect();
            statements.extend(new.map(|line| format!("ALTER {reference} ADD {line};")));
            Some(statements)
        }
        (Kind::TextSearchDictionary, "options") => single(format!("ALTER TEXT SEARCH DICTIONARY {name} ({});", after?)),
        (Kind::TextSearchConfiguration, "mappings") => {
            let maps = |text: Option<&str>| -> Vec<(String, String)> {
                let lines = text.unwrap_or_default().lines();
                lines.filter_map(|line| line.split_once(": ")).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
            };
            let (before, after) = (maps(before), maps(after));
            let mut statements = Vec::new();
            for (token, _) in before.iter().filter(|(token, _)| !after.iter().any(|(other, _)| other == token)) {
                statements.push(format!("ALTER TEXT SEARCH CONFIGURATION {name} DROP MAPPING FOR {token};"));
            }
            for (token, dictionaries) in after.iter().filter(|map| !before.contains(map)) {
                let word = if before.iter().any(|(other, _)| other == token) { "ALTER" } else { "ADD" };
                statements.push(format!(
                    "ALTER TEXT SEARCH CONFIGURATION {name} {word} MAPPING FOR {token} WITH {dictionaries};"
                ));
            }
            Some(statements)
        }
        (Kind::ForeignDataWrapper, "server options") => {
            single(format!("ALTER FOREIGN DATA WRAPPER {last}{};", server_options(before, after)))
        }
        (Kind::ForeignDataWrapper, word @ ("handler" | "validator")) => single(match after {
            Some(function) => format!("ALTER FOREIGN DATA WRAPPER {last} {} {function};", word.to_uppercase()),
            None => format!("ALTER FOREIGN DATA WRAPPER {last} NO {};", word.to_uppercase()),
        }),
        (Kind::Server, "server options") => single(format!("ALTER SERVER {last}{};", server_options(before, after))),
        (Kind::Server, "version") => {
            let version = after.map_or_else(|| "NULL".to_owned(), |text| Literal(text).to_string());
            single(format!("ALTER SERVER {last} VERSION {version};"))
        }
        (Kind::Sequence, "owned by") => single(format!("ALTER SEQUENCE {name} OWNED BY {};", after.unwrap_or("NONE"))),
        (Kind::Sequence, "persistence") => {
            single(format!("ALTER SEQUENCE {name} SET {};", if after.is_some() { "UNLOGGED" } else { "LOGGED" }))
        }
        (Kind::Sequence, "type" | "increment" | "minimum" | "maximum" | "start" | "cache" | "cycle") => {
            single(format!("ALTER SEQUENCE {name} {};", sequence(to)?))
        }
        (Kind::Table | Kind::ForeignTable | Kind::MaterializedView | Kind::View, "options") => {
            let begin = format!("ALTER {} {name}", id.kind.name().to_uppercase());
            Some(set_options(&begin, before, after, ""))
        }
        (Kind::Table | Kind::ForeignTable, property) => table(&name, property, before, after),
        (Kind::Constraint, "options") => Some(set_options(&format!("ALTER INDEX {}", index(id)), before, after, "")),
        (Kind::Constraint | Kind::Index, "invalid") if after.is_none() => {
            single(format!("REINDEX INDEX {};", index(id)))
        }
        (Kind::Index, "statistics") => {
            let numbers = |text: Option<&str>| -> Vec<(String, String)> {
                let parts = text.unwrap_or_default().split(", ");
                parts.filter_map(|part| part.split_once(": ")).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
            };
            let (before, after) = (numbers(before), numbers(after));
            let gone = before.iter().filter(|(number, _)| !after.iter().any(|(other, _)| other == number));
            let gone = gone.map(|(number, _)| (number.clone(), "-1".to_owned()));
            let all = gone.chain(after.iter().cloned());
            let own_name = index(id);
            Some(
                all.map(|(number, target)| {
                    format!("ALTER INDEX {own_name} ALTER COLUMN {number} SET STATISTICS {target};")
                })
                .collect(),
            )
        }
        (Kind::Statistics, "target") => {
            single(format!("ALTER STATISTICS {name} SET STATISTICS {};", after.unwrap_or("-1")))
        }
        (Kind::Publication, "publishes" | "via root" | "generated columns") => {
            single(format!("ALTER PUBLICATION {last} SET ({});", publication_options(to)))
        }
        (Kind::Publication, "tables" | "schemas") if before != Some("all") && after != Some("all") => {
            let objects = publication_objects(to);
            if objects.is_empty() {
                let gone = publication_objects(from);
                return single(format!("ALTER PUBLICATION {last} DROP {gone};"));
            }
            single(format!("ALTER PUBLICATION {last} SET {objects};"))
        }
        _ => None,
    }
}

fn table(name: &str, property: &str, before: Option<&str>, after: Option<&str>) -> Option<Vec<String>> {
    let action = |text: String| Some(vec![format!("ALTER TABLE {name} {text};")]);
    let switched = |on: &str, off: &str| action(if after.is_some() { on.to_owned() } else { off.to_owned() });
    match property {
        "persistence" => switched("SET UNLOGGED", "SET LOGGED"),
        "toast options" => Some(set_options(&format!("ALTER TABLE {name}"), before, after, "toast.")),
        "row security" => switched("ENABLE ROW LEVEL SECURITY", "DISABLE ROW LEVEL SECURITY"),
        "row security forced" => switched("FORCE ROW LEVEL SECURITY", "NO FORCE ROW LEVEL SECURITY"),
        "replica identity" => match after {
            None => action("REPLICA IDENTITY DEFAULT".to_owned()),
            Some(identity) => action(format!("REPLICA IDENTITY {}", replica_identity(identity)?)),
        },
        "of type" => match after {
            Some(ty) => action(format!("OF {ty}")),
            None => action("NOT OF".to_owned()),
        },
        "access method" => action(format!("SET ACCESS METHOD {}", after.unwrap_or("heap"))),
        "server options" => Some(vec![format!("ALTER FOREIGN TABLE {name}{};", server_options(before, after))]),
        _ => None,
    }
}

fn column(id: &Id, change: &PropertyChange, from: &Properties, to: &Properties) -> Option<Vec<String>> {
    let table = qualified(&id.path);
    let name = Ident(id.path.last().map_or("", String::as_str));
    let (before, after) = (change.from.as_deref(), change.to.as_deref());
    let action = |text: String| format!("ALTER TABLE {table} ALTER COLUMN {name} {text};");
    let single = |text: String| Some(vec![action(text)]);
    let retyped = from.get("type") != to.get("type");
    match change.property.name() {
        "type" => {
            let ty = to.get("type")?;
            let collation = to.get("collation").map(|name| format!(" COLLATE {name}")).unwrap_or_default();
            let old = from.get("type").unwrap_or_default();
            // Which element is to stay, nobody knows.
            if old.strip_suffix("[]") == Some(ty) {
                return None;
            }
            let value =
                if ty.strip_suffix("[]") == Some(old) { format!("ARRAY[{name}]") } else { format!("{name}::{ty}") };
            let mut statements = Vec::new();
            // A default may not fit the new type.
            if from.get("default").is_some() {
                statements.push(action("DROP DEFAULT".to_owned()));
            }
            statements.push(action(format!("TYPE {ty}{collation} USING {value}")));
            if let Some(default) = to.get("default") {
                statements.push(action(format!("SET DEFAULT {default}")));
            }
            Some(statements)
        }
        "collation" | "default" if retyped => Some(Vec::new()),
        "collation" => {
            let collation = after.map(|name| format!(" COLLATE {name}")).unwrap_or_default();
            single(format!("TYPE {}{collation}", to.get("type")?))
        }
        "default" if before.is_none() && from.get("generated").is_some() => Some(Vec::new()),
        "default" => {
            single(after.map_or_else(|| "DROP DEFAULT".to_owned(), |default| format!("SET DEFAULT {default}")))
        }
        "not null" => match (before, after) {
            (_, None) => single("DROP NOT NULL".to_owned()),
            (None, Some("yes")) => single("SET NOT NULL".to_owned()),
            _ => None,
        },
        "generated" => match after {
            None => single("DROP EXPRESSION".to_owned()),
            // What is in it follows from the other columns.
            Some(_) => Some(vec![
                format!("ALTER TABLE {table} DROP COLUMN {name};"),
                format!("ALTER TABLE {table} ADD COLUMN {};", super::create::column(id, to)),
            ]),
        },
        "identity" => match (before, after) {
            (None, Some(when)) => single(format!("ADD {}", identity(when, to.get("identity options")))),
            (Some(_), None) => single("DROP IDENTITY".to_owned()),
            (_, Some(when)) => single(format!("SET GENERATED {}", when.to_uppercase())),
            (None, None) => None,
        },
        "identity options" => match (from.get("identity"), to.get("identity")) {
            (Some(_), Some(_)) => single(set_identity_options(after.unwrap_or_default())),
            _ => Some(Vec::new()),
        },
        "statistics" => single(format!("SET STATISTICS {}", after.unwrap_or("-1"))),
        "storage" => single(format!("SET STORAGE {}", after.unwrap_or(usual_storage(to.get("type")?)))),
        "compression" => single(format!("SET COMPRESSION {}", after.unwrap_or("default"))),
        "options" => Some(set_options(&format!("ALTER TABLE {table} ALTER COLUMN {name}"), before, after, "")),
        "server options" => {
            Some(vec![format!("ALTER FOREIGN TABLE {table} ALTER COLUMN {name}{};", server_options(before, after))])
        }
        _ => None,
    }
}
