//! From and to refinery: its files and its history become a migrations folder with Prisma's history, and back.
//!
//! What refinery says about its files, its own crate says here too: which files count, their versions and names, and
//! the checksums. The rules for comparing them with its history are those of its `verify_migrations`.

pub mod export;
mod files;
pub mod import;
mod table;

use std::path::PathBuf;

pub use export::{Exported, Trouble, export};
pub use import::{Imported, import};

/// The table in which refinery keeps its history unless a program says otherwise.
pub const TABLE: &str = "refinery_schema_history";

/// What is asked of both directions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BridgeOptions {
    /// The folder of refinery's files.
    pub folder: PathBuf,
    /// The table of refinery's history, as in SQL: what a program gives to `set_migration_table_name`.
    pub table: String,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Longest wait for another run, in milliseconds; `None` takes no lock at all.
    pub lock_timeout_ms: Option<u64>,
}

/// How many bits refinery has for versions, which the program that uses it chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Width {
    /// 32, which is refinery's default.
    #[default]
    Int4,
    /// 64: its feature `int8-versions`.
    Int8,
}

/// Why nothing was carried over. Nothing has been written.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// The folder of refinery's files cannot be read, or holds none.
    #[error("there are no migrations of refinery in `{}`", folder.display())]
    NoFiles {
        /// The folder.
        folder: PathBuf,
    },
    /// There is no history of refinery.
    #[error("this database has no table `{table}`, in which refinery would keep its history")]
    NoTable {
        /// The table, as it was named.
        table: String,
    },
    /// The table has other columns or values than refinery writes.
    #[error("`{table}` is not as refinery writes it: {problem}")]
    OddTable {
        /// The table.
        table: String,
        /// What is odd.
        problem: String,
    },
    /// Files and history do not fit together.
    #[error("{}", listed(problems))]
    Unfit {
        /// All that is wrong.
        problems: Vec<Problem>,
    },
}

/// Something that does not fit. Paths are as people gave them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// refinery cannot read the name of a file.
    Name {
        /// The file.
        path: PathBuf,
        /// What refinery says.
        reason: String,
    },
    /// Two files have the same version.
    Repeated {
        /// One.
        path: PathBuf,
        /// The other.
        other: PathBuf,
    },
    /// A file is a Rust module, whose SQL exists only while its program runs.
    Rust {
        /// The file.
        path: PathBuf,
    },
    /// A version is in the history, and no file has it.
    Missing {
        /// The version.
        version: i64,
        /// Its name in the history.
        name: String,
    },
    /// A version has another name in the history.
    Renamed {
        /// The file.
        path: PathBuf,
        /// Its name in the history.
        name: String,
    },
    /// A file is not the one that was applied.
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A file was not applied though a later version was.
    Late {
        /// The file.
        path: PathBuf,
        /// The last version in the history.
        applied: i64,
    },
    /// A migration of the folder has another script than the file.
    Differs {
        /// The migration's script.
        script: PathBuf,
        /// The file.
        path: PathBuf,
    },
    /// The migrations folder has migrations of its own, among which others cannot be put.
    Own {
        /// One of them.
        name: String,
    },
    /// The history has another script under the same name.
    Recorded {
        /// The migration.
        name: String,
    },
    /// The history says that a migration is applied which the folder does not have as it was applied.
    NotAsApplied {
        /// The migration.
        name: String,
    },
    /// A file of refinery is none of the migrations.
    Unknown {
        /// The file.
        path: PathBuf,
    },
    /// No version is left.
    NoVersion {
        /// The migration that needs one.
        name: String,
    },
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name { path, reason } => write!(f, "`{}`: {reason}", path.display()),
            Self::Repeated { path, other } => {
                write!(f, "`{}` has the same version as `{}`", path.display(), other.display())
            }
            Self::Rust { path } => write!(
                f,
                "`{}` is Rust, and its SQL exists only while its program runs: write what its `migration()` returns into \
                 `{}` and remove it; version, name and SQL stay the same, so refinery takes that for the same migration",
                path.display(),
                path.with_extension("sql").display()
            ),
            Self::Missing { version, name } => {
                write!(f, "version {version} (`{name}`) is applied, and there is no file of it")
            }
            Self::Renamed { path, name } => {
                write!(f, "`{}` was applied under the name `{name}`", path.display())
            }
            Self::Changed { path } => write!(
                f,
                "`{}` was changed after it was applied: its checksum is not the one in the history",
                path.display()
            ),
            Self::Late { path, applied } => {
                write!(f, "`{}` is not applied though version {applied} is, which refinery refuses too", path.display())
            }
            Self::Differs { script, path } => {
                write!(f, "`{}` is there already, and is not the same as `{}`", script.display(), path.display())
            }
            Self::Own { name } => write!(
                f,
                "the migrations folder has a migration of its own, `{name}`, so what refinery has cannot come before it"
            ),
            Self::Recorded { name } => {
                write!(f, "the history of this database has `{name}` already, with another script or as failed")
            }
            Self::NotAsApplied { name } => {
                write!(f, "`{name}` is applied, but the folder does not have it as it was applied")
            }
            Self::Unknown { path } => {
                write!(f, "`{}` is none of the migrations that are exported", path.display())
            }
            Self::NoVersion { name } => write!(f, "there is no version left for `{name}`"),
        }
    }
}

fn listed(problems: &[Problem]) -> String {
    let mut text = String::from("nothing was carried over, because something does not fit:");
    for problem in problems {
        text.push_str("\n- ");
        text.push_str(&problem.to_string());
    }
    text
}

fn fitting<T>(value: T, problems: Vec<Problem>) -> Result<T, BridgeError> {
    if problems.is_empty() { Ok(value) } else { Err(BridgeError::Unfit { problems }) }
}
