//! `evt migrate dev`.

use inquire::Text;
use jiff::Timestamp;

use super::deploy::apply_showing;
use crate::cli::baseline::first_migration;
use crate::cli::consequences::{Impossible, Warned, settle};
use crate::cli::db::seed;
use crate::cli::session::{Session, tell_of, with_session};
use crate::cli::{Skips, Tolerated, answered, may_ask};
use crate::config::{Context, ProjectArgs};
use crate::db::Connection;
use crate::error::{Error, Exit};
use crate::migrations::Steps;
use crate::migrations::dev::{ResetReason, diagnose};
use crate::migrations::status::Reading;
use crate::output::{Output, backticked, reset_reason};

const EDIT_FIRST: &str = "create the migration with `evt migrate dev --create-only`, edit it so that it can run, and \
                          apply it with `evt migrate dev`";
const DEPLOY_UNASKED: &str = "run it in a terminal; to apply existing migrations without questions, use `evt migrate \
                              deploy`";

/// Create a migration from the changes in the schema and apply it: for development
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt migrate dev --name add_rooms
  evt migrate dev --create-only --name backfill")]
pub(crate) struct DevArgs {
    #[command(flatten)]
    project: ProjectArgs,
    /// Name of the migration
    #[arg(short, long, value_name = "NAME")]
    name: Option<String>,
    /// Create the migration, but do not apply it
    #[arg(long)]
    create_only: bool,
    /// URL of the database
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    skips: Skips,
    #[command(flatten)]
    tolerated: Tolerated,
}

pub(crate) fn run(args: &DevArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    args.tolerated.warn(out);
    let project = ProjectArgs { url: args.url.clone(), ..args.project.clone() };
    with_session(&project, context, out, async |session, out| develop(args, context, &session, out).await)
}

async fn develop(args: &DevArgs, context: &Context, session: &Session, out: &mut Output) -> Result<Exit, Error> {
    let external = session.external()?;
    out.line("");
    let (mut db, created) = session.connect_or_create(out).await?;
    if created {
        out.line("");
    }
    let mut directory = session.directory()?;
    let spinner = out.spinner("Replaying the migrations");
    let (shadow, cache) = (session.shadow(&db)?, session.cache());
    let diagnosis = diagnose(&mut db, &directory, &shadow, &session.scope, &external, Some(&cache), Reading::Honest);
    let diagnosis = Box::pin(diagnosis).await;
    spinner.finish_and_clear();
    let diagnosis = diagnosis?;
    tell_of(&shadow, out);
    if !diagnosis.reset_reasons.is_empty() {
        return Ok(refuse(&diagnosis.reset_reasons, session, &args.project, out));
    }
    let pending =
        apply_showing(&mut db, &directory, &session.apply_options(), session.records("migrate dev").as_ref(), out)
            .await?;
    show_applied(&pending, session, out);
    let steps = Steps::asking(&mut db, &diagnosis.replayed, &session.target(), &external).await?;
    let consequences = steps.consequences(&mut db).await?;
    let (impossible, question) = if args.create_only {
        (Impossible::Tell, "Create this migration?")
    } else {
        (Impossible::Stop(EDIT_FIRST), "Create and apply this migration?")
    };
    let warned = Warned { accepted: false, question, command: "migrate dev", unasked: DEPLOY_UNASKED };
    settle(&consequences, &impossible, &warned, context, out)?;
    if steps.is_empty() && !args.create_only {
        let now = if pending.is_empty() { "already" } else { "now" };
        out.good(format!("The database is {now} in sync with the schema."));
        finish(args, session, db, created, context, out).await?;
        return Ok(Exit::Success);
    }
    let name = migration_name(args, context)?;
    let migration = directory.create(Timestamp::now(), &name, &steps.migration_file(&consequences))?;
    if args.create_only {
        out.good(format!("Migration `{}` is created and not applied.", migration.name));
        out.hint("edit its script if you like, then run `evt migrate dev` again to apply it");
        return Ok(Exit::Success);
    }
    let applied =
        apply_showing(&mut db, &directory, &session.apply_options(), session.records("migrate dev").as_ref(), out)
            .await?;
    show_applied(&applied, session, out);
    out.good("The database is now in sync with the schema.");
    finish(args, session, db, created, context, out).await?;
    Ok(Exit::Success)
}

/// Generates, and seeds a database that was made just now.
async fn finish(
    args: &DevArgs,
    session: &Session,
    db: Connection,
    created: bool,
    context: &Context,
    out: &mut Output,
) -> Result<(), Error> {
    args.skips.generate(&session.project, context, out);
    if created && session.seeds_by_itself() && !args.skips.seed(context) {
        seed::plant(&session.project.settings, db, &[], out).await?;
    }
    Ok(())
}

fn show_applied(applied: &[String], session: &Session, out: &mut Output) {
    if !applied.is_empty() {
        out.line("\nApplied:\n");
        out.migrations_tree(&session.shown_directory(), applied.iter().map(String::as_str));
        out.line("");
    }
}

/// Says why the database would have to be emptied. Nothing is.
fn refuse(reasons: &[ResetReason], session: &Session, project: &ProjectArgs, out: &mut Output) -> Exit {
    for reason in reasons {
        out.paragraphs(&format!("{}\n", reset_reason(reason, "")));
    }
    let at = session.url().location().map(|location| format!(" at {location}")).unwrap_or_default();
    out.paragraphs(&format!(
        "To go on, {} of database `{}`{at} would have to be emptied. Nothing has been changed.",
        backticked_schemas(&session.scope.namespaces),
        session.url().database()
    ));
    out.hint("run `evt migrate reset` to drop all data and apply all migrations again");
    if reasons.iter().any(|reason| matches!(reason, ResetReason::Drift { first_use: false, .. })) {
        out.hint(
            "or keep the data: `evt migrate status` shows the SQL that undoes the drift, and that which would keep it",
        );
    }
    if reasons.iter().any(|reason| matches!(reason, ResetReason::Drift { first_use: true, .. })) {
        out.hint(format!("or keep the data: {}", first_migration(session, project)));
    }
    Exit::Cancelled
}

fn backticked_schemas(namespaces: &[String]) -> String {
    let word = if namespaces.len() == 1 { "schema" } else { "schemas" };
    format!("{word} {}", backticked(namespaces.iter().map(String::as_str)))
}

/// The name that was given, or an answer, or none where nobody can be asked.
fn migration_name(args: &DevArgs, context: &Context) -> Result<String, Error> {
    if let Some(name) = &args.name {
        return Ok(name.clone());
    }
    if !may_ask(context).can_prompt {
        return Ok(String::new());
    }
    answered(Text::new("Name of the new migration:").prompt(), "give it with `--name`")
}
