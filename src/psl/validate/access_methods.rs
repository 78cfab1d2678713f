//! Which columns and operator classes fit the type of an index (PostgreSQL documentation, chapters 64 to 71).

use crate::dbschema::types::ScalarType;
use crate::psl::ast::FieldArity;
use crate::psl::diagnostics::Diagnostics;
use crate::psl::operator_classes::{self, Columns};
use crate::psl::resolve::{Field, Index, IndexKind, KeyField, Model, OperatorClass, Type};
use crate::psl::schema::IndexMethod;

/// Native types that a BRIN index has a default operator class for.
const BRIN_NATIVE_TYPES: [&str; 20] = [
    "SmallInt",
    "Integer",
    "BigInt",
    "Decimal",
    "Inet",
    "Oid",
    "Real",
    "DoublePrecision",
    "VarChar",
    "Char",
    "Text",
    "ByteA",
    "Timestamp",
    "Timestamptz",
    "Date",
    "Time",
    "Timetz",
    "Bit",
    "VarBit",
    "Uuid",
];

/// Checks the columns of an index against its type.
pub(super) fn check(model: &Model<'_>, index: &Index<'_>, diagnostics: &mut Diagnostics) {
    if index.kind != IndexKind::Normal {
        return;
    }
    let span = index.attribute.span;
    let method = index.method.unwrap_or(IndexMethod::BTree);
    if method == IndexMethod::SpGist && index.fields.len() != 1 {
        diagnostics.error(span, "an index of type `SpGist` has exactly one column").help("make one index per column");
    }
    for column in &index.fields {
        if let Err((message, help)) = check_column(model.field(column.field), column, method) {
            diagnostics.error(span, message).help(help);
        }
    }
}

/// `Err` has the message and what to do.
fn check_column(field: &Field<'_>, column: &KeyField<'_>, method: IndexMethod) -> Result<(), (String, String)> {
    let name = field.name();
    match column.operator_class {
        Some(OperatorClass::Raw(_)) => Ok(()),
        Some(OperatorClass::Known(class)) => match operator_classes::find(class) {
            Some(info) if !info.methods.contains(&method) => {
                let methods: Vec<_> = info.methods.iter().map(|method| format!("`{}`", method.name())).collect();
                let message = format!("operator class `{class}` does not fit an index of type `{}`", method.name());
                Err((message, format!("it is for indexes of type {}", methods.join(" and "))))
            }
            Some(info) if !fits(field, &info.columns) => {
                let message = format!("operator class `{class}` does not fit field `{name}`");
                Err((message, describe(&info.columns)))
            }
            Some(_) | None => Ok(()),
        },
        None if has_default_class(field, method) => Ok(()),
        None => Err((
            format!("field `{name}` has no default operator class for an index of type `{}`", method.name()),
            "choose a class by `ops:`, such as `ops: raw(\"…\")`, or another type of index".to_owned(),
        )),
    }
}

fn fits(field: &Field<'_>, columns: &Columns) -> bool {
    let (native, scalar) = match column_type(field) {
        ColumnType::Native(native) => (Some(native), None),
        ColumnType::Scalar(ty) => (None, Some(ty)),
        ColumnType::Unsupported | ColumnType::Other => (None, None),
    };
    columns.fit(field.arity == FieldArity::List, native, scalar)
}

fn describe(columns: &Columns) -> String {
    match columns {
        Columns::Lists => "it is for lists".to_owned(),
        Columns::Types(scalar, natives) => {
            let scalar = scalar.iter().map(|scalar| format!("`{}`", scalar.name()));
            let natives = natives.iter().map(|native| format!("`@db.{native}`"));
            format!("it is for {}", scalar.chain(natives).collect::<Vec<_>>().join(", "))
        }
    }
}

/// What an access method looks at.
enum ColumnType<'a> {
    /// `@db.…` as written.
    Native(&'a str),
    /// A built-in type without `@db.…`.
    Scalar(ScalarType),
    Unsupported,
    /// An enum.
    Other,
}

fn column_type<'a>(field: &Field<'a>) -> ColumnType<'a> {
    let Some(scalar) = field.scalar() else { return ColumnType::Other };
    // A native type that does not exist is reported where it stands.
    match (scalar.native_type.filter(|native| native.resolve().is_some()), scalar.ty) {
        (Some(native), Type::Scalar(_)) => ColumnType::Native(native.name()),
        (None, Type::Scalar(ty)) => ColumnType::Scalar(ty),
        (_, Type::Unsupported(_)) => ColumnType::Unsupported,
        (_, Type::Enum(_) | Type::Composite(_)) => ColumnType::Other,
    }
}

/// Whether an index of this type can have the column without `ops`.
fn has_default_class(field: &Field<'_>, method: IndexMethod) -> bool {
    use ScalarType as S;
    let ty = column_type(field);
    match method {
        IndexMethod::BTree | IndexMethod::Hash => true,
        IndexMethod::Gist => {
            let has_native_type = field.scalar().is_some_and(|scalar| scalar.native_type.is_some());
            !has_native_type && matches!(ty, ColumnType::Scalar(S::String) | ColumnType::Unsupported)
        }
        IndexMethod::Gin => {
            field.arity == FieldArity::List
                || matches!(ty, ColumnType::Scalar(S::Json) | ColumnType::Native("JsonB") | ColumnType::Unsupported)
        }
        IndexMethod::SpGist => matches!(
            ty,
            ColumnType::Scalar(S::String)
                | ColumnType::Native("Text" | "VarChar" | "Char" | "Inet")
                | ColumnType::Unsupported
        ),
        IndexMethod::Brin => match ty {
            ColumnType::Unsupported
            | ColumnType::Scalar(S::Int | S::BigInt | S::Float | S::Decimal | S::String | S::DateTime | S::Bytes) => {
                true
            }
            ColumnType::Native(name) => BRIN_NATIVE_TYPES.contains(&name),
            ColumnType::Scalar(S::Boolean | S::Json) | ColumnType::Other => false,
        },
    }
}
