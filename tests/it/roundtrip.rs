//! Random trees, written with random spacing, are read back as they were, and printing them in the one layout changes
//! neither what they hold nor what is found about them.
//!
//! `PROPTEST_CASES=100000 cargo test --test it roundtrip` goes on for longer, with the same trees first.

use std::fmt::Write as _;

use evt::psl::ast::{
    Arguments, Ast, Attribute, Block, BlockKind, Comment, CommentKind, Expr, FieldArity, Item, Member, TypeName,
};
use evt::psl::{FileId, Source, format, format_until_settled, parse, validate};
use libtest_mimic::{Failed, Trial};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use crate::format::mutate::Random;

pub(crate) fn tests() -> Vec<Trial> {
    vec![Trial::test("roundtrip::random_trees_are_read_back", check)]
}

fn check() -> Result<(), Failed> {
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let strategy = (prop::collection::vec(block(), 0..4), any::<u64>());
    runner.run(&strategy, |(blocks, seed)| check_blocks(&blocks, seed)).map_err(|failure| failure.to_string().into())
}

fn check_blocks(blocks: &[Tree], seed: u64) -> Result<(), TestCaseError> {
    let text = Writer::new(seed).blocks(blocks);
    let (file, diagnostics) = parse(source(&text));
    let errors: Vec<_> = diagnostics.iter().collect();
    prop_assert!(errors.is_empty(), "{errors:#?}\n{text}");
    let read = trees(&file);
    prop_assert_eq!(&read, blocks, "{}", text);
    let files = [file];
    let printed = format(&files).swap_remove(0);
    let again = [parse(source(&printed)).0];
    prop_assert_eq!(sorted(trees(&again[0])), sorted(read), "{}\nbecame\n{}", text, printed);
    prop_assert_eq!(findings(&again), findings(&files), "{}\nbecame\n{}", text, printed);
    let settled = format_until_settled(&again).swap_remove(0);
    prop_assert_eq!(&format(&[parse(source(&settled)).0])[0], &settled, "{}", text);
    Ok(())
}

fn source(text: &str) -> Source {
    Source { id: FileId(0), path: "schema.prisma".to_owned(), text: text.to_owned() }
}

/// The messages, in no order.
fn findings(files: &[Ast]) -> Vec<String> {
    let mut messages: Vec<String> = validate(files).1.iter().map(|it| it.message.clone()).collect();
    messages.sort();
    messages
}

// --- Trees without places -----------------------------------------------------------------------------------------

#[derive(Debug, Clone, PartialEq)]
struct Tree {
    kind: BlockKind,
    name: String,
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Line {
    Field { name: String, ty: (bool, String), arity: u8, attributes: Vec<Attr>, trailing: Option<Note> },
    Value { name: String, attributes: Vec<Attr>, trailing: Option<Note> },
    Property { name: String, value: Value, trailing: Option<Note> },
    Attribute { attribute: Attr, trailing: Option<Note> },
    Comment(Note),
}

#[derive(Debug, Clone, PartialEq, PartialOrd)]
struct Attr {
    name: String,
    arguments: Option<Vec<Arg>>,
}

#[derive(Debug, Clone, PartialEq, PartialOrd)]
struct Arg {
    name: Option<String>,
    value: Value,
}

#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Value {
    Number(String),
    Text(String),
    Constant(String),
    Call(String, Vec<Arg>),
    Array(Vec<Value>),
    Object(Vec<(String, Value)>),
}

/// What begins a comment, and its text.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
struct Note(&'static str, String);

/// Printing sorts attributes, moves those of a block to its end, and their comments with them.
fn sorted(mut trees: Vec<Tree>) -> Vec<Tree> {
    for tree in &mut trees {
        for line in &mut tree.lines {
            if let Line::Field { attributes, .. } = line {
                attributes.sort_by(|a, b| a.partial_cmp(b).expect("no numbers"));
            }
        }
        let is_moved = |line: &Line| matches!(line, Line::Attribute { .. } | Line::Comment(_));
        let (mut last, mut lines): (Vec<_>, Vec<_>) = tree.lines.drain(..).partition(is_moved);
        last.sort_by(|a, b| a.partial_cmp(b).expect("no numbers"));
        lines.append(&mut last);
        tree.lines = lines;
    }
    trees
}

// --- What evt read ------------------------------------------------------------------------------------------------

fn trees(file: &Ast) -> Vec<Tree> {
    let block = |item: &Item| match item {
        Item::Block(block) => Some(tree(file, block)),
        Item::Comments(_) | Item::BlankLines => None,
        Item::Stray(span) => panic!("stray: {}", file.text(*span)),
    };
    file.items.iter().filter_map(block).collect()
}

fn tree(file: &Ast, block: &Block) -> Tree {
    let mut lines = Vec::new();
    for member in &block.members {
        match member {
            Member::Field(field) => {
                let ty = field.ty.as_ref().expect("a type");
                let name = match &ty.name {
                    TypeName::Name(name) => (false, name.to_string()),
                    TypeName::Unsupported(text) => (true, text.to_string()),
                };
                lines.push(Line::Field {
                    name: field.name.text.to_string(),
                    ty: name,
                    arity: arity(ty.arity),
                    attributes: field.attributes.iter().map(attr).collect(),
                    trailing: field.trailing.as_deref().map(note),
                });
            }
            Member::Value(value) => lines.push(Line::Value {
                name: value.name.text.to_string(),
                attributes: value.attributes.iter().map(attr).collect(),
                trailing: value.trailing.as_deref().map(note),
            }),
            Member::Property(property) => lines.push(Line::Property {
                name: property.name.text.to_string(),
                value: value(property.value.as_ref().expect("a value")),
                trailing: property.trailing.as_deref().map(note),
            }),
            Member::Attribute(attribute) => lines.push(Line::Attribute {
                attribute: attr(&attribute.attribute),
                trailing: attribute.trailing.as_deref().map(note),
            }),
            Member::Comments(comments) => lines.extend(comments.list.iter().map(note).map(Line::Comment)),
            Member::BlankLines => {}
            Member::Junk(span) => panic!("junk: {}", file.text(*span)),
        }
    }
    Tree { kind: block.kind, name: block.name.text.to_string(), lines }
}

fn arity(arity: FieldArity) -> u8 {
    match arity {
        FieldArity::Required => 0,
        FieldArity::Optional => 1,
        FieldArity::List => 2,
    }
}

fn attr(attribute: &Attribute) -> Attr {
    Attr { name: attribute.name.text.to_string(), arguments: attribute.arguments.as_ref().map(args) }
}

fn args(arguments: &Arguments) -> Vec<Arg> {
    let one = |argument: &evt::psl::ast::Argument| Arg {
        name: argument.name.as_ref().map(|name| name.text.to_string()),
        value: value(argument.value.as_ref().expect("a value")),
    };
    arguments.list.iter().map(one).collect()
}

fn value(expression: &Expr) -> Value {
    match expression {
        Expr::Number(text, _) => Value::Number(text.to_string()),
        Expr::String(text, _) => Value::Text(text.to_string()),
        Expr::Constant(text, _) => Value::Constant(text.to_string()),
        Expr::Call(call) => Value::Call(call.name.text.to_string(), args(&call.arguments)),
        Expr::Array(list, _) => Value::Array(list.iter().map(value).collect()),
        Expr::Object(list, _) => {
            Value::Object(list.iter().map(|(key, entry)| (key.text.to_string(), value(entry))).collect())
        }
    }
}

fn note(comment: &Comment) -> Note {
    let mark = match comment.kind {
        CommentKind::Line => "//",
        CommentKind::Doc => "///",
        CommentKind::Block => "/*",
    };
    Note(mark, comment.text.clone())
}

// --- Random trees -------------------------------------------------------------------------------------------------

fn name() -> impl Strategy<Value = String> + Clone {
    "[a-zA-ZäÖ漢][a-zA-Z0-9_ñ-]{0,8}"
}

fn string() -> impl Strategy<Value = String> + Clone {
    prop_oneof!["[a-z ]{0,6}", "[ -~é漢🎈\n\r\t\"\\\\\u{1}]{0,8}"]
}

fn path() -> impl Strategy<Value = String> + Clone {
    prop_oneof![4 => name(), 1 => (name(), name()).prop_map(|(a, b)| format!("{a}.{b}"))]
}

fn an_argument(value: impl Strategy<Value = Value> + Clone) -> impl Strategy<Value = Arg> + Clone {
    (prop::option::of(name()), value).prop_map(|(name, value)| Arg { name, value })
}

fn a_value() -> impl Strategy<Value = Value> + Clone {
    let leaf = prop_oneof![
        "-?[0-9]{1,5}(\\.[0-9]{1,3})?".prop_map(Value::Number),
        string().prop_map(Value::Text),
        path().prop_map(Value::Constant),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let entry = (name(), inner.clone());
        prop_oneof![
            (path(), prop::collection::vec(an_argument(inner.clone()), 0..3))
                .prop_map(|(name, arguments)| Value::Call(name, arguments)),
            prop::collection::vec(inner, 0..4).prop_map(Value::Array),
            prop::collection::vec(entry, 0..3).prop_map(Value::Object),
        ]
    })
}

fn attribute() -> impl Strategy<Value = Attr> + Clone {
    let known =
        prop::sample::select(vec!["id", "unique", "default", "map", "relation", "db.VarChar", "index", "ignore"]);
    let name = prop_oneof![known.prop_map(str::to_owned), path()];
    (name, prop::option::of(prop::collection::vec(an_argument(a_value()), 0..3)))
        .prop_map(|(name, arguments)| Attr { name, arguments })
}

fn comment() -> impl Strategy<Value = Note> + Clone {
    let text = "[ a-zé*\"{}()@]{0,9}";
    let mark = prop::sample::select(vec!["//", "///"]);
    (mark, text).prop_map(|(mark, text)| Note(mark, text))
}

fn trailing() -> impl Strategy<Value = Option<Note>> + Clone {
    let block = "[ a-zé\"{}()@]{0,9}".prop_map(|text| Note("/*", text));
    prop::option::of(prop_oneof![comment(), block])
}

fn block() -> impl Strategy<Value = Tree> {
    let attributes = || prop::collection::vec(attribute(), 0..4);
    let scalar = prop::sample::select(vec!["Int", "String", "Json", "DateTime", "Boolean", "Bytes"]);
    let ty = prop_oneof![
        4 => scalar.prop_map(|name| (false, name.to_owned())),
        // No block has such a name, so that nothing becomes a relation that lacks its other side.
        2 => name().prop_map(|name| (false, format!("t{name}"))),
        1 => string().prop_map(|text| (true, text)),
    ];
    let field = (name(), ty, 0..3_u8, attributes(), trailing())
        .prop_map(|(name, ty, arity, attributes, trailing)| Line::Field { name, ty, arity, attributes, trailing });
    let attribute_line =
        (attribute(), trailing()).prop_map(|(attribute, trailing)| Line::Attribute { attribute, trailing });
    let remark = comment().prop_map(Line::Comment);
    let container = prop_oneof![6 => field, 2 => attribute_line.clone(), 1 => remark.clone()];
    let enum_value = (name(), attributes(), trailing()).prop_map(|(name, attributes, trailing)| Line::Value {
        name,
        attributes,
        trailing,
    });
    let enumeration = prop_oneof![6 => enum_value, 1 => attribute_line, 1 => remark.clone()];
    let property =
        (name(), a_value(), trailing()).prop_map(|(name, value, trailing)| Line::Property { name, value, trailing });
    let config = prop_oneof![6 => property, 1 => remark];
    let model = prop::sample::select(vec![BlockKind::Model, BlockKind::View]);
    let other = prop::sample::select(vec![BlockKind::Datasource, BlockKind::Generator]);
    prop_oneof![
        3 => (model, prop::collection::vec(container, 0..8)),
        1 => (Just(BlockKind::Enum), prop::collection::vec(enumeration, 0..6)),
        1 => (other, prop::collection::vec(config, 0..6)),
    ]
    .prop_flat_map(|(kind, lines)| {
        name().prop_map(move |name| Tree { kind, name: format!("M{name}"), lines: lines.clone() })
    })
}

// --- Writing them -------------------------------------------------------------------------------------------------

/// Writes trees with random blanks wherever blanks may stand.
struct Writer {
    random: Random,
    text: String,
}

impl Writer {
    fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), text: String::new() }
    }

    fn blocks(mut self, blocks: &[Tree]) -> String {
        for block in blocks {
            self.pick(&["", "\n", "\n\n", "  \n"]);
            self.blank();
            self.text.push_str(block.kind.keyword());
            self.gap();
            self.text.push_str(&block.name);
            self.blank();
            self.text.push('{');
            self.newline();
            for line in &block.lines {
                self.pick(&["", "", "", "\n", " \n\n"]);
                self.blank();
                self.line(line);
            }
            self.blank();
            self.text.push('}');
            self.newline();
        }
        self.text
    }

    fn line(&mut self, line: &Line) {
        let trailing = match line {
            Line::Field { name, ty: (unsupported, ty), arity, attributes, trailing } => {
                self.text.push_str(name);
                self.gap();
                if *unsupported {
                    self.text.push_str("Unsupported(");
                    self.blank();
                    self.string(ty);
                    self.blank();
                    self.text.push(')');
                } else {
                    self.text.push_str(ty);
                }
                self.blank();
                self.text.push_str(["", "?", "[]"][usize::from(*arity)]);
                self.attributes(attributes);
                trailing
            }
            Line::Value { name, attributes, trailing } => {
                self.text.push_str(name);
                self.attributes(attributes);
                trailing
            }
            Line::Property { name, value, trailing } => {
                self.text.push_str(name);
                self.blank();
                self.text.push('=');
                self.blank();
                self.value(value);
                trailing
            }
            Line::Attribute { attribute, trailing } => {
                self.text.push('@');
                self.attribute(attribute);
                trailing
            }
            Line::Comment(note) => &Some(note.clone()),
        };
        self.blank();
        if let Some(Note(mark, text)) = trailing {
            let end = if *mark == "/*" { "*/" } else { "" };
            let _ = write!(self.text, "{mark}{text}{end}");
        }
        self.newline();
    }

    fn attributes(&mut self, attributes: &[Attr]) {
        for attribute in attributes {
            self.blank();
            self.attribute(attribute);
        }
    }

    fn attribute(&mut self, attribute: &Attr) {
        self.text.push('@');
        self.blank();
        self.text.push_str(&attribute.name);
        if let Some(arguments) = &attribute.arguments {
            self.blank();
            self.arguments(arguments);
        }
    }

    fn arguments(&mut self, arguments: &[Arg]) {
        self.list('(', arguments, ')', |writer, Arg { name, value }| {
            if let Some(name) = name {
                writer.text.push_str(name);
                writer.blank();
                writer.text.push(':');
                writer.blank();
            }
            writer.value(value);
        });
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Number(text) | Value::Constant(text) => self.text.push_str(text),
            Value::Text(text) => self.string(text),
            Value::Call(name, arguments) => {
                self.text.push_str(name);
                self.blank();
                self.arguments(arguments);
            }
            Value::Array(list) => self.list('[', list, ']', Self::value),
            Value::Object(list) => self.list('{', list, '}', |writer, (key, value)| {
                writer.text.push_str(key);
                writer.blank();
                writer.text.push(':');
                writer.blank();
                writer.value(value);
            }),
        }
    }

    fn list<T>(&mut self, open: char, list: &[T], close: char, write: impl Fn(&mut Self, &T)) {
        self.text.push(open);
        self.blank();
        for (position, item) in list.iter().enumerate() {
            if position > 0 {
                self.text.push(',');
                self.blank();
            }
            write(self, item);
            self.blank();
        }
        self.text.push(close);
    }

    fn string(&mut self, text: &str) {
        self.text.push_str(&serde_json::Value::from(text).to_string());
    }

    fn blank(&mut self) {
        self.pick(&["", "", "", " ", "  ", "\t", "\u{a0}", "\u{3000} "]);
    }

    fn gap(&mut self) {
        self.pick(&[" ", " ", "   ", "\t", " \u{2003}"]);
    }

    fn newline(&mut self) {
        self.pick(&["\n", "\n", "\r\n", "\r"]);
    }

    fn pick(&mut self, choices: &[&str]) {
        self.text.push_str(self.random.pick(choices));
    }
}
