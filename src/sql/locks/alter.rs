//! The locks of `ALTER`.

use super::LockMode::{AccessExclusive, ShareRowExclusive, ShareUpdateExclusive};
use super::cursor::{Cursor, Token, behind, has};
use super::{Effects, LockMode, REST_OF_CASCADE, Work};
pub(super) fn alter(cursor: &mut Cursor<'_>, effects: &mut Effects) -> Option<()> {
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
