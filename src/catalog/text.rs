//! A catalog as text, one line for each object: what a snapshot and a cache hold.
//!
//! The first line says the format's version, the server's major version, the namespaces and the roles. Every other is
//! an array of kind, path and properties. A newer version of the format is refused, never guessed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::property::Sort;
use super::{Catalog, Id, Kind, Properties, Property};

/// The version of the format. A catalog of another one counts as absent.
pub const FORMAT: u32 = 1;

/// The text of a catalog.
pub fn write(catalog: &Catalog) -> String {
    let mut text = String::with_capacity(catalog.objects.len() * 96);
    let roles: Map<String, Value> = catalog.roles.iter().map(|(name, oid)| (name.clone(), json!(oid))).collect();
    let head = json!({
        "format": FORMAT,
        "server": catalog.server_major,
        "schemas": catalog.namespaces,
        "roles": roles,
    });
    let _ = writeln!(text, "{head}");
    for (id, properties) in &catalog.objects {
        object(&mut text, id, properties, |_| true);
    }
    text
}

/// The part of the text that is compared, to tell with one look that two catalogs are the same.
pub fn compared(catalog: &Catalog) -> String {
    let mut text = String::with_capacity(catalog.objects.len() * 96);
    let _ = writeln!(text, "{FORMAT} {}", catalog.server_major);
    for (id, properties) in &catalog.objects {
        object(&mut text, id, properties, |property| property.sort() != Sort::Help);
    }
    text
}

fn object(text: &mut String, id: &Id, properties: &Properties, kept: impl Fn(Property) -> bool) {
    let quoted = |out: &mut String, item: &str| {
        let _ = write!(out, "{}", Value::from(item));
    };
    let _ = write!(text, "[\"{}\",[", id.kind.name());
    for (index, name) in id.path.iter().enumerate() {
        text.push_str(if index > 0 { "," } else { "" });
        quoted(text, name);
    }
    text.push_str("],{");
    for (index, (property, value)) in properties.iter().filter(|(property, _)| kept(*property)).enumerate() {
        let _ = write!(text, "{}\"{}\":", if index > 0 { "," } else { "" }, property.name());
        quoted(text, value);
    }
    text.push_str("}]\n");
}

/// The catalog that a text describes; `None` if it is not one, or of another version of the format.
pub fn read(text: &str) -> Option<Catalog> {
    let mut lines = text.lines();
    let head: Value = serde_json::from_str(lines.next()?).ok()?;
    if head.get("format")?.as_u64()? != u64::from(FORMAT) {
        return None;
    }
    let namespaces = head.get("schemas")?.as_array()?.iter().map(|name| name.as_str().map(str::to_owned));
    let roles = head.get("roles")?.as_object()?.iter();
    let mut catalog = Catalog {
        server_major: u32::try_from(head.get("server")?.as_u64()?).ok()?,
        namespaces: namespaces.collect::<Option<_>>()?,
        roles: roles
            .map(|(name, oid)| Some((name.clone(), u32::try_from(oid.as_u64()?).ok()?)))
            .collect::<Option<_>>()?,
        objects: BTreeMap::new(),
    };
    for line in lines {
        let (kind, path, fields): (String, Vec<String>, BTreeMap<String, String>) = serde_json::from_str(line).ok()?;
        let mut properties = Properties::default();
        for (name, value) in fields {
            properties.set(Property::known(&name)?, value);
        }
        catalog.objects.insert(Id { kind: Kind::from_name(&kind)?, path }, properties);
    }
    Some(catalog)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Catalog {
        let mut properties = Properties::default();
        properties.set(Property::known("type").expect("known"), "text".to_owned());
        properties.set(Property::known("comment").expect("known"), "two\nlines \"and\" ünïcode".to_owned());
        properties.set(Property::known("position").expect("known"), "3".to_owned());
        Catalog {
            server_major: 15,
            namespaces: vec!["public".to_owned()],
            roles: [("app".to_owned(), 16400)].into(),
            objects: [(Id::new(Kind::Column, ["public", "t", "a b"]), properties)].into(),
        }
    }

    #[test]
    fn a_catalog_survives_being_text() {
        let catalog = example();
        assert_eq!(read(&write(&catalog)).as_ref(), Some(&catalog));
    }

    #[test]
    fn what_only_helps_to_write_sql_is_not_compared() {
        let mut other = example();
        for properties in other.objects.values_mut() {
            properties.set(Property::known("position").expect("known"), "4".to_owned());
        }
        assert_eq!(compared(&example()), compared(&other));
        assert_ne!(write(&example()), write(&other));
    }

    #[test]
    fn other_texts_are_refused() {
        let good = write(&example());
        let cut = &good[..good.len() - 5];
        for text in [
            "",
            "{}",
            "nonsense",
            &good.replace("\"format\":1", "\"format\":2"),
            &good.replace("column", "colander"),
            cut,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
