//! `evt db …`.

pub(super) mod execute;
pub(super) mod push;
pub(super) mod seed;

use crate::config::Context;
use crate::error::{Error, Exit};
use crate::output::Output;

/// Work with the database itself, without migrations
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct DbArgs {
    #[command(subcommand)]
    command: DbCommand,
}

#[derive(Debug, clap::Subcommand)]
enum DbCommand {
    Push(push::PushArgs),
    Execute(execute::ExecuteArgs),
    Seed(seed::SeedArgs),
}

pub(crate) fn run(args: &DbArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    match &args.command {
        DbCommand::Push(args) => push::run(args, context, out),
        DbCommand::Execute(args) => execute::run(args, context, out),
        DbCommand::Seed(args) => seed::run(args, context, out),
    }
}
