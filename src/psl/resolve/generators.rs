//! `generator` blocks.

use super::blocks::BlockParts;
use super::configuration::{properties, string_or_env};
use super::previews;
use super::values::{list, mismatch, string};
use crate::psl::ast::{Argument, Expr};
use crate::psl::diagnostics::Diagnostics;
use crate::psl::schema::{ConfigValue, Generator, Rules, StringOrEnv};

/// Keys that have a place of their own in [`Generator`].
const KEYS: [&str; 4] = ["provider", "output", "binaryTargets", "previewFeatures"];

/// Reads a generator block; `None` if it cannot be used, which is reported. `has_datasource` says whether the same
/// file has the datasource, which some preview features want.
pub(super) fn read(
    parts: &BlockParts<'_>,
    rules: Rules,
    has_datasource: bool,
    diagnostics: &mut Diagnostics,
) -> Option<Generator> {
    let block = parts.block;
    let properties = properties(parts, "generator", diagnostics)?;
    let value = |key: &str| properties.get(key).map(|(_, value)| *value);
    if let Some(engine_type) = value("engineType")
        && !matches!(engine_type, Expr::String(..))
    {
        mismatch::<()>("a string", engine_type, diagnostics);
    }
    let Some(provider) = value("provider") else {
        diagnostics
            .error(block.span, format!("generator `{}` has no `provider`", block.name.text))
            .help("add `provider = \"prisma-client\"` or another generator");
        return None;
    };
    let provider = string_or_env(provider, diagnostics)?;
    let output = value("output").and_then(|value| string_or_env(value, diagnostics));
    let binary_targets =
        value("binaryTargets").and_then(|value| list(value, diagnostics, string_or_env)).unwrap_or_default();
    let preview_features = value("previewFeatures")
        .and_then(|value| list(value, diagnostics, string).map(|names| (names, value.span())))
        .map(|(names, span)| previews::read(&names, span, rules, has_datasource, diagnostics))
        .unwrap_or_default();
    let mut config = Vec::new();
    for property in parts.properties.iter().filter(|property| !KEYS.contains(&property.name.text.as_str())) {
        if let Some(value) = &property.value {
            config.push((property.name.text.to_string(), config_value(value, diagnostics)));
        }
    }
    Some(Generator {
        name: block.name.text.to_string(),
        provider,
        output,
        binary_targets,
        preview_features,
        config,
        documentation: block.documentation.clone(),
        span: block.span,
    })
}

/// The value of a custom property; a wrong `env(…)` is reported.
fn config_value(value: &Expr, diagnostics: &mut Diagnostics) -> ConfigValue {
    match value {
        Expr::Array(elements, _) => {
            ConfigValue::List(elements.iter().map(|element| config_value(element, diagnostics)).collect())
        }
        Expr::Call(call) if call.name.text == "env" => match string_or_env(value, diagnostics) {
            Some(StringOrEnv::Env(name, _)) => ConfigValue::Env(name),
            Some(StringOrEnv::Text(..)) | None => ConfigValue::Text(as_written(value)),
        },
        Expr::String(text, _) => ConfigValue::Text(text.to_string()),
        Expr::Number(..) | Expr::Constant(..) | Expr::Call(_) | Expr::Object(..) => {
            ConfigValue::Text(as_written(value))
        }
    }
}

/// The text of a value, blanks aside.
fn as_written(value: &Expr) -> String {
    match value {
        Expr::Number(text, _) | Expr::Constant(text, _) => text.to_string(),
        Expr::String(text, _) => format!("{text:?}"),
        Expr::Array(elements, _) => format!("[{}]", joined(elements.iter().map(as_written))),
        Expr::Call(call) => {
            format!("{}({})", call.name.text, joined(call.arguments.list.iter().map(argument_as_written)))
        }
        Expr::Object(terms, _) => {
            let terms = terms.iter().map(|(key, value)| format!("{}: {}", key.text, as_written(value)));
            format!("{{ {} }}", joined(terms))
        }
    }
}

fn argument_as_written(argument: &Argument) -> String {
    let value = argument.value.as_ref().map(as_written).unwrap_or_default();
    match &argument.name {
        Some(name) => format!("{}: {value}", name.text),
        None => value,
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
