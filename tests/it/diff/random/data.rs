//! Rows for random tables. A value follows from its type and the number of its row, so that what refers to a row of
//! another table finds it, whatever the relation.

use std::collections::HashSet;
use std::fmt::Write as _;

use evt::dbschema::types::NativeType as N;
use evt::dbschema::{Column, ColumnArity, ColumnType, DbSchema, QualifiedName, Table};
use evt::diff::Change;
use evt::sql::quote::{Ident, Literal, Qualified};

/// SQL that empties all tables and puts rows into them: two, or one where an enum of one value has to be unique, now
/// or after the change. The second row has NULLs.
pub(crate) fn rows(now: &DbSchema, then: &DbSchema) -> String {
    let count = if [now, then].into_iter().any(has_narrow_key) { 1 } else { 2 };
    // Foreign keys go round in circles; the rows refer to one another once they are all there.
    let mut sql = String::from("SET session_replication_role = replica;\n");
    for table in &now.tables {
        let _ = writeln!(sql, "DELETE FROM {};", Qualified(&table.name));
        for row in 1..=count {
            let values: Vec<String> = table.columns.iter().map(|column| value(now, column, row)).collect();
            let names: Vec<String> = table.columns.iter().map(|column| Ident(&column.name).to_string()).collect();
            let _ = writeln!(
                sql,
                "INSERT INTO {} ({}) VALUES ({});",
                Qualified(&table.name),
                names.join(", "),
                values.join(", ")
            );
        }
    }
    sql.push_str("SET session_replication_role = origin;\n");
    sql
}

/// Whether some key consists of nothing but enums of one value.
fn has_narrow_key(schema: &DbSchema) -> bool {
    let narrow = |table: &Table, columns: &[String]| {
        columns.iter().filter_map(|name| table.column(name)).all(|column| match &column.ty {
            ColumnType::Enum(name) => labels(schema, name).len() < 2,
            ColumnType::Native(_) | ColumnType::Unsupported(_) => false,
        })
    };
    schema.tables.iter().any(|table| {
        let indexes = table.indexes.iter().filter(|index| index.unique);
        let keys = indexes.map(|index| index.columns.iter().map(|c| c.name.clone()).collect());
        let primary = table.primary_key.iter().map(|key| key.columns.clone());
        keys.chain(primary).any(|columns: Vec<String>| narrow(table, &columns))
    })
}

fn labels<'a>(schema: &'a DbSchema, name: &QualifiedName) -> &'a [String] {
    schema.enums.iter().find(|e| e.name == *name).map_or(&[], |e| &e.values)
}

fn value(schema: &DbSchema, column: &Column, row: usize) -> String {
    // `serial` is never nullable.
    if column.arity == ColumnArity::Nullable && row == 2 && !column.autoincrement {
        return "NULL".to_owned();
    }
    let text = match &column.ty {
        ColumnType::Enum(name) => {
            let labels = labels(schema, name);
            labels.get((row - 1) % labels.len().max(1)).cloned().unwrap_or_default()
        }
        ColumnType::Native(ty) => native(*ty, row),
        ColumnType::Unsupported(_) => String::new(),
    };
    let literal = Literal(&text).to_string();
    // An array of one element, quoted for what the text may hold.
    if column.arity == ColumnArity::List {
        let element = text.replace('\\', "\\\\").replace('"', "\\\"");
        return Literal(&format!("{{\"{element}\"}}")).to_string();
    }
    literal
}

fn native(ty: N, row: usize) -> String {
    let bits = |length: u32| {
        let length = usize::try_from(length).unwrap_or(1);
        let mut bits = "0".repeat(length - 1);
        bits.insert(if row == 1 { 0 } else { length - 1 }, '1');
        if length == 1 && row == 2 { "0".to_owned() } else { bits }
    };
    match ty {
        N::SmallInt | N::Integer | N::BigInt | N::Oid | N::Decimal(_) | N::Money | N::Real | N::DoublePrecision => {
            row.to_string()
        }
        N::Text | N::Citext | N::VarChar(_) | N::Char(_) => if row == 1 { "a" } else { "b" }.to_owned(),
        N::Bit(length) => bits(length.unwrap_or(1)),
        N::VarBit(_) => if row == 1 { "1" } else { "0" }.to_owned(),
        N::Uuid => format!("00000000-0000-4000-8000-00000000000{row}"),
        N::Xml => format!("<a{row}/>"),
        N::Inet => format!("10.0.0.{row}"),
        N::Boolean => (row == 1).to_string(),
        N::Timestamp(_) | N::Timestamptz(_) | N::Date => format!("2020-01-0{row} 03:04:05"),
        N::Time(_) | N::Timetz(_) => format!("0{row}:02:03"),
        N::ByteA => format!("\\x0{row}"),
        N::Json | N::JsonB => format!("{{\"a\": {row}}}"),
    }
}

/// The tables that have to be empty: those with changes of which evt's own findings say that they lose the rows, or
/// that the rows stand in their way.
pub(crate) fn in_the_way<'a>(
    from: &'a DbSchema,
    confirmed: impl Iterator<Item = &'a Change>,
) -> HashSet<&'a QualifiedName> {
    let mut tables = HashSet::new();
    for change in confirmed {
        match change {
            Change::AlterTable { table, .. }
            | Change::CreateIndex { table, .. }
            | Change::AddForeignKey { table, .. } => {
                tables.insert(table);
            }
            Change::AlterEnum(change) => {
                let of_enum = |c: &Column| matches!(&c.ty, ColumnType::Enum(name) if *name == change.from.name);
                tables.extend(from.tables.iter().filter(|t| t.columns.iter().any(of_enum)).map(|t| &t.name));
            }
            _ => {}
        }
    }
    tables.retain(|name| from.table(name).is_some());
    tables
}
