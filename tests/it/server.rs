//! A real PostgreSQL for the tests: one private server per run, one database per test.
//!
//! `EVT_TEST_UPGRADES` are folders of newer servers' binaries, separated as in `PATH`, to which a database is taken.
//! `EVT_TEST_DATABASE_URL` names a server to use instead; `EVT_TEST_SERVER_BIN` the folder of the server binaries to
//! start, or `embedded` for the PostgreSQL inside evt, which is also taken where there are no binaries. It serves one
//! connection at a time, so that each test has one to itself meanwhile. What it cannot do is said in `server/inside.rs`,
//! and tests that need it are reported as ignored then, as all live tests are without any server.
#![expect(clippy::disallowed_methods, reason = "the tests' own settings are environment variables")]

pub(crate) mod inside;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use evt::db::local::{Binaries, Durability, Embedded, LocalServer, ServerProgram};
use evt::db::url::ServerKind;
use evt::db::{Connection, DatabaseUrl};
use evt::sql::quote::{Ident, Statement};
use libtest_mimic::{Failed, Trial};

static SERVER: Mutex<Option<Running>> = Mutex::new(None);
static AVAILABLE: OnceLock<Option<Source>> = OnceLock::new();
static NEXT: AtomicU32 = AtomicU32::new(0);

/// Where the server comes from.
#[derive(Clone)]
enum Source {
    Given(Box<DatabaseUrl>),
    Private(ServerProgram),
}

type Running = (LocalServer, tempfile::TempDir);

/// The server of a test.
struct Host {
    maintenance: DatabaseUrl,
    /// One inside evt, which the test has to itself.
    own: Option<Own>,
}

struct Own {
    server: Running,
    used: Vec<DatabaseUrl>,
}

/// Those that no test has.
static IDLE: Mutex<Vec<Own>> = Mutex::new(Vec::new());

/// Databases of the shared server that are empty and nobody's.
static USED: Mutex<Vec<DatabaseUrl>> = Mutex::new(Vec::new());

impl Host {
    fn new() -> Result<Self, Failed> {
        let Some(Source::Private(program @ ServerProgram::Embedded(_))) = available() else {
            return Ok(Self { maintenance: maintenance_url()?, own: None });
        };
        let idle = IDLE.lock().map_err(|_| "a test failed while it held the lock")?.pop();
        let own = match idle {
            Some(own) => own,
            None => Own { server: start(program)?, used: Vec::new() },
        };
        Ok(Self { maintenance: maintenance_of(&own.server.0), own: Some(own) })
    }

    /// A database that another test has left.
    fn used(&mut self) -> Option<DatabaseUrl> {
        match &mut self.own {
            Some(own) => own.used.pop(),
            None => USED.lock().ok()?.pop(),
        }
    }

    /// Keeps an empty database for another test.
    fn keep(&mut self, url: DatabaseUrl) {
        match &mut self.own {
            Some(own) => own.used.push(url),
            None => drop(USED.lock().map(|mut used| used.push(url))),
        }
    }

    fn new_database(&self) -> Result<DatabaseUrl, Failed> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("evt_test_{}_{number}", std::process::id());
        let sql = format!("CREATE DATABASE {} TEMPLATE template0", Ident(&name));
        in_maintenance(&self.maintenance, &[sql])?;
        Ok(self.maintenance.with_database(&name))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let (Some(own), Ok(mut idle)) = (self.own.take(), IDLE.lock()) {
            idle.push(own);
        }
    }
}

/// A URL for a server that serves one connection at a time: who connects may have to wait for the end of the one before,
/// which takes longer than the five seconds of other URLs on a machine that has much to do.
pub(crate) fn patient(url: &str) -> String {
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}connect_timeout=60")
}

/// A database of one test's own.
pub(crate) struct TestDatabase {
    pub(crate) url: DatabaseUrl,
}

impl TestDatabase {
    /// Connects to it.
    pub(crate) async fn connect(&self) -> Connection {
        Connection::open(&self.url).await.expect("the test's own database")
    }

    /// Its URL as text, for programs.
    pub(crate) fn text(&self) -> String {
        self.text_of(self.url.database())
    }

    /// Its URL for another role.
    pub(crate) fn text_as(&self, role: &str) -> String {
        let text = self.text();
        let (before, after) = text.split_once('@').expect("a user");
        let (scheme, _) = before.split_once("//").expect("a scheme");
        format!("{scheme}//{role}@{after}")
    }

    /// The URL of a database beside it that does not exist; it is dropped together with this one.
    pub(crate) fn missing(&self) -> String {
        self.text_of(&beside(self.url.database()))
    }

    fn text_of(&self, database: &str) -> String {
        let location = self.url.location().unwrap_or_default();
        let user = self.url.user().unwrap_or_default();
        match location.strip_prefix("unix:") {
            // The port is part of the socket's name.
            Some(folder) => {
                let url = format!("postgresql://{user}@localhost:{}/{database}?host={folder}", self.url.port());
                if self.url.serves_one() { patient(&url) } else { url }
            }
            None => format!("{}/{database}", given_url().unwrap_or_default()),
        }
    }

    /// Runs statements in it; rows as text, values separated by ` | `.
    pub(crate) fn ask(&self, sql: &str) -> String {
        runtime().block_on(self.answer(sql))
    }

    /// The same for tests that wait for other things too.
    pub(crate) async fn answer(&self, sql: &str) -> String {
        let mut db = self.connect().await;
        match db.rows(&Statement::script(sql)).await {
            Ok(rows) => rows.iter().map(|row| row.values().join(" | ") + "\n").collect(),
            Err(error) => format!("! {error}\n"),
        }
    }

    /// Runs a script in it and returns the connection.
    pub(crate) async fn with(&self, sql: &str) -> Connection {
        let mut db = self.connect().await;
        run(&mut db, sql).await;
        db
    }
}

/// Runs a script of a test's own.
pub(crate) async fn run(db: &mut Connection, sql: &str) {
    if let Err(error) = db.script(&Statement::script(sql)).await {
        panic!("the test's own script fails: {error}\n{sql}");
    }
}

/// A test on a database of its own; ignored if there is no server.
pub(crate) fn live<F, R>(name: impl Into<String>, test: F) -> Trial
where
    F: FnOnce(TestDatabase) -> R + Send + 'static,
    R: Future<Output = ()>,
{
    live_blocking(name, move |database| runtime().block_on(test(database)))
}

/// The same for a test that does not need a runtime, such as one that runs the binary.
pub(crate) fn live_blocking<F>(name: impl Into<String>, test: F) -> Trial
where
    F: FnOnce(TestDatabase) + Send + 'static,
{
    // The word by which the live tests are chosen when several servers are tried in turn.
    on_a_server(format!("live {}", name.into()), test)
}

/// A live test that does not mind that another one of its kind had the database before it: only namespaces are made
/// anew, which takes much less time than a database. It must not change settings of the database.
pub(crate) fn reused<F, R>(name: impl Into<String>, test: F) -> Trial
where
    F: FnOnce(TestDatabase) -> R + Send + 'static,
    R: Future<Output = ()>,
{
    trial(format!("live {}", name.into()), move || {
        let mut host = Host::new()?;
        let url = host.used().map_or_else(|| host.new_database(), Ok)?;
        let database = TestDatabase { url: url.clone() };
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| runtime().block_on(test(database))));
        if outcome.is_ok() && in_maintenance(&url, &[EMPTY.to_owned()]).is_ok() {
            host.keep(url);
        } else {
            drop_database(&url);
        }
        outcome.map_err(|panic| Failed::from(message_of(&*panic)))
    })
}

const EMPTY: &str = "DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', name);
    END LOOP;
END $$;
CREATE SCHEMA public";

/// A live test that takes more than a second or two: it runs on one server, not on every version in turn.
pub(crate) fn long<F, R>(name: impl Into<String>, test: F) -> Trial
where
    F: FnOnce(TestDatabase) -> R + Send + 'static,
    R: Future<Output = ()>,
{
    on_a_server(format!("long {}", name.into()), move |database| runtime().block_on(test(database)))
}

/// The same for a test that does not need a runtime.
pub(crate) fn long_blocking<F>(name: impl Into<String>, test: F) -> Trial
where
    F: FnOnce(TestDatabase) + Send + 'static,
{
    on_a_server(format!("long {}", name.into()), test)
}

fn on_a_server<F>(name: String, test: F) -> Trial
where
    F: FnOnce(TestDatabase) + Send + 'static,
{
    trial(name, move || {
        let host = Host::new()?;
        let url = host.new_database()?;
        let database = TestDatabase { url: url.clone() };
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| test(database)));
        drop_database(&url);
        outcome.map_err(|panic| Failed::from(message_of(&*panic)))
    })
}

/// A test that is ignored if there is no server on which it can run. Why it cannot run on the one inside evt is its kind.
fn trial(name: String, test: impl FnOnce() -> Result<(), Failed> + Send + 'static) -> Trial {
    let lacking = match available() {
        Some(Source::Private(ServerProgram::Embedded(_))) => inside::lacking(&name),
        _ => None,
    };
    let trial = Trial::test(name, test).with_ignored_flag(available().is_none() || lacking.is_some());
    match lacking {
        Some(what) => trial.with_kind(format!("needs {what}")),
        None => trial,
    }
}

/// Waits for a future.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Stops the private server; called when all tests are done.
pub(crate) fn stop() {
    for url in USED.lock().map(|mut used| std::mem::take(&mut *used)).unwrap_or_default() {
        drop_database(&url);
    }
    let shared = SERVER.lock().map(|mut server| server.take());
    let idle = IDLE.lock().map(|mut idle| std::mem::take(&mut *idle));
    drop((shared, idle));
}

/// The URL of a maintenance database on the server, for tests that make and drop databases themselves.
pub(crate) fn maintenance_url() -> Result<DatabaseUrl, Failed> {
    match available() {
        None => Err("no PostgreSQL server".into()),
        Some(Source::Given(url)) => Ok(url.with_database("postgres")),
        Some(Source::Private(program)) => {
            let mut server = SERVER.lock().map_err(|_| "the server did not start")?;
            if server.is_none() {
                *server = Some(start(program)?);
            }
            Ok(maintenance_of(&server.as_ref().ok_or("the server did not start")?.0))
        }
    }
}

/// The log of the private server, once it runs. That of a given server is out of reach.
pub(crate) fn server_log() -> Option<PathBuf> {
    let server = SERVER.lock().ok()?;
    server.as_ref().map(|(running, _)| running.log())
}

/// The folder of the server programs on this machine.
pub(crate) fn binaries() -> Option<String> {
    let found = match std::env::var_os("EVT_TEST_SERVER_BIN") {
        Some(folder) => Binaries::in_folder(Path::new(&folder)),
        None => Binaries::find(std::env::var_os("PATH").as_deref()),
    };
    found.ok().map(|binaries| binaries.folder.display().to_string())
}

/// A test that starts servers of its own from the server programs of the machine; ignored if there are none.
pub(crate) fn of_programs(test: Trial) -> Trial {
    match binaries() {
        Some(_) => test,
        None => test.with_kind("needs server programs").with_ignored_flag(true),
    }
}

/// The evt that serves the embedded PostgreSQL, if it has one inside.
pub(crate) fn embedded() -> Option<ServerProgram> {
    Embedded::served_by(env!("CARGO_BIN_EXE_evt").into()).ok().map(ServerProgram::Embedded)
}

/// A URL of a local server of this kind, for commands in a project.
pub(crate) fn local_url(kind: ServerKind) -> &'static str {
    match kind {
        ServerKind::Installed => "local:.evt/db?server=installed",
        ServerKind::Embedded => "local:.evt/db?server=embedded",
    }
}

/// A test for each kind of server that evt runs itself. Which version is installed makes no difference to the embedded
/// one, which has no test if it is not inside.
pub(crate) fn on_each_kind(
    name: &str,
    (installed, embedded): (&str, &str),
    test: impl Fn(ServerKind) -> Result<(), Failed> + Clone + Send + 'static,
) -> Vec<Trial> {
    let (own, inside) = (test.clone(), self::embedded().is_some());
    let installed = Trial::test(format!("{installed} {name}"), move || own(ServerKind::Installed));
    let mut trials = vec![of_programs(installed)];
    if inside {
        trials.push(Trial::test(format!("{embedded} {name}"), move || test(ServerKind::Embedded)));
    }
    trials
}

/// The server programs of a kind. The test that asks was not ignored for want of them.
pub(crate) fn program(kind: ServerKind) -> ServerProgram {
    let installed = || ServerProgram::in_folder(Path::new(&binaries()?)).ok();
    match kind {
        ServerKind::Installed => installed(),
        ServerKind::Embedded => embedded(),
    }
    .expect("server programs")
}

fn start(program: &ServerProgram) -> Result<Running, Failed> {
    let folder = tempfile::Builder::new().prefix("evt-test-").tempdir()?;
    open_to_all(folder.path());
    let server = LocalServer::start(program, folder.path(), Durability::Disposable)?;
    Ok((server, folder))
}

fn maintenance_of(server: &LocalServer) -> DatabaseUrl {
    server.url(&"local:tests".parse().expect("a URL")).with_database("postgres")
}

/// A server of its own for a test that needs a second one, with the maintenance database as the test's.
pub(crate) fn another(binaries: &Path) -> (TestDatabase, impl Sized) {
    let running = start(&ServerProgram::in_folder(binaries).expect("server programs")).expect("another server starts");
    (TestDatabase { url: maintenance_of(&running.0) }, running)
}

/// A server that runs as another user must be able to enter the folder.
pub(crate) fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755));
}

/// `EVT_TEST_DATABASE_URL` without its database and parameters.
fn given_url() -> Option<String> {
    let text = std::env::var("EVT_TEST_DATABASE_URL").ok()?;
    let text = text.split('?').next().unwrap_or_default().to_owned();
    match text.match_indices('/').nth(2) {
        Some((end, _)) => Some(text[..end].to_owned()),
        None => Some(text),
    }
}

fn available() -> Option<&'static Source> {
    let found = AVAILABLE.get_or_init(|| {
        if let Ok(text) = std::env::var("EVT_TEST_DATABASE_URL") {
            let url = text.parse().expect("EVT_TEST_DATABASE_URL is a database URL");
            return Some(Source::Given(Box::new(url)));
        }
        let binaries = match std::env::var_os("EVT_TEST_SERVER_BIN") {
            Some(word) if word == "embedded" => Some(embedded().expect("an evt with a PostgreSQL inside")),
            Some(folder) => {
                Some(ServerProgram::in_folder(Path::new(&folder)).expect("EVT_TEST_SERVER_BIN has a server"))
            }
            None => {
                let installed = Binaries::find(std::env::var_os("PATH").as_deref()).map(ServerProgram::Installed);
                installed.ok().or_else(embedded)
            }
        };
        binaries.map(Source::Private)
    });
    found.as_ref()
}

fn beside(database: &str) -> String {
    format!("{database}_new")
}

fn drop_database(url: &DatabaseUrl) {
    let dropped = [url.database(), &beside(url.database())]
        .map(|name| format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", Ident(name)));
    let _ = in_maintenance(&url.with_database("postgres"), &dropped);
}

/// Runs scripts one after the other in a database.
fn in_maintenance(url: &DatabaseUrl, scripts: &[String]) -> Result<(), Failed> {
    runtime().block_on(async {
        let mut db = Connection::open(url).await?;
        for sql in scripts {
            db.script(&Statement::built(sql.clone())).await?;
        }
        db.close().await;
        Ok(())
    })
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(text), _) => text.clone(),
        (None, Some(text)) => (*text).to_owned(),
        (None, None) => "panicked".to_owned(),
    }
}
