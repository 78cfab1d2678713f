//! `evt migrate …`.

mod bridge;
pub(super) mod deploy;
pub(super) mod dev;
pub(super) mod diff;
mod dry_run;
pub(super) mod export;
pub(super) mod import;
pub(super) mod log;
pub(super) mod reset;
pub(super) mod resolve;
pub(super) mod status;

use crate::config::Context;
use crate::error::{Error, Exit};
use crate::output::Output;

/// Create, apply and inspect migrations
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct MigrateArgs {
    #[command(subcommand)]
    command: MigrateCommand,
}

#[derive(Debug, clap::Subcommand)]
enum MigrateCommand {
    Dev(dev::DevArgs),
    Deploy(deploy::DeployArgs),
    Status(status::StatusArgs),
    Log(log::LogArgs),
    Resolve(resolve::ResolveArgs),
    Reset(reset::ResetArgs),
    Diff(Box<diff::DiffArgs>),
    Import(Box<import::ImportArgs>),
    Export(Box<export::ExportArgs>),
}

pub(crate) fn run(args: &MigrateArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    match &args.command {
        MigrateCommand::Dev(args) => dev::run(args, context, out),
        MigrateCommand::Deploy(args) => deploy::run(args, context, out),
        MigrateCommand::Status(args) => status::run(args, context, out),
        MigrateCommand::Log(args) => log::run(args, context, out),
        MigrateCommand::Resolve(args) => resolve::run(args, context, out),
        MigrateCommand::Reset(args) => reset::run(args, context, out),
        MigrateCommand::Diff(args) => diff::run(args, context, out),
        MigrateCommand::Import(args) => import::run(args, context, out),
        MigrateCommand::Export(args) => export::run(args, context, out),
    }
}
