//! The layout of a block and of comments.

use super::table::Table;
use super::{INDENT, values};
use crate::psl::ast::{Ast, Block, BlockAttribute, Comment, CommentKind, Comments, EnumValue, Field, Member, Property};
use crate::psl::resolve::line_with_object;
use crate::psl::schema::Rules;

pub(super) fn print(file: &Ast, block: &Block, rules: Rules, out: &mut String) {
    out.push_str(block.kind.keyword());
    out.push(' ');
    out.push_str(&block.name.text);
    out.push_str(" {\n");
    // Prisma 6 cannot read objects: a line with one is printed as it is.
    let refused: Vec<Member>;
    let members = if rules == Rules::Prisma6 && block.members.iter().any(|member| line_with_object(member).is_some()) {
        let refuse = |member: &Member| line_with_object(member).map_or_else(|| member.clone(), Member::Junk);
        refused = block.members.iter().map(refuse).collect();
        &refused
    } else {
        &block.members
    };
    let (body, attributes) = split(members);
    print_body(file, &body, out);
    if !attributes.is_empty() {
        out.push('\n');
        print_attributes(file, attributes, out);
    }
    out.push_str("}\n");
}

/// A block attribute with the comments directly above it.
struct Attributed<'a> {
    comments: Option<&'a Comments>,
    attribute: &'a BlockAttribute,
}

/// Takes block attributes, each with the comments directly above it, out of the other members. Also the blank lines in
/// front of them, and those behind and before the braces.
fn split(members: &[Member]) -> (Vec<&Member>, Vec<Attributed<'_>>) {
    let (mut body, mut attributes) = (Vec::new(), Vec::new());
    let mut blank = None;
    let mut rest = members;
    while let [member, behind @ ..] = rest {
        rest = behind;
        match (member, behind) {
            (Member::Attribute(attribute), _) => {
                attributes.push(Attributed { comments: None, attribute });
                blank = None;
            }
            (Member::Comments(comments), [Member::Attribute(attribute), behind @ ..]) => {
                attributes.push(Attributed { comments: Some(comments), attribute });
                blank = None;
                rest = behind;
            }
            (Member::BlankLines, _) => blank = Some(member).filter(|_| behind.len() + 1 < members.len()),
            _ => {
                body.extend(blank.take());
                body.push(member);
            }
        }
    }
    (body, attributes)
}

fn print_body(file: &Ast, body: &[&Member], out: &mut String) {
    let mut table = Table::default();
    for member in body {
        match member {
            Member::Field(field) => print_field(file, field, &mut table),
            Member::Value(value) => print_value(file, value, &mut table),
            Member::Property(property) => print_property(file, property, &mut table),
            Member::Comments(comments) => {
                print_comments(comments, INDENT, &mut table.text);
                table.end_lines();
            }
            Member::Junk(span) => {
                table.text.push_str(INDENT);
                let line = file.text(*span);
                table.text.push_str(line.strip_suffix('\n').unwrap_or(line));
                table.text.push('\n');
                table.end_lines();
            }
            Member::BlankLines => {
                table.print(INDENT, out);
                out.push('\n');
            }
            Member::Attribute(_) => {}
        }
    }
    table.print(INDENT, out);
}

fn print_field(file: &Ast, field: &Field, table: &mut Table) {
    table.text.push_str(&field.name.text);
    table.end_cell();
    values::field_type(file, field, &mut table.text);
    table.end_cell();
    let mut attributes: Vec<_> = field.attributes.iter().collect();
    attributes.sort_by_key(|attribute| values::rank(attribute));
    for (position, attribute) in attributes.into_iter().enumerate() {
        if position > 0 {
            table.text.push(' ');
        }
        values::attribute(file, "@", attribute, &mut table.text);
    }
    table.end_cell();
    table.end_row(comment_text(file, field.trailing.as_deref()));
}

fn print_value(file: &Ast, value: &EnumValue, table: &mut Table) {
    table.text.push_str(&value.name.text);
    table.end_cell();
    // Prisma puts nothing between the attributes of a value, and does not sort them.
    for attribute in &value.attributes {
        values::attribute(file, "@", attribute, &mut table.text);
    }
    table.end_cell();
    table.end_row(comment_text(file, value.trailing.as_deref()));
}

fn print_property(file: &Ast, property: &Property, table: &mut Table) {
    table.text.push_str(&property.name.text);
    table.end_cell();
    if let Some(value) = &property.value {
        table.text.push_str("= ");
        values::expression(file, value, &mut table.text);
    }
    table.end_cell();
    table.end_row(comment_text(file, property.trailing.as_deref()));
}

fn print_attributes(file: &Ast, mut attributes: Vec<Attributed<'_>>, out: &mut String) {
    attributes.sort_by_key(|Attributed { attribute, .. }| values::rank(&attribute.attribute));
    for Attributed { comments, attribute } in attributes {
        if let Some(comments) = comments {
            print_comments(comments, INDENT, out);
        }
        out.push_str(INDENT);
        values::attribute(file, "@@", &attribute.attribute, out);
        if let Some(comment) = comment_text(file, attribute.trailing.as_deref()) {
            out.push(' ');
            out.push_str(comment);
        }
        out.push('\n');
    }
}

fn comment_text<'a>(file: &'a Ast, comment: Option<&Comment>) -> Option<&'a str> {
    comment.map(|comment| file.text(comment.span))
}

/// Prints a run of comments, one or more lines each.
pub(super) fn print_comments(comments: &Comments, indent: &str, out: &mut String) {
    for comment in &comments.list {
        let mark = match comment.kind {
            CommentKind::Line => "//",
            CommentKind::Doc => "///",
            CommentKind::Block => {
                print_block_comment(&comment.text, indent, out);
                continue;
            }
        };
        for part in [indent, mark, &comment.text, "\n"] {
            out.push_str(part);
        }
    }
}

fn print_block_comment(text: &str, indent: &str, out: &mut String) {
    out.push_str(indent);
    out.push_str("/**\n");
    for line in text.lines() {
        let line = line.trim();
        let line = line.strip_prefix('*').unwrap_or(line).trim();
        if !line.is_empty() {
            for part in [indent, " * ", line, "\n"] {
                out.push_str(part);
            }
        }
    }
    out.push_str(indent);
    out.push_str(" */\n");
}
