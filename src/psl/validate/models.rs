//! Rules for models and views as a whole.

use rustc_hash::FxHashMap;

use super::{Context, indexes, keys, views};
use crate::psl::diagnostics::{Diagnostics, Span};
use crate::psl::resolve::{KeyField, Located, Model, Resolved, backticked, did_you_mean, identifies};
use crate::psl::schema::{ModelId, ModelKind};

/// Reports tables that would have the same name in the database.
pub(super) fn database_names(resolved: &Resolved<'_>, diagnostics: &mut Diagnostics) {
    let mut seen: FxHashMap<(Option<&str>, &str), &Model<'_>> = FxHashMap::default();
    let models = resolved.models.iter().filter(|model| model.kind == ModelKind::Model);
    let views = resolved.models.iter().filter(|model| model.kind == ModelKind::View);
    for model in models.chain(views) {
        let namespace = model.namespace.map(|namespace| namespace.value);
        let Some(other) = seen.insert((namespace, model.database_name()), model) else { continue };
        let span = model.mapped_name.or(other.mapped_name).map_or(model.block.name.span, |mapped| mapped.span);
        let message = format!(
            "{} `{}` and {} `{}` have the same name `{}` in the database",
            other.keyword(),
            other.name(),
            model.keyword(),
            model.name(),
            model.database_name(),
        );
        diagnostics.error(span, message).help("give one of them another `@@map`");
    }
}

/// Checks what concerns a model as a whole: its keys, its namespace, and what views must not have.
pub(super) fn check<'a>(context: &Context<'_, 'a>, id: ModelId, model: &Model<'a>, diagnostics: &mut Diagnostics) {
    match model.kind {
        ModelKind::Model => {
            unique_criterion(model, diagnostics);
            keys::check(context, id, model, diagnostics);
            shard_key(context.resolved, model, diagnostics);
        }
        ModelKind::View => views::check(context.resolved, model, diagnostics),
    }
    let sequences = model.scalar_fields().filter(|(_, _, scalar)| scalar.is_autoincrement()).count();
    if context.resolved.datasource.is_none() && sequences > 1 {
        diagnostics
            .error(model.block.span, format!("several `autoincrement()` in model `{}` need a datasource", model.name()))
            .help("add a datasource block");
    }
    let what = format!("{} `{}`", model.keyword(), model.name());
    namespace(context.resolved, model.namespace, model.block.span, &what, diagnostics);
    if model.kind == ModelKind::Model && context.resolved.datasource.is_some() {
        indexes::check_columns(model, diagnostics);
    }
}

/// PostgreSQL has no shard keys.
fn shard_key(resolved: &Resolved<'_>, model: &Model<'_>, diagnostics: &mut Diagnostics) {
    let Some(key) = &model.shard_key else { return };
    if !resolved.has_preview_feature("shardKeys") {
        diagnostics.error(key.attribute.span, "a shard key needs the preview feature `shardKeys`");
    }
    diagnostics.error(key.attribute.span, "PostgreSQL has no shard keys").help("remove the attribute");
}

/// Reports a model without a key that tells its rows apart.
fn unique_criterion(model: &Model<'_>, diagnostics: &mut Diagnostics) {
    if model.ignored {
        return;
    }
    let key = model.primary_key.iter().map(|key| &key.fields);
    let uniques = model.indexes.iter().filter(|index| index.is_unique()).map(|index| &index.fields);
    let candidates: Vec<_> = key.chain(uniques).collect();
    let is_usable = |fields: &&Vec<KeyField<'_>>| fields.iter().all(|column| identifies(model, column.field));
    if candidates.iter().any(is_usable) {
        return;
    }
    let rejected: Vec<String> = candidates
        .iter()
        .map(|fields| {
            let names: Vec<_> = fields.iter().map(|column| model.field(column.field).name()).collect();
            backticked(&names)
        })
        .collect();
    let diagnostic =
        diagnostics.error(model.block.span, format!("model `{}` has no key that tells its rows apart", model.name()));
    let advice = "mark a required field with `@id` or `@unique`, or add `@@id([…])` or `@@unique([…])`";
    diagnostic.help(if rejected.is_empty() {
        advice.to_owned()
    } else {
        format!("{advice}; with optional or unsupported fields these do not count: {}", rejected.join("; "))
    });
}

/// Checks `@@schema` of a model, view or enum; `what` is how messages call it.
pub(super) fn namespace(
    resolved: &Resolved<'_>,
    namespace: Option<Located<&str>>,
    block: Span,
    what: &str,
    diagnostics: &mut Diagnostics,
) {
    match (namespace, &resolved.datasource) {
        (Some(namespace), None) => {
            diagnostics.error(namespace.span, "`@@schema` needs a datasource with `schemas`");
        }
        (Some(namespace), Some(datasource)) => {
            let known: Vec<_> = datasource.namespaces.iter().map(|known| known.value).collect();
            if !known.contains(&namespace.value) {
                let message = format!("schema `{}` is not among the `schemas` of the datasource", namespace.value);
                let diagnostic = diagnostics.error(namespace.span, message);
                diagnostic.help(
                    did_you_mean(namespace.value, known)
                        .unwrap_or_else(|| format!("add it: `schemas = [\"{}\", …]`", namespace.value)),
                );
            }
        }
        (None, Some(datasource)) if datasource.has_namespaces => {
            diagnostics
                .error(block, format!("{what} has no `@@schema`"))
                .help("with `schemas` in the datasource every model, view and enum needs one");
        }
        (None, _) => {}
    }
}
