//! `evt generate`, and the generators that run after other commands.

mod queries;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::Tolerated;
use crate::config::environment::SKIP_GENERATE;
use crate::config::{Context, Dotenv, Project, ProjectArgs, SchemaFiles, Settings, relative};
use crate::error::{Error, Exit};
use crate::generate::run::{GenerateError, Generated, Job, generate};
use crate::output::{Output, duration};
use crate::psl::schema::Rules;
use crate::typed_sql;

/// Run the generators of the schema
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  evt generate\n  evt generate --generator client --watch")]
pub(crate) struct GenerateArgs {
    /// Run only this generator; may be given several times
    #[arg(long = "generator", value_name = "NAME")]
    generators: Vec<String>,
    /// Run again whenever the schema changes
    #[arg(long)]
    watch: bool,
    /// Fail if the schema has no models
    #[arg(long)]
    require_models: bool,
    /// Ask the database about the queries in `sql/` beside the schema, so that clients are typed by them
    #[arg(long)]
    sql: bool,
    /// Let generators keep their hints to themselves
    #[arg(long)]
    no_hints: bool,
    // What else Prisma 6 accepts; it changes nothing for generators that are programs of their own.
    #[arg(long, hide = true)]
    no_engine: bool,
    #[arg(long, hide = true)]
    allow_no_models: bool,
    #[arg(long, hide = true)]
    data_proxy: bool,
    #[arg(long, hide = true)]
    accelerate: bool,
    #[arg(long, hide = true)]
    postinstall: bool,
    #[command(flatten)]
    project: ProjectArgs,
    #[command(flatten)]
    tolerated: Tolerated,
}

pub(crate) fn run(args: &GenerateArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    args.tolerated.warn(out);
    let settings = Settings::load(&args.project, context, Dotenv::Read)?;
    out.notes(&settings.notes);
    let project = Project::of(settings.clone(), SchemaFiles::load(&settings)?)?;
    let queries = args.sql.then(|| project.typed_sql());
    let mut seen = stamps(&project.files, queries.as_deref());
    run_all(&project, args, out)?;
    if !args.watch {
        return Ok(Exit::Success);
    }
    loop {
        out.note("Watching the schema …");
        let files = changed(&settings, queries.as_deref(), &mut seen);
        // A mistake is shown, and the next version of the schema gets its chance.
        let outcome = Project::of(settings.clone(), files).map_err(Error::from);
        if let Err(error) = outcome.and_then(|project| run_all(&project, args, out)) {
            out.error(&error);
        }
    }
}

fn run_all(project: &Project, args: &GenerateArgs, out: &mut Output) -> Result<(), Error> {
    out.diagnostics(&project.warnings, &project.trees);
    if project.schema.generators.is_empty() {
        out.warning("the schema has no `generator` block, so there is nothing to generate");
        return Ok(());
    }
    let typed_sql = if args.sql { Some(queries::described(project, out)?) } else { None };
    let wishes = Wishes {
        only: &args.generators,
        require_models: args.require_models,
        no_hints: args.no_hints,
        typed_sql: typed_sql.as_ref(),
        even_if_missing: false,
    };
    generate_with(project, &wishes, out)
}

/// Waits for a version of the schema or of the queries that was not there before.
fn changed(settings: &Settings, queries: Option<&Path>, seen: &mut Stamps) -> SchemaFiles {
    loop {
        std::thread::sleep(GLANCE);
        // While an editor writes, a file may be gone for a moment.
        let Ok(files) = SchemaFiles::load(settings) else { continue };
        let now = stamps(&files, queries);
        if now != *seen {
            *seen = now;
            return files;
        }
    }
}

/// How often `--watch` looks whether the schema changed.
const GLANCE: Duration = Duration::from_millis(300);

/// Path and text of each file.
type Stamps = Vec<(PathBuf, String)>;

fn stamps(files: &SchemaFiles, queries: Option<&Path>) -> Stamps {
    let texts = files.sources.iter().map(|source| source.text.clone());
    let queries = queries.and_then(|folder| typed_sql::files::read(folder).ok()).unwrap_or_default();
    files.paths.iter().cloned().zip(texts).chain(queries.into_iter().map(|query| (query.path, query.source))).collect()
}

/// What somebody who runs generators may wish.
#[derive(Default)]
struct Wishes<'a> {
    only: &'a [String],
    require_models: bool,
    no_hints: bool,
    typed_sql: Option<&'a Value>,
    even_if_missing: bool,
}

/// Runs the generators after a command that changed the database, as Prisma 6 does. Whatever goes wrong with them does not
/// undo what the command did, so it is a warning.
pub(super) fn generate_afterwards(project: &Project, skip: bool, context: &Context, out: &mut Output) {
    let skip = skip || context.environment.filled(SKIP_GENERATE).is_some();
    if skip || project.schema.rules != Rules::Prisma6 || project.schema.generators.is_empty() {
        return;
    }
    let wishes = Wishes { even_if_missing: true, ..Wishes::default() };
    let (generated, outcome) = generate_each(project, &wishes, out);
    match outcome {
        Ok(()) => {}
        // Somebody who has no Node.js here, or has not installed anything yet, need not be warned each time.
        Err(Error::Generate(error @ GenerateError::NotInstalled { .. })) => {
            let what = if generated == 0 { "nothing is generated" } else { "not everything is generated" };
            out.hint(format!("{what}: {error}"));
        }
        Err(error) => {
            out.warning(error.full_message());
            if let Some(hint) = error.hint() {
                out.hint(hint);
            }
        }
    }
}

fn generate_with(project: &Project, wishes: &Wishes<'_>, out: &mut Output) -> Result<(), Error> {
    generate_each(project, wishes, out).1
}

/// Runs the generators and tells of each. How many did their work, and what came of all.
fn generate_each(project: &Project, wishes: &Wishes<'_>, out: &mut Output) -> (usize, Result<(), Error>) {
    let environment = &project.settings.environment;
    let texts = project.files.sources.iter().map(|source| source.text.clone());
    let files: Vec<(PathBuf, String)> = project.files.paths.iter().cloned().zip(texts).collect();
    let variables: Vec<(String, String)> =
        environment.from_files().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let job = Job {
        schema: &project.schema,
        files: &files,
        schema_path: &project.files.path,
        folder: &project.settings.cwd,
        variable: &|name| environment.get(name).map(str::to_owned),
        variables: &variables,
        only: wishes.only,
        require_models: wishes.require_models,
        no_hints: wishes.no_hints,
        typed_sql: wishes.typed_sql,
        even_if_missing: wishes.even_if_missing,
    };
    let cwd = &project.settings.cwd;
    let mut generated = 0;
    let outcome = generate(&job, |Generated { name, version, output, took }| {
        generated += 1;
        let version = version.as_ref().map(|version| format!(" (v{version})")).unwrap_or_default();
        let output = relative(output, cwd);
        out.good(format!("Generated {name}{version} to {} in {}", output.display(), duration(*took)));
    });
    (generated, outcome.map_err(Error::from))
}
