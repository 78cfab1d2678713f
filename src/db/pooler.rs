//! Telling a connection to a server from one to a pooler, and a pooler that lends a server process for a session from
//! one that lends it for a transaction. Locks and settings of a session do not hold behind the latter.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

use super::probe::SSL_REQUEST;
use super::{Connection, DbError};
use crate::sql::quote::Statement;

/// How many sessions are opened to see whether one of them gets a process that another session has.
const PROBES: usize = 3;

/// A pooler all of whose processes are in use lets a session wait; then it does not share them.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

impl Connection {
    /// Whether there is a pooler in between that may serve each transaction by another server process. Asks nothing if
    /// the server itself answers.
    pub async fn is_shared(&mut self) -> Result<bool, DbError> {
        if self.url.serves_one() {
            return Ok(false);
        }
        let (Some(announced), Some(first)) = (self.announced_process().await, self.backend) else { return Ok(false) };
        // A pooler makes up the process id by which a session can be cancelled.
        if announced == first {
            return Ok(false);
        }
        let mut probes = Vec::with_capacity(PROBES);
        let mut shared = false;
        for _ in 0..PROBES {
            let Ok(Ok((probe, process))) = tokio::time::timeout(PROBE_TIMEOUT, self.probe()).await else { break };
            probes.push(probe);
            let now = self.process().await?;
            shared = process == Some(first) || process == now || now != Some(first);
            if shared {
                break;
            }
        }
        for probe in probes {
            probe.close().await;
        }
        Ok(shared)
    }

    /// Another session like this one, in a transaction, with its server process.
    async fn probe(&self) -> Result<(Connection, Option<i32>), DbError> {
        let mut probe = Box::pin(Connection::open(&self.url)).await?;
        probe.script(&"BEGIN".into()).await?;
        let process = probe.process().await?;
        Ok((probe, process))
    }

    async fn process(&mut self) -> Result<Option<i32>, DbError> {
        let rows = self.rows(&Statement::from("SELECT pg_catalog.pg_backend_pid() AS pid")).await?;
        Ok(rows.first().and_then(|row| row.get("pid")?.parse().ok()))
    }

    /// The process id that was announced when the session began. The driver keeps it for cancel requests only, so one
    /// is made, to ourselves (PostgreSQL documentation, "Message Formats", `CancelRequest` and `SSLRequest`).
    async fn announced_process(&self) -> Option<i32> {
        let (ours, theirs) = tokio::io::duplex(64);
        let (mut read, mut write) = tokio::io::split(theirs);
        let request = self.client.cancel_token();
        let sending = async move { request.cancel_query_raw(ours, Plain).await.ok() };
        let reading = async {
            let mut head = [0; 8];
            read.read_exact(&mut head).await.ok()?;
            if head == SSL_REQUEST {
                tokio::io::AsyncWriteExt::write_all(&mut write, b"S").await.ok()?;
                read.read_exact(&mut head).await.ok()?;
            }
            read.read_i32().await.ok()
        };
        tokio::join!(sending, reading).1
    }
}

/// Encryption that is none.
struct Plain;

struct PlainStream<S>(S);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsConnect<S> for Plain {
    type Stream = PlainStream<S>;
    type Error = Infallible;
    type Future = Ready<Result<PlainStream<S>, Infallible>>;

    fn connect(self, stream: S) -> Self::Future {
        ready(Ok(PlainStream(stream)))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for PlainStream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PlainStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PlainStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
