//! `evt migrate deploy`.

use std::fmt::Write as _;

use serde_json::json;

use super::dry_run;
use crate::cli::Tolerated;
use crate::cli::baseline::advised;
use crate::cli::interrupt::on_interrupt;
use crate::cli::session::with_session;
use crate::config::{Context, ProjectArgs};
use crate::db::Connection;
use crate::db::lock::{Holder, Waiting};
use crate::error::{Error, Exit};
use crate::migrations::records::{Records, apply_recorded};
use crate::migrations::{ApplyOptions, Directory, Progress};
use crate::output::{Output, ProgressBar, plural};

/// Apply pending migrations: for production, staging and CI
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt migrate deploy
  evt migrate deploy --lock-timeout 60
  evt migrate deploy --json")]
pub(crate) struct DeployArgs {
    #[command(flatten)]
    project: ProjectArgs,
    /// Show what would be done, with the locks that it takes, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Longest wait for another migration run, in seconds; 0 is for ever
    #[arg(long, value_name = "SECONDS")]
    lock_timeout: Option<u64>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    tolerated: Tolerated,
}

impl DeployArgs {
    /// As if it were called for a project without flags of its own.
    pub(crate) fn of(project: ProjectArgs) -> Self {
        Self { project, dry_run: false, lock_timeout: None, json: false, tolerated: Tolerated::default() }
    }
}

pub(crate) fn run(args: &DeployArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    if args.json {
        out.json_only();
    }
    args.tolerated.warn(out);
    with_session(&args.project, context, out, async |session, out| {
        let session = session.wait_for_lock(args.lock_timeout);
        let directory = session.directory()?;
        let folder = session.shown_directory();
        let mut db = if args.dry_run { session.connect(out).await? } else { session.connect_or_create(out).await?.0 };
        out.line("");
        match directory.migrations.len() {
            0 => out.line(format!("No migrations found in {}", folder.display())),
            count => out.line(format!("{} found in {}", plural(count, "migration"), folder.display())),
        }
        out.line("");
        if args.dry_run {
            let planned = crate::migrations::dry_run(&mut db, &directory, &session.apply_options()).await;
            let planned = planned.map_err(|error| advised(error.into(), &session, &directory, &args.project))?;
            dry_run::show(&planned, out);
            if args.json {
                out.json(&dry_run::as_json(directory.migrations.len(), &planned));
            }
            return Ok(Exit::Success);
        }
        let applied = apply_showing(
            &mut db,
            &directory,
            &session.apply_options(),
            session.records("migrate deploy").as_ref(),
            out,
        )
        .await
        .map_err(|error| advised(error, &session, &directory, &args.project))?;
        if applied.is_empty() {
            out.good("No pending migrations to apply.");
        } else {
            out.line("\nApplied:\n");
            out.migrations_tree(&folder, applied.iter().map(String::as_str));
            out.line("");
            out.good(format!("All migrations are applied ({} now).", applied.len()));
        }
        if args.json {
            out.json(&json!({ "version": 1, "found": directory.migrations.len(), "applied": applied }));
        }
        Ok(Exit::Success)
    })
}

/// Applies what is pending, and says which migration runs; in a terminal also how many are left.
pub(crate) async fn apply_showing(
    db: &mut Connection,
    directory: &Directory,
    options: &ApplyOptions,
    records: Option<&Records>,
    out: &mut Output,
) -> Result<Vec<String>, Error> {
    let mut bar = None;
    let mut wait = None;
    let canceller = db.canceller();
    let (applied, notes) =
        apply_recorded(db, directory, options, records, &mut async |progress: Progress<'_>| match progress {
            Progress::Waiting(waiting) => show_wait(waiting, &mut wait, out),
            Progress::Pending(count) => {
                if let Some(wait) = wait.take() {
                    wait.finish_and_clear();
                }
                bar = (count > 1).then(|| out.progress(count as u64));
            }
            Progress::Applying(name) => {
                on_interrupt(Some(canceller.clone()));
                match &bar {
                    Some(bar) => bar.suspend(|| out.line(format!("Applying migration `{name}`"))),
                    None => out.line(format!("Applying migration `{name}`")),
                }
            }
            Progress::Applied(_) => {
                if let Some(bar) = &bar {
                    bar.inc(1);
                }
            }
        })
        .await;
    on_interrupt(None);
    for bar in [bar, wait].into_iter().flatten() {
        bar.finish_and_clear();
    }
    for note in notes {
        out.warning(note);
    }
    Ok(applied?)
}

/// Who is waited for: once as a remark, and in a terminal again and again as it changes.
fn show_wait(waiting: Waiting<'_>, shown: &mut Option<ProgressBar>, out: &mut Output) {
    let facts = waiting.holder.map(Holder::facts).unwrap_or_default();
    let first = shown.is_none();
    let spinner = shown.get_or_insert_with(|| out.spinner(""));
    if spinner.is_hidden() {
        if first {
            let facts: Vec<String> = facts.iter().map(|(name, value)| format!("{name} {value}")).collect();
            let facts = if facts.is_empty() { String::new() } else { format!(": {}", facts.join(", ")) };
            out.note(format!("Waiting for another migration run to end{facts}"));
        }
        return;
    }
    let limit = waiting.limit.map(|limit| format!(" of {} s", limit.as_secs())).unwrap_or_default();
    let mut text = format!("Waiting for another migration run to end ({} s{limit})", waiting.waited.as_secs());
    for (name, value) in facts {
        // A line that a terminal would break could not be drawn anew.
        let value: String = value.chars().take(SHOWN_CHARACTERS).collect();
        let _ = write!(text, "\n    {name:11} : {value}");
    }
    spinner.set_message(text);
}

/// Characters shown of what a session runs.
const SHOWN_CHARACTERS: usize = 60;
