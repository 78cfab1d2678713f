//! `evt migrate status`.

use serde_json::{Value, json};

use crate::cli::Tolerated;
use crate::cli::session::with_session;
use crate::config::{Context, ProjectArgs};
use crate::error::{Error, Exit};
use crate::migrations::status::Relation;
use crate::migrations::{Status, status};
use crate::output::{Output, plural};

/// Compare the migrations folder with the database
///
/// Reads only. Ends with 1 if something is to be done: migrations are pending, failed, edited or missing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt migrate status
  evt migrate status --json")]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    project: ProjectArgs,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    tolerated: Tolerated,
}

pub(crate) fn run(args: &StatusArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    if args.json {
        out.json_only();
    }
    args.tolerated.warn(out);
    with_session(&args.project, context, out, async |session, out| {
        let directory = session.directory()?;
        let mut db = session.connect().await?;
        let status = status(&mut db, &directory).await?;
        if args.json {
            out.json(&as_json(&status));
        } else {
            show(&status, &session.shown_directory().display().to_string(), out);
        }
        Ok(if status.needs_attention() { Exit::Failure } else { Exit::Success })
    })
}

fn show(status: &Status, folder: &str, out: &mut Output) {
    out.line("");
    match status.found.len() {
        0 => out.line(format!("No migrations found in {folder}")),
        count => out.line(format!("{} found in {folder}", plural(count, "migration"))),
    }
    out.line("");
    if !status.has_history && status.found.is_empty() {
        out.line("This database has no migration history, and there are no migrations.");
        return out.hint(
            "create the first migration with `evt migrate dev`; for a database that exists already, record its state \
             with `evt migrate diff --from-empty --to-schema <schema> --script` and `evt migrate resolve --applied`",
        );
    }
    let rows: Vec<Vec<String>> = problems(status)
        .into_iter()
        .flat_map(|(names, state, _)| names.iter().map(move |name| (name, state)))
        .map(|(name, state)| {
            let state = if status.rolled_back.contains(name) { "failed or rolled back, not applied" } else { state };
            vec![name.clone(), state.to_owned()]
        })
        .collect();
    if rows.is_empty() {
        return out.good("The database is up to date.");
    }
    out.table(&["Migration", "State"], &rows);
    out.line("");
    if status.relation() == Relation::Diverged {
        let common = status.last_common.as_deref().map_or("none".to_owned(), |name| format!("`{name}`"));
        out.line(format!("The folder and the database have different histories; last common migration: {common}"));
        out.line("");
    }
    for (names, _, hint) in problems(status) {
        if let Some(first) = names.first() {
            out.hint(hint.replace("<name>", first));
        }
    }
}

/// What is not in order, worst first: the migrations, what is wrong with them, what to do about it.
fn problems(status: &Status) -> [(&Vec<String>, &'static str, &'static str); 4] {
    [
        (
            &status.failed,
            "failed",
            "repair what `<name>` left, then `evt migrate resolve --applied \"<name>\"`; or undo it, then \
             `evt migrate resolve --rolled-back \"<name>\"` and deploy again",
        ),
        (
            &status.edited,
            "edited after it was applied",
            "restore the script of `<name>` from version control, and put the change into a new migration",
        ),
        (
            &status.missing,
            "applied, but not in the folder",
            "restore `<name>` from version control, or get the newest state of the project",
        ),
        (
            &status.pending,
            "not applied",
            "apply pending migrations with `evt migrate deploy`, in development with `evt migrate dev`",
        ),
    ]
}

/// `version` changes when a field changes its meaning or goes.
fn as_json(status: &Status) -> Value {
    json!({
        "version": 1,
        "upToDate": !status.needs_attention(),
        "hasHistory": status.has_history,
        "found": status.found,
        "pending": status.pending,
        "rolledBack": status.rolled_back,
        "failed": status.failed,
        "edited": status.edited,
        "missing": status.missing,
        "lastCommon": status.last_common,
    })
}
