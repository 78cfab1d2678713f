//! Rules for many-to-many relations: a join table refers to the ids of both models.

use super::relations::Side;
use crate::psl::diagnostics::Diagnostics;
use crate::psl::resolve::{Relation, Resolved};
use crate::psl::schema::ModelKind;

/// Checks a relation with lists on both sides.
pub(super) fn check(resolved: &Resolved<'_>, relation: &Relation, diagnostics: &mut Diagnostics) {
    let side = |place: Option<_>| place.and_then(|place| Side::new(resolved, place));
    let (Some(a), Some(b)) = (side(relation.forward), side(relation.back)) else { return };
    if relation.embedded {
        for side in [a, b] {
            let message = format!("many-to-many relation of {} cannot have `fields` in PostgreSQL", side.name());
            side.error(message, "remove `fields` and `references`: a join table holds the relation", diagnostics);
        }
        return;
    }
    if a.model.kind == ModelKind::View || b.model.kind == ModelKind::View {
        for side in [a, b] {
            let message = format!("many-to-many relation of {} leads to or from a view", side.name());
            side.error(message, "a join table needs two tables: write the join table as a model", diagnostics);
        }
    }
    for side in [a, b] {
        single_id(resolved, &side, diagnostics);
    }
    for side in [a, b] {
        for action in side.relation.on_delete.iter().chain(&side.relation.on_update) {
            diagnostics
                .error(action.span, format!("many-to-many relation of {} has no referential actions", side.name()))
                .help("the join table always follows deleted rows: remove the action");
        }
    }
    for side in [a, b] {
        if side.relation.references.is_some() {
            let message = format!("many-to-many relation of {} cannot have `references`", side.name());
            side.error(message, "remove it: the join table refers to the ids", diagnostics);
        }
    }
}

fn single_id(resolved: &Resolved<'_>, side: &Side<'_, '_>, diagnostics: &mut Diagnostics) {
    let target = resolved.model(side.relation.target);
    if target.primary_key.as_ref().is_some_and(|key| key.fields.len() == 1) {
        return;
    }
    let message = format!("many-to-many relation of {} needs an id of one field in `{}`", side.name(), target.name());
    side.error(message, "add a field with `@id`, or write the join table as a model", diagnostics);
}
