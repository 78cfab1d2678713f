//! The diagram as text for Mermaid (its documentation, "Entity Relationship Diagrams").

use std::fmt::Write as _;

use super::entities::{Cardinality, Diagram, Kind, Row};
use crate::generate::builtin::header;

/// Prints a diagram. Enums are drawn as boxes without relations.
pub(super) fn print(diagram: &Diagram) -> String {
    let mut out = format!("%% {}\nerDiagram\n", header());
    for (number, entity) in diagram.entities.iter().enumerate() {
        let kind = match entity.kind {
            Kind::Table => "",
            Kind::View => "view ",
            Kind::Enum => "enum ",
        };
        let _ = writeln!(out, "  e{number}[\"{kind}{}\"] {{", text(&entity.full_name()));
        for row in &entity.rows {
            let _ = writeln!(out, "    {}", attribute(row, entity.kind));
        }
        out.push_str("  }\n");
    }
    for link in &diagram.links {
        let (one, many) = (&diagram.entities[link.one.entity], &diagram.entities[link.many.entity]);
        let label = match link.one.cardinality {
            Cardinality::ZeroOrMany => format!("{} – {}", one.name, many.name),
            Cardinality::One | Cardinality::ZeroOrOne => many.rows[link.many.row].name.clone(),
        };
        let (left, right) = (left(link.one.cardinality), right(link.many.cardinality));
        let _ = writeln!(out, "  e{} {left}--{right} e{} : \"{}\"", link.one.entity, link.many.entity, text(&label));
    }
    out
}

fn attribute(row: &Row, kind: Kind) -> String {
    let keys = row.keys().collect::<Vec<_>>().join(", ");
    let mut remarks = Vec::new();
    if word(&row.name) != row.name {
        remarks.push(row.name.clone());
    }
    if row.nullable {
        remarks.push("nullable".to_owned());
    }
    let ty = if kind == Kind::Enum { "value".to_owned() } else { word(&row.ty) };
    let mut out = format!("{ty} {}", word(&row.name));
    if !keys.is_empty() {
        let _ = write!(out, " {keys}");
    }
    if !remarks.is_empty() {
        let _ = write!(out, " \"{}\"", text(&remarks.join(", ")));
    }
    out
}

const fn left(cardinality: Cardinality) -> &'static str {
    match cardinality {
        Cardinality::One => "||",
        Cardinality::ZeroOrOne => "|o",
        Cardinality::ZeroOrMany => "}o",
    }
}

const fn right(cardinality: Cardinality) -> &'static str {
    match cardinality {
        Cardinality::One => "||",
        Cardinality::ZeroOrOne => "o|",
        Cardinality::ZeroOrMany => "o{",
    }
}

/// What Mermaid takes as a name or type of an attribute: letters first, then also digits, `-`, `_`, `()` and `[]`.
fn word(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if out.is_empty() && !c.is_ascii_alphabetic() {
            out.push('x');
        }
        out.push(if c.is_ascii_alphanumeric() || "-_()[]".contains(c) { c } else { '_' });
    }
    if out.is_empty() { "x".to_owned() } else { out }
}

/// A text between quotation marks, which Mermaid knows no way to write.
fn text(text: &str) -> String {
    text.replace('"', "'").replace(['\n', '\r'], " ")
}
