//! The two sides of a comparison.

use std::path::PathBuf;

use crate::cli::block_on;
use crate::config::environment::PATH;
use crate::config::{Context, Dotenv, Origin, Project, ProjectArgs, SchemaFiles, Setting, Settings, UrlText};
use crate::db::DatabaseUrl;
use crate::db::local::Reached;
use crate::diff::External;
use crate::error::Error;
use crate::migrations::own_server::FOLDER;
use crate::migrations::sides::{Side, Sides, at_once};
use crate::migrations::{Directory, OwnServer, Shadow, Steps};
use crate::output::Output;

/// A side as it was named.
#[derive(Debug)]
pub(super) enum Operand {
    /// Nothing.
    Empty,
    /// A schema file or folder.
    Schema(PathBuf),
    /// The live database that a schema names.
    SchemaDatasource(PathBuf),
    /// The live database of the configuration.
    ConfigDatasource,
    /// A live database.
    Url(String),
    /// What migrations make.
    Migrations(PathBuf),
}

/// Both sides, and what is set.
#[derive(Debug)]
pub(super) struct Comparison {
    pub(super) settings: Settings,
    sides: Sides,
    search_path: Option<String>,
    /// Where migrations are replayed if no database is named for that.
    own: Option<OwnServer>,
}

impl Comparison {
    /// Reads files and decides about namespaces; no server is asked.
    pub(super) fn prepare(from: Operand, to: Operand, args: &ProjectArgs, context: &Context) -> Result<Self, Error> {
        let settings = Settings::load(args, context, Dotenv::Read)?;
        let (from, to) = at_once(
            || side(from, ["--from-schema", "--from-url"], args, context, &settings),
            || side(to, ["--to-schema", "--to-url"], args, context, &settings),
        );
        let (from, to) = (from?, to?);
        let projects: Vec<&Project> = [&from, &to].into_iter().filter_map(|read| read.project.as_ref()).collect();
        let replays = [&from, &to].into_iter().any(|read| matches!(read.side, Side::Migrations(_)));
        let shadow = if replays { shadow_url(&settings, &projects, context)? } else { None };
        if let Some(shadow) = &shadow {
            let named = projects.iter().filter_map(|project| project.url().ok());
            let live = [&from, &to].into_iter().filter_map(|read| read.side.live()).cloned();
            for url in live.chain(named).chain(main_url(&settings)) {
                Shadow::new(&url, Some(shadow))?; // which refuses a database as its own shadow
            }
        }
        let schemas: Vec<_> = projects.iter().map(|project| (&project.schema, project.url().ok())).collect();
        let scope = Sides::scope([&from.side, &to.side], shadow.as_ref(), &schemas);
        let search_path = context.environment.get(PATH).map(str::to_owned);
        let own = (replays && shadow.is_none())
            .then(|| OwnServer::new(settings.cwd.join(FOLDER), search_path.as_ref().map(std::ffi::OsString::from)));
        let (from, to) = (from.into_side(), to.into_side());
        let sides = Sides { from, to, shadow, init: settings.init_shadow_db.clone(), scope };
        Ok(Self { settings, sides, search_path, own })
    }

    /// The steps from one side to the other.
    pub(super) fn steps(self, external: &External, out: &mut Output) -> Result<Steps, Error> {
        let Self { mut sides, search_path, own, .. } = self;
        let search_path = search_path.as_ref().map(std::ffi::OsStr::new);
        // Local servers run until the end of this.
        let mut servers = Vec::new();
        let live = [&mut sides.from, &mut sides.to].into_iter().filter_map(|side| match side {
            Side::Live(url) => Some(&mut **url),
            Side::Empty | Side::Schema(_) | Side::Migrations(_) => None,
        });
        for url in live.chain(&mut sides.shadow) {
            let reached = Reached::new(url, search_path)?;
            *url = reached.url.clone();
            servers.push(reached);
        }
        let Some(own) = own else { return block_on(async { Ok(sides.steps(external).await?) }) };
        block_on(async {
            let live = sides.from.live().or(sides.to.live());
            let scratch =
                own.scratch(live, &sides.scope.default_namespace).await?.map_err(|reason| no_shadow(&reason))?;
            sides.shadow = Some(scratch.clone());
            let steps = sides.steps(external).await;
            let discarded = own.discard(&scratch).await;
            let steps = steps?;
            discarded?;
            if let Some(note) = own.note() {
                out.note(note);
            }
            Ok(steps)
        })
    }
}

/// What was read for an operand.
struct Read {
    /// The side; nothing yet if it is the schema of the project.
    side: Side,
    /// The project that was read for it.
    project: Option<Project>,
    is_schema: bool,
}

impl Read {
    fn into_side(self) -> Side {
        match self.project {
            Some(project) if self.is_schema => {
                // To free a large tree takes longer than this process lasts.
                std::mem::forget(project.trees);
                Side::Schema(Box::new(project.schema))
            }
            Some(_) | None => self.side,
        }
    }
}

fn side(
    operand: Operand,
    [schema_flag, url_flag]: [&'static str; 2],
    args: &ProjectArgs,
    context: &Context,
    settings: &Settings,
) -> Result<Read, Error> {
    let at = |path: &PathBuf| -> Result<Project, Error> {
        let files = SchemaFiles::at(path, Origin::Flag(schema_flag), &context.cwd)?;
        Ok(Project::of(settings.clone(), files)?)
    };
    let live = |project: Project| -> Result<Read, Error> {
        let side = Side::Live(Box::new(project.url()?));
        Ok(Read { side, project: Some(project), is_schema: false })
    };
    let side = match operand {
        Operand::Empty => Side::Empty,
        Operand::Schema(path) => {
            return Ok(Read { side: Side::Empty, project: Some(at(&path)?), is_schema: true });
        }
        Operand::SchemaDatasource(path) => return live(at(&path)?),
        Operand::ConfigDatasource => return live(Project::load(args, context)?),
        Operand::Url(text) => {
            let setting = Setting { value: UrlText::new(text), origin: Origin::Flag(url_flag) };
            Side::Live(Box::new(settings.parsed_url(&setting, &context.cwd)?))
        }
        Operand::Migrations(path) => Side::Migrations(Directory::read(&context.cwd.join(path))?),
    };
    Ok(Read { side, project: None, is_schema: false })
}

fn main_url(settings: &Settings) -> Option<DatabaseUrl> {
    settings.parsed_url(settings.url.as_ref()?, &settings.cwd).ok()
}

/// The database that is named for replaying migrations. Nothing is made on a server that nobody named for it.
fn shadow_url(settings: &Settings, projects: &[&Project], context: &Context) -> Result<Option<DatabaseUrl>, Error> {
    if let Some(setting @ Setting { value: UrlText::Text(_), .. }) = &settings.shadow_url {
        return Ok(Some(settings.parsed_url(setting, &context.cwd)?));
    }
    for project in projects {
        if let Some(url) = project.shadow_url()? {
            return Ok(Some(url));
        }
    }
    Ok(None)
}

fn no_shadow(reason: &str) -> Error {
    Error::usage(
        format!(
            "migrations are compared by replaying them in a database, none is named for that, and there is no server of \
             evt's own to do it in: {reason}"
        ),
        "name an empty one with `--shadow-database-url <url>`, or with `datasource.shadowDatabaseUrl` in the configuration",
    )
}
