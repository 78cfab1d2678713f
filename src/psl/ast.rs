//! The syntax tree of one schema file: every token with its place, every comment and blank line, every line
//! that could not be read. The formatter prints from it, the validator reads from it.

use compact_str::CompactString;

use super::diagnostics::{FileId, Span};

/// One schema file as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Which file of a schema of several files; positions carry it.
    pub id: FileId,
    /// The path as it is shown to people.
    pub path: String,
    /// The text, UTF-8.
    pub text: String,
}

/// The syntax tree of one file. Always complete: what could not be read is kept as [`Item::Stray`] or [`Member::Junk`].
///
/// Text that a node does not keep (quotes and escapes of a string, say) is found in the source by its span:
/// [`Ast::text`].
#[derive(Debug, Clone, PartialEq)]
pub struct Ast {
    /// The file it was read from.
    pub source: Source,
    /// Top-level items in source order.
    pub items: Vec<Item>,
    /// Whether reading it reported errors: the rules that need a complete tree are then not applied.
    pub has_errors: bool,
}

/// A top-level item.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// `model`, `view`, `type`, `enum`, `datasource` or `generator`.
    Block(Block),
    /// A run of comment lines that stands alone or above a block.
    Comments(Comments),
    /// One or more blank lines; also the mere end of the line behind a closing brace.
    BlankLines,
    /// Text that is no item: a line without its newline, a block without keyword, a type alias. Already diagnosed.
    Stray(Span),
}

/// The keyword of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockKind {
    /// `model`
    Model,
    /// `view`
    View,
    /// `type`: a composite type, refused for PostgreSQL.
    CompositeType,
    /// `enum`
    Enum,
    /// `datasource`
    Datasource,
    /// `generator`
    Generator,
}

/// A block with a body in braces.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Its keyword.
    pub kind: BlockKind,
    /// Its name.
    pub name: Ident,
    /// What stands between the braces, in source order.
    pub members: Vec<Member>,
    /// Documentation (spec/psl.md section 1.4).
    pub documentation: Option<String>,
    /// From the keyword through the closing brace.
    pub span: Span,
}

/// What stands between the braces of a block.
#[derive(Debug, Clone, PartialEq)]
pub enum Member {
    /// A field of a model, view or composite type.
    Field(Field),
    /// A value of an enum.
    Value(EnumValue),
    /// `key = value` of a datasource or generator.
    Property(Property),
    /// `@@name(…)`.
    Attribute(BlockAttribute),
    /// A run of comment lines.
    Comments(Comments),
    /// One or more blank lines.
    BlankLines,
    /// A line that is nothing of the above. Already diagnosed.
    Junk(Span),
}

/// A name with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ident {
    /// The name.
    pub text: CompactString,
    /// Where it stands.
    pub span: Span,
}

/// A field of a model, view or composite type.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: Ident,
    /// Its type; `None` if it was left out or is written in a form that the language has given up. That is diagnosed,
    /// and for the rules the field does not exist.
    pub ty: Option<FieldType>,
    /// The type with its `?` or `[]`, as written; `None` if it was left out.
    pub written_type: Option<Span>,
    /// `@name(…)`, in source order.
    pub attributes: Vec<Attribute>,
    /// Comment behind it on the same line.
    pub trailing: Option<Box<Comment>>,
    /// Documentation (spec/psl.md section 1.4).
    pub documentation: Option<String>,
    /// The whole declaration including its newline.
    pub span: Span,
}

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldType {
    /// The name, or the text in `Unsupported("…")`.
    pub name: TypeName,
    /// `?`, `[]` or neither.
    pub arity: FieldArity,
    /// The type name only, without `?` or `[]`.
    pub span: Span,
}

/// The name of a field's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeName {
    /// A scalar, enum, model or view.
    Name(CompactString),
    /// `Unsupported("…")`: the text after unescaping.
    Unsupported(Box<str>),
}

/// How many values a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldArity {
    /// Exactly one.
    Required,
    /// None or one: `?`.
    Optional,
    /// Any number: `[]`.
    List,
}

/// A value of an enum.
#[derive(Debug, Clone, PartialEq)]
pub struct EnumValue {
    /// Its name.
    pub name: Ident,
    /// `@map(…)` and others.
    pub attributes: Vec<Attribute>,
    /// Comment behind it on the same line.
    pub trailing: Option<Box<Comment>>,
    /// Documentation.
    pub documentation: Option<String>,
    /// The whole line including its newline.
    pub span: Span,
}

/// `key = value` of a datasource or generator.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// The key.
    pub name: Ident,
    /// The value; `None` for `key =`, which is diagnosed.
    pub value: Option<Expr>,
    /// Comment behind it on the same line.
    pub trailing: Option<Box<Comment>>,
    /// From the key through the value, the blanks and the comment behind it.
    pub span: Span,
    /// The whole line including its newline.
    pub line: Span,
}

/// `@name` or `@name(…)`; also the inner part of a [`BlockAttribute`].
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// The path behind `@` or `@@`, such as `id` or `db.VarChar`.
    pub name: Ident,
    /// What stands in parentheses; `None` without parentheses.
    pub arguments: Option<Arguments>,
    /// From `@` through the closing parenthesis; without parentheses through the blanks that follow. That of a block
    /// attribute reaches through these blanks and the comment behind it in any case.
    pub span: Span,
}

/// `@@name(…)`.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockAttribute {
    /// The attribute.
    pub attribute: Attribute,
    /// Comment behind it on the same line.
    pub trailing: Option<Box<Comment>>,
    /// The whole line including its newline.
    pub line: Span,
}

/// What stands in the parentheses of an attribute or a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Arguments {
    /// In source order.
    pub list: Vec<Argument>,
    /// A comma before the closing parenthesis, which is diagnosed.
    pub trailing_comma: Option<Span>,
    /// From `(` through `)`.
    pub span: Span,
}

/// One argument.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// `name:`.
    pub name: Option<Ident>,
    /// The value; `None` for `name:` alone, which is diagnosed.
    pub value: Option<Expr>,
    /// Name and value.
    pub span: Span,
}

/// A value in an argument or a property.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// Digits as written, with sign and fraction.
    Number(CompactString, Span),
    /// A string after unescaping; the span includes the quotes.
    String(CompactString, Span),
    /// A bare path: `true`, `Asc`, a field name, an enum value.
    Constant(CompactString, Span),
    /// `name(…)`, which is several times larger than the others.
    Call(Box<Call>),
    /// `[a, b]`.
    Array(Vec<Expr>, Span),
    /// `{ key: value }`, known to the rules of Prisma 7 only.
    Object(Vec<(Ident, Expr)>, Span),
}

/// `name(…)` as a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The function.
    pub name: Ident,
    /// Its arguments.
    pub arguments: Arguments,
    /// Name and arguments.
    pub span: Span,
}

/// A run of comment lines without anything between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comments {
    /// In source order.
    pub list: Vec<Comment>,
}

/// One comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// `//`, `///` or `/* */`.
    pub kind: CommentKind,
    /// What follows the slashes, or stands between the marks, as written.
    pub text: String,
    /// With its marks, without the newline.
    pub span: Span,
}

/// The three forms of a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommentKind {
    /// `// …`
    Line,
    /// `/// …`, which becomes documentation.
    Doc,
    /// `/* … */`
    Block,
}

impl Ast {
    /// The source text of a span of this file; empty if the span is of another file.
    pub fn text(&self, span: Span) -> &str {
        self.source.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The blocks in source order.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.items.iter().filter_map(|item| match item {
            Item::Block(block) => Some(block),
            Item::Comments(_) | Item::BlankLines | Item::Stray(_) => None,
        })
    }
}

impl BlockKind {
    /// Every kind of block.
    pub const ALL: [Self; 6] =
        [Self::Model, Self::View, Self::CompositeType, Self::Enum, Self::Datasource, Self::Generator];

    /// The keyword that begins such a block.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::View => "view",
            Self::CompositeType => "type",
            Self::Enum => "enum",
            Self::Datasource => "datasource",
            Self::Generator => "generator",
        }
    }

    /// The kind that this keyword begins.
    pub fn from_keyword(keyword: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.keyword() == keyword)
    }
}

impl Expr {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Self::Number(_, span)
            | Self::String(_, span)
            | Self::Constant(_, span)
            | Self::Array(_, span)
            | Self::Object(_, span) => *span,
            Self::Call(call) => call.span,
        }
    }
}
