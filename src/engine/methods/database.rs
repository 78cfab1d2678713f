//! A database as such: reach it, make it, ask it, run a script on it.

use serde_json::{Value, json};

use super::Failure;
use crate::db::{Connection, DatabaseUrl, DbError, create_database};
use crate::engine::params::{Datasource, Execute, IntrospectSql, OfDatabase, Query, Schemas};
use crate::engine::session::Session;
use crate::error::Error;
use crate::sql::quote::Statement;
use crate::typed_sql;

/// The database that a request names.
fn named(session: &Session, datasource: Datasource) -> Result<DatabaseUrl, Error> {
    match datasource {
        Datasource::Schema { files } => session.reach(&session.configuration(&Schemas { files })?.url()?),
        Datasource::ConnectionString { url } => session.reach(&session.url(&url)?),
    }
}

pub(super) async fn ensure(session: &mut Session, params: OfDatabase) -> Result<Value, Failure> {
    Connection::open(&named(session, params.datasource)?).await?.close().await;
    Ok(json!({}))
}

pub(super) async fn create(session: &mut Session, params: OfDatabase) -> Result<Value, Failure> {
    let url = named(session, params.datasource)?;
    make(&url).await?;
    Ok(json!({ "databaseName": url.database() }))
}

/// Makes a database that must not exist yet.
pub(in crate::engine) async fn make(url: &DatabaseUrl) -> Result<(), Error> {
    let database = url.database().to_owned();
    match create_database(url).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(DbError::DatabaseExists { location: url.location().unwrap_or_default(), database }.into()),
        // Somebody has to be let in somewhere to make a database.
        Err(source @ (DbError::DatabaseMissing { .. } | DbError::AccessDenied { .. } | DbError::Server(_))) => {
            Err(Error::DatabaseCreation { database, source })
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn execute(session: &mut Session, params: Execute) -> Result<Value, Failure> {
    let mut db = Connection::open(&named(session, params.datasource_type)?).await?;
    let script = &params.script;
    let outcome = db.script(&Statement::script(script)).await;
    db.close().await;
    outcome.map_err(|source| Error::refused_script("the script", script, source))?;
    Ok(Value::Null)
}

pub(super) async fn describe(session: &mut Session, params: IntrospectSql) -> Result<Value, Failure> {
    let mut db = Connection::open(&session.reach(&session.url(&params.url)?)?).await?;
    let queries = params.queries.iter().map(|Query { name, source }| (name.as_str(), source.as_str()));
    let outcomes = typed_sql::describe(&mut db, queries).await;
    db.close().await;
    let described = params.queries.iter().zip(outcomes?).map(|(Query { name, source }, outcome)| {
        outcome.map_err(|problem| Error::of_query(&format!("the query `{name}`"), source, problem))
    });
    let described = described.collect::<Result<Vec<_>, _>>()?;
    Ok(json!({ "queries": described }))
}

pub(super) async fn version(session: &mut Session, params: Option<OfDatabase>) -> Result<Value, Failure> {
    match params {
        None => Ok(json!(session.db().await?.version().await?)),
        Some(params) => {
            let mut db = Connection::open(&named(session, params.datasource)?).await?;
            let version = db.version().await;
            db.close().await;
            Ok(json!(version?))
        }
    }
}
