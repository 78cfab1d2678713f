//! `evt db push`.

use crate::cli::session::with_session;
use crate::cli::{Skips, Tolerated, confirm, external, guard, may_ask};
use crate::config::{Context, ProjectArgs};
use crate::error::{Error, Exit};
use crate::migrations::push::{Push, compare, execute};
use crate::migrations::{Consequence, reset};
use crate::output::Output;

/// Bring the database to the schema without making a migration: for prototypes
#[derive(Debug, clap::Args)]
pub(crate) struct PushArgs {
    /// Go on even if data is lost
    #[arg(long)]
    accept_data_loss: bool,
    /// Drop all data first
    #[arg(long)]
    force_reset: bool,
    /// URL of the database
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    skips: Skips,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    tolerated: Tolerated,
}

pub(crate) fn run(args: &PushArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    args.tolerated.warn(out);
    let project = ProjectArgs { url: args.url.clone(), ..args.project.clone() };
    with_session(&project, context, out, async |session, out| {
        let (mut db, _) = session.connect_or_create(out).await?;
        if args.force_reset {
            guard(context, "`evt db push --force-reset` drops all data of the database")?;
            reset::reset(&mut db, &session.scope.namespaces).await?;
            out.good(format!("The database `{}` is empty now.", session.url().database()));
        }
        if args.accept_data_loss {
            guard(context, "`evt db push --accept-data-loss` drops data")?;
        }
        let external = external(&session.project.settings)?;
        let push = Box::pin(compare(&mut db, &session.target(), &session.scope, &external)).await?;
        settle(&push, args, context, out)?;
        if push.steps.is_empty() {
            let now = if args.force_reset { "now" } else { "already" };
            out.line("");
            out.good(format!("The database is {now} in sync with the schema."));
            return Ok(Exit::Success);
        }
        execute(&mut db, &push.steps.script).await?;
        out.line("");
        out.good("The database is now in sync with the schema.");
        Ok(Exit::Success)
    })
}

/// Shows what the steps do to data, and asks whether to go on if that has not been said.
fn settle(push: &Push, args: &PushArgs, context: &Context, out: &mut Output) -> Result<(), Error> {
    let consequences = &push.consequences;
    if !consequences.unexecutable.is_empty() {
        return Err(Error::refused(
            format!(
                "these steps cannot be executed on the data in the database:\n\n{}",
                bullets(&consequences.unexecutable)
            ),
            "change the schema or the data, or drop all data with `--force-reset`",
        ));
    }
    if consequences.warnings.is_empty() {
        return Ok(());
    }
    out.warning(format!("there is data that would be lost or in the way:\n\n{}\n", bullets(&consequences.warnings)));
    if args.accept_data_loss {
        return Ok(());
    }
    if !may_ask(context).can_prompt {
        return Err(Error::refused(
            "`db push` wants an answer to these warnings, and there is no terminal to ask in",
            "say yes with `--accept-data-loss`",
        ));
    }
    if confirm("Go on?")? { Ok(()) } else { Err(Error::Cancelled) }
}

fn bullets(consequences: &[Consequence]) -> String {
    consequences.iter().map(|consequence| format!("  • {}", consequence.message)).collect::<Vec<_>>().join("\n")
}
