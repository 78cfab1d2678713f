//! `evt migrate reset`.

use super::deploy::apply_showing;
use crate::cli::db::seed;
use crate::cli::session::{Session, with_session};
use crate::cli::{Skips, Tolerated, confirm, guard, may_ask};
use crate::config::{Context, ProjectArgs};
use crate::error::{Error, Exit};
use crate::migrations::{records, reset};
use crate::output::{Output, backticked};

/// Drop all data and apply all migrations again: for development
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt migrate reset
  evt migrate reset --force --skip-seed")]
pub(crate) struct ResetArgs {
    /// Do not ask
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    skips: Skips,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    tolerated: Tolerated,
}

pub(crate) fn run(args: &ResetArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    args.tolerated.warn(out);
    with_session(&args.project, context, out, async |session, out| {
        let (mut db, created) = session.connect_or_create(out).await?;
        if created {
            out.line("");
        }
        let directory = session.directory()?;
        // Nothing is lost to migrations that cannot be applied afterwards.
        directory.check_provider()?;
        if !args.force && !agreed(&session, context, out)? {
            return Err(Error::Cancelled);
        }
        guard(context, "`evt migrate reset` drops all data of the database")?;
        reset::reset(&mut db, &session.scope.namespaces).await?;
        if let Some(state) = &session.project.settings.state {
            records::clear(&mut db, state).await?;
        }
        let applied = apply_showing(
            &mut db,
            &directory,
            &session.apply_options(),
            session.records("migrate reset").as_ref(),
            out,
        )
        .await?;
        out.line("");
        out.good("The database is reset.");
        if !applied.is_empty() {
            out.line("\nApplied:\n");
            out.migrations_tree(&session.shown_directory(), applied.iter().map(String::as_str));
        }
        args.skips.generate(&session.project, context, out);
        if session.seeds_by_itself() && !args.skips.seed(context) {
            seed::plant(&session.project.settings, db, &[], out).await?;
        }
        Ok(Exit::Success)
    })
}

/// Asks whether everything may be dropped; without a terminal `--force` has to say so.
fn agreed(session: &Session, context: &Context, out: &mut Output) -> Result<bool, Error> {
    if !may_ask(context).can_prompt {
        return Err(Error::refused(
            "`migrate reset` drops all data, and there is no terminal to ask in whether it may",
            "say so with `--force`",
        ));
    }
    let at = session.url().location().map(|location| format!(" at {location}")).unwrap_or_default();
    out.line("");
    confirm(&format!(
        "Drop all data in schema {} of database `{}`{at}?",
        backticked(session.scope.namespaces.iter().map(String::as_str)),
        session.url().database()
    ))
}
