//! The words of a statement, read from left to right.

use squawk_lexer::{LiteralKind, TokenKind, tokenize};

/// A token that counts.
#[derive(Debug)]
pub(super) struct Token {
    /// Lower case if it is an unquoted word; else as written.
    pub(super) word: String,
    /// As written.
    pub(super) text: String,
    /// Whether it can be a name.
    pub(super) name: bool,
    /// Parentheses around it.
    pub(super) depth: usize,
}

pub(super) fn read(statement: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for token in tokenize(statement) {
        let end = start + token.len as usize;
        let text = statement.get(start..end).unwrap_or_default().to_owned();
        start = end;
        let name = matches!(token.kind, TokenKind::Ident | TokenKind::QuotedIdent { .. });
        match token.kind {
            TokenKind::Whitespace
            | TokenKind::LineComment
            | TokenKind::BlockComment { .. }
            | TokenKind::Eof
            | TokenKind::Semi => continue,
            TokenKind::CloseParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        let word = match token.kind {
            TokenKind::Ident => text.to_lowercase(),
            TokenKind::Literal { kind: LiteralKind::Str { .. } | LiteralKind::DollarQuotedString { .. } } => {
                "''".to_owned()
            }
            _ => text.clone(),
        };
        tokens.push(Token { word, text, name, depth });
        if matches!(token.kind, TokenKind::OpenParen) {
            depth += 1;
        }
    }
    tokens
}

pub(super) struct Cursor<'a> {
    pub(super) tokens: &'a [Token],
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn peek(&self) -> &'a str {
        self.tokens.get(self.at).map_or("", |token| token.word.as_str())
    }

    /// Goes on if the next words are these.
    pub(super) fn eat(&mut self, words: &str) -> bool {
        let count = words.split(' ').count();
        let fits = words
            .split(' ')
            .enumerate()
            .all(|(index, word)| self.tokens.get(self.at + index).is_some_and(|token| token.word == word));
        if fits {
            self.at += count;
        }
        fits
    }

    pub(super) fn eat_any<'b>(&mut self, choices: &[&'b str]) -> Option<&'b str> {
        choices.iter().find(|words| self.eat(words)).copied()
    }

    /// A possibly qualified name, as written.
    pub(super) fn name(&mut self) -> Option<String> {
        let mut name = String::new();
        loop {
            let token = self.tokens.get(self.at).filter(|token| token.name)?;
            name.push_str(&token.text);
            self.at += 1;
            if !self.eat(".") {
                return Some(name);
            }
            name.push('.');
        }
    }

    pub(super) fn names(&mut self) -> Option<Vec<String>> {
        let mut names = Vec::new();
        loop {
            self.eat("only");
            names.push(self.name()?);
            self.eat("*");
            if !self.eat(",") {
                return Some(names);
            }
        }
    }

    pub(super) fn rest(&self) -> &'a [Token] {
        self.tokens.get(self.at..).unwrap_or_default()
    }

    /// Whether these words follow somewhere, one behind the other.
    pub(super) fn has(&self, words: &str) -> bool {
        has(self.rest(), words)
    }

    /// The name behind a word that stands outside of parentheses.
    pub(super) fn name_behind(&mut self, word: &str) -> Option<String> {
        let found = self.rest().iter().position(|token| token.word == word && token.depth == 0)?;
        self.at += found + 1;
        self.eat("only");
        self.name()
    }
}

pub(super) fn has(tokens: &[Token], words: &str) -> bool {
    let words: Vec<&str> = words.split(' ').collect();
    tokens.windows(words.len()).any(|window| window.iter().zip(&words).all(|(token, word)| token.word == *word))
}

/// What follows each appearance of a word.
pub(super) fn behind<'a>(tokens: &'a [Token], word: &str) -> Vec<&'a [Token]> {
    let found = tokens.iter().enumerate().filter(|(_, token)| token.word == word);
    found.map(|(index, _)| &tokens[index + 1..]).collect()
}

/// The names in the parentheses at the beginning.
pub(super) fn listed(tokens: &[Token]) -> Vec<String> {
    let mut cursor = Cursor { tokens, at: 0 };
    if cursor.eat("(") { cursor.names().unwrap_or_default() } else { Vec::new() }
}

/// The last dot of a qualified name that stands outside of quotes.
pub(super) fn last_dot(name: &str) -> Option<usize> {
    let mut quoted = false;
    let mut found = None;
    for (index, c) in name.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => found = Some(index),
            _ => {}
        }
    }
    found
}
