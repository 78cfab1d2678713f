//! Rules for `@id` and `@@id`, and what they share with indexes.

use super::Context;
use crate::dbschema::names::MAX_IDENTIFIER_BYTES;
use crate::psl::diagnostics::{Diagnostics, Span};
use crate::psl::resolve::{KeyField, Located, Model};
use crate::psl::schema::ModelId;

/// Checks the primary key of a model.
pub(super) fn check<'a>(context: &Context<'_, 'a>, id: ModelId, model: &Model<'a>, diagnostics: &mut Diagnostics) {
    let Some(key) = &model.primary_key else { return };
    let (attribute, span) = (key.attribute_name(), key.attribute.span);
    if context.resolved.datasource.is_some() {
        constraint_name_length(key.mapped_name, attribute, span, diagnostics);
    } else if key.mapped_name.is_some() {
        diagnostics
            .error(model.block.span, "the name of a primary key needs a datasource")
            .help("add a datasource block");
    }
    context.names.check_primary_key(id, model, key, diagnostics);
    client_name(context, id, attribute, key.name, diagnostics);
    if key.fields.is_empty() {
        diagnostics.error(span, "`@@id` lists no fields").help("list at least one field");
    }
    joined_names(model, attribute, &key.fields, span, diagnostics);
    if key.fields.iter().any(|column| column.has_length) {
        diagnostics.error(span, "`length` is not possible in PostgreSQL").help("remove `length`");
    }
    if key.fields.iter().any(|column| column.sort.is_some()) {
        diagnostics.error(span, "the columns of a primary key have no sort order in PostgreSQL").help("remove `sort`");
    }
    if key.clustered {
        diagnostics.error(span, "`clustered` is not possible in PostgreSQL").help("remove `clustered`");
    }
}

/// Reports a `map` that is longer than PostgreSQL's names.
pub(super) fn constraint_name_length(
    name: Option<Located<&str>>,
    attribute: &str,
    span: Span,
    diagnostics: &mut Diagnostics,
) {
    let Some(name) = name.filter(|name| name.value.len() > MAX_IDENTIFIER_BYTES) else { return };
    let message = format!(
        "`map` of `{attribute}` has {} bytes, but a name in PostgreSQL has at most {MAX_IDENTIFIER_BYTES}",
        name.value.len(),
    );
    diagnostics.error(span, message).help("choose a shorter name");
}

/// Reports a `name` that another key of the model has.
pub(super) fn client_name<'a>(
    context: &Context<'_, 'a>,
    id: ModelId,
    attribute: &str,
    name: Option<Located<&'a str>>,
    diagnostics: &mut Diagnostics,
) {
    let Some(name) = name.filter(|name| context.names.client_count(id, name.value) > 1) else { return };
    diagnostics
        .error(name.span, format!("`name: \"{}\"` of `{attribute}` is used more than once in its model", name.value))
        .help("give one of them another name");
}

/// Reports a key whose fields, joined by `_`, read like another field: the client would call both the same.
pub(super) fn joined_names(
    model: &Model<'_>,
    attribute: &str,
    fields: &[KeyField<'_>],
    span: Span,
    diagnostics: &mut Diagnostics,
) {
    if fields.len() < 2 {
        return;
    }
    let joined = fields.iter().map(|column| model.field(column.field).name()).collect::<Vec<_>>().join("_");
    let is_scalar = |id| model.field(id).scalar().is_some();
    if model.named(&joined).is_some_and(is_scalar) {
        let message =
            format!("the client would call `{attribute}` of model `{}` `{joined}`, like a field", model.name());
        diagnostics.error(span, message).help("rename the field and keep its column by `@map`");
    }
}
