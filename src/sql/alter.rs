//! `ALTER TABLE` and `ALTER EXTENSION`.

use super::Naming;
use super::create::{column, identifiers, type_name};
use super::defaults::default_expression;
use super::quote::{Ident, Literal};
use crate::dbschema::types::NativeType;
use crate::dbschema::{Column, ColumnArity, ColumnType, Extension, QualifiedName};
use crate::diff::types::{Via, via};
use crate::diff::{ColumnChange, TableChange};

pub(super) fn extension(from: &Extension, to: &Extension) -> Vec<String> {
    let name = Ident(&to.name);
    let mut sql = Vec::new();
    if let Some(version) = to.version.as_ref().filter(|version| from.version.as_ref().is_some_and(|v| v != *version)) {
        sql.push(format!("ALTER EXTENSION {name} UPDATE TO {}", Ident(version)));
    }
    if let Some(namespace) = to.namespace.as_ref().filter(|to| from.namespace.as_ref().is_some_and(|n| n != *to)) {
        sql.push(format!("ALTER EXTENSION {name} SET SCHEMA {}", Ident(namespace)));
    }
    sql
}

/// The statements of one `AlterTable` step: those that must come before, the one with all clauses, those behind.
pub(super) fn table(table: &QualifiedName, changes: &[TableChange], naming: Naming<'_>) -> Vec<String> {
    let name = naming.name(table).to_string();
    let mut parts = Parts::default();
    for change in changes {
        match change {
            TableChange::DropPrimaryKey { primary_key } => {
                parts.clauses.push(format!("DROP CONSTRAINT {}", Ident(&primary_key.name)));
            }
            TableChange::RenamePrimaryKey { from, to } => {
                // It cannot stand beside other clauses.
                let rename = format!("RENAME CONSTRAINT {} TO {}", Ident(&from.name), Ident(&to.name));
                parts.renames.push(format!("ALTER TABLE {name} {rename}"));
            }
            TableChange::DropColumn { column } => parts.clauses.push(format!("DROP COLUMN {}", Ident(&column.name))),
            TableChange::AddColumn { column: added } => {
                parts.clauses.push(format!("ADD COLUMN     {}", column(added, naming)));
            }
            TableChange::AlterColumn(change) => alter_column(table, change, naming, &mut parts),
            TableChange::RecreateColumn(change) => {
                parts.clauses.push(format!("DROP COLUMN {}", Ident(&change.from.name)));
                parts.clauses.push(format!("ADD COLUMN     {}", column(&change.to, naming)));
            }
            TableChange::AddPrimaryKey { primary_key } => parts.clauses.push(format!(
                "ADD CONSTRAINT {} PRIMARY KEY ({})",
                Ident(&primary_key.name),
                identifiers(&primary_key.columns, ", ")
            )),
        }
    }
    let mut sql = parts.before;
    if !parts.clauses.is_empty() {
        sql.push(format!("ALTER TABLE {name} {}", parts.clauses.join(",\n")));
    }
    sql.extend(parts.renames);
    sql.extend(parts.after);
    sql
}

#[derive(Default)]
struct Parts {
    before: Vec<String>,
    clauses: Vec<String>,
    renames: Vec<String>,
    after: Vec<String>,
}

fn alter_column(table: &QualifiedName, change: &ColumnChange, naming: Naming<'_>, parts: &mut Parts) {
    let (from, to) = (&change.from, &change.to);
    let id = Ident(&to.name).to_string();
    let via = via(from, to);
    let retyped = change.ty.is_some() || (from.arity == ColumnArity::List) != (to.arity == ColumnArity::List);
    let ceased = change.autoincrement && from.autoincrement;
    let mut clause = |text: &str| parts.clauses.push(format!("ALTER COLUMN {id} {text}"));

    if change.arity {
        match to.arity {
            ColumnArity::Required => clause("SET NOT NULL"),
            ColumnArity::Nullable => clause("DROP NOT NULL"),
            // An array that nobody fills is NULL.
            ColumnArity::List if from.arity == ColumnArity::Required => clause("DROP NOT NULL"),
            ColumnArity::List => {}
        }
    }
    if ceased && from.identity.is_some() {
        clause("DROP IDENTITY");
    }
    let was_generated = from.generated && change.default;
    if was_generated {
        clause("DROP EXPRESSION");
    }
    // An old default that has no cast to the new type stands in the way of the values (it goes first whatever the
    // order of the clauses).
    let in_the_way = retyped && via != Via::Assignment && from.default.is_some() && !from.autoincrement;
    if in_the_way && (!change.default || default_expression(to, naming).is_some()) {
        clause("DROP DEFAULT");
    }
    match default_expression(to, naming) {
        Some(default) if change.default || in_the_way => clause(&format!("SET DEFAULT {default}")),
        None if (change.default && !was_generated) || (ceased && from.identity.is_none()) => clause("DROP DEFAULT"),
        Some(_) | None => {}
    }
    if change.autoincrement && to.autoincrement {
        became_numbered(table, to, naming, parts);
    }
    if retyped {
        let ty = type_name(to, naming);
        let using = using(via, &id, &ty);
        parts.clauses.push(format!("ALTER COLUMN {id} SET DATA TYPE {ty}{using}"));
        resize_sequence(table, change, naming, parts);
    }
    if let Some(sequence) = &change.orphaned_sequence {
        parts.after.push(format!("DROP SEQUENCE {}", naming.name(sequence)));
    }
}

fn using(via: Via, id: &str, ty: &str) -> String {
    if via == Via::Assignment { String::new() } else { format!(" USING {}", value(via, id, ty)) }
}

/// The values of a column of before, as an expression of the new type.
pub(crate) fn retyped_value(change: &ColumnChange) -> String {
    let id = Ident(&change.from.name).to_string();
    value(via(&change.from, &change.to), &id, &type_name(&change.to, Naming::default()))
}

fn value(via: Via, id: &str, ty: &str) -> String {
    let list = if ty.ends_with("[]") { "[]" } else { "" };
    match via {
        Via::Assignment => format!("{id}::{ty}"),
        Via::Text => format!("{id}::text{list}::{ty}"),
        Via::Numeric => format!("{id}::numeric{list}::{ty}"),
        Via::Timestamptz => format!("{id}::timestamptz{list}::{ty}"),
        Via::Element => format!("CASE WHEN {id} IS NULL THEN NULL ELSE ARRAY[{id}] END"),
        Via::FirstElement => format!("{id}[1]"),
    }
}

/// A sequence like that of a `serial` column, but starting behind the highest number in the table, becomes the
/// default.
fn became_numbered(table: &QualifiedName, column: &Column, naming: Naming<'_>, parts: &mut Parts) {
    let sequence = sequence_name(table, column, naming);
    let id = Ident(&column.name);
    let name = naming.name(table);
    let bounds = counted_type(column).filter(|ty| *ty != "BIGINT").map_or_else(String::new, |ty| format!(" AS {ty}"));
    parts.before.push(format!("CREATE SEQUENCE {sequence}{bounds}"));
    parts.clauses.push(format!("ALTER COLUMN {id} SET DEFAULT nextval({})", Literal(&sequence)));
    parts
        .after
        .push(format!("SELECT setval({}, (SELECT COALESCE(MAX({id}), 0) + 1 FROM {name}), false)", Literal(&sequence)));
    parts.after.push(format!("ALTER SEQUENCE {sequence} OWNED BY {name}.{id}"));
}

/// `{table}_{column}_seq` in lower case, quoted only if it has to be.
fn sequence_name(table: &QualifiedName, column: &Column, naming: Naming<'_>) -> String {
    let name = crate::dbschema::names::serial_sequence(&table.name, &column.name).to_lowercase();
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    let name = if plain { name } else { Ident(&name).to_string() };
    if naming.unqualified == Some(table.namespace.as_str()) {
        name
    } else {
        format!("{}.{name}", Ident(&table.namespace))
    }
}

/// The type of the sequence of a numbered column.
fn counted_type(column: &Column) -> Option<&'static str> {
    match column.ty {
        ColumnType::Native(NativeType::SmallInt) => Some("SMALLINT"),
        ColumnType::Native(NativeType::Integer) => Some("INTEGER"),
        ColumnType::Native(NativeType::BigInt) => Some("BIGINT"),
        ColumnType::Native(_) | ColumnType::Enum(_) | ColumnType::Unsupported(_) => None,
    }
}

/// The sequence of a column that gets another integer type counts as far as the new type does.
fn resize_sequence(table: &QualifiedName, change: &ColumnChange, naming: Naming<'_>, parts: &mut Parts) {
    if !(change.from.autoincrement && change.to.autoincrement) || change.from.identity.is_some() {
        return;
    }
    let Some(ty) = counted_type(&change.to) else { return };
    let sequence = match &change.from.default {
        Some(crate::dbschema::DefaultValue::Sequence(Some(name))) => naming.name(name).to_string(),
        _ => naming.beside(&table.namespace, &crate::dbschema::names::serial_sequence(&table.name, &change.from.name)),
    };
    parts.after.push(format!("ALTER SEQUENCE {sequence} AS {ty}"));
}
