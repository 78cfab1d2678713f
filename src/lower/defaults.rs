//! `@default(…)` → the default of a column.

use std::str::FromStr as _;

use base64::Engine as _;
use bigdecimal::BigDecimal;

use super::Scope;
use crate::dbschema::types::ScalarType;
use crate::dbschema::{DefaultValue, Value};
use crate::psl::schema::{self as psl, FieldType, Literal, ScalarField};

impl Scope<'_> {
    pub(super) fn default(self, scalar: &ScalarField) -> Option<DefaultValue> {
        Some(match scalar.default.as_ref()? {
            psl::DefaultValue::Literal(literal) => DefaultValue::Value(self.value(&scalar.ty, literal)),
            psl::DefaultValue::List(literals) => {
                DefaultValue::Value(Value::List(literals.iter().map(|l| self.value(&scalar.ty, l)).collect()))
            }
            psl::DefaultValue::Now => DefaultValue::Now,
            psl::DefaultValue::Autoincrement => DefaultValue::Sequence(None),
            psl::DefaultValue::DbGenerated(text) => DefaultValue::DbGenerated(text.clone()),
            psl::DefaultValue::Client(_) => return None,
        })
    }

    /// A literal by the type of its field. Validation has made sure that the two fit; should they not, the text is
    /// kept, so that nothing is lost silently.
    fn value(self, ty: &FieldType, literal: &Literal) -> Value {
        match literal {
            Literal::Boolean(value) => Value::Boolean(*value),
            Literal::EnumValue(name) => Value::Enum(self.label(ty, name)),
            Literal::Number(text) | Literal::String(text) => match ty {
                FieldType::Scalar(scalar) => constant(*scalar, text),
                FieldType::Enum(_) => Value::Enum(self.label(ty, text)),
                FieldType::Unsupported(_) => Value::String(text.clone()),
            },
        }
    }

    fn label(self, ty: &FieldType, name: &str) -> String {
        let FieldType::Enum(id) = ty else { return name.to_owned() };
        let values = &self.schema.enumeration(*id).values;
        values.iter().find(|v| v.name == name).map_or(name, |v| v.database_name()).to_owned()
    }
}

fn constant(scalar: ScalarType, text: &str) -> Value {
    let parsed = match scalar {
        ScalarType::Int => text.parse().ok().map(Value::Int),
        ScalarType::BigInt => text.parse().ok().map(Value::BigInt),
        ScalarType::Float | ScalarType::Decimal => plain_decimal(text).map(Value::Decimal),
        ScalarType::DateTime => rfc3339(text).map(Value::DateTime),
        ScalarType::Bytes => base64::prelude::BASE64_STANDARD.decode(text).ok().map(Value::Bytes),
        ScalarType::Json => Some(Value::Json(text.to_owned())),
        ScalarType::String => None,
        ScalarType::Boolean => text.parse().ok().map(Value::Boolean),
    };
    parsed.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Digits without exponent and without leading zeros; trailing zeros stay. `None` if it is no number.
fn plain_decimal(text: &str) -> Option<String> {
    /// Above it an exponent would turn a short text into a very long one.
    const MAX_DIGITS: i64 = 200_000;
    let number = BigDecimal::from_str(text).ok()?;
    (number.fractional_digit_count().abs() < MAX_DIGITS).then(|| number.to_plain_string())
}

/// The one RFC 3339 form used here: `T` between date and time, 0, 3, 6 or 9 digits of a fraction (the fewest that
/// hold it), and a numeric offset. `None` if it is no such time.
fn rfc3339(text: &str) -> Option<String> {
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (clock, rest) = rest.split_at_checked(8)?;
    let (fraction, offset) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?),
        None => ("", rest),
    };
    let offset = if matches!(offset, "Z" | "z") { "+00:00" } else { offset };
    let significant = fraction.trim_end_matches('0').len().min(9);
    let digits = significant.next_multiple_of(3);
    let mut out = format!("{date}T{clock}");
    if digits > 0 {
        out.push('.');
        out.extend(fraction.chars().chain(std::iter::repeat('0')).take(digits));
    }
    out.push_str(offset);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals() {
        for (text, expected) in [
            ("1.50", Some("1.50")),
            ("007", Some("7")),
            ("-0.5", Some("-0.5")),
            ("1e10", Some("10000000000")),
            ("1E-3", Some("0.001")),
            ("9.990", Some("9.990")),
            (".5", Some("0.5")),
            ("+1", Some("1")),
            ("1_000", Some("1000")),
            ("1e999999999", None),
            ("x", None),
        ] {
            assert_eq!(plain_decimal(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn times() {
        for (text, expected) in [
            ("2020-01-02T03:04:05Z", Some("2020-01-02T03:04:05+00:00")),
            ("2020-01-02T03:04:05.678z", Some("2020-01-02T03:04:05.678+00:00")),
            ("2020-01-02 03:04:05.6+02:00", Some("2020-01-02T03:04:05.600+02:00")),
            ("2020-01-02t03:04:05.1234567890Z", Some("2020-01-02T03:04:05.123456789+00:00")),
            ("2020-01-02T03:04:05.000Z", Some("2020-01-02T03:04:05+00:00")),
            ("today", None),
        ] {
            assert_eq!(rfc3339(text).as_deref(), expected, "{text}");
        }
    }
}
