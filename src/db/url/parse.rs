//! Text → [`DatabaseUrl`].

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio_postgres::config::{ChannelBinding, TargetSessionAttrs};

use super::{
    CONNECT_TIMEOUT, DEFAULT_DATABASE, DatabaseUrl, Host, Identity, Place, Roots, Secret, Server, ServerKind, Tls,
    TlsMode, UrlError, Verification,
};

/// Schemes of other databases, named in the error because they are no secret.
const OTHER_SCHEMES: &[&str] = &[
    "mysql://",
    "mariadb://",
    "sqlserver://",
    "jdbc:",
    "mongodb://",
    "mongodb+srv://",
    "cockroachdb://",
    "sqlite:",
    "file:",
    "http://",
    "https://",
    "postgresql:",
    "postgres:",
    "postgresqls://",
    "pg://",
    "psql ",
];

/// Reads a URL as the WHATWG URL standard splits it: the user ends at the last `@` before the first `/`, `?` or `#`.
pub(super) fn url(text: &str) -> Result<DatabaseUrl, UrlError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(UrlError::Empty);
    }
    if let Some(rest) = strip_scheme(text, "local:") {
        return local(rest);
    }
    let Some(rest) = strip_scheme(text, "postgresql://").or_else(|| strip_scheme(text, "postgres://")) else {
        return Err(unknown_scheme(text));
    };
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once('/').map_or((rest, None), |(authority, path)| (authority, Some(path)));
    let (userinfo, hosts) =
        authority.rsplit_once('@').map_or((None, authority), |(userinfo, hosts)| (Some(userinfo), hosts));
    let parameters = Parameters::read(query);
    // A stray `@` means that the password was cut in two, and that its second half would pass for a database.
    let stray_in_query = if userinfo.is_none() { query.contains('@') } else { parameters.stray_at() };
    if path.is_some_and(|path| path.contains('@')) || fragment.contains('@') || stray_in_query {
        return Err(UrlError::StrayAt);
    }
    let (user, password) = userinfo.map_or((None, None), |text| match text.split_once(':') {
        Some((user, password)) => (Some(user), Some(password)),
        None => (Some(text), None),
    });
    let user = user.filter(|user| !user.is_empty()).map(decoded).or_else(|| parameters.text("user"));
    let password = password.filter(|text| !text.is_empty()).map(decoded).or_else(|| parameters.text("password"));
    let database = match path {
        Some(path) => decoded(path.split('/').next().unwrap_or_default()),
        None => parameters.text("dbname").unwrap_or_else(|| DEFAULT_DATABASE.to_owned()),
    };
    build(Place::Servers(servers(hosts, &parameters)?), user, password, database, &parameters)
}

fn local(rest: &str) -> Result<DatabaseUrl, UrlError> {
    let (folder, query) = rest.split_once('?').unwrap_or((rest, ""));
    let folder = folder.strip_prefix("//").unwrap_or(folder);
    if folder.is_empty() {
        return Err(UrlError::LocalFolder);
    }
    let parameters = Parameters::read(query);
    let folder = decoded(folder);
    no_nul("folder", &folder)?;
    let database = parameters.text("dbname").unwrap_or_else(|| DEFAULT_DATABASE.to_owned());
    let (user, password) = (parameters.text("user"), parameters.text("password"));
    let wrong = UrlError::Parameter { name: "server", expected: "`installed` or `embedded`" };
    let kind = parameters.get("server").map(|name| ServerKind::of_name(&name).ok_or(wrong)).transpose()?;
    build(Place::Local(PathBuf::from(folder), kind), user, password, database, &parameters)
}

fn build(
    place: Place,
    user: Option<String>,
    password: Option<String>,
    database: String,
    parameters: &Parameters<'_>,
) -> Result<DatabaseUrl, UrlError> {
    // Read for their errors only: they configure a pool, which evt does not have.
    for name in ["connection_limit", "pool_timeout", "statement_cache_size"] {
        parameters.number(name)?;
    }
    for name in ["max_connection_lifetime", "max_idle_connection_lifetime"] {
        parameters.number(name)?;
    }
    let url = DatabaseUrl {
        place,
        user,
        password: password.map(Secret),
        database,
        namespace: parameters.text("schema").filter(|name| !name.is_empty()),
        tls: tls(parameters),
        channel_binding: match parameters.get("channel_binding").as_deref() {
            Some("disable") => ChannelBinding::Disable,
            Some("require") => ChannelBinding::Require,
            _ => ChannelBinding::Prefer,
        },
        connect_timeout: match parameters.number("connect_timeout")? {
            None => Some(CONNECT_TIMEOUT),
            Some(0) => None,
            Some(seconds) => Some(Duration::from_secs(seconds)),
        },
        socket_timeout: parameters.number("socket_timeout")?.filter(|&s| s > 0).map(Duration::from_secs),
        application_name: parameters.text("application_name"),
        options: parameters.text("options"),
        pgbouncer: parameters.boolean("pgbouncer")?,
        session: match parameters.get("target_session_attrs").as_deref() {
            Some("read-write" | "primary") => TargetSessionAttrs::ReadWrite,
            Some("read-only" | "standby") => TargetSessionAttrs::ReadOnly,
            _ => TargetSessionAttrs::Any,
        },
        serves_one: false,
    };
    no_nul("user", url.user.as_deref().unwrap_or_default())?;
    no_nul("password", url.password.as_ref().map_or("", Secret::expose))?;
    no_nul("database name", &url.database)?;
    no_nul("schema", url.namespace())?;
    no_nul("application name", url.application_name().unwrap_or_default())?;
    no_nul("options", url.options.as_deref().unwrap_or_default())?;
    Ok(url)
}

/// Hosts of the parameter `host`, else of the authority.
fn servers(authority: &str, parameters: &Parameters<'_>) -> Result<Vec<Server>, UrlError> {
    let mut written = authority.split(',').map(server).collect::<Result<Vec<_>, _>>()?;
    let ports: Vec<Option<u16>> = match parameters.get("port").filter(|_| written.iter().all(|s| s.port.is_none())) {
        Some(list) => list.split(',').map(port).collect::<Result<_, _>>()?,
        None => written.iter().map(|server| server.port).collect(),
    };
    if let Some(list) = parameters.text("host").filter(|list| !list.is_empty()) {
        written = list.split(',').map(|name| Ok(Server { host: host(name)?, port: None })).collect::<Result<_, _>>()?;
    }
    if ports.len() > 1 && ports.len() != written.len() {
        return Err(UrlError::PortCount { hosts: written.len(), ports: ports.len() });
    }
    for (i, server) in written.iter_mut().enumerate() {
        server.port = ports.get(if ports.len() == 1 { 0 } else { i }).copied().flatten();
    }
    Ok(written)
}

fn server(text: &str) -> Result<Server, UrlError> {
    let (name, number) = if text.starts_with('[') {
        let end = text.find(']').ok_or(UrlError::Ipv6)?;
        let (name, rest) = text.split_at(end + 1);
        (name, rest)
    } else {
        text.split_at(text.find(':').unwrap_or(text.len()))
    };
    let number = match number.strip_prefix(':') {
        Some(digits) => port(digits)?,
        None if number.is_empty() => None,
        None => return Err(UrlError::Port),
    };
    Ok(Server { host: host(&decoded(name))?, port: number })
}

fn host(name: &str) -> Result<Host, UrlError> {
    no_nul("host", name)?;
    if let Some(rest) = name.strip_prefix('[') {
        let address = rest.strip_suffix(']').ok_or(UrlError::Ipv6)?;
        return match address.parse::<std::net::Ipv6Addr>() {
            Ok(_) => Ok(Host::Tcp(Some(address.to_owned()))),
            Err(_) => Err(UrlError::Ipv6),
        };
    }
    if name.starts_with('/') {
        return Ok(Host::Socket(PathBuf::from(name)));
    }
    if name.chars().any(|c| c.is_whitespace() || c.is_control() || "<>[\\]^|".contains(c)) {
        return Err(UrlError::Character { part: "host" });
    }
    Ok(Host::Tcp((!name.is_empty()).then(|| name.to_owned())))
}

fn port(digits: &str) -> Result<Option<u16>, UrlError> {
    if digits.is_empty() {
        return Ok(None);
    }
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(UrlError::Port);
    }
    digits.parse().map(Some).map_err(|_| UrlError::Port)
}

fn tls(parameters: &Parameters<'_>) -> Tls {
    let path = |name| parameters.text(name).filter(|text| !text.is_empty()).map(PathBuf::from);
    let roots = path("sslrootcert").map(|p| if p.as_os_str() == "system" { Roots::System } else { Roots::File(p) });
    // Prisma: anything but the default means strict.
    let strict = parameters.get("sslaccept").is_some_and(|value| value != "accept_invalid_certs");
    let (mode, asked) = match parameters.get("sslmode").as_deref() {
        Some("disable") => (TlsMode::Disable, Verification::None),
        Some("require") if roots.is_some() => (TlsMode::Require, Verification::Authority),
        Some("require") => (TlsMode::Require, Verification::None),
        Some("verify-ca") => (TlsMode::Require, Verification::Authority),
        Some("verify-full") => (TlsMode::Require, Verification::AuthorityAndName),
        _ => (TlsMode::Prefer, Verification::None),
    };
    // Anyone can own a certificate that the platform trusts, so with `system` only the name proves anything.
    let full = strict || (roots == Some(Roots::System) && asked != Verification::None);
    let verification = if full && mode != TlsMode::Disable { Verification::AuthorityAndName } else { asked };
    let (extra_root, identity) = match (path("sslcert"), path("sslkey"), path("sslidentity")) {
        (Some(certificate), Some(key), _) => (None, Some(Identity::Pem { certificate, key })),
        (certificate, _, Some(path)) => {
            (certificate, Some(Identity::Pkcs12 { path, password: parameters.text("sslpassword").map(Secret) }))
        }
        (certificate, _, None) => (certificate, None),
    };
    Tls { mode, verification, roots, extra_root, identity }
}

/// The query as names and values, still encoded. The last of several with one name counts.
struct Parameters<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Parameters<'a> {
    fn read(query: &'a str) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (percent_decode_str(name).decode_utf8_lossy(), value))
                .collect(),
        )
    }

    /// `@` in a name, which no parameter has.
    fn stray_at(&self) -> bool {
        self.0.iter().any(|(name, _)| name.contains('@'))
    }

    fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        let (_, value) = self.0.iter().rev().find(|(n, _)| n == name)?;
        let spaced = value.replace('+', " "); // as forms encode, which is how Prisma reads it
        Some(Cow::Owned(decoded(&spaced)))
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(Cow::into_owned)
    }

    fn number(&self, name: &'static str) -> Result<Option<u64>, UrlError> {
        self.get(name)
            .map(|text| text.parse().map_err(|_| UrlError::Parameter { name, expected: "a whole number" }))
            .transpose()
    }

    fn boolean(&self, name: &'static str) -> Result<bool, UrlError> {
        match self.get(name).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(UrlError::Parameter { name, expected: "`true` or `false`" }),
        }
    }
}

/// Percent-decodes; what is not UTF-8 then is taken as written, as Prisma does.
fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_owned(), Cow::into_owned)
}

fn no_nul(part: &'static str, text: &str) -> Result<(), UrlError> {
    if text.contains('\0') { Err(UrlError::Character { part }) } else { Ok(()) }
}

fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let head = text.get(..scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then(|| &text[scheme.len()..])
}

fn unknown_scheme(text: &str) -> UrlError {
    for scheme in ["prisma+postgres://", "prisma://"] {
        if strip_scheme(text, scheme).is_some() {
            return UrlError::Accelerate { scheme };
        }
    }
    let found = OTHER_SCHEMES.iter().find(|scheme| strip_scheme(text, scheme).is_some());
    UrlError::Scheme { found: found.copied() }
}
