//! Standard output and standard error: the only room that writes to them.
//!
//! Stdout is what somebody asked for and may hand to another program; stderr is talk about it. With `--json` stdout is
//! one JSON value and nothing else. Colours repeat what words say already.

mod checks;
mod changes;
mod numbers;
mod table;
mod drift;
mod reset;
#[cfg(test)]
mod screen;
mod text;

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use serde_json::json;

use crate::config::environment::{COLUMNS, DISABLE_WARNINGS, FORCE_COLOR, GITHUB_ACTIONS, NO_COLOR, TERM};
use crate::config::{ConfigError, Environment, Note};
use crate::db::url::{DatabaseUrl, redact};
use crate::error::{Code, Error};
use crate::psl::{self, Ast, Diagnostics, Lines, Severity};

pub use changes::changes_json;
pub use checks::{Check, State, checks_json};
pub use drift::drift_json;
pub use indicatif::ProgressBar;
pub use numbers::{bytes, count, duration, percent, span};
pub use reset::reset_reason;
#[cfg(test)]
pub(crate) use screen::screen;
pub use table::{ColumnSpec, WideTable, number, text as text_column, whole as whole_column};
pub use text::{backticked, bullet, list, plural, visible};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();
const GOOD: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const TITLE: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Where a command's results and its talk go.
pub struct Output {
    stdout: Box<dyn Write + Send>,
    stderr: Box<dyn Write + Send>,
    /// Colours on stdout.
    colour: bool,
    /// Colours on stderr.
    colour_err: bool,
    /// Whether somebody watches stderr, so that progress can be shown there.
    watched: bool,
    json: bool,
    warnings: bool,
    annotations: bool,
    /// How wide tables on stdout may be; nothing where no terminal limits them.
    width: Option<usize>,
    /// The same for talk on stderr.
    width_err: Option<usize>,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").field("colour", &self.colour).field("json", &self.json).finish_non_exhaustive()
    }
}

impl Output {
    /// The streams of this process.
    pub fn of_process(environment: &Environment) -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let colour = colours(environment, stdout.is_terminal());
        let colour_err = colours(environment, stderr.is_terminal());
        let watched = stderr.is_terminal() && environment.get(TERM) != Some("dumb");
        let asked = environment.get(COLUMNS).and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
        let columns = |size: Option<(terminal_size::Width, _)>| size.map(|(width, _)| usize::from(width.0)).or(asked);
        let width = columns(terminal_size::terminal_size_of(&stdout));
        let width_err = columns(terminal_size::terminal_size_of(&stderr));
        Self {
            colour,
            colour_err,
            watched,
            width,
            width_err,
            ..Self::new(Box::new(stdout), Box::new(stderr), environment)
        }
    }

    /// Other streams, without colours and progress.
    pub fn new(stdout: Box<dyn Write + Send>, stderr: Box<dyn Write + Send>, environment: &Environment) -> Self {
        Self {
            stdout,
            stderr,
            colour: false,
            colour_err: false,
            watched: false,
            json: false,
            warnings: environment.filled(DISABLE_WARNINGS).is_none(),
            annotations: environment.get(GITHUB_ACTIONS) == Some("true"),
            width: None,
            width_err: None,
        }
    }

    /// The same in a terminal so many columns wide.
    #[must_use]
    pub fn with_width(self, width: usize) -> Self {
        Self { width: Some(width), width_err: Some(width), ..self }
    }

    /// From here on stdout takes only [`Output::json`].
    pub fn json_only(&mut self) {
        self.json = true;
    }

    /// Whether stdout takes only JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// A line of a result.
    pub fn line(&mut self, text: impl AsRef<str>) {
        if !self.json {
            let text = redact(text.as_ref());
            self.out(&format!("{text}\n"));
        }
    }

    /// A line that says that all is well.
    pub fn good(&mut self, text: impl AsRef<str>) {
        self.sentence(GOOD, text.as_ref());
    }

    /// A line of a result that a person should not overlook.
    pub fn caution(&mut self, text: impl AsRef<str>) {
        self.sentence(WARNING, text.as_ref());
    }

    /// Talk of a result in a style, wrapped between words.
    fn sentence(&mut self, style: Style, text: &str) {
        for line in text::wrapped(text, self.width, 0) {
            let line = self.styled(style, &line);
            self.line(line);
        }
    }

    /// Talk about a schema or script that goes to stdout: comments, so that both may end up in one file.
    pub fn commented(&mut self, text: &str) {
        if !text.is_empty() {
            let lines: Vec<String> = text.lines().map(|line| format!("// {line}").trim_end().to_owned()).collect();
            self.err(&format!("\n{}\n", lines.join("\n")));
        }
    }

    /// Part of a result, exactly as it is: a script, a formatted schema.
    pub fn raw(&mut self, text: &str) {
        if !self.json {
            self.out(text);
        }
    }

    /// A result into a file that a person named instead of stdout; its folder is made if it is not there.
    pub fn write_file(&mut self, path: &Path, cwd: &Path, text: &str) -> Result<(), ConfigError> {
        let full = cwd.join(path);
        let folder = full.parent().map_or(Ok(()), std::fs::create_dir_all);
        let written = folder.and_then(|()| std::fs::write(&full, text));
        written.map_err(|source| ConfigError::Write { path: path.to_owned(), source })
    }

    /// The whole result for a program: one JSON value on a line.
    pub fn json(&mut self, value: &serde_json::Value) {
        self.out(&format!("{value}\n"));
    }

    /// A line of a log for programs, on stderr.
    pub fn log(&mut self, value: &serde_json::Value) {
        self.err(&format!("{value}\n"));
    }

    /// What would change in a file, line by line, as `diff -u` shows it.
    pub fn difference(&mut self, path: &str, before: &str, after: &str) {
        let difference = similar::TextDiff::from_lines(before, after);
        // Else a line that only changes how it ends would look the same before and after.
        let shown = difference.unified_diff().context_radius(1).header(path, path).to_string().replace('\r', "␍");
        for line in shown.lines() {
            let style = match line.as_bytes().first() {
                Some(b'+') => GOOD,
                Some(b'-') => REMOVED,
                _ => Style::new(),
            };
            let line = self.styled(style, line);
            self.line(line);
        }
    }

    /// A table with a row of headings; nothing but the headings' names and the cells count, so it reads without lines.
    pub fn table(&mut self, headings: &[&str], rows: &[Vec<String>]) {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING).set_header(headings.to_vec());
        table.add_rows(rows);
        for line in table.lines() {
            self.line(line.trim_end());
        }
    }

    /// A table with more columns than some terminals have room for.
    pub fn wide_table(&mut self, table: &WideTable<'_>) {
        let mut lines = table.lines(self.width).into_iter();
        if let Some(headings) = lines.next() {
            let headings = self.styled(DIM, &headings);
            self.line(headings);
        }
        lines.for_each(|line| self.line(line));
    }

    /// The title of a part of a result.
    pub fn title(&mut self, text: &str) {
        self.line("");
        self.sentence(TITLE, text);
    }

    /// A line of a result, wrapped between words where a terminal is narrower; what continues it is indented by
    /// `indent` columns.
    pub fn paragraph(&mut self, text: &str, indent: usize) {
        for line in text::wrapped(text, self.width, indent) {
            self.line(line);
        }
    }

    /// Lines of a result of which each is a paragraph, but for those that begin with a space.
    pub fn paragraphs(&mut self, text: &str) {
        let text = text::wrapped_lines(text, self.width, 0);
        self.line(text);
    }

    /// A table that fits a narrow terminal: long cells are broken, and a line stands between the rows.
    pub fn narrow_table(&mut self, headings: &[&str], rows: &[Vec<String>]) {
        const COLUMNS: u16 = 80;
        let width = self.width.and_then(|width| u16::try_from(width).ok()).unwrap_or(COLUMNS);
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::UTF8_HORIZONTAL_ONLY).set_header(headings.to_vec());
        table.set_content_arrangement(comfy_table::ContentArrangement::Dynamic).set_width(width);
        table.add_rows(rows);
        for line in table.lines() {
            self.line(line.trim_end());
        }
    }

    /// Names and values, one pair on a line, aligned.
    pub fn facts(&mut self, facts: &[(&str, String)]) {
        let width = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        for (name, value) in facts {
            self.line(format!("{name:width$} : {value}"));
        }
    }

    /// The migrations as a tree under their folder.
    pub fn migrations_tree<'a>(&mut self, root: &Path, names: impl IntoIterator<Item = &'a str>) {
        self.line(format!("{}/", root.display()));
        for name in names {
            self.line(format!("  └─ {name}/"));
            self.line("    └─ migration.sql");
        }
    }

    /// Talk: what is being done.
    pub fn note(&mut self, text: impl AsRef<str>) {
        let text = text::wrapped_lines(text.as_ref(), self.width_err, 0);
        let text = if self.colour_err { format!("{DIM}{text}{DIM:#}") } else { text };
        self.err(&format!("{text}\n"));
    }

    /// Something that a person should know.
    pub fn warning(&mut self, text: impl AsRef<str>) {
        if self.warnings {
            self.labelled(WARNING, "warning:", text.as_ref(), 0);
        }
    }

    /// What to do next.
    pub fn hint(&mut self, text: impl AsRef<str>) {
        self.labelled(HINT, "hint:", text.as_ref(), "hint: ".len());
    }

    /// What was read to decide the settings.
    pub fn notes(&mut self, notes: &[Note]) {
        for note in notes {
            match note {
                Note::Config(path) => self.note(format!("settings read from {}", path.display())),
                Note::Dotenv(path) => self.note(format!("variables read from {}", path.display())),
                Note::DotenvSkipped(path) => self.note(format!(
                    "variables of {} not read: beside a Prisma configuration file only what that file itself loads is",
                    path.display()
                )),
            }
        }
    }

    /// Which database a command is about to talk to.
    pub fn datasource(&mut self, name: &str, url: &DatabaseUrl, namespaces: &[String]) {
        let schemas = match namespaces {
            [] => format!("schema \"{}\"", url.namespace()),
            [one] => format!("schema \"{one}\""),
            several => format!("schemas \"{}\"", several.join(", ")),
        };
        let at = url.location().map(|location| format!(" at \"{location}\"")).unwrap_or_default();
        self.note(format!("Datasource \"{name}\": PostgreSQL database \"{}\", {schemas}{at}", url.database()));
    }

    /// Findings about a schema: for people on stderr, and as annotations where GitHub reads them.
    pub fn diagnostics(&mut self, diagnostics: &Diagnostics, files: &[Ast]) {
        let shown = if self.warnings || diagnostics.has_errors() { diagnostics.iter().count() } else { 0 };
        if shown > 0 {
            self.err(&psl::render(diagnostics, files, self.colour_err));
        }
        if self.annotations {
            let annotations = text::annotations(diagnostics, files);
            self.err(&annotations);
        }
    }

    /// An error with its code, and what to do about it.
    pub fn error(&mut self, error: &Error) {
        if self.json {
            self.json(&error_json(error));
        }
        if let Error::Cancelled = error {
            return self.note("Cancelled."); // a person knows that already
        }
        if let Error::Config(ConfigError::Invalid { files, diagnostics, .. }) = error {
            self.labelled(ERROR, "Error:", "P1012\n", 0);
            self.diagnostics(diagnostics, files);
            return self.way_out(error);
        }
        let message = error.full_message();
        match error.code() {
            Some(code) => self.labelled(ERROR, "Error:", &format!("{code}\n\n{message}"), 0),
            None => self.labelled(ERROR, "Error:", &message, 0),
        }
        self.way_out(error);
        if self.annotations {
            self.err(&text::annotation(error.code().map(Code::as_str), error.place().as_ref(), &message));
        }
    }

    fn way_out(&mut self, error: &Error) {
        if let Some(hint) = error.hint() {
            self.err("\n");
            self.hint(hint);
        }
    }

    /// Wrong usage, in Prisma's form: the message between blank lines, then the command's help.
    pub fn usage(&mut self, message: &str, help: &str) {
        self.err(&format!("\n! {message}\n\n{help}"));
    }

    /// A bar for work of `length` steps; invisible where nobody watches.
    pub fn progress(&self, length: u64) -> ProgressBar {
        if !self.watched || self.json {
            return ProgressBar::hidden();
        }
        let style = indicatif::ProgressStyle::with_template("{bar:24} {pos}/{len} {msg}");
        ProgressBar::new(length).with_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()))
    }

    /// A bar for work whose parts are of different size, with what is being done; invisible where nobody watches.
    pub fn weighted_progress(&self, weight: u64) -> ProgressBar {
        if !self.watched || self.json {
            return ProgressBar::hidden();
        }
        let style = indicatif::ProgressStyle::with_template("{bar:20} {percent:>3} % {wide_msg}");
        let bar =
            ProgressBar::new(weight).with_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()));
        bar.enable_steady_tick(std::time::Duration::from_millis(100));
        bar
    }

    /// A sign of life for work of unknown length; invisible where nobody watches.
    pub fn spinner(&self, message: &str) -> ProgressBar {
        if !self.watched || self.json {
            return ProgressBar::hidden();
        }
        let spinner = ProgressBar::new_spinner().with_message(message.to_owned());
        spinner.enable_steady_tick(std::time::Duration::from_millis(100));
        spinner
    }

    /// Columns of the terminal that shows talk; `None` if there is none.
    pub fn talk_width(&self) -> Option<usize> {
        self.width_err
    }

    /// Whether results may be coloured.
    pub fn colour(&self) -> bool {
        self.colour
    }

    fn styled(&self, style: Style, text: &str) -> String {
        if self.colour && style != Style::new() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Talk behind a label. Lines after the first begin with `indent` spaces.
    fn labelled(&mut self, style: Style, label: &str, text: &str, indent: usize) {
        let text = text::wrapped_lines(&format!("{label} {text}"), self.width_err, indent);
        match text.strip_prefix(label).filter(|_| self.colour_err) {
            Some(rest) => self.err(&format!("{style}{label}{style:#}{rest}\n")),
            None => self.err(&format!("{text}\n")),
        }
    }

    // A stream that nobody reads any more is no reason to stop, and there is nobody to tell.
    fn out(&mut self, text: &str) {
        let _ = self.stdout.write_all(text.as_bytes()).and_then(|()| self.stdout.flush());
    }

    fn err(&mut self, text: &str) {
        let text = redact(text);
        let _ = self.stderr.write_all(text.as_bytes()).and_then(|()| self.stderr.flush());
    }
}

/// Whether a stream gets colours.
fn colours(environment: &Environment, terminal: bool) -> bool {
    if environment.filled(NO_COLOR).is_some() {
        return false;
    }
    match environment.get(FORCE_COLOR) {
        Some("0" | "false") => false,
        Some(_) => true,
        None => terminal && environment.get(TERM) != Some("dumb"),
    }
}

/// `{"version", "error": {"code", "message", "hint"}}`; for an invalid schema also `"diagnostics"`.
fn error_json(error: &Error) -> serde_json::Value {
    let message = error.full_message();
    let mut fields = json!({
        "code": error.code().map(Code::as_str),
        "message": redact(&message),
        "hint": error.hint(),
    });
    if let Error::Config(ConfigError::Invalid { files, diagnostics, .. }) = error {
        fields["diagnostics"] = diagnostics_json(diagnostics, files);
    }
    json!({ "version": 1, "error": fields })
}

/// Findings for programs: severity, message, help, file, and the place with lines and columns from 1.
pub fn diagnostics_json(diagnostics: &Diagnostics, files: &[Ast]) -> serde_json::Value {
    let lines: Vec<Lines<'_>> = files.iter().map(|file| Lines::new(&file.source.text)).collect();
    let one = |diagnostic: &psl::Diagnostic| {
        let at = files.iter().position(|file| file.source.id == diagnostic.span.file);
        let file = at.and_then(|at| files.get(at));
        let place = |offset| {
            let position = at.and_then(|at| lines.get(at)).map(|lines| lines.position(offset));
            position.map(|position| json!({ "line": position.line, "column": position.column, "offset": offset }))
        };
        json!({
            "code": match diagnostic.severity {
                Severity::Error => Some(psl::CODE),
                Severity::Warning => None,
            },
            "severity": match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            "message": redact(&diagnostic.message),
            "help": diagnostic.help,
            "file": file.map(|file| file.source.path.as_str()),
            "start": place(diagnostic.span.start),
            "end": place(diagnostic.span.end),
        })
    };
    diagnostics.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_decided_once() {
        for (pairs, terminal, expected) in [
            (&[][..], true, true),
            (&[], false, false),
            (&[("NO_COLOR", "1")], true, false),
            (&[("NO_COLOR", "")], true, true),
            (&[("TERM", "dumb")], true, false),
            (&[("FORCE_COLOR", "1")], false, true),
            (&[("FORCE_COLOR", "0")], true, false),
            (&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], true, false),
        ] {
            assert_eq!(colours(&Environment::new(pairs.iter().copied()), terminal), expected, "{pairs:?}");
        }
    }
}
