//! `evt migrate log`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::Tolerated;
use crate::cli::session::with_session;
use crate::config::{Context, ProjectArgs};
use crate::error::{Error, Exit};
use crate::migrations::records::{RecordedRun, runs};
use crate::output::{Output, duration};

/// Show who ran migrations on the database: when, for how long, and what came of it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt migrate log
  evt migrate log --number 100 --json")]
pub(crate) struct LogArgs {
    /// How many runs, from the newest
    #[arg(short, long, value_name = "COUNT", default_value_t = 20)]
    number: u32,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    tolerated: Tolerated,
}

pub(crate) fn run(args: &LogArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    if args.json {
        out.json_only();
    }
    args.tolerated.warn(out);
    with_session(&args.project, context, out, async |session, out| {
        let Some(schema) = &session.project.settings.state else {
            return Err(Error::refused(
                "evt's own records are switched off",
                "remove `state = \"off\"` or `EVT_STATE`",
            ));
        };
        let mut db = session.connect().await?;
        let runs = runs(&mut db, schema, args.number).await?.unwrap_or_default();
        if args.json {
            let runs: Vec<Value> = runs.iter().map(as_json).collect();
            out.json(&json!({ "version": 1, "runs": runs }));
            return Ok(Exit::Success);
        }
        out.line("");
        if runs.is_empty() {
            out.line("No run is recorded in this database.");
            return Ok(Exit::Success);
        }
        let rows: Vec<Vec<String>> = runs.iter().map(row).collect();
        out.table(&["Run", "Started", "Took", "By", "Command", "Migrations", "Outcome"], &rows);
        Ok(Exit::Success)
    })
}

fn row(run: &RecordedRun) -> Vec<String> {
    let who = match (&run.os_user, &run.host) {
        (Some(user), Some(host)) => format!("{user}@{host}"),
        (Some(name), None) | (None, Some(name)) => name.clone(),
        (None, None) => run.role.clone(),
    };
    let applied = run.steps.iter().filter(|step| step.outcome == "applied").count();
    let outcome = match run.steps.iter().find(|step| step.outcome != "applied") {
        Some(step) => format!("{}: {}", run.outcome, step.migration),
        None => run.outcome.clone(),
    };
    vec![
        run.id.clone(),
        run.started_at.clone(),
        run.milliseconds.map_or_else(|| "?".to_owned(), |took| duration(Duration::from_millis(took))),
        who,
        run.command.clone(),
        format!("{applied} applied"),
        outcome,
    ]
}

/// `version` changes when a field changes its meaning or goes.
fn as_json(run: &RecordedRun) -> Value {
    let steps = run
        .steps
        .iter()
        .map(|step| json!({ "migration": step.migration, "milliseconds": step.milliseconds, "outcome": step.outcome }));
    json!({
        "id": run.id.parse::<u64>().ok(),
        "startedAt": run.started_at,
        "milliseconds": run.milliseconds,
        "command": run.command,
        "outcome": run.outcome,
        "error": run.error,
        "role": run.role,
        "user": run.os_user,
        "host": run.host,
        "evtVersion": run.evt_version,
        "commit": run.commit,
        "migrations": steps.collect::<Vec<Value>>(),
    })
}
