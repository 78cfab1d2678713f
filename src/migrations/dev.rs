//! What `migrate dev` has to know before it makes or applies a migration.

use crate::db::Connection;
use crate::dbschema::DbSchema;
use crate::diff::{Change, External, comparable, diff_without};
use crate::introspect::{Scope, introspect};

use super::MigrateError;
use super::cache::{self, Cache, Entry, Surroundings};
use super::directory::{Directory, Migration};
use super::history::History;
use super::shadow::{Shadow, ShadowDatabase};
use super::status::{Reading, Relation, Status};

/// What a development database looks like next to its migrations.
#[derive(Debug)]
pub struct Diagnosis {
    /// Why the database cannot be brought up to date without emptying it; empty if it can.
    pub reset_reasons: Vec<ResetReason>,
    /// The database that all migrations of the folder make: where the next migration starts from.
    pub replayed: DbSchema,
    /// Folder against history.
    pub status: Status,
}

/// A reason to empty a development database.
#[derive(Debug, Clone, PartialEq)]
pub enum ResetReason {
    /// Migrations failed.
    Failed(Vec<String>),
    /// Applied migrations were edited.
    Edited(Vec<String>),
    /// The database is not what its applied migrations make.
    Drift {
        /// From what it should be to what it is.
        changes: Vec<Change>,
        /// Whether it was never under migrations, so that it may be an existing database.
        first_use: bool,
    },
    /// Folder and history each have migrations that the other lacks.
    Diverged {
        /// The last migration that both know.
        last_common: Option<String>,
        /// Those that only the database has.
        missing: Vec<String>,
    },
    /// The database has migrations that the folder lacks.
    Missing(Vec<String>),
}

/// Looks at folder, history and catalog, and replays the folder unless the cache knows what comes of it. Changes nothing
/// in the database.
pub async fn diagnose(
    db: &mut Connection,
    directory: &Directory,
    shadow: &Shadow,
    scope: &Scope,
    external: &External,
    cache: Option<&Cache>,
    reading: Reading,
) -> Result<Diagnosis, MigrateError> {
    directory.check_provider()?;
    let namespace = db.namespace().to_owned();
    let history = History::read(db, &namespace).await?;
    let status = Status::of(directory, &history, reading)?;
    let all: Vec<&Migration> = directory.migrations.iter().collect();
    let in_database = history.applied();
    let applied: Vec<&Migration> =
        all.iter().copied().filter(|migration| in_database.contains(&*migration.name)).collect();
    let live = Box::pin(introspect(db, scope)).await?;
    let kept = match cache {
        Some(cache) => Some((cache, Surroundings::of(db, shadow, scope).await?)),
        None => None,
    };
    if let Some((cache, surroundings)) = &kept
        && applied.len() == all.len()
        && let Some(entry) = cache.load(&cache::key(surroundings, &applied)?)
    {
        let replayed = comparable(&live, external);
        if entry.model == cache::fingerprint(&replayed) {
            return Ok(Diagnosis { reset_reasons: reasons(&status, Vec::new()), replayed, status });
        }
    }
    let mut replay = Replay { shadow, scope, external, kept };
    let (expected, replayed) = replay.twice(&applied, &all).await?;
    let drift = diff_without(&expected, &live, external);
    Ok(Diagnosis { reset_reasons: reasons(&status, drift), replayed, status })
}

/// A replay, and where its results are kept.
struct Replay<'a> {
    shadow: &'a Shadow,
    scope: &'a Scope,
    external: &'a External,
    kept: Option<(&'a Cache, Surroundings)>,
}

impl Replay<'_> {
    /// The database after the applied migrations and after all of them. Nearly always the applied ones come first, and
    /// one scratch database shows both.
    async fn twice(
        &mut self,
        applied: &[&Migration],
        all: &[&Migration],
    ) -> Result<(DbSchema, DbSchema), MigrateError> {
        if !all.starts_with(applied) {
            let expected = self.once(applied, &[]).await?.0;
            return Ok((expected, self.once(all, &[]).await?.0));
        }
        self.once(applied, &all[applied.len()..]).await
    }

    async fn once(
        &mut self,
        applied: &[&Migration],
        rest: &[&Migration],
    ) -> Result<(DbSchema, DbSchema), MigrateError> {
        let mut database = self.shadow.open(self.scope).await?;
        let outcome = self.on(&mut database, applied, rest).await;
        let closed = database.close().await;
        let result = outcome?;
        closed?;
        Ok(result)
    }

    async fn on(
        &mut self,
        database: &mut ShadowDatabase,
        applied: &[&Migration],
        rest: &[&Migration],
    ) -> Result<(DbSchema, DbSchema), MigrateError> {
        database.replay(applied).await?;
        let expected = database.introspect(self.scope).await?;
        self.keep(database, applied, &expected).await?;
        if rest.is_empty() {
            return Ok((expected.clone(), expected));
        }
        database.replay(rest).await?;
        let last = database.introspect(self.scope).await?;
        let all: Vec<&Migration> = applied.iter().chain(rest).copied().collect();
        self.keep(database, &all, &last).await?;
        Ok((expected, last))
    }

    /// Keeps what migrations make.
    async fn keep(
        &self,
        database: &mut ShadowDatabase,
        migrations: &[&Migration],
        schema: &DbSchema,
    ) -> Result<(), MigrateError> {
        let Some((cache, surroundings)) = self.kept.as_ref().filter(|_| !database.is_stand_in()) else { return Ok(()) };
        let catalog = database.whole(self.scope, self.external).await?;
        let entry = Entry { model: cache::fingerprint(&comparable(schema, self.external)), catalog };
        cache.store(&cache::key(surroundings, migrations)?, &entry);
        Ok(())
    }
}

/// In the order in which Prisma reports them.
fn reasons(status: &Status, drift: Vec<Change>) -> Vec<ResetReason> {
    let mut reasons = Vec::new();
    if !status.failed.is_empty() {
        reasons.push(ResetReason::Failed(status.failed.clone()));
    }
    if !status.edited.is_empty() {
        reasons.push(ResetReason::Edited(status.edited.clone()));
    }
    if !drift.is_empty() {
        reasons.push(ResetReason::Drift { changes: drift, first_use: !status.has_history });
    }
    match status.relation() {
        Relation::Diverged => reasons
            .push(ResetReason::Diverged { last_common: status.last_common.clone(), missing: status.missing.clone() }),
        Relation::DirectoryBehind => reasons.push(ResetReason::Missing(status.missing.clone())),
        Relation::Same | Relation::DatabaseBehind => {}
    }
    reasons
}
