//! What went wrong in a migration's script, and where.

use std::path::PathBuf;

use crate::db::{DbError, ServerError};

use super::directory::Migration;

/// Lines shown before the one that failed.
const CONTEXT_LINES: usize = 3;

/// A script that the server refused (P3018, or P3006 in a shadow database).
#[derive(Debug)]
pub struct ScriptError {
    /// The migration.
    pub migration: String,
    /// Its script.
    pub path: PathBuf,
    /// Where the server saw the error, if it said so.
    pub place: Option<Place>,
    /// What the server said.
    pub source: DbError,
    /// What is left of it in the database.
    pub left: Left,
}

/// What a failed script left in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Nothing: everything was undone, and the migration counts as not applied.
    Nothing,
    /// So many of its segments; the next run goes on behind them if the script is the same.
    Segments {
        /// Segments that are done.
        done: usize,
        /// Segments in all.
        of: usize,
    },
    /// That depends on the transactions of the script itself.
    Unknown,
}

/// A place in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The line and a few before it, with their numbers and a mark under the column.
    pub excerpt: String,
}

impl ScriptError {
    /// `offset` is the byte of the script at which the text begins that the server saw.
    pub(super) fn new(migration: &Migration, script: &str, offset: usize, source: DbError, left: Left) -> Self {
        let before = script.get(..offset).unwrap_or_default().chars().count();
        let position = source.server().and_then(|report| report.position);
        let position = position.map(|position| before + usize::try_from(position).unwrap_or(usize::MAX / 2).max(1));
        Self {
            migration: migration.name.clone(),
            path: migration.script_path(),
            place: position.map(|position| Place::at(script, position)),
            source,
            left,
        }
    }

    /// SQLSTATE, if the server sent an error report.
    pub fn sqlstate(&self) -> Option<&str> {
        self.source.server().map(|report| report.sqlstate.as_str())
    }
}

impl Place {
    /// The place of the character number `position`, from 1, as the server counts.
    pub(crate) fn at(script: &str, position: usize) -> Self {
        let position = position.max(1);
        let before: String = script.chars().take(position - 1).collect();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Self { line, column, excerpt: excerpt(script, line, column) }
    }
}

fn excerpt(script: &str, line: usize, column: usize) -> String {
    use std::fmt::Write as _;
    let width = line.to_string().len();
    let mut text = String::new();
    let shown = script.lines().enumerate().take(line).skip(line.saturating_sub(CONTEXT_LINES + 1));
    for (index, content) in shown {
        let _ = writeln!(text, "{:>width$} | {content}", index + 1);
    }
    let failing = script.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    // Tabs stay tabs, so that the mark stands under its column whatever their width.
    let blank: String =
        failing.chars().take(column.saturating_sub(1)).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let _ = write!(text, "{:>width$} | {blank}^", "");
    text
}

impl std::error::Error for ScriptError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

impl std::fmt::Display for ScriptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "migration `{}` failed", self.migration)?;
        match &self.place {
            Some(place) => {
                write!(f, "\n  --> {}:{}:{}\n{}", self.path.display(), place.line, place.column, place.excerpt)?;
            }
            None => write!(f, "\n  --> {}", self.path.display())?,
        }
        match self.source.server() {
            Some(ServerError { severity, sqlstate, message, detail, hint, context, .. }) => {
                write!(f, "\n{severity} {sqlstate}: {message}")?;
                for (label, text) in [("DETAIL", detail), ("HINT", hint), ("CONTEXT", context)] {
                    if let Some(text) = text {
                        write!(f, "\n{label}: {text}")?;
                    }
                }
                Ok(())
            }
            None => write!(f, "\n{}", self.source),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_lines_from_one() {
        let script = "SELECT 1;\nSELECT 'ü', oops;\n";
        for (position, line, column) in [(1, 1, 1), (10, 1, 10), (11, 2, 1), (23, 2, 13), (9999, 3, 1), (0, 1, 1)] {
            let place = Place::at(script, position);
            assert_eq!((place.line, place.column), (line, column), "position {position}");
        }
    }

    #[test]
    fn excerpts_mark_the_column() {
        let place = Place::at("a;\nb;\n\tSELECT oops;", 15);
        assert_eq!(place.excerpt, "1 | a;\n2 | b;\n3 | \tSELECT oops;\n  | \t       ^");
    }
}
