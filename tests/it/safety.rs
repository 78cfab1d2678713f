//! What is said about data before a database is changed: each case of `tests/fixtures/safety/*.case` has a schema, rows
//! for its database, and the schema to come.
//!
//! A case starts with `=== name`. Its sections are `-- from.prisma --`, `-- data.sql --`, `-- to.prisma --` and
//! `-- findings --`, what evt says; `UPDATE=1` rewrites the last. What Prisma says is recorded in
//! `tests/fixtures/safety/prisma-*.json` by `tests/oracle/safety.mjs`; a case with a section `-- deviation --` says why
//! evt finds something else. Each script is then executed, which has to fail where evt says so, and to work where it says
//! nothing.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use evt::db::Connection;
use evt::dbschema::DbSchema;
use evt::diff::External;
use evt::introspect::{Scope, introspect};
use evt::migrations::Steps;
use evt::safety::{Consequence, Consequences, FindingKind};
use evt::sql::quote::Statement;
use libtest_mimic::Trial;

use crate::diff::{Case, lowered};
use crate::server::TestDatabase;

const RECORDED: &str = "prisma-7.10.1.json";
const LEAST: usize = 60;

pub(crate) fn tests() -> Vec<Trial> {
    let files = case_files();
    let mut trials: Vec<Trial> = files
        .iter()
        .map(|file| {
            let topic = topic(file);
            let file = file.clone();
            crate::server::live(format!("safety: {topic}"), move |database| compare(database, file))
        })
        .collect();
    trials.push(Trial::test("safety: enough databases are compared", move || {
        let cases = files.iter().map(|file| cases(file).len()).sum::<usize>();
        assert!(cases >= LEAST, "{cases}");
        Ok(())
    }));
    trials
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/safety")
}

fn case_files() -> Vec<PathBuf> {
    crate::diff::case_files_in(&folder())
}

fn topic(file: &Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

fn cases(file: &Path) -> Vec<Case> {
    Case::all(&std::fs::read_to_string(file).expect("a fixture is readable"))
}

/// What Prisma said about one case.
struct Recorded {
    warnings: BTreeSet<String>,
    unexecutable: BTreeSet<String>,
}

impl Recorded {
    fn of(answers: &serde_json::Value, name: &str) -> Self {
        let dev = answers.get(name).and_then(|answer| answer.get("dev"));
        let dev = dev.unwrap_or_else(|| panic!("{name} is not recorded, run tests/oracle/safety.mjs"));
        let texts = |what: &str| {
            let list = dev.get(what).and_then(|list| list.as_array()).expect("a list");
            list.iter().map(|fact| fact.as_str().expect("a text").to_owned()).collect()
        };
        Self { warnings: texts("warnings"), unexecutable: texts("unexecutable") }
    }
}

async fn compare(database: TestDatabase, file: PathBuf) {
    let text = std::fs::read_to_string(folder().join(RECORDED)).expect("the recorded answers are there");
    let answers: serde_json::Value = serde_json::from_str(&text).expect("the recorded answers are JSON");
    let mut db = database.connect().await;
    let mut wrong = Vec::new();
    for case in cases(&file) {
        let recorded = Recorded::of(&answers, &format!("{}::{}", topic(&file), case.name()));
        let steps = Box::pin(steps(&mut db, &case)).await;
        let consequences = steps.consequences(&mut db).await.expect("the database can be looked at");
        let facts = |list: &[Consequence]| list.iter().map(fact).collect::<BTreeSet<_>>();
        let same = agree(&recorded.warnings, &facts(&consequences.warnings))
            && agree(&recorded.unexecutable, &facts(&consequences.unexecutable));
        if same == case.section("deviation").is_some() {
            wrong.push(format!(
                "{}: {}\n  Prisma: {:?} {:?}\n  evt:    {:?} {:?}",
                case.name(),
                if same { "says that it deviates, but does not" } else { "differs" },
                recorded.warnings,
                recorded.unexecutable,
                facts(&consequences.warnings),
                facts(&consequences.unexecutable),
            ));
        }
        if let Err(message) = prove(&mut db, &steps, &consequences).await {
            wrong.push(format!("{}: {message}", case.name()));
        }
        let mut said = String::new();
        for (word, list) in [("warning", &consequences.warnings), ("unexecutable", &consequences.unexecutable)] {
            for consequence in list {
                let _ = writeln!(said, "{word} {}: {}", consequence.finding.step, consequence.message);
            }
        }
        case.compare(&file, &[("findings", said)]);
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is said is true: what cannot be executed is refused by the server, and where nothing is said all goes well.
async fn prove(db: &mut Connection, steps: &Steps, consequences: &Consequences) -> Result<(), String> {
    let outcome = evt::migrations::push::execute(db, &steps.script).await;
    match outcome {
        Ok(_) if !consequences.unexecutable.is_empty() => Err("the server executes it all the same".to_owned()),
        Err(error) if consequences.is_empty() => Err(error.to_string()),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The steps to the case's second schema from a database that has the first one and the rows.
async fn steps(db: &mut Connection, case: &Case) -> Steps {
    let [from, to] = ["from.prisma", "to.prisma"].map(|side| lowered(case.section(side).expect("both sides")));
    script(db, "DROP SCHEMA IF EXISTS public CASCADE; DROP SCHEMA IF EXISTS a CASCADE; CREATE SCHEMA public;").await;
    let empty = DbSchema { namespaces: vec!["public".to_owned()], ..DbSchema::empty("public") };
    script(db, &Steps::between(&empty, &from, &External::default()).script.to_string()).await;
    script(db, case.section("data.sql").unwrap_or_default()).await;
    let scope = Scope { namespaces: to.namespaces.clone(), default_namespace: "public".to_owned() };
    let live = Box::pin(introspect(db, &scope)).await.expect("the database can be read");
    Steps::between(&live, &to, &External::default())
}

async fn script(db: &mut Connection, sql: &str) {
    if let Err(error) = db.script(&Statement::script(sql)).await {
        panic!("{error}\n{sql}");
    }
}

/// In the form in which Prisma's answers are recorded.
fn fact(consequence: &Consequence) -> String {
    let kind = &consequence.finding.kind;
    // Prisma says the same of an optional column that is made anew as of a new one.
    let name = match kind {
        FindingKind::RecreatedRequired { was_nullable: true, .. } => "required-column",
        kind => kind.name(),
    };
    let parts = kind.parts();
    let parts = if parts.is_empty() { "-".to_owned() } else { parts.join(",") };
    let extent = consequence.extent.map_or_else(|| "-".to_owned(), |extent| extent.to_string());
    [&consequence.finding.step.to_string(), name, &kind.object().name, &parts, &extent].join(" | ")
}

/// Whether both have the same facts. Where Prisma tells no number, any will do.
fn agree(recorded: &BTreeSet<String>, found: &BTreeSet<String>) -> bool {
    recorded.len() == found.len()
        && recorded.iter().all(|fact| match fact.strip_suffix("| -") {
            Some(start) => found.iter().any(|other| other.starts_with(start)),
            None => found.contains(fact),
        })
}
