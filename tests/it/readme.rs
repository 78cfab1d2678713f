//! The README is a promise: its tables are those of the code, its examples are run. `UPDATE=1 cargo test` rewrites both.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use evt::config::environment::VARIABLES;
use evt::error::{Code, Exit};
use evt::sql::directives::{MODES, SETTINGS};
use libtest_mimic::{Failed, Trial};

use crate::commands::{compare_or_write, without_durations, without_times};
use crate::example::example;
use crate::server::{TestDatabase, binaries, live_blocking, of_programs};

pub(crate) fn tests() -> Vec<Trial> {
    let mut tests = vec![
        live_blocking("readme: the tour", |database| {
            if let Err(problem) = tour(&database) {
                panic!("{}", problem.message().unwrap_or_default());
            }
        }),
        // The server programs of the machine, also where other tests use a server elsewhere.
        of_programs(Trial::test("live readme: the first command", first_command)),
    ];
    for (name, table) in tables() {
        tests.push(Trial::test(format!("readme: table of {name}"), move || table_is_true(name, &table)));
    }
    tests
}

fn tables() -> [(&'static str, String); 5] {
    let table = |head: &str, rows: Vec<(String, String)>| {
        rows.into_iter().fold(format!("{head}\n|---|---|\n"), |text, (name, meaning)| {
            format!("{text}| `{name}` | {} |\n", meaning.replace('|', "\\|"))
        })
    };
    let variables = VARIABLES.iter().map(|variable| (variable.name.to_owned(), variable.meaning.to_owned()));
    let exits = Exit::ALL.iter().map(|(exit, meaning)| (exit.status().to_string(), (*meaning).to_owned()));
    let codes = Code::ALL.iter().map(|(code, meaning)| (code.to_string(), (*meaning).to_owned()));
    let modes = MODES.iter().map(|(name, _, meaning)| ((*name).to_owned(), (*meaning).to_owned()));
    let settings = SETTINGS.iter().map(|(name, meaning)| (format!("{name}=…"), (*meaning).to_owned()));
    [
        ("commands", table("| Command | What it does |", evt::cli::commands())),
        ("variables", table("| Variable | Meaning |", variables.collect())),
        ("exits", table("| Status | Meaning |", exits.collect())),
        ("codes", table("| Code | Meaning |", codes.collect())),
        ("comments", table("| After `-- evt:` | Meaning |", modes.chain(settings).collect())),
    ]
}

/// Tests that rewrite the README do it one after the other.
static WRITING: Mutex<()> = Mutex::new(());

fn table_is_true(name: &str, table: &str) -> Result<(), Failed> {
    let _one_at_a_time = WRITING.lock();
    let text = fs::read_to_string(path())?;
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let from = text.find(&start).ok_or_else(|| format!("no {start}"))? + start.len();
    let to = text.find(&end).ok_or_else(|| format!("no {end}"))?;
    compare_or_write(&path(), &text, &format!("{}{table}{}", &text[..from], &text[to..]))
}

/// The README's own blocks, in a project with the example schema.
fn tour(database: &TestDatabase) -> Result<(), Failed> {
    let _one_at_a_time = WRITING.lock();
    let project = tempfile::tempdir()?;
    fs::write(project.path().join("schema.prisma"), example())?;
    play(&path(), project.path(), database)
}

/// Runs the lines behind `$` of all `console` blocks of a document, in order, in a project.
pub(crate) fn play(path: &Path, project: &Path, database: &TestDatabase) -> Result<(), Failed> {
    let document = fs::read_to_string(path)?;
    let mut now = String::new();
    let mut in_block = false;
    for line in document.lines() {
        match line {
            "```console" => in_block = true,
            "```" => in_block = false,
            _ => {}
        }
        match line.strip_prefix("$ ") {
            Some(command) if in_block => {
                let said = shell(command, project, database)?;
                write!(now, "{line}\n{said}")?;
            }
            // What a command says is written anew.
            None if in_block && line != "```console" => {}
            _ => writeln!(now, "{line}")?,
        }
    }
    let lasting = |text: &str| without_durations(&without_times(text));
    if lasting(&document) == lasting(&now) { Ok(()) } else { compare_or_write(path, &document, &now) }
}

/// Runs a line as a person would in a terminal: both outputs in one.
pub(crate) fn shell(line: &str, project: &Path, database: &TestDatabase) -> Result<String, Failed> {
    let binary = Path::new(env!("CARGO_BIN_EXE_evt")).parent().ok_or("no folder of the binary")?;
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", binary.display());
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {line}")])
        .current_dir(project)
        .env_clear()
        .envs([("PATH", path), ("DATABASE_URL", database.text())])
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let text = text.replace(database.url.database(), "events");
    Ok(text.replace(&database.url.location().unwrap_or_default(), "localhost:5432"))
}

/// `DATABASE_URL=local:.evt/db evt migrate dev --name init`, and the server is gone afterwards.
fn first_command() -> Result<(), Failed> {
    let readme = fs::read_to_string(path())?;
    let arguments = "migrate dev --name init";
    assert!(readme.contains(&format!("DATABASE_URL=local:.evt/db cargo run --release -- {arguments}\n")));
    let project = tempfile::tempdir()?;
    fs::write(project.path().join("schema.prisma"), example())?;
    for (arguments, expected) in [
        (arguments, "The database is now in sync with the schema."),
        ("migrate dev", "The database is already in sync with the schema."),
        ("migrate status", "The database is up to date."),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_evt"))
            .args(arguments.split(' '))
            .current_dir(project.path())
            .env_clear()
            .envs([("DATABASE_URL", "local:.evt/db"), ("PATH", &*binaries().unwrap_or_default())])
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() || !said.contains(expected) {
            return Err(format!("{arguments}: {said}{}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let pid_file = project.path().join(".evt/db/data/postmaster.pid");
        if pid_file.exists() {
            return Err(format!("{arguments}: the server was left running").into());
        }
    }
    Ok(())
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")
}
