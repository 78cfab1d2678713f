//! The locks of `CREATE`.

use super::LockMode::{AccessExclusive, Share, ShareRowExclusive, ShareUpdateExclusive};
use super::cursor::{Cursor, behind, has, listed};
use super::{Effects, READS, Work};
pub(super) fn create(cursor: &mut Cursor<'_>, effects: &mut Effects) -> Option<()> {
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
