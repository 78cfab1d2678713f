//! Differences between two schemas: each case of `tests/fixtures/diff/*.case` has both, the SQL that leads from one
//! to the other, its summary and its findings.
//!
//! A case starts with `=== name`. Its sections are `-- from.prisma --` (absent: an empty database), `-- to.prisma --`,
//! `-- migration.sql --`, `-- summary --` and `-- findings --`; `UPDATE=1` rewrites the last three. What Prisma
//! answers, to these cases and to those below, is recorded in `tests/fixtures/diff/prisma-*.json` by
//! `tests/oracle/diff.mjs`; a case with a section `-- deviation --` says why evt answers otherwise. A section
//! `-- not live --` says why its SQL cannot be executed, `-- not as made directly --` in what the database differs from
//! one that is made from the target.
//!
//! Cases of `tests/fixtures/diff/live/*.case` have `-- from.sql --` instead: a script that makes a database, which is
//! then compared with `-- to.prisma --` (absent: an empty database). A section `-- external --` lists tables and enums
//! that are not managed, as `table namespace.name`. Findings are those that the data confirms.
//!
//! Random schemas are tried too: a few by the suite, hundreds by `cargo test --test it -- --sweep "diff: the sweep"`, and
//! as many as one likes by `tests/random_diffs.rs`; `tests/oracle/diff_random.mjs` compares many with Prisma.

mod catalog;
mod corpus;
mod matrix;
pub(crate) mod pg_dump;
mod proof;
mod random;
mod recorded;
mod round_trip;
mod server;

pub(crate) use corpus::checksum;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use evt::dbschema::DbSchema;
use evt::diff::{Change, diff, summary};
use evt::psl::{self, FileId, Source};
use evt::safety::{self, Severity};
use evt::sql::{Naming, render};
use libtest_mimic::Trial;

pub(crate) fn tests() -> Vec<Trial> {
    let mut trials = Vec::new();
    for file in case_files("live") {
        for case in Case::all(&std::fs::read_to_string(&file).expect("a fixture is readable")) {
            let file = file.clone();
            let name = format!("diff::database::{}", case.name);
            trials.push(crate::server::live(name, move |database| server::check_database(database, file, case)));
        }
    }
    for file in case_files("") {
        let text = std::fs::read_to_string(&file).expect("a fixture is readable");
        let topic = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let cases = Case::all(&text);
        for case in cases.clone() {
            let file = file.clone();
            let name = format!("diff::{topic}::{}", case.name);
            trials.push(Trial::test(name, move || {
                case.check(&file);
                Ok(())
            }));
        }
        for (part, cases) in cases.chunks(CASES_PER_DATABASE).enumerate() {
            let (name, cases) = (format!("diff::{topic} {}", part + 1), cases.to_vec());
            trials.push(crate::server::live(name, move |database| server::check(database, cases)));
        }
    }
    trials.push(crate::server::long("diff: pairs of random schemas", |database| async move {
        let mut db = database.connect().await;
        if let Err(failure) = random::pairs::try_pairs(&mut db, &database.text(), 0..12, 20).await {
            panic!("{failure}");
        }
    }));
    trials.push(crate::server::long("diff: many random changes on one database", |database| async move {
        let mut db = database.connect().await;
        if let Err(failure) = random::walk::walk(&mut db, &database.text(), 20, 60, 15).await {
            panic!("{failure}");
        }
    }));
    trials.extend(recorded::tests());
    trials.extend(corpus::tests());
    trials.extend(matrix::tests());
    trials.extend(round_trip::tests());
    trials
}

/// The tests that take minutes.
pub(crate) fn sweep() -> Vec<Trial> {
    vec![
        crate::server::long("diff: the sweep of three hundred pairs of random schemas", |database| async move {
            let mut db = database.connect().await;
            if let Err(failure) = random::pairs::try_pairs(&mut db, &database.text(), 0..300, 1).await {
                panic!("{failure}");
            }
        }),
        crate::server::long("diff: the sweep of four hundred random changes on one database", |database| async move {
            let mut db = database.connect().await;
            if let Err(failure) = random::walk::walk(&mut db, &database.text(), 11, 400, 10).await {
                panic!("{failure}");
            }
        }),
    ]
}

/// So many that the judges' work is shared and the databases' is not.
const CASES_PER_DATABASE: usize = 40;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/diff")
}

fn case_files(below: &str) -> Vec<PathBuf> {
    case_files_in(&folder().join(below))
}

pub(crate) fn case_files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the fixtures are there")
        .map(|entry| entry.expect("a folder entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "case"))
        .collect();
    files.sort();
    files
}

/// Both sides of a difference, and what is expected.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    name: String,
    sections: Vec<(String, String)>,
}

const START: &str = "=== ";
const SECTIONS: [&str; 11] = [
    "deviation",
    "not live",
    "not as made directly",
    "external",
    "from.sql",
    "data.sql",
    "from.prisma",
    "to.prisma",
    "migration.sql",
    "summary",
    "findings",
];

impl Case {
    pub(crate) fn all(text: &str) -> Vec<Self> {
        let mut cases: Vec<Self> = Vec::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix(START) {
                cases.push(Self { name: name.to_owned(), sections: Vec::new() });
                continue;
            }
            let Some(case) = cases.last_mut() else { continue };
            let section = line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"));
            if let Some(section) = section.filter(|section| SECTIONS.contains(section)) {
                case.sections.push((section.to_owned(), String::new()));
            } else if let Some((_, body)) = case.sections.last_mut() {
                body.push_str(line);
                body.push('\n');
            }
        }
        cases
    }

    pub(crate) fn section(&self, name: &str) -> Option<&str> {
        self.sections.iter().find(|(section, _)| section == name).map(|(_, body)| body.as_str())
    }

    fn side(&self, section: &str) -> DbSchema {
        match self.section(section) {
            Some(text) => lowered(text),
            None => DbSchema::empty("public"),
        }
    }

    /// What evt answers, by section.
    fn answers(&self) -> [(&'static str, String); 3] {
        let (from, to) = (self.side("from.prisma"), self.side("to.prisma"));
        let changes = diff(&from, &to);
        [("migration.sql", script(&changes, &to)), ("summary", summary(&changes)), ("findings", findings(&changes))]
    }

    fn check(&self, file: &Path) {
        let answers = self.answers();
        self.compare(file, &answers);
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn compare(&self, file: &Path, answers: &[(&str, String)]) {
        if crate::is_updating() {
            self.rewrite(file, answers);
            return;
        }
        for (section, answer) in answers {
            let expected = self.section(section).unwrap_or_default();
            assert_eq!(answer, expected, "{section} of `{}`", self.name);
        }
    }

    fn rewrite(&self, file: &Path, answers: &[(&str, String)]) {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _guard = ONE_AT_A_TIME.lock().expect("no other rewrite failed");
        let mut cases = Self::all(&std::fs::read_to_string(file).expect("a fixture is readable"));
        let case = cases.iter_mut().find(|case| case.name == self.name).expect("the case is still there");
        for (section, answer) in answers {
            case.sections.retain(|(name, _)| name != section);
            case.sections.push(((*section).to_owned(), answer.clone()));
        }
        let mut text = String::new();
        for case in cases {
            let _ = writeln!(text, "{START}{}", case.name);
            for (section, body) in case.sections {
                let _ = write!(text, "-- {section} --\n{body}");
            }
        }
        std::fs::write(file, text).expect("a fixture can be written");
    }
}

/// The database that a schema describes. A text without a datasource gets one.
pub(crate) fn lowered(text: &str) -> DbSchema {
    let text = complete(text);
    try_lowered(&text).unwrap_or_else(|message| panic!("{message}\n{text}"))
}

/// The text with a datasource.
pub(crate) fn complete(text: &str) -> String {
    if text.contains("datasource ") {
        text.to_owned()
    } else {
        format!("datasource db {{\n  provider = \"postgresql\"\n}}\n{text}")
    }
}

pub(crate) fn try_lowered(text: &str) -> Result<DbSchema, String> {
    let source = Source { id: FileId(0), path: "schema.prisma".to_owned(), text: text.to_owned() };
    let (ast, diagnostics) = psl::parse(source);
    if diagnostics.has_errors() {
        return Err(format!("{diagnostics:?}"));
    }
    let (schema, diagnostics) = psl::validate(&[ast]);
    schema.map(|schema| evt::lower::lower(&schema, "public")).ok_or_else(|| format!("{diagnostics:?}"))
}

fn script(changes: &[Change], to: &DbSchema) -> String {
    let script = render(changes, Naming::for_target(to)).to_string();
    if script.ends_with('\n') { script } else { format!("{script}\n") }
}

fn findings(changes: &[Change]) -> String {
    let mut text = String::new();
    for finding in safety::check(changes).iter().filter(|finding| !finding.kind.needs_database()) {
        let severity = match finding.kind.severity() {
            Severity::Warning => "warning",
            Severity::Unexecutable => "unexecutable",
        };
        let _ =
            writeln!(text, "step {} {severity} {}: {}", finding.step, finding.kind.name(), finding.kind.worst_case());
    }
    text
}
