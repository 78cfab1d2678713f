//! Database URLs: read once, compared by meaning, and never shown with a password.

mod local;
mod parse;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use tokio_postgres::config::{ChannelBinding, SslMode, TargetSessionAttrs};

use super::probe::Route;

pub use local::ServerKind;

/// The port of a server whose URL names none.
pub const DEFAULT_PORT: u16 = 5432;

/// The namespace of a URL without a `schema` parameter.
pub const DEFAULT_NAMESPACE: &str = "public";

/// What a URL looks like. The angle brackets also keep [`redact`] from taking the placeholder for a password.
pub const FORM: &str = "postgresql://<user>:<password>@<host>:5432/<database>?schema=public";

/// The database of a URL without a path, as in Prisma.
pub const DEFAULT_DATABASE: &str = "postgres";

/// Longest wait for a connection if the URL has no `connect_timeout`, as in Prisma.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Where a database is and how to reach it. Neither `Debug` nor `Display` prints a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    place: Place,
    user: Option<String>,
    password: Option<Secret>,
    database: String,
    namespace: Option<String>,
    tls: Tls,
    channel_binding: ChannelBinding,
    connect_timeout: Option<Duration>,
    socket_timeout: Option<Duration>,
    application_name: Option<String>,
    options: Option<String>,
    pgbouncer: bool,
    session: TargetSessionAttrs,
    serves_one: bool,
}

/// A server, or one that evt runs itself.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// Never empty; tried in turn.
    Servers(Vec<Server>),
    /// The folder below which the server's data is, and which kind of server is asked for.
    Local(PathBuf, Option<ServerKind>),
}

/// One address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Server {
    host: Host,
    /// As written in the URL.
    port: Option<u16>,
}

/// A machine or a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    /// A name or address without brackets; `None` if the URL names none, which means `localhost`.
    Tcp(Option<String>),
    /// The directory of the socket.
    Socket(PathBuf),
}

/// How to protect the connection and whom to trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Whether to use TLS.
    pub mode: TlsMode,
    /// What is checked about the server's certificate.
    pub verification: Verification,
    /// Whose signatures are trusted, if not the platform's: `sslrootcert`.
    pub roots: Option<Roots>,
    /// A PEM file with certificates that are trusted besides: `sslcert` in Prisma's meaning.
    pub extra_root: Option<PathBuf>,
    /// Who we are.
    pub identity: Option<Identity>,
}

/// Whether to use TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// Never.
    Disable,
    /// If the server offers it.
    Prefer,
    /// Always, or not at all.
    Require,
}

/// What is checked about the server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Nothing, as Prisma does unless `sslaccept=strict`.
    None,
    /// That it is signed by a trusted authority (PostgreSQL documentation, section 34.19: `verify-ca`).
    Authority,
    /// That, and that it is made out to the host's name (`verify-full`).
    AuthorityAndName,
}

/// Whose signatures are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roots {
    /// Those that the platform trusts: `sslrootcert=system`.
    System,
    /// Those in this PEM file.
    File(PathBuf),
}

/// A client certificate with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// `sslidentity` and `sslpassword`: one PKCS#12 file.
    Pkcs12 {
        /// The file.
        path: PathBuf,
        /// What opens it.
        password: Option<Secret>,
    },
    /// `sslcert` together with `sslkey`: two PEM files, as in PostgreSQL's own clients.
    Pem {
        /// The certificate.
        certificate: PathBuf,
        /// Its key.
        key: PathBuf,
    },
}

/// A text that `Debug` does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Why a text is no database URL (P1013). No variant holds any part of the text that could be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Nothing but white space.
    #[error("the database URL is empty")]
    Empty,
    /// Neither `postgresql://`, `postgres://` nor `local:`.
    #[error("the database URL has to start with `postgresql://`, `postgres://` or `local:`{}", starts_with(*.found))]
    Scheme {
        /// What it starts with, if that is a scheme evt knows of.
        found: Option<&'static str>,
    },
    /// `prisma://` and `prisma+postgres://` lead to a service and not to a PostgreSQL server.
    #[error(
        "`{scheme}` leads to Prisma Accelerate, which cannot run migrations; use the direct `postgresql://` URL of the \
         database"
    )]
    Accelerate {
        /// The scheme with its `//`.
        scheme: &'static str,
    },
    /// The text behind the host's colon is no port.
    #[error(
        "the port in the database URL is no number from 0 to 65535; if user or password contain one of `: / ? # @ %`, \
         write it percent-encoded (`/` as `%2F`)"
    )]
    Port,
    /// An address in brackets that is not closed or no IPv6 address.
    #[error("the host in the database URL is no IPv6 address in brackets; write it as `[::1]`")]
    Ipv6,
    /// Several ports that do not match the hosts.
    #[error("the database URL names {hosts} hosts and {ports} ports; give one port for all, or one for each")]
    PortCount {
        /// Number of hosts.
        hosts: usize,
        /// Number of ports.
        ports: usize,
    },
    /// An `@` behind the host, so that the parts cannot be told apart.
    #[error(
        "the database URL has an `@` behind the host; if user or password contain one of `: / ? # @ %`, write it \
         percent-encoded (`@` as `%40`)"
    )]
    StrayAt,
    /// A character that no part of a URL may stand for.
    #[error("the {part} in the database URL contains a character that PostgreSQL does not allow there")]
    Character {
        /// Which part.
        part: &'static str,
    },
    /// A parameter with a value it cannot have.
    #[error("the parameter `{name}` of the database URL has to be {expected}")]
    Parameter {
        /// Its name.
        name: &'static str,
        /// What it may be.
        expected: &'static str,
    },
    /// `local:` without a folder.
    #[error("`local:` in the database URL has to be followed by a folder, as in `local:.evt/db`")]
    LocalFolder,
}

fn starts_with(scheme: Option<&str>) -> String {
    scheme.map(|scheme| format!(", and not with `{scheme}`")).unwrap_or_default()
}

impl Secret {
    /// Hides a text from `Debug`.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself: for the server or a file's decryption, never for output.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl FromStr for DatabaseUrl {
    type Err = UrlError;

    /// Reads `postgresql://`, `postgres://` and `local:` URLs. Unknown parameters are ignored.
    fn from_str(text: &str) -> Result<Self, UrlError> {
        parse::url(text)
    }
}

impl DatabaseUrl {
    /// The namespace of unqualified names: the parameter `schema`, else `public`.
    pub fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE)
    }

    /// The database; empty if the URL has a path without a name, which leaves the choice to the server.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The user, if the URL names one.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The first host: a name, an address without brackets, or the directory of a socket. `None` for `local:`.
    pub fn host(&self) -> Option<String> {
        match &self.place {
            Place::Servers(servers) => servers.first().map(|server| server.host.name()),
            Place::Local(..) => None,
        }
    }

    /// The first port, [`DEFAULT_PORT`] if the URL names none.
    pub fn port(&self) -> u16 {
        match &self.place {
            Place::Servers(servers) => servers.first().and_then(|server| server.port).unwrap_or(DEFAULT_PORT),
            Place::Local(..) => DEFAULT_PORT,
        }
    }

    /// Where the server is, as people are told: `host:port`, `host` without a port in the URL, `unix:<directory>`,
    /// `local:<folder>`; several hosts with commas between them; `None` if the URL names no host.
    pub fn location(&self) -> Option<String> {
        match &self.place {
            Place::Local(folder, _) => Some(format!("local:{}", folder.display())),
            Place::Servers(servers) => {
                let texts: Vec<String> = servers.iter().filter_map(Server::location).collect();
                (!texts.is_empty()).then(|| texts.join(","))
            }
        }
    }

    /// The ways to the server in the order in which they are tried; none for `local:`.
    pub fn routes(&self) -> Vec<Route> {
        let Place::Servers(servers) = &self.place else { return Vec::new() };
        let route = |server: &Server| match &server.host {
            Host::Socket(folder) => {
                Route::Socket(folder.join(format!(".s.PGSQL.{}", server.port.unwrap_or(DEFAULT_PORT))))
            }
            Host::Tcp(_) => Route::Tcp { host: server.host.name(), port: server.port.unwrap_or(DEFAULT_PORT) },
        };
        servers.iter().map(route).collect()
    }

    /// TLS settings.
    pub fn tls(&self) -> &Tls {
        &self.tls
    }

    /// Whether the server is behind a pooler that forbids named prepared statements.
    pub fn pgbouncer(&self) -> bool {
        self.pgbouncer
    }

    /// Longest wait for a connection; `None` is for ever.
    pub fn connect_timeout(&self) -> Option<Duration> {
        self.connect_timeout
    }

    /// Longest wait for an answer (P1008); `None` is for ever.
    pub fn socket_timeout(&self) -> Option<Duration> {
        self.socket_timeout
    }

    /// The parameter `application_name`.
    pub fn application_name(&self) -> Option<&str> {
        self.application_name.as_deref()
    }

    /// The same server and settings, another database.
    #[must_use]
    pub fn with_database(&self, name: &str) -> Self {
        Self { database: name.to_owned(), ..self.clone() }
    }

    /// The same database, another namespace.
    #[must_use]
    pub fn with_namespace(&self, name: &str) -> Self {
        Self { namespace: Some(name.to_owned()), ..self.clone() }
    }

    /// The same database on the server that listens on a socket in this directory: what becomes of a `local:` URL when
    /// its server runs. The user is `user` if the URL names none.
    #[must_use]
    pub fn on_socket(&self, directory: &Path, port: u16, user: &str) -> Self {
        self.on_server(Host::Socket(directory.to_owned()), port, user)
    }

    /// As [`DatabaseUrl::on_socket`], over TCP.
    #[must_use]
    pub fn on_host(&self, host: &str, port: u16, user: &str) -> Self {
        self.on_server(Host::Tcp(Some(host.to_owned())), port, user)
    }

    fn on_server(&self, host: Host, port: u16, user: &str) -> Self {
        let user = self.user.clone().or_else(|| Some(user.to_owned()));
        Self { place: Place::Servers(vec![Server { host, port: Some(port) }]), user, ..self.clone() }
    }

    /// Resolves relative paths: the folder of a `local:` URL against `root`, certificates against `certificates`.
    #[must_use]
    pub fn resolved(&self, root: &Path, certificates: &Path) -> Self {
        let mut url = self.clone();
        if let Place::Local(folder, _) = &mut url.place {
            *folder = root.join(&*folder);
        }
        if let Some(Roots::File(path)) = &mut url.tls.roots {
            *path = certificates.join(&*path);
        }
        if let Some(path) = &mut url.tls.extra_root {
            *path = certificates.join(&*path);
        }
        match &mut url.tls.identity {
            Some(Identity::Pkcs12 { path, .. }) => *path = certificates.join(&*path),
            Some(Identity::Pem { certificate, key }) => {
                *certificate = certificates.join(&*certificate);
                *key = certificates.join(&*key);
            }
            None => {}
        }
        url
    }

    /// Whether both lead to the same namespace of the same database, however they are written. On the safe side: all
    /// names of this machine and its sockets count as one host, and one shared address of several is enough.
    pub fn same_database_as(&self, other: &Self) -> bool {
        let same_server = match (&self.place, &other.place) {
            (Place::Local(a, _), Place::Local(b, _)) => a == b,
            (Place::Servers(a), Place::Servers(b)) => a.iter().any(|a| b.iter().any(|b| a.same(b))),
            (Place::Local(..), Place::Servers(_)) | (Place::Servers(_), Place::Local(..)) => false,
        };
        same_server && self.effective_database() == other.effective_database() && self.namespace() == other.namespace()
    }

    fn effective_database(&self) -> &str {
        if self.database.is_empty() { self.user.as_deref().unwrap_or_default() } else { &self.database }
    }

    /// Settings for the driver; `None` for a `local:` URL, whose server has to be started first.
    ///
    /// TLS mode and channel binding are in it, certificates are not: see [`DatabaseUrl::tls`].
    pub fn config(&self) -> Option<tokio_postgres::Config> {
        let Place::Servers(servers) = &self.place else { return None };
        let mut config = tokio_postgres::Config::new();
        for Server { host, port } in servers {
            match host {
                Host::Tcp(name) => config.host(name.as_deref().unwrap_or("localhost")),
                Host::Socket(directory) => config.host_path(directory),
            };
            config.port(port.unwrap_or(DEFAULT_PORT));
        }
        if let Some(user) = &self.user {
            config.user(user);
        }
        if let Some(password) = &self.password {
            config.password(password.expose());
        }
        if !self.database.is_empty() {
            config.dbname(&self.database);
        }
        if let Some(timeout) = self.connect_timeout {
            config.connect_timeout(timeout);
        }
        // A session of evt can be told from others.
        config.application_name(self.application_name.as_deref().unwrap_or("evt"));
        if let Some(options) = &self.options {
            config.options(options);
        }
        config.ssl_mode(match self.tls.mode {
            TlsMode::Disable => SslMode::Disable,
            TlsMode::Prefer => SslMode::Prefer,
            TlsMode::Require => SslMode::Require,
        });
        config.channel_binding(self.channel_binding).target_session_attrs(self.session);
        Some(config)
    }
}

impl Host {
    fn name(&self) -> String {
        match self {
            Self::Tcp(name) => name.clone().unwrap_or_else(|| "localhost".to_owned()),
            Self::Socket(directory) => directory.display().to_string(),
        }
    }

    fn is_this_machine(&self) -> bool {
        match self {
            Self::Socket(_) | Self::Tcp(None) => true,
            Self::Tcp(Some(name)) => {
                name.eq_ignore_ascii_case("localhost")
                    || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
            }
        }
    }
}

impl Server {
    fn location(&self) -> Option<String> {
        let host = match &self.host {
            Host::Socket(directory) => return Some(format!("unix:{}", directory.display())),
            Host::Tcp(None) => return self.port.map(|port| format!("localhost:{port}")),
            Host::Tcp(Some(name)) if name.contains(':') => format!("[{name}]"),
            Host::Tcp(Some(name)) => name.clone(),
        };
        Some(self.port.map_or_else(|| host.clone(), |port| format!("{host}:{port}")))
    }

    fn same(&self, other: &Self) -> bool {
        let hosts = self.host.is_this_machine() && other.host.is_this_machine()
            || self.host.name().trim_end_matches('.').eq_ignore_ascii_case(other.host.name().trim_end_matches('.'));
        hosts && self.port.unwrap_or(DEFAULT_PORT) == other.port.unwrap_or(DEFAULT_PORT)
    }
}

/// The text with the password taken out of every URL in it: for texts of others (a runtime's, a server's) that may
/// repeat one. Better too much than too little: what only looks like a password goes too.
pub fn redact(text: &str) -> std::borrow::Cow<'_, str> {
    let mut out = String::new();
    let mut rest = text;
    // One slash: a URL that was taken for a path and tidied up as one.
    while let Some(at) = rest.find(":/") {
        let slashes = if rest[at..].starts_with("://") { 3 } else { 2 };
        let (before, from) = rest.split_at(at + slashes);
        let end =
            from.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>')).unwrap_or(from.len());
        let (url, after) = from.split_at(end);
        out.push_str(before);
        push_without_password(url, &mut out);
        rest = after;
    }
    if out.is_empty() {
        return text.into();
    }
    out.push_str(rest);
    out.into()
}

/// Appends what stands behind `://`.
fn push_without_password(url: &str, out: &mut String) {
    let (userinfo, host) = url.rsplit_once('@').map_or((None, url), |(userinfo, host)| (Some(userinfo), host));
    if let Some(userinfo) = userinfo {
        out.push_str(userinfo.split(':').next().unwrap_or_default());
        out.push('@');
    } else if let Some((user, rest)) = url.split(['/', '?', '#']).next().and_then(|authority| authority.split_once(':'))
        && !user.starts_with('[')
        && rest.contains(|c: char| !c.is_ascii_digit() && c != ',')
    {
        // No port: the beginning of a URL that was cut off inside its password.
        out.push_str(user);
        return out.push_str("@…");
    }
    let (before, query) = host.split_once('?').map_or((host, None), |(before, query)| (before, Some(query)));
    out.push_str(before);
    for (i, pair) in query.iter().flat_map(|query| query.split('&')).enumerate() {
        out.push(if i == 0 { '?' } else { '&' });
        match pair.split_once('=') {
            Some((name, _)) if SECRET_PARAMETERS.contains(&name) => {
                out.push_str(name);
                out.push_str("=…");
            }
            _ => out.push_str(pair),
        }
    }
}

/// Parameters of URLs, of Prisma's services too, whose values nobody else may see.
const SECRET_PARAMETERS: [&str; 3] = ["password", "sslpassword", "api_key"];

/// What has a meaning in a URL and is therefore encoded when printed.
const RESERVED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'/')
    .add(b':')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'@');

impl fmt::Display for DatabaseUrl {
    /// The URL without password and without parameters other than `schema`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Local(folder, _) => write!(f, "local:{}", folder.display())?,
            Place::Servers(servers) => {
                f.write_str("postgresql://")?;
                if let Some(user) = &self.user {
                    write!(f, "{}@", utf8_percent_encode(user, RESERVED))?;
                }
                for (i, server) in servers.iter().enumerate() {
                    f.write_str(if i > 0 { "," } else { "" })?;
                    match (&server.host, server.port) {
                        (Host::Socket(directory), port) => {
                            write!(f, "{}", utf8_percent_encode(&directory.display().to_string(), RESERVED))?;
                            port.map_or(Ok(()), |port| write!(f, ":{port}"))?;
                        }
                        (Host::Tcp(_), _) => f.write_str(&server.location().unwrap_or_default())?,
                    }
                }
                write!(f, "/{}", utf8_percent_encode(&self.database, RESERVED))?;
            }
        }
        self.namespace
            .as_ref()
            .map_or(Ok(()), |namespace| write!(f, "?schema={}", utf8_percent_encode(namespace, RESERVED)))
    }
}
