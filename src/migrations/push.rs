//! Bringing a database to a schema without a migration.

use crate::db::{Connection, DbError};
use crate::dbschema::DbSchema;
use crate::diff::External;
use crate::introspect::{Scope, introspect};
use crate::safety::Consequences;
use crate::sql::Script;
use crate::sql::quote::Statement;
use crate::sql::split::{Plan, plan};

use super::MigrateError;
use super::plan::Steps;

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
    let steps = Steps::asking(db, &live, target, external).await?;
    let consequences = steps.consequences(db).await?;
    Ok(Push { steps, consequences })
}

/// Executes the steps in one transaction, or in as few as PostgreSQL allows: a new value of an enum can only be used
/// behind the end of the transaction that added it. Returns the number of transactions.
///
/// # Errors
/// [`MigrateError::Step`] if the server refuses a statement. Its transaction is rolled back; those before it stay.
pub async fn execute(db: &mut Connection, script: &Script) -> Result<usize, MigrateError> {
    db.ensure_namespace().await?;
    let statements = without_transactions(script);
    let text: String = statements.iter().flat_map(|statement| [*statement, ";\n"]).collect();
    let parts = match plan(&text) {
        Plan::Whole { .. } | Plan::AsIs(_) => std::iter::once(0..text.len()).collect(),
        Plan::Segments(segments) => segments.into_iter().map(|segment| segment.range).collect::<Vec<_>>(),
    };
    let mut executed = 0;
    for (done, part) in parts.iter().enumerate() {
        // One message is one transaction.
        match db.counted(&Statement::built(text[part.clone()].to_owned())).await {
            Ok(count) => executed += count,
            Err((_, DbError::Closed)) => return Err(DbError::Closed.into()),
            Err((before, source)) => {
                let statement = statements.get(executed + before).copied().unwrap_or_default().to_owned();
                return Err(MigrateError::Step { statement, source, done, of: parts.len() });
            }
        }
    }
    Ok(parts.len())
}

/// All statements, without the `BEGIN` and `COMMIT` that the replacement of an enum brings for migration files.
fn without_transactions(script: &Script) -> Vec<&str> {
    let statements = script.steps.iter().flat_map(|step| &step.statements).map(Statement::as_str);
    statements.filter(|text| !matches!(*text, "BEGIN" | "COMMIT")).collect()
}
