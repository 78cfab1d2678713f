//! Whether a database is what its migrations made of it, and if not, what is different.

use super::cache::{self, Cache, Surroundings};
use super::directory::{Directory, Migration};
use super::history::History;
use super::shadow::Shadow;
use super::status::Status;
use super::{MigrateError, checksum, snapshot};
use crate::catalog::compare::{Comparison, Source};
use crate::catalog::script::script;
use crate::catalog::{Catalog, compare, text};
use crate::db::{Connection, with_causes};
use crate::diff::External;
use crate::introspect::Scope;
use crate::introspect::whole::{Extent, read_whole_beside};

/// Where expectations come from.
#[derive(Debug)]
pub struct Expectations<'a> {
    /// The schema of evt's own records, if there are any.
    pub state: Option<&'a str>,
    /// Results of earlier replays.
    pub cache: Option<&'a Cache>,
    /// Where migrations can be replayed.
    pub shadow: &'a Shadow,
    /// The namespaces of the project.
    pub scope: &'a Scope,
    /// What somebody else manages.
    pub external: &'a External,
}

/// What came of a look at a database.
#[derive(Debug)]
pub enum Drift {
    /// It was compared.
    Checked(Box<Checked>),
    /// It was not, and why.
    NotChecked(String),
}

/// A database that was compared with what it should be.
#[derive(Debug)]
pub struct Checked {
    /// Where the expectation came from.
    pub origin: Origin,
    /// What differs, from what should be to what is.
    pub comparison: Comparison,
    /// SQL that makes the database what it should be.
    pub undo: String,
    /// SQL that makes what should be into what is: the drift as a migration.
    pub keep: String,
}

/// Where an expectation came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A snapshot that was taken in this database after the last run, at that time.
    Snapshot {
        /// As `YYYY-MM-DD HH:MM:SS UTC`.
        taken_at: String,
        /// If nothing was recorded before this time: what was there then counts as what the migrations made.
        since: Option<String>,
    },
    /// An earlier replay.
    Cache,
    /// A replay just now.
    Replay,
}

/// Compares a database with what it should be. Writes nothing to it.
///
/// # Errors
/// If the database cannot be read. That there is nothing to compare it with is no error.
pub async fn drift(
    db: &mut Connection,
    directory: &Directory,
    history: &History,
    status: &Status,
    expectations: &Expectations<'_>,
) -> Result<Drift, MigrateError> {
    if history.applied().is_empty() {
        return Ok(Drift::NotChecked("nothing was applied to this database yet".to_owned()));
    }
    if let Some(name) = status.failed.first() {
        return Ok(Drift::NotChecked(format!("`{name}` is unfinished, so nobody can say what should be there")));
    }
    if let Some(state) = expectations.state {
        let key = snapshot::history_key(history);
        let known = &expectations.scope.namespaces;
        // Asked at once, since the snapshot nearly always is of these namespaces.
        let (head, live) = tokio::join!(
            biased;
            snapshot::head(db, state, &key),
            read(db, known.clone(), expectations),
        );
        if let Some(head) = head {
            let live = if head.namespaces.iter().all(|namespace| known.contains(namespace)) {
                live?
            } else {
                read(db, head.namespaces.iter().chain(known).cloned().collect(), expectations).await?
            };
            let origin = Origin::Snapshot { taken_at: head.taken_at.clone(), since: head.since.clone() };
            if checksum::checksum(&text::compared(&live)) == head.digest {
                return Ok(checked(origin, &live, &live, Source::SameDatabase));
            }
            if let Some(expected) = snapshot::catalog_of(db, state, &head).await {
                let expected = without_external(expected, expectations.external);
                return Ok(checked(origin, &expected, &live, Source::SameDatabase));
            }
        }
    }
    match expected_by_migrations(db, directory, history, status, expectations).await? {
        Ok((origin, expected)) => {
            let live = read(db, expected.namespaces.clone(), expectations).await?;
            Ok(checked(origin, &expected, &live, Source::Replay))
        }
        Err(reason) => Ok(Drift::NotChecked(reason)),
    }
}

fn checked(origin: Origin, expected: &Catalog, live: &Catalog, source: Source) -> Drift {
    let comparison = compare(expected, live, source);
    let (undo, keep) = if comparison.is_empty() {
        (String::new(), String::new())
    } else {
        (script(&comparison.reversed(), live, expected, source), script(&comparison, expected, live, source))
    };
    Drift::Checked(Box::new(Checked { origin, comparison, undo, keep }))
}

async fn read(
    db: &Connection,
    namespaces: Vec<String>,
    expectations: &Expectations<'_>,
) -> Result<Catalog, MigrateError> {
    let history = db.namespace().to_owned();
    Ok(Box::pin(read_whole_beside(db, &extent(namespaces, history, expectations.external))).await?)
}

pub(super) fn extent(namespaces: Vec<String>, history: String, external: &External) -> Extent {
    let names = external.tables.iter().chain(&external.enums);
    let without = names.map(|name| (name.namespace.clone(), name.name.clone())).collect();
    Extent { namespaces, history, without }
}

/// A snapshot has what somebody else manages, who may change it.
fn without_external(mut catalog: Catalog, external: &External) -> Catalog {
    let names: Vec<_> = external.tables.iter().chain(&external.enums).collect();
    catalog.objects.retain(|id, _| match id.path.as_slice() {
        [namespace, name, ..] => !names.iter().any(|other| other.namespace == *namespace && other.name == *name),
        _ => true,
    });
    catalog
}

/// What the applied migrations make, from the cache or by a replay; or why that cannot be known.
async fn expected_by_migrations(
    db: &mut Connection,
    directory: &Directory,
    history: &History,
    status: &Status,
    expectations: &Expectations<'_>,
) -> Result<Result<(Origin, Catalog), String>, MigrateError> {
    let of_no_use = "there is no snapshot of the last run, and";
    if let Some(name) = status.missing.first().or(status.edited.first()) {
        return Ok(Err(format!("{of_no_use} `{name}` is not in the folder as it was applied")));
    }
    let held = history.applied();
    let applied: Vec<&Migration> =
        directory.migrations.iter().filter(|migration| held.contains(&*migration.name)).collect();
    let Expectations { shadow, scope, .. } = expectations;
    let key = match Surroundings::of(db, shadow, scope).await {
        Ok(surroundings) => cache::key(&surroundings, &applied)?,
        Err(error) => return Ok(Err(format!("{of_no_use} the shadow database cannot be used: {error}"))),
    };
    if let Some(entry) = expectations.cache.and_then(|cache| cache.load(&key)) {
        return Ok(Ok((Origin::Cache, without_external(entry.catalog, expectations.external))));
    }
    match replayed(&applied, expectations).await {
        Ok(catalog) => Ok(Ok((Origin::Replay, catalog))),
        Err(error) => Ok(Err(format!("{of_no_use} the migrations cannot be replayed: {}", with_causes(&error)))),
    }
}

async fn replayed(applied: &[&Migration], expectations: &Expectations<'_>) -> Result<Catalog, MigrateError> {
    let Expectations { shadow, scope, external, .. } = expectations;
    let mut database = shadow.open(scope).await?;
    let outcome = match database.replay(applied).await {
        Ok(()) => database.whole(scope, external).await,
        Err(error) => Err(error),
    };
    let closed = database.close().await;
    let catalog = outcome?;
    closed?;
    Ok(catalog)
}
