//! Rules for one-to-one relations: exactly one side holds the foreign key, and its columns are unique.

use super::relations::Side;
use crate::psl::ast::FieldArity;
use crate::psl::diagnostics::Diagnostics;
use crate::psl::resolve::{KeyField, backticked};

/// Checks where the arguments of `@relation` stand, and that the columns are unique.
pub(super) fn check(forward: &Side<'_, '_>, back: &Side<'_, '_>, diagnostics: &mut Diagnostics) {
    arguments_on_one_side(forward, back, diagnostics);
    actions(forward, back, diagnostics);
    unique(forward, diagnostics);
    // Mistakes that are only worth telling if there are no others.
    for check in [split_arguments, both_required, wrong_side] {
        if !diagnostics.has_errors() {
            check(forward, back, diagnostics);
        }
    }
}

fn arguments_on_one_side(forward: &Side<'_, '_>, back: &Side<'_, '_>, diagnostics: &mut Diagnostics) {
    for (argument, here, there) in [
        ("fields", forward.fields().is_empty(), back.fields().is_empty()),
        ("references", forward.references().is_empty(), back.references().is_empty()),
    ] {
        if here != there {
            continue;
        }
        for side in [forward, back] {
            if here {
                let message = format!("neither side of the one-to-one relation of {} has `{argument}`", side.name());
                side.error(
                    message,
                    "run `evt format`, or write `@relation(fields: […], references: […])`",
                    diagnostics,
                );
            } else {
                let message = format!("both sides of the one-to-one relation of {} have `{argument}`", side.name());
                side.error(message, "keep it on the side that holds the foreign key", diagnostics);
            }
        }
    }
}

fn actions(forward: &Side<'_, '_>, back: &Side<'_, '_>, diagnostics: &mut Diagnostics) {
    if !back.has_actions() {
        return;
    }
    let help = format!("move `onDelete` and `onUpdate` to {}", forward.name());
    let sides: &[_] = if forward.has_actions() { &[forward, back] } else { &[back] };
    for side in sides {
        let message =
            format!("referential actions of the relation of {} do not stand beside `fields` alone", side.name());
        side.error(message, &help, diagnostics);
    }
}

/// Without a unique index, two rows could refer to the same row.
fn unique(forward: &Side<'_, '_>, diagnostics: &mut Diagnostics) {
    let Some(fields) = &forward.relation.fields else { return };
    let key = forward.model.primary_key.iter().map(|key| &key.fields);
    let uniques = forward.model.indexes.iter().filter(|index| index.is_unique()).map(|index| &index.fields);
    let is_same = |columns: &Vec<KeyField<'_>>| {
        columns.len() == fields.len() && columns.iter().zip(fields).all(|(column, id)| column.field == *id)
    };
    if key.chain(uniques).any(is_same) {
        return;
    }
    let names: Vec<_> = fields.iter().map(|id| forward.model.field(*id).name()).collect();
    let help = match names.as_slice() {
        [name] => format!("add `@unique` to `{name}`, or make the other side a list"),
        _ => format!("add `@@unique([{}])`, or make the other side a list", names.join(", ")),
    };
    let message =
        format!("{} is one side of a one-to-one relation, but {} is not unique", forward.name(), backticked(&names));
    forward.error(message, &help, diagnostics);
}

fn split_arguments(forward: &Side<'_, '_>, back: &Side<'_, '_>, diagnostics: &mut Diagnostics) {
    let report = |side: &Side<'_, '_>, diagnostics: &mut Diagnostics| {
        let message = format!("`fields` and `references` of the relation of {} stand on different sides", side.name());
        side.error(message, "keep both on the side that holds the foreign key", diagnostics);
    };
    if !forward.fields().is_empty() && !back.references().is_empty() {
        report(forward, diagnostics);
        report(back, diagnostics);
    } else if !forward.references().is_empty() && !back.fields().is_empty() {
        report(forward, diagnostics);
    }
}

fn both_required(_: &Side<'_, '_>, back: &Side<'_, '_>, diagnostics: &mut Diagnostics) {
    if back.field.arity == FieldArity::Required {
        let message =
            format!("both sides of the relation of {} are required, so that no row could be first", back.name());
        back.error(message, "make this side optional", diagnostics);
    }
}

fn wrong_side(forward: &Side<'_, '_>, back: &Side<'_, '_>, diagnostics: &mut Diagnostics) {
    let has_arguments = back.relation.fields.is_some() || back.relation.references.is_some();
    if has_arguments && forward.field.arity == FieldArity::Required && back.field.arity == FieldArity::Optional {
        let message = format!("{} is optional and cannot hold the foreign key of a required relation", back.name());
        back.error(message, &format!("move `fields` and `references` to {}", forward.name()), diagnostics);
    }
}
