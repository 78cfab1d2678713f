//! Rules for one-to-many relations: the side without the list holds the foreign key.

use super::relations::Side;
use crate::psl::diagnostics::Diagnostics;

/// Checks where the arguments of `@relation` stand.
pub(super) fn check(forward: &Side<'_, '_>, back: &Side<'_, '_>, diagnostics: &mut Diagnostics) {
    let name = forward.name();
    if forward.fields().is_empty() {
        let message = format!("relation field {name} does not say in `fields` which columns hold the reference");
        forward.error(message, "run `evt format`, or write `@relation(fields: […], references: […])`", diagnostics);
    }
    if forward.references().is_empty() {
        let message = format!("relation field {name} does not say in `references` what it refers to");
        forward.error(message, "name the fields of the other model that identify a row", diagnostics);
    }
    let (list, help) = (back.name(), format!("move it to {name}"));
    if !back.fields().is_empty() {
        back.error(format!("list {list} cannot have `fields`"), &help, diagnostics);
    }
    if !back.references().is_empty() {
        back.error(format!("list {list} cannot have `references`"), &help, diagnostics);
    }
    if back.has_actions() {
        back.error(format!("list {list} cannot have `onDelete` or `onUpdate`"), &help, diagnostics);
    }
}
