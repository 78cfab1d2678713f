//! A script made ready to run: what it says to evt, and how it will be run. Nothing has been done yet.

use std::path::PathBuf;

use crate::sql::directives::{DirectiveError, Directives, directives};
use crate::sql::split::{AsIsReason, Conflict, ConflictReason, Plan, SplitStatement, plan, plan_as, split};

use super::MigrateError;
use super::apply::Transactions;
use super::checksum::checksum;
use super::directory::Migration;
use super::script::Place;

/// A migration whose script was read and understood.
#[derive(Debug)]
pub struct Prepared<'a> {
    /// The migration.
    pub migration: &'a Migration,
    /// Its script.
    pub script: String,
    /// Its fingerprint.
    pub checksum: String,
    /// How it is run.
    pub plan: Plan,
    /// Its statements; none if it cannot be taken apart.
    pub statements: Vec<SplitStatement>,
    /// `SET` statements that hold while it runs.
    pub settings: String,
}

/// A comment that evt cannot follow, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstructionError {
    /// The script.
    pub path: PathBuf,
    /// Where in it.
    pub place: Place,
    /// What is wrong.
    pub problem: Instruction,
}

/// What is wrong with a comment to evt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instruction {
    /// It cannot be understood.
    Comment(DirectiveError),
    /// The script cannot be run as it asks.
    Mode(Conflict),
}

impl std::fmt::Display for InstructionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.problem {
            Instruction::Comment(error) => write!(f, "{error}")?,
            Instruction::Mode(conflict) => f.write_str(match conflict.reason {
                ConflictReason::RefusesTransaction => {
                    "this statement refuses the one transaction that `whole` asks for"
                }
                ConflictReason::OwnTransactions => {
                    "this statement begins or ends transactions, which the mode that the comment asks for does itself"
                }
                ConflictReason::Uncertain => {
                    "from here on it is not certain where statements end, so the script can only run as it is"
                }
            })?,
        }
        let Place { line, column, excerpt, .. } = &self.place;
        write!(f, "\n  --> {}:{line}:{column}\n{excerpt}", self.path.display())
    }
}

impl std::error::Error for InstructionError {}

/// Reads a migration's script and decides how to run it.
pub fn prepare(migration: &Migration, transactions: Transactions) -> Result<Prepared<'_>, MigrateError> {
    let script = migration.script()?;
    let problem = |at: usize, problem| {
        let place = Place::at_byte(&script, at);
        MigrateError::Instruction(Box::new(InstructionError { path: migration.script_path(), place, problem }))
    };
    let said = match transactions {
        Transactions::Honest => directives(&script).map_err(|error| problem(error.at, Instruction::Comment(error)))?,
        Transactions::AsPrisma => Directives::default(),
    };
    let plan = match (transactions, said.mode) {
        (Transactions::AsPrisma, _) => Plan::AsIs(AsIsReason::Asked),
        (Transactions::Honest, None) => plan(&script),
        (Transactions::Honest, Some((mode, _))) => {
            plan_as(&script, mode).map_err(|conflict| problem(conflict.at, Instruction::Mode(conflict)))?
        }
    };
    let timeouts = [("lock_timeout", &said.lock_timeout), ("statement_timeout", &said.statement_timeout)];
    // The values are digits and a unit.
    let settings = timeouts.into_iter().filter_map(|(name, value)| Some(format!("SET {name} = '{}'", value.as_ref()?)));
    let settings = settings.collect::<Vec<_>>().join("; ");
    let statements = split(&script).unwrap_or_default();
    Ok(Prepared { migration, checksum: checksum(&script), plan, statements, settings, script })
}
