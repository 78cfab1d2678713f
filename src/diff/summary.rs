//! Changes for people: a tree of what was added, removed and changed.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Change, ColumnChange, TableChange};
use crate::dbschema::{Column, ColumnArity, DefaultValue, ForeignKey, Index, PrimaryKey, QualifiedName};
use crate::sql::default_text;

/// The tree of changes that `migrate diff` prints without `--script`; ends with a newline.
///
/// ```
/// assert_eq!(evt::diff::summary(&[]), "No difference detected.\n");
/// ```
pub fn summary(changes: &[Change]) -> String {
    let tree = Tree::new(changes);
    if tree.sections.is_empty() {
        return "No difference detected.\n".to_owned();
    }
    let mut text = String::new();
    for ((kind, name), lines) in tree.sections {
        text.push('\n');
        text.push_str(&kind.heading(&name));
        text.push('\n');
        for line in lines {
            text.push_str("  ");
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// Sections in the order in which they are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    ChangedExtension,
    RemovedExtensions,
    AddedExtensions,
    AddedNamespaces,
    AddedEnums,
    AddedTables,
    RemovedEnums,
    RemovedTables,
    ChangedEnum,
    ChangedTable,
}

impl Kind {
    fn heading(self, name: &str) -> String {
        match self {
            Self::ChangedExtension => format!("[*] Changed the `{name}` extension"),
            Self::RemovedExtensions => "[-] Removed extensions".to_owned(),
            Self::AddedExtensions => "[+] Added extensions".to_owned(),
            Self::AddedNamespaces => "[+] Added Schemas".to_owned(),
            Self::AddedEnums => "[+] Added enums".to_owned(),
            Self::AddedTables => "[+] Added tables".to_owned(),
            Self::RemovedEnums => "[-] Removed enums".to_owned(),
            Self::RemovedTables => "[-] Removed tables".to_owned(),
            Self::ChangedEnum => format!("[*] Changed the `{name}` enum"),
            Self::ChangedTable => format!("[*] Changed the `{name}` table"),
        }
    }
}

struct Tree {
    /// Names are only ambiguous, and only then qualified, if there are several namespaces.
    qualified: bool,
    /// Lines by kind, and by name where each object has a section of its own.
    sections: BTreeMap<(Kind, String), Vec<String>>,
}

impl Tree {
    fn new(changes: &[Change]) -> Self {
        let namespaces: BTreeSet<&str> = changes.iter().filter_map(subject).map(|n| n.namespace.as_str()).collect();
        let mut tree = Self { qualified: namespaces.len() > 1, sections: BTreeMap::new() };
        for change in changes {
            tree.add(change);
        }
        tree
    }

    fn name(&self, name: &QualifiedName) -> String {
        if self.qualified { name.to_string() } else { name.name.clone() }
    }

    fn item(&mut self, kind: Kind, name: &str) {
        self.sections.entry((kind, String::new())).or_default().push(format!("- {name}"));
    }

    fn table(&mut self, table: &QualifiedName, line: String) {
        let name = self.name(table);
        self.sections.entry((Kind::ChangedTable, name)).or_default().push(line);
    }

    fn add(&mut self, change: &Change) {
        match change {
            Change::CreateNamespace { namespace } => {
                self.item(Kind::AddedNamespaces, namespace);
            }
            Change::DropExtension { extension } => {
                self.item(Kind::RemovedExtensions, &extension.name);
            }
            Change::CreateExtension { extension } => {
                self.item(Kind::AddedExtensions, &extension.name);
            }
            Change::AlterExtension { to, .. } => {
                self.sections.entry((Kind::ChangedExtension, to.name.clone())).or_default();
            }
            Change::CreateEnum { enumeration } => {
                let name = self.name(&enumeration.name);
                self.item(Kind::AddedEnums, &name);
            }
            Change::AlterEnum(change) => {
                let name = self.name(&change.to.name);
                let added = change.added.iter().map(|value| format!("[+] Added variant `{}`", value.label));
                let removed = change.removed.iter().map(|label| format!("[-] Removed variant `{label}`"));
                self.sections.entry((Kind::ChangedEnum, name)).or_default().extend(added.chain(removed));
            }
            Change::DropForeignKey { table, foreign_key } => {
                self.table(table, format!("[-] Removed foreign key on columns {}", foreign_key_columns(foreign_key)));
            }
            Change::DropIndex { table, index } => {
                self.table(table, format!("[-] Removed {} on columns {}", index_kind(index), index_columns(index)));
            }
            Change::AlterTable { table, changes } => {
                for change in changes {
                    self.table(table, table_change(change));
                }
            }
            Change::DropTable { table } => {
                let name = self.name(&table.name);
                self.item(Kind::RemovedTables, &name);
            }
            Change::DropEnum { enumeration } => {
                let name = self.name(&enumeration.name);
                self.item(Kind::RemovedEnums, &name);
            }
            // Part of the enum's change.
            Change::DropReplacedEnum { .. } => {}
            Change::CreateTable { table } => {
                let name = self.name(&table.name);
                self.item(Kind::AddedTables, &name);
            }
            Change::CreateIndex { table, index, .. } => {
                self.table(table, format!("[+] Added {} on columns {}", index_kind(index), index_columns(index)));
            }
            Change::RenameForeignKey { table, from, to } => {
                self.table(table, format!("[*] Renamed the foreign key \"{}\" to \"{}\"", from.name, to.name));
            }
            Change::AddForeignKey { table, foreign_key } => {
                self.table(table, format!("[+] Added foreign key on columns {}", foreign_key_columns(foreign_key)));
            }
            Change::RenameIndex { table, from, to } => {
                self.table(table, format!("[*] Renamed index `{}` to `{}`", from.name, to.name));
            }
        }
    }
}

/// The table or enum that a change is about.
fn subject(change: &Change) -> Option<&QualifiedName> {
    match change {
        Change::CreateNamespace { .. }
        | Change::DropExtension { .. }
        | Change::CreateExtension { .. }
        | Change::AlterExtension { .. } => None,
        Change::CreateEnum { enumeration } | Change::DropEnum { enumeration } => Some(&enumeration.name),
        Change::AlterEnum(change) => Some(&change.to.name),
        Change::DropReplacedEnum { name } => Some(name),
        Change::DropTable { table } | Change::CreateTable { table } => Some(&table.name),
        Change::DropForeignKey { table, .. }
        | Change::DropIndex { table, .. }
        | Change::AlterTable { table, .. }
        | Change::CreateIndex { table, .. }
        | Change::RenameForeignKey { table, .. }
        | Change::AddForeignKey { table, .. }
        | Change::RenameIndex { table, .. } => Some(table),
    }
}

fn table_change(change: &TableChange) -> String {
    match change {
        TableChange::DropPrimaryKey { primary_key } => {
            format!("[-] Dropped the primary key on columns {}", key_columns(primary_key))
        }
        TableChange::RenamePrimaryKey { from, .. } => {
            format!("[*] Renamed the primary key on columns {}", key_columns(from))
        }
        TableChange::DropColumn { column } => format!("[-] Removed column `{}`", column.name),
        TableChange::AddColumn { column } => format!("[+] Added column `{}`", column.name),
        TableChange::AlterColumn(change) => {
            format!("[*] Altered column `{}` ({})", change.from.name, differences(change))
        }
        TableChange::RecreateColumn(change) => {
            format!("[*] Column `{}` would be dropped and recreated ({})", change.from.name, differences(change))
        }
        TableChange::AddPrimaryKey { primary_key } => {
            format!("[+] Added primary key on columns {}", key_columns(primary_key))
        }
    }
}

fn differences(change: &ColumnChange) -> String {
    let mut parts = Vec::new();
    if change.arity {
        parts.push(format!("changed from {} to {}", arity(change.from.arity), arity(change.to.arity)));
    }
    if change.default {
        parts.push(format!("default changed from {} to {}", default(&change.from), default(&change.to)));
    }
    if change.ty.is_some() {
        parts.push("type changed".to_owned());
    }
    if change.autoincrement {
        let text = if change.to.autoincrement {
            "column became autoincrementing"
        } else {
            "column is no longer autoincrementing"
        };
        parts.push(text.to_owned());
    }
    parts.join(", ")
}

const fn arity(arity: ColumnArity) -> &'static str {
    match arity {
        ColumnArity::Required => "Required",
        ColumnArity::Nullable => "Nullable",
        ColumnArity::List => "List",
    }
}

/// The default on one line.
fn default(column: &Column) -> String {
    default_sql(column).replace('\n', "\\n")
}

fn default_sql(column: &Column) -> String {
    match &column.default {
        None => "none".to_owned(),
        Some(DefaultValue::Value(value)) => format!("`{}`", default_text(value, column)),
        Some(DefaultValue::Now) => "`CURRENT_TIMESTAMP`".to_owned(),
        Some(DefaultValue::Sequence(None)) => "`autoincrement()`".to_owned(),
        Some(DefaultValue::Sequence(Some(name))) => format!("`nextval('{}')`", name.name),
        Some(DefaultValue::DbGenerated(None)) => "`dbgenerated()`".to_owned(),
        Some(DefaultValue::DbGenerated(Some(text))) => format!("`{text}`"),
    }
}

const fn index_kind(index: &Index) -> &'static str {
    if index.unique { "unique index" } else { "index" }
}

fn index_columns(index: &Index) -> String {
    parenthesised(index.columns.iter().map(|column| column.name.as_str()))
}

fn key_columns(key: &PrimaryKey) -> String {
    parenthesised(key.columns.iter().map(String::as_str))
}

fn foreign_key_columns(key: &ForeignKey) -> String {
    parenthesised(key.columns.iter().map(String::as_str))
}

fn parenthesised<'a>(names: impl Iterator<Item = &'a str>) -> String {
    format!("({})", names.collect::<Vec<_>>().join(", "))
}
