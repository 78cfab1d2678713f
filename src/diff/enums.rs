//! Enums: values are a set; the order counts only for where a new value is put.

use std::collections::{HashMap, HashSet};

use super::Side;
use super::change::{AddedValue, Change, EnumChange, EnumSwap, SwappedCheck, SwappedColumn};
use super::expression;
use super::order::{Key, Plan, rank};
use crate::dbschema::{Column, ColumnType, DefaultValue, Enum, QualifiedName, Table, Value};
use crate::sql::quote::Literal;

/// Enums that are replaced by new types.
#[derive(Debug, Default)]
pub(super) struct Swaps {
    /// The enums.
    enums: HashSet<String>,
    /// Their columns, by table.
    columns: HashMap<QualifiedName, HashSet<String>>,
}

impl Swaps {
    /// The columns of a table whose enum is replaced.
    pub(super) fn columns(&self, table: &QualifiedName) -> Option<&HashSet<String>> {
        self.columns.get(table)
    }

    /// Whether an expression over a table may have to do with a replaced enum, going by the names in it.
    pub(super) fn mentioned(&self, table: &QualifiedName, expression: &str) -> bool {
        let mentions = |name: &String| expression::mentions(expression, name);
        self.enums.iter().any(mentions) || self.columns(table).is_some_and(|columns| columns.iter().any(mentions))
    }
}

pub(super) fn diff(from: &Side<'_>, to: &Side<'_>, plan: &mut Plan) -> Swaps {
    for (position, enumeration) in to.enums.iter().enumerate() {
        if from.enumeration(&enumeration.name).is_none() {
            let change = Change::CreateEnum { enumeration: (*enumeration).clone() };
            plan.push(Key::new(rank::CREATE_ENUM, position), change);
        }
    }
    let mut users: Option<Users<'_>> = None;
    let mut swaps = Swaps::default();
    for (position, enumeration) in from.enums.iter().enumerate() {
        let Some(next) = to.enumeration(&enumeration.name) else {
            let change = Change::DropEnum { enumeration: (*enumeration).clone() };
            plan.push(Key::new(rank::DROP_ENUM, position), change);
            continue;
        };
        let added = added_values(enumeration, next);
        let kept: HashSet<&String> = next.values.iter().collect();
        let removed: Vec<String> = enumeration.values.iter().filter(|v| !kept.contains(v)).cloned().collect();
        if added.is_empty() && removed.is_empty() {
            continue;
        }
        let users = users.get_or_insert_with(|| Users::new(from, to));
        // A value cannot be used in the transaction that adds it, but those of a new type can
        // (PostgreSQL documentation, `ALTER TYPE`).
        let swap = if !removed.is_empty() || users.has_default_among(&next.name, &added) {
            let swap = users.swap(&enumeration.name, &removed);
            swaps.enums.insert(enumeration.name.name.clone());
            for column in &swap.columns {
                swaps.columns.entry(column.table.clone()).or_default().insert(column.to.name.clone());
            }
            if swap.drop_old_later {
                let name = QualifiedName::new(&*next.name.namespace, format!("{}_old", next.name.name));
                plan.push(Key::new(rank::DROP_ENUM, position), Change::DropReplacedEnum { name });
            }
            Some(swap)
        } else {
            None
        };
        plan.push(
            Key::new(rank::ALTER_ENUM, position),
            Change::AlterEnum(Box::new(EnumChange {
                from: (*enumeration).clone(),
                to: next.clone(),
                added,
                removed,
                swap,
            })),
        );
    }
    swaps
}

/// New values in the order of the target, each with the existing value that it stands in front of.
fn added_values(from: &Enum, to: &Enum) -> Vec<AddedValue> {
    let existing: HashSet<&String> = from.values.iter().collect();
    let mut before = None;
    let mut added: Vec<AddedValue> = Vec::new();
    for label in to.values.iter().rev() {
        if existing.contains(label) {
            before = Some(label.clone());
        } else {
            added.push(AddedValue { label: label.clone(), before: before.clone() });
        }
    }
    added.reverse();
    added
}

/// Which columns are of an enum.
struct Users<'a> {
    /// Columns of the same enum on both sides, in the order of the target.
    kept: HashMap<&'a QualifiedName, Vec<SwappedColumn>>,
    /// Enums with columns that are dropped, or get another type, later.
    doomed: HashSet<&'a QualifiedName>,
    /// Tables with such columns.
    doomed_in: HashSet<&'a QualifiedName>,
    /// Tables that stay, with the checks that mention values of enums.
    checked: Vec<&'a Table>,
    /// Labels that are defaults in the target.
    defaults: HashMap<&'a QualifiedName, HashSet<&'a str>>,
}

impl<'a> Users<'a> {
    fn new(from: &Side<'a>, to: &Side<'a>) -> Self {
        let mut users = Users {
            kept: HashMap::new(),
            doomed: HashSet::new(),
            doomed_in: HashSet::new(),
            checked: Vec::new(),
            defaults: HashMap::new(),
        };
        for table in &to.tables {
            let position = from.table_positions.get(&table.name).copied().unwrap_or_default();
            let previous: HashMap<&str, &Column> = from
                .table(&table.name)
                .map(|t| t.columns.iter().map(|c| (c.name.as_str(), c)).collect())
                .unwrap_or_default();
            for column in &table.columns {
                let ColumnType::Enum(name) = &column.ty else { continue };
                users.defaults.entry(name).or_default().extend(default_labels(column));
                if let Some(from) = previous.get(column.name.as_str()).filter(|from| from.ty == column.ty) {
                    users.kept.entry(name).or_default().push(SwappedColumn {
                        table: table.name.clone(),
                        position,
                        from: (*from).clone(),
                        to: column.clone(),
                    });
                }
            }
        }
        for table in &from.schema.tables {
            let managed = from.table_positions.contains_key(&table.name);
            if !table.facts.enum_checks.is_empty() && (!managed || to.table(&table.name).is_some()) {
                users.checked.push(table);
            }
            let next: Option<HashMap<&str, &Column>> =
                to.table(&table.name).map(|t| t.columns.iter().map(|c| (c.name.as_str(), c)).collect());
            for column in &table.columns {
                let ColumnType::Enum(name) = &column.ty else { continue };
                if managed {
                    let stays =
                        next.as_ref().and_then(|n| n.get(column.name.as_str())).is_some_and(|c| c.ty == column.ty);
                    if !stays {
                        users.doomed.insert(name);
                        users.doomed_in.insert(&table.name);
                    }
                } else {
                    // Someone else's table, but the type is shared.
                    users.kept.entry(name).or_default().push(SwappedColumn {
                        table: table.name.clone(),
                        position: usize::MAX,
                        from: column.clone(),
                        to: column.clone(),
                    });
                }
            }
        }
        users
    }

    fn has_default_among(&self, name: &QualifiedName, added: &[AddedValue]) -> bool {
        self.defaults.get(name).is_some_and(|labels| added.iter().any(|value| labels.contains(value.label.as_str())))
    }

    fn swap(&self, name: &QualifiedName, removed: &[String]) -> EnumSwap {
        // A check of a value that goes, or of a column that still has the old type, could not be made anew.
        let gone: Vec<String> = removed.iter().map(|value| Literal(value).to_string()).collect();
        let checks = self.checked.iter().filter(|table| !self.doomed_in.contains(&table.name)).flat_map(|table| {
            let mentioning = table.facts.enum_checks.iter().filter(|check| check.enums.contains(name));
            let possible = mentioning.filter(|check| !gone.iter().any(|value| check.definition.contains(value)));
            possible.map(|check| SwappedCheck {
                table: table.name.clone(),
                name: check.name.clone(),
                definition: check.definition.clone(),
            })
        });
        EnumSwap {
            columns: self.kept.get(name).cloned().unwrap_or_default(),
            checks: checks.collect(),
            drop_old_later: self.doomed.contains(name),
        }
    }
}

fn default_labels(column: &Column) -> Vec<&str> {
    match &column.default {
        Some(DefaultValue::Value(Value::Enum(label))) => vec![label],
        Some(DefaultValue::Value(Value::List(values))) => values
            .iter()
            .filter_map(|value| match value {
                Value::Enum(label) => Some(label.as_str()),
                _ => None,
            })
            .collect(),
        Some(DefaultValue::Value(_) | DefaultValue::Now | DefaultValue::Sequence(_) | DefaultValue::DbGenerated(_))
        | None => Vec::new(),
    }
}
