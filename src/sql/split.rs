//! A person's script, taken apart: where its statements end, and which of them refuse a transaction.
//!
//! The lexer is PostgreSQL's own in Rust; where statements end follows the rules of `psql`, which knows bodies of
//! functions (`BEGIN ATOMIC … END`) and parentheses. Whatever is not certain is said to be so.

use std::ops::Range;

use squawk_lexer::{LiteralKind, TokenKind, tokenize};

/// How a script can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// In one transaction.
    Whole,
    /// In parts: runs of ordinary statements in a transaction each, the others alone.
    Segments(Vec<Segment>),
    /// As one message, as it is.
    AsIs(AsIsReason),
}

/// Why a script is sent as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsIsReason {
    /// It begins or ends transactions itself.
    OwnTransactions,
    /// Where its statements end depends on something that cannot be seen here.
    Uncertain,
}

/// A part of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its bytes in the script.
    pub range: Range<usize>,
    /// Why it has to run alone; `None` if it is a run of ordinary statements.
    pub alone: Option<Alone>,
}

/// A statement that refuses a transaction, with what has to be known to run it again after a crash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alone {
    /// `CREATE INDEX CONCURRENTLY`: the index's name as written; `None` if the server makes one up.
    CreateIndex(Option<String>),
    /// `DROP INDEX CONCURRENTLY`: the index's name as written.
    DropIndex(Option<String>),
    /// `ALTER TYPE … ADD VALUE` whose value is used further down.
    AddEnumValue,
    /// Anything else, such as `VACUUM`; running it twice does no harm.
    Other,
}

/// A statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitStatement {
    /// Its bytes in the script, from its first token through its semicolon.
    pub range: Range<usize>,
    tokens: Vec<Word>,
}

/// A token that matters for telling statements apart.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    /// An unquoted identifier or keyword in lower case, outside parentheses.
    Name(String),
    /// A quoted identifier as written, outside parentheses.
    Quoted(String),
    /// A string constant as written.
    Text(String),
    Dot,
}

/// Tokens kept of each statement; what a statement is shows in its first words.
const KEPT: usize = 64;

/// Chooses how to run a script.
pub fn plan(script: &str) -> Plan {
    let Some(statements) = split(script) else { return Plan::AsIs(AsIsReason::Uncertain) };
    let mut segments: Vec<Segment> = Vec::new();
    for (index, statement) in statements.iter().enumerate() {
        let later = || &script[statement.range.end..];
        let alone = match statement.behaviour(&script[statement.range.clone()], later) {
            Behaviour::Transaction => return Plan::AsIs(AsIsReason::OwnTransactions),
            Behaviour::Unknown => return Plan::AsIs(AsIsReason::Uncertain),
            Behaviour::Ordinary => None,
            Behaviour::Alone(alone) => Some(alone),
        };
        // Comments belong to what follows them, and the last segment takes the rest.
        let start = if index == 0 { 0 } else { statements[index - 1].range.end };
        let end = if index + 1 == statements.len() { script.len() } else { statement.range.end };
        match segments.last_mut() {
            Some(Segment { range, alone: None }) if alone.is_none() => range.end = end,
            _ => segments.push(Segment { range: start..end, alone }),
        }
    }
    if segments.iter().all(|segment| segment.alone.is_none()) { Plan::Whole } else { Plan::Segments(segments) }
}

/// Takes a script apart; `None` if that is not certain: something is not closed, a token is unknown, or the script
/// changes how strings are read.
pub fn split(script: &str) -> Option<Vec<SplitStatement>> {
    if script.to_ascii_lowercase().contains("standard_conforming_strings") {
        return None;
    }
    let mut splitter = Splitter::default();
    let mut start = 0;
    for token in tokenize(script) {
        let end = start + token.len as usize;
        let text = script.get(start..end)?;
        splitter.take(token.kind, text, start..end)?;
        start = end;
    }
    splitter.finish()
}

#[derive(Default)]
struct Splitter {
    statements: Vec<SplitStatement>,
    current: Option<SplitStatement>,
    parentheses: usize,
    /// Open `BEGIN ATOMIC` and `CASE` in the body of a function.
    blocks: usize,
}

impl Splitter {
    /// Takes the next token; `None` if it makes the split uncertain.
    fn take(&mut self, kind: TokenKind, text: &str, range: Range<usize>) -> Option<()> {
        let word = match kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { terminated: true } => {
                return Some(());
            }
            TokenKind::Eof => return Some(()),
            TokenKind::Unknown | TokenKind::BlockComment { terminated: false } => return None,
            TokenKind::QuotedIdent { terminated, .. } => terminated.then(|| Word::Quoted(text.to_owned()))?,
            TokenKind::Literal { kind } if !is_closed(kind) => return None,
            TokenKind::Literal { kind: LiteralKind::Str { .. } } => Word::Text(text.to_owned()),
            TokenKind::Ident => Word::Name(text.to_ascii_lowercase()),
            TokenKind::Dot => Word::Dot,
            TokenKind::Semi if self.parentheses == 0 && self.blocks == 0 => {
                self.end(range.end);
                return Some(());
            }
            TokenKind::OpenParen => {
                self.parentheses += 1;
                self.extend(range);
                return Some(());
            }
            TokenKind::CloseParen => {
                self.parentheses = self.parentheses.checked_sub(1)?;
                self.extend(range);
                return Some(());
            }
            _ => {
                self.extend(range);
                return Some(());
            }
        };
        self.extend(range);
        if self.parentheses > 0 {
            return Some(());
        }
        self.count_blocks(&word);
        let statement = self.current.as_mut()?;
        if statement.tokens.len() < KEPT {
            statement.tokens.push(word);
        }
        Some(())
    }

    /// `BEGIN`, `CASE` and `END` nest in the body of a function that is written in SQL, and only there.
    fn count_blocks(&mut self, word: &Word) {
        let Word::Name(name) = word else { return };
        let in_function = self.current.as_ref().is_some_and(SplitStatement::creates_routine);
        match name.as_str() {
            "begin" if in_function => self.blocks += 1,
            "case" if self.blocks > 0 => self.blocks += 1,
            "end" if self.blocks > 0 => self.blocks -= 1,
            _ => {}
        }
    }

    fn extend(&mut self, range: Range<usize>) {
        match &mut self.current {
            Some(statement) => statement.range.end = range.end,
            None => self.current = Some(SplitStatement { range, tokens: Vec::new() }),
        }
    }

    /// Ends the statement behind its semicolon; a semicolon alone is no statement.
    fn end(&mut self, end: usize) {
        if let Some(mut statement) = self.current.take() {
            statement.range.end = end;
            self.statements.push(statement);
        }
    }

    fn finish(mut self) -> Option<Vec<SplitStatement>> {
        if self.parentheses > 0 || self.blocks > 0 {
            return None;
        }
        self.statements.extend(self.current.take());
        Some(self.statements)
    }
}

fn is_closed(kind: LiteralKind) -> bool {
    match kind {
        LiteralKind::Int { .. } | LiteralKind::Numeric { .. } => true,
        LiteralKind::Str { terminated }
        | LiteralKind::NationalStr { terminated }
        | LiteralKind::ByteStr { terminated }
        | LiteralKind::BitStr { terminated }
        | LiteralKind::DollarQuotedString { terminated }
        | LiteralKind::UnicodeEscStr { terminated }
        | LiteralKind::EscStr { terminated } => terminated,
    }
}

/// What a statement has to do with transactions.
enum Behaviour {
    Ordinary,
    Alone(Alone),
    /// It begins or ends one.
    Transaction,
    /// It needs the rest of the message, such as data for COPY.
    Unknown,
}

impl SplitStatement {
    /// PostgreSQL documentation: each command's page says whether it can be executed inside a transaction block.
    fn behaviour<'a>(&self, text: &str, later: impl Fn() -> &'a str) -> Behaviour {
        let has = |word: &str| self.names().any(|name| name == word);
        let mut names = self.names();
        match (names.next().unwrap_or_default(), names.next().unwrap_or_default()) {
            ("begin" | "commit" | "end" | "rollback" | "abort" | "savepoint" | "release", _)
            | ("start" | "prepare", "transaction") => Behaviour::Transaction,
            ("copy", _) if has("stdin") => Behaviour::Unknown,
            ("create", "index" | "unique") if has("concurrently") => {
                Behaviour::Alone(Alone::CreateIndex(self.name_behind_concurrently().filter(|name| name != "on")))
            }
            ("drop", "index") if has("concurrently") => {
                Behaviour::Alone(Alone::DropIndex(self.name_behind_concurrently()))
            }
            ("reindex", _) if ["concurrently", "database", "system", "schema"].iter().any(|word| has(word)) => {
                Behaviour::Alone(Alone::Other)
            }
            ("alter", "table") if has("detach") && has("concurrently") => Behaviour::Alone(Alone::Other),
            ("alter", "type") if has("add") && has("value") => match self.label() {
                Some(label) if later().contains(label) => Behaviour::Alone(Alone::AddEnumValue),
                _ => Behaviour::Ordinary,
            },
            ("vacuum", _)
            | ("create" | "drop" | "alter", "database" | "tablespace" | "subscription")
            | ("alter", "system")
            | ("discard", "all") => Behaviour::Alone(Alone::Other),
            ("cluster", "" | "verbose") if self.names().count() <= 2 => Behaviour::Alone(Alone::Other),
            ("call" | "do", _) if ends_transactions(text) => Behaviour::Alone(Alone::Other),
            _ => Behaviour::Ordinary,
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.tokens.iter().filter_map(|word| match word {
            Word::Name(name) => Some(name.as_str()),
            Word::Quoted(_) | Word::Text(_) | Word::Dot => None,
        })
    }

    /// Whether it is `CREATE [OR REPLACE] FUNCTION` or `PROCEDURE`.
    fn creates_routine(&self) -> bool {
        let mut names = self.names();
        names.next() == Some("create")
            && match names.next() {
                Some("function" | "procedure") => true,
                Some("or") => names.next() == Some("replace") && matches!(names.next(), Some("function" | "procedure")),
                _ => false,
            }
    }

    /// The possibly qualified name behind `CONCURRENTLY [IF [NOT] EXISTS]`, as written.
    fn name_behind_concurrently(&self) -> Option<String> {
        let keyword = |word: &Word, name: &str| matches!(word, Word::Name(found) if found == name);
        let start = self.tokens.iter().position(|word| keyword(word, "concurrently"))? + 1;
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

/// Whether the body of a procedure or of `DO` may end transactions. `CALL` hides its body, so it counts as if it did.
fn ends_transactions(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let words = ["commit", "rollback"];
    text.trim_start().starts_with("call") || words.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One letter a segment: `t` in a transaction, `a` alone.
    fn shape(script: &str) -> String {
        match plan(script) {
            Plan::Whole => "whole".to_owned(),
            Plan::AsIs(AsIsReason::OwnTransactions) => "own".to_owned(),
            Plan::AsIs(AsIsReason::Uncertain) => "uncertain".to_owned(),
            Plan::Segments(segments) => {
                let joined: String = segments.iter().map(|segment| &script[segment.range.clone()]).collect();
                assert_eq!(joined, script, "nothing is lost");
                segments.iter().map(|segment| if segment.alone.is_some() { 'a' } else { 't' }).collect()
            }
        }
    }

    #[test]
    fn plans() {
        for (script, expected) in [
            ("", "whole"),
            ("-- only a comment", "whole"),
            ("CREATE TABLE a (id int); CREATE INDEX i ON a (id)", "whole"),
            ("CREATE INDEX CONCURRENTLY i ON a (id)", "a"),
            ("CREATE TABLE a (id int);\nCREATE INDEX CONCURRENTLY i ON a (id);\nDROP TABLE b; DROP TABLE c;", "tat"),
            ("create unique index concurrently on a (id); vacuum a", "aa"),
            ("DROP INDEX CONCURRENTLY IF EXISTS i;", "a"),
            ("REINDEX TABLE CONCURRENTLY a", "a"),
            ("REINDEX TABLE a", "whole"),
            ("BEGIN; DROP TABLE a; COMMIT;", "own"),
            ("DROP TABLE a; ROLLBACK", "own"),
            ("PREPARE x AS SELECT 1", "whole"),
            ("SELECT 'BEGIN; COMMIT'; -- COMMIT;\n/* ROLLBACK; /* nested */ */ SELECT 1", "whole"),
            ("DO $$ BEGIN PERFORM 1; END $$; SELECT $a$ ; COMMIT; $a$", "whole"),
            ("DO $$ BEGIN COMMIT; END $$", "a"),
            (
                "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 1",
                "whole",
            ),
            ("CREATE RULE r AS ON INSERT TO a DO (DELETE FROM b; DELETE FROM c); SELECT 1", "whole"),
            ("ALTER TYPE e ADD VALUE 'x'", "whole"),
            ("ALTER TYPE e ADD VALUE 'x'; ALTER TYPE e ADD VALUE 'y';", "whole"),
            ("ALTER TYPE e ADD VALUE 'x'; ALTER TABLE a ALTER c SET DEFAULT 'x'", "at"),
            ("SELECT 'never closed", "uncertain"),
            ("SELECT (1", "uncertain"),
            ("SELECT 1)", "uncertain"),
            ("SELECT $x$ never closed", "uncertain"),
            ("SET standard_conforming_strings = off; SELECT 'a\\'; COMMIT; --'", "uncertain"),
            ("COPY a FROM stdin;\n1\n\\.\n", "uncertain"),
            ("\\connect other", "uncertain"),
            ("SELECT E'it\\'s; COMMIT'; SELECT 1", "whole"),
        ] {
            assert_eq!(shape(script), expected, "{script}");
        }
    }

    #[test]
    fn names_of_indexes() {
        for (script, expected) in [
            ("CREATE INDEX CONCURRENTLY i ON a (id)", Some("i")),
            ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"I x\" ON a (id)", Some("\"I x\"")),
            ("CREATE INDEX CONCURRENTLY ON a (id)", None),
        ] {
            let Plan::Segments(segments) = plan(script) else { panic!("{script}") };
            assert_eq!(segments[0].alone, Some(Alone::CreateIndex(expected.map(str::to_owned))), "{script}");
        }
        let Plan::Segments(segments) = plan("DROP INDEX CONCURRENTLY IF EXISTS s.\"I\"") else { panic!() };
        assert_eq!(segments[0].alone, Some(Alone::DropIndex(Some("s.\"I\"".to_owned()))));
    }
}
