//! Prints random pairs of neighbouring schemas with evt's difference between them, for `diff_random.mjs`: JSON lines
//! of from, to (schema files), script and summary. Arguments: how many pairs, the seed of the first.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    dead_code,
    reason = "a program, not an API; it shares modules with the tests"
)]

#[path = "../it/diff/random/mod.rs"]
mod random;

use evt::diff::{diff, summary};
use evt::psl::{self, FileId, Source};
use evt::sql::{Naming, render};
use random::Choices;
use random::project::Project;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let count = arguments.next().unwrap_or(100);
    let first = arguments.next().unwrap_or(0);
    for seed in first..first + count {
        let mut choices = Choices::Seeded(seed.wrapping_mul(0x5851_f42d_4c95_7f2d));
        let Some((from, from_side)) = (0..50).find_map(|_| valid(&Project::draw(&mut choices))) else { continue };
        let found = (0..50).find_map(|_| {
            let mut to = from.clone();
            for _ in 0..=choices.below(5) {
                to.edit(&mut choices);
            }
            valid(&to)
        });
        let Some((to, to_side)) = found else { continue };
        let changes = diff(&from_side, &to_side);
        println!(
            "{}",
            serde_json::json!({
                "seed": seed,
                "from": from.text(),
                "to": to.text(),
                "script": render(&changes, Naming::for_target(&to_side)).to_string(),
                "summary": summary(&changes),
            })
        );
    }
}

fn valid(project: &Project) -> Option<(Project, evt::dbschema::DbSchema)> {
    let source = Source { id: FileId(0), path: "schema.prisma".to_owned(), text: project.text() };
    let (ast, diagnostics) = psl::parse(source);
    assert!(!diagnostics.has_errors(), "{diagnostics:?}\n{}", project.text());
    let (schema, diagnostics) = psl::validate(&[ast]);
    if schema.is_none() && std::env::var_os("SHOW_INVALID").is_some() {
        eprintln!("{diagnostics:?}");
    }
    schema.map(|schema| (project.clone(), evt::lower::lower(&schema, "public")))
}
