//! `evt migrate status`.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::catalog::tree::{Mark, tree};
use crate::cli::Tolerated;
use crate::cli::baseline::first_migration;
use crate::cli::session::{Session, tell_of, with_session};
use crate::config::{Context, ProjectArgs};
use crate::error::{Error, Exit};
use crate::migrations::drift::{Checked, Drift, Expectations, Origin, drift};
use crate::migrations::status::{Reading, Relation, Stop, Unfinished, status_and_history};
use crate::migrations::{History, Status};
use crate::output::{ColumnSpec, Output, WideTable, drift_json, duration, number, plural, text_column, whole_column};

/// Compare the migrations folder with the database, and the database with what its migrations made
///
/// Writes nothing. Ends with 1 if something is to be done: migrations are pending, failed, edited or missing, or the
/// database was changed by other means.
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
    /// Do not look for drift
    #[arg(long)]
    no_drift: bool,
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
        let mut db = session.connect(out).await?;
        let (status, history) = status_and_history(&mut db, &directory, Reading::Honest).await?;
        let drift = if args.no_drift {
            None
        } else {
            let (shadow, cache, external) = (session.shadow(&db)?, session.cache(), session.external()?);
            let expectations = Expectations {
                state: session.project.settings.state.as_deref(),
                cache: Some(&cache),
                shadow: &shadow,
                scope: &session.scope,
                external: &external,
            };
            let drift = Box::pin(drift(&mut db, &directory, &history, &status, &expectations)).await?;
            tell_of(&shadow, out);
            Some(drift)
        };
        let drifted = matches!(&drift, Some(Drift::Checked(checked)) if !checked.comparison.is_empty());
        if args.json {
            out.json(&as_json(&status, drift.as_ref()));
        } else {
            show(&status, &history, drifted, &session, &args.project, out);
            if let Some(drift) = &drift {
                show_drift(drift, out);
            }
        }
        Ok(if status.needs_attention() || drifted { Exit::Failure } else { Exit::Success })
    })
}

fn show(status: &Status, history: &History, drifted: bool, session: &Session, project: &ProjectArgs, out: &mut Output) {
    let folder = session.shown_directory().display().to_string();
    out.line("");
    match status.found.len() {
        0 => out.line(format!("No migrations found in {folder}")),
        count => out.line(format!("{} found in {folder}", plural(count, "migration"))),
    }
    out.line("");
    if !status.has_history && status.found.is_empty() {
        out.paragraph("This database has no migration history, and there are no migrations.", 0);
        out.hint("create the first migration with `evt migrate dev`");
        return out.hint(format!("or, for a database that exists already, {}", first_migration(session, project)));
    }
    if let Some(holder) = &status.running {
        let facts: Vec<String> = holder.facts().iter().map(|(name, value)| format!("{name} {value}")).collect();
        out.paragraph(&format!("A migration run is going on: {}", facts.join(", ")), 2);
        out.line("");
    }
    let rows = rows(status, history);
    if rows.is_empty() {
        if drifted {
            return out.line("All migrations are applied.");
        }
        return out.good("The database is up to date.");
    }
    out.wide_table(&WideTable { columns: &COLUMNS, rows });
    out.line("");
    if status.relation() == Relation::Diverged {
        let common = status.last_common.as_deref().map_or("none".to_owned(), |name| format!("`{name}`"));
        out.paragraph(
            &format!("The folder and the database have different histories; last common migration: {common}"),
            0,
        );
        out.line("");
    }
    for (names, state, hint) in problems(status) {
        if let Some(first) = names.first() {
            let goes_on = status.unfinished.iter().all(|unfinished| matches!(unfinished.stop, Stop::GoesOn { .. }));
            let hint = if state == FAILED && goes_on && status.unfinished.len() == 1 {
                "`evt migrate deploy` goes on with `<name>` where it stopped, once the cause is removed"
            } else {
                hint
            };
            out.hint(hint.replace("<name>", first));
        }
    }
}

const FAILED: &str = "failed";

/// What is said about a migration, with what is left out first where there is little room.
const COLUMNS: [ColumnSpec; 5] = [
    text_column("Migration", 0),
    text_column("State", 0),
    whole_column("Started (UTC)", 2),
    text_column("Why", 1),
    number("Took", 3),
];

/// A row for each migration that is not in order, worst first: the cells of [`COLUMNS`].
fn rows(status: &Status, history: &History) -> Vec<Vec<String>> {
    let mut found: Vec<(&String, Vec<String>)> = Vec::new();
    for (names, state, _) in problems(status) {
        for name in names {
            let unfinished = status.unfinished.iter().find(|unfinished| unfinished.name == *name);
            let state = match unfinished {
                Some(unfinished) if state == FAILED => far(unfinished.stop),
                _ if status.rolled_back.contains(name) => "rolled back, not applied".to_owned(),
                _ => state.to_owned(),
            };
            match found.iter_mut().find(|(known, _)| *known == name) {
                // Only a failed one is named twice.
                Some((_, all)) => all.push("edited since".to_owned()),
                None => found.push((name, vec![state])),
            }
        }
    }
    let row = |(name, states): (&String, Vec<String>)| {
        let last = history.of(name).last();
        let took = last.and_then(|record| record.milliseconds).map(Duration::from_millis);
        vec![
            name.clone(),
            states.join("; "),
            last.map(|record| record.started_at.chars().take("YYYY-MM-DD HH:MM:SS".len()).collect())
                .unwrap_or_default(),
            last.filter(|record| !record.finished)
                .and_then(|record| record.logs.as_deref())
                .map(reason)
                .unwrap_or_default(),
            took.map(duration).unwrap_or_default(),
        ]
    };
    found.into_iter().map(row).collect()
}

/// The line of a failure's report that says what the server said, else the first.
fn reason(logs: &str) -> String {
    let lines = || logs.lines().map(str::trim).filter(|line| !line.is_empty());
    let severe = |line: &&str| ["ERROR", "FATAL", "PANIC"].iter().any(|severity| line.starts_with(severity));
    lines().find(severe).or_else(|| lines().next()).unwrap_or_default().to_owned()
}

/// How far an unfinished migration came, in words.
fn far(stop: Stop) -> String {
    match stop {
        Stop::GoesOn { done, of } => format!("stopped behind {done} of {of} segments, can go on"),
        Stop::Edited { done } => format!("stopped behind {}, and edited since", plural(done, "segment")),
        Stop::InDoubt { done } => format!("stopped in the statement behind {}", plural(done, "segment")),
        Stop::Refused => FAILED.to_owned(),
        Stop::Silent => "started, and ended without a word".to_owned(),
    }
}

/// What is not in order, worst first: the migrations, what is wrong with them, what to do about it.
fn problems(status: &Status) -> [(&Vec<String>, &'static str, &'static str); 4] {
    [
        (
            &status.failed,
            FAILED,
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

/// What is different, as a tree and as SQL in both directions; or why nobody knows.
fn show_drift(drift: &Drift, out: &mut Output) {
    let Checked { origin, comparison, undo, keep } = match drift {
        Drift::NotChecked(reason) => return out.note(format!("Not checked for drift: {reason}.")),
        Drift::Checked(checked) => &**checked,
    };
    let source = match origin {
        Origin::Snapshot { taken_at, since: None } => format!("the snapshot of {taken_at}"),
        Origin::Snapshot { taken_at, since: Some(since) } if since == taken_at => {
            format!("the snapshot of {taken_at}, the first: what was different then is not known")
        }
        Origin::Snapshot { taken_at, since: Some(since) } => {
            format!("the snapshot of {taken_at}; what was different before {since} is not known")
        }
        Origin::Cache => "an earlier replay of the migrations".to_owned(),
        Origin::Replay => "a replay of the migrations".to_owned(),
    };
    let partitions = [("new", &comparison.new_partitions), ("gone", &comparison.gone_partitions)];
    for (word, list) in partitions.into_iter().filter(|(_, list)| !list.is_empty()) {
        let count = plural(list.len(), "partition");
        out.note(format!("{count} {word} since then: partitions come and go with the data"));
    }
    if comparison.is_empty() {
        return out.note(format!("No drift: compared with {source}."));
    }
    out.line("");
    out.bad(format!("Drift: the database is not what its migrations made. Compared with {source}:"));
    out.line("");
    for line in tree(comparison) {
        out.tree_line(&line);
    }
    out.legend(&[(Mark::Added, "should not be there"), (Mark::Removed, "is missing"), (Mark::Altered, "is different")]);
    for (title, sql) in [("To put the database back:", undo), ("To keep what is there, as a migration:", keep)] {
        out.line("");
        out.line(title);
        out.line("");
        for line in sql.lines() {
            out.line(format!("  {line}"));
        }
    }
}

fn unfinished_json(unfinished: &Unfinished) -> Value {
    let (stop, done, of) = match unfinished.stop {
        Stop::GoesOn { done, of } => ("goesOn", Some(done), Some(of)),
        Stop::Edited { done } => ("edited", Some(done), None),
        Stop::InDoubt { done } => ("inDoubt", Some(done), None),
        Stop::Refused => ("refused", None, None),
        Stop::Silent => ("silent", None, None),
    };
    json!({ "name": unfinished.name, "startedAt": unfinished.started_at, "stop": stop, "done": done, "of": of })
}

/// `version` changes when a field changes its meaning or goes.
fn as_json(status: &Status, drift: Option<&Drift>) -> Value {
    let drifted = matches!(drift, Some(Drift::Checked(checked)) if !checked.comparison.is_empty());
    json!({
        "version": 1,
        "upToDate": !status.needs_attention() && !drifted,
        "hasHistory": status.has_history,
        "found": status.found,
        "pending": status.pending,
        "rolledBack": status.rolled_back,
        "failed": status.failed,
        "unfinished": status.unfinished.iter().map(unfinished_json).collect::<Vec<_>>(),
        "running": status.running.as_ref().map(|holder| {
            holder.facts().into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect::<Map<_, _>>()
        }),
        "edited": status.edited,
        "missing": status.missing,
        "lastCommon": status.last_common,
        "drift": drift.map(drift_json),
    })
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn reasons() {
        for (logs, expected) in [
            (
                "migration `1_a` failed\n  --> 1_a/migration.sql:1:1\n1 | x\n  | ^\nERROR 42601: syntax error",
                "ERROR 42601: syntax error",
            ),
            (
                "A migration failed.\n\nDatabase error:\nERROR: relation \"a\" does not exist\n\nmore",
                "ERROR: relation \"a\" does not exist",
            ),
            ("\n  stopped half-way\nand more", "stopped half-way"),
            ("", ""),
        ] {
            assert_eq!(reason(logs), expected, "{logs:?}");
        }
    }
}
