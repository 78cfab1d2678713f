//! The migrations folder: `<time>_<name>/migration.sql` and `migration_lock.toml`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::checksum;
use super::slug::{MAX_SLUG_BYTES, slug};

/// The only file of a migration's folder that is read.
pub const SCRIPT_FILE: &str = "migration.sql";

/// Names the kind of database that the folder was made for.
pub const LOCK_FILE: &str = "migration_lock.toml";

/// The kind of database in lock files that evt writes.
pub const PROVIDER: &str = "postgresql";

/// How far two machines' clocks may differ before a later name is taken for an oddity that is not to be followed.
const MAX_CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_hours(24);

const LOCK_TEXT: &str = "# Written by the migration tool: leave it as it is\n\
                         # and keep it in version control together with the migrations\n\
                         provider = \"postgresql\"\n";

/// What can be wrong with a migrations folder.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// A file or folder could not be read or written.
    #[error("cannot use `{}`: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A script is not UTF-8 text.
    #[error("`{}` is not UTF-8 text (first bad byte: {byte})", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// Offset of the first bad byte, from 0.
        byte: usize,
    },
    /// A migration's folder has no script (P3015).
    #[error("`{}` does not exist: every folder in the migrations folder is a migration and needs a script", path.display())]
    ScriptMissing {
        /// The file that should be there.
        path: PathBuf,
    },
    /// The lock file names another kind of database (P3019).
    #[error("`{}` says that these migrations are for `{found}`, but the schema is for `{PROVIDER}`", path.display())]
    OtherProvider {
        /// The lock file.
        path: PathBuf,
        /// What it names.
        found: String,
    },
    /// The name of a new migration is too long (P3010).
    #[error("the name of the migration has {bytes} bytes, and at most {MAX_SLUG_BYTES} are allowed")]
    NameTooLong {
        /// Its length, without the time.
        bytes: usize,
    },
    /// There is a folder of that name already.
    #[error("`{}` exists already", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
}

/// The migrations of a folder, in the order in which they are applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// The folder; need not exist.
    pub path: PathBuf,
    /// Its migrations in byte order of their names, or in the order of whoever read them.
    pub migrations: Vec<Migration>,
    lock_file: Content,
}

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    /// What is found there when it is needed.
    OnDisk,
    /// Somebody else read it.
    Given(String),
    /// Somebody else could not read it.
    Missing,
}

/// A migration whose script somebody else has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenMigration {
    /// The folder's name.
    pub name: String,
    /// The script's text; `None` if it could not be read.
    pub script: Option<String>,
}

/// One migration's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The folder's name.
    pub name: String,
    /// The folder.
    pub path: PathBuf,
    content: Content,
}

impl Directory {
    /// A folder that somebody else has read: the text of its lock file, and its migrations in the order in which they
    /// are applied. No file is looked at.
    pub fn given(path: &Path, lock_file: Option<String>, migrations: Vec<GivenMigration>) -> Self {
        let content = |text: Option<String>| text.map_or(Content::Missing, Content::Given);
        let migration = |given: GivenMigration| Migration {
            path: path.join(&given.name),
            name: given.name,
            content: content(given.script),
        };
        Self {
            path: path.to_path_buf(),
            migrations: migrations.into_iter().map(migration).collect(),
            lock_file: content(lock_file),
        }
    }

    /// Lists a folder. Every folder directly inside is a migration, whatever its name; links and files are not. A
    /// folder that does not exist holds no migrations.
    pub fn read(path: &Path) -> Result<Self, DirectoryError> {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { path: path.to_path_buf(), migrations: Vec::new(), lock_file: Content::OnDisk });
            }
            Err(source) => return Err(io_error(path, source)),
        };
        let mut migrations = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|source| io_error(path, source))?;
            let kind = entry.file_type().map_err(|source| io_error(&entry.path(), source))?;
            if kind.is_dir() {
                let name = entry.file_name().to_string_lossy().into_owned();
                migrations.push(Migration { name, path: entry.path(), content: Content::OnDisk });
            }
        }
        migrations.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { path: path.to_path_buf(), migrations, lock_file: Content::OnDisk })
    }

    /// The migration of that name.
    pub fn find(&self, name: &str) -> Option<&Migration> {
        self.migrations.iter().find(|migration| migration.name == name)
    }

    /// Refuses a folder whose lock file names another kind of database. Without a lock file there is nothing to refuse.
    pub fn check_provider(&self) -> Result<(), DirectoryError> {
        let path = self.path.join(LOCK_FILE);
        let text = match &self.lock_file {
            Content::Missing => return Ok(()),
            Content::Given(text) => text.clone(),
            Content::OnDisk => match fs::read_to_string(&path) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(source) => return Err(io_error(&path, source)),
            },
        };
        match provider_in(&text) {
            Some(PROVIDER) => Ok(()),
            other => Err(DirectoryError::OtherProvider { path, found: other.unwrap_or("nothing").to_owned() }),
        }
    }

    /// Writes a new migration and the lock file. The script is complete before it has its final name, so that a crash
    /// leaves no half-written migration.
    ///
    /// `now` gives the time in the name, `title` the rest of it. A migration that is made in the same second as the last
    /// one, or on a machine whose clock is behind, gets the second after it: the order of names is the order of
    /// applying.
    pub fn create(&mut self, now: Timestamp, title: &str, script: &str) -> Result<Migration, DirectoryError> {
        self.put(&self.next_name(now, &slug(title))?, script)
    }

    /// The same with the whole name, as [`Directory::next_name`] makes it.
    pub(crate) fn put(&mut self, name: &str, script: &str) -> Result<Migration, DirectoryError> {
        let path = self.path.join(name);
        fs::create_dir_all(&self.path).map_err(|source| io_error(&self.path, source))?;
        match fs::create_dir(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(DirectoryError::Exists { path }),
            Err(source) => return Err(io_error(&path, source)),
        }
        write_whole(&path.join(SCRIPT_FILE), script)?;
        let lock = self.path.join(LOCK_FILE);
        if !lock.exists() {
            write_whole(&lock, LOCK_TEXT)?;
        }
        let migration = Migration { name: name.to_owned(), path, content: Content::OnDisk };
        self.migrations.push(migration.clone());
        self.migrations.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(migration)
    }
}

impl Directory {
    /// `<UTC time>_<slug>` for a new migration; without a slug only the time, as Prisma 6.19 and 7 name it.
    ///
    /// # Errors
    /// [`DirectoryError::NameTooLong`] if the slug has more than [`MAX_SLUG_BYTES`] bytes.
    pub fn next_name(&self, now: Timestamp, slug: &str) -> Result<String, DirectoryError> {
        if slug.len() > MAX_SLUG_BYTES {
            return Err(DirectoryError::NameTooLong { bytes: slug.len() });
        }
        let time = self.next_time(now).strftime("%Y%m%d%H%M%S");
        Ok(if slug.is_empty() { time.to_string() } else { format!("{time}_{slug}") })
    }

    /// The time for the name of the next migration: `now`, unless a migration of today bears a later one.
    fn next_time(&self, now: Timestamp) -> Timestamp {
        let last = self.migrations.iter().filter_map(|migration| time_in(&migration.name)).max();
        match last {
            // Names have no fractions of a second.
            Some(last)
                if last.as_second() >= now.as_second()
                    && last < now.saturating_add(MAX_CLOCK_DIFFERENCE).unwrap_or(now) =>
            {
                last.saturating_add(SignedDuration::from_secs(1)).unwrap_or(now)
            }
            _ => now,
        }
    }
}

impl Migration {
    /// The script's file.
    pub fn script_path(&self) -> PathBuf {
        self.path.join(SCRIPT_FILE)
    }

    /// Reads the script.
    pub fn script(&self) -> Result<String, DirectoryError> {
        let path = self.script_path();
        match &self.content {
            Content::Given(text) => return Ok(text.clone()),
            Content::Missing => return Err(DirectoryError::ScriptMissing { path }),
            Content::OnDisk => {}
        }
        match read_text(&path) {
            Err(DirectoryError::Io { path, source }) if source.kind() == io::ErrorKind::NotFound => {
                Err(DirectoryError::ScriptMissing { path })
            }
            outcome => outcome,
        }
    }

    /// Whether a stored checksum is that of the script as it is now.
    pub fn is_unchanged(&self, stored: &str) -> Result<bool, DirectoryError> {
        Ok(checksum::matches(stored, &self.script()?))
    }
}

/// The time at the beginning of a migration's name.
fn time_in(name: &str) -> Option<Timestamp> {
    let digits = name.get(..14).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let time = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

/// The value of the first line that starts with `provider`.
fn provider_in(lock_text: &str) -> Option<&str> {
    let line = lock_text.lines().find(|line| line.starts_with("provider"))?;
    let (_, value) = line.split_once('=')?;
    Some(value.trim().trim_matches('"'))
}

/// The text of a file.
pub(super) fn read_text(path: &Path) -> Result<String, DirectoryError> {
    let bytes = fs::read(path).map_err(|source| io_error(path, source))?;
    let not_text = |byte| DirectoryError::NotText { path: path.to_owned(), byte };
    String::from_utf8(bytes).map_err(|error| not_text(error.utf8_error().valid_up_to()))
}

/// Writes a file, and the folders that it is in.
pub(super) fn write_file(path: &Path, text: &str) -> Result<(), DirectoryError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|source| io_error(folder, source))?;
    }
    write_whole(path, text)
}

fn write_whole(path: &Path, text: &str) -> Result<(), DirectoryError> {
    let partial = path.with_extension("partial");
    fs::write(&partial, text).map_err(|source| io_error(&partial, source))?;
    fs::rename(&partial, path).map_err(|source| io_error(path, source))
}

fn io_error(path: &Path, source: io::Error) -> DirectoryError {
    DirectoryError::Io { path: path.to_path_buf(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_of_lock_files() {
        for (text, expected) in [
            (LOCK_TEXT, Some("postgresql")),
            ("provider = \"mysql\"\n", Some("mysql")),
            ("# provider = \"x\"\nprovider=\"sqlite\"", Some("sqlite")),
            ("provider", None),
            ("", None),
        ] {
            assert_eq!(provider_in(text), expected, "{text:?}");
        }
    }

    #[test]
    fn new_names_come_last() {
        let now: Timestamp = "2024-01-31T12:00:00.5Z".parse().expect("a valid time");
        for (last, expected) in [
            ("20240131115959_b", "20240131120000_a"),
            ("20240131120000_b", "20240131120001_a"),
            ("20240131120001_b", "20240131120002_a"),
            ("20240131235900_b", "20240131235901_a"),
            ("20250131120000_b", "20240131120000_a"),
            ("99999999999999_b", "20240131120000_a"),
            ("0_init", "20240131120000_a"),
        ] {
            let given = GivenMigration { name: last.to_owned(), script: None };
            let directory = Directory::given(Path::new(""), None, vec![given]);
            assert_eq!(directory.next_name(now, "a").expect("a short name"), expected, "after {last}");
        }
    }

    #[test]
    fn names_are_utc() {
        let now: Timestamp = "2024-01-31T12:00:00+02:00".parse().expect("a valid time");
        let directory = Directory::given(Path::new(""), None, Vec::new());
        for (slug, expected) in [("add_users", "20240131100000_add_users"), ("", "20240131100000")] {
            assert_eq!(directory.next_name(now, slug).expect("a short name"), expected);
        }
        assert!(directory.next_name(now, &"a".repeat(MAX_SLUG_BYTES)).is_ok());
        assert!(matches!(
            directory.next_name(now, &"a".repeat(MAX_SLUG_BYTES + 1)),
            Err(DirectoryError::NameTooLong { bytes: 201 })
        ));
    }
}
