//! The command line of Prisma's schema engine, and by what evt knows that it is meant.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::Parser as _;

use crate::config::Context;
use crate::config::environment::{ENGINE_BINARY, OLD_ENGINE_BINARY};

/// Work for Prisma's own command line, in the place of its schema engine
///
/// Started by `npx prisma` if the variable `PRISMA_SCHEMA_ENGINE_BINARY` holds the path of evt: then `npx prisma migrate
/// dev` and the other commands for databases talk to evt. Reads requests from standard input, one JSON-RPC message on a
/// line, and answers on standard output; standard error is a log, one JSON object on a line.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt engine --version
  evt engine --datamodels prisma/schema.prisma
  evt engine cli --datasource postgresql://app@localhost/app can-connect-to-database")]
pub(crate) struct EngineArgs {
    /// Schema file; once for each file
    #[arg(short, long, value_name = "FILE")]
    pub(super) datamodels: Vec<PathBuf>,
    /// URLs that replace those of the schema, as JSON: `{"url": "…", "shadowDatabaseUrl": "…"}`
    #[arg(long, value_name = "JSON")]
    pub(super) datasource: Option<String>,
    /// Types of extensions, as JSON.
    #[arg(long, hide = true, value_name = "JSON")]
    extension_types: Option<String>,
    /// Preview features, separated by commas.
    #[arg(long, hide = true, value_name = "NAMES")]
    enabled_preview_features: Option<String>,
    /// Print the version in the form that Prisma's command line expects
    #[arg(short = 'V', long)]
    pub(super) version: bool,
    /// `cli` and one of `can-connect-to-database`, `create-database`, `drop-database`: do that and end
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "cli COMMAND")]
    pub(super) command: Vec<String>,
}

/// What comes behind `cli`.
#[derive(Debug, clap::Parser)]
#[command(name = "cli", bin_name = "evt engine cli", no_binary_name = true)]
pub(super) struct DatabaseCommandLine {
    /// URL of the database, also in Base64
    #[arg(short, long, value_name = "URL")]
    pub(super) datasource: Option<String>,
    #[command(subcommand)]
    pub(super) command: DatabaseCommand,
}

/// What is to be done with a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::Subcommand)]
pub(super) enum DatabaseCommand {
    /// See whether it can be connected to
    #[command(name = "can-connect-to-database")]
    CanConnect,
    /// Make it
    #[command(name = "create-database")]
    Create,
    /// Drop it
    #[command(name = "drop-database")]
    Drop,
}

impl EngineArgs {
    /// What to do with a database, if that is asked for.
    pub(super) fn database_command(&self) -> Result<Option<DatabaseCommandLine>, clap::Error> {
        match self.command.split_first() {
            None => Ok(None),
            Some((first, rest)) if first == "cli" => DatabaseCommandLine::try_parse_from(rest).map(Some),
            Some(_) => DatabaseCommandLine::try_parse_from(&self.command).map(Some),
        }
    }
}

/// Options of the engine that no command of evt begins with.
const OPTIONS: [&str; 6] =
    ["--datamodels", "-d", "--datasource", "--extension-types", "--enabled-preview-features", "-V"];

/// Whether this process was started as a schema engine: under its name, with its options, or by a program that was told
/// so by a variable. `arguments` begin with the program; `asked_by_program` says that nobody sits at a terminal.
pub(crate) fn is_called_as_engine(arguments: &[OsString], context: &Context, asked_by_program: bool) -> bool {
    let (program, rest) = match arguments.split_first() {
        Some((program, rest)) => (Path::new(program), rest),
        None => return false,
    };
    let named_so = program.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with("schema-engine"));
    let first = rest.first().and_then(|first| first.to_str());
    let option = first.map(|first| first.split('=').next().unwrap_or(first));
    if named_so || first == Some("cli") || option.is_some_and(|option| OPTIONS.contains(&option)) {
        return true;
    }
    // Prisma's command line starts the engine without any argument if no schema matters, and asks for its version with
    // an option that evt has itself.
    let ambiguous = rest.is_empty() || rest.len() == 1 && first == Some("--version");
    ambiguous && asked_by_program && is_named_by_variable(context)
}

/// Whether the variable that names the engine names this program.
fn is_named_by_variable(context: &Context) -> bool {
    let Ok(own) = std::env::current_exe().and_then(std::fs::canonicalize) else { return false };
    let named = [ENGINE_BINARY, OLD_ENGINE_BINARY].into_iter().filter_map(|name| context.environment.filled(name));
    named.map(|path| context.cwd.join(path)).any(|path| std::fs::canonicalize(path).is_ok_and(|path| path == own))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;

    #[test]
    fn knows_when_it_is_the_engine() {
        let own = std::env::current_exe().expect("this program").display().to_string();
        let named = [(ENGINE_BINARY, own.as_str())];
        let other = [(ENGINE_BINARY, "/bin/sh")];
        let none: [(&str, &str); 0] = [];
        for (line, variables, asked_by_program, expected) in [
            ("evt --datamodels a.prisma", &none[..], false, true),
            ("evt --datamodels=a.prisma", &none, false, true),
            ("evt -d a.prisma", &none, false, true),
            ("evt --datasource {} cli can-connect-to-database", &none, false, true),
            ("evt cli --datasource x can-connect-to-database", &none, false, true),
            ("evt --extension-types {}", &none, false, true),
            ("evt -V", &none, false, true),
            ("/opt/schema-engine-debian", &none, false, true),
            ("/opt/schema-engine-debian --version", &none, false, true),
            ("evt", &named, true, true),
            ("evt --version", &named, true, true),
            ("evt", &named, false, false),
            ("evt --version", &named, false, false),
            ("evt", &other, true, false),
            ("evt", &none, true, false),
            ("evt -v", &named, true, false),
            ("evt migrate deploy", &named, true, false),
            ("evt db push", &none, false, false),
        ] {
            let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let environment = Environment::new(variables.iter().copied());
            let context = Context { cwd: PathBuf::from("/"), environment };
            assert_eq!(is_called_as_engine(&arguments, &context, asked_by_program), expected, "{line} {variables:?}");
        }
    }
}
