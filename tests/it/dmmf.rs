//! What generators are told of a schema, byte for byte as Prisma tells them.
//!
//! `tests/fixtures/dmmf/*.txt` have the SHA-256 of each document that Prisma made (`tests/oracle/dmmf.mjs`, whose
//! `--print` shows one); `deviations.txt` where evt differs on purpose, and why: name and reason, separated by a tab.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use evt::psl::{self, Ast, FileId, PslSchema, Source};
use libtest_mimic::{Failed, Trial};
use sha2::{Digest as _, Sha256};

use crate::validate::{File, schemas};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/dmmf");
const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus");

pub(crate) fn tests() -> Vec<Trial> {
    let corpus = Trial::test("dmmf: schemas of real projects", real_projects);
    vec![
        Trial::test("dmmf: small schemas", small_schemas),
        corpus.with_ignored_flag(!Path::new(CORPUS).exists()),
        Trial::test("dmmf: deviations are needed", deviations_are_needed),
    ]
}

fn small_schemas() -> Result<(), Failed> {
    let expected = recorded("prisma-6.19.3-7.10.1.txt");
    let deviations = recorded("deviations.txt");
    let mut wrong = Vec::new();
    let mut known = HashSet::new();
    for (name, files) in schemas() {
        let answer = expected.get(&name);
        if answer.is_some() {
            known.insert(name.clone());
        }
        if files.iter().any(|(_, text)| text.lines().any(begins_datasource)) && !deviations.contains_key(&name) {
            wrong.extend(difference(&name, &files, answer));
        }
    }
    wrong.extend(
        expected.keys().filter(|name| !known.contains(*name)).map(|name| format!("{name}: no such case any more")),
    );
    report(&wrong)
}

fn real_projects() -> Result<(), Failed> {
    let mut wrong = Vec::new();
    for (name, answer) in recorded("corpus.txt") {
        let (project, file) = name.split_once('/').ok_or("project/file")?;
        let text = std::fs::read_to_string(Path::new(CORPUS).join(project).join("schemas").join(file))?;
        wrong.extend(difference(&name, &[("schema.prisma".to_owned(), text)], Some(&answer)));
    }
    report(&wrong)
}

fn deviations_are_needed() -> Result<(), Failed> {
    let expected = recorded("prisma-6.19.3-7.10.1.txt");
    let deviations = recorded("deviations.txt");
    let all: HashMap<String, Vec<File>> = schemas().into_iter().collect();
    let needless = deviations
        .keys()
        .filter(|name| all.get(*name).is_none_or(|files| difference(name, files, expected.get(*name)).is_none()));
    report(&needless.map(|name| format!("{name}: a needless deviation")).collect::<Vec<_>>())
}

fn begins_datasource(line: &str) -> bool {
    line.trim_start().starts_with("datasource ") && line.contains('{')
}

/// What is wrong with the document for a schema.
fn difference(name: &str, files: &[File], answer: Option<&String>) -> Option<String> {
    let ours =
        understood(files).map(|schema| hash(&serde_json::to_string(&evt::generate::dmmf(&schema)).expect("JSON")));
    (ours.as_ref() != answer).then(|| format!("{name}: expected {answer:?}, found {ours:?}; see tests/oracle/dmmf.mjs"))
}

fn understood(files: &[File]) -> Option<PslSchema> {
    let trees: Vec<Ast> = (0u32..)
        .zip(files)
        .map(|(id, (path, text))| psl::parse(Source { id: FileId(id), path: path.clone(), text: text.clone() }).0)
        .collect();
    psl::validate(&trees).0
}

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn recorded(file: &str) -> HashMap<String, String> {
    let text = std::fs::read_to_string(Path::new(FIXTURES).join(file)).expect(file);
    let rows = text.lines().filter_map(|line| line.rsplit_once('\t'));
    rows.map(|(name, answer)| (name.to_owned(), answer.to_owned())).collect()
}

fn report(wrong: &[String]) -> Result<(), Failed> {
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
