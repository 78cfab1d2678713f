//! A PostgreSQL server that evt runs itself, from the machine's own server binaries or from inside evt: behind
//! `local:<folder>` URLs and under the tests.
//!
//! Whoever uses the server holds a shared lock on a file in the folder. The first user starts the server, the last one
//! to leave stops it, and a server whose user died is found and used by the next one. Nothing has to be cleaned up.

mod choice;
pub mod development;
pub mod embedded;
pub mod gateway;
mod greeting;
mod home;
mod postmaster;
mod programs;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use home::{home_of, lock_file, locks, made_in, new_socket_folder};
use postmaster::State;
use programs::Identity;

use super::url::{DatabaseUrl, ServerKind};

pub use choice::{Maker, ServerProgram};
pub use embedded::{Embedded, Guest};
pub use greeting::Visitor;
pub use programs::Binaries;

/// Longest wait for a server to accept connections or to stop. A server that recovers from a crash may need a while.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long to wait between two looks at a starting or stopping server.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The name of the file in the data folder that takes the server's log.
const LOG: &str = "server.log";

/// The superuser of every local server.
pub const SUPERUSER: &str = "postgres";

/// Why a local server cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// There are no server binaries on this machine.
    #[error(
        "no PostgreSQL server found on this machine (looked for `initdb` in PATH and in {}): \
         install one, for example with `apt-get install postgresql`, set DATABASE_URL to a server elsewhere, or take an \
         evt with a PostgreSQL inside (feature `embedded`)",
        looked.join(", ")
    )]
    NoBinaries {
        /// The places that were looked at besides PATH.
        looked: Vec<String>,
    },
    /// The folder was made by another major version.
    #[error(
        "`{}` was made by PostgreSQL {found}, and this machine has {available}: install PostgreSQL {found}, \
         or choose another folder",
        folder.display()
    )]
    OtherVersion {
        /// The data folder.
        folder: PathBuf,
        /// The major version that made it.
        found: String,
        /// The major version of the binaries.
        available: String,
    },
    /// The folder was made by a server of the other kind, whose files this one cannot read.
    #[error(
        "`{}` was made by {made_by}, and {wanted} cannot read its files: {}, choose another folder, or throw the data \
         away with `evt dev reset`",
        folder.display(), instead(made_by.kind)
    )]
    OtherKind {
        /// The data folder.
        folder: PathBuf,
        /// What made it.
        made_by: Maker,
        /// What is to run.
        wanted: Maker,
    },
    /// What made the folder is not installed on this machine.
    #[error(
        "`{}` was made by {made_by}, and there is none on this machine (looked for `initdb` in PATH and in {}): install \
         it, choose another folder, or throw the data away with `evt dev reset`",
        folder.display(), looked.join(", ")
    )]
    MakerMissing {
        /// The data folder.
        folder: PathBuf,
        /// What made it.
        made_by: Maker,
        /// The places that were looked at besides PATH.
        looked: Vec<String>,
    },
    /// There is no PostgreSQL in this evt.
    #[error(
        "this evt has no PostgreSQL inside ({}): install a PostgreSQL server, or an evt with the feature `embedded`",
        embedded::WHY_NOT
    )]
    NotEmbedded,
    /// The program that serves the embedded PostgreSQL is not there.
    #[error("the PostgreSQL inside evt is served by the program `evt`, which is not in PATH")]
    NoProgram,
    /// The embedded PostgreSQL failed.
    #[error("the embedded PostgreSQL failed: {0}")]
    Embedded(String),
    /// The server refuses to run as root and there is nobody else to run it.
    #[error("PostgreSQL does not run as root, and this machine has no user `postgres` or `nobody` to run it as")]
    NoUser,
    /// A program failed.
    #[error("`{program}` failed: {output}")]
    Program {
        /// The program.
        program: &'static str,
        /// What it said.
        output: String,
    },
    /// The server did not come up or go down in time.
    #[error("the server in `{}` did not {what} within {} s; its log: {log}", folder.display(), PATIENCE.as_secs())]
    Timeout {
        /// The data folder.
        folder: PathBuf,
        /// `start` or `stop`.
        what: &'static str,
        /// The end of its log.
        log: String,
    },
    /// Somebody uses the folder.
    #[error(
        "the server in `{}` is in use by another process: wait until that ends, or stop it, for example with `evt dev stop`",
        folder.display()
    )]
    Busy {
        /// The data folder.
        folder: PathBuf,
    },
    /// A file could not be read or written.
    #[error("cannot use `{}`: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What a server is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A person's data: everything is flushed.
    Kept,
    /// Thrown away after use: nothing is flushed.
    Disposable,
}

/// A running server, used by this process.
#[derive(Debug)]
pub struct LocalServer {
    data: PathBuf,
    socket_folder: PathBuf,
    port: u16,
    users: File,
    child: Option<Child>,
    disposable: bool,
    kind: ServerKind,
}

impl LocalServer {
    /// Starts the server whose data is below `folder`, making the data first if there is none; or joins the one that
    /// runs there already.
    pub fn start(program: &ServerProgram, folder: &Path, durability: Durability) -> Result<Self, LocalError> {
        Self::start_with(program, folder, durability, &[])
    }

    /// As [`LocalServer::start`], with settings of the server as `name=value`, which only an installed one takes. A
    /// server that runs already keeps its own.
    pub fn start_with(
        program: &ServerProgram,
        folder: &Path,
        durability: Durability,
        settings: &[String],
    ) -> Result<Self, LocalError> {
        let identity = program.identity()?;
        let home = home_of(folder, identity)?;
        let (_starting, users) = locks(&home)?;
        users.lock_shared().map_err(|source| io_error(&home, source))?;

        let data = home.join("data");
        if Maker::of(&data).is_none() {
            // A folder that does not say who made it is what an interrupted beginning leaves: nothing in it can be
            // anybody's data.
            let _ = fs::remove_dir_all(&data);
            program.initialise(&data, identity)?;
        }
        program.check_kind(&data)?;
        let server = |socket_folder, port, child| {
            let (data, disposable, kind) = (data.clone(), durability == Durability::Disposable, program.kind());
            Self { data, socket_folder, port, users, child, disposable, kind }
        };
        if let Some((socket_folder, port)) = postmaster::settled(&data)? {
            return Ok(server(socket_folder, port, None));
        }
        program.check_version(&data)?;
        let socket_folder = new_socket_folder(identity)?;
        let port = 5432;
        if program.kind() == ServerKind::Embedded && !settings.is_empty() {
            return Err(LocalError::Embedded("it takes no settings".to_owned()));
        }
        let socket = postmaster::socket(&socket_folder, port);
        let command = || match program {
            ServerProgram::Embedded(embedded) => embedded.command(&data, &socket),
            ServerProgram::Installed(binaries) => {
                let folder = socket.parent().unwrap_or(&socket);
                postgres(binaries, &data, folder, port, durability, settings, identity)
            }
        };
        let child = launch(command(), &data)?;
        let mut server = server(socket_folder, port, Some(child));
        server.wait_until_ready(|| launch(command(), &data))?;
        Ok(server)
    }

    /// Which kind it is.
    pub fn kind(&self) -> ServerKind {
        self.kind
    }

    /// What `url` leads to on this server.
    pub fn url(&self, url: &DatabaseUrl) -> DatabaseUrl {
        let url = url.on_socket(&self.socket_folder, self.port, SUPERUSER);
        match self.kind {
            ServerKind::Installed => url,
            ServerKind::Embedded => url.serving_one(),
        }
    }

    /// The folder of its unix socket.
    pub fn socket_folder(&self) -> &Path {
        &self.socket_folder
    }

    /// The port number that names its socket.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The path of its unix socket.
    pub fn socket(&self) -> PathBuf {
        postmaster::socket(&self.socket_folder, self.port)
    }

    /// Who else has the connection of a server that serves one at a time.
    pub fn occupied_by(&self) -> Option<Guest> {
        Guest::of(&self.data).filter(|guest| guest.process != std::process::id())
    }

    /// The file that the server writes its log to.
    pub fn log(&self) -> PathBuf {
        self.data.join(LOG)
    }

    /// Throws the data below a folder away. Refuses while anybody uses it. Says whether there was any.
    pub fn erase(folder: &Path) -> Result<bool, LocalError> {
        let Some(home) = made_in(folder) else { return Ok(false) };
        let (_starting, users) = locks(&home)?;
        if users.try_lock().is_err() {
            return Err(LocalError::Busy { folder: folder.to_owned() });
        }
        let data = home.join("data");
        // One that was left behind by a crash.
        if postmaster::runs(&data) {
            postmaster::ask_to_stop(&data, true)?;
            postmaster::settled(&data)?;
        }
        fs::remove_dir_all(&data).map_err(|source| io_error(&data, source))?;
        Ok(true)
    }

    /// `again` starts the program once more.
    fn wait_until_ready(&mut self, again: impl Fn() -> Result<Child, LocalError>) -> Result<(), LocalError> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let State::Ready { port, .. } = postmaster::state(&self.data) {
                self.port = port;
                return Ok(());
            }
            let exited = self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(Some(_))));
            if exited {
                let program = match self.kind {
                    ServerKind::Installed => "postgres",
                    ServerKind::Embedded => "evt embedded-server",
                };
                let output = log_end(&self.data);
                if output.contains(HELD) {
                    std::thread::sleep(LOOK_AGAIN);
                    self.child = Some(again()?);
                    continue;
                }
                let failed = LocalError::Program { program, output };
                // One that was started by somebody who died at once, before it could be seen, came first.
                let (socket_folder, port) = postmaster::settled(&self.data)?.ok_or(failed)?;
                let own = std::mem::replace(&mut self.socket_folder, socket_folder);
                let _ = fs::remove_dir_all(own);
                (self.port, self.child) = (port, None);
                return Ok(());
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        Err(LocalError::Timeout { folder: self.data.clone(), what: "start", log: log_end(&self.data) })
    }

    /// Leaves the server; stops it if nobody else uses it. Dropping does the same, without the error.
    pub fn stop(mut self) -> Result<(), LocalError> {
        self.leave()
    }

    fn leave(&mut self) -> Result<(), LocalError> {
        // A shared lock cannot be upgraded in one step: between the two somebody may join, who then keeps the server.
        let _ = self.users.unlock();
        if self.users.try_lock().is_err() {
            return Ok(());
        }
        if !postmaster::runs(&self.data) {
            return Ok(());
        }
        postmaster::ask_to_stop(&self.data, self.disposable)?;
        let start = Instant::now();
        while self.still_runs() {
            if start.elapsed() > PATIENCE {
                return Err(LocalError::Timeout { folder: self.data.clone(), what: "stop", log: log_end(&self.data) });
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        postmaster::forget_stop(&self.data);
        let _ = fs::remove_dir_all(&self.socket_folder);
        let _ = self.users.unlock();
        Ok(())
    }

    fn still_runs(&mut self) -> bool {
        match &mut self.child {
            Some(child) => matches!(child.try_wait(), Ok(None)),
            None => postmaster::runs(&self.data),
        }
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        // Nothing can be reported from here; a server that does not stop is found by the next user.
        let _ = self.leave();
    }
}

/// What a server says where one was killed whose processes have not all noticed that yet: those that calculate do so when
/// they are done. Always in English: evt makes its clusters with the locale C.
const HELD: &str = "pre-existing shared memory block";

/// A URL that can be connected to, and the server behind it if evt runs it. The server stops when this is dropped, unless
/// somebody else uses it.
#[derive(Debug)]
pub struct Reached {
    /// The URL; of a `local:` one, that of its running server.
    pub url: DatabaseUrl,
    server: Option<LocalServer>,
}

impl Reached {
    /// Starts the server of a `local:` URL, whose folder must be absolute or relative to the current one; leaves any
    /// other URL as it is. `search_path` is the PATH variable.
    pub fn new(url: &DatabaseUrl, search_path: Option<&OsStr>) -> Result<Self, LocalError> {
        let Some(folder) = url.local_folder() else { return Ok(Self { url: url.clone(), server: None }) };
        let program = ServerProgram::of_folder(folder, url.local_server(), search_path)?;
        let server = LocalServer::start(&program, folder, Durability::Kept)?;
        Ok(Self { url: server.url(url), server: Some(server) })
    }

    /// The server that evt runs for this URL.
    pub fn server(&self) -> Option<&LocalServer> {
        self.server.as_ref()
    }

    /// Leaves the server in order; dropping does the same without the error.
    pub fn leave(self) -> Result<(), LocalError> {
        self.server.map_or(Ok(()), LocalServer::stop)
    }
}

/// Starts a server that writes its log into its data folder.
fn launch(mut program: programs::Program, data: &Path) -> Result<Child, LocalError> {
    use std::os::unix::process::CommandExt as _;
    let log_path = data.join(LOG);
    let log = File::create(&log_path).map_err(|source| io_error(&log_path, source))?;
    let error_log = log.try_clone().map_err(|source| io_error(&log_path, source))?;
    program
        .command
        .current_dir("/")
        .stdout(log)
        .stderr(error_log)
        // A group of its own: Ctrl-C in the terminal reaches evt, which stops the server in order.
        .process_group(0)
        .spawn()
        .map_err(|error| LocalError::Program { program: program.name, output: error.to_string() })
}

/// The command line of an installed server.
fn postgres(
    binaries: &Binaries,
    data: &Path,
    socket_folder: &Path,
    port: u16,
    durability: Durability,
    settings: &[String],
    identity: Identity,
) -> programs::Program {
    let setting = |name: &str, value: &OsStr| {
        let mut text = OsString::from(format!("{name}="));
        text.push(value);
        text
    };
    let mut program = binaries
        .command("postgres", identity)
        .arg("-D")
        .arg(data)
        .arg("-c")
        .arg("listen_addresses=")
        .arg("-c")
        .arg(setting("unix_socket_directories", socket_folder.as_os_str()))
        .arg("-c")
        .arg(format!("port={port}"))
        .arg("-c")
        .arg("max_connections=200");
    if durability == Durability::Disposable {
        for setting in ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=4GB"] {
            program = program.arg("-c").arg(setting);
        }
    }
    for setting in settings {
        program = program.arg("-c").arg(setting);
    }
    program
}

fn instead(made_by: ServerKind) -> &'static str {
    match made_by {
        ServerKind::Installed => "take `server=embedded` out of the URL",
        ServerKind::Embedded => "take `server=installed` out of the URL",
    }
}

fn log_end(data: &Path) -> String {
    let log = fs::read_to_string(data.join(LOG)).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("; ")
}

fn io_error(path: &Path, source: io::Error) -> LocalError {
    LocalError::Io { path: path.to_path_buf(), source }
}
