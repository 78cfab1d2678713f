//! `///` lines above a block about what the schema language cannot say.

use super::keys::KeyAttributes;
use super::plan::{EnumPlan, ModelPlan, ViewPlan};

/// A notice: its text, and the part by which it is recognised, also if another tool wrote it.
struct Notice {
    text: String,
    mark: &'static str,
}

fn linked(text: &str, mark: &'static str) -> Notice {
    Notice { text: format!("{text} Read on at https://pris.ly/d/{mark}"), mark }
}

/// The notices above a model that it does not have yet.
pub(super) fn of_model(model: &ModelPlan<'_>, keys: &KeyAttributes) -> Vec<String> {
    let facts = &model.table.facts;
    let is_new = model.previous.is_none();
    let mut notices = Vec::new();
    if model.is_renamed() {
        notices.push(renamed(&model.name, &model.table.name.name));
    }
    if is_new && facts.partitioned {
        notices.push(linked("This table is partitioned; migrations of it need manual work.", "partition-tables"));
    }
    if is_new && facts.has_children {
        notices.push(linked(
            "Other tables inherit from this table; migrations of it need manual work.",
            "table-inheritance",
        ));
    }
    if is_new && !facts.checks.is_empty() {
        notices
            .push(linked("This table has CHECK constraints; migrations of it need manual work.", "check-constraints"));
    }
    if is_new && !facts.exclusions.is_empty() {
        notices.push(linked(
            "This table has exclusion constraints; migrations of it need manual work.",
            "exclusion-constraints",
        ));
    }
    if !model.has_identifier && !model.previous.is_some_and(|previous| previous.ignored) {
        let text = "The client cannot use this table: it has no key that is unique and required.".to_owned();
        notices.push(Notice { text, mark: "no key that is unique and required" });
    }
    if is_new && (facts.comment.is_some() || model.fields.iter().any(|field| field.column.comment.is_some())) {
        notices.push(linked(
            "This table or its columns have comments in the database; migrations of them need manual work.",
            "database-comments",
        ));
    }
    if is_new && is_deferrable(model) {
        notices.push(linked(
            "This table has deferrable constraints; migrations of them need manual work.",
            "constraint-deferring",
        ));
    }
    if is_new && facts.row_level_security {
        notices.push(linked(
            "This table has row-level security; migrations of it need manual work.",
            "row-level-security",
        ));
    }
    if keys.new_nulls_order {
        notices.push(linked(
            "An index of this table puts NULL where it is not by default; migrations of it need manual work.",
            "default-index-null-ordering",
        ));
    }
    if !facts.expression_indexes.is_empty() {
        notices.push(linked(
            "This table has indexes on expressions; migrations of them need manual work.",
            "expression-indexes",
        ));
    }
    missing(notices, model.previous.and_then(|previous| previous.documentation.as_deref()))
}

fn is_deferrable(model: &ModelPlan<'_>) -> bool {
    let table = model.table;
    table.primary_key.as_ref().is_some_and(|key| key.deferrable)
        || table.indexes.iter().any(|index| index.facts.deferrable)
        || table.foreign_keys.iter().any(|key| key.facts.deferrable)
}

/// The notices above an enum.
pub(super) fn of_enum(item: &EnumPlan<'_>) -> Vec<String> {
    let mut notices = Vec::new();
    if item.previous.is_none() && item.item.comment.is_some() {
        notices.push(linked(
            "This enum has a comment in the database; migrations of it need manual work.",
            "database-comments",
        ));
    }
    missing(notices, item.previous.and_then(|previous| previous.documentation.as_deref()))
}

/// The notices above a view.
pub(super) fn of_view(view: &ViewPlan<'_>) -> Vec<String> {
    let mut notices = Vec::new();
    if view.previous.is_none() && super::names::is_reserved(&view.view.name.name) {
        notices.push(renamed(&view.name, &view.view.name.name));
    }
    let has_comment = || view.view.comment.is_some() || view.fields.iter().any(|field| field.column.comment.is_some());
    if view.previous.is_none() && has_comment() {
        notices.push(linked(
            "This view or its columns have comments in the database; migrations of them need manual work.",
            "database-comments",
        ));
    }
    missing(notices, view.previous.and_then(|previous| previous.documentation.as_deref()))
}

fn renamed(name: &str, reserved: &str) -> Notice {
    Notice {
        text: format!("Renamed to `{name}`, because `{reserved}` is a reserved name."),
        mark: "is a reserved name",
    }
}

fn missing(notices: Vec<Notice>, documentation: Option<&str>) -> Vec<String> {
    let documentation = documentation.unwrap_or_default();
    notices.into_iter().filter(|notice| !documentation.contains(notice.mark)).map(|notice| notice.text).collect()
}
