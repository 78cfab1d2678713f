//! What the formatter is tested with: the cases of `tests/fixtures/format`, and mutants of them. The script that records
//! Prisma's answers gets the same.

use std::path::{Path, PathBuf};

use evt::psl::ast::{BlockKind, CommentKind, Comments, Item, Member};
use evt::psl::{Ast, FileId, Source, parse};

use super::mutate::{Random, mutate};

/// How many mutants there are.
const MUTANTS: usize = 2_000;

/// A text to be formatted.
pub(crate) struct Input {
    /// `topic/name` of a case, the seed of a mutant.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// Where cases and recorded answers are.
pub(crate) fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/format")
}

/// The cases, in the order of files and lines. In the files `␍` stands for a carriage return, `␂` for a byte order mark,
/// `␠` for a blank at the end of a line and `␄` for the end of a text without newline.
pub(crate) fn cases() -> Vec<Input> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory())
        .expect("the fixtures are there")
        .map(|entry| entry.expect("a directory entry").path())
        .filter(|path| path.extension().is_some_and(|it| it == "case"))
        .collect();
    files.sort();
    let mut cases: Vec<Input> = Vec::new();
    for file in files {
        let topic = file.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        for line in std::fs::read_to_string(&file).expect("a case file can be read").split_inclusive('\n') {
            if let Some(name) = line.strip_prefix("== ") {
                cases.push(Input { name: format!("{topic}/{}", name.trim_end()), text: String::new() });
            } else {
                let line = line.replace('␍', "\r").replace('␂', "\u{feff}").replace('␠', " ").replace("␄\n", "");
                cases.last_mut().expect("a file begins with `== name`").text.push_str(&line);
            }
        }
    }
    cases
}

/// Mutants of the cases, without those that evt prints otherwise on purpose.
pub(crate) fn mutants(cases: &[Input]) -> Vec<Input> {
    (0..)
        .map(|seed| {
            let mut random = Random::new(seed);
            let case = &cases[random.below(cases.len())];
            Input { name: format!("{seed}"), text: mutate(&case.text, &mut random) }
        })
        .filter(|mutant| !differs_on_purpose(&read(&mutant.text)))
        .take(MUTANTS)
        .collect()
}

pub(crate) fn read(text: &str) -> Ast {
    parse(Source { id: FileId(0), path: "schema.prisma".to_owned(), text: text.to_owned() }).0
}

/// Which Prisma's rules a text follows.
pub(crate) fn rules(text: &str) -> u8 {
    let file = read(text);
    let has_url = file.blocks().filter(|block| block.kind == BlockKind::Datasource).any(|block| {
        block.members.iter().any(|member| matches!(member, Member::Property(property) if property.name.text == "url"))
    });
    if has_url { 6 } else { 7 }
}

/// Three mistakes of Prisma's formatter are not repeated: it damages a block comment that stands indented behind another
/// comment, further each time it runs; it appends a second list of arguments to `@relation()`; and it puts the missing
/// `@relation` of `b B ?` between the type and its `?`.
pub(crate) fn differs_on_purpose(file: &Ast) -> bool {
    let runs = file.items.iter().flat_map(|item| match item {
        Item::Comments(run) => vec![run],
        Item::Block(block) => block.members.iter().filter_map(comments).collect(),
        Item::BlankLines | Item::Stray(_) => Vec::new(),
    });
    let indented = |start: u32| {
        file.source.text[..start as usize].ends_with(|char: char| char.is_whitespace() && char != '\n' && char != '\r')
    };
    let damaged = |run: &Comments| {
        run.list.iter().skip(1).any(|comment| comment.kind == CommentKind::Block && indented(comment.span.start))
    };
    let empty_relation = |member: &Member| match member {
        Member::Field(field) => field.attributes.iter().any(|attribute| {
            attribute.name.text == "relation"
                && attribute.arguments.as_ref().is_some_and(|arguments| arguments.list.is_empty())
        }),
        _ => false,
    };
    let torn_type = |member: &Member| match member {
        Member::Field(field) => {
            let written = field.written_type.map_or("", |span| file.text(span));
            let torn = written.strip_suffix('?').filter(|name| name.ends_with(char::is_whitespace));
            let is_model = |name: &str| {
                file.blocks().any(|block| block.kind == BlockKind::Model && block.name.text == name.trim_end())
            };
            torn.is_some_and(is_model) && field.attributes.iter().all(|attribute| attribute.name.text != "relation")
        }
        _ => false,
    };
    runs.into_iter().any(damaged)
        || file.blocks().any(|block| block.members.iter().any(|member| empty_relation(member) || torn_type(member)))
}

fn comments(member: &Member) -> Option<&Comments> {
    match member {
        Member::Comments(run) => Some(run),
        _ => None,
    }
}
