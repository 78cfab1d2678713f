//! URLs of servers that evt runs itself.

use std::path::Path;

use super::{DatabaseUrl, Place};

/// Which PostgreSQL evt runs itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerKind {
    /// One that is installed on this machine.
    Installed,
    /// The one inside evt.
    Embedded,
}

impl ServerKind {
    /// The word for it in URLs and flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Embedded => "embedded",
        }
    }

    /// The kind that such a word is for.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Installed, Self::Embedded].into_iter().find(|kind| kind.name() == name)
    }
}

impl DatabaseUrl {
    /// The folder of a server that evt runs itself.
    pub fn local_folder(&self) -> Option<&Path> {
        match &self.place {
            Place::Local(folder, _) => Some(folder),
            Place::Servers(_) => None,
        }
    }

    /// Which kind of server the parameter `server` of a `local:` URL asks for.
    pub fn local_server(&self) -> Option<ServerKind> {
        match &self.place {
            Place::Local(_, kind) => *kind,
            Place::Servers(_) => None,
        }
    }

    /// The same, asking for a kind of server; nothing changes but for a `local:` URL.
    #[must_use]
    pub fn with_local_server(&self, kind: ServerKind) -> Self {
        match &self.place {
            Place::Local(folder, _) => Self { place: Place::Local(folder.clone(), Some(kind)), ..self.clone() },
            Place::Servers(_) => self.clone(),
        }
    }

    /// Whether the server is one that serves one connection at a time: a second one waits until the first is closed.
    pub fn serves_one(&self) -> bool {
        self.serves_one
    }

    /// The same, of a server that serves one connection at a time. How long to wait for a turn is for that server to
    /// say.
    #[must_use]
    pub fn serving_one(&self) -> Self {
        Self { serves_one: true, connect_timeout: None, ..self.clone() }
    }
}
