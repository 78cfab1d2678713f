//! Foreign keys.

use std::collections::HashMap;

use tokio_postgres::Row;

use super::IntrospectError;
use super::columns::{Columns, letter};
use crate::dbschema::{ForeignKey, ForeignKeyAction, ForeignKeyFacts, QualifiedName};

pub(super) const FOREIGN_KEYS: &str = include_str!("queries/foreign_keys.sql");

/// A row of `foreign_keys.sql`.
#[derive(Debug)]
pub(super) struct ForeignKeyRow {
    table: u32,
    name: String,
    referenced: u32,
    referenced_namespace: u32,
    referenced_name: String,
    columns: Vec<i16>,
    referenced_columns: Vec<i16>,
    /// Of a table that is not among those read.
    referenced_column_names: Option<Vec<String>>,
    on_delete: i8,
    on_update: i8,
    matching: i8,
    deferrable: bool,
    valid: bool,
}

pub(super) fn foreign_key_row(row: &Row) -> Result<ForeignKeyRow, tokio_postgres::Error> {
    Ok(ForeignKeyRow {
        table: row.try_get(0)?,
        name: row.try_get(1)?,
        referenced: row.try_get(2)?,
        referenced_namespace: row.try_get(3)?,
        referenced_name: row.try_get(4)?,
        columns: row.try_get(5)?,
        referenced_columns: row.try_get(6)?,
        referenced_column_names: row.try_get(7)?,
        on_delete: row.try_get(8)?,
        on_update: row.try_get(9)?,
        matching: row.try_get(10)?,
        deferrable: row.try_get(11)?,
        valid: row.try_get(12)?,
    })
}

/// Groups foreign keys by table, in order of their names. Those of partitions are left out: they have no columns here.
pub(super) fn by_table(
    rows: Vec<ForeignKeyRow>,
    columns: &HashMap<u32, Columns>,
    namespaces: &HashMap<u32, String>,
) -> Result<HashMap<u32, Vec<ForeignKey>>, IntrospectError> {
    let mut tables: HashMap<u32, Vec<ForeignKey>> = HashMap::new();
    for row in rows {
        if let Some(own) = columns.get(&row.table) {
            let table = row.table;
            let foreign_key = row.into_foreign_key(own, columns, namespaces)?;
            tables.entry(table).or_default().push(foreign_key);
        }
    }
    for foreign_keys in tables.values_mut() {
        foreign_keys.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    }
    Ok(tables)
}

impl ForeignKeyRow {
    fn into_foreign_key(
        self,
        own: &Columns,
        columns: &HashMap<u32, Columns>,
        namespaces: &HashMap<u32, String>,
    ) -> Result<ForeignKey, IntrospectError> {
        let changed = || IntrospectError::Changed { object: self.name.clone() };
        let referenced_columns = match self.referenced_column_names {
            Some(names) => names,
            None => columns
                .get(&self.referenced)
                .and_then(|referenced| names(referenced, &self.referenced_columns))
                .ok_or_else(changed)?,
        };
        let match_full = match letter(self.matching) {
            's' | 'p' => false,
            'f' => true,
            letter => {
                return Err(IntrospectError::UnknownLetter {
                    column: "pg_constraint.confmatchtype",
                    letter,
                    object: self.name,
                });
            }
        };
        Ok(ForeignKey {
            columns: names(own, &self.columns).ok_or_else(changed)?,
            referenced_table: QualifiedName {
                namespace: namespaces.get(&self.referenced_namespace).ok_or_else(changed)?.clone(),
                name: self.referenced_name,
            },
            referenced_columns,
            on_delete: action(self.on_delete, "pg_constraint.confdeltype", &self.name)?,
            on_update: action(self.on_update, "pg_constraint.confupdtype", &self.name)?,
            facts: ForeignKeyFacts { deferrable: self.deferrable, not_valid: !self.valid, match_full },
            name: self.name,
        })
    }
}

fn names(columns: &Columns, numbers: &[i16]) -> Option<Vec<String>> {
    numbers.iter().map(|number| columns.name(*number).map(str::to_owned)).collect()
}

fn action(byte: i8, column: &'static str, object: &str) -> Result<ForeignKeyAction, IntrospectError> {
    Ok(match letter(byte) {
        'a' => ForeignKeyAction::NoAction,
        'r' => ForeignKeyAction::Restrict,
        'c' => ForeignKeyAction::Cascade,
        'n' => ForeignKeyAction::SetNull,
        'd' => ForeignKeyAction::SetDefault,
        letter => return Err(IntrospectError::UnknownLetter { column, letter, object: object.to_owned() }),
    })
}
