//! Change → finding: what loses data, what cannot run, and which count would settle it.
//!
//! [`check`] is pure. Its findings assume the worst, which is what the head of a `migration.sql` says. Whoever has a
//! connection asks [`questions`], lets [`count`] answer them, and keeps the findings that the answers confirm
//! ([`Finding::inspected`]).

mod counts;
mod message;

pub use counts::{Counts, Question, count};

use crate::dbschema::{Column, ColumnArity, ColumnType, QualifiedName};
use crate::diff::types::{TypeChange, Via, via};
use crate::diff::{Change, ColumnChange, IndexReason, TableChange};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// Data may be lost, or a statement may fail.
    Warning,
    /// The step fails on the data that may be there.
    Unexecutable,
}

/// What is wrong with a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The position of the change, from 0.
    pub step: usize,
    /// What is wrong.
    pub kind: FindingKind,
}

/// What can be wrong with a step. Columns are named as they are before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FindingKind {
    /// A table goes with its rows.
    DroppedTable {
        /// The table.
        table: QualifiedName,
    },
    /// A column goes with its values.
    DroppedColumn {
        /// The table.
        table: QualifiedName,
        /// The column.
        column: String,
    },
    /// The primary key goes, perhaps for another one that the rows do not obey.
    DroppedPrimaryKey {
        /// The table.
        table: QualifiedName,
    },
    /// Values may not survive the cast, or make it fail.
    RiskyCast {
        /// The table.
        table: QualifiedName,
        /// The column.
        column: String,
        /// The type before, as in the schema language.
        from: String,
        /// The type after.
        to: String,
    },
    /// Of an array only the first element is kept.
    FirstElementOnly {
        /// The table.
        table: QualifiedName,
        /// The column.
        column: String,
    },
    /// A column is dropped and made anew, empty.
    RecreatedColumn {
        /// The table.
        table: QualifiedName,
        /// The column.
        column: String,
    },
    /// A unique index on a table that may have rows with equal values.
    UniqueIndex {
        /// The table.
        table: QualifiedName,
        /// Its columns.
        columns: Vec<String>,
    },
    /// Values of an enum go that rows may have.
    RemovedValues {
        /// The enum.
        enumeration: QualifiedName,
        /// The values.
        values: Vec<String>,
    },
    /// A required column without default on a table that may have rows.
    RequiredColumn {
        /// The table.
        table: QualifiedName,
        /// The column.
        column: String,
        /// The client makes the values of new rows, but the server cannot make those of existing ones.
        client_default: bool,
    },
    /// A column that may have NULLs becomes required.
    MadeRequired {
        /// The table.
        table: QualifiedName,
        /// The column.
        column: String,
    },
    /// A column is dropped and made anew as a required one without default.
    RecreatedRequired {
        /// The table.
        table: QualifiedName,
        /// The column.
        column: String,
        /// The old column could have NULLs.
        was_nullable: bool,
    },
}

impl FindingKind {
    /// How bad it is.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::DroppedTable { .. }
            | Self::DroppedColumn { .. }
            | Self::DroppedPrimaryKey { .. }
            | Self::RiskyCast { .. }
            | Self::FirstElementOnly { .. }
            | Self::RecreatedColumn { .. }
            | Self::UniqueIndex { .. }
            | Self::RemovedValues { .. } => Severity::Warning,
            Self::RequiredColumn { .. } | Self::MadeRequired { .. } | Self::RecreatedRequired { .. } => {
                Severity::Unexecutable
            }
        }
    }

    /// A short name of the kind, stable, for tests and programs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::DroppedTable { .. } => "dropped-table",
            Self::DroppedColumn { .. } => "dropped-column",
            Self::DroppedPrimaryKey { .. } => "dropped-primary-key",
            Self::RiskyCast { .. } => "risky-cast",
            Self::FirstElementOnly { .. } => "first-element-only",
            Self::RecreatedColumn { .. } => "recreated-column",
            Self::UniqueIndex { .. } => "unique-index",
            Self::RemovedValues { .. } => "removed-values",
            Self::RequiredColumn { .. } => "required-column",
            Self::MadeRequired { .. } => "made-required",
            Self::RecreatedRequired { .. } => "recreated-required",
        }
    }
}

/// The findings about changes, in the order of the changes.
///
/// ```
/// use evt::dbschema::{QualifiedName, Table, TableFacts};
/// use evt::diff::Change;
/// use evt::safety::{Severity, check};
///
/// let table = Table {
///     name: QualifiedName::new("public", "User"),
///     columns: vec![],
///     primary_key: None,
///     indexes: vec![],
///     foreign_keys: vec![],
///     facts: TableFacts::default(),
/// };
/// let findings = check(&[Change::DropTable { table }]);
/// assert_eq!(findings[0].kind.severity(), Severity::Warning);
/// ```
pub fn check(changes: &[Change]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (step, change) in changes.iter().enumerate() {
        let mut add = |kind: FindingKind| findings.push(Finding { step, kind });
        match change {
            Change::DropTable { table } => add(FindingKind::DroppedTable { table: table.name.clone() }),
            Change::AlterTable { table, changes } => {
                for kind in changes.iter().flat_map(|change| table_change(table, change)) {
                    add(kind);
                }
            }
            Change::CreateIndex { table, index, reason: IndexReason::NewIndex } if index.unique => {
                let columns = index.columns.iter().map(|c| c.name.clone()).collect();
                add(FindingKind::UniqueIndex { table: table.clone(), columns });
            }
            Change::AlterEnum(change) if !change.removed.is_empty() => {
                let enumeration = change.from.name.clone();
                add(FindingKind::RemovedValues { enumeration, values: change.removed.clone() });
            }
            Change::CreateNamespace { .. }
            | Change::DropExtension { .. }
            | Change::CreateExtension { .. }
            | Change::AlterExtension { .. }
            | Change::CreateEnum { .. }
            | Change::AlterEnum(_)
            | Change::DropForeignKey { .. }
            | Change::DropIndex { .. }
            | Change::DropEnum { .. }
            | Change::DropReplacedEnum { .. }
            | Change::CreateTable { .. }
            | Change::CreateIndex { .. }
            | Change::RenameForeignKey { .. }
            | Change::AddForeignKey { .. }
            | Change::RenameIndex { .. } => {}
        }
    }
    findings
}

fn table_change(table: &QualifiedName, change: &TableChange) -> Vec<FindingKind> {
    let table = || table.clone();
    match change {
        TableChange::DropPrimaryKey { .. } => vec![FindingKind::DroppedPrimaryKey { table: table() }],
        TableChange::DropColumn { column } => {
            vec![FindingKind::DroppedColumn { table: table(), column: column.name.clone() }]
        }
        TableChange::AddColumn { column } if is_required_without_default(column) => {
            vec![FindingKind::RequiredColumn {
                table: table(),
                column: column.name.clone(),
                client_default: column.client_default,
            }]
        }
        TableChange::AlterColumn(change) => altered(table(), change),
        TableChange::RecreateColumn(change) => {
            let column = change.from.name.clone();
            vec![if is_required_without_default(&change.to) {
                let was_nullable = change.from.arity == ColumnArity::Nullable;
                FindingKind::RecreatedRequired { table: table(), column, was_nullable }
            } else {
                FindingKind::RecreatedColumn { table: table(), column }
            }]
        }
        TableChange::AddColumn { .. } | TableChange::RenamePrimaryKey { .. } | TableChange::AddPrimaryKey { .. } => {
            Vec::new()
        }
    }
}

fn altered(table: QualifiedName, change: &ColumnChange) -> Vec<FindingKind> {
    let mut findings = Vec::new();
    let column = &change.from.name;
    let via = via(&change.from, &change.to);
    if change.ty == Some(TypeChange::Risky) {
        findings.push(FindingKind::RiskyCast {
            table: table.clone(),
            column: column.clone(),
            from: type_name(&change.from),
            to: type_name(&change.to),
        });
    }
    if via == Via::FirstElement {
        findings.push(FindingKind::FirstElementOnly { table: table.clone(), column: column.clone() });
    }
    let may_have_nulls = change.from.arity == ColumnArity::Nullable || via == Via::FirstElement;
    if change.to.arity == ColumnArity::Required && may_have_nulls {
        findings.push(FindingKind::MadeRequired { table, column: column.clone() });
    }
    findings
}

/// A sequence fills new columns too.
fn is_required_without_default(column: &Column) -> bool {
    column.arity == ColumnArity::Required && column.default.is_none() && !column.autoincrement
}

/// A type as in the schema language, with its arguments.
fn type_name(column: &Column) -> String {
    match &column.ty {
        ColumnType::Native(ty) => {
            let arguments: Vec<String> = ty.arguments().iter().map(u32::to_string).collect();
            let name = ty.info().name;
            if arguments.is_empty() { name.to_owned() } else { format!("{name}({})", arguments.join(",")) }
        }
        ColumnType::Enum(name) => name.name.clone(),
        ColumnType::Unsupported(text) => format!("Unsupported(\"{text}\")"),
    }
}

/// The lines for the head of a `migration.sql`: all warnings, then all that cannot run, each in the order of steps.
pub fn header(findings: &[Finding]) -> Vec<String> {
    let of = |severity: Severity| {
        findings.iter().filter(move |f| f.kind.severity() == severity).map(|f| f.kind.worst_case())
    };
    of(Severity::Warning).chain(of(Severity::Unexecutable)).collect()
}

/// What has to be counted to know which findings concern existing data; each question once.
pub fn questions(findings: &[Finding]) -> Vec<Question> {
    let mut seen = std::collections::HashSet::new();
    findings
        .iter()
        .flat_map(|finding| finding.kind.questions())
        .filter(|question| seen.insert(question.clone()))
        .collect()
}
