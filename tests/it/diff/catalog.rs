//! Whether two databases are the same to the server: what its catalog holds, and what `pg_dump` writes.
//!
//! Databases are compared in bulk: each is put aside by giving its namespaces another name (`<label>.<namespace>`),
//! and in the end one question, or one run of `pg_dump`, reads them all.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use evt::db::Connection;
use evt::dbschema::DbSchema;
use evt::sql::quote::Statement;

/// Each database's objects as lines, by label. The label of namespaces with plain names is empty.
pub(crate) type Objects = BTreeMap<String, Vec<String>>;

/// What the catalog holds of each database that was put aside.
pub(crate) async fn read(db: &mut Connection) -> Result<Objects, String> {
    let question = concat!("BEGIN READ ONLY; SET LOCAL search_path TO ''; ", include_str!("catalog.sql"), "; COMMIT;");
    let rows = db.rows(&Statement::from(question)).await.map_err(|error| format!("{error}: {:?}", error.server()))?;
    let mut objects = Objects::new();
    for row in rows {
        let (Some(space), Some(line)) = (row.get("space"), row.get("line")) else { continue };
        let (label, namespace) = space.split_once('.').unwrap_or(("", space));
        objects.entry(label.to_owned()).or_default().push(format!("{namespace}: {}", plain(line, label)));
    }
    Ok(objects)
}

/// A line as it was before the database was put aside.
pub(super) fn plain(line: &str, label: &str) -> String {
    if label.is_empty() { line.to_owned() } else { line.replace(&format!("\"{label}."), "\"") }
}

/// In what one database differs from another; nothing if they are the same.
pub(crate) fn compare(objects: &Objects, [label, wanted]: [&str; 2]) -> Option<String> {
    let of = |label: &str| objects.get(label).map_or(&[][..], Vec::as_slice);
    let (found, wanted) = (of(label), of(wanted));
    let mut text = String::new();
    for line in found.iter().filter(|line| !wanted.contains(line)) {
        let _ = write!(text, "\n+ {line}");
    }
    for line in wanted.iter().filter(|line| !found.contains(line)) {
        let _ = write!(text, "\n- {line}");
    }
    if text.is_empty() && found.len() != wanted.len() {
        let _ = write!(text, "\n{} objects instead of {}", found.len(), wanted.len());
    }
    (!text.is_empty()).then_some(text)
}

/// The objects without what a difference to this schema leaves as it is: the order of an enum's values, and conditions
/// of indexes if the schema does not manage them.
pub(crate) fn loosely(mut objects: Objects, to: &DbSchema) -> Objects {
    for line in objects.values_mut().flatten() {
        if let Some(condition) = line.find(" WHERE ").filter(|_| !to.manages_predicates) {
            line.truncate(condition);
        } else {
            line.truncate(line.trim_end_matches(';').len());
        }
        let opening = ["AS ENUM (", ": enum "].into_iter().find_map(|word| Some(line.find(word)? + word.len()));
        if let Some(start) = opening {
            let mut values: Vec<&str> =
                line[start..].split_inclusive('\'').map(|part| part.trim_matches([',', ' ', '\n'])).collect();
            values.sort_unstable();
            *line = format!("{}{}", &line[..start], values.join(" "));
        }
    }
    objects
}
