//! Rules for scalar fields.

use super::{Context, literals, native_types};
use crate::dbschema::types::ScalarType;
use crate::psl::ast::FieldArity;
use crate::psl::diagnostics::Diagnostics;
use crate::psl::resolve::{Field, Model, Resolved, ScalarField, Type, report_unknown_function};
use crate::psl::schema::ModelId;

/// Reports functions in `@default` that do not exist.
pub(super) fn unknown_functions(resolved: &Resolved<'_>, diagnostics: &mut Diagnostics) {
    let scalars = resolved.models.iter().flat_map(|model| model.scalar_fields().map(|(_, _, scalar)| scalar));
    for default in scalars.filter_map(|scalar| scalar.default) {
        report_unknown_function(default.value, diagnostics);
    }
}

/// Checks type and default of a scalar field.
pub(super) fn check<'a>(
    context: &Context<'_, 'a>,
    id: ModelId,
    model: &Model<'a>,
    field: &Field<'a>,
    scalar: &ScalarField<'a>,
    diagnostics: &mut Diagnostics,
) {
    client_name(context, id, model, field.name(), diagnostics);
    let Some(datasource) = &context.resolved.datasource else {
        without_datasource(model, field, scalar, diagnostics);
        default(scalar, diagnostics);
        return;
    };
    let name = datasource.block.name.text.as_str();
    if let (Some(native), Type::Scalar(ty)) = (scalar.native_type, scalar.ty) {
        native_types::check(native, ty, name, diagnostics);
    }
    default(scalar, diagnostics);
    if let Type::Unsupported(text) = scalar.ty {
        native_types::check_unsupported(text, name, field, diagnostics);
    }
}

/// What is possible depends on the database: without a datasource only the least is.
fn without_datasource(model: &Model<'_>, field: &Field<'_>, scalar: &ScalarField<'_>, diagnostics: &mut Diagnostics) {
    if scalar.ty == Type::Scalar(ScalarType::Decimal) {
        diagnostics
            .error(field.ast.span, format!("type `Decimal` of field `{}` needs a datasource", field.name()))
            .help("add a datasource block");
    }
    if scalar.is_autoincrement() && !is_sole_id(model, field) {
        diagnostics
            .error(
                field.ast.span,
                format!("`autoincrement()` on `{}`, which is not the id, needs a datasource", field.name()),
            )
            .help("add a datasource block");
    }
    if let Some(native) = &scalar.native_type {
        diagnostics
            .error(native.attribute.span, format!("native type `{}` needs a datasource", native.name()))
            .help("add a datasource block");
    }
    if field.arity == FieldArity::List {
        diagnostics
            .error(field.ast.span, format!("list `{}` of model `{}` needs a datasource", field.name(), model.name()))
            .help("add a datasource block");
    }
}

fn is_sole_id(model: &Model<'_>, field: &Field<'_>) -> bool {
    model.primary_key.as_ref().is_some_and(|key| match key.fields.as_slice() {
        [column] => model.field(column.field).name() == field.name(),
        _ => false,
    })
}

fn default(scalar: &ScalarField<'_>, diagnostics: &mut Diagnostics) {
    let Some(default) = &scalar.default else { return };
    if default.mapped_name.is_some() {
        diagnostics.error(default.attribute.span, "default values have no names in PostgreSQL").help("remove `map`");
    }
    literals::check(default.value, scalar.ty, diagnostics);
}

/// Reports a field that has the `name` of a key of its model: the client would call both the same.
pub(super) fn client_name<'a>(
    context: &Context<'_, 'a>,
    id: ModelId,
    model: &Model<'a>,
    field: &'a str,
    diagnostics: &mut Diagnostics,
) {
    if context.names.client_count(id, field) == 0 {
        return;
    }
    let key = model.primary_key.iter().filter_map(|key| key.name.map(|name| (key.attribute_name(), name)));
    let indexes = model.indexes.iter().filter_map(|index| index.name.map(|name| (index.attribute_name(), name)));
    for (attribute, _) in indexes.chain(key).filter(|(_, name)| name.value == field) {
        let message =
            format!("`name: \"{field}\"` of `{attribute}` in model `{}` is the name of a field too", model.name());
        diagnostics.error(model.block.span, message).help("choose another `name`");
    }
}
