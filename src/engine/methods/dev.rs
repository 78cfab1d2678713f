//! The requests of `migrate dev`: what is in the way, what the next migration would do, and making it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Failure;
use super::history::folder;
use crate::diff::External;
use crate::engine::errors::in_words_of_prisma;
use crate::engine::params::{CreateMigration, Folder, OfMigrations, OfNextMigration};
use crate::engine::session::{Session, external};
use crate::lower::lower;
use crate::migrations::Steps;
use crate::migrations::dev::diagnose as diagnosis;
use crate::migrations::directory::PROVIDER;
use crate::output::reset_reason;
use crate::safety::{Consequence, Consequences};

pub(super) async fn diagnose(session: &mut Session, params: OfMigrations) -> Result<Value, Failure> {
    let folder = folder(params.migrations)?;
    let (external, scope) = (external(&params.filters)?, session.scope()?);
    // Whether the server has a second connection for the shadow database is known once there is a first.
    session.db().await?;
    let shadow = session.shadow(folder.init.clone())?;
    let reading = session.reading()?;
    let db = session.db().await?;
    let found = diagnosis(db, &folder.directory, &shadow, &scope, &external, None, reading);
    let found = Box::pin(found).await?;
    session.remember(&folder, &scope, found.replayed)?;
    let reasons: Vec<String> =
        found.reset_reasons.iter().map(|reason| in_words_of_prisma(&reset_reason(reason, FIRST_MIGRATION))).collect();
    let action = match reasons.as_slice() {
        [] => json!({ "tag": "createMigration" }),
        [reason] => json!({ "tag": "reset", "reason": reason }),
        several => {
            let items = several.iter().flat_map(|reason| ["- ", reason.trim_end(), "\n"]);
            let list: String = items.collect();
            json!({ "tag": "reset", "reason": list })
        }
    };
    Ok(json!({ "action": action }))
}

/// What to do about a database that has no history yet.
const FIRST_MIGRATION: &str = "To keep what is in it, make it the first migration (`evt migrate diff --from-empty \
    --to-schema <schema> --script`) and record that as applied (`evt migrate resolve --applied <name>`).";

/// The steps from what all migrations make to a schema.
async fn next(session: &mut Session, params: OfNextMigration) -> Result<(Folder, Steps), Failure> {
    let folder = folder(params.migrations)?;
    folder.directory.check_provider()?;
    let external: External = external(&params.filters)?;
    let project = session.project(&params.schema)?;
    let scope = session.scope_of(&project)?;
    let replayed = session.replayed(&folder, &scope).await?;
    let target = lower(&project.schema, &scope.default_namespace);
    let steps = Steps::asking(session.db().await?, &replayed, &target, &external).await?;
    Ok((folder, steps))
}

pub(super) async fn evaluate(session: &mut Session, params: OfNextMigration) -> Result<Value, Failure> {
    let (_, steps) = next(session, params).await?;
    let Consequences { warnings, unexecutable } = steps.consequences(session.db().await?).await?;
    let feedback = |one: &Consequence| json!({ "message": one.message, "stepIndex": one.finding.step });
    Ok(json!({
        "migrationSteps": steps.changes.len(),
        "warnings": warnings.iter().map(feedback).collect::<Vec<_>>(),
        "unexecutableSteps": unexecutable.iter().map(feedback).collect::<Vec<_>>(),
    }))
}

pub(super) async fn create(session: &mut Session, params: CreateMigration) -> Result<Value, Failure> {
    let CreateMigration { migration_name, draft, next: of_next } = params;
    let (mut folder, steps) = next(session, of_next).await?;
    let name = folder.directory.next_name(Timestamp::now(), &migration_name)?;
    // The comment at its head tells the worst that could happen to any database, whatever is in this one.
    let script = (draft || !steps.is_empty()).then(|| steps.migration_file(&Consequences::default()));
    if !folder.is_ours {
        return Ok(json!({
            "connectorType": PROVIDER,
            "generatedMigrationName": name,
            "migrationScript": script,
            "extension": "sql",
        }));
    }
    let created = match script {
        Some(script) => Some(folder.directory.put(&name, &script)?.name),
        None => None,
    };
    Ok(json!({ "generatedMigrationName": created }))
}
