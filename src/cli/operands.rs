//! The two sides of a comparison.

use std::path::PathBuf;

use crate::cli::block_on;
use crate::config::environment::PATH;
use crate::config::{Context, Dotenv, Origin, Project, ProjectArgs, SchemaFiles, Setting, Settings, UrlText};
use crate::db::local::Reached;
use crate::db::url::DEFAULT_NAMESPACE;
use crate::db::{Connection, DatabaseUrl};
use crate::dbschema::DbSchema;
use crate::diff::External;
use crate::error::Error;
use crate::introspect::{Scope, introspect};
use crate::lower::lower;
use crate::migrations::shadow::replayed;
use crate::migrations::{Directory, Migration, Shadow, Steps};

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

/// A side whose files are read.
#[derive(Debug)]
enum Side {
    Empty,
    Schema(Box<Project>),
    Live(Box<DatabaseUrl>),
    Migrations(Directory),
}

/// Both sides, and what they have in common.
#[derive(Debug)]
pub(super) struct Sides {
    pub(super) settings: Settings,
    from: Side,
    to: Side,
    shadow: Option<DatabaseUrl>,
    scope: Scope,
    search_path: Option<String>,
}

impl Sides {
    /// Reads files and decides about namespaces; no server is asked.
    pub(super) fn prepare(from: Operand, to: Operand, args: &ProjectArgs, context: &Context) -> Result<Self, Error> {
        let settings = Settings::load(args, context, Dotenv::Read)?;
        let mut projects = Vec::new();
        let from = side(from, ["--from-schema", "--from-url"], args, context, &settings, &mut projects)?;
        let to = side(to, ["--to-schema", "--to-url"], args, context, &settings, &mut projects)?;
        let replays = [&from, &to].into_iter().any(|side| matches!(side, Side::Migrations(_)));
        let shadow = if replays { Some(shadow_url(&settings, &projects, context)?) } else { None };
        if let Some(shadow) = &shadow {
            let named = projects.iter().filter_map(|project| project.url().ok());
            let live = [&from, &to].into_iter().filter_map(|side| match side {
                Side::Live(url) => Some(url.as_ref().clone()),
                Side::Empty | Side::Schema(_) | Side::Migrations(_) => None,
            });
            for url in live.chain(named).chain(main_url(&settings)) {
                Shadow::new(&url, Some(shadow))?; // which refuses a database as its own shadow
            }
        }
        let scope = scope(&[&from, &to], shadow.as_ref(), &projects);
        let search_path = context.environment.get(PATH).map(str::to_owned);
        Ok(Self { settings, from, to, shadow, scope, search_path })
    }

    /// The steps from one side to the other. Servers are asked only for sides that need one, and to compare what they
    /// have with a schema file where the texts do not tell.
    pub(super) fn steps(&self, external: &External) -> Result<Steps, Error> {
        let (from, to) = (self.database(&self.from)?, self.database(&self.to)?);
        let Some(url) = self.judge() else { return Ok(Steps::between(&from, &to, external)) };
        let reached = self.reach(url)?;
        block_on(async {
            let mut db = Connection::open(&reached.url).await?;
            Ok(Steps::asking(&mut db, &from, &to, external).await?)
        })
    }

    /// The database that can tell what the expressions of a schema file mean: the other side, if it is one.
    fn judge(&self) -> Option<&DatabaseUrl> {
        match (&self.from, &self.to) {
            (Side::Schema(_), Side::Live(url)) | (Side::Live(url), Side::Schema(_)) => Some(url),
            // The replayed migrations are still there.
            (Side::Schema(_), Side::Migrations(_)) | (Side::Migrations(_), Side::Schema(_)) => self.shadow.as_ref(),
            _ => None,
        }
    }

    fn database(&self, side: &Side) -> Result<DbSchema, Error> {
        match side {
            Side::Empty => Ok(DbSchema::empty(&self.scope.default_namespace)),
            Side::Schema(project) => Ok(lower(&project.schema, &self.scope.default_namespace)),
            Side::Live(url) => {
                let reached = self.reach(url)?;
                block_on(async {
                    let mut db = Connection::open(&reached.url).await?;
                    Ok(Box::pin(introspect(&mut db, &self.scope)).await?)
                })
            }
            Side::Migrations(directory) => {
                directory.check_provider()?;
                let Some(shadow) = &self.shadow else { return Ok(DbSchema::empty(&self.scope.default_namespace)) };
                let reached = self.reach(&shadow.with_namespace(&self.scope.default_namespace))?;
                let migrations: Vec<&Migration> = directory.migrations.iter().collect();
                let shadow = Shadow::given(reached.url.clone()).with_init(self.settings.init_shadow_db.clone());
                block_on(async { Ok(Box::pin(replayed(&shadow, &migrations, &self.scope)).await?) })
            }
        }
    }

    fn reach(&self, url: &DatabaseUrl) -> Result<Reached, Error> {
        Ok(Reached::new(url, self.search_path.as_ref().map(std::ffi::OsStr::new))?)
    }
}

fn side(
    operand: Operand,
    [schema_flag, url_flag]: [&'static str; 2],
    args: &ProjectArgs,
    context: &Context,
    settings: &Settings,
    projects: &mut Vec<Project>,
) -> Result<Side, Error> {
    let at = |path: &PathBuf| -> Result<Project, Error> {
        let files = SchemaFiles::at(path, Origin::Flag(schema_flag), &context.cwd)?;
        Ok(Project::of(settings.clone(), files)?)
    };
    Ok(match operand {
        Operand::Empty => Side::Empty,
        Operand::Schema(path) => {
            let project = at(&path)?;
            projects.push(project.clone());
            Side::Schema(Box::new(project))
        }
        Operand::SchemaDatasource(path) => {
            let project = at(&path)?;
            let url = project.url()?;
            projects.push(project);
            Side::Live(Box::new(url))
        }
        Operand::ConfigDatasource => {
            let project = Project::load(args, context)?;
            let url = project.url()?;
            projects.push(project);
            Side::Live(Box::new(url))
        }
        Operand::Url(text) => {
            let setting = Setting { value: UrlText::new(text), origin: Origin::Flag(url_flag) };
            Side::Live(Box::new(settings.parsed_url(&setting, &context.cwd)?))
        }
        Operand::Migrations(path) => Side::Migrations(Directory::read(&context.cwd.join(path))?),
    })
}

fn main_url(settings: &Settings) -> Option<DatabaseUrl> {
    settings.parsed_url(settings.url.as_ref()?, &settings.cwd).ok()
}

/// Where migrations are replayed. Nothing is made on a server that nobody named for it.
fn shadow_url(settings: &Settings, projects: &[Project], context: &Context) -> Result<DatabaseUrl, Error> {
    if let Some(setting @ Setting { value: UrlText::Text(_), .. }) = &settings.shadow_url {
        return Ok(settings.parsed_url(setting, &context.cwd)?);
    }
    for project in projects {
        if let Some(url) = project.shadow_url()? {
            return Ok(url);
        }
    }
    Err(Error::usage(
        "migrations are compared by replaying them in a database, and none is named for that",
        "name an empty one with `--shadow-database-url <url>`, or with `datasource.shadowDatabaseUrl` in the configuration",
    ))
}

/// The namespaces that are compared: those of the schemas, else the one of a live database, of the shadow database, of
/// the URL in a schema, in this order.
fn scope(sides: &[&Side], shadow: Option<&DatabaseUrl>, projects: &[Project]) -> Scope {
    let live = sides.iter().find_map(|side| match side {
        Side::Live(url) => Some(url.namespace().to_owned()),
        Side::Empty | Side::Schema(_) | Side::Migrations(_) => None,
    });
    let of_project = || projects.iter().find_map(|project| Some(project.url().ok()?.namespace().to_owned()));
    let default_namespace = live
        .or_else(|| shadow.map(|url| url.namespace().to_owned()))
        .or_else(of_project)
        .unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned());
    let datasources = projects.iter().filter_map(|project| project.schema.datasource.as_ref());
    let mut namespaces: Vec<String> = datasources.flat_map(|datasource| datasource.namespaces.clone()).collect();
    namespaces.sort();
    namespaces.dedup();
    if namespaces.is_empty() {
        namespaces.push(default_namespace.clone());
    }
    Scope { namespaces, default_namespace }
}
