//! Which files a pull changes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::config::{ConfigError, Project, Replacement, SchemaFiles, relative};
use crate::introspect::to_psl::{Pulled, ViewDefinition};

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Created,
    Changed,
    Unchanged,
    Removed,
}

/// A file, and what becomes of it.
#[derive(Debug)]
pub(super) struct FileChange {
    /// As it is shown.
    pub(super) path: String,
    absolute: PathBuf,
    /// `None` if it is removed.
    pub(super) text: Option<String>,
    pub(super) change: Change,
}

/// All files of a pull.
#[derive(Debug)]
pub(super) struct Changes {
    /// Of the schema, by path.
    pub(super) schema: Vec<FileChange>,
    /// Of the queries of views, by path.
    pub(super) views: Vec<FileChange>,
    /// The folders that may become empty.
    folders: BTreeSet<PathBuf>,
}

impl Changes {
    pub(super) fn new(
        files: &SchemaFiles,
        project: &Project,
        pulled: &Pulled,
        force: bool,
    ) -> Result<Self, ConfigError> {
        let cwd = &project.settings.cwd;
        let mut schema: Vec<FileChange> = Vec::new();
        for file in &pulled.files {
            let known = files.sources.iter().zip(&files.paths).find(|(source, _)| source.path == file.path);
            let absolute = known.map_or_else(|| files.new_file(), |(_, path)| path.clone());
            let change = match known {
                Some((source, _)) if source.text == file.text && absolute.exists() => Change::Unchanged,
                Some(_) if absolute.exists() => Change::Changed,
                _ => Change::Created,
            };
            schema.push(FileChange { path: file.path.clone(), absolute, text: Some(file.text.clone()), change });
        }
        if force {
            let gone = files
                .sources
                .iter()
                .zip(&files.paths)
                .filter(|(_, path)| !schema.iter().any(|file| file.absolute == **path));
            let gone: Vec<FileChange> = gone.map(|(source, path)| removed(source.path.clone(), path.clone())).collect();
            schema.extend(gone);
        }
        schema.sort_by(|a, b| a.path.cmp(&b.path));
        let mut changes = Self { schema, views: Vec::new(), folders: BTreeSet::new() };
        if project.schema.has_preview_feature("views") {
            changes.views(&project.views(), cwd, &pulled.views)?;
        }
        Ok(changes)
    }

    /// One file per view; what else is called `.sql` beside them belongs to views that are gone.
    fn views(&mut self, folder: &Path, cwd: &Path, views: &[ViewDefinition]) -> Result<(), ConfigError> {
        let shown = |path: &Path| relative(path, cwd).display().to_string();
        for view in views {
            let absolute = folder.join(file_name(&view.namespace)).join(format!("{}.sql", file_name(&view.name)));
            let text = view.sql.trim().to_owned();
            let change = match fs::read(&absolute) {
                Ok(before) if before == text.as_bytes() => Change::Unchanged,
                Ok(_) => Change::Changed,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Change::Created,
                Err(source) => return Err(ConfigError::Read { path: relative(&absolute, cwd), source }),
            };
            self.views.push(FileChange { path: shown(&absolute), absolute, text: Some(text), change });
        }
        for below in entries(folder).into_iter().filter(|path| path.is_dir()) {
            for path in entries(&below).into_iter().filter(|path| path.is_file()) {
                let is_query = path.extension().is_some_and(|extension| extension == "sql");
                if is_query && !self.views.iter().any(|view| view.absolute == path) {
                    self.views.push(removed(shown(&path), path));
                }
            }
            self.folders.insert(below);
        }
        self.views.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(())
    }

    /// What has to be written or removed.
    pub(super) fn replacements(&self) -> Vec<Replacement> {
        self.all()
            .filter(|file| file.change != Change::Unchanged)
            .map(|file| Replacement { path: file.absolute.clone(), text: file.text.clone() })
            .collect()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &FileChange> {
        self.schema.iter().chain(&self.views)
    }

    /// Folders of schemas without views any more.
    pub(super) fn remove_empty_folders(&self) {
        for folder in &self.folders {
            let _ = fs::remove_dir(folder); // only empty ones go
        }
    }
}

fn removed(path: String, absolute: PathBuf) -> FileChange {
    FileChange { path, absolute, text: None, change: Change::Removed }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// A name from the database as one step of a path.
fn file_name(name: &str) -> String {
    let clean = name.replace(['/', '\\', '\0'], "_");
    if clean.chars().all(|c| c == '.') { clean.replace('.', "_") } else { clean }
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_stay_in_their_folder() {
        for (name, expected) in
            [("public", "public"), ("..", "__"), (".", "_"), ("../x", ".._x"), ("a/b\\c", "a_b_c"), ("日本", "日本")]
        {
            assert_eq!(super::file_name(name), expected, "{name:?}");
        }
    }
}
