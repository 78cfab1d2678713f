//! Schemas of real projects below `../shared/corpus`: errors and warnings stand on the lines where Prisma finds them.

use std::path::Path;

use libtest_mimic::{Failed, Trial};

use crate::validate::{answers, verdict};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus");

pub(crate) fn tests() -> Vec<Trial> {
    let trial = Trial::test("corpus::validate", validate);
    vec![trial.with_ignored_flag(!Path::new(CORPUS).exists())]
}

fn validate() -> Result<(), Failed> {
    let expected = answers("corpus.txt");
    let deviations = answers("corpus-deviations.txt");
    let mut failures = Vec::new();
    for (name, theirs) in &expected {
        let Some((project, file)) = name.split_once('/') else { continue };
        let text = std::fs::read_to_string(Path::new(CORPUS).join(project).join("schemas").join(file))?;
        let (found, _, _) = verdict(&[("schema.prisma".to_owned(), text)]);
        let wanted = deviations.get(name).unwrap_or(theirs);
        if &found != wanted {
            failures.push(format!("{name}: expected {wanted}, found {found}"));
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n").into()) }
}
