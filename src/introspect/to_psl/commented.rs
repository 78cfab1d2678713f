//! Models that are commented out, because their tables have no columns, found again in the files of before: they keep
//! their names and places although the schema knows nothing of them.

use std::collections::HashMap;

use super::names::is_reserved;
use super::plan::Key;
use crate::psl::ast::{Ast, BlockAttribute, Comment, CommentKind, Comments, Expr, Item, Member};
use crate::psl::{FileId, Source, Span, parse};

/// A model that is commented out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommentedModel {
    pub(super) name: String,
    /// Its first line.
    pub(super) span: Span,
    namespace: Option<String>,
    table: String,
}

/// Whether a comment begins a model that a pull commented out: one below the notice that says why.
pub(super) fn begins_model(above: Option<&Comment>, comment: &Comment) -> bool {
    let text = comment.text.trim();
    comment.kind == CommentKind::Line
        && text.starts_with("model ")
        && text.ends_with('{')
        && above.is_some_and(|above| above.kind == CommentKind::Doc && above.text.contains("column"))
}

/// Whether a comment ends a model that is commented out.
pub(super) fn ends_model(comment: &Comment) -> bool {
    comment.text.trim() == "}"
}

/// All of them in these files.
pub(super) fn find(files: &[Ast]) -> Vec<CommentedModel> {
    let runs = files.iter().flat_map(|file| &file.items).filter_map(|item| match item {
        Item::Comments(run) => Some(run),
        Item::Block(_) | Item::BlankLines | Item::Stray(_) => None,
    });
    runs.flat_map(in_run).collect()
}

fn in_run(run: &Comments) -> impl Iterator<Item = CommentedModel> {
    let pairs = run.list.iter().enumerate().zip(run.list.iter().skip(1));
    pairs.filter(|((_, above), comment)| begins_model(Some(above), comment)).filter_map(|((above, _), first)| {
        let mut text = String::new();
        for comment in run.list.iter().skip(above + 1) {
            text.push_str(&comment.text);
            text.push('\n');
            if ends_model(comment) {
                break;
            }
        }
        read(text, first.span)
    })
}

fn read(text: String, span: Span) -> Option<CommentedModel> {
    let (ast, _) = parse(Source { id: FileId(0), path: String::new(), text });
    let block = ast.blocks().next()?;
    let string = |name: &str| {
        block.members.iter().find_map(|member| match member {
            Member::Attribute(BlockAttribute { attribute, .. }) if attribute.name.text == name => {
                match attribute.arguments.as_ref()?.list.first()?.value.as_ref()? {
                    Expr::String(text, _) => Some(text.to_string()),
                    _ => None,
                }
            }
            _ => None,
        })
    };
    let name = Some(block.name.text.to_string()).filter(|name| !is_reserved(name))?;
    let table = string("map").unwrap_or_else(|| name.clone());
    Some(CommentedModel { name, span, namespace: string("schema"), table })
}

/// The same by the tables that they stand for.
pub(super) fn by_table<'a>(
    found: &'a [CommentedModel],
    default_namespace: &'a str,
) -> HashMap<Key<'a>, &'a CommentedModel> {
    found
        .iter()
        .map(|model| ((model.namespace.as_deref().unwrap_or(default_namespace), model.table.as_str()), model))
        .collect()
}
