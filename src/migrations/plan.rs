//! The steps towards a schema, with what they would do to the data that is there.

use crate::db::{Connection, DbError};
use crate::dbschema::DbSchema;
use crate::diff::{Change, External, diff_without};
use crate::safety::{self, Consequences, Finding, FindingKind};
use crate::sql::{Naming, Script, render};

use super::meaning;

/// Steps from one database to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Steps {
    /// The changes in order.
    pub changes: Vec<Change>,
    /// Their SQL.
    pub script: Script,
    /// What they could do to data, without having looked at any.
    pub findings: Vec<Finding>,
}

impl Steps {
    /// The steps that make `to`, the model of a schema file, out of `from`; nothing `external` is touched.
    pub fn between(from: &DbSchema, to: &DbSchema, external: &External) -> Self {
        let changes = diff_without(from, to, external);
        let script = render(&changes, Naming::for_target(to));
        let findings = safety::check(&changes);
        Self { changes, script, findings }
    }

    /// Like [`Steps::between`], but lets the server decide whether expressions mean the same whose texts do not show it.
    /// `db` has the tables of one of the two. Reads only.
    ///
    /// # Errors
    /// If the connection breaks.
    pub async fn asking(
        db: &mut Connection,
        from: &DbSchema,
        to: &DbSchema,
        external: &External,
    ) -> Result<Self, DbError> {
        let steps = Self::between(from, to, external);
        Ok(match meaning::agree(db, from, to, &steps.changes).await? {
            Some(agreed) => Self::between(from, &agreed, external),
            None => steps,
        })
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The text of a `migration.sql`, with the worst that could happen to data at its head, and with what is known to
    /// go along in the database for which it was made.
    pub fn migration_file(&self, known: &Consequences) -> String {
        let mut lines = safety::header(&self.findings);
        let along = known.warnings.iter().filter(|c| matches!(c.finding.kind, FindingKind::TakenAlong { .. }));
        lines.extend(along.map(|consequence| consequence.message.clone()));
        self.script.migration_file(&lines)
    }

    /// What the steps do to the data and to other objects in `db`; what the data shows to be harmless is left out.
    pub async fn consequences(&self, db: &mut Connection) -> Result<Consequences, DbError> {
        safety::inspect(db, &self.changes, &self.findings).await
    }
}
