//! `evt debug`.

use super::{Tolerated, may_ask};
use crate::config::environment::{
    DATABASE_URL, EVT_CONFIG, EVT_DATABASE_URL, EVT_LOCK_TIMEOUT, EVT_SHADOW_DATABASE_URL, VARIABLES,
};
use crate::config::settings::FILE;
use crate::config::{ConfigError, Context, Dotenv, Origin, Project, ProjectArgs, SchemaFiles, Settings, relative};
use crate::db::DatabaseUrl;
use crate::error::{Error, Exit};
use crate::output::Output;

/// Show the settings, where each came from, and what is wrong with them
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt debug
  evt debug --config packages/api/prisma.config.ts")]
pub(crate) struct DebugArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    tolerated: Tolerated,
}

/// Variables whose values are URLs, which are shown without passwords.
const URLS: [&str; 3] = [DATABASE_URL, EVT_DATABASE_URL, EVT_SHADOW_DATABASE_URL];

pub(crate) fn run(args: &DebugArgs, context: &Context, out: &mut Output) -> Exit {
    args.tolerated.warn(out);
    let settings = match Settings::load(&args.project, context, Dotenv::Read) {
        Ok(settings) => settings,
        Err(error) => {
            out.error(&Error::from(error));
            return Exit::Success;
        }
    };
    out.notes(&settings.notes);
    out.table(&["Setting", "Value", "From"], &rows(&settings, args, context));
    out.line("");
    let variables: Vec<Vec<String>> = VARIABLES
        .iter()
        .filter_map(|variable| {
            let value = settings.environment.get(variable.name)?;
            let shown = if URLS.contains(&variable.name) { redacted(value) } else { value.to_owned() };
            Some(vec![variable.name.to_owned(), shown, from_file(&settings, variable.name)])
        })
        .collect();
    if !variables.is_empty() {
        out.table(&["Variable", "Value", "From"], &variables);
        out.line("");
    }
    let who = may_ask(context);
    out.facts(&[("Asks questions", yes_or_no(who.can_prompt)), ("CI service", yes_or_no(who.ci))]);
    Exit::Success
}

fn rows(settings: &Settings, args: &DebugArgs, context: &Context) -> Vec<Vec<String>> {
    let row = |name: &str, value: String, origin: String| vec![name.to_owned(), value, origin];
    let failed = |name: &str, error: ConfigError| row(name, Error::from(error).full_message(), String::new());
    let mut rows = Vec::new();
    match SchemaFiles::load(settings) {
        Err(error) => rows.push(failed("schema", error)),
        Ok(files) => {
            rows.push(row("schema", files.shown(&context.cwd).display().to_string(), files.origin.to_string()));
            match Project::of(settings.clone(), files) {
                Err(error) => rows.push(failed("rules", error)),
                Ok(project) => rows.extend(of_project(&project)),
            }
        }
    }
    if let Some(seed) = &settings.seed {
        rows.push(row("seed", seed.value.clone(), seed.origin.to_string()));
    }
    if let Some(config) = &settings.config {
        let origin = match (&args.project.config, settings.environment.filled(EVT_CONFIG)) {
            (Some(_), _) => Origin::Flag("--config"),
            (None, Some(_)) => Origin::Variable(EVT_CONFIG.to_owned()),
            (None, None) => Origin::Default,
        };
        rows.push(row("configuration", relative(config, &context.cwd).display().to_string(), origin.to_string()));
    }
    if let Some(seconds) = settings.lock_timeout_s {
        let origin = match settings.environment.filled(EVT_LOCK_TIMEOUT) {
            Some(_) => Origin::Variable(EVT_LOCK_TIMEOUT.to_owned()).to_string(),
            None => format!("`migrations.lock_timeout` in `{FILE}`"),
        };
        rows.push(row("lock timeout", format!("{seconds} s"), origin));
    }
    rows
}

fn of_project(project: &Project) -> Vec<Vec<String>> {
    let cwd = &project.settings.cwd;
    let url = |name: &str, url: Result<Option<DatabaseUrl>, ConfigError>, origin: Option<&Origin>| {
        let value = match url {
            Ok(None) => "not set".to_owned(),
            Ok(Some(url)) => url.to_string(),
            Err(error) => Error::from(error).full_message(),
        };
        vec![name.to_owned(), value, origin.map(Origin::to_string).unwrap_or_default()]
    };
    let rules = format!("Prisma {}", if project.schema.rules == crate::psl::schema::Rules::Prisma6 { 6 } else { 7 });
    let migrations = relative(&project.migrations.value, cwd).display().to_string();
    vec![
        vec!["rules".to_owned(), rules, "`url` in the datasource block or none".to_owned()],
        vec!["migrations".to_owned(), migrations, project.migrations.origin.to_string()],
        url("database", project.url().map(Some), project.url_origin().as_ref()),
        url("shadow database", project.shadow_url(), project.shadow_url_origin().as_ref()),
    ]
}

fn from_file(settings: &Settings, name: &str) -> String {
    let file = settings.environment.file_of(name);
    file.map_or_else(|| "the process".to_owned(), |path| relative(path, &settings.cwd).display().to_string())
}

fn redacted(url: &str) -> String {
    url.parse::<DatabaseUrl>().map_or_else(|error| format!("unreadable: {error}"), |url| url.to_string())
}

fn yes_or_no(yes: bool) -> String {
    (if yes { "yes" } else { "no" }).to_owned()
}
