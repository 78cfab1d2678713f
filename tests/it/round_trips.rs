//! How often a command waits for the server.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

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
    /// Messages up to here are answered at once; what comes then is a single flight that ends with a `COMMIT`: nothing
    /// of it is answered before that has come. A client that waits for an answer in between waits in vain.
    answered: usize,
    held: Mutex<bool>,
    released: Condvar,
}

impl Counts {
    /// Before a message with a question goes on to the server.
    fn asked(&self, message: &[u8]) {
        let number = self.questions.fetch_add(1, Ordering::SeqCst) + 1;
        if self.answered > 0 && number == self.answered + 1 {
            self.hold(true);
        }
        if message.windows(6).any(|word| word == b"COMMIT") {
            self.hold(false);
        }
    }

    fn hold(&self, now: bool) {
        *self.held.lock().expect("no panic") = now;
        self.released.notify_all();
    }

    /// Waits while answers are held back.
    fn pass(&self) {
        let held = self.held.lock().expect("no panic");
        drop(self.released.wait_while(held, |held| *held).expect("no panic"));
    }
}

/// Longest silence of a client. One that waits in vain is a failure.
const PATIENCE: Duration = Duration::from_mins(1);

/// Stands between clients and the server and counts. Ends with the test process.
fn counting(database: &TestDatabase, answered: usize) -> (u16, Arc<Counts>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let counts = Arc::new(Counts { answered, ..Counts::default() });
    let shared = Arc::clone(&counts);
    let (host, server_port) = (database.url.host().expect("a host"), database.url.port());
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            shared.connections.fetch_add(1, Ordering::SeqCst);
            let counts = Arc::clone(&shared);
            if host.starts_with('/') {
                let server = UnixStream::connect(format!("{host}/.s.PGSQL.{server_port}")).expect("the server");
                let answers = server.try_clone().expect("a second handle");
                forward(client, server, answers, counts, |server| server.shutdown(Shutdown::Both));
            } else {
                let server = TcpStream::connect((host.as_str(), server_port)).expect("the server");
                let answers = server.try_clone().expect("a second handle");
                forward(client, server, answers, counts, |server| server.shutdown(Shutdown::Both));
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
    hang_up: fn(&S) -> std::io::Result<()>,
) {
    let (mut server, mut answers) = (server, answers);
    let mut to_client = client.try_clone().expect("a second handle");
    client.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let gate = Arc::clone(&counts);
    std::thread::spawn(move || {
        let mut bytes = [0; 1 << 12];
        while let Ok(length @ 1..) = answers.read(&mut bytes) {
            gate.pass();
            if to_client.write_all(&bytes[..length]).is_err() {
                break;
            }
        }
        let _ = to_client.shutdown(Shutdown::Both);
    });
    std::thread::spawn(move || {
        let mut client = client;
        // The first message has no letter.
        let mut letter = None;
        while let Some(message) = message(&mut client, letter) {
            if matches!(letter, Some(b'Q' | b'S')) {
                counts.asked(&message);
            }
            if server.write_all(&message).is_err() {
                break;
            }
            let mut next = [0];
            if client.read_exact(&mut next).is_err() {
                break;
            }
            letter = Some(next[0]);
        }
        counts.hold(false);
        let _ = client.shutdown(Shutdown::Both);
        // The other thread has a handle too: a server that serves one connection at a time waits for the end of this one.
        let _ = hang_up(&server);
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
    let user = database.url.user().unwrap_or("postgres");
    let count = |answered: usize, words: &[&str]| {
        let (port, counts) = counting(database, answered);
        let url = format!("postgresql://{user}@127.0.0.1:{port}/{}?sslmode=disable", database.url.database());
        run(&url, words);
        assert_eq!(counts.connections.load(Ordering::SeqCst), 1, "connections");
        counts.questions.load(Ordering::SeqCst)
    };
    let questions = count(0, &["migrate", "status", "--no-drift"]);
    assert!((1..=2).contains(&questions), "{questions} round trips after connecting");
    // With the look for drift there is one more flight, of many questions.
    assert!(count(2, &["migrate", "status"]) > questions + 10);
}
