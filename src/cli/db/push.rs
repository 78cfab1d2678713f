//! `evt db push`.

use crate::cli::consequences::{Impossible, Warned, settle};
use crate::cli::session::with_session;
use crate::cli::{Skips, Tolerated, guard};
use crate::config::{Context, ProjectArgs};
use crate::error::{Error, Exit};
use crate::migrations::push::{compare, execute};
use crate::migrations::reset;
use crate::output::Output;

/// Bring the database to the schema without making a migration: for prototypes
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt db push
  evt db push --accept-data-loss")]
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
        let external = session.external()?;
        let push = Box::pin(compare(&mut db, &session.target(), &session.scope, &external)).await?;
        let warned = Warned {
            accepted: args.accept_data_loss,
            question: "Go on?",
            command: "db push",
            unasked: "say yes with `--accept-data-loss`",
        };
        let impossible = Impossible::Stop("change the schema or the data, or drop all data with `--force-reset`");
        settle(&push.consequences, &impossible, &warned, context, out)?;
        if push.steps.is_empty() {
            let now = if args.force_reset { "now" } else { "already" };
            out.line("");
            out.good(format!("The database is {now} in sync with the schema."));
            args.skips.generate(&session.project, context, out);
            return Ok(Exit::Success);
        }
        let transactions = execute(&mut db, &push.steps.script).await?;
        if transactions > 1 {
            out.note(format!(
                "It took {transactions} transactions: a new value of an enum can only be used after the one that adds it."
            ));
        }
        out.line("");
        out.good("The database is now in sync with the schema.");
        args.skips.generate(&session.project, context, out);
        Ok(Exit::Success)
    })
}
