//! `evt migrate export`.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::bridge::{BridgeArgs, Tool};
use crate::cli::block_on;
use crate::cli::session::with_session;
use crate::config::{Context, Project};
use crate::error::{Error, Exit};
use crate::migrations::Directory;
use crate::migrations::bridge::export::Seed;
use crate::migrations::bridge::{self, Exported, Trouble, Width, export};
use crate::output::{Output, plural};

/// Write the migrations as files for refinery, and its history if asked
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt migrate export --to refinery --output src/migrations
  evt migrate export --to refinery --output src/migrations --with-history
  evt migrate export --to refinery --output src/migrations --dry-run --json")]
pub(crate) struct ExportArgs {
    /// Which tool the files are for
    #[arg(long, value_name = "TOOL")]
    to: Tool,
    /// The folder for the files; what it has already keeps its numbers
    #[arg(long, value_name = "FOLDER")]
    output: PathBuf,
    /// Also record in the database, for refinery, what is applied
    #[arg(long)]
    with_history: bool,
    /// The table for that
    #[arg(long, value_name = "NAME", default_value = bridge::TABLE, requires = "with_history")]
    table: String,
    /// The program has refinery's feature `int8-versions`; a table that exists shows it by itself
    #[arg(long, requires = "with_history")]
    int8_versions: bool,
    #[command(flatten)]
    common: BridgeArgs,
}

pub(crate) fn run(args: &ExportArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    args.common.begin(out);
    let Tool::Refinery = args.to;
    if args.with_history {
        return with_session(&args.common.project, context, out, async |session, out| {
            let session = session.wait_for_lock(args.common.lock_timeout);
            let directory = session.directory()?;
            let mut db = session.connect(out).await?;
            let options = args.common.options(&args.output, &args.table, session.lock_timeout());
            let width = if args.int8_versions { Width::Int8 } else { Width::Int4 };
            let seed = Seed { db: &mut db, width };
            let exported = export(&directory, &options, Some(seed)).await?;
            Ok(report(args, &exported, out))
        });
    }
    // Files alone need no database.
    let project = Project::load(&args.common.project, context)?;
    out.notes(&project.settings.notes);
    let directory = Directory::read(&project.shown_migrations())?;
    let options = args.common.options(&args.output, &args.table, None);
    let exported = block_on(async { Ok(export(&directory, &options, None).await?) })?;
    Ok(report(args, &exported, out))
}

fn report(args: &ExportArgs, exported: &[Exported], out: &mut Output) -> Exit {
    let troubled = exported.iter().filter_map(|migration| Some((migration, migration.trouble.as_ref()?)));
    for (migration, trouble) in troubled {
        out.warning(match trouble {
            Trouble::Fails(reason) => {
                format!("refinery cannot run `{}`, since it runs all in transactions: {reason}", migration.path.display())
            }
            Trouble::EndsTransaction(reason) => format!(
                "`{}` ends the transaction of refinery before its row is written, so a failure may leave a part: {reason}",
                migration.path.display()
            ),
        });
    }
    if args.common.json {
        let migrations: Vec<Value> = exported.iter().map(as_json).collect();
        out.json(&json!({ "version": 1, "dryRun": args.common.dry_run, "migrations": migrations }));
        return Exit::Success;
    }
    out.line("");
    if exported.is_empty() {
        out.line("There are no migrations to export.");
        return Exit::Success;
    }
    let rows: Vec<Vec<String>> = exported.iter().map(|migration| row(migration, args.with_history)).collect();
    let mut heads = vec!["Migration", "File", "Folder"];
    if args.with_history {
        heads.push("History");
    }
    out.table(&heads, &rows);
    out.line("");
    let files = exported.iter().filter(|migration| migration.new_in_folder).count();
    let history = exported.iter().filter(|migration| migration.new_in_history == Some(true)).count();
    let (files, folder) = (plural(files, "file"), args.output.display());
    let history =
        if args.with_history { format!(", {} into `{}`", plural(history, "row"), args.table) } else { String::new() };
    if args.common.dry_run {
        out.line(format!("{files} would be written into {folder}{history}; nothing was done."));
    } else {
        out.good(format!("{files} written into {folder}{history}."));
    }
    Exit::Success
}

fn row(migration: &Exported, with_history: bool) -> Vec<String> {
    let mut row = vec![
        migration.name.clone(),
        migration.path.display().to_string(),
        if migration.new_in_folder { "new" } else { "there already" }.to_owned(),
    ];
    if with_history {
        row.push(
            match migration.new_in_history {
                None => "pending",
                Some(true) => "applied",
                Some(false) => "applied, there already",
            }
            .to_owned(),
        );
    }
    row
}

/// `version` changes when a field changes its meaning or goes.
fn as_json(migration: &Exported) -> Value {
    let (trouble, reason) = match &migration.trouble {
        None => (None, None),
        Some(Trouble::Fails(reason)) => (Some("fails"), Some(reason)),
        Some(Trouble::EndsTransaction(reason)) => (Some("ends-transaction"), Some(reason)),
    };
    json!({
        "name": migration.name,
        "file": migration.path,
        "newInFolder": migration.new_in_folder,
        "newInHistory": migration.new_in_history,
        "trouble": trouble,
        "reason": reason,
    })
}
