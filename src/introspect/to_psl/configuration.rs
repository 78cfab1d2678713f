//! `generator` and `datasource` blocks: kept as they were written, but for what a pull has to say in them.

use super::names::string;
use super::{Previous, PullOptions};
use crate::psl::ast::{Ast, Block, BlockKind, Expr, Member, Property};

/// The preview feature without which predicates of indexes are not allowed.
const PARTIAL_INDEXES: &str = "partialIndexes";

/// The configuration blocks of a file, generators first. `partial` says that an index has a predicate.
pub(super) fn blocks(file: &Ast, options: &PullOptions, partial: bool) -> Vec<String> {
    let of = |kind: BlockKind| file.blocks().filter(move |block| block.kind == kind);
    let mut blocks: Vec<String> = of(BlockKind::Generator)
        .map(|block| {
            with_documentation(
                block,
                &if partial { with_feature(file, block) } else { file.text(block.span).to_owned() },
            )
        })
        .collect();
    blocks.extend(of(BlockKind::Datasource).map(|block| {
        let text = match &options.namespaces {
            Some(namespaces) => with_namespaces(file, block, namespaces),
            None => file.text(block.span).to_owned(),
        };
        with_documentation(block, &text)
    }));
    blocks
}

/// All configuration blocks of a schema.
pub(super) fn all_blocks(previous: &Previous<'_>, options: &PullOptions, partial: bool) -> Vec<String> {
    previous.files.iter().flat_map(|file| blocks(file, options, partial)).collect()
}

fn with_documentation(block: &Block, text: &str) -> String {
    let documentation = block.documentation.iter().flat_map(|text| text.lines()).map(|line| format!("/// {line}\n"));
    documentation.collect::<String>() + text
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

fn with_namespaces(file: &Ast, block: &Block, namespaces: &[String]) -> String {
    let list: Vec<String> = namespaces.iter().map(|namespace| string(namespace)).collect();
    let list = format!("[{}]", list.join(", "));
    match property(block, "schemas").and_then(|property| property.value.as_ref()) {
        Some(value) => replaced(file, block, value.span(), &list),
        None => with_line(file, block, &format!("schemas = {list}")),
    }
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
