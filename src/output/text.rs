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

/// A text on one line, without characters that would move the cursor, hide or turn round what follows: those are written
/// as escapes. Names in a database may contain anything.
pub fn visible(text: &str) -> String {
    let harmless = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    if text.chars().all(harmless) {
        return text.to_owned();
    }
    text.chars().map(|c| if harmless(c) { c.to_string() } else { c.escape_default().to_string() }).collect()
}

/// A text in lines of at most `width` columns, broken between words; lines after the first begin with `indent` spaces.
/// What stands in backticks is never broken, so that a command can be copied: the terminal breaks it if it has to.
pub(super) fn wrapped(text: &str, width: Option<usize>, indent: usize) -> Vec<String> {
    let Some(width) = width else { return vec![text.to_owned()] };
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut quoted = false;
    let words = text.split_inclusive(|c| {
        quoted ^= c == '`';
        c == ' ' && !quoted
    });
    for word in words {
        let room = width.saturating_sub(unicode_width::UnicodeWidthStr::width(line.as_str()));
        if unicode_width::UnicodeWidthStr::width(word.trim_end()) > room && !line.trim().is_empty() {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)).trim_end().to_owned());
        }
        line.push_str(word);
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// Several lines, each [`wrapped`] but those that are quoted from a file or stand under others. What the first is broken
/// into begins with `indent` spaces: it has a label, which those behind it do not have.
pub(super) fn wrapped_lines(text: &str, width: Option<usize>, indent: usize) -> String {
    let quoted = |line: &str| {
        let number = line.split(" | ").next().unwrap_or_default();
        line.starts_with(' ') || (line.contains(" | ") && number.parse::<u32>().is_ok())
    };
    let lines = text.split('\n').enumerate().map(|(number, line)| {
        let indent = if number == 0 { indent } else { 0 };
        if width.is_none() || quoted(line) { line.to_owned() } else { wrapped(line, width, indent).join("\n") }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// An item of a list, broken between words where it would be wider than `width`; `None` breaks nothing.
pub fn bullet(text: &str, width: Option<usize>) -> String {
    const MARK: &str = "  • ";
    let width = width.map(|width| width.saturating_sub(unicode_width::UnicodeWidthStr::width(MARK)));
    format!("{MARK}{}", wrapped(&visible(text), width, 0).join("\n    "))
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

/// An error as a workflow command of GitHub Actions, which its page shows at the file and line that are to blame.
pub(super) fn annotation(code: Option<&str>, place: Option<&(String, usize, usize)>, message: &str) -> String {
    let mut properties: Vec<String> = Vec::new();
    if let Some((file, line, column)) = place {
        properties.push(format!("file={},line={line},col={column}", escaped(file, true)));
    }
    properties.extend(code.map(|code| format!("title={code}")));
    let gap = if properties.is_empty() { "" } else { " " };
    format!("::error{gap}{}::{}\n", properties.join(","), escaped(message, false))
}

fn escaped(text: &str, property: bool) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    if property { text.replace(':', "%3A").replace(',', "%2C") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bullets_break_between_words() {
        for (width, expected) in [
            (None, "  • one two-three `four`"),
            (Some(80), "  • one two-three `four`"),
            (Some(14), "  • one\n    two-three\n    `four`"),
            (Some(3), "  • one\n    two-three\n    `four`"),
        ] {
            assert_eq!(bullet("one two-three `four`", width), expected, "{width:?}");
        }
    }

    #[test]
    fn words() {
        assert_eq!([0, 1, 2].map(|n| plural(n, "migration")), ["0 migrations", "1 migration", "2 migrations"]);
        for (names, expected) in
            [(&[][..], ""), (&["a"], "`a`"), (&["a", "b"], "`a` and `b`"), (&["a", "b", "c"], "`a`, `b` and `c`")]
        {
            assert_eq!(backticked(names.iter().copied()), expected);
        }
        for (text, expected) in [
            ("größe 日本", "größe 日本"),
            ("a\nb", "a\\nb"),
            ("\u{1b}[31m", "\\u{1b}[31m"),
            ("a\u{202e}b", "a\\u{202e}b"),
        ] {
            assert_eq!(visible(text), expected);
        }
        assert_eq!(wrapped("- one two three", Some(8), 2), ["- one", "  two", "  three"]);
        assert_eq!(wrapped("one two three", None, 2), ["one two three"]);
        assert_eq!(wrapped("run `evt a b` or not", Some(9), 2), ["run", "  `evt a b`", "  or not"]);
        for (text, expected) in [
            (
                "a failed\n  --> a/migration.sql:1\n12 | a b c d e f\n\none two three",
                "a failed\n  --> a/migration.sql:1\n12 | a b c d e f\n\none two\nthree",
            ),
            ("a | b c d e f", "a | b c\n d e f"),
        ] {
            assert_eq!(wrapped_lines(text, Some(8), 1), expected);
            assert_eq!(wrapped_lines(text, None, 1), text);
        }
        assert_eq!(escaped("a:b,c%\n", true), "a%3Ab%2Cc%25%0A");
        assert_eq!(annotation(None, None, "a\nb"), "::error::a%0Ab\n");
        let place = ("m/1.sql".to_owned(), 2, 3);
        assert_eq!(annotation(Some("P3018"), Some(&place), "a"), "::error file=m/1.sql,line=2,col=3,title=P3018::a\n");
    }
}
