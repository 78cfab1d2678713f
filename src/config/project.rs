//! A project: settings, schema, and what follows from both.

use std::path::{Path, PathBuf};

use super::discovery::SchemaFiles;
use super::error::{ConfigError, Origin, Setting};
use super::files;
use super::settings::{Dotenv, Settings, UrlText, origin_of_variable};
use super::{Context, ProjectArgs};
use crate::db::url::{DatabaseUrl, UrlError};
use crate::psl::schema::{Rules, StringOrEnv};
use crate::psl::{self, Ast, Diagnostics, PslSchema};

/// A project whose schema is valid.
#[derive(Debug, Clone)]
pub struct Project {
    /// What flags, environment and files say.
    pub settings: Settings,
    /// The schema's files.
    pub files: SchemaFiles,
    /// Their syntax trees.
    pub trees: Vec<Ast>,
    /// The schema.
    pub schema: PslSchema,
    /// Warnings about the schema.
    pub warnings: Diagnostics,
    /// The migrations folder, absolute; it need not exist.
    pub migrations: Setting<PathBuf>,
}

impl Project {
    /// Finds, reads, parses and validates. URLs are looked at when somebody asks for them.
    pub fn load(args: &ProjectArgs, context: &Context) -> Result<Self, ConfigError> {
        let settings = Settings::load(args, context, Dotenv::Read)?;
        let files = SchemaFiles::load(&settings)?;
        Self::of(settings, files)
    }

    /// A project of files that were read already.
    pub fn of(settings: Settings, files: SchemaFiles) -> Result<Self, ConfigError> {
        let (trees, mut diagnostics) = files.parsed();
        let (schema, found) = psl::validate(&trees);
        diagnostics.extend(found);
        let Some(schema) = schema.filter(|_| !diagnostics.has_errors()) else {
            return Err(ConfigError::Invalid { files: trees, diagnostics, way_out: None });
        };
        let migrations = settings
            .migrations
            .clone()
            .unwrap_or_else(|| Setting { value: beside(&schema, &files, "migrations"), origin: Origin::Default });
        Ok(Self { settings, files, trees, schema, warnings: diagnostics, migrations })
    }

    /// The migrations folder as it is shown to people.
    pub fn shown_migrations(&self) -> PathBuf {
        files::relative(&self.migrations.value, &self.settings.cwd)
    }

    /// Where the database is. The direct URL wins over the pooled one.
    pub fn url(&self) -> Result<DatabaseUrl, ConfigError> {
        match self.url_setting() {
            Some(setting) => self.parsed(&setting),
            None => Err(ConfigError::UrlMissing {
                config: self.settings.config.as_ref().map(|path| files::relative(path, &self.settings.cwd)),
            }),
        }
    }

    /// Who says where the database is.
    pub fn url_origin(&self) -> Option<Origin> {
        self.url_setting().map(|setting| self.settings.shown_origin(&setting.origin))
    }

    fn url_setting(&self) -> Option<Setting<UrlText>> {
        let datasource = self.schema.datasource.as_ref();
        let of_schema = |property, value: Option<&StringOrEnv>| value.map(|value| self.of_schema(property, value));
        (self.settings.url.clone())
            .or_else(|| of_schema("directUrl", datasource.and_then(|d| d.direct_url.as_ref())))
            .or_else(|| of_schema("url", datasource.and_then(|d| d.url.as_ref())))
            .or_else(|| self.settings.environment_url())
    }

    /// Where the shadow database is, if somebody says so. A variable without value counts as saying nothing.
    pub fn shadow_url(&self) -> Result<Option<DatabaseUrl>, ConfigError> {
        let datasource = self.schema.datasource.as_ref();
        let of_schema = datasource.and_then(|d| d.shadow_database_url.as_ref());
        let setting = self
            .settings
            .shadow_url
            .clone()
            .or_else(|| of_schema.map(|value| self.of_schema("shadowDatabaseUrl", value)));
        match setting {
            None | Some(Setting { value: UrlText::Missing { .. }, .. }) => Ok(None),
            Some(Setting { value: UrlText::Text(text), .. }) if text.expose().is_empty() => Ok(None),
            Some(setting) => self.parsed(&setting).map(Some),
        }
    }

    /// Who says where the shadow database is.
    pub fn shadow_url_origin(&self) -> Option<Origin> {
        let of_schema = self.schema.datasource.as_ref().and_then(|datasource| datasource.shadow_database_url.as_ref());
        let setting = self.settings.shadow_url.clone();
        let setting = setting.or_else(|| of_schema.map(|value| self.of_schema("shadowDatabaseUrl", value)));
        setting.map(|setting| self.settings.shown_origin(&setting.origin))
    }

    /// Whether every URL that the schema itself names can be read, which Prisma 6 wants of a valid schema. Returns the
    /// variables that are missing, in order of their properties: Prisma 6 refuses these too, but a schema does not
    /// become wrong by where it is looked at.
    ///
    /// # Errors
    /// The first URL that is empty or not for PostgreSQL.
    pub fn check_urls(&self) -> Result<Vec<ConfigError>, ConfigError> {
        let mut missing = Vec::new();
        let Some(datasource) = &self.schema.datasource else { return Ok(missing) };
        for (property, value) in [("url", &datasource.url), ("directUrl", &datasource.direct_url)] {
            let Some(value) = value else { continue };
            match self.parsed(&self.of_schema(property, value)) {
                // Only whoever connects has to understand the rest of a URL.
                Err(error @ ConfigError::VariableMissing { .. }) => missing.push(error),
                Err(error @ ConfigError::Url { source: UrlError::Empty | UrlError::Scheme { .. }, .. }) => {
                    return Err(error);
                }
                Ok(_) | Err(_) => {}
            }
        }
        Ok(missing)
    }

    /// The namespaces of the schema: those of the datasource, else that of the URL.
    pub fn namespaces(&self, url: &DatabaseUrl) -> Vec<String> {
        match &self.schema.datasource {
            Some(datasource) if !datasource.namespaces.is_empty() => datasource.namespaces.clone(),
            _ => vec![url.namespace().to_owned()],
        }
    }

    /// The folder for the queries of views, absolute; it need not exist.
    pub fn views(&self) -> PathBuf {
        self.folder(self.settings.views.as_ref(), "views")
    }

    /// The folder with the queries that clients are to be typed by, absolute; it need not exist.
    pub fn typed_sql(&self) -> PathBuf {
        self.folder(self.settings.typed_sql.as_ref(), "sql")
    }

    fn folder(&self, named: Option<&Setting<PathBuf>>, otherwise: &str) -> PathBuf {
        named.map_or_else(|| beside(&self.schema, &self.files, otherwise), |setting| setting.value.clone())
    }

    /// The name of the datasource block.
    pub fn datasource_name(&self) -> &str {
        self.schema.datasource.as_ref().map_or("db", |datasource| &datasource.name)
    }

    fn of_schema(&self, property: &'static str, value: &StringOrEnv) -> Setting<UrlText> {
        match value {
            StringOrEnv::Text(text, _) => {
                Setting { value: UrlText::new(text.clone()), origin: Origin::Schema(property) }
            }
            StringOrEnv::Env(name, _) => match UrlText::of_variable(name, &self.settings.environment) {
                text @ UrlText::Text(_) => Setting { value: text, origin: self.of_variable(name).origin },
                missing @ UrlText::Missing { .. } => Setting { value: missing, origin: Origin::Schema(property) },
            },
        }
    }

    fn of_variable(&self, name: &str) -> Setting<UrlText> {
        let environment = &self.settings.environment;
        Setting { value: UrlText::of_variable(name, environment), origin: origin_of_variable(name, environment) }
    }

    /// Reads a URL; its relative paths start where it was written, those of certificates beside the schema (Prisma 6)
    /// or the configuration (Prisma 7).
    fn parsed(&self, setting: &Setting<UrlText>) -> Result<DatabaseUrl, ConfigError> {
        let root = match &setting.origin {
            Origin::Schema(_) => self.datasource_folder(),
            other => other.base(&self.settings.cwd),
        };
        let certificates = match self.schema.rules {
            Rules::Prisma6 => self.datasource_folder(),
            Rules::Prisma7 => self.settings.bases.first().unwrap_or(&self.settings.cwd).clone(),
        };
        Ok(self.settings.read_url(setting)?.resolved(&root, &certificates))
    }

    fn datasource_folder(&self) -> PathBuf {
        datasource_folder(&self.schema, &self.files).unwrap_or(&self.files.root).to_owned()
    }
}

/// The folder of the file with the datasource block.
fn datasource_folder<'a>(schema: &PslSchema, files: &'a SchemaFiles) -> Option<&'a Path> {
    let id = schema.datasource.as_ref()?.span.file;
    let position = files.sources.iter().position(|source| source.id == id)?;
    files.paths.get(position)?.parent()
}

/// What belongs to a schema: Prisma 6 looks for it beside the file with the datasource block, Prisma 7 in the schema's
/// folder.
fn beside(schema: &PslSchema, files: &SchemaFiles, name: &str) -> PathBuf {
    let folder = match schema.rules {
        Rules::Prisma6 => datasource_folder(schema, files).unwrap_or(&files.root),
        Rules::Prisma7 => &files.root,
    };
    folder.join(name)
}
