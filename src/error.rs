//! The table into which every room maps its errors: codes, hints, exit statuses.

mod hints;

use std::fmt;

use crate::config::ConfigError;
use crate::db::lock::LockError;
use crate::db::{DbError, UrlError, with_causes};
use crate::diff::UnqualifiedName;
use crate::generate::run::GenerateError;
use crate::introspect::IntrospectError;
use crate::introspect::to_psl::PullError;
use crate::maintenance::MaintenanceError;
use crate::migrations::script::Place;
use crate::migrations::{DirectoryError, MigrateError};
use crate::typed_sql::QueryProblem;
use crate::typed_sql::files::FolderProblem;

macro_rules! codes {
    ($($code:ident $meaning:literal)*) => {
        /// A code that Prisma defined and tools look for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $code,)*
        }

        impl Code {
            /// Every code that evt uses, with its meaning.
            pub const ALL: &[(Code, &'static str)] = &[$((Code::$code, $meaning)),*];

            /// As it is written: `P1000`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$code => stringify!($code),)*
                }
            }
        }
    };
}

codes! {
    P1000 "the server refuses user or password"
    P1001 "no server answers"
    P1002 "another migration run holds the lock"
    P1003 "the database does not exist"
    P1008 "the server took longer than it may: `socket_timeout` in the URL, `statement_timeout` in the server"
    P1009 "the database exists already"
    P1010 "the user may not connect to the database"
    P1011 "no encrypted connection, or a certificate that cannot be trusted"
    P1012 "the schema is invalid, or a variable that it refers to is not set"
    P1013 "a database URL cannot be read"
    P1014 "a table does not exist"
    P1017 "the server closed the connection"
    P2000 "a value is too long for its column"
    P2002 "a unique constraint is violated"
    P3000 "a database cannot be created"
    P3005 "the database is not empty and has no migration history"
    P3006 "a migration cannot be replayed in the shadow database"
    P3008 "the migration is applied already"
    P3009 "failed migrations are in the way"
    P3010 "the name of the migration is too long"
    P3011 "the migration was never applied"
    P3012 "the migration did not fail"
    P3014 "the shadow database cannot be created"
    P3015 "a migration has no script"
    P3016 "the database cannot be reset"
    P3017 "the migration does not exist"
    P3018 "a migration failed"
    P3019 "the migrations are for another kind of database"
    P3023 "the name of an external table or enum lacks its schema"
    P4001 "the database has no tables"
    P4002 "the database refers to something outside the namespaces that were read"
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Success,
    /// An error, or a state that needs a person.
    Failure,
    /// `migrate diff --exit-code` found a difference.
    Difference,
    /// A question was answered with no, or `migrate dev` would have to reset the database.
    Cancelled,
    /// `evt engine` crashed.
    Crashed,
}

impl Exit {
    /// Every exit status with its meaning.
    pub const ALL: &[(Exit, &'static str)] = &[
        (Exit::Success, "success, or nothing to do"),
        (Exit::Failure, "an error, a state that needs a person, or unformatted files in `format --check`"),
        (Exit::Difference, "only `migrate diff --exit-code`: there is a difference"),
        (Exit::Cancelled, "interrupted, a question was answered with no, or `migrate dev` would have to reset"),
        (Exit::Crashed, "only `evt engine`: it crashed, or could not read the schema files it was given"),
    ];

    /// The number.
    pub fn status(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Difference => 2,
            Self::Cancelled => 130,
            Self::Crashed => 101,
        }
    }
}

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Settings, files or the schema.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The server.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The server that evt runs itself.
    #[cfg(unix)]
    #[error(transparent)]
    Local(#[from] crate::db::local::LocalError),
    /// The catalog of the database.
    #[error(transparent)]
    Introspect(#[from] IntrospectError),
    /// Statistics and cleaning up.
    #[error(transparent)]
    Maintenance(#[from] MaintenanceError),
    /// A database of which no schema can be made.
    #[error(transparent)]
    Pull(#[from] PullError),
    /// The migrations folder or history.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// A generator, or what it needs.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// Flags that do not go together, or are not there.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// A way out.
        hint: Option<String>,
    },
    /// A state that a command cannot go on from.
    #[error("{message}")]
    Refused {
        /// What is in the way.
        message: String,
        /// A way out.
        hint: Option<String>,
        /// The exit status.
        exit: Exit,
    },
    /// The server refused a person's script.
    #[error("{}", refused_script(name, place.as_deref(), source))]
    Script {
        /// The file, or where it came from.
        name: String,
        /// Where in it, if the server says.
        place: Option<Box<Place>>,
        /// What the server said.
        #[source]
        source: DbError,
    },
    /// Code cannot be typed by a query.
    #[error("{name}: {problem}")]
    Query {
        /// The file, or where it came from.
        name: String,
        /// Why not.
        problem: QueryProblem,
    },
    /// A folder of queries.
    #[error(transparent)]
    Queries(#[from] FolderProblem),
    /// The server refused to vacuum a table.
    #[error("table `{name}` cannot be vacuumed: {source}")]
    Vacuum {
        /// The table.
        name: String,
        /// What the server said.
        #[source]
        source: DbError,
    },
    /// A database that does not exist cannot be created.
    #[error("database `{database}` does not exist and cannot be created: {source}")]
    DatabaseCreation {
        /// The database.
        database: String,
        /// What the server said.
        #[source]
        source: DbError,
    },
    /// An external table or enum without its namespace.
    #[error(transparent)]
    ExternalName(#[from] UnqualifiedName),
    /// An error with a way out that only its command knows.
    #[error("{error}")]
    Advised {
        /// What went wrong.
        error: Box<Error>,
        /// A way out.
        hint: String,
    },
    /// A person said no.
    #[error("cancelled")]
    Cancelled,
    /// Somebody stopped a script that was running, which ended so.
    #[error("{0}")]
    Interrupted(Box<Error>),
    /// The system refused something that no file is to blame for.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
}

fn refused_script(name: &str, place: Option<&Place>, source: &DbError) -> String {
    match place {
        None => format!("the server refuses {name}: {source}"),
        Some(Place { line, column, excerpt }) => {
            format!("the server refuses {name} at line {line}, column {column}: {source}\n\n{excerpt}")
        }
    }
}

impl From<DirectoryError> for Error {
    fn from(error: DirectoryError) -> Self {
        Self::Migrate(MigrateError::Directory(error))
    }
}

impl Error {
    /// Flags that do not go together, with a way out.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: Some(hint.into()) }
    }

    /// The server refused a script that is no migration. `name` says where it came from.
    pub fn refused_script(name: &str, script: &str, source: DbError) -> Self {
        let position = source.server().and_then(|report| report.position);
        let position = position.and_then(|position| usize::try_from(position).ok());
        let place = position.map(|position| Box::new(Place::at(script, position)));
        Self::Script { name: name.to_owned(), place, source }
    }

    /// Code cannot be typed by a query. `name` says where it came from.
    pub fn of_query(name: &str, source: &str, problem: QueryProblem) -> Self {
        match problem {
            QueryProblem::Db(error) => Self::refused_script(name, source, error),
            problem => Self::Query { name: name.to_owned(), problem },
        }
    }

    /// A state that a command cannot go on from, with a way out; the exit status is 1.
    pub fn refused(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Refused { message: message.into(), hint: Some(hint.into()), exit: Exit::Failure }
    }

    /// The code, if Prisma defined one for this.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Config(error) => of_config(error),
            Self::Db(error) => of_db(error),
            Self::Introspect(error) => of_introspect(error),
            Self::Maintenance(error) => of_maintenance(error),
            Self::Pull(error) => of_pull(error),
            Self::Migrate(error) => of_migrate(error),
            #[cfg(unix)]
            Self::Local(_) => Some(Code::P1001),
            Self::Script { source, .. } | Self::Vacuum { source, .. } => of_db(source),
            Self::ExternalName(_) => Some(Code::P3023),
            Self::DatabaseCreation { .. } => Some(Code::P3000),
            Self::Interrupted(error) | Self::Advised { error, .. } => error.code(),
            Self::Generate(_)
            | Self::Query { .. }
            | Self::Queries(_)
            | Self::Usage { .. }
            | Self::Refused { .. }
            | Self::Cancelled
            | Self::System { .. } => None,
        }
    }

    /// The code of an error of the server that is part of another one.
    pub(crate) fn code_of_db(error: &DbError) -> Option<Code> {
        of_db(error)
    }

    /// Whether the connection is gone.
    pub(crate) fn is_lost(&self) -> bool {
        match self {
            Self::Db(error)
            | Self::Introspect(IntrospectError::Query { source: error, .. })
            | Self::Migrate(
                MigrateError::Db(error)
                | MigrateError::Lock(LockError::Db(error))
                | MigrateError::Interrupted { source: error, .. }
                | MigrateError::Step { source: error, .. }
                | MigrateError::Introspect(IntrospectError::Query { source: error, .. }),
            ) => error.is_lost(),
            _ => false,
        }
    }

    /// The exit status.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Cancelled | Self::Interrupted(_) => Exit::Cancelled,
            Self::Refused { exit, .. } => *exit,
            Self::Advised { error, .. } => error.exit(),
            #[cfg(unix)]
            Self::Local(_) => Exit::Failure,
            Self::Config(_)
            | Self::Db(_)
            | Self::Introspect(_)
            | Self::Maintenance(_)
            | Self::Pull(_)
            | Self::Migrate(_)
            | Self::Generate(_)
            | Self::Query { .. }
            | Self::Queries(_)
            | Self::Script { .. }
            | Self::Vacuum { .. }
            | Self::DatabaseCreation { .. }
            | Self::ExternalName(_)
            | Self::Usage { .. }
            | Self::System { .. } => Exit::Failure,
        }
    }

    /// What to do next, if there is something to say beyond the message.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Config(error) => hints::of_config(error),
            Self::Vacuum { source, .. } if source.server().is_some_and(|report| report.sqlstate == "25006") => {
                Some("this server follows another one, or reads only: vacuum where the data is written".to_owned())
            }
            Self::Db(error) | Self::Script { source: error, .. } | Self::Vacuum { source: error, .. } => {
                hints::of_db(error)
            }
            Self::Maintenance(error) => hints::of_maintenance(error),
            Self::Migrate(error) => hints::of_migrate(error),
            Self::Pull(error) => Some(hints::of_pull(error)),
            Self::Introspect(IntrospectError::Query { source, .. }) => hints::of_db(source),
            Self::Generate(error) => hints::of_generate(error),
            Self::Query { problem, .. } => hints::of_query(problem),
            Self::Queries(problem) => Some(hints::of_queries(problem)),
            Self::DatabaseCreation { database, .. } => Some(format!(
                "is its name spelled right? If so, let somebody with the right CREATEDB create `{database}`"
            )),
            Self::Interrupted(error) => error.hint(),
            Self::Advised { hint, .. } => Some(hint.clone()),
            Self::Usage { hint, .. } | Self::Refused { hint, .. } => hint.clone(),
            Self::ExternalName(UnqualifiedName { what, name }) => {
                Some(format!("correct it in the list `{what}s.external` of the configuration: `<schema>.{name}`"))
            }
            Self::Introspect(_) | Self::Cancelled | Self::System { .. } => None,
            #[cfg(unix)]
            Self::Local(_) => None,
        }
    }

    /// The file, line and column that are to blame, if they are known.
    pub fn place(&self) -> Option<(String, usize, usize)> {
        match self {
            Self::Migrate(MigrateError::Script(error) | MigrateError::ShadowScript(error)) => {
                let place = error.place.as_ref()?;
                Some((error.path.display().to_string(), place.line, place.column))
            }
            Self::Script { name, place, .. } => {
                let place = place.as_ref()?;
                Some((name.trim_matches('`').to_owned(), place.line, place.column))
            }
            Self::Advised { error, .. } => error.place(),
            _ => None,
        }
    }

    /// The message with those of its causes, each behind a colon.
    pub fn full_message(&self) -> String {
        with_causes(self)
    }
}

fn of_config(error: &ConfigError) -> Option<Code> {
    match error {
        ConfigError::Invalid { .. }
        | ConfigError::VariableMissing { .. }
        | ConfigError::Url { source: UrlError::Empty, .. } => Some(Code::P1012),
        ConfigError::Url { .. } => Some(Code::P1013),
        ConfigError::PathMissing { .. }
        | ConfigError::PathKind { .. }
        | ConfigError::FolderEmpty { .. }
        | ConfigError::SchemaMissing { .. }
        | ConfigError::Read { .. }
        | ConfigError::Write { .. }
        | ConfigError::NotText { .. }
        | ConfigError::ConfigExtension { .. }
        | ConfigError::Syntax { .. }
        | ConfigError::UnknownKey { .. }
        | ConfigError::WrongType { .. }
        | ConfigError::WrongVariable { .. }
        | ConfigError::Computed { .. }
        | ConfigError::DotenvConflict { .. }
        | ConfigError::DotenvTooLong { .. }
        | ConfigError::UrlMissing { .. } => None,
    }
}

/// SQLSTATEs that have a code wherever they come from, migration scripts aside (PostgreSQL documentation, appendix
/// "PostgreSQL Error Codes").
const SQLSTATES: &[(&str, Code)] = &[
    ("28P01", Code::P1000),
    ("28000", Code::P1010),
    ("3D000", Code::P1003),
    ("57014", Code::P1008),
    ("57P01", Code::P1017),
    ("57P02", Code::P1017),
    ("42P04", Code::P1009),
    ("42P01", Code::P1014),
    ("22001", Code::P2000),
    ("23505", Code::P2002),
];

fn of_db(error: &DbError) -> Option<Code> {
    match error {
        DbError::Unreachable { .. } | DbError::ConnectTimeout { .. } => Some(Code::P1001),
        DbError::Authentication { .. } => Some(Code::P1000),
        DbError::DatabaseMissing { .. } => Some(Code::P1003),
        DbError::DatabaseExists { .. } => Some(Code::P1009),
        DbError::AccessDenied { .. } => Some(Code::P1010),
        DbError::Tls { .. } => Some(Code::P1011),
        DbError::Closed => Some(Code::P1017),
        DbError::Server(report) => SQLSTATES.iter().find(|(state, _)| *state == report.sqlstate).map(|(_, code)| *code),
        DbError::Protocol(_) => None,
    }
}

fn of_introspect(error: &IntrospectError) -> Option<Code> {
    match error {
        IntrospectError::Query { source, .. } => of_db(source),
        IntrospectError::UnknownLetter { .. } | IntrospectError::Changed { .. } => None,
    }
}

fn of_maintenance(error: &MaintenanceError) -> Option<Code> {
    match error {
        MaintenanceError::Query { source, .. } => of_db(source),
        MaintenanceError::UnknownTable { .. } | MaintenanceError::NotATable { .. } => Some(Code::P1014),
        MaintenanceError::AmbiguousTable { .. }
        | MaintenanceError::Name { .. }
        | MaintenanceError::UnknownNamespace { .. } => None,
    }
}

fn of_pull(error: &PullError) -> Option<Code> {
    match error {
        PullError::Empty => Some(Code::P4001),
        PullError::ForeignNamespace { .. } => Some(Code::P4002),
        PullError::NoNamespaces => None,
    }
}

fn of_migrate(error: &MigrateError) -> Option<Code> {
    match error {
        MigrateError::Directory(DirectoryError::ScriptMissing { .. }) => Some(Code::P3015),
        MigrateError::Directory(DirectoryError::OtherProvider { .. }) => Some(Code::P3019),
        MigrateError::Directory(DirectoryError::NameTooLong { .. }) => Some(Code::P3010),
        MigrateError::Db(error) | MigrateError::Lock(LockError::Db(error)) => of_db(error),
        MigrateError::Lock(LockError::Timeout { .. }) => Some(Code::P1002),
        MigrateError::Interrupted { .. } => Some(Code::P1017),
        MigrateError::Introspect(error) => of_introspect(error),
        MigrateError::NotEmpty { .. } => Some(Code::P3005),
        MigrateError::FailedMigrations { .. } => Some(Code::P3009),
        MigrateError::Script(_) => Some(Code::P3018),
        MigrateError::Step { source, .. } | MigrateError::ShadowInit { source } => of_db(source),
        MigrateError::ShadowCreation { .. } | MigrateError::ShadowServer { .. } => Some(Code::P3014),
        MigrateError::Reset { .. } => Some(Code::P3016),
        MigrateError::ShadowScript(_) => Some(Code::P3006),
        MigrateError::Unknown { .. } => Some(Code::P3017),
        MigrateError::AlreadyApplied { .. } => Some(Code::P3008),
        MigrateError::NeverApplied { .. } => Some(Code::P3011),
        MigrateError::NotFailed { .. } => Some(Code::P3012),
        MigrateError::Directory(
            DirectoryError::Io { .. } | DirectoryError::NotText { .. } | DirectoryError::Exists { .. },
        )
        | MigrateError::Lock(LockError::Shared)
        | MigrateError::Instruction(_)
        | MigrateError::ShadowIsMain
        | MigrateError::Bridge(_)
        | MigrateError::NoHistory => None,
    }
}
