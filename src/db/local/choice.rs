//! Which PostgreSQL a local server is.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::path::Path;

use super::embedded::{self, Embedded};
use super::home::made_in;
use super::programs::{Binaries, Identity, places_for_people};
use super::{LocalError, ServerKind};

/// The PostgreSQL of a local server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerProgram {
    /// One that is installed on this machine.
    Installed(Binaries),
    /// The one inside evt.
    Embedded(Embedded),
}

/// What made the files of a local server. The kinds cannot read each other's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maker {
    /// Which kind.
    pub kind: ServerKind,
    /// The major version, as `PG_VERSION` spells it.
    pub major: String,
}

/// What stands behind the version in the `PG_VERSION` of an embedded server. With it the file is one that no installed
/// server takes for its own.
pub(super) const EMBEDDED: &str = "embedded";

impl ServerProgram {
    /// What serves new data: what is installed on this machine, else the one inside evt. `search_path` is the PATH
    /// variable.
    pub fn find(search_path: Option<&OsStr>) -> Result<Self, LocalError> {
        match Binaries::find(search_path) {
            Ok(binaries) => Ok(Self::Installed(binaries)),
            Err(none) => Embedded::find(search_path).map(Self::Embedded).map_err(|_| none),
        }
    }

    /// The one that is installed in a folder; used to test several versions.
    pub fn in_folder(folder: &Path) -> Result<Self, LocalError> {
        Binaries::in_folder(folder).map(Self::Installed)
    }

    /// One of the kind that is asked for.
    pub fn of_kind(kind: ServerKind, search_path: Option<&OsStr>) -> Result<Self, LocalError> {
        match kind {
            ServerKind::Installed => Binaries::find(search_path).map(Self::Installed),
            ServerKind::Embedded => Embedded::find(search_path).map(Self::Embedded),
        }
    }

    /// What serves the data below a folder: the kind that made it, if there is any, else the kind that is asked for,
    /// else as [`ServerProgram::find`].
    pub fn of_folder(
        folder: &Path,
        asked: Option<ServerKind>,
        search_path: Option<&OsStr>,
    ) -> Result<Self, LocalError> {
        match (asked, Maker::of_folder(folder)) {
            // Whether it fits is said when it starts.
            (Some(kind), _) => Self::of_kind(kind, search_path),
            (None, None) => Self::find(search_path),
            (None, Some(made_by)) => Self::of_kind(made_by.kind, search_path).map_err(|error| match error {
                LocalError::NoBinaries { .. } => {
                    LocalError::MakerMissing { folder: folder.to_owned(), made_by, looked: places_for_people() }
                }
                other => other,
            }),
        }
    }

    /// Which kind it is.
    pub fn kind(&self) -> ServerKind {
        match self {
            Self::Installed(_) => ServerKind::Installed,
            Self::Embedded(_) => ServerKind::Embedded,
        }
    }

    /// The major version.
    pub fn major_version(&self) -> Result<String, LocalError> {
        match self {
            Self::Installed(binaries) => binaries.major_version(),
            Self::Embedded(_) => Ok(embedded::MAJOR.to_owned()),
        }
    }

    /// The user who runs it.
    pub(super) fn identity(&self) -> Result<Identity, LocalError> {
        match self {
            Self::Installed(_) => Identity::for_server(),
            Self::Embedded(_) => Ok(Identity::Own),
        }
    }

    /// Makes an empty cluster.
    pub(super) fn initialise(&self, data: &Path, identity: Identity) -> Result<(), LocalError> {
        match self {
            Self::Installed(binaries) => binaries.initialise(data, identity),
            Self::Embedded(_) => embedded::initialise(data),
        }
    }

    fn maker(&self) -> Result<Maker, LocalError> {
        Ok(Maker { kind: self.kind(), major: self.major_version()? })
    }

    /// Refuses files of the other kind.
    pub(super) fn check_kind(&self, data: &Path) -> Result<(), LocalError> {
        match Maker::of(data) {
            Some(made_by) if made_by.kind != self.kind() => {
                Err(LocalError::OtherKind { folder: data.to_path_buf(), made_by, wanted: self.maker()? })
            }
            _ => Ok(()),
        }
    }

    /// Refuses files of another major version.
    pub(super) fn check_version(&self, data: &Path) -> Result<(), LocalError> {
        let available = self.major_version()?;
        match Maker::of(data) {
            Some(made_by) if made_by.major != available => {
                Err(LocalError::OtherVersion { folder: data.to_path_buf(), found: made_by.major, available })
            }
            _ => Ok(()),
        }
    }
}

impl Maker {
    /// What made the data below a folder, if there is any.
    pub fn of_folder(folder: &Path) -> Option<Self> {
        made_in(folder).and_then(|home| Self::of(&home.join("data")))
    }

    /// What made the files in a data folder; `None` if nothing did, or was interrupted.
    pub(super) fn of(data: &Path) -> Option<Self> {
        Self::read(&fs::read_to_string(data.join("PG_VERSION")).ok()?)
    }

    fn read(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let major = words.next()?.to_owned();
        let kind = if words.next() == Some(EMBEDDED) { ServerKind::Embedded } else { ServerKind::Installed };
        Some(Self { kind, major })
    }
}

impl fmt::Display for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ServerKind::Installed => write!(f, "an installed PostgreSQL {}", self.major),
            ServerKind::Embedded => write!(f, "the PostgreSQL {} inside evt", self.major),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_made_a_folder_is_read_from_its_version() {
        let made = |kind, major: &str| Some(Maker { kind, major: major.to_owned() });
        for (text, expected) in [
            ("15\n", made(ServerKind::Installed, "15")),
            ("9.6", made(ServerKind::Installed, "9.6")),
            ("17 embedded\n", made(ServerKind::Embedded, "17")),
            ("", None),
        ] {
            assert_eq!(Maker::read(text), expected, "{text:?}");
        }
    }
}
