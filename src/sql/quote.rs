//! The only code that quotes: identifiers, literals, and the texts that may be sent to a server.

use std::fmt;

use crate::dbschema::QualifiedName;

/// An identifier, printed in double quotes with inner ones doubled (PostgreSQL documentation, section 4.1.1).
#[derive(Debug, Clone, Copy)]
pub struct Ident<'a>(pub &'a str);

/// A qualified name, printed as two identifiers.
#[derive(Debug, Clone, Copy)]
pub struct Qualified<'a>(pub &'a QualifiedName);

/// A string constant, printed in single quotes with inner ones doubled. Backslashes stand for themselves, as they do
/// since `standard_conforming_strings` is on by default (PostgreSQL documentation, section 4.1.2.1).
#[derive(Debug, Clone, Copy)]
pub struct Literal<'a>(pub &'a str);

/// A string constant for statements that evt runs itself: it means the same whatever `standard_conforming_strings` is,
/// which a database, a role or a script may have switched off. What ends up in migrations is a [`Literal`].
#[derive(Debug, Clone, Copy)]
pub struct Constant<'a>(pub &'a str);

/// SQL text that was put together from fixed words, [`Ident`], [`Literal`] and [`Constant`] only, or is a person's own script.
/// A connection takes this or a `&'static str`, never a `String`, so that each place that builds SQL is visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement(String);

impl Statement {
    /// SQL built from fixed words and quoted parts.
    pub fn built(text: String) -> Self {
        Self(text)
    }

    /// A person's own script, sent untouched.
    pub fn script(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for Statement {
    fn from(text: &'static str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Ident<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        doubled(f, self.0, '"')
    }
}

impl fmt::Display for Qualified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", Ident(&self.0.namespace), Ident(&self.0.name))
    }
}

impl fmt::Display for Literal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        doubled(f, self.0, '\'')
    }
}

impl fmt::Display for Constant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.contains('\\') {
            write!(f, "E{}", Literal(&self.0.replace('\\', r"\\")))
        } else {
            Literal(self.0).fmt(f)
        }
    }
}

fn doubled(f: &mut fmt::Formatter<'_>, text: &str, mark: char) -> fmt::Result {
    use fmt::Write as _;
    f.write_char(mark)?;
    for c in text.chars() {
        if c == mark {
            f.write_char(mark)?;
        }
        f.write_char(c)?;
    }
    f.write_char(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers() {
        for (name, sql) in [("User", r#""User""#), (r#"a"b"#, r#""a""b""#), ("", r#""""#), ("größe", r#""größe""#)]
        {
            assert_eq!(Ident(name).to_string(), sql, "identifier {name:?}");
        }
    }

    #[test]
    fn literals() {
        for (text, sql) in [("x", "'x'"), ("it's", "'it''s'"), (r"a\b", r"'a\b'"), ("", "''")] {
            assert_eq!(Literal(text).to_string(), sql, "literal {text:?}");
        }
        for (text, sql) in [("x", "'x'"), ("it's", "'it''s'"), (r"a\b'c", r"E'a\\b''c'"), (r"\", r"E'\\'")] {
            assert_eq!(Constant(text).to_string(), sql, "constant {text:?}");
        }
    }
}
