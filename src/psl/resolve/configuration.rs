//! The `datasource` block, and what it shares with `generator` blocks.

use std::collections::HashMap;

use super::blocks::BlockParts;
use super::suggest::did_you_mean;
use super::tree::{Datasource, Extension, Located};
use super::values::{list, mismatch, string};
use crate::psl::ast::{Argument, Arguments, Block, Expr, Property};
use crate::psl::diagnostics::{Diagnostics, Span};
use crate::psl::schema::{RelationMode, Rules, StringOrEnv};

/// Providers that mean PostgreSQL.
const PROVIDERS: [&str; 2] = ["postgresql", "postgres"];
/// Providers that Prisma knows but evt does not support.
const OTHER_PROVIDERS: [&str; 5] = ["mysql", "sqlite", "sqlserver", "mongodb", "cockroachdb"];
/// Keys of a datasource, for suggestions.
const KEYS: [&str; 8] = [
    "provider",
    "url",
    "directUrl",
    "shadowDatabaseUrl",
    "relationMode",
    "schemas",
    "extensions",
    "referentialIntegrity",
];

/// The properties of a configuration block that were not looked at yet.
pub(super) type Properties<'a> = HashMap<&'a str, (&'a Property, &'a Expr)>;

/// Reads the datasource blocks of one file; the first usable one counts.
pub(super) fn datasource<'a>(
    blocks: &[&BlockParts<'a>],
    rules: Rules,
    diagnostics: &mut Diagnostics,
) -> Option<Datasource<'a>> {
    let usable: Vec<_> = blocks.iter().filter_map(|parts| read(parts, rules, diagnostics)).collect();
    if usable.len() > 1 {
        for parts in blocks {
            diagnostics
                .error(parts.block.span, "there is more than one datasource")
                .help("a schema has one database: keep one of them");
        }
    }
    usable.into_iter().next()
}

/// The properties by key. `None` if one has no value, which is reported: the block cannot be used then.
pub(super) fn properties<'a>(
    parts: &BlockParts<'a>,
    keyword: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Properties<'a>> {
    let mut properties = HashMap::new();
    for &property in &parts.properties {
        let Some(value) = &property.value else {
            let (key, name) = (&property.name.text, &parts.block.name.text);
            diagnostics.error(parts.block.span, format!("key `{key}` of {keyword} `{name}` has no value"));
            return None;
        };
        properties.insert(property.name.text.as_str(), (property, value));
    }
    Some(properties)
}

fn read<'a>(parts: &BlockParts<'a>, rules: Rules, diagnostics: &mut Diagnostics) -> Option<Datasource<'a>> {
    let block = parts.block;
    let mut properties = properties(parts, "datasource", diagnostics)?;
    let provider = provider(block, &mut properties, diagnostics)?;
    let relation_mode = relation_mode(block, &mut properties, diagnostics);
    let (extensions, extensions_property) = extensions(&mut properties, diagnostics);
    let urls = match rules {
        Rules::Prisma6 => urls(block, &mut properties, diagnostics)?,
        Rules::Prisma7 => refuse_urls(&mut properties, diagnostics),
    };
    if let Some((property, _)) = properties.remove("previewFeatures") {
        diagnostics
            .error(property.span, "`previewFeatures` does not belong into a datasource")
            .help("move it into a generator block");
    }
    let (namespaces, has_namespaces) = namespaces(&mut properties, diagnostics);
    report_unknown(properties, diagnostics);
    Some(Datasource {
        block,
        provider,
        url: urls.url,
        direct_url: urls.direct,
        shadow_database_url: urls.shadow,
        relation_mode,
        namespaces,
        has_namespaces,
        extensions,
        extensions_property,
    })
}

fn provider<'a>(block: &Block, properties: &mut Properties<'a>, diagnostics: &mut Diagnostics) -> Option<&'a str> {
    let name = &block.name.text;
    let Some((_, value)) = properties.remove("provider") else {
        diagnostics
            .error(block.span, format!("datasource `{name}` has no `provider`"))
            .help("add `provider = \"postgresql\"`");
        return None;
    };
    match value {
        Expr::Call(call) if call.name.text == "env" => {
            diagnostics
                .error(block.span, format!("the provider of datasource `{name}` cannot come from the environment"))
                .help("write `provider = \"postgresql\"`");
            None
        }
        Expr::String(text, _) if PROVIDERS.contains(&text.as_str()) => Some(text),
        Expr::String(text, span) => {
            let message = if text.is_empty() {
                format!("the provider of datasource `{name}` is empty")
            } else if OTHER_PROVIDERS.contains(&text.as_str()) {
                format!("provider `{text}` is not supported: evt works with PostgreSQL only")
            } else {
                format!("provider `{text}` is not known")
            };
            diagnostics.error(*span, message).help("write `provider = \"postgresql\"`");
            // The rest of the block can be read only if the provider means something.
            OTHER_PROVIDERS.contains(&text.as_str()).then_some(text)
        }
        other => {
            diagnostics
                .error(other.span(), format!("the provider of datasource `{name}` must be a string"))
                .help("write `provider = \"postgresql\"`");
            None
        }
    }
}

fn relation_mode(
    block: &Block,
    properties: &mut Properties<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<RelationMode> {
    let new = properties.remove("relationMode");
    let old = properties.remove("referentialIntegrity");
    if let Some((property, _)) = old {
        diagnostics
            .warning(property.span, "`referentialIntegrity` is the old name of `relationMode`")
            .help("rename it to `relationMode`");
        if new.is_some() {
            diagnostics
                .error(property.span, "`referentialIntegrity` and `relationMode` mean the same and are both given")
                .help("keep `relationMode`");
            return None;
        }
    }
    let (_, value) = new.or(old)?;
    match string(value, diagnostics)? {
        "foreignKeys" => Some(RelationMode::ForeignKeys),
        "prisma" => Some(RelationMode::Prisma),
        other => {
            diagnostics
                .error(block.span, format!("relation mode `{other}` is not known"))
                .help("the modes are `foreignKeys` and `prisma`");
            None
        }
    }
}

#[derive(Default)]
struct Urls {
    url: Option<StringOrEnv>,
    direct: Option<StringOrEnv>,
    shadow: Option<StringOrEnv>,
}

fn urls(block: &Block, properties: &mut Properties<'_>, diagnostics: &mut Diagnostics) -> Option<Urls> {
    let Some((_, value)) = properties.remove("url") else {
        diagnostics
            .error(block.span, format!("datasource `{}` has no `url`", block.name.text))
            .help("add `url = env(\"DATABASE_URL\")`");
        return None;
    };
    let url = string_or_env(value, diagnostics)?;
    let shadow = properties
        .remove("shadowDatabaseUrl")
        .and_then(|(_, value)| string_or_env(value, diagnostics))
        .filter(|url| !matches!(url, StringOrEnv::Text(text, _) if text.is_empty()));
    let direct = properties.remove("directUrl").and_then(|(_, value)| string_or_env(value, diagnostics));
    if let Some(shadow) = &shadow {
        let others = direct.iter().map(|direct| ("directUrl", direct)).chain([("url", &url)]);
        for (key, other) in others {
            if other.is_same(shadow) {
                diagnostics
                    .error(other.span(), format!("`shadowDatabaseUrl` is the same as `{key}`"))
                    .help("the shadow database is emptied again and again: give it a database of its own");
            }
        }
    }
    Some(Urls { url: Some(url), direct, shadow })
}

fn refuse_urls(properties: &mut Properties<'_>, diagnostics: &mut Diagnostics) -> Urls {
    for key in ["url", "shadowDatabaseUrl", "directUrl"] {
        if let Some((property, _)) = properties.remove(key) {
            diagnostics
                .error(property.span, format!("`{key}` does not belong into a schema without `url`"))
                .help("move it to `prisma.config.ts`, or give a `url` too to follow the rules of Prisma 6");
        }
    }
    Urls::default()
}

fn namespaces<'a>(properties: &mut Properties<'a>, diagnostics: &mut Diagnostics) -> (Vec<Located<&'a str>>, bool) {
    let Some((_, value)) = properties.remove("schemas") else { return (Vec::new(), false) };
    let read = list(value, diagnostics, |element, diagnostics| {
        string(element, diagnostics).map(|value| Located { value, span: element.span() })
    });
    let Some(namespaces) = read else { return (Vec::new(), true) };
    if namespaces.is_empty() {
        diagnostics
            .error(value.span(), "`schemas` is empty")
            .help("name at least one schema of the database, or remove the key");
    }
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for namespace in &namespaces {
        if let Some(first) = seen.insert(namespace.value, namespace.span) {
            diagnostics
                .error(first, format!("schema `{}` is listed more than once", namespace.value))
                .help("keep one of them");
        }
    }
    (namespaces, true)
}

fn report_unknown(properties: Properties<'_>, diagnostics: &mut Diagnostics) {
    let mut rest: Vec<_> = properties.into_values().map(|(property, _)| property).collect();
    rest.sort_unstable_by_key(|property| property.span);
    for property in rest {
        let key = &property.name.text;
        let diagnostic = diagnostics.error(property.span, format!("a datasource has no key `{key}`"));
        if let Some(help) = did_you_mean(key, KEYS) {
            diagnostic.help(help);
        }
    }
}

fn extensions<'a>(
    properties: &mut Properties<'a>,
    diagnostics: &mut Diagnostics,
) -> (Vec<Extension<'a>>, Option<Span>) {
    let Some((property, value)) = properties.remove("extensions") else { return (Vec::new(), None) };
    let extensions = list(value, diagnostics, extension).unwrap_or_default();
    (extensions, Some(property.span))
}

fn extension<'a>(value: &'a Expr, diagnostics: &mut Diagnostics) -> Option<Extension<'a>> {
    let word = super::values::constant_or_call(value, diagnostics)?;
    let mut extension =
        Extension { name: word.name, span: word.span, mapped_name: None, namespace: None, version: None };
    for argument in word.arguments.iter().flat_map(|arguments| &arguments.list) {
        // An argument without value is passed over: so does the reference.
        let Some(value) = &argument.value else { continue };
        let Some(name) = &argument.name else {
            diagnostics
                .error(argument.span, format!("extension `{}` takes only arguments with names", word.name))
                .help("the arguments are `map`, `schema` and `version`");
            continue;
        };
        let Expr::String(text, _) = value else {
            mismatch::<()>("a string", value, diagnostics);
            continue;
        };
        let place = match name.text.as_str() {
            "map" => &mut extension.mapped_name,
            "schema" => &mut extension.namespace,
            "version" => &mut extension.version,
            other => {
                diagnostics
                    .error(argument.span, format!("extension `{}` has no argument `{other}`", word.name))
                    .help("the arguments are `map`, `schema` and `version`");
                continue;
            }
        };
        if place.replace(text).is_some() {
            diagnostics
                .error(argument.span, format!("argument `{}` is already given", name.text))
                .help("keep one of them");
        }
    }
    Some(extension)
}

/// A string, or `env("NAME")`.
pub(super) fn string_or_env(value: &Expr, diagnostics: &mut Diagnostics) -> Option<StringOrEnv> {
    match value {
        Expr::String(text, span) => Some(StringOrEnv::Text(text.to_string(), *span)),
        Expr::Call(call) if call.name.text == "env" => env(&call.arguments, call.span, diagnostics),
        _ => mismatch("a string or `env(\"NAME\")`", value, diagnostics),
    }
}

fn env(arguments: &Arguments, span: Span, diagnostics: &mut Diagnostics) -> Option<StringOrEnv> {
    if let [Argument { name, value: Some(value), span: argument }] = arguments.list.as_slice()
        && arguments.trailing_comma.is_none()
    {
        if name.is_some() {
            diagnostics.warning(*argument, "`env` takes its argument without a name").help("write `env(\"NAME\")`");
        }
        return string(value, diagnostics).map(|text| StringOrEnv::Env(text.to_owned(), span));
    }
    diagnostics.error(span, "`env` takes one string: the name of a variable").help("write `env(\"NAME\")`");
    None
}
