//! The body of a block: fields, enum values, properties and block attributes.

use pest::iterators::{Pair, Pairs};

use super::comments::{Trailing, documentation, is_comment, with_trailing};
use super::hints;
use super::lines::{line_at, too_deep};
use super::{Body, Read, Reader, Rule, TOO_DEEP, all, first};
use crate::psl::ast::{
    Attribute, BlockAttribute, BlockKind, Comment, Comments, EnumValue, Field, FieldArity, FieldType, Ident, Member,
    Property, TypeName,
};
use crate::psl::diagnostics::Span;

/// Lines that one call of pest has read, while they are taken one by one.
struct Ahead<'a> {
    /// Where the call began.
    at: usize,
    lines: Pairs<'a, Rule>,
}

impl<'a> Reader<'a> {
    /// Reads lines from `at` through the closing brace of a block. `None` if there is no closing brace.
    pub(super) fn members(&mut self, kind: BlockKind, name: &str, mut at: usize) -> Option<Read<Vec<Member>>> {
        let body = Body::of(kind);
        let mut list = Vec::new();
        let mut run: Option<usize> = None;
        let mut visited = Vec::new();
        let mut ahead = None;
        loop {
            if self.is_unclosed(body, at) {
                self.unclosed[body as usize].insert_all(&visited);
                return None;
            }
            visited.push(at);
            let Read { value: member, end } = self.member(kind, name, at, &mut ahead);
            at = end;
            let Some(mut member) = member else {
                list.shrink_to_fit();
                return Some(Read { value: list, end });
            };
            match &mut member {
                Member::BlankLines if matches!(list.last(), Some(Member::BlankLines)) => continue,
                Member::Comments(more) => {
                    if let Some(Member::Comments(comments)) = list.last_mut() {
                        comments.list.append(&mut more.list);
                        continue;
                    }
                    run = Some(list.len());
                }
                // A run of comments belongs to the next field or value, whatever stands between the two.
                Member::Field(field) => {
                    field.documentation = with_trailing(above(&list, run.take()), field.trailing.as_deref());
                }
                Member::Value(value) => {
                    value.documentation = with_trailing(above(&list, run.take()), value.trailing.as_deref());
                }
                Member::Property(_) | Member::Attribute(_) | Member::BlankLines | Member::Junk(_) => {}
            }
            list.push(member);
        }
    }

    /// Reads what begins at `at` in a block; `None` is the closing brace.
    fn member(
        &mut self,
        kind: BlockKind,
        name: &str,
        line: usize,
        ahead: &mut Option<Ahead<'a>>,
    ) -> Read<Option<Member>> {
        let (rules, mut expected) = match Body::of(kind) {
            Body::Container => {
                ([Rule::container_lines, Rule::container_line], "this line is neither a field nor a block attribute")
            }
            Body::Enum => {
                ([Rule::enum_lines, Rule::enum_line], "this line is neither a value nor a block attribute of an enum")
            }
            Body::Config if kind == BlockKind::Datasource => {
                ([Rule::config_lines, Rule::config_line], "this line is no property of a datasource")
            }
            Body::Config => ([Rule::config_lines, Rule::config_line], "this line is no property of a generator"),
        };
        let read = self.ahead(rules[0], line, ahead).or_else(|| {
            let text = line_at(self.text, line);
            let deep = too_deep(text);
            if deep {
                expected = TOO_DEEP;
            }
            first(if deep { Rule::deep_line } else { rules[1] }, text).map(|pair| (line, pair))
        });
        let Some((at, pair)) = read else {
            return self.junk(line, expected);
        };
        match pair.as_rule() {
            Rule::block_close => Read { value: None, end: at + pair.as_span().end() },
            Rule::blank_line => Read { value: Some(Member::BlankLines), end: at + pair.as_span().end() },
            Rule::comments => match self.comments(at, pair) {
                Some(Read { value: list, end }) => Read { value: Some(Member::Comments(Comments { list })), end },
                None => self.junk(line, expected),
            },
            Rule::field | Rule::enum_value | Rule::property_line | Rule::attribute_line => {
                let (trailing, span) = match self.trailing(Body::of(kind), at, &pair) {
                    Some(Trailing::Comment(comment, span)) => (comment.map(Box::new), span),
                    // Nothing that is read of this block will be used.
                    Some(Trailing::Unclosed) => {
                        return Read { value: Some(Member::BlankLines), end: self.text.len() };
                    }
                    None => return self.junk(line, expected),
                };
                let member = match pair.as_rule() {
                    Rule::field => self.field(kind, name, at, pair, trailing, span).map(Member::Field),
                    Rule::enum_value => self.enum_value(at, pair, trailing, span).map(Member::Value),
                    Rule::property_line => self.property(at, pair, trailing, span).map(Member::Property),
                    _ => self.block_attribute(kind, at, pair, trailing, span).map(Member::Attribute),
                };
                match member {
                    Some(member) => Read { value: Some(member), end: span.end as usize },
                    None => self.junk(line, expected),
                }
            }
            _ => self.junk(line, expected),
        }
    }

    /// The line that begins at `line`, and where the call of pest that read it began. `None` if it has to be read alone.
    fn ahead(&self, rule: Rule, line: usize, ahead: &mut Option<Ahead<'a>>) -> Option<(usize, Pair<'a, Rule>)> {
        if let Some(Ahead { at, lines }) = ahead
            && let Some(pair) = lines.next()
        {
            return Some((*at, pair));
        }
        let next = self.lonely_lines.partition_point(|lonely| lonely.end <= line);
        let end = self.lonely_lines.get(next).map_or(self.text.len(), |lonely| lonely.start);
        let text = self.text.get(line..end).filter(|text| !text.is_empty())?;
        let Ahead { at, lines } = ahead.insert(Ahead { at: line, lines: all(rule, text)? });
        Some((*at, lines.next()?))
    }

    /// Whether no closing brace is reached from here.
    pub(super) fn is_unclosed(&self, body: Body, at: usize) -> bool {
        at >= self.text.len() || self.unclosed[body as usize].contains(at)
    }

    fn junk(&mut self, at: usize, message: &str) -> Read<Option<Member>> {
        let span = self.line_span(at);
        let diagnostic = self.diagnostics.error(span, message);
        if message != TOO_DEEP
            && let Some(help) = hints::inside(line_at(self.text, at))
        {
            diagnostic.help(help);
        }
        Read { value: Some(Member::Junk(span)), end: span.end as usize }
    }

    fn field(
        &mut self,
        kind: BlockKind,
        block: &str,
        at: usize,
        pair: Pair<'_, Rule>,
        trailing: Option<Box<Comment>>,
        span: Span,
    ) -> Option<Field> {
        let mut inner = pair.into_inner();
        let name = self.ident(at, &inner.next()?);
        let (mut ty, mut written_type, mut attributes) = (None, None, Vec::with_capacity(count_attributes(&inner)));
        // A field in a form that the language has given up does not exist for the rules: nothing more is said of it.
        let mut given_up = None;
        for part in inner {
            match part.as_rule() {
                Rule::legacy_colon => {
                    let colon = self.span(at, &part);
                    self.diagnostics
                        .error(colon, "no `:` stands between the name and the type of a field")
                        .help("remove the colon");
                    given_up = Some(self.diagnostics.len());
                }
                Rule::field_type => {
                    written_type = Some(self.span(at, &part));
                    ty = self.field_type(at, part);
                    if ty.is_none() {
                        given_up = given_up.or(Some(self.diagnostics.len()));
                    }
                }
                Rule::field_attribute => attributes.push(self.attribute(at, part)?),
                _ => {}
            }
        }
        if let Some(reported) = given_up {
            self.diagnostics.truncate(reported);
            ty = None;
        } else if ty.is_none() {
            self.diagnostics
                .error(span, format!("the field `{}` of {} `{block}` has no type", name.text, kind.keyword()))
                .help("a field is a name, a type, then attributes");
        } else if kind == BlockKind::CompositeType {
            self.check_composite_field(&attributes, span);
        }
        Some(Field { name, ty, written_type, attributes, trailing, documentation: None, span })
    }

    /// `None` if it is written in a form that the language has given up, which is reported.
    fn field_type(&mut self, at: usize, pair: Pair<'_, Rule>) -> Option<FieldType> {
        let written = self.span(at, &pair);
        let (mut name, mut span, mut arity) = (None, written, FieldArity::Required);
        for part in pair.into_inner() {
            let error = match part.as_rule() {
                Rule::list => {
                    arity = FieldArity::List;
                    continue;
                }
                Rule::optional => {
                    arity = FieldArity::Optional;
                    continue;
                }
                Rule::optional_list => ("a list cannot be optional", "write either `[]` or `?`"),
                Rule::legacy_required => ("fields are required unless marked with `?`", "remove the `!`"),
                Rule::legacy_list => ("the brackets of a list stand behind the type", "write `Type[]`"),
                Rule::base_type => {
                    span = self.span(at, &part);
                    name = part.into_inner().next();
                    continue;
                }
                _ => continue,
            };
            self.diagnostics.error(written, error.0).help(error.1);
            return None;
        }
        let name = name?;
        let name = match name.as_rule() {
            Rule::unsupported => TypeName::Unsupported(self.string(at, &name.into_inner().next()?).into()),
            _ => TypeName::Name(name.as_str().into()),
        };
        Some(FieldType { name, arity, span })
    }

    fn check_composite_field(&mut self, attributes: &[Attribute], span: Span) {
        for Attribute { name, .. } in attributes {
            if matches!(name.text.as_str(), "relation" | "unique" | "id") {
                self.diagnostics.error(span, format!("`@{}` is not allowed in a composite type", name.text));
            }
        }
    }

    fn enum_value(
        &mut self,
        at: usize,
        pair: Pair<'_, Rule>,
        trailing: Option<Box<Comment>>,
        span: Span,
    ) -> Option<EnumValue> {
        let mut inner = pair.into_inner();
        let name = self.ident(at, &inner.next()?);
        let mut attributes = Vec::with_capacity(count_attributes(&inner));
        for part in inner.filter(|part| part.as_rule() == Rule::field_attribute) {
            attributes.push(self.attribute(at, part)?);
        }
        Some(EnumValue { name, attributes, trailing, documentation: None, span })
    }

    fn property(
        &mut self,
        at: usize,
        pair: Pair<'_, Rule>,
        trailing: Option<Box<Comment>>,
        line: Span,
    ) -> Option<Property> {
        let pair = pair.into_inner().next()?;
        let span = with_comment(self.span(at, &pair), trailing.as_deref());
        let mut inner = pair.into_inner();
        let name = self.ident(at, &inner.next()?);
        let value = match inner.next().filter(|value| !is_comment(value)) {
            Some(value) => Some(self.expression(at, value)?),
            None => None,
        };
        Some(Property { name, value, trailing, span, line })
    }

    fn block_attribute(
        &mut self,
        kind: BlockKind,
        at: usize,
        pair: Pair<'_, Rule>,
        trailing: Option<Box<Comment>>,
        line: Span,
    ) -> Option<BlockAttribute> {
        let mut attribute = self.attribute(at, pair.into_inner().next()?)?;
        attribute.span = with_comment(attribute.span, trailing.as_deref());
        if kind == BlockKind::CompositeType {
            let message = match attribute.name.text.as_str() {
                "map" => "a composite type has no name in the database, so it cannot be mapped",
                "id" => "a composite type has no id",
                "unique" => "a unique constraint belongs to the model that uses the composite type",
                "index" => "an index belongs to the model that uses the composite type",
                "fulltext" => "a full-text index belongs to the model that uses the composite type",
                _ => "a composite type has no block attributes",
            };
            self.diagnostics.error(attribute.span, message);
        }
        Some(BlockAttribute { attribute, trailing, line })
    }

    /// `@name(…)` or `@@name(…)`.
    fn attribute(&mut self, at: usize, pair: Pair<'_, Rule>) -> Option<Attribute> {
        let span = self.span(at, &pair);
        let mut inner = pair.into_inner();
        let name = self.ident(at, &inner.next()?);
        let arguments = match inner.next().filter(|part| part.as_rule() == Rule::arguments) {
            Some(arguments) => Some(self.arguments(at, arguments)?),
            None => None,
        };
        Some(Attribute { name, arguments, span })
    }

    pub(super) fn ident(&self, at: usize, pair: &Pair<'_, Rule>) -> Ident {
        Ident { text: pair.as_str().into(), span: self.span(at, pair) }
    }
}

/// How much room attributes take: a vector that grows by itself would take more.
fn count_attributes(parts: &Pairs<'_, Rule>) -> usize {
    parts.clone().filter(|part| part.as_rule() == Rule::field_attribute).count()
}

/// A place that reaches through the comment behind it.
fn with_comment(span: Span, comment: Option<&Comment>) -> Span {
    Span { end: comment.map_or(span.end, |comment| comment.span.end), ..span }
}

/// The documentation in the run of comments at this position.
fn above(members: &[Member], run: Option<usize>) -> Option<String> {
    match members.get(run?)? {
        Member::Comments(run) => documentation(run),
        Member::Field(_)
        | Member::Value(_)
        | Member::Property(_)
        | Member::Attribute(_)
        | Member::BlankLines
        | Member::Junk(_) => None,
    }
}
