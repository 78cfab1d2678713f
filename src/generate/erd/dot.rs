//! The diagram as text for Graphviz (its documentation, "The DOT Language" and "HTML-Like Labels").

use std::fmt::Write as _;

use super::entities::{Cardinality, Diagram, End, Entity, Kind};
use super::escaped;
use crate::generate::builtin::header;

/// Prints a diagram.
pub(super) fn print(diagram: &Diagram) -> String {
    let mut out = format!("// {}\n", header());
    out.push_str("digraph {\n");
    out.push_str("  graph [rankdir=LR, nodesep=0.4, ranksep=1.2]\n");
    out.push_str("  node [shape=plain, fontname=\"Helvetica\", fontsize=11]\n");
    out.push_str("  edge [dir=both, color=\"#64748b\"]\n");
    for (number, entity) in diagram.entities.iter().enumerate() {
        print_node(&mut out, number, entity);
    }
    for link in &diagram.links {
        let (tail, head) = (shape(link.one), shape(link.many));
        let (one, many) = (port(link.one, "e"), port(link.many, "w"));
        let _ = writeln!(out, "  {one} -> {many} [arrowtail={tail}, arrowhead={head}]");
    }
    out.push_str("}\n");
    out
}

fn print_node(out: &mut String, number: usize, entity: &Entity) {
    let (colour, kind) = match entity.kind {
        Kind::Table => ("#e2e8f0", ""),
        Kind::View => ("#d1fae5", "view "),
        Kind::Enum => ("#ede9fe", "enum "),
    };
    let _ =
        writeln!(out, "  e{number} [label=<<table border=\"0\" cellborder=\"1\" cellspacing=\"0\" cellpadding=\"4\">");
    let name = escaped(&entity.full_name());
    let _ = writeln!(out, "    <tr><td bgcolor=\"{colour}\" colspan=\"3\">{kind}<b>{name}</b></td></tr>");
    for (position, row) in entity.rows.iter().enumerate() {
        let name = escaped(&row.name);
        if entity.kind == Kind::Enum {
            let _ = writeln!(out, "    <tr><td align=\"left\" colspan=\"3\">{name}</td></tr>");
            continue;
        }
        let keys = row.keys().collect::<Vec<_>>().join(" ");
        let ty = escaped(&row.ty) + if row.nullable { "?" } else { "" };
        let _ = writeln!(
            out,
            "    <tr><td port=\"k{position}\">{keys}</td><td align=\"left\">{name}</td><td align=\"left\" port=\"t{position}\">{ty}</td></tr>"
        );
    }
    out.push_str("  </table>>]\n");
}

/// Where an edge begins or ends: at a row, on the right or on the left.
fn port(end: End, side: &str) -> String {
    let cell = if side == "e" { 't' } else { 'k' };
    format!("e{}:{cell}{}:{side}", end.entity, end.row)
}

const fn shape(end: End) -> &'static str {
    match end.cardinality {
        Cardinality::One => "teetee",
        Cardinality::ZeroOrOne => "teeodot",
        Cardinality::ZeroOrMany => "crowodot",
    }
}
