//! Default expressions, as `pg_get_expr` prints them, turned into values. The whole text must be understood, otherwise
//! it stays a text.

mod array;
mod tokens;

use std::iter::Peekable;

use tokens::{Token, tokens};

use crate::dbschema::types::{NativeType, ScalarType};
use crate::dbschema::{ColumnType, DefaultValue, QualifiedName, Value};

/// The default that `expression` says for a column of that type; `None` if it says NULL, which is no default.
///
/// `default_namespace` is where the server finds names that it prints unqualified.
pub(super) fn parse(expression: &str, ty: &ColumnType, list: bool, default_namespace: &str) -> Option<DefaultValue> {
    let text = || DefaultValue::DbGenerated(Some(expression.to_owned()));
    let Some(tokens) = tokens(expression) else {
        return Some(text());
    };
    if whole(&tokens, |cursor| cursor.word("NULL").then_some(())).is_some() {
        return None;
    }
    let family = Family::of(ty);
    let value = if matches!(ty, ColumnType::Unsupported(_)) {
        // The schema language takes nothing but text there, not even the empty list.
        None
    } else if list {
        whole(&tokens, |cursor| cursor.list(family)).map(DefaultValue::Value)
    } else {
        whole(&tokens, |cursor| cursor.scalar(family, Place::Column))
            .map(DefaultValue::Value)
            .or_else(|| computed(&tokens, family, default_namespace))
    };
    Some(value.unwrap_or_else(text))
}

/// How the values of a type are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Int,
    BigInt,
    Number,
    Boolean,
    Text,
    Json,
    Bytes,
    Enum,
    Time,
    /// No constant is recognised.
    Opaque,
}

impl Family {
    fn of(ty: &ColumnType) -> Self {
        match ty {
            ColumnType::Enum(_) => Self::Enum,
            // The server prints an identifier in another form than it was written in.
            ColumnType::Unsupported(_) | ColumnType::Native(NativeType::Uuid) => Self::Opaque,
            ColumnType::Native(native) => match native.info().scalar {
                ScalarType::Int => Self::Int,
                ScalarType::BigInt => Self::BigInt,
                ScalarType::Float | ScalarType::Decimal => Self::Number,
                ScalarType::Boolean => Self::Boolean,
                ScalarType::String => Self::Text,
                ScalarType::DateTime => Self::Time,
                ScalarType::Json => Self::Json,
                ScalarType::Bytes => Self::Bytes,
            },
        }
    }

    /// The value that the text of a string constant stands for.
    fn value_of(self, text: String) -> Option<Value> {
        match self {
            Self::Int => text.parse().ok().map(Value::Int),
            Self::BigInt => text.parse().ok().map(Value::BigInt),
            Self::Number => plain_number(&text).map(Value::Decimal),
            Self::Text => Some(Value::String(text)),
            Self::Json => Some(Value::Json(text)),
            Self::Enum => Some(Value::Enum(text)),
            Self::Bytes => bytes(&text).map(Value::Bytes),
            // The server writes truth values as keywords.
            Self::Boolean | Self::Time | Self::Opaque => None,
        }
    }

    /// The value that an element of an array constant stands for.
    fn value_of_element(self, text: String) -> Option<Value> {
        match self {
            Self::Boolean => match text.as_str() {
                "t" | "true" => Some(Value::Boolean(true)),
                "f" | "false" => Some(Value::Boolean(false)),
                _ => None,
            },
            _ => self.value_of(text),
        }
    }
}

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The default of a column, which the server casts without saying so.
    Column,
    /// In `ARRAY[…]`, where it says so: `(1)::bigint`.
    Element,
}

/// What `read` makes of all tokens and the casts after it.
fn whole<'a, T>(tokens: &'a [Token<'a>], read: impl FnOnce(&mut Cursor<'a>) -> Option<T>) -> Option<T> {
    let mut cursor = Cursor { tokens: tokens.iter().peekable() };
    let value = read(&mut cursor)?;
    cursor.casts()?;
    cursor.tokens.next().is_none().then_some(value)
}

/// `now()` and the next number of a sequence.
fn computed(tokens: &[Token<'_>], family: Family, default_namespace: &str) -> Option<DefaultValue> {
    match family {
        Family::Time => whole(tokens, Cursor::now).map(|()| DefaultValue::Now),
        Family::Int | Family::BigInt => {
            let name = whole(tokens, Cursor::next_of_sequence)?;
            Some(DefaultValue::Sequence(Some(sequence_name(&name, default_namespace)?)))
        }
        Family::Number
        | Family::Boolean
        | Family::Text
        | Family::Json
        | Family::Bytes
        | Family::Enum
        | Family::Opaque => None,
    }
}

/// Walks over tokens.
struct Cursor<'a> {
    tokens: Peekable<std::slice::Iter<'a, Token<'a>>>,
}

impl Cursor<'_> {
    fn accept(&mut self, token: &Token<'_>) -> bool {
        self.tokens.next_if(|next| *next == token).is_some()
    }

    /// A keyword or the name of a function, in any case.
    fn word(&mut self, word: &str) -> bool {
        self.tokens.next_if(|next| matches!(next, Token::Word(text) if text.eq_ignore_ascii_case(word))).is_some()
    }

    fn string(&mut self) -> Option<String> {
        match self.tokens.next()? {
            Token::String(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// Any number of `::type`.
    fn casts(&mut self) -> Option<()> {
        while self.accept(&Token::Cast) {
            let mut named = false;
            while self.tokens.next_if(|next| matches!(next, Token::Word(_) | Token::Quoted(_) | Token::Dot)).is_some() {
                named = true;
            }
            if !named {
                return None;
            }
            // Modifiers may stand inside the name: `timestamp(3) without time zone`.
            if self.accept(&Token::Open) {
                while self
                    .tokens
                    .next_if(|next| matches!(next, Token::Number(_) | Token::Comma | Token::Minus))
                    .is_some()
                {}
                if !self.accept(&Token::Close) {
                    return None;
                }
                while self.tokens.next_if(|next| matches!(next, Token::Word(_))).is_some() {}
            }
            while self.accept(&Token::OpenBracket) {
                if !self.accept(&Token::CloseBracket) {
                    return None;
                }
            }
        }
        Some(())
    }

    /// A constant of the family.
    fn scalar(&mut self, family: Family, place: Place) -> Option<Value> {
        let in_parentheses = family == Family::Number || place == Place::Element;
        if in_parentheses && self.accept(&Token::Open) {
            let value = self.bare_scalar(family)?;
            self.casts()?;
            return self.accept(&Token::Close).then_some(value);
        }
        self.bare_scalar(family)
    }

    fn bare_scalar(&mut self, family: Family) -> Option<Value> {
        if let Some(Token::String(_)) = self.tokens.peek() {
            return family.value_of(self.string()?);
        }
        match family {
            Family::Int | Family::BigInt | Family::Number => family.value_of(self.number()?),
            Family::Boolean => match self.tokens.next()? {
                Token::Word(word) if word.eq_ignore_ascii_case("true") => Some(Value::Boolean(true)),
                Token::Word(word) if word.eq_ignore_ascii_case("false") => Some(Value::Boolean(false)),
                _ => None,
            },
            Family::Text | Family::Json | Family::Bytes | Family::Enum | Family::Time | Family::Opaque => None,
        }
    }

    fn number(&mut self) -> Option<String> {
        let sign = if self.accept(&Token::Minus) { "-" } else { "" };
        match self.tokens.next()? {
            Token::Number(digits) => Some(format!("{sign}{digits}")),
            _ => None,
        }
    }

    /// `ARRAY[…]` or `'{…}'`.
    fn list(&mut self, family: Family) -> Option<Value> {
        if let Some(Token::String(_)) = self.tokens.peek() {
            let elements = array::elements(&self.string()?)?;
            return elements
                .into_iter()
                .map(|element| family.value_of_element(element))
                .collect::<Option<_>>()
                .map(Value::List);
        }
        // `(ARRAY['a'::character varying])::text[]`
        if self.accept(&Token::Open) {
            let list = self.constructor(family)?;
            self.casts()?;
            return self.accept(&Token::Close).then_some(list);
        }
        self.constructor(family)
    }

    fn constructor(&mut self, family: Family) -> Option<Value> {
        if !self.word("ARRAY") || !self.accept(&Token::OpenBracket) {
            return None;
        }
        let mut values = Vec::new();
        if self.accept(&Token::CloseBracket) {
            return Some(Value::List(values));
        }
        loop {
            values.push(self.scalar(family, Place::Element)?);
            self.casts()?;
            if self.accept(&Token::CloseBracket) {
                return Some(Value::List(values));
            }
            if !self.accept(&Token::Comma) {
                return None;
            }
        }
    }

    /// `now()` or `CURRENT_TIMESTAMP`.
    fn now(&mut self) -> Option<()> {
        if !self.word("now") && !self.word("CURRENT_TIMESTAMP") {
            return None;
        }
        (!self.accept(&Token::Open) || self.accept(&Token::Close)).then_some(())
    }

    /// `nextval('…'::regclass)`, the text of the name.
    fn next_of_sequence(&mut self) -> Option<String> {
        if !self.word("nextval") || !self.accept(&Token::Open) {
            return None;
        }
        let nested = self.accept(&Token::Open);
        let name = self.string()?;
        self.casts()?;
        if nested && !self.accept(&Token::Close) {
            return None;
        }
        self.casts()?;
        self.accept(&Token::Close).then_some(name)
    }
}

/// The name in a text such as `public."S"`.
fn sequence_name(text: &str, default_namespace: &str) -> Option<QualifiedName> {
    let part = |token: &Token<'_>| match token {
        Token::Word(word) => Some((*word).to_owned()),
        Token::Quoted(name) => Some(name.clone()),
        _ => None,
    };
    match tokens(text)?.as_slice() {
        [name] => Some(QualifiedName::new(default_namespace, part(name)?)),
        [namespace, Token::Dot, name] => Some(QualifiedName { namespace: part(namespace)?, name: part(name)? }),
        _ => None,
    }
}

/// The longest number that is written out, in digits. The largest `double precision` has 309.
const MAX_DIGITS: i32 = 400;

/// A decimal number in plain digits, its exponent applied; `None` for anything else.
fn plain_number(text: &str) -> Option<String> {
    let (sign, unsigned) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || mantissa.ends_with('.') {
        return None;
    }
    if exponent == 0 {
        return Some(format!("{sign}{mantissa}"));
    }
    if exponent.abs() > MAX_DIGITS {
        return None;
    }
    let shift = usize::try_from(exponent.unsigned_abs()).ok()?;
    let (whole, fraction) = if exponent > 0 {
        let padded = format!("{fraction:0<shift$}");
        let (moved, rest) = padded.split_at(shift);
        (format!("{whole}{moved}"), rest.to_owned())
    } else {
        let width = shift + 1;
        let padded = format!("{whole:0>width$}");
        let (rest, moved) = padded.split_at(padded.len() - shift);
        (rest.to_owned(), format!("{moved}{fraction}"))
    };
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        significant => significant,
    };
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

/// The bytes of `\x0102ff`.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("\\x")?.as_bytes();
    if digits.len() % 2 != 0 {
        return None;
    }
    let value = |digit: u8| char::from(digit).to_digit(16);
    digits
        .chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(value(*high)? * 16 + value(*low)?).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests;
