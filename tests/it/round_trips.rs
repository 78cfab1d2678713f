//! How often a command waits for the server.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use libtest_mimic::Trial;

use crate::migrations::project;
use crate::server::{TestDatabase, live_blocking};

pub(crate) fn tests() -> Vec<Trial> {
    vec![live_blocking("round trips: status of a database that is up to date", |database| status(&database))]
}

/// What a client did on its way to the server.
#[derive(Default)]
struct Counts {
    connections: AtomicUsize,
    /// Messages that make the server answer and the client wait: `Query` and `Sync` (PostgreSQL documentation, "Message
    /// Flow").
    questions: AtomicUsize,
}

/// Stands between clients and the server and counts. Ends with the test process.
fn counting(database: &TestDatabase) -> (u16, Arc<Counts>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let counts = Arc::new(Counts::default());
    let shared = Arc::clone(&counts);
    let (host, server_port) = (database.url.host().expect("a host"), database.url.port());
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            shared.connections.fetch_add(1, Ordering::SeqCst);
            let counts = Arc::clone(&shared);
            if host.starts_with('/') {
                let server = UnixStream::connect(format!("{host}/.s.PGSQL.{server_port}")).expect("the server");
                let answers = server.try_clone().expect("a second handle");
                forward(client, server, answers, counts);
            } else {
                let server = TcpStream::connect((host.as_str(), server_port)).expect("the server");
                let answers = server.try_clone().expect("a second handle");
                forward(client, server, answers, counts);
            }
        }
    });
    (port, counts)
}

fn forward<S: Write + Send + 'static, A: Read + Send + 'static>(
    client: TcpStream,
    server: S,
    answers: A,
    counts: Arc<Counts>,
) {
    let (mut server, mut answers) = (server, answers);
    let mut to_client = client.try_clone().expect("a second handle");
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut answers, &mut to_client);
        let _ = to_client.shutdown(std::net::Shutdown::Both);
    });
    std::thread::spawn(move || {
        let mut client = client;
        // The first message has no letter.
        let mut letter = None;
        while let Some(message) = message(&mut client, letter) {
            if matches!(letter, Some(b'Q' | b'S')) {
                counts.questions.fetch_add(1, Ordering::SeqCst);
            }
            if server.write_all(&message).is_err() {
                return;
            }
            let mut next = [0];
            if client.read_exact(&mut next).is_err() {
                return;
            }
            letter = Some(next[0]);
        }
    });
}

/// The next message, whose letter was read already.
fn message(client: &mut TcpStream, letter: Option<u8>) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    client.read_exact(&mut length).ok()?;
    let mut message: Vec<u8> = letter.into_iter().chain(length).collect();
    let start = message.len();
    message.resize(start + (u32::from_be_bytes(length) as usize).checked_sub(4)?, 0);
    client.read_exact(&mut message[start..]).ok()?;
    Some(message)
}

fn status(database: &TestDatabase) {
    let scripts: Vec<(String, String)> =
        (1..=20).map(|number| (format!("{number:02}_step"), format!("CREATE TABLE t{number} (id int);\n"))).collect();
    let scripts: Vec<(&str, &str)> = scripts.iter().map(|(name, script)| (name.as_str(), script.as_str())).collect();
    let project = project(&scripts);
    let run = |url: &str, words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_evt"))
            .args(words)
            .current_dir(project.path())
            .env_clear()
            .env("DATABASE_URL", url)
            .output()
            .expect("evt runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    run(&database.text(), &["migrate", "deploy"]);
    let (port, counts) = counting(database);
    let user = database.url.user().unwrap_or("postgres");
    let url = format!("postgresql://{user}@127.0.0.1:{port}/{}?sslmode=disable", database.url.database());
    run(&url, &["migrate", "status", "--no-drift"]);
    assert_eq!(counts.connections.load(Ordering::SeqCst), 1, "connections");
    let questions = counts.questions.load(Ordering::SeqCst);
    assert!((1..=3).contains(&questions), "{questions} round trips after connecting");
}
