//! Rules for single relation fields.

use rustc_hash::FxHashMap;
use std::borrow::Cow;

use super::{Ambiguous, keys};
use crate::psl::diagnostics::Diagnostics;
use crate::psl::resolve::{Field, FieldRef, Located, Model, RelationField, Resolved, backticked};
use crate::psl::schema::{FieldId, ModelId, ReferentialAction, RelationMode};

/// The relation fields of a model by target and relation name, whether explicit or not.
pub(super) type Counts<'a> = FxHashMap<(ModelId, Cow<'a, str>), Vec<FieldId>>;

/// Sorts the relation fields of a model by target and relation name.
pub(super) fn count<'a>(resolved: &Resolved<'a>, id: ModelId) -> Counts<'a> {
    let mut counts = Counts::default();
    for (field, _, relation) in resolved.model(id).relation_fields() {
        counts.entry((relation.target, name(resolved, id, relation))).or_default().push(field);
    }
    counts
}

fn name<'a>(resolved: &Resolved<'a>, model: ModelId, relation: &RelationField<'a>) -> Cow<'a, str> {
    match relation.name {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(resolved.default_relation_name(model, relation.target)),
    }
}

/// Reports relation fields of which nobody can say which belong together. Nothing is checked after that.
pub(super) fn ambiguity(
    resolved: &Resolved<'_>,
    place: FieldRef,
    field: &Field<'_>,
    relation: &RelationField<'_>,
    counts: &Counts<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<(), Ambiguous> {
    let model = resolved.model(place.0);
    let Some(alike) = counts.get(&(relation.target, name(resolved, place.0, relation))) else { return Ok(()) };
    let is_self = relation.target == place.0;
    let allowed = if is_self && relation.name.is_some() { 2 } else { 1 };
    if alike.len() <= allowed {
        return Ok(());
    }
    let names: Vec<_> = alike.iter().map(|id| model.field(*id).name()).collect();
    let (names, target) = (backticked(&names), resolved.model(relation.target).name());
    let message = match relation.name {
        None => format!("fields {names} of model `{}` lead to `{target}` and have no relation name", model.name()),
        Some(name) => format!("fields {names} of model `{}` all belong to relation `{name}`", model.name()),
    };
    let help = if is_self {
        "give the two sides of each relation the same name: `@relation(\"…\")`"
    } else {
        "give each relation a name of its own, on both sides: `@relation(\"…\")`"
    };
    diagnostics.error(field.ast.span, message).help(help);
    Err(Ambiguous)
}

/// Checks a relation field that is not ambiguous.
pub(super) fn check(
    resolved: &Resolved<'_>,
    place: FieldRef,
    field: &Field<'_>,
    relation: &RelationField<'_>,
    diagnostics: &mut Diagnostics,
) {
    let model = resolved.model(place.0);
    let target = resolved.model(relation.target);
    if target.ignored && !field.ignored && !model.ignored {
        diagnostics
            .error(
                field.ast.span,
                format!("field `{}` leads to model `{}`, which is ignored", field.name(), target.name()),
            )
            .help("add `@ignore` to the field");
    }
    if resolved.datasource.is_some() {
        if let Some(attribute) = relation.attribute {
            keys::constraint_name_length(relation.mapped_name, "@relation", attribute.span, diagnostics);
        }
    } else if let Some(name) = relation.mapped_name {
        diagnostics.error(name.span, "the name of a foreign key needs a datasource").help("add a datasource block");
    }
    if resolved.relation_mode() == RelationMode::Prisma {
        for action in relation.on_delete.iter().chain(&relation.on_update) {
            action_without_foreign_keys(action, diagnostics);
        }
        missing_index(model, field, relation, diagnostics);
    }
}

fn action_without_foreign_keys(action: &Located<ReferentialAction>, diagnostics: &mut Diagnostics) {
    let help = match action.value {
        ReferentialAction::Cascade | ReferentialAction::Restrict | ReferentialAction::SetNull => return,
        ReferentialAction::NoAction => "write `Restrict`, which does nearly the same",
        ReferentialAction::SetDefault => "the actions are `Cascade`, `Restrict` and `SetNull`",
    };
    let message = format!("`{}` is not possible with `relationMode = \"prisma\"`", action.value.name());
    diagnostics.error(action.span, message).help(help);
}

/// Warns of relation columns that no index begins with: without a foreign key in mind nobody makes one.
fn missing_index(model: &Model<'_>, field: &Field<'_>, relation: &RelationField<'_>, diagnostics: &mut Diagnostics) {
    let Some(fields) = relation.fields.as_ref().filter(|fields| !fields.is_empty()) else { return };
    let key = model.primary_key.iter().map(|key| &key.fields);
    let indexes = model.indexes.iter().map(|index| &index.fields);
    let begins = |columns: &Vec<crate::psl::resolve::KeyField<'_>>| {
        columns.len() >= fields.len() && columns.iter().zip(fields).all(|(column, id)| column.field == *id)
    };
    if key.chain(indexes).any(begins) {
        return;
    }
    let names: Vec<_> = fields.iter().map(|id| model.field(*id).name()).collect();
    let span = relation.attribute.map_or(field.ast.span, |attribute| attribute.span);
    let message =
        format!("no index begins with {}, so that following the relation reads the whole table", backticked(&names));
    diagnostics.warning(span, message).help(format!("add `@@index([{}])`", names.join(", ")));
}
