//! What views must not have: nothing of it would exist in the database.

use crate::psl::diagnostics::Diagnostics;
use crate::psl::resolve::{IndexKind, KeyField, Model, Resolved};

/// Checks the attributes of a view, and that the preview feature for views is on.
pub(super) fn check(resolved: &Resolved<'_>, view: &Model<'_>, diagnostics: &mut Diagnostics) {
    let name = view.name();
    if !resolved.has_preview_feature("views") {
        diagnostics
            .error(view.block.span, format!("view `{name}` needs the preview feature `views`"))
            .help("add `previewFeatures = [\"views\"]` to a generator");
    }
    if let Some(key) = &view.primary_key {
        diagnostics
            .error(key.attribute.span, format!("view `{name}` cannot have a primary key"))
            .help("mark the field with `@unique` to tell the client what identifies a row");
    }
    for index in &view.indexes {
        let span = index.attribute.span;
        if index.kind != IndexKind::Unique {
            diagnostics
                .error(span, format!("view `{name}` cannot have an index"))
                .help("make the index on the tables of the view");
            continue;
        }
        let attribute = index.attribute_name();
        if index.mapped_name.is_some() || index.clustered {
            let argument = if index.mapped_name.is_some() { "map" } else { "clustered" };
            let message = format!("`{attribute}` of view `{name}` makes no index, so that `{argument}` means nothing");
            diagnostics.error(span, message).help(format!("remove `{argument}`"));
        }
        let has_arguments =
            |column: &KeyField<'_>| column.sort.is_some() || column.has_length || column.operator_class.is_some();
        if index.fields.iter().any(has_arguments) {
            let message =
                format!("`{attribute}` of view `{name}` makes no index, so that its fields take no arguments");
            diagnostics.error(span, message).help("remove the arguments of the fields");
        }
    }
}
