//! Databases that real histories below `../shared/corpus` lead to: what is pulled from them is what Prisma pulls. Its
//! answers are known by their checksums only; `tests/oracle/pull.mjs --corpus` writes them, and prints single ones.

use std::path::{Path, PathBuf};

use evt::diff::{diff, summary};
use evt::introspect::{Scope, introspect};
use evt::lower::lower;
use evt::sql::quote::Statement;
use libtest_mimic::Trial;

use super::pull::{Before, configuration, normal, pairs, pull, shown, understood};
use crate::diff::checksum;
use crate::server::{TestDatabase, long};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus");
const CHECKSUMS: &str = include_str!("../../fixtures/pull/corpus.sha256");

/// States whose schema evt writes otherwise, and why.
const DEVIATIONS: [(&str, &str, &str); 1] = [(
    "amplication",
    "135 over",
    "names of many-to-many relations stay unwritten if they were, and settings of a generator stay in their order",
)];

pub(super) fn tests() -> Vec<Trial> {
    let mut projects: Vec<&str> = states().map(|(project, ..)| project).collect();
    projects.dedup();
    projects
        .into_iter()
        .map(|project| {
            let is_there = Path::new(CORPUS).join(project).is_dir();
            let trial = long(format!("pull: the history of {project}"), move |database| check(database, project));
            if is_there { trial } else { trial.with_ignored_flag(true) }
        })
        .collect()
}

/// Project, how many migrations, over what, checksum.
fn states() -> impl Iterator<Item = (&'static str, usize, &'static str, &'static str)> {
    CHECKSUMS.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        let [project, count, over, checksum] = words[..] else { panic!("no such line: {line}") };
        (project, count.parse().expect(line), over, checksum)
    })
}

async fn check(database: TestDatabase, project: &str) {
    let mut db = database.connect().await;
    let folder = Path::new(CORPUS).join(project);
    let migrations = sorted(&folder.join("migrations"));
    let mut wrong = Vec::new();
    let mut applied = 0;
    for (_, count, over, wanted) in states().filter(|state| state.0 == project) {
        for migration in migrations.iter().take(count).skip(applied) {
            let sql = std::fs::read_to_string(migration.join("migration.sql")).expect("a script");
            db.script(&Statement::script(&sql))
                .await
                .unwrap_or_else(|error| panic!("{}: {error}", migration.display()));
        }
        applied = count;
        let scope = Scope { default_namespace: "public".to_owned(), namespaces: vec!["public".to_owned()] };
        let read = introspect(&mut db, &scope).await.expect("a readable database");
        let before = match over {
            "fresh" => configuration(&["public".to_owned()]),
            _ => newest(&folder),
        };
        let before = Before::of(before);
        let files = pairs(pull(&read, &before).expect("a schema"));
        drift_of_join_tables_only(&read, &files);
        let text = normal(&shown(&files));
        let found = checksum(&text);
        let is_known =
            DEVIATIONS.iter().any(|(name, state, _)| *name == project && *state == format!("{count} {over}"));
        if (found != wanted) != is_known {
            wrong.push(format!("{project} {count} {over}:\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "not what Prisma writes, or known not to be: {}", wrong.join("\n"));
}

/// What the next push would change: join tables that an older Prisma made in another way, nothing else.
fn drift_of_join_tables_only(database: &evt::dbschema::DbSchema, files: &[(String, String)]) {
    let steps = summary(&diff(database, &lower(&understood(files).1, "public")));
    let changed: Vec<&str> = steps.lines().filter(|line| line.starts_with('[')).collect();
    assert!(changed.iter().all(|line| line.starts_with("[*] Changed the `_")), "{steps}");
}

/// The newest version of the project's own schema, with its URL left to the configuration, as Prisma 7 wants it, and
/// without comments and blank lines in blocks, which only evt keeps.
fn newest(folder: &Path) -> String {
    let path = sorted(&folder.join("schemas")).pop().expect("a schema");
    let text = std::fs::read_to_string(path).expect("a readable schema");
    let is_url = |line: &str| {
        let name = line.trim_start().split([' ', '=']).next().unwrap_or_default();
        matches!(name, "url" | "directUrl" | "shadowDatabaseUrl") && line.contains('=')
    };
    let is_comment = |line: &str| line.trim_start().starts_with("//") && !line.trim_start().starts_with("///");
    let lines: Vec<&str> = text.lines().filter(|line| !is_url(line) && !is_comment(line)).collect();
    let mut out = String::new();
    for (line, next) in lines.iter().zip(lines.iter().skip(1).chain([&""])) {
        if line.is_empty() && next.starts_with(' ') {
            continue;
        }
        let code = line.rsplit_once(" //").filter(|(_, comment)| !comment.contains('"') && !comment.starts_with('/'));
        out.push_str(code.map_or(*line, |(code, _)| code.trim_end()));
        out.push('\n');
    }
    out
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path());
    let is_wanted = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(|c: char| c.is_ascii_digit()))
    };
    let mut paths: Vec<PathBuf> = entries.filter(is_wanted).collect();
    paths.sort();
    paths
}
