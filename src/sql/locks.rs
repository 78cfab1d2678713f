//! Which locks a statement takes on which tables, and whether it scans or rewrites them: PostgreSQL's documentation
//! ("Explicit Locking", "ALTER TABLE" and the page of each command), held against servers by the tests. What is not
//! known is said to be unknown.

mod alter;
mod create;
mod cursor;

use std::fmt;

use alter::alter;
use create::create;
use cursor::{Cursor, last_dot, read};

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
