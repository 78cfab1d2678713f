//! What the process knows from its arguments, and the connection that it keeps.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::rc::Rc;

use serde::Deserialize;

use super::params::{Filter, Folder, Schemas};
use crate::config::environment::{DISABLE_ADVISORY_LOCK, PATH};
use crate::config::{Context, Origin, Project, SchemaFiles, Settings};
use crate::db::local::Reached;
use crate::db::{Canceller, Connection, DatabaseUrl, lock};
use crate::dbschema::DbSchema;
use crate::diff::External;
use crate::error::Error;
use crate::introspect::Scope;
use crate::migrations::own_server::FOLDER;
use crate::migrations::shadow::replayed;
use crate::migrations::status::Reading;
use crate::migrations::{Migration, OwnServer, Shadow, apply};
use crate::psl::schema::Rules;

/// The flag by which Prisma's command line gives URLs.
const FLAG: &str = "--datasource";

/// URLs from the arguments.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Urls {
    url: Option<String>,
    direct_url: Option<String>,
    shadow_database_url: Option<String>,
}

/// The state of the process.
pub(super) struct Session {
    settings: Settings,
    files: SchemaFiles,
    main: Option<Main>,
    /// Local servers run as long as this lives.
    servers: RefCell<Vec<Reached>>,
    /// What the last list of migrations makes: the requests of one `migrate dev` all ask about the same.
    replayed: Option<(String, DbSchema)>,
    /// What ends the statement that runs.
    running: Rc<RefCell<Option<Canceller>>>,
}

/// The connection that is kept until the end if the server serves several, and with it the lock.
struct Main {
    db: Connection,
    locked: bool,
}

impl Urls {
    /// Reads the value of `--datasource`.
    pub(super) fn of_argument(text: Option<&str>) -> Result<Self, Error> {
        let Some(text) = text else { return Ok(Self::default()) };
        serde_json::from_str(text).map_err(|error| {
            // Without the text: it holds passwords.
            Error::usage(
                format!("`{FLAG}` is not the JSON that it has to be, at column {}", error.column()),
                "it looks like `{\"url\": \"postgresql://…\"}`",
            )
        })
    }

    /// One URL.
    pub(super) fn of_text(url: String) -> Self {
        Self { url: Some(url), ..Self::default() }
    }

    /// The URL for migrations: the direct one, if there is one.
    pub(super) fn url(&self) -> Option<&str> {
        let filled = |url: &'_ Option<String>| url.as_ref().is_some_and(|url| !url.is_empty());
        [&self.direct_url, &self.url].into_iter().find(|url| filled(url))?.as_deref()
    }
}

/// Settings that are what the arguments say.
pub(super) fn settings(context: &Context, urls: &Urls) -> Result<Settings, Error> {
    Ok(Settings::given(context, FLAG, urls.url(), urls.shadow_database_url.as_deref())?)
}

impl Session {
    pub(super) fn new(settings: Settings, files: SchemaFiles) -> Self {
        Self { settings, files, main: None, servers: RefCell::default(), replayed: None, running: Rc::default() }
    }

    /// What ends the statement that runs, for whoever wants this process to end.
    pub(super) fn running(&self) -> Rc<RefCell<Option<Canceller>>> {
        Rc::clone(&self.running)
    }

    /// Forgets the connection, so that the next request that needs one opens another.
    pub(super) fn forget_connection(&mut self) {
        self.main = None;
        self.running.borrow_mut().take();
    }

    /// Ends the connection, and with it the lock, if the server has only this one: the next request may open one of its
    /// own, and whoever asks may look into the database in between.
    pub(super) async fn make_way(&mut self) {
        if let Some(main) = self.main.take_if(|main| main.db.serves_one()) {
            self.running.borrow_mut().take();
            main.db.close().await;
        }
    }

    /// Ends the connection, which gives the lock back.
    pub(super) async fn close(self) {
        if let Some(main) = self.main {
            main.db.close().await;
        }
    }

    /// The project of the arguments: what counts of its schema is the configuration.
    fn own(&self) -> Result<Project, Error> {
        if self.files.sources.is_empty() {
            return Err(Error::refused(
                "no schema was given at the start, so it is not known which database this is about",
                "give its files with `--datamodels`",
            ));
        }
        Ok(Project::of(self.settings.clone(), self.files.configuration_only())?)
    }

    /// The project of a schema that came with a request.
    pub(super) fn project(&self, schemas: &Schemas) -> Result<Project, Error> {
        Ok(Project::of(self.settings.clone(), self.given(schemas))?)
    }

    /// The same, with nothing of it counting but its configuration.
    pub(super) fn configuration(&self, schemas: &Schemas) -> Result<Project, Error> {
        Ok(Project::of(self.settings.clone(), self.given(schemas).configuration_only())?)
    }

    fn given(&self, schemas: &Schemas) -> SchemaFiles {
        let files = schemas.files.iter().map(|file| (file.path.clone(), file.content.clone()));
        SchemaFiles::given(files, Origin::Default, &self.settings.cwd)
    }

    /// A URL that a request names.
    pub(super) fn url(&self, text: &str) -> Result<DatabaseUrl, Error> {
        let setting =
            crate::config::Setting { value: crate::config::UrlText::new(text.to_owned()), origin: Origin::Flag("url") };
        Ok(self.settings.parsed_url(&setting, &self.settings.cwd)?)
    }

    /// The URL of the shadow database that the arguments name.
    pub(super) fn shadow_url(&self) -> Result<Option<DatabaseUrl>, Error> {
        let setting = self.settings.shadow_url.as_ref();
        Ok(setting.map(|setting| self.settings.parsed_url(setting, &self.settings.cwd)).transpose()?)
    }

    /// The URL of a server that runs; a local one is started first.
    pub(super) fn reach(&self, url: &DatabaseUrl) -> Result<DatabaseUrl, Error> {
        let search_path = self.settings.environment.get(PATH).map(std::ffi::OsStr::new);
        let reached = Reached::new(url, search_path)?;
        let url = reached.url.clone();
        self.servers.borrow_mut().push(reached);
        Ok(url)
    }

    /// The namespaces of the schema that was given at the start.
    pub(super) fn scope(&self) -> Result<Scope, Error> {
        let project = self.own()?;
        let url = project.url()?;
        Ok(Scope { namespaces: project.namespaces(&url), default_namespace: url.namespace().to_owned() })
    }

    /// How the history is read: a schema that names its database is one of Prisma 6.
    pub(super) fn reading(&self) -> Result<Reading, Error> {
        Ok(match self.own()?.schema.rules {
            Rules::Prisma6 => Reading::AsPrisma6,
            Rules::Prisma7 => Reading::Honest,
        })
    }

    /// The namespaces of a schema that came with a request; one without a datasource is about those of the start.
    pub(super) fn scope_of(&self, project: &Project) -> Result<Scope, Error> {
        let own = self.scope()?;
        let namespaces = match &project.schema.datasource {
            None => own.namespaces,
            Some(datasource) if datasource.namespaces.is_empty() => vec![own.default_namespace.clone()],
            Some(datasource) => datasource.namespaces.clone(),
        };
        Ok(Scope { namespaces, default_namespace: own.default_namespace })
    }

    /// The connection to the database of the arguments.
    pub(super) async fn db(&mut self) -> Result<&mut Connection, Error> {
        Ok(&mut self.main().await?.db)
    }

    /// The same under the advisory lock, which stays until the end of the process.
    pub(super) async fn locked(&mut self) -> Result<&mut Connection, Error> {
        let timeout = self.lock_timeout();
        let main = self.main().await?;
        if !main.locked {
            apply::hold_lock(&mut main.db, timeout).await?;
            main.locked = true;
        }
        Ok(&mut main.db)
    }

    /// Longest wait for another run, in milliseconds; `None` if no lock is taken.
    pub(super) fn lock_timeout(&self) -> Option<u64> {
        let locking = !self.settings.environment.on(DISABLE_ADVISORY_LOCK);
        locking.then_some(lock::timeout_ms(self.settings.lock_timeout_s))
    }

    async fn main(&mut self) -> Result<&mut Main, Error> {
        if self.main.is_none() {
            let url = self.reach(&self.own()?.url()?)?;
            let db = Connection::open(&url).await?;
            *self.running.borrow_mut() = Some(db.canceller());
            self.main = Some(Main { db, locked: false });
        }
        self.main.as_mut().ok_or_else(|| Error::refused("there is no connection", "try again"))
    }

    /// Where migrations are replayed.
    pub(super) fn shadow(&self, init: Option<String>) -> Result<Shadow, Error> {
        let project = self.own()?;
        let main = match &self.main {
            Some(main) => main.db.url().clone(),
            None => self.reach(&project.url()?)?,
        };
        let given = project.shadow_url()?.map(|url| self.reach(&url)).transpose()?;
        let shadow = Shadow::new(&main, given.as_ref())?.with_init(init);
        if !main.serves_one() {
            return Ok(shadow);
        }
        let search_path = self.settings.environment.get(PATH).map(std::ffi::OsString::from);
        Ok(shadow.or_own_server(OwnServer::new(self.settings.cwd.join(FOLDER), search_path)))
    }

    /// The database that all migrations of a folder make.
    pub(super) async fn replayed(&mut self, folder: &Folder, scope: &Scope) -> Result<DbSchema, Error> {
        let key = key(folder, scope)?;
        if let Some((known, schema)) = &self.replayed
            && *known == key
        {
            return Ok(schema.clone());
        }
        let shadow = self.shadow(folder.init.clone())?;
        let migrations: Vec<&Migration> = folder.directory.migrations.iter().collect();
        let schema = Box::pin(replayed(&shadow, &migrations, scope)).await?;
        self.replayed = Some((key, schema.clone()));
        Ok(schema)
    }

    /// Keeps what somebody else has replayed.
    pub(super) fn remember(&mut self, folder: &Folder, scope: &Scope, schema: DbSchema) -> Result<(), Error> {
        self.replayed = Some((key(folder, scope)?, schema));
        Ok(())
    }
}

/// Everything that decides what a replay makes.
fn key(folder: &Folder, scope: &Scope) -> Result<String, Error> {
    let mut text = format!("{scope:?} {:?}", folder.init);
    for migration in &folder.directory.migrations {
        let _ = write!(text, "\n{:?} {:?}", migration.name, migration.script()?);
    }
    Ok(text)
}

/// What a request says about tables and enums of others.
pub(super) fn external(filter: &Filter) -> Result<External, Error> {
    Ok(External::named(&filter.external_tables, &filter.external_enums)?)
}
