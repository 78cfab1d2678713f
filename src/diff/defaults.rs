//! When two defaults are the same.

use super::expression;
use crate::dbschema::{Column, ColumnArity, ColumnType, DefaultValue, Origin, Value, types::NativeType};

/// Whether the default stays. What only the server could decide counts as the same, so that no difference is
/// reported for ever.
pub(super) fn same_default(from: (&Column, Origin), to: (&Column, Origin)) -> bool {
    use DefaultValue as D;
    let ((from, _), (to, _)) = (from, to);
    match (&from.default, &to.default) {
        // The change of `autoincrement` speaks for these.
        (None, None) | (Some(D::Sequence(_)), None) | (_, Some(D::Sequence(_) | D::DbGenerated(None))) => true,
        (Some(D::Now), Some(D::Now)) => true,
        (Some(D::Sequence(_)), Some(_)) => false,
        (Some(D::Value(a)), Some(D::Value(b))) => same_value(a, b, to),
        (Some(D::DbGenerated(Some(a))), Some(b)) => same_text(a, b, to),
        (Some(a), Some(D::DbGenerated(Some(b)))) => same_text(b, a, to),
        (Some(D::DbGenerated(None)), _) | (Some(D::Value(_)), Some(D::Now)) | (Some(D::Now), Some(D::Value(_))) => {
            false
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}

fn same_value(a: &Value, b: &Value, column: &Column) -> bool {
    match (a, b) {
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_value(a, b, column))
        }
        (Value::Int(a) | Value::BigInt(a), Value::Int(b) | Value::BigInt(b)) => a == b,
        (Value::Json(a), Value::Json(b) | Value::String(b)) | (Value::String(a), Value::Json(b)) => same_json(a, b),
        (Value::String(a), Value::String(b)) if is_json(column) => same_json(a, b),
        (Value::Decimal(a), Value::Decimal(b)) => same_number(a, b),
        (Value::Decimal(a), Value::Int(b) | Value::BigInt(b))
        | (Value::Int(b) | Value::BigInt(b), Value::Decimal(a)) => same_number(a, &b.to_string()),
        (Value::DateTime(a), Value::DateTime(b)) => expression::same_time(a, b, column),
        (Value::DateTime(a) | Value::String(a), Value::DateTime(b) | Value::String(b)) if is_time(column) => {
            expression::same_time(a, b, column)
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
    let other_text = match other {
        DefaultValue::DbGenerated(Some(other)) if text.eq_ignore_ascii_case(other) => return true,
        DefaultValue::DbGenerated(Some(other)) => other.clone(),
        DefaultValue::Now => "now()".to_owned(),
        DefaultValue::Value(Value::List(_)) if is_time(column) => return true,
        DefaultValue::Value(value) => {
            if let (true, Value::DateTime(time)) = (is_time(column), value) {
                return expression::literal_text(text).is_none_or(|text| expression::same_time(&text, time, column));
            }
            crate::sql::default_text(value, column)
        }
        DefaultValue::Sequence(_) | DefaultValue::DbGenerated(None) => return true,
    };
    let is_list = column.arity == ColumnArity::List;
    expression::same(text, &other_text, is_list)
}
