//! Lines and brackets, before the grammar sees them.

use std::ops::Range;

/// Deepest nesting of brackets that is read; pest calls itself once per level.
const MAX_DEPTH: usize = 50;

/// The line at `at` through its newline: `\n`, `\r\n` or `\r`.
pub(super) fn line_at(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let bytes = rest.as_bytes();
    let end = match bytes.iter().position(|&byte| byte == b'\n' || byte == b'\r') {
        Some(end) if bytes[end..].starts_with(b"\r\n") => end + 2,
        Some(end) => end + 1,
        None => rest.len(),
    };
    &rest[..end]
}

/// Whether brackets in this line are nested deeper than the grammar is asked to go.
pub(super) fn too_deep(line: &str) -> bool {
    let opening = |byte: u8| matches!(byte, b'(' | b'[' | b'{');
    if line.bytes().filter(|&byte| opening(byte)).take(MAX_DEPTH + 1).count() <= MAX_DEPTH {
        return false;
    }
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    let mut previous = 0;
    for byte in line.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'/' if previous == b'/' => return false, // the rest is a comment
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ if opening(byte) => depth += 1,
            _ => {}
        }
        if depth > MAX_DEPTH {
            return true;
        }
        previous = byte;
    }
    false
}

/// The lines that are read one by one: those in which a `/* */` comment may begin, which may reach into later lines, and
/// those that are too deep. In ascending order.
pub(super) fn lonely_lines(text: &str) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let line = line_at(text, at);
        let next = at + line.len();
        if line.contains("/*") || too_deep(line) {
            lines.push(at..next);
        }
        at = next;
    }
    lines
}

/// Finds a mark again and again from growing places without reading any text twice.
pub(super) struct Finder<'a> {
    text: &'a str,
    mark: &'static str,
    /// Where the last search began and what it found.
    last: Option<(usize, Option<usize>)>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(text: &'a str, mark: &'static str) -> Self {
        Self { text, mark, last: None }
    }

    /// The first mark at or behind `start`.
    pub(super) fn from(&mut self, start: usize) -> Option<usize> {
        if let Some((searched, found)) = self.last
            && searched <= start
            && found.is_none_or(|found| start <= found)
        {
            return found;
        }
        let found = self.text.get(start..).and_then(|rest| rest.find(self.mark)).map(|offset| start + offset);
        self.last = Some((start, found));
        found
    }
}

/// A set of places in the text.
#[derive(Default)]
pub(super) struct LineSet {
    places: std::collections::HashSet<usize>,
}

impl LineSet {
    pub(super) fn contains(&self, place: usize) -> bool {
        !self.places.is_empty() && self.places.contains(&place)
    }

    pub(super) fn insert_all(&mut self, places: &[usize]) {
        self.places.extend(places);
    }
}

#[cfg(test)]
mod tests {
    use super::{Finder, line_at, too_deep};

    #[test]
    fn lines_end_as_the_grammar_says() {
        for (text, line) in
            [("a\nb", "a\n"), ("a\r\nb", "a\r\n"), ("a\rb", "a\r"), ("a", "a"), ("", ""), ("é\n", "é\n")]
        {
            assert_eq!(line_at(text, 0), line, "{text:?}");
        }
    }

    #[test]
    fn depth_counts_brackets_outside_of_strings_and_comments() {
        let deep = "[".repeat(60);
        for (line, expected) in [
            (deep.clone(), true),
            (format!("\"{deep}\""), false),
            (format!("\"\\\"{deep}\""), false),
            (format!("a // {deep}"), false),
            ("a(b) ".repeat(60), false),
        ] {
            assert_eq!(too_deep(&line), expected, "{line:?}");
        }
    }

    #[test]
    fn a_finder_may_also_go_back() {
        let mut finder = Finder::new("a*/b*/c", "*/");
        for (start, expected) in [(0, Some(1)), (1, Some(1)), (2, Some(4)), (5, None), (0, Some(1)), (6, None)] {
            assert_eq!(finder.from(start), expected, "from {start}");
        }
    }
}
