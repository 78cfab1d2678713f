//! Rows about tables, views and sequences as a whole, and about extensions.

use tokio_postgres::Row;

pub(super) const TABLES: &str = include_str!("queries/tables.sql");
pub(super) const CONSTRAINTS: &str = include_str!("queries/constraints.sql");
pub(super) const SEQUENCES: &str = include_str!("queries/sequences.sql");
pub(super) const EXTENSIONS: &str = include_str!("queries/extensions.sql");
pub(super) const EXTENSION_MEMBERS: &str = include_str!("queries/extension_members.sql");
pub(super) const COMMENTS: &str = include_str!("queries/comments.sql");

/// Identifiers are unique within a catalog only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ObjectId {
    /// A table, view or sequence.
    Relation(u32),
    /// A type.
    Type(u32),
}

/// A row of `tables.sql`.
#[derive(Debug)]
pub(super) struct TableRow {
    pub(super) oid: u32,
    pub(super) namespace: u32,
    pub(super) name: String,
    pub(super) kind: i8,
    pub(super) row_level_security: bool,
    pub(super) has_children: bool,
    /// Of a view.
    pub(super) definition: Option<String>,
}

/// A row of `constraints.sql`.
#[derive(Debug)]
pub(super) struct ConstraintRow {
    pub(super) table: u32,
    pub(super) name: String,
    pub(super) check: bool,
    /// The enums whose values a check mentions, and its definition.
    pub(super) enums: Option<Vec<u32>>,
    pub(super) definition: Option<String>,
}

/// A row of `sequences.sql`.
#[derive(Debug)]
pub(super) struct SequenceRow {
    pub(super) namespace: u32,
    pub(super) name: String,
    /// Table and column number.
    pub(super) owner: Option<(u32, i16)>,
}

/// A row of `extensions.sql`.
#[derive(Debug)]
pub(super) struct ExtensionRow {
    pub(super) oid: u32,
    pub(super) name: String,
    pub(super) namespace: u32,
    pub(super) version: String,
    pub(super) relocatable: bool,
}

/// A row of `extension_members.sql`.
#[derive(Debug)]
pub(super) struct MemberRow {
    pub(super) object: ObjectId,
    pub(super) extension: u32,
}

/// A row of `comments.sql`.
#[derive(Debug)]
pub(super) struct CommentRow {
    pub(super) object: ObjectId,
    /// The column's number, 0 for the object itself.
    pub(super) column: i32,
    pub(super) text: String,
}

pub(super) fn table_row(row: &Row) -> Result<TableRow, tokio_postgres::Error> {
    Ok(TableRow {
        oid: row.try_get(0)?,
        namespace: row.try_get(1)?,
        name: row.try_get(2)?,
        kind: row.try_get(3)?,
        row_level_security: row.try_get(4)?,
        has_children: row.try_get(5)?,
        definition: row.try_get(6)?,
    })
}

pub(super) fn constraint_row(row: &Row) -> Result<ConstraintRow, tokio_postgres::Error> {
    Ok(ConstraintRow {
        table: row.try_get(0)?,
        name: row.try_get(1)?,
        check: row.try_get(2)?,
        enums: row.try_get(3)?,
        definition: row.try_get(4)?,
    })
}

pub(super) fn sequence_row(row: &Row) -> Result<SequenceRow, tokio_postgres::Error> {
    let table: Option<u32> = row.try_get(2)?;
    let column: Option<i32> = row.try_get(3)?;
    Ok(SequenceRow {
        namespace: row.try_get(0)?,
        name: row.try_get(1)?,
        owner: table.zip(column.and_then(|number| i16::try_from(number).ok())),
    })
}

pub(super) fn extension_row(row: &Row) -> Result<ExtensionRow, tokio_postgres::Error> {
    Ok(ExtensionRow {
        oid: row.try_get(0)?,
        name: row.try_get(1)?,
        namespace: row.try_get(2)?,
        version: row.try_get(3)?,
        relocatable: row.try_get(4)?,
    })
}

pub(super) fn member_row(row: &Row) -> Result<MemberRow, tokio_postgres::Error> {
    Ok(MemberRow { object: object_id(row)?, extension: row.try_get(2)? })
}

pub(super) fn comment_row(row: &Row) -> Result<CommentRow, tokio_postgres::Error> {
    Ok(CommentRow { object: object_id(row)?, column: row.try_get(2)?, text: row.try_get(3)? })
}

/// The first two columns: an identifier, and whether it is a type's.
fn object_id(row: &Row) -> Result<ObjectId, tokio_postgres::Error> {
    let oid = row.try_get(0)?;
    Ok(if row.try_get(1)? { ObjectId::Type(oid) } else { ObjectId::Relation(oid) })
}
