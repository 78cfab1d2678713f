//! `where` of an index: `raw("…")` or `{ field: value, … }`.

use super::suggest::did_you_mean;
use super::tree::{Model, Predicate, Type};
use super::values::{describe, mismatch};
use super::visitor::Args;
use crate::dbschema::types::ScalarType;
use crate::psl::ast::{Argument, Arguments, Expr, Ident};
use crate::psl::diagnostics::{Diagnostics, Span};
use crate::psl::schema::{PredicateTerm, PredicateValue, Rules};

/// Reads the argument `where`, with the place of the argument. Prisma 6 does not know it.
pub(super) fn read<'a>(
    args: &mut Args<'a>,
    model: &Model<'a>,
    diagnostics: &mut Diagnostics,
) -> (Option<Predicate<'a>>, Option<Span>) {
    if model.rules == Rules::Prisma6 {
        return (None, None);
    }
    let Some(argument) = args.take("where") else { return (None, None) };
    let Some(value) = &argument.value else { return (None, None) };
    let span = args.span();
    let predicate = match value {
        Expr::Object(terms, _) => fields(terms, span, model, diagnostics),
        Expr::Call(call) if call.name.text == "raw" => raw(&call.arguments, span, diagnostics),
        _ => {
            diagnostics
                .error(span, format!("`where` is {}", describe(value)))
                .help("write `raw(\"…\")` or `{ field: value }`");
            None
        }
    };
    (predicate, Some(argument.span))
}

fn raw<'a>(arguments: &'a Arguments, span: Span, diagnostics: &mut Diagnostics) -> Option<Predicate<'a>> {
    match arguments.list.as_slice() {
        [Argument { value: Some(Expr::String(text, _)), .. }, ..] if text.is_empty() => {
            diagnostics.error(span, "the condition in `raw(\"\")` is empty");
            None
        }
        [Argument { value: Some(Expr::String(text, _)), .. }, ..] => Some(Predicate::Raw(text)),
        [Argument { value: Some(value), .. }, ..] => mismatch("a string", value, diagnostics),
        _ => {
            diagnostics.error(span, "`raw(…)` takes one string: the condition in SQL");
            None
        }
    }
}

fn fields<'a>(
    terms: &[(Ident, Expr)],
    span: Span,
    model: &Model<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Predicate<'a>> {
    if terms.is_empty() {
        diagnostics.error(span, "the condition `{}` has no fields").help("leave `where` out to index every row");
        return None;
    }
    let read: Vec<_> = terms.iter().filter_map(|(name, value)| term(name, value, span, model, diagnostics)).collect();
    (read.len() == terms.len()).then_some(Predicate::Fields(read))
}

fn term(
    name: &Ident,
    value: &Expr,
    span: Span,
    model: &Model<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<PredicateTerm> {
    let Some(field) = model.named(&name.text) else {
        let message = format!("`where` names field `{}` that model `{}` does not have", name.text, model.name());
        let diagnostic = diagnostics.error(span, message);
        if let Some(help) = did_you_mean(&name.text, model.scalar_fields().map(|(_, field, _)| field.name())) {
            diagnostic.help(help);
        }
        return None;
    };
    let Some(scalar) = model.field(field).scalar() else {
        let message = format!("`where` names relation field `{}`, but only scalar fields are possible", name.text);
        diagnostics.error(span, message);
        return None;
    };
    let (negated, value) = match value {
        Expr::Object(inner, _) => match inner.as_slice() {
            [(key, value)] if key.text == "not" => (true, value),
            _ => {
                diagnostics
                    .error(span, format!("the condition on field `{}` is not understood", name.text))
                    .help("the only condition in braces is `{ not: value }`");
                return None;
            }
        },
        value => (false, value),
    };
    let value = literal(&name.text, scalar.ty, value, span, diagnostics)?;
    Some(PredicateTerm { field, negated, value })
}

fn literal(
    field: &str,
    ty: Type<'_>,
    value: &Expr,
    span: Span,
    diagnostics: &mut Diagnostics,
) -> Option<PredicateValue> {
    use ScalarType as S;
    match (ty, value) {
        (_, Expr::Constant(text, _)) if text == "null" => return Some(PredicateValue::Null),
        (Type::Scalar(S::String | S::DateTime) | Type::Enum(_), Expr::String(text, _)) => {
            return Some(PredicateValue::String(text.to_string()));
        }
        (Type::Scalar(S::Int | S::BigInt | S::Float | S::Decimal), Expr::Number(digits, _)) => {
            return Some(PredicateValue::Number(digits.to_string()));
        }
        (Type::Scalar(S::Boolean), Expr::Constant(text, _)) if text == "true" || text == "false" => {
            return Some(PredicateValue::Boolean(text == "true"));
        }
        (Type::Scalar(_) | Type::Enum(_) | Type::Unsupported(_) | Type::Composite(_), _) => {}
    }
    let diagnostic = diagnostics.error(span, format!("`where` compares field `{field}` with {}", describe(value)));
    let wanted = match ty {
        Type::Scalar(S::String | S::DateTime) => "a string or `null`",
        Type::Enum(_) => "the value's name in quotes, or `null`",
        Type::Scalar(S::Int | S::BigInt | S::Float | S::Decimal) => "a number or `null`",
        Type::Scalar(S::Boolean) => "`true`, `false` or `null`",
        Type::Scalar(S::Json | S::Bytes) | Type::Unsupported(_) | Type::Composite(_) => "only `null`",
    };
    diagnostic.help(format!("this field can be compared with {wanted}; for more, write `raw(\"…\")`"));
    None
}
