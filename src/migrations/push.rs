//! Bringing a database to a schema without a migration.

use crate::db::{Connection, DbError};
use crate::dbschema::DbSchema;
use crate::diff::External;
use crate::introspect::{Scope, introspect};
use crate::sql::Script;
use crate::sql::quote::Statement;
use crate::sql::split::{Plan, plan};

use super::MigrateError;
use super::plan::{Consequences, Steps};

/// What has to be done to a database, and what that does to its data. Nothing has been done yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Push {
    /// The steps.
    pub steps: Steps,
    /// What they do to the data that is there.
    pub consequences: Consequences,
}

/// Compares a database with a schema's model, `external` tables and enums aside. Reads only.
pub async fn compare(
    db: &mut Connection,
    target: &DbSchema,
    scope: &Scope,
    external: &External,
) -> Result<Push, MigrateError> {
    let live = Box::pin(introspect(db, scope)).await?;
    let steps = Steps::between(&live, target, external);
    let consequences = steps.consequences(db).await?;
    Ok(Push { steps, consequences })
}

/// Executes the steps in one transaction, or in as few as PostgreSQL allows: a new value of an enum can only be used
/// behind the end of the transaction that added it. Returns the number of transactions; after an error those before
/// it stay.
pub async fn execute(db: &mut Connection, script: &Script) -> Result<usize, MigrateError> {
    db.ensure_namespace().await?;
    let text = without_transactions(script);
    let parts = match plan(&text) {
        Plan::Whole | Plan::AsIs(_) => std::iter::once(0..text.len()).collect(),
        Plan::Segments(segments) => segments.into_iter().map(|segment| segment.range).collect::<Vec<_>>(),
    };
    for part in &parts {
        // One message is one transaction.
        let statement = Statement::built(text[part.clone()].to_owned());
        db.script(&statement).await.map_err(|source| failed(statement.as_str(), source))?;
    }
    Ok(parts.len())
}

/// All statements, without the `BEGIN` and `COMMIT` that the replacement of an enum brings for migration files.
fn without_transactions(script: &Script) -> String {
    let statements = script.steps.iter().flat_map(|step| &step.statements).map(Statement::as_str);
    statements.filter(|text| !matches!(*text, "BEGIN" | "COMMIT")).flat_map(|text| [text, ";\n"]).collect()
}

fn failed(text: &str, source: DbError) -> MigrateError {
    if matches!(source, DbError::Closed) {
        return source.into();
    }
    let position = source.server().and_then(|report| report.position).and_then(|n| usize::try_from(n).ok());
    let byte = position.and_then(|n| text.char_indices().nth(n.saturating_sub(1))).map(|(byte, _)| byte);
    MigrateError::Step { statement: statement_at(text, byte.unwrap_or(0)).to_owned(), source }
}

/// The statement around a byte of a text whose statements end with `;\n`.
fn statement_at(text: &str, byte: usize) -> &str {
    let start = text[..byte].rfind(";\n").map_or(0, |end| end + 2);
    let end = text[byte..].find(";\n").map_or(text.len(), |end| byte + end);
    &text[start..end]
}
