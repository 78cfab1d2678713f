//! Change → SQL. Pure.

mod alter;
mod create;
mod defaults;
mod enums;
pub mod directives;
pub mod extensions;
pub mod locks;
pub mod quote;
pub mod split;
mod script;

use std::fmt;

use crate::dbschema::{DbSchema, Origin, QualifiedName};
use crate::diff::Change;
pub(crate) use alter::retyped_value;
pub(crate) use create::{action as action_name, column_type};
pub(crate) use defaults::{column_default, default_text, default_value};
use quote::{Ident, Qualified};
pub use script::{EMPTY_SCRIPT, Script, Step, StepKind};

/// Which names are printed without their namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Naming<'a> {
    /// The namespace that is not printed, because it is the connection's own; `None` prints all.
    pub unqualified: Option<&'a str>,
}

impl<'a> Naming<'a> {
    /// The rule of `migrate diff`: a schema file as the target means its default namespace, anything else that
    /// every name is qualified.
    pub fn for_target(to: &'a DbSchema) -> Self {
        let unqualified = match to.origin {
            Origin::Psl => Some(to.default_namespace.as_str()),
            Origin::Database => None,
        };
        Self { unqualified }
    }

    fn name(self, name: &QualifiedName) -> Name<'_> {
        Name { name, qualified: self.unqualified != Some(name.namespace.as_str()) }
    }

    /// A name in the namespace of something else.
    fn beside(self, namespace: &str, name: &str) -> String {
        self.name(&QualifiedName::new(namespace, name)).to_string()
    }
}

/// A name with or without its namespace.
struct Name<'a> {
    name: &'a QualifiedName,
    qualified: bool,
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.qualified { Qualified(self.name).fmt(f) } else { Ident(&self.name.name).fmt(f) }
    }
}

/// The SQL of changes, one step for each, in their order.
///
/// ```
/// use evt::dbschema::{DbSchema, Enum, QualifiedName};
/// use evt::diff::diff;
/// use evt::sql::{Naming, render};
///
/// let from = DbSchema { namespaces: vec!["public".into()], ..DbSchema::empty("public") };
/// let mut to = from.clone();
/// to.enums.push(Enum {
///     name: QualifiedName::new("public", "Role"),
///     values: vec!["ADMIN".into()],
///     comment: None,
///     owned_by_extension: None,
/// });
/// let script = render(&diff(&from, &to), Naming { unqualified: Some("public") });
/// assert_eq!(script.to_string(), "-- CreateEnum\nCREATE TYPE \"Role\" AS ENUM ('ADMIN');\n");
/// ```
pub fn render(changes: &[Change], naming: Naming<'_>) -> Script {
    Script { steps: changes.iter().map(|change| step(change, naming)).collect() }
}

fn step(change: &Change, naming: Naming<'_>) -> Step {
    let one = |kind: StepKind, text: String| Step::new(kind, vec![text]);
    match change {
        Change::CreateNamespace { namespace } => {
            one(StepKind::CreateNamespace, format!("CREATE SCHEMA IF NOT EXISTS {}", Ident(namespace)))
        }
        Change::DropExtension { extension } => {
            one(StepKind::DropExtension, format!("DROP EXTENSION {}", Ident(&extension.name)))
        }
        Change::CreateExtension { extension } => one(StepKind::CreateExtension, create::extension(extension)),
        Change::AlterExtension { from, to } => Step::new(StepKind::AlterExtension, alter::extension(from, to)),
        Change::CreateEnum { enumeration } => {
            one(StepKind::CreateEnum, enums::create(&naming.name(&enumeration.name).to_string(), enumeration))
        }
        Change::AlterEnum(change) => enums::alter(change, naming),
        Change::DropForeignKey { table, foreign_key } => one(
            StepKind::DropForeignKey,
            format!("ALTER TABLE {} DROP CONSTRAINT {}", naming.name(table), Ident(&foreign_key.name)),
        ),
        Change::DropIndex { table, index } => {
            let text = if index.facts.constraint {
                format!("ALTER TABLE {} DROP CONSTRAINT {}", naming.name(table), Ident(&index.name))
            } else {
                format!("DROP INDEX {}", naming.beside(&table.namespace, &index.name))
            };
            one(StepKind::DropIndex, text)
        }
        Change::AlterTable { table, changes } => Step::new(StepKind::AlterTable, alter::table(table, changes, naming)),
        Change::DropTable { table } => one(StepKind::DropTable, format!("DROP TABLE {}", naming.name(&table.name))),
        Change::DropEnum { enumeration } => {
            one(StepKind::DropEnum, format!("DROP TYPE {}", naming.name(&enumeration.name)))
        }
        Change::DropReplacedEnum { name } => one(StepKind::DropEnum, format!("DROP TYPE {}", naming.name(name))),
        Change::CreateTable { table } => one(StepKind::CreateTable, create::table(table, naming)),
        Change::CreateIndex { table, index, .. } => one(StepKind::CreateIndex, create::index(table, index, naming)),
        Change::RenameForeignKey { table, from, to } => one(
            StepKind::RenameForeignKey,
            format!(
                "ALTER TABLE {} RENAME CONSTRAINT {} TO {}",
                naming.name(table),
                Ident(&from.name),
                Ident(&to.name)
            ),
        ),
        Change::AddForeignKey { table, foreign_key } => {
            one(StepKind::AddForeignKey, create::foreign_key(table, foreign_key, naming))
        }
        Change::RenameIndex { table, from, to } => one(
            StepKind::RenameIndex,
            format!("ALTER INDEX {} RENAME TO {}", naming.beside(&table.namespace, &from.name), Ident(&to.name)),
        ),
    }
}
