//! `evt version`.

use serde_json::json;

use super::Tolerated;
use crate::config::ProjectArgs;
use crate::error::Exit;
use crate::output::Output;

/// Print the version of evt and of what it is compatible with
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt version
  evt version --json")]
pub(crate) struct VersionArgs {
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    tolerated: Tolerated,
}

impl VersionArgs {
    /// As given by `--version`.
    pub(crate) fn with_json(json: bool) -> Self {
        Self { json, project: ProjectArgs::default(), tolerated: Tolerated::default() }
    }
}

pub(crate) fn run(args: &VersionArgs, out: &mut Output) -> Exit {
    let facts = [
        ("evt", env!("CARGO_PKG_VERSION")),
        ("Prisma rules", "6 and 7"),
        ("PostgreSQL", "14 to 18"),
        ("Operating System", std::env::consts::OS),
        ("Architecture", std::env::consts::ARCH),
    ];
    if args.json {
        out.json(&facts.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect());
    } else {
        out.facts(&facts.map(|(name, value)| (name, value.to_owned())));
    }
    Exit::Success
}
