//! The blocks of all files in order, their members sorted by kind.

use crate::psl::ast::{Argument, Ast, Attribute, Block, BlockKind, EnumValue, Expr, Field, Member, Property};
use crate::psl::diagnostics::{Diagnostics, Span};
use crate::psl::schema::Rules;

/// A block with its members sorted by kind, each in source order.
pub(super) struct BlockParts<'a> {
    pub(super) block: &'a Block,
    pub(super) fields: Vec<&'a Field>,
    pub(super) values: Vec<&'a EnumValue>,
    pub(super) attributes: Vec<&'a Attribute>,
    pub(super) properties: Vec<&'a Property>,
}

/// Which dialect the files follow: a `url` in any datasource means Prisma 6.
pub(super) fn rules(files: &[Ast]) -> Rules {
    let has_url = files.iter().flat_map(Ast::blocks).filter(|block| block.kind == BlockKind::Datasource).any(|block| {
        block.members.iter().any(|member| matches!(member, Member::Property(property) if property.name.text == "url"))
    });
    if has_url { Rules::Prisma6 } else { Rules::Prisma7 }
}

/// Sorts the members of a block. In Prisma 6 a line with an object literal is not part of the language: it is reported
/// and left out.
pub(super) fn parts<'a>(block: &'a Block, rules: Rules, diagnostics: &mut Diagnostics) -> BlockParts<'a> {
    let mut parts =
        BlockParts { block, fields: Vec::new(), values: Vec::new(), attributes: Vec::new(), properties: Vec::new() };
    for member in &block.members {
        if rules == Rules::Prisma6
            && let Some(span) = line_with_object(member)
        {
            diagnostics
                .error(span, "object literals in braces are not known to Prisma 6, whose rules this schema follows")
                .help("take `url` out of the datasource block to use the rules of Prisma 7");
            continue;
        }
        match member {
            // A field without type is already reported.
            Member::Field(field) if field.ty.is_some() => parts.fields.push(field),
            Member::Value(value) => parts.values.push(value),
            Member::Attribute(attribute) => parts.attributes.push(&attribute.attribute),
            Member::Property(property) => parts.properties.push(property),
            Member::Field(_) | Member::Comments(_) | Member::BlankLines | Member::Junk(_) => {}
        }
    }
    parts
}

/// The line of a member that holds an object literal.
pub(crate) fn line_with_object(member: &Member) -> Option<Span> {
    match member {
        Member::Field(field) => field.attributes.iter().any(has_object).then_some(field.span),
        Member::Value(value) => value.attributes.iter().any(has_object).then_some(value.span),
        Member::Attribute(attribute) => has_object(&attribute.attribute).then_some(attribute.line),
        Member::Property(property) => property.value.as_ref().is_some_and(contains_object).then_some(property.line),
        Member::Comments(_) | Member::BlankLines | Member::Junk(_) => None,
    }
}

fn has_object(attribute: &Attribute) -> bool {
    attribute.arguments.as_ref().is_some_and(|arguments| any_object(&arguments.list))
}

fn any_object(arguments: &[Argument]) -> bool {
    arguments.iter().filter_map(|argument| argument.value.as_ref()).any(contains_object)
}

fn contains_object(value: &Expr) -> bool {
    match value {
        Expr::Object(..) => true,
        Expr::Array(elements, _) => elements.iter().any(contains_object),
        Expr::Call(call) => any_object(&call.arguments.list),
        Expr::Number(..) | Expr::String(..) | Expr::Constant(..) => false,
    }
}
