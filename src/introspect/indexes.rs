//! Indexes, unique constraints and primary keys.

use std::collections::HashMap;

use tokio_postgres::Row;

use super::IntrospectError;
use super::columns::Columns;
use crate::dbschema::{Index, IndexColumn, IndexFacts, IndexMethod, OperatorClass, PrimaryKey, SortOrder};

pub(super) const INDEXES: &str = include_str!("queries/indexes.sql");
pub(super) const OPERATOR_CLASSES: &str = include_str!("queries/operator_classes.sql");

/// A row of `indexes.sql`.
#[derive(Debug)]
pub(super) struct IndexRow {
    table: u32,
    name: String,
    method: String,
    unique: bool,
    primary: bool,
    exclusion: bool,
    valid: bool,
    /// How many of `columns` are keys; the others are `INCLUDE`d.
    keys: i16,
    nulls_not_distinct: bool,
    /// Column numbers, 0 for an expression.
    columns: Vec<i16>,
    operator_classes: Vec<u32>,
    options: Vec<i16>,
    predicate: Option<String>,
    constraint: bool,
    deferrable: bool,
    /// Of each key column; 0 if its type has none.
    collations: Vec<u32>,
    has_class_parameters: bool,
}

/// A row of `operator_classes.sql`.
#[derive(Debug)]
pub(super) struct OperatorClassRow {
    oid: u32,
    name: String,
    is_default: bool,
}

/// All indexes of a table, by what they are.
#[derive(Debug, Default)]
pub(super) struct TableIndexes {
    pub(super) primary_key: Option<PrimaryKey>,
    /// By name in byte order.
    pub(super) indexes: Vec<Index>,
    /// Names of those with an expression among their keys.
    pub(super) expressions: Vec<String>,
}

pub(super) fn index_row(row: &Row) -> Result<IndexRow, tokio_postgres::Error> {
    Ok(IndexRow {
        table: row.try_get(0)?,
        name: row.try_get(1)?,
        method: row.try_get(2)?,
        unique: row.try_get(3)?,
        primary: row.try_get(4)?,
        exclusion: row.try_get(5)?,
        valid: row.try_get(6)?,
        keys: row.try_get(7)?,
        nulls_not_distinct: row.try_get(8)?,
        columns: row.try_get(9)?,
        operator_classes: row.try_get(10)?,
        options: row.try_get(11)?,
        predicate: row.try_get(12)?,
        constraint: row.try_get::<_, Option<i8>>(13)?.is_some(),
        deferrable: row.try_get::<_, Option<bool>>(14)?.unwrap_or(false),
        collations: row.try_get(15)?,
        has_class_parameters: row.try_get(16)?,
    })
}

pub(super) fn operator_class_row(row: &Row) -> Result<OperatorClassRow, tokio_postgres::Error> {
    Ok(OperatorClassRow { oid: row.try_get(0)?, name: row.try_get(1)?, is_default: row.try_get(2)? })
}

/// Groups indexes by table. Those behind exclusion constraints are left out: nothing but the constraint can be said of
/// them, and that is read elsewhere. So are keys `WITHOUT OVERLAPS`, which are exclusions in disguise.
pub(super) fn by_table(
    rows: Vec<IndexRow>,
    operator_classes: Vec<OperatorClassRow>,
    columns: &HashMap<u32, Columns>,
) -> Result<HashMap<u32, TableIndexes>, IntrospectError> {
    let operator_classes: HashMap<u32, OperatorClassRow> =
        operator_classes.into_iter().map(|row| (row.oid, row)).collect();
    let mut tables: HashMap<u32, TableIndexes> = HashMap::new();
    for row in rows {
        let Some(columns) = columns.get(&row.table).filter(|_| !row.exclusion) else {
            continue;
        };
        let table = tables.entry(row.table).or_default();
        if row.key_columns().contains(&0) {
            table.expressions.push(row.name);
        } else if row.primary {
            table.primary_key = Some(row.into_primary_key(columns)?);
        } else {
            table.indexes.push(row.into_index(columns, &operator_classes)?);
        }
    }
    for table in tables.values_mut() {
        table.indexes.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        table.expressions.sort_unstable();
    }
    Ok(tables)
}

/// Bits of `pg_index.indoption`.
const DESCENDING: i16 = 1;
const NULLS_FIRST: i16 = 2;

impl IndexRow {
    fn key_count(&self) -> usize {
        usize::try_from(self.keys).unwrap_or(0).min(self.columns.len())
    }

    fn key_columns(&self) -> &[i16] {
        self.columns.get(..self.key_count()).unwrap_or_default()
    }

    fn included_columns(&self) -> &[i16] {
        self.columns.get(self.key_count()..).unwrap_or_default()
    }

    fn into_primary_key(self, columns: &Columns) -> Result<PrimaryKey, IntrospectError> {
        Ok(PrimaryKey {
            columns: self.names(self.key_columns(), columns)?,
            deferrable: self.deferrable,
            name: self.name,
        })
    }

    fn into_index(
        self,
        columns: &Columns,
        operator_classes: &HashMap<u32, OperatorClassRow>,
    ) -> Result<Index, IntrospectError> {
        let keys = self.names(self.key_columns(), columns)?;
        let include = self.names(self.included_columns(), columns)?;
        let method = method(&self.method);
        let other_collation = |(number, collation): (&i16, &u32)| {
            let is_other = *collation != 0 && columns.collation(*number) != Some(*collation);
            is_other.then(|| columns.name(*number).map(str::to_owned)).flatten()
        };
        let collations = self.key_columns().iter().zip(&self.collations).filter_map(other_collation).collect();
        let index_columns = keys
            .into_iter()
            .enumerate()
            .map(|(position, name)| {
                let option = self.options.get(position).copied().unwrap_or(0);
                let descending = option & DESCENDING != 0;
                let ordered = method == IndexMethod::BTree;
                IndexColumn {
                    name,
                    order: ordered.then_some(if descending { SortOrder::Desc } else { SortOrder::Asc }),
                    operator_class: self.operator_classes.get(position).and_then(|oid| {
                        operator_classes
                            .get(oid)
                            .map(|class| OperatorClass { name: class.name.clone(), is_default: class.is_default })
                    }),
                    // By default NULL is larger than everything.
                    unusual_nulls: ordered && (option & NULLS_FIRST != 0) != descending,
                }
            })
            .collect();
        Ok(Index {
            name: self.name,
            unique: self.unique,
            method,
            columns: index_columns,
            predicate: self.predicate,
            facts: IndexFacts {
                constraint: self.constraint,
                deferrable: self.deferrable,
                nulls_not_distinct: self.nulls_not_distinct,
                include,
                invalid: !self.valid,
                collations,
                class_parameters: self.has_class_parameters,
            },
        })
    }

    fn names(&self, numbers: &[i16], columns: &Columns) -> Result<Vec<String>, IntrospectError> {
        numbers
            .iter()
            .map(|number| columns.name(*number).map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or_else(|| IntrospectError::Changed { object: self.name.clone() })
    }
}

fn method(name: &str) -> IndexMethod {
    match name {
        "btree" => IndexMethod::BTree,
        "hash" => IndexMethod::Hash,
        "gist" => IndexMethod::Gist,
        "gin" => IndexMethod::Gin,
        "spgist" => IndexMethod::SpGist,
        "brin" => IndexMethod::Brin,
        other => IndexMethod::Other(other.to_owned()),
    }
}
