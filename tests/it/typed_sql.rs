//! Queries described by the server: each case of `tests/fixtures/typed_sql/*.case` has a database (`-- sql --`) and
//! queries (`-- > name --`), each with what is said of it behind an empty line. `UPDATE=1 cargo test` writes what is said
//! now. What the kinds of values are called is what the clients of Prisma 6 and 7 know.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use evt::db::Connection;
use evt::sql::quote::Statement;
use evt::typed_sql::{QueryProblem, TypedQuery, describe};
use libtest_mimic::Trial;

use crate::commands::{Section, compare_or_write, sections};
use crate::server::live;

pub(crate) fn tests() -> Vec<Trial> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/typed_sql");
    let trial = |path: PathBuf| {
        let topic = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        live(format!("typed sql: {topic}"), move |database| async move { check(&path, database.connect().await).await })
    };
    crate::diff::case_files_in(&folder).into_iter().map(trial).collect()
}

async fn check(path: &Path, mut db: Connection) {
    let case = fs::read_to_string(path).expect("a fixture is readable");
    let mut now = String::new();
    for Section { title, text } in sections(&case) {
        let _ = writeln!(now, "-- {title} --");
        match title.strip_prefix("> ") {
            None => {
                db.script(&Statement::script(&text)).await.unwrap_or_else(|error| panic!("{title}: {error}"));
                now.push_str(&text);
            }
            Some(name) => {
                let query = text.split_once("\n\n").map_or(text.trim_end(), |(query, _)| query);
                let said = describe(&mut db, [(name, query)]).await.expect("the server answers").remove(0);
                let _ = write!(
                    now,
                    "{query}\n\n{}",
                    said.map_or_else(|problem| refusal(&problem), |said| told(&said, query))
                );
            }
        }
    }
    if let Err(difference) = compare_or_write(path, &case, &now) {
        panic!("{}", difference.message().unwrap_or_default());
    }
}

fn refusal(problem: &QueryProblem) -> String {
    // Where the server speaks, its words differ from version to version.
    let text = match problem {
        QueryProblem::Db(error) => error.server().map(|report| format!("SQLSTATE {}", report.sqlstate)),
        QueryProblem::Comment { .. } | QueryProblem::Unnamed { .. } => None,
    };
    format!("error: {}\n", text.unwrap_or_else(|| problem.to_string()))
}

fn told(said: &TypedQuery, query: &str) -> String {
    assert_eq!(said.source, query, "the query is passed on as it is");
    let mut text = String::new();
    let or_null = |nullable: bool| if nullable { " or null" } else { "" };
    if let Some(documentation) = &said.documentation {
        let _ = writeln!(text, "does: {documentation}");
    }
    for parameter in &said.parameters {
        let documentation = parameter.documentation.as_ref().map(|text| format!(" -- {text}")).unwrap_or_default();
        let _ =
            writeln!(text, "in {}: {}{}{documentation}", parameter.name, parameter.typ, or_null(parameter.nullable));
    }
    for column in &said.result_columns {
        let _ = writeln!(text, "out {}: {}{}", column.name, column.typ, or_null(column.nullable));
    }
    text
}
