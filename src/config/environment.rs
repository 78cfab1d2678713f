//! Environment variables: the only place that reads them from the process, and the list of those evt knows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A variable that evt itself reads, with its meaning.
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it does, as help and README say it.
    pub meaning: &'static str,
}

macro_rules! variables {
    ($($constant:ident $name:literal $meaning:literal)*) => {
        $(#[doc = $meaning] pub const $constant: &str = $name;)*

        /// Every variable that evt reads, in the order of the README. Those that mark a CI service or an automated
        /// caller are in [`super::interactive`].
        pub const VARIABLES: &[Variable] = &[$(Variable { name: $name, meaning: $meaning }),*];
    };
}

variables! {
    EVT_CONFIG "EVT_CONFIG" "path of the Prisma configuration file, as `--config`"
    EVT_SCHEMA "EVT_SCHEMA" "path of the schema file or folder, as `--schema`"
    EVT_DATABASE_URL "EVT_DATABASE_URL" "URL of the database, before any that a file names"
    EVT_SHADOW_DATABASE_URL "EVT_SHADOW_DATABASE_URL" "URL of the shadow database, before any that a file names"
    EVT_MIGRATIONS "EVT_MIGRATIONS" "path of the migrations folder"
    EVT_SEED "EVT_SEED" "the seed command"
    EVT_LOCK_TIMEOUT "EVT_LOCK_TIMEOUT" "longest wait for another migration run, in seconds; 0 is for ever"
    EVT_STATE "EVT_STATE" "name of the schema for evt's own tables, or `off`"
    DATABASE_URL "DATABASE_URL" "URL of the database if no flag and no file names one"
    DISABLE_ADVISORY_LOCK "PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK" "set, not empty and not `0`: no advisory lock"
    SKIP_GENERATE "PRISMA_MIGRATE_SKIP_GENERATE" "not empty: as `--skip-generate`"
    SKIP_SEED "PRISMA_MIGRATE_SKIP_SEED" "not empty: as `--skip-seed`"
    DISABLE_WARNINGS "PRISMA_DISABLE_WARNINGS" "not empty: no warnings"
    CONSENT "PRISMA_USER_CONSENT_FOR_DANGEROUS_AI_ACTION" "the consent of a person to what an automated caller destroys"
    NO_COLOR "NO_COLOR" "not empty: no colours"
    FORCE_COLOR "FORCE_COLOR" "set and not `0`: colours also where no terminal is"
    PATH "PATH" "where the server programs of a `local:` database are looked for"
    TERM "TERM" "`dumb`: no colours and no questions"
    COLUMNS "COLUMNS" "how wide tables may be where no terminal says it"
    USER "USER" "who runs evt, for its own records"
    USERNAME "USERNAME" "the same, if `USER` is not set"
    ENGINE_BINARY "PRISMA_SCHEMA_ENGINE_BINARY" "path of evt: Prisma's CLI lets it work instead of its own schema engine"
    OLD_ENGINE_BINARY "PRISMA_MIGRATION_ENGINE_BINARY" "the same, its older name"
    RUST_LOG "RUST_LOG" "what `evt engine` writes to its log: `off`, `error`, `warn` or `info`"
    SHUTDOWN_TIMEOUT "PRISMA_GRACEFUL_SHUTDOWN_TIMEOUT" "how long `evt engine` may take to end, in milliseconds"
    GITHUB_ACTIONS "GITHUB_ACTIONS" "`true`: errors in a schema are also written as annotations"
}

/// Variables of the process and of the `.env` files read so far. A variable of the process is never replaced.
#[derive(Clone, Default)]
pub struct Environment {
    process: BTreeMap<String, String>,
    files: BTreeMap<String, (String, PathBuf)>,
    /// The `.env` files, also those of which nothing was taken.
    read: BTreeSet<PathBuf>,
}

impl std::fmt::Debug for Environment {
    /// Names only: values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment")
            .field("process", &self.process.keys())
            .field("files", &self.files.keys())
            .field("read", &self.read)
            .finish()
    }
}

impl Environment {
    /// The variables of this process; those that are not UTF-8 are left out.
    pub fn of_process() -> Self {
        let pairs = std::env::vars_os();
        Self::new(pairs.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))))
    }

    /// Variables given one by one, for tests and for programs that use the library.
    pub fn new<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let process = pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { process, ..Self::default() }
    }

    /// The value of a variable, which may be empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let from_file = || self.files.get(name).map(|(value, _)| value.as_str());
        self.process.get(name).map(String::as_str).or_else(from_file)
    }

    /// The value of a variable if it is not empty.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Whether a switch is on: set, not empty and not `0`.
    pub fn on(&self, name: &str) -> bool {
        self.filled(name).is_some_and(|value| value != "0")
    }

    /// The `.env` file that a variable came from; `None` if it came from the process or is not set.
    pub fn file_of(&self, name: &str) -> Option<&Path> {
        if self.process.contains_key(name) { None } else { self.files.get(name).map(|(_, path)| path.as_path()) }
    }

    /// Whether this `.env` file was read, be it that everything in it was set already.
    pub(super) fn has_read(&self, path: &Path) -> bool {
        self.read.contains(path)
    }

    /// What the `.env` files added, for child processes.
    pub fn from_files(&self) -> impl Iterator<Item = (&str, &str)> {
        let added = self.files.iter().filter(|(name, _)| !self.process.contains_key(*name));
        added.map(|(name, (value, _))| (name.as_str(), value.as_str()))
    }

    /// Adds what a `.env` file says; what is set already stays, unless `replace` and it is not of the process.
    pub(super) fn add(&mut self, path: &Path, pairs: impl IntoIterator<Item = (String, String)>, replace: bool) {
        self.read.insert(path.to_owned());
        for (name, value) in pairs {
            if replace || self.get(&name).is_none() {
                self.files.insert(name, (value, path.to_owned()));
            }
        }
    }
}
