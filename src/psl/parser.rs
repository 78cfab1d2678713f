//! Reads one file. `grammar/psl.pest` says what a line may be; this module joins lines into blocks, and its parts read
//! members of blocks ([`members`]), comments ([`comments`]) and values ([`values`]) into the tree.
//!
//! Reading is linear in the length of the text. What could make it slower is remembered: the lines from which no
//! closing brace can be reached, and the next end of a comment ([`lines`]).

mod comments;
mod hints;
mod lines;
mod members;
mod values;

use std::ops::Range;

use pest::Parser as _;
use pest::iterators::{Pair, Pairs};
use pest_derive::Parser;

use self::comments::documentation;
use self::lines::{Finder, LineSet, line_at, lonely_lines, too_deep};
use super::ast::{Ast, Block, BlockKind, Comments, Item, Member, Source};
use super::diagnostics::{Diagnostics, FileId, Span};

#[derive(Parser)]
#[grammar = "../grammar/psl.pest"]
struct Grammar;

const TOO_DEEP: &str = "brackets are nested too deeply";

/// Reads one file. Never fails: the tree holds every line, and what could not be understood is reported.
pub fn parse(source: Source) -> (Ast, Diagnostics) {
    let mut reader = Reader::new(source.id, &source.text);
    let items = reader.items();
    let diagnostics = reader.diagnostics;
    let has_errors = diagnostics.has_errors();
    (Ast { source, items, has_errors }, diagnostics)
}

/// The three bodies that a block can have.
#[derive(Clone, Copy)]
enum Body {
    Container,
    Enum,
    Config,
}

impl Body {
    fn of(kind: BlockKind) -> Self {
        match kind {
            BlockKind::Model | BlockKind::View | BlockKind::CompositeType => Self::Container,
            BlockKind::Enum => Self::Enum,
            BlockKind::Datasource | BlockKind::Generator => Self::Config,
        }
    }
}

/// Something that was read, and where the text behind it begins.
struct Read<T> {
    value: T,
    end: usize,
}

/// One file while it is read. `at` is always where a call of pest began: pest's positions count from there.
struct Reader<'a> {
    text: &'a str,
    file: FileId,
    diagnostics: Diagnostics,
    comment_end: Finder<'a>,
    brace: Finder<'a>,
    lonely_lines: Vec<Range<usize>>,
    /// For each [`Body`]: places from which no closing brace is reached.
    unclosed: [LineSet; 3],
}

impl<'a> Reader<'a> {
    fn new(file: FileId, text: &'a str) -> Self {
        Self {
            text,
            file,
            diagnostics: Diagnostics::default(),
            comment_end: Finder::new(text, "*/"),
            brace: Finder::new(text, "}"),
            lonely_lines: lonely_lines(text),
            unclosed: Default::default(),
        }
    }

    fn items(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        let mut pending = None;
        let mut at = 0;
        while at < self.text.len() {
            at = self.item(at, &mut items, &mut pending);
        }
        items
    }

    /// Reads the item at `at`, which may be a whole block, and returns where the next one begins.
    fn item(&mut self, at: usize, items: &mut Vec<Item>, pending: &mut Option<String>) -> usize {
        let line = line_at(self.text, at);
        let deep = too_deep(line);
        let Some(pair) = first(if deep { Rule::deep_top_line } else { Rule::top_line }, line) else {
            return self.no_item(at, items);
        };
        match pair.as_rule() {
            Rule::block_head => match self.block(at, &pair) {
                Some(Read { value: mut block, end }) => {
                    if let Some(Item::Comments(run)) = items.last() {
                        *pending = documentation(run);
                    }
                    match Body::of(block.kind) {
                        Body::Container | Body::Enum => block.documentation = pending.take(),
                        // Prisma does not use the comment above a datasource or generator, and keeps it for the next
                        // model or enum that has none.
                        Body::Config => {}
                    }
                    items.push(Item::Block(block));
                    end
                }
                None => match first(Rule::unclosed_line, line) {
                    Some(pair) if pair.as_rule() == Rule::stray_head => self.stray_block(at, &pair, items),
                    Some(_) | None => self.no_item(at, items),
                },
            },
            Rule::stray_head => self.stray_block(at, &pair, items),
            Rule::type_alias => self.type_alias(at, &pair, items),
            Rule::comments => match self.comments(at, pair) {
                Some(Read { value: mut list, end }) => {
                    if let Some(Item::Comments(run)) = items.last_mut() {
                        run.list.append(&mut list);
                    } else {
                        items.push(Item::Comments(Comments { list }));
                    }
                    end
                }
                None => self.no_item(at, items),
            },
            Rule::blank_line => {
                if !matches!(items.last(), Some(Item::BlankLines)) {
                    items.push(Item::BlankLines);
                }
                at + line.len()
            }
            _ if deep => self.stray_line(at, items, TOO_DEEP),
            _ => self.no_item(at, items),
        }
    }

    fn no_item(&mut self, at: usize, items: &mut Vec<Item>) -> usize {
        self.stray_line(at, items, "this line begins no known block")
    }

    fn stray_line(&mut self, at: usize, items: &mut Vec<Item>, message: &str) -> usize {
        let span = self.line_span(at);
        if span.start < span.end {
            let help = hints::outside(line_at(self.text, at));
            self.diagnostics.error(span, message).help(help);
            items.push(Item::Stray(span));
        }
        span.end as usize
    }

    fn stray_block(&mut self, at: usize, head: &Pair<'_, Rule>, items: &mut Vec<Item>) -> usize {
        let span = self.span(at, head);
        let Some(brace) = self.brace.from(span.end as usize) else {
            return self.no_item(at, items);
        };
        let span = self.range(span.start as usize, brace + 1);
        let name = head.clone().into_inner().next().map_or("", |name| name.as_str());
        self.diagnostics
            .error(span, format!("the block `{name}` has no keyword"))
            .help("begin it with model, view, enum, type, datasource or generator, then its name");
        items.push(Item::Stray(span));
        brace + 1
    }

    fn type_alias(&mut self, at: usize, pair: &Pair<'_, Rule>, items: &mut Vec<Item>) -> usize {
        let span = self.span(at, pair);
        self.diagnostics
            .error(span, "a type cannot be given another name")
            .help("write the type itself in every field that uses it");
        items.push(Item::Stray(span));
        span.end as usize
    }

    /// Reads a block whose first line is `head`. `None` if it is never closed: then nothing was read or reported.
    fn block(&mut self, at: usize, head: &Pair<'_, Rule>) -> Option<Read<Block>> {
        let span = self.span(at, head);
        let mut inner = head.clone().into_inner();
        let kind = BlockKind::from_keyword(inner.next()?.as_str())?;
        let name = self.ident(at, &inner.next()?);
        let reported = self.diagnostics.len();
        let Some(Read { value: members, end }) = self.members(kind, &name.text, span.end as usize) else {
            self.diagnostics.truncate(reported);
            return None;
        };
        let documentation = match Body::of(kind) {
            Body::Container | Body::Enum => None,
            Body::Config => last_run(&members).and_then(documentation),
        };
        let span = self.range(span.start as usize, end);
        Some(Read { value: Block { kind, name, members, documentation, span }, end })
    }

    /// The place of a pair that was read from `at`.
    fn span(&self, at: usize, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        self.range(at + span.start(), at + span.end())
    }

    /// From the first character of a line that is no blank through its newline.
    fn line_span(&self, at: usize) -> Span {
        let line = line_at(self.text, at);
        let start = match first(Rule::whole_line, line) {
            Some(pair) => at + pair.as_span().start(),
            None => at,
        };
        self.range(start, at + line.len())
    }

    fn range(&self, start: usize, end: usize) -> Span {
        let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Span { file: self.file, start: offset(start), end: offset(end) }
    }
}

/// What an entry point of the grammar consists of.
fn all(rule: Rule, text: &str) -> Option<Pairs<'_, Rule>> {
    Some(Grammar::parse(rule, text).ok()?.next()?.into_inner())
}

fn first(rule: Rule, text: &str) -> Option<Pair<'_, Rule>> {
    all(rule, text)?.next()
}

fn last_run(members: &[Member]) -> Option<&Comments> {
    members.iter().rev().find_map(|member| match member {
        Member::Comments(run) => Some(run),
        Member::Field(_)
        | Member::Value(_)
        | Member::Property(_)
        | Member::Attribute(_)
        | Member::BlankLines
        | Member::Junk(_) => None,
    })
}
