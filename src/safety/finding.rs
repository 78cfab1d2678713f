//! What can be wrong with a step.

use crate::dbschema::QualifiedName;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// Data may be lost, or a statement may fail.
    Warning,
    /// The step fails on the data or the objects that are there.
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
        /// What can be known about equal values.
        values: UniqueValues,
    },
    /// Values of an enum go that rows may have.
    RemovedValues {
        /// The enum.
        enumeration: QualifiedName,
        /// The values.
        values: Vec<String>,
        /// The columns that are of the enum and stay.
        columns: Vec<EnumColumn>,
    },
    /// A required column without default on a table that may have rows.
    RequiredColumn {
        /// The table.
        table: QualifiedName,
        /// The column.
        column: String,
        /// What its schema says instead.
        default: MissingDefault,
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
    /// Rows have the same values in the columns of a new primary key. Only known from the data.
    DuplicateKeys {
        /// The table.
        table: QualifiedName,
        /// The key's columns.
        columns: Vec<String>,
        /// What they will hold: SQL expressions over the rows before.
        values: Vec<String>,
    },
    /// Rows refer to rows that are not there, by what becomes a foreign key. That this cannot be otherwise shows without
    /// the data where they refer to something new.
    Orphans {
        /// The table.
        table: QualifiedName,
        /// The referencing columns.
        columns: Vec<String>,
        /// The referenced table.
        referenced_table: QualifiedName,
        /// The referenced columns.
        referenced_columns: Vec<String>,
        /// What can be known about the values on both sides.
        values: ForeignKeyValues,
    },
    /// Objects depend on what is dropped or retyped, so that the server refuses it. Only known from the database.
    InTheWay {
        /// The table or enum.
        object: QualifiedName,
        /// The column, if it is about one.
        column: Option<String>,
        /// What is to happen to it.
        removal: Removal,
        /// The objects.
        objects: Vec<Dependent>,
    },
    /// Objects go with a column, although the schema does not show them. Only known from the database.
    TakenAlong {
        /// The table.
        table: QualifiedName,
        /// The column.
        column: String,
        /// The objects.
        objects: Vec<Dependent>,
    },
}

/// An object that depends on another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Dependent {
    /// What it is, as `pg_identify_object` names it: `view`, `policy`, `table constraint` …; also `partition key` and
    /// `parent table`, of which a column can be a part.
    pub kind: String,
    /// Its name, with that of its table where it has one.
    pub identity: String,
}

/// What happens to something on which other objects may depend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Removal {
    /// A table is dropped.
    Table,
    /// A column is dropped, perhaps to be made anew.
    Column,
    /// A column gets another type.
    ColumnType,
    /// An enum is dropped, or replaced by a new type.
    Enum,
}

impl Removal {
    /// As the catalog is asked.
    pub(super) const fn action(self) -> &'static str {
        match self {
            Self::Table => "drop-table",
            Self::Column => "drop-column",
            Self::ColumnType => "retype",
            Self::Enum => "drop-type",
        }
    }
}

/// Why a new column has no default in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MissingDefault {
    /// There is none.
    Absent,
    /// The client makes the values of new rows, but the server cannot make those of existing ones.
    OfClient,
    /// The default is `NULL`, or `dbgenerated()`, which says that the database has one, but not which.
    Empty,
}

/// What can be known about equal values in the columns of a new unique index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UniqueValues {
    /// The columns are there already, so that equal values can be counted.
    Countable,
    /// One column is new and has no values yet, and NULLs are no duplicates.
    AllNull,
    /// The values come about in the same migration.
    Unknown,
}

/// What can be known, before anything is changed, about the values that a new foreign key compares. Expressions are SQL
/// over the rows before, one for each column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ForeignKeyValues {
    /// The values of both sides can be told.
    Comparable {
        /// Those of the referencing columns.
        referencing: Vec<String>,
        /// Those of the referenced columns.
        referenced: Vec<String>,
    },
    /// The referenced table is new, or a referenced column is and has no values: whatever refers fails.
    NothingThere {
        /// Those of the referencing columns that can be NULL.
        referencing: Vec<String>,
    },
    /// Sequences or expressions make them in the same migration.
    Unknown,
}

/// A column of an enum.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EnumColumn {
    /// The table.
    pub table: QualifiedName,
    /// The column.
    pub column: String,
    /// Whether it is an array.
    pub list: bool,
}

impl FindingKind {
    /// How bad it is as long as nothing is known about the data.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::DroppedTable { .. }
            | Self::DroppedColumn { .. }
            | Self::DroppedPrimaryKey { .. }
            | Self::RiskyCast { .. }
            | Self::FirstElementOnly { .. }
            | Self::RecreatedColumn { .. }
            | Self::UniqueIndex { .. }
            | Self::RemovedValues { .. }
            | Self::TakenAlong { .. }
            | Self::Orphans { values: ForeignKeyValues::Unknown, .. } => Severity::Warning,
            Self::RequiredColumn { .. }
            | Self::MadeRequired { .. }
            | Self::RecreatedRequired { .. }
            | Self::DuplicateKeys { .. }
            | Self::Orphans { .. }
            | Self::InTheWay { .. } => Severity::Unexecutable,
        }
    }

    /// Whether only the database can tell that there is anything wrong at all.
    pub const fn needs_database(&self) -> bool {
        match self {
            Self::Orphans { values, .. } => matches!(values, ForeignKeyValues::Comparable { .. }),
            Self::DuplicateKeys { .. } | Self::InTheWay { .. } | Self::TakenAlong { .. } => true,
            _ => false,
        }
    }

    /// Whether it is told at the head of a `migration.sql`, which has what Prisma tells there.
    pub(super) const fn is_in_header(&self) -> bool {
        !self.needs_database()
            && !matches!(self, Self::Orphans { .. } | Self::RequiredColumn { default: MissingDefault::Empty, .. })
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
            Self::DuplicateKeys { .. } => "duplicate-keys",
            Self::Orphans { .. } => "orphans",
            Self::InTheWay { .. } => "in-the-way",
            Self::TakenAlong { .. } => "taken-along",
        }
    }

    /// The table or enum that it is about.
    pub const fn object(&self) -> &QualifiedName {
        match self {
            Self::DroppedTable { table }
            | Self::DroppedColumn { table, .. }
            | Self::DroppedPrimaryKey { table }
            | Self::RiskyCast { table, .. }
            | Self::FirstElementOnly { table, .. }
            | Self::RecreatedColumn { table, .. }
            | Self::UniqueIndex { table, .. }
            | Self::RequiredColumn { table, .. }
            | Self::MadeRequired { table, .. }
            | Self::RecreatedRequired { table, .. }
            | Self::DuplicateKeys { table, .. }
            | Self::Orphans { table, .. }
            | Self::TakenAlong { table, .. } => table,
            Self::InTheWay { object, .. } => object,
            Self::RemovedValues { enumeration, .. } => enumeration,
        }
    }

    /// The columns that it is about; of an enum the values.
    pub fn parts(&self) -> Vec<&str> {
        match self {
            Self::DroppedTable { .. } | Self::DroppedPrimaryKey { .. } => Vec::new(),
            Self::DroppedColumn { column, .. }
            | Self::RiskyCast { column, .. }
            | Self::FirstElementOnly { column, .. }
            | Self::RecreatedColumn { column, .. }
            | Self::RequiredColumn { column, .. }
            | Self::MadeRequired { column, .. }
            | Self::RecreatedRequired { column, .. }
            | Self::TakenAlong { column, .. } => vec![column],
            Self::InTheWay { column, .. } => column.iter().map(String::as_str).collect(),
            Self::UniqueIndex { columns, .. } | Self::DuplicateKeys { columns, .. } | Self::Orphans { columns, .. } => {
                columns.iter().map(String::as_str).collect()
            }
            Self::RemovedValues { values, .. } => values.iter().map(String::as_str).collect(),
        }
    }
}
