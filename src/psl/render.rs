//! Findings for people: the message, the place, and the source line with what is meant underlined.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::ast::{Ast, Source};
use super::diagnostics::{Diagnostic, Diagnostics, Lines, Severity};

/// The code that Prisma gives to every error in a schema.
pub(crate) const CODE: &str = "P1012";

/// All findings, each under its source line and followed by a blank line, then how many errors and warnings there are.
/// Empty if there are none. `files` are those the findings are about; paths are shown as given there. With `colour` the
/// text holds ANSI escape sequences.
pub fn render(diagnostics: &Diagnostics, files: &[Ast], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut sources: Vec<(&Source, Lines<'_>)> =
        files.iter().map(|file| (&file.source, Lines::new(&file.source.text))).collect();
    sources.sort_by_key(|(source, _)| source.id);
    let mut text = String::new();
    for diagnostic in diagnostics {
        let found = sources.binary_search_by_key(&diagnostic.span.file, |(source, _)| source.id);
        text.push_str(&one(diagnostic, found.ok().and_then(|at| sources.get(at)), &renderer));
        text.push_str("\n\n");
    }
    text.push_str(&counts(diagnostics));
    text
}

fn one(diagnostic: &Diagnostic, file: Option<&(&Source, Lines<'_>)>, renderer: &Renderer) -> String {
    let title = match diagnostic.severity {
        Severity::Error => Level::ERROR.primary_title(&diagnostic.message).id(CODE),
        Severity::Warning => Level::WARNING.primary_title(&diagnostic.message),
    };
    // Only the lines of the span are handed over: searching the whole file for each finding would be slow.
    let excerpt = file.map(|(source, lines)| {
        let excerpt = lines.excerpt(diagnostic.span);
        Snippet::source(excerpt.text)
            .line_start(excerpt.first_line as usize)
            .path(source.path.as_str())
            .annotation(AnnotationKind::Primary.span(excerpt.marked))
    });
    let help = diagnostic.help.as_deref().map(|help| Level::HELP.message(help));
    renderer.render(&[title.elements(excerpt).elements(help)])
}

fn counts(diagnostics: &Diagnostics) -> String {
    let count = |count: usize, word: &str| match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        _ => Some(format!("{count} {word}s")),
    };
    let counts = [count(diagnostics.errors().count(), "error"), count(diagnostics.warnings().count(), "warning")];
    let text = counts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    if text.is_empty() { text } else { text + "\n" }
}

#[cfg(test)]
mod tests {
    use super::super::ast::{Ast, Source};
    use super::super::diagnostics::{Diagnostics, FileId, Span};
    use super::render;

    fn file(id: u32, path: &str, text: &str) -> Ast {
        let source = Source { id: FileId(id), path: path.to_owned(), text: text.to_owned() };
        Ast { source, items: Vec::new(), has_errors: false }
    }

    fn span(file: u32, start: u32, end: u32) -> Span {
        Span { file: FileId(file), start, end }
    }

    #[test]
    fn each_finding_stands_under_its_line() {
        let files = [file(1, "b.prisma", "x\n\ty 漢字 z\n"), file(0, "dir/a.prisma", "one\ntwo\nthree\n")];
        let mut diagnostics = Diagnostics::default();
        diagnostics.error(span(1, 3, 11), "wide and indented").help("write `z`");
        diagnostics.warning(span(0, 4, 14), "two lines");
        diagnostics.error(span(0, 14, 14), "at the end");
        diagnostics.error(span(7, 0, 1), "in no file");
        diagnostics.error(span(0, 99, 999), "behind the end");
        let expected = "\
error[P1012]: wide and indented
 --> b.prisma:2:2
  |
2 |     y 漢字 z
  |     ^^^^^^
  |
  = help: write `z`

warning: two lines
 --> dir/a.prisma:2:1
  |
2 | / two
3 | | three
  | |_____^

error[P1012]: at the end
 --> dir/a.prisma:4:1
  |
4 |
  | ^

error[P1012]: in no file

error[P1012]: behind the end
 --> dir/a.prisma:4:1
  |
4 |
  | ^

4 errors, 1 warning
";
        assert_eq!(render(&diagnostics, &files, false), expected);
        assert!(render(&diagnostics, &files, true).contains("\u{1b}["), "no colour");
        assert_eq!(render(&Diagnostics::default(), &files, false), "");
    }
}
