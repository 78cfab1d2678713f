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
    /// The settings, and the URL that is given, else that of the settings, else that of the schema, which only then is
    /// read; without one `DATABASE_URL` is enough.
    pub(super) fn load(&self, context: &Context) -> Result<(Settings, DatabaseUrl), Error> {
        if self.url.is_some() && self.project.schema.is_some() {
            return Err(Error::usage("`--url` and `--schema` exclude each other", "give one of them"));
        }
        let settings = Settings::load(&self.project, context, Dotenv::Read)?;
        let given = self.url.clone().map(|url| Setting { value: UrlText::new(url), origin: Origin::Flag("--url") });
        if let Some(setting) = given.or_else(|| settings.url.clone().filter(|_| self.project.schema.is_none())) {
            let url = settings.parsed_url(&setting, &context.cwd)?;
            return Ok((settings, url));
        }
        let url = match (Project::load(&self.project, context), settings.environment_url()) {
            (Err(ConfigError::SchemaMissing { .. }), Some(url)) => settings.parsed_url(&url, &context.cwd)?,
            (project, _) => project?.url()?,
        };
        Ok((settings, url))
    }
}
