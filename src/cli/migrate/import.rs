//! `evt migrate import`.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::bridge::{BridgeArgs, Tool};
use crate::cli::session::with_session;
use crate::config::Context;
use crate::error::{Error, Exit};
use crate::migrations::bridge::{self, Imported, import};
use crate::output::{Output, plural};

/// Take over the migrations and the history of refinery
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt migrate import --from refinery --dry-run
  evt migrate import --from refinery --folder src/migrations
  evt migrate import --from refinery --table audit.versions --json")]
pub(crate) struct ImportArgs {
    /// Whose migrations they are
    #[arg(long, value_name = "TOOL")]
    from: Tool,
    /// The folder of its files
    #[arg(long, value_name = "FOLDER", default_value = "migrations")]
    folder: PathBuf,
    /// The table of its history
    #[arg(long, value_name = "NAME", default_value = bridge::TABLE)]
    table: String,
    #[command(flatten)]
    common: BridgeArgs,
}

pub(crate) fn run(args: &ImportArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    args.common.begin(out);
    let Tool::Refinery = args.from;
    with_session(&args.common.project, context, out, async |session, out| {
        let session = session.wait_for_lock(args.common.lock_timeout);
        let mut directory = session.directory()?;
        let mut db = session.connect(out).await?;
        let options = args.common.options(&args.folder, &args.table, session.lock_timeout());
        let imported = import(&mut db, &mut directory, &options).await?;
        if args.common.json {
            let migrations: Vec<Value> = imported.iter().map(as_json).collect();
            out.json(&json!({ "version": 1, "dryRun": args.common.dry_run, "migrations": migrations }));
            return Ok(Exit::Success);
        }
        out.line("");
        let rows: Vec<Vec<String>> = imported.iter().map(row).collect();
        out.table(&["Migration", "File", "Folder", "History"], &rows);
        out.line("");
        let files = imported.iter().filter(|migration| migration.new_in_folder).count();
        let history = imported.iter().filter(|migration| migration.new_in_history).count();
        let (files, history) = (plural(files, "migration"), plural(history, "row"));
        let folder = session.shown_directory();
        let folder = folder.display();
        if args.common.dry_run {
            out.line(format!("{files} would be written into {folder}, {history} into the history; nothing was done."));
            return Ok(Exit::Success);
        }
        out.good(format!("{files} written into {folder}, {history} into the history."));
        out.hint(format!(
            "from now on `evt migrate deploy` applies what is new; let nobody run refinery on this database any more. Its \
             table stays as it is{}",
            if args.table == bridge::TABLE {
                String::new()
            } else {
                format!("; name `{}` in `tables.external`, so that evt leaves it alone", args.table)
            }
        ));
        Ok(Exit::Success)
    })
}

fn row(migration: &Imported) -> Vec<String> {
    vec![
        migration.name.clone(),
        migration.path.display().to_string(),
        if migration.new_in_folder { "new" } else { "there already" }.to_owned(),
        match migration.applied_at {
            None => "pending".to_owned(),
            Some(at) => {
                let there = if migration.new_in_history { "" } else { ", there already" };
                format!("applied {}{there}", at.strftime("%Y-%m-%d %H:%M:%S UTC"))
            }
        },
    ]
}

/// `version` changes when a field changes its meaning or goes.
fn as_json(migration: &Imported) -> Value {
    json!({
        "name": migration.name,
        "file": migration.path,
        "appliedAt": migration.applied_at.map(|at| at.to_string()),
        "newInFolder": migration.new_in_folder,
        "newInHistory": migration.new_in_history,
    })
}
