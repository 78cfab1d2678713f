//! Reading files: what is wrong is found where Prisma finds it, and nothing breaks the reader.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use evt::psl::ast::{Block, Item, Member};
use evt::psl::{FileId, Source, format, parse, validate};
use libtest_mimic::{Failed, Trial};

use crate::format::inputs::{Input, cases, mutants};
use crate::format::mutate::Random;

pub(crate) fn tests() -> Vec<Trial> {
    vec![
        Trial::test("parse::errors_stand_where_prisma_finds_them", check_spans),
        Trial::test("parse::documentation", check_documentation),
        Trial::test("parse::hostile_text_is_read_in_linear_time", check_hostile),
        Trial::test("parse::random_text_never_panics", check_random),
        Trial::test("parse::printed_text_reads_the_same", check_print),
        Trial::test("parse::what_fuzzing_kept_is_read", check_fuzz_corpus),
    ]
}

fn source(text: &str) -> Source {
    Source { id: FileId(0), path: "schema.prisma".to_owned(), text: text.to_owned() }
}

fn check_spans() -> Result<(), Failed> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/parse/spans.prisma-7.10.1.json");
    let recorded: BTreeMap<String, Vec<String>> = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let cases = cases();
    let mutants = mutants(&cases);
    let named = |kind, inputs: &[Input]| -> Vec<(String, String)> {
        inputs.iter().map(|input| (format!("{kind} {}", input.name), input.text.clone())).collect()
    };
    let mut wrong = String::new();
    for (name, text) in named("case", &cases).into_iter().chain(named("mutant", &mutants)) {
        let (_, diagnostics) = parse(source(&text));
        let found: Vec<String> = diagnostics.iter().map(|it| format!("{}-{}", it.span.start, it.span.end)).collect();
        let expected = recorded.get(&name).map_or(&[][..], Vec::as_slice);
        if found != expected {
            let _ = writeln!(wrong, "{name}: found {found:?}, Prisma {expected:?}");
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.into()) }
}

fn check_documentation() -> Result<(), Failed> {
    for (name, text, expected) in [
        ("above", "/// a\n///   b \nmodel M {\n}", "M=a\nb "),
        ("blank line between", "/// a\n\nmodel M {\n}", "M="),
        ("plain lines are left out", "/// a\n// b\n/// c\nmodel M {\n}", "M=a\nc"),
        ("four slashes", "//// a\nmodel M {\n}", "M=/ a"),
        ("block comment", "/* a */ model M {\n}", "M=a"),
        ("starred block comment", "/** a */\nmodel M {\n}", "M=* a"),
        ("leaks past a datasource", "/// a\ndatasource d {\n}\nmodel M {\n}", "d=|M=a"),
        ("inside of a datasource", "datasource d {\n/// a\nx = 1\n/// b\n}", "d=b"),
        ("field", "model M {\n/// a\n\nx Int /// b\n}", "M=|x=a\nb"),
        ("later run replaces", "model M {\n/// a\n\n// b\n\nx Int\n}", "M=|x="),
        ("run above an attribute", "model M {\n/// a\n@@map(\"m\")\nx Int\ny Int\n}", "M=|x=a|y="),
        ("enum value", "enum E {\n/// a\nA // no\nB /* b */\n}", "E=|A=a|B=b"),
    ] {
        let (file, _) = parse(source(text));
        let found: Vec<String> = file.blocks().flat_map(documentation).collect();
        if found.join("|") != expected {
            return Err(format!("{name}: {found:?}").into());
        }
    }
    Ok(())
}

fn documentation(block: &Block) -> Vec<String> {
    let entry = |name: &str, text: &Option<String>| format!("{name}={}", text.as_deref().unwrap_or_default());
    let mut entries = vec![entry(&block.name.text, &block.documentation)];
    entries.extend(block.members.iter().filter_map(|member| match member {
        Member::Field(field) => Some(entry(&field.name.text, &field.documentation)),
        Member::Value(value) => Some(entry(&value.name.text, &value.documentation)),
        _ => None,
    }));
    entries
}

/// Text that would cost a careless reader the square of its length, or its stack.
fn check_hostile() -> Result<(), Failed> {
    const BYTES: usize = 40_000;
    for pattern in [
        "model A {\n",
        "model A {\n  a Int /*\n",
        "enum A {\n/*\n",
        "/*\n",
        "a {\n",
        "a { /* } \n",
        "/**/",
        "/**/ ",
        "x(",
        "x([{",
        "@@a([",
        "\"",
        "\\\"",
        "{",
        "}",
        "}\n",
        "model A {\n}",
        "generator a {\n",
        "type A = b @c(",
        "a.",
        "é",
        "\u{3000}",
        "\r",
        "model A {\n a B @c(d: [e(f: {g: \"",
        "// x",
        "/// x\n",
        "a @b @c ",
        "\0",
        "1",
        "-",
        "a:",
        "a Int @x(a:",
    ] {
        let text = pattern.repeat(BYTES / pattern.len());
        for text in [
            text.clone(),
            format!("model M {{\n{text}\n}}\n"),
            format!("model M {{\n a B @c({text}\n}}\n"),
            format!("{text}\n}}\n*/"),
        ] {
            let start = Instant::now();
            let files = [parse(source(&text)).0];
            drop(validate(&files));
            drop(format(&files));
            let took = start.elapsed();
            if took > Duration::from_secs(10) {
                return Err(format!("{pattern:?} took {took:?}").into());
            }
        }
    }
    Ok(())
}

const SOUP: &[&str] = &[
    "model",
    "view",
    "type",
    "enum",
    "datasource",
    "generator",
    " ",
    " ",
    "\n",
    "\n",
    "\n",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "@",
    "@@",
    ":",
    ",",
    ".",
    "?",
    "!",
    "=",
    "-",
    "\"",
    "\\",
    "\\u12",
    "//",
    "///",
    "/*",
    "*/",
    "A",
    "b",
    "Int",
    "String",
    "id",
    "unique",
    "relation",
    "fields",
    "references",
    "map",
    "default",
    "1",
    "é",
    "漢",
    "\t",
    "\r",
    "\u{a0}",
    "\u{0}",
    "Unsupported(",
    "{\n",
    "\n}\n",
    "[]",
    "\"x\"",
    "@id",
    "@relation(",
    "@default(",
    "url",
    "provider",
    "postgresql",
    "where",
    "raw(\"a\")",
    "env(\"A\")",
];

fn check_random() -> Result<(), Failed> {
    for seed in 0..3_000 {
        let mut random = Random::new(seed);
        let text: String = (0..random.below(120)).map(|_| random.pick(SOUP)).collect();
        let (file, diagnostics) = parse(source(&text));
        for diagnostic in &diagnostics {
            if text.get(diagnostic.span.start as usize..diagnostic.span.end as usize).is_none() {
                return Err(format!("seed {seed}: {diagnostic:?} is not in the text").into());
            }
        }
        let files = [file];
        let (_, more) = validate(&files);
        drop(evt::psl::render(&more, &files, true));
        drop(format(&files));
    }
    Ok(())
}

/// The corpus of the fuzz target. What it also looks at takes longer: see there.
fn check_fuzz_corpus() -> Result<(), Failed> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/psl");
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
        let (file, mut diagnostics) = parse(source(&text));
        let files = [file];
        let (schema, found) = validate(&files);
        diagnostics.extend(found);
        let outside = |it: &&evt::psl::Diagnostic| text.get(it.span.start as usize..it.span.end as usize).is_none();
        if let Some(diagnostic) = diagnostics.iter().find(outside) {
            return Err(format!("{}: {diagnostic:?} is not in the text", path.display()).into());
        }
        if schema.is_some() == diagnostics.has_errors() {
            return Err(format!("{}: a schema with errors, or none without", path.display()).into());
        }
        let printed = [parse(source(&format(&files)[0])).0];
        if schema.is_some() && validate(&printed).0.is_none() {
            return Err(format!("{}: printing breaks it", path.display()).into());
        }
    }
    Ok(())
}

/// Printing changes neither what a file holds nor its order, block attributes aside.
fn check_print() -> Result<(), Failed> {
    for case in cases() {
        let (file, diagnostics) = parse(source(&case.text));
        // Pieces are added to relations, and a key without value loses its equals sign, as with Prisma.
        if diagnostics.has_errors() || case.name.starts_with("relations/") || case.name == "config/key without value" {
            continue;
        }
        let printed = format(std::slice::from_ref(&file)).swap_remove(0);
        let (again, _) = parse(source(&printed));
        let (before, after) = (outline(&file.items), outline(&again.items));
        if before != after {
            return Err(format!("{}: {before:?} became {after:?}", case.name).into());
        }
    }
    Ok(())
}

fn outline(items: &[Item]) -> Vec<String> {
    let mut outline = Vec::new();
    for item in items {
        if let Item::Block(block) = item {
            let mut members: Vec<String> = block.members.iter().filter_map(member).collect();
            members.sort_by_key(|member| member.starts_with("@@"));
            outline.push(format!("{:?} {} {members:?}", block.kind, block.name.text));
        }
    }
    outline
}

fn member(member: &Member) -> Option<String> {
    let sorted = |names: &mut Vec<String>| names.sort();
    match member {
        Member::Field(field) => {
            let mut names: Vec<String> = field.attributes.iter().map(|it| it.name.text.to_string()).collect();
            sorted(&mut names);
            Some(format!("{} {:?} {names:?}", field.name.text, field.ty.as_ref().map(|ty| (&ty.name, ty.arity))))
        }
        Member::Value(value) => Some(format!("{} {}", value.name.text, value.attributes.len())),
        Member::Property(property) => Some(property.name.text.to_string()),
        Member::Attribute(_) => Some("@@".to_owned()),
        Member::Comments(_) | Member::BlankLines | Member::Junk(_) => None,
    }
}
