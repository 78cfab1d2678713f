//! What went wrong in a migration's script, and where.

use std::ops::Range;
use std::path::PathBuf;

use crate::db::{DbError, ServerError};
use crate::sql::split::{Plan, body_of_statement};

use super::prepare::Prepared;

/// Lines shown before the one that failed.
const CONTEXT_LINES: usize = 3;

/// A script that the server refused (P3018, or P3006 in a shadow database).
#[derive(Debug)]
pub struct ScriptError {
    /// The migration.
    pub migration: String,
    /// Its script.
    pub path: PathBuf,
    /// Where the error is: where the server saw it, else where the statement begins that failed. `None` if it was in no
    /// statement, as when the transaction could not be committed.
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
    /// All of it, counted as applied, or nothing.
    AllOrNothing,
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
    /// `range` are the bytes of the script that the server was sent, `failed` the number of the statement in them that
    /// failed, from 0.
    pub(super) fn new(
        prepared: &Prepared<'_>,
        range: Range<usize>,
        failed: Option<usize>,
        source: DbError,
        left: Left,
    ) -> Self {
        let script = &prepared.script;
        let before = script[..range.start].chars().count();
        let position = source.server().and_then(|report| report.position);
        let position = position.map(|position| before + usize::try_from(position).unwrap_or(usize::MAX / 2).max(1));
        let place = match position {
            Some(position) => Some(Place::at(script, position)),
            None => failed.and_then(|failed| sent(prepared, &range).nth(failed)).map(|statement| {
                let context = source.server().and_then(|report| report.context.as_deref());
                let inner = context.and_then(|context| byte_of_block(script, &statement, context));
                Place::at_byte(script, inner.unwrap_or(statement.start))
            }),
        };
        let migration = prepared.migration;
        Self { migration: migration.name.clone(), path: migration.script_path(), place, source, left }
    }

    /// SQLSTATE, if the server sent an error report.
    pub fn sqlstate(&self) -> Option<&str> {
        self.source.server().map(|report| report.sqlstate.as_str())
    }
}

/// The statements in a part of the script that the server was sent, in order.
fn sent<'a>(prepared: &'a Prepared<'_>, range: &Range<usize>) -> impl Iterator<Item = Range<usize>> + use<'a> {
    let own: Vec<Range<usize>> = match &prepared.plan {
        Plan::Whole { own } => own.clone(),
        Plan::Segments(segments) => segments.iter().flat_map(|segment| segment.own.clone()).collect(),
        Plan::AsIs(_) => Vec::new(),
    };
    let range = range.clone();
    let statements = prepared.statements.iter().map(|statement| statement.range.clone());
    statements.filter(move |statement| range.contains(&statement.start) && !own.contains(statement))
}

/// Where the line of a `DO` block is that a CONTEXT speaks of (PL/pgSQL calls the block `inline_code_block`).
fn byte_of_block(script: &str, statement: &Range<usize>, context: &str) -> Option<usize> {
    let (_, rest) = context.rsplit_once("inline_code_block")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty())?;
    let line: usize = digits.parse().ok()?;
    let body = statement.start + body_of_statement(&script[statement.clone()])?;
    let mut begin = body;
    for _ in 1..line {
        begin += script[begin..statement.end].find('\n')? + 1;
    }
    let blanks = script[begin..statement.end].find(|c: char| !c.is_whitespace())?;
    Some(begin + blanks)
}

impl Place {
    /// The place of a byte of the script.
    pub(crate) fn at_byte(script: &str, byte: usize) -> Self {
        let before = script.char_indices().take_while(|(index, _)| *index < byte).count();
        Self::at(script, before + 1)
    }

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
            Some(ServerError { severity, sqlstate, message, detail, hint, context, internal, .. }) => {
                write!(f, "\n{severity} {sqlstate}: {message}")?;
                for (label, text) in [("DETAIL", detail), ("HINT", hint)] {
                    if let Some(text) = text {
                        write!(f, "\n{label}: {text}")?;
                    }
                }
                if let Some((query, position)) = internal {
                    let position = usize::try_from(*position).unwrap_or_default();
                    write!(f, "\nQUERY:\n{}", Place::at(query, position).excerpt)?;
                }
                match context {
                    Some(context) => write!(f, "\nCONTEXT: {context}"),
                    None => Ok(()),
                }
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
