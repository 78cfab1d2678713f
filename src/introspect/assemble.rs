//! Joins the answers to a database model.

use std::collections::HashMap;

use super::catalog::Catalog;
use super::columns::{self, Columns, Sources, letter};
use super::indexes::TableIndexes;
use super::tables::{ConstraintRow, ExtensionRow, ObjectId, SequenceRow, TableRow};
use super::types::{Place, Types};
use super::{IntrospectError, Scope, foreign_keys, indexes};
use crate::dbschema::{
    DbSchema, Enum, EnumCheck, Extension, ForeignKey, Origin, QualifiedName, Sequence, Table, TableFacts, View,
};

/// The database model that the answers describe. Everything that has a name comes in the byte order of names.
pub(super) fn assemble(catalog: Catalog, scope: &Scope) -> Result<DbSchema, IntrospectError> {
    let names = Names(catalog.namespaces);
    let mut comments: HashMap<(ObjectId, i32), String> =
        catalog.comments.into_iter().map(|row| ((row.object, row.column), row.text)).collect();
    let owners = owners(&catalog.extensions, catalog.members);

    let mut enums = Vec::with_capacity(catalog.enums.len());
    let mut enum_names = HashMap::with_capacity(catalog.enums.len());
    for row in catalog.enums {
        let name = names.qualified(row.namespace, row.name)?;
        enum_names.insert(row.oid, name.clone());
        enums.push(Enum {
            name,
            values: row.labels,
            comment: comments.remove(&(ObjectId::Type(row.oid), 0)),
            owned_by_extension: owners.get(&ObjectId::Type(row.oid)).cloned(),
        });
    }

    let constraints = constraints_by_table(catalog.constraints, &enum_names);
    let types = Types::new(catalog.types, enum_names, names.places(scope));
    let columns = columns::by_table(catalog.columns);
    let mut parts = Parts {
        sources: Sources {
            types: &types,
            defaults: columns::by_column(catalog.defaults),
            comments,
            default_namespace: &scope.default_namespace,
        },
        indexes: indexes::by_table(catalog.indexes, catalog.operator_classes, &columns)?,
        foreign_keys: foreign_keys::by_table(catalog.foreign_keys, &columns, &names.0)?,
        constraints,
        columns,
        owners,
    };

    let mut table_names = HashMap::with_capacity(catalog.tables.len());
    let mut tables = Vec::with_capacity(catalog.tables.len());
    let mut views = Vec::new();
    for row in catalog.tables {
        let name = names.qualified(row.namespace, row.name.clone())?;
        table_names.insert(row.oid, name.clone());
        match letter(row.kind) {
            'r' | 'p' => tables.push(parts.table(name, &row)?),
            'v' => views.push(parts.view(name, row)?),
            letter => {
                return Err(IntrospectError::UnknownLetter {
                    column: "pg_class.relkind",
                    letter,
                    object: name.to_string(),
                });
            }
        }
    }

    let mut sequences = sequences(catalog.sequences, &names, &table_names, &parts.columns)?;
    let mut extensions = extensions(catalog.extensions, &names)?;
    tables.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    views.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    enums.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    sequences.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    extensions.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(DbSchema {
        origin: Origin::Database,
        default_namespace: scope.default_namespace.clone(),
        namespaces: names.existing(scope),
        tables,
        enums,
        extensions,
        sequences,
        views,
        manages_extensions: false,
        manages_predicates: false,
    })
}

/// What tables and views are made of, by identifier. Taken out as it is used.
struct Parts<'a> {
    sources: Sources<'a>,
    columns: HashMap<u32, Columns>,
    indexes: HashMap<u32, TableIndexes>,
    foreign_keys: HashMap<u32, Vec<ForeignKey>>,
    constraints: HashMap<u32, Constraints>,
    owners: HashMap<ObjectId, String>,
}

/// Names of constraints that are kept as facts.
#[derive(Debug, Default)]
struct Constraints {
    checks: Vec<String>,
    exclusions: Vec<String>,
    enum_checks: Vec<EnumCheck>,
}

impl Parts<'_> {
    fn table(&mut self, name: QualifiedName, row: &TableRow) -> Result<Table, IntrospectError> {
        let indexes = self.indexes.remove(&row.oid).unwrap_or_default();
        let constraints = self.constraints.remove(&row.oid).unwrap_or_default();
        let partitioned = letter(row.kind) == 'p';
        Ok(Table {
            columns: match self.columns.get(&row.oid) {
                Some(columns) => columns.to_columns(&name.name, false, &mut self.sources)?,
                None => Vec::new(),
            },
            name,
            primary_key: indexes.primary_key,
            indexes: indexes.indexes,
            foreign_keys: self.foreign_keys.remove(&row.oid).unwrap_or_default(),
            facts: TableFacts {
                comment: self.sources.comments.remove(&(ObjectId::Relation(row.oid), 0)),
                partitioned: partitioned && row.has_children,
                has_children: !partitioned && row.has_children,
                row_level_security: row.row_level_security,
                checks: constraints.checks,
                exclusions: constraints.exclusions,
                enum_checks: constraints.enum_checks,
                expression_indexes: indexes.expressions,
                owned_by_extension: self.owners.remove(&ObjectId::Relation(row.oid)),
            },
        })
    }

    fn view(&mut self, name: QualifiedName, row: TableRow) -> Result<View, IntrospectError> {
        Ok(View {
            columns: match self.columns.get(&row.oid) {
                Some(columns) => columns.to_columns(&name.name, true, &mut self.sources)?,
                None => Vec::new(),
            },
            definition: row.definition.ok_or_else(|| IntrospectError::Changed { object: name.to_string() })?,
            name,
            comment: self.sources.comments.remove(&(ObjectId::Relation(row.oid), 0)),
            owned_by_extension: self.owners.remove(&ObjectId::Relation(row.oid)),
        })
    }
}

/// Names of namespaces by identifier.
struct Names(HashMap<u32, String>);

impl Names {
    fn qualified(&self, namespace: u32, name: String) -> Result<QualifiedName, IntrospectError> {
        match self.0.get(&namespace) {
            Some(namespace) => Ok(QualifiedName { namespace: namespace.clone(), name }),
            None => Err(IntrospectError::Changed { object: name }),
        }
    }

    /// Where types are looked for, by the identifier of their namespace.
    fn places(&self, scope: &Scope) -> HashMap<u32, Place> {
        self.0
            .iter()
            .filter_map(|(oid, name)| match name.as_str() {
                "pg_catalog" => Some((*oid, Place::Server)),
                _ => scope.namespaces.contains(name).then_some((*oid, Place::Scope)),
            })
            .collect()
    }

    /// The namespaces of the scope that there are.
    fn existing(&self, scope: &Scope) -> Vec<String> {
        let mut existing: Vec<String> =
            self.0.values().filter(|name| scope.namespaces.contains(name)).cloned().collect();
        existing.sort_unstable();
        existing
    }
}

/// The name of the extension that owns each object that is owned by one.
fn owners(extensions: &[ExtensionRow], members: Vec<super::tables::MemberRow>) -> HashMap<ObjectId, String> {
    let names: HashMap<u32, &str> = extensions.iter().map(|row| (row.oid, row.name.as_str())).collect();
    members
        .into_iter()
        .filter_map(|row| names.get(&row.extension).map(|name| (row.object, (*name).to_owned())))
        .collect()
}

fn constraints_by_table(
    rows: Vec<ConstraintRow>,
    enum_names: &HashMap<u32, QualifiedName>,
) -> HashMap<u32, Constraints> {
    let mut tables: HashMap<u32, Constraints> = HashMap::new();
    for row in rows {
        let table = tables.entry(row.table).or_default();
        if let (Some(enums), Some(definition)) = (row.enums, row.definition) {
            let enums = enums.iter().filter_map(|oid| enum_names.get(oid)).cloned().collect();
            table.enum_checks.push(EnumCheck { name: row.name.clone(), definition, enums });
        }
        if row.check { &mut table.checks } else { &mut table.exclusions }.push(row.name);
    }
    for table in tables.values_mut() {
        table.checks.sort_unstable();
        table.exclusions.sort_unstable();
        table.enum_checks.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    }
    tables
}

fn sequences(
    rows: Vec<SequenceRow>,
    names: &Names,
    tables: &HashMap<u32, QualifiedName>,
    columns: &HashMap<u32, Columns>,
) -> Result<Vec<Sequence>, IntrospectError> {
    rows.into_iter()
        .map(|row| {
            Ok(Sequence {
                name: names.qualified(row.namespace, row.name)?,
                // An owner outside the scope has no name here.
                owner: row.owner.and_then(|(table, column)| {
                    let name = columns.get(&table)?.name(column)?;
                    Some((tables.get(&table)?.clone(), name.to_owned()))
                }),
            })
        })
        .collect()
}

fn extensions(rows: Vec<ExtensionRow>, names: &Names) -> Result<Vec<Extension>, IntrospectError> {
    rows.into_iter()
        .map(|row| {
            let QualifiedName { namespace, name } = names.qualified(row.namespace, row.name)?;
            Ok(Extension { name, namespace: Some(namespace), version: Some(row.version), relocatable: row.relocatable })
        })
        .collect()
}
