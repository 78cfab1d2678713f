//! What changes do to the values of columns, so that what rows will hold can be asked before.

use std::collections::{HashMap, HashSet};

use super::finding::{FindingKind, ForeignKeyValues, UniqueValues};
use crate::dbschema::{Column, ColumnArity, ColumnType, DefaultValue, ForeignKey, Index, QualifiedName};
use crate::diff::{Change, ColumnChange, TableChange};
use crate::sql::quote::Ident;
use crate::sql::{default_value, retyped_value};

/// The tables and columns whose values the changes make or change.
pub(super) struct Touched<'a> {
    new_tables: HashSet<&'a QualifiedName>,
    columns: HashMap<(&'a QualifiedName, &'a str), Fate<'a>>,
    /// Foreign keys that are only made anew.
    dropped_keys: HashSet<(&'a QualifiedName, &'a [String], &'a QualifiedName, &'a [String])>,
}

/// What happens to a column.
#[derive(Clone, Copy)]
enum Fate<'a> {
    /// It comes, perhaps in the place of one with other values.
    New(&'a Column),
    /// Its values get another type.
    Retyped(&'a ColumnChange),
}

/// The values of a column after the changes.
enum After {
    /// An SQL expression over the row before. Values of an enum that may not exist before are compared as texts.
    Told { expression: String, as_text: bool },
    /// NULL in every row.
    Null,
    /// There can be no row: the server refuses a required column without values on a table that has some.
    NoRow,
    /// Numbers of a sequence, no two of them equal.
    Numbers,
    /// What an expression makes.
    Unknown,
}

impl<'a> Touched<'a> {
    pub(super) fn by(changes: &'a [Change]) -> Self {
        let mut touched = Self { new_tables: HashSet::new(), columns: HashMap::new(), dropped_keys: HashSet::new() };
        for change in changes {
            match change {
                Change::CreateTable { table } => {
                    touched.new_tables.insert(&table.name);
                }
                Change::DropForeignKey { table, foreign_key: key } => {
                    touched.dropped_keys.insert((table, &key.columns, &key.referenced_table, &key.referenced_columns));
                }
                Change::AlterTable { table, changes } => {
                    for change in changes {
                        let (column, fate) = match change {
                            TableChange::AddColumn { column } => (column, Fate::New(column)),
                            TableChange::RecreateColumn(change) => (&change.to, Fate::New(&change.to)),
                            TableChange::AlterColumn(change) if change.is_retyped() => {
                                (&change.to, Fate::Retyped(change))
                            }
                            _ => continue,
                        };
                        touched.columns.insert((table, &column.name), fate);
                    }
                }
                _ => {}
            }
        }
        touched
    }

    pub(super) fn unique_index(&self, table: &QualifiedName, index: &Index) -> FindingKind {
        let columns: Vec<String> = index.columns.iter().map(|c| c.name.clone()).collect();
        let values = if columns.iter().any(|column| matches!(self.after(table, column), After::Null)) {
            UniqueValues::AllNull
        } else if index.predicate.is_some() || self.touches(table, &columns) {
            UniqueValues::Unknown
        } else {
            UniqueValues::Countable
        };
        FindingKind::UniqueIndex { table: table.clone(), columns, values }
    }

    pub(super) fn duplicate_keys(&self, table: &QualifiedName, changes: &[TableChange]) -> Option<FindingKind> {
        let before = changes.iter().find_map(|change| match change {
            TableChange::DropPrimaryKey { primary_key } => Some(&primary_key.columns),
            _ => None,
        });
        let columns = changes.iter().find_map(|change| match change {
            TableChange::AddPrimaryKey { primary_key } => Some(&primary_key.columns),
            _ => None,
        })?;
        // A key with more columns than one that held cannot be violated, as long as these keep their values.
        let held = before
            .is_some_and(|before| before.iter().all(|column| columns.contains(column)) && !self.touches(table, before));
        if held {
            return None;
        }
        let mut values = Vec::new();
        for column in columns {
            match self.after(table, column) {
                After::Told { expression, .. } => values.push(expression),
                After::Null | After::NoRow | After::Numbers | After::Unknown => return None,
            }
        }
        Some(FindingKind::DuplicateKeys { table: table.clone(), columns: columns.clone(), values })
    }

    pub(super) fn orphans(&self, table: &QualifiedName, key: &ForeignKey) -> Option<FindingKind> {
        let others = &key.referenced_table;
        let renewed = self.dropped_keys.contains(&(table, &key.columns, others, &key.referenced_columns));
        let same_values = !self.remakes(table, &key.columns) && !self.remakes(others, &key.referenced_columns);
        if self.new_tables.contains(table) || (renewed && same_values) {
            return None;
        }
        Some(FindingKind::Orphans {
            table: table.clone(),
            columns: key.columns.clone(),
            referenced_table: others.clone(),
            referenced_columns: key.referenced_columns.clone(),
            values: self.foreign_key_values(table, key)?,
        })
    }

    /// `None` if there can be no row that refers to another.
    fn foreign_key_values(&self, table: &QualifiedName, key: &ForeignKey) -> Option<ForeignKeyValues> {
        let mut nothing = self.new_tables.contains(&key.referenced_table);
        let (mut perhaps_null, mut unknown) = (false, false);
        let (mut referencing, mut referenced) = (Vec::new(), Vec::new());
        for (column, other) in key.columns.iter().zip(&key.referenced_columns) {
            let (own, other) = (self.after(table, column), self.after(&key.referenced_table, other));
            let text = [&own, &other].into_iter().any(|after| matches!(after, After::Told { as_text: true, .. }));
            let comparable = |expression: String| if text { format!("{expression}::text") } else { expression };
            match own {
                After::Told { expression, .. } => referencing.push(comparable(expression)),
                After::Null | After::NoRow => return None,
                After::Numbers => unknown = true,
                After::Unknown => perhaps_null = true,
            }
            match other {
                After::Told { expression, .. } => referenced.push(comparable(expression)),
                After::Null | After::NoRow => nothing = true,
                After::Numbers | After::Unknown => unknown = true,
            }
        }
        Some(if nothing && !perhaps_null {
            ForeignKeyValues::NothingThere { referencing }
        } else if unknown || perhaps_null {
            ForeignKeyValues::Unknown
        } else {
            ForeignKeyValues::Comparable { referencing, referenced }
        })
    }

    fn touches(&self, table: &QualifiedName, columns: &[String]) -> bool {
        columns.iter().any(|column| self.columns.contains_key(&(table, column.as_str())))
    }

    /// Whether the values of a column are other ones afterwards, not those of before in another type.
    fn remakes(&self, table: &QualifiedName, columns: &[String]) -> bool {
        columns.iter().any(|column| matches!(self.columns.get(&(table, column.as_str())), Some(Fate::New(_))))
    }

    fn after(&self, table: &QualifiedName, column: &str) -> After {
        match self.columns.get(&(table, column)) {
            None => After::Told { expression: Ident(column).to_string(), as_text: false },
            Some(Fate::Retyped(change)) => After::Told { expression: retyped_value(change), as_text: false },
            Some(Fate::New(column)) => new_values(column),
        }
    }
}

fn new_values(column: &Column) -> After {
    match &column.default {
        _ if column.autoincrement => After::Numbers,
        Some(DefaultValue::Value(_) | DefaultValue::Now) => match default_value(column) {
            Some(expression) => After::Told { expression, as_text: matches!(column.ty, ColumnType::Enum(_)) },
            None => After::Unknown,
        },
        Some(DefaultValue::DbGenerated(Some(_)) | DefaultValue::Sequence(_)) => After::Unknown,
        Some(DefaultValue::DbGenerated(None)) | None if column.arity == ColumnArity::Required => After::NoRow,
        Some(DefaultValue::DbGenerated(None)) | None => After::Null,
    }
}
