//! Reading files, and looking for them.

use std::fs;
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
pub fn clean(path: &Path) -> PathBuf {
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
