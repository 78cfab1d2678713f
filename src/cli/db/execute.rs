//! `evt db execute`.

use std::path::{Path, PathBuf};

use super::target::Target;
use crate::cli::session::connect;
use crate::cli::{Tolerated, block_on, read_stdin};
use crate::config::environment::PATH;
use crate::config::{ConfigError, Context};
use crate::db::Connection;
use crate::db::local::Reached;
use crate::error::{Error, Exit};
use crate::output::Output;
use crate::sql::quote::Statement;

/// Run a SQL script on the database
///
/// The script is sent as it is, in one message: unless it says otherwise, all of it happens or nothing. Rows are not
/// shown.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt db execute --file fix.sql
  evt db execute --stdin --url postgresql://app@localhost/app < fix.sql")]
pub(crate) struct ExecuteArgs {
    /// File with the script
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Read the script from standard input
    #[arg(long)]
    stdin: bool,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    tolerated: Tolerated,
}

pub(crate) fn run(args: &ExecuteArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    args.tolerated.warn(out);
    let source = args.source()?;
    let (_, url) = args.target.load(context)?;
    let (name, script) = match source {
        Some(path) => (format!("`{}`", path.display()), read_file(path, context)?),
        None => ("the script on standard input".to_owned(), read_stdin()?),
    };
    let reached = Reached::new(&url, context.environment.get(PATH).map(std::ffi::OsStr::new))?;
    block_on(async {
        let mut db = connect(&reached, out).await?;
        execute(&mut db, &name, &script).await
    })?;
    out.good("The script is executed.");
    Ok(Exit::Success)
}

fn read_file(path: &Path, context: &Context) -> Result<String, Error> {
    let problem = |source| Error::Config(ConfigError::Read { path: path.to_owned(), source });
    std::fs::read_to_string(context.cwd.join(path)).map_err(problem)
}

/// Runs a script as it is; an error shows the place in it.
pub(super) async fn execute(db: &mut Connection, name: &str, script: &str) -> Result<(), Error> {
    db.script(&Statement::script(script)).await.map_err(|source| Error::refused_script(name, script, source))
}

impl ExecuteArgs {
    /// The file, or standard input.
    fn source(&self) -> Result<Option<&PathBuf>, Error> {
        match (&self.file, self.stdin) {
            (Some(file), false) => Ok(Some(file)),
            (None, true) => Ok(None),
            (Some(_), true) => Err(Error::usage("`--file` and `--stdin` exclude each other", "give one of them")),
            (None, false) => {
                Err(Error::usage("no script is given", "give a file with `--file`, or pipe it in with `--stdin`"))
            }
        }
    }
}
