//! Cycles of referential actions, which the client cannot follow when it enforces relations itself.

use super::graph::{components, reaching};
use super::relations::Side;
use crate::psl::ast::FieldArity;
use crate::psl::diagnostics::Diagnostics;
use crate::psl::resolve::{Field, Relation, Resolved};
use crate::psl::schema::{ReferentialAction, RelationKind, RelationMode};

const ADVICE: &str = "set `onDelete` and `onUpdate` of one relation in the circle to `NoAction` or `Restrict`; \
                      by default `onUpdate` is `Cascade`";

/// Where referential actions lead to, by the position of models.
pub(super) struct RelationCycles {
    component: Vec<usize>,
    /// Whether actions on a model lead to a model with an acting relation to itself.
    reaches_self_relation: Vec<bool>,
}

impl RelationCycles {
    /// Walks along all relations that act. Only the client has the limit: `None` if the database enforces relations.
    pub(super) fn find(resolved: &Resolved<'_>) -> Option<Self> {
        if resolved.relation_mode() != RelationMode::Prisma {
            return None;
        }
        let mut edges = vec![Vec::new(); resolved.models.len()];
        let mut to_self = vec![false; resolved.models.len()];
        for side in resolved.relations.iter().filter_map(|relation| acting_side(resolved, relation)) {
            let (from, to) = (side.place.0.0 as usize, side.relation.target.0 as usize);
            edges[from].push(to);
            to_self[from] |= from == to;
        }
        Some(Self { component: components(&edges), reaches_self_relation: reaching(&edges, to_self) })
    }

    /// Reports a relation from which actions lead back to its model, or into a relation of a model to itself.
    pub(super) fn check(&self, resolved: &Resolved<'_>, relation: &Relation, diagnostics: &mut Diagnostics) {
        let Some(side) = acting_side(resolved, relation) else { return };
        let (from, to) = (side.place.0.0 as usize, side.relation.target.0 as usize);
        let name = side.name();
        let message = if from == to {
            format!("relation field {name} leads to its own model and acts on it")
        } else if self.component[from] == self.component[to] {
            format!("the referential actions of {name} come back to model `{}`", side.model.name())
        } else if self.reaches_self_relation[to] {
            format!("the referential actions of {name} lead to a model that refers to itself")
        } else {
            return;
        };
        side.error(message, ADVICE, diagnostics);
    }
}

/// The side with the foreign key of a relation with two sides, if changing what it references changes its rows.
fn acting_side<'r, 'a>(resolved: &'r Resolved<'a>, relation: &Relation) -> Option<Side<'r, 'a>> {
    if relation.kind == RelationKind::ManyToMany {
        return None;
    }
    let side = Side::new(resolved, relation.forward.filter(|_| relation.back.is_some())?)?;
    acts(&side).then_some(side)
}

fn acts(side: &Side<'_, '_>) -> bool {
    let is_passive =
        |action: ReferentialAction| matches!(action, ReferentialAction::NoAction | ReferentialAction::Restrict);
    let on_delete = side.relation.on_delete.map_or_else(|| default_on_delete(side), |action| action.value);
    let on_update = side.relation.on_update.map_or(ReferentialAction::Cascade, |action| action.value);
    !is_passive(on_delete) || !is_passive(on_update)
}

fn default_on_delete(side: &Side<'_, '_>) -> ReferentialAction {
    let is_required = |field: &Field<'_>| field.arity == FieldArity::Required;
    let required = match &side.relation.fields {
        Some(fields) => fields.iter().any(|id| is_required(side.model.field(*id))),
        None => is_required(side.field),
    };
    if required { ReferentialAction::Restrict } else { ReferentialAction::SetNull }
}
