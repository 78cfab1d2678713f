//! Where something is wrong in a schema, what, and what to do about it.

/// Which file of a schema of several files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub u32);

/// A range of bytes in one file, its end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// The byte behind the last one.
    pub end: u32,
}

/// Whether a schema with this diagnostic can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can.
    Warning,
}

/// One finding about a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong: one sentence, names in backticks, no full stop.
    pub message: String,
    /// Where; line and column are computed when shown.
    pub span: Span,
    /// What to do next, if there is something better to say than the message.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Sets what to do next.
    pub fn help(&mut self, help: impl Into<String>) {
        self.help = Some(help.into());
    }
}

/// Findings in the order in which Prisma reports them (spec/psl.md section 7.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds an error and returns it, so that a help line can be set.
    pub fn error(&mut self, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.push(Severity::Error, span, message.into())
    }

    /// Adds a warning and returns it, so that a help line can be set.
    pub fn warning(&mut self, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.push(Severity::Warning, span, message.into())
    }

    /// Appends the findings of another stage or file.
    pub fn extend(&mut self, other: Diagnostics) {
        self.list.extend(other.list);
    }

    /// Whether the schema cannot be used.
    pub fn has_errors(&self) -> bool {
        self.errors().next().is_some()
    }

    /// All findings, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// The errors, in order.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter().filter(|d| d.severity == Severity::Error)
    }

    /// The warnings, in order.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter().filter(|d| d.severity == Severity::Warning)
    }

    /// How many findings there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Forgets all findings but the first `len`: of text that is read again in another way.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.list.truncate(len);
    }

    fn push(&mut self, severity: Severity, span: Span, message: String) -> &mut Diagnostic {
        self.list.push(Diagnostic { severity, message, span, help: None });
        let last = self.list.len() - 1;
        &mut self.list[last]
    }
}

/// Line and column of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Counted from 1; lines end with `\n`.
    pub line: u32,
    /// Characters (Unicode scalar values) from the beginning of the line, counted from 1.
    pub column: u32,
}

/// Where the lines of a text begin.
#[derive(Debug)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

/// The lines on which a span stands.
pub(crate) struct Excerpt<'a> {
    /// Number of the first one, counted from 1.
    pub(crate) first_line: u32,
    pub(crate) text: &'a str,
    /// The span in this text, without blanks and newline at its end.
    pub(crate) marked: std::ops::Range<usize>,
}

impl<'a> Lines<'a> {
    /// Finds the lines of this text once, so that each place costs only a search among them.
    pub fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Line and column of a byte of the text; the end of the text if `offset` lies behind it.
    pub fn position(&self, offset: u32) -> Position {
        let offset = self.text.floor_char_boundary(offset as usize);
        let line = self.line(offset);
        let before = self.text.get(self.start(line)..offset).unwrap_or_default();
        Position { line: number(line), column: number(before.chars().count()) }
    }

    pub(crate) fn excerpt(&self, span: Span) -> Excerpt<'a> {
        let start = self.text.floor_char_boundary(span.start as usize);
        let end = self.text.floor_char_boundary(span.end.max(span.start) as usize);
        let marked = self.text.get(start..end).unwrap_or_default().trim_end();
        let end = start + marked.len();
        let line = self.line(start);
        let first = self.start(line);
        let text = self.text.get(first..self.start(self.line(end) + 1)).unwrap_or_default();
        Excerpt {
            first_line: number(line),
            text: text.trim_end_matches(['\r', '\n']),
            marked: start - first..end - first,
        }
    }

    /// Which line a byte belongs to, counted from 0.
    fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    fn start(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or(self.text.len())
    }
}

/// Counting from 1 what was counted from 0.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, Position};

    #[test]
    fn positions_count_characters() {
        let lines = Lines::new("aé\r\n漢字\n\nz");
        for (offset, line, column) in [
            (0, 1, 1),
            (1, 1, 2),
            (2, 1, 2),
            (3, 1, 3),
            (5, 2, 1),
            (8, 2, 2),
            (11, 2, 3),
            (12, 3, 1),
            (13, 4, 1),
            (14, 4, 2),
            (99, 4, 2),
        ] {
            assert_eq!(lines.position(offset), Position { line, column }, "offset {offset}");
        }
    }
}
