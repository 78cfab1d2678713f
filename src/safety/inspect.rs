//! Findings on a live database: which of them the data confirms.

use super::counts::{Question, count};
use super::dependents::dependents;
use super::finding::{Finding, Severity};
use crate::db::{Connection, DbError};
use crate::diff::Change;

/// What steps do to a certain database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consequences {
    /// What is lost, or may fail.
    pub warnings: Vec<Consequence>,
    /// What cannot run.
    pub unexecutable: Vec<Consequence>,
}

/// What one step does to a certain database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequence {
    /// The finding that was confirmed.
    pub finding: Finding,
    /// How bad it is.
    pub severity: Severity,
    /// How many rows, values or the like are concerned; `None` if that cannot be known before.
    pub extent: Option<u64>,
    /// What it means, as one or more sentences.
    pub message: String,
}

/// What `changes` do to the database `db`. Of the `findings` about them (see [`check`](super::check)) those are left
/// out that the data shows to be harmless; objects are added that are in the way or would go along although no schema
/// file shows them. In the order of steps. Reads only.
///
/// # Errors
/// If the changes are not about this database, so that a table or column does not exist, or the connection breaks.
pub async fn inspect(db: &mut Connection, changes: &[Change], findings: &[Finding]) -> Result<Consequences, DbError> {
    let counts = count(db, &questions(findings)).await?;
    let dependents = dependents(db, changes).await?;
    let mut all: Vec<&Finding> = findings.iter().chain(&dependents).collect();
    all.sort_by_key(|finding| finding.step);
    let mut consequences = Consequences::default();
    for finding in all {
        let kind = &finding.kind;
        let extent = kind.extent(&counts);
        let message = match extent {
            Some(0) => continue,
            Some(extent) => kind.confirmed(extent),
            None if kind.needs_database() => continue,
            None => kind.worst_case(),
        };
        consequences.push(Consequence {
            finding: finding.clone(),
            severity: kind.severity_at(extent),
            extent,
            message,
        });
    }
    Ok(consequences)
}

impl Consequences {
    /// Whether nothing is lost and nothing fails.
    pub fn is_empty(&self) -> bool {
        self.warnings.is_empty() && self.unexecutable.is_empty()
    }

    fn push(&mut self, consequence: Consequence) {
        match consequence.severity {
            Severity::Warning => self.warnings.push(consequence),
            Severity::Unexecutable => self.unexecutable.push(consequence),
        }
    }
}

/// What has to be counted; each question once.
fn questions(findings: &[Finding]) -> Vec<Question> {
    let mut seen = std::collections::HashSet::new();
    findings
        .iter()
        .flat_map(|finding| finding.kind.questions())
        .filter(|question| seen.insert(question.clone()))
        .collect()
}
