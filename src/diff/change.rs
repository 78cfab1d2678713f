//! What a difference consists of. Every change carries the values before and after, so that it can be shown,
//! judged and rendered alone.

use super::types::TypeChange;
use crate::dbschema::{Column, Enum, Extension, ForeignKey, Index, PrimaryKey, QualifiedName, Table};

/// One step from one database to another.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A namespace that the target uses does not exist.
    CreateNamespace {
        /// Its name.
        namespace: String,
    },
    /// An extension that cannot be moved or updated as asked is dropped, to be created anew.
    DropExtension {
        /// As it was.
        extension: Extension,
    },
    /// An extension is missing.
    CreateExtension {
        /// As it shall be.
        extension: Extension,
    },
    /// An extension has another version or namespace.
    AlterExtension {
        /// As it was.
        from: Extension,
        /// As it shall be.
        to: Extension,
    },
    /// A new enum.
    CreateEnum {
        /// The enum.
        enumeration: Enum,
    },
    /// An enum gets or loses values.
    AlterEnum(Box<EnumChange>),
    /// A foreign key goes, or is about to be made anew.
    DropForeignKey {
        /// Its table.
        table: QualifiedName,
        /// The foreign key.
        foreign_key: ForeignKey,
    },
    /// An index goes, or is about to be made anew.
    DropIndex {
        /// Its table.
        table: QualifiedName,
        /// The index.
        index: Index,
    },
    /// Columns or the primary key of a table change.
    AlterTable {
        /// The table.
        table: QualifiedName,
        /// In the order in which they are to be rendered.
        changes: Vec<TableChange>,
    },
    /// A table goes.
    DropTable {
        /// The table.
        table: Table,
    },
    /// An enum goes.
    DropEnum {
        /// The enum.
        enumeration: Enum,
    },
    /// The old type of an enum that was replaced goes once nothing is of it any longer.
    DropReplacedEnum {
        /// The old type's temporary name.
        name: QualifiedName,
    },
    /// A new table, without its indexes and foreign keys.
    CreateTable {
        /// The table.
        table: Table,
    },
    /// A new index.
    CreateIndex {
        /// Its table.
        table: QualifiedName,
        /// The index.
        index: Index,
        /// Why it is made.
        reason: IndexReason,
    },
    /// A foreign key gets another name.
    RenameForeignKey {
        /// Its table.
        table: QualifiedName,
        /// As it was.
        from: ForeignKey,
        /// As it shall be.
        to: ForeignKey,
    },
    /// A new foreign key.
    AddForeignKey {
        /// Its table.
        table: QualifiedName,
        /// The foreign key.
        foreign_key: ForeignKey,
    },
    /// An index gets another name.
    RenameIndex {
        /// Its table.
        table: QualifiedName,
        /// As it was.
        from: Index,
        /// As it shall be.
        to: Index,
    },
}

/// Why an index is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IndexReason {
    /// Its table is new.
    NewTable,
    /// The table has no index like it.
    NewIndex,
    /// It existed, but went with a column that is dropped and made anew.
    Recreated,
}

/// A change inside `ALTER TABLE`.
#[derive(Debug, Clone, PartialEq)]
pub enum TableChange {
    /// The primary key goes, or is about to be made anew.
    DropPrimaryKey {
        /// The key.
        primary_key: PrimaryKey,
    },
    /// The primary key gets another name.
    RenamePrimaryKey {
        /// As it was.
        from: PrimaryKey,
        /// As it shall be.
        to: PrimaryKey,
    },
    /// A column goes.
    DropColumn {
        /// The column.
        column: Column,
    },
    /// A new column.
    AddColumn {
        /// The column.
        column: Column,
    },
    /// A column changes in place.
    AlterColumn(Box<ColumnChange>),
    /// No cast leads from the old type to the new one: the column is dropped and added.
    RecreateColumn(Box<ColumnChange>),
    /// A new primary key.
    AddPrimaryKey {
        /// The key.
        primary_key: PrimaryKey,
    },
}

/// Both states of a column, and in what they differ.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnChange {
    /// As it was.
    pub from: Column,
    /// As it shall be.
    pub to: Column,
    /// Nullability, or scalar against array.
    pub arity: bool,
    /// The default.
    pub default: bool,
    /// The type, with what happens to the values.
    pub ty: Option<TypeChange>,
    /// Whether the server numbers the rows.
    pub autoincrement: bool,
    /// The sequence that nothing uses any longer once this change is made.
    pub orphaned_sequence: Option<QualifiedName>,
}

/// Both states of an enum.
#[derive(Debug, Clone, PartialEq)]
pub struct EnumChange {
    /// As it was.
    pub from: Enum,
    /// As it shall be.
    pub to: Enum,
    /// New values, in the order of the target.
    pub added: Vec<AddedValue>,
    /// Values that go, in the order of the source.
    pub removed: Vec<String>,
    /// How the type is replaced, if values cannot just be added.
    pub swap: Option<EnumSwap>,
}

/// A value that an enum gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedValue {
    /// The label.
    pub label: String,
    /// The existing value that it stands in front of; `None` at the end.
    pub before: Option<String>,
}

/// The replacement of an enum by a new type.
#[derive(Debug, Clone, PartialEq)]
pub struct EnumSwap {
    /// Columns that are of this enum before and after, and their states, in the order of the target.
    pub columns: Vec<SwappedColumn>,
    /// CHECK constraints that compare with values of the old type. They go for a moment.
    pub checks: Vec<SwappedCheck>,
    /// Columns and tables that are dropped later still use the old type, so that it can only be dropped after them.
    pub drop_old_later: bool,
}

/// A CHECK constraint that has to be made anew for the new type of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwappedCheck {
    /// Its table.
    pub table: QualifiedName,
    /// Its name.
    pub name: String,
    /// `CHECK (…)`.
    pub definition: String,
}

/// A column of an enum that is replaced.
#[derive(Debug, Clone, PartialEq)]
pub struct SwappedColumn {
    /// Its table.
    pub table: QualifiedName,
    /// The table's position in the source.
    pub position: usize,
    /// As it was.
    pub from: Column,
    /// As it shall be.
    pub to: Column,
}

impl EnumSwap {
    /// The columns by the position of their tables in the source, then by name.
    pub(crate) fn by_source(&self) -> impl Iterator<Item = &SwappedColumn> {
        let mut columns: Vec<_> = self.columns.iter().collect();
        columns.sort_by(|a, b| (a.position, &a.to.name).cmp(&(b.position, &b.to.name)));
        columns.into_iter()
    }
}
