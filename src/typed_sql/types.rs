//! The kinds of values that clients tell apart. Names are those of Prisma's clients.

use tokio_postgres::types::{Kind, Type};

use crate::db::{Connection, DbError};
use crate::sql::quote::Statement;

/// The names of scalar types in `@param`, with their kinds.
pub(super) const SCALARS: [(&str, &str); 9] = [
    ("Int", "int"),
    ("BigInt", "bigint"),
    ("Float", "double"),
    ("Boolean", "bool"),
    ("String", "string"),
    ("DateTime", "datetime"),
    ("Json", "json"),
    ("Bytes", "bytes"),
    ("Decimal", "decimal"),
];

/// The names of all enums.
pub(super) async fn enums(db: &mut Connection) -> Result<Vec<String>, DbError> {
    let question = "SELECT DISTINCT typname FROM pg_catalog.pg_type WHERE typtype = 'e' ORDER BY 1";
    let rows = db.rows(&Statement::built(question.to_owned())).await?;
    Ok(rows.iter().filter_map(|row| row.get("typname").map(str::to_owned)).collect())
}

/// The kind of a parameter. That of an enum is text.
pub(super) fn of_parameter(ty: &Type) -> &'static str {
    match ty.kind() {
        Kind::Domain(base) => of_parameter(base),
        Kind::Array(element) => list(of_parameter(element)),
        _ => scalar(ty),
    }
}

/// The kind of a column. That of an enum is its name.
pub(super) fn of_column(ty: &Type) -> &str {
    match ty.kind() {
        Kind::Enum(_) => ty.name(),
        Kind::Domain(base) => of_column(base),
        _ => of_parameter(ty),
    }
}

fn scalar(ty: &Type) -> &'static str {
    match *ty {
        Type::BOOL => "bool",
        Type::INT2 | Type::INT4 => "int",
        Type::INT8 | Type::OID => "bigint",
        Type::FLOAT4 => "float",
        Type::FLOAT8 => "double",
        Type::BYTEA => "bytes",
        Type::NUMERIC | Type::MONEY => "decimal",
        Type::TIMESTAMP | Type::TIMESTAMPTZ => "datetime",
        Type::DATE => "date",
        Type::TIME | Type::TIMETZ => "time",
        Type::UUID => "uuid",
        Type::JSON | Type::JSONB => "json",
        Type::XML => "xml",
        Type::CHAR => "char",
        // Clients get everything else as PostgreSQL writes it.
        _ => "string",
    }
}

fn list(element: &str) -> &'static str {
    match element {
        "bool" => "bool-array",
        "int" => "int-array",
        "bigint" => "bigint-array",
        "float" => "float-array",
        "double" => "double-array",
        "bytes" => "bytes-array",
        "decimal" => "decimal-array",
        "datetime" => "datetime-array",
        "date" => "date-array",
        "time" => "time-array",
        "uuid" => "uuid-array",
        "json" => "json-array",
        _ => "string-array",
    }
}
