//! `.env` files: the syntax of the `dotenv` package, which every Prisma project was written against, and Prisma's
//! expansion of `${NAME}`.
//!
//! The syntax is more tolerant than that of `.env` libraries for Rust, which refuse unquoted spaces, backticks and
//! `KEY: value`, and which expand `$NAME`, so that a password with a dollar sign would change.

use std::collections::{BTreeMap, BTreeSet};

use super::environment::Environment;

/// The longest value that expansion may make, in bytes. Far beyond any use; it stops values that double each other.
const LONGEST: usize = 1 << 20;

/// Reads a file's text into names and values as written, the last of several with one name. A line that is no
/// assignment is skipped.
pub(super) fn parse(text: &str) -> BTreeMap<String, String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut pairs = BTreeMap::new();
    let mut rest = text.as_str();
    loop {
        rest = skip_space(rest);
        if rest.is_empty() {
            return pairs;
        }
        rest = match assignment(rest) {
            Some((name, value, after)) => {
                pairs.insert(name.to_owned(), value);
                after
            }
            None => rest.split_once('\n').map_or("", |(_, next)| next),
        };
    }
}

/// `[export] NAME = value`, `NAME: value`; what follows it.
fn assignment(text: &str) -> Option<(&str, String, &str)> {
    let exported = text.strip_prefix("export").filter(|rest| rest.starts_with(is_space)).map(skip_space);
    exported.and_then(named).or_else(|| named(text))
}

fn named(text: &str) -> Option<(&str, String, &str)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let rest = match skip_space(rest).strip_prefix('=') {
        Some(rest) => rest,
        None => rest.strip_prefix(':')?.strip_prefix(is_space)?,
    };
    if name.is_empty() {
        return None;
    }
    let (raw, after) = quoted(rest).unwrap_or_else(|| bare(rest));
    Some((name, unquoted(raw), after))
}

/// A quoted value with nothing but a comment behind it on its last line.
fn quoted(rest: &str) -> Option<(&str, &str)> {
    let start = skip_space(rest);
    let mark = start.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'))?;
    let body = &start[1..];
    // The value ends at the first mark without a backslash; failing that, at the last one with.
    let mut ends = Vec::new();
    for (at, _) in body.match_indices(mark) {
        ends.push(at);
        if !body[..at].ends_with('\\') {
            break;
        }
    }
    ends.into_iter().rev().find_map(|at| {
        let (value, after) = start.split_at(at + 2);
        let line = after.split('\n').next().unwrap_or_default();
        let tail = line.trim_start_matches(is_space);
        (tail.is_empty() || tail.starts_with('#')).then(|| (value, &after[line.len()..]))
    })
}

/// A value without quotes: up to a `#` or the end of the line.
fn bare(rest: &str) -> (&str, &str) {
    let line_end = rest.find('\n').unwrap_or(rest.len());
    let (line, after) = rest.split_at(line_end);
    (line.split('#').next().unwrap_or_default(), after)
}

fn unquoted(raw: &str) -> String {
    let value = raw.trim_matches(is_space);
    let mark = value.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'));
    let inner = mark.and_then(|mark| value.strip_prefix(mark)?.strip_suffix(mark)).unwrap_or(value);
    if mark == Some('"') { inner.replace("\\n", "\n").replace("\\r", "\r") } else { inner.to_owned() }
}

fn skip_space(text: &str) -> &str {
    text.trim_start_matches(is_space)
}

/// White space in JavaScript's sense, which includes a byte order mark.
fn is_space(c: char) -> bool {
    c.is_whitespace() && c != '\u{85}' || c == '\u{feff}'
}

/// Replaces `${NAME}` in all values: by the environment's value, else the file's, else nothing; `\${` is kept as
/// `${`. Returns the name of a value that grows without end, if there is one.
pub(super) fn expand(
    written: &BTreeMap<String, String>,
    environment: &Environment,
) -> Result<BTreeMap<String, String>, String> {
    let mut expander = Expander { written, environment, done: BTreeMap::new(), open: BTreeSet::new() };
    for name in written.keys() {
        expander.value(name).map_err(|TooLong| name.clone())?;
    }
    Ok(expander.done)
}

struct TooLong;

struct Expander<'a> {
    written: &'a BTreeMap<String, String>,
    environment: &'a Environment,
    done: BTreeMap<String, String>,
    /// Being expanded: a value that contains itself contains nothing there.
    open: BTreeSet<String>,
}

impl Expander<'_> {
    fn value(&mut self, name: &str) -> Result<String, TooLong> {
        if let Some(value) = self.done.get(name) {
            return Ok(value.clone());
        }
        // Nesting deeper than this is no configuration; it would only wear out the stack.
        let Some(written) = self.written.get(name).filter(|_| self.open.len() < 100) else {
            return Ok(String::new());
        };
        if !self.open.insert(name.to_owned()) {
            return Ok(String::new());
        }
        let value = self.text(written)?;
        self.open.remove(name);
        self.done.insert(name.to_owned(), value.clone());
        Ok(value)
    }

    fn text(&mut self, text: &str) -> Result<String, TooLong> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let (before, from) = rest.split_at(at);
            let Some(end) = reference(from) else {
                out.push_str(&rest[..at + 2]);
                rest = &from[2..];
                continue;
            };
            let (whole, after) = from.split_at(end + 1);
            if let Some(before) = before.strip_suffix('\\') {
                out.push_str(before);
                out.push_str(whole);
            } else {
                out.push_str(before);
                let name = &whole[2..end];
                match self.environment.get(name) {
                    Some(value) => out.push_str(value),
                    None => out.push_str(&self.value(name)?),
                }
            }
            if out.len() > LONGEST {
                return Err(TooLong);
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}

/// Where the brace of `${NAME}` at the start of `text` closes.
fn reference(text: &str) -> Option<usize> {
    let end = text.find('}')?;
    text[2..end].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_').then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> String {
        let pairs: Vec<String> = parse(text).into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("|")
    }

    #[test]
    fn syntax() {
        for (text, expected) in [
            ("", ""),
            ("A=1", "A=1"),
            ("\u{feff}A=1\r\nB=2\rC=3", "A=1|B=2|C=3"),
            ("export A=1\nexport\tB=2", "A=1|B=2"),
            ("export=1", "export=1"),
            ("export = 1", "export=1"),
            ("A = 1 ", "A=1"),
            ("A: 1", "A=1"),
            ("A:1", ""),
            ("A.b-c=1", "A.b-c=1"),
            ("Ä=1", ""),
            ("A=a b", "A=a b"),
            ("A=a#b", "A=a"),
            ("A=a # b", "A=a"),
            ("A='a#b' # c", "A=a#b"),
            ("A=\"a#b\"", "A=a#b"),
            ("A=`a'\"b`", "A=a'\"b"),
            ("A='a' b", "A='a' b"),
            ("A='a", "A='a"),
            ("A=a'b'", "A=a'b'"),
            ("A=\"a\\nb\"", "A=a\nb"),
            ("A='a\\nb'", "A=a\\nb"),
            ("A=a\\nb", "A=a\\nb"),
            ("A=\"a\nb\"\nC=1", "A=a\nb|C=1"),
            ("A='a\\'b'", "A=a\\'b"),
            ("A='a\\'", "A=a\\"),
            ("A='a\\' # b\nC=1", "A=a\\|C=1"),
            ("A=\nB=2", "A=|B=2"),
            ("A=\n'b'", "A=b"),
            ("A=#b", "A="),
            ("A", ""),
            ("A\n=1", "A=1"),
            ("junk line\nA=1", "A=1"),
            ("# A=1\n  #B=2\nC=3", "C=3"),
            ("A=1\nA=2", "A=2"),
            ("A=''", "A="),
            ("A=\"", "A=\""),
            ("A==1", "A==1"),
            ("A=$B${C}", "A=$B${C}"),
            ("A='\n\n'\nB=1", "A=\n\n|B=1"),
            ("A='x\n=y", "A='x"),
        ] {
            assert_eq!(parsed(text), expected, "{text:?}");
        }
    }

    #[test]
    fn expansion() {
        let environment = Environment::new([("HOME", "/home/me"), ("SET", "process"), ("RAW", "${HOME}")]);
        for (text, expected) in [
            ("A=$HOME", "A=$HOME"),
            ("A=${HOME}/x", "A=/home/me/x"),
            ("A='${HOME}'", "A=/home/me"),
            ("A=${B}\nB=${C}\nC=1", "A=1|B=1|C=1"),
            ("A=${SET}\nSET=file", "A=process|SET=file"),
            ("A=${RAW}", "A=${HOME}"),
            ("A=${NONE}x${}", "A=x"),
            ("A=\\${HOME}", "A=${HOME}"),
            ("A=${HOME-x}", "A=${HOME-x}"),
            ("A=${", "A=${"),
            ("A=${ä}", "A=${ä}"),
            ("A=${HOME${HOME}}", "A=${HOME/home/me}"),
            ("A=x${A}", "A=x"),
            ("A=${B}\nB=${A}y", "A=y|B=y"),
        ] {
            let expanded = expand(&parse(text), &environment).expect(text);
            let pairs: Vec<String> = expanded.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!(pairs.join("|"), expected, "{text:?}");
        }
    }

    #[test]
    fn values_that_double_each_other_are_refused() {
        let lines = (1..64).map(|i| format!("A{i}=${{A{}}}${{A{}}}\n", i - 1, i - 1));
        let text = format!("A0=0123456789abcdef\n{}", lines.collect::<String>());
        assert!(expand(&parse(&text), &Environment::default()).is_err());
    }

    #[test]
    fn random_input() {
        const PIECES: &[&str] =
            &["A", "=", ":", " ", "\n", "\r", "'", "\"", "`", "\\", "#", "${", "}", "A", "B", "export", "ä", "$", "\t"];
        let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
        for _ in 0..50_000 {
            let mut text = String::new();
            for _ in 0..12 {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                text.push_str(PIECES[usize::try_from(seed % PIECES.len() as u64).expect("small")]);
            }
            expand(&parse(&text), &Environment::default()).expect(&text);
        }
    }
}
