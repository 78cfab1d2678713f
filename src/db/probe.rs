//! The way to a server, step by step, to say at which one it ends. Nothing here needs a user or a password.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One way to a server, as a URL names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// The file of a unix socket.
    Socket(PathBuf),
    /// A name or address, and a port.
    Tcp {
        /// Without brackets.
        host: String,
        /// The port.
        port: u16,
    },
}

/// What a server says when it is asked for TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Greeting {
    /// It is ready to encrypt.
    Tls,
    /// It does not encrypt.
    NoTls,
    /// What listens there does not speak PostgreSQL's protocol.
    Stranger,
}

/// The message that asks for TLS: its length and the number of the request (PostgreSQL documentation, "Message
/// Formats", `SSLRequest`).
pub(super) const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

impl Route {
    /// Whether the host is written as an address, which nobody has to resolve.
    pub fn is_address(&self) -> bool {
        match self {
            Self::Socket(_) => true,
            Self::Tcp { host, .. } => host.parse::<std::net::IpAddr>().is_ok(),
        }
    }
}

/// The addresses of a host. `limit` is the longest wait; `None` is for ever.
pub async fn resolve(host: &str, port: u16, limit: Option<Duration>) -> io::Result<Vec<SocketAddr>> {
    let found = within(limit, tokio::net::lookup_host((host, port))).await?;
    Ok(found.collect())
}

/// Connects to an address, nothing more. `limit` is the longest wait; `None` is for ever.
pub async fn open_port(address: SocketAddr, limit: Option<Duration>) -> io::Result<TcpStream> {
    within(limit, TcpStream::connect(address)).await
}

/// Asks who is there. `limit` is the longest wait; `None` is for ever.
pub async fn greet(mut stream: TcpStream, limit: Option<Duration>) -> io::Result<Greeting> {
    let answer = within(limit, async {
        stream.write_all(&SSL_REQUEST).await?;
        stream.read_u8().await
    });
    Ok(match answer.await {
        Ok(b'S') => Greeting::Tls,
        // A server older than TLS answers with an error, `E`.
        Ok(b'N' | b'E') => Greeting::NoTls,
        Ok(_) => Greeting::Stranger,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Greeting::Stranger,
        Err(error) => return Err(error),
    })
}

async fn within<T>(limit: Option<Duration>, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match limit {
        None => work.await,
        Some(limit) => tokio::time::timeout(limit, work)
            .await
            .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {} s", limit.as_secs())))?,
    }
}
