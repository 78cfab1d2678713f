//! The words of an expression (PostgreSQL documentation, section 4.1).

use std::iter::Peekable;
use std::str::CharIndices;

/// A word of an expression. Operators other than these do not occur in constants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `(`
    Open,
    /// `)`
    Close,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `,`
    Comma,
    /// `.`
    Dot,
    /// `-`
    Minus,
    /// `::`
    Cast,
    /// Digits, perhaps with a fraction.
    Number(&'a str),
    /// The value of `'…'` or `E'…'`.
    String(String),
    /// The value of `"…"`.
    Quoted(String),
    /// A keyword or an identifier.
    Word(&'a str),
}

/// The tokens of a text; `None` if there is anything else in it.
pub(super) fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut characters = text.char_indices().peekable();
    while let Some((start, character)) = characters.next() {
        tokens.push(match character {
            ' ' | '\t' | '\n' | '\r' => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            '[' => Token::OpenBracket,
            ']' => Token::CloseBracket,
            ',' => Token::Comma,
            '.' => Token::Dot,
            '-' => Token::Minus,
            ':' => characters.next_if(|(_, next)| *next == ':').map(|_| Token::Cast)?,
            '\'' => Token::String(quoted(&mut characters, '\'')?),
            '"' => Token::Quoted(quoted(&mut characters, '"')?),
            'E' | 'e' if characters.next_if(|(_, next)| *next == '\'').is_some() => {
                Token::String(escaped(&mut characters)?)
            }
            '0'..='9' => Token::Number(number(text, start, &mut characters)?),
            _ if starts_word(character) => {
                let end = skip(text, &mut characters, |next| starts_word(next) || next.is_ascii_digit() || next == '$');
                Token::Word(text.get(start..end)?)
            }
            _ => return None,
        });
    }
    Some(tokens)
}

type Characters<'a> = Peekable<CharIndices<'a>>;

fn starts_word(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_' || !character.is_ascii()
}

/// Passes over characters and says where that ends.
fn skip(text: &str, characters: &mut Characters<'_>, accept: impl Fn(char) -> bool) -> usize {
    while characters.next_if(|(_, next)| accept(*next)).is_some() {}
    characters.peek().map_or(text.len(), |(position, _)| *position)
}

fn number<'a>(text: &'a str, start: usize, characters: &mut Characters<'a>) -> Option<&'a str> {
    let mut end = skip(text, characters, |next| next.is_ascii_digit());
    if characters.next_if(|(_, next)| *next == '.').is_some() {
        end = skip(text, characters, |next| next.is_ascii_digit());
    }
    // `1a` is no number.
    match characters.peek() {
        Some((_, next)) if starts_word(*next) => None,
        _ => text.get(start..end),
    }
}

/// The rest of a quoted text, in which the quote is doubled.
fn quoted(characters: &mut Characters<'_>, quote: char) -> Option<String> {
    let mut value = String::new();
    loop {
        let (_, character) = characters.next()?;
        if character == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return Some(value);
        }
        value.push(character);
    }
}

/// The rest of an `E'…'` text. The server prints such for backslashes only; of the other escapes those that are one
/// letter long are understood.
fn escaped(characters: &mut Characters<'_>) -> Option<String> {
    let mut value = String::new();
    loop {
        match characters.next()?.1 {
            '\'' if characters.next_if(|(_, next)| *next == '\'').is_none() => return Some(value),
            '\\' => value.push(match characters.next()?.1 {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' | 'U' | 'x' | '0'..='7' => return None,
                other => other,
            }),
            character => value.push(character),
        }
    }
}
