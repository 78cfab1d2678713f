//! A scratch database: make it, replay migrations in it, look at the result, drop it.

use std::ops::Range;

use tokio_postgres::error::SqlState;

use crate::catalog::Catalog;
use crate::db::{Connection, DatabaseUrl, DbError, Stopped, drop_database};
use crate::dbschema::DbSchema;
use crate::diff::External;
use crate::introspect::whole::read_whole;
use crate::introspect::{Scope, introspect};
use crate::sql::quote::{Ident, Statement};
use crate::sql::split::Plan;

use super::apply::Transactions;
use super::directory::Migration;
use super::own_server::{OwnServer, Wanted};
use super::prepare::{Prepared, prepare};
use super::script::{Left, ScriptError};
use super::{MigrateError, drift, records, reset};

/// What the names of scratch databases start with; the same as Prisma's, so that either tool's leftovers are known.
pub const NAME_PREFIX: &str = "prisma_migrate_shadow_db_";

/// Where migrations are replayed.
#[derive(Debug, Clone)]
pub struct Shadow {
    place: Place,
    /// SQL that is run before the migrations.
    init: Option<String>,
    /// What stands in where the role may not make databases.
    own: Option<OwnServer>,
}

#[derive(Debug, Clone)]
enum Place {
    /// In a new database on the server of this one.
    Beside(DatabaseUrl),
    /// In a database that is there for that, and is emptied first.
    Given(DatabaseUrl),
}

/// A scratch database in use.
#[derive(Debug)]
pub struct ShadowDatabase {
    db: Connection,
    /// The database to drop, and the URL of the one through which it was made.
    made: Option<(String, DatabaseUrl)>,
    /// Whether its server is not the one that was asked for.
    stand_in: bool,
}

impl Shadow {
    /// Replays in `given` if there is one, else beside `main`. Refuses the database itself as its own shadow.
    pub fn new(main: &DatabaseUrl, given: Option<&DatabaseUrl>) -> Result<Self, MigrateError> {
        match given {
            None => Ok(Self { place: Place::Beside(main.clone()), init: None, own: None }),
            Some(url) if url.same_database_as(main) => Err(MigrateError::ShadowIsMain),
            Some(url) => Ok(Self::given(url.clone())),
        }
    }

    /// Replays in a database that is there for that, and is emptied first.
    pub fn given(url: DatabaseUrl) -> Self {
        Self { place: Place::Given(url), init: None, own: None }
    }

    /// Runs SQL in the scratch database before any migration, for what they take for granted.
    #[must_use]
    pub fn with_init(self, init: Option<String>) -> Self {
        Self { init, ..self }
    }

    /// Replays in a server of evt's own where the role may not make databases and none is named.
    #[must_use]
    pub fn or_own_server(self, own: OwnServer) -> Self {
        Self { own: Some(own), ..self }
    }

    /// What to tell people about where migrations were replayed.
    pub fn note(&self) -> Option<String> {
        self.own.as_ref().and_then(OwnServer::note)
    }

    /// The database that is there for it, if one is named.
    pub(super) fn given_url(&self) -> Option<&DatabaseUrl> {
        match &self.place {
            Place::Given(url) => Some(url),
            Place::Beside(_) => None,
        }
    }

    /// The SQL that is run before the migrations.
    pub(super) fn init_sql(&self) -> Option<&str> {
        self.init.as_deref()
    }

    /// Makes or empties the scratch database and connects to it. [`ShadowDatabase::close`] drops it.
    pub async fn open(&self, scope: &Scope) -> Result<ShadowDatabase, MigrateError> {
        let mut database = self.open_empty(scope).await?;
        let Some(init) = &self.init else { return Ok(database) };
        if let Err(source) = database.db.script(&Statement::script(init)).await {
            database.close().await?;
            return Err(MigrateError::ShadowInit { source });
        }
        database.db.reset_session().await?;
        Ok(database)
    }

    async fn open_empty(&self, scope: &Scope) -> Result<ShadowDatabase, MigrateError> {
        match &self.place {
            Place::Given(url) => {
                let mut db = Connection::open(url).await?;
                reset::reset(&mut db, &scope.namespaces).await?;
                Ok(ShadowDatabase { db, made: None, stand_in: false })
            }
            Place::Beside(main) if main.serves_one() => {
                let started = match &self.own {
                    Some(own) => own.start(&Wanted::another(), main.namespace()).await?,
                    None => Err("no folder is named for it".to_owned()),
                };
                match started {
                    Ok(url) => beside(&url, false).await,
                    Err(reason) => Err(MigrateError::ShadowServer { reason }),
                }
            }
            Place::Beside(main) => {
                let mut maintenance = Connection::open(main).await?;
                let made = match (create(&mut maintenance).await, &self.own) {
                    (Err(source), Some(own)) if source.has_state(&SqlState::INSUFFICIENT_PRIVILEGE) => {
                        let wanted = Wanted::by(&mut maintenance).await?;
                        Err((source, Some((own, wanted))))
                    }
                    (made, _) => made.map_err(|source| (source, None)),
                };
                maintenance.close().await;
                match made {
                    Ok(name) => connect_new(name, main, false).await,
                    Err((source, None)) => Err(MigrateError::ShadowCreation { source, stand_in: None }),
                    Err((source, Some((own, wanted)))) => match own.start(&wanted, main.namespace()).await? {
                        Ok(url) => beside(&url, true).await,
                        Err(reason) => Err(MigrateError::ShadowCreation { source, stand_in: Some(reason) }),
                    },
                }
            }
        }
    }
}

/// Makes a scratch database and returns its name.
async fn create(maintenance: &mut Connection) -> Result<String, DbError> {
    let name = format!("{NAME_PREFIX}{}", uuid::Uuid::new_v4());
    maintenance.script(&Statement::built(format!("CREATE DATABASE {}", Ident(&name)))).await?;
    Ok(name)
}

/// Makes a scratch database on the server of another one, and connects to it.
async fn beside(url: &DatabaseUrl, stand_in: bool) -> Result<ShadowDatabase, MigrateError> {
    connect_new(create_beside(url).await?, url, stand_in).await
}

/// Makes a scratch database on the server of another one, and returns its name.
pub(super) async fn create_beside(url: &DatabaseUrl) -> Result<String, MigrateError> {
    let mut maintenance = Connection::open(url).await?;
    let made = create(&mut maintenance).await;
    maintenance.close().await;
    made.map_err(|source| MigrateError::ShadowCreation { source, stand_in: None })
}

/// Connects to a scratch database that was made through another one; drops it if that fails.
async fn connect_new(name: String, main: &DatabaseUrl, stand_in: bool) -> Result<ShadowDatabase, MigrateError> {
    match connect(&main.with_database(&name)).await {
        Ok(db) => Ok(ShadowDatabase { db, made: Some((name, main.clone())), stand_in }),
        Err(error) => {
            drop_database(&name, main).await?;
            Err(error.into())
        }
    }
}

async fn connect(url: &DatabaseUrl) -> Result<Connection, DbError> {
    let mut db = Connection::open(url).await?;
    db.ensure_namespace().await?;
    Ok(db)
}

impl ShadowDatabase {
    /// The name of the scratch database.
    pub fn name(&self) -> &str {
        &self.db.peer().database
    }

    /// Whether another server stands in: what it makes of migrations says nothing of the one that was asked for.
    pub(super) fn is_stand_in(&self) -> bool {
        self.stand_in
    }

    /// Runs the scripts of migrations in order.
    pub async fn replay(&mut self, migrations: &[&Migration]) -> Result<(), MigrateError> {
        for migration in migrations {
            let prepared = prepare(migration, Transactions::Honest)?;
            for range in parts(&prepared) {
                let text = Statement::script(&prepared.script[range.clone()]);
                match self.db.pipeline(&[text]).await {
                    Ok(()) => {}
                    Err(Stopped { error, .. }) if error.is_lost() => return Err(error.into()),
                    Err(Stopped { statements, error, .. }) => {
                        let error = ScriptError::new(&prepared, range, Some(statements), error, Left::Nothing);
                        return Err(MigrateError::ShadowScript(Box::new(error)));
                    }
                }
            }
            self.db.reset_session().await?;
        }
        Ok(())
    }

    /// What the database looks like now.
    pub async fn introspect(&mut self, scope: &Scope) -> Result<DbSchema, MigrateError> {
        Ok(Box::pin(introspect(&mut self.db, scope)).await?)
    }

    /// Everything that is in the database now: in the namespaces of `scope`, and in those that migrations made.
    pub(super) async fn whole(&mut self, scope: &Scope, external: &External) -> Result<Catalog, MigrateError> {
        let history = self.db.namespace().to_owned();
        let mut namespaces = records::user_namespaces(&mut self.db).await?;
        namespaces.extend(scope.namespaces.iter().cloned());
        let mut catalog = Box::pin(read_whole(&mut self.db, &drift::extent(namespaces, history, external))).await?;
        // Every new database has one; the project need not have anything to do with it.
        let idle = |name: &str| {
            name == "public"
                && !scope.namespaces.iter().any(|own| own == name)
                && catalog.objects.keys().filter(|id| id.namespace() == Some(name)).count() <= 1
        };
        if idle("public") {
            catalog.namespaces.retain(|name| name != "public");
            catalog.objects.retain(|id, _| id.namespace() != Some("public"));
        }
        Ok(catalog)
    }

    /// Drops the database if it was made for this.
    pub async fn close(self) -> Result<(), DbError> {
        self.db.close().await;
        match self.made {
            Some((name, main)) => drop_database(&name, &main).await,
            None => Ok(()),
        }
    }
}

/// The parts of a script that are sent one by one: all of it, unless some statements refuse company.
fn parts(prepared: &Prepared<'_>) -> Vec<Range<usize>> {
    match &prepared.plan {
        Plan::Whole { .. } | Plan::AsIs(_) => std::iter::once(0..prepared.script.len()).collect(),
        Plan::Segments(segments) => segments.iter().map(|segment| segment.range.clone()).collect(),
    }
}

/// Replays migrations in a scratch database and returns what it looks like then.
pub async fn replayed(shadow: &Shadow, migrations: &[&Migration], scope: &Scope) -> Result<DbSchema, MigrateError> {
    let mut database = shadow.open(scope).await?;
    let outcome = match database.replay(migrations).await {
        Ok(()) => database.introspect(scope).await,
        Err(error) => Err(error),
    };
    let closed = database.close().await;
    let result = outcome?;
    closed?;
    Ok(result)
}
