//! A local server that somebody keeps running for a while: who serves a folder, and where.
//!
//! The one who serves holds a lock on a file in the folder as long as it lives, and writes beside it where it can be
//! reached. So what the file says counts only while the lock is held, and nothing has to be cleaned up after a crash.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::{LOOK_AGAIN, LocalError, PATIENCE, io_error, lock_file};

/// Where a server that is kept running can be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The process that keeps it running.
    pub pid: i32,
    /// The TCP port on the loopback interface.
    pub port: u16,
    /// Since when, as RFC 3339 writes it.
    pub since: String,
}

/// The right to keep the server of a folder running; given back when dropped.
#[derive(Debug)]
pub struct Watch {
    folder: PathBuf,
    _lock: File,
}

impl Address {
    /// The URL for programs on this machine.
    pub fn url(&self) -> String {
        format!("postgresql://{}@127.0.0.1:{}/postgres", super::SUPERUSER, self.port)
    }
}

impl Watch {
    /// Takes the right, or says who has it. The folder is made if it does not exist.
    pub fn take(folder: &Path) -> Result<Result<Self, Address>, LocalError> {
        fs::create_dir_all(folder).map_err(|source| io_error(folder, source))?;
        let lock = lock_file(&folder.join(LOCK))?;
        let start = Instant::now();
        while lock.try_lock().is_err() {
            // Somebody who only looks holds it for an instant; somebody who has just begun has not said where yet.
            if let Some(address) =
                read(folder).filter(|address| address.pid != NOBODY && super::postmaster::alive(address.pid))
            {
                return Ok(Err(address));
            }
            if start.elapsed() > PATIENCE {
                return Err(LocalError::Busy { folder: folder.to_owned() });
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        let watch = Self { folder: folder.to_owned(), _lock: lock };
        // What the last one wrote does not hold for this one, except where programs look for the server.
        if let Some(last) = read(folder) {
            watch.announce(&Address { pid: NOBODY, ..last })?;
        }
        Ok(Ok(watch))
    }

    /// Tells others where the server can be reached from now on.
    pub fn announce(&self, address: &Address) -> Result<(), LocalError> {
        let path = self.folder.join(FILE);
        let text = serde_json::to_string(address).unwrap_or_default();
        let problem = |source| io_error(&path, source);
        // Nobody may read half of it.
        let beside = tempfile::NamedTempFile::new_in(&self.folder).map_err(problem)?;
        fs::write(beside.path(), text).map_err(problem)?;
        beside.persist(&path).map_err(|error| problem(error.error))?;
        Ok(())
    }
}

/// Stands for the process while it is not ready yet.
const NOBODY: i32 = 0;

/// The file that is locked by the one who serves.
const LOCK: &str = "dev.lock";

/// The file that says where.
const FILE: &str = "dev.json";

/// Where the server of a folder is kept running, if somebody does that.
pub fn served(folder: &Path) -> Result<Option<Address>, LocalError> {
    let path = folder.join(LOCK);
    if !path.exists() {
        return Ok(None);
    }
    let taken = lock_file(&path)?.try_lock_shared().is_err();
    Ok(read(folder).filter(|address| taken && address.pid != NOBODY))
}

/// The port that the last one opened, whether it still runs or not: programs find the server where it was.
pub fn last_port(folder: &Path) -> Option<u16> {
    read(folder).map(|address| address.port)
}

/// Asks the one who serves to stop, and waits until it has. Says who that was.
pub fn stop(folder: &Path) -> Result<Option<Address>, LocalError> {
    let Some(address) = served(folder)? else { return Ok(None) };
    if let Some(pid) = rustix::process::Pid::from_raw(address.pid) {
        // It may have ended meanwhile; what counts is that it does.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    let start = Instant::now();
    while served(folder)?.is_some_and(|now| now == address) {
        if start.elapsed() > PATIENCE {
            return Err(LocalError::Busy { folder: folder.to_owned() });
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    Ok(Some(address))
}

fn read(folder: &Path) -> Option<Address> {
    serde_json::from_str(&fs::read_to_string(folder.join(FILE)).ok()?).ok()
}
