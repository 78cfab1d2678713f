//! A server of evt's own for scratch databases, where the role may not make them on the server of the database.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::MigrateError;
use crate::db::local::{Binaries, Durability, LocalServer, SUPERUSER};
use crate::db::{Connection, DatabaseUrl};

/// Where such a server may be made. It is started when it is needed, and stops when the last copy of this is dropped.
#[derive(Debug, Clone)]
pub struct OwnServer {
    folder: PathBuf,
    search_path: Option<OsString>,
    running: Arc<Mutex<Option<LocalServer>>>,
}

/// What a stand-in has to be equal to.
pub(super) struct Wanted {
    /// The major version of the database's server: no older one knows all that migrations may use.
    pub(super) major: u32,
    /// The extensions that the database has: migrations may make them.
    pub(super) extensions: Vec<String>,
}

impl Wanted {
    /// Asks the server of the database.
    pub(super) async fn by(db: &mut Connection) -> Result<Self, MigrateError> {
        let question = "SELECT extname FROM pg_catalog.pg_extension";
        Ok(Self { major: db.server_major(), extensions: first_column(db, question).await? })
    }
}

impl OwnServer {
    /// A server with its data below `folder`, from the server programs of this machine; `search_path` is the PATH
    /// variable.
    pub fn new(folder: PathBuf, search_path: Option<OsString>) -> Self {
        Self { folder, search_path, running: Arc::default() }
    }

    /// What to tell people if it was used.
    pub fn note(&self) -> Option<String> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_ref().map(|_| {
            format!(
                "the role may not create databases: the migrations were replayed in a PostgreSQL of evt's own, in `{}`",
                self.folder.display()
            )
        })
    }

    /// Starts it and returns a URL of it; or says why it cannot stand in.
    pub(super) async fn start(
        &self,
        wanted: &Wanted,
        namespace: &str,
    ) -> Result<Result<DatabaseUrl, String>, MigrateError> {
        let url = match self.started(wanted) {
            Ok(url) => url.with_namespace(namespace),
            Err(reason) => return Ok(Err(reason)),
        };
        let mut db = Connection::open(&url).await?;
        let known = first_column(&mut db, "SELECT name FROM pg_catalog.pg_available_extensions").await?;
        db.close().await;
        let lacking = wanted.extensions.iter().find(|name| !known.contains(name));
        Ok(match lacking {
            Some(name) => Err(format!("it lacks the extension `{name}`, which the database has")),
            None => Ok(url),
        })
    }

    fn started(&self, wanted: &Wanted) -> Result<DatabaseUrl, String> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_none() {
            let said = |error: crate::db::local::LocalError| error.to_string();
            let binaries = Binaries::find(self.search_path.as_deref()).map_err(said)?;
            let version = binaries.major_version().map_err(said)?;
            if version.parse::<u32>().is_ok_and(|major| major < wanted.major) {
                return Err(format!(
                    "this machine has PostgreSQL {version}, and the database runs on {}",
                    wanted.major
                ));
            }
            *running = Some(LocalServer::start(&binaries, &self.folder, Durability::Disposable).map_err(said)?);
        }
        let server = running.as_ref().ok_or("it does not run")?;
        let url: DatabaseUrl = "local:.".parse().map_err(|error| format!("{error}"))?;
        Ok(url.on_socket(server.socket_folder(), server.port(), SUPERUSER))
    }
}

async fn first_column(db: &mut Connection, question: &'static str) -> Result<Vec<String>, MigrateError> {
    let rows = db.rows(&question.into()).await?;
    Ok(rows.iter().filter_map(|row| row.values().first().map(|value| (*value).to_owned())).collect())
}
