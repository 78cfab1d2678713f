//! The methods that can be called, one file per topic. Each calls the library function that evt's own command calls.

mod database;
mod dev;
mod history;
mod schema;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::protocol::{INVALID_PARAMS, METHOD_NOT_FOUND, Peer, Request};
use super::session::Session;
use crate::error::Error;

pub(super) use database::make;

/// Why there is no result.
#[derive(Debug)]
pub(super) enum Failure {
    /// The work failed.
    Work(Box<Error>),
    /// The request is not understood.
    Protocol { code: i32, message: String },
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Work(Box::new(error.into()))
    }
}

/// Does what a request wants, and returns the result for the answer.
pub(super) async fn call(session: &mut Session, request: &Request, peer: &mut Peer<'_>) -> Result<Value, Failure> {
    let params = &request.params;
    match request.method.as_str() {
        "applyMigrations" => history::apply(session, read(params)?, peer).await,
        "createDatabase" => database::create(session, read(params)?).await,
        "createMigration" => dev::create(session, read(params)?).await,
        "dbExecute" => database::execute(session, read(params)?).await,
        // The caller wants to see what becomes of a crash.
        "debugPanic" => panic!("a request asked for this"),
        "devDiagnostic" => dev::diagnose(session, read(params)?).await,
        "diagnoseMigrationHistory" => history::diagnose(session, read(params)?).await,
        "diff" => schema::diff(session, read(params)?, peer).await,
        "ensureConnectionValidity" => database::ensure(session, read(params)?).await,
        "evaluateDataLoss" => dev::evaluate(session, read(params)?).await,
        "getDatabaseVersion" => database::version(session, read_if_any(params)?).await,
        "introspect" => schema::introspect(session, read(params)?).await,
        "introspectSql" => database::describe(session, read(params)?).await,
        "listMigrationDirectories" => history::list(read(params)?),
        "markMigrationApplied" => history::mark_applied(session, read(params)?).await,
        "markMigrationRolledBack" => history::mark_rolled_back(session, read(params)?).await,
        "reset" => history::reset(session).await,
        "schemaPush" => schema::push(session, read(params)?).await,
        other => Err(Failure::Protocol { code: METHOD_NOT_FOUND, message: format!("there is no method `{other}`") }),
    }
}

fn read<T: DeserializeOwned>(params: &Value) -> Result<T, Failure> {
    T::deserialize(params).map_err(|error| invalid(&error.to_string()))
}

fn read_if_any<T: DeserializeOwned>(params: &Value) -> Result<Option<T>, Failure> {
    let none = params.is_null() || params.as_object().is_some_and(serde_json::Map::is_empty);
    if none { Ok(None) } else { read(params).map(Some) }
}

fn invalid(message: &str) -> Failure {
    Failure::Protocol {
        code: INVALID_PARAMS,
        message: format!("the parameters are not what they have to be: {message}"),
    }
}
