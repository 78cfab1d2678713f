//! The projects in `examples`: what their READMEs show is run, and so is what their CI would run.

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};

use crate::readme::{play, shell};
use crate::server::{TestDatabase, live_blocking, long_blocking};

/// The projects, below `examples`.
const PROJECTS: [&str; 4] = ["event-platform", "existing-database", "from-prisma/six", "from-prisma/seven"];

pub(crate) fn tests() -> Vec<Trial> {
    let mut tests: Vec<Trial> = PROJECTS
        .into_iter()
        .map(|name| long_blocking(format!("example: {name}"), move |database| tell(run(name, &database))))
        .collect();
    tests.push(live_blocking("example: the CI of the event platform", |database| tell(ci(&database))));
    tests.push(Trial::test("example: every project is listed", all_are_listed));
    tests
}

fn tell(outcome: Result<(), Failed>) {
    if let Err(problem) = outcome {
        panic!("{}", problem.message().unwrap_or_default());
    }
}

fn run(name: &str, database: &TestDatabase) -> Result<(), Failed> {
    let project = copy(name)?;
    play(&folder(name).join("README.md"), project.path(), database)
}

/// Runs the lines behind `- run: evt` of the workflow, as GitHub would.
fn ci(database: &TestDatabase) -> Result<(), Failed> {
    let name = "event-platform";
    let project = copy(name)?;
    let workflow = fs::read_to_string(folder(name).join(".github/workflows/database.yml"))?;
    let lines: Vec<&str> = workflow
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- run: "))
        .filter(|line| line.starts_with("evt "))
        .collect();
    assert!(lines.len() > 5, "the workflow runs evt");
    for line in lines {
        let said = shell(&format!("{line} && echo fine"), project.path(), database)?;
        if !said.ends_with("fine\n") {
            return Err(format!("{line}:\n{said}").into());
        }
    }
    assert_eq!(database.ask("SELECT count(*) FROM bookings"), "3\n");
    Ok(())
}

/// A folder below `examples` with a README is a project; all of them are run.
fn all_are_listed() -> Result<(), Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        if folder.join("README.md").exists() {
            found.push(folder.strip_prefix(&root)?.display().to_string());
            continue;
        }
        folders.extend(fs::read_dir(&folder)?.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()));
    }
    found.sort();
    let mut listed = PROJECTS.map(str::to_owned).to_vec();
    listed.sort();
    if found == listed { Ok(()) } else { Err(format!("there are {found:?}").into()) }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

fn copy(name: &str) -> Result<tempfile::TempDir, Failed> {
    let project = tempfile::tempdir()?;
    copy_folder(&folder(name), project.path())?;
    Ok(project)
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
