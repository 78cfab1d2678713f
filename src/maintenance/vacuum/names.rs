//! Names of tables as people write them, found among those that there are.

use super::{Kind, Relation};
use crate::dbschema::QualifiedName;
use crate::maintenance::MaintenanceError;

/// A part of a name: as written, and whether it stood in quotes.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    text: String,
    quoted: bool,
}

impl Part {
    fn is(&self, name: &str) -> bool {
        self.text == name
    }

    /// As SQL would read it: without quotes, letters are small.
    fn folded(&self) -> String {
        if self.quoted { self.text.clone() } else { self.text.to_lowercase() }
    }
}

/// The relation that `text` names: `orders`, `sales.orders`, `"Order Items"`, `sales."a.b"`. Capitals count even without
/// quotes if there is such a table, and do not if there is none; so does a dot in a name. Without a namespace that of the
/// connection comes first, then whichever has the only table of that name.
pub(super) fn find<'a>(
    text: &str,
    relations: &'a [Relation],
    default_namespace: &str,
) -> Result<&'a Relation, MaintenanceError> {
    let parts = parts(text)?;
    let by = |wanted: &dyn Fn(&QualifiedName) -> bool| -> Vec<&'a Relation> {
        relations.iter().filter(|relation| wanted(&relation.name)).collect()
    };
    let choose = |found: Vec<&'a Relation>| -> Result<Option<&'a Relation>, MaintenanceError> {
        match found.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            several => match several.iter().find(|relation| relation.name.namespace == default_namespace) {
                Some(own) => Ok(Some(own)),
                None => Err(MaintenanceError::AmbiguousTable {
                    name: text.to_owned(),
                    candidates: several.iter().map(|relation| format!("`{}`", relation.name)).collect(),
                }),
            },
        }
    };
    let mut attempts = vec![];
    match parts.as_slice() {
        [name] => {
            attempts.push(by(&|found| name.is(&found.name)));
            attempts.push(by(&|found| name.folded() == found.name));
        }
        [namespace, name] => {
            attempts.push(by(&|found| namespace.is(&found.namespace) && name.is(&found.name)));
            attempts.push(by(&|found| namespace.folded() == found.namespace && name.folded() == found.name));
        }
        _ => {}
    }
    // A name with dots in it that nobody quoted.
    attempts.push(by(&|found| found.name == text));
    for found in attempts {
        if let Some(relation) = choose(found)? {
            return match relation.kind.no_table() {
                None => Ok(relation),
                Some(what) => Err(MaintenanceError::NotATable { name: text.to_owned(), what }),
            };
        }
    }
    let tables = || relations.iter().filter(|relation| relation.kind.no_table().is_none());
    let near = match parts.as_slice() {
        [namespace, name] => {
            let qualified = format!("{}.{}", namespace.text, name.text);
            let candidates: Vec<String> = tables().map(|relation| relation.name.to_string()).collect();
            crate::psl::nearest(&qualified, candidates.iter().map(String::as_str)).map(str::to_owned)
        }
        [name] => {
            crate::psl::nearest(&name.text, tables().map(|relation| relation.name.name.as_str())).map(str::to_owned)
        }
        _ => None,
    };
    Err(MaintenanceError::UnknownTable { name: text.to_owned(), suggestion: near })
}

/// Takes a name apart at its dots (PostgreSQL documentation, section 4.1.1).
fn parts(text: &str) -> Result<Vec<Part>, MaintenanceError> {
    let problem = |reason| MaintenanceError::Name { text: text.to_owned(), reason };
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let part = if let Some(mut inner) = rest.strip_prefix('"') {
            let mut part = String::new();
            loop {
                let (before, after) = inner.split_once('"').ok_or_else(|| problem("a quote is not closed"))?;
                part.push_str(before);
                if let Some(more) = after.strip_prefix('"') {
                    part.push('"');
                    inner = more;
                } else {
                    rest = after;
                    break;
                }
            }
            Part { text: part, quoted: true }
        } else {
            let end = rest.find('.').unwrap_or(rest.len());
            let (before, after) = rest.split_at(end);
            rest = after;
            Part { text: before.to_owned(), quoted: false }
        };
        if part.text.is_empty() {
            return Err(problem("a part of it is empty"));
        }
        parts.push(part);
        match rest.strip_prefix('.') {
            Some(more) => rest = more,
            None if rest.is_empty() => return Ok(parts),
            None => return Err(problem("something follows a quote")),
        }
    }
}

impl Kind {
    /// What a relation is that cannot be vacuumed.
    fn no_table(self) -> Option<&'static str> {
        match self {
            Self::Table | Self::Partitioned => None,
            Self::View => Some("a view"),
            Self::ForeignTable => Some("a foreign table"),
            Self::Sequence => Some("a sequence"),
            Self::Index => Some("an index"),
            Self::CompositeType => Some("a composite type"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relations() -> Vec<Relation> {
        [
            ("public", "orders", Kind::Table),
            ("public", "User", Kind::Table),
            ("public", "a.b", Kind::Table),
            ("public", "we\"ird", Kind::Table),
            ("public", "view", Kind::View),
            ("public", "twice", Kind::Table),
            ("sales", "twice", Kind::Table),
            ("sales", "items", Kind::Table),
            ("Sales", "items", Kind::Table),
            ("sales", "user", Kind::Table),
        ]
        .into_iter()
        .map(|(namespace, name, kind)| Relation::named(QualifiedName::new(namespace, name), kind))
        .collect()
    }

    #[test]
    fn names_are_found() {
        let relations = relations();
        for (text, expected) in [
            ("orders", "public.orders"),
            ("ORDERS", "public.orders"),
            ("public.Orders", "public.orders"),
            ("User", "public.User"),
            ("user", "sales.user"),
            ("\"User\"", "public.User"),
            ("a.b", "public.a.b"),
            ("\"a.b\"", "public.a.b"),
            ("public.\"a.b\"", "public.a.b"),
            ("\"we\"\"ird\"", "public.we\"ird"),
            ("twice", "public.twice"),
            ("sales.twice", "sales.twice"),
            ("\"Sales\".items", "Sales.items"),
            ("Sales.items", "Sales.items"),
            ("SALES.items", "sales.items"),
        ] {
            let found = find(text, &relations, "public").unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(found.name.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn names_are_not_found() {
        let relations = relations();
        for (text, expected) in [
            ("order", "there is no table `order`; did you mean `orders`?"),
            ("sales.item", "there is no table `sales.item`; did you mean `sales.items`?"),
            ("\"ORDERS\"", "there is no table `\"ORDERS\"`; did you mean `orders`?"),
            ("elephants", "there is no table `elephants`"),
            ("items", "`items` is the name of several tables: `sales.items`, `Sales.items`"),
            ("view", "`view` is a view; only tables and materialized views can be vacuumed"),
            ("\"open", "`\"open` is no name of a table: a quote is not closed"),
            ("a..b", "`a..b` is no name of a table: a part of it is empty"),
            ("", "`` is no name of a table: a part of it is empty"),
            ("\"a\"b", "`\"a\"b` is no name of a table: something follows a quote"),
            ("orders; DROP TABLE orders", "there is no table `orders; DROP TABLE orders`"),
            ("a.b.c", "there is no table `a.b.c`"),
        ] {
            let error = find(text, &relations, "public").map(|found| found.name.clone()).expect_err(text);
            assert_eq!(error.to_string(), expected, "{text}");
        }
    }
}
