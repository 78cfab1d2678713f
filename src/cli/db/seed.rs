//! `evt db seed` and `evt seed`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::execute::execute;
use crate::cli::session::connect;
use crate::cli::{Flags, block_on};
use crate::config::environment::PATH;
use crate::config::{ConfigError, Context, Dotenv, Project, ProjectArgs, Settings};
use crate::db::Connection;
use crate::db::local::Reached;
use crate::error::{Error, Exit};
use crate::output::{Output, plural};

/// Run the seed command of the project, or its SQL files
///
/// The seed is `migrations.seed` in the configuration or `prisma.seed` in package.json: a command, which runs without a
/// shell; a file ending in `.sql`; or a folder, whose `.sql` files run in the order of their names, each in a
/// transaction.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt db seed
  evt db seed -- --environment staging
  evt db seed --config packages/api/prisma.config.ts")]
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
    match sql_files(&settings)? {
        Some(files) => {
            let url = Project::load(&args.project, context)?.url()?;
            let reached = Reached::new(&url, context.environment.get(PATH).map(std::ffi::OsStr::new))?;
            block_on(async {
                let mut db = connect(&reached, out).await?;
                plant_sql(&files, &settings, &mut db, out).await
            })?;
        }
        None => plant_by_command(&settings, &args.arguments, out)?,
    }
    Ok(Exit::Success)
}

/// Seeds a database that a command has just made or emptied, if the project has seeds. A seed command has the database
/// to itself: the server may be one that serves one connection at a time.
pub(crate) async fn plant(
    settings: &Settings,
    mut db: Connection,
    arguments: &[String],
    out: &mut Output,
) -> Result<(), Error> {
    match sql_files(settings)? {
        Some(files) => plant_sql(&files, settings, &mut db, out).await,
        None if settings.seed.is_some() => {
            db.close().await;
            plant_by_command(settings, arguments, out)
        }
        None => Ok(()),
    }
}

/// The files of a seed that is SQL, in the order in which they run; `None` if it is a command or there is none.
fn sql_files(settings: &Settings) -> Result<Option<Vec<PathBuf>>, Error> {
    let Some(seed) = &settings.seed else { return Ok(None) };
    let path = seed.origin.base(&settings.cwd).join(&seed.value);
    let shown = crate::config::relative(&path, &settings.cwd);
    if path.is_dir() {
        let problem = |source| Error::Config(ConfigError::Read { path: shown.clone(), source });
        let entries = std::fs::read_dir(&path).map_err(problem)?.collect::<Result<Vec<_>, _>>().map_err(problem)?;
        let mut files: Vec<PathBuf> =
            entries.into_iter().map(|entry| entry.path()).filter(|path| is_sql(path) && path.is_file()).collect();
        files.sort();
        if files.is_empty() {
            return Err(Error::refused(
                format!("the seed folder `{}` contains no file ending in `.sql`", shown.display()),
                "put the SQL there, or let the seed name a file or a command",
            ));
        }
        return Ok(Some(files));
    }
    if path.is_file() && is_sql(&path) {
        return Ok(Some(vec![path]));
    }
    // Nobody calls a program so: a file that is not there.
    if is_sql(&path) && !seed.value.contains(' ') {
        return Err(ConfigError::PathMissing { path: shown, origin: seed.origin.clone() }.into());
    }
    Ok(None)
}

fn is_sql(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sql"))
}

/// Each file is one message, which the server runs in one transaction unless the file says otherwise.
async fn plant_sql(files: &[PathBuf], settings: &Settings, db: &mut Connection, out: &mut Output) -> Result<(), Error> {
    let bar = (files.len() > 1).then(|| out.progress(files.len() as u64));
    let mut outcome = Ok(());
    for path in files {
        let shown = crate::config::relative(path, &settings.cwd);
        let line = format!("Running the seed script {} …", shown.display());
        match &bar {
            Some(bar) => bar.suspend(|| out.line(&line)),
            None => out.line(&line),
        }
        outcome = plant_file(path, &shown, db).await;
        if outcome.is_err() {
            break;
        }
        if let Some(bar) = &bar {
            bar.inc(1);
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    outcome?;
    out.good(match files.len() {
        1 => "The seed script is executed.".to_owned(),
        count => format!("{} are executed.", plural(count, "seed script")),
    });
    Ok(())
}

async fn plant_file(path: &Path, shown: &Path, db: &mut Connection) -> Result<(), Error> {
    let script =
        std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: shown.to_owned(), source })?;
    execute(db, &format!("`{}`", shown.display()), &script).await?;
    Ok(db.reset_session().await?)
}

fn plant_by_command(settings: &Settings, arguments: &[String], out: &mut Output) -> Result<(), Error> {
    let Some(seed) = &settings.seed else {
        out.line("No seed command is set.");
        out.hint(
            "set it in `prisma.config.ts` (`migrations.seed`), in `evt.toml` (`[migrations] seed = \"…\"`), or in \
             `package.json` (`\"prisma\": { \"seed\": \"…\" }`); a path to an SQL file or a folder of them does too",
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
        .map_err(|error| {
            Error::refused(
                format!("cannot run the seed command `{program}`: {error}"),
                "is it installed, and in `node_modules/.bin` or in PATH?",
            )
        })?;
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
