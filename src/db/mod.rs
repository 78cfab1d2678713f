//! THE SERVER: connections, URLs, locks, server errors.

pub mod error;
#[cfg(unix)]
pub mod local;
pub mod lock;
mod pooler;
pub mod probe;
pub(crate) mod snapshot;
mod tls;
pub mod url;

use std::fmt::Write as _;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::task::JoinHandle;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{CancelToken, Client, NoTls, SimpleQueryMessage, SimpleQueryRow};
use tokio_postgres_rustls_improved::MakeRustlsConnect;

pub use error::{DbError, Peer, ServerError, with_causes};
pub use url::{DatabaseUrl, UrlError};

use crate::sql::quote::{Ident, Statement};

/// A connection to one database. Closing it is dropping it.
pub struct Connection {
    client: Client,
    driver: JoinHandle<()>,
    peer: Peer,
    namespace: String,
    server_major: u32,
    url: DatabaseUrl,
    connector: Option<MakeRustlsConnect>,
    /// The server process that answered first.
    backend: Option<i32>,
    /// Longest time for one answer; the server ends what takes longer.
    socket_timeout: Option<Duration>,
}

/// Ends what a connection is doing, from outside.
#[derive(Clone)]
pub struct Canceller {
    token: CancelToken,
    connector: Option<MakeRustlsConnect>,
}

impl Canceller {
    /// Asks the server to end the running statement, which then fails with SQLSTATE 57014. Nothing happens if none runs.
    pub async fn cancel(&self) -> Result<(), DbError> {
        let asked = match &self.connector {
            None => self.token.cancel_query(NoTls).await,
            Some(connector) => self.token.cancel_query(connector.clone()).await,
        };
        asked.map_err(|error| DbError::of_statement(&error))
    }
}

impl std::fmt::Debug for Canceller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Canceller").finish_non_exhaustive()
    }
}

/// Where a pipeline stopped.
#[derive(Debug)]
pub struct Stopped {
    /// The message, from 0.
    pub message: usize,
    /// How many of its statements were done.
    pub statements: usize,
    /// What the server said.
    pub error: DbError,
}

/// A row whose values are text, as the simple query protocol sends them.
pub struct TextRow(SimpleQueryRow);

impl TextRow {
    /// The value of a column; `None` if it is NULL or there is no such column.
    pub fn get(&self, column: &str) -> Option<&str> {
        self.0.try_get(column).ok().flatten()
    }

    /// All values in order; NULL is an empty text.
    pub fn values(&self) -> Vec<&str> {
        (0..self.0.len()).map(|index| self.0.try_get(index).ok().flatten().unwrap_or_default()).collect()
    }
}

/// A value of type `json`, which is sent as its text.
struct Json<'a>(&'a str);

impl<'a> FromSql<'a> for Json<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(std::str::from_utf8(raw)?))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::JSON
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// Asks for the server process, and whether the server is the one inside evt, by way of `evt dev` or of Prisma's engine
/// too: it is compiled for a machine that has no processes.
const WHO_ANSWERS: &str = "SELECT pg_catalog.pg_backend_pid() AS pid, \
                           pg_catalog.strpos(pg_catalog.version(), 'wasm32') > 0 AS serves_one";

impl Connection {
    /// Connects, and makes the URL's namespace that of unqualified names. Creates nothing. A `local:` URL must have
    /// been resolved to its running server before.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, DbError> {
        let peer = Peer {
            location: url.location().unwrap_or_else(|| "localhost".to_owned()),
            user: url.user().unwrap_or_default().to_owned(),
            database: url.database().to_owned(),
        };
        let config = url.config().ok_or_else(|| DbError::Unreachable {
            location: peer.location.clone(),
            reason: "its local server was not started".to_owned(),
        })?;
        let opening = Self::connect(&config, url, &peer);
        let (client, driver, server_major, connector) = match url.connect_timeout() {
            // The driver's own limit covers the TCP connection only, not a server that accepts and stays silent.
            Some(limit) => tokio::time::timeout(limit, opening)
                .await
                .map_err(|_| DbError::ConnectTimeout { location: peer.location.clone(), seconds: limit.as_secs() })??,
            None => opening.await?,
        };
        let (namespace, socket_timeout) = (url.namespace().to_owned(), url.socket_timeout());
        let url = url.clone();
        let mut connection =
            Self { client, driver, peer, namespace, server_major, url, connector, backend: None, socket_timeout };
        let sql = format!("{}; {WHO_ANSWERS}", connection.reset_sql());
        let rows = connection.rows(&Statement::built(sql)).await?;
        let answer = |column| rows.first().and_then(|row| row.get(column));
        connection.backend = answer("pid").and_then(|pid| pid.parse().ok());
        if answer("serves_one") == Some("t") {
            connection.url = connection.url.serving_one();
        }
        Ok(connection)
    }

    async fn connect(
        config: &tokio_postgres::Config,
        url: &DatabaseUrl,
        peer: &Peer,
    ) -> Result<(Client, JoinHandle<()>, u32, Option<MakeRustlsConnect>), DbError> {
        let problem = |error: tokio_postgres::Error| DbError::of_connecting(&error, peer);
        if Self::is_plain(config) {
            let config = config.clone().ssl_mode(SslMode::Disable).to_owned();
            let (client, connection) = config.connect(NoTls).await.map_err(problem)?;
            let server_major = major_version(connection.parameter("server_version"));
            return Ok((client, tokio::spawn(drive(connection)), server_major, None));
        }
        let connector =
            tls::connector(url.tls()).map_err(|reason| DbError::Tls { location: peer.location.clone(), reason })?;
        let (client, connection) = config.connect(connector.clone()).await.map_err(problem)?;
        let server_major = major_version(connection.parameter("server_version"));
        Ok((client, tokio::spawn(drive(connection)), server_major, Some(connector)))
    }

    /// Whether nothing is encrypted. Sockets never are (PostgreSQL documentation, "SSL Support": `sslmode` is ignored
    /// there).
    fn is_plain(config: &tokio_postgres::Config) -> bool {
        let socket = |host: &Host| !matches!(host, Host::Tcp(_));
        config.get_ssl_mode() == SslMode::Disable || config.get_hosts().iter().all(socket)
    }

    /// The URL that leads to where this connection is, knowing what the server has told about itself.
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Whether the server serves one connection at a time: a second one waits until this is closed.
    pub fn serves_one(&self) -> bool {
        self.url.serves_one()
    }

    /// Whom this connection talks to.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// The major version of the server, as it said when the connection began.
    pub fn server_major(&self) -> u32 {
        self.server_major
    }

    /// The namespace of unqualified names.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// What the server says about itself: `PostgreSQL 17.2 on …`.
    pub async fn version(&mut self) -> Result<String, DbError> {
        let rows = self.rows(&"SELECT pg_catalog.version() AS version".into()).await?;
        Ok(rows.first().and_then(|row| row.get("version")).unwrap_or_default().to_owned())
    }

    /// Puts the session into the state in which it was opened, whatever a script left behind: settings, the search
    /// path, the role.
    pub async fn reset_session(&mut self) -> Result<(), DbError> {
        let sql = self.reset_sql();
        self.script(&Statement::built(sql)).await
    }

    /// What [`Connection::reset_session`] sends, for a caller that has something else to send with it.
    pub(crate) fn reset_sql(&self) -> String {
        let mut sql =
            format!("RESET ALL; RESET ROLE; RESET SESSION AUTHORIZATION; SET search_path = {}", Ident(&self.namespace));
        if let Some(limit) = self.socket_timeout {
            // The server's own clock: a client that gives up leaves its statement running.
            let _ = write!(sql, "; SET statement_timeout = {}", limit.as_millis());
        }
        sql
    }

    /// Sends several messages at once and waits for the end of all of them. The server works on them one after the
    /// other, also on those behind one that failed: the caller has to see to it that these do no harm then. Returns
    /// the first failure.
    pub async fn pipeline(&mut self, messages: &[Statement]) -> Result<(), Stopped> {
        let mut answers = Vec::with_capacity(messages.len());
        for message in messages {
            answers.push(self.client.simple_query_raw(message.as_str()).await);
        }
        let mut stopped = None;
        for (message, answer) in answers.into_iter().enumerate() {
            let mut statements = 0;
            let outcome = match answer {
                Ok(stream) => {
                    let mut stream = std::pin::pin!(stream);
                    loop {
                        match stream.next().await {
                            None => break Ok(()),
                            Some(Ok(SimpleQueryMessage::CommandComplete(_))) => statements += 1,
                            Some(Ok(_)) => {}
                            Some(Err(error)) => break Err(error),
                        }
                    }
                }
                Err(error) => Err(error),
            };
            if let Err(error) = outcome {
                stopped.get_or_insert(Stopped { message, statements, error: DbError::of_statement(&error) });
            }
        }
        stopped.map_or(Ok(()), Err)
    }

    /// What ends a statement of this connection while it runs.
    pub fn canceller(&self) -> Canceller {
        Canceller { token: self.client.cancel_token(), connector: self.connector.clone() }
    }

    /// The statement that makes the URL's namespace that of unqualified names until the end of the transaction. Behind
    /// a pooler that hands out another server connection for each transaction, that of the session may be gone.
    pub fn namespace_of_transaction(&self) -> String {
        format!("SET LOCAL search_path = {}", Ident(&self.namespace))
    }

    /// Sends a text of any number of statements as one message and waits for its end. The server runs it in one
    /// transaction unless it says otherwise itself (PostgreSQL documentation, "Multiple Statements in a Simple Query").
    pub async fn script(&mut self, sql: &Statement) -> Result<(), DbError> {
        self.client.batch_execute(sql.as_str()).await.map_err(|error| DbError::of_statement(&error))
    }

    /// Like [`Connection::script`], but counts the statements that are done, also before the one that fails.
    pub(crate) async fn counted(&mut self, sql: &Statement) -> Result<usize, (usize, DbError)> {
        let mut done = 0;
        let messages = self.client.simple_query_raw(sql.as_str()).await;
        let mut messages = std::pin::pin!(messages.map_err(|error| (done, DbError::of_statement(&error)))?);
        while let Some(message) = messages.next().await {
            match message {
                Ok(SimpleQueryMessage::CommandComplete(_)) => done += 1,
                Ok(_) => {}
                Err(error) => return Err((done, DbError::of_statement(&error))),
            }
        }
        Ok(done)
    }

    /// What `EXPLAIN (FORMAT JSON) …` answers. The text may be one statement only, whatever it contains.
    pub(crate) async fn plan(&mut self, sql: &Statement) -> Result<serde_json::Value, DbError> {
        let row = self.client.query_one(sql.as_str(), &[]).await.map_err(|error| DbError::of_statement(&error))?;
        let Json(text) = row.try_get(0).map_err(|error| DbError::of_statement(&error))?;
        serde_json::from_str(text).map_err(|error| DbError::Protocol(error.to_string()))
    }

    /// Asks a question and returns its rows as text.
    pub async fn rows(&mut self, sql: &Statement) -> Result<Vec<TextRow>, DbError> {
        self.rows_beside(sql).await
    }

    /// The same, where other questions go out on this connection at the same time.
    pub(crate) async fn rows_beside(&self, sql: &Statement) -> Result<Vec<TextRow>, DbError> {
        let messages = self.client.simple_query(sql.as_str()).await.map_err(|error| DbError::of_statement(&error))?;
        Ok(messages
            .into_iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(TextRow(row)),
                _ => None,
            })
            .collect())
    }

    /// The driver's client, for rooms that need typed values or several questions at once.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The same for libraries that want it for themselves.
    pub(crate) fn client_mut(&mut self) -> &mut Client {
        &mut self.client
    }

    /// Makes the URL's namespace if it is missing.
    pub async fn ensure_namespace(&mut self) -> Result<(), DbError> {
        let sql = Statement::built(format!("CREATE SCHEMA IF NOT EXISTS {}", Ident(&self.namespace)));
        match self.script(&sql).await {
            // Without the right to create one, a namespace that exists is all that is needed.
            Err(error) if error.has_state(&SqlState::INSUFFICIENT_PRIVILEGE) => {
                let question = Statement::built(format!(
                    "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = {}",
                    crate::sql::quote::Constant(&self.namespace)
                ));
                if self.rows(&question).await?.is_empty() { Err(error) } else { Ok(()) }
            }
            result => result,
        }
    }

    /// Ends the connection and waits until the driver is done with it.
    pub async fn close(self) {
        let Self { client, driver, .. } = self;
        drop(client);
        let _ = tokio::time::timeout(Duration::from_secs(1), driver).await;
    }
}

/// The number before the first dot of `15.4 (Debian …)`, `18beta1`.
fn major_version(text: Option<&str>) -> u32 {
    let text = text.unwrap_or_default();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().unwrap_or_default()
}

/// Moves bytes between the socket and the client until the connection ends. Errors reach the client's callers.
async fn drive<S, T>(connection: tokio_postgres::Connection<S, T>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let _ = connection.await;
}

/// Makes the URL's database, with its namespace, through another database of the same server. Returns whether there was
/// none; the namespace is made anyway.
///
/// The databases through which it is tried are those that Prisma tries: the second and third are for servers that lack
/// the first or let nobody in.
pub async fn create_database(url: &DatabaseUrl) -> Result<bool, DbError> {
    let mut last = None;
    for maintenance in ["postgres", "template1", "defaultdb"] {
        match Connection::open(&url.with_database(maintenance)).await {
            Ok(mut db) => {
                let sql = Statement::built(format!("CREATE DATABASE {}", Ident(url.database())));
                let made = db.script(&sql).await;
                db.close().await;
                let is_new = match made {
                    Err(error) if error.has_state(&SqlState::DUPLICATE_DATABASE) => false,
                    // Two creations at once: the loser sees a duplicate key in pg_database.
                    Err(error) if error.has_state(&SqlState::UNIQUE_VIOLATION) => false,
                    result => result.map(|()| true)?,
                };
                let mut db = Connection::open(url).await?;
                let made = db.ensure_namespace().await;
                db.close().await;
                return made.map(|()| is_new);
            }
            Err(error @ (DbError::DatabaseMissing { .. } | DbError::AccessDenied { .. })) => last = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(last.unwrap_or(DbError::Closed))
}

/// Drops a database of the server that `through` is on, with whoever is connected to it. None of that name is no error.
pub(crate) async fn drop_database(name: &str, through: &DatabaseUrl) -> Result<(), DbError> {
    let mut db = Connection::open(through).await?;
    let forced = Statement::built(format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", Ident(name)));
    let dropped = match db.script(&forced).await {
        // Servers before 13 know no FORCE.
        Err(error) if error.has_state(&SqlState::SYNTAX_ERROR) => {
            db.script(&Statement::built(format!("DROP DATABASE IF EXISTS {}", Ident(name)))).await
        }
        result => result,
    };
    db.close().await;
    dropped
}
