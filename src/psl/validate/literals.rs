//! Whether the text of a default value can be read as the field's type.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::dbschema::types::ScalarType;
use crate::psl::ast::Expr;
use crate::psl::diagnostics::Diagnostics;
use crate::psl::resolve::{Type, describe};

/// Checks a default value, or each element of a list.
pub(super) fn check(value: &Expr, ty: Type<'_>, diagnostics: &mut Diagnostics) {
    let Type::Scalar(scalar) = ty else { return };
    match value {
        Expr::Array(elements, _) => elements.iter().for_each(|element| check(element, ty, diagnostics)),
        Expr::Call(call) if call.name.text == "auto" => {
            diagnostics
                .error(call.span, "`auto()` is for document databases only")
                .help("use `autoincrement()`, `uuid()` or `dbgenerated(…)`");
        }
        Expr::Number(text, _) | Expr::String(text, _) => {
            if let Err(wanted) = read(text, scalar) {
                diagnostics.error(value.span(), format!("{} is not {wanted}", describe(value)));
            }
        }
        Expr::Constant(..) | Expr::Call(_) | Expr::Object(..) => {}
    }
}

/// `Err` has what was wanted.
fn read(text: &str, scalar: ScalarType) -> Result<(), String> {
    match scalar {
        ScalarType::Int | ScalarType::BigInt => {
            text.parse::<i64>().map(drop).map_err(|_| "a whole number of 64 bits".to_owned())
        }
        ScalarType::Decimal => {
            text.parse::<bigdecimal::BigDecimal>().map(drop).map_err(|error| format!("a decimal number ({error})"))
        }
        ScalarType::Json => {
            serde_json::from_str::<serde_json::Value>(text).map(drop).map_err(|error| format!("valid JSON ({error})"))
        }
        ScalarType::Bytes => STANDARD.decode(text).map(drop).map_err(|error| format!("valid base64 ({error})")),
        ScalarType::DateTime => {
            let wanted = "a date and time with seconds and offset such as `2026-01-31T12:00:00Z` (RFC 3339)";
            is_rfc3339(text).then_some(()).ok_or_else(|| wanted.to_owned())
        }
        ScalarType::Float | ScalarType::Boolean | ScalarType::String => Ok(()),
    }
}

/// Whether a text is a date and time as RFC 3339 has them: with seconds and offset, the separator `T`, `t` or a blank.
fn is_rfc3339(text: &str) -> bool {
    let Some((date, rest)) = text.split_at_checked(10) else { return false };
    let Some((separator, rest)) = rest.split_at_checked(1) else { return false };
    let Some((time, rest)) = rest.split_at_checked(8) else { return false };
    let offset = match rest.strip_prefix('.') {
        None => rest,
        Some(fraction) => {
            let offset = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if offset.len() == fraction.len() {
                return false;
            }
            offset
        }
    };
    is_date(date) && matches!(separator, "T" | "t" | " ") && is_time(time) && is_offset(offset)
}

fn is_date(text: &str) -> bool {
    let Some([year, month, day]) = numbers(text, '-', [4, 2, 2]) else { return false };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=last).contains(&day)
}

/// Seconds may be 60, as RFC 3339 allows for leap seconds.
fn is_time(text: &str) -> bool {
    numbers(text, ':', [2, 2, 2]).is_some_and(|[hour, minute, second]| hour < 24 && minute < 60 && second <= 60)
}

fn is_offset(text: &str) -> bool {
    match text.strip_prefix(['+', '-']) {
        None => matches!(text, "Z" | "z"),
        Some(time) => numbers(time, ':', [2, 2]).is_some_and(|[hour, minute]| hour < 24 && minute < 60),
    }
}

/// The numbers of a text that consists of runs of digits of the given lengths.
fn numbers<const N: usize>(text: &str, separator: char, lengths: [usize; N]) -> Option<[u32; N]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; N];
    for (number, length) in numbers.iter_mut().zip(lengths) {
        let part = parts.next()?;
        if part.len() != length || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times() {
        for (text, expected) in [
            ("2026-01-31T12:00:00Z", true),
            ("2026-01-31t12:00:60z", true),
            ("2026-01-31 12:00:00.123456789012+05:30", true),
            ("2024-02-29T00:00:00-00:00", true),
            ("2026-02-29T00:00:00Z", false),
            ("2026-01-31T12:00Z", false),
            ("2026-01-31T12:00:00", false),
            ("2026-01-31T24:00:00Z", false),
            ("2026-01-31T12:00:00.Z", false),
            ("2026-01-31", false),
            ("größe", false),
        ] {
            assert_eq!(is_rfc3339(text), expected, "{text:?}");
        }
    }
}
