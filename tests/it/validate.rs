//! Small schemas, valid and not: on which lines errors and warnings are found, compared with Prisma's answers.
//!
//! `tests/fixtures/validate/*.case`: text up to the first `===` is a remark. `=== name` begins a case; its body is a
//! schema. Lines `>>> …` make one case each of it: what stands behind replaces the `$`s of the body in turn, parts are
//! separated by ` || `, and `\n` is a new line. `--- path` begins a file of a schema of several files. A body without
//! `datasource` is tried with one of Prisma 6 and one of Prisma 7 before it; `!no datasource` as first line prevents that.
//!
//! `prisma-6.19.3-7.10.1.txt` has the recorded answers (`tests/oracle/validate.mjs`), `deviations.txt` where evt differs on
//! purpose, and why: name, what evt finds, reason, separated by tabs.
//!
//! `rows.txt` lists what can be wrong with a schema, in the order in which Prisma looks for it: syntax (A), names (B),
//! types (C), attributes in general (D) and one by one (E), configuration (F), and what needs the whole picture (G); with
//! words of evt's message, and of its help behind a tab. For each there is a case that fails for this reason, and one of
//! the same group that does not.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use evt::psl::{self, Ast, Diagnostics, FileId, Severity, Source};
use libtest_mimic::{Failed, Trial};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/validate");
const HEADER: &str = "datasource db {\n  provider = \"postgresql\"\n";

pub(crate) fn tests() -> Vec<Trial> {
    let expected = answers("prisma-6.19.3-7.10.1.txt");
    let deviations = answers("deviations.txt");
    let mut trials = vec![Trial::test("validate::deviations_are_needed", {
        let (expected, deviations) = (expected.clone(), deviations.clone());
        move || deviations_are_needed(&expected, &deviations)
    })];
    trials.push(Trial::test("validate::every_kind_of_mistake_has_cases", every_row_has_cases));
    for (group, body) in groups() {
        let cases: Vec<Case> = expand(&group, &body)
            .into_iter()
            .map(|(name, text, files)| {
                let answer = deviations.get(&name).or_else(|| expected.get(&name)).cloned();
                Case { name, text, files, answer }
            })
            .collect();
        trials.push(Trial::test(format!("validate::{group}"), move || check_all(&cases)));
    }
    trials
}

/// Name and body of each group of cases.
fn groups() -> Vec<(String, String)> {
    let mut groups = Vec::new();
    for (file, text) in case_files() {
        for block in text.split("\n=== ").skip(1) {
            let (name, body) = block.split_once('\n').unwrap_or((block, ""));
            groups.push((format!("{file}/{name}"), body.to_owned()));
        }
    }
    groups
}

/// Letters of the kinds of mistakes, and how many there are of each.
const ROWS: [(char, usize); 7] = [('A', 15), ('B', 9), ('C', 4), ('D', 11), ('E', 41), ('F', 24), ('G', 64)];

fn every_row_has_cases() -> Result<(), Failed> {
    let rows = std::fs::read_to_string(Path::new(FIXTURES).join("rows.txt"))?;
    let rows: Vec<Vec<&str>> = rows.lines().map(|line| line.split('\t').collect()).collect();
    let ids = ROWS.iter().flat_map(|(letter, count)| (1..=*count).map(move |number| format!("{letter}{number}")));
    if !ids.eq(rows.iter().map(|row| row[0].to_owned())) {
        return Err("rows.txt does not list every row once and in order".into());
    }
    // Per row: whether there is a case with the mistake, and one without it beside such a one.
    let mut found = vec![(false, false); rows.len()];
    for (group, body) in groups() {
        let cases: Vec<Diagnostics> = expand(&group, &body).iter().map(|(_, _, files)| verdict(files).1).collect();
        for (row, found) in rows.iter().zip(&mut found) {
            let failing = cases.iter().filter(|diagnostics| diagnostics.iter().any(|it| is_row(row, it))).count();
            found.0 |= failing > 0;
            found.1 |= failing > 0 && failing < cases.len();
        }
    }
    let missing: Vec<_> = rows.iter().zip(found).filter(|(_, found)| *found != (true, true)).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("{missing:#?}").into()) }
}

/// Whether a finding has the words of a row, with anything where `…` stands.
fn is_row(row: &[&str], diagnostic: &evt::psl::Diagnostic) -> bool {
    let holds = |text: &str, words: &str| {
        let mut rest = text;
        words.split(" … ").all(|part| match rest.find(part) {
            Some(at) => {
                rest = &rest[at + part.len()..];
                true
            }
            None => false,
        })
    };
    holds(&diagnostic.message, row[1])
        && row.get(2).is_none_or(|help| diagnostic.help.as_deref().is_some_and(|text| holds(text, help)))
}

struct Case {
    name: String,
    text: String,
    files: Vec<File>,
    answer: Option<String>,
}

fn check_all(cases: &[Case]) -> Result<(), Failed> {
    let failures: Vec<String> = cases.iter().filter_map(|case| check(case).err()).collect();
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n").into()) }
}

fn check(case: &Case) -> Result<(), String> {
    let (found, diagnostics, valid) = verdict(&case.files);
    let name = &case.name;
    let all: Vec<_> = diagnostics.iter().map(|diagnostic| (&diagnostic.message, diagnostic.span)).collect();
    let Some(answer) = &case.answer else {
        return Err(format!("{name}: no recorded answer, run tests/oracle/validate.mjs"));
    };
    if &found != answer {
        return Err(format!("{name}: expected {answer}, found {found}\n{all:#?}\n{}", case.text));
    }
    if valid == found.contains("E ") {
        return Err(format!("{name}: found {found}, but valid is {valid}"));
    }
    for diagnostic in &diagnostics {
        let first = diagnostic.message.chars().next();
        // Proper names keep their capitals.
        let begins_well = first.is_some_and(|c| !c.is_uppercase()) || diagnostic.message.starts_with("PostgreSQL");
        if !begins_well
            || diagnostic.message.ends_with('.')
            || diagnostic.help.as_ref().is_some_and(|h| h.ends_with('.'))
        {
            return Err(format!("{name}: wording of {diagnostic:?}"));
        }
    }
    Ok(())
}

/// Path and text.
pub(crate) type File = (String, String);

/// What is found, in the form of the recorded answers; the findings; whether there is a schema.
pub(crate) fn verdict(files: &[File]) -> (String, Diagnostics, bool) {
    let mut diagnostics = Diagnostics::default();
    let mut trees: Vec<Ast> = Vec::new();
    for (id, (path, text)) in (0u32..).zip(files) {
        let (tree, found) = psl::parse(Source { id: FileId(id), path: path.clone(), text: text.clone() });
        trees.push(tree);
        diagnostics.extend(found);
    }
    let (schema, found) = psl::validate(&trees);
    diagnostics.extend(found);
    let places = |severity: Severity| {
        let mut lines = BTreeMap::new();
        for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity) {
            let file = diagnostic.span.file.0 as usize;
            let line = files[file].1[..diagnostic.span.start as usize].matches('\n').count() + 1;
            let name = if files.len() > 1 { format!("{}:{line}", files[file].0) } else { line.to_string() };
            lines.insert((file, line), name);
        }
        lines.into_values().collect::<Vec<_>>().join(",")
    };
    let (errors, warnings) = (places(Severity::Error), places(Severity::Warning));
    let parts = [("E", errors), ("W", warnings)];
    let parts: Vec<_> =
        parts.iter().filter(|(_, list)| !list.is_empty()).map(|(kind, list)| format!("{kind} {list}")).collect();
    let found = if parts.is_empty() { "ok".to_owned() } else { parts.join(" ") };
    (found, diagnostics, schema.is_some())
}

/// A deviation that agrees with Prisma by now, or belongs to no case, is a mistake.
fn deviations_are_needed(
    expected: &HashMap<String, String>,
    deviations: &HashMap<String, String>,
) -> Result<(), Failed> {
    let needless: Vec<_> =
        deviations.iter().filter(|(name, ours)| expected.get(*name).is_none_or(|theirs| theirs == *ours)).collect();
    if needless.is_empty() { Ok(()) } else { Err(format!("needless deviations: {needless:?}").into()) }
}

/// The first two columns of a recorded list.
pub(crate) fn answers(file: &str) -> HashMap<String, String> {
    let text = std::fs::read_to_string(Path::new(FIXTURES).join(file)).expect(file);
    let rows = text.lines().filter_map(|line| line.split_once('\t'));
    rows.map(|(name, rest)| (name.to_owned(), rest.split('\t').next().unwrap_or_default().to_owned())).collect()
}

/// All small schemas: name and files.
pub(crate) fn schemas() -> Vec<(String, Vec<File>)> {
    let mut schemas = Vec::new();
    for (file, text) in case_files() {
        for block in text.split("\n=== ").skip(1) {
            let (name, body) = block.split_once('\n').unwrap_or((block, ""));
            let cases = expand(&format!("{file}/{name}"), body);
            schemas.extend(cases.into_iter().map(|(name, _, files)| (name, files)));
        }
    }
    schemas
}

fn case_files() -> Vec<File> {
    let mut files: Vec<_> = std::fs::read_dir(FIXTURES)
        .expect("fixtures of validate")
        .map(|entry| entry.expect("directory entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "case"))
        .map(|path| {
            let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            (name.expect("file name"), std::fs::read_to_string(&path).expect("case file"))
        })
        .collect();
    files.sort();
    files
}

/// The cases of a block: name, text, files.
fn expand(group: &str, body: &str) -> Vec<(String, String, Vec<File>)> {
    let (insertions, host): (Vec<&str>, Vec<&str>) = body.split('\n').partition(|line| line.starts_with(">>> "));
    let mut host = host.join("\n");
    // The newline before the next block belongs to the text.
    if !host.ends_with('\n') {
        host.push('\n');
    }
    let mut texts = Vec::new();
    if insertions.is_empty() {
        texts.push((group.to_owned(), host));
    } else {
        for insertion in insertions.iter().filter_map(|line| line.strip_prefix(">>> ")) {
            texts.push((format!("{group}: {insertion}"), insert(&host, insertion)));
        }
    }
    let mut cases = Vec::new();
    for (name, text) in texts {
        for (suffix, text) in variants(&text) {
            let files = split_files(&text);
            cases.push((format!("{name}{suffix}"), text, files));
        }
    }
    cases
}

fn insert(host: &str, insertion: &str) -> String {
    let mut parts = insertion.split(" || ").map(|part| part.replace("\\n", "\n"));
    let mut pieces = host.split('$');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        text.push_str(&parts.next().unwrap_or_default());
        text.push_str(piece);
    }
    text
}

fn variants(text: &str) -> Vec<(&'static str, String)> {
    if let Some(rest) = text.strip_prefix("!no datasource\n") {
        return vec![("", rest.to_owned())];
    }
    if text.contains("datasource ") {
        return vec![("", text.to_owned())];
    }
    vec![
        (" [6]", format!("{HEADER}  url      = \"postgresql://localhost\"\n}}\n{text}")),
        (" [7]", format!("{HEADER}}}\n{text}")),
    ]
}

fn split_files(text: &str) -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    for line in text.split_inclusive('\n') {
        match (line.strip_prefix("--- "), files.last_mut()) {
            (Some(path), _) => files.push((path.trim_end().to_owned(), String::new())),
            (None, Some((_, text))) => text.push_str(line),
            (None, None) => files.push(("schema.prisma".to_owned(), line.to_owned())),
        }
    }
    files
}
