//! Errors as Prisma's command line reads them: a code, the facts that belong to it, and a text for people.

use serde_json::{Map, Value, json};

use crate::config::ConfigError;
use crate::db::lock::LockError;
use crate::db::url::redact;
use crate::db::{DbError, ServerError};
use crate::error::{Code, Error};
use crate::introspect::IntrospectError;
use crate::migrations::directory::{PROVIDER, SCRIPT_FILE};
use crate::migrations::{DirectoryError, MigrateError};
use crate::psl;

/// The code of every error that does not have to do with the protocol itself.
const CODE: i32 = 4466;

/// The `error` of an answer.
pub(super) fn object(error: &Error) -> Value {
    json!({
        "code": CODE,
        "message": "An error happened. Check the data field for details.",
        "data": data(error),
    })
}

/// The text for people: what happened, and what to do next.
pub(super) fn message(error: &Error) -> String {
    let mut text = match error {
        Error::Config(ConfigError::Invalid { files, diagnostics, .. }) => psl::render(diagnostics, files, false),
        error => error.full_message(),
    };
    if let Some(hint) = error.hint() {
        text = format!("{}\n\n{}", text.trim_end(), in_words_of_prisma(&hint));
    }
    redact(&text).into_owned()
}

/// Hints name commands of evt; who reads them here types `prisma`, which has the same ones.
pub(super) fn in_words_of_prisma(hint: &str) -> String {
    hint.replace("`evt migrate", "`prisma migrate").replace("`evt db", "`prisma db")
}

fn data(error: &Error) -> Value {
    described(&message(error), error.code(), facts(error).as_ref())
}

fn described(message: &str, code: Option<Code>, facts: Option<&Value>) -> Value {
    match code {
        Some(code) => json!({ "is_panic": false, "message": message, "meta": facts, "error_code": code.as_str() }),
        None => json!({ "is_panic": false, "message": message, "backtrace": null }),
    }
}

/// The facts that belong to the code of an error, under the names that Prisma gives them.
fn facts(error: &Error) -> Option<Value> {
    match error {
        Error::Config(ConfigError::Invalid { files, diagnostics, .. }) => {
            Some(json!({ "full_error": psl::render(diagnostics, files, false) }))
        }
        Error::Config(error @ ConfigError::VariableMissing { .. }) => Some(json!({ "full_error": error.to_string() })),
        Error::Config(ConfigError::Url { .. }) => {
            let name = if error.code() == Some(Code::P1013) { "details" } else { "full_error" };
            Some(json!({ name: redact(&error.to_string()) }))
        }
        Error::Db(error) | Error::Script { source: error, .. } => facts_of_db(error),
        Error::Introspect(IntrospectError::Query { source, .. }) => facts_of_db(source),
        Error::DatabaseCreation { source, .. } => Some(json!({ "database_error": redact(&source.to_string()) })),
        Error::Pull(error) => match error {
            crate::introspect::to_psl::PullError::ForeignNamespace { .. } => {
                Some(json!({ "explanation": error.to_string() }))
            }
            _ => None,
        },
        Error::Migrate(error) => facts_of_migrate(error),
        _ => None,
    }
}

fn facts_of_migrate(error: &MigrateError) -> Option<Value> {
    Some(match error {
        MigrateError::Db(error)
        | MigrateError::Lock(LockError::Db(error))
        | MigrateError::Introspect(IntrospectError::Query { source: error, .. })
        | MigrateError::Step { source: error, .. }
        | MigrateError::ShadowInit { source: error } => return facts_of_db(error),
        MigrateError::Lock(error @ LockError::Timeout { .. }) => json!({ "context": error.to_string() }),
        MigrateError::Directory(DirectoryError::ScriptMissing { path }) => {
            let shown = if path.exists() { path.display().to_string() } else { SCRIPT_FILE.to_owned() };
            json!({ "migration_file_path": shown })
        }
        MigrateError::Directory(DirectoryError::OtherProvider { found, .. }) => {
            json!({ "provider": PROVIDER, "expected_provider": found })
        }
        MigrateError::FailedMigrations { .. } => json!({ "details": error.to_string() }),
        MigrateError::Script(script) => json!({
            "migration_name": script.migration,
            "database_error_code": script.sqlstate().unwrap_or("none"),
            "database_error": redact(&script.to_string()),
        }),
        MigrateError::ShadowScript(script) => json!({
            "migration_name": script.migration,
            "inner_error": inner(&script.source),
        }),
        MigrateError::ShadowCreation { source, .. } | MigrateError::Reset { source } => {
            json!({ "inner_error": inner(source) })
        }
        MigrateError::Unknown { name, .. }
        | MigrateError::AlreadyApplied { name }
        | MigrateError::NeverApplied { name }
        | MigrateError::NotFailed { name } => json!({ "migration_name": name }),
        _ => return None,
    })
}

/// What the server said, as an error inside another one.
fn inner(error: &DbError) -> Value {
    described(&redact(&error.to_string()), Error::code_of_db(error), facts_of_db(error).as_ref())
}

fn facts_of_db(error: &DbError) -> Option<Value> {
    Some(match error {
        DbError::Unreachable { location, .. } | DbError::ConnectTimeout { location, .. } => {
            let mut facts = host_and_port(location);
            facts.insert("database_location".to_owned(), json!(location));
            Value::Object(facts)
        }
        DbError::Authentication { location, user } => {
            let mut facts = host_and_port(location);
            facts.remove("database_port");
            facts.insert("database_user".to_owned(), json!(user));
            Value::Object(facts)
        }
        DbError::DatabaseMissing { location, database } | DbError::DatabaseExists { location, database } => {
            let mut facts = host_and_port(location);
            facts.insert("database_name".to_owned(), json!(database));
            Value::Object(facts)
        }
        DbError::AccessDenied { user, database, .. } => json!({ "database_user": user, "database_name": database }),
        DbError::Tls { reason, .. } => json!({ "message": redact(reason) }),
        DbError::Server(report) => return facts_of_report(report, error),
        DbError::Closed | DbError::Protocol(_) => return None,
    })
}

/// Facts in the report of the server. It writes names between quotation marks, of which the first counts.
fn facts_of_report(report: &ServerError, error: &DbError) -> Option<Value> {
    let named = || report.message.split('"').nth(1).unwrap_or_default();
    Some(match Error::code_of_db(error)? {
        Code::P1003 | Code::P1009 => json!({ "database_name": named() }),
        Code::P1000 => json!({ "database_user": named() }),
        Code::P1010 => json!({ "database_user": named(), "database_name": "" }),
        Code::P1008 => json!({ "time": "", "context": report.message }),
        Code::P1014 => json!({ "model": named(), "kind": "Table" }),
        Code::P2000 => json!({ "column_name": "" }),
        Code::P2002 => json!({ "constraint": named() }),
        _ => return None,
    })
}

/// `host:port`, `[::1]:port` or `unix:<folder>` in parts.
fn host_and_port(location: &str) -> Map<String, Value> {
    let (host, port) = match location.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => (host, port),
        _ => (location, "5432"),
    };
    let facts = [("database_host", host), ("database_port", port)];
    facts.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
}
