//! `evt db vacuum`.

use std::time::Duration;

use serde_json::{Value, json};

use super::target::Target;
use crate::cli::session::connect;
use crate::cli::{block_on, confirm, interrupted, may_ask};
use crate::config::Context;
use crate::config::environment::PATH;
use crate::db::local::Reached;
use crate::db::{Connection, lock};
use crate::error::{Error, Exit};
use crate::maintenance::vacuum::{
    Outcome, Plan, TableResult, VacuumOptions, VacuumProgress, VacuumReport, plan, vacuum,
};
use crate::output::{ColumnSpec, Output, WideTable, bytes, count, number, plural, span, text_column, visible};

/// Remove dead rows from tables, and renew what the planner knows of them
///
/// Without names all tables of the database are cleaned up, one after the other. Names are those of SQL: `orders`,
/// `sales.orders`, `"Order Items"`. Ends with 1 if a table that was named, or that somebody else locked, was left out.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt db vacuum")]
pub(crate) struct VacuumArgs {
    /// Tables
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,
    /// Write each table anew and give the room of dead rows back; nobody can use the table meanwhile
    #[arg(long)]
    full: bool,
    /// Also renew the planner's statistics
    #[arg(long)]
    analyze: bool,
    /// With `--full`: do not ask
    #[arg(short, long)]
    force: bool,
    /// Only tables in these schemas of the database
    #[arg(long, value_name = "NAME", value_delimiter = ',', conflicts_with = "tables")]
    schemas: Vec<String>,
    /// Leave a table out that somebody else uses for so long; 0 waits for ever [default: 10]
    #[arg(long, value_name = "SECONDS")]
    lock_timeout: Option<u64>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

pub(crate) fn run(args: &VacuumArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    if args.json {
        out.json_only();
    }
    let (settings, url) = args.target.load(context)?;
    let seconds = args.lock_timeout.or(settings.lock_timeout_s);
    let lock_timeout_ms = Some(lock::timeout_ms(seconds));
    let options = VacuumOptions { full: args.full, analyze: args.analyze, lock_timeout_ms };
    let reached = Reached::new(&url, context.environment.get(PATH).map(std::ffi::OsStr::new))?;
    block_on(async {
        let mut db = connect(&reached, out).await?;
        let namespaces = (!args.schemas.is_empty()).then_some(args.schemas.as_slice());
        let plan = plan(&mut db, &args.tables, namespaces, options).await?;
        if args.full {
            agree(&plan, args, context, out)?;
        }
        let bar = out.weighted_progress(plan.bytes());
        // Without a second connection the work goes on unseen.
        let unseen = bar.is_hidden() || db.serves_one();
        let watcher = if unseen { None } else { Connection::open(&reached.url).await.ok() };
        let report = vacuum(&mut db, watcher.as_ref(), &plan, interrupted(), &mut |progress| match progress {
            VacuumProgress::At { name, bytes, phase, waits_for } => {
                bar.set_position(bytes);
                let doing = match (waits_for, phase) {
                    ([], None) => String::new(),
                    ([], Some(phase)) => format!(": {phase}"),
                    ([first, ..], _) => format!(": waits for process {first}"),
                };
                bar.set_message(format!("{}{doing}", visible(&name.to_string())));
            }
            VacuumProgress::Stopping => bar.set_message("stopping"),
        })
        .await?;
        bar.finish_and_clear();
        let exit = exit(&report, !args.tables.is_empty());
        if args.json {
            out.json(&as_json(&report));
        } else {
            show(&report, args, out);
        }
        match report.failure {
            // With `--json` the error is in the result already.
            Some((name, source)) if !args.json => Err(Error::Vacuum { name: name.to_string(), source }),
            _ => Ok(exit),
        }
    })
}

/// A full vacuum locks everybody out: a person has to want it.
fn agree(plan: &Plan, args: &VacuumArgs, context: &Context, out: &mut Output) -> Result<(), Error> {
    if args.force || plan.tables() == 0 {
        return Ok(());
    }
    let what = format!(
        "a full vacuum writes {} anew ({}): nobody can read or change a table meanwhile, and the disk needs room for \
         the second copy",
        plural(plan.tables(), "table"),
        bytes(plan.bytes())
    );
    if !may_ask(context).can_prompt {
        return Err(Error::refused(what, "give `--force` if that is wanted; without `--full` nobody has to wait"));
    }
    out.warning(&what);
    if confirm("Go on?")? { Ok(()) } else { Err(Error::Cancelled) }
}

fn exit(report: &VacuumReport, named: bool) -> Exit {
    let left_out = |outcome: &Outcome| matches!(outcome.result, TableResult::Skipped { locked, .. } if locked || named);
    if report.interrupted {
        Exit::Cancelled
    } else if report.failure.is_some() || report.outcomes.iter().any(left_out) {
        Exit::Failure
    } else {
        Exit::Success
    }
}

const DONE: [ColumnSpec; 6] = [
    text_column("Table", 0),
    number("Before", 2),
    number("After", 1),
    number("Freed", 0),
    text_column("Dead rows", 0),
    number("Time", 3),
];

/// Tables of which nothing more is to be said than that they are done are counted when there are more.
const SHOWN: usize = 20;

fn show(report: &VacuumReport, args: &VacuumArgs, out: &mut Output) {
    let mut done: Vec<(u64, Duration, Vec<String>)> = report.outcomes.iter().filter_map(of_done).collect();
    let count = done.len();
    // What was worth it comes first.
    done.sort_by_key(|(freed, took, _)| (std::cmp::Reverse(*freed), std::cmp::Reverse(*took)));
    let freed: u64 = done.iter().map(|(freed, ..)| freed).sum();
    let took: Duration = done.iter().map(|(_, took, _)| took).sum();
    if !done.is_empty() {
        let rows = done.into_iter().take(SHOWN).map(|(.., row)| row).collect();
        out.wide_table(&WideTable { columns: &DONE, rows });
        if count > SHOWN {
            out.line(format!("  and {} more: `--json`", count - SHOWN));
        }
        out.line("");
    }
    let skipped: Vec<Vec<String>> = report
        .outcomes
        .iter()
        .filter_map(|outcome| match &outcome.result {
            TableResult::Skipped { reason, .. } => Some(vec![outcome.name.to_string(), reason.clone()]),
            TableResult::Cancelled => Some(vec![outcome.name.to_string(), "ended early".to_owned()]),
            TableResult::Done { .. } => None,
        })
        .collect();
    if !skipped.is_empty() {
        let more = skipped.len().saturating_sub(SHOWN);
        let rows = skipped.into_iter().take(SHOWN).collect();
        out.wide_table(&WideTable { columns: &[text_column("Left out", 0), text_column("Why", 0)], rows });
        if more > 0 {
            out.line(format!("  and {more} more: `--json`"));
        }
        out.line("");
    }
    let analyzed = if args.analyze { " and analyzed" } else { "" };
    let words = format!(
        "{} vacuumed{analyzed} in {}, {} given back",
        plural(count, "table"),
        span(i64::try_from(took.as_micros()).unwrap_or(i64::MAX)),
        if freed == 0 { "nothing".to_owned() } else { bytes(freed) }
    );
    if report.interrupted || report.failure.is_some() {
        out.line(words);
    } else {
        out.good(words);
    }
    let left: u64 = report.outcomes.iter().filter_map(dead_left).sum();
    if left > 0 {
        out.hint(format!(
            "{} are left: those that an open transaction may still see, which `evt db stats` shows, and those that are too \
             few to clean indexes for",
            plural(usize::try_from(left).unwrap_or(usize::MAX), "dead row")
        ));
    }
}

fn dead_left(outcome: &Outcome) -> Option<u64> {
    match outcome.result {
        TableResult::Done { dead_after, .. } => dead_after,
        TableResult::Skipped { .. } | TableResult::Cancelled => None,
    }
}

fn of_done(outcome: &Outcome) -> Option<(u64, Duration, Vec<String>)> {
    let TableResult::Done { took, bytes: sizes, dead_before, dead_after } = &outcome.result else { return None };
    let freed = sizes.map_or(0, |(before, after)| before.saturating_sub(after));
    let size = |size: Option<u64>| size.map(bytes).unwrap_or_default();
    let dead = match dead_after {
        Some(0) | None => count(*dead_before),
        Some(after) => format!("{} ({} left)", count(*dead_before), count(*after)),
    };
    let row = vec![
        visible(&outcome.name.to_string()),
        size(sizes.map(|(before, _)| before)),
        size(sizes.map(|(_, after)| after)),
        bytes(freed),
        dead,
        span(i64::try_from(took.as_micros()).unwrap_or(i64::MAX)),
    ];
    Some((freed, *took, row))
}

/// `version` changes when a field changes its meaning or goes. `outcome` is `done`, `skipped` or `cancelled`; sizes are
/// bytes, and `null` where nobody knows.
fn as_json(report: &VacuumReport) -> Value {
    let table = |outcome: &Outcome| {
        let mut value = json!({ "schema": outcome.name.namespace, "name": outcome.name.name });
        match &outcome.result {
            TableResult::Done { took, bytes, dead_before, dead_after } => {
                value["outcome"] = "done".into();
                value["milliseconds"] = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).into();
                value["bytesBefore"] = bytes.map(|(before, _)| before).into();
                value["bytesAfter"] = bytes.map(|(_, after)| after).into();
                value["deadRowsBefore"] = (*dead_before).into();
                value["deadRowsAfter"] = (*dead_after).into();
            }
            TableResult::Skipped { reason, locked } => {
                value["outcome"] = "skipped".into();
                value["reason"] = reason.as_str().into();
                value["locked"] = (*locked).into();
            }
            TableResult::Cancelled => value["outcome"] = "cancelled".into(),
        }
        value
    };
    let failure = report
        .failure
        .as_ref()
        .map(|(name, source)| json!({ "schema": name.namespace, "name": name.name, "message": source.to_string() }));
    json!({
        "version": 1,
        "tables": report.outcomes.iter().map(table).collect::<Vec<_>>(),
        "interrupted": report.interrupted,
        "failure": failure,
    })
}
