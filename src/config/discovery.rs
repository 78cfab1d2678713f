//! Finding and reading the files of a schema.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::error::{ConfigError, Origin};
use super::files;
use super::replace::{Replacement, replace_all};
use super::settings::Settings;
use crate::psl::ast::BlockKind;
use crate::psl::{self, Ast, Diagnostics, FileId, Source};

/// The files of a schema, read but not parsed.
#[derive(Debug, Clone)]
pub struct SchemaFiles {
    /// Their texts, in byte order of their paths; [`Source::path`] is relative to the working directory.
    pub sources: Vec<Source>,
    /// Their paths, in the same order, absolute.
    pub paths: Vec<PathBuf>,
    /// The file or folder that was named or found, absolute.
    pub path: PathBuf,
    /// The folder of the schema: itself, or that of the only file.
    pub root: PathBuf,
    /// Who named it.
    pub origin: Origin,
}

impl SchemaFiles {
    /// Reads the schema that the settings name, else the one in a default place.
    pub fn load(settings: &Settings) -> Result<Self, ConfigError> {
        if let Some(named) = &settings.schema {
            return Self::at(&named.value, named.origin.clone(), &settings.cwd);
        }
        let places = |base: &PathBuf| [base.join("schema.prisma"), base.join("prisma").join("schema.prisma")];
        let candidates: Vec<PathBuf> = settings.bases.iter().flat_map(places).collect();
        match candidates.iter().find(|path| path.is_file()) {
            Some(path) => Self::at(path, Origin::Default, &settings.cwd),
            None => Err(ConfigError::SchemaMissing {
                looked: candidates.iter().map(|path| files::relative(path, &settings.cwd)).collect(),
            }),
        }
    }

    /// Reads a schema file or folder.
    pub fn at(path: &Path, origin: Origin, cwd: &Path) -> Result<Self, ConfigError> {
        let path = files::clean(&cwd.join(path));
        let shown = files::relative(&path, cwd);
        let Ok(facts) = fs::metadata(&path) else { return Err(ConfigError::PathMissing { path: shown, origin }) };
        let (paths, root) = if facts.is_dir() {
            let mut found = Vec::new();
            collect(&path, &mut BTreeSet::new(), &mut found)?;
            if found.is_empty() {
                return Err(ConfigError::FolderEmpty { path: shown, origin });
            }
            (found, path.clone())
        } else if facts.is_file() {
            (vec![path.clone()], path.parent().unwrap_or(cwd).to_owned())
        } else {
            return Err(ConfigError::PathKind { path: shown, origin });
        };
        Ok(Self { sources: read_all(&paths, cwd)?, paths, path, root, origin })
    }

    /// Reads these files, absolute paths, which are a schema together.
    pub fn of_files(mut paths: Vec<PathBuf>, origin: Origin, cwd: &Path) -> Result<Self, ConfigError> {
        paths.sort();
        paths.dedup();
        let path = paths.first().cloned().unwrap_or_else(|| cwd.to_owned());
        let root = path.parent().unwrap_or(cwd).to_owned();
        Ok(Self { sources: read_all(&paths, cwd)?, paths, path, root, origin })
    }

    /// Files that somebody else has read, by absolute paths, which are shown as they are.
    pub fn given(files: impl IntoIterator<Item = (PathBuf, String)>, origin: Origin, cwd: &Path) -> Self {
        let (paths, texts): (Vec<PathBuf>, Vec<String>) = files.into_iter().unzip();
        let sources = (0..).zip(paths.iter().zip(texts));
        let sources =
            sources.map(|(id, (path, text))| Source { id: FileId(id), path: path.display().to_string(), text });
        let path = paths.first().cloned().unwrap_or_else(|| cwd.to_owned());
        let root = path.parent().unwrap_or(cwd).to_owned();
        Self { sources: sources.collect(), paths, path, root, origin }
    }

    /// The files and those in the folders that a person named, absolute. Whether a file is there shows when it is read.
    pub fn named(paths: &[PathBuf], cwd: &Path) -> Result<Vec<PathBuf>, ConfigError> {
        let mut named = Vec::new();
        for path in paths {
            let path = files::clean(&cwd.join(path));
            if path.is_dir() {
                collect(&path, &mut BTreeSet::new(), &mut named)?;
            } else {
                named.push(path);
            }
        }
        Ok(named)
    }

    /// Where these files stand among those of the schema, whatever links lead to them; `None` if one of them is not among
    /// them.
    pub fn positions(&self, paths: &[PathBuf]) -> Option<BTreeSet<usize>> {
        let own: Vec<_> = self.paths.iter().map(fs::canonicalize).collect();
        let position = |path: &PathBuf| {
            let path = fs::canonicalize(path).ok()?;
            own.iter().position(|own| own.as_ref().is_ok_and(|own| *own == path))
        };
        paths.iter().map(position).collect()
    }

    /// The syntax trees of the files, and what is wrong with their syntax.
    pub fn parsed(&self) -> (Vec<Ast>, Diagnostics) {
        let mut diagnostics = Diagnostics::default();
        let trees = self.sources.iter().map(|source| {
            let (tree, found) = psl::parse(source.clone());
            diagnostics.extend(found);
            tree
        });
        (trees.collect(), diagnostics)
    }

    /// Puts another text in the place of the one that was read, which is returned. Nothing is written.
    pub fn replace_text(&mut self, position: usize, text: String) -> String {
        self.sources.get_mut(position).map(|source| std::mem::replace(&mut source.text, text)).unwrap_or_default()
    }

    /// Writes the texts of these files: all of them, or none.
    pub fn write(&self, positions: &[usize]) -> Result<(), ConfigError> {
        let replacement = |position: &usize| {
            let (path, source) = (self.paths.get(*position)?, self.sources.get(*position)?);
            Some(Replacement { path: path.clone(), text: Some(source.text.clone()) })
        };
        let replacements: Vec<Replacement> = positions.iter().filter_map(replacement).collect();
        replace_all(&replacements).map_err(|(path, source)| {
            let of_path = self.paths.iter().zip(&self.sources).find(|(one, _)| **one == path);
            let shown = of_path.map(|(_, source)| PathBuf::from(&source.path));
            ConfigError::Write { path: shown.unwrap_or(path), source }
        })
    }

    /// The files of a schema that is not there yet: one with a datasource, in a folder.
    pub fn new_in(folder: &Path) -> Self {
        let path = folder.join("schema.prisma");
        let text = "datasource db {\n  provider = \"postgresql\"\n}\n".to_owned();
        Self {
            sources: vec![Source { id: FileId(0), path: "schema.prisma".to_owned(), text }],
            paths: vec![path.clone()],
            path,
            root: folder.to_owned(),
            origin: Origin::Default,
        }
    }

    /// The same files with blanks in the place of all that is not configuration, so that whatever is wrong with the
    /// rest does not count, and places stay as they are.
    #[must_use]
    pub fn configuration_only(&self) -> Self {
        let mut files = self.clone();
        for (source, tree) in files.sources.iter_mut().zip(self.parsed().0) {
            let kept: Vec<psl::Span> = tree
                .blocks()
                .filter(|block| matches!(block.kind, BlockKind::Datasource | BlockKind::Generator))
                .map(|block| block.span)
                .collect();
            let is_kept = |at: usize| kept.iter().any(|span| (span.start as usize..span.end as usize).contains(&at));
            let blank = |(at, character): (usize, char)| match character {
                '\n' => "\n".to_owned(),
                _ if is_kept(at) => character.to_string(),
                _ => " ".repeat(character.len_utf8()),
            };
            source.text = source.text.char_indices().map(blank).collect();
        }
        files
    }

    /// The file for what belongs into none of several files; it need not exist.
    pub fn new_file(&self) -> PathBuf {
        self.root.join("introspected.prisma")
    }

    /// The same as it is shown to people.
    pub fn shown_new_file(&self, cwd: &Path) -> PathBuf {
        files::relative(&self.new_file(), cwd)
    }

    /// The schema's path as it is shown to people.
    pub fn shown(&self, cwd: &Path) -> PathBuf {
        files::relative(&self.path, cwd)
    }
}

fn read_all(paths: &[PathBuf], cwd: &Path) -> Result<Vec<Source>, ConfigError> {
    let read = |(id, path): (u32, &PathBuf)| {
        let shown = files::relative(path, cwd);
        let text = files::read(path).map_err(|error| match error {
            ConfigError::Read { source, .. } => ConfigError::Read { path: shown.clone(), source },
            ConfigError::NotText { line, byte, .. } => ConfigError::NotText { path: shown.clone(), line, byte },
            other => other,
        })?;
        Ok(Source { id: FileId(id), path: shown.display().to_string(), text })
    };
    (0..).zip(paths).map(read).collect()
}

/// Every file ending in `.prisma` below a folder, links followed; a folder that links lead to twice is read once.
fn collect(folder: &Path, seen: &mut BTreeSet<PathBuf>, found: &mut Vec<PathBuf>) -> Result<(), ConfigError> {
    let failed = |source| ConfigError::Read { path: folder.to_owned(), source };
    if !seen.insert(fs::canonicalize(folder).map_err(failed)?) {
        return Ok(());
    }
    let entries = fs::read_dir(folder).map_err(failed)?;
    let mut paths = entries.map(|entry| entry.map(|e| e.path()).map_err(failed)).collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    for path in paths {
        // A link that leads nowhere is no file.
        let Ok(facts) = fs::metadata(&path) else { continue };
        if facts.is_dir() {
            collect(&path, seen, found)?;
        } else if facts.is_file() && path.extension().is_some_and(|extension| extension == "prisma") {
            found.push(path);
        }
    }
    Ok(())
}
