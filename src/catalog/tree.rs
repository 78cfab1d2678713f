//! Differences as a tree: objects, their parts, and what is different about each.

use std::collections::BTreeMap;

use similar::{ChangeTag, TextDiff};

use super::compare::{Comparison, Difference, ObjectChange, PropertyChange};
use super::{Id, Kind, Properties};

/// Longer values are shown one below the other.
const ONE_LINE: usize = 60;

/// A line of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What leads to it: branches of the tree.
    pub branches: String,
    /// What it says about the expectation.
    pub mark: Mark,
    /// The rest.
    pub text: String,
}

/// What a line says about the expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It is there and should not be.
    Added,
    /// It should be there and is not.
    Removed,
    /// It is there and different.
    Altered,
    /// Nothing: it holds what is below it, or is the same on both sides.
    None,
}

impl Mark {
    /// Its sign.
    pub fn sign(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Altered => '~',
            Self::None => ' ',
        }
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.mark {
            Mark::None => write!(f, "{}{}", self.branches, self.text),
            mark => write!(f, "{}{} {}", self.branches, mark.sign(), self.text),
        }
    }
}

/// An object with what is different about it and its parts.
#[derive(Default)]
struct Node<'a> {
    own: Option<&'a Difference>,
    parts: Vec<&'a Difference>,
}

/// The lines of the tree.
pub fn tree(comparison: &Comparison) -> Vec<Line> {
    let mut nodes: BTreeMap<Id, Node<'_>> = BTreeMap::new();
    let wholes: BTreeMap<&[String], &Id> = comparison
        .differences
        .iter()
        .filter(|difference| !difference.id.kind.is_part())
        .map(|difference| (difference.id.path.as_slice(), &difference.id))
        .collect();
    for difference in &comparison.differences {
        match difference.id.parent() {
            None => nodes.entry(difference.id.clone()).or_default().own = Some(difference),
            Some(parent) => {
                let whole = wholes.get(parent).filter(|id| id.kind.is_whole_of(difference.id.kind));
                // The whole is as expected, and what it is does not show in its part.
                let unchanged = || match difference.id.kind {
                    Kind::DomainConstraint => Id::new(Kind::Domain, parent),
                    _ => Id::new(Kind::Table, parent),
                };
                let id = whole.map_or_else(unchanged, |id| (*id).clone());
                nodes.entry(id).or_default().parts.push(difference);
            }
        }
    }
    let mut lines = Vec::new();
    for (id, node) in &nodes {
        let below = branch(node);
        let head = match node.own {
            None => (Mark::None, id.to_string()),
            Some(difference) => (mark(&difference.change), titled(&difference.id, id.to_string(), &difference.change)),
        };
        lines.push(Line { branches: String::new(), mark: head.0, text: head.1 });
        lines.extend(below);
    }
    lines
}

/// What is below the head of a node.
fn branch(node: &Node<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    let own = node.own.map(|difference| details(&difference.change)).unwrap_or_default();
    let bar = if node.parts.is_empty() { "   " } else { "│  " };
    lines.extend(own.into_iter().map(|(mark, text)| Line { branches: bar.to_owned(), mark, text }));
    for (index, part) in node.parts.iter().enumerate() {
        let last = index + 1 == node.parts.len();
        let (corner, bar) = if last { ("└─ ", "     ") } else { ("├─ ", "│    ") };
        let name = format!("{} {}", part.id.kind.name(), part.id.name());
        let text = titled(&part.id, name, &part.change);
        lines.push(Line { branches: corner.to_owned(), mark: mark(&part.change), text });
        let below = details(&part.change).into_iter();
        lines.extend(below.map(|(mark, text)| Line { branches: bar.to_owned(), mark, text }));
    }
    lines
}

fn mark(change: &ObjectChange) -> Mark {
    match change {
        ObjectChange::Added(_) => Mark::Added,
        ObjectChange::Removed(_) => Mark::Removed,
        ObjectChange::Altered(_) => Mark::Altered,
    }
}

/// A name, with what an object that came or went was.
fn titled(id: &Id, name: String, change: &ObjectChange) -> String {
    match change {
        ObjectChange::Altered(_) => name,
        ObjectChange::Added(properties) | ObjectChange::Removed(properties) => match in_short(id.kind, properties) {
            Some(text) => format!("{name}: {text}"),
            None => name,
        },
    }
}

fn in_short(kind: Kind, properties: &Properties) -> Option<String> {
    let text = match kind {
        Kind::Column | Kind::Domain => properties.get("type")?,
        Kind::Constraint | Kind::DomainConstraint => properties.get("definition")?,
        Kind::Index => {
            let text = properties.get("definition")?;
            text.find(" USING ").map_or(text, |at| &text[at + 1..])
        }
        Kind::Enum => properties.get("values")?,
        Kind::Function => properties.get("returns").filter(|text| !text.is_empty())?,
        Kind::DefaultPrivileges => properties.get("privileges")?,
        _ => return None,
    };
    (!text.contains('\n')).then(|| text.to_owned())
}

/// The properties that are different; each on a line, or as a difference line by line.
fn details(change: &ObjectChange) -> Vec<(Mark, String)> {
    let ObjectChange::Altered(changes) = change else { return Vec::new() };
    changes.iter().flat_map(property).collect()
}

fn property(PropertyChange { property, from, to }: &PropertyChange) -> Vec<(Mark, String)> {
    let name = property.name();
    let unset = match (from.as_deref(), to.as_deref()) {
        (Some("yes"), _) | (_, Some("yes")) => "no",
        _ => "none",
    };
    let (from, to) = (from.as_deref().unwrap_or(unset), to.as_deref().unwrap_or(unset));
    if !from.contains('\n') && !to.contains('\n') && from.chars().count() + to.chars().count() <= ONE_LINE {
        return vec![(Mark::None, format!("{name}: {from} → {to}"))];
    }
    let mut lines = vec![(Mark::None, format!("{name}:"))];
    let (from, to) = (ended(from), ended(to));
    let difference = TextDiff::from_lines(&from, &to);
    for (index, group) in difference.grouped_ops(1).iter().enumerate() {
        if index > 0 {
            lines.push((Mark::None, "  …".to_owned()));
        }
        for change in group.iter().flat_map(|operation| difference.iter_changes(operation)) {
            let (mark, pad) = match change.tag() {
                ChangeTag::Equal => (Mark::None, "  "),
                ChangeTag::Delete => (Mark::Removed, ""),
                ChangeTag::Insert => (Mark::Added, ""),
            };
            lines.push((mark, format!("{pad}{}", change.value().trim_end())));
        }
    }
    lines
}

/// With a line break at the end, and ordinary ones.
fn ended(text: &str) -> String {
    format!("{}\n", text.replace("\r\n", "\n").trim_matches('\n'))
}
