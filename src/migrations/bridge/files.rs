//! The files of refinery.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use refinery_core::{MigrationType, find_migration_files};

use super::{BridgeError, Problem, Width, fitting};
use crate::migrations::MigrateError;
use crate::migrations::directory::read_text;

/// A file of refinery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its version, also of more bits than refinery may have for it.
    pub(super) version: i64,
    /// Its name without version.
    pub(super) name: String,
    /// Whether refinery wants it in order: `V…`, not `U…`.
    pub(super) versioned: bool,
    /// Its text.
    pub(super) sql: String,
}

impl Script {
    /// The name of the file without its ending, which refinery parses.
    fn stem(&self) -> &str {
        self.path.file_stem().and_then(std::ffi::OsStr::to_str).unwrap_or_default()
    }

    /// What refinery keeps of the script in its history.
    pub(super) fn checksum(&self, width: Width) -> Result<u64, Problem> {
        let problem = |reason: String| Problem::Name { path: self.path.clone(), reason };
        match width {
            Width::Int4 => refinery::Migration::unapplied(self.stem(), &self.sql)
                .map(|migration| migration.checksum())
                .map_err(|error| problem(error.to_string())),
            Width::Int8 => refinery_core_int8::Migration::unapplied(self.stem(), &self.sql)
                .map(|migration| migration.checksum())
                .map_err(|error| problem(error.to_string())),
        }
    }
}

/// The files in a folder by version. A folder that does not exist has none.
pub(super) fn scripts(folder: &Path) -> Result<Vec<Script>, MigrateError> {
    let Ok(root) = folder.canonicalize() else { return Ok(Vec::new()) };
    let Ok(paths) = find_migration_files(folder, MigrationType::All) else { return Ok(Vec::new()) };
    let mut problems = Vec::new();
    let mut scripts: BTreeMap<i64, Script> = BTreeMap::new();
    for path in paths {
        let path = path.strip_prefix(&root).map_or_else(|_| path.clone(), |path| folder.join(path));
        let stem = path.file_stem().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
        // refinery finds files whose names begin with this, and panics when it reads them.
        if stem.starts_with('|') {
            problems.push(Problem::Name { path, reason: "the name begins with `|`".to_owned() });
            continue;
        }
        let (kind, version, name) = match refinery_core_int8::parse_migration_name(stem) {
            Ok(parsed) => parsed,
            Err(error) => {
                problems.push(Problem::Name { path: path.clone(), reason: error.to_string() });
                continue;
            }
        };
        let is_rust = path.extension().is_some_and(|extension| extension == "rs");
        let sql = if is_rust { String::new() } else { read_text(&path)? };
        if is_rust {
            problems.push(Problem::Rust { path: path.clone() });
        }
        let versioned = kind.to_string() == "V";
        let script = Script { path, version, name, versioned, sql };
        if let Some(other) = scripts.insert(version, script.clone()) {
            problems.push(Problem::Repeated { path: script.path, other: other.path });
        }
    }
    Ok(fitting(scripts.into_values().collect(), problems)?)
}

/// The same, of a folder that has to hold some.
pub(super) fn some_scripts(folder: &Path) -> Result<Vec<Script>, MigrateError> {
    match scripts(folder)? {
        scripts if scripts.is_empty() => Err(BridgeError::NoFiles { folder: folder.to_owned() }.into()),
        scripts => Ok(scripts),
    }
}
