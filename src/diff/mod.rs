//! `DbSchema` × `DbSchema` → changes. Pure.

pub mod change;
mod columns;
pub(crate) mod defaults;
mod enums;
mod expression;
mod extensions;
mod foreign_keys;
mod indexes;
mod order;
mod summary;
mod tables;
mod time;
pub mod types;

use std::collections::{HashMap, HashSet};

pub use change::{Change, ColumnChange, EnumChange, EnumSwap, IndexReason, TableChange};
use order::{Key, Plan, rank};
pub use summary::summary;

use crate::dbschema::helpers::is_helper;
use crate::dbschema::{DbSchema, Enum, Origin, QualifiedName, Table};

/// Tables and enums that someone else manages: no step creates, changes or drops them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct External {
    /// Tables.
    pub tables: HashSet<QualifiedName>,
    /// Enums.
    pub enums: HashSet<QualifiedName>,
}

/// The name of an external table or enum without its namespace. Code P3023.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the external {what} `{name}` has to be named with its schema, as `public.{name}`")]
pub struct UnqualifiedName {
    /// `table` or `enum`.
    pub what: &'static str,
    /// As written.
    pub name: String,
}

impl External {
    /// Those of these names, as `namespace.name`.
    pub fn named(tables: &[String], enums: &[String]) -> Result<Self, UnqualifiedName> {
        let names = |list: &[String], what: &'static str| {
            let name = |name: &String| match name.split_once('.') {
                Some((namespace, name)) => Ok(QualifiedName::new(namespace, name)),
                None => Err(UnqualifiedName { what, name: name.clone() }),
            };
            list.iter().map(name).collect::<Result<_, _>>()
        };
        Ok(Self { tables: names(tables, "table")?, enums: names(enums, "enum")? })
    }
}

/// The steps that make `to` out of `from`, in the order in which they have to be taken. Empty means that there is no
/// difference.
///
/// Tables that belong to tools (`_prisma_migrations`, those of `PostGIS`, members of extensions) take no part.
///
/// ```
/// use evt::{dbschema::DbSchema, diff::diff};
/// let empty = DbSchema::empty("public");
/// assert!(diff(&empty, &empty).is_empty());
/// ```
pub fn diff(from: &DbSchema, to: &DbSchema) -> Vec<Change> {
    diff_without(from, to, &External::default())
}

/// Like [`diff`], but leaves `external` objects alone. Foreign keys that lead to external tables are kept and made;
/// those that start there are not looked at.
pub fn diff_without(from: &DbSchema, to: &DbSchema, external: &External) -> Vec<Change> {
    let ignored = Ignored::new(from, to, external);
    let from = Side::new(from, &ignored);
    let to = Side::new(to, &ignored);
    let mut plan = Plan::default();
    namespaces(&from, &to, &mut plan);
    extensions::diff(from.schema, to.schema, &mut plan);
    let swaps = enums::diff(&from, &to, &mut plan);
    tables::diff(&from, &to, &swaps, &mut plan);
    plan.finish()
}

/// A database without what no step may touch: what somebody else manages, what belongs to an extension, and the tables
/// of tools, such as the history of migrations.
pub fn comparable(schema: &DbSchema, external: &External) -> DbSchema {
    let ignored = Ignored::new(schema, schema, external);
    let mut rest = schema.clone();
    rest.tables.retain(|table| !ignored.tables.contains(&table.name));
    rest.enums.retain(|item| !ignored.enums.contains(&item.name));
    rest
}

/// What no step may touch.
struct Ignored<'a> {
    tables: HashSet<&'a QualifiedName>,
    enums: HashSet<&'a QualifiedName>,
}

impl<'a> Ignored<'a> {
    fn new(from: &'a DbSchema, to: &'a DbSchema, external: &'a External) -> Self {
        let sides = || [from, to].into_iter();
        let mut tables: HashSet<_> = external.tables.iter().collect();
        tables.extend(
            sides()
                .flat_map(|side| &side.tables)
                .filter(|table| {
                    table.facts.owned_by_extension.is_some() || belongs_to_tool(&table.name.name) || is_helper(table)
                })
                .map(|table| &table.name),
        );
        let mut enums: HashSet<_> = external.enums.iter().collect();
        enums.extend(sides().flat_map(|side| &side.enums).filter(|e| e.owned_by_extension.is_some()).map(|e| &e.name));
        Self { tables, enums }
    }
}

/// The history of migrations, and what `PostGIS` keeps in tables and views.
fn belongs_to_tool(table: &str) -> bool {
    const POSTGIS: [&str; 5] =
        ["spatial_ref_sys", "geometry_columns", "geography_columns", "raster_columns", "raster_overviews"];
    table == "_prisma_migrations" || POSTGIS.iter().any(|name| table.eq_ignore_ascii_case(name))
}

/// One side of the comparison, without what is ignored, with positions for the order of steps.
struct Side<'a> {
    schema: &'a DbSchema,
    tables: Vec<&'a Table>,
    table_positions: HashMap<&'a QualifiedName, usize>,
    enums: Vec<&'a Enum>,
    enum_positions: HashMap<&'a QualifiedName, usize>,
}

impl<'a> Side<'a> {
    fn new(schema: &'a DbSchema, ignored: &Ignored<'_>) -> Self {
        let tables: Vec<&Table> = schema.tables.iter().filter(|t| !ignored.tables.contains(&t.name)).collect();
        let enums: Vec<&Enum> = schema.enums.iter().filter(|e| !ignored.enums.contains(&e.name)).collect();
        Self {
            schema,
            table_positions: tables.iter().enumerate().map(|(i, t)| (&t.name, i)).collect(),
            enum_positions: enums.iter().enumerate().map(|(i, e)| (&e.name, i)).collect(),
            tables,
            enums,
        }
    }

    fn table(&self, name: &QualifiedName) -> Option<&'a Table> {
        self.table_positions.get(name).and_then(|position| self.tables.get(*position)).copied()
    }

    fn enumeration(&self, name: &QualifiedName) -> Option<&'a Enum> {
        self.enum_positions.get(name).and_then(|position| self.enums.get(*position)).copied()
    }
}

/// A namespace is created when something is to be put into it, and never dropped.
fn namespaces(from: &Side<'_>, to: &Side<'_>, plan: &mut Plan) {
    let mut existing: HashSet<&str> = from.schema.namespaces.iter().map(String::as_str).collect();
    if from.schema.origin == Origin::Psl {
        // A schema file may list namespaces into which nothing was put, so that nobody has made them.
        let used: HashSet<&str> = names(from).map(|name| name.namespace.as_str()).collect();
        existing.retain(|name| used.contains(name) || *name == from.schema.default_namespace);
    }
    let mut needed: Vec<&str> =
        names(to).map(|name| name.namespace.as_str()).filter(|namespace| !existing.contains(namespace)).collect();
    needed.sort_unstable();
    needed.dedup();
    for (position, namespace) in needed.into_iter().enumerate() {
        plan.push(
            Key::new(rank::CREATE_NAMESPACE, position),
            Change::CreateNamespace { namespace: namespace.to_owned() },
        );
    }
}

/// The names of tables and enums.
fn names<'a>(side: &Side<'a>) -> impl Iterator<Item = &'a QualifiedName> {
    side.tables.iter().map(|t| &t.name).chain(side.enums.iter().map(|e| &e.name))
}
