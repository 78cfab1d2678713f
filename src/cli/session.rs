//! What every command that talks to a database begins with.

use std::ffi::OsString;
use std::pin::pin;
use std::time::Duration;

use super::block_on;
use crate::config::environment::{DISABLE_ADVISORY_LOCK, PATH, USER, USERNAME};
use crate::config::{Context, Project, ProjectArgs};
use crate::db::local::{Guest, LocalServer, Reached};
use crate::db::{Connection, DatabaseUrl, DbError, create_database, lock};
use crate::dbschema::DbSchema;
use crate::diff::External;
use crate::error::Error;
use crate::introspect::Scope;
use crate::lower::lower;
use crate::migrations::own_server::FOLDER;
use crate::migrations::records::Records;
use crate::migrations::{ApplyOptions, Cache, Directory, OwnServer, Shadow, Transactions, bridge};
use crate::output::Output;
use crate::psl::schema::Rules;

/// How long nothing is said about a server that does not answer.
const SILENCE: Duration = Duration::from_secs(1);

/// Connects. If somebody else has the only connection of a local server, that is said after a moment.
pub(super) async fn connect(reached: &Reached, out: &mut Output) -> Result<Connection, DbError> {
    let mut opening = pin!(Connection::open(&reached.url));
    if let Ok(opened) = tokio::time::timeout(SILENCE, &mut opening).await {
        return opened;
    }
    if let Some(Guest { name, database, .. }) = reached.server().and_then(LocalServer::occupied_by) {
        out.note(format!(
            "waiting for `{name}`, which is connected to the database `{database}`: the PostgreSQL inside evt serves \
             one connection at a time"
        ));
    }
    opening.await
}

/// A project and the database that it is about. A local server runs as long as this lives.
pub(super) struct Session {
    pub(super) project: Project,
    /// The namespaces of the project.
    pub(super) scope: Scope,
    url: DatabaseUrl,
    reached: Reached,
    shadow: Option<Reached>,
    locking: bool,
    lock_timeout_s: Option<u64>,
    search_path: Option<OsString>,
}

impl Session {
    /// Loads the project, says what was read and which database it is about, and starts local servers.
    pub(super) fn open(args: &ProjectArgs, context: &Context, out: &mut Output) -> Result<Self, Error> {
        Self::of(Project::load(args, context)?, None, context, out)
    }

    /// The same for a project that is loaded already; `namespaces` replace those of the schema.
    pub(super) fn of(
        project: Project,
        namespaces: Option<&[String]>,
        context: &Context,
        out: &mut Output,
    ) -> Result<Self, Error> {
        out.notes(&project.settings.notes);
        out.diagnostics(&project.warnings, &project.trees);
        let url = project.url()?;
        let namespaces = namespaces.map_or_else(|| project.namespaces(&url), <[String]>::to_vec);
        out.datasource(project.datasource_name(), &url, &namespaces);
        let search_path = context.environment.get(PATH).map(std::ffi::OsStr::new);
        let reached = Reached::new(&url, search_path)?;
        let shadow = project.shadow_url()?.map(|url| Reached::new(&url, search_path)).transpose()?;
        let scope = Scope { namespaces, default_namespace: url.namespace().to_owned() };
        let lock_timeout_s = project.settings.lock_timeout_s;
        let locking = !context.environment.on(DISABLE_ADVISORY_LOCK);
        let search_path = search_path.map(ToOwned::to_owned);
        Ok(Self { project, scope, url, reached, shadow, locking, lock_timeout_s, search_path })
    }

    /// Sets the longest wait for another run, in seconds; `None` keeps that of the settings.
    pub(super) fn wait_for_lock(mut self, timeout_s: Option<u64>) -> Self {
        self.lock_timeout_s = timeout_s.or(self.lock_timeout_s);
        self
    }

    /// The URL as it was set.
    pub(super) fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Connects to a database that has to exist.
    pub(super) async fn connect(&self, out: &mut Output) -> Result<Connection, Error> {
        Ok(connect(&self.reached, out).await?)
    }

    /// Connects, and makes the database first if it does not exist. Returns whether it was made.
    pub(super) async fn connect_or_create(&self, out: &mut Output) -> Result<(Connection, bool), Error> {
        match connect(&self.reached, out).await {
            Ok(db) => Ok((db, false)),
            Err(DbError::DatabaseMissing { .. }) => {
                let database = self.url.database().to_owned();
                let problem = |source| Error::DatabaseCreation { database, source };
                create_database(&self.reached.url).await.map_err(problem)?;
                let at = self.url.location().map(|location| format!(" at {location}")).unwrap_or_default();
                out.line(format!("PostgreSQL database {} created{at}", self.url.database()));
                Ok((self.connect(out).await?, true))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The migrations folder as it is now, by the path that people are shown.
    pub(super) fn directory(&self) -> Result<Directory, Error> {
        Ok(Directory::read(&self.shown_directory())?)
    }

    /// The migrations folder as it is shown to people.
    pub(super) fn shown_directory(&self) -> std::path::PathBuf {
        self.project.shown_migrations()
    }

    /// The schema file or folder as it is shown to people.
    pub(super) fn shown_schema(&self) -> String {
        self.project.files.shown(&self.project.settings.cwd).display().to_string()
    }

    /// Where migrations are replayed; `db` is the connection to the database.
    pub(super) fn shadow(&self, db: &Connection) -> Result<Shadow, Error> {
        let shadow = Shadow::new(db.url(), self.shadow.as_ref().map(|reached| &reached.url))?;
        let own = OwnServer::new(self.project.settings.cwd.join(FOLDER), self.search_path.clone());
        Ok(shadow.with_init(self.project.settings.init_shadow_db.clone()).or_own_server(own))
    }

    /// The database that the schema describes.
    pub(super) fn target(&self) -> DbSchema {
        lower(&self.project.schema, &self.scope.default_namespace)
    }

    /// How migrations are applied.
    pub(super) fn apply_options(&self) -> ApplyOptions {
        ApplyOptions {
            namespaces: self.scope.namespaces.clone(),
            lock_timeout_ms: self.lock_timeout(),
            transactions: Transactions::Honest,
            external_tables: self.external_tables(),
        }
    }

    /// What somebody else manages: what the settings name, and the history of refinery, which stays after an import.
    pub(super) fn external(&self) -> Result<External, Error> {
        Ok(External::named(&self.external_tables(), &self.project.settings.external_enums)?)
    }

    fn external_tables(&self) -> Vec<String> {
        let refinery = format!("{}.{}", self.scope.default_namespace, bridge::TABLE);
        self.project.settings.external_tables.iter().cloned().chain([refinery]).collect()
    }

    /// Who runs a command, for evt's own records; `None` if they are switched off.
    pub(super) fn records(&self, command: &'static str) -> Option<Records> {
        let settings = &self.project.settings;
        let system_user = settings.environment.filled(USER).or(settings.environment.filled(USERNAME));
        Some(Records {
            schema: settings.state.clone()?,
            command,
            os_user: system_user.map(str::to_owned),
            host: host(),
            commit: commit(&settings.cwd),
        })
    }

    /// Where results of replays are kept.
    pub(super) fn cache(&self) -> Cache {
        Cache::in_folder(self.project.settings.cwd.join(".evt/cache"))
    }

    /// Whether Prisma would run the seed command after making or emptying the database: 6 does, 7 does not.
    pub(super) fn seeds_by_itself(&self) -> bool {
        self.project.schema.rules == Rules::Prisma6
    }

    /// Longest wait for another run, in milliseconds; `None` if no lock is taken.
    pub(super) fn lock_timeout(&self) -> Option<u64> {
        self.locking.then_some(lock::timeout_ms(self.lock_timeout_s))
    }
}

/// The name of this machine.
fn host() -> Option<String> {
    #[cfg(unix)]
    return rustix::system::uname().nodename().to_str().ok().map(str::to_owned);
    #[cfg(not(unix))]
    return None;
}

/// The commit that is checked out in the repository around a folder.
fn commit(folder: &std::path::Path) -> Option<String> {
    let read = |path: std::path::PathBuf| std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
    let git = folder.ancestors().map(|folder| folder.join(".git")).find(|path| path.exists())?;
    // A worktree has a file that names its folder.
    let git = match read(git.clone()).and_then(|text| text.strip_prefix("gitdir: ").map(str::to_owned)) {
        Some(path) => folder.join(path),
        None => git,
    };
    let head = read(git.join("HEAD"))?;
    let Some(name) = head.strip_prefix("ref: ") else { return Some(head) };
    let common = read(git.join("commondir")).map_or_else(|| git.clone(), |path| git.join(path));
    if let Some(commit) = read(git.join(name)).or_else(|| read(common.join(name))) {
        return Some(commit);
    }
    let packed = read(common.join("packed-refs"))?;
    let line = packed.lines().find(|line| line.ends_with(&format!(" {name}")))?;
    line.split(' ').next().map(str::to_owned)
}

/// Opens a session and works with it on a runtime.
pub(super) fn with_session<T>(
    args: &ProjectArgs,
    context: &Context,
    out: &mut Output,
    work: impl AsyncFnOnce(Session, &mut Output) -> Result<T, Error>,
) -> Result<T, Error> {
    let session = Session::open(args, context, out)?;
    block_on(work(session, out))
}

/// Says where migrations were replayed, if that is neither beside the database nor where somebody named.
pub(super) fn tell_of(shadow: &Shadow, out: &mut Output) {
    if let Some(note) = shadow.note() {
        out.note(note);
    }
}
