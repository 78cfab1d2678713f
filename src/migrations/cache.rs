//! What migrations make, kept in files so that they need not be replayed every time.
//!
//! A file is named by everything that its content depends on, so that a wrong one is never found: the scripts, the
//! server's version, its extensions, what is read, and the version of evt. What cannot be read or was changed is as if
//! it were not there.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::checksum::checksum;
use super::directory::Migration;
use super::shadow::Shadow;
use super::{DirectoryError, MigrateError};
use crate::catalog::{Catalog, text};
use crate::db::{Connection, DbError};
use crate::dbschema::DbSchema;
use crate::introspect::Scope;

/// Raised whenever the same key may mean another content.
const VERSION: u32 = 2;

/// Files that are kept; the oldest go first.
const KEPT: usize = 20;

/// A folder of kept results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    folder: PathBuf,
}

/// What everything but the migrations contributes to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Surroundings(String);

/// What migrations make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Fingerprint of the database model.
    pub(super) model: String,
    /// Everything in the catalog.
    pub(super) catalog: Catalog,
}

impl Cache {
    /// The cache in a folder, which need not exist.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// What was kept under a key.
    pub(super) fn load(&self, key: &str) -> Option<Entry> {
        let content = fs::read_to_string(self.path(key)).ok()?;
        let (head, catalog) = content.split_once('\n')?;
        let head: Value = serde_json::from_str(head).ok()?;
        let says = |name: &str| head.get(name).and_then(Value::as_str);
        if says("key") != Some(key) || says("digest") != Some(&checksum(catalog)) {
            return None;
        }
        Some(Entry { model: says("model")?.to_owned(), catalog: text::read(catalog)? })
    }

    /// Keeps a result. A cache that cannot be written is no reason to stop.
    pub(super) fn store(&self, key: &str, entry: &Entry) {
        let _ = self.write(key, entry);
    }

    fn write(&self, key: &str, entry: &Entry) -> std::io::Result<()> {
        if !self.folder.exists() {
            fs::create_dir_all(&self.folder)?;
            // Nobody has to remember to keep it out of version control.
            fs::write(self.folder.join(".gitignore"), "*\n")?;
        }
        let catalog = text::write(&entry.catalog);
        let head = json!({ "key": key, "model": entry.model, "digest": checksum(&catalog) });
        // Another process sees the old file or the new one, never half of it.
        let unfinished = self.folder.join(format!("{}.unfinished", uuid::Uuid::new_v4()));
        let written =
            fs::write(&unfinished, format!("{head}\n{catalog}")).and_then(|()| fs::rename(&unfinished, self.path(key)));
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        written?;
        self.forget_oldest();
        Ok(())
    }

    fn forget_oldest(&self) {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut files: Vec<_> = files
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "catalog"))
            .filter_map(|path| Some((fs::metadata(&path).and_then(|data| data.modified()).ok()?, path)))
            .collect();
        files.sort();
        for (_, path) in files.iter().take(files.len().saturating_sub(KEPT)) {
            let _ = fs::remove_file(path);
        }
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(Path::new(key).with_extension("catalog"))
    }
}

impl Surroundings {
    /// Asks the server on which migrations are replayed.
    pub(super) async fn of(db: &mut Connection, shadow: &Shadow, scope: &Scope) -> Result<Self, DbError> {
        let facts = match shadow.given_url() {
            None => facts(db).await?,
            Some(url) => {
                let mut other = Connection::open(url).await?;
                let facts = facts(&mut other).await;
                other.close().await;
                facts?
            }
        };
        let mut text = format!("{VERSION} {} {}\n", env!("CARGO_PKG_VERSION"), text::FORMAT);
        let _ = writeln!(text, "{facts}\n{scope:?}\n{:?}", shadow.init_sql());
        Ok(Self(text))
    }
}

/// What a server makes of the same script depends on its version, on the extensions that it could install, and on the
/// encoding and collation of its databases.
async fn facts(db: &mut Connection) -> Result<String, DbError> {
    let question = "SELECT pg_catalog.current_setting('server_version_num') AS version, d.encoding, d.datcollate, d.datctype, \
                    (SELECT pg_catalog.md5(pg_catalog.string_agg(e.name || ' ' || e.default_version, ',' ORDER BY e.name)) \
                    FROM pg_catalog.pg_available_extensions AS e) AS extensions \
                    FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()";
    let rows = db.rows(&question.into()).await?;
    Ok(rows.first().map(|row| row.values().join(" ")).unwrap_or_default())
}

/// The key of what these migrations make.
pub(super) fn key(surroundings: &Surroundings, migrations: &[&Migration]) -> Result<String, MigrateError> {
    let mut text = surroundings.0.clone();
    for migration in migrations {
        let script = migration.script().map_err(|error: DirectoryError| MigrateError::from(error))?;
        let _ = writeln!(text, "{} {}", migration.name, checksum(&script));
    }
    Ok(checksum(&text))
}

/// A fingerprint of a database model that has nothing but what is compared. Equal ones have no difference.
pub(super) fn fingerprint(comparable: &DbSchema) -> String {
    checksum(&format!("{comparable:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry { model: "m".to_owned(), catalog: Catalog { server_major: 15, ..Catalog::default() } }
    }

    #[test]
    fn what_is_stored_is_found_and_what_is_broken_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::in_folder(folder.path().join("deep/cache"));
        assert_eq!(cache.load("k"), None);
        cache.store("k", &entry());
        assert_eq!(cache.load("k"), Some(entry()));
        let path = cache.path("k");
        let good = fs::read_to_string(&path).expect("the file");
        for broken in ["", "{}", &good[..good.len() - 3], &good.replace("15", "16"), &good.replace("\"k\"", "\"l\"")] {
            fs::write(&path, broken).expect("written");
            assert_eq!(cache.load("k"), None, "{broken}");
        }
        cache.store("k", &entry());
        assert_eq!(cache.load("k"), Some(entry()), "rewritten");
        let left: Vec<_> =
            fs::read_dir(&cache.folder).expect("folder").flatten().map(|entry| entry.file_name()).collect();
        assert_eq!(left.len(), 2, "no unfinished file stays: {left:?}");
    }

    #[test]
    fn the_oldest_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::in_folder(folder.path().to_owned());
        for number in 0..KEPT + 5 {
            cache.store(&format!("k{number}"), &entry());
        }
        let files = fs::read_dir(folder.path()).expect("folder").flatten();
        assert_eq!(files.filter(|file| file.path().extension().is_some()).count(), KEPT);
    }
}
