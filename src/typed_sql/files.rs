//! A folder of queries.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

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

/// Words of JavaScript that no function can be called by (ECMAScript, "Reserved Words").
const RESERVED: [&str; 46] = [
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

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

fn is_a_name(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '$';
    name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit()) && !RESERVED.contains(&name)
}
