//! Deploys that die: at each message between client and server the connection is cut, the client is killed, or the
//! server's process is ended. Afterwards the history must be true, and one more deploy must lead to the same database
//! as an undisturbed one, without running anything twice.
//!
//! The suite tries a few of these points; `cargo test --test it -- --sweep "sweep kill"` tries all of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evt::db::{Connection, DatabaseUrl};
use evt::migrations::status::Stop;
use evt::migrations::{
    ApplyOptions, Directory, History, MigrateError, RecordState, Transactions, apply_pending, resolve, status,
};
use evt::sql::quote::{Ident, Statement};
use libtest_mimic::Trial;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::Notify;

use crate::migrations::project;
use crate::server::{binaries, long_blocking, maintenance_url, runtime};

/// The migrations. Every step leaves a row in `log`, so that one that ran twice, or never, shows.
const MIGRATIONS: [(&str, &str); 12] = [
    (
        "01_tables",
        "CREATE TABLE log (step text NOT NULL);\nCREATE TABLE orders (id int PRIMARY KEY, amount int NOT NULL);\n\
         CREATE SEQUENCE numbers;\nINSERT INTO log VALUES ('01_tables 1');",
    ),
    (
        "02_data",
        "INSERT INTO orders SELECT n, n * 10 FROM generate_series(1, 200) AS n;\nUPDATE orders SET amount = amount + 1;\n\
         INSERT INTO log VALUES ('02_data 1');",
    ),
    (
        "03_enum",
        "CREATE TYPE mood AS ENUM ('sad');\nCREATE TABLE people (id int, mood mood);\nINSERT INTO log VALUES ('03_enum 1');",
    ),
    (
        "04_enum_value",
        "INSERT INTO log VALUES ('04_enum_value 1');\nALTER TYPE mood ADD VALUE 'glad';\n\
         ALTER TABLE people ALTER mood SET DEFAULT 'glad';\nINSERT INTO people (id) VALUES (1);\n\
         INSERT INTO log VALUES ('04_enum_value 2');",
    ),
    (
        "05_concurrent_index",
        "INSERT INTO log VALUES ('05_concurrent_index 1');\nCREATE INDEX CONCURRENTLY orders_amount ON orders (amount);\n\
         INSERT INTO log VALUES ('05_concurrent_index 2');\n\
         CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS orders_both ON orders (amount, id);\n\
         INSERT INTO log VALUES ('05_concurrent_index 3');",
    ),
    (
        "06_block",
        "DO $$\nDECLARE name text;\nBEGIN\n  FOREACH name IN ARRAY ARRAY['x', 'y'] LOOP\n\
         \x20   EXECUTE format('CREATE TABLE %I (id int)', name);\n  END LOOP;\nEND $$;\nINSERT INTO log VALUES ('06_block 1');",
    ),
    (
        "07_function",
        "CREATE FUNCTION total() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT sum(amount) FROM orders; END;\n\
         CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2';\n\
         CREATE VIEW totals AS SELECT total(), two();\nINSERT INTO log VALUES ('07_function 1');",
    ),
    (
        "08_own_transactions",
        "BEGIN;\nALTER TABLE orders ADD COLUMN note text;\nINSERT INTO log VALUES ('08_own_transactions 1');\nCOMMIT;\n\
         BEGIN;\nUPDATE orders SET note = 'x' WHERE id < 10;\nINSERT INTO log VALUES ('08_own_transactions 2');\nCOMMIT;",
    ),
    (
        "09_concurrently",
        "INSERT INTO log VALUES ('09_concurrently 1');\nDROP INDEX CONCURRENTLY orders_amount;\nVACUUM orders;\n\
         INSERT INTO log VALUES ('09_concurrently 2');\nREINDEX INDEX CONCURRENTLY orders_both;\n\
         INSERT INTO log VALUES ('09_concurrently 3');",
    ),
    (
        "10_settings",
        "CREATE SCHEMA other;\nSET search_path = other;\nCREATE TABLE t (id int);\n\
         INSERT INTO public.log VALUES ('10_settings 1');\nCREATE INDEX CONCURRENTLY t_id ON t (id);\n\
         CREATE TABLE u (id int);\nINSERT INTO public.log VALUES ('10_settings 2');",
    ),
    (
        "11_as_it_is",
        "-- evt: as-is\nBEGIN;\nINSERT INTO log VALUES ('11_as_it_is 1');\nCOMMIT;\nBEGIN;\n\
         INSERT INTO log VALUES ('11_as_it_is 2');\nCOMMIT;",
    ),
    (
        "12_batches",
        "-- evt: segments lock_timeout=10s\nINSERT INTO log VALUES ('12_batches 1');\n\
         DO $$ BEGIN INSERT INTO log VALUES ('12_batches 2'); COMMIT; INSERT INTO log VALUES ('12_batches 3'); END $$;\n\
         INSERT INTO log VALUES ('12_batches 4');",
    ),
];

/// Which steps are committed together with which count of segments: the steps before each count.
fn steps(name: &str) -> &'static [usize] {
    match name {
        "04_enum_value" | "08_own_transactions" | "11_as_it_is" => &[1, 2],
        "05_concurrent_index" => &[1, 1, 2, 2, 3],
        "09_concurrently" => &[1, 1, 1, 2, 2, 3],
        "10_settings" => &[1, 1, 2],
        "12_batches" => &[1, 3, 4],
        _ => &[1],
    }
}

/// What dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    /// The connection, on both sides.
    Connection,
    /// The process of the client, by SIGKILL; what it sent is delivered.
    Client,
    /// The process of the server, by `pg_terminate_backend`; the client is told.
    Backend,
}

const DEATHS: [Death; 3] = [Death::Connection, Death::Client, Death::Backend];

/// Between two of the points that the suite tries; a prime, so that they fall on messages of all kinds.
const STRIDE: usize = 43;

pub(crate) fn tests() -> Vec<Trial> {
    vec![long_blocking("kill: a deploy that dies at some of its messages is finished by the next one", |_| {
        // Every so many messages, each time with another death.
        run(|messages| (5..messages).step_by(STRIDE).map(|at| (at, DEATHS[at / STRIDE % 3])).collect());
    })]
}

/// The tests that take minutes.
pub(crate) fn sweep() -> Vec<Trial> {
    vec![Trial::test("sweep kill: a deploy that dies at any of its messages is finished by the next one", || {
        run(|messages| (0..messages).flat_map(|at| DEATHS.map(|death| (at, death))).collect());
        Ok(())
    })]
}

/// Runs an undisturbed deploy, then one for each point.
fn run(points: impl FnOnce(usize) -> Vec<(usize, Death)>) {
    let project = project(&MIGRATIONS);
    let (expected, messages) = runtime().block_on(async {
        let database = Scratch::new("calm").await;
        let proxy = Proxy::start(&database.url, None).await;
        deploy(&proxy, project.path()).await;
        let dump = database.contents().await;
        database.drop().await;
        (dump, proxy.messages())
    });
    let points = points(messages);
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failures = Mutex::new(Vec::new());
    let needed = Mutex::new(BTreeMap::<&str, usize>::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(4, |count| count.get().clamp(4, 8)) {
            scope.spawn(|| {
                while let Some((at, death)) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match runtime().block_on(die(project.path(), *at, *death, &expected)) {
                        Ok(way) => *needed.lock().expect("no panic").entry(way).or_default() += 1,
                        Err(problem) => {
                            let failure = format!("{death:?} at message {at}: {problem}");
                            report(&failure);
                            failures.lock().expect("no panic").push(failure);
                        }
                    }
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    // A sweep takes long; one that is ended early shall still tell what it found.
                    if done % 100 == 0 {
                        let failed = failures.lock().expect("no panic").len();
                        report(&format!("{done} of {} points, {failed} failures", points.len()));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no panic");
    let ways = needed.into_inner().expect("no panic");
    report(&format!("{messages} messages, {} points, {} failures; {ways:?}", points.len(), failures.len()));
    assert!(failures.is_empty(), "{} of {} points:\n{}", failures.len(), points.len(), failures.join("\n"));
}

#[expect(clippy::print_stdout, reason = "how many points there were is what the test is for")]
fn report(text: &str) {
    println!("kill: {text}");
}

/// One deploy that dies, and what must hold afterwards. Returns what it took to finish.
async fn die(project: &Path, at: usize, death: Death, expected: &str) -> Result<&'static str, String> {
    let database = Scratch::new(&format!("{at}_{death:?}").to_lowercase()).await;
    let proxy = Proxy::start(&database.url, Some((at, death))).await;
    deploy(&proxy, project).await;
    database.wait_until_alone().await;
    let outcome = aftermath(&database, project, expected).await;
    database.drop().await;
    outcome
}

async fn aftermath(database: &Scratch, project: &Path, expected: &str) -> Result<&'static str, String> {
    let mut db = database.connect().await;
    let directory = Directory::read(&project.join("migrations")).map_err(|error| error.to_string())?;
    let doubtful = truth(&mut db, &directory).await?;
    let mut way = "one more deploy";
    if let Some(name) = doubtful {
        let blocked = apply(&mut db, &directory).await;
        if !matches!(blocked, Err(MigrateError::FailedMigrations { .. })) {
            return Err(format!("nobody knows how much of {name} is there, and deploy says {blocked:?}"));
        }
        // What the documents tell a person to do: finish by hand, then say so.
        let done: Vec<usize> = logged(&mut db, &name).await;
        for step in (1..=*steps(&name).last().unwrap_or(&1)).filter(|step| !done.contains(step)) {
            let sql = format!("INSERT INTO log VALUES ('{name} {step}')");
            db.script(&Statement::script(&sql)).await.map_err(|error| error.to_string())?;
        }
        resolve::applied(&mut db, &directory, &name, Some(1000)).await.map_err(|error| error.to_string())?;
        way = "by hand, resolve, and one more deploy";
    }
    apply(&mut db, &directory).await.map_err(|error| format!("the next deploy: {error}"))?;
    db.close().await;
    let found = database.contents().await;
    if found == *expected {
        return Ok(way);
    }
    Err(similar::TextDiff::from_lines(expected, &found).unified_diff().context_radius(1).to_string())
}

/// Whether history and status say what the log shows. Returns the migration that needs a person, if one does.
async fn truth(db: &mut Connection, directory: &Directory) -> Result<Option<String>, String> {
    let history = History::read(db, "public").await.map_err(|error| error.to_string())?;
    let now = status(db, directory).await.map_err(|error| error.to_string())?;
    let mut doubtful = None;
    for migration in &directory.migrations {
        let name = &migration.name;
        let logged = logged(db, name).await;
        let all = *steps(name).last().unwrap_or(&1);
        let whole: Vec<usize> = (1..=all).collect();
        let record = history.of(name).last();
        let says = |what: &str| Err(format!("{name}: {what}, but the steps done are {logged:?}"));
        match record.map(evt::migrations::Record::state) {
            Some(RecordState::Applied) if logged != whole => return says("applied"),
            None | Some(RecordState::RolledBack) if !logged.is_empty() => return says("not applied"),
            Some(RecordState::Failed) => {
                let Some(unfinished) = now.unfinished.iter().find(|unfinished| unfinished.name == *name) else {
                    return says("failed and not in status");
                };
                match unfinished.stop {
                    Stop::GoesOn { done, of } => {
                        let counts = steps(name);
                        if of != counts.len() {
                            return Err(format!("{name}: {of} segments"));
                        }
                        // Each count stands for the steps before it, and a segment is there completely or not at all.
                        let before = if done == 0 { 0 } else { counts[done - 1] };
                        if logged.len() != before {
                            return says(&format!("{done} segments"));
                        }
                    }
                    Stop::InDoubt { .. } | Stop::Silent | Stop::Refused => doubtful = Some(name.clone()),
                    Stop::Edited { .. } => return says("edited"),
                }
            }
            _ => {}
        }
        if now.pending.contains(name) != record.is_none_or(|record| record.state() == RecordState::RolledBack) {
            return says(&format!("pending in status is {}", now.pending.contains(name)));
        }
    }
    Ok(doubtful)
}

/// The steps of a migration that are in the log, in order; one that is there twice is there twice.
async fn logged(db: &mut Connection, name: &str) -> Vec<usize> {
    let sql = format!("SELECT split_part(step, ' ', 2) AS n FROM log WHERE step LIKE '{name} %' ORDER BY 1");
    // Before the first migration there is no log.
    let rows = db.rows(&Statement::script(&sql)).await.unwrap_or_default();
    rows.iter().filter_map(|row| row.get("n")?.parse().ok()).collect()
}

async fn apply(db: &mut Connection, directory: &Directory) -> Result<Vec<String>, MigrateError> {
    let options = ApplyOptions {
        namespaces: vec!["public".to_owned()],
        lock_timeout_ms: Some(30_000),
        transactions: Transactions::Honest,
        external_tables: Vec::new(),
    };
    apply_pending(db, directory, &options, &mut async |_| {}).await
}

/// Runs the binary through the proxy until it ends or is killed.
async fn deploy(proxy: &Proxy, project: &Path) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_evt"))
        .args(["migrate", "deploy", "--lock-timeout", "30"])
        .current_dir(project)
        .env_clear()
        .env("DATABASE_URL", &proxy.url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("evt starts");
    loop {
        if child.try_wait().expect("a child").is_some() {
            return;
        }
        tokio::select! {
            () = proxy.kill.notified() => {
                child.kill().expect("the child is killed");
                proxy.killed.notify_one();
            }
            () = tokio::time::sleep(Duration::from_millis(5)) => {}
        }
    }
}

/// A database of one deploy's own.
struct Scratch {
    url: DatabaseUrl,
}

impl Scratch {
    async fn new(suffix: &str) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("evt_kill_{}_{number}_{suffix}", std::process::id());
        let maintenance = maintenance_url().expect("a server");
        let mut db = Connection::open(&maintenance).await.expect("a connection");
        let sql = format!("CREATE DATABASE {} TEMPLATE template0", Ident(&name));
        db.script(&Statement::built(sql)).await.expect("a database");
        db.close().await;
        Self { url: maintenance.with_database(&name) }
    }

    async fn connect(&self) -> Connection {
        Connection::open(&self.url).await.expect("a connection")
    }

    /// Waits until the server is done with what the dead client sent.
    async fn wait_until_alone(&self) {
        let mut db = self.connect().await;
        let others = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        while !db.rows(&Statement::script(others)).await.expect("an answer").is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        db.close().await;
    }

    /// Definitions and data as `pg_dump` writes them, the history's rows aside, and what it leaves out.
    async fn contents(&self) -> String {
        let mut db = self.connect().await;
        let invalid = "SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid";
        let rows = db.rows(&Statement::script(invalid)).await.expect("an answer");
        let mut text = rows.iter().fold(String::new(), |text, row| text + "invalid " + &row.values().join(" ") + "\n");
        let history = "SELECT string_agg(migration_name, ' ' ORDER BY migration_name) AS names, \
                       string_agg(DISTINCT (logs IS NULL OR logs = '')::text, ' ') AS logs \
                       FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL";
        let rows = db.rows(&Statement::script(history)).await.expect("an answer");
        text.extend(rows.iter().map(|row| row.values().join(" ") + "\n"));
        // Rows lie in the order in which they were written; what was written anew lies elsewhere.
        let log = "SELECT string_agg(step, ', ' ORDER BY step) FROM log";
        text.push_str(&db.rows(&Statement::script(log)).await.expect("an answer")[0].values().join(" "));
        db.close().await;
        let dump = binaries().map(|folder| Path::new(&folder).join("pg_dump")).filter(|path| path.exists());
        let output = Command::new(dump.unwrap_or_else(|| PathBuf::from("pg_dump")))
            // What evt notes for itself tells of each run, so that it differs.
            .args(["--no-owner", "--exclude-schema=_evt"])
            .args(["--exclude-table-data=_prisma_migrations", "--exclude-table-data=log"])
            .args(["--host", &self.url.host().unwrap_or_default(), "--port", &self.url.port().to_string()])
            .args(["--username", self.url.user().unwrap_or_default(), self.url.database()])
            .output()
            .expect("pg_dump");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let dumped = String::from_utf8_lossy(&output.stdout);
        // A word made anew by each run of newer versions.
        let lines = dumped.lines().filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"));
        let mut rows: Option<Vec<&str>> = None;
        for line in lines {
            match &mut rows {
                Some(_) if line == "\\." => {
                    let mut sorted = rows.take().unwrap_or_default();
                    sorted.sort_unstable();
                    text.extend(sorted.iter().map(|row| format!("\n{row}")));
                }
                Some(rows) => rows.push(line),
                None => {
                    text.push('\n');
                    text.push_str(line);
                    rows = line.starts_with("COPY ").then(Vec::new);
                }
            }
        }
        text
    }

    async fn drop(&self) {
        let mut db = Connection::open(&self.url.with_database("postgres")).await.expect("a connection");
        let sql = format!("DROP DATABASE {} WITH (FORCE)", Ident(self.url.database()));
        db.script(&Statement::built(sql)).await.expect("the database goes");
        db.close().await;
    }
}

/// Stands between client and server, counts the messages of both, and brings death before it passes on one of them.
struct Proxy {
    url: String,
    state: Arc<State>,
    kill: Arc<Notify>,
    killed: Arc<Notify>,
}

struct State {
    seen: AtomicUsize,
    /// The server's process, once it is known.
    process: AtomicUsize,
    death: Option<(usize, Death)>,
    maintenance: DatabaseUrl,
    kill: Arc<Notify>,
    killed: Arc<Notify>,
}

impl Proxy {
    async fn start(url: &DatabaseUrl, death: Option<(usize, Death)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (kill, killed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let state = Arc::new(State {
            seen: AtomicUsize::new(0),
            process: AtomicUsize::new(0),
            death,
            maintenance: url.with_database("postgres"),
            kill: Arc::clone(&kill),
            killed: Arc::clone(&killed),
        });
        let (host, server_port) = (url.host().expect("a server"), url.port());
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (state, host) = (Arc::clone(&shared), host.clone());
                tokio::spawn(async move {
                    if host.starts_with('/') {
                        let server =
                            UnixStream::connect(format!("{host}/.s.PGSQL.{server_port}")).await.expect("a server");
                        join(client, server.into_split(), &state).await;
                    } else {
                        let server = TcpStream::connect((host.as_str(), server_port)).await.expect("a server");
                        join(client, server.into_split(), &state).await;
                    }
                });
            }
        });
        let user = url.user().unwrap_or("postgres");
        let url = format!("postgresql://{user}@127.0.0.1:{port}/{}?sslmode=disable", url.database());
        Self { url, state, kill, killed }
    }

    /// How many messages went through.
    fn messages(&self) -> usize {
        self.state.seen.load(Ordering::Relaxed)
    }
}

async fn join(
    client: TcpStream,
    (mut from_server, mut to_server): (impl AsyncRead + Unpin, impl AsyncWrite + Unpin),
    state: &State,
) {
    let (mut from_client, mut to_client) = client.into_split();
    let forth = async {
        // The first message has no type.
        let mut typed = false;
        while let Some(message) = read(&mut from_client, typed).await {
            typed = true;
            if !allowed(state).await || to_server.write_all(&message).await.is_err() {
                break;
            }
        }
    };
    let back = async {
        while let Some(message) = read(&mut from_server, true).await {
            // `BackendKeyData` (PostgreSQL documentation, "Message Formats").
            if let [b'K', _, _, _, _, a, b, c, d, ..] = message[..] {
                let process = u32::from_be_bytes([a, b, c, d]) as usize;
                state.process.store(process, Ordering::Relaxed);
            }
            if !allowed(state).await || to_client.write_all(&message).await.is_err() {
                break;
            }
        }
    };
    tokio::select! { () = forth => {}, () = back => {} }
}

/// Counts a message; whether it may pass.
async fn allowed(state: &State) -> bool {
    let number = state.seen.fetch_add(1, Ordering::Relaxed);
    match state.death {
        Some((at, death)) if at == number => match death {
            Death::Connection => false,
            Death::Client => {
                state.kill.notify_one();
                state.killed.notified().await;
                true
            }
            Death::Backend => {
                let process = state.process.load(Ordering::Relaxed);
                if process > 0 {
                    let mut db = Connection::open(&state.maintenance).await.expect("a connection");
                    let sql = format!("SELECT pg_terminate_backend({process})");
                    db.script(&Statement::script(&sql)).await.expect("an answer");
                    db.close().await;
                }
                true
            }
        },
        Some((at, Death::Connection)) if number > at => false,
        _ => true,
    }
}

/// A whole message; `None` at the end of the stream.
async fn read(stream: &mut (impl AsyncRead + Unpin), typed: bool) -> Option<Vec<u8>> {
    let mut message = vec![0; if typed { 5 } else { 4 }];
    stream.read_exact(&mut message).await.ok()?;
    let head = message.len();
    let length = u32::from_be_bytes(message[head - 4..].try_into().ok()?) as usize;
    message.resize(head + length.checked_sub(4)?, 0);
    stream.read_exact(&mut message[head..]).await.ok()?;
    Some(message)
}
