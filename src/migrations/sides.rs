//! The two sides of `migrate diff`.

use std::panic::resume_unwind;
use std::thread;

use crate::db::url::DEFAULT_NAMESPACE;
use crate::db::{Connection, DatabaseUrl};
use crate::dbschema::DbSchema;
use crate::diff::External;
use crate::introspect::{Scope, introspect};
use crate::lower::lower;
use crate::psl::PslSchema;

use super::shadow::{Shadow, replayed};
use super::{Directory, MigrateError, Migration, Steps};

/// One side of a comparison, its files read.
#[derive(Debug)]
pub enum Side {
    /// Nothing.
    Empty,
    /// A schema.
    Schema(Box<PslSchema>),
    /// A live database. A `local:` URL must have been resolved to its running server.
    Live(Box<DatabaseUrl>),
    /// What migrations make.
    Migrations(Directory),
}

/// Both sides, and what they have in common.
#[derive(Debug)]
pub struct Sides {
    /// What is.
    pub from: Side,
    /// What shall be.
    pub to: Side,
    /// Where migrations are replayed; wanted only if a side is migrations.
    pub shadow: Option<DatabaseUrl>,
    /// SQL that is run there before them.
    pub init: Option<String>,
    /// The namespaces that are compared.
    pub scope: Scope,
}

impl Side {
    /// The URL of a live database.
    pub fn live(&self) -> Option<&DatabaseUrl> {
        match self {
            Self::Live(url) => Some(url),
            Self::Empty | Self::Schema(_) | Self::Migrations(_) => None,
        }
    }
}

impl Sides {
    /// The namespaces to compare: those that the schemas list, else the one of a live database, of the shadow database,
    /// of the URL of a schema, in this order. `schemas` are those that were read for the sides, each with its URL.
    pub fn scope(
        sides: [&Side; 2],
        shadow: Option<&DatabaseUrl>,
        schemas: &[(&PslSchema, Option<DatabaseUrl>)],
    ) -> Scope {
        let default_namespace = sides
            .into_iter()
            .find_map(Side::live)
            .or(shadow)
            .or(schemas.iter().find_map(|(_, url)| url.as_ref()))
            .map_or(DEFAULT_NAMESPACE, DatabaseUrl::namespace)
            .to_owned();
        let datasources = schemas.iter().filter_map(|(schema, _)| schema.datasource.as_ref());
        let mut namespaces: Vec<String> = datasources.flat_map(|datasource| datasource.namespaces.clone()).collect();
        namespaces.sort();
        namespaces.dedup();
        if namespaces.is_empty() {
            namespaces.push(default_namespace.clone());
        }
        Scope { namespaces, default_namespace }
    }

    /// The steps from one side to the other. Servers are asked only for sides that need one, and to compare what they
    /// have with a schema where the texts do not tell.
    pub async fn steps(&self, external: &External) -> Result<Steps, MigrateError> {
        let default_namespace = &self.scope.default_namespace;
        let (from, to) = match (&self.from, &self.to) {
            (Side::Schema(from), Side::Schema(to)) => {
                at_once(|| lower(from, default_namespace), || lower(to, default_namespace))
            }
            (from, to) => (self.database(from).await?, self.database(to).await?),
        };
        let Some(url) = self.judge() else { return Ok(Steps::between(&from, &to, external)) };
        let mut db = Connection::open(url).await?;
        Ok(Steps::asking(&mut db, &from, &to, external).await?)
    }

    /// The database that can tell what the expressions of a schema mean: the other side, if it is one.
    fn judge(&self) -> Option<&DatabaseUrl> {
        match (&self.from, &self.to) {
            (Side::Schema(_), Side::Live(url)) | (Side::Live(url), Side::Schema(_)) => Some(url),
            // The replayed migrations are still there.
            (Side::Schema(_), Side::Migrations(_)) | (Side::Migrations(_), Side::Schema(_)) => self.shadow.as_ref(),
            _ => None,
        }
    }

    async fn database(&self, side: &Side) -> Result<DbSchema, MigrateError> {
        let default_namespace = &self.scope.default_namespace;
        match side {
            Side::Empty => Ok(DbSchema::empty(default_namespace)),
            Side::Schema(schema) => Ok(lower(schema, default_namespace)),
            Side::Live(url) => {
                let mut db = Connection::open(url).await?;
                Ok(Box::pin(introspect(&mut db, &self.scope)).await?)
            }
            Side::Migrations(directory) => {
                directory.check_provider()?;
                let Some(shadow) = &self.shadow else { return Ok(DbSchema::empty(default_namespace)) };
                let migrations: Vec<&Migration> = directory.migrations.iter().collect();
                let shadow = Shadow::given(shadow.with_namespace(default_namespace)).with_init(self.init.clone());
                Box::pin(replayed(&shadow, &migrations, &self.scope)).await
            }
        }
    }
}

/// Does both at once: a large schema keeps one processor busy.
pub(crate) fn at_once<T: Send>(one: impl FnOnce() -> T + Send, other: impl FnOnce() -> T) -> (T, T) {
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (one.join().unwrap_or_else(|panic| resume_unwind(panic)), other)
    })
}
