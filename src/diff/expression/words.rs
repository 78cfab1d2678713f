//! The words of an SQL expression (PostgreSQL documentation, section 4.1).

/// A word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// A name or keyword; in lower case unless it was quoted.
    Name {
        /// The name.
        name: String,
        /// It was in double quotes.
        quoted: bool,
    },
    /// Digits.
    Number(String),
    /// A string constant, unescaped.
    Text(String),
    /// An operator or a bracket.
    Symbol(String),
}

/// The words of a text; `None` if it has something that is none.
pub(super) fn words(text: &str) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, length) = match first {
            '\'' => string(rest, 0, false)?,
            '"' => quoted_name(rest)?,
            'e' | 'E' if rest[1..].starts_with('\'') => string(rest, 1, true)?,
            'b' | 'B' | 'x' | 'X' if rest[1..].starts_with('\'') => string(rest, 1, false)?,
            c if c.is_ascii_digit() || (c == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) => {
                number(rest)
            }
            c if c.is_alphabetic() || c == '_' => {
                let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
                (Word::Name { name: rest[..length].to_lowercase(), quoted: false }, length)
            }
            '(' | ')' | '[' | ']' | ',' | '.' => (Word::Symbol(first.to_string()), 1),
            ':' if rest.starts_with("::") => (Word::Symbol("::".to_owned()), 2),
            c if is_operator(c) => {
                let length = operator(rest);
                (Word::Symbol(rest[..length].to_owned()), length)
            }
            _ => return None,
        };
        words.push(word);
        rest = rest[length..].trim_start();
    }
    Some(words)
}

fn is_operator(c: char) -> bool {
    "+-*/<>=~!@#%^&|`?".contains(c)
}

/// A multi-character operator ends in `+` or `-` only if it has one of the characters that allow it.
fn operator(text: &str) -> usize {
    let mut length = text.find(|c| !is_operator(c)).unwrap_or(text.len());
    if !text[..length].contains(|c| "~!@#%^&|`?".contains(c)) {
        while length > 1 && text[..length].ends_with(['+', '-']) {
            length -= 1;
        }
    }
    length
}

fn number(text: &str) -> (Word, usize) {
    let digits =
        |from: usize| from + text[from..].find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len() - from);
    let mut length = digits(0);
    if text[length..].starts_with('.') {
        length = digits(length + 1);
    }
    if text[length..].starts_with(['e', 'E']) {
        let sign = usize::from(text[length + 1..].starts_with(['+', '-']));
        let end = digits(length + 1 + sign);
        if end > length + 1 + sign {
            length = end;
        }
    }
    (Word::Number(text[..length].replace('_', "")), length)
}

/// A string constant behind `prefix` bytes; doubled quotes stand for one, and with `escapes` backslashes escape.
fn string(text: &str, prefix: usize, escapes: bool) -> Option<(Word, usize)> {
    let mut out = String::new();
    let mut chars = text.char_indices().skip(prefix + 1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' if chars.peek().is_some_and(|(_, next)| *next == '\'') => {
                chars.next();
                out.push('\'');
            }
            '\'' => return Some((Word::Text(out), at + 1)),
            '\\' if escapes => out.push(match chars.next()?.1 {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\u{8}',
                'f' => '\u{c}',
                // Numbers of characters are not read.
                'u' | 'U' | 'x' | '0'..='7' => return None,
                other => other,
            }),
            _ => out.push(c),
        }
    }
    None
}

fn quoted_name(text: &str) -> Option<(Word, usize)> {
    let mut name = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' if chars.peek().is_some_and(|(_, next)| *next == '"') => {
                chars.next();
                name.push('"');
            }
            '"' => return Some((Word::Name { name, quoted: true }, at + 1)),
            _ => name.push(c),
        }
    }
    None
}
