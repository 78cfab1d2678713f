//! `evt migrate resolve`.

use serde_json::json;

use crate::cli::Tolerated;
use crate::cli::session::with_session;
use crate::config::{Context, ProjectArgs};
use crate::error::{Error, Exit};
use crate::migrations::resolve;
use crate::output::Output;

/// Tell the history what became of a migration: that it is in the database, or that it is not
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt migrate resolve --applied 0_init
  evt migrate resolve --rolled-back 20260203081500_add_rooms")]
pub(crate) struct ResolveArgs {
    /// Record this migration as applied, without running it
    #[arg(long, value_name = "NAME")]
    applied: Option<String>,
    /// Record this failed migration as rolled back, so that it runs again
    #[arg(long, value_name = "NAME")]
    rolled_back: Option<String>,
    /// Longest wait for another migration run, in seconds; 0 is for ever
    #[arg(long, value_name = "SECONDS")]
    lock_timeout: Option<u64>,
    #[command(flatten)]
    project: ProjectArgs,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    tolerated: Tolerated,
}

pub(crate) fn run(args: &ResolveArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    if args.json {
        out.json_only();
    }
    args.tolerated.warn(out);
    with_session(&args.project, context, out, async |session, out| {
        let session = session.wait_for_lock(args.lock_timeout);
        let named = |name: &'static str, value: &Option<String>| {
            value.clone().filter(|value| !value.is_empty()).map(|value| (name, value))
        };
        let (state, name) = match (named("applied", &args.applied), named("rolled back", &args.rolled_back)) {
            (Some((state, name)), None) => {
                let directory = session.directory()?;
                let mut db = session.connect(out).await?;
                resolve::applied(&mut db, &directory, &name, session.lock_timeout()).await?;
                (state, name)
            }
            (None, Some((state, name))) => {
                let mut db = session.connect(out).await?;
                resolve::rolled_back(&mut db, &name, session.lock_timeout()).await?;
                (state, name)
            }
            (None, None) => return Err(usage("what became of the migration is not said")),
            (Some(_), Some(_)) => return Err(usage("`--applied` and `--rolled-back` exclude each other")),
        };
        out.line("");
        out.good(format!("Migration {name} is marked as {state}."));
        if args.json {
            out.json(&json!({ "version": 1, "migration": name, "state": state.replace(' ', "-") }));
        }
        Ok(Exit::Success)
    })
}

fn usage(message: &str) -> Error {
    Error::usage(
        message,
        "give one of them with the full name of the folder, as in `evt migrate resolve --applied 20240131120000_init`",
    )
}
