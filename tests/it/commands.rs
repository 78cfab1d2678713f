//! The binary itself: files and command lines in, standard output, standard error and exit status out.
//!
//! A case is a file in `tests/fixtures/commands`. A section `-- name --` is a file that the project has; a section
//! `-- $ [NAME=value …] evt … --` runs a command, with nothing in its environment but what is named, and holds what it
//! says. `UPDATE=1 cargo test` writes what it says now. Files that commands change are shown by `-- $ cat … --`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::{Failed, Trial};
use tempfile::TempDir;

/// The password in every URL of the cases. No output may contain it.
const PASSWORD: &str = "hunter2";

pub(crate) fn tests() -> Vec<Trial> {
    let mut cases: Vec<PathBuf> = fs::read_dir(folder())
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "case"))
        .collect();
    cases.sort();
    let mut tests: Vec<Trial> = cases
        .into_iter()
        .map(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            Trial::test(format!("commands: {name}"), move || check(&path))
        })
        .collect();
    tests.push(Trial::test("commands: a closed pipe is no error", closed_pipe));
    tests.push(Trial::test("commands: completions for every shell", completions));
    tests
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/commands")
}

/// A section of a case.
struct Section {
    title: String,
    text: String,
}

fn sections(case: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in case.split_inclusive('\n') {
        match line.trim_end().strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --")) {
            Some(title) => sections.push(Section { title: title.to_owned(), text: String::new() }),
            None => {
                if let Some(section) = sections.last_mut() {
                    section.text.push_str(line);
                }
            }
        }
    }
    sections
}

#[expect(clippy::disallowed_methods, reason = "how a developer asks for the outputs of today")]
fn check(path: &Path) -> Result<(), Failed> {
    let case = fs::read_to_string(path)?;
    let project = TempDir::new()?;
    let mut now = String::new();
    for Section { title, text } in sections(&case) {
        let text = match title.strip_prefix("$ ") {
            None => {
                let file = project.path().join(&title);
                fs::create_dir_all(file.parent().unwrap_or(project.path()))?;
                fs::write(file, &text)?;
                text
            }
            Some(line) => run(project.path(), line)?,
        };
        write!(now, "-- {title} --\n{text}")?;
    }
    if now == case {
        return Ok(());
    }
    if std::env::var_os("UPDATE").is_some() {
        return Ok(fs::write(path, now)?);
    }
    let difference = similar::TextDiff::from_lines(&case, &now).unified_diff().header("expected", "now").to_string();
    Err(format!("{}\n{difference}", path.display()).into())
}

/// Runs a line and returns what it said: standard output, standard error with `!` before each line, exit status.
fn run(project: &Path, line: &str) -> Result<String, Failed> {
    let mut words = line.split(' ').filter(|word| !word.is_empty()).peekable();
    let mut command = Command::new(env!("CARGO_BIN_EXE_evt"));
    command.current_dir(project).env_clear().stdin(Stdio::null());
    while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
        command.env(name, value);
        words.next();
    }
    match words.next() {
        Some("evt") => {}
        Some("cat") => {
            let path = project.join(words.next().unwrap_or_default());
            return Ok(fs::read_to_string(&path).unwrap_or_else(|error| format!("! {error}\n")));
        }
        other => return Err(format!("cannot run {other:?}").into()),
    }
    let output = command.args(words).output()?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        let _ = writeln!(text, "!{}{line}", if line.is_empty() { "" } else { " " });
    }
    let _ = writeln!(text, "status {}", output.status.code().unwrap_or(-1));
    let root = fs::canonicalize(project)?;
    let text = text.replace(&root.display().to_string(), "<project>");
    let text = text.replace(&project.display().to_string(), "<project>");
    if text.contains(PASSWORD) { Err(format!("`{line}` prints a password:\n{text}").into()) } else { Ok(text) }
}

/// `evt … | head -0`
fn closed_pipe() -> Result<(), Failed> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_evt"))
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    drop(child.stdout.take());
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.code().is_some() && said.is_empty() {
        Ok(())
    } else {
        Err(format!("{}: {said}", output.status).into())
    }
}

fn completions() -> Result<(), Failed> {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = Command::new(env!("CARGO_BIN_EXE_evt")).args(["completions", shell]).output()?;
        if !output.status.success() || !String::from_utf8_lossy(&output.stdout).contains("validate") {
            return Err(format!("{shell}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
    }
    Ok(())
}
