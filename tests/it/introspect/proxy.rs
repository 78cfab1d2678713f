//! Stands between a client and the server, holds the server's answers back, and keeps what the client sent.

use std::sync::{Arc, Mutex};

use evt::db::DatabaseUrl;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

/// A proxy for one connection.
pub(crate) struct Proxy {
    /// Leads to the same database through the proxy.
    pub(crate) url: DatabaseUrl,
    sent: Arc<Mutex<Vec<u8>>>,
    held: watch::Receiver<Vec<u8>>,
    is_open: watch::Sender<bool>,
}

impl Proxy {
    /// Starts one in front of the server of `url`. At first it passes everything on.
    pub(crate) async fn start(url: &DatabaseUrl) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let (is_open, gate) = watch::channel(true);
        let (holds, held) = watch::channel(Vec::new());
        let (host, server_port) = (url.host().expect("a server"), url.port());
        let keep = Arc::clone(&sent);
        tokio::spawn(async move {
            let (client, _) = listener.accept().await.expect("the client");
            if host.starts_with('/') {
                let server = UnixStream::connect(format!("{host}/.s.PGSQL.{server_port}")).await.expect("the server");
                join(client, server.into_split(), keep, holds, gate).await;
            } else {
                let server = TcpStream::connect((host, server_port)).await.expect("the server");
                join(client, server.into_split(), keep, holds, gate).await;
            }
        });
        let url = url.on_host("127.0.0.1", port, url.user().unwrap_or("postgres"));
        Self { url, sent, held, is_open }
    }

    /// From now on lets no answer pass. Forgets what was sent before.
    pub(crate) fn hold(&self) {
        self.sent.lock().expect("no panic").clear();
        self.is_open.send(false).expect("the proxy runs");
    }

    /// Waits until the answers that are held back contain `text`.
    pub(crate) async fn holds(&self, text: &[u8]) {
        self.held.clone().wait_for(|held| contains(held, text)).await.expect("the proxy runs");
    }

    /// Lets the answers pass, those of before first.
    pub(crate) fn release(&self) {
        self.is_open.send(true).expect("the proxy runs");
    }

    /// What the client sent since `hold`.
    pub(crate) fn sent(&self) -> Vec<u8> {
        self.sent.lock().expect("no panic").clone()
    }
}

async fn join(
    client: TcpStream,
    (mut from_server, mut to_server): (impl AsyncRead + Unpin, impl AsyncWrite + Unpin),
    sent: Arc<Mutex<Vec<u8>>>,
    held: watch::Sender<Vec<u8>>,
    mut gate: watch::Receiver<bool>,
) {
    let (mut from_client, mut to_client) = client.into_split();
    let forth = async {
        let mut buffer = vec![0; 65_536];
        while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
            sent.lock().expect("no panic").extend_from_slice(&buffer[..length]);
            to_server.write_all(&buffer[..length]).await.expect("the server reads");
        }
    };
    let back = async {
        let mut buffer = vec![0; 65_536];
        loop {
            tokio::select! {
                read = from_server.read(&mut buffer) => match read {
                    Ok(length @ 1..) => held.send_modify(|held| held.extend_from_slice(&buffer[..length])),
                    _ => break,
                },
                _ = gate.changed() => {}
            }
            if *gate.borrow() {
                let answers = held.send_replace(Vec::new());
                to_client.write_all(&answers).await.expect("the client reads");
            }
        }
    };
    tokio::select! { () = forth => {}, () = back => {} }
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

/// Names of prepared statements and portals in messages of the client (PostgreSQL documentation, "Message Formats").
pub(crate) fn names(messages: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = messages;
    while let [kind, a, b, c, d, ..] = rest {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let (message, after) = rest.split_at(length + 1);
        let mut texts = message[5..].split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned());
        names.extend(match kind {
            b'P' | b'E' => texts.next().into_iter().collect::<Vec<_>>(),
            b'B' => texts.take(2).collect(),
            b'D' | b'C' => texts.next().map(|text| text[1..].to_owned()).into_iter().collect(),
            _ => Vec::new(),
        });
        rest = after;
    }
    names.retain(|name| !name.is_empty());
    names
}
