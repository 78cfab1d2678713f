//! `CREATE TYPE … AS ENUM` and its changes.

use super::create::literals;
use super::defaults::default_expression;
use super::quote::{Ident, Literal};
use super::{Naming, Step, StepKind};
use crate::dbschema::{ColumnArity, Enum};
use crate::diff::change::SwappedColumn;
use crate::diff::{EnumChange, EnumSwap};

/// For readers of a file with several new values.
const SEVERAL_VALUES: &[&str] = &[
    "Several values are added to one enum here. PostgreSQL 12 and later can do",
    "that in one transaction. For PostgreSQL 11 and earlier, make one migration",
    "of each statement below, because there a value cannot be added inside of a",
    "transaction.",
    "Applied migrations are not concerned.",
];

pub(super) fn create(name: &str, enumeration: &Enum) -> String {
    format!("CREATE TYPE {name} AS ENUM ({})", literals(&enumeration.values))
}

pub(super) fn alter(change: &EnumChange, naming: Naming<'_>) -> Step {
    if let Some(swap) = &change.swap {
        return Step::new(StepKind::AlterEnum, swapped(change, swap, naming));
    }
    let name = naming.name(&change.to.name);
    let statements: Vec<String> = change
        .added
        .iter()
        .map(|value| {
            let place = value.before.as_ref().map_or_else(String::new, |before| format!(" BEFORE {}", Literal(before)));
            format!("ALTER TYPE {name} ADD VALUE {}{place}", Literal(&value.label))
        })
        .collect();
    let remark = if statements.len() > 1 { SEVERAL_VALUES } else { &[] };
    Step { remark, ..Step::new(StepKind::AlterEnum, statements) }
}

/// A new type takes the place of the old one, column by column.
fn swapped(change: &EnumChange, swap: &EnumSwap, naming: Naming<'_>) -> Vec<String> {
    let name = &change.to.name;
    let beside = |suffix: &str| naming.beside(&name.namespace, &format!("{}{suffix}", name.name));
    let (new, old, plain) = (beside("_new"), beside("_old"), naming.name(name).to_string());
    let table = |column: &SwappedColumn| naming.name(&column.table).to_string();

    let mut sql = vec![create(&new, &change.to)];
    for check in &swap.checks {
        sql.push(format!("ALTER TABLE {} DROP CONSTRAINT {}", naming.name(&check.table), Ident(&check.name)));
    }
    for column in swap.by_source().filter(|column| column.from.default.is_some()) {
        sql.push(format!("ALTER TABLE {} ALTER COLUMN {} DROP DEFAULT", table(column), Ident(&column.to.name)));
    }
    for column in &swap.columns {
        let list = if column.from.arity == ColumnArity::List { "[]" } else { "" };
        let id = Ident(&column.to.name);
        sql.push(format!(
            "ALTER TABLE {} ALTER COLUMN {id} TYPE {new}{list} USING ({id}::text::{new}{list})",
            table(column)
        ));
    }
    sql.push(format!("ALTER TYPE {plain} RENAME TO {}", Ident(&format!("{}_old", name.name))));
    sql.push(format!("ALTER TYPE {new} RENAME TO {}", Ident(&name.name)));
    if !swap.drop_old_later {
        sql.push(format!("DROP TYPE {old}"));
    }
    for column in swap.by_source().filter(|column| column.from.arity == column.to.arity) {
        if let Some(default) = default_expression(&column.to, naming) {
            let id = Ident(&column.to.name);
            sql.push(format!("ALTER TABLE {} ALTER COLUMN {id} SET DEFAULT {default}", table(column)));
        }
    }
    for check in &swap.checks {
        let (table, name) = (naming.name(&check.table), Ident(&check.name));
        sql.push(format!("ALTER TABLE {table} ADD CONSTRAINT {name} {}", check.definition));
    }
    // With removed values as Prisma does it; only with added ones inside of the script's own transaction.
    if !change.removed.is_empty() {
        sql.insert(0, "BEGIN".to_owned());
        sql.push("COMMIT".to_owned());
    }
    sql
}
