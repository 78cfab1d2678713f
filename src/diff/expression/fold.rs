//! What carries no meaning is dropped while an expression is put together.

use std::str::FromStr as _;

use bigdecimal::BigDecimal;

use super::Expression as E;

pub(super) fn number(digits: &str) -> E {
    /// Longer numbers are kept as they are written.
    const MAX_DIGITS: i64 = 10_000;
    match BigDecimal::from_str(digits) {
        Ok(number) if number.fractional_digit_count().abs() < MAX_DIGITS => {
            E::Number(number.normalized().to_plain_string())
        }
        Ok(_) | Err(_) => E::Number(digits.to_lowercase()),
    }
}

pub(super) fn negated(operand: E) -> E {
    match operand {
        E::Number(digits) => match digits.strip_prefix('-') {
            Some(positive) => E::Number(positive.to_owned()),
            None if digits == "0" => E::Number(digits),
            None => E::Number(format!("-{digits}")),
        },
        other => E::Call("-".to_owned(), vec![other]),
    }
}

pub(super) fn not(operand: E) -> E {
    E::Call("not".to_owned(), vec![operand])
}

pub(super) fn name(name: String) -> E {
    match name.as_str() {
        "current_timestamp" => E::Call("now".to_owned(), Vec::new()),
        _ => E::Name(name),
    }
}

pub(super) fn call(name: &str, arguments: Vec<E>) -> E {
    match name {
        "transaction_timestamp" if arguments.is_empty() => E::Call("now".to_owned(), arguments),
        _ => E::Call(name.to_owned(), arguments),
    }
}

pub(super) fn binary(operator: &str, left: E, right: E) -> E {
    match (operator, right) {
        ("=", E::Boolean(true)) => left,
        ("=", E::Boolean(false)) => not(left),
        (_, right) => E::Call(operator.to_owned(), vec![left, right]),
    }
}

/// `AND` and `OR`: parentheses do not count. The order of the terms does, as with Prisma; the server keeps it.
pub(super) fn joined(operator: &str, left: E, right: E) -> E {
    let mut terms = Vec::new();
    for side in [left, right] {
        match side {
            E::Call(name, inner) if name == operator => terms.extend(inner),
            other => terms.push(other),
        }
    }
    E::Call(operator.to_owned(), terms)
}

/// `= ANY (…)`, `<> ALL (…)`; with a single element it is the plain comparison.
pub(super) fn quantified(operator: &str, quantifier: &str, left: E, right: E) -> E {
    match right {
        E::Array(mut elements) if elements.len() == 1 => match elements.pop() {
            Some(element) => binary(operator, left, element),
            None => left,
        },
        other => E::Call(format!("{operator} {quantifier}"), vec![left, other]),
    }
}

/// A type behind a constant only says what it is anyway, and one behind an operand that is not a constant is kept
/// unless PostgreSQL adds it on its own.
pub(super) fn cast(operand: E, ty: &str) -> E {
    if let Some(element) = ty.strip_suffix("[]") {
        return match operand {
            E::Array(elements) => E::Array(elements.into_iter().map(|e| cast(e, element)).collect()),
            E::Text(text) => match array_elements(&text) {
                Some(elements) => E::Array(elements.into_iter().map(|e| cast(e, element)).collect()),
                None => E::Text(text),
            },
            other => E::Call(format!("::{ty}"), vec![other]),
        };
    }
    match operand {
        E::Text(text) => constant(text, ty),
        E::Null | E::Number(_) | E::Boolean(_) => operand,
        other if is_implicit(ty) => other,
        other => E::Call(format!("::{ty}"), vec![other]),
    }
}

/// Types that PostgreSQL converts operands to without being asked.
fn is_implicit(ty: &str) -> bool {
    matches!(ty, "text" | "numeric" | "double precision" | "bigint" | "regclass")
}

fn constant(text: String, ty: &str) -> E {
    match ty {
        "integer" | "int" | "int4" | "bigint" | "int8" | "smallint" | "int2" | "numeric" | "decimal" | "real"
        | "float4" | "double precision" | "float8" | "oid"
            if BigDecimal::from_str(text.trim()).is_ok() =>
        {
            number(text.trim())
        }
        "boolean" | "bool" => match text.as_str() {
            "t" | "true" => E::Boolean(true),
            "f" | "false" => E::Boolean(false),
            _ => E::Text(text),
        },
        "timestamp" | "timestamptz" | "timestamp without time zone" | "timestamp with time zone" => {
            E::Text(text.trim_end_matches("+00").trim_end_matches(" 00:00:00").to_owned())
        }
        _ => E::Text(text),
    }
}

/// The elements of `{a,"b c",NULL}`; `None` for arrays of arrays.
fn array_elements(text: &str) -> Option<Vec<E>> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut elements = Vec::new();
    let mut chars = inner.chars().peekable();
    while chars.peek().is_some() {
        let mut element = String::new();
        let mut quoted = false;
        loop {
            match chars.next() {
                None | Some(',') => break,
                Some('{') if !quoted => return None,
                Some('"') => {
                    quoted = true;
                    loop {
                        match chars.next()? {
                            '"' => break,
                            '\\' => element.push(chars.next()?),
                            c => element.push(c),
                        }
                    }
                }
                Some(c) => element.push(c),
            }
        }
        let is_null = !quoted && element.eq_ignore_ascii_case("null");
        elements.push(if is_null { E::Null } else { E::Text(element) });
    }
    Some(elements)
}
