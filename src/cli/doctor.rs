//! `evt doctor`: why can I not connect or migrate?

mod database;
mod server;

use serde_json::json;

use super::{Tolerated, block_on};
use crate::config::environment::PATH;
use crate::config::{ConfigError, Context, Dotenv, Origin, Project, ProjectArgs, SchemaFiles, Settings};
use crate::db::DatabaseUrl;
use crate::db::local::Reached;
use crate::error::{Error, Exit};
use crate::output::{Check, Output, State, checks_json, plural};

/// Check each step of connecting and migrating, and say what to do about what is wrong
///
/// Reads only. Marks: ✓ in order, ! works but look at it, ✗ in the way, – not checked. Ends with 1 if something is in the
/// way.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt doctor
  evt doctor --url postgresql://app@db.example.com/app
  evt doctor --json")]
pub(crate) struct DoctorArgs {
    /// URL of the database
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    project: ProjectArgs,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    tolerated: Tolerated,
}

/// Every check in the order in which they are made: each needs those before it.
const NAMES: [&str; 15] = [
    "settings",
    "schema",
    "url",
    "name",
    "port",
    "tls",
    "login",
    "database",
    "version",
    "session",
    "rights",
    "extensions",
    "history",
    "lock",
    "shadow",
];

/// What was found so far.
#[derive(Debug, Default)]
struct Checks(Vec<Check>);

impl Checks {
    fn add(&mut self, name: &'static str, state: State, found: impl Into<String>) -> &mut Check {
        self.0.push(Check { name, state, found: found.into(), hint: None, code: None });
        let last = self.0.len() - 1;
        &mut self.0[last]
    }

    fn fine(&mut self, name: &'static str, found: impl Into<String>) {
        self.add(name, State::Fine, found);
    }

    fn skipped(&mut self, name: &'static str, why: impl Into<String>) {
        self.add(name, State::Skipped, why);
    }

    fn doubtful(&mut self, name: &'static str, found: impl Into<String>, hint: impl Into<String>) {
        self.add(name, State::Doubtful, found).hint = Some(hint.into());
    }

    fn wrong(&mut self, name: &'static str, found: impl Into<String>, hint: impl Into<String>) {
        self.add(name, State::Wrong, found).hint = Some(hint.into());
    }

    /// What a command would fail with.
    fn failed(&mut self, name: &'static str, error: &Error) {
        let check = self.add(name, State::Wrong, error.full_message());
        check.hint = error.hint();
        check.code = error.code();
    }

    /// In the order of [`NAMES`], those that were not made included.
    fn complete(mut self) -> Vec<Check> {
        let wrong = self.0.iter().any(|check| check.state == State::Wrong);
        let why = if wrong { "something above is in the way" } else { "there is no database yet" };
        for name in NAMES {
            if !self.0.iter().any(|check| check.name == name) {
                self.skipped(name, format!("not checked: {why}"));
            }
        }
        let place = |check: &Check| NAMES.iter().position(|name| *name == check.name);
        self.0.sort_by_key(place);
        self.0
    }
}

pub(crate) fn run(args: &DoctorArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    if args.json {
        out.json_only();
    }
    args.tolerated.warn(out);
    let spinner = out.spinner("Looking");
    let checks = examine(args, context);
    spinner.finish_and_clear();
    let checks = checks?.complete();
    let count = |state| checks.iter().filter(|check| check.state == state).count();
    let wrong = count(State::Wrong);
    if args.json {
        out.json(&json!({ "version": 1, "ok": wrong == 0, "checks": checks_json(&checks) }));
    } else {
        out.checks(&checks);
        out.line("");
        match wrong {
            0 => out.good("Nothing is in the way of migrations."),
            count => out.line(format!("{} in the way of migrations.", plural(count, "thing"))),
        }
    }
    Ok(if wrong == 0 { Exit::Success } else { Exit::Failure })
}

fn examine(args: &DoctorArgs, context: &Context) -> Result<Checks, Error> {
    let mut checks = Checks::default();
    let given = ProjectArgs { url: args.url.clone(), ..args.project.clone() };
    let settings = match Settings::load(&given, context, Dotenv::Read) {
        Ok(settings) => settings,
        Err(error) => {
            checks.failed("settings", &error.into());
            return Ok(checks);
        }
    };
    checks.fine("settings", sources(&settings, context));
    let project = SchemaFiles::load(&settings).and_then(|files| Project::of(settings.clone(), files));
    let project = match project {
        Ok(project) => {
            let shown = project.files.shown(&context.cwd);
            checks.fine("schema", format!("{} ({}) is valid", shown.display(), project.files.origin));
            Some(project)
        }
        Err(ConfigError::Invalid { diagnostics, .. }) => {
            let first = diagnostics.iter().next().map(|first| first.message.clone()).unwrap_or_default();
            checks.wrong("schema", format!("invalid: {first}"), "`evt validate` shows where");
            None
        }
        Err(error) => {
            checks.failed("schema", &error.into());
            None
        }
    };
    let (url, origin) = match url_of(project.as_ref(), &settings, context) {
        Ok(found) => found,
        Err(error) => {
            checks.failed("url", &error.into());
            return Ok(checks);
        }
    };
    check_url(&url, &origin, &mut checks);
    let search_path = context.environment.get(PATH).map(std::ffi::OsStr::new);
    let reached = match Reached::new(&url, search_path) {
        Ok(reached) => reached,
        Err(error) => {
            checks.failed("port", &error.into());
            return Ok(checks);
        }
    };
    block_on(async {
        if let Some(mut db) = server::examine(&url, &reached.url, &mut checks).await {
            database::examine(&mut db, &reached.url, project.as_ref(), context, &mut checks).await;
        }
        Ok(checks)
    })
}

/// The files that settings came from.
fn sources(settings: &Settings, context: &Context) -> String {
    use crate::config::Note;
    let mut read: Vec<String> = Vec::new();
    let mut skipped = Vec::new();
    for note in &settings.notes {
        match note {
            Note::Config(path) | Note::Dotenv(path) => read.push(path.display().to_string()),
            Note::DotenvSkipped(path) => skipped.push(path.display().to_string()),
        }
    }
    let evt = crate::config::settings::FILE;
    if context.cwd.ancestors().any(|folder| folder.join(evt).is_file()) {
        read.insert(0, evt.to_owned());
    }
    let text = if read.is_empty() { "no file besides the schema".to_owned() } else { read.join(", ") };
    if skipped.is_empty() {
        return text;
    }
    format!("{text}; not {}, which a Prisma configuration has to load itself", skipped.join(", "))
}

/// The URL that commands would use, with who says so. Without a valid schema, what else names one.
fn url_of(
    project: Option<&Project>,
    settings: &Settings,
    context: &Context,
) -> Result<(DatabaseUrl, Origin), ConfigError> {
    if let Some(project) = project {
        return Ok((project.url()?, project.url_origin().unwrap_or(Origin::Default)));
    }
    let setting = settings.url.clone().or_else(|| settings.environment_url());
    let setting = setting.ok_or(ConfigError::UrlMissing { config: settings.config.clone() })?;
    Ok((settings.parsed_url(&setting, &context.cwd)?, setting.origin))
}

/// A URL that can be read may still be one that migrations should not use.
fn check_url(url: &DatabaseUrl, origin: &Origin, checks: &mut Checks) {
    let found = format!("{url}, from {origin}");
    if url.pgbouncer() {
        return checks.doubtful(
            "url",
            format!("{found}; it has `pgbouncer=true`"),
            "migrations need a session of their own: let `directUrl` (Prisma 6) or `datasource.url` (Prisma 7) lead past \
             the pooler",
        );
    }
    checks.fine("url", found);
}
