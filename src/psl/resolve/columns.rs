//! Elements of `fields`: a field's name, or `name(sort: …, length: …, ops: …)`.

use super::suggest::did_you_mean;
use super::tree::{KeyField, OperatorClass};
use super::values::{Word, constant, constant_or_call, integer, list};
use crate::psl::ast::{Argument, Arguments, Expr};
use crate::psl::diagnostics::Diagnostics;
use crate::psl::operator_classes;
use crate::psl::schema::{FieldId, SortOrder};

/// A column as it is written.
pub(super) struct Column<'a> {
    pub(super) name: &'a str,
    sort: Option<SortOrder>,
    has_length: bool,
    operator_class: Option<OperatorClass<'a>>,
}

impl<'a> Column<'a> {
    pub(super) fn into_key_field((column, field): (Self, FieldId)) -> KeyField<'a> {
        KeyField { field, sort: column.sort, has_length: column.has_length, operator_class: column.operator_class }
    }
}

/// Reads the list of columns; `None` if an element is no column, which is reported.
pub(super) fn read<'a>(value: &'a Expr, diagnostics: &mut Diagnostics) -> Option<Vec<Column<'a>>> {
    let words = list(value, diagnostics, constant_or_call)?;
    Some(words.into_iter().map(|word| column(word, diagnostics)).collect())
}

/// Arguments that are unknown or have no name are passed over: so does the reference.
fn column<'a>(word: Word<'a>, diagnostics: &mut Diagnostics) -> Column<'a> {
    let find = |name: &str| word.arguments.and_then(|arguments| argument(arguments, name));
    let value = |name: &str| find(name).and_then(|argument| argument.value.as_ref());
    let sort = find("sort").and_then(|argument| sort(argument, diagnostics));
    let length = value("length").and_then(|value| integer(value, diagnostics));
    let operator_class = find("ops").and_then(|argument| operator_class(argument, diagnostics));
    Column { name: word.name, sort, has_length: length.is_some_and(|length| length >= 0), operator_class }
}

fn argument<'a>(arguments: &'a Arguments, name: &str) -> Option<&'a Argument> {
    arguments.list.iter().find(|argument| argument.name.as_ref().is_some_and(|ident| ident.text == name))
}

fn sort(argument: &Argument, diagnostics: &mut Diagnostics) -> Option<SortOrder> {
    let (name, _) = constant(argument.value.as_ref()?, diagnostics)?;
    let order = SortOrder::from_name(name);
    if order.is_none() {
        diagnostics
            .error(argument.span, format!("`{name}` is no sort order"))
            .help("the sort orders are `Asc` and `Desc`");
    }
    order
}

fn operator_class<'a>(argument: &'a Argument, diagnostics: &mut Diagnostics) -> Option<OperatorClass<'a>> {
    match argument.value.as_ref()? {
        Expr::Constant(name, span) => {
            let known = operator_classes::find(name);
            if known.is_none() {
                let diagnostic = diagnostics.error(*span, format!("operator class `{name}` is not known"));
                let names = operator_classes::OPERATOR_CLASSES.iter().map(|class| class.name);
                diagnostic.help(
                    did_you_mean(name, names).unwrap_or_else(|| "any class can be given by `raw(\"…\")`".to_owned()),
                );
            }
            known.map(|class| OperatorClass::Known(class.name))
        }
        Expr::Call(call) if call.name.text == "raw" => {
            if let [Argument { value: Some(Expr::String(text, _)), .. }] = call.arguments.list.as_slice() {
                return Some(OperatorClass::Raw(text));
            }
            diagnostics.error(call.span, "`raw(…)` takes one string: the operator class's name in the database");
            None
        }
        _ => {
            diagnostics.error(argument.span, "an operator class is a word such as `JsonbPathOps`, or `raw(\"…\")`");
            None
        }
    }
}
