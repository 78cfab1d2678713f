//! `evt db pull`.

mod files;
mod report;

use files::{Change, Changes};

use crate::cli::session::Session;
use crate::cli::{Tolerated, block_on};
use crate::config::{ConfigError, Context, Dotenv, Project, ProjectArgs, SchemaFiles, Settings, replace_all};
use crate::error::{Error, Exit};
use crate::introspect::to_psl::{Previous, PullOptions, Pulled, to_psl};
use crate::introspect::{Scope, introspect};
use crate::output::{Output, plural};
use crate::psl;

/// Write the schema for the tables that a database has, keeping what was written by hand
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  evt db pull
  evt db pull --print")]
pub(crate) struct PullArgs {
    /// Begin anew: keep nothing of the schema but its configuration
    #[arg(long)]
    force: bool,
    /// Print the schema instead of writing it
    #[arg(long)]
    print: bool,
    /// Schemas of the database to read, separated by commas; replaces `schemas` of the datasource
    #[arg(long, value_name = "NAMES")]
    schemas: Option<String>,
    /// Name new relations after models and fields of the schema, not after tables and columns
    #[arg(long)]
    schema_names: bool,
    /// URL of the database; without a schema file, one is made
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Print the result as JSON; with `--print` the texts of the files too
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    project: ProjectArgs,
    /// Of databases that evt does not know.
    #[arg(long, hide = true, value_name = "N", allow_negative_numbers = true)]
    composite_type_depth: Option<i64>,
    #[command(flatten)]
    tolerated: Tolerated,
}

pub(crate) fn run(args: &PullArgs, context: &Context, out: &mut Output) -> Result<Exit, Error> {
    if args.json {
        out.json_only();
    }
    args.tolerated.warn(out);
    let (files, project) = load(args, context)?;
    let namespaces: Option<Vec<String>> = args.schemas.as_ref().map(|list| names(list));
    let session = Session::of(project, namespaces.as_deref(), context, out)?;
    let options = PullOptions {
        force: args.force,
        namespaces,
        new_file: files.shown_new_file(&context.cwd).display().to_string(),
        schema_names: args.schema_names,
    };
    let pulled = read(&session, &options, out)?;
    let changes = Changes::new(&files, &session.project, &pulled, args.force)?;
    if !args.print {
        let replacements = changes.replacements();
        replace_all(&replacements).map_err(|(path, source)| ConfigError::Write {
            path: crate::config::relative(&path, &context.cwd),
            source,
        })?;
        changes.remove_empty_folders();
    }
    report::report(args, &session, &pulled, &changes, out);
    Ok(Exit::Success)
}

/// Names of schemas as Prisma reads them: blanks belong to them.
fn names(list: &str) -> Vec<String> {
    list.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The files as they are, and the project as far as it counts. It must have a datasource.
fn load(args: &PullArgs, context: &Context) -> Result<(SchemaFiles, Project), Error> {
    let project_args = ProjectArgs { url: args.url.clone(), ..args.project.clone() };
    let settings = Settings::load(&project_args, context, Dotenv::Read)?;
    let files = match SchemaFiles::load(&settings) {
        Err(ConfigError::SchemaMissing { .. }) if args.url.is_some() => SchemaFiles::new_in(&context.cwd),
        loaded => loaded?,
    };
    let read = if args.force { files.configuration_only() } else { files.clone() };
    let project = Project::of(settings, read).map_err(|error| match error {
        ConfigError::Invalid { files, diagnostics, .. } if !args.force => {
            let way_out = Some("correct it, or begin anew with `--force`: that keeps the configuration only");
            ConfigError::Invalid { files, diagnostics, way_out }
        }
        error => error,
    })?;
    if project.schema.datasource.is_none() {
        return Err(Error::refused(
            "the schema has no datasource block, so it cannot describe a database",
            "add `datasource db { provider = \"postgresql\" }` to it",
        ));
    }
    Ok((files, project))
}

/// Reads the database and makes a schema of it. In the database nothing is written, not even a missing namespace.
fn read(session: &Session, options: &PullOptions, out: &mut Output) -> Result<Pulled, Error> {
    let Scope { namespaces, default_namespace } = &session.scope;
    if namespaces.is_empty() {
        return Err(crate::introspect::to_psl::PullError::NoNamespaces.into());
    }
    let scope = Scope { namespaces: namespaces.clone(), default_namespace: default_namespace.clone() };
    let (database, spinner) = block_on(async {
        let mut db = session.connect(out).await?;
        let spinner = out.spinner("reading the database");
        Ok((Box::pin(introspect(&mut db, &scope)).await?, spinner))
    })?;
    spinner.set_message(format!("writing the schema for {}", plural(database.tables.len(), "table")));
    let project = &session.project;
    let pulled = to_psl(&database, &Previous { files: &project.trees, schema: &project.schema }, options)?;
    spinner.finish_and_clear();
    Ok(pulled)
}

/// Whether the files that were made are a schema; said if not.
fn check(pulled: &Pulled, out: &mut Output) {
    let mut problems = psl::Diagnostics::default();
    let trees = (0..).zip(&pulled.files).map(|(id, file)| {
        let source = psl::Source { id: psl::FileId(id), path: file.path.clone(), text: file.text.clone() };
        let (tree, found) = psl::parse(source);
        problems.extend(found);
        tree
    });
    let trees: Vec<psl::Ast> = trees.collect();
    problems.extend(psl::validate(&trees).1);
    if problems.has_errors() {
        out.warning("the schema language cannot describe this database as it is; correct by hand:");
        out.diagnostics(&problems, &trees);
    }
}

impl Change {
    /// The word for people and programs.
    fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Removed => "removed",
        }
    }
}
