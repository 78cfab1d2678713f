//! `evt migrate log`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::Tolerated;
use crate::cli::session::with_session;
use crate::config::{Context, ProjectArgs};
use crate::error::{Error, Exit};
use crate::migrations::records::{RecordedRun, runs};
use crate::output::{ColumnSpec, Output, WideTable, duration, number, text_column, whole_column};

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
        let mut db = session.connect(out).await?;
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
        out.wide_table(&WideTable { columns: &COLUMNS, rows });
        Ok(Exit::Success)
    })
}

/// What is said about a run, with what is left out first where there is little room.
const COLUMNS: [ColumnSpec; 7] = [
    number("Run", 0),
    whole_column("Started (UTC)", 1),
    number("Took", 5),
    text_column("By", 4),
    whole_column("Command", 2),
    number("Applied", 3),
    whole_column("Outcome", 0),
];

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
        run.started_at.trim_end_matches(" UTC").to_owned(),
        run.milliseconds.map_or_else(|| "?".to_owned(), |took| duration(Duration::from_millis(took))),
        who,
        run.command.clone(),
        applied.to_string(),
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

#[cfg(test)]
mod tests {
    use super::{COLUMNS, row};
    use crate::migrations::records::{RecordedRun, RecordedStep};
    use crate::output::{WideTable, screen};

    fn run(id: &str, outcome: &str, steps: &[(&str, &str)]) -> RecordedRun {
        let step = |(migration, outcome): &(&str, &str)| RecordedStep {
            migration: (*migration).to_owned(),
            milliseconds: Some(3),
            outcome: (*outcome).to_owned(),
        };
        RecordedRun {
            id: id.to_owned(),
            started_at: "2026-01-02 03:04:05 UTC".to_owned(),
            milliseconds: Some(61_500),
            command: "migrate deploy".to_owned(),
            outcome: outcome.to_owned(),
            error: None,
            role: "app".to_owned(),
            os_user: Some("ci".to_owned()),
            host: Some("runner-7".to_owned()),
            evt_version: "0.1.0".to_owned(),
            commit: None,
            steps: steps.iter().map(step).collect(),
        }
    }

    #[test]
    fn as_wide_as_the_terminal() {
        let runs = [
            run("12", "failed", &[("20260102000000_add_rooms", "applied"), ("20260103000000_wrong", "failed")]),
            run("9", "succeeded", &[("20260101000000_init", "applied")]),
        ];
        for (width, expected) in [
            (
                50,
                "  Run  Outcome
   12  failed: 20260103000000_wrong
    9  succeeded
",
            ),
            (
                80,
                "  Run  Started (UTC)        Command         Outcome
   12  2026-01-02 03:04:05  migrate deploy  failed: 20260103000000_wrong
    9  2026-01-02 03:04:05  migrate deploy  succeeded
",
            ),
            (
                120,
                "  Run  Started (UTC)             Took  By           Command         Applied  Outcome
   12  2026-01-02 03:04:05  1 min 1 s  ci@runner-7  migrate deploy        1  failed: 20260103000000_wrong
    9  2026-01-02 03:04:05  1 min 1 s  ci@runner-7  migrate deploy        1  succeeded
",
            ),
        ] {
            let rows = runs.iter().map(row).collect();
            let shown = screen(width, |out| out.wide_table(&WideTable { columns: &COLUMNS, rows }));
            assert_eq!(shown, expected, "{width}");
        }
    }
}
