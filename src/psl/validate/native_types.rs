//! Rules for `@db.…`, and for `Unsupported("…")` of a type that is supported.

use crate::dbschema::types::{NATIVE_TYPES, NativeType, NativeTypeInfo, ScalarType, TypeArguments};
use crate::psl::diagnostics::{Diagnostics, Span};
use crate::psl::resolve::{Field, NativeTypeAttribute, did_you_mean};

/// Most digits of PostgreSQL's `numeric(precision, scale)`.
const MAX_PRECISION: u32 = 1000;
/// Most digits of a second.
const MAX_TIME_PRECISION: u32 = 6;

/// Checks `@db.Name(…)` on a field of a scalar type; `datasource` is the datasource's name.
pub(super) fn check(
    native: NativeTypeAttribute<'_>,
    scalar: ScalarType,
    datasource: &str,
    diagnostics: &mut Diagnostics,
) {
    let (name, span) = (native.name(), native.attribute.span);
    if native.scope() != datasource {
        diagnostics
            .error(span, format!("`@{}.{name}` does not begin with the name of the datasource", native.scope()))
            .help(format!("write `@{datasource}.{name}`"));
    }
    let Some(info) = NATIVE_TYPES.iter().find(|info| info.name == name) else {
        let diagnostic = diagnostics.error(span, format!("PostgreSQL has no native type `{name}`"));
        if let Some(help) = did_you_mean(name, NATIVE_TYPES.iter().map(|info| info.name)) {
            diagnostic.help(help);
        }
        return;
    };
    let list = native.attribute.arguments.iter().flat_map(|arguments| &arguments.list);
    let given = list.filter(|argument| argument.value.is_some()).count();
    if let Err(wanted) = check_count(info.arguments, given) {
        diagnostics.error(span, format!("native type `{name}` takes {wanted}, but {given} are given"));
        return;
    }
    if info.scalar != scalar {
        let message = format!("native type `{name}` does not fit a field of type `{}`", scalar.name());
        diagnostics.error(span, message).help(format!("it is for fields of type `{}`", info.scalar.name()));
        return;
    }
    match native.numbers() {
        None => {
            diagnostics.error(span, format!("the arguments of native type `{name}` must be whole numbers"));
        }
        Some(numbers) => check_ranges(info, &numbers, span, diagnostics),
    }
}

/// `Err` has what was wanted.
fn check_count(arguments: TypeArguments, given: usize) -> Result<(), &'static str> {
    match (arguments, given) {
        (TypeArguments::None, 0)
        | (TypeArguments::Length { .. } | TypeArguments::TimePrecision, 0 | 1)
        | (TypeArguments::PrecisionAndScale, 0 | 2) => Ok(()),
        (TypeArguments::None, _) => Err("no arguments"),
        (TypeArguments::Length { .. } | TypeArguments::TimePrecision, _) => Err("at most one argument"),
        (TypeArguments::PrecisionAndScale, _) => Err("no arguments or two"),
    }
}

fn check_ranges(info: &NativeTypeInfo, numbers: &[u32], span: Span, diagnostics: &mut Diagnostics) {
    let name = info.name;
    let problem = match (info.arguments, numbers) {
        (TypeArguments::PrecisionAndScale, [precision, scale]) if scale > precision => {
            format!("the scale {scale} of `{name}` is larger than its precision {precision}")
        }
        (TypeArguments::PrecisionAndScale, [precision, _]) if !(1..=MAX_PRECISION).contains(precision) => {
            format!("the precision {precision} of `{name}` is not between 1 and {MAX_PRECISION}")
        }
        (TypeArguments::Length { min }, [length]) if *length < min => {
            format!("the length {length} of `{name}` is less than {min}")
        }
        (TypeArguments::TimePrecision, [precision]) if *precision > MAX_TIME_PRECISION => {
            format!("the precision {precision} of `{name}` is not between 0 and {MAX_TIME_PRECISION}")
        }
        (
            TypeArguments::None
            | TypeArguments::Length { .. }
            | TypeArguments::TimePrecision
            | TypeArguments::PrecisionAndScale,
            _,
        ) => return,
    };
    diagnostics.error(span, problem);
}

/// Reports an `Unsupported` field whose type has a name in the schema language.
pub(super) fn check_unsupported(text: &str, datasource: &str, field: &Field<'_>, diagnostics: &mut Diagnostics) {
    let Some(native) = parse(text) else { return };
    let info = native.info();
    let arguments = native.arguments();
    let arguments = if arguments.is_empty() {
        String::new()
    } else {
        format!("({})", arguments.iter().map(u32::to_string).collect::<Vec<_>>().join(", "))
    };
    let scalar = info.scalar.name();
    diagnostics.error(field.ast.span, format!("type `{text}` of field `{}` is supported", field.name())).help(format!(
        "write `{} {scalar} @{datasource}.{}{arguments}`",
        field.name(),
        info.name
    ));
}

/// The native type that a text such as `VarChar(3)` names.
fn parse(text: &str) -> Option<NativeType> {
    let (name, numbers) = match text.split_once('(') {
        None => (text, Vec::new()),
        Some((name, rest)) => {
            let inside = rest.split_once(')').map_or(rest, |(inside, _)| inside);
            let numbers: Option<Vec<u32>> = inside.split(',').map(|number| number.trim().parse().ok()).collect();
            (name, numbers?)
        }
    };
    NativeType::from_name(name.trim(), &numbers)
}
