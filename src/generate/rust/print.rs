//! Source text as rustfmt leaves it. Only what generated modules have in them is known.

use crate::sql::quote::Ident;

/// The longest line of rustfmt's default style.
const WIDTH: usize = 100;

/// The longest content of an array on one line (`array_width`), and of a list of arguments (`fn_call_width`).
const SHORT: usize = 60;

/// Elements up to this width are packed (`short_array_element_width_threshold`).
const NARROW: usize = 10;

/// A text that grows by lines.
#[derive(Default)]
pub(super) struct Text(String);

impl Text {
    /// Adds a line, indented by so many levels.
    pub(super) fn line(&mut self, level: usize, text: &str) {
        if !text.is_empty() {
            self.0.push_str(&"    ".repeat(level));
            self.0.push_str(text);
        }
        self.0.push('\n');
    }

    /// Adds `head` and `tail`, on one line if they fit, else `tail` on the next.
    pub(super) fn broken(&mut self, level: usize, head: &str, tail: &str) {
        if fits(level, &[head, " ", tail]) {
            self.line(level, &format!("{head} {tail}"));
        } else {
            self.line(level, head);
            self.line(level + 1, tail);
        }
    }

    /// Adds the first line of an implementation of a trait, up to the brace.
    pub(super) fn implementation(&mut self, head: &str, name: &str) {
        let tail = format!("for {name}");
        if fits(0, &[head, " ", &tail, " {"]) {
            self.line(0, &format!("{head} {tail} {{"));
        } else {
            self.line(0, head);
            self.line(1, &tail);
            self.line(0, "{");
        }
    }

    /// Adds conditions that must all hold.
    pub(super) fn conditions(&mut self, level: usize, conditions: &[String]) {
        let one_line = conditions.join(" && ");
        if fits(level, &[&one_line]) {
            return self.line(level, &one_line);
        }
        for (at, condition) in conditions.iter().enumerate() {
            let and = if at > 0 { "&& " } else { "" };
            self.line(level + usize::from(at > 0), &format!("{and}{condition}"));
        }
    }

    /// Adds documentation; nothing if there is none.
    pub(super) fn documentation(&mut self, level: usize, documentation: Option<&str>) {
        for line in documentation.into_iter().flat_map(|text| text.split(['\n', '\r'])) {
            self.line(level, format!("/// {}", line.trim()).trim_end());
        }
    }

    /// Adds an array between `head` and `tail`. Only references to fields are packed.
    pub(super) fn array(&mut self, level: usize, head: &str, elements: &[String], tail: &str) {
        let one_line = elements.join(", ");
        if width(&one_line) <= SHORT && fits(level, &[head, "[", &one_line, "]", tail]) {
            return self.line(level, &format!("{head}[{one_line}]{tail}"));
        }
        self.line(level, &format!("{head}["));
        if elements.iter().all(|element| element.starts_with('&') && width(element) <= NARROW) {
            for line in packed(elements, WIDTH - (level + 1) * 4) {
                self.line(level + 1, &line);
            }
        } else {
            for element in elements {
                self.line(level + 1, &format!("{element},"));
            }
        }
        self.line(level, &format!("]{tail}"));
    }

    /// Adds a constant with SQL; `parts` begin lines of their own where one does not suffice.
    pub(super) fn sql(&mut self, level: usize, name: &str, parts: &[String]) {
        let head = format!("pub const {name}: &'static str =");
        let one_line = parts.join(" ");
        let marks = "#".repeat(longest_end(&one_line));
        let whole = format!("r{marks}\"{one_line}\"{marks};");
        if fits(level + 1, &[&whole]) {
            return self.broken(level, &head, &whole);
        }
        let indent = " ".repeat((level + 1) * 4);
        let mut text = String::new();
        for part in parts {
            let lines = filled(&words(part), WIDTH - (level + 2) * 4);
            for (at, line) in lines.iter().enumerate() {
                text.push('\n');
                text.push_str(&indent);
                text.push_str(if at > 0 && parts.len() > 1 { "    " } else { "" });
                text.push_str(line);
            }
        }
        self.line(level, &format!("{head} r{marks}\"{text}\"{marks};"));
    }

    /// Adds a field that a method gives, which begins a line of its own if one does not suffice.
    pub(super) fn field_by_method(&mut self, level: usize, field: &str, object: &str, call: &str) {
        if fits(level, &[field, ": ", object, ".", call, ","]) {
            self.line(level, &format!("{field}: {object}.{call},"));
        } else {
            self.line(level, &format!("{field}: {object}"));
            self.line(level + 1, &format!(".{call},"));
        }
    }

    /// Adds a field that a function gives which may fail; each argument begins a line if all are too long for one.
    pub(super) fn field_by_function(&mut self, level: usize, field: &str, function: &str, arguments: &[&str]) {
        let one_line = arguments.join(", ");
        if width(&one_line) <= SHORT && fits(level, &[field, ": ", function, "(", &one_line, ")?,"]) {
            return self.line(level, &format!("{field}: {function}({one_line})?,"));
        }
        self.line(level, &format!("{field}: {function}("));
        for argument in arguments {
            self.line(level + 1, &format!("{argument},"));
        }
        self.line(level, ")?,");
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// Whether a line of these parts is not too long.
pub(super) fn fits(level: usize, parts: &[&str]) -> bool {
    level * 4 + parts.iter().map(|part| width(part)).sum::<usize>() <= WIDTH
}

fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

/// Elements with commas behind each, as many on a line as fit.
fn packed(elements: &[String], width: usize) -> Vec<String> {
    let words: Vec<String> = elements.iter().map(|element| format!("{element},")).collect();
    filled(&words, width)
}

/// Words with blanks between, as many on a line as fit.
fn filled(words: &[String], most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.clone()),
        }
    }
    lines
}

/// The elements of a list in SQL, each with its comma; quoted names stay whole.
fn words(sql: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for c in sql.chars() {
        quoted ^= c == '"';
        match words.last_mut() {
            Some(word) if c == ' ' && !quoted && word.ends_with(',') => words.push(String::new()),
            Some(word) => word.push(c),
            None => {}
        }
    }
    words
}

/// How many `#` a raw string of this text needs.
fn longest_end(text: &str) -> usize {
    let after = |at: usize| text[at + 1..].chars().take_while(|c| *c == '#').count() + 1;
    text.match_indices('"').map(|(at, _)| after(at)).max().unwrap_or(0)
}

/// Names of the database in a list.
pub(super) fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    names.into_iter().map(|name| Ident(name).to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_break_between_names_only() {
        assert_eq!(words(r#"SET "a, b" = $1, "c"", d" = $2"#), [r#"SET "a, b" = $1,"#, r#""c"", d" = $2"#]);
    }

    #[test]
    fn raw_strings_end_where_they_should() {
        for (text, marks) in [("none", 0), (r#""name""#, 1), (r##""a"#"##, 2), (r###"a"##b"###, 3)] {
            assert_eq!(longest_end(text), marks, "{text}");
        }
    }
}
