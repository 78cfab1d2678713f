//! Lets programs of this machine reach a local server over TCP, and tells who comes and goes.
//!
//! The server itself listens on a socket in a folder that nobody else may enter; most drivers and tools want a port. It
//! is opened on the loopback interface only and asks for no password, as the databases of development usually do.

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::io::{AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::mpsc::UnboundedSender;

use super::greeting::{Visitor, greeting};

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
