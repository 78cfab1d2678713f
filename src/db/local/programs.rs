//! The server programs of a machine, and the user who may run them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{LocalError, SUPERUSER, io_error};

/// The programs of one PostgreSQL installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// The folder with `initdb` and `postgres`.
    pub folder: PathBuf,
}

impl Binaries {
    /// The server binaries of this machine: `initdb` in `search_path` (the PATH variable), else the newest version in
    /// the places where packages put them.
    pub fn find(search_path: Option<&OsStr>) -> Result<Self, LocalError> {
        let in_path = search_path.into_iter().flat_map(std::env::split_paths);
        let usual = usual_places();
        let folders = in_path.chain(usual.iter().cloned());
        folders
            .map(|folder| Self { folder })
            .find(Self::complete)
            .ok_or_else(|| LocalError::NoBinaries { looked: places_for_people() })
    }

    /// The binaries in a folder; used to test several versions.
    pub fn in_folder(folder: &Path) -> Result<Self, LocalError> {
        let found = Self { folder: folder.to_path_buf() };
        if found.complete() {
            Ok(found)
        } else {
            Err(LocalError::NoBinaries { looked: vec![folder.display().to_string()] })
        }
    }

    /// The major version, as `PG_VERSION` in a data folder spells it.
    pub fn major_version(&self) -> Result<String, LocalError> {
        let output = self.command("postgres", Identity::Own).arg("--version").run()?;
        let version = output.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        let digits = |word: &str| word.chars().take_while(char::is_ascii_digit).collect();
        version.map(digits).ok_or(LocalError::Program { program: "postgres", output })
    }

    /// Makes an empty cluster in a folder that does not exist yet.
    pub(super) fn initialise(&self, data: &Path, identity: Identity) -> Result<(), LocalError> {
        fs::create_dir_all(data).map_err(|source| io_error(data, source))?;
        identity.give(data)?;
        self.command("initdb", identity)
            .arg("--pgdata")
            .arg(data)
            .arg("--username")
            .arg(SUPERUSER)
            // The socket lies in a folder that nobody else may enter, and there is no other way in.
            .arg("--auth=trust")
            .arg("--encoding=UTF8")
            .arg("--locale=C")
            .arg("--no-sync")
            .run()
            .map(drop)
    }

    fn complete(&self) -> bool {
        ["initdb", "postgres"].iter().all(|program| self.folder.join(program).is_file())
    }

    pub(super) fn command(&self, program: &'static str, identity: Identity) -> Program {
        let mut command = Command::new(self.folder.join(program));
        command.stdin(Stdio::null());
        // Servers that were unpacked rather than installed carry their libraries beside them.
        let libraries = self.folder.join("../lib");
        if libraries.join("libpq.so.5").exists() {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        identity.apply(&mut command);
        Program { name: program, command }
    }
}

/// The user under which server programs run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// The user of this process.
    Own,
    /// Another user, because this process is root's.
    Other { uid: u32, gid: u32 },
}

impl Identity {
    /// PostgreSQL refuses to run as root; its own user, else `nobody`, does it then.
    pub(super) fn for_server() -> Result<Self, LocalError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Own);
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        ["postgres", "nobody"].iter().find_map(|name| user_in(&passwd, name)).ok_or(LocalError::NoUser)
    }

    fn apply(self, command: &mut Command) {
        use std::os::unix::process::CommandExt as _;
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
    }

    pub(super) fn give(self, path: &Path) -> Result<(), LocalError> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid } => {
                std::os::unix::fs::chown(path, Some(uid), Some(gid)).map_err(|source| io_error(path, source))
            }
        }
    }

    /// Whether this user can pass through every folder on the way to `path`.
    pub(super) fn can_reach(self, path: &Path) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let Self::Other { uid, gid } = self else { return true };
        path.ancestors().skip(1).filter_map(|folder| fs::metadata(folder).ok()).all(|meta| {
            let passes = if meta.uid() == uid {
                0o100
            } else if meta.gid() == gid {
                0o010
            } else {
                0o001
            };
            meta.mode() & passes != 0
        })
    }
}

/// Finds a user's numbers in the text of `/etc/passwd`.
fn user_in(passwd: &str, name: &str) -> Option<Identity> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut numbers = line.split(':').skip(2);
    let uid = numbers.next()?.parse().ok()?;
    let gid = numbers.next()?.parse().ok()?;
    Some(Identity::Other { uid, gid })
}

/// A command and the name by which errors call it.
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) command: Command,
}

impl Program {
    pub(super) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(super) fn new(name: &'static str, command: Command) -> Self {
        Self { name, command }
    }

    /// Runs it to its end and returns what it wrote to stdout.
    pub(super) fn run(mut self) -> Result<String, LocalError> {
        let failed = |output: String| LocalError::Program { program: self.name, output };
        let output = self.command.output().map_err(|error| failed(error.to_string()))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
        }
    }
}

/// Where packages put server binaries, newest version first.
fn usual_places() -> Vec<PathBuf> {
    let mut versioned: Vec<(u32, PathBuf)> = ["/usr/lib/postgresql", "/usr/local/lib/postgresql", "/opt/homebrew/opt"]
        .iter()
        .filter_map(|parent| fs::read_dir(parent).ok())
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix("postgresql@").unwrap_or(&name).parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versioned.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let fixed = ["/usr/local/pgsql/bin", "/opt/homebrew/bin", "/usr/local/bin", "/usr/bin"];
    versioned.into_iter().map(|(_, path)| path).chain(fixed.iter().map(PathBuf::from)).collect()
}

pub(super) fn places_for_people() -> Vec<String> {
    ["/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/bin"].map(String::from).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_whole_name() {
        let passwd =
            "root:x:0:0::/root:/bin/sh\npostgresql:x:7:8::/:/bin/sh\npostgres:x:105:110:,,,:/var:/bin/sh\nbroken";
        assert_eq!(user_in(passwd, "postgres"), Some(Identity::Other { uid: 105, gid: 110 }));
        for name in ["nobody", "broken", "post"] {
            assert_eq!(user_in(passwd, name), None, "{name}");
        }
    }
}
