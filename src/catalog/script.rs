//! Differences → SQL that makes one database into the other.
//!
//! Everything that has to go goes first, from the objects that depend on others down; then everything is made or changed
//! in the order of kinds. What SQL cannot say, or what nobody should run without thought, is a comment.

mod alter;
mod create;
mod members;
mod options;
mod parents;
mod reference;
mod rights;

use std::collections::{BTreeMap, BTreeSet};

use super::compare::{Comparison, Difference, ObjectChange, PropertyChange, Source};
use super::names::qualified_names;
use super::{Catalog, Id, Kind, Properties};
use parents::{Moves, is_foreign_key};
use reference::{drop_statement, mentioned_as, printed};

/// Its place in the order of making.
type Rank = (Kind, u8);

/// What happens to an object.
struct Step<'a> {
    id: &'a Id,
    text: Vec<String>,
    /// `None` if it is that of its kind.
    rank: Option<Rank>,
}

impl<'a> Step<'a> {
    fn new(id: &'a Id, text: Vec<String>) -> Self {
        Self { id, text, rank: None }
    }
}

/// Both databases and what may be said about them.
struct Writer<'a> {
    from: &'a Catalog,
    to: &'a Catalog,
    rights: bool,
}

/// SQL that makes `from` into `to`, of which `comparison` was made. Statements end with `;` and a line break.
pub fn script(comparison: &Comparison, from: &Catalog, to: &Catalog, source: Source) -> String {
    let writer = Writer { from, to, rights: source == Source::SameDatabase };
    let moves = Moves::of(comparison, from, to);
    let (mut drops, mut makes) = moves.steps(&writer);
    let mut last: Vec<String> = Vec::new();
    let again = writer.made_again(comparison);
    for (difference, follows) in comparison.with_followers() {
        let id = &difference.id;
        if let Some((text, rank)) = moves.part(id, &difference.change, &writer) {
            let gone = matches!(difference.change, ObjectChange::Removed(_));
            if gone { &mut drops } else { &mut makes }.push(Step { id, text, rank: Some(rank) });
            continue;
        }
        match &difference.change {
            _ if again.contains(id) || id.parent().is_some_and(|parent| again.iter().any(|id| id.path == parent)) => {}
            ObjectChange::Removed(_) if follows || writer.is_typed(id, from) => {}
            // A column of a view or type about which something was said.
            ObjectChange::Removed(properties) if id.kind == Kind::Column && properties.get("type").is_none() => {
                makes.push(Step::new(id, writer.unsay(id, properties)));
            }
            ObjectChange::Removed(_) => drops.push(Step::new(id, vec![drop_statement(id)])),
            ObjectChange::Added(_) if writer.is_typed(id, to) => {}
            // Columns are made with their table, and the rest of its parts behind it.
            ObjectChange::Added(properties) if follows && id.kind == Kind::Column => {
                makes.push(Step::new(id, writer.said_behind(id, properties)));
            }
            ObjectChange::Added(properties) => makes.push(Step::new(id, writer.create(id, properties))),
            ObjectChange::Altered(changes) => makes.push(Step::new(id, writer.alter(id, changes))),
        }
    }
    for id in &again {
        if from.objects.contains_key(id) {
            drops.push(Step::new(id, vec![drop_statement(id)]));
        }
        if let Some(properties) = to.objects.get(id) {
            makes.push(Step::new(id, writer.create(id, properties)));
        }
        for (part, properties) in to
            .objects
            .iter()
            .filter(|(part, _)| part.parent() == Some(id.path.as_slice()) && id.kind.is_whole_of(part.kind))
        {
            makes.push(Step::new(part, writer.create(part, properties)));
        }
    }
    for (id, properties) in made_sequences(comparison) {
        if let Some(owner) = properties.get("owned by") {
            last.push(format!("ALTER SEQUENCE {} OWNED BY {owner};", reference::qualified(&id.path)));
        }
    }
    for id in defaults_gone(comparison) {
        last.extend(writer.regranted(id, &from.objects.get(id).cloned().unwrap_or_default(), &Properties::default()));
    }
    let mut text = String::new();
    for step in ordered(drops, from, true).into_iter().rev().chain(ordered(makes, to, false)) {
        for statement in step.text {
            if !statement.is_empty() {
                text.push_str(&statement);
                text.push('\n');
            }
        }
    }
    for statement in last {
        text.push_str(&statement);
        text.push('\n');
    }
    text
}

/// Sequences that are made, whose owner is made behind them.
fn made_sequences(comparison: &Comparison) -> impl Iterator<Item = (&Id, &Properties)> {
    comparison.differences.iter().filter(|difference| difference.id.kind == Kind::Sequence).filter_map(|difference| {
        match &difference.change {
            ObjectChange::Added(properties) => Some((&difference.id, properties)),
            ObjectChange::Removed(_) | ObjectChange::Altered(_) => None,
        }
    })
}

/// Default privileges that go: they are taken back, not dropped.
fn defaults_gone(comparison: &Comparison) -> impl Iterator<Item = &Id> {
    let gone = |difference: &&Difference| {
        difference.id.kind == Kind::DefaultPrivileges && matches!(difference.change, ObjectChange::Removed(_))
    };
    comparison.differences.iter().filter(gone).map(|difference| &difference.id)
}

impl Writer<'_> {
    /// Objects that cannot be changed as they are, with the views that hang on them: they go and are made again.
    fn made_again(&self, comparison: &Comparison) -> BTreeSet<Id> {
        let mut again = BTreeSet::new();
        // With the column that matters, if it is one only.
        let mut moved: Vec<(Id, Option<String>)> = Vec::new();
        for Difference { id, change } in &comparison.differences {
            let ObjectChange::Altered(changes) = change else { continue };
            if self.is_made_again(id, changes) {
                again.insert(id.clone());
                moved.push((id.clone(), None));
            }
            let retyped = id.kind == Kind::Column && changes.iter().any(|change| change.property.name() == "type");
            if retyped && let Some(parent) = id.parent() {
                moved.push((Id::new(Kind::Table, parent), id.path.last().map(|name| printed(name))));
            }
        }
        while let Some((id, column)) = moved.pop() {
            let Some(name) = mentioned_as(&id) else { continue };
            for (view, properties) in &self.from.objects {
                let is_view = matches!(view.kind, Kind::View | Kind::MaterializedView);
                if is_view
                    && *view != id
                    && mentions(properties, &name)
                    && column.as_ref().is_none_or(|column| mentions(properties, column))
                    && self.to.objects.contains_key(view)
                    && again.insert(view.clone())
                {
                    moved.push((view.clone(), None));
                }
            }
        }
        again
    }

    /// Columns of a table that is of a type are the type's.
    fn is_typed(&self, id: &Id, catalog: &Catalog) -> bool {
        let _ = self;
        id.kind == Kind::Column
            && id.parent().is_some_and(|parent| {
                let table = catalog.objects.get(&Id::new(Kind::Table, parent));
                table.is_some_and(|properties| properties.get("of type").is_some())
            })
    }
}

/// Whether the definition of an object has that name in it.
fn mentions(properties: &Properties, name: &str) -> bool {
    ["definition", "body", "sql", "type", "attributes", "default", "inherits"].iter().any(|property| {
        properties.get(property).is_some_and(|text| {
            text.match_indices(name).any(|(at, _)| {
                let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '$');
                !text[..at].ends_with(word) && !text[at + name.len()..].starts_with(word)
            })
        })
    })
}

/// In the order of making: by kind, keys before the foreign keys that need them, and what mentions another behind it.
fn ordered<'a>(mut steps: Vec<Step<'a>>, catalog: &Catalog, dropping: bool) -> Vec<Step<'a>> {
    let rank = |id: &Id| {
        let text = |property| catalog.objects.get(id).and_then(|properties| properties.get(property));
        let of_a_view = || {
            id.parent().is_some_and(|parent| {
                [Kind::View, Kind::MaterializedView]
                    .iter()
                    .any(|kind| catalog.objects.contains_key(&Id::new(*kind, parent)))
            })
        };
        match id.kind {
            Kind::Column | Kind::Index if of_a_view() => (Kind::Statistics, 1),
            // Its functions need it and go with it.
            Kind::BaseType if dropping => (Kind::Procedure, 1),
            // A key may need an index that is no constraint's.
            Kind::Constraint if catalog.objects.get(id).is_some_and(is_foreign_key) => (Kind::Index, 2),
            // A body in the standard's form needs what it mentions.
            Kind::Function | Kind::Procedure
                if text("body").is_some_and(|text| text.starts_with("BEGIN ATOMIC") || text.starts_with("RETURN ")) =>
            {
                (Kind::Statistics, 0)
            }
            kind => (kind, 0),
        }
    };
    steps.sort_by_cached_key(|step| (step.rank.unwrap_or_else(|| rank(step.id)), step.id.clone()));
    // Few steps are of kinds that can mention their own.
    let families = families(&steps, catalog);
    let mutual = |step: &Step<'_>| match step.id.kind {
        Kind::View | Kind::MaterializedView | Kind::Function | Kind::CompositeType | Kind::Domain => true,
        Kind::Table | Kind::ForeignTable => step.rank.is_none() && families.contains(&step.id.path),
        _ => false,
    };
    let names: BTreeMap<usize, String> = steps
        .iter()
        .enumerate()
        .filter(|(_, step)| mutual(step))
        .filter_map(|(index, step)| Some((index, mentioned_as(step.id)?)))
        .collect();
    let mut order: Vec<usize> = Vec::with_capacity(steps.len());
    let mut placed = vec![false; steps.len()];
    for index in 0..steps.len() {
        place(index, &steps, &names, catalog, &mut placed, &mut order);
    }
    let mut slots: Vec<Option<Step<'a>>> = steps.into_iter().map(Some).collect();
    order.into_iter().filter_map(|index| slots.get_mut(index).and_then(Option::take)).collect()
}

/// Tables that inherit, and those that they inherit from.
fn families(steps: &[Step<'_>], catalog: &Catalog) -> BTreeSet<Vec<String>> {
    let mut families = BTreeSet::new();
    for step in steps.iter().filter(|step| matches!(step.id.kind, Kind::Table | Kind::ForeignTable)) {
        if let Some(parents) = catalog.objects.get(step.id).and_then(|properties| properties.get("inherits")) {
            families.extend(qualified_names(parents));
            families.insert(step.id.path.clone());
        }
    }
    families
}

fn place(
    index: usize,
    steps: &[Step<'_>],
    names: &BTreeMap<usize, String>,
    catalog: &Catalog,
    placed: &mut [bool],
    order: &mut Vec<usize>,
) {
    if std::mem::replace(&mut placed[index], true) {
        return;
    }
    if names.contains_key(&index)
        && let Some(properties) = steps.get(index).and_then(|step| catalog.objects.get(step.id))
    {
        let needed: Vec<usize> = names
            .iter()
            .filter(|(other, name)| **other != index && mentions(properties, name))
            .map(|(other, _)| *other)
            .collect();
        for other in needed {
            place(other, steps, names, catalog, placed, order);
        }
    }
    order.push(index);
}

/// A change that no statement makes.
fn unwritable(id: &Id, changes: &[&PropertyChange]) -> String {
    let names: Vec<&str> = changes.iter().map(|change| change.property.name()).collect();
    format!("-- {id}: no statement changes {}", names.join(", "))
}
