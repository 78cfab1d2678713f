//! The `evt` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    evt::cli::run()
}
