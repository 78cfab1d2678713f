//! A person's script, taken apart: where its statements end, and which of them refuse a transaction.
//!
//! The lexer is PostgreSQL's own in Rust; where statements end follows the rules of `psql`, which knows bodies of
//! functions (`BEGIN ATOMIC … END`) and parentheses. Whatever is not certain is said to be so.

mod behaviour;

use std::ops::Range;

use squawk_lexer::{LiteralKind, TokenKind, tokenize};

use behaviour::Behaviour;

/// How a script can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// In one transaction.
    Whole {
        /// The script's own `BEGIN` and `COMMIT`, in whose place the caller's stand; see [`blanked`].
        own: Vec<Range<usize>>,
    },
    /// In parts: runs of ordinary statements in a transaction each, the others alone.
    Segments(Vec<Segment>),
    /// As one message, as it is.
    AsIs(AsIsReason),
}

/// How a person wants a script to be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All of it in one transaction.
    Whole,
    /// Each statement for itself.
    Segments,
    /// As one message, as it is.
    AsIs,
}

/// Why a script is sent as it is. Offsets are bytes of the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsIsReason {
    /// A person asked for it.
    Asked,
    /// It begins or ends transactions in a way that cannot be taken over.
    OwnTransactions {
        /// The statement that shows it.
        at: usize,
    },
    /// The statement here needs the rest of the message, as `COPY … FROM stdin` does.
    Data {
        /// The statement.
        at: usize,
    },
    /// Where its statements end depends on something that cannot be seen here.
    Uncertain {
        /// What makes it so.
        at: usize,
    },
}

/// A statement that stands against what a person asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict {
    /// Its first byte in the script.
    pub at: usize,
    /// Why.
    pub reason: ConflictReason,
}

/// Why a script cannot be run as somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConflictReason {
    /// The statement refuses a transaction.
    RefusesTransaction,
    /// The statement begins or ends transactions.
    OwnTransactions,
    /// Where statements end is not certain from here on.
    Uncertain,
}

/// A part of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its bytes in the script.
    pub range: Range<usize>,
    /// Why it has to run alone; `None` if it is a run of ordinary statements.
    pub alone: Option<Alone>,
    /// The script's own `BEGIN` and `COMMIT`, in whose place the caller's stand; see [`blanked`].
    pub own: Vec<Range<usize>>,
}

/// A statement that refuses a transaction, with what has to be known to run it again after a crash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alone {
    /// `CREATE INDEX CONCURRENTLY`: the index's name as written; `None` if the server makes one up.
    CreateIndex(Option<String>),
    /// `DROP INDEX CONCURRENTLY`: the index's name as written.
    DropIndex(Option<String>),
    /// `REINDEX … CONCURRENTLY` of this index or table, as written; `None` if it is about more than one.
    Reindex(Option<String>),
    /// Something that may run twice without harm, such as `VACUUM`.
    Repeatable,
    /// Something that takes effect once and as a whole, such as `CREATE DATABASE`.
    Once,
    /// Something that may commit parts of its work: `CALL`, or `DO` with `COMMIT` in its body.
    Commits,
}

/// `script` without the statements at `own`: blanks stand in their place, so that positions stay what they are.
pub fn blanked(script: &str, range: Range<usize>, own: &[Range<usize>]) -> String {
    let mut text = String::with_capacity(range.len());
    let mut done = range.start;
    for statement in own {
        text.push_str(&script[done..statement.start]);
        text.extend(script[statement.clone()].chars().map(|c| if c == '\n' { c } else { ' ' }));
        done = statement.end;
    }
    text.push_str(&script[done..range.end]);
    text
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
    let statements = match split(script) {
        Ok(statements) => statements,
        Err(Uncertain { at }) => return Plan::AsIs(AsIsReason::Uncertain { at }),
    };
    match segments(script, &statements, false) {
        Err(reason) => Plan::AsIs(reason),
        Ok(mut segments) => match segments.as_mut_slice() {
            [] => Plan::Whole { own: Vec::new() },
            [Segment { alone: None, own, .. }] => Plan::Whole { own: std::mem::take(own) },
            _ => Plan::Segments(segments),
        },
    }
}

/// The same when a person says how; refuses what could not be honest.
pub fn plan_as(script: &str, mode: Mode) -> Result<Plan, Conflict> {
    if mode == Mode::AsIs {
        return Ok(Plan::AsIs(AsIsReason::Asked));
    }
    let conflict = |at, reason| Conflict { at, reason };
    let statements = split(script).map_err(|Uncertain { at }| conflict(at, ConflictReason::Uncertain))?;
    let reason = |reason| match reason {
        AsIsReason::OwnTransactions { at } => conflict(at, ConflictReason::OwnTransactions),
        AsIsReason::Data { at } | AsIsReason::Uncertain { at } => conflict(at, ConflictReason::Uncertain),
        AsIsReason::Asked => conflict(0, ConflictReason::Uncertain),
    };
    match mode {
        Mode::Segments => Ok(Plan::Segments(segments(script, &statements, true).map_err(reason)?)),
        Mode::Whole | Mode::AsIs => {
            let segments = segments(script, &statements, false).map_err(reason)?;
            if let Some(alone) = segments.iter().find(|segment| segment.alone.is_some()) {
                let first = statements.iter().find(|statement| statement.range.end > alone.range.start);
                let at = first.map_or(alone.range.start, |statement| statement.range.start);
                return Err(conflict(at, ConflictReason::RefusesTransaction));
            }
            // Several transactions of the script's own would become one.
            match segments.as_slice() {
                [_, second, ..] if segments.iter().any(|segment| !segment.own.is_empty()) => {
                    Err(conflict(second.range.start, ConflictReason::OwnTransactions))
                }
                _ => Ok(Plan::Whole { own: segments.into_iter().flat_map(|segment| segment.own).collect() }),
            }
        }
    }
}

/// Puts statements together that can share a transaction; each has its own if `apart`.
fn segments(script: &str, statements: &[SplitStatement], apart: bool) -> Result<Vec<Segment>, AsIsReason> {
    let mut segments: Vec<Segment> = Vec::new();
    // Whether the last segment takes more statements, and whether the script has a transaction of its own open.
    let mut open = false;
    let mut block: Option<usize> = None;
    for (index, statement) in statements.iter().enumerate() {
        let at = statement.range.start;
        let own_transactions = AsIsReason::OwnTransactions { at };
        let later = || &script[statement.range.end..];
        let (alone, own, ends) = match statement.behaviour(&script[statement.range.clone()], later) {
            Behaviour::Data => return Err(AsIsReason::Data { at }),
            Behaviour::Transaction => return Err(own_transactions),
            Behaviour::Savepoint | Behaviour::Commit if block.is_none() => return Err(own_transactions),
            Behaviour::Begin | Behaviour::Alone(_) if block.is_some() => return Err(own_transactions),
            Behaviour::Begin => {
                block = Some(at);
                (None, true, false)
            }
            Behaviour::Commit => {
                block = None;
                (None, true, true)
            }
            Behaviour::Ordinary | Behaviour::Savepoint => (None, false, apart && block.is_none()),
            Behaviour::CommitAfter => (None, false, block.is_none()),
            Behaviour::Alone(alone) => (Some(alone), false, true),
        };
        // Comments belong to what follows them, and the last segment takes the rest.
        let start = if index == 0 { 0 } else { statements[index - 1].range.end };
        let end = if index + 1 == statements.len() { script.len() } else { statement.range.end };
        let own = own.then(|| statement.range.clone());
        match segments.last_mut() {
            Some(segment) if open && alone.is_none() => {
                segment.range.end = end;
                segment.own.extend(own);
            }
            _ => segments.push(Segment { range: start..end, alone, own: own.into_iter().collect() }),
        }
        open = !ends;
    }
    match block {
        Some(at) => Err(AsIsReason::OwnTransactions { at }),
        None => Ok(segments),
    }
}

/// A script that cannot be taken apart with certainty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uncertain {
    /// The byte at which certainty ends.
    pub at: usize,
}

/// Takes a script apart; refuses if that is not certain: something is not closed, a token is unknown, or the script
/// changes how strings are read.
pub fn split(script: &str) -> Result<Vec<SplitStatement>, Uncertain> {
    if let Some(at) = script.to_ascii_lowercase().find("standard_conforming_strings") {
        return Err(Uncertain { at });
    }
    let mut splitter = Splitter::default();
    let mut start = 0;
    for token in tokenize(script) {
        let end = start + token.len as usize;
        let uncertain = Uncertain { at: start };
        let text = script.get(start..end).ok_or(uncertain)?;
        splitter.take(token.kind, text, start..end).ok_or(uncertain)?;
        start = end;
    }
    splitter.finish().ok_or(Uncertain { at: script.len() })
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

impl SplitStatement {
    /// Whether it changes the session for what follows: `SET`, `RESET`, or nothing but a call of `set_config`.
    pub fn sets_session(&self) -> bool {
        let names: Vec<&str> = self.names().collect();
        match names.as_slice() {
            ["set", "local" | "transaction" | "constraints", ..] => false,
            ["set" | "reset", ..] | ["select", "set_config"] | ["select", "pg_catalog", "set_config"] => true,
            _ => false,
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
}

/// Where the first string constant of a statement begins, behind its opening quote: the body of `DO`.
pub fn body_of_statement(text: &str) -> Option<usize> {
    let mut start = 0;
    for token in tokenize(text) {
        let end = start + token.len as usize;
        if let TokenKind::Literal { kind } = token.kind {
            let literal = text.get(start..end)?;
            return match kind {
                LiteralKind::DollarQuotedString { .. } => Some(start + literal.get(1..)?.find('$')? + 2),
                LiteralKind::Str { .. } | LiteralKind::EscStr { .. } => Some(start + literal.find('\'')? + 1),
                _ => None,
            };
        }
        start = end;
    }
    None
}

#[cfg(test)]
mod tests;
