//! Drift that was there before somebody went on.

use std::collections::HashSet;

use super::compare::{Difference, ObjectChange, Source};
use super::{Catalog, Id, Kind, compare};

/// What should be in a database after scripts turned `before` into `after`, if `expected` should have been there before
/// them: what was different stays different, unless the scripts had to do with it.
///
/// A property counts as theirs if they changed it, an object that should not have been there if they took it away or
/// `mentions` says that they name it, with what it is a part of, as `CREATE … IF NOT EXISTS` does.
pub fn carried(expected: &Catalog, before: &Catalog, after: &Catalog, mentions: impl Fn(&str) -> bool) -> Catalog {
    let mut catalog = after.clone();
    let drift = compare(expected, before, Source::SameDatabase);
    let foreign: HashSet<&Id> = drift
        .with_followers()
        .filter(|(Difference { id, change }, follows)| {
            let named = mentions(own_name(id))
                && id.parent().is_none_or(|whole| whole.last().is_none_or(|name| mentions(name)));
            matches!(change, ObjectChange::Added(_)) && !follows && !named
        })
        .map(|(difference, _)| &difference.id)
        .collect();
    let wholes: HashSet<&[String]> = foreign.iter().map(|id| id.path.as_slice()).collect();
    for Difference { id, change } in &drift.differences {
        match change {
            ObjectChange::Added(_) => {
                if foreign.contains(id) || id.parent().is_some_and(|whole| wholes.contains(whole)) {
                    catalog.objects.remove(id);
                }
            }
            ObjectChange::Removed(properties) => {
                catalog.objects.entry(id.clone()).or_insert_with(|| properties.clone());
            }
            ObjectChange::Altered(changes) => {
                let Some(object) = catalog.objects.get_mut(id) else { continue };
                for change in changes {
                    let name = change.property.name();
                    if object.get(name) == change.to.as_deref() {
                        match &change.from {
                            Some(text) => object.set(change.property, text.clone()),
                            None => drop(object.take(name)),
                        }
                    }
                }
            }
        }
    }
    // What is still expected may name roles that nothing else names.
    for (name, oid) in &expected.roles {
        catalog.roles.entry(name.clone()).or_insert(*oid);
    }
    catalog
}

/// The name by which a script calls an object.
fn own_name(id: &Id) -> &str {
    let arguments = matches!(
        id.kind,
        Kind::Function
            | Kind::Procedure
            | Kind::Aggregate
            | Kind::Operator
            | Kind::OperatorClass
            | Kind::OperatorFamily
    );
    let skipped = usize::from(arguments && id.path.len() > 1);
    id.path.iter().rev().nth(skipped).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Properties, Property};

    /// Tables with a comment each; a column for `t.c`.
    fn catalog(objects: &[(&str, &str)]) -> Catalog {
        let objects = objects.iter().map(|(name, comment)| {
            let mut properties = Properties::default();
            if !comment.is_empty() {
                properties.set(Property::known("comment").expect("known"), (*comment).to_owned());
            }
            let kind = if name.contains('.') { Kind::Column } else { Kind::Table };
            (Id::new(kind, std::iter::once("public").chain(name.split('.'))), properties)
        });
        Catalog {
            server_major: 15,
            namespaces: vec!["public".to_owned()],
            objects: objects.collect(),
            ..Catalog::default()
        }
    }

    #[test]
    fn drift_stays_drift() {
        for (what, expected, before, after, mentioned, now) in [
            (
                "nothing",
                &[("a", "")][..],
                &[("a", "")][..],
                &[("a", ""), ("b", "")][..],
                "",
                &[("a", ""), ("b", "")][..],
            ),
            ("added", &[], &[("x", ""), ("x.c", "")], &[("x", ""), ("x.c", ""), ("b", "")], "", &[("b", "")]),
            (
                "added and named",
                &[],
                &[("x", ""), ("x.c", "")],
                &[("x", ""), ("x.c", "")],
                "x",
                &[("x", ""), ("x.c", "")],
            ),
            ("added and dropped", &[], &[("x", "")], &[], "", &[]),
            (
                "a column",
                &[("a", "")],
                &[("a", ""), ("a.c", "")],
                &[("a", ""), ("a.c", ""), ("a.d", "")],
                "",
                &[("a", ""), ("a.d", "")],
            ),
            ("removed", &[("a", "1"), ("b", "")], &[("b", "")], &[("b", "")], "", &[("a", "1"), ("b", "")]),
            ("removed and made anew", &[("a", "1")], &[], &[("a", "2")], "a", &[("a", "2")]),
            ("altered", &[("a", "1")], &[("a", "2")], &[("a", "2")], "a", &[("a", "1")]),
            ("altered from nothing", &[("a", "")], &[("a", "2")], &[("a", "2")], "", &[("a", "")]),
            ("altered, and then by a script", &[("a", "1")], &[("a", "2")], &[("a", "3")], "", &[("a", "3")]),
            ("altered and dropped", &[("a", "1")], &[("a", "2")], &[], "", &[]),
        ] {
            let found = carried(&catalog(expected), &catalog(before), &catalog(after), |name| name == mentioned);
            assert_eq!(found, catalog(now), "{what}");
        }
    }
}
