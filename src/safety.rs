//! Change → finding: what loses data, what cannot run, and which count would settle it.
//!
//! [`check`] is pure. Its findings assume the worst, which is what the head of a `migration.sql` says. Whoever has a
//! connection lets [`inspect`] look at the data: what it shows to be harmless is left out, what it shows to be
//! impossible cannot be executed.

mod counts;
mod dependents;
mod finding;
mod inspect;
mod message;
mod touched;

pub use counts::{Counts, Question};
pub use finding::{
    Dependent, EnumColumn, Finding, FindingKind, ForeignKeyValues, MissingDefault, Removal, Severity, UniqueValues,
};
pub use inspect::{Consequence, Consequences, inspect};

use touched::Touched;

use crate::dbschema::{Column, ColumnArity, ColumnType, DefaultValue, QualifiedName};
use crate::diff::defaults::is_null;
use crate::diff::types::{TypeChange, Via, via};
use crate::diff::{Change, ColumnChange, EnumChange, IndexReason, TableChange};

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
    let touched = Touched::by(changes);
    let mut findings = Vec::new();
    for (step, change) in changes.iter().enumerate() {
        let mut add = |kind: FindingKind| findings.push(Finding { step, kind });
        match change {
            Change::DropTable { table } => add(FindingKind::DroppedTable { table: table.name.clone() }),
            Change::AlterTable { table, changes } => {
                for kind in changes.iter().flat_map(|change| table_change(table, change)) {
                    add(kind);
                }
                findings.extend(touched.duplicate_keys(table, changes).map(|kind| Finding { step, kind }));
            }
            Change::CreateIndex { table, index, reason: IndexReason::NewIndex } if index.unique => {
                add(touched.unique_index(table, index));
            }
            Change::AlterEnum(change) if !change.removed.is_empty() => add(removed_values(change)),
            Change::AddForeignKey { table, foreign_key } => {
                findings.extend(touched.orphans(table, foreign_key).map(|kind| Finding { step, kind }));
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
            | Change::RenameIndex { .. } => {}
        }
    }
    findings
}

fn removed_values(change: &EnumChange) -> FindingKind {
    let columns = change.swap.iter().flat_map(|swap| &swap.columns).map(|column| EnumColumn {
        table: column.table.clone(),
        column: column.from.name.clone(),
        list: column.from.arity == ColumnArity::List,
    });
    FindingKind::RemovedValues {
        enumeration: change.from.name.clone(),
        values: change.removed.clone(),
        columns: columns.collect(),
    }
}

fn table_change(table: &QualifiedName, change: &TableChange) -> Vec<FindingKind> {
    let table = || table.clone();
    match change {
        TableChange::DropPrimaryKey { .. } => vec![FindingKind::DroppedPrimaryKey { table: table() }],
        TableChange::DropColumn { column } => {
            vec![FindingKind::DroppedColumn { table: table(), column: column.name.clone() }]
        }
        TableChange::AddColumn { column } => required(table(), column).into_iter().collect(),
        TableChange::AlterColumn(change) => altered(table(), change),
        TableChange::RecreateColumn(change) => {
            let column = change.from.name.clone();
            match missing_default(&change.to) {
                Some(MissingDefault::Absent | MissingDefault::OfClient) => {
                    let was_nullable = change.from.arity == ColumnArity::Nullable;
                    vec![FindingKind::RecreatedRequired { table: table(), column, was_nullable }]
                }
                // Prisma, which takes it for a default, warns of the loss of the values.
                Some(MissingDefault::Empty) | None => {
                    let loss = FindingKind::RecreatedColumn { table: table(), column };
                    std::iter::once(loss).chain(required(table(), &change.to)).collect()
                }
            }
        }
        TableChange::RenamePrimaryKey { .. } | TableChange::AddPrimaryKey { .. } => Vec::new(),
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

fn required(table: QualifiedName, column: &Column) -> Option<FindingKind> {
    missing_default(column).map(|default| FindingKind::RequiredColumn { table, column: column.name.clone(), default })
}

/// Why the server has no values for a required column that is new; `None` if it has, or if none are required. A
/// sequence fills new columns too.
fn missing_default(column: &Column) -> Option<MissingDefault> {
    if column.arity != ColumnArity::Required || column.autoincrement {
        return None;
    }
    match &column.default {
        None if column.client_default => Some(MissingDefault::OfClient),
        None => Some(MissingDefault::Absent),
        Some(DefaultValue::DbGenerated(None)) => Some(MissingDefault::Empty),
        Some(DefaultValue::DbGenerated(Some(text))) if is_null(text) => Some(MissingDefault::Empty),
        Some(_) => None,
    }
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
        findings
            .iter()
            .filter(move |finding| finding.kind.severity() == severity && finding.kind.is_in_header())
            .map(|finding| finding.kind.worst_case())
    };
    of(Severity::Warning).chain(of(Severity::Unexecutable)).collect()
}
