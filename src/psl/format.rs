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
///
/// The result is Prisma's, byte for byte. Printing it again changes nothing if the files were well formed; see
/// [`format_until_settled`] for others.
///
/// ```
/// use evt::psl::{self, FileId, Source};
///
/// let text = "model User{\n id Int @default(autoincrement()) @id\n}".to_owned();
/// let (tree, _) = psl::parse(Source { id: FileId(0), path: "schema.prisma".to_owned(), text });
/// assert_eq!(psl::format(&[tree]), ["model User {\n  id Int @id @default(autoincrement())\n}\n"]);
/// ```
pub fn format(files: &[Ast]) -> Vec<String> {
    // What it all means is many times larger than the text: it goes before anything is printed.
    let (pieces, rules) = {
        let (schema, _) = resolve(files);
        (relations::missing(files, &schema), schema.rules)
    };
    let print = |file| match relations::insert(file, &pieces) {
        Some(text) => layout(&read_instead(file, text), rules),
        None => layout(file, rules),
    };
    files.iter().map(print).collect()
}

/// How often printing may change what was printed before; no text is known that needs more than three rounds.
const MAX_ROUNDS: usize = 8;

/// Prints like [`format()`] until printing again changes nothing.
///
/// Some odd text settles late, because one round mends what the next one can complete: a field written `name: Type` becomes
/// a relation that lacks its other side, text behind a closing brace becomes a block of its own. Prisma's formatter changes
/// such files each time it runs, and its `--check` refuses what it has just written.
pub fn format_until_settled(files: &[Ast]) -> Vec<String> {
    let mut texts = format(files);
    for _ in 1..MAX_ROUNDS {
        let printed: Vec<Ast> = files.iter().zip(&texts).map(|(file, text)| read_instead(file, text.clone())).collect();
        let again = format(&printed);
        if again == texts {
            break;
        }
        texts = again;
    }
    texts
}

/// The tree of another text for the same file.
fn read_instead(file: &Ast, text: String) -> Ast {
    parse(Source { id: file.source.id, path: file.source.path.clone(), text }).0
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
