//! Lets programs of this machine reach a local server over TCP, and tells who comes and goes.
//!
//! The server itself listens on a socket in a folder that nobody else may enter; most drivers and tools want a port. It
//! is opened on the loopback interface only and asks for no password, as the databases of development usually do.

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::mpsc::UnboundedSender;

/// The longest first message that a server takes (`MAX_STARTUP_PACKET_LENGTH` of PostgreSQL).
const LONGEST_GREETING: usize = 10_000;

/// Numbers of requests that stand where a startup message has its version (PostgreSQL documentation, "Message Formats").
const CANCEL_REQUEST: u32 = 80_877_102;
const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;

/// How long to wait before the next visitor if the system has no room for one.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// An open port in front of a server's socket.
#[derive(Debug)]
pub struct Gateway {
    listener: TcpListener,
    socket: PathBuf,
}

/// Something that happened at the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visit {
    /// Somebody connected.
    Came {
        /// Counted from 1.
        number: u64,
        /// Who it is, as they say themselves.
        visitor: Visitor,
    },
    /// They are gone.
    Left {
        /// The number they had.
        number: u64,
        /// How long they stayed.
        stayed: Duration,
    },
    /// Somebody was not let in.
    Refused {
        /// Why.
        reason: String,
    },
}

/// Who connects, by the startup message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Visitor {
    /// The role.
    pub user: String,
    /// The database.
    pub database: String,
    /// What the program calls itself, if it does.
    pub application: Option<String>,
}

impl Gateway {
    /// Opens `port` of the loopback interface, or any free one if it is 0, in front of the server whose socket has
    /// this path.
    pub async fn open(port: u16, socket: &Path) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        Ok(Self { listener, socket: socket.to_owned() })
    }

    /// The port that is open.
    pub fn port(&self) -> io::Result<u16> {
        Ok(self.listener.local_addr()?.port())
    }

    /// Lets visitors in until this future is dropped, which also shows everybody out. Tells `visits` what happens.
    pub async fn serve(self, visits: UnboundedSender<Visit>) {
        let mut inside = tokio::task::JoinSet::new();
        let mut number = 0;
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        number += 1;
                        inside.spawn(let_in(number, stream, self.socket.clone(), visits.clone()));
                    }
                    Err(error) => {
                        tell(&visits, Visit::Refused { reason: error.to_string() });
                        tokio::time::sleep(AFTER_REFUSAL).await;
                    }
                },
                Some(_) = inside.join_next() => {}
            }
        }
    }
}

/// Who listens is gone only when the gateway is about to be, too.
fn tell(visits: &UnboundedSender<Visit>, visit: Visit) {
    let _ = visits.send(visit);
}

async fn let_in(number: u64, mut outer: TcpStream, socket: PathBuf, visits: UnboundedSender<Visit>) {
    let came = Instant::now();
    let tell = |visit| tell(&visits, visit);
    let (greeting, visitor) = match greeting(&mut outer).await {
        Ok(Some(greeting)) => greeting,
        Ok(None) => return,
        Err(error) => return tell(Visit::Refused { reason: format!("no client of PostgreSQL: {error}") }),
    };
    let mut inner = match UnixStream::connect(&socket).await {
        Ok(inner) => inner,
        Err(error) => return tell(Visit::Refused { reason: format!("the server does not answer: {error}") }),
    };
    if inner.write_all(&greeting).await.is_err() {
        return tell(Visit::Refused { reason: "the server ended the connection".to_owned() });
    }
    let known = visitor.is_some();
    if let Some(visitor) = visitor {
        tell(Visit::Came { number, visitor });
    }
    // How a connection ends is between the two.
    let _ = copy_bidirectional(&mut outer, &mut inner).await;
    if known {
        tell(Visit::Left { number, stayed: came.elapsed() });
    }
}

/// Reads what a client says first, and answers requests for encryption, which there is none of. Nothing if it says
/// nothing, as those do who only look whether the port is open; no visitor if it only cancels somebody's statement.
async fn greeting(stream: &mut TcpStream) -> io::Result<Option<(Vec<u8>, Option<Visitor>)>> {
    loop {
        let length = match stream.read_u32().await {
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        };
        let size = usize::try_from(length).unwrap_or(usize::MAX);
        if !(8..=LONGEST_GREETING).contains(&size) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its first message has an impossible length"));
        }
        let mut message = vec![0; size];
        let (head, body) = message.split_at_mut(4);
        head.copy_from_slice(&length.to_be_bytes());
        stream.read_exact(body).await?;
        match body.first_chunk().map(|code| u32::from_be_bytes(*code)) {
            Some(SSL_REQUEST | GSS_REQUEST) => stream.write_all(b"N").await?,
            Some(CANCEL_REQUEST) => return Ok(Some((message, None))),
            _ => {
                let visitor = visitor(&body[4..]);
                return Ok(Some((message, Some(visitor))));
            }
        }
    }
}

/// Who sent the parameters of a startup message: names and values, each ended by a zero byte.
fn visitor(parameters: &[u8]) -> Visitor {
    let texts: Vec<_> = parameters.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    let find = |wanted: &str| {
        let pair = texts.chunks_exact(2).find(|pair| pair[0] == wanted);
        pair.map(|pair| pair[1].clone().into_owned()).filter(|value| !value.is_empty())
    };
    let user = find("user").unwrap_or_default();
    // PostgreSQL documentation, "Message Formats", `StartupMessage`: the database defaults to the name of the user.
    let database = find("database").unwrap_or_else(|| user.clone());
    Visitor { database, application: find("application_name"), user }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitors_are_named_by_their_parameters() {
        let named = |user: &str, database: &str, application: Option<&str>| Visitor {
            user: user.to_owned(),
            database: database.to_owned(),
            application: application.map(str::to_owned),
        };
        for (parameters, expected) in [
            ("user\0app\0database\0shop\0application_name\0psql\0\0", named("app", "shop", Some("psql"))),
            ("database\0shop\0user\0app\0\0", named("app", "shop", None)),
            ("user\0app\0application_name\0\0\0", named("app", "app", None)),
            ("", named("", "", None)),
            ("user", named("", "", None)),
        ] {
            assert_eq!(visitor(parameters.as_bytes()), expected, "{parameters:?}");
        }
    }
}
