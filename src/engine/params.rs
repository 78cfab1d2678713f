//! What requests carry. Keys that are not known are passed over; of two versions of a parameter either is taken.

use std::path::PathBuf;

use serde::Deserialize;

use crate::migrations::directory::GivenMigration;
use crate::migrations::{Directory, DirectoryError};

/// A schema file.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct SchemaFile {
    pub(super) path: PathBuf,
    pub(super) content: String,
}

/// A schema.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Schemas {
    pub(super) files: Vec<SchemaFile>,
}

/// Which database a request is about. Some versions write the tags in capitals, some do not.
#[derive(Debug, Deserialize)]
#[serde(tag = "tag")]
pub(super) enum Datasource {
    #[serde(alias = "schema")]
    Schema { files: Vec<SchemaFile> },
    #[serde(alias = "connectionString", alias = "url")]
    ConnectionString { url: String },
}

/// Tables and enums that somebody else manages.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Filter {
    pub(super) external_tables: Vec<String>,
    pub(super) external_enums: Vec<String>,
}

/// A migrations folder that the caller has read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MigrationList {
    base_dir: PathBuf,
    lockfile: LockFile,
    #[serde(default)]
    shadow_db_init_script: String,
    migration_directories: Vec<MigrationDirectory>,
}

#[derive(Debug, Deserialize)]
struct LockFile {
    content: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MigrationDirectory {
    path: String,
    migration_file: MigrationFile,
}

#[derive(Debug, Deserialize)]
struct MigrationFile {
    content: Content,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "tag", content = "value", rename_all = "camelCase")]
enum Content {
    Ok(String),
    Error(serde::de::IgnoredAny),
}

/// Migrations: as a list (since 6.2), or as the path of a folder that evt reads itself (up to 6.1).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Migrations {
    migrations_list: Option<MigrationList>,
    migrations_directory_path: Option<PathBuf>,
}

/// Migrations that are at hand.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) directory: Directory,
    /// SQL that is run in the shadow database first.
    pub(super) init: Option<String>,
    /// Whether evt itself writes new migrations into it.
    pub(super) is_ours: bool,
}

impl MigrationList {
    fn folder(self) -> Folder {
        let migration = |directory: MigrationDirectory| GivenMigration {
            name: directory.path,
            script: match directory.migration_file.content {
                Content::Ok(text) => Some(text),
                Content::Error(_) => None,
            },
        };
        let migrations = self.migration_directories.into_iter().map(migration).collect();
        Folder {
            directory: Directory::given(&self.base_dir, self.lockfile.content, migrations),
            init: Some(self.shadow_db_init_script).filter(|script| !script.is_empty()),
            is_ours: false,
        }
    }
}

impl Migrations {
    /// The migrations; `None` if the request names none.
    pub(super) fn folder(self) -> Result<Option<Folder>, DirectoryError> {
        match (self.migrations_list, self.migrations_directory_path) {
            (Some(list), _) => Ok(Some(list.folder())),
            (None, Some(path)) => Ok(Some(Folder { directory: Directory::read(&path)?, init: None, is_ours: true })),
            (None, None) => Ok(None),
        }
    }
}

/// `applyMigrations`, `devDiagnostic`, `listMigrationDirectories`
#[derive(Debug, Deserialize)]
pub(super) struct OfMigrations {
    #[serde(flatten)]
    pub(super) migrations: Migrations,
    #[serde(default)]
    pub(super) filters: Filter,
}

/// `evaluateDataLoss`
#[derive(Debug, Deserialize)]
pub(super) struct OfNextMigration {
    #[serde(flatten)]
    pub(super) migrations: Migrations,
    pub(super) schema: Schemas,
    #[serde(default)]
    pub(super) filters: Filter,
}

/// `createMigration`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateMigration {
    pub(super) migration_name: String,
    pub(super) draft: bool,
    #[serde(flatten)]
    pub(super) next: OfNextMigration,
}

/// `markMigrationApplied`, `markMigrationRolledBack`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MarkMigration {
    pub(super) migration_name: String,
    #[serde(flatten)]
    pub(super) migrations: Migrations,
}

/// `schemaPush`
#[derive(Debug, Deserialize)]
pub(super) struct SchemaPush {
    pub(super) schema: Schemas,
    pub(super) force: bool,
    #[serde(default)]
    pub(super) filters: Filter,
}

/// `createDatabase`, `ensureConnectionValidity`, `getDatabaseVersion`
#[derive(Debug, Deserialize)]
pub(super) struct OfDatabase {
    pub(super) datasource: Datasource,
}

/// `dbExecute`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Execute {
    pub(super) script: String,
    pub(super) datasource_type: Datasource,
}

/// `diff`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Diff {
    pub(super) from: DiffTarget,
    pub(super) to: DiffTarget,
    pub(super) script: bool,
    pub(super) exit_code: Option<bool>,
    pub(super) shadow_database_url: Option<String>,
    #[serde(default)]
    pub(super) filters: Filter,
}

/// A side of a comparison.
#[derive(Debug, Deserialize)]
#[serde(tag = "tag", rename_all = "camelCase")]
pub(super) enum DiffTarget {
    Empty,
    SchemaDatamodel(Schemas),
    SchemaDatasource(Schemas),
    Url { url: String },
    Migrations(DiffMigrations),
}

/// Migrations as a side of a comparison.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum DiffMigrations {
    List(MigrationList),
    Folder { path: PathBuf },
}

impl DiffMigrations {
    pub(super) fn folder(self) -> Result<Folder, DirectoryError> {
        match self {
            Self::List(list) => Ok(list.folder()),
            Self::Folder { path } => Ok(Folder { directory: Directory::read(&path)?, init: None, is_ours: true }),
        }
    }
}

/// `introspect`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Introspect {
    pub(super) schema: Schemas,
    pub(super) force: bool,
    pub(super) namespaces: Option<Vec<String>>,
    pub(super) base_directory_path: PathBuf,
}

/// `introspectSql`
#[derive(Debug, Deserialize)]
pub(super) struct IntrospectSql {
    pub(super) url: String,
    pub(super) queries: Vec<Query>,
}

/// A query to be described.
#[derive(Debug, Deserialize)]
pub(super) struct Query {
    pub(super) name: String,
    pub(super) source: String,
}
