//! Types of columns: domains followed to their base, arrays to their element, modifiers decoded.

use std::collections::HashMap;

use tokio_postgres::Row;

use super::IntrospectError;
use crate::dbschema::types::NativeType;
use crate::dbschema::{ColumnType, QualifiedName};

pub(super) const TYPES: &str = include_str!("queries/types.sql");
pub(super) const ENUMS: &str = include_str!("queries/enums.sql");

/// A row of `types.sql`.
#[derive(Debug)]
pub(super) struct TypeRow {
    oid: u32,
    namespace: u32,
    name: String,
    kind: i8,
    is_array: bool,
    element: u32,
    /// The type of arrays of this one.
    array: u32,
    base: u32,
    modifier: i32,
    not_null: bool,
}

/// A row of `enums.sql`.
#[derive(Debug)]
pub(super) struct EnumRow {
    pub(super) oid: u32,
    pub(super) namespace: u32,
    pub(super) name: String,
    pub(super) labels: Vec<String>,
}

/// All types by identifier.
#[derive(Debug)]
pub(super) struct Types {
    rows: HashMap<u32, TypeRow>,
    enums: HashMap<u32, QualifiedName>,
    /// The namespaces that are read, and the server's own.
    namespaces: HashMap<u32, Place>,
}

/// Where a type lives, as far as it matters for what it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In `pg_catalog`.
    Server,
    /// In a namespace that is read.
    Scope,
}

/// What a column's type comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Resolved {
    /// The type, of an array its elements'.
    pub(super) ty: ColumnType,
    /// Whether it is an array.
    pub(super) list: bool,
    /// Whether a domain forbids NULL.
    pub(super) not_null: bool,
}

pub(super) fn type_row(row: &Row) -> Result<TypeRow, tokio_postgres::Error> {
    Ok(TypeRow {
        oid: row.try_get(0)?,
        namespace: row.try_get(1)?,
        name: row.try_get(2)?,
        kind: row.try_get(3)?,
        is_array: row.try_get(4)?,
        element: row.try_get(5)?,
        array: row.try_get(6)?,
        base: row.try_get(7)?,
        modifier: row.try_get(8)?,
        not_null: row.try_get(9)?,
    })
}

pub(super) fn enum_row(row: &Row) -> Result<EnumRow, tokio_postgres::Error> {
    Ok(EnumRow { oid: row.try_get(0)?, namespace: row.try_get(1)?, name: row.try_get(2)?, labels: row.try_get(3)? })
}

impl Types {
    pub(super) fn new(rows: Vec<TypeRow>, enums: HashMap<u32, QualifiedName>, namespaces: HashMap<u32, Place>) -> Self {
        Self { rows: rows.into_iter().map(|row| (row.oid, row)).collect(), enums, namespaces }
    }

    /// What the type with this identifier and modifier comes to; `object` is the column, for an error.
    pub(super) fn resolve(
        &self,
        oid: u32,
        modifier: i32,
        object: impl Fn() -> String,
    ) -> Result<Resolved, IntrospectError> {
        let missing = || IntrospectError::Changed { object: object() };
        let outer = self.without_domains(oid, modifier).ok_or_else(missing)?;
        if !outer.row.is_array {
            let ty = self.element(outer.row, outer.modifier, false, &outer.row.name);
            return Ok(Resolved { ty, list: false, not_null: outer.not_null });
        }
        let element = self.rows.get(&outer.row.element).ok_or_else(missing)?;
        let inner = self.without_domains(element.oid, outer.modifier).ok_or_else(missing)?;
        let ty = if inner.row.is_array || element.array != outer.row.oid {
            // An array of a domain over an array; or one of the server's own vectors, which cannot be declared as the
            // array that it resembles.
            ColumnType::Unsupported(outer.row.name.clone())
        } else {
            let own = inner.row.kind == b'b'.cast_signed()
                && self.namespaces.get(&inner.row.namespace) == Some(&Place::Scope);
            let name = if own { &inner.row.name } else { &outer.row.name };
            self.element(inner.row, inner.modifier, true, name)
        };
        Ok(Resolved { ty, list: true, not_null: outer.not_null })
    }

    fn element(&self, row: &TypeRow, modifier: i32, list: bool, unsupported: &str) -> ColumnType {
        if let Some(name) = self.enums.get(&row.oid) {
            return ColumnType::Enum(name.clone());
        }
        let known = row.name == "citext" || self.namespaces.get(&row.namespace) == Some(&Place::Server);
        known
            .then(|| native(&row.name, modifier, list))
            .flatten()
            .map_or_else(|| ColumnType::Unsupported(unsupported.to_owned()), ColumnType::Native)
    }

    /// Follows domains to what they are made of. A modifier of the column itself counts before those of the domains.
    fn without_domains(&self, oid: u32, modifier: i32) -> Option<Followed<'_>> {
        let mut followed = Followed { row: self.rows.get(&oid)?, modifier, not_null: false };
        while followed.row.kind == b'd'.cast_signed() {
            followed.not_null |= followed.row.not_null;
            if followed.modifier < 0 {
                followed.modifier = followed.row.modifier;
            }
            followed.row = self.rows.get(&followed.row.base)?;
        }
        Some(followed)
    }
}

struct Followed<'a> {
    row: &'a TypeRow,
    modifier: i32,
    not_null: bool,
}

/// The type called `name` in `pg_catalog`, with its modifier decoded (PostgreSQL source, the `typmodin` functions).
///
/// A time without a precision has six digits. Of an array that is not said, because there the two forms differ in what
/// is shown.
fn native(name: &str, modifier: i32, list: bool) -> Option<NativeType> {
    // The one-byte type has quotes in SQL, and no length.
    let name = if name == "char" { "bpchar" } else { name };
    let ty = NativeType::from_catalog(name, &[])?;
    let at_least = |smallest: i32| u32::try_from(modifier.checked_sub(smallest)?).ok();
    Some(match ty {
        NativeType::VarChar(_) => NativeType::VarChar(at_least(HEADER)),
        NativeType::Char(_) => NativeType::Char(at_least(HEADER)),
        NativeType::Bit(_) => NativeType::Bit(at_least(0)),
        NativeType::VarBit(_) => NativeType::VarBit(at_least(0)),
        NativeType::Decimal(_) => NativeType::Decimal(precision_and_scale(modifier)),
        NativeType::Timestamp(_) => NativeType::Timestamp(time_precision(modifier, list)),
        NativeType::Timestamptz(_) => NativeType::Timestamptz(time_precision(modifier, list)),
        NativeType::Time(_) => NativeType::Time(time_precision(modifier, list)),
        NativeType::Timetz(_) => NativeType::Timetz(time_precision(modifier, list)),
        NativeType::SmallInt
        | NativeType::Integer
        | NativeType::BigInt
        | NativeType::Oid
        | NativeType::Money
        | NativeType::Real
        | NativeType::DoublePrecision
        | NativeType::Text
        | NativeType::Citext
        | NativeType::Uuid
        | NativeType::Xml
        | NativeType::Inet
        | NativeType::Boolean
        | NativeType::Date
        | NativeType::ByteA
        | NativeType::Json
        | NativeType::JsonB => ty,
    })
}

/// What some modifiers are larger by than what they mean (`VARHDRSZ`).
const HEADER: i32 = 4;

/// The digits of a second that a time has if none are given (`MAX_TIMESTAMP_PRECISION`).
const DEFAULT_TIME_PRECISION: u32 = 6;

fn time_precision(modifier: i32, list: bool) -> Option<u32> {
    u32::try_from(modifier).ok().or((!list).then_some(DEFAULT_TIME_PRECISION))
}

/// `numeric(5, -2)`, if that is what a type with this modifier is and the schema language has no words for it.
pub(super) fn scale_beyond_words(ty: &ColumnType, modifier: i32) -> Option<String> {
    let packed = modifier.checked_sub(HEADER).filter(|packed| *packed >= 0)?;
    if *ty != ColumnType::Native(NativeType::Decimal(None)) {
        return None;
    }
    // Eleven bits, the highest of which is the sign.
    let scale = ((packed & 0x7ff) ^ 0x400) - 0x400;
    Some(format!("numeric({}, {scale})", packed >> 16 & 0xffff))
}

/// Precision and scale in a modifier of `numeric`. The schema language has no words for a scale that is negative or
/// larger than the precision (possible since 15), so such a type counts as one without.
fn precision_and_scale(modifier: i32) -> Option<(u32, u32)> {
    let packed = u32::try_from(modifier.checked_sub(HEADER)?).ok()?;
    // Eleven bits, the highest of which is the sign.
    let scale = packed & 0x7ff;
    let precision = (packed >> 16) & 0xffff;
    (scale < 0x400 && scale <= precision).then_some((precision, scale))
}
