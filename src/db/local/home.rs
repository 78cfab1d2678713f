//! Where the files of a local server lie, and the locks on them.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::programs::Identity;
use super::{LocalError, io_error};

/// The folder that really holds the server's files. Usually `folder`; but a server that runs as another user cannot
/// work below a folder which that user may not enter (such as root's home), and then they lie elsewhere.
pub(super) fn home_of(folder: &Path, identity: Identity) -> Result<PathBuf, LocalError> {
    fs::create_dir_all(folder).map_err(|source| io_error(folder, source))?;
    let folder = folder.canonicalize().map_err(|source| io_error(folder, source))?;
    if identity.can_reach(&folder.join("data")) {
        return Ok(folder);
    }
    let home = elsewhere(&folder);
    fs::create_dir_all(&home).map_err(|source| io_error(&home, source))?;
    let note = format!("The server's user cannot enter this folder; its data is in {}\n", home.display());
    fs::write(folder.join("LOCATION"), note).map_err(|source| io_error(&folder, source))?;
    Ok(home)
}

/// Where the files of a folder lie that the server's user cannot enter.
fn elsewhere(folder: &Path) -> PathBuf {
    let name = folder.to_string_lossy().replace(['/', ' '], "-");
    Path::new("/var/lib/evt").join(name.trim_matches('-'))
}

/// The folder that holds the files of `folder`'s server, whoever made them; `None` if there are none.
pub(super) fn made_in(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    let elsewhere = elsewhere(&folder);
    [folder, elsewhere].into_iter().find(|home| home.join("data").exists())
}

/// Takes the lock under which a server is started, and opens that of its users.
pub(super) fn locks(home: &Path) -> Result<(File, File), LocalError> {
    let starting = lock_file(&home.join("start.lock"))?;
    starting.lock().map_err(|source| io_error(home, source))?;
    Ok((starting, lock_file(&home.join("users.lock"))?))
}

pub(super) fn lock_file(path: &Path) -> Result<File, LocalError> {
    OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(|source| io_error(path, source))
}

/// A fresh folder for the socket, short because a socket's path may not exceed about 100 bytes.
pub(super) fn new_socket_folder(identity: Identity) -> Result<PathBuf, LocalError> {
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
