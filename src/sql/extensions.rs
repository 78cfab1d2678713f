//! Which extensions a person's script creates.

use squawk_lexer::{TokenKind, tokenize};

/// The names behind `CREATE EXTENSION [IF NOT EXISTS]`, in order, as the server reads them. What stands in comments and
/// in texts does not count; a body of a function is a text.
pub fn created_extensions(script: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut start = 0;
    for token in tokenize(script) {
        let end = start + token.len as usize;
        let text = script.get(start..end).unwrap_or_default();
        start = end;
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. } | TokenKind::Eof => {}
            TokenKind::Ident => words.push((text.to_ascii_lowercase(), false)),
            TokenKind::QuotedIdent { .. } => words.push((text.trim_matches('"').replace("\"\"", "\""), true)),
            _ => words.push((String::new(), false)),
        }
    }
    let mut names = Vec::new();
    for (at, pair) in words.windows(2).enumerate() {
        if pair[0] != ("create".to_owned(), false) || pair[1] != ("extension".to_owned(), false) {
            continue;
        }
        let rest = &words[at + 2..];
        let skipped =
            ["if", "not", "exists"].iter().zip(rest).filter(|(word, (text, quoted))| !quoted && text == *word);
        let name = if skipped.count() == 3 { rest.get(3) } else { rest.first() };
        if let Some((name, _)) = name.filter(|(name, _)| !name.is_empty() && !names.contains(name)) {
            names.push(name.clone());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::created_extensions;

    #[test]
    fn extensions_of_scripts() {
        for (script, expected) in [
            ("", &[][..]),
            ("CREATE EXTENSION citext;", &["citext"]),
            ("create extension if not exists \"uuid-ossp\" with schema public;", &["uuid-ossp"]),
            ("CREATE /* x */ EXTENSION -- y\n IF NOT EXISTS Hstore", &["hstore"]),
            ("-- CREATE EXTENSION a;\nSELECT 'CREATE EXTENSION b'; CREATE EXTENSION c; CREATE EXTENSION c", &["c"]),
            ("CREATE EXTENSION", &[]),
            ("CREATE EXTENSION IF NOT EXISTS", &[]),
            ("DROP EXTENSION citext; CREATE TABLE extension (id int)", &[]),
        ] {
            assert_eq!(created_extensions(script), expected, "{script:?}");
        }
    }
}
