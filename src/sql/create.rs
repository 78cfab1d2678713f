//! `CREATE …` and the parts it is made of.

use std::fmt::Write as _;

use super::Naming;
use super::defaults::default_clause;
use super::quote::{Ident, Literal};
use crate::dbschema::types::NativeType;
use crate::dbschema::{
    Column, ColumnArity, ColumnType, Extension, ForeignKey, ForeignKeyAction, Index, IndexMethod, QualifiedName,
    SortOrder, Table,
};

pub(super) fn extension(extension: &Extension) -> String {
    let mut sql = format!("CREATE EXTENSION IF NOT EXISTS {}", Ident(&extension.name));
    if extension.namespace.is_some() || extension.version.is_some() {
        sql.push_str(" WITH");
    }
    if let Some(namespace) = &extension.namespace {
        let _ = write!(sql, " SCHEMA {}", Ident(namespace));
    }
    if let Some(version) = &extension.version {
        let _ = write!(sql, " VERSION {}", Ident(version));
    }
    sql
}

pub(super) fn table(table: &Table, naming: Naming<'_>) -> String {
    let mut sql = format!("CREATE TABLE {} (\n", naming.name(&table.name));
    let columns: Vec<String> = table.columns.iter().map(|c| format!("    {}", column(c, naming))).collect();
    sql.push_str(&columns.join(",\n"));
    if let Some(key) = &table.primary_key {
        let _ =
            write!(sql, ",\n\n    CONSTRAINT {} PRIMARY KEY ({})", Ident(&key.name), identifiers(&key.columns, ","));
    }
    sql.push_str("\n)");
    sql
}

/// A column as in `CREATE TABLE`, without indentation.
pub(super) fn column(column: &Column, naming: Naming<'_>) -> String {
    let not_null = if column.arity == ColumnArity::Required { " NOT NULL" } else { "" };
    let ty = serial_type(column).map_or_else(|| type_name(column, naming), str::to_owned);
    format!("{} {ty}{not_null}{}", Ident(&column.name), default_clause(column, naming))
}

/// The pseudo-type of a column that the server numbers.
fn serial_type(column: &Column) -> Option<&'static str> {
    if !column.autoincrement || column.arity == ColumnArity::List {
        return None;
    }
    match &column.ty {
        ColumnType::Native(NativeType::SmallInt) => Some("SMALLSERIAL"),
        ColumnType::Native(NativeType::Integer) => Some("SERIAL"),
        ColumnType::Native(NativeType::BigInt) => Some("BIGSERIAL"),
        ColumnType::Native(_) | ColumnType::Enum(_) | ColumnType::Unsupported(_) => None,
    }
}

/// The type with its arity, its name qualified.
pub(crate) fn column_type(column: &Column) -> String {
    type_name(column, Naming::default())
}

/// The type with its arity: `VARCHAR(10)[]`.
pub(super) fn type_name(column: &Column, naming: Naming<'_>) -> String {
    let mut sql = match &column.ty {
        ColumnType::Native(ty) => native_type(*ty),
        ColumnType::Enum(name) => naming.name(name).to_string(),
        // A list is pulled by the name of its type in the catalog, which is that of an element behind a line.
        ColumnType::Unsupported(text) if column.arity == ColumnArity::List => {
            text.strip_prefix('_').unwrap_or(text).to_owned()
        }
        ColumnType::Unsupported(text) => text.clone(),
    };
    if column.arity == ColumnArity::List {
        sql.push_str("[]");
    }
    sql
}

pub(super) fn native_type(ty: NativeType) -> String {
    let arguments: Vec<String> = ty.arguments().iter().map(u32::to_string).collect();
    let name = ty.info().sql;
    if arguments.is_empty() { name.to_owned() } else { format!("{name}({})", arguments.join(",")) }
}

pub(super) fn index(table: &QualifiedName, index: &Index, naming: Naming<'_>) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let mut sql = format!("CREATE {unique}INDEX {} ON {}", Ident(&index.name), naming.name(table));
    sql.push_str(match &index.method {
        IndexMethod::BTree => "",
        IndexMethod::Hash => " USING HASH ",
        IndexMethod::Gist => " USING GIST ",
        IndexMethod::Gin => " USING GIN ",
        IndexMethod::SpGist => " USING SPGIST ",
        IndexMethod::Brin => " USING BRIN ",
        IndexMethod::Other(_) => " USING ",
    });
    if let IndexMethod::Other(name) = &index.method {
        let _ = write!(sql, "{} ", Ident(name));
    }
    let columns: Vec<String> = index
        .columns
        .iter()
        .map(|column| {
            let class = column.operator_class.as_ref().map_or_else(String::new, |class| format!(" {}", class.name));
            let order = match column.order {
                Some(SortOrder::Asc) => " ASC",
                Some(SortOrder::Desc) => " DESC",
                None => "",
            };
            format!("{}{class}{order}", Ident(&column.name))
        })
        .collect();
    let _ = write!(sql, "({})", columns.join(", "));
    if let Some(predicate) = &index.predicate {
        let wrapped = predicate.starts_with('(') && predicate.ends_with(')');
        let _ = if wrapped { write!(sql, " WHERE {predicate}") } else { write!(sql, " WHERE ({predicate})") };
    }
    sql
}

pub(super) fn foreign_key(table: &QualifiedName, key: &ForeignKey, naming: Naming<'_>) -> String {
    format!(
        "ALTER TABLE {} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {}({}) ON DELETE {} ON UPDATE {}",
        naming.name(table),
        Ident(&key.name),
        identifiers(&key.columns, ", "),
        naming.name(&key.referenced_table),
        identifiers(&key.referenced_columns, ", "),
        action(key.on_delete),
        action(key.on_update),
    )
}

/// As in `ON DELETE …`.
pub(crate) const fn action(action: ForeignKeyAction) -> &'static str {
    match action {
        ForeignKeyAction::NoAction => "NO ACTION",
        ForeignKeyAction::Restrict => "RESTRICT",
        ForeignKeyAction::Cascade => "CASCADE",
        ForeignKeyAction::SetNull => "SET NULL",
        ForeignKeyAction::SetDefault => "SET DEFAULT",
    }
}

/// Quoted names in a row.
pub(super) fn identifiers(names: &[String], separator: &str) -> String {
    names.iter().map(|name| Ident(name).to_string()).collect::<Vec<_>>().join(separator)
}

/// Quoted texts in a row.
pub(super) fn literals(texts: &[String]) -> String {
    texts.iter().map(|text| Literal(text).to_string()).collect::<Vec<_>>().join(", ")
}
