//! Attributes, arguments and values on one line.

use crate::psl::ast::{Argument, Arguments, Ast, Attribute, Expr, Field, FieldArity};

/// `@name(…)`, or `@@name(…)` with `mark` set so.
pub(super) fn attribute(file: &Ast, mark: &str, attribute: &Attribute, out: &mut String) {
    out.push_str(mark);
    out.push_str(&attribute.name.text);
    if let Some(list) = &attribute.arguments {
        arguments(file, list, out);
    }
}

fn arguments(file: &Ast, arguments: &Arguments, out: &mut String) {
    out.push('(');
    join(&arguments.list, out, |Argument { name, value, .. }, out| {
        if let Some(name) = name {
            out.push_str(&name.text);
            out.push_str(": ");
        }
        if let Some(value) = value {
            expression(file, value, out);
        }
    });
    out.push(')');
}

pub(super) fn expression(file: &Ast, value: &Expr, out: &mut String) {
    match value {
        Expr::Number(..) | Expr::String(..) | Expr::Constant(..) => out.push_str(file.text(value.span())),
        Expr::Call(call) => {
            out.push_str(&call.name.text);
            arguments(file, &call.arguments, out);
        }
        Expr::Array(list, _) => {
            out.push('[');
            join(list, out, |value, out| expression(file, value, out));
            out.push(']');
        }
        Expr::Object(list, _) => {
            out.push_str("{ ");
            join(list, out, |(key, value), out| {
                out.push_str(&key.text);
                out.push_str(": ");
                expression(file, value, out);
            });
            out.push_str(" }");
        }
    }
}

/// The type of a field in today's form, whichever it was written in.
pub(super) fn field_type(file: &Ast, field: &Field, out: &mut String) {
    let Some(written) = field.written_type else { return };
    if let Some(ty) = &field.ty {
        out.push_str(file.text(ty.span));
        out.push_str(match ty.arity {
            FieldArity::Required => "",
            FieldArity::Optional => "?",
            FieldArity::List => "[]",
        });
        return;
    }
    let blanks = |c: char| c == '\t' || c.is_whitespace();
    let text = file.text(written);
    if let Some(text) = text.strip_prefix('[') {
        out.push_str(text.strip_suffix(']').unwrap_or(text).trim_matches(blanks));
        out.push_str("[]");
        return;
    }
    let (text, suffix) = match text.strip_suffix('?') {
        Some(text) => match text.trim_end_matches(blanks).strip_suffix("[]") {
            Some(text) => (text, "[]?"),
            None => (text, "?"),
        },
        None => match text.strip_suffix("[]") {
            Some(text) => (text, "[]"),
            None => (text.strip_suffix('!').unwrap_or(text), ""),
        },
    };
    out.push_str(text.trim_matches(blanks));
    out.push_str(suffix);
}

fn join<T>(list: &[T], out: &mut String, print: impl Fn(&T, &mut String)) {
    for (position, value) in list.iter().enumerate() {
        if position > 0 {
            out.push_str(", ");
        }
        print(value, out);
    }
}

/// Where Prisma puts an attribute among others; equal ones stay in source order.
pub(super) fn rank(attribute: &Attribute) -> u8 {
    match attribute.name.text.as_str() {
        "id" => 0,
        "unique" => 1,
        "default" => 2,
        "updatedAt" => 3,
        "index" => 4,
        "fulltext" => 5,
        "map" => 6,
        "relation" => 7,
        "ignore" => 8,
        _ => 9,
    }
}
