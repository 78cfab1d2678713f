//! Prints random pairs of neighbouring schemas with evt's difference between them, for `diff_random.mjs`: JSON lines
//! of from, to (schema files), script and summary. Arguments: how many pairs, the seed of the first.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    dead_code,
    reason = "a program, not an API; it shares modules with the tests"
)]

#[path = "../it/diff"]
mod diff {
    pub(crate) mod catalog;
    pub(crate) mod pg_dump;
    pub(crate) mod proof;
    pub(crate) mod random;
}

use diff::random::{Choices, draw, neighbour};
use evt::diff::summary;
use evt::sql::{Naming, render};

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let count = arguments.next().unwrap_or(100);
    let first = arguments.next().unwrap_or(0);
    for seed in first..first + count {
        let mut choices = Choices::Seeded(seed.wrapping_mul(0x5851_f42d_4c95_7f2d));
        let Some((from, from_side)) = draw(&mut choices) else { continue };
        let Some((to, to_side)) = neighbour(&from, &mut choices) else { continue };
        let changes = evt::diff::diff(&from_side, &to_side);
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
