//! Which database a command is about that needs no schema.

use crate::config::{ConfigError, Context, Dotenv, Origin, Project, ProjectArgs, Setting, Settings, UrlText};
use crate::db::DatabaseUrl;
use crate::error::Error;

/// A URL, or a project that has one.
#[derive(Debug, clap::Args)]
pub(crate) struct Target {
    /// URL of the database
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    project: ProjectArgs,
}

impl Target {
    /// The longest wait for locks that the settings say, in seconds.
    pub(super) fn lock_timeout_s(&self, context: &Context) -> Result<Option<u64>, Error> {
        Ok(Settings::load(&self.project, context, Dotenv::Read)?.lock_timeout_s)
    }

    /// The schema for evt's own records; `None` if they are turned off.
    pub(super) fn records(&self, context: &Context) -> Result<Option<String>, Error> {
        Ok(Settings::load(&self.project, context, Dotenv::Read)?.state)
    }

    /// The URL that is given, else that of the settings, else that of the schema, which only then is read; without one
    /// `DATABASE_URL` is enough.
    pub(super) fn url(&self, context: &Context) -> Result<DatabaseUrl, Error> {
        if self.url.is_some() && self.project.schema.is_some() {
            return Err(Error::usage("`--url` and `--schema` exclude each other", "give one of them"));
        }
        let settings = Settings::load(&self.project, context, Dotenv::Read)?;
        let given = self.url.clone().map(|url| Setting { value: UrlText::new(url), origin: Origin::Flag("--url") });
        if let Some(setting) = given.or_else(|| settings.url.clone().filter(|_| self.project.schema.is_none())) {
            return Ok(settings.parsed_url(&setting, &context.cwd)?);
        }
        match (Project::load(&self.project, context), settings.environment_url()) {
            (Err(ConfigError::SchemaMissing { .. }), Some(url)) => Ok(settings.parsed_url(&url, &context.cwd)?),
            (project, _) => Ok(project?.url()?),
        }
    }
}
