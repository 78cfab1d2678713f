//! Settings and projects in temporary folders: what is found, which of several wins, and what is said when nothing is.

mod configuration;
mod discovery;
mod dotenv;
mod order;
mod urls;

use std::fs;
use std::path::{Path, PathBuf};

use evt::config::{ConfigError, Context, Dotenv, Environment, Note, Project, ProjectArgs, Settings, relative};
use evt::error::Error;
use libtest_mimic::{Failed, Trial};
use tempfile::TempDir;

pub(crate) fn tests() -> Vec<Trial> {
    let all = [discovery::ROWS, order::ROWS, dotenv::ROWS, urls::ROWS, configuration::ROWS].into_iter().flatten();
    let mut tests: Vec<Trial> = all.map(|row| Trial::test(format!("config: {}", row.name), || check(row))).collect();
    for row in configuration::COMPUTED {
        let test = Trial::test(format!("config: {}", row.name), || check(row));
        tests.push(test.with_ignored_flag(!has_node()));
    }
    tests.push(Trial::test("config: of several configuration files one counts", one_configuration));
    #[cfg(unix)]
    tests.push(Trial::test("config: links are followed, and a circle of links ends", links));
    tests.push(Trial::test("config: random files are read or refused", random_files));
    tests
}

/// A schema in the style of Prisma 6, and one in that of Prisma 7.
const SIX: &str = "datasource db {\n  provider = \"postgresql\"\n  url = env(\"DATABASE_URL\")\n}\n";
const SEVEN: &str = "datasource db {\n  provider = \"postgresql\"\n}\n";
const MODEL: &str = "model A {\n  id Int @id\n}\n";
const URL: &str = "postgresql://u:hunter2@h/db";

/// One project and what follows from it.
struct Row {
    name: &'static str,
    /// Paths with texts; a path that ends with a slash is an empty folder.
    files: &'static [(&'static str, &'static str)],
    env: &'static [(&'static str, &'static str)],
    /// The working directory, below the folder of the files.
    cwd: &'static str,
    schema: Option<&'static str>,
    config: Option<&'static str>,
    /// Names of facts with their expected values; see [`fact`].
    wants: &'static [(&'static str, &'static str)],
}

const EMPTY: Row = Row { name: "", files: &[], env: &[], cwd: "", schema: None, config: None, wants: &[] };

fn has_node() -> bool {
    std::process::Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success())
}

fn check(row: &Row) -> Result<(), Failed> {
    let folder = project(row.files)?;
    // The folder as the system names it, so that paths can be compared.
    let root = fs::canonicalize(folder.path())?;
    let cwd = root.join(row.cwd);
    let cwd = PathBuf::from(cwd.to_string_lossy().trim_end_matches('/'));
    let context = Context { cwd, environment: Environment::new(row.env.iter().copied()) };
    let args = ProjectArgs {
        schema: row.schema.map(PathBuf::from),
        config: row.config.map(PathBuf::from),
        ..ProjectArgs::default()
    };
    let project = Project::load(&args, &context);
    for (name, wanted) in row.wants {
        let found = fact(name, &project, &args, &context).replace(&root.display().to_string(), "<root>");
        let same = if *name == "error starts" { found.starts_with(wanted) } else { found == *wanted };
        if !same {
            return Err(format!("{name}:\n  expected {wanted}\n  found    {found}").into());
        }
    }
    Ok(())
}

/// A fact about a project as text.
fn fact(name: &str, project: &Result<Project, ConfigError>, args: &ProjectArgs, context: &Context) -> String {
    match (name, project) {
        ("code", project) => {
            let error = match project {
                Err(_) => Project::load(args, context).err(),
                Ok(project) => project.url().err(),
            };
            return error.and_then(|error| Error::from(error).code()).map_or("none".to_owned(), |c| c.to_string());
        }
        ("hint", project) => {
            let error = match project {
                Err(_) => Project::load(args, context).err(),
                Ok(project) => project.url().err(),
            };
            return error.and_then(|error| Error::from(error).hint()).unwrap_or_default();
        }
        ("error" | "error starts", Err(error)) => return error.to_string(),
        _ => {}
    }
    let project = match project {
        Ok(project) => project,
        Err(error) => return format!("error: {error}"),
    };
    let settings = &project.settings;
    match name {
        "schema" => format!("{} ({})", project.files.shown(&context.cwd).display(), project.files.origin),
        "files" => project.files.sources.iter().map(|source| source.path.as_str()).collect::<Vec<_>>().join(" "),
        "migrations" => format!("{} ({})", project.shown_migrations().display(), project.migrations.origin),
        "seed" => settings.seed.as_ref().map_or("none".to_owned(), |seed| seed.value.clone()),
        "url" => project
            .url()
            .map_or_else(|error| format!("error: {}", Error::from(error).full_message()), |url| url.to_string()),
        "shadow" => match project.shadow_url() {
            Ok(url) => url.map_or("none".to_owned(), |url| url.to_string()),
            Err(error) => format!("error: {error}"),
        },
        "check" => match project.check_urls() {
            Ok(missing) if missing.is_empty() => "fine".to_owned(),
            Ok(missing) => format!("{} missing", missing.len()),
            Err(error) => Error::from(error).code().map_or("none".to_owned(), |code| code.to_string()),
        },
        "notes" => notes(settings),
        "lock timeout" => settings.lock_timeout_s.map_or("none".to_owned(), |seconds| seconds.to_string()),
        "state" => settings.state.clone().unwrap_or_else(|| "off".to_owned()),
        "external" => settings.external_tables.join(" "),
        "external enums" => settings.external_enums.join(" "),
        "shadow SQL" => settings.init_shadow_db.clone().unwrap_or_default(),
        "views" => relative(&project.views(), &context.cwd).display().to_string(),
        "certificate" => project.url().map_or_else(
            |error| format!("error: {error}"),
            |url| url.tls().extra_root.as_ref().map_or("none".to_owned(), |path| path.display().to_string()),
        ),
        other => match other.strip_prefix("variable ") {
            Some(name) => settings.environment.get(name).unwrap_or("not set").to_owned(),
            None => format!("no fact is called {other}"),
        },
    }
}

fn notes(settings: &Settings) -> String {
    let texts = settings.notes.iter().map(|note| match note {
        Note::Config(path) => format!("config {}", path.display()),
        Note::Dotenv(path) => format!("dotenv {}", path.display()),
        Note::DotenvSkipped(path) => format!("skipped {}", path.display()),
    });
    texts.collect::<Vec<_>>().join(", ")
}

fn project(files: &[(&str, &str)]) -> Result<TempDir, Failed> {
    let folder = TempDir::new()?;
    for (path, text) in files {
        let path = folder.path().join(path);
        if path.to_string_lossy().ends_with('/') {
            fs::create_dir_all(&path)?;
            continue;
        }
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
        fs::write(&path, text)?;
    }
    Ok(folder)
}

/// The files in the order in which Prisma looks for them: each is taken away when it was found.
fn one_configuration() -> Result<(), Failed> {
    let names = ["prisma.config", ".config/prisma"]
        .into_iter()
        .flat_map(|start| ["js", "ts", "mjs", "cjs", "mts", "cts"].map(|extension| format!("{start}.{extension}")));
    let names: Vec<String> = names.collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "export default {}")).collect();
    let folder = project(&files)?;
    let cwd = fs::canonicalize(folder.path())?;
    let context = Context { cwd: cwd.clone(), environment: Environment::default() };
    for name in &names {
        let settings = Settings::load(&ProjectArgs::default(), &context, Dotenv::Read)?;
        let found = settings.config.as_ref().map(|path| relative(path, &cwd).display().to_string());
        if found.as_ref() != Some(name) {
            return Err(format!("{found:?} instead of {name}").into());
        }
        fs::remove_file(cwd.join(name))?;
    }
    Ok(())
}

#[cfg(unix)]
fn links() -> Result<(), Failed> {
    use std::os::unix::fs::symlink;
    let folder = project(&[
        ("s/a.prisma", SEVEN),
        ("elsewhere/b.prisma", MODEL),
        ("elsewhere/sub/c.prisma", "enum E {\n  A\n}\n"),
    ])?;
    let root = fs::canonicalize(folder.path())?;
    symlink(root.join("elsewhere/b.prisma"), root.join("s/z.prisma"))?;
    symlink(root.join("elsewhere/sub"), root.join("s/sub"))?;
    symlink(root.join("s"), root.join("elsewhere/sub/back"))?;
    symlink(root.join("nowhere"), root.join("s/dead.prisma"))?;
    let args = ProjectArgs { schema: Some(PathBuf::from("s")), ..ProjectArgs::default() };
    let context = Context { cwd: root, environment: Environment::default() };
    let project = Project::load(&args, &context)?;
    let found = fact("files", &Ok(project), &args, &context);
    if found == "s/a.prisma s/sub/c.prisma s/z.prisma" { Ok(()) } else { Err(found.into()) }
}

/// Bytes in the place of every file that settings are read from.
fn random_files() -> Result<(), Failed> {
    const PIECES: &[&str] = &[
        "schema",
        "=",
        "'",
        "\"",
        "[",
        "]",
        "{",
        "}",
        "database",
        ".",
        "url",
        ":",
        ",",
        "\n",
        "export default ",
        "prisma",
        "${",
        "1",
        "\u{0}",
        "\u{feff}",
        "ä",
        "#",
        "//",
        "true",
        "\\",
    ];
    let folder = TempDir::new()?;
    let mut seed = 0x1234_5678_9ABC_DEF1_u64;
    for _ in 0..300 {
        for name in ["evt.toml", "prisma.config.ts", "package.json", ".env", "schema.prisma"] {
            let mut bytes = Vec::new();
            for _ in 0..10 {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                let piece = usize::try_from(seed % (PIECES.len() as u64 + 1))?;
                bytes.extend_from_slice(PIECES.get(piece).map_or(&[0xFF][..], |piece| piece.as_bytes()));
            }
            // A configuration that only a runtime understands would start one each time.
            if name != "prisma.config.ts" || seed.is_multiple_of(50) {
                fs::write(folder.path().join(name), &bytes)?;
            }
        }
        let context = Context { cwd: folder.path().to_owned(), environment: Environment::default() };
        for dotenv in [Dotenv::Read, Dotenv::Skip] {
            if let Err(error) = Settings::load(&ProjectArgs::default(), &context, dotenv)
                && error.to_string().is_empty()
            {
                return Err("an error says nothing".into());
            }
        }
    }
    Ok(())
}
