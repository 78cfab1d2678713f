//! What `evt db push` answers to each case: the same as Prisma's engine when it is asked to push without a flag, and
//! nothing is touched as long as there is anything to say.

use std::collections::BTreeSet;
use std::process::Command;

use evt::db::Connection;
use evt::diff::External;
use evt::introspect::Scope;
use evt::migrations::push::compare;
use evt::safety::Consequence;

use super::{Recorded, agree, fact};
use crate::diff::{Case, complete, lowered};
use crate::server::TestDatabase;

/// Whether the library's answer has the recorded facts; an error if the command says something else than the library.
pub(super) async fn answers(
    database: &TestDatabase,
    db: &mut Connection,
    case: &Case,
    recorded: &Recorded,
) -> Result<bool, String> {
    let text = case.section("to.prisma").unwrap_or_default();
    let target = lowered(text);
    let scope = Scope { namespaces: target.namespaces.clone(), default_namespace: "public".to_owned() };
    let asked = |error| format!("push: {error}");
    let push = Box::pin(compare(db, &target, &scope, &External::default())).await.map_err(asked)?;
    let facts = |list: &[Consequence]| list.iter().map(without_step).collect::<BTreeSet<_>>();
    let same = agree(&recorded.warnings, &facts(&push.consequences.warnings))
        && agree(&recorded.unexecutable, &facts(&push.consequences.unexecutable));

    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    std::fs::write(folder.path().join("schema.prisma"), complete(text)).map_err(|error| error.to_string())?;
    let output = Command::new(env!("CARGO_BIN_EXE_evt"))
        .args(["db", "push", "--skip-generate"])
        .current_dir(folder.path())
        .env_clear()
        .env("DATABASE_URL", database.text())
        .output()
        .map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    let expected: Vec<String> =
        push.consequences.unexecutable.iter().chain(&push.consequences.warnings).map(bullet).collect();
    let bullets: Vec<&str> = said.lines().filter(|line| line.starts_with(BULLET)).collect();
    if bullets.iter().collect::<BTreeSet<_>>()
        != expected.iter().map(String::as_str).collect::<BTreeSet<_>>().iter().collect()
    {
        return Err(format!("`evt db push` says\n{said}\ninstead of\n{}", expected.join("\n")));
    }
    if output.status.success() != expected.is_empty() {
        return Err(format!("`evt db push` ends with {}:\n{said}", output.status));
    }
    let now = Box::pin(compare(db, &target, &scope, &External::default())).await.map_err(asked)?;
    match (expected.is_empty(), now == push) {
        (true, _) if !now.steps.is_empty() => {
            Err(format!("`evt db push` leaves something to do:\n{}", now.steps.script))
        }
        (false, false) => Err("`evt db push` refuses, but has changed the database".to_owned()),
        _ => Ok(same),
    }
}

const BULLET: &str = "  • ";

fn bullet(consequence: &Consequence) -> String {
    format!("{BULLET}{}", consequence.message)
}

/// A push does not number its steps.
fn without_step(consequence: &Consequence) -> String {
    let fact = fact(consequence);
    fact.split_once(" | ").map_or(fact.clone(), |(_, rest)| format!("- | {rest}"))
}
