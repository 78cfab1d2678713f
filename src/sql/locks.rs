//! Which locks a statement takes on which tables, and whether it scans or rewrites them: PostgreSQL's documentation
//! ("Explicit Locking", "ALTER TABLE" and the page of each command), held against servers by the tests. What is not
//! known is said to be unknown.

use std::fmt;

use squawk_lexer::{LiteralKind, TokenKind, tokenize};

/// A table-level lock, from the weakest to the strongest (PostgreSQL documentation, "Table-Level Locks").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockMode {
    /// `ACCESS SHARE`
    AccessShare,
    /// `ROW SHARE`
    RowShare,
    /// `ROW EXCLUSIVE`
    RowExclusive,
    /// `SHARE UPDATE EXCLUSIVE`
    ShareUpdateExclusive,
    /// `SHARE`
    Share,
    /// `SHARE ROW EXCLUSIVE`
    ShareRowExclusive,
    /// `EXCLUSIVE`
    Exclusive,
    /// `ACCESS EXCLUSIVE`
    AccessExclusive,
}

use LockMode::{
    AccessExclusive, AccessShare, Exclusive, RowExclusive, RowShare, Share, ShareRowExclusive, ShareUpdateExclusive,
};

/// Every lock mode with its name in SQL and in `pg_locks`.
pub const MODES: [(LockMode, &str, &str); 8] = [
    (AccessShare, "ACCESS SHARE", "AccessShareLock"),
    (RowShare, "ROW SHARE", "RowShareLock"),
    (RowExclusive, "ROW EXCLUSIVE", "RowExclusiveLock"),
    (ShareUpdateExclusive, "SHARE UPDATE EXCLUSIVE", "ShareUpdateExclusiveLock"),
    (Share, "SHARE", "ShareLock"),
    (ShareRowExclusive, "SHARE ROW EXCLUSIVE", "ShareRowExclusiveLock"),
    (Exclusive, "EXCLUSIVE", "ExclusiveLock"),
    (AccessExclusive, "ACCESS EXCLUSIVE", "AccessExclusiveLock"),
];

impl LockMode {
    /// Whether others cannot even read while it is held.
    pub fn blocks_reads(self) -> bool {
        self == AccessExclusive
    }

    /// Whether others cannot write while it is held.
    pub fn blocks_writes(self) -> bool {
        self >= Share
    }
}

impl fmt::Display for LockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = MODES.iter().find(|(mode, _, _)| mode == self).map_or("", |(_, name, _)| name);
        f.write_str(name)
    }
}

/// What a statement does with the rows of a table while it holds the lock; the more, the later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Work {
    /// Nothing that depends on how many there are, or what it says itself, as `UPDATE` does.
    #[default]
    None,
    /// It reads all of them: to check a constraint or to build an index.
    Scan,
    /// It may write all of them anew; that depends on types or functions that are not looked at.
    MayRewrite,
    /// It writes all of them anew, or throws them away.
    Rewrite,
}

/// What a lock is taken on, named as in the statement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// This table, view or materialized view.
    Relation(String),
    /// The table of this index.
    TableOfIndex(String),
}

/// A lock on a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableLock {
    /// The table.
    pub target: Target,
    /// The mode.
    pub mode: LockMode,
    /// What is done while it is held.
    pub work: Work,
}

/// What is known about a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effects {
    /// What kind of statement it is, as the documentation calls it.
    pub kind: String,
    /// Its locks, on tables that it does more than read.
    pub locks: Vec<TableLock>,
    /// What the list of locks leaves out; `None` if it is complete.
    pub unknown: Option<&'static str>,
    /// The table or materialized view that it makes.
    pub creates: Option<String>,
}

/// What a statement does to tables.
pub fn effects(statement: &str) -> Effects {
    let tokens = read(statement);
    let mut effects = Effects { kind: String::new(), locks: Vec::new(), unknown: None, creates: None };
    let mut cursor = Cursor { tokens: &tokens, at: 0 };
    let known = describe(&mut cursor, &mut effects);
    if known.is_none() {
        effects.unknown = Some("evt does not know this statement");
        effects.locks.clear();
        effects.kind = tokens.iter().take(2).map(|token| token.word.to_uppercase()).collect::<Vec<_>>().join(" ");
    }
    effects
}

/// A token that counts.
#[derive(Debug)]
struct Token {
    /// Lower case if it is an unquoted word; else as written.
    word: String,
    /// As written.
    text: String,
    /// Whether it can be a name.
    name: bool,
    /// Parentheses around it.
    depth: usize,
}

fn read(statement: &str) -> Vec<Token> {
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

struct Cursor<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> &'a str {
        self.tokens.get(self.at).map_or("", |token| token.word.as_str())
    }

    /// Goes on if the next words are these.
    fn eat(&mut self, words: &str) -> bool {
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

    fn eat_any<'b>(&mut self, choices: &[&'b str]) -> Option<&'b str> {
        choices.iter().find(|words| self.eat(words)).copied()
    }

    /// A possibly qualified name, as written.
    fn name(&mut self) -> Option<String> {
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

    fn names(&mut self) -> Option<Vec<String>> {
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

    fn rest(&self) -> &'a [Token] {
        self.tokens.get(self.at..).unwrap_or_default()
    }

    /// Whether these words follow somewhere, one behind the other.
    fn has(&self, words: &str) -> bool {
        has(self.rest(), words)
    }

    /// The name behind a word that stands outside of parentheses.
    fn name_behind(&mut self, word: &str) -> Option<String> {
        let found = self.rest().iter().position(|token| token.word == word && token.depth == 0)?;
        self.at += found + 1;
        self.eat("only");
        self.name()
    }
}

fn has(tokens: &[Token], words: &str) -> bool {
    let words: Vec<&str> = words.split(' ').collect();
    tokens.windows(words.len()).any(|window| window.iter().zip(&words).all(|(token, word)| token.word == *word))
}

impl Effects {
    fn is(&mut self, kind: &str) {
        kind.clone_into(&mut self.kind);
    }

    fn lock(&mut self, table: String, mode: LockMode, work: Work) {
        self.add(Target::Relation(table), mode, work);
    }

    /// Of two locks on the same table the stronger one counts.
    fn add(&mut self, target: Target, mode: LockMode, work: Work) {
        match self.locks.iter_mut().find(|lock| lock.target == target) {
            Some(lock) => {
                lock.mode = lock.mode.max(mode);
                lock.work = lock.work.max(work);
            }
            None => self.locks.push(TableLock { target, mode, work }),
        }
    }
}

/// Kinds that take no lock on a table that exists, with the words they begin with.
const HARMLESS: &[&str] = &[
    "create schema",
    "create type",
    "create domain",
    "create sequence",
    "create role",
    "create user",
    "create function",
    "create or replace function",
    "create procedure",
    "create or replace procedure",
    "create aggregate",
    "create operator",
    "create collation",
    "create cast",
    "alter schema",
    "alter sequence",
    "alter role",
    "alter function",
    "alter procedure",
    "alter default privileges",
    "alter type",
    "drop function",
    "drop procedure",
    "drop type",
    "drop domain",
    "drop sequence",
    "drop schema",
    "comment on type",
    "comment on schema",
    "comment on function",
    "comment on extension",
    "comment on database",
    "set",
    "reset",
    "notify",
    "begin",
    "commit",
    "end",
    "start transaction",
    "savepoint",
    "release",
];

const REST_OF_CASCADE: &str = "what CASCADE drops is locked too";
const READS: &str = "what its functions do";

/// `None` if the statement is not known.
fn describe(cursor: &mut Cursor<'_>, effects: &mut Effects) -> Option<()> {
    if let Some(kind) = cursor.eat_any(HARMLESS) {
        effects.is(&kind.to_uppercase());
        if kind.starts_with("drop") && cursor.has("cascade") {
            effects.unknown = Some(REST_OF_CASCADE);
        }
        return Some(());
    }
    match cursor.peek() {
        "create" => create(cursor, effects),
        "alter" => alter(cursor, effects),
        "drop" => drop(cursor, effects),
        "truncate" => {
            cursor.at += 1;
            effects.is("TRUNCATE");
            cursor.eat("table");
            for table in cursor.names()? {
                effects.lock(table, AccessExclusive, Work::Rewrite);
            }
            if cursor.has("cascade") {
                effects.unknown = Some("tables that refer to it are emptied too");
            }
            Some(())
        }
        "comment" => comment(cursor, effects),
        "insert" | "delete" | "update" | "merge" => {
            let word = cursor.peek();
            cursor.at += 1;
            effects.is(&word.to_uppercase());
            cursor.eat_any(&["into", "from"]);
            cursor.eat("only");
            effects.lock(cursor.name()?, RowExclusive, Work::None);
            Some(())
        }
        "copy" if cursor.has("from") => {
            cursor.at += 1;
            effects.is("COPY FROM");
            effects.lock(cursor.name()?, RowExclusive, Work::None);
            Some(())
        }
        "select" | "values" | "table" => {
            effects.is(&cursor.peek().to_uppercase());
            let row_locks = ["for update", "for share", "for no key update", "for key share"];
            if row_locks.iter().any(|words| cursor.has(words)) {
                effects.unknown = Some("the tables whose rows it locks (ROW SHARE), and what its functions do");
            } else if cursor.rest().windows(2).any(|pair| pair[0].name && pair[1].word == "(") {
                effects.unknown = Some(READS);
            }
            Some(())
        }
        "lock" => lock_table(cursor, effects),
        "analyze" => {
            cursor.at += 1;
            cursor.eat("verbose");
            effects.is("ANALYZE");
            for table in tables_with_columns(cursor)? {
                effects.lock(table, ShareUpdateExclusive, Work::None);
            }
            Some(())
        }
        "vacuum" => vacuum(cursor, effects),
        "cluster" => {
            cursor.at += 1;
            cursor.eat("verbose");
            effects.is("CLUSTER");
            effects.lock(cursor.name()?, AccessExclusive, Work::Rewrite);
            Some(())
        }
        "reindex" => reindex(cursor, effects),
        "refresh" => {
            cursor.eat("refresh materialized view").then_some(())?;
            let concurrently = cursor.eat("concurrently");
            effects.is("REFRESH MATERIALIZED VIEW");
            let mode = if concurrently { Exclusive } else { AccessExclusive };
            let work = if concurrently { Work::Scan } else { Work::Rewrite };
            effects.lock(cursor.name()?, mode, work);
            Some(())
        }
        "grant" | "revoke" => {
            effects.is(&cursor.peek().to_uppercase());
            Some(())
        }
        "do" | "call" | "execute" | "with" => {
            effects.is(&cursor.peek().to_uppercase());
            effects.unknown = Some("what runs inside");
            Some(())
        }
        _ => None,
    }
}

fn create(cursor: &mut Cursor<'_>, effects: &mut Effects) -> Option<()> {
    cursor.eat("create");
    cursor.eat("or replace");
    if cursor.eat_any(&["index", "unique index"]).is_some() {
        let concurrently = cursor.eat("concurrently");
        effects.is(if concurrently { "CREATE INDEX CONCURRENTLY" } else { "CREATE INDEX" });
        let mode = if concurrently { ShareUpdateExclusive } else { Share };
        effects.lock(cursor.name_behind("on")?, mode, Work::Scan);
        return Some(());
    }
    if cursor.eat_any(&["trigger", "constraint trigger"]).is_some() {
        effects.is("CREATE TRIGGER");
        effects.lock(cursor.name_behind("on")?, ShareRowExclusive, Work::None);
        return Some(());
    }
    if cursor.eat("policy") {
        effects.is("CREATE POLICY");
        effects.lock(cursor.name_behind("on")?, AccessExclusive, Work::None);
        return Some(());
    }
    if cursor.eat("rule") {
        effects.is("CREATE RULE");
        effects.lock(cursor.name_behind("to")?, AccessExclusive, Work::None);
        return Some(());
    }
    if cursor.eat_any(&["view", "recursive view", "temp view", "temporary view"]).is_some() {
        effects.is("CREATE VIEW");
        // A view that is replaced is locked as a table that is altered.
        if has(cursor.tokens, "or replace") {
            effects.lock(cursor.name()?, AccessExclusive, Work::None);
        }
        return Some(());
    }
    if cursor.eat("materialized view") {
        effects.is("CREATE MATERIALIZED VIEW");
        cursor.eat("if not exists");
        effects.creates = cursor.name();
        return Some(());
    }
    if cursor.eat("extension") {
        effects.is("CREATE EXTENSION");
        effects.unknown = Some("what the extension's script does");
        return Some(());
    }
    cursor.eat_any(&["temp", "temporary", "unlogged", "local temp", "local temporary"]);
    cursor.eat("table").then_some(())?;
    cursor.eat("if not exists");
    effects.is("CREATE TABLE");
    let table = cursor.name()?;
    effects.creates = Some(table.clone());
    if cursor.eat("partition of") {
        effects.is("CREATE TABLE PARTITION OF");
        effects.lock(cursor.name()?, AccessExclusive, Work::None);
        effects.unknown = Some("a default partition is locked and read too");
    }
    for parents in behind(cursor.rest(), "inherits") {
        for parent in listed(parents) {
            effects.lock(parent, ShareUpdateExclusive, Work::None);
        }
    }
    for referenced in behind(cursor.rest(), "references") {
        if let Some(referenced) = (Cursor { tokens: referenced, at: 0 }).name().filter(|name| *name != table) {
            effects.lock(referenced, ShareRowExclusive, Work::None);
        }
    }
    if cursor.has("as select") || cursor.has("as with") {
        effects.unknown = Some(READS);
    }
    Some(())
}

/// What follows each appearance of a word.
fn behind<'a>(tokens: &'a [Token], word: &str) -> Vec<&'a [Token]> {
    let found = tokens.iter().enumerate().filter(|(_, token)| token.word == word);
    found.map(|(index, _)| &tokens[index + 1..]).collect()
}

/// The names in the parentheses at the beginning.
fn listed(tokens: &[Token]) -> Vec<String> {
    let mut cursor = Cursor { tokens, at: 0 };
    if cursor.eat("(") { cursor.names().unwrap_or_default() } else { Vec::new() }
}

fn alter(cursor: &mut Cursor<'_>, effects: &mut Effects) -> Option<()> {
    cursor.eat("alter");
    if let Some(kind) = cursor.eat_any(&["trigger", "policy"]) {
        effects.is(&format!("ALTER {}", kind.to_uppercase()));
        effects.lock(cursor.name_behind("on")?, AccessExclusive, Work::None);
        return Some(());
    }
    if let Some(kind) = cursor.eat_any(&["view", "materialized view"]) {
        effects.is(&format!("ALTER {}", kind.to_uppercase()));
        cursor.eat("if exists");
        effects.lock(cursor.name()?, AccessExclusive, Work::None);
        return Some(());
    }
    cursor.eat("table").then_some(())?;
    if cursor.peek() == "all" {
        return None;
    }
    cursor.eat("if exists");
    cursor.eat("only");
    let table = cursor.name()?;
    cursor.eat("*");
    let mut kinds: Vec<&str> = Vec::new();
    for action in cursor.rest().split(|token| token.word == "," && token.depth == 0) {
        let (kind, mode, work) = action_of(action, &table, effects)?;
        effects.lock(table.clone(), mode, work);
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    effects.kind = format!("ALTER TABLE {}", kinds.join(", "));
    Some(())
}

/// The actions of `ALTER TABLE` that begin with these words: their name, lock and work (PostgreSQL documentation, "ALTER
/// TABLE"; `AlterTableGetLockLevel` in its source). The first that fits counts.
const ACTIONS: &[(&str, &str, LockMode, Work)] = &[
    ("validate constraint", "VALIDATE CONSTRAINT", ShareUpdateExclusive, Work::Scan),
    ("rename", "RENAME", AccessExclusive, Work::None),
    ("set schema", "SET SCHEMA", AccessExclusive, Work::None),
    ("owner to", "OWNER TO", AccessExclusive, Work::None),
    ("enable row level", "ENABLE ROW LEVEL SECURITY", AccessExclusive, Work::None),
    ("disable row level", "DISABLE ROW LEVEL SECURITY", AccessExclusive, Work::None),
    ("force row level", "FORCE ROW LEVEL SECURITY", AccessExclusive, Work::None),
    ("no force row level", "NO FORCE ROW LEVEL SECURITY", AccessExclusive, Work::None),
    ("enable rule", "ENABLE RULE", AccessExclusive, Work::None),
    ("disable rule", "DISABLE RULE", AccessExclusive, Work::None),
    ("enable", "ENABLE TRIGGER", ShareRowExclusive, Work::None),
    ("disable", "DISABLE TRIGGER", ShareRowExclusive, Work::None),
    ("cluster on", "CLUSTER ON", ShareUpdateExclusive, Work::None),
    ("set without cluster", "SET WITHOUT CLUSTER", ShareUpdateExclusive, Work::None),
    ("set logged", "SET LOGGED", AccessExclusive, Work::Rewrite),
    ("set unlogged", "SET UNLOGGED", AccessExclusive, Work::Rewrite),
    ("set tablespace", "SET TABLESPACE", AccessExclusive, Work::MayRewrite),
    ("set access method", "SET ACCESS METHOD", AccessExclusive, Work::MayRewrite),
    ("set (", "SET (…)", ShareUpdateExclusive, Work::None),
    ("reset (", "RESET (…)", ShareUpdateExclusive, Work::None),
    ("no inherit", "NO INHERIT", AccessExclusive, Work::None),
    ("replica identity", "REPLICA IDENTITY", AccessExclusive, Work::None),
];

fn action_of(tokens: &[Token], table: &str, effects: &mut Effects) -> Option<(&'static str, LockMode, Work)> {
    let mut cursor = Cursor { tokens, at: 0 };
    if cursor.eat_any(&["add constraint", "add"]).is_some() {
        return add_of(&mut cursor, table, effects);
    }
    if cursor.eat("drop constraint") {
        effects.unknown = Some("a foreign key's other table is locked as much");
        return Some(("DROP CONSTRAINT", AccessExclusive, Work::None));
    }
    if cursor.eat("drop") {
        if cursor.has("cascade") {
            effects.unknown = Some(REST_OF_CASCADE);
        }
        return Some(("DROP COLUMN", AccessExclusive, Work::None));
    }
    if cursor.eat("alter constraint") {
        return None;
    }
    if cursor.eat("alter") {
        cursor.eat("column");
        cursor.at += 1; // the column
        let actions: &[(&str, &str, LockMode, Work)] = &[
            ("type", "ALTER COLUMN TYPE", AccessExclusive, Work::MayRewrite),
            ("set data type", "ALTER COLUMN TYPE", AccessExclusive, Work::MayRewrite),
            ("set default", "ALTER COLUMN SET DEFAULT", AccessExclusive, Work::None),
            ("drop default", "ALTER COLUMN DROP DEFAULT", AccessExclusive, Work::None),
            ("set not null", "ALTER COLUMN SET NOT NULL", AccessExclusive, Work::Scan),
            ("drop not null", "ALTER COLUMN DROP NOT NULL", AccessExclusive, Work::None),
            ("set statistics", "ALTER COLUMN SET STATISTICS", ShareUpdateExclusive, Work::None),
            ("set storage", "ALTER COLUMN SET STORAGE", AccessExclusive, Work::None),
            ("set compression", "ALTER COLUMN SET COMPRESSION", AccessExclusive, Work::None),
            ("set (", "ALTER COLUMN SET (…)", ShareUpdateExclusive, Work::None),
            ("reset (", "ALTER COLUMN RESET (…)", ShareUpdateExclusive, Work::None),
            ("add generated", "ALTER COLUMN ADD GENERATED", AccessExclusive, Work::None),
            ("drop identity", "ALTER COLUMN DROP IDENTITY", AccessExclusive, Work::None),
        ];
        return action_in(actions, &mut cursor);
    }
    if cursor.eat("inherit") {
        effects.lock(cursor.name()?, ShareUpdateExclusive, Work::None);
        return Some(("INHERIT", AccessExclusive, Work::None));
    }
    if cursor.eat("attach partition") {
        effects.lock(cursor.name()?, AccessExclusive, Work::Scan);
        effects.unknown = Some("a default partition is locked and read too");
        return Some(("ATTACH PARTITION", ShareUpdateExclusive, Work::None));
    }
    if cursor.eat("detach partition") {
        let partition = cursor.name()?;
        if cursor.has("concurrently") || cursor.has("finalize") {
            effects.unknown = Some("the partition is locked against everything at the end");
            return Some(("DETACH PARTITION CONCURRENTLY", ShareUpdateExclusive, Work::None));
        }
        effects.lock(partition, AccessExclusive, Work::None);
        return Some(("DETACH PARTITION", AccessExclusive, Work::None));
    }
    action_in(ACTIONS, &mut cursor)
}

fn action_in(
    actions: &[(&str, &'static str, LockMode, Work)],
    cursor: &mut Cursor<'_>,
) -> Option<(&'static str, LockMode, Work)> {
    let (_, kind, mode, work) = actions.iter().find(|(words, _, _, _)| cursor.eat(words))?;
    Some((kind, *mode, *work))
}

/// `ADD [COLUMN] …` and `ADD [CONSTRAINT name] …`, behind `ADD [CONSTRAINT]`.
fn add_of(cursor: &mut Cursor<'_>, table: &str, effects: &mut Effects) -> Option<(&'static str, LockMode, Work)> {
    let constraint = cursor.at == 2;
    let begins = |cursor: &Cursor<'_>| {
        ["foreign", "check", "unique", "primary", "exclude", "not"].into_iter().find(|word| cursor.peek() == *word)
    };
    let mut kind = begins(cursor);
    if constraint && kind.is_none() {
        cursor.at += 1; // the constraint's name
        kind = begins(cursor);
    }
    let checked = if cursor.has("not valid") { Work::None } else { Work::Scan };
    match kind {
        Some("foreign") => {
            let referenced = behind(cursor.rest(), "references");
            let referenced = (Cursor { tokens: referenced.first()?, at: 0 }).name()?;
            if referenced != table {
                effects.lock(referenced, ShareRowExclusive, checked);
            }
            return Some(("ADD FOREIGN KEY", ShareRowExclusive, checked));
        }
        Some("check") => return Some(("ADD CHECK", AccessExclusive, checked)),
        Some("not") => return Some(("ADD NOT NULL", AccessExclusive, checked)),
        Some("unique" | "primary" | "exclude") => {
            let kind = match kind {
                Some("unique") => "ADD UNIQUE",
                Some("primary") => "ADD PRIMARY KEY",
                _ => "ADD EXCLUDE",
            };
            // An index that is there already spares building one; a primary key may still have to look for NULL.
            let work = match (cursor.has("using index"), kind) {
                (true, "ADD UNIQUE") => Work::None,
                _ => Work::Scan,
            };
            return Some((kind, AccessExclusive, work));
        }
        _ if constraint => return None,
        _ => {}
    }
    cursor.eat("column");
    cursor.eat("if not exists");
    cursor.name()?;
    let rest = cursor.rest();
    let mut work = Work::None;
    if ["unique", "primary key", "check"].iter().any(|words| has(rest, words)) {
        work = Work::Scan;
    }
    if let Some(referenced) = behind(rest, "references").first() {
        let referenced = (Cursor { tokens: referenced, at: 0 }).name()?;
        if referenced != table {
            effects.lock(referenced, ShareRowExclusive, Work::None);
        }
    }
    let serial = ["serial", "bigserial", "smallserial", "serial4", "serial8", "serial2"];
    if rest.iter().any(|token| serial.contains(&token.word.as_str()) && token.depth == 0)
        || has(rest, "stored")
        || has(rest, "as identity")
    {
        work = Work::Rewrite;
    } else if let Some(default) = behind(rest, "default").first() {
        work = work.max(work_of_default(default));
    } else if has(rest, "generated always as (") {
        // Virtual since 18, and else a mistake.
        work = work.max(Work::None);
    }
    Some(("ADD COLUMN", AccessExclusive, work))
}

/// Since PostgreSQL 11 a default that is the same for all rows is not written into them.
fn work_of_default(tokens: &[Token]) -> Work {
    const STABLE: &[&str] = &[
        "now",
        "transaction_timestamp",
        "statement_timestamp",
        "current_setting",
        "varchar",
        "char",
        "numeric",
        "decimal",
        "timestamp",
        "timestamptz",
        "time",
        "bit",
    ];
    const VOLATILE: &[&str] = &[
        "random",
        "gen_random_uuid",
        "uuid_generate_v4",
        "uuidv4",
        "uuidv7",
        "clock_timestamp",
        "timeofday",
        "nextval",
    ];
    let mut work = Work::None;
    for pair in tokens.windows(2) {
        if pair[0].name && pair[1].word == "(" {
            let name = pair[0].word.as_str();
            let found = match name {
                _ if STABLE.contains(&name) => Work::None,
                _ if VOLATILE.contains(&name) => Work::Rewrite,
                _ => Work::MayRewrite,
            };
            work = work.max(found);
        }
    }
    work
}

fn drop(cursor: &mut Cursor<'_>, effects: &mut Effects) -> Option<()> {
    cursor.eat("drop");
    if cursor.eat("index") {
        let concurrently = cursor.eat("concurrently");
        effects.is(if concurrently { "DROP INDEX CONCURRENTLY" } else { "DROP INDEX" });
        cursor.eat("if exists");
        let mode = if concurrently { ShareUpdateExclusive } else { AccessExclusive };
        for index in cursor.names()? {
            effects.add(Target::TableOfIndex(index), mode, Work::None);
        }
        return Some(());
    }
    if let Some(kind) = cursor.eat_any(&["trigger", "policy", "rule"]) {
        effects.is(&format!("DROP {}", kind.to_uppercase()));
        effects.lock(cursor.name_behind("on")?, AccessExclusive, Work::None);
        return Some(());
    }
    let kind = cursor.eat_any(&["table", "view", "materialized view"])?;
    effects.is(&format!("DROP {}", kind.to_uppercase()));
    cursor.eat("if exists");
    for table in cursor.names()? {
        effects.lock(table, AccessExclusive, Work::None);
    }
    effects.unknown = match (cursor.has("cascade"), kind) {
        (true, _) => Some(REST_OF_CASCADE),
        (false, "table") => Some("tables that its foreign keys refer to are locked as much"),
        _ => None,
    };
    Some(())
}

fn comment(cursor: &mut Cursor<'_>, effects: &mut Effects) -> Option<()> {
    cursor.eat("comment on");
    let kind = cursor.eat_any(&["table", "view", "materialized view", "column"])?;
    effects.is(&format!("COMMENT ON {}", kind.to_uppercase()));
    let mut name = cursor.name()?;
    if kind == "column" {
        name.truncate(last_dot(&name)?);
    }
    effects.lock(name, ShareUpdateExclusive, Work::None);
    Some(())
}

/// The last dot of a qualified name that stands outside of quotes.
fn last_dot(name: &str) -> Option<usize> {
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

fn lock_table(cursor: &mut Cursor<'_>, effects: &mut Effects) -> Option<()> {
    cursor.eat("lock");
    cursor.eat("table");
    effects.is("LOCK TABLE");
    let tables = cursor.names()?;
    let mode = if cursor.eat("in") {
        let words: Vec<String> = cursor
            .rest()
            .iter()
            .take_while(|token| token.word != "mode")
            .map(|token| token.word.to_uppercase())
            .collect();
        let words = words.join(" ");
        MODES.iter().find(|(_, name, _)| *name == words)?.0
    } else {
        AccessExclusive
    };
    for table in tables {
        effects.lock(table, mode, Work::None);
    }
    Some(())
}

fn vacuum(cursor: &mut Cursor<'_>, effects: &mut Effects) -> Option<()> {
    cursor.eat("vacuum");
    let full = cursor.rest().iter().any(|token| token.word == "full");
    if cursor.eat("(") {
        let close = cursor.rest().iter().position(|token| token.word == ")")?;
        cursor.at += close + 1;
    }
    while cursor.eat_any(&["full", "freeze", "verbose", "analyze"]).is_some() {}
    effects.is(if full { "VACUUM FULL" } else { "VACUUM" });
    let (mode, work) = if full { (AccessExclusive, Work::Rewrite) } else { (ShareUpdateExclusive, Work::None) };
    if cursor.rest().is_empty() {
        effects.unknown = Some("every table, one after the other");
        return Some(());
    }
    for table in tables_with_columns(cursor)? {
        effects.lock(table, mode, work);
    }
    Some(())
}

/// Tables, each perhaps with columns in parentheses.
fn tables_with_columns(cursor: &mut Cursor<'_>) -> Option<Vec<String>> {
    let mut tables = Vec::new();
    for part in cursor.rest().split(|token| token.word == "," && token.depth == 0) {
        tables.push((Cursor { tokens: part, at: 0 }).name()?);
    }
    Some(tables)
}

fn reindex(cursor: &mut Cursor<'_>, effects: &mut Effects) -> Option<()> {
    let mut concurrently = cursor.has("concurrently");
    cursor.eat("reindex");
    if cursor.eat("(") {
        let close = cursor.rest().iter().position(|token| token.word == ")")?;
        cursor.at += close + 1;
    }
    let kind = cursor.eat_any(&["table", "index"])?;
    concurrently |= cursor.eat("concurrently");
    effects.is(if concurrently { "REINDEX CONCURRENTLY" } else { "REINDEX" });
    let mode = if concurrently { ShareUpdateExclusive } else { Share };
    let name = cursor.name()?;
    let target = if kind == "index" { Target::TableOfIndex(name) } else { Target::Relation(name) };
    effects.add(target, mode, Work::Scan);
    if !concurrently {
        effects.unknown = Some("queries that use the index wait too");
    }
    Some(())
}
