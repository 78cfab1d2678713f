//! `evt dev`.

mod serve;

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Tolerated, confirm, guard, may_ask};
use crate::config::{Context, Dotenv, ProjectArgs, Settings, UrlText, relative};
use crate::db::DatabaseUrl;
use crate::db::local::LocalServer;
use crate::db::local::development::{self, Address};
use crate::error::{Error, Exit};
use crate::output::Output;

/// Where the data is if no `local:` URL says it.
const DEFAULT_FOLDER: &str = ".evt/db";

/// Keep a PostgreSQL running for development, with a port for programs
///
/// The server is the one of `local:` URLs: evt's commands share it while it runs and start it for themselves otherwise.
/// Its data is kept in the folder of `DATABASE_URL` if that is a `local:` one, else in `.evt/db`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  evt dev
  evt dev --detach --migrate
  evt dev --port 5433")]
pub(crate) struct DevArgs {
    #[command(subcommand)]
    command: Option<DevCommand>,
    #[command(flatten)]
    serve: serve::ServeArgs,
}

#[derive(Debug, clap::Subcommand)]
enum DevCommand {
    Stop(StopArgs),
    Status(StatusArgs),
    Reset(ResetArgs),
}

/// Stop the PostgreSQL that `evt dev` keeps running
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt dev stop")]
struct StopArgs {
    #[command(flatten)]
    place: Place,
}

/// Show whether `evt dev` keeps a PostgreSQL running, and where
///
/// Ends with 1 if it does not.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt dev status
  evt dev status --json")]
struct StatusArgs {
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Stop it, and throw its data away
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt dev reset
  evt dev reset --force")]
struct ResetArgs {
    /// Do not ask
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    place: Place,
}

/// Whose server it is.
#[derive(Debug, clap::Args)]
struct Place {
    /// Folder of the data
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    tolerated: Tolerated,
}

impl Place {
    /// The folder that is named, else that of a `local:` URL in the settings, else the usual one.
    fn folder(&self, context: &Context) -> Result<PathBuf, Error> {
        if let Some(folder) = &self.folder {
            return Ok(context.cwd.join(folder));
        }
        let url = self.url(context)?;
        let local = url.as_ref().and_then(|url| url.local_folder());
        Ok(local.map_or_else(|| context.cwd.join(DEFAULT_FOLDER), Path::to_owned))
    }

    /// The URL in the settings.
    fn url(&self, context: &Context) -> Result<Option<DatabaseUrl>, Error> {
        let settings = Settings::load(&self.project, context, Dotenv::Read)?;
        let named = settings.url.clone().or_else(|| settings.environment_url());
        // A variable that is not set yet, as in a fresh project, names no other database.
        let named = named.filter(|setting| matches!(setting.value, UrlText::Text(_)));
        Ok(named.map(|setting| settings.parsed_url(&setting, &context.cwd)).transpose()?)
    }
}

/// A path as people see it.
fn shown(path: &Path, context: &Context) -> String {
    relative(path, &context.cwd).display().to_string()
}

pub(crate) fn run(args: &DevArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    match &args.command {
        None => serve::run(&args.serve, context, out),
        Some(DevCommand::Stop(args)) => stop(args, context, out),
        Some(DevCommand::Status(args)) => status(args, context, out),
        Some(DevCommand::Reset(args)) => reset(args, context, out),
    }
}

fn stop(args: &StopArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    args.place.tolerated.warn(out);
    let folder = args.place.folder(context)?;
    match development::stop(&folder)? {
        Some(_) => out.good(format!("PostgreSQL in `{}` is stopped; its data is kept.", shown(&folder, context))),
        None => out.line(format!("`evt dev` keeps nothing running in `{}`.", shown(&folder, context))),
    }
    Ok(Exit::Success)
}

fn status(args: &StatusArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    if args.json {
        out.json_only();
    }
    args.place.tolerated.warn(out);
    let folder = args.place.folder(context)?;
    let served = development::served(&folder)?;
    if args.json {
        out.json(&as_json(&folder, served.as_ref()));
    }
    let exit = if served.is_some() { Exit::Success } else { Exit::Failure };
    if let Some(address) = served {
        out.facts(&[
            ("folder", shown(&folder, context)),
            ("url", address.url()),
            ("process", address.pid.to_string()),
            ("since", address.since),
        ]);
    } else {
        out.line(format!("`evt dev` keeps nothing running in `{}`.", shown(&folder, context)));
        out.hint("`evt dev --detach` starts it");
    }
    Ok(exit)
}

/// `version` changes when a field changes its meaning or goes.
fn as_json(folder: &Path, served: Option<&Address>) -> serde_json::Value {
    json!({
        "version": 1,
        "running": served.is_some(),
        "folder": folder.display().to_string(),
        "url": served.map(Address::url),
        "port": served.map(|address| address.port),
        "pid": served.map(|address| address.pid),
        "since": served.map(|address| address.since.clone()),
    })
}

fn reset(args: &ResetArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    args.place.tolerated.warn(out);
    let folder = args.place.folder(context)?;
    let shown = shown(&folder, context);
    if !args.force {
        if !may_ask(context).can_prompt {
            return Err(Error::refused(
                format!(
                    "`evt dev reset` throws all data in `{shown}` away, and there is no terminal to ask in whether it may"
                ),
                "say so with `--force`",
            ));
        }
        if !confirm(&format!("Throw all data in `{shown}` away?"))? {
            return Err(Error::Cancelled);
        }
    }
    guard(context, "`evt dev reset` throws all data of the local server away")?;
    development::stop(&folder)?;
    if LocalServer::erase(&folder)? {
        out.good(format!("The data in `{shown}` is gone."));
        out.hint("`evt dev --migrate` begins anew, with the migrations applied");
    } else {
        out.line(format!("There is no data in `{shown}`."));
    }
    Ok(Exit::Success)
}
