//! Composite types, which PostgreSQL schemas cannot have.

use super::graph::components;
use crate::psl::diagnostics::Diagnostics;
use crate::psl::resolve::{Composite, Resolved};

/// Reports composite types that contain themselves, then every composite type.
pub(super) fn check(resolved: &Resolved<'_>, diagnostics: &mut Diagnostics) {
    cycles(&resolved.composites, diagnostics);
    for composite in &resolved.composites {
        let name = &composite.block.name.text;
        diagnostics
            .error(composite.block.span, format!("composite type `{name}` is not possible in PostgreSQL"))
            .help("use a `Json` field or a model of its own");
    }
}

/// Reports every required field from whose type the way leads back: no value of such a type could end.
fn cycles(composites: &[Composite<'_>], diagnostics: &mut Diagnostics) {
    let edges: Vec<Vec<usize>> =
        composites.iter().map(|composite| composite.parts.iter().map(|(_, target)| *target).collect()).collect();
    let component = components(&edges);
    for (position, composite) in composites.iter().enumerate() {
        for (field, target) in &composite.parts {
            if component[position] == component[*target] {
                let name = &composite.block.name.text;
                diagnostics
                    .error(field.span, format!("field `{}` makes composite type `{name}` endless", field.name.text))
                    .help("make the field optional or a list");
            }
        }
    }
}
