//! The command line: one file per command, each a recipe of library calls.

mod baseline;
mod check;
mod completions;
mod consequences;
mod db;
mod debug;
mod dev;
mod doctor;
mod embedded_server;
mod format;
mod generate;
mod init;
mod interrupt;
mod man;
mod migrate;
mod operands;
mod session;
#[cfg(test)]
mod tests;
mod version;

use std::ffi::OsString;
use std::io::{IsTerminal as _, Read as _};
use std::path::Path;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser};
use inquire::InquireError;

use crate::config::environment::{CONSENT, SKIP_SEED};
use crate::config::interactive::{DEVIN, Interactivity, interactivity, unconsenting_agent};
use crate::config::{Context, Project};
use crate::engine;
use crate::error::{Error, Exit};
use crate::output::Output;

/// Schema migrations for PostgreSQL from a schema.prisma
#[derive(Debug, Parser)]
#[command(name = "evt", bin_name = "evt", max_term_width = 100, args_override_self = true)]
#[command(disable_help_subcommand = true, override_usage = "evt <COMMAND>")]
struct Cli {
    /// Print the version
    #[arg(short = 'v', long)]
    version: bool,
    /// As `version --json`
    #[arg(long, hide = true, requires = "version")]
    json: bool,
    #[arg(long, hide = true)]
    experimental: bool,
    #[arg(long, hide = true)]
    early_access: bool,
    #[command(flatten)]
    tolerated: Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Init(init::InitArgs),
    Validate(check::ValidateArgs),
    Format(format::FormatArgs),
    Generate(generate::GenerateArgs),
    Migrate(migrate::MigrateArgs),
    Db(db::DbArgs),
    Dev(dev::DevArgs),
    /// The name of `db pull` up to Prisma 6
    #[command(hide = true)]
    Introspect(db::pull::PullArgs),
    #[command(hide = true)]
    Seed(db::seed::SeedArgs),
    #[command(hide = true, name = crate::db::local::embedded::COMMAND)]
    EmbeddedServer(embedded_server::EmbeddedServerArgs),
    Doctor(doctor::DoctorArgs),
    Debug(debug::DebugArgs),
    Version(version::VersionArgs),
    Engine(engine::EngineArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// Flags that Prisma accepts everywhere and that change nothing.
#[derive(Debug, Default, clap::Args)]
struct Flags {
    #[arg(long, hide = true, value_name = "TEXT")]
    telemetry_information: Option<String>,
    #[arg(long, hide = true)]
    preview_feature: bool,
}

/// What Prisma accepts with every command and does nothing about.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Tolerated {
    #[command(flatten)]
    flags: Flags,
    /// Arguments without a flag.
    #[arg(hide = true)]
    ignored: Vec<String>,
}

impl Tolerated {
    /// Says that arguments without a flag are not looked at.
    fn warn(&self, out: &mut Output) {
        if let Some(first) = self.ignored.first() {
            // What could be a URL may hold a password, in any spelling.
            let shown = if first.contains([':', '@', '%']) { "an argument".to_owned() } else { format!("`{first}`") };
            out.warning(format!("{shown} is ignored: this command takes flags only; see `--help`"));
        }
    }
}

/// All of standard input.
fn read_stdin() -> Result<String, Error> {
    let mut text = String::new();
    let problem = |source| Error::System { what: "cannot read standard input", source };
    std::io::stdin().read_to_string(&mut text).map_err(problem)?;
    Ok(text)
}

/// Runs the command line of this process and returns its exit status.
pub fn run() -> ExitCode {
    let context = Context::of_process();
    let environment = context.as_ref().map(|context| context.environment.clone()).unwrap_or_default();
    let mut out = Output::of_process(&environment);
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    let unattended = !std::io::stdin().is_terminal() && !std::io::stdout().is_terminal();
    if context.as_ref().is_ok_and(|context| engine::is_called_as_engine(&arguments, context, unattended)) {
        arguments.insert(1, "engine".into());
    }
    let exit = match Cli::try_parse_from(&arguments) {
        Ok(cli) => {
            context.map_err(Error::from).and_then(|context| execute(cli, &context, &mut out)).unwrap_or_else(|error| {
                out.error(&error);
                error.exit()
            })
        }
        Err(error) => misused(&error, &arguments, &mut out),
    };
    ExitCode::from(exit.status())
}

fn execute(cli: Cli, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    if cli.version {
        return Ok(version::run(&version::VersionArgs::with_json(cli.json), out));
    }
    match cli.command {
        None => Ok(help(&mut Cli::command(), out)),
        Some(Command::Init(args)) => init::run(&args, context, out),
        Some(Command::Validate(args)) => check::validate(&args, context, out),
        Some(Command::Format(args)) => format::run(&args, context, out),
        Some(Command::Generate(args)) => generate::run(&args, context, out),
        Some(Command::Migrate(args)) => migrate::run(&args, context, out),
        Some(Command::Db(args)) => db::run(&args, context, out),
        Some(Command::Dev(args)) => dev::run(&args, context, out),
        Some(Command::Introspect(args)) => {
            out.warning("`introspect` is the old name of `db pull`");
            db::pull::run(&args, context, out)
        }
        Some(Command::Seed(args)) => db::seed::run(&args, context, out),
        Some(Command::EmbeddedServer(args)) => Ok(embedded_server::run(&args, out)),
        Some(Command::Doctor(args)) => doctor::run(&args, context, out),
        Some(Command::Debug(args)) => Ok(debug::run(&args, context, out)),
        Some(Command::Version(args)) => Ok(version::run(&args, out)),
        Some(Command::Engine(args)) => on_a_runtime(engine::run(&args, context, out, interrupt::interrupted())),
        Some(Command::Man(args)) => man::run(&args, Cli::command(), context, out),
        Some(Command::Completions(args)) => Ok(completions::run(&args, &mut Cli::command(), out)),
    }
}

/// Commands of Prisma that evt does not have, and what to do instead.
const OF_PRISMA: &[(&str, &str)] = &[
    ("lift", "`lift` is now called `migrate`"),
    ("studio", "`studio` is not part of evt: `npx prisma studio` works on the same database"),
    ("complete", "`complete` is called `completions <shell>` here"),
    ("bootstrap", "`bootstrap` is called `init` here"),
    ("platform", "`platform` is about a service of Prisma's and not part of evt"),
    ("postgres", "`postgres` is about a service of Prisma's and not part of evt"),
    ("mcp", "`mcp` is not part of evt: every command has what a program needs, see `--json`"),
    ("telemetry", "`telemetry` has nothing to do here: evt sends nothing to anybody"),
];

/// Help that was asked for: a result.
fn help(command: &mut clap::Command, out: &mut Output) -> Exit {
    let help = command.render_help();
    out.raw(&if out.colour() { help.ansi().to_string() } else { help.to_string() });
    Exit::Success
}

/// What to say when the arguments do not fit. Prisma's exit status is 1 for all of it.
fn misused(error: &clap::Error, arguments: &[OsString], out: &mut Output) -> Exit {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand) {
        let text = error.render();
        out.raw(&if out.colour() { text.ansi().to_string() } else { text.to_string() });
        return Exit::Success;
    }
    let mut root = Cli::command();
    root.build();
    let mut command = &root;
    for argument in arguments.iter().skip(1).filter_map(|argument| argument.to_str()) {
        match command.find_subcommand(argument) {
            Some(below) => command = below,
            None if argument.starts_with('-') => {}
            None => break,
        }
    }
    let first = arguments.get(1).and_then(|argument| argument.to_str());
    let elsewhere = OF_PRISMA
        .iter()
        .find(|(name, _)| error.kind() == ErrorKind::InvalidSubcommand && first == Some(*name))
        .map(|(_, instead)| (*instead).to_owned());
    let message = match elsewhere {
        Some(instead) => instead,
        None => arguments
            .iter()
            .filter_map(|argument| argument.to_str())
            .filter(|argument| argument.contains("://"))
            .fold(plain(&error.to_string(), command.get_name() == "seed"), |text, url| {
                text.replace(&url.replace('\'', "`"), "<URL>")
            }),
    };
    out.usage(&message, &command.clone().render_help().to_string());
    Exit::Failure
}

/// The message of the argument parser without its frame, and without the tip to pass a flag as a value, unless the
/// command hands values on.
fn plain(text: &str, hands_on: bool) -> String {
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let text = text.split("\n\nUsage:").next().unwrap_or(text).trim();
    let paragraphs = text.split("\n\n").filter(|paragraph| {
        let starts = |start| paragraph.trim_start().starts_with(start);
        !starts("For more information") && (hands_on || !starts("tip: to pass"))
    });
    paragraphs.collect::<Vec<_>>().join("\n\n").replace('\'', "`")
}

/// What Prisma 6 does after some commands, and how to leave it out.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Skips {
    /// Do not run generators afterwards
    #[arg(long)]
    skip_generate: bool,
    /// Do not run the seed command afterwards
    #[arg(long)]
    skip_seed: bool,
}

impl Skips {
    /// Runs the generators of a schema that follows the rules of Prisma 6.
    fn generate(&self, project: &Project, context: &Context, out: &mut Output) {
        generate::generate_afterwards(project, self.skip_generate, context, out);
    }

    /// Whether no seeds are wanted.
    fn seed(&self, context: &Context) -> bool {
        self.skip_seed || context.environment.filled(SKIP_SEED).is_some()
    }
}

/// Refuses to destroy data for an automated caller without a person's consent. `what` is a sentence without full stop.
fn guard(context: &Context, what: &str) -> Result<(), Error> {
    match unconsenting_agent(&context.environment, Path::new(DEVIN).exists()) {
        None => Ok(()),
        Some(agent) => Err(Error::refused(
            format!("{what}, and {agent} asks for it: only a person can decide that"),
            format!("ask the person who owns the data; then set `{CONSENT}` to the words of their consent"),
        )),
    }
}

/// Runs a command that talks to a server.
fn block_on<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    on_a_runtime(interrupt::interruptible(work))
}

fn on_a_runtime<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|source| Error::System { what: "cannot start", source })?.block_on(work)
}

/// Ends when a person or the system asks this process to stop; from then on that does not end it by itself.
async fn interrupted() {
    interrupt::handled_by_the_command().await;
}

/// Whether this process may ask questions.
fn may_ask(context: &Context) -> Interactivity {
    interactivity(&context.environment, std::io::stdin().is_terminal())
}

/// Asks a question whose answer is no unless somebody says yes. Only where [`may_ask`] allows it.
fn confirm(question: &str) -> Result<bool, Error> {
    match answered(inquire::Confirm::new(question).with_default(false).prompt(), "run the command in a terminal") {
        Err(Error::Cancelled) => Ok(false),
        answer => answer,
    }
}

/// What came of a question. `otherwise` is the way out where it cannot be asked.
fn answered<T>(answer: Result<T, InquireError>, otherwise: &str) -> Result<T, Error> {
    answer.map_err(|error| match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => Error::Cancelled,
        error => Error::refused(format!("cannot ask: {error}"), otherwise),
    })
}

/// Whether a command does something itself, rather than only hold others together.
fn does_something(command: &clap::Command) -> bool {
    !command.has_subcommands() || !command.is_arg_required_else_help_set()
}

/// Every command that people see, with what it does, in the order of the help.
pub fn commands() -> Vec<(String, String)> {
    fn collect(command: &clap::Command, path: &str, found: &mut Vec<(String, String)>) {
        for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
            let path = format!("{path} {}", below.get_name());
            if does_something(below) {
                found.push((path.clone(), below.get_about().map(ToString::to_string).unwrap_or_default()));
            }
            collect(below, &path, found);
        }
    }
    let mut found = Vec::new();
    collect(&Cli::command(), "evt", &mut found);
    found
}

/// Whether a command, given by its words without `evt`, has a flag of this name.
pub fn has_flag(words: &[String], flag: &str) -> bool {
    let command = Cli::command();
    let found = words.iter().try_fold(&command, |command, word| command.find_subcommand(word));
    found.is_some_and(|command| command.get_arguments().any(|argument| argument.get_long() == Some(flag)))
}
