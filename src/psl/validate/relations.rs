//! Rules for one-to-one and one-to-many relations.

use super::{Context, one_to_many, one_to_one};
use crate::psl::ast::FieldArity;
use crate::psl::diagnostics::Diagnostics;
use crate::psl::resolve::{
    Field, FieldRef, KeyField, Model, Relation, RelationField, Resolved, Type, backticked, identifies,
};
use crate::psl::schema::{FieldId, ReferentialAction, RelationKind, RelationMode};

/// One side of a relation.
#[derive(Clone, Copy)]
pub(super) struct Side<'r, 'a> {
    pub(super) place: FieldRef,
    pub(super) model: &'r Model<'a>,
    pub(super) field: &'r Field<'a>,
    pub(super) relation: &'r RelationField<'a>,
}

impl<'r, 'a> Side<'r, 'a> {
    pub(super) fn new(resolved: &'r Resolved<'a>, place: FieldRef) -> Option<Self> {
        let model = resolved.model(place.0);
        let relation = resolved.relation_field(place)?;
        Some(Self { place, model, field: model.field(place.1), relation })
    }

    /// `fields`; empty if not given.
    pub(super) fn fields(&self) -> &'r [FieldId] {
        self.relation.fields.as_deref().unwrap_or_default()
    }

    /// `references`; empty if not given.
    pub(super) fn references(&self) -> &'r [FieldId] {
        self.relation.references.as_deref().unwrap_or_default()
    }

    pub(super) fn has_actions(&self) -> bool {
        self.relation.on_delete.is_some() || self.relation.on_update.is_some()
    }

    /// The field as messages call it: `Model.field`.
    pub(super) fn name(&self) -> String {
        format!("`{}.{}`", self.model.name(), self.field.name())
    }

    /// Reports something at the field.
    pub(super) fn error(&self, message: String, help: &str, diagnostics: &mut Diagnostics) {
        diagnostics.error(self.field.ast.span, message).help(help);
    }
}

/// Checks a relation that a foreign key stands for.
pub(super) fn check(context: &Context<'_, '_>, relation: &Relation, diagnostics: &mut Diagnostics) {
    let resolved = context.resolved;
    let forward = relation.forward.and_then(|place| Side::new(resolved, place));
    let back = relation.back.and_then(|place| Side::new(resolved, place));
    context.names.check_foreign_key(resolved, relation, diagnostics);
    if let Some(forward) = forward {
        references_unique(resolved, &forward, diagnostics);
        same_length(&forward, diagnostics);
        arity(&forward, diagnostics);
        if let Some(cycles) = &context.cycles {
            cycles.check(resolved, relation, diagnostics);
        }
        types(resolved, &forward, diagnostics);
        set_null(resolved, &forward, diagnostics);
    }
    match (forward, back) {
        (Some(side), None) | (None, Some(side)) => missing_side(resolved, &side, diagnostics),
        (Some(forward), Some(back)) => match relation.kind {
            RelationKind::OneToOne => one_to_one::check(&forward, &back, diagnostics),
            RelationKind::OneToMany | RelationKind::ManyToMany => one_to_many::check(&forward, &back, diagnostics),
        },
        (None, None) => {}
    }
}

/// What is referenced must identify a row.
fn references_unique(resolved: &Resolved<'_>, forward: &Side<'_, '_>, diagnostics: &mut Diagnostics) {
    let references = forward.references();
    if references.is_empty() {
        return;
    }
    let target = resolved.model(forward.relation.target);
    let key = target.primary_key.iter().map(|key| &key.fields);
    let uniques = target.indexes.iter().filter(|index| index.is_unique()).map(|index| &index.fields);
    // PostgreSQL takes the columns in any order; without a datasource nobody knows.
    let any_order = resolved.datasource.is_some();
    let is_referenced = |columns: &Vec<KeyField<'_>>| {
        let mut pairs = columns.iter().map(|column| column.field).zip(references);
        columns.len() == references.len()
            && if any_order {
                columns.iter().all(|column| references.contains(&column.field))
            } else {
                pairs.all(|(column, reference)| column == *reference)
            }
    };
    if key.chain(uniques).any(is_referenced) {
        return;
    }
    let names: Vec<_> = references.iter().map(|id| target.field(*id).name()).collect();
    let help = match names.as_slice() {
        [name] => format!("add `@unique` to field `{name}` of model `{}`", target.name()),
        _ => format!("add `@@unique([{}])` to model `{}`", names.join(", "), target.name()),
    };
    let message = format!(
        "{} references {} of model `{}`, which is not unique",
        forward.name(),
        backticked(&names),
        target.name()
    );
    forward.error(message, &help, diagnostics);
}

fn same_length(forward: &Side<'_, '_>, diagnostics: &mut Diagnostics) {
    let (Some(fields), Some(references)) = (&forward.relation.fields, &forward.relation.references) else { return };
    if fields.len() == references.len() {
        return;
    }
    let span = forward.relation.attribute.map_or(forward.field.ast.span, |attribute| attribute.span);
    let message =
        format!("{} has {} in `fields` but {} in `references`", forward.name(), fields.len(), references.len());
    diagnostics.error(span, message).help("each field references one field of the other model");
}

/// A relation that must be there cannot hang on a column that may be empty.
fn arity(forward: &Side<'_, '_>, diagnostics: &mut Diagnostics) {
    if forward.field.arity != FieldArity::Required {
        return;
    }
    let optional: Vec<_> = forward
        .fields()
        .iter()
        .map(|id| forward.model.field(*id))
        .filter(|field| field.arity == FieldArity::Optional)
        .map(Field::name)
        .collect();
    if !optional.is_empty() {
        let message = format!("{} is required, but {} may be empty", forward.name(), backticked(&optional));
        forward.error(message, "make the relation field optional, or its scalar fields required", diagnostics);
    }
}

/// What is referenced as long as nobody says: the first key that tells the rows of the other model apart.
fn implied_references(target: &Model<'_>) -> Vec<FieldId> {
    let key = target.primary_key.iter().map(|key| &key.fields);
    let uniques = target.indexes.iter().filter(|index| index.is_unique()).map(|index| &index.fields);
    let mut usable = key.chain(uniques).filter(|fields| fields.iter().all(|column| identifies(target, column.field)));
    usable.next().into_iter().flatten().map(|column| column.field).collect()
}

fn types(resolved: &Resolved<'_>, forward: &Side<'_, '_>, diagnostics: &mut Diagnostics) {
    let target = resolved.model(forward.relation.target);
    let references = match &forward.relation.references {
        Some(references) => references,
        None => &implied_references(target),
    };
    for (own, other) in forward.fields().iter().zip(references) {
        let (own, other) = (forward.model.field(*own), target.field(*other));
        let (Some(own_scalar), Some(other_scalar)) = (own.scalar(), other.scalar()) else { continue };
        if own_scalar.ty == other_scalar.ty {
            continue;
        }
        let message = format!(
            "`{}` of model `{}` has type {}, but `{}` of model `{}` has type {}",
            own.name(),
            forward.model.name(),
            type_name(resolved, own_scalar.ty),
            other.name(),
            target.name(),
            type_name(resolved, other_scalar.ty),
        );
        forward.error(message, "both fields of a relation have the same type", diagnostics);
    }
}

fn type_name(resolved: &Resolved<'_>, ty: Type<'_>) -> String {
    match ty {
        Type::Scalar(scalar) => format!("`{}`", scalar.name()),
        Type::Enum(id) => {
            resolved.enums.get(id.0 as usize).map_or_else(String::new, |found| format!("`{}`", found.name()))
        }
        Type::Unsupported(text) => format!("`Unsupported(\"{text}\")`"),
        Type::Composite(_) => "of a composite".to_owned(),
    }
}

/// A required column cannot be set to NULL. As long as `fields` is missing, nobody knows that it can.
fn set_null(resolved: &Resolved<'_>, forward: &Side<'_, '_>, diagnostics: &mut Diagnostics) {
    let required: Vec<_> = forward
        .fields()
        .iter()
        .map(|id| forward.model.field(*id))
        .filter(|field| field.arity == FieldArity::Required)
        .map(Field::name)
        .collect();
    if required.is_empty() && forward.relation.fields.is_some() {
        return;
    }
    let actions = [("onDelete", forward.relation.on_delete), ("onUpdate", forward.relation.on_update)];
    for (argument, action) in actions {
        if action.is_none_or(|action| action.value != ReferentialAction::SetNull) {
            continue;
        }
        let columns = if required.is_empty() { "its columns".to_owned() } else { backticked(&required) };
        let message =
            format!("`{argument}: SetNull` of {} wants columns that may be empty, unlike {columns}", forward.name());
        let help = "make the fields optional, or choose another action";
        match resolved.relation_mode() {
            RelationMode::ForeignKeys => {
                diagnostics.warning(forward.field.ast.span, message).help(help);
            }
            RelationMode::Prisma => forward.error(message, help, diagnostics),
        }
    }
}

fn missing_side(resolved: &Resolved<'_>, side: &Side<'_, '_>, diagnostics: &mut Diagnostics) {
    let target = resolved.model(side.relation.target);
    let message = format!("relation field {} has no opposite in model `{}`", side.name(), target.name());
    side.error(message, "run `evt format`, or add the other field", diagnostics);
}
