//! SQL in steps, and the two texts that are made of it.

use std::fmt;

use super::quote::Statement;

/// What a step does, as its comment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// `CreateSchema`
    CreateNamespace,
    /// `DropExtension`
    DropExtension,
    /// `CreateExtension`
    CreateExtension,
    /// `AlterExtension`
    AlterExtension,
    /// `CreateEnum`
    CreateEnum,
    /// `AlterEnum`
    AlterEnum,
    /// `DropForeignKey`
    DropForeignKey,
    /// `DropIndex`
    DropIndex,
    /// `AlterTable`
    AlterTable,
    /// `DropTable`
    DropTable,
    /// `DropEnum`
    DropEnum,
    /// `CreateTable`
    CreateTable,
    /// `CreateIndex`
    CreateIndex,
    /// `RenameForeignKey`
    RenameForeignKey,
    /// `AddForeignKey`
    AddForeignKey,
    /// `RenameIndex`
    RenameIndex,
}

impl StepKind {
    /// The word in the comment above the step's statements.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreateNamespace => "CreateSchema",
            Self::DropExtension => "DropExtension",
            Self::CreateExtension => "CreateExtension",
            Self::AlterExtension => "AlterExtension",
            Self::CreateEnum => "CreateEnum",
            Self::AlterEnum => "AlterEnum",
            Self::DropForeignKey => "DropForeignKey",
            Self::DropIndex => "DropIndex",
            Self::AlterTable => "AlterTable",
            Self::DropTable => "DropTable",
            Self::DropEnum => "DropEnum",
            Self::CreateTable => "CreateTable",
            Self::CreateIndex => "CreateIndex",
            Self::RenameForeignKey => "RenameForeignKey",
            Self::AddForeignKey => "AddForeignKey",
            Self::RenameIndex => "RenameIndex",
        }
    }
}

/// One step: the SQL of one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// Its statements without the semicolons; they can be sent one by one.
    pub statements: Vec<Statement>,
    /// A remark for readers of the file, without comment marks; empty if there is none.
    pub remark: &'static [&'static str],
}

impl Step {
    pub(super) fn new(kind: StepKind, statements: Vec<String>) -> Self {
        Self { kind, statements: statements.into_iter().map(Statement::built).collect(), remark: &[] }
    }
}

/// SQL in steps. Its text (`to_string()`) is that of `migrate diff --script`: a comment, the statements, an empty
/// line between steps; of no steps a remark that says so.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// The steps in order, one for each change.
    pub steps: Vec<Step>,
}

/// The text of a script without steps; `migrate diff` adds a newline.
pub const EMPTY_SCRIPT: &str = "-- This is an empty migration.";

impl Script {
    /// Whether there is nothing to execute.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| step.statements.is_empty())
    }

    /// The text of a `migration.sql`: that of the script below a comment that lists `warnings`, if there are any.
    pub fn migration_file(&self, warnings: &[String]) -> String {
        let body = self.to_string();
        if warnings.is_empty() {
            return body;
        }
        let mut text = String::from("/*\n  Warnings:\n\n");
        for warning in warnings {
            // Names may contain anything, the end of the comment too.
            text.push_str("  - ");
            text.push_str(&warning.replace("*/", "* /"));
            text.push('\n');
        }
        text.push_str("\n*/\n");
        text.push_str(&body);
        text
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for step in self.steps.iter().filter(|step| !step.statements.is_empty()) {
            if !first {
                f.write_str("\n")?;
            }
            first = false;
            writeln!(f, "-- {}", step.kind.name())?;
            for line in step.remark {
                writeln!(f, "-- {line}")?;
            }
            if !step.remark.is_empty() {
                f.write_str("\n\n")?;
            }
            for statement in &step.statements {
                writeln!(f, "{};", statement.as_str())?;
            }
        }
        if first { f.write_str(EMPTY_SCRIPT) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(kind: StepKind, statements: &[&str]) -> Step {
        Step::new(kind, statements.iter().map(|s| (*s).to_owned()).collect())
    }

    #[test]
    fn layout() {
        let script = Script {
            steps: vec![
                step(StepKind::AlterTable, &["A", "B"]),
                step(StepKind::RenameIndex, &[]),
                step(StepKind::DropTable, &["C"]),
            ],
        };
        let body = "-- AlterTable\nA;\nB;\n\n-- DropTable\nC;\n";
        assert_eq!(script.to_string(), body);
        assert_eq!(script.migration_file(&[]), body);
        assert_eq!(
            script.migration_file(&["one".to_owned(), "a */ b".to_owned()]),
            format!("/*\n  Warnings:\n\n  - one\n  - a * / b\n\n*/\n{body}")
        );
        assert_eq!(Script::default().to_string(), EMPTY_SCRIPT);
        assert!(Script::default().is_empty());
    }
}
