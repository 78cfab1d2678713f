//! Expressions that only the server can compare.
//!
//! PostgreSQL keeps the expression of a default or of an index's predicate as a tree and prints that in its own words.
//! Where the texts alone do not show that both mean the same, the server is asked to plan a query that has both in its
//! output: it prints the two in the same words then, if they are the same. Nothing is written, so that a connection
//! that may only read will do (PostgreSQL documentation, `EXPLAIN`).

use crate::db::{Connection, DbError};
use crate::dbschema::{Column, DbSchema, DefaultValue, Index, QualifiedName};
use crate::diff::{Change, IndexReason, TableChange};
use crate::sql::default_text;
use crate::sql::quote::{Ident, Qualified, Statement};

/// Two texts of which the server may know that they mean the same.
struct Doubt {
    table: QualifiedName,
    place: Place,
    /// The query that has both in its output.
    question: Statement,
}

/// Where the texts stand in a table.
enum Place {
    /// The default of a column.
    Default(String),
    /// The predicate of an index; the names before and after.
    Predicate(String, String),
}

/// `to`, with the expressions of `from` where the `changes` from one to the other are about two that mean the same;
/// `None` if there are no such. `db` has the tables of `from` or of `to`. Asks only if the changes leave a doubt; where
/// the server cannot tell, the texts count.
///
/// # Errors
/// If the connection breaks.
pub(super) async fn agree(
    db: &mut Connection,
    from: &DbSchema,
    to: &DbSchema,
    changes: &[Change],
) -> Result<Option<DbSchema>, DbError> {
    let mut agreed = None;
    for doubt in doubts(changes) {
        if is_same(db, &doubt.question).await? {
            adopt(&doubt, from, agreed.get_or_insert_with(|| to.clone()));
        }
    }
    Ok(agreed)
}

fn doubts(changes: &[Change]) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    for change in changes {
        match change {
            Change::AlterTable { table, changes } => {
                doubts.extend(changes.iter().filter_map(|change| default_in_doubt(table, change)));
            }
            Change::DropIndex { table, index } => {
                let mut made: Vec<&Index> =
                    changes.iter().filter_map(|change| successor(table, index, change)).collect();
                if made.iter().any(|made| made.name == index.name) {
                    made.retain(|made| made.name == index.name);
                }
                doubts.extend(made.into_iter().filter_map(|made| predicate_in_doubt(table, index, made)));
            }
            _ => {}
        }
    }
    doubts
}

fn default_in_doubt(table: &QualifiedName, change: &TableChange) -> Option<Doubt> {
    let TableChange::AlterColumn(change) = change else { return None };
    if !change.default || change.ty.is_some() || change.from.generated != change.to.generated {
        return None;
    }
    let written = |column: &Column| matches!(column.default, Some(DefaultValue::DbGenerated(Some(_))));
    if !written(&change.from) && !written(&change.to) {
        return None;
    }
    let column = Ident(&change.from.name);
    let [from, to] = [expression(&change.from)?, expression(&change.to)?];
    // Beside the column both get its type.
    let beside = |text: &str| format!("CASE WHEN true THEN ({text}) ELSE {column} END");
    Some(Doubt {
        question: question(table, &beside(&from), &beside(&to)),
        table: table.clone(),
        place: Place::Default(change.from.name.clone()),
    })
}

/// The text of a default; `None` if it has none.
fn expression(column: &Column) -> Option<String> {
    match column.default.as_ref()? {
        DefaultValue::Value(value) => Some(default_text(value, column)),
        DefaultValue::Now => Some("now()".to_owned()),
        DefaultValue::DbGenerated(text) => text.clone(),
        DefaultValue::Sequence(_) => None,
    }
}

/// The index that a change makes, if all but the predicate is that of `index`.
fn successor<'a>(table: &QualifiedName, index: &Index, change: &'a Change) -> Option<&'a Index> {
    match change {
        Change::CreateIndex { table: other, index: made, reason: IndexReason::NewIndex } if other == table => {
            differ_in_predicate(index, made).then_some(made)
        }
        _ => None,
    }
}

fn differ_in_predicate(from: &Index, to: &Index) -> bool {
    let columns = |index: &Index| index.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    from.predicate.is_some()
        && to.predicate.is_some()
        && from.unique == to.unique
        && from.method == to.method
        && columns(from) == columns(to)
}

fn predicate_in_doubt(table: &QualifiedName, from: &Index, to: &Index) -> Option<Doubt> {
    let texts = [from.predicate.as_ref()?, to.predicate.as_ref()?].map(|text| format!("({text})"));
    Some(Doubt {
        question: question(table, &texts[0], &texts[1]),
        table: table.clone(),
        place: Place::Predicate(from.name.clone(), to.name.clone()),
    })
}

fn question(table: &QualifiedName, one: &str, other: &str) -> Statement {
    // Each on lines of its own, so that a comment at the end of a text harms nothing.
    Statement::built(format!(
        "EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) SELECT\n{one}\n,\n{other}\nFROM ONLY {}",
        Qualified(table)
    ))
}

/// Whether the plan has the same expression twice in its output. A text that the server does not understand is not the
/// same as any other.
async fn is_same(db: &mut Connection, question: &Statement) -> Result<bool, DbError> {
    let plan = match db.plan(question).await {
        Ok(plan) => plan,
        Err(DbError::Server(_)) => return Ok(false),
        Err(error) => return Err(error),
    };
    let output = plan.pointer("/0/Plan/Output").and_then(serde_json::Value::as_array);
    Ok(output.is_some_and(|output| matches!(output.as_slice(), [one, other] if one == other)))
}

fn adopt(doubt: &Doubt, from: &DbSchema, to: &mut DbSchema) {
    let source = from.table(&doubt.table);
    let target = to.tables.iter_mut().find(|table| table.name == doubt.table);
    let (Some(source), Some(target)) = (source, target) else { return };
    match &doubt.place {
        Place::Default(name) => {
            let column = target.columns.iter_mut().find(|column| column.name == *name);
            if let (Some(column), Some(source)) = (column, source.column(name)) {
                column.default.clone_from(&source.default);
            }
        }
        Place::Predicate(before, after) => {
            let index = target.indexes.iter_mut().find(|index| index.name == *after);
            let source = source.indexes.iter().find(|index| index.name == *before);
            if let (Some(index), Some(source)) = (index, source) {
                index.predicate.clone_from(&source.predicate);
            }
        }
    }
}
