//! What a statement has to do with transactions.

use squawk_lexer::{LiteralKind, TokenKind, tokenize};

use super::{Alone, SplitStatement, Word};

/// What a statement has to do with transactions.
pub(super) enum Behaviour {
    Ordinary,
    /// What it does has to be committed before something further down: an enum's new value is used there.
    CommitAfter,
    Alone(Alone),
    /// `BEGIN` without options.
    Begin,
    /// `COMMIT` without options.
    Commit,
    /// Something about a savepoint, which needs a transaction of the script's own.
    Savepoint,
    /// It begins or ends a transaction in another way.
    Transaction,
    /// It needs the rest of the message, such as data for COPY.
    Data,
}

impl SplitStatement {
    /// PostgreSQL documentation: each command's page says whether it can be executed inside a transaction block.
    pub(super) fn behaviour<'a>(&self, text: &str, later: impl Fn() -> &'a str) -> Behaviour {
        let has = |word: &str| self.names().any(|name| name == word);
        let mut names = self.names();
        let (first, second) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
        let third = names.next();
        match (first, second) {
            ("begin" | "commit" | "end", "" | "work" | "transaction") if third.is_none() => match first {
                "begin" => Behaviour::Begin,
                _ => Behaviour::Commit,
            },
            ("start", "transaction") if third.is_none() => Behaviour::Begin,
            ("savepoint" | "release", _) => Behaviour::Savepoint,
            ("rollback", _) if has("to") => Behaviour::Savepoint,
            ("begin" | "commit" | "end" | "rollback" | "abort", _) | ("start" | "prepare", "transaction") => {
                Behaviour::Transaction
            }
            ("copy", _) if has("stdin") => Behaviour::Data,
            ("create", "index" | "unique") if has("concurrently") => {
                Behaviour::Alone(Alone::CreateIndex(self.name_behind("concurrently").filter(|name| name != "on")))
            }
            ("drop", "index") if has("concurrently") => {
                Behaviour::Alone(Alone::DropIndex(self.name_behind("concurrently")))
            }
            ("reindex", "index" | "table") if third == Some("concurrently") => {
                Behaviour::Alone(Alone::Reindex(self.name_behind("concurrently")))
            }
            ("reindex", _) if ["database", "system", "schema"].iter().any(|word| has(word)) => {
                Behaviour::Alone(Alone::Reindex(None))
            }
            // The option list stands in parentheses, which are not looked into.
            ("reindex", "index" | "table") if text.to_ascii_lowercase().contains("concurrently") => {
                Behaviour::Alone(Alone::Reindex(self.name_behind(second)))
            }
            ("alter", "table") if has("detach") && has("concurrently") => Behaviour::Alone(Alone::Once),
            ("alter", "type") if has("add") && has("value") => match self.label() {
                Some(label) if uses_label(later(), label) => Behaviour::CommitAfter,
                _ => Behaviour::Ordinary,
            },
            ("vacuum", _) | ("alter", "system") | ("discard", "all") => Behaviour::Alone(Alone::Repeatable),
            ("create" | "drop" | "alter", "tablespace") | ("create" | "drop", "database") => {
                Behaviour::Alone(Alone::Once)
            }
            ("alter", "database") if has("tablespace") => Behaviour::Alone(Alone::Repeatable),
            ("create" | "drop" | "alter", "subscription") => Behaviour::Alone(Alone::Once),
            ("cluster", "" | "verbose") if self.names().count() <= 2 => Behaviour::Alone(Alone::Repeatable),
            ("call", _) => Behaviour::Alone(Alone::Commits),
            ("do", _) if commits(text, has("language")) => Behaviour::Alone(Alone::Commits),
            _ => Behaviour::Ordinary,
        }
    }

    /// The possibly qualified name behind a keyword and `[IF [NOT] EXISTS]`, as written.
    fn name_behind(&self, behind: &str) -> Option<String> {
        let keyword = |word: &Word, name: &str| matches!(word, Word::Name(found) if found == name);
        let start = self.tokens.iter().position(|word| keyword(word, behind))? + 1;
        let mut rest = self.tokens.get(start..)?.iter().peekable();
        for name in ["if", "not", "exists"] {
            rest.next_if(|word| keyword(word, name));
        }
        let mut text = String::new();
        while let Some(Word::Name(part) | Word::Quoted(part)) = rest.next() {
            text.push_str(part);
            match rest.next_if(|word| **word == Word::Dot) {
                Some(_) => text.push('.'),
                None => break,
            }
        }
        (!text.is_empty()).then_some(text)
    }

    /// The first string constant, quotes included.
    fn label(&self) -> Option<&str> {
        self.tokens.iter().find_map(|word| match word {
            Word::Text(text) => Some(text.as_str()),
            Word::Name(_) | Word::Quoted(_) | Word::Dot => None,
        })
    }
}

/// Whether a text may use the value of an enum that was added above it.
fn uses_label(text: &str, label: &str) -> bool {
    let all_values = ["enum_range", "enum_first", "enum_last"];
    text.contains(label) || all_values.iter().any(|function| text.to_ascii_lowercase().contains(function))
}

/// Whether the body of `DO` may end transactions: by `COMMIT` or `ROLLBACK`, or by calling a procedure that may.
fn commits(text: &str, other_language: bool) -> bool {
    if other_language && !text.to_ascii_lowercase().contains("plpgsql") {
        let text = text.to_ascii_lowercase();
        return ["commit", "rollback"].iter().any(|word| text.contains(word));
    }
    tokens_of_bodies(text).iter().any(|body| {
        body.windows(2).any(|pair| {
            let ends = |word: &str| ["commit", "rollback"].iter().any(|end| word.eq_ignore_ascii_case(end));
            let (word, next) = (pair[0].as_str(), pair[1].as_str());
            (ends(word) && (next == ";" || next.eq_ignore_ascii_case("and"))) || word.eq_ignore_ascii_case("call")
        })
    })
}

/// The tokens of the string constants in a statement, white space and comments aside.
fn tokens_of_bodies(text: &str) -> Vec<Vec<String>> {
    let mut bodies = Vec::new();
    let mut start = 0;
    for token in tokenize(text) {
        let end = start + token.len as usize;
        if let (TokenKind::Literal { kind }, Some(literal)) = (token.kind, text.get(start..end)) {
            bodies.extend(body_of(kind, literal).map(|body| words_of(&body)));
        }
        start = end;
    }
    bodies
}

/// What stands between the quotes.
fn body_of(kind: LiteralKind, literal: &str) -> Option<String> {
    match kind {
        LiteralKind::DollarQuotedString { .. } => {
            let tag = literal.get(1..)?.find('$')? + 2;
            Some(literal.get(tag..literal.len().checked_sub(tag)?)?.to_owned())
        }
        LiteralKind::Str { .. } | LiteralKind::EscStr { .. } => {
            let inner = literal.get(literal.find('\'')? + 1..literal.len() - 1)?;
            Some(inner.replace("''", "'"))
        }
        _ => None,
    }
}

fn words_of(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut start = 0;
    for token in tokenize(text) {
        let end = start + token.len as usize;
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. } | TokenKind::Eof => {}
            _ => words.extend(text.get(start..end).map(str::to_owned)),
        }
        start = end;
    }
    words
}
