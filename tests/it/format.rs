//! The formatter prints what Prisma prints.

pub(crate) mod inputs;
pub(crate) mod mutate;

use std::collections::BTreeMap;
use std::path::Path;

use evt::psl::ast::{Item, Member};
use evt::psl::format as print_files;
use libtest_mimic::{Failed, Trial};
use sha2::{Digest, Sha256};

use inputs::{Input, cases, directory, mutants, read};

pub(crate) fn tests() -> Vec<Trial> {
    let mut tests: Vec<Trial> = cases()
        .into_iter()
        .map(|case| Trial::test(format!("format::{}", case.name.replace(' ', "_")), move || check_case(&case)))
        .collect();
    tests.push(Trial::test("format::mutants", check_mutants));
    tests.push(Trial::test("format::again", check_again));
    tests.push(Trial::test("format::mistakes_of_Prisma", check_mistakes));
    for version in ["6.19.3", "7.10.1"] {
        let list = directory().join(format!("corpus.prisma-{version}.sha256"));
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
        let ignored = !corpus.exists() || !list.exists();
        let name = format!("format::corpus_of_prisma_{version}");
        tests.push(Trial::test(name, move || check_corpus(&corpus, &list)).with_ignored_flag(ignored));
    }
    tests
}

fn print(text: &str) -> String {
    print_files(&[read(text)]).swap_remove(0)
}

fn check_case(case: &Input) -> Result<(), Failed> {
    let version = if inputs::rules(&case.text) == 6 { "6.19.3" } else { "7.10.1" };
    let recorded = std::fs::read_to_string(directory().join(format!("prisma-{version}.json")))?;
    let recorded: BTreeMap<String, Vec<String>> = serde_json::from_str(&recorded)?;
    let expected = recorded.get(&case.name).ok_or("not recorded: run tests/oracle/format.mjs")?.join("\n");
    let printed = print(&case.text);
    if printed == expected {
        return Ok(());
    }
    Err(similar::TextDiff::from_lines(&expected, &printed).unified_diff().header("Prisma", "evt").to_string().into())
}

fn check_mutants() -> Result<(), Failed> {
    let recorded = std::fs::read_to_string(directory().join("mutants.sha256"))?;
    let mutants = mutants(&cases());
    let actual: Vec<String> =
        mutants.iter().map(|mutant| format!("{} {}", mutant.name, digest(&print(&mutant.text)))).collect();
    let wrong: Vec<&str> =
        recorded.lines().zip(&actual).filter(|(a, b)| a != b).map(|(_, b)| b.as_str()).take(5).collect();
    if recorded.lines().count() == actual.len() && wrong.is_empty() {
        return Ok(());
    }
    Err(format!("printed otherwise than by Prisma, or not recorded: {wrong:?}").into())
}

/// What was printed is printed the same again, with the exceptions of Prisma, which settle the second time.
fn check_again() -> Result<(), Failed> {
    let cases = cases();
    for input in cases.iter().chain(mutants(&cases).iter().step_by(4)) {
        let once = print(&input.text);
        let twice = print(&once);
        if print(&twice) != twice {
            return Err(format!("{} does not settle", input.name).into());
        }
        if once != twice && !settles_later(&input.text) {
            return Err(format!("{} is printed otherwise the second time", input.name).into());
        }
    }
    Ok(())
}

/// What is printed where Prisma's formatter makes a mistake: the first text becomes the second.
const MISTAKES: [(&str, &str, &str); 3] = [
    (
        "an indented block comment behind another comment",
        "model A {\n  id Int @id\n  // one\n  /* two */\n  n Int\n}\n",
        "model A {\n  id Int @id\n  // one\n  /**\n   * two\n   */\n  n  Int\n}\n",
    ),
    (
        "a relation without arguments",
        "model A {\n  id Int @id\n  b B? @relation()\n}\n\nmodel B {\n  id Int @id\n}\n",
        "model A {\n  id  Int  @id\n  b   B?   @relation(fields: [bId], references: [id])\n  bId Int?\n}\n\nmodel B {\n  id Int @id\n  as A[]\n}\n",
    ),
    (
        "a question mark apart from its type",
        "model A {\n  id Int @id\n  b B ?\n}\n\nmodel B {\n  id Int @id\n}\n",
        "model A {\n  id  Int  @id\n  b   B?   @relation(fields: [bId], references: [id])\n  bId Int?\n}\n\nmodel B {\n  id Int @id\n  as A[]\n}\n",
    ),
];

fn check_mistakes() -> Result<(), Failed> {
    for (name, text, expected) in MISTAKES {
        let text = format!("datasource db {{\n  provider = \"postgresql\"\n}}\n\n{text}");
        let printed = print(&text);
        if !inputs::differs_on_purpose(&read(&text)) || !printed.ends_with(&format!("\n\n{expected}")) {
            return Err(format!("{name}:\n{printed}").into());
        }
    }
    Ok(())
}

/// Text behind a closing brace is moved to a line of its own first and gets its blank line the next time; a blank line
/// behind block attributes that move away from the beginning of a block is removed only the next time. A relation with
/// a name gets a field without that name, which lacks its own other side. And what printing mends (`name: Type`) makes
/// relations known.
fn settles_later(text: &str) -> bool {
    let file = read(text);
    let behind_brace =
        file.items.windows(2).any(|pair| matches!(pair, [Item::Block(_), next] if !matches!(next, Item::BlankLines)));
    let moved_away = file.blocks().any(|block| {
        let first = block.members.iter().find(|member| !matches!(member, Member::Comments(_) | Member::BlankLines));
        matches!(first, Some(Member::Attribute(_)))
    });
    behind_brace || moved_away || file.has_errors || text.contains("@relation(\"")
}

fn check_corpus(corpus: &Path, list: &Path) -> Result<(), Failed> {
    for line in std::fs::read_to_string(list)?.lines() {
        let (expected, path) = line.split_once(' ').ok_or("a line is a checksum and a path")?;
        let printed = print(&std::fs::read_to_string(corpus.join(path))?);
        if digest(&printed) != expected {
            return Err(format!("{path} is printed otherwise than by Prisma").into());
        }
    }
    Ok(())
}

fn digest(text: &str) -> String {
    let hash = Sha256::digest(text);
    let (first, _) = hash.split_at(8);
    format!("{:016x}", first.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)))
}
