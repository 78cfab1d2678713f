//! Reading argument values as the kind that is wanted; anything else is reported at the value.

use crate::psl::ast::{Arguments, Expr};
use crate::psl::diagnostics::{Diagnostics, Span};

/// A string.
pub(super) fn string<'a>(value: &'a Expr, diagnostics: &mut Diagnostics) -> Option<&'a str> {
    match value {
        Expr::String(text, _) => Some(text),
        _ => mismatch("a string", value, diagnostics),
    }
}

/// A bare word, with its place.
pub(super) fn constant<'a>(value: &'a Expr, diagnostics: &mut Diagnostics) -> Option<(&'a str, Span)> {
    match value {
        Expr::Constant(text, span) => Some((text, *span)),
        _ => mismatch("a bare word", value, diagnostics),
    }
}

/// A bare word or a call.
pub(super) fn constant_or_call<'a>(value: &'a Expr, diagnostics: &mut Diagnostics) -> Option<Word<'a>> {
    match value {
        Expr::Constant(name, span) => Some(Word { name, arguments: None, span: *span }),
        Expr::Call(call) => Some(Word { name: &call.name.text, arguments: Some(&call.arguments), span: call.span }),
        _ => mismatch("a name", value, diagnostics),
    }
}

/// `name` or `name(…)`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) name: &'a str,
    pub(super) arguments: Option<&'a Arguments>,
    pub(super) span: Span,
}

/// `true` or `false`.
pub(super) fn boolean(value: &Expr, attribute: &str, diagnostics: &mut Diagnostics) -> Option<bool> {
    match value {
        Expr::Constant(text, _) if text == "true" => Some(true),
        Expr::Constant(text, _) if text == "false" => Some(false),
        Expr::Constant(text, span) => {
            let message = format!("`{text}` in `@{attribute}` is neither `true` nor `false`");
            diagnostics.error(*span, message);
            None
        }
        _ => mismatch("`true` or `false`", value, diagnostics),
    }
}

/// A whole number.
pub(super) fn integer(value: &Expr, diagnostics: &mut Diagnostics) -> Option<i64> {
    match value {
        Expr::Number(digits, _) => match digits.parse() {
            Ok(number) => Some(number),
            Err(_) => mismatch("a whole number", value, diagnostics),
        },
        _ => mismatch("a whole number", value, diagnostics),
    }
}

/// A list whose elements are all readable; a single value stands for a list of one.
pub(super) fn list<'a, T>(
    value: &'a Expr,
    diagnostics: &mut Diagnostics,
    read: impl Fn(&'a Expr, &mut Diagnostics) -> Option<T>,
) -> Option<Vec<T>> {
    let elements = match value {
        Expr::Array(elements, _) => elements.as_slice(),
        single => std::slice::from_ref(single),
    };
    let list: Vec<T> = elements.iter().filter_map(|element| read(element, diagnostics)).collect();
    (list.len() == elements.len()).then_some(list)
}

/// Reports a value of the wrong kind.
pub(super) fn mismatch<T>(wanted: &str, value: &Expr, diagnostics: &mut Diagnostics) -> Option<T> {
    diagnostics.error(value.span(), format!("expected {wanted}, found {}", describe(value)));
    None
}

/// What a value is, for messages.
pub(crate) fn describe(value: &Expr) -> String {
    match value {
        Expr::Number(digits, _) => format!("the number `{digits}`"),
        Expr::String(text, _) => format!("the string `\"{text}\"`"),
        Expr::Constant(text, _) => format!("`{text}`"),
        Expr::Call(call) => format!("the function `{}(…)`", call.name.text),
        Expr::Array(..) => "a list".to_owned(),
        Expr::Object(..) => "an object".to_owned(),
    }
}
