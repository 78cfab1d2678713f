//! When two defaults are the same.

use super::expression::{self, Expression};
use super::time::same_time;
use crate::dbschema::{Column, ColumnArity, ColumnType, DefaultValue, Origin, Value, types::NativeType};

/// Whether the default stays. What only the server could decide counts as the same, so that no difference is
/// reported for ever.
#[expect(clippy::unnested_or_patterns, clippy::match_same_arms, reason = "a table: rows stay apart")]
pub(super) fn same_default(from: (&Column, Origin), to: (&Column, Origin)) -> bool {
    use DefaultValue as D;
    let ((from, from_origin), (to, to_origin)) = (from, to);
    match (&from.default, &to.default) {
        // The change of `autoincrement` speaks for these.
        (None, None) | (Some(D::Sequence(_)), None) | (_, Some(D::Sequence(_) | D::DbGenerated(None))) => true,
        (Some(D::Now), Some(D::Now)) => true,
        (Some(D::Sequence(Some(name))), Some(D::DbGenerated(Some(text)))) => {
            sequence_of(text).is_some_and(|other| other == name.name)
        }
        (Some(D::Sequence(_)), Some(_)) => false,
        (Some(D::Value(Value::List(a))), Some(D::Value(Value::List(b)))) => {
            // Prisma compares the texts of schema files here, although it reads those of one value.
            let as_written = (from_origin, to_origin) == (Origin::Psl, Origin::Psl);
            let same = |(a, b): (&Value, &Value)| match (a, b) {
                (Value::Json(a), Value::Json(b)) if as_written => a == b,
                _ => same_value(a, b, to),
            };
            a.len() == b.len() && a.iter().zip(b).all(same)
        }
        (Some(D::Value(a)), Some(D::Value(b))) => same_value(a, b, to),
        (Some(D::DbGenerated(Some(a))), Some(b)) => same_text(a, b, to),
        (Some(a), Some(D::DbGenerated(Some(b)))) => same_text(b, a, to),
        (Some(D::DbGenerated(None)), _) | (Some(D::Value(_)), Some(D::Now)) | (Some(D::Now), Some(D::Value(_))) => {
            false
        }
        (None, Some(D::DbGenerated(Some(text)))) | (Some(D::DbGenerated(Some(text))), None) => is_null(text),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

fn same_value(a: &Value, b: &Value, column: &Column) -> bool {
    match (a, b) {
        (Value::Int(a) | Value::BigInt(a), Value::Int(b) | Value::BigInt(b)) => a == b,
        (Value::Json(a), Value::Json(b) | Value::String(b)) | (Value::String(a), Value::Json(b)) => same_json(a, b),
        (Value::String(a), Value::String(b)) if is_json(column) => same_json(a, b),
        (Value::Decimal(a), Value::Decimal(b)) => same_number(a, b),
        (Value::DateTime(a), Value::DateTime(b)) => same_time(a, b, column),
        (Value::DateTime(a) | Value::String(a), Value::DateTime(b) | Value::String(b)) if is_time(column) => {
            same_time(a, b, column)
        }
        _ => a == b,
    }
}

fn is_json(column: &Column) -> bool {
    matches!(column.ty, ColumnType::Native(NativeType::Json | NativeType::JsonB))
}

fn is_time(column: &Column) -> bool {
    matches!(
        column.ty,
        ColumnType::Native(
            NativeType::Timestamp(_)
                | NativeType::Timestamptz(_)
                | NativeType::Date
                | NativeType::Time(_)
                | NativeType::Timetz(_)
        )
    )
}

/// Key order and blanks do not count; what cannot be read is not compared.
fn same_json(a: &str, b: &str) -> bool {
    let (Ok(a), Ok(b)) = (serde_json::from_str::<serde_json::Value>(a), serde_json::from_str::<serde_json::Value>(b))
    else {
        return true;
    };
    a == b
}

fn same_number(a: &str, b: &str) -> bool {
    use std::str::FromStr as _;
    match (bigdecimal::BigDecimal::from_str(a), bigdecimal::BigDecimal::from_str(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// Whether an expression means the same as another default.
fn same_text(text: &str, other: &DefaultValue, column: &Column) -> bool {
    let other = match other {
        DefaultValue::DbGenerated(Some(other)) => return expression::same(text, other),
        DefaultValue::Now => return expression::same(text, "now()"),
        DefaultValue::Value(Value::List(times)) if is_time(column) => return same_times(text, times, column),
        DefaultValue::Value(value) => value,
        DefaultValue::Sequence(_) | DefaultValue::DbGenerated(None) => return true,
    };
    if let Some(Expression::Text(text)) = expression::read(text) {
        match (other, &column.ty) {
            (Value::DateTime(time), _) if is_time(column) => return same_time(&text, time, column),
            (Value::Json(json) | Value::String(json), _) if is_json(column) => return same_json(&text, json),
            (Value::String(uuid), ColumnType::Native(NativeType::Uuid)) => return same_uuid(&text, uuid),
            _ => {}
        }
    }
    let other = crate::sql::default_text(other, column);
    match &column.ty {
        // A text such as `'{1,2}'` is an array only by its type.
        ColumnType::Native(ty) if column.arity == ColumnArity::List => {
            expression::same(&format!("({text})::{}[]", ty.info().sql), &other)
        }
        _ => expression::same(text, &other),
    }
}

/// Whether an array consists of these times; what cannot be read is not compared.
fn same_times(text: &str, times: &[Value], column: &Column) -> bool {
    let Some(Expression::Array(elements)) = expression::read(text) else { return true };
    let same = |(element, time): (&Expression, &Value)| match (element, time) {
        (Expression::Text(text), Value::DateTime(time)) => same_time(text, time, column),
        _ => true,
    };
    elements.len() == times.len() && elements.iter().zip(times).all(same)
}

fn same_uuid(a: &str, b: &str) -> bool {
    let digits = |text: &str| text.replace(['-', '{', '}'], "").to_lowercase();
    digits(a) == digits(b)
}

/// Whether a text is `NULL`, which is no default.
pub(crate) fn is_null(text: &str) -> bool {
    matches!(expression::read(text), Some(Expression::Null))
}

/// The sequence in `nextval('…')`, without its namespace.
pub(super) fn sequence_of(text: &str) -> Option<String> {
    let Some(Expression::Call(function, arguments)) = expression::read(text) else { return None };
    let ("nextval", [Expression::Text(name)]) = (function.as_str(), arguments.as_slice()) else { return None };
    let last = name.rsplit('.').next().unwrap_or(name);
    Some(match last.strip_prefix('"').and_then(|l| l.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => last.to_lowercase(),
    })
}
