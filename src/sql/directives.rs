//! What a person says to evt at the head of a script: `-- evt: segments lock_timeout=5s`.

use squawk_lexer::{TokenKind, tokenize};

use super::split::{Mode, split};

/// What the comments of a script ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directives {
    /// How to run it, and the byte of the script at which that is said.
    pub mode: Option<(Mode, usize)>,
    /// `lock_timeout` while it runs, as PostgreSQL writes it.
    pub lock_timeout: Option<String>,
    /// `statement_timeout` while it runs, likewise.
    pub statement_timeout: Option<String>,
}

/// The words that choose a mode, with what they do; README and errors use this table.
pub const MODES: &[(&str, Mode, &str)] = &[
    ("whole", Mode::Whole, "everything in one transaction with the history row, or an error before anything runs"),
    ("segments", Mode::Segments, "each statement in a transaction of its own; a later run goes on behind the last"),
    ("as-is", Mode::AsIs, "one message, untouched, as Prisma sends it"),
];

/// The settings, with what they do; README and errors use this table.
pub const SETTINGS: &[(&str, &str)] = &[
    ("lock_timeout", "longest wait for a lock on a table, as in `lock_timeout=5s`; 0 is for ever"),
    ("statement_timeout", "longest run of a statement, as in `statement_timeout=10min`; 0 is for ever"),
];

/// A comment that evt cannot follow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct DirectiveError {
    /// The byte of the script.
    pub at: usize,
    /// What is wrong.
    pub problem: DirectiveProblem,
}

/// What is wrong with a comment to evt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectiveProblem {
    /// A word that means nothing.
    #[error("`{word}` is nothing that evt can be told{}", meant(.suggestion.as_deref()))]
    Unknown {
        /// As written.
        word: String,
        /// What looks like it.
        suggestion: Option<String>,
    },
    /// A comment without content.
    #[error("nothing is said here")]
    Empty,
    /// A setting without a value, or a mode with one.
    #[error("`{name}` {}", if *.wants { "needs a value, as in `lock_timeout=5s`" } else { "takes no value" })]
    Value {
        /// The word.
        name: String,
        /// Whether a value is needed.
        wants: bool,
    },
    /// A value that is no duration.
    #[error("`{value}` is no duration: give a number with `ms`, `s`, `min`, `h` or `d`, at most 24 days")]
    Duration {
        /// As written.
        value: String,
    },
    /// The same thing is said twice.
    #[error("`{name}` is said a second time{}", if *.mode { ": a script runs in one mode" } else { "" })]
    Twice {
        /// The word.
        name: String,
        /// Whether it is a mode.
        mode: bool,
    },
    /// A comment behind the first statement.
    #[error("this counts for the whole script, so it has to stand before the first statement")]
    Late,
    /// A comment between `/*` and `*/`.
    #[error("what evt is told has to stand in a comment that begins with `--`")]
    Block,
}

fn meant(suggestion: Option<&str>) -> String {
    suggestion.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// Reads the comments of a script that begin with `evt:`.
pub fn directives(script: &str) -> Result<Directives, DirectiveError> {
    let mut found = Directives::default();
    let mut start = 0;
    let mut begun = false;
    for token in tokenize(script) {
        let end = start + token.len as usize;
        let text = script.get(start..end).unwrap_or_default();
        let error = |problem| DirectiveError { at: start, problem };
        match token.kind {
            TokenKind::LineComment => {
                if let Some(offset) = content(text, 2) {
                    if begun {
                        return Err(error(DirectiveProblem::Late));
                    }
                    read(&text[offset..], start + offset, &mut found)?;
                }
            }
            TokenKind::BlockComment { .. } if content(text, 2).is_some() => return Err(error(DirectiveProblem::Block)),
            TokenKind::Whitespace | TokenKind::Eof | TokenKind::BlockComment { .. } => {}
            // What follows is told apart from data and strings only if the script can be taken apart.
            _ if !begun => {
                begun = true;
                if split(script).is_err() {
                    break;
                }
            }
            _ => {}
        }
        start = end;
    }
    Ok(found)
}

/// Where the text behind `evt:` begins in a comment whose mark is so many bytes long.
fn content(comment: &str, mark: usize) -> Option<usize> {
    let text = comment.get(mark..)?;
    let blanks = text.len() - text.trim_start_matches([' ', '\t']).len();
    let word = text.get(blanks..blanks + 4)?;
    word.eq_ignore_ascii_case("evt:").then_some(mark + blanks + 4)
}

fn read(text: &str, offset: usize, found: &mut Directives) -> Result<(), DirectiveError> {
    let mut empty = true;
    let separator = |c: char| c.is_whitespace() || c == ',';
    let mut start = 0;
    while let Some(skip) = text[start..].find(|c: char| !separator(c)) {
        let begin = start + skip;
        let end = text[begin..].find(separator).map_or(text.len(), |length| begin + length);
        let at = offset + begin;
        take(&text[begin..end], at, found).map_err(|problem| DirectiveError { at, problem })?;
        empty = false;
        start = end;
    }
    if empty { Err(DirectiveError { at: offset, problem: DirectiveProblem::Empty }) } else { Ok(()) }
}

fn take(word: &str, at: usize, found: &mut Directives) -> Result<(), DirectiveProblem> {
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    };
    if let Some((name, mode, _)) = MODES.iter().find(|(known, _, _)| known.eq_ignore_ascii_case(name)) {
        if value.is_some() {
            return Err(DirectiveProblem::Value { name: (*name).to_owned(), wants: false });
        }
        return match found.mode.replace((*mode, at)) {
            None => Ok(()),
            Some(_) => Err(DirectiveProblem::Twice { name: (*name).to_owned(), mode: true }),
        };
    }
    let place = match name.to_ascii_lowercase().as_str() {
        "lock_timeout" => &mut found.lock_timeout,
        "statement_timeout" => &mut found.statement_timeout,
        _ => return Err(DirectiveProblem::Unknown { word: word.to_owned(), suggestion: similar_to(name) }),
    };
    let value = value
        .filter(|value| !value.is_empty())
        .ok_or_else(|| DirectiveProblem::Value { name: name.to_owned(), wants: true })?;
    if !is_duration(value) {
        return Err(DirectiveProblem::Duration { value: value.to_owned() });
    }
    match place.replace(value.to_owned()) {
        None => Ok(()),
        Some(_) => Err(DirectiveProblem::Twice { name: name.to_owned(), mode: false }),
    }
}

fn similar_to(name: &str) -> Option<String> {
    const FAR: f64 = 0.7;
    let known = MODES.iter().map(|(name, _, _)| *name).chain(SETTINGS.iter().map(|(name, _)| *name));
    let name = name.to_ascii_lowercase();
    known
        .map(|known| (strsim::jaro_winkler(known, &name), known))
        .filter(|(similarity, _)| *similarity > FAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known.to_owned())
}

/// Whether PostgreSQL takes it as the value of a setting in milliseconds (documentation, section 20.1.1).
fn is_duration(value: &str) -> bool {
    let digits = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    let factor = match &value[digits..] {
        "" | "ms" => 1,
        "s" => 1000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return false,
    };
    let milliseconds = value[..digits].parse::<i64>().ok().and_then(|number| number.checked_mul(factor));
    milliseconds.is_some_and(|milliseconds| milliseconds <= i64::from(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_said() {
        let mode = |mode, at| Some((mode, at));
        let time = |text: &str| Some(text.to_owned());
        for (script, mode, lock, statement) in [
            ("SELECT 1", None, None, None),
            ("-- evt: whole\nSELECT 1", mode(Mode::Whole, 8), None, None),
            (
                "-- why\n--evt:segments,lock_timeout=5s\n/* x */ -- EVT: statement_timeout=0\n",
                mode(Mode::Segments, 13),
                time("5s"),
                time("0"),
            ),
            ("\t-- evt:\tAS-IS", mode(Mode::AsIs, 9), None, None),
            ("-- evt is a tool\nSELECT '-- evt: oops' -- not evt: here", None, None, None),
            ("SELECT $$\n-- evt: oops\n$$", None, None, None),
        ] {
            let expected = Directives { mode, lock_timeout: lock, statement_timeout: statement };
            assert_eq!(directives(script), Ok(expected), "{script}");
        }
    }

    #[test]
    fn what_cannot_be_followed() {
        for (script, at, message) in [
            ("-- evt: hole", 8, "`hole` is nothing that evt can be told; did you mean `whole`?"),
            ("-- evt: quick", 8, "`quick` is nothing that evt can be told"),
            ("-- evt:", 7, "nothing is said here"),
            ("-- evt: whole segments", 14, "`segments` is said a second time: a script runs in one mode"),
            ("-- evt: lock_timeout", 8, "`lock_timeout` needs a value, as in `lock_timeout=5s`"),
            ("-- evt: lock_timeout=1s lock_timeout=2s", 24, "`lock_timeout` is said a second time"),
            ("-- evt: whole=1", 8, "`whole` takes no value"),
            (
                "-- evt: lock_timeout=5sec",
                8,
                "`5sec` is no duration: give a number with `ms`, `s`, `min`, `h` or `d`, at most 24 days",
            ),
            (
                "-- evt: lock_timeout=25d",
                8,
                "`25d` is no duration: give a number with `ms`, `s`, `min`, `h` or `d`, at most 24 days",
            ),
            (
                "-- evt: lock_timeout=-1",
                8,
                "`-1` is no duration: give a number with `ms`, `s`, `min`, `h` or `d`, at most 24 days",
            ),
            (
                "SELECT 1;\n-- evt: whole",
                10,
                "this counts for the whole script, so it has to stand before the first statement",
            ),
            ("/* evt: whole */", 0, "what evt is told has to stand in a comment that begins with `--`"),
        ] {
            let error = directives(script).expect_err(script);
            assert_eq!((error.at, error.to_string().as_str()), (at, message), "{script}");
        }
    }
}
