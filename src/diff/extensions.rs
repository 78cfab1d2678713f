//! Extensions: a schema file that lists them gets what it lists; what it does not list stays.

use std::collections::HashMap;

use super::change::Change;
use super::order::{Key, Plan, rank};
use crate::dbschema::{DbSchema, Extension};

pub(super) fn diff(from: &DbSchema, to: &DbSchema, plan: &mut Plan) {
    if !to.manages_extensions {
        return;
    }
    let existing: HashMap<&str, (usize, &Extension)> =
        from.extensions.iter().enumerate().map(|(i, e)| (e.name.as_str(), (i, e))).collect();
    for (next, wanted) in to.extensions.iter().enumerate() {
        let Some(&(previous, found)) = existing.get(wanted.name.as_str()) else {
            let change = Change::CreateExtension { extension: wanted.clone() };
            plan.push(Key::new(rank::CREATE_EXTENSION, next), change);
            continue;
        };
        if !differs(found.version.as_ref(), wanted.version.as_ref())
            && !differs(found.namespace.as_ref(), wanted.namespace.as_ref())
        {
            continue;
        }
        if found.relocatable {
            let change = Change::AlterExtension { from: found.clone(), to: wanted.clone() };
            plan.push(Key::new(rank::ALTER_EXTENSION, previous), change);
        } else {
            plan.push(Key::new(rank::DROP_EXTENSION, previous), Change::DropExtension { extension: found.clone() });
            plan.push(Key::new(rank::CREATE_EXTENSION, next), Change::CreateExtension { extension: wanted.clone() });
        }
    }
}

/// What is not written is not compared.
fn differs(found: Option<&String>, wanted: Option<&String>) -> bool {
    matches!((found, wanted), (Some(found), Some(wanted)) if found != wanted)
}
