//! Settings from flags, environment and files: for each, the first that names it wins.

use std::path::{Path, PathBuf};

use toml::{Table, Value as Toml};

use super::dotenv;
use super::environment::{self, Environment};
use super::error::{ConfigError, Origin, Setting};
use super::files;
use super::prisma::{self, Package, PrismaConfig};
use super::{Context, ProjectArgs};
use crate::db::url::{DatabaseUrl, Secret};

/// The name of evt's own configuration file. It is looked for in the working directory and above it.
pub const FILE: &str = "evt.toml";

/// Keys of `evt.toml`, dotted, with their meaning; README and errors use this table.
pub const KEYS: &[(&str, &str)] = &[
    ("schema", "path of the schema file or folder"),
    ("config", "path of the Prisma configuration file"),
    ("database.url", "URL of the database; `${NAME}` is replaced by the environment variable"),
    ("database.shadow_url", "URL of the shadow database, likewise"),
    ("migrations.path", "path of the migrations folder"),
    ("migrations.seed", "the seed command"),
    ("migrations.init_shadow_db", "SQL that is run in the shadow database before the migrations"),
    ("migrations.lock_timeout", "longest wait for another migration run, in seconds; 0 is for ever"),
    ("tables.external", "tables that somebody else owns, as `schema.table`"),
    ("enums.external", "enums that somebody else owns, as `schema.enum`"),
    ("state", "name of the schema for evt's own tables, or `off`"),
];

/// The text of a URL, or the variable that should hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UrlText {
    /// The text.
    Text(Secret),
    /// A variable that is not set, or empty.
    Missing {
        /// Its name.
        name: String,
        /// Whether it is set but empty.
        empty: bool,
    },
}

impl UrlText {
    /// A text that is known.
    pub fn new(text: String) -> Self {
        Self::Text(Secret::new(text))
    }

    /// The value of a variable, if it is set and not empty.
    pub fn of_variable(name: &str, environment: &Environment) -> Self {
        match environment.get(name) {
            Some(value) if !value.is_empty() => Self::new(value.to_owned()),
            value => Self::Missing { name: name.to_owned(), empty: value.is_some() },
        }
    }
}

/// Whether a command reads `.env` files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dotenv {
    /// It does.
    Read,
    /// It needs no variable.
    Skip,
}

/// Something about the settings that a person may want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// This configuration file was read.
    Config(PathBuf),
    /// This `.env` file was read.
    Dotenv(PathBuf),
    /// This `.env` file was not read because there is a configuration file, which did not load it.
    DotenvSkipped(PathBuf),
}

/// All settings that do not depend on the schema.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The working directory.
    pub cwd: PathBuf,
    /// Variables, those of `.env` files included.
    pub environment: Environment,
    /// The configuration file of Prisma that was read.
    pub config: Option<PathBuf>,
    /// Where the schema is.
    pub schema: Option<Setting<PathBuf>>,
    /// Where default places for the schema are looked for, in this order.
    pub bases: Vec<PathBuf>,
    /// The migrations folder.
    pub migrations: Option<Setting<PathBuf>>,
    /// The folder for view definitions.
    pub views: Option<Setting<PathBuf>>,
    /// The folder for queries that clients are to be typed by.
    pub typed_sql: Option<Setting<PathBuf>>,
    /// The seed command.
    pub seed: Option<Setting<String>>,
    /// SQL for the shadow database.
    pub init_shadow_db: Option<String>,
    /// Tables that somebody else owns, as `schema.table`.
    pub external_tables: Vec<String>,
    /// Enums that somebody else owns.
    pub external_enums: Vec<String>,
    /// URL of the database, unless only the schema names it.
    pub url: Option<Setting<UrlText>>,
    /// URL of the shadow database, unless only the schema names it.
    pub shadow_url: Option<Setting<UrlText>>,
    /// Longest wait for another migration run, in seconds.
    pub lock_timeout_s: Option<u64>,
    /// The schema for evt's own tables; `None` if turned off.
    pub state: Option<String>,
    /// What was read.
    pub notes: Vec<Note>,
    /// Whether `DATABASE_URL` counts if nothing else names a URL.
    takes_database_url: bool,
}

/// The name of the schema for evt's own tables unless somebody says otherwise.
pub const STATE: &str = "_evt";

impl Settings {
    /// Reads the files and decides. Nothing of the schema is looked at.
    pub fn load(args: &ProjectArgs, context: &Context, dotenv: Dotenv) -> Result<Self, ConfigError> {
        let cwd = &context.cwd;
        let mut environment = context.environment.clone();
        let file = EvtToml::read(cwd)?;
        let named = flag("--config", args.config.as_ref())
            .or_else(|| variable(environment::EVT_CONFIG, &environment))
            .or(file.path("config")?);
        let config = match prisma::find(named.as_ref(), cwd)? {
            Some(path) => Some(prisma::load(&path, cwd, &mut environment)?),
            None => None,
        };
        let package = prisma::package(cwd)?;
        let mut notes = Vec::new();
        if let Some(config) = &config {
            notes.push(Note::Config(files::relative(&config.path, cwd)));
        }
        if dotenv == Dotenv::Read {
            let root = package.folder.clone().or_else(|| file.folder.clone());
            let candidates = dotenv_files(root.as_deref(), args.schema.as_deref(), cwd);
            if config.is_none() {
                notes.extend(load_dotenv(&candidates, cwd, &mut environment)?);
            } else {
                let skipped = candidates.iter().find(|path| !environment.has_read(path));
                notes.extend(skipped.map(|path| Note::DotenvSkipped(files::relative(path, cwd))));
            }
        }
        Self::decide(args, context, environment, named.as_ref(), &file, config, package, notes)
    }

    #[expect(clippy::too_many_arguments, reason = "one argument for each place that settings come from")]
    fn decide(
        args: &ProjectArgs,
        context: &Context,
        environment: Environment,
        named: Option<&Setting<PathBuf>>,
        file: &EvtToml,
        config: Option<PrismaConfig>,
        package: Package,
        notes: Vec<Note>,
    ) -> Result<Self, ConfigError> {
        let cwd = &context.cwd;
        let at_cwd = |setting: Setting<PathBuf>| Setting { value: files::clean(&cwd.join(setting.value)), ..setting };
        let path = config.as_ref().map(|config| config.path.clone());
        let config = config.unwrap_or_default();
        let schema = flag("--schema", args.schema.as_ref())
            .or_else(|| variable(environment::EVT_SCHEMA, &environment))
            .map(at_cwd)
            .or(file.path("schema")?)
            .or(config.schema)
            .or(package.schema);
        let migrations = variable(environment::EVT_MIGRATIONS, &environment)
            .map(at_cwd)
            .or(file.path("migrations.path")?)
            .or(config.migrations);
        let seed = variable(environment::EVT_SEED, &environment)
            .or(file.text("migrations.seed")?)
            .or(config.seed)
            .or(package.seed);
        let url = url_flag("--url", args.url.as_ref())
            .or_else(|| url_variable(environment::EVT_DATABASE_URL, &environment))
            .or(file.url("database.url", &environment)?)
            .or(config.direct_url)
            .or(config.url);
        let shadow_url = url_flag("--shadow-database-url", args.shadow_database_url.as_ref())
            .or_else(|| url_variable(environment::EVT_SHADOW_DATABASE_URL, &environment))
            .or(file.url("database.shadow_url", &environment)?)
            .or(config.shadow_url);
        let state = environment.filled(environment::EVT_STATE).map(str::to_owned);
        let state = state.or(file.text("state")?.map(|setting| setting.value));
        let external = |own: Vec<String>, theirs| if own.is_empty() { theirs } else { own };
        let mut bases = vec![cwd.clone()];
        if let (Some(_), Some(folder)) = (named, path.as_deref().and_then(Path::parent)) {
            bases.insert(0, folder.to_owned());
            bases.dedup();
        }
        Ok(Self {
            cwd: cwd.clone(),
            config: path,
            schema,
            bases,
            migrations,
            views: config.views,
            typed_sql: config.typed_sql,
            seed,
            init_shadow_db: file.text("migrations.init_shadow_db")?.map(|s| s.value).or(config.init_shadow_db),
            external_tables: external(file.list("tables.external")?, config.external_tables),
            external_enums: external(file.list("enums.external")?, config.external_enums),
            url,
            shadow_url,
            lock_timeout_s: lock_timeout(&environment)?.or(file.number("migrations.lock_timeout")?),
            state: match state.as_deref() {
                Some("off") => None,
                Some(name) => Some(name.to_owned()),
                None => Some(STATE.to_owned()),
            },
            notes,
            takes_database_url: true,
            environment,
        })
    }
}

impl Settings {
    /// What a caller says that says everything itself: no file is looked for, and `DATABASE_URL` counts only where a
    /// schema names it. `argument` is the flag by which it gives URLs.
    pub fn given(
        context: &Context,
        argument: &'static str,
        url: Option<&str>,
        shadow_url: Option<&str>,
    ) -> Result<Self, ConfigError> {
        let environment = context.environment.clone();
        let setting = |text: Option<&str>| {
            let text = text.filter(|text| !text.is_empty())?;
            Some(Setting { value: UrlText::new(text.to_owned()), origin: Origin::Flag(argument) })
        };
        Ok(Self {
            cwd: context.cwd.clone(),
            config: None,
            schema: None,
            bases: vec![context.cwd.clone()],
            migrations: None,
            views: None,
            typed_sql: None,
            seed: None,
            init_shadow_db: None,
            external_tables: Vec::new(),
            external_enums: Vec::new(),
            url: setting(url),
            shadow_url: setting(shadow_url),
            lock_timeout_s: lock_timeout(&environment)?,
            state: None,
            notes: Vec::new(),
            takes_database_url: false,
            environment,
        })
    }

    /// Reads a URL that no schema names; its relative paths start where it was written, those of certificates in
    /// `certificates`.
    pub fn parsed_url(&self, setting: &Setting<UrlText>, certificates: &Path) -> Result<DatabaseUrl, ConfigError> {
        Ok(self.read_url(setting)?.resolved(&setting.origin.base(&self.cwd), certificates))
    }

    /// What `DATABASE_URL` says, which counts if no flag, no file and no schema names a URL.
    pub fn environment_url(&self) -> Option<Setting<UrlText>> {
        url_variable(environment::DATABASE_URL, &self.environment).filter(|_| self.takes_database_url)
    }

    /// An origin whose file is shown relative to the working directory.
    pub(super) fn shown_origin(&self, origin: &Origin) -> Origin {
        match origin {
            Origin::File { path, key } => Origin::File { path: files::relative(path, &self.cwd), key: key.clone() },
            other => other.clone(),
        }
    }

    pub(super) fn read_url(&self, setting: &Setting<UrlText>) -> Result<DatabaseUrl, ConfigError> {
        let origin = self.shown_origin(&setting.origin);
        match &setting.value {
            UrlText::Text(text) => text.expose().parse().map_err(|source| ConfigError::Url { origin, source }),
            UrlText::Missing { name, empty } => {
                Err(ConfigError::VariableMissing { name: name.clone(), origin, empty: *empty })
            }
        }
    }
}

fn flag(name: &'static str, value: Option<&PathBuf>) -> Option<Setting<PathBuf>> {
    value.map(|value| Setting { value: value.clone(), origin: Origin::Flag(name) })
}

fn variable<T: From<String>>(name: &'static str, environment: &Environment) -> Option<Setting<T>> {
    let value = environment.filled(name)?.to_owned();
    Some(Setting { value: value.into(), origin: origin_of_variable(name, environment) })
}

fn url_flag(name: &'static str, value: Option<&String>) -> Option<Setting<UrlText>> {
    value.map(|value| Setting { value: UrlText::new(value.clone()), origin: Origin::Flag(name) })
}

fn url_variable(name: &'static str, environment: &Environment) -> Option<Setting<UrlText>> {
    let value = UrlText::new(environment.filled(name)?.to_owned());
    Some(Setting { value, origin: origin_of_variable(name, environment) })
}

/// The process, or the `.env` file that a variable came from.
pub(super) fn origin_of_variable(name: &str, environment: &Environment) -> Origin {
    match environment.file_of(name) {
        Some(path) => Origin::File { path: path.to_owned(), key: name.to_owned() },
        None => Origin::Variable(name.to_owned()),
    }
}

fn lock_timeout(environment: &Environment) -> Result<Option<u64>, ConfigError> {
    let name = environment::EVT_LOCK_TIMEOUT;
    let wrong = |_| ConfigError::WrongVariable { name, expected: "a whole number of seconds" };
    environment.filled(name).map(|text| text.parse().map_err(wrong)).transpose()
}

/// The `.env` files that exist, the first before the second: beside `package.json`, and beside the schema.
fn dotenv_files(root: Option<&Path>, schema: Option<&Path>, cwd: &Path) -> Vec<PathBuf> {
    let root = root.map(|folder| folder.join(".env")).filter(|path| path.is_file());
    let beside_schema = schema
        .map(|path| files::clean(&cwd.join(path)))
        .and_then(|path| path.parent().map(|folder| folder.join(".env")));
    let places = [beside_schema, Some(cwd.join("prisma").join(".env")), Some(cwd.join(".env"))];
    let second = places.into_iter().flatten().find(|path| path.is_file());
    let mut found: Vec<PathBuf> = root.into_iter().chain(second).collect();
    found.dedup();
    found
}

fn load_dotenv(paths: &[PathBuf], cwd: &Path, environment: &mut Environment) -> Result<Vec<Note>, ConfigError> {
    let shown = |path: &Path| files::relative(path, cwd);
    let written = paths.iter().map(|path| Ok(dotenv::parse(&files::read(path)?))).collect::<Result<Vec<_>, _>>()?;
    if let ([first, second], [a, b]) = (paths, written.as_slice()) {
        let keys: Vec<String> =
            a.iter().filter(|(key, value)| b.get(*key) == Some(*value)).map(|(k, _)| k.clone()).collect();
        if !keys.is_empty() {
            return Err(ConfigError::DotenvConflict { keys, first: shown(first), second: shown(second) });
        }
    }
    for (path, written) in paths.iter().zip(&written) {
        let expanded = dotenv::expand(written, environment)
            .map_err(|name| ConfigError::DotenvTooLong { path: shown(path), name })?;
        environment.add(path, expanded, false);
    }
    Ok(paths.iter().map(|path| Note::Dotenv(shown(path))).collect())
}

/// evt's own configuration file.
struct EvtToml {
    /// As shown.
    path: PathBuf,
    folder: Option<PathBuf>,
    table: Table,
}

impl EvtToml {
    fn read(cwd: &Path) -> Result<Self, ConfigError> {
        let Some(path) = files::upward(cwd, FILE, |_| true) else {
            return Ok(Self { path: PathBuf::from(FILE), folder: None, table: Table::new() });
        };
        let text = files::read(&path)?;
        let shown = files::relative(&path, cwd);
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text.as_bytes().iter().take(at).filter(|&&b| b == b'\n').count() + 1;
            ConfigError::Syntax { path: shown.clone(), line, message: error.message().to_owned() }
        })?;
        let file = Self { path: shown, folder: path.parent().map(Path::to_owned), table };
        file.known_keys(&file.table, "")?;
        Ok(file)
    }

    fn known_keys(&self, table: &Table, prefix: &str) -> Result<(), ConfigError> {
        for (name, value) in table {
            let key = format!("{prefix}{name}");
            let group = KEYS.iter().any(|(known, _)| known.starts_with(&format!("{key}.")));
            match value {
                Toml::Table(inner) if group => self.known_keys(inner, &format!("{key}."))?,
                _ if group => return Err(self.wrong(&key, "a table")),
                _ if KEYS.iter().any(|(known, _)| *known == key) => {}
                _ => {
                    let suggestion = super::closest(&key, KEYS.iter().map(|(known, _)| *known));
                    return Err(ConfigError::UnknownKey { path: self.path.clone(), key, suggestion });
                }
            }
        }
        Ok(())
    }

    fn get(&self, key: &str) -> Option<&Toml> {
        let (groups, name) = key.rsplit_once('.').map_or(("", key), |(groups, name)| (groups, name));
        let table = groups.split('.').filter(|group| !group.is_empty());
        table.into_iter().try_fold(&self.table, |table, group| table.get(group)?.as_table())?.get(name)
    }

    fn text(&self, key: &str) -> Result<Option<Setting<String>>, ConfigError> {
        match self.get(key) {
            None => Ok(None),
            Some(Toml::String(text)) if !text.is_empty() => {
                Ok(Some(Setting { value: text.clone(), origin: self.origin(key) }))
            }
            Some(_) => Err(self.wrong(key, "a text that is not empty")),
        }
    }

    fn path(&self, key: &str) -> Result<Option<Setting<PathBuf>>, ConfigError> {
        let folder = self.folder.clone().unwrap_or_default();
        Ok(self
            .text(key)?
            .map(|Setting { value, origin }| Setting { value: files::clean(&folder.join(value)), origin }))
    }

    fn url(&self, key: &str, environment: &Environment) -> Result<Option<Setting<UrlText>>, ConfigError> {
        Ok(self.text(key)?.map(|Setting { value, origin }| Setting { value: expanded(&value, environment), origin }))
    }

    fn number(&self, key: &str) -> Result<Option<u64>, ConfigError> {
        match self.get(key) {
            None => Ok(None),
            Some(Toml::Integer(number)) => u64::try_from(*number).map(Some).map_err(|_| self.wrong(key, "0 or more")),
            Some(_) => Err(self.wrong(key, "a whole number")),
        }
    }

    fn list(&self, key: &str) -> Result<Vec<String>, ConfigError> {
        let wrong = || self.wrong(key, "a list of texts");
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let list = value.as_array().ok_or_else(wrong)?;
        list.iter().map(|value| value.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
    }

    fn origin(&self, key: &str) -> Origin {
        Origin::File { path: self.path.clone(), key: key.to_owned() }
    }

    fn wrong(&self, key: &str, expected: &'static str) -> ConfigError {
        ConfigError::WrongType { path: self.path.clone(), key: key.to_owned(), expected }
    }
}

/// A URL in which `${NAME}` stands for a variable.
fn expanded(text: &str, environment: &Environment) -> UrlText {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("${") {
        let Some((name, after)) = from.split_once('}') else { break };
        match UrlText::of_variable(name, environment) {
            UrlText::Text(value) => {
                out.push_str(before);
                out.push_str(value.expose());
            }
            missing @ UrlText::Missing { .. } => return missing,
        }
        rest = after;
    }
    out.push_str(rest);
    UrlText::new(out)
}
