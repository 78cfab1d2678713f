//! The diagram as a picture.
//!
//! Columns are printed in a monospaced font, all of which are about equally wide, so that boxes fit their texts wherever
//! the picture is shown. It follows the reader's choice of light or dark, and shows a relation by itself under the pointer.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::entities::{Cardinality, Diagram, End, Entity, Kind, Link, Row};
use super::escaped;
use super::layout::{Edge, Point, Port, Rect, Size, layout};
use crate::generate::builtin::header;

/// The height of the head of a box, in pixels.
const HEAD: i32 = 30;

/// The height of a row.
const ROW: i32 = 22;

/// Room under the last row.
const FOOT: i32 = 6;

/// Room at the sides of a box.
const SIDE: i32 = 10;

/// Room between names and types.
const BETWEEN: i32 = 22;

/// Room of a mark of a key.
const KEY: i32 = 18;

/// Distance of two lines that end at the same row, and of the first and the last one of all.
const SPREAD: i32 = 14;
const SPREAD_ALL: i32 = 18;

/// The radius of corners.
const CORNER: i32 = 7;

const STYLE: &str = include_str!("svg.css");

/// Draws a diagram.
pub(super) fn print(diagram: &Diagram) -> String {
    let sizes: Vec<Size> = diagram.entities.iter().map(size).collect();
    let plan = layout(&sizes, &edges(diagram));
    let (width, height) = (plan.width.max(100), plan.height.max(60));
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"title\">"
    );
    let _ = writeln!(out, "<!-- {} -->", header());
    let _ = writeln!(out, "<title id=\"title\">{}</title>", counted(diagram));
    let _ = writeln!(out, "<style>\n{STYLE}</style>");
    let _ = writeln!(out, "<rect class=\"page\" width=\"{width}\" height=\"{height}\"/>");
    for (link, points) in diagram.links.iter().zip(&plan.lines) {
        let (one, many) = (described(diagram, link.one), described(diagram, link.many));
        let _ = writeln!(out, "<g class=\"relation\">");
        let _ = writeln!(out, "<title>{}</title>", escaped(&format!("{one} – {many}")));
        let (from, to) = (escaped(&one), escaped(&many));
        let path = rounded(points);
        let _ = writeln!(out, "<path class=\"line\" data-from=\"{from}\" data-to=\"{to}\" d=\"{path}\"/>");
        if let [first, second, ..] = points[..] {
            print_mark(&mut out, link.one.cardinality, first, second);
        }
        if let [.., before, last] = points[..] {
            print_mark(&mut out, link.many.cardinality, last, before);
        }
        out.push_str("</g>\n");
    }
    for (entity, rect) in diagram.entities.iter().zip(&plan.boxes) {
        print_box(&mut out, entity, *rect);
    }
    out.push_str("</svg>\n");
    out
}

/// What there is, in words.
fn counted(diagram: &Diagram) -> String {
    let of = |kind: Kind| diagram.entities.iter().filter(|entity| entity.kind == kind).count();
    let counts = [
        (of(Kind::Table), "table", "tables"),
        (of(Kind::View), "view", "views"),
        (of(Kind::Enum), "enum", "enums"),
        (diagram.links.len(), "relation", "relations"),
    ];
    let words = counts.iter().filter(|(count, ..)| *count > 0);
    let words = words.map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }));
    format!("Entity diagram: {}", words.collect::<Vec<_>>().join(", "))
}

fn described(diagram: &Diagram, end: End) -> String {
    let entity = &diagram.entities[end.entity];
    let row = entity.rows.get(end.row).map(|row| row.name.as_str()).unwrap_or_default();
    format!("{}.{row}", entity.full_name())
}

/// A point where lines end: box, row (`None` is the head), mark, and a number if no other line may end there.
type PointKey = (usize, Option<usize>, Cardinality, usize);

/// Where the lines begin and end. References to the same column with the same mark begin at one point; what connects
/// tables by a table of its own ends at their heads.
fn edges(diagram: &Diagram) -> Vec<Edge> {
    let mut points: BTreeMap<PointKey, usize> = BTreeMap::new();
    let keys: Vec<(PointKey, PointKey)> = (1..)
        .zip(&diagram.links)
        .map(|(number, Link { one, many })| {
            let at_heads = one.cardinality == Cardinality::ZeroOrMany;
            let key = |end: &End, number| (end.entity, (!at_heads).then_some(end.row), end.cardinality, number);
            let shared = !at_heads && one.entity != many.entity;
            (key(one, if shared { 0 } else { 2 * number }), key(many, 2 * number + 1))
        })
        .collect();
    for end in keys.iter().flat_map(|(one, many)| [one, many]) {
        let next = points.len();
        points.entry(*end).or_insert(next);
    }
    let mut of_rows: BTreeMap<(usize, Option<usize>), Vec<usize>> = BTreeMap::new();
    for ((entity, row, ..), point) in &points {
        of_rows.entry((*entity, *row)).or_default().push(*point);
    }
    let port = |key: &PointKey| {
        let (node, row, point) = (key.0, key.1, points[key]);
        let beside = &of_rows[&(node, row)];
        let at = to_pixels(beside.iter().position(|other| *other == point).unwrap_or_default());
        let last = to_pixels(beside.len() - 1);
        let offset = if last == 0 { 0 } else { (2 * at - last) * SPREAD.min(SPREAD_ALL / last).max(1) / 2 };
        let middle = row.map_or(HEAD / 2, |row| HEAD + to_pixels(row) * ROW + ROW / 2);
        Port { node, y: middle + offset, point }
    };
    keys.iter().map(|(one, many)| Edge { first: port(one), second: port(many) }).collect()
}

fn size(entity: &Entity) -> Size {
    let keys = keys_width(entity);
    let row = |row: &Row| {
        let ty = if row.ty.is_empty() { 0 } else { BETWEEN + mono(&row.ty) + if row.nullable { mono("?") } else { 0 } };
        keys + mono(&row.name) + ty
    };
    let widest = entity.rows.iter().map(row).max().unwrap_or_default();
    let kind = kind_name(entity.kind).map_or(0, |kind| BETWEEN + sans(kind, 11, false));
    let space = entity.namespace.as_ref().map_or(0, |space| sans(&format!("{space}."), 11, false) + 2);
    let head = space + sans(&entity.name, 13, true) + kind;
    Size { width: 2 * SIDE + widest.max(head).max(100), height: HEAD + to_pixels(entity.rows.len()) * ROW + FOOT }
}

/// The width of the widest marks of keys.
fn keys_width(entity: &Entity) -> i32 {
    to_pixels(entity.rows.iter().map(|row| row.keys().count()).max().unwrap_or_default()) * KEY
}

const fn kind_name(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Table => None,
        Kind::View => Some("view"),
        Kind::Enum => Some("enum"),
    }
}

fn print_box(out: &mut String, entity: &Entity, rect: Rect) {
    let Rect { x, y, width, height } = rect;
    let class = kind_name(entity.kind).unwrap_or("table");
    let name = entity.full_name();
    let _ = writeln!(out, "<g class=\"{class}\">");
    let title = entity.documentation.as_ref().map_or_else(|| name.clone(), |text| format!("{name}\n{text}"));
    let _ = writeln!(out, "<title>{}</title>", escaped(&title));
    let _ = writeln!(out, "<rect class=\"body\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>");
    let (right, line) = (x + width, y + HEAD);
    let _ = writeln!(
        out,
        "<path class=\"head\" d=\"M{} {line}V{}q0 -5.5 5.5 -5.5H{}q5.5 0 5.5 5.5V{line}z\"/>",
        half(x),
        y + 6,
        f64::from(right) - 6.0,
    );
    let _ = writeln!(out, "<path class=\"rule\" d=\"M{x} {line}H{right}\"/>");
    let mut left = x + SIDE;
    if let Some(space) = &entity.namespace {
        let space = format!("{space}.");
        let _ = writeln!(out, "<text class=\"space\" x=\"{left}\" y=\"{}\">{}</text>", y + 20, escaped(&space));
        left += sans(&space, 11, false) + 2;
    }
    let _ = writeln!(out, "<text class=\"name\" x=\"{left}\" y=\"{}\">{}</text>", y + 20, escaped(&entity.name));
    if let Some(kind) = kind_name(entity.kind) {
        let at = right - SIDE;
        let _ = writeln!(out, "<text class=\"kind\" text-anchor=\"end\" x=\"{at}\" y=\"{}\">{kind}</text>", y + 20);
    }
    let keys = keys_width(entity);
    for (position, row) in entity.rows.iter().enumerate() {
        print_row(out, row, (x + SIDE, right - SIDE), keys, line + to_pixels(position) * ROW);
    }
    out.push_str("</g>\n");
}

fn print_row(out: &mut String, row: &Row, (left, right): (i32, i32), keys: i32, top: i32) {
    let y = top + 17;
    out.push_str("<g>");
    let mut title = format!("{} {}{}", row.name, row.ty, if row.nullable { ", nullable" } else { "" });
    if let Some(text) = &row.documentation {
        let _ = write!(title, "\n{text}");
    }
    let _ = write!(out, "<title>{}</title>", escaped(title.trim_end()));
    for (at, key) in (0..).zip(row.keys()) {
        let class = key.to_lowercase();
        let _ = write!(out, "<text class=\"key {class}\" x=\"{}\" y=\"{}\">{key}</text>", left + at * KEY, y - 1);
    }
    let class = if row.primary { " class=\"primary\"" } else { "" };
    let _ = write!(out, "<text{class} x=\"{}\" y=\"{y}\">{}</text>", left + keys, escaped(&row.name));
    if !row.ty.is_empty() {
        let ty = escaped(&row.ty) + if row.nullable { "?" } else { "" };
        let _ = write!(out, "<text class=\"type\" text-anchor=\"end\" x=\"{right}\" y=\"{y}\">{ty}</text>");
    }
    out.push_str("</g>\n");
}

/// How many there can be, at the end of a line: a bar for one, a ring for none, a crow's foot for many.
fn print_mark(out: &mut String, cardinality: Cardinality, end: Point, next: Point) {
    let (x, y) = end;
    let away = (next.0 - x).signum();
    let at = |distance: i32| x + away * distance;
    let bar = |distance: i32| format!("M{} {}v10", at(distance), y - 5);
    let ring = |out: &mut String, distance: i32| {
        let _ = writeln!(out, "<circle class=\"mark ring\" cx=\"{}\" cy=\"{y}\" r=\"4\"/>", at(distance));
    };
    match cardinality {
        Cardinality::One => {
            let _ = writeln!(out, "<path class=\"mark\" d=\"{}{}\"/>", bar(7), bar(12));
        }
        Cardinality::ZeroOrOne => {
            let _ = writeln!(out, "<path class=\"mark\" d=\"{}\"/>", bar(7));
            ring(out, 15);
        }
        Cardinality::ZeroOrMany => {
            let (tip, above, below) = (at(11), y - 5, y + 5);
            let _ = writeln!(out, "<path class=\"mark\" d=\"M{x} {above}L{tip} {y}L{x} {below}\"/>");
            ring(out, 15);
        }
    }
}

/// A line with round corners. Each corner is the control point of its curve.
fn rounded(points: &[Point]) -> String {
    let mut out = String::new();
    for (at, (x, y)) in points.iter().enumerate() {
        let (before, after) = (at.checked_sub(1).and_then(|at| points.get(at)), points.get(at + 1));
        match (before, after) {
            (None, _) => {
                let _ = write!(out, "M{x} {y}");
            }
            (Some(_), None) => {
                let _ = write!(out, "L{x} {y}");
            }
            (Some(before), Some(after)) => {
                let length = |other: &Point| (other.0 - x).abs() + (other.1 - y).abs();
                let radius = CORNER.min(length(before) / 2).min(length(after) / 2);
                let toward = |other: &Point| (x + (other.0 - x).signum() * radius, y + (other.1 - y).signum() * radius);
                let ((a, b), (c, d)) = (toward(before), toward(after));
                let _ = write!(out, "L{a} {b}Q{x} {y} {c} {d}");
            }
        }
    }
    out
}

/// The width of a text in a monospaced font of 12 pixels: 0.602 of its size per character in the usual ones.
fn mono(text: &str) -> i32 {
    (to_pixels(text.width()) * 7225 + 999) / 1000
}

/// The width of a text in a sans-serif font, rather too much than too little: advances are those of `DejaVu Sans`, the
/// widest of the usual ones, in hundredths of the size.
fn sans(text: &str, size: i32, bold: bool) -> i32 {
    let advance = |c: char| match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 36,
        'f' | 'r' | 't' | '-' | '(' | ')' | '[' | ']' => 44,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 100,
        'A'..='Z' => 76,
        c if c.is_ascii() => 63,
        c => 63 * to_pixels(unicode_width::UnicodeWidthChar::width(c).unwrap_or_default()),
    };
    let hundredths: i32 = text.chars().map(advance).sum();
    let hundredths = if bold { hundredths * 11 / 10 } else { hundredths };
    (hundredths * size + 99) / 100
}

fn half(x: i32) -> f64 {
    f64::from(x) + 0.5
}

fn to_pixels(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX / 1000)
}
