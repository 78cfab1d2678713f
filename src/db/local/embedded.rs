//! The PostgreSQL inside evt: PostgreSQL compiled to WebAssembly and from that to machine code, by `pglite-oxide`.
//!
//! It is one server process that never forks, so it serves one connection at a time. It runs in an `evt` process of its
//! own, which plays the part that the server program plays elsewhere: it has the data to itself, tells in
//! `postmaster.pid` where it can be reached, and outlives whoever started it until the last user asks it to stop.

#[cfg(all(
    feature = "embedded",
    any(
        all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")),
        all(target_os = "macos", target_arch = "aarch64")
    )
))]
#[path = "embedded/server.rs"]
mod server;
#[cfg(not(all(
    feature = "embedded",
    any(
        all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")),
        all(target_os = "macos", target_arch = "aarch64")
    )
)))]
#[path = "embedded/none.rs"]
mod server;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::LocalError;
use super::programs::Program;

pub(super) use server::initialise;
pub use server::{AVAILABLE, serve};

/// The major version.
pub const MAJOR: &str = "17";

/// The hidden command of evt that is the server.
pub const COMMAND: &str = "embedded-server";

/// Who has the only connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// The process at the other end; `evt dev` for those who come by its port.
    pub process: u32,
    /// What the program calls itself, else the role.
    pub name: String,
    /// The database.
    pub database: String,
}

impl Guest {
    /// The guest of the server with this data, as it was last written there.
    pub(super) fn of(data: &Path) -> Option<Self> {
        let text = fs::read_to_string(data.join(GUEST)).ok()?;
        let mut lines = text.lines();
        let process = lines.next()?.parse().ok()?;
        Some(Self { process, name: lines.next()?.to_owned(), database: lines.next()?.to_owned() })
    }
}

/// The file in the data folder that says who is the guest (lines: pid, name, database). There is none if nobody is.
const GUEST: &str = "guest";

/// The program that serves it: evt itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    evt: PathBuf,
}

impl Embedded {
    /// This program if it is evt, else the `evt` in `search_path` (the PATH variable), as for programs that use the
    /// library. Fails if this evt has no PostgreSQL inside.
    pub fn find(search_path: Option<&OsStr>) -> Result<Self, LocalError> {
        if !AVAILABLE {
            return Err(LocalError::NotEmbedded);
        }
        let own = std::env::current_exe().ok().filter(|path| path.file_stem() == Some(OsStr::new("evt")));
        let in_path = || {
            let mut folders = search_path.into_iter().flat_map(std::env::split_paths);
            folders.find_map(|folder| Some(folder.join("evt")).filter(|path| path.is_file()))
        };
        own.or_else(in_path).map(|evt| Self { evt }).ok_or(LocalError::NoProgram)
    }

    /// Served by this `evt`. Fails if this library has no PostgreSQL inside.
    pub fn served_by(evt: PathBuf) -> Result<Self, LocalError> {
        if AVAILABLE { Ok(Self { evt }) } else { Err(LocalError::NotEmbedded) }
    }

    pub(super) fn command(&self, data: &Path, socket: &Path) -> Program {
        let mut command = Command::new(&self.evt);
        command.arg(COMMAND).arg(data).arg(socket).stdin(Stdio::null());
        Program::new("evt", command)
    }
}

/// Why this evt has no PostgreSQL inside.
pub(super) const WHY_NOT: &str = if cfg!(feature = "embedded") {
    "there is none for this platform"
} else {
    "it was built without the feature `embedded`"
};
