//! The configuration files of a Prisma project: `prisma.config.*` and `package.json#prisma`.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::environment::Environment;
use super::error::{ConfigError, Origin, Setting};
use super::files;
use super::javascript::{self, Place, Value};
use super::runtime::{self, RunError};
use super::settings::UrlText;

/// Extensions in the order in which Prisma looks for them.
const EXTENSIONS: [&str; 6] = ["js", "ts", "mjs", "cjs", "mts", "cts"];

/// Every key of the configuration: dotted, and whether evt uses it. Keys below one ending in `.*` are not looked at.
const KEYS: &[(&str, bool)] = &[
    ("schema", true),
    ("migrations", false),
    ("migrations.path", true),
    ("migrations.seed", true),
    ("migrations.initShadowDb", true),
    ("tables", false),
    ("tables.external", true),
    ("enums", false),
    ("enums.external", true),
    ("views", false),
    ("views.path", true),
    ("typedSql", false),
    ("typedSql.path", true),
    ("datasource", false),
    ("datasource.url", true),
    ("datasource.directUrl", true),
    ("datasource.shadowDatabaseUrl", true),
    ("engine", false),
    ("earlyAccess", false),
    ("experimental", false),
    ("experimental.*", false),
    ("extensions", false),
    ("extensions.*", false),
    ("adapter", false),
    ("studio", false),
    ("studio.*", false),
];

/// What `prisma.config.*` says.
#[derive(Debug, Default)]
pub(super) struct PrismaConfig {
    pub(super) path: PathBuf,
    pub(super) schema: Option<Setting<PathBuf>>,
    pub(super) migrations: Option<Setting<PathBuf>>,
    pub(super) seed: Option<Setting<String>>,
    pub(super) init_shadow_db: Option<String>,
    pub(super) external_tables: Vec<String>,
    pub(super) external_enums: Vec<String>,
    pub(super) views: Option<Setting<PathBuf>>,
    pub(super) typed_sql: Option<Setting<PathBuf>>,
    pub(super) url: Option<Setting<UrlText>>,
    pub(super) direct_url: Option<Setting<UrlText>>,
    pub(super) shadow_url: Option<Setting<UrlText>>,
}

/// The configuration file: the one that was named, else the one in the working directory, if any.
pub(super) fn find(named: Option<&Setting<PathBuf>>, cwd: &Path) -> Result<Option<PathBuf>, ConfigError> {
    if let Some(Setting { value, origin }) = named {
        let path = files::clean(&origin.base(cwd).join(value));
        let known = path.extension().and_then(|e| e.to_str()).is_some_and(|e| EXTENSIONS.contains(&e));
        return match (path.exists(), known) {
            (false, _) => Err(ConfigError::PathMissing { path: value.clone(), origin: origin.clone() }),
            (true, false) => Err(ConfigError::ConfigExtension { path: value.clone() }),
            (true, true) => Ok(Some(path)),
        };
    }
    let places = [cwd.join("prisma.config"), cwd.join(".config").join("prisma")];
    let candidates = places.iter().flat_map(|place| EXTENSIONS.iter().map(|e| place.with_added_extension(e)));
    Ok(candidates.into_iter().find(|path| path.is_file()))
}

/// Reads a configuration file. `.env` files that it loads are added to `environment`.
pub(super) fn load(path: &Path, cwd: &Path, environment: &mut Environment) -> Result<PrismaConfig, ConfigError> {
    let text = files::read(path)?;
    let shown = || files::relative(path, cwd);
    let read = javascript::evaluate(&text, &Place { file: path, cwd }, environment)
        .map_err(|error| ConfigError::Syntax { path: shown(), line: error.line, message: error.message })?;
    let value = match first_computed(&read, "") {
        None => read,
        Some((key, expression, line)) => runtime::run(path, cwd, environment).map_err(|error| {
            let reason = match error {
                RunError::NoRuntime => "neither is in PATH".to_owned(),
                RunError::Failed { runtime, reason } => format!("`{runtime}` failed: {reason}"),
            };
            let key = if key.is_empty() { "the configuration".to_owned() } else { key };
            ConfigError::Computed { path: shown(), key, line, expression, reason }
        })?,
    };
    Reader { path: shown(), file: path, cwd }.config(&value)
}

/// The first value that evt needs and that only a runtime can tell: key, expression, line.
fn first_computed(value: &Value, key: &str) -> Option<(String, String, usize)> {
    match value {
        Value::Unknown { text, line } if is_used(key) => Some((key.to_owned(), text.clone(), *line)),
        Value::Object(entries) if KEYS.iter().any(|(known, _)| *known == key) || key.is_empty() => {
            entries.iter().find_map(|(name, value)| first_computed(value, &dotted(key, name)))
        }
        Value::List(list) if is_used(key) => list.iter().find_map(|value| first_computed(value, key)),
        _ => None,
    }
}

/// Whether evt uses a key or one below it.
fn is_used(key: &str) -> bool {
    let prefix = if key.is_empty() { String::new() } else { format!("{key}.") };
    KEYS.iter().any(|(known, used)| *used && (*known == key || known.starts_with(&prefix)))
}

fn dotted(key: &str, name: &str) -> String {
    if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") }
}

struct Reader<'a> {
    /// As shown.
    path: PathBuf,
    file: &'a Path,
    cwd: &'a Path,
}

impl Reader<'_> {
    fn config(&self, value: &Value) -> Result<PrismaConfig, ConfigError> {
        if !matches!(value, Value::Object(_)) {
            return Err(self.wrong("export default", "an object"));
        }
        self.known_keys(value, "")?;
        Ok(PrismaConfig {
            path: self.file.to_owned(),
            schema: self.path(value, "schema")?,
            migrations: self.path(value, "migrations.path")?,
            seed: self.text(value, "migrations.seed")?,
            init_shadow_db: self.text(value, "migrations.initShadowDb")?.map(|setting| setting.value),
            external_tables: self.list(value, "tables.external")?,
            external_enums: self.list(value, "enums.external")?,
            views: self.path(value, "views.path")?,
            typed_sql: self.path(value, "typedSql.path")?,
            url: self.url(value, "datasource.url")?,
            direct_url: self.url(value, "datasource.directUrl")?,
            shadow_url: self.url(value, "datasource.shadowDatabaseUrl")?,
        })
    }

    fn known_keys(&self, value: &Value, prefix: &str) -> Result<(), ConfigError> {
        let Value::Object(entries) = value else { return Ok(()) };
        for (name, value) in entries {
            let key = dotted(prefix, name);
            if KEYS.iter().any(|(known, _)| known.strip_suffix(".*") == Some(prefix)) {
                continue;
            }
            if !KEYS.iter().any(|(known, _)| *known == key) {
                let suggestion = super::closest(&key, KEYS.iter().map(|(known, _)| *known));
                return Err(ConfigError::UnknownKey { path: self.path.clone(), key, suggestion });
            }
            let group = KEYS.iter().any(|(known, _)| known.starts_with(&format!("{key}.")));
            let fits = matches!(value, Value::Object(_) | Value::List(_) | Value::Undefined | Value::Unknown { .. });
            if group && !fits {
                return Err(self.wrong(&key, "an object"));
            }
            self.known_keys(value, &key)?;
        }
        Ok(())
    }

    fn get<'v>(value: &'v Value, key: &str) -> &'v Value {
        key.split('.').fold(value, |value, name| match value {
            Value::Object(entries) => {
                entries.iter().rev().find(|(n, _)| n == name).map_or(&Value::Undefined, |(_, value)| value)
            }
            _ => &Value::Undefined,
        })
    }

    fn text(&self, value: &Value, key: &str) -> Result<Option<Setting<String>>, ConfigError> {
        match Self::get(value, key) {
            Value::Undefined => Ok(None),
            Value::Text(text) if !text.is_empty() => {
                Ok(Some(Setting { value: text.clone(), origin: self.origin(key) }))
            }
            Value::MissingVariable { name, empty } => {
                Err(ConfigError::VariableMissing { name: name.clone(), origin: self.origin(key), empty: *empty })
            }
            _ => Err(self.wrong(key, "a text that is not empty")),
        }
    }

    fn path(&self, value: &Value, key: &str) -> Result<Option<Setting<PathBuf>>, ConfigError> {
        Ok(self.text(value, key)?.map(|Setting { value, origin }| {
            let base = self.file.parent().unwrap_or(self.cwd);
            Setting { value: files::clean(&base.join(value)), origin }
        }))
    }

    /// A URL whose variable is missing is an error only for who needs it.
    fn url(&self, value: &Value, key: &str) -> Result<Option<Setting<UrlText>>, ConfigError> {
        let text = match Self::get(value, key) {
            Value::Undefined => return Ok(None),
            Value::Text(text) => UrlText::new(text.clone()),
            Value::MissingVariable { name, empty } => UrlText::Missing { name: name.clone(), empty: *empty },
            _ => return Err(self.wrong(key, "a text")),
        };
        Ok(Some(Setting { value: text, origin: self.origin(key) }))
    }

    fn list(&self, value: &Value, key: &str) -> Result<Vec<String>, ConfigError> {
        match Self::get(value, key) {
            Value::Undefined => Ok(Vec::new()),
            Value::List(list) => list
                .iter()
                .map(|value| match value {
                    Value::Text(text) => Ok(text.clone()),
                    _ => Err(self.wrong(key, "a list of texts")),
                })
                .collect(),
            _ => Err(self.wrong(key, "a list of texts")),
        }
    }

    fn origin(&self, key: &str) -> Origin {
        Origin::File { path: self.path.clone(), key: key.to_owned() }
    }

    fn wrong(&self, key: &str, expected: &'static str) -> ConfigError {
        ConfigError::WrongType { path: self.path.clone(), key: key.to_owned(), expected }
    }
}

/// What the nearest `package.json` says for Prisma 6.
#[derive(Debug, Default)]
pub(super) struct Package {
    /// The folder of the nearest `package.json`, whether it mentions Prisma or not.
    pub(super) folder: Option<PathBuf>,
    pub(super) schema: Option<Setting<PathBuf>>,
    pub(super) seed: Option<Setting<String>>,
}

/// Reads the nearest `package.json` in `cwd` or above it.
pub(super) fn package(cwd: &Path) -> Result<Package, ConfigError> {
    // Prisma's generated client is a package of its own, which is not the project.
    let is_project = |path: &Path| {
        let json = std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<Json>(&bytes).ok());
        json.as_ref().and_then(|json| json.get("name")).and_then(Json::as_str) != Some(".prisma/client")
    };
    let Some(path) = files::upward(cwd, "package.json", is_project) else { return Ok(Package::default()) };
    let folder = path.parent().map(Path::to_owned);
    let shown = files::relative(&path, cwd);
    let json: Json = serde_json::from_str(files::read(&path)?.trim_start_matches('\u{feff}'))
        .map_err(|error| ConfigError::Syntax { path: shown.clone(), line: error.line(), message: error.to_string() })?;
    let text = |key: &'static str| match json.get("prisma").and_then(|prisma| prisma.get(key)) {
        None => Ok(None),
        Some(Json::String(text)) if !text.is_empty() => Ok(Some(Setting {
            value: text.clone(),
            origin: Origin::File { path: shown.clone(), key: format!("prisma.{key}") },
        })),
        Some(_) => Err(ConfigError::WrongType {
            path: shown.clone(),
            key: format!("prisma.{key}"),
            expected: "a text that is not empty",
        }),
    };
    let schema = text("schema")?.map(|Setting { value, origin }| {
        let path = folder.as_deref().unwrap_or(cwd).join(value);
        Setting { value: files::clean(&path), origin }
    });
    Ok(Package { schema, seed: text("seed")?, folder })
}
