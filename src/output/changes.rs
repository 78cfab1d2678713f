//! Changes as data: what `migrate diff --json` prints.
//!
//! ```text
//! { "version": 1, "empty": bool,
//!   "changes": [{ "step": 0, "kind": "AlterTable", "object": {…}, "before": …, "after": …, "statements": [sql] }],
//!   "findings": [{ "step": 0, "kind": "dropped-column", "severity": "warning" | "unexecutable",
//!                  "object": { "schema", "name" }, "parts": [column or value], "message": text }],
//!   "summary": text, "script": sql }
//! ```
//!
//! `step` counts from 0, one for each change; `kind` is the word above its statements in a `migration.sql`. `object` is
//! what is changed: its `type` (`schema`, `extension`, `enum`, `table`, `index`, `foreignKey`), its `schema` and
//! `name`, and for indexes and foreign keys their `table`. `before` and `after` are its two states, null where there
//! is none. An `AlterTable` has `changes` of its own, each with `kind`, `name`, `before`, `after`, and for columns
//! `differences`: `arity`, `default`, `type`, `autoincrement`. Findings assume the worst, since no data is looked at.
//!
//! `version` grows when a field changes its meaning or goes; new fields and new words may come at any time.

use serde_json::{Value, json};

use crate::dbschema::{
    Column, ColumnArity, Enum, Extension, ForeignKey, Identity, Index, IndexMethod, PrimaryKey, QualifiedName,
    SortOrder, Table,
};
use crate::diff::types::TypeChange;
use crate::diff::{Change, ColumnChange, EnumChange, TableChange, summary};
use crate::safety::{Finding, Severity, check};
use crate::sql::quote::Statement;
use crate::sql::{Script, action_name, column_default, column_type};

/// The shape above, of changes and the script made of them.
pub fn changes_json(changes: &[Change], script: &Script) -> Value {
    let steps = changes.iter().zip(&script.steps).enumerate().map(|(nth, (change, step))| {
        let mut value = change_json(change);
        let head = json!({ "step": nth, "kind": step.kind.name() });
        if let (Value::Object(value), Value::Object(mut head)) = (&mut value, head) {
            head.append(value);
            *value = head;
        }
        value["statements"] = step.statements.iter().map(Statement::as_str).collect();
        value
    });
    let findings = check(changes);
    let findings = findings.iter().filter(|finding| !finding.kind.needs_database()).map(finding_json);
    json!({
        "version": 1,
        "empty": changes.is_empty(),
        "changes": steps.collect::<Vec<Value>>(),
        "findings": findings.collect::<Vec<Value>>(),
        "summary": summary(changes),
        "script": script.to_string(),
    })
}

fn finding_json(finding: &Finding) -> Value {
    json!({
        "step": finding.step,
        "kind": finding.kind.name(),
        "severity": match finding.kind.severity() {
            Severity::Warning => "warning",
            Severity::Unexecutable => "unexecutable",
        },
        "object": name_json(finding.kind.object()),
        "parts": finding.kind.parts(),
        "message": finding.kind.worst_case(),
    })
}

fn change_json(change: &Change) -> Value {
    let both =
        |object: Value, before: Value, after: Value| json!({ "object": object, "before": before, "after": after });
    match change {
        Change::CreateNamespace { namespace } => {
            both(json!({ "type": "schema", "name": namespace }), Value::Null, json!({}))
        }
        Change::DropExtension { extension } => {
            both(extension_object(extension), extension_json(extension), Value::Null)
        }
        Change::CreateExtension { extension } => {
            both(extension_object(extension), Value::Null, extension_json(extension))
        }
        Change::AlterExtension { from, to } => both(extension_object(to), extension_json(from), extension_json(to)),
        Change::CreateEnum { enumeration } => {
            both(object("enum", &enumeration.name), Value::Null, enum_json(enumeration))
        }
        Change::AlterEnum(change) => alter_enum(change),
        Change::DropReplacedEnum { name } => both(object("enum", name), json!({}), Value::Null),
        Change::DropEnum { enumeration } => {
            both(object("enum", &enumeration.name), enum_json(enumeration), Value::Null)
        }
        Change::DropForeignKey { table, foreign_key: key } => {
            both(part("foreignKey", table, &key.name), foreign_key_json(key), Value::Null)
        }
        Change::AddForeignKey { table, foreign_key: key } => {
            both(part("foreignKey", table, &key.name), Value::Null, foreign_key_json(key))
        }
        Change::RenameForeignKey { table, from, to } => {
            both(part("foreignKey", table, &from.name), foreign_key_json(from), foreign_key_json(to))
        }
        Change::DropIndex { table, index } => both(part("index", table, &index.name), index_json(index), Value::Null),
        Change::CreateIndex { table, index, .. } => {
            both(part("index", table, &index.name), Value::Null, index_json(index))
        }
        Change::RenameIndex { table, from, to } => {
            both(part("index", table, &from.name), index_json(from), index_json(to))
        }
        Change::AlterTable { table, changes } => json!({
            "object": object("table", table),
            "changes": changes.iter().map(table_change_json).collect::<Vec<Value>>(),
        }),
        Change::DropTable { table } => both(object("table", &table.name), table_json(table), Value::Null),
        Change::CreateTable { table } => both(object("table", &table.name), Value::Null, table_json(table)),
    }
}

fn alter_enum(change: &EnumChange) -> Value {
    let added = change.added.iter().map(|value| json!({ "value": value.label, "before": value.before }));
    json!({
        "object": object("enum", &change.to.name),
        "before": enum_json(&change.from),
        "after": enum_json(&change.to),
        "added": added.collect::<Vec<Value>>(),
        "removed": change.removed,
        "replaced": change.swap.is_some(),
    })
}

fn table_change_json(change: &TableChange) -> Value {
    let one = |kind: &str, name: &str, before: Value, after: Value| json!({ "kind": kind, "name": name, "before": before, "after": after });
    match change {
        TableChange::DropPrimaryKey { primary_key: key } => {
            one("DropPrimaryKey", &key.name, primary_key_json(key), Value::Null)
        }
        TableChange::AddPrimaryKey { primary_key: key } => {
            one("AddPrimaryKey", &key.name, Value::Null, primary_key_json(key))
        }
        TableChange::RenamePrimaryKey { from, to } => {
            one("RenamePrimaryKey", &from.name, primary_key_json(from), primary_key_json(to))
        }
        TableChange::DropColumn { column } => one("DropColumn", &column.name, column_json(column), Value::Null),
        TableChange::AddColumn { column } => one("AddColumn", &column.name, Value::Null, column_json(column)),
        TableChange::AlterColumn(change) => column_change("AlterColumn", change),
        TableChange::RecreateColumn(change) => column_change("RecreateColumn", change),
    }
}

fn column_change(kind: &str, change: &ColumnChange) -> Value {
    let differences = [
        ("arity", change.arity),
        ("default", change.default),
        ("type", change.ty.is_some()),
        ("autoincrement", change.autoincrement),
    ];
    json!({
        "kind": kind,
        "name": change.from.name,
        "before": column_json(&change.from),
        "after": column_json(&change.to),
        "differences": differences.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect::<Vec<_>>(),
        "cast": change.ty.map(|ty| match ty {
            TypeChange::Safe => "safe",
            TypeChange::Risky => "risky",
            TypeChange::NotCastable => "none",
        }),
    })
}

fn name_json(name: &QualifiedName) -> Value {
    json!({ "schema": name.namespace, "name": name.name })
}

fn object(ty: &str, name: &QualifiedName) -> Value {
    json!({ "type": ty, "schema": name.namespace, "name": name.name })
}

fn part(ty: &str, table: &QualifiedName, name: &str) -> Value {
    json!({ "type": ty, "schema": table.namespace, "table": table.name, "name": name })
}

fn extension_object(extension: &Extension) -> Value {
    json!({ "type": "extension", "name": extension.name })
}

fn extension_json(extension: &Extension) -> Value {
    json!({ "schema": extension.namespace, "version": extension.version })
}

fn enum_json(enumeration: &Enum) -> Value {
    json!({ "values": enumeration.values })
}

fn table_json(table: &Table) -> Value {
    json!({
        "columns": table.columns.iter().map(column_json).collect::<Vec<Value>>(),
        "primaryKey": table.primary_key.as_ref().map(primary_key_json),
    })
}

fn column_json(column: &Column) -> Value {
    json!({
        "name": column.name,
        "type": column_type(column),
        "arity": match column.arity {
            ColumnArity::Required => "required",
            ColumnArity::Nullable => "nullable",
            ColumnArity::List => "list",
        },
        "default": column_default(column),
        "autoincrement": column.autoincrement,
        "identity": column.identity.map(|identity| match identity {
            Identity::Always => "always",
            Identity::ByDefault => "by default",
        }),
        "generated": column.generated,
    })
}

fn primary_key_json(key: &PrimaryKey) -> Value {
    json!({ "name": key.name, "columns": key.columns })
}

fn index_json(index: &Index) -> Value {
    let columns = index.columns.iter().map(|column| {
        json!({
            "name": column.name,
            "order": column.order.map(|order| match order {
                SortOrder::Asc => "asc",
                SortOrder::Desc => "desc",
            }),
            "operatorClass": column.operator_class.as_ref().map(|class| class.name.as_str()),
        })
    });
    json!({
        "name": index.name,
        "unique": index.unique,
        "method": match &index.method {
            IndexMethod::BTree => "btree",
            IndexMethod::Hash => "hash",
            IndexMethod::Gist => "gist",
            IndexMethod::Gin => "gin",
            IndexMethod::SpGist => "spgist",
            IndexMethod::Brin => "brin",
            IndexMethod::Other(name) => name,
        },
        "columns": columns.collect::<Vec<Value>>(),
        "predicate": index.predicate,
    })
}

fn foreign_key_json(key: &ForeignKey) -> Value {
    json!({
        "name": key.name,
        "columns": key.columns,
        "referencedTable": name_json(&key.referenced_table),
        "referencedColumns": key.referenced_columns,
        "onDelete": action_name(key.on_delete),
        "onUpdate": action_name(key.on_update),
    })
}
