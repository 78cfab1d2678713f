//! Small words: plurals, lists, annotations.

use std::fmt::Write as _;

use crate::psl::{Ast, Diagnostics, Lines, Severity};

/// A count with its noun: `1 migration`, `2 migrations`.
pub fn plural(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

/// A time that somebody waited: `12 ms`, `1.23 s`.
pub fn duration(time: std::time::Duration) -> String {
    match time.as_millis() {
        short @ ..1000 => format!("{short} ms"),
        _ => format!("{:.2} s", time.as_secs_f64()),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub fn list(items: &[String]) -> String {
    match items.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => items.concat(),
    }
}

/// Names in backticks, as a [`list`].
pub fn backticked<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    list(&names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>())
}

/// Findings as workflow commands of GitHub Actions, one on a line (its documentation, "Workflow commands").
pub(super) fn annotations(diagnostics: &Diagnostics, files: &[Ast]) -> String {
    let lines: Vec<Lines<'_>> = files.iter().map(|file| Lines::new(&file.source.text)).collect();
    let mut out = String::new();
    for diagnostic in diagnostics {
        let level = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let at = files.iter().position(|file| file.source.id == diagnostic.span.file);
        let place = at.and_then(|at| Some((files.get(at)?, lines.get(at)?))).map(|(file, lines)| {
            let position = lines.position(diagnostic.span.start);
            format!(" file={},line={},col={}", escaped(&file.source.path, true), position.line, position.column)
        });
        let _ = writeln!(out, "::{level}{}::{}", place.unwrap_or_default(), escaped(&diagnostic.message, false));
    }
    out
}

fn escaped(text: &str, property: bool) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    if property { text.replace(':', "%3A").replace(',', "%2C") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        assert_eq!([0, 1, 2].map(|n| plural(n, "migration")), ["0 migrations", "1 migration", "2 migrations"]);
        for (names, expected) in
            [(&[][..], ""), (&["a"], "`a`"), (&["a", "b"], "`a` and `b`"), (&["a", "b", "c"], "`a`, `b` and `c`")]
        {
            assert_eq!(backticked(names.iter().copied()), expected);
        }
        assert_eq!(escaped("a:b,c%\n", true), "a%3Ab%2Cc%25%0A");
    }
}
