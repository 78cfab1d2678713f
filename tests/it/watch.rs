//! `evt generate --watch`: generators run again when the schema changes, and a mistake is not the end.

use std::fs;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use libtest_mimic::{Failed, Trial};
use tempfile::TempDir;

const BASE: &str = "datasource db {\n  provider = \"postgresql\"\n}\n\ngenerator diagram {\n  provider = \"evt-erd\"\n  \
                    output   = \"tables.mmd\"\n}\n\nmodel User {\n  id Int @id\n}\n";

pub(crate) fn tests() -> Vec<Trial> {
    vec![Trial::test("generate: watches the schema", watches)]
}

/// A process that ends with the test, however that ends.
struct Watching {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Watching {
    /// What is said until it waits for the next change.
    fn until_it_waits(&mut self) -> Result<String, Failed> {
        let mut said = String::new();
        for line in &mut self.lines {
            let line = line?;
            if line.contains("Watching") {
                return Ok(said);
            }
            said.push_str(&line);
            said.push('\n');
        }
        Err(format!("it ended: {said}").into())
    }
}

fn watches() -> Result<(), Failed> {
    let project = TempDir::new()?;
    let write = |text: &str| -> Result<(), Failed> {
        // In one step, as editors do.
        let draft = project.path().join("draft");
        fs::write(&draft, text)?;
        Ok(fs::rename(draft, project.path().join("schema.prisma"))?)
    };
    let drawn = || fs::read_to_string(project.path().join("tables.mmd"));
    write(BASE)?;
    let mut watching = start(project.path())?;
    watching.until_it_waits()?;
    assert!(drawn()?.contains("User"), "it begins with the schema of now");

    write(&format!("{BASE}\nmodel Post {{\n  id Int @id\n}}\n"))?;
    watching.until_it_waits()?;
    assert!(drawn()?.contains("Post"), "a new version is drawn");

    write(&format!("{BASE}\nmodel Post {{\n  id Whole @id\n}}\n"))?;
    let said = watching.until_it_waits()?;
    assert!(said.contains("Whole"), "a mistake is told: {said}");
    assert!(drawn()?.contains("Post"), "and leaves what was drawn");

    write(&format!("{BASE}\nmodel Tag {{\n  id Int @id\n}}\n"))?;
    watching.until_it_waits()?;
    let now = drawn()?;
    assert!(now.contains("Tag") && !now.contains("Post"), "the next version gets its chance: {now}");
    Ok(())
}

fn start(project: &Path) -> Result<Watching, Failed> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evt"));
    command.args(["generate", "--watch"]).current_dir(project).env_clear();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let lines = BufReader::new(child.stderr.take().ok_or("a pipe")?).lines();
    Ok(Watching { child, lines })
}
