//! `@default(…)`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::names::string;
use super::plan::{EnumPlan, FieldPlan, Plan};
use crate::dbschema::types::{NativeType, ScalarType};
use crate::dbschema::{Column, ColumnArity, ColumnType, DefaultValue, QualifiedName, Value};
use crate::psl::schema::{self as psl, ClientFunction, FieldKind};
use crate::sql::quote::{Ident, Literal, Qualified};

/// The argument of `@default`, if there is one.
pub(super) fn default(plan: &Plan<'_>, field: &FieldPlan<'_>) -> Option<String> {
    let column = field.column;
    if column.autoincrement {
        return Some("autoincrement()".to_owned());
    }
    match &column.default {
        None => client_default(field),
        Some(DefaultValue::Now) => Some("now()".to_owned()),
        Some(DefaultValue::Sequence(_)) => Some("autoincrement()".to_owned()),
        Some(DefaultValue::DbGenerated(None)) => Some("dbgenerated()".to_owned()),
        Some(DefaultValue::DbGenerated(Some(text))) => Some(generated(text)),
        Some(DefaultValue::Value(value)) => Some(constant(plan, column, value)),
    }
}

fn generated(expression: &str) -> String {
    if expression.is_empty() { "dbgenerated()".to_owned() } else { format!("dbgenerated({})", string(expression)) }
}

fn constant(plan: &Plan<'_>, column: &Column, value: &Value) -> String {
    let item = match &column.ty {
        ColumnType::Enum(name) => plan.by_enum.get(name).and_then(|at| plan.enums.get(*at)),
        ColumnType::Native(_) | ColumnType::Unsupported(_) => None,
    };
    literal(item, value).unwrap_or_else(|| generated(&enum_expression(plan, column, value)))
}

/// The value in the schema language; `None` for a label whose value cannot be written.
fn literal(item: Option<&EnumPlan<'_>>, value: &Value) -> Option<String> {
    Some(match value {
        Value::Int(number) | Value::BigInt(number) => number.to_string(),
        Value::Decimal(digits) => digits.clone(),
        Value::Boolean(value) => value.to_string(),
        Value::String(text) | Value::Json(text) | Value::DateTime(text) => string(text),
        Value::Bytes(bytes) => string(&STANDARD.encode(bytes)),
        Value::Enum(label) => item?.value(label)?.to_owned(),
        Value::List(values) => {
            let values: Option<Vec<String>> = values.iter().map(|value| literal(item, value)).collect();
            format!("[{}]", values?.join(", "))
        }
    })
}

/// A constant of an enum in SQL.
fn enum_expression(plan: &Plan<'_>, column: &Column, value: &Value) -> String {
    let ty = match &column.ty {
        ColumnType::Enum(name) => type_in_sql(name, &plan.database.default_namespace),
        ColumnType::Native(_) | ColumnType::Unsupported(_) => String::new(),
    };
    let label = |value: &Value| match value {
        Value::Enum(label) => format!("{}", Literal(label)),
        _ => String::new(),
    };
    match value {
        Value::List(values) => {
            let labels: Vec<String> = values.iter().map(label).collect();
            format!("ARRAY[{}]::{ty}[]", labels.join(", "))
        }
        single => format!("{}::{ty}", label(single)),
    }
}

fn type_in_sql(name: &QualifiedName, default_namespace: &str) -> String {
    if name.namespace == default_namespace { Ident(&name.name).to_string() } else { Qualified(name).to_string() }
}

/// What the client makes, if the field had that before and still can: the database has no default of its own.
fn client_default(field: &FieldPlan<'_>) -> Option<String> {
    let FieldKind::Scalar(scalar) = &field.previous?.kind else { return None };
    let Some(psl::DefaultValue::Client(function)) = &scalar.default else { return None };
    let is_text = matches!(&field.column.ty, ColumnType::Native(ty) if ty.info().scalar == ScalarType::String);
    if !is_text || field.column.arity == ColumnArity::List {
        return None;
    }
    Some(match function {
        ClientFunction::Uuid(version) => call("uuid", (*version != 4).then_some(*version)),
        ClientFunction::Cuid(version) => call("cuid", (*version != 1).then_some(*version)),
        ClientFunction::Ulid => call("ulid", None),
        ClientFunction::Nanoid(length) => call("nanoid", *length),
    })
}

fn call(name: &str, argument: Option<u8>) -> String {
    argument.map_or_else(|| format!("{name}()"), |argument| format!("{name}({argument})"))
}

/// Whether `@updatedAt` still fits.
pub(super) fn is_updated_at(field: &FieldPlan<'_>) -> bool {
    let is_time = matches!(&field.column.ty, ColumnType::Native(ty) if ty.info().scalar == ScalarType::DateTime);
    let was = field.previous.is_some_and(|previous| match &previous.kind {
        FieldKind::Scalar(scalar) => scalar.updated_at,
        FieldKind::Relation(_) => false,
    });
    is_time && was && field.column.arity != ColumnArity::List
}

/// `@db.Type(…)`, if it is not what the scalar type comes to anyway.
pub(super) fn native_type(plan: &Plan<'_>, ty: NativeType) -> Option<String> {
    let info = ty.info();
    if info.scalar.default_native_type() == ty {
        return None;
    }
    let arguments: Vec<String> = ty.arguments().iter().map(u32::to_string).collect();
    let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
    Some(format!("@{}.{}{arguments}", plan.settings.datasource, info.name))
}
