//! What should be in a database, kept in evt's own schema: the catalog as the last run left it, without the drift that was
//! there before.

use super::checksum::checksum;
use super::directory::Directory;
use super::history::{History, RecordState};
use super::records::user_namespaces;
use crate::catalog::compare::Source;
use crate::catalog::{Catalog, carry, compare, text};
use crate::db::{Connection, with_causes};
use crate::introspect::whole::{Extent, read_whole};
use crate::sql::quote::{Constant, Ident, Statement};

/// Snapshots that are kept. Only the last is needed; the others tell what was.
const KEPT: u32 = 5;

/// A snapshot without its catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SnapshotHead {
    id: String,
    pub(super) taken_at: String,
    /// Since when it is known what should be there; `None` is since the first migration.
    pub(super) since: Option<String>,
    pub(super) digest: String,
    pub(super) namespaces: Vec<String>,
}

/// What is known of a database before a run.
#[derive(Debug)]
pub(super) struct Before {
    /// Its namespaces: those that come with the run are the run's own.
    namespaces: Vec<String>,
    /// The namespaces that the last snapshot has.
    known: Vec<String>,
    state: State,
    since: Option<String>,
}

#[derive(Debug)]
enum State {
    /// What is there is what should be there.
    AsExpected,
    /// Something is different.
    Drifted(Box<Drifted>),
    /// Nobody knows what should be there.
    Unknown,
}

#[derive(Debug)]
struct Drifted {
    expected: Catalog,
    found: Catalog,
}

/// Compares the database with the last snapshot, before a run changes it.
pub(super) async fn before(db: &mut Connection, state: &str, namespaces: &[String]) -> Result<Before, String> {
    let own = db.namespace().to_owned();
    let history = History::read(db, &own).await.map_err(|error| error.to_string())?;
    let there = user_namespaces(db).await.map_err(|error| error.to_string())?;
    let applied = history.held();
    let Some(head) = head(db, state, &history_key(&history)).await else {
        let state = if applied.is_empty() { State::AsExpected } else { State::Unknown };
        return Ok(Before { namespaces: there, known: Vec::new(), state, since: None });
    };
    let before = |state| Before { namespaces: there, known: head.namespaces.clone(), state, since: head.since.clone() };
    let found = read(db, head.namespaces.iter().chain(namespaces).cloned()).await?;
    if checksum(&text::compared(&found)) == head.digest {
        return Ok(before(State::AsExpected));
    }
    Ok(before(match catalog_of(db, state, &head).await {
        None => State::Unknown,
        Some(expected) if compare(&expected, &found, Source::SameDatabase).is_empty() => State::AsExpected,
        Some(expected) => State::Drifted(Box::new(Drifted { expected, found })),
    }))
}

/// Keeps what should be in the database after a run that applied these migrations of the folder.
pub(super) async fn take(
    db: &mut Connection,
    state: &str,
    run: &str,
    namespaces: &[String],
    before: Before,
    applied: (&Directory, &[String]),
) -> Result<(), String> {
    let own = db.namespace().to_owned();
    let history = History::read(db, &own).await.map_err(|error| error.to_string())?;
    if !history.exists() {
        return Ok(());
    }
    let now = user_namespaces(db).await.map_err(|error| error.to_string())?;
    let made = now.into_iter().filter(|name| name != state && !before.namespaces.contains(name));
    let namespaces = namespaces.iter().cloned().chain(before.known.iter().cloned()).chain(made);
    let found = read(db, namespaces).await?;
    // What was read belongs to this history only if that did not change meanwhile.
    let later = History::read(db, &own).await.map_err(|error| error.to_string())?;
    if history_key(&later) != history_key(&history) {
        return Ok(());
    }
    let catalog = match &before.state {
        State::AsExpected | State::Unknown => found,
        State::Drifted(drifted) => {
            let (directory, names) = applied;
            let scripts: Vec<String> =
                names.iter().filter_map(|name| Some(directory.find(name)?.script().ok()?.to_lowercase())).collect();
            carry::carried(&drifted.expected, &drifted.found, &found, |name| {
                scripts.iter().any(|script| names_it(script, name))
            })
        }
    };
    let since = match (&before.state, &before.since) {
        (State::Unknown, _) => "pg_catalog.statement_timestamp()".to_owned(),
        (_, Some(since)) => format!("{}::timestamptz", Constant(since)),
        (_, None) => "NULL".to_owned(),
    };
    let schemas: Vec<String> = catalog.namespaces.iter().map(|name| Constant(name).to_string()).collect();
    let schema = Ident(state);
    let sql = format!(
        "INSERT INTO {schema}.snapshot (run, history, digest, format, schemas, catalog, taken_at, baseline) \
         VALUES ({run}, {}, {}, {}, ARRAY[{}]::text[], {}, pg_catalog.statement_timestamp(), {since}); \
         DELETE FROM {schema}.snapshot WHERE id <= (SELECT max(id) FROM {schema}.snapshot) - {KEPT}",
        Constant(&history_key(&history)),
        Constant(&checksum(&text::compared(&catalog))),
        text::FORMAT,
        schemas.join(", "),
        Constant(&text::write(&catalog)),
    );
    db.script(&Statement::built(sql)).await.map_err(|error| error.to_string())
}

/// Everything in these namespaces and in that of the history.
async fn read(db: &mut Connection, namespaces: impl Iterator<Item = String>) -> Result<Catalog, String> {
    let history = db.namespace().to_owned();
    let mut namespaces: Vec<String> = namespaces.chain([history.clone()]).collect();
    namespaces.sort();
    namespaces.dedup();
    let extent = Extent { namespaces, history, without: Vec::new() };
    Box::pin(read_whole(db, &extent)).await.map_err(|error| with_causes(&error))
}

/// Whether a script in lower case has a name as a word, quoted or not.
fn names_it(script: &str, name: &str) -> bool {
    let name = name.to_lowercase();
    let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    !name.is_empty()
        && script.match_indices(&name).any(|(at, _)| {
            !inside(script[..at].chars().next_back()) && !inside(script[at + name.len()..].chars().next())
        })
}

/// A fingerprint of what a history says is in the database, unfinished migrations with as much as they say.
pub(super) fn history_key(history: &History) -> String {
    let mut lines: Vec<String> = history
        .records()
        .iter()
        .filter_map(|record| match record.state() {
            RecordState::Applied => Some(format!("{} {}\n", record.migration_name, record.checksum)),
            RecordState::Failed => Some(format!(
                "{} {} unfinished {}\n",
                record.migration_name, record.checksum, record.applied_steps_count
            )),
            RecordState::RolledBack => None,
        })
        .collect();
    lines.sort();
    lines.dedup();
    checksum(&lines.concat())
}

/// The last snapshot of that history; `None` also if nobody may read it.
pub(super) async fn head(db: &Connection, state: &str, history: &str) -> Option<SnapshotHead> {
    let time = |column: &str| format!("to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"')");
    let question = format!(
        "SELECT id, digest, pg_catalog.array_to_json(schemas) AS schemas, {} AS taken_at, {} AS since \
         FROM {}.snapshot WHERE format = {} AND history = {} ORDER BY id DESC LIMIT 1",
        time("taken_at"),
        time("baseline"),
        Ident(state),
        text::FORMAT,
        Constant(history)
    );
    let rows = db.rows_beside(&Statement::built(question)).await.ok()?;
    let row = rows.first()?;
    Some(SnapshotHead {
        id: row.get("id")?.to_owned(),
        taken_at: row.get("taken_at")?.to_owned(),
        since: row.get("since").map(str::to_owned),
        digest: row.get("digest")?.to_owned(),
        namespaces: serde_json::from_str(row.get("schemas")?).ok()?,
    })
}

/// The catalog of a snapshot.
pub(super) async fn catalog_of(db: &mut Connection, state: &str, head: &SnapshotHead) -> Option<Catalog> {
    let question = format!("SELECT catalog FROM {}.snapshot WHERE id = {}", Ident(state), head.id);
    let rows = db.rows(&Statement::built(question)).await.ok()?;
    text::read(rows.first()?.get("catalog")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_scripts() {
        for (script, name, expected) in [
            ("create table if not exists \"users\" (id int)", "Users", true),
            ("create table users_old (id int)", "users", false),
            ("create index users on a.b (c)", "b", true),
            ("select größe", "größ", false),
            ("select 1", "", false),
        ] {
            assert_eq!(names_it(script, name), expected, "{name} in {script}");
        }
    }
}
