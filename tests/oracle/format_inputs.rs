//! Prints what `format.mjs` asks Prisma to format: JSON lines of kind, name, rules (6 or 7) and text.
#![allow(
    missing_docs,
    clippy::print_stdout,
    dead_code,
    reason = "a program, not an API; it shares modules with the tests"
)]

#[path = "../it/format/inputs.rs"]
mod inputs;
#[path = "../it/format/mutate.rs"]
mod mutate;

fn main() {
    let cases = inputs::cases();
    let print = |kind: &str, input: &inputs::Input| {
        let rules = inputs::rules(&input.text);
        println!("{}", serde_json::json!({ "kind": kind, "name": input.name, "rules": rules, "text": input.text }));
    };
    for case in &cases {
        print("case", case);
    }
    for mutant in &inputs::mutants(&cases) {
        print("mutant", mutant);
    }
}
