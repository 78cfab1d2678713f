//! The process behind a local server where no PostgreSQL is installed: evt starts it for itself.

use std::path::PathBuf;

use crate::db::local::embedded;
use crate::error::Exit;
use crate::output::Output;

/// Serve the PostgreSQL inside evt: what evt starts for itself
#[derive(Debug, clap::Args)]
pub(crate) struct EmbeddedServerArgs {
    /// Folder of the data
    data: PathBuf,
    /// Path of the socket
    socket: PathBuf,
}

pub(crate) fn run(args: &EmbeddedServerArgs, out: &mut Output) -> Exit {
    match embedded::serve(&args.data, &args.socket, &mut |line| out.note(line)) {
        Ok(()) => Exit::Success,
        Err(error) => {
            // Whoever started it reads this in its log, and says the rest.
            out.note(error.to_string());
            Exit::Failure
        }
    }
}
