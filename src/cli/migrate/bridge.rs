//! What `evt migrate import` and `evt migrate export` have in common.

use std::path::Path;

use crate::cli::Tolerated;
use crate::config::ProjectArgs;
use crate::migrations::bridge::BridgeOptions;
use crate::output::Output;

/// The tools that evt knows a bridge to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Tool {
    Refinery,
}

#[derive(Debug, clap::Args)]
pub(super) struct BridgeArgs {
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Longest wait for another migration run, in seconds; 0 is for ever
    #[arg(long, value_name = "SECONDS")]
    pub(super) lock_timeout: Option<u64>,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) project: ProjectArgs,
    #[command(flatten)]
    tolerated: Tolerated,
}

impl BridgeArgs {
    /// Says what is to be said before anything is done.
    pub(super) fn begin(&self, out: &mut Output) {
        if self.json {
            out.json_only();
        }
        self.tolerated.warn(out);
    }

    /// For the files in a folder and the history in a table; `lock_timeout_ms` comes from the session.
    pub(super) fn options(&self, folder: &Path, table: &str, lock_timeout_ms: Option<u64>) -> BridgeOptions {
        BridgeOptions { folder: folder.to_owned(), table: table.to_owned(), dry_run: self.dry_run, lock_timeout_ms }
    }
}
