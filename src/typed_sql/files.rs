//! A folder of queries.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::psl::reserved::RESERVED_NAMES;

/// A file with a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryFile {
    /// The name of the file without `.sql`: what the function is to be called.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// The query.
    pub source: String,
}

/// Why there are no queries.
#[derive(Debug, thiserror::Error)]
pub enum FolderProblem {
    /// A folder or file cannot be read.
    #[error("`{}` cannot be read: {source}", path.display())]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A name that no function can have.
    #[error("`{}`: `{name}` cannot be the name of a function", path.display())]
    Name {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
}

/// Reads the files of a folder that end in `.sql`, in the order of their names. Folders below are not looked into.
///
/// # Errors
/// What cannot be read, and names that code cannot use.
pub fn read(folder: &Path) -> Result<Vec<QueryFile>, FolderProblem> {
    let unreadable = |path: &Path, source| FolderProblem::Unreadable { path: path.to_owned(), source };
    let entries = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut paths: Vec<PathBuf> = entries.map_err(|error| unreadable(folder, error))?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "sql") && path.is_file());
    paths.sort();
    let file = |path: PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !is_a_name(&name) {
            return Err(FolderProblem::Name { path, name });
        }
        let source = fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
        Ok(QueryFile { name, path, source })
    };
    paths.into_iter().map(file).collect()
}

/// Whether code cannot use it: what no model may be called, and a word that only modules reserve (ECMAScript, "Keywords and
/// Reserved Words").
fn is_reserved(name: &str) -> bool {
    RESERVED_NAMES.contains(&name) || name == "static"
}

fn is_a_name(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '$';
    name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit()) && !is_reserved(name)
}
