//! `evt db stats`.

mod json;
mod report;

use super::target::Target;
use crate::cli::session::connect;
use crate::cli::{Tolerated, block_on};
use crate::config::Context;
use crate::config::environment::PATH;
use crate::db::local::Reached;
use crate::error::{Error, Exit};
use crate::maintenance::stats::{StatsScope, stats};
use crate::output::Output;

/// Show sizes, use and upkeep of tables and indexes, worst first
///
/// Reads only, in one round trip, and any role may. Advice is given only where it is certain; whether an index that
/// nothing used can go is for you to judge, by how long the counters have run and by what other servers use it for.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt db stats
  evt db stats --json")]
pub(crate) struct StatsArgs {
    /// Look only at these schemas of the database; without, at all but evt's own
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    schemas: Vec<String>,
    /// How many rows to show of each table
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: usize,
    /// Show all rows
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    tolerated: Tolerated,
}

pub(crate) fn run(args: &StatsArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    if args.json {
        out.json_only();
    }
    args.tolerated.warn(out);
    let (settings, url) = args.target.load(context)?;
    let reached = Reached::new(&url, context.environment.get(PATH).map(std::ffi::OsStr::new))?;
    let scope = StatsScope {
        namespaces: (!args.schemas.is_empty()).then_some(args.schemas.as_slice()),
        records: settings.state.as_deref(),
    };
    let stats = block_on(async {
        let mut db = connect(&reached, out).await?;
        let stats = stats(&mut db, scope).await?;
        db.close().await;
        Ok(stats)
    })?;
    if args.json {
        out.json(&json::of(&stats));
    } else {
        report::show(&stats, if args.all { usize::MAX } else { args.limit }, out);
    }
    Ok(Exit::Success)
}
