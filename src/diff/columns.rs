//! In what two columns of the same name differ.

use super::change::ColumnChange;
use super::defaults::{same_default, sequence_of};
use super::types::{TypeChange, type_change};
use crate::dbschema::{Column, ColumnArity, ColumnType, DefaultValue, Origin};

/// The change from one column to the other; `None` if there is none.
pub(super) fn column_change(from: (&Column, Origin), to: (&Column, Origin)) -> Option<ColumnChange> {
    let ((from, from_origin), (to, to_origin)) = (from, to);
    let change = ColumnChange {
        arity: from.arity != to.arity && !not_null_by_number(from, from_origin, to),
        default: !same_default((from, from_origin), (to, to_origin)),
        ty: type_change((from, from_origin), (to, to_origin)).or_else(|| type_without_domain(from, to)),
        autoincrement: match (from.autoincrement, to.autoincrement) {
            (false, true) => can_number(to),
            (true, false) => !is_numbered_by_text(to),
            (true, true) | (false, false) => false,
        },
        orphaned_sequence: None,
        from: from.clone(),
        to: to.clone(),
    };
    (change.arity || change.default || change.ty.is_some() || change.autoincrement).then_some(change)
}

/// `Int? @default(autoincrement())` is asked for, and `serial` is never nullable.
fn not_null_by_number(from: &Column, from_origin: Origin, to: &Column) -> bool {
    from_origin == Origin::Database
        && from.autoincrement
        && to.autoincrement
        && (from.arity, to.arity) == (ColumnArity::Required, ColumnArity::Nullable)
}

/// A column is not optional as long as its type forbids NULL: it gets the type that the domain is over.
fn type_without_domain(from: &Column, to: &Column) -> Option<TypeChange> {
    (from.required_by_domain && to.arity == ColumnArity::Nullable).then_some(TypeChange::Safe)
}

/// Whether there is a `serial` for the column. Where there is none `autoincrement()` makes nothing.
fn can_number(column: &Column) -> bool {
    use crate::dbschema::types::NativeType as N;
    column.arity != ColumnArity::List && matches!(column.ty, ColumnType::Native(N::SmallInt | N::Integer | N::BigInt))
}

/// Whether the column takes its numbers from a sequence that somebody named.
fn is_numbered_by_text(column: &Column) -> bool {
    matches!(&column.default, Some(DefaultValue::DbGenerated(Some(text))) if sequence_of(text).is_some())
}

impl ColumnChange {
    /// Whether the column has to be dropped and added.
    pub fn is_recreation(&self) -> bool {
        self.ty == Some(TypeChange::NotCastable)
    }

    /// Whether its type is changed in place: another type, or an array of it.
    pub fn is_retyped(&self) -> bool {
        let list = |column: &Column| column.arity == ColumnArity::List;
        !self.is_recreation() && (self.ty.is_some() || list(&self.from) != list(&self.to))
    }

    /// The sequence that numbers the rows before the change, if the catalog told.
    pub(super) fn source_sequence(&self) -> Option<&crate::dbschema::QualifiedName> {
        match &self.from.default {
            Some(DefaultValue::Sequence(name)) => name.as_ref(),
            Some(DefaultValue::Value(_) | DefaultValue::Now | DefaultValue::DbGenerated(_)) | None => None,
        }
    }
}
