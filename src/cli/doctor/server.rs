//! From a URL to an open connection.

use std::net::SocketAddr;
use std::time::Duration;

use super::Checks;
use crate::db::probe::{Greeting, Route, greet, open_port, resolve};
use crate::db::url::{Tls, TlsMode, Verification};
use crate::db::{Connection, DatabaseUrl, DbError};
use crate::error::Error;
use crate::sql::quote::Ident;

/// `url` is as it was set, `reached` leads to the running server of a `local:` one.
pub(super) async fn examine(url: &DatabaseUrl, reached: &DatabaseUrl, checks: &mut Checks) -> Option<Connection> {
    if url.local_folder().is_some() {
        checks.skipped("name", "a server that evt runs itself");
        checks.fine(
            "port",
            if reached.serves_one() {
                "the PostgreSQL inside evt runs; it serves one connection at a time"
            } else {
                "a PostgreSQL of this machine runs"
            },
        );
        checks.skipped("tls", "a socket on this machine");
    } else {
        let greeting = knock(reached, checks).await?;
        check_offer(greeting, reached.tls(), checks)?;
    }
    let opened = Connection::open(reached).await;
    let database = reached.database();
    let user = reached.user().unwrap_or_default();
    match opened {
        Ok(db) => {
            if !checks.0.iter().any(|check| check.name == "tls") {
                checks.fine("tls", described(reached.tls()));
            }
            checks.fine("login", format!("`{user}` may connect"));
            checks.fine("database", format!("`{database}` exists"));
            Some(db)
        }
        Err(error) => {
            refused(error, reached, checks).await;
            None
        }
    }
}

/// Whether somebody answers at one of the URL's places, and what it says about TLS; `None` of it for a socket.
async fn knock(url: &DatabaseUrl, checks: &mut Checks) -> Option<Option<Greeting>> {
    let limit = url.connect_timeout();
    let routes = url.routes();
    let mut unresolved = Vec::new();
    let mut closed = Vec::new();
    let mut resolved = Vec::new();
    for route in &routes {
        let (host, port) = match route {
            Route::Socket(path) => match std::fs::metadata(path) {
                Ok(_) => {
                    checks.skipped("name", "a socket on this machine");
                    checks.fine("port", format!("{} is there", path.display()));
                    return Some(None);
                }
                Err(error) => {
                    closed.push(format!("{}: {error}", path.display()));
                    continue;
                }
            },
            Route::Tcp { host, port } => (host, *port),
        };
        let addresses = match resolve(host, port, limit).await {
            Ok(addresses) => addresses,
            Err(error) => {
                unresolved.push(format!("`{host}`: {error}"));
                continue;
            }
        };
        resolved.push((host.clone(), addresses.clone()));
        for address in addresses {
            match reach(address, limit).await {
                Ok(Greeting::Stranger) => {
                    closed.push(format!("{address}: something else than PostgreSQL listens there"));
                }
                Ok(greeting) => {
                    named(&resolved, &unresolved, &routes, checks);
                    checks.fine("port", format!("a server answers at {address}"));
                    return Some(Some(greeting));
                }
                Err(error) => closed.push(format!("{address}: {error}")),
            }
        }
    }
    named(&resolved, &unresolved, &routes, checks);
    if !closed.is_empty() {
        let hint = "is the server running, does it listen on this address (`listen_addresses`) and port, and does a \
                    firewall let you through?";
        checks.wrong("port", format!("no server answers: {}", closed.join("; ")), hint);
        set_code(checks, crate::error::Code::P1001);
    }
    None
}

async fn reach(address: SocketAddr, limit: Option<Duration>) -> std::io::Result<Greeting> {
    greet(open_port(address, limit).await?, limit).await
}

/// What became of the names.
fn named(resolved: &[(String, Vec<SocketAddr>)], unresolved: &[String], routes: &[Route], checks: &mut Checks) {
    if routes.iter().all(Route::is_address) {
        return checks.skipped("name", "an address needs no resolving");
    }
    let found: Vec<String> = resolved
        .iter()
        .map(|(host, addresses)| {
            let addresses: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
            format!("`{host}` is {}", addresses.join(", "))
        })
        .collect();
    let hint = "is the host in the URL spelled right, and does this machine's DNS (or VPN) know it?";
    match (found.is_empty(), unresolved.is_empty()) {
        (_, true) => checks.fine("name", found.join("; ")),
        (false, false) => {
            checks.doubtful("name", format!("{}; not resolved: {}", found.join("; "), unresolved.join("; ")), hint);
        }
        (true, false) => {
            checks.wrong("name", format!("cannot be resolved: {}", unresolved.join("; ")), hint);
            set_code(checks, crate::error::Code::P1001);
        }
    }
}

fn set_code(checks: &mut Checks, code: crate::error::Code) {
    if let Some(last) = checks.0.last_mut() {
        last.code = Some(code);
    }
}

/// Compares what the server offers with what the URL wants. `None` if that cannot come together.
fn check_offer(greeting: Option<Greeting>, tls: &Tls, checks: &mut Checks) -> Option<()> {
    match (greeting, tls.mode) {
        (None, _) => checks.skipped("tls", "a socket on this machine"),
        (Some(_), TlsMode::Disable) => checks.skipped("tls", "turned off by `sslmode=disable`"),
        (Some(Greeting::Tls), _) => {} // whether it works shows when connecting
        (Some(Greeting::NoTls | Greeting::Stranger), TlsMode::Prefer) => checks.doubtful(
            "tls",
            "the server does not offer it, and the URL does not demand it: nothing is encrypted",
            "fine on one machine or in a private network; else set `ssl = on` in the server and `sslmode=verify-full` in \
             the URL",
        ),
        (Some(Greeting::NoTls | Greeting::Stranger), TlsMode::Require) => {
            checks.wrong(
                "tls",
                "the URL demands an encrypted connection, and the server does not offer one",
                "set `ssl = on` in the server, or take `sslmode` out of the URL",
            );
            set_code(checks, crate::error::Code::P1011);
            return None;
        }
    }
    Some(())
}

fn described(tls: &Tls) -> String {
    let checked = match tls.verification {
        Verification::None => "the server's certificate is not checked (`sslmode=verify-full` does)",
        Verification::Authority => "the server's certificate is signed by a trusted authority",
        Verification::AuthorityAndName => "the server's certificate is signed by a trusted authority for this host",
    };
    let identity = if tls.identity.is_some() { "; with a client certificate" } else { "" };
    format!("encrypted; {checked}{identity}")
}

/// Sorts a refusal to the step that it belongs to.
async fn refused(error: DbError, url: &DatabaseUrl, checks: &mut Checks) {
    let missing = matches!(error, DbError::DatabaseMissing { .. });
    let is_tls = matches!(error, DbError::Tls { .. });
    let error = Error::from(error);
    if is_tls {
        return checks.failed("tls", &error);
    }
    if !checks.0.iter().any(|check| check.name == "tls") {
        checks.fine("tls", described(url.tls()));
    }
    if !missing {
        return checks.failed("login", &error);
    }
    checks.fine("login", format!("`{}` may connect to the server", url.user().unwrap_or_default()));
    let may_create = match maintenance(url).await {
        Some(mut db) => {
            crate::migrations::health::session(&mut db).await.ok().map(|session| session.may_create_databases)
        }
        None => None,
    };
    let database = url.database();
    let user = url.user().unwrap_or_default();
    if may_create == Some(true) {
        return checks.doubtful(
            "database",
            format!("`{database}` does not exist, and `{user}` may create it"),
            "`evt migrate dev` and `evt migrate deploy` create it; or is its name spelled right?",
        );
    }
    checks.failed("database", &error);
    if let Some(last) = checks.0.last_mut() {
        last.hint = Some(format!(
            "is its name spelled right? If it shall be new, let somebody with the right CREATEDB run \
             `CREATE DATABASE {} OWNER {}`",
            Ident(database),
            Ident(user)
        ));
    }
}

async fn maintenance(url: &DatabaseUrl) -> Option<Connection> {
    for name in ["postgres", "template1"] {
        if let Ok(db) = Connection::open(&url.with_database(name)).await {
            return Some(db);
        }
    }
    None
}
