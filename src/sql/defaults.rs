//! Defaults as SQL.

use std::fmt::Write as _;

use super::Naming;
use super::create::type_name;
use super::quote::{Literal, Qualified};
use crate::dbschema::{Column, ColumnType, DefaultValue, Value};

/// ` DEFAULT …`, or nothing.
pub(super) fn default_clause(column: &Column, naming: Naming<'_>) -> String {
    default_expression(column, naming).map_or_else(String::new, |sql| format!(" DEFAULT {sql}"))
}

/// What stands behind `DEFAULT`; `None` if there is nothing to write.
pub(super) fn default_expression(column: &Column, naming: Naming<'_>) -> Option<String> {
    match column.default.as_ref()? {
        DefaultValue::Value(Value::List(values)) => {
            let elements: Vec<String> = values.iter().map(constant).collect();
            Some(format!("ARRAY[{}]::{}", elements.join(", "), type_name(column, naming)))
        }
        DefaultValue::Value(value) => Some(constant(value)),
        DefaultValue::Now => Some("CURRENT_TIMESTAMP".to_owned()),
        DefaultValue::DbGenerated(text) => text.clone(),
        DefaultValue::Sequence(_) => None,
    }
}

/// What stands behind `DEFAULT`, names qualified; also that of a column that a sequence numbers.
pub(crate) fn column_default(column: &Column) -> Option<String> {
    match &column.default {
        Some(DefaultValue::Sequence(Some(name))) => Some(format!("nextval({})", Literal(&Qualified(name).to_string()))),
        _ => default_expression(column, Naming::default()),
    }
}

/// The value that rows get from a default, as an expression; that of an enum as a text. `None` if there is no default
/// or only the server knows its values.
pub(crate) fn default_value(column: &Column) -> Option<String> {
    let ty = match &column.ty {
        ColumnType::Enum(_) => "text".to_owned(),
        ColumnType::Native(_) | ColumnType::Unsupported(_) => type_name(column, Naming::default()),
    };
    let value = default_expression(column, Naming::default())?;
    Some(format!("CAST({value} AS {ty})"))
}

/// A constant for comparison with an expression of the catalog, all names qualified.
pub(crate) fn default_text(value: &Value, column: &Column) -> String {
    match value {
        Value::List(values) => {
            let elements: Vec<String> = values.iter().map(constant).collect();
            format!("ARRAY[{}]::{}", elements.join(", "), type_name(column, Naming::default()))
        }
        value => constant(value),
    }
}

fn constant(value: &Value) -> String {
    match value {
        Value::Int(number) | Value::BigInt(number) => number.to_string(),
        Value::Decimal(digits) => digits.clone(),
        Value::Boolean(value) => value.to_string(),
        Value::String(text) | Value::Enum(text) | Value::Json(text) => Literal(text).to_string(),
        Value::Bytes(bytes) => {
            let mut hex = String::with_capacity(bytes.len() * 2 + 2);
            hex.push_str("\\x");
            for byte in bytes {
                let _ = write!(hex, "{byte:02x}");
            }
            Literal(&hex).to_string()
        }
        Value::DateTime(text) => Literal(&spaced(text)).to_string(),
        // There are no lists in lists.
        Value::List(values) => format!("ARRAY[{}]", values.iter().map(constant).collect::<Vec<_>>().join(", ")),
    }
}

/// RFC 3339 with blanks instead of `T` and before the offset.
fn spaced(time: &str) -> String {
    let text = time.replacen('T', " ", 1);
    match text.get(11..).and_then(|clock| clock.find(['+', '-'])) {
        Some(offset) => {
            let (head, offset) = text.split_at(11 + offset);
            format!("{head} {offset}")
        }
        None => text,
    }
}
