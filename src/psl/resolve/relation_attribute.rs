//! `@relation`, and what a relation field must not carry.

use super::attributes::constraint_name;
use super::keys::{self, Unresolved};
use super::suggest::did_you_mean;
use super::tree::{FieldKind, FieldRef, Located, Model, RelationField};
use super::values::{constant, list, string};
use super::visitor::{Args, Attributes, Taken};
use crate::psl::ast::{self, Expr};
use crate::psl::diagnostics::Diagnostics;
use crate::psl::schema::{FieldId, ReferentialAction};

/// Reads all attributes of the relation field at this place.
pub(super) fn resolve_field(
    (model, field): FieldRef,
    models: &mut [Model<'_>],
    diagnostics: &mut Diagnostics,
    known: &'static [&'static str],
) {
    let (model, position) = (model.0 as usize, field.0 as usize);
    let field = &models[model].fields[position];
    let FieldKind::Relation(relation) = &field.kind else { return };
    let (ast, target) = (field.ast, relation.target);
    let mut attributes = Attributes::new(&ast.attributes, known);
    let mut read = None;
    if let Some(mut args) = attributes.single("relation", diagnostics) {
        let own = &models[model];
        let other = &models[target.0 as usize];
        read = Some(relation_attribute(&mut args, own, other, RelationField::new(target), diagnostics));
        args.finish(diagnostics);
    }
    if let Some(args) = attributes.single("id", diagnostics) {
        refuse(&args, &ast.name.text, "be the id", diagnostics);
    }
    let ignored = attributes.single("ignore", diagnostics).map(|args| args.finish(diagnostics)).is_some();
    if let Some(args) = attributes.single("default", diagnostics) {
        refuse(&args, &ast.name.text, "have a default value", diagnostics);
    }
    if let Some(args) = attributes.single("map", diagnostics) {
        refuse(&args, &ast.name.text, "be mapped, since it has no column", diagnostics);
    }
    if let Some(args) = attributes.single("unique", diagnostics) {
        refuse(&args, &ast.name.text, "be unique", diagnostics);
    }
    attributes.finish(diagnostics);
    let field = &mut models[model].fields[position];
    field.ignored = ignored;
    if let (FieldKind::Relation(relation), Some(read)) = (&mut field.kind, read) {
        **relation = read;
    }
}

fn refuse(args: &Args<'_>, field: &str, what: &str, diagnostics: &mut Diagnostics) {
    diagnostics
        .error(args.span(), format!("relation field `{field}` cannot {what}"))
        .help("put the attribute on the scalar fields of the relation");
}

fn relation_attribute<'a>(
    args: &mut Args<'a>,
    own: &Model<'a>,
    other: &Model<'a>,
    mut relation: RelationField<'a>,
    diagnostics: &mut Diagnostics,
) -> RelationField<'a> {
    relation.attribute = Some(args.attribute);
    if let Some(value) = args.take_value("fields") {
        relation.fields = own_fields(value, args, own, diagnostics);
    }
    if let Some(value) = args.take_value("references") {
        relation.references = referenced_fields(value, args, other, diagnostics);
    }
    relation.name = name(args, diagnostics);
    relation.on_delete = action(args, "onDelete", diagnostics);
    relation.on_update = action(args, "onUpdate", diagnostics);
    relation.mapped_name = constraint_name(args, diagnostics);
    relation
}

fn own_fields(value: &Expr, args: &Args<'_>, own: &Model<'_>, diagnostics: &mut Diagnostics) -> Option<Vec<FieldId>> {
    let unresolved = match plain_fields(value, args, own, diagnostics)? {
        Ok(fields) => return Some(fields),
        Err(unresolved) => unresolved,
    };
    let (span, name) = (value.span(), own.name());
    if !unresolved.unknown.is_empty() {
        let message =
            format!("`fields` names {} that {} `{name}` does not have", unresolved.unknown_list(), own.keyword());
        diagnostics.error(span, message).help(
            unresolved
                .suggestion(own)
                .unwrap_or_else(|| "add it, with the type of the field that it refers to".to_owned()),
        );
    }
    if !unresolved.relations.is_empty() {
        diagnostics
            .error(span, format!("`fields` names {}", unresolved.refused(own, "")))
            .help("add a scalar field for each column of the foreign key");
    }
    None
}

fn referenced_fields(
    value: &Expr,
    args: &Args<'_>,
    other: &Model<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<FieldId>> {
    let unresolved = match plain_fields(value, args, other, diagnostics)? {
        Ok(fields) => return Some(fields),
        Err(unresolved) => unresolved,
    };
    let (span, name) = (args.span(), other.name());
    if !unresolved.unknown.is_empty() {
        let message =
            format!("`references` names {} that {} `{name}` does not have", unresolved.unknown_list(), other.keyword());
        let diagnostic = diagnostics.error(span, message);
        if let Some(help) = unresolved.suggestion(other) {
            diagnostic.help(help);
        }
    }
    if !unresolved.relations.is_empty() {
        let whose = format!(" of {} `{name}`", other.keyword());
        diagnostics.error(span, format!("`references` names {}", unresolved.refused(other, &whose)));
    }
    None
}

/// The columns that `fields` of this relation field names, for those who ask before the attribute is read. `None` if
/// something is wrong with them.
pub(super) fn own_columns(field: &ast::Field, own: &Model<'_>) -> Option<Vec<FieldId>> {
    // What is wrong is reported when its turn comes.
    let mut silent = Diagnostics::default();
    let mut args = Attributes::new(&field.attributes, &[]).single("relation", &mut silent)?;
    let value = args.take_value("fields")?;
    plain_fields(value, &args, own, &mut silent)?.ok()
}

/// Reads a list of field names. The outer `None` means that what is wrong is reported already.
fn plain_fields<'a>(
    value: &'a Expr,
    args: &Args<'_>,
    model: &Model<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Result<Vec<FieldId>, Unresolved<'a>>> {
    let names = list(value, diagnostics, |element, diagnostics| constant(element, diagnostics).map(|(name, _)| name))?;
    keys::find_fields(&names, model, args.span(), diagnostics)
}

fn name<'a>(args: &mut Args<'a>, diagnostics: &mut Diagnostics) -> Option<&'a str> {
    // Given both ways, the name without `name:` is dropped in silence: so does the reference.
    let Taken::Value(value) = args.take_optional_default("name", &mut Diagnostics::default()) else { return None };
    let text = string(value, diagnostics)?;
    if text.is_empty() {
        diagnostics.error(args.span(), "the name of a relation is empty").help("leave it out or name the relation");
        return None;
    }
    Some(text)
}

fn action(
    args: &mut Args<'_>,
    argument: &'static str,
    diagnostics: &mut Diagnostics,
) -> Option<Located<ReferentialAction>> {
    let argument = args.take(argument)?;
    let (name, span) = constant(argument.value.as_ref()?, diagnostics)?;
    let Some(value) = ReferentialAction::from_name(name) else {
        let diagnostic = diagnostics.error(span, format!("`{name}` is no referential action"));
        let names = ReferentialAction::ALL.map(ReferentialAction::name);
        let all = names.map(|name| format!("`{name}`")).join(", ");
        diagnostic.help(did_you_mean(name, names).unwrap_or_else(|| format!("the actions are {all}")));
        return None;
    };
    Some(Located { value, span: argument.span })
}
