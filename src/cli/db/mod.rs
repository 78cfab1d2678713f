//! `evt db …`.

pub(super) mod execute;
pub(super) mod pull;
pub(super) mod push;
pub(super) mod seed;
pub(super) mod stats;
mod target;
pub(super) mod vacuum;

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
    Pull(pull::PullArgs),
    Execute(execute::ExecuteArgs),
    Seed(seed::SeedArgs),
    Stats(stats::StatsArgs),
    Vacuum(vacuum::VacuumArgs),
}

pub(crate) fn run(args: &DbArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    match &args.command {
        DbCommand::Push(args) => push::run(args, context, out),
        DbCommand::Pull(args) => pull::run(args, context, out),
        DbCommand::Execute(args) => execute::run(args, context, out),
        DbCommand::Seed(args) => seed::run(args, context, out),
        DbCommand::Stats(args) => stats::run(args, context, out),
        DbCommand::Vacuum(args) => vacuum::run(args, context, out),
    }
}
