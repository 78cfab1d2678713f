//! A server of evt's own for scratch databases, where there can be none on the server of the database.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::MigrateError;
use super::shadow::create_beside;
use crate::db::local::{Durability, LocalServer, ServerProgram};
use crate::db::url::{DEFAULT_DATABASE, ServerKind};
use crate::db::{Connection, DatabaseUrl, drop_database};

/// Where the data of such a server lies, below the folder of a project.
pub const FOLDER: &str = ".evt/shadow";

/// Where such a server may be made. It is started when it is needed, and stops when the last copy of this is dropped.
#[derive(Debug, Clone)]
pub struct OwnServer {
    folder: PathBuf,
    search_path: Option<OsString>,
    running: Arc<Mutex<Option<Running>>>,
}

#[derive(Debug)]
struct Running {
    server: LocalServer,
    why: Why,
}

/// Why migrations are not replayed on the server of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The role may not create databases there.
    MayNotCreate,
    /// Nobody named a database or a server for it.
    NoneNamed,
    /// It serves one connection at a time, which is in use.
    ServesOne,
}

/// What a stand-in has to be equal to.
pub(super) struct Wanted {
    /// The major version of the database's server: no older one knows all that migrations may use.
    pub(super) major: u32,
    /// The extensions that the database has: migrations may make them.
    pub(super) extensions: Vec<String>,
    /// The kind of server, if it has to be one.
    pub(super) kind: Option<ServerKind>,
    /// Why it is wanted.
    pub(super) why: Why,
}

impl Wanted {
    /// Asks the server of the database.
    pub(super) async fn by(db: &mut Connection) -> Result<Self, MigrateError> {
        let question = "SELECT extname FROM pg_catalog.pg_extension";
        let extensions = first_column(db, question).await?;
        Ok(Self { major: db.server_major(), extensions, kind: None, why: Why::MayNotCreate })
    }

    /// The same server again, beside one that serves one connection at a time.
    pub(super) fn another() -> Self {
        Self { major: 0, extensions: Vec::new(), kind: Some(ServerKind::Embedded), why: Why::ServesOne }
    }

    /// Any, for migrations that are compared with no database.
    pub(super) fn any() -> Self {
        Self { major: 0, extensions: Vec::new(), kind: None, why: Why::NoneNamed }
    }
}

impl OwnServer {
    /// A server with its data below `folder`, from the server programs of this machine; `search_path` is the PATH
    /// variable.
    pub fn new(folder: PathBuf, search_path: Option<OsString>) -> Self {
        Self { folder, search_path, running: Arc::default() }
    }

    /// What to tell people if it was used. Nothing if there is no other way.
    pub fn note(&self) -> Option<String> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let why = match running.as_ref()?.why {
            Why::MayNotCreate => "the role may not create databases",
            Why::NoneNamed => "no shadow database is named",
            Why::ServesOne => return None,
        };
        let folder = self.folder.display();
        Some(format!("{why}: the migrations were replayed in a PostgreSQL of evt's own, in `{folder}`"))
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
        if wanted.extensions.is_empty() {
            return Ok(Ok(url));
        }
        let mut db = Connection::open(&url).await?;
        let known = first_column(&mut db, "SELECT name FROM pg_catalog.pg_available_extensions").await?;
        db.close().await;
        let lacking = wanted.extensions.iter().find(|name| !known.contains(name));
        Ok(match lacking {
            Some(name) => Err(format!("it lacks the extension `{name}`, which the database has")),
            None => Ok(url),
        })
    }

    /// Makes a scratch database for migrations of no database in particular; or says why there can be none. `like` is
    /// the database that they are compared with, if it is live. [`OwnServer::discard`] drops it.
    pub async fn scratch(
        &self,
        like: Option<&DatabaseUrl>,
        namespace: &str,
    ) -> Result<Result<DatabaseUrl, String>, MigrateError> {
        let wanted = match like {
            None => Wanted::any(),
            Some(url) => {
                let mut db = Connection::open(url).await?;
                let wanted = if db.serves_one() { Ok(Wanted::another()) } else { Wanted::by(&mut db).await };
                db.close().await;
                wanted?
            }
        };
        match self.start(&Wanted { why: Why::NoneNamed, ..wanted }, namespace).await? {
            Ok(url) => Ok(Ok(url.with_database(&create_beside(&url).await?))),
            Err(reason) => Ok(Err(reason)),
        }
    }

    /// Drops a database that [`OwnServer::scratch`] made.
    pub async fn discard(&self, scratch: &DatabaseUrl) -> Result<(), MigrateError> {
        Ok(drop_database(scratch.database(), &scratch.with_database(DEFAULT_DATABASE)).await?)
    }

    fn started(&self, wanted: &Wanted) -> Result<DatabaseUrl, String> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_none() {
            let said = |error: crate::db::local::LocalError| error.to_string();
            let search_path = self.search_path.as_deref();
            let program = match wanted.kind {
                None => ServerProgram::find(search_path),
                Some(kind) => ServerProgram::of_kind(kind, search_path),
            };
            let program = program.map_err(said)?;
            let version = program.major_version().map_err(said)?;
            if version.parse::<u32>().is_ok_and(|major| major < wanted.major) {
                return Err(format!(
                    "this machine has PostgreSQL {version}, and the database runs on {}",
                    wanted.major
                ));
            }
            // The two kinds cannot read each other's files.
            let folder = match program.kind() {
                ServerKind::Installed => self.folder.clone(),
                ServerKind::Embedded => self.folder.join("embedded"),
            };
            let server = LocalServer::start(&program, &folder, Durability::Disposable).map_err(said)?;
            *running = Some(Running { server, why: wanted.why });
        }
        let running = running.as_ref().ok_or("it does not run")?;
        let url: DatabaseUrl = "local:.".parse().map_err(|error| format!("{error}"))?;
        Ok(running.server.url(&url))
    }
}

async fn first_column(db: &mut Connection, question: &'static str) -> Result<Vec<String>, MigrateError> {
    let rows = db.rows(&question.into()).await?;
    Ok(rows.iter().filter_map(|row| row.values().first().map(|value| (*value).to_owned())).collect())
}
