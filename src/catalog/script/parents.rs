//! Statements that take tables from their parents and give them to others.
//!
//! A table leaves before anything of it goes, since nothing that comes from a parent can go, and joins when all that the
//! parent asks for is there. What the server makes or drops together with that has no statement of its own.

use std::collections::BTreeMap;

use super::super::compare::{Comparison, Difference, ObjectChange, PropertyChange};
use super::super::names::qualified_names;
use super::super::{Catalog, Id, Kind, Properties};
use super::reference::{drop_statement, qualified};
use super::{Rank, Step, Writer};

/// Tables that leave parents or join them, by their names.
pub(super) struct Moves<'a>(BTreeMap<&'a [String], Move<'a>>);

struct Move<'a> {
    id: &'a Id,
    leave: Vec<String>,
    join: Vec<String>,
    /// Whether it is a partition, on each side, that the server cuts off or puts on.
    detached: bool,
    attached: bool,
}

/// Between what has to be there for a partition and the foreign keys that may need the rows in it.
const JOIN: Rank = (Kind::Index, 1);

/// What the server made together with a partition, behind everything that makes it do so.
const BEHIND: Rank = (Kind::Trigger, 1);

/// Properties that are said here alone.
pub(super) fn is_about_parents(change: &PropertyChange) -> bool {
    matches!(change.property.name(), "inherits" | "partition of" | "partition bound")
}

impl<'a> Moves<'a> {
    pub(super) fn of(comparison: &'a Comparison, from: &Catalog, to: &Catalog) -> Self {
        let tables = comparison.differences.iter().filter_map(|Difference { id, change }| {
            let is_table = matches!(id.kind, Kind::Table | Kind::ForeignTable);
            let altered = matches!(change, ObjectChange::Altered(changes) if changes.iter().any(is_about_parents));
            if !is_table || !altered {
                return None;
            }
            Some((id.path.as_slice(), Move::new(id, from.objects.get(id)?, to.objects.get(id)?)))
        });
        Self(tables.collect())
    }

    /// The steps of leaving, and those of joining.
    pub(super) fn steps(&self, writer: &Writer<'_>) -> (Vec<Step<'a>>, Vec<Step<'a>>) {
        let step = |id, text: &[String]| Step { id, text: text.to_vec(), rank: Some(JOIN) };
        let leave = self.0.values().map(|table| step(table.id, &table.leave)).collect();
        let join = self.0.values().map(|table| {
            let mut text = table.join.clone();
            if table.detached && table.attached {
                text.extend(writer.said_again(table.id));
            }
            step(table.id, &text)
        });
        (leave, join.collect())
    }

    /// What is done about a part that a table has from its parent; `None` if that is what is always done.
    pub(super) fn part(&self, id: &'a Id, change: &ObjectChange, writer: &Writer<'_>) -> Option<(Vec<String>, Rank)> {
        let table = self.0.get(id.parent()?)?;
        match (id.kind, change) {
            // It goes with the parent.
            (Kind::Trigger, ObjectChange::Removed(_)) if table.detached && is_copy(id, writer.from) => {
                Some((Vec::new(), BEHIND))
            }
            (Kind::Trigger, ObjectChange::Added(properties)) if table.attached && is_copy(id, writer.to) => {
                Some((writer.said_behind(id, properties), BEHIND))
            }
            // The server knows an equal one, but finds none that has yet to come.
            (Kind::Constraint, ObjectChange::Added(properties))
                if table.attached && is_foreign_key(properties) && properties.get("inherited").is_some() =>
            {
                Some((writer.said_behind(id, properties), BEHIND))
            }
            // It is the table's own only when the table has left.
            (Kind::Constraint, ObjectChange::Removed(properties))
                if is_foreign_key(properties) && properties.get("inherited").is_some() =>
            {
                Some((vec![drop_statement(id)], (Kind::Constraint, 0)))
            }
            _ => None,
        }
    }
}

impl<'a> Move<'a> {
    fn new(id: &'a Id, from: &Properties, to: &Properties) -> Self {
        let name = qualified(&id.path);
        let parents = |properties: &Properties| -> Vec<String> {
            let text = properties.get("inherits").unwrap_or_default();
            text.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        let (before, after) = (parents(from), parents(to));
        let missing = |parents: &[String], others: &[String], word: &str| -> Vec<String> {
            let missing = parents.iter().filter(|parent| !others.contains(parent));
            missing.map(|parent| format!("ALTER TABLE {name} {word} {parent};")).collect()
        };
        let mut leave = missing(&before, &after, "NO INHERIT");
        let mut join = missing(&after, &before, "INHERIT");
        let place = |properties: &Properties| {
            let parent = properties.get("partition of")?.to_owned();
            Some((parent, properties.get("partition bound").unwrap_or_default().to_owned()))
        };
        let (old, new) = (place(from), place(to));
        leave.extend(old.iter().map(|(parent, _)| format!("ALTER TABLE {parent} DETACH PARTITION {name};")));
        join.extend(new.iter().map(|(parent, bound)| format!("ALTER TABLE {parent} ATTACH PARTITION {name} {bound};")));
        Self { id, leave, join, detached: old.is_some(), attached: new.is_some() }
    }
}

impl Writer<'_> {
    /// What was said about copies of triggers that the server drops and makes anew.
    fn said_again(&self, table: &Id) -> Vec<String> {
        let parts = self.to.objects.iter().filter(|(id, _)| {
            id.kind == Kind::Trigger && id.parent() == Some(table.path.as_slice()) && self.from.objects.contains_key(id)
        });
        parts
            .filter(|(id, _)| is_copy(id, self.from) && is_copy(id, self.to))
            .flat_map(|(id, properties)| self.said_behind(id, properties))
            .collect()
    }
}

pub(super) fn is_foreign_key(properties: &Properties) -> bool {
    properties.get("definition").is_some_and(|text| text.starts_with("FOREIGN"))
}

/// Whether a trigger of a partition is there because the partitioned table has it: those for each row are copied, and
/// no other may have the same name.
fn is_copy(id: &Id, catalog: &Catalog) -> bool {
    let for_each_row = |id: &Id| {
        let definition = catalog.objects.get(id).and_then(|properties| properties.get("definition"));
        definition.is_some_and(|text| text.contains(" FOR EACH ROW "))
    };
    let Some((name, table)) = id.path.split_last() else { return false };
    let parent = [Kind::Table, Kind::ForeignTable]
        .into_iter()
        .find_map(|kind| catalog.objects.get(&Id::new(kind, table))?.get("partition of"));
    parent.is_some_and(|parent| {
        let parents = qualified_names(parent);
        let of_parent = catalog.objects.keys().find(|other| {
            other.kind == Kind::Trigger
                && other.path.last() == Some(name)
                && other.parent() == parents.first().map(Vec::as_slice)
        });
        of_parent.is_some_and(for_each_row) && for_each_row(id)
    })
}
