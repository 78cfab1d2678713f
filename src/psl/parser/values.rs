//! Arguments and values.

use pest::iterators::Pair;

use super::{Reader, Rule};
use crate::psl::ast::{Argument, Arguments, Call, Expr};

impl Reader<'_> {
    /// What stands in parentheses.
    pub(super) fn arguments(&mut self, at: usize, pair: Pair<'_, Rule>) -> Option<Arguments> {
        let span = self.span(at, &pair);
        let parts = pair.into_inner();
        // Most lists have one element; a vector that grows by itself would take room for four.
        let (mut list, mut trailing_comma) = (Vec::with_capacity(parts.len()), None);
        for part in parts {
            match part.as_rule() {
                Rule::trailing_comma => trailing_comma = Some(self.span(at, &part)),
                _ => list.push(self.argument(at, part)?),
            }
        }
        Some(Arguments { list, trailing_comma, span })
    }

    fn argument(&mut self, at: usize, pair: Pair<'_, Rule>) -> Option<Argument> {
        let mut span = self.span(at, &pair);
        let (mut name, mut value) = (None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::argument_name => name = Some(self.ident(at, &part.into_inner().next()?)),
                _ => value = Some(self.expression(at, part)?),
            }
        }
        if let Some(value) = &value {
            span.end = value.span().end;
        }
        Some(Argument { name, value, span })
    }

    pub(super) fn expression(&mut self, at: usize, pair: Pair<'_, Rule>) -> Option<Expr> {
        let span = self.span(at, &pair);
        Some(match pair.as_rule() {
            Rule::number => Expr::Number(pair.as_str().into(), span),
            Rule::string => Expr::String(self.string(at, &pair).into(), span),
            Rule::array => {
                let list: Option<_> = pair.into_inner().map(|part| self.expression(at, part)).collect();
                Expr::Array(list?, span)
            }
            Rule::object => {
                let list: Option<_> = pair
                    .into_inner()
                    .map(|entry| {
                        let mut inner = entry.into_inner();
                        let key = self.ident(at, &inner.next()?);
                        Some((key, self.expression(at, inner.next()?)?))
                    })
                    .collect();
                Expr::Object(list?, span)
            }
            Rule::call | Rule::call_or_path => {
                let mut inner = pair.into_inner();
                let name = self.ident(at, &inner.next()?);
                match inner.next() {
                    Some(arguments) => {
                        let arguments = self.arguments(at, arguments)?;
                        let span = self.range(name.span.start as usize, arguments.span.end as usize);
                        Expr::Call(Box::new(Call { name, arguments, span }))
                    }
                    None => Expr::Constant(name.text, name.span),
                }
            }
            _ => return None,
        })
    }

    /// The text of a string after unescaping by the rules of JSON. A broken escape is reported and left out.
    pub(super) fn string(&mut self, at: usize, pair: &Pair<'_, Rule>) -> String {
        let quoted = pair.as_str();
        let raw = quoted.get(1..quoted.len() - 1).unwrap_or_default();
        let start = at + pair.as_span().start() + 1;
        let mut text = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(offset) = rest.find('\\') {
            let (before, escape) = rest.split_at(offset);
            text.push_str(before);
            let here = start + raw.len() - escape.len();
            let length = match read_escape(escape) {
                Escape::Char(char, length) => {
                    text.push(char);
                    length
                }
                Escape::Unknown(length) => {
                    let span = self.range(here, here + length);
                    self.diagnostics
                        .error(span, format!("unknown escape sequence `{}`", &escape[..length]))
                        .help("a backslash is written `\\\\`");
                    length
                }
                Escape::BadUnicode(length) => {
                    let span = self.range(here, here + length);
                    self.diagnostics
                        .error(span, format!("`{}` is no character", &escape[..length]))
                        .help("write `\\u` and four hexadecimal digits, twice for a surrogate pair");
                    length
                }
            };
            rest = &escape[length..];
        }
        text.push_str(rest);
        text
    }
}

/// What a backslash begins, and how many bytes it takes.
enum Escape {
    Char(char, usize),
    Unknown(usize),
    BadUnicode(usize),
}

fn read_escape(escape: &str) -> Escape {
    let Some(second) = escape[1..].chars().next() else {
        return Escape::Unknown(1);
    };
    let char = match second {
        '"' | '\\' | '/' => second,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return read_unicode(escape),
        _ => return Escape::Unknown(1 + second.len_utf8()),
    };
    Escape::Char(char, 2)
}

fn read_unicode(escape: &str) -> Escape {
    let first = match hex_unit(escape) {
        Ok(unit) => unit,
        Err(length) => return Escape::BadUnicode(length),
    };
    if let Some(char) = char::from_u32(u32::from(first)) {
        return Escape::Char(char, 6);
    }
    let Some(second) = escape.get(6..).filter(|rest| rest.starts_with("\\u")).and_then(|rest| hex_unit(rest).ok())
    else {
        return Escape::BadUnicode(6);
    };
    match char::decode_utf16([first, second]).next() {
        Some(Ok(char)) => Escape::Char(char, 12),
        Some(Err(_)) | None => Escape::BadUnicode(12),
    }
}

/// The UTF-16 unit in `\uXXXX`, or how many bytes of it are well-formed.
fn hex_unit(escape: &str) -> Result<u16, usize> {
    let digits = escape.bytes().skip(2).take(4).take_while(u8::is_ascii_hexdigit).count();
    match escape.get(2..2 + digits) {
        Some(text) if digits == 4 => u16::from_str_radix(text, 16).map_err(|_| 2),
        Some(_) | None => Err(2 + digits),
    }
}
