//! Objects that stand in the way of steps, or would go with them, although no schema file shows them.

use std::collections::{HashMap, HashSet};

use tokio_postgres::types::{ToSql, Type};

use super::finding::{Dependent, Finding, FindingKind, Removal};
use crate::db::{Connection, DbError};
use crate::dbschema::QualifiedName;
use crate::diff::{Change, IndexReason, TableChange};

const DEPENDENTS: &str = include_str!("queries/dependents.sql");

/// What happens to a table, a column or an enum in some step.
struct Target<'a> {
    step: usize,
    name: &'a QualifiedName,
    column: Option<&'a str>,
    removal: Removal,
}

/// What the steps themselves take care of.
#[derive(Default)]
struct Handled<'a> {
    tables: HashSet<&'a QualifiedName>,
    columns: HashSet<(&'a QualifiedName, &'a str)>,
    /// Constraints and indexes, by table and name.
    named: HashSet<(&'a QualifiedName, &'a str)>,
}

/// The findings about objects that changes neither name nor handle. Reads only, in one round trip; none if nothing is
/// dropped or retyped.
pub(super) async fn dependents(db: &mut Connection, changes: &[Change]) -> Result<Vec<Finding>, DbError> {
    let targets = targets(changes);
    if targets.is_empty() {
        return Ok(Vec::new());
    }
    let namespaces: Vec<&str> = targets.iter().map(|target| target.name.namespace.as_str()).collect();
    let names: Vec<&str> = targets.iter().map(|target| target.name.name.as_str()).collect();
    let columns: Vec<&str> = targets.iter().map(|target| target.column.unwrap_or_default()).collect();
    let actions: Vec<&str> = targets.iter().map(|target| target.removal.action()).collect();
    let parameters: &[(&(dyn ToSql + Sync), Type)] = &[
        (&namespaces, Type::TEXT_ARRAY),
        (&names, Type::TEXT_ARRAY),
        (&columns, Type::TEXT_ARRAY),
        (&actions, Type::TEXT_ARRAY),
    ];
    let read = |error: tokio_postgres::Error| DbError::of_statement(&error);
    let rows = db.client().query_typed(DEPENDENTS, parameters).await.map_err(read)?;

    let handled = Handled::by(changes);
    let mut found: HashMap<(usize, bool), Vec<Dependent>> = HashMap::new();
    for row in &rows {
        let nth: i64 = row.try_get(0).map_err(read)?;
        let blocks: bool = row.try_get(1).map_err(read)?;
        let [kind, identity]: [String; 2] = [row.try_get(2).map_err(read)?, row.try_get(3).map_err(read)?];
        let place: [Option<String>; 3] =
            [row.try_get(4).map_err(read)?, row.try_get(5).map_err(read)?, row.try_get(6).map_err(read)?];
        let Some(nth) = usize::try_from(nth).ok().and_then(|nth| nth.checked_sub(1)) else { continue };
        if !handled.includes(place) {
            let objects = found.entry((nth, blocks)).or_default();
            let object = Dependent { kind, identity };
            if !objects.contains(&object) {
                objects.push(object);
            }
        }
    }
    // Whoever uses a column of an enum need not be named a second time for using the enum.
    let repeated = |nth: usize, object: &Dependent, found: &HashMap<(usize, bool), Vec<Dependent>>| {
        targets.get(nth).is_some_and(|target| target.removal == Removal::Enum)
            && targets.iter().enumerate().any(|(other, target)| {
                target.removal == Removal::ColumnType
                    && found.get(&(other, true)).is_some_and(|all| all.contains(object))
            })
    };
    let mut findings = Vec::new();
    for (nth, target) in targets.iter().enumerate() {
        for blocks in [true, false] {
            let objects = found.get(&(nth, blocks)).into_iter().flatten();
            let objects: Vec<Dependent> = objects.filter(|object| !repeated(nth, object, &found)).cloned().collect();
            if objects.is_empty() {
                continue;
            }
            let (object, column, removal) = (target.name.clone(), target.column.map(str::to_owned), target.removal);
            let kind = if blocks {
                FindingKind::InTheWay { object, column, removal, objects }
            } else {
                FindingKind::TakenAlong { table: object, column: column.unwrap_or_default(), objects }
            };
            findings.push(Finding { step: target.step, kind });
        }
    }
    Ok(findings)
}

fn targets(changes: &[Change]) -> Vec<Target<'_>> {
    let mut targets = Vec::new();
    for (step, change) in changes.iter().enumerate() {
        let mut add = |name, column, removal| targets.push(Target { step, name, column, removal });
        match change {
            Change::DropTable { table } => add(&table.name, None, Removal::Table),
            Change::DropEnum { enumeration } => add(&enumeration.name, None, Removal::Enum),
            Change::AlterEnum(change) => {
                if let Some(swap) = &change.swap {
                    add(&change.from.name, None, Removal::Enum);
                    for column in &swap.columns {
                        add(&column.table, Some(&column.from.name), Removal::ColumnType);
                    }
                }
            }
            Change::AlterTable { table, changes } => {
                for change in changes {
                    match change {
                        TableChange::DropColumn { column } => add(table, Some(&column.name), Removal::Column),
                        TableChange::RecreateColumn(change) => add(table, Some(&change.from.name), Removal::Column),
                        TableChange::AlterColumn(change) if change.is_retyped() => {
                            add(table, Some(&change.from.name), Removal::ColumnType);
                        }
                        TableChange::AlterColumn(_)
                        | TableChange::AddColumn { .. }
                        | TableChange::DropPrimaryKey { .. }
                        | TableChange::RenamePrimaryKey { .. }
                        | TableChange::AddPrimaryKey { .. } => {}
                    }
                }
            }
            Change::CreateNamespace { .. }
            | Change::DropExtension { .. }
            | Change::CreateExtension { .. }
            | Change::AlterExtension { .. }
            | Change::CreateEnum { .. }
            | Change::DropForeignKey { .. }
            | Change::DropIndex { .. }
            | Change::DropReplacedEnum { .. }
            | Change::CreateTable { .. }
            | Change::CreateIndex { .. }
            | Change::RenameForeignKey { .. }
            | Change::AddForeignKey { .. }
            | Change::RenameIndex { .. } => {}
        }
    }
    targets
}

impl<'a> Handled<'a> {
    fn by(changes: &'a [Change]) -> Self {
        let mut handled = Self::default();
        for change in changes {
            match change {
                Change::DropTable { table } => {
                    handled.tables.insert(&table.name);
                }
                Change::DropForeignKey { table, foreign_key } => {
                    handled.named.insert((table, &foreign_key.name));
                }
                Change::DropIndex { table, index }
                | Change::CreateIndex { table, index, reason: IndexReason::Recreated } => {
                    handled.named.insert((table, &index.name));
                }
                Change::AlterTable { table, changes } => handled.table(table, changes),
                Change::AlterEnum(change) => {
                    let Some(swap) = &change.swap else { continue };
                    handled
                        .columns
                        .extend(swap.columns.iter().map(|column| (&column.table, column.from.name.as_str())));
                    handled.named.extend(swap.checks.iter().map(|check| (&check.table, check.name.as_str())));
                }
                _ => {}
            }
        }
        handled
    }

    fn table(&mut self, table: &'a QualifiedName, changes: &'a [TableChange]) {
        for change in changes {
            match change {
                TableChange::DropPrimaryKey { primary_key } => {
                    self.named.insert((table, &primary_key.name));
                }
                TableChange::DropColumn { column } => {
                    self.columns.insert((table, &column.name));
                }
                TableChange::RecreateColumn(change) => {
                    self.columns.insert((table, &change.from.name));
                }
                TableChange::AlterColumn(change) if change.is_retyped() => {
                    self.columns.insert((table, &change.from.name));
                }
                _ => {}
            }
        }
    }

    /// Whether this is a table that goes, or a column, constraint or index that is dropped or changed anyway.
    fn includes(&self, [namespace, table, part]: [Option<String>; 3]) -> bool {
        let (Some(namespace), Some(table)) = (namespace, table) else { return false };
        let table = QualifiedName { namespace, name: table };
        self.tables.contains(&table)
            || part.is_some_and(|part| {
                self.columns.contains(&(&table, part.as_str())) || self.named.contains(&(&table, part.as_str()))
            })
    }
}
