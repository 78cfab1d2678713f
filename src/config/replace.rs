//! Changing several files at once: all of them, or none.
//!
//! New texts are written beside the files that they replace, and moved over them only when all are there. What was
//! replaced is kept until the last one is in its place, so that a failure in between can be undone.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile, TempPath};

/// What is to become of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The file, absolute; it need not exist, nor its folder.
    pub path: PathBuf,
    /// Its new text; `None` to remove it.
    pub text: Option<String>,
}

/// A new text, or nothing, that waits for its place.
struct Staged<'a> {
    replacement: &'a Replacement,
    /// The file itself, not the link that leads to it.
    target: PathBuf,
    text: Option<NewText<'a>>,
}

/// How a text gets into its place.
enum NewText<'a> {
    /// Its file is moved there: whoever reads meanwhile finds the old text or the new one.
    Beside(NamedTempFile),
    /// It is written there. Another name of the file would keep the old text otherwise, or the file would not belong to
    /// the same person any more, or no file can be made in its folder.
    InPlace(&'a str),
}

/// A change that was made.
struct Done {
    target: PathBuf,
    before: Before,
}

/// What was there before a change.
enum Before {
    Nothing,
    File(TempPath),
    /// Of a file that was written in place.
    Bytes(Vec<u8>),
}

/// Makes all changes or none. Permissions, owner and other names of a file stay as they are; symbolic links are followed,
/// not replaced.
///
/// Fails on a file that is marked as read-only, even where the system would let it be replaced.
///
/// # Errors
/// The file in the way, as it was named, and what the system said about it; then nothing is changed.
pub fn replace_all(replacements: &[Replacement]) -> Result<(), (PathBuf, io::Error)> {
    let mut folders = Vec::new();
    let changed = stage_all(replacements, &mut folders).and_then(put_all);
    if changed.is_err() {
        for folder in folders.iter().rev() {
            let _ = fs::remove_dir(folder); // only empty ones go
        }
    }
    changed
}

fn stage_all<'a>(
    replacements: &'a [Replacement],
    folders: &mut Vec<PathBuf>,
) -> Result<Vec<Staged<'a>>, (PathBuf, io::Error)> {
    let mut stage = |replacement: &'a Replacement| -> io::Result<Staged<'a>> {
        let target = followed(&replacement.path)?;
        let text = match &replacement.text {
            Some(text) => Some(staged_text(&target, text, folders)?),
            None => None,
        };
        Ok(Staged { replacement, target, text })
    };
    replacements.iter().map(|one| stage(one).map_err(|error| (one.path.clone(), error))).collect()
}

/// The path behind links, also behind one that leads to nothing yet.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..40 {
        if !fs::symlink_metadata(&path).is_ok_and(|facts| facts.is_symlink()) {
            return Ok(path);
        }
        let target = fs::read_link(&path)?;
        path = folder_of(&path).join(target);
    }
    Err(io::Error::other("too many symbolic links"))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The text where it can be put into its place, with the target's permissions and owner.
fn staged_text<'a>(target: &Path, text: &'a str, folders: &mut Vec<PathBuf>) -> io::Result<NewText<'a>> {
    let folder = folder_of(target);
    for missing in folder.ancestors().take_while(|folder| !folder.exists()).collect::<Vec<_>>().into_iter().rev() {
        fs::create_dir(missing)?;
        folders.push(missing.to_owned());
    }
    let facts = match fs::metadata(target) {
        Ok(facts) if facts.permissions().readonly() => {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
        }
        Ok(facts) => Some(facts),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let mut builder = Builder::new();
    builder.prefix(".evt-").suffix(".tmp");
    let made = builder.permissions(of_new_files()).tempfile_in(folder);
    let mut file = match (made, &facts) {
        (Ok(file), Some(facts)) if !can_take_the_place(facts, file.as_file())? => return Ok(NewText::InPlace(text)),
        (Ok(file), _) => file,
        (Err(_), Some(_)) => return Ok(NewText::InPlace(text)),
        (Err(error), None) => return Err(error),
    };
    if let Some(facts) = facts {
        file.as_file().set_permissions(facts.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(NewText::Beside(file))
}

/// What the user's mask leaves of reading and writing for all.
#[cfg(unix)]
fn of_new_files() -> Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}

/// Whether nobody would notice that it is another file. Who works as root on another's file does not take it away.
#[cfg(unix)]
fn can_take_the_place(old: &fs::Metadata, new: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let _ = std::os::unix::fs::fchown(new, Some(old.uid()), Some(old.gid()));
    let new = new.metadata()?;
    Ok(old.nlink() == 1 && old.uid() == new.uid() && old.gid() == new.gid())
}

fn put_all(staged: Vec<Staged<'_>>) -> Result<(), (PathBuf, io::Error)> {
    let mut done = Vec::with_capacity(staged.len());
    for Staged { replacement, target, text } in staged {
        match put(&target, text) {
            Ok(before) => done.push(Done { target, before }),
            Err(error) => {
                undo(done);
                return Err((replacement.path.clone(), error));
            }
        }
    }
    Ok(())
}

/// Puts the text into its place, or takes the file away, and returns what was there.
fn put(target: &Path, text: Option<NewText<'_>>) -> io::Result<Before> {
    if let Some(NewText::InPlace(text)) = text {
        let before = fs::read(target)?;
        return match fs::write(target, text) {
            Ok(()) => Ok(Before::Bytes(before)),
            Err(error) => {
                let _ = fs::write(target, before);
                Err(error)
            }
        };
    }
    let before = match fs::symlink_metadata(target) {
        Ok(_) => Before::File(kept(target)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Before::Nothing,
        Err(error) => return Err(error),
    };
    match (text, &before) {
        (Some(NewText::Beside(text)), _) => drop(text.persist(target).map_err(|error| error.error)?),
        (_, Before::File(_)) => fs::remove_file(target)?,
        _ => {}
    }
    Ok(before)
}

/// A second name for a file, or a copy where there can be none.
fn kept(target: &Path) -> io::Result<TempPath> {
    let mut builder = Builder::new();
    builder.prefix(".evt-").suffix(".old");
    let linked = builder.make_in(folder_of(target), |path| fs::hard_link(target, path));
    let kept = match linked {
        Ok(kept) => kept.into_temp_path(),
        Err(_) => builder.make_in(folder_of(target), |path| fs::copy(target, path).map(drop))?.into_temp_path(),
    };
    Ok(kept)
}

fn undo(done: Vec<Done>) {
    for Done { target, before } in done.into_iter().rev() {
        // Nobody is left to tell if this fails as well; the first failure is what is reported.
        let _ = match before {
            Before::File(before) => before.persist(&target).map_err(|error| error.error),
            Before::Bytes(before) => fs::write(&target, before),
            Before::Nothing => fs::remove_file(&target),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(folder: &Path) -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> = fs::read_dir(folder)
            .expect("a folder")
            .flatten()
            .filter(|entry| entry.path().is_file())
            .map(|entry| {
                let text = fs::read_to_string(entry.path()).expect("a text");
                (entry.file_name().to_string_lossy().into_owned(), text)
            })
            .collect();
        found.sort();
        found
    }

    fn change(path: PathBuf, text: Option<&str>) -> Replacement {
        Replacement { path, text: text.map(str::to_owned) }
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn all_are_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a"), "a").expect("written");
        fs::write(at("b"), "b").expect("written");
        let new = at("deep/er/c");
        replace_all(&[change(at("a"), Some("A")), change(at("b"), None), change(new.clone(), Some("C"))])
            .expect("changed");
        assert_eq!(texts(folder.path()), pairs(&[("a", "A")]));
        assert_eq!(fs::read_to_string(new).expect("a text"), "C");
    }

    #[test]
    fn a_failure_leaves_everything_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a"), "a").expect("written");
        fs::write(at("b"), "b").expect("written");
        fs::create_dir(at("folder")).expect("a folder");
        // Nothing can be moved over a folder with something in it, which is noticed only when it is its turn.
        fs::write(at("folder/x"), "x").expect("written");
        let failed = replace_all(&[
            change(at("a"), Some("A")),
            change(at("b"), None),
            change(at("new/c"), Some("C")),
            change(at("folder"), Some("F")),
        ]);
        assert_eq!(failed.expect_err("a folder is in the way").0, at("folder"));
        assert_eq!(texts(folder.path()), pairs(&[("a", "a"), ("b", "b")]));
        assert!(!at("new").exists());
    }

    #[cfg(unix)]
    #[test]
    fn other_names_of_a_file_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a"), "a").expect("written");
        fs::hard_link(at("a"), at("also a")).expect("a second name");
        replace_all(&[change(at("a"), Some("A"))]).expect("changed");
        assert_eq!(texts(folder.path()), pairs(&[("a", "A"), ("also a", "A")]));

        fs::create_dir(at("folder")).expect("a folder");
        fs::write(at("folder/x"), "x").expect("written");
        replace_all(&[change(at("a"), Some("B")), change(at("folder"), Some("F"))])
            .expect_err("a folder is in the way");
        assert_eq!(texts(folder.path()), pairs(&[("a", "A"), ("also a", "A")]));
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("real")).expect("a folder");
        fs::write(at("real/a"), "a").expect("written");
        fs::set_permissions(at("real/a"), Permissions::from_mode(0o640)).expect("a mode");
        symlink("real/a", at("link")).expect("a link");
        symlink("real/later", at("dangling")).expect("a link");
        replace_all(&[change(at("link"), Some("A")), change(at("dangling"), Some("B"))]).expect("changed");
        assert!(fs::symlink_metadata(at("link")).expect("a link").is_symlink());
        assert_eq!(texts(&at("real")), pairs(&[("a", "A"), ("later", "B")]));
        assert_eq!(fs::metadata(at("real/a")).expect("a file").permissions().mode() & 0o777, 0o640);

        fs::set_permissions(at("real/a"), Permissions::from_mode(0o440)).expect("a mode");
        let failed = replace_all(&[change(at("real/later"), Some("C")), change(at("real/a"), Some("D"))]);
        assert_eq!(failed.expect_err("not writable").1.kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(texts(&at("real")), pairs(&[("a", "A"), ("later", "B")]));
    }
}
