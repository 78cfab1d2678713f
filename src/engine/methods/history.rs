//! Migrations and the history: apply, compare, resolve, reset.

use serde_json::{Value, json};

use super::{Failure, invalid};
use crate::engine::params::{Folder, MarkMigration, Migrations, OfMigrations};
use crate::engine::protocol::Peer;
use crate::engine::session::Session;
use crate::migrations::status::{Relation, status_and_history};
use crate::migrations::{ApplyOptions, Progress, Transactions, apply_pending, reset as resetting, resolve};

/// The migrations of a request that has to name some.
pub(super) fn folder(migrations: Migrations) -> Result<Folder, Failure> {
    migrations.folder()?.ok_or_else(|| invalid("missing field `migrationsList`"))
}

pub(super) async fn apply(session: &mut Session, params: OfMigrations, peer: &mut Peer<'_>) -> Result<Value, Failure> {
    let Folder { directory, .. } = folder(params.migrations)?;
    directory.check_provider()?;
    let options = ApplyOptions {
        namespaces: session.scope()?.namespaces,
        lock_timeout_ms: session.lock_timeout(),
        transactions: Transactions::AsPrisma,
        external_tables: params.filters.external_tables,
    };
    let db = session.locked().await?;
    let mut say = async |progress: Progress<'_>| {
        if let Progress::Applying(name) = progress {
            peer.print(&format!("Applying migration `{name}`")).await;
        }
    };
    let applied = Box::pin(apply_pending(db, &directory, &options, &mut say)).await?;
    Ok(json!({ "appliedMigrationNames": applied }))
}

pub(super) fn list(params: OfMigrations) -> Result<Value, Failure> {
    let Folder { directory, .. } = folder(params.migrations)?;
    let names: Vec<&str> = directory.migrations.iter().map(|migration| migration.name.as_str()).collect();
    Ok(json!({ "migrations": names }))
}

pub(super) async fn diagnose(session: &mut Session, params: OfMigrations) -> Result<Value, Failure> {
    let Folder { directory, .. } = folder(params.migrations)?;
    let reading = session.reading()?;
    let (status, _) = status_and_history(session.db().await?, &directory, reading).await?;
    let history = match status.relation() {
        Relation::Same => Value::Null,
        Relation::DatabaseBehind => {
            json!({ "diagnostic": "databaseIsBehind", "unappliedMigrationNames": status.pending })
        }
        Relation::DirectoryBehind => {
            json!({ "diagnostic": "migrationsDirectoryIsBehind", "unpersistedMigrationNames": status.missing })
        }
        Relation::Diverged => json!({
            "diagnostic": "historiesDiverge",
            "lastCommonMigrationName": status.last_common,
            "unpersistedMigrationNames": status.missing,
            "unappliedMigrationNames": status.pending,
        }),
    };
    Ok(json!({
        "history": history,
        "failedMigrationNames": status.failed,
        "editedMigrationNames": status.edited,
        "hasMigrationsTable": status.has_history,
    }))
}

pub(super) async fn mark_applied(session: &mut Session, params: MarkMigration) -> Result<Value, Failure> {
    let Folder { directory, .. } = folder(params.migrations)?;
    directory.check_provider()?;
    let timeout = session.lock_timeout();
    resolve::applied(session.locked().await?, &directory, &params.migration_name, timeout).await?;
    Ok(json!({}))
}

pub(super) async fn mark_rolled_back(session: &mut Session, params: MarkMigration) -> Result<Value, Failure> {
    let timeout = session.lock_timeout();
    resolve::rolled_back(session.locked().await?, &params.migration_name, timeout).await?;
    Ok(json!({}))
}

pub(super) async fn reset(session: &mut Session) -> Result<Value, Failure> {
    let namespaces = session.scope()?.namespaces;
    resetting::reset(session.db().await?, &namespaces).await?;
    Ok(Value::Null)
}
