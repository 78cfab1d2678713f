//! Reading files, and looking for them.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::error::ConfigError;

/// A file's text.
pub(super) fn read(path: &Path) -> Result<String, ConfigError> {
    let bytes = fs::read(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    String::from_utf8(bytes).map_err(|error| {
        let byte = error.utf8_error().valid_up_to();
        let line = String::from_utf8_lossy(&error.as_bytes()[..byte]).matches('\n').count() + 1;
        ConfigError::NotText { path: path.to_owned(), line, byte }
    })
}

/// Puts a text into a file that is there, whole or not at all: whoever reads it, and whatever happens meanwhile, finds the
/// old text or the new one. Links, permissions and owner stay.
///
/// Fails on a file that is marked as read-only, even where the system would let it be replaced.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let facts = fs::metadata(&path)?;
    if facts.permissions().readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    // Another name of the file would keep the old text, and a new file would not belong to the same person: then, and in
    // folders in which no file can be made, it is written in place.
    let mut new = match tempfile::Builder::new().prefix(".evt-").tempfile_in(folder) {
        Ok(new) if can_take_the_place(&facts, &new.as_file().metadata()?) => new,
        Ok(_) | Err(_) => return fs::write(&path, text),
    };
    new.write_all(text.as_bytes())?;
    new.as_file().set_permissions(facts.permissions())?;
    new.as_file().sync_all()?;
    new.persist(&path)?;
    Ok(())
}

#[cfg(unix)]
fn can_take_the_place(old: &fs::Metadata, new: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    old.nlink() == 1 && old.uid() == new.uid() && old.gid() == new.gid()
}

#[cfg(not(unix))]
fn can_take_the_place(_: &fs::Metadata, _: &fs::Metadata) -> bool {
    true
}

/// The nearest file of this name in `folder` or above it that `wanted` accepts.
pub(super) fn upward(folder: &Path, name: &str, wanted: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join(name)).find(|path| path.is_file() && wanted(path))
}

/// `path` as seen from `cwd`: below it without its folders, elsewhere as it is.
pub fn relative(path: &Path, cwd: &Path) -> PathBuf {
    let clean = clean(path);
    if let Ok(below) = clean.strip_prefix(cwd) {
        return if below.as_os_str().is_empty() { PathBuf::from(".") } else { below.to_owned() };
    }
    // Beside or above: as many `..` as it takes, if it is not farther than that.
    for (steps, folder) in cwd.ancestors().enumerate().skip(1).take(3) {
        if folder.parent().is_some()
            && let Ok(below) = clean.strip_prefix(folder)
        {
            return std::iter::repeat_n("..", steps).collect::<PathBuf>().join(below);
        }
    }
    clean
}

/// A path without `.` and `name/..`, so that it reads well. Symbolic links are not followed.
pub(super) fn clean(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
