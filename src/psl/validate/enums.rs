//! Rules for enums.

use rustc_hash::FxHashSet;

use super::models::namespace;
use crate::psl::diagnostics::Diagnostics;
use crate::psl::resolve::Resolved;

/// Checks the namespaces of enums, and that no two have the same name in the database.
pub(super) fn check(resolved: &Resolved<'_>, diagnostics: &mut Diagnostics) {
    let mut seen = FxHashSet::default();
    for found in &resolved.enums {
        let scope = found.namespace.map(|namespace| namespace.value);
        if !seen.insert((scope, found.database_name())) {
            let message = format!("another enum has the name `{}` in the database too", found.database_name());
            diagnostics.error(found.block.span, message).help("give one of them another `@@map`");
        }
    }
    for found in &resolved.enums {
        let what = format!("enum `{}`", found.name());
        namespace(resolved, found.namespace, found.block.span, &what, diagnostics);
    }
}
