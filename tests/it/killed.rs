//! `evt migrate dev` on a local server, killed at any moment: the next command goes on, and no data is lost.
//!
//! The suite kills a few; `cargo test --test it -- --sweep "killed"` kills fifty.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use evt::db::url::ServerKind;
use libtest_mimic::{Failed, Trial};

use crate::server::{binaries, local_url, on_each_kind, open_to_all};

pub(crate) fn tests() -> Vec<Trial> {
    trials("killed: dev on a local server goes on where it was killed", 4)
}

/// The tests that take minutes.
pub(crate) fn sweep() -> Vec<Trial> {
    trials("killed: the sweep of fifty on a local server", 50)
}

fn trials(name: &str, deaths: u32) -> Vec<Trial> {
    on_each_kind(name, ("long", "long embedded"), move |kind| run(kind, deaths))
}

fn run(kind: ServerKind, deaths: u32) -> Result<(), Failed> {
    let folder = tempfile::Builder::new().prefix("evt-test-killed-").tempdir()?;
    open_to_all(folder.path());
    let project = folder.path();
    write_schema(project, 0)?;
    succeeds(kind, project, &["migrate", "dev", "--name", "first"])?;
    fs::write(project.join("rows.sql"), "INSERT INTO \"Kept\" SELECT n FROM generate_series(1, 1000) AS n")?;
    succeeds(kind, project, &["db", "execute", "--file", "rows.sql"])?;
    // How long the command takes where this runs: the deaths are spread over all of it.
    write_schema(project, 1)?;
    let start = Instant::now();
    succeeds(kind, project, &["migrate", "dev", "--name", "second"])?;
    let whole = start.elapsed();
    let mut finished = 0;
    for death in 1..=deaths {
        write_schema(project, death + 1)?;
        let mut child = command(kind, project, &["migrate", "dev", "--name", &format!("step {death}")]).spawn()?;
        std::thread::sleep(whole * death / (deaths + 1));
        finished += u32::from(child.try_wait()?.is_some());
        child.kill()?;
        child.wait()?;
        let output = succeeds(kind, project, &["migrate", "dev", "--name", &format!("again {death}")])?;
        assert!(said(&output).contains("in sync"), "death {death}: {}", said(&output));
        let status = command(kind, project, &["migrate", "status"]).output()?;
        assert!(said(&status).contains("up to date"), "death {death}: {}", said(&status));
        // Fails if a row is gone, or is there twice.
        fs::write(project.join("count.sql"), "DO $$ BEGIN ASSERT (SELECT count(*) FROM \"Kept\") = 1000; END $$")?;
        succeeds(kind, project, &["db", "execute", "--file", "count.sql"])?;
    }
    report(&format!(
        "{kind:?}: {} of {deaths} runs were killed before their end, the others behind it",
        deaths - finished
    ));
    assert!(finished < deaths, "nothing was killed while it worked");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "how many were killed in time is what the test is for")]
fn report(text: &str) {
    println!("killed: {text}");
}

/// A schema whose table has this many columns besides its key.
fn write_schema(project: &Path, columns: u32) -> Result<(), Failed> {
    let mut text = "datasource db {\n  provider = \"postgresql\"\n}\n\nmodel Kept {\n  id Int @id\n".to_owned();
    for number in 1..=columns {
        writeln!(text, "  added{number} Int @default({number})")?;
    }
    text.push_str("}\n");
    Ok(fs::write(project.join("schema.prisma"), text)?)
}

fn succeeds(kind: ServerKind, project: &Path, arguments: &[&str]) -> Result<Output, Failed> {
    let output = command(kind, project, arguments).output()?;
    if output.status.success() { Ok(output) } else { Err(format!("{arguments:?}: {}", said(&output)).into()) }
}

fn command(kind: ServerKind, project: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evt"));
    command
        .args(arguments)
        .current_dir(project)
        .env_clear()
        .envs([("DATABASE_URL", local_url(kind)), ("PATH", &binaries().unwrap_or_default())])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
