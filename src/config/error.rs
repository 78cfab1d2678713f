//! What can be wrong with settings and files.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::db::url::UrlError;
use crate::psl::{Ast, Diagnostics};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag, with its dashes.
    Flag(&'static str),
    /// An environment variable of the process.
    Variable(String),
    /// A key in a file: `evt.toml`, the Prisma configuration, `package.json`, or a variable in a `.env` file.
    File {
        /// The file.
        path: PathBuf,
        /// The key, dotted, or the variable.
        key: String,
    },
    /// The `datasource` block of the schema: which property.
    Schema(&'static str),
    /// Nobody said anything.
    Default,
}

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

impl Origin {
    /// The folder that relative paths of this origin start from: that of the file, else the working directory.
    pub fn base(&self, cwd: &Path) -> PathBuf {
        match self {
            Self::File { path, .. } => path.parent().map_or_else(|| cwd.to_owned(), |folder| cwd.join(folder)),
            Self::Flag(_) | Self::Variable(_) | Self::Schema(_) | Self::Default => cwd.to_owned(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "`{flag}`"),
            Self::Variable(name) => write!(f, "the environment variable `{name}`"),
            Self::File { path, key } => write!(f, "`{key}` in `{}`", path.display()),
            Self::Schema(property) => write!(f, "`{property}` in the datasource block"),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// Why settings or a schema cannot be used. No variant holds the text of a URL.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A path that was given leads nowhere.
    #[error("there is no file or folder `{}`, which {origin} names", path.display())]
    PathMissing {
        /// The path.
        path: PathBuf,
        /// Who named it.
        origin: Origin,
    },
    /// A path that was given is neither a file nor a folder.
    #[error("`{}`, which {origin} names, is neither a file nor a folder", path.display())]
    PathKind {
        /// The path.
        path: PathBuf,
        /// Who named it.
        origin: Origin,
    },
    /// A schema folder has no schema files.
    #[error("the folder `{}`, which {origin} names, contains no file ending in `.prisma`", path.display())]
    FolderEmpty {
        /// The folder.
        path: PathBuf,
        /// Who named it.
        origin: Origin,
    },
    /// Nobody named a schema and none is where one is expected.
    #[error("found no schema; looked for {}", paths(looked))]
    SchemaMissing {
        /// The paths that were looked at.
        looked: Vec<PathBuf>,
    },
    /// A file could not be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write `{}`: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is no UTF-8 text.
    #[error("`{}` is not UTF-8 text: line {line} holds what is no character (at byte {byte})", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// Line of the first bad byte, from 1.
        line: usize,
        /// Offset of the first bad byte, from 0.
        byte: usize,
    },
    /// What `--config` names has not the extension of a configuration file.
    #[error("`{}` is no configuration file: its name has to end in {}", path.display(), EXTENSIONS)]
    ConfigExtension {
        /// The file.
        path: PathBuf,
    },
    /// A configuration file cannot be parsed.
    #[error("`{}` cannot be read, line {line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What the parser expected.
        message: String,
    },
    /// A configuration file has a key that nobody reads.
    #[error("`{}` has a key `{key}` that is not known{}", path.display(), did_you_mean(suggestion.as_deref()))]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The key, dotted.
        key: String,
        /// The known key that is most like it.
        suggestion: Option<String>,
    },
    /// A value in a file has the wrong type.
    #[error("`{key}` in `{}` has to be {expected}", path.display())]
    WrongType {
        /// The file.
        path: PathBuf,
        /// The key, dotted.
        key: String,
        /// What it has to be.
        expected: &'static str,
    },
    /// An environment variable has a value it cannot have.
    #[error("the environment variable `{name}` has to be {expected}")]
    WrongVariable {
        /// The variable.
        name: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// A value in the Prisma configuration needs a JavaScript runtime, and none could say what it is.
    #[error(
        "`{key}` in `{}` is computed, line {line}: `{expression}`; evt reads literals, `env(\"X\")`, `process.env.X`, \
         `??`, `||` and `path.join`, and runs anything else with Node.js or Bun, but {reason}",
        path.display()
    )]
    Computed {
        /// The file.
        path: PathBuf,
        /// The key, dotted; empty for the file as a whole.
        key: String,
        /// The line of the expression, from 1.
        line: usize,
        /// The expression as written.
        expression: String,
        /// Why no runtime helped.
        reason: String,
    },
    /// Two `.env` files say the same.
    #[error(
        "{} {} the same value in `{}` and in `{}`; remove it from one of them",
        names(keys), if keys.len() == 1 { "has" } else { "have" }, first.display(), second.display()
    )]
    DotenvConflict {
        /// The variables.
        keys: Vec<String>,
        /// The file beside `package.json`.
        first: PathBuf,
        /// The file beside the schema.
        second: PathBuf,
    },
    /// A value in a `.env` file grows without end when it is expanded.
    #[error("the value of `{name}` in `{}` becomes longer than 1 MiB when its `${{…}}` are replaced", path.display())]
    DotenvTooLong {
        /// The file.
        path: PathBuf,
        /// The variable.
        name: String,
    },
    /// The schema is invalid (P1012).
    #[error("the schema is invalid")]
    Invalid {
        /// Its files.
        files: Vec<Ast>,
        /// What is wrong with them.
        diagnostics: Diagnostics,
        /// A way out that only the command knows.
        way_out: Option<&'static str>,
    },
    /// `env("NAME")` of a variable that is not set or empty (P1012).
    #[error("the environment variable `{name}`, which {origin} refers to, is {}", if *empty { "empty" } else { "not set" })]
    VariableMissing {
        /// The variable.
        name: String,
        /// Who refers to it.
        origin: Origin,
        /// Whether it is set but empty.
        empty: bool,
    },
    /// The command needs a database and nobody says where it is.
    #[error("nobody says where the database is")]
    UrlMissing {
        /// Whether a Prisma configuration file was read, so that `datasource.url` belongs there.
        config: Option<PathBuf>,
    },
    /// A URL cannot be read (P1013).
    #[error("{origin} is no usable database URL: {source}")]
    Url {
        /// Who gave it.
        origin: Origin,
        /// What is wrong with it.
        source: UrlError,
    },
}

/// Extensions of configuration files, as the error names them.
const EXTENSIONS: &str = "`.ts`, `.mts`, `.cts`, `.js`, `.mjs` or `.cjs`";

fn paths(paths: &[PathBuf]) -> String {
    names(&paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>())
}

/// Names in backticks: "`a`, `b` and `c`".
fn names(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}
