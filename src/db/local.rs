//! A PostgreSQL server that evt runs itself, from the machine's own server binaries: behind `local:<folder>` URLs and
//! under the tests.
//!
//! Whoever uses the server holds a shared lock on a file in the folder. The first user starts the server, the last one
//! to leave stops it, and a server whose user died is found and used by the next one. Nothing has to be cleaned up.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::url::DatabaseUrl;

/// Longest wait for a server to accept connections or to stop. A server that recovers from a crash may need a while.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long to wait between two looks at a starting or stopping server.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The superuser of every local server.
pub const SUPERUSER: &str = "postgres";

/// Why a local server cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// There are no server binaries on this machine.
    #[error(
        "no PostgreSQL server found on this machine (looked for `initdb` in PATH and in {}): \
         install one, for example with `apt-get install postgresql`, or set DATABASE_URL to a server elsewhere",
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
    /// A file could not be read or written.
    #[error("cannot use `{}`: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The programs of one PostgreSQL installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// The folder with `initdb` and `postgres`.
    pub folder: PathBuf,
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
}

impl Binaries {
    /// The server binaries of this machine: `initdb` in `search_path` (the PATH variable), else the newest version in
    /// the places where packages put them.
    pub fn find(search_path: Option<&OsStr>) -> Result<Self, LocalError> {
        let in_path = search_path.into_iter().flat_map(std::env::split_paths);
        let usual = usual_places();
        let folders = in_path.chain(usual.iter().cloned());
        folders
            .map(|folder| Self { folder })
            .find(Self::complete)
            .ok_or_else(|| LocalError::NoBinaries { looked: places_for_people() })
    }

    /// The binaries in a folder; used to test several versions.
    pub fn in_folder(folder: &Path) -> Result<Self, LocalError> {
        let found = Self { folder: folder.to_path_buf() };
        if found.complete() {
            Ok(found)
        } else {
            Err(LocalError::NoBinaries { looked: vec![folder.display().to_string()] })
        }
    }

    /// The major version, as `PG_VERSION` in a data folder spells it.
    pub fn major_version(&self) -> Result<String, LocalError> {
        let output = self.command("postgres", Identity::Own).arg("--version").run()?;
        let version = output.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        let digits = |word: &str| word.chars().take_while(char::is_ascii_digit).collect();
        version.map(digits).ok_or(LocalError::Program { program: "postgres", output })
    }

    fn complete(&self) -> bool {
        ["initdb", "postgres"].iter().all(|program| self.folder.join(program).is_file())
    }

    fn command(&self, program: &'static str, identity: Identity) -> Program {
        let mut command = Command::new(self.folder.join(program));
        command.stdin(Stdio::null());
        // Servers that were unpacked rather than installed carry their libraries beside them.
        let libraries = self.folder.join("../lib");
        if libraries.join("libpq.so.5").exists() {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        identity.apply(&mut command);
        Program { name: program, command }
    }
}

impl LocalServer {
    /// Starts the server whose data is below `folder`, making the data first if there is none; or joins the one that
    /// runs there already.
    pub fn start(binaries: &Binaries, folder: &Path, durability: Durability) -> Result<Self, LocalError> {
        Self::start_with(binaries, folder, durability, &[])
    }

    /// As [`LocalServer::start`], with settings of the server as `name=value`. A server that runs already keeps its own.
    pub fn start_with(
        binaries: &Binaries,
        folder: &Path,
        durability: Durability,
        settings: &[String],
    ) -> Result<Self, LocalError> {
        let identity = Identity::for_server()?;
        let home = home_of(folder, identity)?;
        let starting = lock_file(&home.join("start.lock"))?;
        starting.lock().map_err(|source| io_error(&home, source))?;
        let users = lock_file(&home.join("users.lock"))?;
        users.lock_shared().map_err(|source| io_error(&home, source))?;

        let data = home.join("data");
        let disposable = durability == Durability::Disposable;
        if !data.join("PG_VERSION").exists() {
            initialise(binaries, &data, identity)?;
        }
        if let Some((socket_folder, port)) = running(&data) {
            return Ok(Self { data, socket_folder, port, users, child: None, disposable });
        }
        check_version(binaries, &data)?;
        let socket_folder = new_socket_folder(identity)?;
        let port = 5432;
        let child = launch(binaries, &data, &socket_folder, port, durability, settings, identity)?;
        let mut server = Self { data, socket_folder, port, users, child: Some(child), disposable };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// The folder of its unix socket.
    pub fn socket_folder(&self) -> &Path {
        &self.socket_folder
    }

    /// The port number that names its socket.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn wait_until_ready(&mut self) -> Result<(), LocalError> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some((_, port)) = running(&self.data) {
                self.port = port;
                return Ok(());
            }
            let exited = self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(Some(_))));
            if exited {
                return Err(LocalError::Program { program: "postgres", output: log_end(&self.data) });
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
        let Some(pid) = postmaster_pid(&self.data) else { return Ok(()) };
        // SIGINT asks for a fast shutdown (PostgreSQL documentation, "Shutting Down the Server").
        let signal = if self.disposable { rustix::process::Signal::QUIT } else { rustix::process::Signal::INT };
        if let Some(pid) = rustix::process::Pid::from_raw(pid) {
            let _ = rustix::process::kill_process(pid, signal);
        }
        let start = Instant::now();
        while self.still_runs() {
            if start.elapsed() > PATIENCE {
                return Err(LocalError::Timeout { folder: self.data.clone(), what: "stop", log: log_end(&self.data) });
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        let _ = fs::remove_dir_all(&self.socket_folder);
        let _ = self.users.unlock();
        Ok(())
    }

    fn still_runs(&mut self) -> bool {
        match &mut self.child {
            Some(child) => matches!(child.try_wait(), Ok(None)),
            None => postmaster_pid(&self.data).is_some_and(alive),
        }
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        // Nothing can be reported from here; a server that does not stop is found by the next user.
        let _ = self.leave();
    }
}

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
        let server = LocalServer::start(&Binaries::find(search_path)?, folder, Durability::Kept)?;
        let url = url.on_socket(server.socket_folder(), server.port(), SUPERUSER);
        Ok(Self { url, server: Some(server) })
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

/// The user under which server programs run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Identity {
    /// The user of this process.
    Own,
    /// Another user, because this process is root's.
    Other { uid: u32, gid: u32 },
}

impl Identity {
    /// PostgreSQL refuses to run as root; its own user, else `nobody`, does it then.
    fn for_server() -> Result<Self, LocalError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Own);
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        ["postgres", "nobody"].iter().find_map(|name| user_in(&passwd, name)).ok_or(LocalError::NoUser)
    }

    fn apply(self, command: &mut Command) {
        use std::os::unix::process::CommandExt as _;
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
    }

    fn give(self, path: &Path) -> Result<(), LocalError> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid } => {
                std::os::unix::fs::chown(path, Some(uid), Some(gid)).map_err(|source| io_error(path, source))
            }
        }
    }

    /// Whether this user can pass through every folder on the way to `path`.
    fn can_reach(self, path: &Path) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let Self::Other { uid, gid } = self else { return true };
        path.ancestors().skip(1).filter_map(|folder| fs::metadata(folder).ok()).all(|meta| {
            let passes = if meta.uid() == uid {
                0o100
            } else if meta.gid() == gid {
                0o010
            } else {
                0o001
            };
            meta.mode() & passes != 0
        })
    }
}

/// Finds a user's numbers in the text of `/etc/passwd`.
fn user_in(passwd: &str, name: &str) -> Option<Identity> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut numbers = line.split(':').skip(2);
    let uid = numbers.next()?.parse().ok()?;
    let gid = numbers.next()?.parse().ok()?;
    Some(Identity::Other { uid, gid })
}

/// A command and the name by which errors call it.
struct Program {
    name: &'static str,
    command: Command,
}

impl Program {
    fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Runs it to its end and returns what it wrote to stdout.
    fn run(mut self) -> Result<String, LocalError> {
        let failed = |output: String| LocalError::Program { program: self.name, output };
        let output = self.command.output().map_err(|error| failed(error.to_string()))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
        }
    }
}

/// Where packages put server binaries, newest version first.
fn usual_places() -> Vec<PathBuf> {
    let mut versioned: Vec<(u32, PathBuf)> = ["/usr/lib/postgresql", "/usr/local/lib/postgresql", "/opt/homebrew/opt"]
        .iter()
        .filter_map(|parent| fs::read_dir(parent).ok())
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix("postgresql@").unwrap_or(&name).parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versioned.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let fixed = ["/usr/local/pgsql/bin", "/opt/homebrew/bin", "/usr/local/bin", "/usr/bin"];
    versioned.into_iter().map(|(_, path)| path).chain(fixed.iter().map(PathBuf::from)).collect()
}

fn places_for_people() -> Vec<String> {
    ["/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/bin"].map(String::from).to_vec()
}

/// The folder that really holds the server's files. Usually `folder`; but a server that runs as another user cannot
/// work below a folder which that user may not enter (such as root's home), and then they lie elsewhere.
fn home_of(folder: &Path, identity: Identity) -> Result<PathBuf, LocalError> {
    fs::create_dir_all(folder).map_err(|source| io_error(folder, source))?;
    let folder = folder.canonicalize().map_err(|source| io_error(folder, source))?;
    if identity.can_reach(&folder.join("data")) {
        return Ok(folder);
    }
    let name = folder.to_string_lossy().replace(['/', ' '], "-");
    let home = Path::new("/var/lib/evt").join(name.trim_matches('-'));
    fs::create_dir_all(&home).map_err(|source| io_error(&home, source))?;
    let note = format!("The server's user cannot enter this folder; its data is in {}\n", home.display());
    fs::write(folder.join("LOCATION"), note).map_err(|source| io_error(&folder, source))?;
    Ok(home)
}

fn lock_file(path: &Path) -> Result<File, LocalError> {
    OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(|source| io_error(path, source))
}

fn initialise(binaries: &Binaries, data: &Path, identity: Identity) -> Result<(), LocalError> {
    // A folder without PG_VERSION is what an interrupted initdb leaves: nothing in it can be anybody's data.
    let _ = fs::remove_dir_all(data);
    fs::create_dir_all(data).map_err(|source| io_error(data, source))?;
    identity.give(data)?;
    binaries
        .command("initdb", identity)
        .arg("--pgdata")
        .arg(data)
        .arg("--username")
        .arg(SUPERUSER)
        // The socket lies in a folder that nobody else may enter, and there is no other way in.
        .arg("--auth=trust")
        .arg("--encoding=UTF8")
        .arg("--locale=C")
        .arg("--no-sync")
        .run()
        .map(drop)
}

fn check_version(binaries: &Binaries, data: &Path) -> Result<(), LocalError> {
    let path = data.join("PG_VERSION");
    let found = fs::read_to_string(&path).map_err(|source| io_error(&path, source))?.trim().to_owned();
    let available = binaries.major_version()?;
    if found == available {
        Ok(())
    } else {
        Err(LocalError::OtherVersion { folder: data.to_path_buf(), found, available })
    }
}

/// A fresh folder for the socket, short because a socket's path may not exceed about 100 bytes.
fn new_socket_folder(identity: Identity) -> Result<PathBuf, LocalError> {
    use std::os::unix::fs::DirBuilderExt as _;
    let temporary = Path::new("/tmp");
    for _ in 0..100 {
        let folder = temporary.join(format!("evt-{}", &uuid::Uuid::new_v4().simple().to_string()[..12]));
        match fs::DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => {
                identity.give(&folder)?;
                return Ok(folder);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(io_error(&folder, source)),
        }
    }
    Err(io_error(temporary, io::Error::from(io::ErrorKind::AlreadyExists)))
}

fn launch(
    binaries: &Binaries,
    data: &Path,
    socket_folder: &Path,
    port: u16,
    durability: Durability,
    settings: &[String],
    identity: Identity,
) -> Result<Child, LocalError> {
    use std::os::unix::process::CommandExt as _;
    let log_path = data.join("server.log");
    let log = File::create(&log_path).map_err(|source| io_error(&log_path, source))?;
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
    let error_log = log.try_clone().map_err(|source| io_error(&log_path, source))?;
    program
        .command
        .current_dir("/")
        .stdout(log)
        .stderr(error_log)
        // A group of its own: Ctrl-C in the terminal reaches evt, which stops the server in order.
        .process_group(0)
        .spawn()
        .map_err(|error| LocalError::Program { program: "postgres", output: error.to_string() })
}

/// Socket folder and port of the server that runs on `data` and accepts connections, from its `postmaster.pid`
/// (lines: pid, data folder, start time, port, socket folder, address, shared memory, status).
fn running(data: &Path) -> Option<(PathBuf, u16)> {
    let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let mut lines = text.lines();
    let pid = lines.next()?.trim().parse().ok()?;
    let port = lines.nth(2)?.trim().parse().ok()?;
    let socket_folder = PathBuf::from(lines.next()?);
    let status = lines.nth(2)?.trim();
    (status == "ready" && alive(pid)).then_some((socket_folder, port))
}

fn postmaster_pid(data: &Path) -> Option<i32> {
    fs::read_to_string(data.join("postmaster.pid")).ok()?.lines().next()?.trim().parse().ok()
}

fn alive(pid: i32) -> bool {
    rustix::process::Pid::from_raw(pid).is_some_and(|pid| {
        // EPERM means that it exists and belongs to somebody else.
        matches!(rustix::process::test_kill_process(pid), Ok(()) | Err(rustix::io::Errno::PERM))
    })
}

fn log_end(data: &Path) -> String {
    let log = fs::read_to_string(data.join("server.log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("; ")
}

fn io_error(path: &Path, source: io::Error) -> LocalError {
    LocalError::Io { path: path.to_path_buf(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_whole_name() {
        let passwd =
            "root:x:0:0::/root:/bin/sh\npostgresql:x:7:8::/:/bin/sh\npostgres:x:105:110:,,,:/var:/bin/sh\nbroken";
        assert_eq!(user_in(passwd, "postgres"), Some(Identity::Other { uid: 105, gid: 110 }));
        for name in ["nobody", "broken", "post"] {
            assert_eq!(user_in(passwd, name), None, "{name}");
        }
    }
}
