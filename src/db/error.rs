//! What can go wrong between evt and a server, sorted by what a person can do about it.

use tokio_postgres::error::{ErrorPosition, Severity, SqlState};

/// Why a server could not be reached or did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// No server answers.
    #[error("cannot reach a database server at {location}: {reason}")]
    Unreachable {
        /// Host and port, or the socket.
        location: String,
        /// What the system said.
        reason: String,
    },
    /// The server did not answer in time while connecting.
    #[error("the database server at {location} did not answer within {seconds} s")]
    ConnectTimeout {
        /// Host and port, or the socket.
        location: String,
        /// The limit, in seconds.
        seconds: u64,
    },
    /// Wrong user name or password.
    #[error("the server at {location} refuses the credentials of user `{user}`")]
    Authentication {
        /// Host and port, or the socket.
        location: String,
        /// The user.
        user: String,
    },
    /// There is no such database.
    #[error("database `{database}` does not exist on the server at {location}")]
    DatabaseMissing {
        /// Host and port, or the socket.
        location: String,
        /// The database.
        database: String,
    },
    /// The database exists already.
    #[error("database `{database}` exists already on the server at {location}")]
    DatabaseExists {
        /// Host and port, or the socket.
        location: String,
        /// The database.
        database: String,
    },
    /// The user may not connect to this database.
    #[error("user `{user}` may not connect to database `{database}`: {message}")]
    AccessDenied {
        /// The user.
        user: String,
        /// The database.
        database: String,
        /// What the server said.
        message: String,
    },
    /// No encrypted connection, or a certificate that cannot be trusted.
    #[error("cannot open an encrypted connection to {location}: {reason}")]
    Tls {
        /// Host and port, or the socket.
        location: String,
        /// What went wrong.
        reason: String,
    },
    /// The connection was closed by the server or the network.
    #[error("the server closed the connection")]
    Closed,
    /// The server reported an error for a statement.
    #[error("{0}")]
    Server(Box<ServerError>),
    /// The server sent something that is not understood.
    #[error("unexpected answer of the server: {0}")]
    Protocol(String),
}

/// An error report of the server, field by field (PostgreSQL documentation, "Error and Notice Message Fields").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerError {
    /// `ERROR`, `FATAL` or `PANIC`, perhaps translated.
    pub severity: String,
    /// SQLSTATE, five characters.
    pub sqlstate: String,
    /// The primary message.
    pub message: String,
    /// DETAIL
    pub detail: Option<String>,
    /// HINT
    pub hint: Option<String>,
    /// Where in the text that was sent: the number of the character, from 1.
    pub position: Option<u32>,
    /// CONTEXT
    pub context: Option<String>,
    /// The query that a function or `DO` ran when it failed, and where in it: the number of the character, from 1.
    pub internal: Option<(String, u32)>,
    /// Whether the server ended the connection with it.
    pub fatal: bool,
}

impl std::fmt::Display for ServerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.severity, self.message)?;
        for (label, text) in [("DETAIL", &self.detail), ("HINT", &self.hint)] {
            if let Some(text) = text {
                write!(f, "\n{label}: {text}")?;
            }
        }
        Ok(())
    }
}

/// Who talks to whom, for errors; holds no password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Host and port, or the socket.
    pub location: String,
    /// The user.
    pub user: String,
    /// The database.
    pub database: String,
}

/// Words of a failure that has to do with encryption. Alerts are TLS's own errors; channel binding ties the password to
/// the certificate.
const TLS_WORDS: [&str; 5] = ["TLS", "tls", "certificate", "fatal alert", "channel binding"];

/// What the driver says before the system's own reason, and the message says already.
const DRIVERS_WORDS: &str = "error connecting to server: ";

impl DbError {
    /// The server's report, if there is one.
    pub fn server(&self) -> Option<&ServerError> {
        match self {
            Self::Server(report) => Some(report),
            _ => None,
        }
    }

    /// Whether the server reported this SQLSTATE.
    pub fn has_state(&self, state: &SqlState) -> bool {
        self.server().is_some_and(|report| report.sqlstate == state.code())
    }

    /// Whether the connection is gone, so that nobody can say what became of the last statement.
    pub fn is_lost(&self) -> bool {
        matches!(self, Self::Closed) || self.server().is_some_and(|report| report.fatal)
    }

    /// Sorts an error of a statement.
    pub(crate) fn of_statement(error: &tokio_postgres::Error) -> Self {
        if let Some(report) = error.as_db_error() {
            return Self::Server(Box::new(ServerError::from(report)));
        }
        if error.is_closed() { Self::Closed } else { Self::Protocol(chain(error)) }
    }

    /// Sorts an error of connecting.
    pub(crate) fn of_connecting(error: &tokio_postgres::Error, peer: &Peer) -> Self {
        let Peer { location, user, database } = peer.clone();
        if let Some(report) = error.as_db_error() {
            let state = report.code();
            return if *state == SqlState::INVALID_PASSWORD {
                Self::Authentication { location, user }
            } else if *state == SqlState::INVALID_CATALOG_NAME {
                Self::DatabaseMissing { location, database }
            } else if *state == SqlState::INVALID_AUTHORIZATION_SPECIFICATION {
                Self::AccessDenied { user, database, message: report.message().to_owned() }
            } else {
                Self::Server(Box::new(ServerError::from(report)))
            };
        }
        let reason = chain(error);
        if TLS_WORDS.iter().any(|word| reason.contains(word)) {
            Self::Tls { location, reason }
        } else if reason.contains("password") {
            // The server wants a password and the URL has none.
            Self::Authentication { location, user }
        } else {
            let reason = reason.strip_prefix(DRIVERS_WORDS).map(str::to_owned).unwrap_or(reason);
            Self::Unreachable { location, reason }
        }
    }
}

impl From<&tokio_postgres::error::DbError> for ServerError {
    fn from(report: &tokio_postgres::error::DbError) -> Self {
        Self {
            severity: report.severity().to_owned(),
            sqlstate: report.code().code().to_owned(),
            message: report.message().to_owned(),
            detail: report.detail().map(str::to_owned),
            hint: report.hint().map(str::to_owned),
            position: report.position().and_then(|position| match position {
                ErrorPosition::Original(position) => Some(*position),
                ErrorPosition::Internal { .. } => None,
            }),
            context: report.where_().map(str::to_owned),
            internal: report.position().and_then(|position| match position {
                ErrorPosition::Original(_) => None,
                ErrorPosition::Internal { position, query } => Some((query.clone(), *position)),
            }),
            fatal: matches!(report.parsed_severity(), Some(Severity::Fatal | Severity::Panic)),
        }
    }
}

/// An error with its causes; `tokio_postgres` alone only says which step failed.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let part = error.to_string();
        if !text.contains(&part) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&part);
        }
        next = error.source();
    }
    text
}

/// An error with its causes, each behind a colon; those that the text names already are left out.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}
