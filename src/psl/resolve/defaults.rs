//! `@default`: the kind of value, and the functions with their arguments.
//!
//! Whether the text of a literal can be read (JSON, dates, numbers) is checked later, with the other rules.

use super::attributes::constraint_name;
use super::suggest::did_you_mean;
use super::tree::{DefaultAttribute, Enum, Type};
use super::values::{boolean, describe};
use super::visitor::Args;
use crate::dbschema::types::ScalarType;
use crate::psl::ast::{Arguments, Expr, FieldArity};
use crate::psl::diagnostics::{Diagnostics, Span};

/// Functions that exist.
const FUNCTIONS: [&str; 8] = ["autoincrement", "now", "uuid", "cuid", "ulid", "nanoid", "dbgenerated", "auto"];

/// Reads `@default` of a scalar field.
pub(super) fn read<'a>(
    args: &mut Args<'a>,
    ty: Type<'a>,
    arity: FieldArity,
    enums: &[Enum<'a>],
    diagnostics: &mut Diagnostics,
) -> Option<DefaultAttribute<'a>> {
    let value = args.take_default("value", diagnostics)?;
    let mapped_name = constraint_name(args, diagnostics).map(|name| name.value);
    let check = Check { span: args.span(), enums };
    if mapped_name.is_some() && matches!(value, Expr::Call(call) if call.name.text == "autoincrement") {
        diagnostics.error(check.span, "a default of `autoincrement()` cannot have a name").help("remove `map`");
    }
    check.value(value, ty, arity, diagnostics);
    Some(DefaultAttribute { value, mapped_name, attribute: args.attribute })
}

/// Reads `@default` of a composite type's field.
pub(super) fn read_composite<'a>(
    mut args: Args<'a>,
    ty: Type<'a>,
    arity: FieldArity,
    enums: &[Enum<'a>],
    diagnostics: &mut Diagnostics,
) {
    let span = args.span();
    if let Some(value) = args.take_default("value", diagnostics) {
        if args.take("map").is_some() {
            diagnostics.error(span, "the default of a composite type's field cannot have a name").help("remove `map`");
        }
        match (ty, value) {
            (Type::Composite(_) | Type::Unsupported(_), _) => {
                diagnostics.error(span, "a composite type's field of this type cannot have a default");
            }
            (_, Expr::Call(call))
                if ["autoincrement", "dbgenerated", "auto", "nanoid"].contains(&call.name.text.as_str()) =>
            {
                diagnostics.error(span, format!("`{}()` is not possible in a composite type", call.name.text));
            }
            (_, Expr::Call(call)) if !FUNCTIONS.contains(&call.name.text.as_str()) => {
                report_unknown_function(value, diagnostics);
            }
            (Type::Scalar(_) | Type::Enum(_), _) => {
                Check { span, enums }.value(value, ty, arity, diagnostics);
            }
        }
    }
    args.finish(diagnostics);
}

/// Reports a function that does not exist.
pub(crate) fn report_unknown_function(value: &Expr, diagnostics: &mut Diagnostics) {
    let Expr::Call(call) = value else { return };
    if FUNCTIONS.contains(&call.name.text.as_str()) {
        return;
    }
    let diagnostic = diagnostics.error(call.span, format!("function `{}()` is not known", call.name.text));
    diagnostic.help(
        did_you_mean(&call.name.text, FUNCTIONS).unwrap_or_else(|| {
            format!("a function of the database is written `dbgenerated(\"{}()\")`", call.name.text)
        }),
    );
}

struct Check<'e, 'a> {
    /// The attribute.
    span: Span,
    enums: &'e [Enum<'a>],
}

impl Check<'_, '_> {
    fn value(&self, value: &Expr, ty: Type<'_>, arity: FieldArity, diagnostics: &mut Diagnostics) {
        match (ty, value) {
            (_, Expr::Call(call)) if call.name.text == "dbgenerated" => {
                self.dbgenerated(&call.arguments, diagnostics);
            }
            (Type::Composite(_), _) => {
                diagnostics.error(self.span, "a field of a composite type cannot have a default");
            }
            (Type::Unsupported(_), _) => {
                diagnostics
                    .error(self.span, "a field of an unsupported type takes only `dbgenerated(…)` as default")
                    .help("write the SQL expression: `@default(dbgenerated(\"…\"))`");
            }
            (_, Expr::Array(elements, _)) if arity == FieldArity::List => self.list(elements, ty, diagnostics),
            (_, Expr::Array(..)) => {
                diagnostics.error(self.span, "the default of a field that is no list cannot be a list");
            }
            (Type::Enum(_), Expr::Call(_)) => {
                self.wrong_kind(value, ty, diagnostics);
            }
            (_, Expr::Call(call)) => self.call(&call.name.text, &call.arguments, ty, diagnostics),
            _ if arity == FieldArity::List => {
                diagnostics
                    .error(self.span, "the default of a list must be a list")
                    .help("put the value in brackets: `@default([…])`");
            }
            _ => {
                self.literal(value, ty, diagnostics);
            }
        }
    }

    fn list(&self, elements: &[Expr], ty: Type<'_>, diagnostics: &mut Diagnostics) {
        for element in elements {
            let valid = match element {
                Expr::Call(_) | Expr::Array(..) => self.wrong_kind(element, ty, diagnostics),
                _ => self.literal(element, ty, diagnostics),
            };
            if !valid {
                return;
            }
        }
    }

    /// Whether a literal is of the kind that the type wants.
    fn literal(&self, value: &Expr, ty: Type<'_>, diagnostics: &mut Diagnostics) -> bool {
        match (ty, value) {
            (Type::Enum(id), Expr::Constant(name, _)) => self.enum_value(name, id.0 as usize, diagnostics),
            (Type::Scalar(ScalarType::Boolean), Expr::Constant(..)) => boolean(value, "default", diagnostics).is_some(),
            (Type::Scalar(scalar), _) if is_literal_of(scalar, value) => true,
            (Type::Scalar(_) | Type::Enum(_) | Type::Unsupported(_) | Type::Composite(_), _) => {
                self.wrong_kind(value, ty, diagnostics)
            }
        }
    }

    fn wrong_kind(&self, value: &Expr, ty: Type<'_>, diagnostics: &mut Diagnostics) -> bool {
        let wanted = self.type_name(ty);
        let diagnostic =
            diagnostics.error(self.span, format!("the default must be {wanted}, found {}", describe(value)));
        match (ty, value) {
            (Type::Enum(_), Expr::String(..)) => {
                diagnostic.help("write the value's name without quotes");
            }
            (_, Expr::Constant(name, _)) if FUNCTIONS.contains(&name.as_str()) => {
                diagnostic.help(format!("a function has parentheses: `{name}()`"));
            }
            _ => {}
        }
        false
    }

    fn enum_value(&self, name: &str, position: usize, diagnostics: &mut Diagnostics) -> bool {
        let Some(enumeration) = self.enums.get(position) else { return true };
        if enumeration.values.iter().any(|value| value.ast.name.text == name) {
            return true;
        }
        let message = format!("enum `{}` has no value `{name}`", enumeration.name());
        let diagnostic = diagnostics.error(self.span, message);
        let names = enumeration.values.iter().map(|value| value.ast.name.text.as_str());
        if let Some(help) = did_you_mean(name, names) {
            diagnostic.help(help);
        }
        false
    }

    fn call(&self, name: &str, arguments: &Arguments, ty: Type<'_>, diagnostics: &mut Diagnostics) {
        use ScalarType as S;
        let scalar = match ty {
            Type::Scalar(scalar) => Some(scalar),
            Type::Enum(_) | Type::Unsupported(_) | Type::Composite(_) => None,
        };
        let fits = match name {
            "autoincrement" => matches!(scalar, Some(S::Int | S::BigInt)),
            "now" => scalar == Some(S::DateTime),
            "uuid" | "cuid" | "ulid" | "nanoid" => scalar == Some(S::String),
            "auto" => scalar.is_some(),
            // Unknown functions are reported with the rules.
            _ => return,
        };
        if !fits {
            let wanted = self.type_name(ty);
            diagnostics.error(self.span, format!("`{name}()` cannot be the default where {wanted} is wanted"));
            return;
        }
        match name {
            "uuid" => self.number(name, arguments, [4, 7], diagnostics),
            "cuid" => self.number(name, arguments, [1, 2], diagnostics),
            "nanoid" => self.length(arguments, diagnostics),
            _ if !arguments.list.is_empty() => {
                diagnostics
                    .error(self.span, format!("`{name}()` takes no arguments"))
                    .help(format!("write `{name}()`"));
            }
            _ => {}
        }
    }

    /// An optional argument that is one of two versions.
    fn number(&self, name: &str, arguments: &Arguments, allowed: [u8; 2], diagnostics: &mut Diagnostics) {
        let Some(digits) = self.single_number(name, arguments, diagnostics) else { return };
        if !digits.parse::<u8>().is_ok_and(|version| allowed.contains(&version)) {
            let [first, second] = allowed;
            diagnostics
                .error(self.span, format!("`{name}({digits})` does not exist"))
                .help(format!("the versions are {first} and {second}"));
        }
    }

    fn length(&self, arguments: &Arguments, diagnostics: &mut Diagnostics) {
        let Some(digits) = self.single_number("nanoid", arguments, diagnostics) else { return };
        if !digits.parse::<u8>().is_ok_and(|length| length >= 2) {
            diagnostics.error(self.span, format!("`nanoid({digits})` is not possible")).help("the length is 2 to 255");
        }
    }

    /// The number in the parentheses; `None` if there is none, or something else, which is reported.
    fn single_number<'v>(
        &self,
        name: &str,
        arguments: &'v Arguments,
        diagnostics: &mut Diagnostics,
    ) -> Option<&'v str> {
        match arguments.list.as_slice() {
            [] => None,
            [argument] => match &argument.value {
                Some(Expr::Number(digits, _)) => Some(digits),
                _ => self.wants_number(name, diagnostics),
            },
            _ => self.wants_number(name, diagnostics),
        }
    }

    fn wants_number<T>(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<T> {
        diagnostics.error(self.span, format!("`{name}()` takes nothing or one number"));
        None
    }

    fn dbgenerated(&self, arguments: &Arguments, diagnostics: &mut Diagnostics) {
        match arguments.list.as_slice() {
            [] => {}
            [argument] if matches!(&argument.value, Some(Expr::String(text, _)) if text.is_empty()) => {
                diagnostics
                    .error(self.span, "the expression in `dbgenerated(\"\")` is empty")
                    .help("write the SQL expression, or `dbgenerated()` if it is not known");
            }
            [argument] if matches!(argument.value, Some(Expr::String(..))) => {}
            _ => {
                diagnostics.error(self.span, "`dbgenerated()` takes nothing or one string");
            }
        }
    }

    fn type_name(&self, ty: Type<'_>) -> String {
        match ty {
            Type::Scalar(scalar) => format!("a value of type `{}`", scalar.name()),
            Type::Enum(id) => match self.enums.get(id.0 as usize) {
                Some(enumeration) => format!("a value of enum `{}`", enumeration.name()),
                None => "a value of the enum".to_owned(),
            },
            Type::Unsupported(_) => "`dbgenerated(…)`".to_owned(),
            Type::Composite(_) => "a value of the composite type".to_owned(),
        }
    }
}

fn is_literal_of(scalar: ScalarType, value: &Expr) -> bool {
    use ScalarType as S;
    match (scalar, value) {
        (S::Int | S::BigInt | S::Float | S::Decimal, Expr::Number(..))
        | (S::String | S::DateTime | S::Json | S::Bytes | S::Decimal, Expr::String(..)) => true,
        (S::Int | S::BigInt | S::Float | S::Decimal | S::Boolean | S::String | S::DateTime | S::Json | S::Bytes, _) => {
            false
        }
    }
}
