//! Prints files in the one layout. What it prints is printed unchanged when it is formatted again.
//!
//! [`relations`] finds out what relations lack, [`blocks`] lays out the members of a block, [`table`] aligns columns, [`values`] prints attributes and values.

mod blocks;
mod names;
mod plural;
mod relations;
mod table;
mod values;

use super::ast::{Ast, Item, Source};
use super::parser::parse;
use super::resolve::resolve;
use super::schema::Rules;

/// Prints each file in the one layout, in the order given. Text that could not be read is printed as it is.
///
/// Fields and arguments that a relation lacks are put in, if the files have no errors in names, types and attributes.
pub fn format(files: &[Ast]) -> Vec<String> {
    let (schema, _) = resolve(files);
    let pieces = relations::missing(files, &schema);
    let print = |file| match relations::insert(file, &pieces) {
        Some(text) => layout(&parse(Source { text, ..file.source.clone() }).0, schema.rules),
        None => layout(file, schema.rules),
    };
    files.iter().map(print).collect()
}

/// Blanks before the members of a block.
const INDENT: &str = "  ";

fn layout(file: &Ast, rules: Rules) -> String {
    let mut text = String::with_capacity(file.source.text.len() * 5 / 4);
    for item in &file.items {
        match item {
            Item::Block(block) => blocks::print(file, block, rules, &mut text),
            Item::Comments(comments) => blocks::print_comments(comments, "", &mut text),
            Item::BlankLines if text.is_empty() => {}
            Item::BlankLines => text.push('\n'),
            Item::Stray(span) => text.push_str(file.text(*span)),
        }
    }
    text.truncate(text.trim_end_matches('\n').len());
    text.push('\n');
    text
}
