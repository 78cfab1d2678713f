//! Columns with their types and defaults.

use std::collections::HashMap;

use tokio_postgres::Row;

use super::tables::ObjectId;
use super::types::{self, Resolved, Types};
use super::{IntrospectError, defaults};
use crate::dbschema::{Column, ColumnArity, DefaultValue, Identity};
use crate::sql::quote::Ident;

pub(super) const COLUMNS: &str = include_str!("queries/columns.sql");
pub(super) const DEFAULTS: &str = include_str!("queries/defaults.sql");

/// A row of `columns.sql`.
#[derive(Debug)]
pub(super) struct ColumnRow {
    table: u32,
    number: i16,
    name: String,
    ty: u32,
    modifier: i32,
    not_null: bool,
    identity: i8,
    collation: u32,
    /// Of a collation that does not go without saying.
    collation_name: Option<String>,
}

/// A row of `defaults.sql`.
#[derive(Debug)]
pub(super) struct DefaultRow {
    table: u32,
    column: i16,
    expression: Option<String>,
    generated: i8,
}

/// The columns of one table, by number.
#[derive(Debug, Default)]
pub(super) struct Columns {
    rows: Vec<ColumnRow>,
}

pub(super) fn column_row(row: &Row) -> Result<ColumnRow, tokio_postgres::Error> {
    Ok(ColumnRow {
        table: row.try_get(0)?,
        number: row.try_get(1)?,
        name: row.try_get(2)?,
        ty: row.try_get(3)?,
        modifier: row.try_get(4)?,
        not_null: row.try_get(5)?,
        identity: row.try_get(6)?,
        collation: row.try_get(7)?,
        collation_name: row.try_get(8)?,
    })
}

pub(super) fn default_row(row: &Row) -> Result<DefaultRow, tokio_postgres::Error> {
    Ok(DefaultRow {
        table: row.try_get(0)?,
        column: row.try_get(1)?,
        expression: row.try_get(2)?,
        generated: row.try_get(3)?,
    })
}

/// What a column is made of besides its own row.
pub(super) struct Sources<'a> {
    pub(super) types: &'a Types,
    /// By table and column number.
    pub(super) defaults: HashMap<(u32, i16), DefaultRow>,
    /// By object and column number, 0 for the object itself.
    pub(super) comments: HashMap<(ObjectId, i32), String>,
    pub(super) default_namespace: &'a str,
}

/// Groups columns by table, in order of their numbers.
pub(super) fn by_table(rows: Vec<ColumnRow>) -> HashMap<u32, Columns> {
    let mut tables: HashMap<u32, Columns> = HashMap::new();
    for row in rows {
        tables.entry(row.table).or_default().rows.push(row);
    }
    for columns in tables.values_mut() {
        columns.rows.sort_unstable_by_key(|row| row.number);
    }
    tables
}

pub(super) fn by_column(rows: Vec<DefaultRow>) -> HashMap<(u32, i16), DefaultRow> {
    rows.into_iter().map(|row| ((row.table, row.column), row)).collect()
}

impl Columns {
    /// The name of the column with that number.
    pub(super) fn name(&self, number: i16) -> Option<&str> {
        let position = self.rows.binary_search_by_key(&number, |row| row.number).ok()?;
        self.rows.get(position).map(|row| row.name.as_str())
    }

    /// The collation of the column with that number.
    pub(super) fn collation(&self, number: i16) -> Option<u32> {
        let position = self.rows.binary_search_by_key(&number, |row| row.number).ok()?;
        self.rows.get(position).map(|row| row.collation)
    }

    /// The columns as data. Nothing forbids NULL in a column of a view.
    pub(super) fn to_columns(
        &self,
        table: &str,
        view: bool,
        sources: &mut Sources<'_>,
    ) -> Result<Vec<Column>, IntrospectError> {
        self.rows.iter().map(|row| row.to_column(table, view, sources)).collect()
    }
}

impl ColumnRow {
    fn to_column(&self, table: &str, view: bool, sources: &mut Sources<'_>) -> Result<Column, IntrospectError> {
        let object = || format!("{table}.{}", self.name);
        let Resolved { ty, list, not_null } = sources.types.resolve(self.ty, self.modifier, object)?;
        let arity = match (list, !view && (not_null || self.not_null)) {
            (true, _) => ColumnArity::List,
            (false, true) => ColumnArity::Required,
            (false, false) => ColumnArity::Nullable,
        };
        let identity = match letter(self.identity) {
            '\0' => None,
            'a' => Some(Identity::Always),
            'd' => Some(Identity::ByDefault),
            letter => {
                return Err(IntrospectError::UnknownLetter {
                    column: "pg_attribute.attidentity",
                    letter,
                    object: object(),
                });
            }
        };
        let (default, generated) = match sources.defaults.remove(&(self.table, self.number)) {
            None => (None, false),
            Some(row) => {
                let expression = row.expression.ok_or_else(|| IntrospectError::Changed { object: object() })?;
                match letter(row.generated) {
                    '\0' => (defaults::parse(&expression, &ty, list, sources.default_namespace), false),
                    // Stored or virtual: never a constant, even where the expression looks like one.
                    's' | 'v' => (Some(DefaultValue::DbGenerated(Some(expression))), true),
                    letter => {
                        return Err(IntrospectError::UnknownLetter {
                            column: "pg_attribute.attgenerated",
                            letter,
                            object: object(),
                        });
                    }
                }
            }
        };
        let mut details: Vec<String> =
            self.collation_name.iter().map(|name| format!("COLLATE {}", Ident(name))).collect();
        details.extend(types::scale_beyond_words(&ty, self.modifier));
        Ok(Column {
            name: self.name.clone(),
            details,
            ty,
            arity,
            autoincrement: identity.is_some() || matches!(default, Some(DefaultValue::Sequence(_))),
            default,
            identity,
            generated,
            required_by_domain: arity == ColumnArity::Required && not_null,
            client_default: false,
            comment: sources.comments.remove(&(ObjectId::Relation(self.table), i32::from(self.number))),
        })
    }
}

/// A value of the type `"char"`, which is a single byte.
pub(super) fn letter(byte: i8) -> char {
    char::from(byte.cast_unsigned())
}
