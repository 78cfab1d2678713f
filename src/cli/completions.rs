//! `evt completions`.

use clap_complete::Shell;

use crate::error::Exit;
use crate::output::Output;

/// Print the script that makes a shell complete evt's arguments
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt completions bash > /etc/bash_completion.d/evt
  evt completions zsh > ~/.zfunc/_evt")]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs, command: &mut clap::Command, out: &mut Output) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "evt", &mut script);
    out.raw(&String::from_utf8_lossy(&script));
    Exit::Success
}
