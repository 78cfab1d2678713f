//! Everything that is set from outside: flags, environment, files. The only room that reads environment variables.
//!
//! For each setting the first that names it wins: flag, `EVT_*` variable, `evt.toml`, `prisma.config.*`,
//! `package.json#prisma`, the schema, the default. [`Settings`] holds what does not depend on the schema, [`Project`]
//! adds the schema itself.
//!
//! `.env` files are read as Prisma 6 reads them, unless there is a `prisma.config.*`: that loads them itself, by
//! `import "dotenv/config"`. A schema without `url` and without any configuration takes `DATABASE_URL`.

mod discovery;
mod dotenv;
pub mod environment;
mod error;
mod files;
pub mod interactive;
mod javascript;
mod prisma;
mod project;
mod replace;
mod runtime;
pub mod settings;

use std::path::PathBuf;

pub use discovery::SchemaFiles;
pub use environment::Environment;
pub use error::{ConfigError, Origin, Setting};
pub use files::{clean, relative};
pub use project::Project;
pub use replace::{Replacement, replace_all};
pub use settings::{Dotenv, Note, Settings, UrlText};

/// Flags that say where a project is.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ProjectArgs {
    /// Schema file or folder
    #[arg(long, value_name = "PATH")]
    pub schema: Option<PathBuf>,
    /// Prisma configuration file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// URL of the database; set by commands that have such a flag
    #[arg(skip)]
    pub url: Option<String>,
    /// URL of the shadow database; set by commands that have such a flag
    #[arg(skip)]
    pub shadow_database_url: Option<String>,
}

/// Where evt was started.
#[derive(Debug, Clone)]
pub struct Context {
    /// The working directory, absolute.
    pub cwd: PathBuf,
    /// The variables of the process.
    pub environment: Environment,
}

impl Context {
    /// That of this process.
    pub fn of_process() -> Result<Self, ConfigError> {
        let cwd = std::env::current_dir().map_err(|source| ConfigError::Read { path: PathBuf::from("."), source })?;
        Ok(Self { cwd, environment: Environment::of_process() })
    }
}

/// The known name that is most like a wrong one, if any is like it.
fn closest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let distances = known.map(|name| (strsim::damerau_levenshtein(wrong, name), name));
    distances.filter(|(distance, _)| *distance <= 3).min().map(|(_, name)| name.to_owned())
}
