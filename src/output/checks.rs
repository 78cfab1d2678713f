//! A list of checks: what was looked at, what was found, and what to do about it.

use serde_json::{Value, json};

use super::text::wrapped_lines;
use super::{GOOD, HINT, Output, REMOVED, WARNING, redact};
use crate::error::Code;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// In order.
    Fine,
    /// Migrations work, but a person should know.
    Doubtful,
    /// In the way of migrations.
    Wrong,
    /// Not made: it has no meaning here, or something before it is wrong.
    Skipped,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// A short name that stays the same.
    pub name: &'static str,
    /// How it ended.
    pub state: State,
    /// What was found, in words.
    pub found: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The code that migrations would fail with.
    pub code: Option<Code>,
}

impl State {
    /// The mark in front of a check.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Fine => "✓",
            Self::Doubtful => "!",
            Self::Wrong => "✗",
            Self::Skipped => "–",
        }
    }

    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Doubtful => "warning",
            Self::Wrong => "failed",
            Self::Skipped => "skipped",
        }
    }
}

impl Output {
    /// A line for each check, with what to do below it.
    pub fn checks(&mut self, checks: &[Check]) {
        let width = checks.iter().map(|check| check.name.chars().count()).max().unwrap_or_default();
        let indent = " ".repeat(width + 4);
        let same = |check: &&Check, other: &Check| {
            check.state == State::Skipped && other.state == State::Skipped && check.found == other.found
        };
        let mut rest = checks.iter().peekable();
        while let Some(check) = rest.next() {
            // What was not looked at for one reason is one line.
            let mut names = vec![check.name];
            while rest.peek().is_some_and(|next| same(next, check)) {
                names.extend(rest.next().map(|next| next.name));
            }
            let Check { name, state, found, hint, code } = check;
            let (name, found) = match names.len() {
                1 => (*name, found.clone()),
                _ => ("the rest", format!("{found} ({})", names.join(", "))),
            };
            let style = match state {
                State::Fine => GOOD,
                State::Doubtful => WARNING,
                State::Wrong => REMOVED,
                State::Skipped => super::DIM,
            };
            let mark = self.styled(style, state.mark());
            let code = code.map(|code| format!("{code}: ")).unwrap_or_default();
            let room = self.width.map(|columns| columns.saturating_sub(indent.len()));
            let found = wrapped_lines(&format!("{code}{}", found.trim_end()), room, 0);
            let found = found.replace('\n', &format!("\n{indent}"));
            let found = if *state == State::Skipped { self.styled(style, &found) } else { found };
            self.line(format!("{mark} {name:width$}  {found}"));
            if let Some(hint) = hint {
                let hint = wrapped_lines(&format!("hint: {hint}"), room, "hint: ".len());
                let label = self.styled(HINT, "hint:");
                let hint = hint.replacen("hint:", &label, 1).replace('\n', &format!("\n{indent}"));
                self.line(format!("{indent}{hint}"));
            }
        }
    }
}

/// The same for programs.
pub fn checks_json(checks: &[Check]) -> Value {
    let one = |check: &Check| {
        json!({
            "name": check.name,
            "state": check.state.word(),
            "found": redact(&check.found),
            "code": check.code.map(Code::as_str),
            "hint": check.hint,
        })
    };
    checks.iter().map(one).collect()
}
