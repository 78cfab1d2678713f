//! Neighbouring versions of real schemas, both directions: the answers are known by their checksums only.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use evt::dbschema::DbSchema;
use evt::diff::{diff, summary};
use evt::sql::{Naming, render};
use libtest_mimic::Trial;
use sha2::{Digest as _, Sha256};

use super::recorded::{comparable_script, comparable_summary};
use super::{folder, try_lowered};

/// Lines `<project> <from> <to> <sha256 of the script> <sha256 of the summary>` of what Prisma answers.
const CHECKSUMS: &str = "corpus.sha256";

/// Pairs for which evt has another script, and why.
const DEVIATIONS: [(&str, &str, &str, &str); 3] = [
    ("amplication", "068.prisma", "069.prisma", "new values of an enum stand where the schema has them"),
    ("amplication", "072.prisma", "071.prisma", "new values of an enum stand where the schema has them"),
    ("umami", "003.prisma", "002.prisma", "sequences that nothing uses any longer are dropped by their names"),
];

pub(super) fn tests() -> Vec<Trial> {
    let corpus = corpus();
    let ignored = !corpus.is_dir();
    vec![
        Trial::test("diff: neighbouring versions of real schemas", move || {
            compare(&corpus);
            Ok(())
        })
        .with_ignored_flag(ignored),
    ]
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus")
}

fn compare(corpus: &Path) {
    let expected = std::fs::read_to_string(folder().join(CHECKSUMS)).expect("the checksums are there");
    let mut wrong = Vec::new();
    let (mut total, mut deviating) = (0_usize, 0_usize);
    for line in expected.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        let [project, from, to, script, tree] = words[..] else { panic!("no such line: {line}") };
        let side = |name: &str| {
            if name == "empty" {
                return Ok(DbSchema::empty("public"));
            }
            let path = corpus.join(project).join("schemas").join(name);
            try_lowered(&std::fs::read_to_string(path).expect("the schema is there"))
        };
        total += 1;
        let (from_side, to_side) = match (side(from), side(to)) {
            (Ok(from), Ok(to)) => (from, to),
            (Err(message), _) | (_, Err(message)) => {
                wrong.push(format!("{project} {from} {to}: {message}"));
                continue;
            }
        };
        let changes = diff(&from_side, &to_side);
        let ours = render(&changes, Naming::for_target(&to_side)).to_string();
        let deviates = DEVIATIONS.iter().any(|d| (d.0, d.1, d.2) == (project, from, to));
        deviating += usize::from(deviates);
        if (checksum(&comparable_script(&ours)) == script) == deviates {
            wrong.push(format!("{project} {from} {to}: the script differs, or should but does not"));
        }
        if checksum(&comparable_summary(&summary(&changes))) != tree {
            wrong.push(format!("{project} {from} {to}: the summary differs"));
        }
    }
    let same = total.saturating_sub(deviating + wrong.len());
    let _ = writeln!(
        std::io::stderr(),
        "real schemas: {same} of {total} differences have Prisma's script and summary, {deviating} deviate on purpose"
    );
    assert!(wrong.is_empty(), "{} of {total} pairs differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(total > 0, "no pair is compared");
}

pub(crate) fn checksum(text: &str) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
