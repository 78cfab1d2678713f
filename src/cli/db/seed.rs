//! `evt db seed` and `evt seed`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::execute::execute;
use crate::cli::{Flags, block_on};
use crate::config::environment::PATH;
use crate::config::{ConfigError, Context, Dotenv, Project, ProjectArgs, Settings};
use crate::db::Connection;
use crate::db::local::Reached;
use crate::error::{Error, Exit};
use crate::output::Output;

/// Run the seed command of the project, or its SQL file
///
/// The command is `migrations.seed` in the configuration or `prisma.seed` in package.json. One file ending in `.sql` is
/// executed on the database.
#[derive(Debug, clap::Args)]
pub(crate) struct SeedArgs {
    /// Arguments for the seed command
    #[arg(value_name = "ARGUMENTS")]
    arguments: Vec<String>,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    flags: Flags,
}

pub(crate) fn run(args: &SeedArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    let settings = Settings::load(&args.project, context, Dotenv::Read)?;
    out.notes(&settings.notes);
    match sql_file(&settings) {
        Some(path) => {
            let url = Project::load(&args.project, context)?.url()?;
            let reached = Reached::new(&url, context.environment.get(PATH).map(std::ffi::OsStr::new))?;
            block_on(async {
                let mut db = Connection::open(&reached.url).await?;
                plant_sql(&path, &settings, &mut db, out).await
            })?;
        }
        None => plant_by_command(&settings, &args.arguments, out)?,
    }
    Ok(Exit::Success)
}

/// Seeds a database that a command has just made or emptied, if the project has seeds.
pub(crate) async fn plant(
    settings: &Settings,
    db: &mut Connection,
    arguments: &[String],
    out: &mut Output,
) -> Result<(), Error> {
    match sql_file(settings) {
        Some(path) => plant_sql(&path, settings, db, out).await,
        None if settings.seed.is_some() => plant_by_command(settings, arguments, out),
        None => Ok(()),
    }
}

/// The seed if it is one SQL file.
fn sql_file(settings: &Settings) -> Option<PathBuf> {
    let seed = settings.seed.as_ref()?;
    let is_sql = Path::new(&seed.value).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sql"));
    let path = seed.origin.base(&settings.cwd).join(&seed.value);
    (is_sql && path.is_file()).then_some(path)
}

async fn plant_sql(path: &Path, settings: &Settings, db: &mut Connection, out: &mut Output) -> Result<(), Error> {
    let shown = crate::config::relative(path, &settings.cwd);
    out.line(format!("Running the seed script {} …", shown.display()));
    let script = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: shown.clone(), source })?;
    execute(db, &format!("`{}`", shown.display()), &script).await?;
    out.good("The seed script is executed.");
    Ok(())
}

fn plant_by_command(settings: &Settings, arguments: &[String], out: &mut Output) -> Result<(), Error> {
    let Some(seed) = &settings.seed else {
        out.line("No seed command is set.");
        out.hint(
            "set it in `prisma.config.ts` (`migrations.seed`), in `evt.toml` (`[migrations] seed = \"…\"`), or in \
             `package.json` (`\"prisma\": { \"seed\": \"…\" }`); a path to an SQL file does too",
        );
        return Ok(());
    };
    let mut words = words(&seed.value);
    words.extend(arguments.iter().cloned());
    out.line(format!("Running seed command `{}` …", words.join(" ")));
    let Some((program, rest)) = words.split_first() else { return Ok(()) };
    let status = Command::new(found(program, settings))
        .args(rest)
        .current_dir(&settings.cwd)
        .envs(settings.environment.from_files())
        .status()
        .map_err(|source| Error::System { what: "cannot run the seed command", source })?;
    if status.success() {
        out.good("The seed command has been executed.");
        return Ok(());
    }
    Err(Error::refused(format!("the seed command failed ({status})"), "its own output says why"))
}

/// The program of a seed command: one of the project's own, else what PATH finds.
fn found(program: &str, settings: &Settings) -> PathBuf {
    let own = settings.cwd.ancestors().map(|folder| folder.join("node_modules/.bin").join(program));
    own.into_iter().find(|path| path.is_file()).unwrap_or_else(|| PathBuf::from(program))
}

/// Splits at spaces; a space behind a backslash belongs to its word. No shell, no quotes, as in Prisma.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut characters = command.trim().chars().peekable();
    while let Some(c) = characters.next() {
        let last = words.len() - 1;
        match c {
            '\\' if characters.peek() == Some(&' ') => {
                characters.next();
                words[last].push(' ');
            }
            ' ' if words[last].is_empty() => {}
            ' ' => words.push(String::new()),
            c => words[last].push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn commands_are_split_without_a_shell() {
        for (command, expected) in [
            ("node seed.js", &["node", "seed.js"][..]),
            ("  a   b ", &["a", "b"]),
            (r"a\ b c", &["a b", "c"]),
            (r#"a "b c""#, &["a", "\"b", "c\""]),
            (r"a\b", &[r"a\b"]),
            ("", &[]),
        ] {
            assert_eq!(words(command), expected, "{command:?}");
        }
    }
}
