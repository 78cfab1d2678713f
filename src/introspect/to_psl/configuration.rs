//! `generator` and `datasource` blocks: kept as they were written, but for what a pull has to say in them.

use super::PullOptions;
use super::layout::Layout;
use super::names::{sanitized, string};
use super::plan::Plan;
use super::print::Printed;
use crate::dbschema::Extension;
use crate::psl::ast::{Ast, Block, BlockKind, Expr, Member, Property};

/// The preview feature without which predicates of indexes are not allowed.
const PARTIAL_INDEXES: &str = "partialIndexes";

/// The configuration blocks of a file, generators first. `partial` says that an index has a predicate.
pub(super) fn blocks(
    file: &Ast,
    plan: &Plan<'_>,
    layout: &Layout<'_>,
    options: &PullOptions,
    partial: bool,
) -> Vec<Printed> {
    let of = |kind: BlockKind| file.blocks().filter(move |block| block.kind == kind);
    let generators = of(BlockKind::Generator)
        .map(|block| (block, if partial { with_feature(file, block) } else { file.text(block.span).to_owned() }));
    let datasources = of(BlockKind::Datasource).map(|block| {
        let namespaces = options.namespaces.as_ref().map(|namespaces| list(namespaces.iter().map(|name| string(name))));
        let changes = [("schemas", namespaces), ("extensions", extensions(file, block, plan))];
        (block, with_properties(file, block, changes))
    });
    let printed = |(block, text): (&Block, String)| Printed {
        text: layout.above(layout.place(block.span), None) + &text,
        place: Some(block.span),
    };
    generators.chain(datasources).map(printed).collect()
}

fn property<'a>(block: &'a Block, name: &str) -> Option<&'a Property> {
    block.members.iter().find_map(|member| match member {
        Member::Property(property) if property.name.text == name => Some(property),
        _ => None,
    })
}

fn with_feature(file: &Ast, block: &Block) -> String {
    let Some(property) = property(block, "previewFeatures") else {
        return with_line(file, block, &format!("previewFeatures = [{}]", string(PARTIAL_INDEXES)));
    };
    let Some(Expr::Array(features, span)) = &property.value else { return file.text(block.span).to_owned() };
    if features.iter().any(|feature| matches!(feature, Expr::String(name, _) if name == PARTIAL_INDEXES)) {
        return file.text(block.span).to_owned();
    }
    let mut list: Vec<&str> = features.iter().map(|feature| file.text(feature.span())).collect();
    let feature = string(PARTIAL_INDEXES);
    list.push(&feature);
    replaced(file, block, *span, &format!("[{}]", list.join(", ")))
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

/// The block's text with other values of properties; those that it does not have are added.
fn with_properties(file: &Ast, block: &Block, changes: [(&str, Option<String>); 2]) -> String {
    let mut parts = Vec::new();
    let mut added = String::new();
    for (name, value) in changes {
        let Some(value) = value else { continue };
        if let Some(old) = property(block, name).and_then(|property| property.value.as_ref()) {
            parts.push((old.span(), value));
        } else {
            added.push_str("\n  ");
            added.push_str(name);
            added.push_str(" = ");
            added.push_str(&value);
        }
    }
    // From the back, so that places in front stay what they are.
    parts.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut text = file.text(block.span).to_owned();
    for (span, value) in parts {
        let offset = |position: u32| position.saturating_sub(block.span.start) as usize;
        text.replace_range(offset(span.start)..offset(span.end), &value);
    }
    if added.is_empty() {
        return text;
    }
    let inside = text.strip_suffix('}').unwrap_or(&text).trim_end();
    format!("{inside}{added}\n}}")
}

/// Extensions that a pull adds to a list of them.
const KNOWN_EXTENSIONS: [&str; 4] = ["citext", "pgcrypto", "postgis", "uuid-ossp"];

/// The list of extensions, if there is one and the database has others: what is not installed goes, schemas and versions
/// that were written are those of the database, and some well-known extensions come in.
fn extensions(file: &Ast, block: &Block, plan: &Plan<'_>) -> Option<String> {
    let Expr::Array(items, _) = property(block, "extensions")?.value.as_ref()? else { return None };
    let written = plan.settings.extensions;
    let installed = |name: &str| plan.database.extensions.iter().find(|extension| extension.name == name);
    let of_item = |item: &Expr| {
        let name = match item {
            Expr::Constant(name, _) => name,
            Expr::Call(call) => &call.name.text,
            _ => return None,
        };
        written.iter().find(|extension| extension.name == *name)
    };
    let mut is_changed = false;
    let mut texts = Vec::new();
    let mut seen = Vec::new();
    for item in items {
        let Some(extension) = of_item(item) else { continue };
        let name = extension.mapped_name.as_ref().unwrap_or(&extension.name);
        let Some(found) = installed(name) else {
            is_changed = true;
            continue;
        };
        seen.push(name.as_str());
        let is_as_written = (extension.namespace.is_none() || extension.namespace == found.namespace)
            && (extension.version.is_none() || extension.version == found.version);
        is_changed |= !is_as_written;
        texts.push(if is_as_written {
            file.text(item.span()).to_owned()
        } else {
            let namespace = extension.namespace.as_ref().and(found.namespace.as_ref());
            let version = extension.version.as_ref().and(found.version.as_ref());
            call(&extension.name, extension.mapped_name.as_ref(), namespace, version)
        });
    }
    let known = |extension: &&Extension| KNOWN_EXTENSIONS.contains(&extension.name.as_str());
    for extension in plan.database.extensions.iter().filter(known).filter(|e| !seen.contains(&e.name.as_str())) {
        let clean = sanitized(&extension.name);
        let map = (clean != extension.name).then_some(&extension.name);
        texts.push(call(&clean, map, extension.namespace.as_ref(), None));
        is_changed = true;
    }
    is_changed.then(|| list(texts.into_iter()))
}

fn call(name: &str, map: Option<&String>, namespace: Option<&String>, version: Option<&String>) -> String {
    let arguments = [("map", map), ("schema", namespace), ("version", version)];
    let arguments: Vec<String> =
        arguments.into_iter().filter_map(|(key, value)| Some(format!("{key}: {}", string(value?)))).collect();
    if arguments.is_empty() { name.to_owned() } else { format!("{name}({})", arguments.join(", ")) }
}

/// The block's text with another one in the place of a part.
fn replaced(file: &Ast, block: &Block, part: crate::psl::Span, text: &str) -> String {
    let whole = file.text(block.span);
    let offset = |position: u32| position.saturating_sub(block.span.start) as usize;
    let before = whole.get(..offset(part.start)).unwrap_or(whole);
    let after = whole.get(offset(part.end)..).unwrap_or_default();
    format!("{before}{text}{after}")
}

/// The block's text with one more line at its end.
fn with_line(file: &Ast, block: &Block, line: &str) -> String {
    let whole = file.text(block.span);
    let inside = whole.strip_suffix('}').unwrap_or(whole).trim_end();
    format!("{inside}\n  {line}\n}}")
}
