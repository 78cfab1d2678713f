//! The server process on a data folder, by what its `postmaster.pid` tells (lines: pid, data folder, start time, port,
//! socket folder, address, shared memory, status).

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::process::{Pid, Signal};

use super::{LOOK_AGAIN, LocalError, PATIENCE, io_error, log_end};

/// What runs on a data folder.
pub(super) enum State {
    /// A server that can be connected to.
    Ready {
        /// The folder of its socket.
        socket_folder: PathBuf,
        /// The number in the socket's name.
        port: u16,
    },
    /// A server that starts, recovers or stops.
    Busy,
    /// Nothing.
    Gone,
}

/// The file in a data folder that says that its server has been asked to stop. Whoever asked may have died since, and
/// for an instant the server still looks ready.
const STOPPING: &str = "evt.stopping";

/// What runs on a data folder now.
pub(super) fn state(data: &Path) -> State {
    let text = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    if server(&text).is_none() {
        return State::Gone;
    }
    match (lines.get(3).and_then(|port| port.parse().ok()), lines.get(4), lines.get(7)) {
        (Some(port), Some(folder), Some(&"ready")) => {
            let socket_folder = PathBuf::from(folder);
            // After a crash the number may be that of another server.
            match UnixStream::connect(socket(&socket_folder, port)) {
                Ok(_) => State::Ready { socket_folder, port },
                Err(_) => State::Busy,
            }
        }
        _ => State::Busy,
    }
}

/// Waits until what runs on a data folder is ready or gone, and says where it can be reached if it is ready. One that has
/// been asked to stop is not kept.
pub(super) fn settled(data: &Path) -> Result<Option<(PathBuf, u16)>, LocalError> {
    let start = Instant::now();
    loop {
        let stopping = data.join(STOPPING).exists();
        match state(data) {
            State::Ready { socket_folder, port } if !stopping => return Ok(Some((socket_folder, port))),
            State::Gone => {
                forget_stop(data);
                return Ok(None);
            }
            State::Ready { .. } | State::Busy => {}
        }
        if start.elapsed() > PATIENCE {
            let what = if stopping { "stop" } else { "start" };
            return Err(LocalError::Timeout { folder: data.to_path_buf(), what, log: log_end(data) });
        }
        if stopping {
            // Whoever asked may have died before the signal was sent; a second one does no harm.
            signal(data, Signal::INT);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// Asks the server to stop: in order, or at once if nothing of its data is kept.
pub(super) fn ask_to_stop(data: &Path, disposable: bool) -> Result<(), LocalError> {
    let marker = data.join(STOPPING);
    fs::write(&marker, "").map_err(|source| io_error(&marker, source))?;
    // SIGINT asks for a fast shutdown (PostgreSQL documentation, "Shutting Down the Server").
    signal(data, if disposable { Signal::QUIT } else { Signal::INT });
    Ok(())
}

/// Notes that the server that was asked to stop has stopped.
pub(super) fn forget_stop(data: &Path) {
    // Without it a server would not be kept that runs: the next start removes it again.
    let _ = fs::remove_file(data.join(STOPPING));
}

/// Whether a server runs on a data folder, in whatever state.
pub(super) fn runs(data: &Path) -> bool {
    !matches!(state(data), State::Gone)
}

/// The path of a server's socket (PostgreSQL documentation, `unix_socket_directories`).
pub(super) fn socket(folder: &Path, port: u16) -> PathBuf {
    folder.join(format!(".s.PGSQL.{port}"))
}

/// The name under which the embedded server shows among the processes.
pub(super) const EMBEDDED: &str = "evt-postgres";

/// Whether a process is there.
pub(super) fn alive(pid: i32) -> bool {
    Pid::from_raw(pid).is_some_and(|pid| {
        // EPERM means that it exists and belongs to somebody else.
        matches!(rustix::process::test_kill_process(pid), Ok(()) | Err(rustix::io::Errno::PERM))
    })
}

/// Whether a process is a server, as far as the system tells: numbers are used again after a crash.
fn is_server(pid: i32) -> bool {
    let name = fs::read_to_string(format!("/proc/{pid}/comm"));
    alive(pid) && name.map_or(true, |name| ["postgres", EMBEDDED].contains(&name.trim()))
}

/// The process that a `postmaster.pid` names, if it is a server.
fn server(text: &str) -> Option<Pid> {
    let pid = text.lines().next()?.trim().parse().ok().filter(|pid| is_server(*pid))?;
    Pid::from_raw(pid)
}

fn signal(data: &Path, signal: Signal) {
    let text = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    if let Some(pid) = server(&text) {
        // It may have ended meanwhile.
        let _ = rustix::process::kill_process(pid, signal);
    }
}
