//! The binary itself: files and command lines in, standard output, standard error and exit status out.
//!
//! A case is a file in `tests/fixtures/commands`. A section `-- name --` is a file that the project has; a section
//! `-- $ [NAME=value …] evt … --` runs a command, with nothing in its environment but what is named, and holds what it
//! says. `UPDATE=1 cargo test` writes what it says now. Files that commands change are shown by `-- $ cat … --`; what is
//! in a folder by `-- $ ls … --`; `-- $ rm … --` removes a file or folder, `-- $ ln <target> <link> --` makes a link.
//!
//! The cases in `config` are configuration files as people write them, read without any JavaScript runtime.
//!
//! The cases in `live` have a database of their own, which `DATABASE_URL` names, and `<url>` in a command line (`<missing>` is
//! that of a database that does not exist): they can look into it and change it by `-- $ sql … --`. Times, names of databases and places of servers are replaced.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use libtest_mimic::{Failed, Trial};
use tempfile::TempDir;

use crate::server::{TestDatabase, live_blocking};

/// The password in every URL of the cases. No output may contain it.
const PASSWORD: &str = "hunter2";

pub(crate) fn tests() -> Vec<Trial> {
    let mut tests: Vec<Trial> = cases(&folder())
        .into_iter()
        .map(|(name, path)| Trial::test(format!("commands: {name}"), move || check(&path, None)))
        .collect();
    tests.extend(
        cases(&folder().join("config"))
            .into_iter()
            .map(|(name, path)| Trial::test(format!("config: variant {name}"), move || check(&path, None))),
    );
    tests.extend(cases(&folder().join("live")).into_iter().map(|(name, path)| {
        live_blocking(format!("commands: {name}"), move |database| {
            if let Err(difference) = check(&path, Some(&database)) {
                panic!("{}", difference.message().unwrap_or_default());
            }
        })
    }));
    tests.push(Trial::test("commands: a closed pipe is no error", closed_pipe));
    tests.push(Trial::test("commands: completions for every shell", completions));
    #[cfg(unix)]
    tests.push(Trial::test("commands: format leaves files what they are", format_replaces_files));
    tests.push(Trial::test("commands: format reads any bytes", format_any_bytes));
    tests
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/commands")
}

/// The cases in a folder by name.
fn cases(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut cases: Vec<(String, PathBuf)> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "case"))
        .map(|path| (path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), path))
        .collect();
    cases.sort();
    cases
}

/// A section of a case.
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) text: String,
}

pub(crate) fn sections(case: &str) -> Vec<Section> {
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

fn check(path: &Path, database: Option<&TestDatabase>) -> Result<(), Failed> {
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
            Some(line) => run(project.path(), line, database)?,
        };
        write!(now, "-- {title} --\n{text}")?;
    }
    compare_or_write(path, &case, &now)
}

/// Whether what is expected is what is there now; `UPDATE=1` makes that the file's text.
pub(crate) fn compare_or_write(path: &Path, expected: &str, now: &str) -> Result<(), Failed> {
    if now == expected {
        return Ok(());
    }
    if crate::is_updating() {
        return Ok(fs::write(path, now)?);
    }
    let difference = similar::TextDiff::from_lines(expected, now).unified_diff().header("expected", "now").to_string();
    Err(format!("{}\n{difference}", path.display()).into())
}

/// Runs a line and returns what it said: standard output, standard error with `!` before each line, exit status.
fn run(project: &Path, line: &str, database: Option<&TestDatabase>) -> Result<String, Failed> {
    let url = database.map(TestDatabase::text);
    let missing = database.map(TestDatabase::missing).unwrap_or_default();
    let line = line.replace("<url>", url.as_deref().unwrap_or_default()).replace("<missing>", &missing);
    let mut words = line.split(' ').filter(|word| !word.is_empty()).peekable();
    let mut command = Command::new(env!("CARGO_BIN_EXE_evt"));
    command.current_dir(project).env_clear().stdin(Stdio::null());
    command.envs(url.map(|url| ("DATABASE_URL", url)));
    while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
        match value {
            "" => command.env_remove(name),
            value => command.env(name, value),
        };
        words.next();
    }
    let text = match words.next() {
        Some("evt") => {
            let words: Vec<&str> = words.collect();
            let (arguments, input) = words.split_at(words.iter().position(|word| *word == "<").unwrap_or(words.len()));
            if let Some(path) = input.get(1) {
                command.stdin(fs::File::open(project.join(path))?);
            }
            said(&command.args(arguments).output()?)
        }
        Some("sql") => {
            let database = database.ok_or("only the live cases have a database")?;
            database.ask(line.trim_start_matches("sql"))
        }
        Some("ln") => {
            let (aim, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            link_to(Path::new(aim), &project.join(name))?
        }
        Some(tool) => with_files(tool, &project.join(words.next().unwrap_or_default()))?,
        None => return Err("nothing to run".into()),
    };
    let text = without_variety(&text, &fs::canonicalize(project)?, project, database);
    if text.contains(PASSWORD) { Err(format!("`{line}` prints a password:\n{text}").into()) } else { Ok(text) }
}

fn said(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        let _ = writeln!(text, "!{}{line}", if line.is_empty() { "" } else { " " });
    }
    let _ = writeln!(text, "status {}", output.status.code().unwrap_or(-1));
    text
}

fn with_files(tool: &str, path: &Path) -> Result<String, Failed> {
    let path = &unique(path)?;
    let outcome = match tool {
        "cat" => fs::read_to_string(path).map(|text| if text.ends_with('\n') { text } else { text + "⏎\n" }),
        "ls" => list(path),
        "rm" if path.is_dir() => fs::remove_dir_all(path).map(|()| String::new()),
        "rm" => fs::remove_file(path).map(|()| String::new()),
        other => return Err(format!("cannot run `{other}`").into()),
    };
    Ok(outcome.unwrap_or_else(|error| format!("! {error}\n")))
}

/// A link that names its target as it is given; its folder is made.
fn link_to(target: &Path, link: &Path) -> Result<String, Failed> {
    fs::create_dir_all(link.parent().unwrap_or(link))?;
    #[cfg(unix)]
    std::os::unix::fs::symlink(target, link)?;
    #[cfg(windows)]
    std::os::windows::fs::symlink_file(target, link)?;
    Ok(String::new())
}

/// The path in which `*` stands for the time in a migration's name.
fn unique(path: &Path) -> Result<PathBuf, Failed> {
    let mut found = PathBuf::new();
    for part in path.components() {
        let part = part.as_os_str().to_string_lossy();
        match part.strip_prefix('*') {
            None => found.push(part.as_ref()),
            Some(end) => {
                let mut names = fs::read_dir(&found)?.flatten().map(|entry| entry.file_name());
                let name = names.find(|name| name.to_string_lossy().ends_with(end));
                found.push(name.ok_or_else(|| format!("nothing like {}", path.display()))?);
            }
        }
    }
    Ok(found)
}

fn list(folder: &Path) -> std::io::Result<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder)?.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names.into_iter().map(|name| name + "\n").collect())
}

/// Replaces what differs from run to run.
fn without_variety(text: &str, root: &Path, project: &Path, database: Option<&TestDatabase>) -> String {
    let mut text = text.replace(&root.display().to_string(), "<project>");
    text = text.replace(&project.display().to_string(), "<project>");
    if let Some(TestDatabase { url }) = database {
        text = text.replace(url.database(), "<database>");
        if let Some(location) = url.location() {
            text = text.replace(&location, "<server>");
        }
        if let Some(folder) = url.host().filter(|host| host.starts_with('/')) {
            text = text.replace(&folder, "<socket>").replace(&folder.replace('/', "%2F"), "<socket>");
        }
        text = text.split_inclusive('\n').map(without_version).collect();
    }
    let text = datasource_on_one_line(&text);
    without_durations(&without_last_column(&without_times(&without_error_numbers(&text))))
}

/// Where this line is wrapped depends on names that differ from run to run.
fn datasource_on_one_line(text: &str) -> String {
    let Some((before, rest)) = text.split_once("Datasource \"") else { return text.to_owned() };
    let mut lines = rest.split('\n');
    let mut line = lines.next().unwrap_or_default().to_owned();
    while !line.contains(" at \"") {
        match lines.next().and_then(|next| next.strip_prefix("! ")) {
            Some(next) => line = format!("{line} {next}"),
            None => return text.to_owned(),
        }
    }
    let after: Vec<&str> = lines.collect();
    format!("{before}Datasource \"{line}\n{}", after.join("\n"))
}

/// A table that ends with `Took`: the times, and how far they stand from what is before.
fn without_last_column(text: &str) -> String {
    let mut inside = false;
    let line = |line: &str| {
        let (before, last) = line.trim_end().rsplit_once("  ").unwrap_or((line.trim_end(), ""));
        inside = match last.trim_start() {
            "Took" => true,
            _ => inside && line.starts_with("  "),
        };
        match last.trim_start() {
            "Took" => format!("{}  Took\n", before.trim_end()),
            time if inside && time.ends_with(['s', 'n']) && time.starts_with(|c: char| c.is_ascii_digit()) => {
                format!("{}  <took>\n", before.trim_end())
            }
            _ => line.to_owned(),
        }
    };
    text.split_inclusive('\n').map(line).collect()
}

/// ` in 12 ms` and ` in 1.23 s` → ` in <duration>`.
pub(crate) fn without_durations(text: &str) -> String {
    let mut parts = text.split(" in ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let unit = [" ms\n", " s\n"].into_iter().find(|unit| part.len() > rest.len() && rest.starts_with(unit));
        out.push_str(" in ");
        match unit {
            Some(unit) => {
                out.push_str("<duration>\n");
                out.push_str(&rest[unit.len()..]);
            }
            None => out.push_str(part),
        }
    }
    out
}

/// `PostgreSQL 17.2 (Debian …)` to the end of the line → `PostgreSQL <version>`.
fn without_version(line: &str) -> String {
    match line.split_once("PostgreSQL ") {
        Some((before, rest)) if rest.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{before}PostgreSQL <version>\n")
        }
        _ => line.to_owned(),
    }
}

/// `(os error 111)` → `(os error)`: the numbers are the system's own.
fn without_error_numbers(text: &str) -> String {
    const MARK: &str = "(os error ";
    let mut parts = text.split(MARK);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("(os error");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}

/// `20240131120000_init` → `<time>_init`, `2024-01-31 12:00:00` with or without a fraction → `<when>`.
pub(crate) fn without_times(text: &str) -> String {
    const WHEN: &str = "0000-00-00 00:00:00";
    let bytes = text.as_bytes();
    let is_time = |at: usize| {
        // Without a name a migration is called by the time alone.
        let ends = |digits: &[u8]| match bytes.get(at + 14) {
            Some(b'_') => true,
            next => digits.starts_with(b"20") && next.is_none_or(|next| !next.is_ascii_alphanumeric()),
        };
        bytes.get(at..at + 14).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit) && ends(digits))
            && (at == 0 || !bytes[at - 1].is_ascii_digit())
    };
    let is_when = |at: usize| {
        let same = |(b, pattern): (&u8, u8)| if pattern == b'0' { b.is_ascii_digit() } else { *b == pattern };
        bytes.get(at..at + WHEN.len()).is_some_and(|found| found.iter().zip(WHEN.bytes()).all(same))
    };
    let mut result = String::with_capacity(text.len());
    let mut skipped = 0;
    for (at, c) in text.char_indices() {
        if at < skipped {
            continue;
        }
        if is_time(at) {
            result.push_str("<time>");
            skipped = at + 14;
        } else if is_when(at) {
            result.push_str("<when>");
            skipped = at + WHEN.len();
            if bytes.get(skipped) == Some(&b'.') {
                skipped += 1 + bytes[skipped + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
            }
        } else {
            result.push(c);
        }
    }
    result
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

/// Links, permissions and other names of a file stay; a read-only file does not change; nothing is left behind.
#[cfg(unix)]
fn format_replaces_files() -> Result<(), Failed> {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    const BEFORE: &str = "model A {\n id Int @id\n}\n";
    const AFTER: &str = "model A {\n  id Int @id\n}\n";
    let folder = TempDir::new()?;
    let at = |name: &str| folder.path().join(name);
    for (name, mode) in [("real", 0o640), ("read-only", 0o440), ("first", 0o644)] {
        fs::write(at(name), BEFORE)?;
        fs::set_permissions(at(name), fs::Permissions::from_mode(mode))?;
    }
    symlink("real", at("link"))?;
    fs::hard_link(at("first"), at("second"))?;
    for (name, refused, changed, mode) in [
        ("link", false, &["link", "real"][..], 0o640),
        ("read-only", true, &[], 0o440),
        ("first", false, &["first", "second"], 0o644),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_evt"))
            .current_dir(folder.path())
            .env_clear()
            .args(["format", name])
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() == refused || said.contains("read-only") != refused {
            return Err(format!("{name}: {}: {said}", output.status).into());
        }
        for file in changed {
            assert_eq!(fs::read_to_string(at(file))?, AFTER, "{file}");
        }
        assert_eq!(fs::metadata(at(name))?.permissions().mode() & 0o777, mode, "{name}");
    }
    assert_eq!(fs::read_to_string(at("read-only"))?, BEFORE);
    assert!(fs::symlink_metadata(at("link"))?.is_symlink(), "the link became a file");
    assert_eq!(list(folder.path())?, "first\nlink\nread-only\nreal\nsecond\n");
    Ok(())
}

/// Line ends of Windows, a byte order mark, no newline at the end, an empty file, a large one, and what is no text.
fn format_any_bytes() -> Result<(), Failed> {
    let folder = TempDir::new()?;
    let large = "model A {\r\n  id Int @id\r\n}\r\n".to_owned() + &"// remark\r\n".repeat(100_000);
    for (name, bytes, expected) in [
        ("line ends", "model A {\r\n  id   Int @id\r\n}\r\n".as_bytes(), Ok("model A {\n  id Int @id\n}\n")),
        ("no newline", b"model A {\n  id Int @id\n}", Ok("model A {\n  id Int @id\n}\n")),
        ("empty", b"", Ok("\n")),
        ("large", large.as_bytes(), Ok("model A {\n  id Int @id\n}\n\n// remark\n")),
        ("byte order mark", "\u{feff}model A {\n}\n".as_bytes(), Err("a byte order mark stands before it")),
        ("no text", b"model A {\n  id Int @map(\"\xff\") @id\n}\n", Err("`schema.prisma` is not UTF-8 text: line 2")),
    ] {
        let path = folder.path().join("schema.prisma");
        fs::write(&path, bytes)?;
        let output =
            Command::new(env!("CARGO_BIN_EXE_evt")).current_dir(folder.path()).env_clear().arg("format").output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let after = fs::read(&path)?;
        let fits = match expected {
            Ok(text) => output.status.success() && after.starts_with(text.as_bytes()),
            Err(words) => !output.status.success() && said.contains(words) && after == bytes,
        };
        if !fits {
            return Err(format!("{name}: {}: {said}{:?}", output.status, String::from_utf8_lossy(&after)).into());
        }
    }
    Ok(())
}
