//! The steps towards a schema, with what they would do to the data that is there.

use crate::db::{Connection, DbError};
use crate::dbschema::DbSchema;
use crate::diff::{Change, External, diff_without};
use crate::safety::{self, Finding, Severity};
use crate::sql::{Naming, Script, render};

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

/// What steps do to the data of a certain database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consequences {
    /// What is lost, or may fail.
    pub warnings: Vec<Consequence>,
    /// What cannot run on this data.
    pub unexecutable: Vec<Consequence>,
}

/// What one step does to data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequence {
    /// The position of the step, from 0.
    pub step: usize,
    /// What it does.
    pub message: String,
}

impl Steps {
    /// The steps that make `to`, the model of a schema file, out of `from`; nothing `external` is touched.
    pub fn between(from: &DbSchema, to: &DbSchema, external: &External) -> Self {
        let changes = diff_without(from, to, external);
        let script = render(&changes, Naming::for_target(to));
        let findings = safety::check(&changes);
        Self { changes, script, findings }
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The text of a `migration.sql`, with the worst that could happen to data at its head.
    pub fn migration_file(&self) -> String {
        self.script.migration_file(&safety::header(&self.findings))
    }

    /// What the steps do to the data in `db`; what the data shows to be harmless is left out. Counts rows.
    pub async fn consequences(&self, db: &mut Connection) -> Result<Consequences, DbError> {
        let counts = safety::count(db, &safety::questions(&self.findings)).await?;
        let mut consequences = Consequences::default();
        for finding in &self.findings {
            if let Some(message) = finding.inspected(&counts) {
                let list = match finding.kind.severity() {
                    Severity::Warning => &mut consequences.warnings,
                    Severity::Unexecutable => &mut consequences.unexecutable,
                };
                list.push(Consequence { step: finding.step, message });
            }
        }
        Ok(consequences)
    }
}
