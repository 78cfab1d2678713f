//! Rules for `@unique`, `@@unique`, `@@index` and `@@fulltext` of models.

use super::{Context, access_methods, keys};
use crate::dbschema::types::ScalarType;
use crate::psl::diagnostics::Diagnostics;
use crate::psl::resolve::{Index, IndexKind, Model, Type};
use crate::psl::schema::{IndexMethod, ModelId, ModelKind};

/// Checks an index of a model or view.
pub(super) fn check<'a>(
    context: &Context<'_, 'a>,
    id: ModelId,
    model: &Model<'a>,
    index: &Index<'a>,
    diagnostics: &mut Diagnostics,
) {
    let (attribute, span) = (index.attribute_name(), index.attribute.span);
    if index.is_unique() {
        keys::joined_names(model, attribute, &index.fields, span, diagnostics);
    }
    if model.kind == ModelKind::View {
        // The index does not exist in the database; what it must not have is checked with the view.
        return;
    }
    context.names.check_index(model, index, diagnostics);
    keys::client_name(context, id, attribute, index.name, diagnostics);
    if context.resolved.datasource.is_some() {
        keys::constraint_name_length(index.mapped_name, attribute, span, diagnostics);
    }
    if index.fields.is_empty() {
        diagnostics.error(span, format!("`{attribute}` lists no fields")).help("list at least one field");
    }
    if index.fields.iter().any(|column| column.has_length) {
        diagnostics.error(span, "`length` is not possible in PostgreSQL").help("remove `length`");
    }
    if index.clustered {
        diagnostics.error(span, "`clustered` is not possible in PostgreSQL").help("remove `clustered`");
    }
    match index.kind {
        IndexKind::Fulltext => {
            diagnostics
                .error(span, "PostgreSQL has no `@@fulltext`")
                .help("make a `Gin` index, or write the index by hand in a migration");
        }
        IndexKind::Unique if index.fields.iter().any(|column| column.operator_class.is_some()) => {
            diagnostics.error(span, format!("`ops` is not possible in `{attribute}`")).help("use it in `@@index`");
        }
        IndexKind::Unique | IndexKind::Normal => {}
    }
    if let Some(span) = index.predicate_span
        && !context.resolved.has_preview_feature("partialIndexes")
    {
        diagnostics
            .error(span, "`where` needs the preview feature `partialIndexes`")
            .help("add `previewFeatures = [\"partialIndexes\"]` to a generator");
    }
    if context.resolved.datasource.is_none() {
        without_datasource(index, diagnostics);
    }
    if index.method == Some(IndexMethod::Hash) && index.fields.iter().any(|column| column.sort.is_some()) {
        diagnostics.error(span, "an index of type `Hash` has no sort order").help("remove `sort`");
    }
}

/// Checks that PostgreSQL can make the indexes of a model.
pub(super) fn check_columns(model: &Model<'_>, diagnostics: &mut Diagnostics) {
    for index in &model.indexes {
        access_methods::check(model, index, diagnostics);
        xml_columns(model, index, diagnostics);
    }
}

fn without_datasource(index: &Index<'_>, diagnostics: &mut Diagnostics) {
    if let Some(span) = index.predicate_span {
        diagnostics.error(span, "`where` needs a datasource").help("add a datasource block");
    }
    if index.method.is_some_and(|method| method != IndexMethod::BTree) {
        diagnostics
            .error(index.attribute.span, "the type of an index needs a datasource")
            .help("add a datasource block");
    }
}

/// XML has no operators that an index could use.
fn xml_columns(model: &Model<'_>, index: &Index<'_>, diagnostics: &mut Diagnostics) {
    for field in index.fields.iter().map(|column| model.field(column.field)) {
        let Some(scalar) = field.scalar() else { continue };
        let is_xml = scalar.ty == Type::Scalar(ScalarType::String)
            && scalar.native_type.is_some_and(|native| native.name() == "Xml");
        if is_xml {
            diagnostics
                .error(field.ast.span, format!("field `{}` has type `Xml` and cannot be in an index", field.name()))
                .help("take it out of the index");
        }
    }
}
