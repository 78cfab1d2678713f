//! What a person laid out by hand and the schema language gives no meaning to: `//` comments, blank lines between
//! fields, and the order of fields that goes with them.
//!
//! A block without any of these is printed as if it were new. One that has them is edited in place: what stays keeps its
//! place and its comments, what is gone takes the comments directly at it with it, and what is new comes behind its
//! neighbour in the database.

use std::collections::{HashMap, HashSet};
use std::mem::take;

use super::commented::{begins_model, ends_model};
use crate::psl::Span;
use crate::psl::ast::{Ast, Block, BlockKind, Comment, CommentKind, Comments, Item, Member};

/// The files of before, by what stands where.
pub(super) struct Layout<'a> {
    blocks: HashMap<Span, Place<'a>>,
    /// Names of columns and values that other tools comment out and evt does not.
    nameless: HashSet<&'a str>,
}

/// A block and what stands directly above it.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) file: &'a Ast,
    pub(super) block: &'a Block,
    above: Option<&'a Comments>,
}

/// A line of a block, ready to be printed: a field, a value or an attribute.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) kind: LineKind,
    /// By what it is found in the block of before: its name; of attributes also how many of that name come before it.
    pub(super) known: Option<(String, usize)>,
    pub(super) documentation: Option<String>,
    pub(super) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineKind {
    /// A scalar field.
    Column,
    /// A value of an enum, the order of which counts.
    Value,
    Relation,
    Attribute,
}

/// Comments that stand alone in a file, and the block that they are in front of, if any.
pub(super) struct Alone {
    pub(super) block: Option<Span>,
    pub(super) text: String,
}

impl<'a> Layout<'a> {
    pub(super) fn new(files: &'a [Ast], nameless: HashSet<&'a str>) -> Self {
        let mut blocks = HashMap::new();
        for file in files {
            let mut above = None;
            for item in &file.items {
                match item {
                    Item::Comments(run) => above = Some(run),
                    Item::Block(block) => {
                        blocks.insert(block.span, Place { file, block, above: above.take() });
                    }
                    Item::BlankLines | Item::Stray(_) => above = None,
                }
            }
        }
        Self { blocks, nameless }
    }

    /// Whether a file shows a hand between its blocks: comments that are no documentation.
    pub(super) fn is_laid_out(&self, file: &Ast) -> bool {
        file.items.iter().enumerate().any(|(position, item)| match (item, file.items.get(position + 1)) {
            (Item::Comments(run), Some(Item::Block(_))) => run.list.iter().any(is_plain),
            (Item::Comments(run), _) => !self.verbatim(run, "").is_empty(),
            _ => false,
        })
    }

    pub(super) fn place(&self, block: Span) -> Option<Place<'a>> {
        self.blocks.get(&block).copied()
    }

    /// The comments of a file that stand alone, in front of the next of the blocks that `stays`.
    pub(super) fn alone(&self, file: &Ast, stays: impl Fn(Span) -> bool) -> Vec<Alone> {
        let mut found: Vec<Alone> = Vec::new();
        let mut waiting = 0;
        for (position, item) in file.items.iter().enumerate() {
            match (item, file.items.get(position + 1)) {
                (Item::Comments(_), Some(Item::Block(_))) => {}
                (Item::Comments(run), _) => {
                    let text = self.verbatim(run, "");
                    found.extend((!text.is_empty()).then_some(Alone { block: None, text }));
                }
                (Item::Block(block), _) if stays(block.span) => {
                    for alone in found.iter_mut().skip(waiting) {
                        alone.block = Some(block.span);
                    }
                    waiting = found.len();
                }
                _ => {}
            }
        }
        found
    }

    /// What stands above a block: all of it as it was written if some of it is no documentation, else the
    /// documentation. What the language takes from above another block stays there.
    pub(super) fn above(&self, place: Option<Place<'_>>, documentation: Option<&str>) -> String {
        let Some((place, run)) = place.and_then(|place| Some((place, place.above?))) else { return String::new() };
        let is_config = matches!(place.block.kind, BlockKind::Datasource | BlockKind::Generator);
        if !is_config && !run.list.iter().any(is_plain) {
            return documented(documentation, "");
        }
        let text = self.verbatim(run, "");
        if text.is_empty() { text } else { text + "\n" }
    }

    /// The body of a block. `place` is where it was before, if it was.
    pub(super) fn body(&self, place: Option<Place<'_>>, lines: &[Line]) -> String {
        match place.filter(|place| is_laid_out(place.block)) {
            Some(place) => Editor { layout: self, place, lines, rows: Vec::new(), run: None }.edit(),
            None => as_new(lines),
        }
    }

    /// Comments as they were written, without those that stood for something that is written properly now.
    fn verbatim(&self, run: &Comments, indent: &str) -> String {
        let mut kept: Vec<&Comment> = Vec::new();
        let mut list = run.list.iter();
        while let Some(comment) = list.next() {
            let has_notice = kept.last().is_some_and(|above| above.kind == CommentKind::Doc);
            let is_model = begins_model(kept.last().copied(), comment);
            if is_model || self.is_commented_member(comment) {
                if has_notice {
                    kept.pop();
                }
                if is_model {
                    list.by_ref().find(|comment| ends_model(comment));
                }
                continue;
            }
            kept.push(comment);
        }
        let lines = kept.iter().map(|comment| {
            let (start, end) = match comment.kind {
                CommentKind::Line => ("//", ""),
                CommentKind::Doc => ("///", ""),
                CommentKind::Block => ("/*", "*/"),
            };
            format!("{indent}{start}{}{end}", comment.text.trim_end_matches(['\n', '\r']))
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// `// é Int? @map("é")`
    fn is_commented_member(&self, comment: &Comment) -> bool {
        let name = comment.text.split_once("@map(\"").and_then(|(_, rest)| Some(rest.split_once("\")")?.0));
        comment.kind == CommentKind::Line
            && name
                .is_some_and(|name| self.nameless.contains(name.replace("\\\"", "\"").replace("\\\\", "\\").as_str()))
    }
}

/// Changes the lines of a block and leaves the rest of it as it is.
struct Editor<'a> {
    layout: &'a Layout<'a>,
    place: Place<'a>,
    lines: &'a [Line],
    rows: Vec<Row>,
    /// The comments that the next member may own, and whether a blank line is above them.
    run: Option<(&'a Comments, bool)>,
}

/// A part of a body.
enum Row {
    Blank,
    Comment(String),
    Line { line: usize, text: String },
}

/// A field, value or attribute of before.
struct Declared<'a> {
    name: &'a str,
    trailing: Option<&'a Comment>,
    is_attribute: bool,
}

impl Editor<'_> {
    fn edit(mut self) -> String {
        let mut attributes: HashMap<&str, usize> = HashMap::new();
        let mut blank = false;
        for member in &self.place.block.members {
            let declared = match member {
                Member::Field(field) => {
                    Declared { name: &field.name.text, trailing: field.trailing.as_deref(), is_attribute: false }
                }
                Member::Value(value) => {
                    Declared { name: &value.name.text, trailing: value.trailing.as_deref(), is_attribute: false }
                }
                Member::Attribute(line) => {
                    Declared { name: &line.attribute.name.text, trailing: line.trailing.as_deref(), is_attribute: true }
                }
                Member::Comments(comments) => {
                    self.let_loose();
                    self.run = Some((comments, take(&mut blank)));
                    continue;
                }
                Member::BlankLines => {
                    blank = true;
                    continue;
                }
                Member::Property(_) | Member::Junk(_) => continue,
            };
            let mut number = 0;
            if declared.is_attribute {
                let seen = attributes.entry(declared.name).or_default();
                number = *seen;
                *seen += 1;
            }
            self.declared(&declared, number, take(&mut blank));
        }
        self.let_loose();
        self.sort_values();
        self.add_new();
        self.printed()
    }

    /// A member of before, and whether a blank line is directly above it.
    fn declared(&mut self, declared: &Declared<'_>, number: usize, blank: bool) {
        // The language takes comments for those of the next field even across blank lines.
        if declared.is_attribute && blank {
            self.let_loose();
        }
        let line = self.lines.iter().position(|line| {
            (line.kind == LineKind::Attribute) == declared.is_attribute
                && line.known.as_ref().is_some_and(|known| known.0 == declared.name && known.1 == number)
        });
        let Some((at, line)) = line.and_then(|at| Some((at, self.lines.get(at)?))) else {
            if blank {
                self.let_loose();
                self.rows.push(Row::Blank);
            } else if self.run.take().is_some_and(|(_, blank)| blank) {
                self.rows.push(Row::Blank);
            }
            return;
        };
        let run = self.run.take();
        if run.is_none_or(|(_, above)| above) && (run.is_some() || blank) {
            self.rows.push(Row::Blank);
        }
        let plain = run.filter(|(run, _)| declared.is_attribute || run.list.iter().any(is_plain));
        let mut text = match plain {
            None => documented(line.documentation.as_deref(), "  "),
            Some((run, _)) => match self.layout.verbatim(run, "  ") {
                empty if empty.is_empty() => empty,
                above => above + if blank { "\n\n" } else { "\n" },
            },
        };
        text.push_str("  ");
        text.push_str(&line.text);
        // Documentation behind a line is part of what stands above it now.
        if let Some(comment) = declared.trailing.filter(|comment| plain.is_some() || is_plain(comment)) {
            text.push(' ');
            text.push_str(self.place.file.text(comment.span).trim_end());
        }
        text.push('\n');
        self.rows.push(Row::Line { line: at, text });
    }

    /// Comments that belong to no line.
    fn let_loose(&mut self) {
        let Some((run, blank)) = self.run.take() else { return };
        if blank {
            self.rows.push(Row::Blank);
        }
        let text = self.layout.verbatim(run, "  ");
        if !text.is_empty() {
            self.rows.push(Row::Comment(text + "\n"));
        }
    }

    fn kind(&self, line: usize) -> Option<LineKind> {
        self.lines.get(line).map(|line| line.kind)
    }

    /// Values stand in the order of the database, each with its comments.
    fn sort_values(&mut self) {
        let is_value = |row: &Row| match row {
            Row::Line { line, .. } => self.lines.get(*line).is_some_and(|line| line.kind == LineKind::Value),
            Row::Blank | Row::Comment(_) => false,
        };
        let places: Vec<usize> = (0..self.rows.len()).filter(|at| self.rows.get(*at).is_some_and(is_value)).collect();
        let mut values: Vec<(usize, String)> = places
            .iter()
            .filter_map(|at| match self.rows.get_mut(*at) {
                Some(Row::Line { line, text }) => Some((*line, take(text))),
                _ => None,
            })
            .collect();
        values.sort_by_key(|(line, _)| *line);
        for (at, (line, text)) in places.into_iter().zip(values) {
            self.rows[at] = Row::Line { line, text };
        }
    }

    /// Puts new lines behind their neighbours: fields and values behind the one that they follow in the database, the
    /// first relation behind the fields, attributes at the end.
    fn add_new(&mut self) {
        for (at, line) in self.lines.iter().enumerate() {
            if self.row_of(at).is_some() {
                continue;
            }
            let same_kind = |before: &usize| self.kind(*before) == Some(line.kind);
            let last = |kind: LineKind| {
                self.rows
                    .iter()
                    .rposition(|row| matches!(row, Row::Line { line, .. } if self.kind(*line) == Some(kind)))
            };
            let neighbour = (0..at).rev().find(same_kind).and_then(|before| self.row_of(before));
            let behind = match line.kind {
                LineKind::Column | LineKind::Value => neighbour,
                LineKind::Relation => neighbour.or_else(|| last(LineKind::Relation)).or_else(|| last(LineKind::Column)),
                LineKind::Attribute => last(LineKind::Attribute).or_else(|| {
                    self.rows.push(Row::Blank);
                    self.rows.len().checked_sub(1)
                }),
            };
            let first = self.rows.iter().position(|row| matches!(row, Row::Line { .. }));
            let position = behind.map_or(first.unwrap_or(self.rows.len()), |row| row + 1);
            let text = format!("{}  {}\n", documented(line.documentation.as_deref(), "  "), line.text);
            self.rows.insert(position, Row::Line { line: at, text });
        }
    }

    fn row_of(&self, wanted: usize) -> Option<usize> {
        self.rows.iter().position(|row| matches!(row, Row::Line { line, .. } if *line == wanted))
    }

    fn printed(self) -> String {
        let mut out = String::new();
        let mut blank = false;
        for row in self.rows {
            match row {
                Row::Blank => blank = true,
                Row::Comment(text) | Row::Line { text, .. } => {
                    if take(&mut blank) && !out.is_empty() {
                        out.push('\n');
                    }
                    out.push_str(&text);
                }
            }
        }
        out
    }
}

fn as_new(lines: &[Line]) -> String {
    let mut out = String::new();
    let mut in_attributes = false;
    for line in lines {
        if line.kind == LineKind::Attribute && !std::mem::replace(&mut in_attributes, true) {
            out.push('\n');
        }
        out.push_str(&documented(line.documentation.as_deref(), "  "));
        out.push_str("  ");
        out.push_str(&line.text);
        out.push('\n');
    }
    out
}

/// Whether a block shows a hand: plain comments anywhere, or blank lines between its fields.
fn is_laid_out(block: &Block) -> bool {
    let is_declared = |member: &Member| matches!(member, Member::Field(_) | Member::Value(_));
    let first = block.members.iter().position(is_declared).unwrap_or_default();
    let last = block.members.iter().rposition(is_declared).unwrap_or_default();
    let is_behind = |comment: &Option<Box<Comment>>| comment.as_deref().is_some_and(is_plain);
    block.members.iter().enumerate().any(|(position, member)| match member {
        Member::BlankLines => (first..last).contains(&position),
        Member::Comments(comments) => comments.list.iter().any(is_plain),
        Member::Field(field) => is_behind(&field.trailing),
        Member::Value(value) => is_behind(&value.trailing),
        Member::Attribute(line) => line.trailing.is_some(),
        Member::Property(_) | Member::Junk(_) => false,
    })
}

/// Not documentation.
fn is_plain(comment: &Comment) -> bool {
    comment.kind == CommentKind::Line
}

/// Documentation as lines of `///`.
pub(super) fn documented(text: Option<&str>, indent: &str) -> String {
    let lines = text.into_iter().flat_map(str::lines);
    lines.map(|line| format!("{indent}/// {line}").trim_end().to_owned() + "\n").collect()
}
